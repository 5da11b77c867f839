//! Mounts every page and API, and wraps them: who is calling, the page's frame, the guard of unsafe methods, errors as
//! answers. Each feature's `pages::mount` and `api::mount` adds its own routes.

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoResponse, Request, Response, Route, get,
    http::{Method, StatusCode},
    middleware::Compression,
    web::CompressionLevel,
};

use crate::{
    admin, api_v1,
    app::App,
    channels, delivery, design,
    error::{Error, Result},
    finder,
    identity::{self, Signed},
    inbox, instance, media, notify, orgs,
    orgs::Caller,
    plugs, posts, public_api,
    render::{self, Language},
    sandbox, start, tokens,
    web::{
        self, Form, Frame, Peer, RequestId, cookies, csrf, form,
        frame::{FrameMembership, FrameOrganisation, FrameSteps, FrameUser},
        guard, problem,
    },
};

/// True for the routes whose forms carry files: their session token is checked by [`web::Upload`], all others' here. Every
/// handler behind one of these must read its form with it.
fn takes_files(method: &Method, path: &str) -> bool {
    match path.strip_prefix("/posts/") {
        Some(id) => matches!(*method, Method::POST | Method::PUT) && !id.is_empty() && !id.contains('/'),
        None => *method == Method::POST && matches!(path, "/posts" | "/media"),
    }
}

/// The whole application.
pub fn endpoint(app: &App) -> impl Endpoint<Output = Response> + 'static {
    let pages = Route::new().at("/", get(home)).at("/manifest.webmanifest", get(web::manifest::serve));
    let pages = orgs::pages::mount(identity::pages::mount(pages));
    let pages = media::pages::mount(pages);
    let pages = channels::pages::mount(pages);
    let pages = delivery::pages::mount(pages);
    let pages = plugs::pages::mount(posts::pages::mount(pages));
    let pages = inbox::pages::mount(pages);
    let pages = notify::pages::mount(pages);
    let pages = admin::jobs::pages::mount(admin::pages::mount(pages));
    let pages = api_v1::pages::mount(public_api::pages::mount(pages));
    let pages = design::pages::mount(finder::pages::mount(tokens::pages::mount(pages)));
    let pages = start::pages::mount(pages);
    let site = sandbox::Site::inside(app);
    let pages = sandbox::pages::mount(pages);
    let pages = pages.around(around_pages);
    let routes = Route::new()
        .nest("/public/v1", public_api::api::endpoint())
        .nest("/api/public/v1", public_api::api::endpoint())
        .at("/api/v1/openapi.json", get(api_v1::pages::openapi))
        .nest("/api/v1", api_v1::endpoint())
        .nest_no_strip("/", pages);
    // Not compressed: the compression would turn an answer that the sandbox cuts off into a complete, empty one, and would keep
    // back what is to be told at once.
    let live = posts::pages::mount_live(Route::new()).around(around_pages);
    let routes = Route::new()
        .nest("/sandbox/api", sandbox::api::endpoint(&site))
        .nest_no_strip("/live", live)
        .nest_no_strip("/", routes.with(compression()));
    // Nor these: assets are packed once, media comes packed, and a packed range would be of no use.
    let routes = routes.at("/assets/:hash/*path", get(web::assets::serve));
    let routes = notify::api::mount(admin::api::mount(media::pages::mount_files(routes)));
    let routes = routes.around(around_routes);
    let server = app.config.server.clone();
    routes.data(site).data(app.clone()).around(move |inner, req| {
        let peer = Peer::of(&req, &server);
        async move { Ok(guard::surround(&inner, req, peer).await) }
    })
}

/// A worker's: whether it is alive and ready, and nothing else.
pub fn worker_endpoint(app: &App) -> impl Endpoint<Output = Response> + 'static {
    let server = app.config.server.clone();
    admin::api::mount(Route::new()).around(around_worker).data(app.clone()).around(move |inner, req| {
        let peer = Peer::of(&req, &server);
        async move { Ok(guard::surround(&inner, req, peer).await) }
    })
}

/// What it does not have is not found, in words for a machine.
async fn around_worker<E>(inner: Arc<E>, req: Request) -> poem::Result<Response>
where
    E: Endpoint,
    E::Output: IntoResponse,
{
    Ok(match inner.call(req).await {
        Ok(answer) => answer.into_response(),
        Err(e) => {
            let (code, error) = problem::understand(e);
            problem::envelope(code, &error)
        }
    })
}

/// A low level: a list of thousands costs more to pack than to make, and the next levels save little. Not the lowest, for
/// there brotli packs every piece of eight kilobytes by itself: a third more bytes, and no faster.
fn compression() -> Compression {
    Compression::new().with_quality(CompressionLevel::Precise(2))
}

#[poem::handler]
fn home() -> Response {
    web::redirect("/calendar")
}

/// What fails before any route is found (a path that is no UTF-8) is not found, in the words of the door it came to.
async fn around_routes<E>(inner: Arc<E>, req: Request) -> poem::Result<Response>
where
    E: Endpoint,
    E::Output: IntoResponse,
{
    let of_api = ["/public/v1/", "/api/public/v1/"].iter().any(|prefix| req.uri().path().starts_with(prefix));
    let ours = req.uri().path().starts_with("/api/v1/").then(|| (req.data::<App>().cloned(), web::RequestId::of(&req)));
    match inner.call(req).await {
        Ok(answer) => Ok(answer.into_response()),
        Err(_) if of_api => Ok(problem::envelope(StatusCode::NOT_FOUND, &Error::NotFound("page"))),
        Err(e) => match ours {
            Some((Some(app), id)) => Ok(tokens::api::problem::of(&app, &Error::NotFound("page").into(), &id)),
            _ => Err(e),
        },
    }
}

