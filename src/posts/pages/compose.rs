//! Writing and changing posts: `/posts/new`, `/posts/{id}/edit`, and what their form sends.

use poem::{
    Response, handler,
    http::StatusCode,
    web::{Path, Query},
};
use serde::Deserialize;

use super::{
    action::Action,
    autosave::others,
    begin,
    composer::{Compose, Desk, field_error},
    editing::{self, Editing},
    id,
    kept::Kept,
    looks::Looks,
    pieces,
    received::{self, Received},
    repeat, sets,
    typed::Typed,
    unsaved::{Theirs, Unsaved},
};
use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    kit::{PostId, SnippetId, TargetId, recur::Rule, text::Doc},
    orgs::Caller,
    posts::{
        Saved,
        draft::{Draft, EntryPart, When},
        model::Snippet,
        recurrence::Series,
        save::{Composed, create_composed, update_composed},
        words::Reader,
    },
    web::{self, Flash, Frame, Peer, Upload},
};

/// The empty form, or one that begins with what was kept.
#[handler]
pub async fn new(app: App, caller: Caller, frame: Frame, Query(query): Query<begin::NewQuery>) -> web::Result {
    let typed = begin::typed(&app, &caller, &query).await?;
    let unsaved = if query.is_plain() { Unsaved::list(&app, &caller, None).await? } else { Vec::new() };
    let form = Form { app: &app, caller: &caller, typed, editing: None };
    Ok(frame.page(&form.shown().await?.with_unsaved(unsaved, None))?)
}

#[derive(Debug, Deserialize)]
pub struct EditQuery {
    #[serde(default)]
    target: String,
    #[serde(default)]
    scope: String,
    #[serde(flatten)]
    kept: begin::EditFrom,
}

/// The form with what is stored.
#[handler]
pub async fn edit(
    app: App,
    caller: Caller,
    frame: Frame,
    Path(post): Path<String>,
    Query(query): Query<EditQuery>,
) -> web::Result {
    let asked: Option<TargetId> = if query.target.is_empty() { None } else { Some(id(&query.target)?) };
    let editing = Editing::load(&app, caller.org, id(&post)?, asked).await?;
    let mut typed = query.kept.typed(&app, &caller, &editing).await?;
    if query.scope == "one" && asked.is_some() && editing.series.is_some() {
        typed.pairs = vec![("scope".into(), "one".into())];
    }
    let unsaved = if query.kept.is_plain() { Unsaved::list(&app, &caller, Some(editing.post)).await? } else { Vec::new() };
    let here = match caller.user {
        Some(user) => others(&app, (&caller, user), editing.post).await?,
        None => None,
    };
    let form = Form { app: &app, caller: &caller, typed, editing: Some(editing) };
    Ok(frame.page(&form.shown().await?.with_unsaved(unsaved, here))?)
}

/// Saves a new post, or does what another button asks for.
#[handler]
pub async fn create(app: App, caller: Caller, frame: Frame, peer: Peer, upload: Upload) -> web::Result {
    let Received { typed, errors } = received::read(&app, &caller, upload).await?;
    let form = Form { app: &app, caller: &caller, typed, editing: None };
    form.act(frame, &peer, errors).await
}

/// Saves a post again, or does what another button asks for.
#[handler]
pub async fn update(app: App, caller: Caller, frame: Frame, peer: Peer, Path(post): Path<String>, upload: Upload) -> web::Result {
    let post: PostId = id(&post)?;
    let Received { mut typed, errors } = received::read(&app, &caller, upload).await?;
    let asked: Option<TargetId> = if typed.target.is_empty() { None } else { Some(id(&typed.target)?) };
    let editing = Editing::load(&app, caller.org, post, asked).await?;
    let stale = typed.version.is_some_and(|seen| seen != editing.version);
    if stale && typed.action() == Action::Save {
        let theirs = Theirs::load(&app, &caller, &typed, &editing).await?;
        // Saving once more, after having seen both, goes over the newer version.
        typed.version = Some(editing.version);
        let form = Form { app: &app, caller: &caller, typed, editing: Some(editing) };
        let changed = [FieldError::new("", "error.post_changed")];
        return Ok(frame.page_with(StatusCode::CONFLICT, &form.view(&changed).await?.with_theirs(theirs))?);
    }
    let form = Form { app: &app, caller: &caller, typed, editing: Some(editing) };
    form.act(frame, &peer, errors).await
}

/// A form at hand.
struct Form<'a> {
    app: &'a App,
    caller: &'a Caller,
    typed: Typed,
    editing: Option<Editing>,
}

