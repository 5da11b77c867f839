//! Writing and changing posts: `/posts/new`, `/posts/{id}/edit`, and what their form sends.

use poem::{
    Response, handler,
    http::StatusCode,
    web::{Path, Query},
};
use serde::Deserialize;

use super::{
    composer::{Compose, Desk, blank, field_error},
    editing::{self, Editing},
    id,
    prefill::{Prefill, prefill},
    received::{self, Received},
    repeat,
    typed::{Action, Typed},
};
use crate::{
    app::App,
    channels::Channel,
    error::{FieldError, Message, Result},
    kit::{PostId, TargetId, recur::Rule},
    orgs::Caller,
    posts::{
        Saved,
        check::check,
        draft::{Draft, EntryPart, When},
        known::Known,
        recurrence::Series,
        save::{Composed, create_composed, update_composed},
        words::Reader,
    },
    web::{self, Flash, Frame, Peer, Upload},
};

#[derive(Debug, Deserialize)]
pub struct NewQuery {
    #[serde(default)]
    channel: String,
    #[serde(flatten)]
    begin: Prefill,
}

/// An empty form.
#[handler]
pub async fn new(app: App, caller: Caller, frame: Frame, Query(query): Query<NewQuery>) -> web::Result {
    let channels = Channel::list(&app.db, caller.org).await?;
    let mut typed = blank(&channels, query.channel.parse().ok(), &caller, app.clock.now());
    prefill(&app, &caller, (&mut typed, &channels), &query.begin).await?;
    let desk = Desk::load(&app, caller.org, &typed).await?;
    Ok(frame.page(&Compose::new(&app, &caller, (&typed, None), &desk, &[]).await?)?)
}

#[derive(Debug, Deserialize)]
pub struct EditQuery {
    #[serde(default)]
    target: String,
    #[serde(default)]
    scope: String,
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
    let mut typed = editing.typed(&caller);
    if query.scope == "one" && asked.is_some() && editing.series.is_some() {
        typed.pairs = vec![("scope".into(), "one".into())];
    }
    let form = Form { app: &app, caller: &caller, typed, editing: Some(editing) };
    form.again(frame, &[]).await
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
    // Saving once more, after having been told, goes over the newer version.
    typed.version = Some(editing.version);
    let form = Form { app: &app, caller: &caller, typed, editing: Some(editing) };
    if stale && form.typed.action() == Action::Save {
        let changed = [FieldError::new("", "error.post_changed")];
        return Ok(frame.page_with(StatusCode::CONFLICT, &form.view(&changed).await?)?);
    }
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
        self.typed.apply(&action);
        if !errors.is_empty() {
            return Ok(frame.invalid(&self.view(&errors).await?)?);
        }
        if action != Action::Save {
            return self.again(frame, &[]).await;
        }
        match self.save().await? {
            Ok((saved, draft)) => Ok(self.done(&saved, &draft, peer).await?),
            Err(errors) => Ok(frame.invalid(&self.view(&errors).await?)?),
        }
    }

    /// The form once more, with what would keep it from going out as it stands.
    async fn again(&self, frame: Frame, errors: &[FieldError]) -> web::Result {
        let desk = Desk::load(self.app, self.caller.org, &self.typed).await?;
        let view = Compose::new(self.app, self.caller, (&self.typed, self.editing.as_ref()), &desk, errors).await?;
        if self.typed.parts.iter().all(|p| p.is_blank()) {
            return Ok(frame.page(&view)?);
        }
        let Ok((draft, _)) = editing::draft(&self.typed, self.editing.as_ref(), &desk.channels, &desk.media) else {
            return Ok(frame.page(&view)?);
        };
        if draft.entries.is_empty() {
            return Ok(frame.page(&view)?);
        }
        let known = Known::load(self.app, self.caller.org, &draft, &[]).await?;
        // Whatever is planned, it is meant to go out one day.
        let now = Draft { when: When::Now, ..draft };
        let problems = check(&now, &known, self.app.clock.now());
        Ok(frame.page(&view.with_problems(&problems, &now, &desk))?)
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
        if draft.entries.is_empty() && self.typed.parts.iter().all(|p| p.is_blank()) {
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
            Err(problems) => Err(problems.iter().map(|p| field_error(p, &draft, &desk)).collect()),
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
        let Some(editing) = &self.editing else {
            let composed = Composed { loose, series, ..Composed::default() };
            return create_composed(self.app, self.caller, draft, &composed).await;
        };
        let covers = editing.covers();
        let composed = Composed { loose, version: Some(editing.version), covers: Some(&covers), also: None, series };
        update_composed(self.app, self.caller, editing.post, draft, &composed).await
    }

    async fn done(&self, saved: &Saved, draft: &Draft, peer: &Peer) -> Result<Response> {
        let reader = Reader { now: self.app.clock.now(), zone: draft.zone };
        let message = match draft.when {
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
