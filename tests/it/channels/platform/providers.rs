//! Providers that only the tests know: `loop` connects at a consent page, `knock` waits for a word, `secretly` has nothing official
//! behind it. What they call is whatever the configuration names as their host `web`.

use rostrum::{
    error::{Failure, Message},
    http::Method,
    providers::{
        self, Access, Account, Answers, Auth, Call, Can, Connected, Descriptor, Field, Fut, Granted, Group, Identity, Invitation,
        Link, OAuth2, Outcome, Page, Provider,
    },
};
use serde_json::{Value as Json, json};

/// Adds them to this process.
pub fn add() {
    [&Loop as &'static dyn Provider, &Knock, &Secretly].into_iter().for_each(providers::add);
}

static LOOP_ABOUT: Descriptor = Descriptor {
    id: "loop",
    aliases: &["loop-custom"],
    name: "Loop",
    group: Group::Community,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{web}/oauth/authorize",
        token: "{web}/oauth/token",
        scopes: &["read", "write"],
        ..OAuth2::PKCE
    }),
    app: Field::CLIENT,
    hosts: &[("web", "https://loop.example")],
    can: Can { refresh: true, ..Can::PUBLISH },
    ..Descriptor::EMPTY
};

static KNOCK_ABOUT: Descriptor =
    Descriptor { id: "knock", name: "Knock", auth: Auth::Await, hosts: &[("web", "https://knock.example")], ..Descriptor::EMPTY };

static SECRET_ABOUT: Descriptor = Descriptor { id: "secretly", name: "Secretly", unofficial: true, ..Descriptor::EMPTY };

struct Loop;
struct Knock;
struct Secretly;

impl Provider for Loop {
    fn about(&self) -> &'static Descriptor {
        &LOOP_ABOUT
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(async move {
            let request = link.http.request(Method::GET, &format!("{}/me", link.hosts["web"])).bearer(&granted.access);
            let me: Json = request.reads().send().await?.ok(link.now, |_, failure| failure)?.json()?;
            let credentials = granted.credentials(json!({}));
            let pages: Vec<Page> = serde_json::from_value(me["pages"].clone()).unwrap_or_default();
            if pages.is_empty() {
                Ok(account(&me, credentials).into())
            } else {
                Ok(Connected::Choose { pages, kept: credentials })
            }
        })
    }

    fn choose<'a>(&'a self, _: &'a Link<'a>, kept: &'a Json, page: &'a str) -> Fut<'a, Account> {
        Box::pin(async move {
            if page == "broken" {
                return Err(Failure::rejected("this page is closed"));
            }
            Ok(account(&json!({"id": page, "name": format!("Page {page}"), "handle": page}), kept.clone()))
        })
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async move {
            let url = format!("{}/me", access.hosts["web"]);
            let make = |c: &Json| access.http.request(Method::GET, &url).bearer(c["access"].as_str().unwrap_or_default()).reads();
            let me: Json = access.send(self, make).await?.json()?;
            let Account { id, name, handle, picture, .. } = account(&me, json!({}));
            Ok(Identity { id, name, handle, picture })
        })
    }

    fn publish<'a>(&'a self, _: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async { Err(Failure::unsupported("publishing")) })
    }
}

fn account(me: &Json, credentials: Json) -> Account {
    let text = |name: &str| me[name].as_str().unwrap_or_default().to_owned();
    let picture = me["picture"].as_str().map(str::to_owned);
    Account { id: text("id"), name: text("name"), handle: text("handle"), picture, url: None, credentials }
}

impl Provider for Knock {
    fn about(&self) -> &'static Descriptor {
        &KNOCK_ABOUT
    }

    fn invite<'a>(&'a self, link: &'a Link<'a>, _: &'a Answers) -> Fut<'a, Invitation> {
        Box::pin(async move {
            let word = "/connect abcd".to_owned();
            let link = Some(format!("{}/start?word=abcd", link.hosts["web"]));
            Ok(Invitation { text: Message::new("await.scan"), word: Some(word), link, kept: json!({"word": "abcd"}), lasts: 600 })
        })
    }

    fn accepted<'a>(&'a self, link: &'a Link<'a>, kept: &'a Json) -> Fut<'a, Option<Connected>> {
        Box::pin(async move {
            let url = format!("{}/words/{}", link.hosts["web"], kept["word"].as_str().unwrap_or_default());
            let said: Json = link.http.request(Method::GET, &url).reads().send().await?.ok(link.now, |_, f| f)?.json()?;
            Ok(said["chat"].is_object().then(|| account(&said["chat"], json!({"chat": 1})).into()))
        })
    }

    fn publish<'a>(&'a self, _: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async { Err(Failure::unsupported("publishing")) })
    }
}

impl Provider for Secretly {
    fn about(&self) -> &'static Descriptor {
        &SECRET_ABOUT
    }

    fn publish<'a>(&'a self, _: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async { Err(Failure::unsupported("publishing")) })
    }
}
