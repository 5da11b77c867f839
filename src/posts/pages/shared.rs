//! `/r/{token}`: what somebody without an account sees and may do. Nothing of it asks for or gives a session; a PIN once
//! given is kept by a cookie for this address alone, until the browser is closed.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use poem::{
    Response, handler,
    http::{HeaderValue, StatusCode},
    web::Path,
};
use serde::Serialize;

use crate::{
    app::App,
    delivery::TargetState,
    error::{Error, FieldError, Message, Result},
    kit::{MediaId, PostId, ReviewId, Secret, text::Doc, zone},
    media::Media,
    orgs::check,
    posts::{
        Listed, comment, listing,
        model::{self, Share},
        review::{self, Answer, Decided, Voice},
        share,
        words::{self, Reader},
    },
    render::{FieldText, Moment, View, text},
    web::{self, Flash, Form, Frame, Peer, cookies},
};

/// The cookie of a PIN once given.
const PASS: &str = "pass";
/// How long it is good.
const PASS_HOURS: i64 = 12;

/// `templates/posts/shared.html`.
#[derive(Debug, Serialize)]
struct Shared {
    /// `None`: the link is over.
    organisation: Option<String>,
    customer: Option<String>,
    label: String,
    decides: bool,
    /// The PIN is asked for, and nothing else shown.
    asks_pin: bool,
    zone: String,
    posts: Vec<PostView>,
    name: String,
    errors: Vec<FieldText>,
}

#[derive(Debug, Serialize)]
struct PostView {
    id: PostId,
    review: Option<ReviewId>,
    /// `open`, `approved`, `changes` or nothing.
    standing: String,
    targets: Vec<TargetView>,
    comments: Vec<CommentView>,
    /// What was typed here, when it was wrong.
    typed: String,
    wrong: Option<String>,
}

#[derive(Debug, Serialize)]
struct TargetView {
    channel: Face,
    due: Option<String>,
    state_text: String,
    state: TargetState,
    url: Option<String>,
    parts: Vec<PartView>,
}

#[derive(Debug, Serialize)]
struct Face {
    name: String,
    handle: String,
    provider: String,
    picture: Option<String>,
}

#[derive(Debug, Serialize)]
struct PartView {
    text: String,
    media: Vec<Shot>,
}

#[derive(Debug, Serialize)]
struct Shot {
    url: String,
    poster: Option<String>,
    alt: String,
    mime: String,
}

#[derive(Debug, Serialize)]
struct CommentView {
    who: String,
    guest: bool,
    body: String,
    at: Moment,
}

impl View for Shared {
    const TEMPLATE: &'static str = "posts/shared.html";

    fn title(&self) -> Message {
        "share.title".into()
    }
}

impl Shared {
    fn empty() -> Self {
        Self {
            organisation: None,
            customer: None,
            label: String::new(),
            decides: false,
            asks_pin: false,
            zone: String::new(),
            posts: Vec::new(),
            name: String::new(),
            errors: Vec::new(),
        }
    }

    fn locked(share: &Share) -> Self {
        Self { organisation: Some(share.organisation.clone()), asks_pin: true, ..Self::empty() }
    }

    async fn load(app: &App, share: &Share) -> Result<Self> {
        let ids = subjects(app, share).await?;
        let mut posts = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(view) = post_view(app, share, id).await? {
                posts.push(view);
            }
        }
        Ok(Self {
            organisation: Some(share.organisation.clone()),
            customer: share.customer.clone(),
            label: share.label.clone(),
            decides: share.decides,
            zone: share.zone.clone(),
            posts,
            ..Self::empty()
        })
    }
}

/// The posts that a link shows, now.
async fn subjects(app: &App, share: &Share) -> Result<Vec<PostId>> {
    match (share.post_id, share.customer_id) {
        (Some(post), _) => Ok(vec![post]),
        (_, Some(customer)) => model::in_review_of(&app.db, share.org_id, customer).await,
        (None, None) => Ok(Vec::new()),
    }
}