/// Every page: session, frame, guard, error page.
async fn around_pages<E>(inner: Arc<E>, mut req: Request) -> poem::Result<Response>
where
    E: Endpoint<Output = Response>,
{
    let app = req.data::<App>().cloned().expect("the handle is put into every request");
    let peer = req.data::<Peer>().cloned().expect("the peer is put into every request");
    let mut frame = Frame::visitor(&req, &app.pages, &peer);
    let (method, path, id) = (req.method().clone(), req.uri().path().to_owned(), RequestId::of(&req));
    let wanted = req.uri().path_and_query().map_or_else(|| path.clone(), ToString::to_string);
    let admitted = admit(&app, &mut req, &mut frame).await;
    let language = language(&req, &frame);
    req.set_data(frame.clone());
    let answer = async {
        let result = match admitted {
            Ok(()) => guard::catching(&*inner, req).await,
            Err(e) => Err(e.into()),
        };
        result.unwrap_or_else(|e| {
            let (code, error) = problem::understand(e);
            problem::log(&error, method.as_str(), &path, &id);
            failed((code, &error), &method, &wanted, frame, &id)
        })
    };
    Ok(language.scope(answer).await)
}

/// What somebody chose, or else what their browser asks for.
fn language(req: &Request, frame: &Frame) -> Language {
    let chosen = frame.user.as_ref().and_then(|user| user.language).and_then(Language::parse);
    chosen.unwrap_or_else(|| Language::accepted(req.header("accept-language").unwrap_or_default()))
}

/// Finds the session, fills the frame and refuses requests that other sites caused.
async fn admit(app: &App, req: &mut Request, frame: &mut Frame) -> Result<()> {
    form::read_ahead(req).await?;
    let cookie = cookies::get(req, identity::SESSION_COOKIE).map(str::to_owned);
    let signed = match &cookie {
        Some(cookie) => identity::current(app, cookie).await?,
        None => None,
    };
    let expected = signed.is_some().then(|| csrf::token(cookie.as_deref().unwrap_or_default()));
    if let (Some(signed), Some(token)) = (&signed, &expected) {
        sign(frame, signed, token);
        if *req.method() == Method::GET && has_frame(req.uri().path()) {
            frame.needs_you = delivery::waiting_for_person(&app.db, signed.caller.org).await?;
            frame.outage = inbox::banner(&app.db, signed.caller.org).await?;
            frame.paused = instance::held(&app.db).await?.is_some();
            frame.unread = notify::unread(&app.db, &signed.caller).await?;
            frame.reviews = posts::review::waiting_for(app, &signed.caller).await?;
            frame.organisations = organisations(app, signed).await?;
            frame.first_steps = first_steps(app, &signed.caller).await?;
        }
    }
    if csrf::is_unsafe(req.method()) {
        csrf::check_origin(req, &app.hosts())?;
        if let Some(expected) = expected {
            check_token(req, expected)?;
        }
    }
    if let Some(signed) = signed {
        req.set_data(signed.caller);
    }
    Ok(())
}

/// False for what the scripts of every page ask for: an answer without a frame, so nothing is counted for it.
fn has_frame(path: &str) -> bool {
    !matches!(path, "/live" | "/notices/menu")
}

async fn first_steps(app: &App, caller: &Caller) -> Result<Option<FrameSteps>> {
    let standing = start::standing(app, caller).await?;
    Ok(standing.map(|s| FrameSteps { done: s.done, all: s.all, next: render::text(&s.next.into()), settled: s.settled }))
}

async fn organisations(app: &App, signed: &Signed) -> Result<Vec<FrameMembership>> {
    let all = orgs::of_person(&app.db, signed.caller.person()?).await?;
    let one =
        |m: orgs::Membership| FrameMembership { id: m.org_id.to_string(), current: m.org_id == signed.caller.org, name: m.name };
    Ok(all.into_iter().map(one).collect())
}

fn sign(frame: &mut Frame, signed: &Signed, token: &str) {
    frame.signed_in = true;
    frame.operator = signed.caller.operator;
    frame.role = signed.caller.role.as_str();
    frame.user =
        Some(FrameUser { name: signed.name.clone(), email: signed.email.clone(), language: signed.language.map(Language::code) });
    frame.organisation = Some(FrameOrganisation { name: signed.organisation.clone() });
    token.clone_into(&mut frame.csrf);
}

/// A form with files is read later, so its token is left to [`web::Upload`]; only some routes take one.
fn check_token(req: &mut Request, expected: String) -> Result<()> {
    let multipart = req.content_type().is_some_and(|t| t.starts_with("multipart/form-data"));
    if multipart && takes_files(req.method(), req.uri().path()) {
        req.set_data(csrf::Expected(expected));
        return Ok(());
    }
    let given = match req.header("x-csrf-token") {
        Some(header) => header.to_owned(),
        None => req.data::<Form>().map(|f| f.get("csrf").to_owned()).unwrap_or_default(),
    };
    csrf::check_token(&expected, &given)
}

/// `wanted` is the path with its query: whoever comes back from a platform to find their session over goes on after the login.
fn failed((code, error): (StatusCode, &Error), method: &Method, wanted: &str, frame: Frame, id: &str) -> Response {
    if matches!(error, Error::Unauthorized) && *method == Method::GET {
        let next: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
        return web::redirect(&format!("/login?next={next}")).into_response();
    }
    problem::page(code, error, frame, id)
}
