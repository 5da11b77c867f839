//! `/settings/signatures`: signatures and sets of hashtags, which the composer puts into posts.

use poem::{handler, web::Path};
use serde::Serialize;

use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    kit::SnippetId,
    orgs::{Caller, check},
    posts::model::Snippet,
    render::{FieldText, View},
    web::{self, Flash, Form, Frame, Peer},
};

/// Most characters of one.
const MAX_CONTENT: usize = 2_000;
const PLACE: &str = "/settings/signatures";

/// The page.
#[derive(Debug, Serialize)]
struct Snippets {
    signatures: Vec<Row>,
    hashtags: Vec<Row>,
    /// What is being added, when something is wrong with it.
    new: Row,
    errors: Vec<FieldText>,
}

impl View for Snippets {
    const TEMPLATE: &'static str = "posts/snippets.html";

    fn title(&self) -> Message {
        "snippets.title".into()
    }
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: String,
    kind: String,
    name: String,
    content: String,
    auto: bool,
}

impl Row {
    fn stored(snippet: &Snippet) -> Self {
        let Snippet { id, kind, name, content, auto } = snippet.clone();
        Self { id: id.to_string(), kind, name, content, auto }
    }

    fn typed(form: &Form) -> Self {
        let get = |name: &str| form.get(name).to_owned();
        Self { id: String::new(), kind: get("kind"), name: get("name"), content: get("content"), auto: get("auto") == "true" }
    }
}

impl Snippets {
    /// In the row of a snippet, what somebody wanted it to be.
    fn show_typed(&mut self, known: &Snippet, form: &Form) {
        let id = known.id.to_string();
        if let Some(row) = self.signatures.iter_mut().chain(&mut self.hashtags).find(|row| row.id == id) {
            *row = Row { id, kind: known.kind.clone(), ..Row::typed(form) };
        }
    }
}

async fn page(app: &App, caller: &Caller, form: &Form, errors: &[FieldError]) -> Result<Snippets> {
    let all = Snippet::list(&app.db, caller.org).await?;
    let of = |kind: &str| all.iter().filter(|s| s.kind == kind).map(Row::stored).collect();
    Ok(Snippets { signatures: of("signature"), hashtags: of("hashtags"), new: Row::typed(form), errors: FieldText::list(errors) })
}

fn id(given: &str) -> Result<SnippetId> {
    given.parse().map_err(|_| Error::NotFound("snippet"))
}

/// What a form says, or everything wrong with it. Hashtags get the sign that was forgotten.
fn read(form: &Form, id: SnippetId, kind: &str) -> Result<Snippet> {
    let mut wrong = Vec::new();
    let name = check::name("name", form.get("name")).map_err(|e| wrong.push(e)).unwrap_or_default();
    let content = form.get("content").replace("\r\n", "\n").trim().to_owned();
    let content = if kind == "hashtags" { signed(&content) } else { content };
    if content.is_empty() {
        wrong.push(FieldError::new("content", "field.required"));
    }
    if content.chars().count() > MAX_CONTENT {
        wrong.push(FieldError::new("content", Message::new("snippets.long").with("most", MAX_CONTENT)));
    }
    if !matches!(kind, "signature" | "hashtags") {
        wrong.push(FieldError::new("kind", "snippets.kind_unknown"));
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let auto = kind == "signature" && form.get("auto") == "true";
    Ok(Snippet { id, kind: kind.to_owned(), name, content, auto })
}

fn signed(words: &str) -> String {
    let sign = |word: &str| if word.starts_with('#') { word.to_owned() } else { format!("#{word}") };
    words.split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty()).map(sign).collect::<Vec<_>>().join(" ")
}

fn back(flash: Flash, peer: &Peer) -> poem::Response {
    flash.into_response(web::redirect(PLACE), peer)
}

/// All of them.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame) -> web::Result {
    Ok(frame.page(&page(&app, &caller, &Form::default(), &[]).await?)?)
}

/// Adds one.
#[handler]
pub async fn create(app: App, caller: Caller, frame: Frame, peer: Peer, form: Form) -> web::Result {
    let done = match read(&form, SnippetId::new(), form.get("kind")) {
        Ok(snippet) => save(&app, &caller, &snippet, true).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => Ok(back(Flash::ok("snippets.added"), &peer)),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&page(&app, &caller, &form, &errors).await?)?),
        Err(e) => Err(e.into()),
    }
}

/// Changes one.
#[handler]
pub async fn update(app: App, caller: Caller, frame: Frame, peer: Peer, Path(given): Path<String>, form: Form) -> web::Result {
    let known = Snippet::find(&app.db, caller.org, id(&given)?).await?;
    let done = match read(&form, known.id, &known.kind) {
        Ok(snippet) => save(&app, &caller, &snippet, false).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => Ok(back(Flash::ok("snippets.changed"), &peer)),
        Err(Error::Invalid(mut errors)) => {
            errors.iter_mut().for_each(|e| e.field = format!("{}-{given}", e.field));
            let mut page = page(&app, &caller, &Form::default(), &errors).await?;
            page.show_typed(&known, &form);
            Ok(frame.invalid(&page)?)
        }
        Err(e) => Err(e.into()),
    }
}

async fn save(app: &App, caller: &Caller, snippet: &Snippet, is_new: bool) -> Result<()> {
    let mut tx = app.db.begin().await?;
    snippet.save(&mut tx, caller.org, is_new, app.clock.now()).await?;
    tx.commit().await
}

/// Deletes one, until somebody takes that back.
#[handler]
pub async fn remove(app: App, caller: Caller, peer: Peer, Path(given): Path<String>) -> web::Result {
    let id = id(&given)?;
    let mut tx = app.db.begin().await?;
    Snippet::set_deleted(&mut tx, caller.org, id, Some(app.clock.now())).await?;
    tx.commit().await?;
    Ok(back(Flash::ok("snippets.removed").undo(format!("{PLACE}/{id}/restoration"), "post.undo"), &peer))
}

/// Takes that back.
#[handler]
pub async fn restore(app: App, caller: Caller, peer: Peer, Path(given): Path<String>) -> web::Result {
    let mut tx = app.db.begin().await?;
    Snippet::set_deleted(&mut tx, caller.org, id(&given)?, None).await?;
    tx.commit().await?;
    Ok(back(Flash::ok("snippets.restored"), &peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        Form(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn hashtags_get_the_sign_that_was_forgotten() {
        let read = read(
            &form(&[("name", "Launch"), ("content", "rust, #selfhost\nopensource"), ("auto", "true")]),
            SnippetId::new(),
            "hashtags",
        );
        let snippet = read.unwrap();
        assert_eq!((snippet.content.as_str(), snippet.auto), ("#rust #selfhost #opensource", false));
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let Err(Error::Invalid(wrong)) = read(&form(&[("name", " "), ("content", " ")]), SnippetId::new(), "other") else {
            panic!("it was taken")
        };
        assert_eq!(wrong.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["name", "content", "kind"]);
    }
}