/// `None` for a post that was deleted.
async fn post_view(app: &App, share: &Share, id: PostId) -> Result<Option<PostView>> {
    let org = share.org_id;
    match model::Post::find(&app.db, org, id).await {
        Ok(_) => {}
        Err(Error::NotFound(_)) => return Ok(None),
        Err(e) => return Err(e),
    }
    let reader = Reader { now: app.clock.now(), zone: zone::parse(&share.zone).unwrap_or_default() };
    let mut listed = listing::of_post(&app.db, org, id).await?;
    listed.retain(|l| l.target.state != TargetState::Cancelled);
    // Of a post that goes out again and again its next time is shown.
    let mut seen = std::collections::HashSet::new();
    listed.sort_by_key(|l| l.target.due_at);
    listed.retain(|l| seen.insert(l.target.entry));
    let ids: Vec<MediaId> = listed.iter().flat_map(|l| &l.parts).flat_map(|p| p.media.iter().map(|m| m.id)).collect();
    let media: HashMap<MediaId, Media> = match ids.is_empty() {
        true => HashMap::new(),
        false => Media::find_many(&app.db, org, &ids).await?.into_iter().map(|m| (m.id, m)).collect(),
    };
    let review = model::review_of(&app.db, org, id).await?;
    let comments = model::comments(&app.db, org, id).await?.into_iter().filter(|c| c.shared && share.decides);
    Ok(Some(PostView {
        id,
        standing: review.as_ref().map(|r| r.state.clone()).unwrap_or_default(),
        review: review.filter(|r| r.is_open() && share.decides).map(|r| r.id),
        targets: listed.iter().map(|l| target_view(l, &media, reader)).collect(),
        comments: comments.map(|c| comment_view(c, reader)).collect(),
        typed: String::new(),
        wrong: None,
    }))
}

fn target_view(listed: &Listed, media: &HashMap<MediaId, Media>, reader: Reader) -> TargetView {
    let target = &listed.target;
    let shot = |m: &crate::providers::MediaRef| {
        let found = media.get(&m.id)?;
        Some(Shot { url: found.shown(), poster: found.poster(), alt: m.alt.clone(), mime: found.mime.clone() })
    };
    let part = |p: &crate::delivery::Part| PartView {
        text: Doc::from_html(&p.content).to_plain(),
        media: p.media.iter().filter_map(shot).collect(),
    };
    TargetView {
        channel: Face {
            name: listed.channel.name.clone(),
            handle: listed.channel.handle.clone(),
            provider: listed.channel.provider.clone(),
            picture: listed.channel.picture.clone(),
        },
        due: target.due_at.map(|due| reader.with_day(due)),
        state_text: words::standing(target.state, target.reason.as_deref()),
        state: target.state,
        url: target.url.clone().filter(|url| url.starts_with("https://") || url.starts_with("http://")),
        parts: listed.parts.iter().map(part).collect(),
    }
}

fn comment_view(comment: model::Comment, reader: Reader) -> CommentView {
    CommentView {
        guest: comment.guest.is_some(),
        who: comment.author.or(comment.guest).unwrap_or_else(|| text(&"notice.somebody".into())),
        body: comment.body,
        at: Moment::new(comment.created_at, reader.now, reader.zone),
    }
}

/// A request to a link: which, and the pass it brings.
pub struct Knock {
    token: String,
    pass: Option<String>,
    form: Form,
    peer: Peer,
}

impl<'a> poem::FromRequest<'a> for Knock {
    async fn from_request(req: &'a poem::Request, body: &mut poem::RequestBody) -> poem::Result<Self> {
        let Path(token) = Path::<String>::from_request(req, body).await?;
        Ok(Self {
            token,
            pass: cookies::get(req, PASS).map(str::to_owned),
            form: Form::from_request(req, body).await?,
            peer: Peer::from_request(req, body).await?,
        })
    }
}

impl Knock {
    /// True when the link asks for no PIN, or it was given.
    fn passes(&self, app: &App, share: &Share) -> bool {
        let Some(pin) = &share.pin_hash else { return true };
        let sealed = self.pass.as_ref().and_then(|pass| URL_SAFE_NO_PAD.decode(pass).ok());
        let plain = sealed.and_then(|sealed| app.key.open(&place(share, pin), &sealed).ok());
        let until = plain.and_then(|plain| String::from_utf8(plain).ok()?.parse::<DateTime<Utc>>().ok());
        until.is_some_and(|until| until > app.clock.now())
    }
}

/// A pass is for one link and its PIN.
fn place(share: &Share, pin_hash: &str) -> String {
    format!("shares/{}/{pin_hash}", share.id)
}

#[handler]
pub async fn show(app: App, knock: Knock, frame: Frame) -> web::Result {
    let share = match share::open(&app, &knock.token).await {
        Ok(share) => share,
        Err(Error::NotFound(_)) => return Ok(quiet(frame.page_with(StatusCode::NOT_FOUND, &Shared::empty())?)),
        Err(e) => return Err(e.into()),
    };
    if !knock.passes(&app, &share) {
        return Ok(quiet(frame.page(&Shared::locked(&share))?));
    }
    Ok(quiet(frame.page(&Shared::load(&app, &share).await?)?))
}