impl Form<'_> {
    async fn act(mut self, frame: Frame, peer: &Peer, errors: Vec<FieldError>) -> web::Result {
        let action = self.typed.action();
        match action {
            Action::Split(n) => {
                let desk = Desk::load(self.app, self.caller.org, &self.typed).await?;
                pieces::apply(&mut self.typed, n, &desk);
            }
            Action::Insert(snippet) => self.insert(snippet).await?,
            ref action => self.typed.apply(action),
        }
        if !errors.is_empty() {
            return Ok(frame.invalid(&self.view(&errors).await?)?);
        }
        match action {
            Action::Save => match self.save().await? {
                Ok((saved, draft)) => Ok(self.done(&saved, &draft, peer).await?),
                Err(errors) => Ok(frame.invalid(&self.view(&errors).await?)?),
            },
            Action::SaveSet => match sets::keep(self.app, self.caller, &self.typed).await {
                Ok(flash) => Ok(flash.into_response(web::redirect("/settings/sets"), peer)),
                Err(Error::Invalid(errors)) => Ok(frame.invalid(&self.view(&errors).await?)?),
                Err(e) => Err(e.into()),
            },
            _ => Ok(frame.page(&self.shown().await?)?),
        }
    }

    /// Words of ours at the end of the thread.
    async fn insert(&mut self, snippet: SnippetId) -> Result<()> {
        let words = Snippet::find(&self.app.db, self.caller.org, snippet).await?.content;
        if let Some(last) = self.typed.parts.last_mut() {
            let joined = last.doc().join(Doc::from_plain(&words));
            last.write(joined);
        }
        Ok(())
    }

    /// The form once more, with what it looks like and what would keep it from going out as it stands.
    async fn shown(&self) -> Result<Compose> {
        let desk = Desk::load(self.app, self.caller.org, &self.typed).await?;
        let looks = Looks::of(self.app, self.caller, (&self.typed, self.editing.as_ref()), &desk).await?;
        let view = Compose::new(self.app, self.caller, (&self.typed, self.editing.as_ref()), &desk, &[]).await?;
        Ok(view.with_looks(looks))
    }

    async fn view(&self, errors: &[FieldError]) -> Result<Compose> {
        let desk = Desk::load(self.app, self.caller.org, &self.typed).await?;
        Compose::new(self.app, self.caller, (&self.typed, self.editing.as_ref()), &desk, errors).await
    }

    async fn save(&self) -> Result<std::result::Result<(Saved, Draft), Vec<FieldError>>> {
        let desk = Desk::load(self.app, self.caller.org, &self.typed).await?;
        let (draft, loose) = match editing::draft(&self.typed, self.editing.as_ref(), &desk.channels, &desk.media) {
            Ok(read) => read,
            Err(errors) => return Ok(Err(errors)),
        };
        if draft.entries.is_empty() && self.typed.is_blank() {
            return Ok(Err(vec![FieldError::new("parts[0][text]", "problem.empty")]));
        }
        let mut draft = draft;
        let rule = match self.rule(&mut draft) {
            Ok(rule) => rule,
            Err(errors) => return Ok(Err(errors)),
        };
        let saved = self.write(&draft, &loose, rule.as_ref()).await?;
        Ok(match saved {
            Ok(saved) => Ok((saved, draft)),
            Err(problems) => Err(problems.iter().map(|p| field_error(p, &draft, (&self.typed, &desk))).collect()),
        })
    }

    /// The rule that is to hold from now on. What recurs goes out at its next occurrence.
    fn rule(&self, draft: &mut Draft) -> std::result::Result<Option<Rule>, Vec<FieldError>> {
        let typed = repeat::rule(&self.typed)?;
        let stored = || Some(self.editing.as_ref()?.series.as_ref()?.rule.0.clone());
        let Some(rule) = typed else { return Ok(if matches!(draft.when, When::At(_)) { None } else { stored() }) };
        match rule.occurrences(self.app.clock.now()).next() {
            Some(next) => draft.when = When::At(next.at),
            None => return Err(vec![FieldError::new("date", "problem.past")]),
        }
        Ok(Some(rule))
    }

    async fn write(
        &self,
        draft: &Draft,
        loose: &[EntryPart],
        rule: Option<&Rule>,
    ) -> Result<std::result::Result<Saved, Vec<crate::posts::Problem>>> {
        let series = match rule {
            _ if repeat::is_one(&self.typed) => Series::One,
            Some(rule) => Series::All(rule),
            None => Series::Off,
        };
        let kept = Kept { caller: self.caller, typed: &self.typed, now: self.app.clock.now() };
        let Some(editing) = &self.editing else {
            let composed = Composed { loose, series, also: Some(&kept), ..Composed::default() };
            return create_composed(self.app, self.caller, draft, &composed).await;
        };
        let covers = editing.covers();
        let composed = Composed { loose, version: Some(editing.version), covers: Some(&covers), also: Some(&kept), series };
        update_composed(self.app, self.caller, editing.post, draft, &composed).await
    }

    async fn done(&self, saved: &Saved, draft: &Draft, peer: &Peer) -> Result<Response> {
        let reader = Reader { now: self.app.clock.now(), zone: draft.zone };
        let message = match draft.when {
            _ if saved.in_review => Message::new("review.submitted"),
            When::Draft(_) => Message::new("compose.saved_draft"),
            When::Now => "compose.saved_now".into(),
            When::At(at) if matches!(repeat::rule(&self.typed), Ok(Some(_))) => {
                Message::new("compose.saved_repeat").with("when", reader.short(at))
            }
            When::At(at) => Message::new("compose.saved_at").with("when", reader.short(at)),
            When::NextSlot | When::CommonSlot => match self.earliest(saved).await? {
                Some(at) => Message::new("compose.saved_at").with("when", reader.short(at)),
                None => "compose.saved_now".into(),
            },
        };
        Ok(Flash::ok(message).into_response(web::redirect(&format!("/posts/{}", saved.post)), peer))
    }

    async fn earliest(&self, saved: &Saved) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
        let listed = crate::posts::of_post(&self.app.db, self.caller.org, saved.post).await?;
        let ours = listed.iter().filter(|l| saved.targets.iter().any(|(id, _)| *id == l.target.id));
        Ok(ours.filter_map(|l| l.target.due_at).min())
    }
}
