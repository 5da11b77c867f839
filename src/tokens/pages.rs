//! `/settings/tokens`: making, seeing and revoking access tokens. For owners and administrators.

use poem::{Route, delete, get, handler, web::Path};
use serde::Serialize;

use super::{NewToken, Scope, Token, create, list, revoke};
use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    kit::{Secret, TokenId},
    orgs::{Caller, Role},
    render::{FieldText, Moment, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/settings/tokens";
/// Choices of a life, in days; empty: without end.
const LIVES: [&str; 4] = ["30", "90", "365", ""];

/// Adds the routes of this feature.
pub fn mount(route: Route) -> Route {
    route.at(PATH, get(index).post(make)).at("/settings/tokens/:id", delete(end))
}

/// `tokens/index.html`
#[derive(Debug, Serialize)]
struct Index {
    tokens: Vec<TokenView>,
    scopes: Vec<ScopeView>,
    lives: Vec<Life>,
    name: String,
    days: String,
    errors: Vec<FieldText>,
    /// Only in the answer to its making.
    new_token: Option<String>,
    curl_example: String,
}

#[derive(Debug, Serialize)]
struct TokenView {
    id: TokenId,
    name: String,
    prefix: String,
    scopes: Vec<String>,
    person: Option<String>,
    works: bool,
    revoked: bool,
    created: Moment,
    used: Option<Moment>,
    expires: Option<Moment>,
}

#[derive(Debug, Serialize)]
struct ScopeView {
    word: &'static str,
    meaning: String,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct Life {
    value: &'static str,
    label: String,
}

impl View for Index {
    const TEMPLATE: &'static str = "tokens/index.html";

    fn title(&self) -> Message {
        "token.title".into()
    }
}

impl Index {
    async fn load(app: &App, caller: &Caller) -> Result<Self> {
        let moment = |at| Moment::new(at, app.clock.now(), caller.zone);
        let view = |t: Token| TokenView {
            id: t.id,
            works: t.works(app.clock.now()),
            revoked: t.revoked_at.is_some(),
            prefix: format!("{}…", t.prefix),
            scopes: t.scopes.split(' ').map(str::to_owned).collect(),
            person: t.user_name,
            created: moment(t.created_at),
            used: t.used_at.map(moment),
            expires: t.expires_at.map(moment),
            name: t.name,
        };
        let scope = |s: Scope| ScopeView { word: s.as_str(), meaning: text(&Message::new(s.meaning())), chosen: false };
        Ok(Self {
            tokens: list(app, caller.org).await?.into_iter().map(view).collect(),
            scopes: Scope::ALL.into_iter().map(scope).collect(),
            lives: LIVES.into_iter().map(life).collect(),
            name: String::new(),
            days: "90".into(),
            errors: Vec::new(),
            new_token: None,
            curl_example: String::new(),
        })
    }

    fn with_token(mut self, app: &App, token: &Secret) -> Self {
        self.curl_example = format!("curl {} \\\n  -H \"Authorization: Bearer {}\"", app.link("/api/v1/me"), token.expose());
        self.new_token = Some(token.expose().to_owned());
        self
    }

    fn with_errors(mut self, form: &Form, errors: &[FieldError]) -> Self {
        form.get("name").clone_into(&mut self.name);
        form.get("days").clone_into(&mut self.days);
        let chosen: Vec<&str> = form.all("scopes").collect();
        self.scopes.iter_mut().for_each(|s| s.chosen = chosen.contains(&s.word));
        self.errors = FieldText::list(errors);
        self
    }
}

fn life(days: &'static str) -> Life {
    let label = match days {
        "" => Message::new("token.no_end"),
        days => Message::new("token.days").with("days", days),
    };
    Life { value: days, label: text(&label) }
}

#[handler]
async fn index(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    Ok(frame.page(&Index::load(&app, &caller).await?)?)
}

/// Answers with the page itself: a token in a redirect would have to travel in a cookie or an address.
#[handler]
async fn make(app: App, caller: Caller, form: Form, frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    match made(&app, &caller, &form).await {
        Ok(token) => Ok(frame.page(&Index::load(&app, &caller).await?.with_token(&app, &token))?),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&Index::load(&app, &caller).await?.with_errors(&form, &errors))?),
        Err(e) => Err(e.into()),
    }
}

async fn made(app: &App, caller: &Caller, form: &Form) -> Result<Secret> {
    let days = match form.get("days") {
        "" => None,
        days => Some(days.parse().unwrap_or_default()),
    };
    let scopes = form.all("scopes").filter_map(Scope::parse).collect();
    let new = NewToken { name: form.get("name").to_owned(), scopes, days };
    let mut tx = app.db.begin().await?;
    let (_, token) = create(&mut tx, caller.org, caller.user, &new, app.clock.now()).await?;
    tx.commit().await?;
    Ok(token)
}

#[handler]
async fn end(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    caller.require(Role::Admin)?;
    let id: TokenId = id.parse().map_err(|_| Error::NotFound("token"))?;
    let mut tx = app.db.begin().await?;
    let token = revoke(&mut tx, (caller.org, caller.user), id, app.clock.now()).await?;
    tx.commit().await?;
    let said = Message::new("token.revoked_flash").with("name", token.name);
    Ok(Flash::ok(said).into_response(web::redirect(PATH), &peer))
}