/// Takes the PIN.
#[handler]
pub async fn unlock(app: App, knock: Knock, frame: Frame) -> web::Result {
    let share = share::open(&app, &knock.token).await?;
    let wrong = |key| Shared { errors: FieldText::list(&[FieldError::new("pin", key)]), ..Shared::locked(&share) };
    match share::is_pin(&app, &share, &Secret::new(knock.form.get("pin").trim())).await {
        Ok(true) => {
            let path = format!("/r/{}", knock.token);
            let until = (app.clock.now() + TimeDelta::hours(PASS_HOURS)).to_rfc3339();
            let pin = share.pin_hash.as_deref().unwrap_or_default();
            let pass = URL_SAFE_NO_PAD.encode(app.key.seal(&place(&share, pin), until.as_bytes()));
            let mut response = web::redirect(&path);
            cookies::set_below(&mut response, &knock.peer, &path, (PASS, &pass), None);
            Ok(quiet(response))
        }
        Ok(false) => Ok(quiet(frame.invalid(&wrong("share.pin_is_wrong"))?)),
        Err(Error::RateLimited(wait)) => {
            let mut response = frame.page_with(StatusCode::TOO_MANY_REQUESTS, &wrong("share.pin_wait"))?;
            response.headers_mut().insert("retry-after", HeaderValue::from(wait.as_secs().max(1)));
            Ok(quiet(response))
        }
        Err(e) => Err(e.into()),
    }
}

/// Approves, asks for changes or says something: the field `answer` says which.
#[handler]
pub async fn say(app: App, knock: Knock, frame: Frame) -> web::Result {
    let share = share::open(&app, &knock.token).await?;
    if !knock.passes(&app, &share) {
        return Ok(quiet(frame.page_with(StatusCode::FORBIDDEN, &Shared::locked(&share))?));
    }
    let form = &knock.form;
    let post: PostId = super::id(form.get("post"))?;
    if !share.decides || !subjects(&app, &share).await?.contains(&post) {
        return Err(Error::NotFound("post").into());
    }
    let flash = match speak(&app, &share, post, form).await {
        Ok(flash) => flash,
        Err(Error::Conflict(message)) => Flash::error(message),
        Err(Error::Invalid(errors)) => {
            let mut view = Shared::load(&app, &share).await?;
            form.get("name").clone_into(&mut view.name);
            if let Some(shown) = view.posts.iter_mut().find(|shown| shown.id == post) {
                form.get("words").clone_into(&mut shown.typed);
                shown.wrong = errors.first().map(|e| text(&e.message));
            }
            return Ok(quiet(frame.invalid(&view)?));
        }
        Err(e) => return Err(e.into()),
    };
    Ok(quiet(flash.into_response(web::redirect(&format!("/r/{}", knock.token)), &knock.peer)))
}

async fn speak(app: &App, share: &Share, post: PostId, form: &Form) -> Result<Flash> {
    let name = check::name("name", form.get("name")).map_err(|e| Error::Invalid(vec![e]))?;
    let answer = match form.get("answer") {
        "approve" => Answer::Approve,
        "changes" => Answer::Changes(form.get("words")),
        _ => {
            let mut tx = app.db.begin().await?;
            comment::say_as_guest(&mut tx, share.org_id, post, (&name, form.get("words")), app.clock.now()).await?;
            tx.commit().await?;
            return Ok(Flash::ok("share.said"));
        }
    };
    let review: ReviewId = form.get("review").parse().map_err(|_| Error::conflict("review.over"))?;
    let asked = model::review(&app.db, share.org_id, review).await?;
    if asked.post_id != post {
        return Err(Error::NotFound("post"));
    }
    Ok(match review::answer(app, share.org_id, review, Voice::Guest(&name), answer).await? {
        Decided::Approved => Flash::ok("share.approved"),
        Decided::TooLate => Flash::ok("share.approved_late"),
        Decided::OneMore => Flash::ok("share.approved_one"),
        Decided::Changes => Flash::ok("share.changes"),
    })
}

/// For nobody but whoever has the link: no search engine, no referrer.
fn quiet(mut response: Response) -> Response {
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow, noarchive"));
    response.headers_mut().insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    response
}
