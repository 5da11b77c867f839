//! What every provider keeps, checked over the whole registry: its description is complete, its promises are the methods it
//! has, and what a platform or a network does to its requests has the same meaning for all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::{
    Auth, Descriptor, FailureKind, Field, FieldKind, Found, Group, Provider, REGISTRY, Remote, StepKey, oauth,
    testing::{Answer, Fake, Stage},
};
use crate::{
    kit::text::Doc,
    render::{asset, lookup},
};

/// What opens an account of each provider at the fake's address.
fn credentials(id: &str, url: &str) -> Json {
    match id {
        "bluesky" => json!({
            "service": url, "pds": url, "identifier": "a.test", "password": "secret-password", "did": "did:plc:abc",
            "handle": "a.test", "access": "secret-access", "refresh": "secret-refresh",
        }),
        "dribbble" => json!({"access": "secret-access"}),
        "kick" | "twitch" | "tumblr" => json!({"handle": "ann", "access": "secret-access", "refresh": "secret-refresh"}),
        "vk" => json!({"device": "secret-token", "access": "secret-access", "refresh": "secret-refresh"}),
        "discord" => json!({"id": "1", "handle": "app"}),
        "reddit" => json!({"handle": "tester", "access": "secret-access", "refresh": "secret-refresh"}),
        "slack" => json!({"id": "U1", "access": "secret-access", "refresh": "secret-refresh"}),
        "telegram" => json!({"id": "-1001", "handle": "cpub"}),
        "mastodon" => json!({"server": url, "access": "secret-access"}),
        "lemmy" => json!({"service": url, "identifier": "a", "password": "secret-password", "jwt": "secret-access"}),
        "wrapcast" => json!({"signer_uuid": "secret-access", "handle": "alice"}),
        "nostr" => json!({"key": "1".repeat(64), "relays": [url.replace("http://", "ws://")]}),
        "sandbox" => json!({"server": url, "token": "secret-token", "handle": "me"}),
        "devto" | "hashnode" | "medium" | "moltbook" => json!({"apiKey": "secret-token"}),
        "ghost" => json!({"server": url, "id": "a".repeat(24), "secret": "0f".repeat(32)}),
        "wordpress" | "listmonk" => json!({"server": url, "identifier": "me", "password": "secret-password"}),
        "writefreely" => json!({"server": url, "access": "secret-access", "handle": "me"}),
        "whop" => json!({"access": "secret-access", "refresh": "secret-refresh"}),
        "mewe" => json!({"access": "secret-access", "handle": "me"}),
        "skool" => json!({"client": "secret-client", "auth_token": "secret-access"}),
        other => panic!("add the credentials of {other} here"),
    }
}

/// A part for the fake at this address that lacks nothing but a text.
fn stage(about: &'static Descriptor, url: &str) -> Stage {
    let stage = Stage::new("1", credentials(about.id, url)).at(about, url);
    let app: Vec<_> = about.app.iter().map(|field| (field.name, "secret-app")).collect();
    let stage = stage.app(&app).settings(settings(about.id));
    (0..about.limits.media_needed).fold(stage, |stage, _| stage.picture(800, 600, ""))
}

/// The settings that a post must have.
fn settings(id: &str) -> Json {
    match id {
        "devto" | "medium" | "ghost" => json!({"title": "A title", "subtitle": "More"}),
        "hashnode" => json!({"title": "A title", "publication": "p", "tags": [{"value": "rust", "label": "Rust"}]}),
        "wordpress" => json!({"title": "A title", "type": "posts"}),
        "writefreely" => json!({"collection": "me"}),
        "listmonk" => json!({"subject": "A subject", "list": "1"}),
        "whop" => json!({"company": "biz_1", "experience": "exp_1"}),
        "mewe" => json!({"postType": "timeline"}),
        "skool" => json!({"group": "g1", "label": "none", "title": "A title"}),
        "discord" => json!({"channel": "200"}),
        "dribbble" => json!({"title": "T"}),
        "slack" => json!({"channel": "C1"}),
        "reddit" => json!({"subreddit": [{"value": {"subreddit": "test", "title": "T", "type": "self"}}]}),
        "lemmy" => json!({"subreddit": [{"value": {"id": "2", "subreddit": "Test", "title": "Title"}}]}),
        _ => json!({}),
    }
}

fn all(test: impl Fn(&'static Descriptor)) {
    REGISTRY.iter().for_each(|p| test(p.about()));
}

#[test]
fn ids_are_unique_plain_words_and_names_are_given() {
    let mut seen = BTreeSet::new();
    all(|about| {
        assert!(about.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", about.id);
        assert!(!about.name.is_empty(), "{}", about.id);
    });
    REGISTRY.iter().for_each(|p| assert!(seen.insert(p.about().id), "{} twice", p.about().id));
}

#[test]
fn each_has_its_mark_and_hosts_are_https() {
    all(|about| {
        assert!(asset(&format!("icons/providers/{}.svg", about.id)).is_some(), "{} has no mark", about.id);
        for (name, url) in about.hosts {
            assert!(url.is_empty() || url.starts_with("https://"), "{}: host {name} is {url}", about.id);
            assert!(!url.ends_with('/'), "{}: host {name} ends with a slash", about.id);
        }
    });
}

#[test]
fn every_field_is_labelled_and_sound() {
    all(|about| {
        for form in [about.connect, about.app, about.settings] {
            sound(about, about.id, form);
        }
        for plug in about.plugs {
            sound(about, plug.name, plug.fields);
            assert!(!plug.after.is_empty() && plug.after.is_sorted(), "{}: it looks at no time", plug.name);
            assert!([plug.title, plug.help].iter().all(|key| lookup(key).is_some()), "{}: no text", plug.name);
        }
        // Before an account exists there is nobody to ask for a list.
        let listed = |field: &Field| matches!(field.kind, FieldKind::Pick { .. } | FieldKind::Media { .. });
        assert!(!about.connect.iter().chain(about.app).any(listed), "{}: a list where nobody is connected", about.id);
    });
}

/// The fields of one form, and of the entries inside it.
fn sound(about: &Descriptor, form: &str, fields: &[Field]) {
    let names: BTreeSet<_> = fields.iter().map(|f| f.name).collect();
    assert_eq!(names.len(), fields.len(), "{}: a field twice in {form}", about.id);
    for field in fields {
        let place = format!("{form}.{}", field.name);
        let plain = field.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        assert!(plain && !field.name.is_empty(), "{place}: a form could not carry this name");
        assert!(lookup(field.label).is_some(), "{place}: no text for {}", field.label);
        assert!(field.help.is_empty() || lookup(field.help).is_some(), "{place}: no text for {}", field.help);
        assert!(field.max > 0, "{place}: nothing fits");
        assert!(field.when.is_none_or(|w| names.contains(w.field)), "{place}: depends on a field that is not there");
        match field.kind {
            FieldKind::Choice { choices } => {
                assert!(choices.iter().all(|c| lookup(c.label).is_some()), "{place}: a choice without a text");
                let known = |value: &str| choices.iter().any(|c| c.value == value);
                assert!(field.default.is_none_or(known), "{place}: its default is no choice");
            }
            FieldKind::Number { min, max } => assert!(min < max, "{place}: no number fits"),
            FieldKind::Pick { from, .. } => assert!(listed(about, from), "{place}: there is no list {from}"),
            FieldKind::Tags { from, most, .. } => {
                assert!(most > 0 && (from.is_empty() || listed(about, from)), "{place}: there is no list {from}");
            }
            FieldKind::List { of, most, .. } => {
                assert!(most > 0 && !of.is_empty(), "{place}: no entry fits");
                sound(about, &place, of);
            }
            _ => {}
        }
    }
}

fn listed(about: &Descriptor, name: &str) -> bool {
    about.lookups.iter().any(|lookup| lookup.name == name)
}

/// A list depends on fields that the settings have, wherever in them.
#[test]
fn lists_depend_on_settings_that_are_there() {
    fn has(fields: &[Field], name: &str) -> bool {
        fields.iter().any(|field| match field.kind {
            _ if field.name == name => true,
            FieldKind::List { of, .. } => has(of, name),
            _ => false,
        })
    }
    all(|about| {
        let names: BTreeSet<_> = about.lookups.iter().map(|lookup| lookup.name).collect();
        assert_eq!(names.len(), about.lookups.len(), "{}: a list twice", about.id);
        for lookup in about.lookups {
            assert!(lookup.with.iter().all(|name| has(about.settings, name)), "{}.{}", about.id, lookup.name);
        }
    });
}

/// Consent and token addresses begin with a host that can be replaced, or with what the connect form asks for.
#[test]
fn consent_pages_can_be_reached() {
    all(|about| {
        let Auth::OAuth2(how) = about.auth else { return };
        for address in [how.authorize, how.token] {
            let name = address.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(name, _)| name).unwrap_or_default();
            let known = about.hosts.iter().any(|(host, _)| *host == name) || about.connect.iter().any(|f| f.name == name);
            assert!(known, "{}: {address} begins with no host", about.id);
        }
        let names: Vec<_> = about.app.iter().map(|f| f.name).collect();
        let needed = how.client == oauth::Client::Developer;
        assert_eq!(names.contains(&"client_id"), needed, "{}: whose client is it?", about.id);
        assert!(!needed || how.proof == oauth::Proof::Public || names.contains(&"client_secret"), "{}: no secret", about.id);
    });
}

#[test]
fn who_is_real_names_its_documentation_and_other_names_are_its_own() {
    let mut seen: BTreeSet<&str> = REGISTRY.iter().map(|p| p.about().id).collect();
    for about in REGISTRY.iter().map(|p| p.about()) {
        assert!(about.group == Group::Practice || about.docs.starts_with("https://"), "{}: no documentation", about.id);
        for alias in about.aliases {
            assert!(seen.insert(alias), "{alias} twice");
            assert_eq!(super::find(alias).map(|p| p.about().id), Some(about.id));
        }
    }
}

#[test]
fn limits_make_sense() {
    all(|about| {
        let limits = about.limits;
        assert!(limits.text.max > 0 || limits.images + limits.videos > 0, "{}: nothing can be posted", about.id);
        assert!(limits.images == 0 || limits.image_bytes > 0, "{}: pictures of no size", about.id);
        assert!(limits.videos == 0 || limits.video_bytes > 0, "{}: films of no size", about.id);
        assert!(about.can.publish, "{}", about.id);
    });
}

/// A promise is true exactly when the method is there: the ones of the trait answer "unsupported".
#[tokio::test]
async fn promises_are_kept_and_only_those_are_made() {
    for provider in REGISTRY {
        let about = provider.about();
        let fake = Fake::start(|_| Answer::status(404, json!({}))).await;
        let stage = stage(about, &fake.url).text("x");
        let call = stage.call();
        let step = StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 };
        let found = provider.find(&call, &step).await;
        assert_eq!(about.can.find, supported(&found), "{}: find", about.id);
        let candidates = provider.candidates(&call, &step).await;
        assert_eq!(about.can.candidates, supported(&candidates), "{}: candidates", about.id);
        assert_eq!(about.can.candidates, supported(&provider.recognise(&call, "abc").await), "{}: recognise", about.id);
        let remote = Remote { id: "1".into(), url: None, extra: json!({}) };
        assert_eq!(about.can.delete, supported(&provider.delete(&call, &remote).await), "{}: delete", about.id);
        assert_eq!(about.can.edit, supported(&provider.edit(&call, &remote).await), "{}: edit", about.id);
        let access = stage.access();
        assert!(supported(&provider.whoami(&access).await), "{}: nobody can ask whether a channel works", about.id);
        assert_eq!(about.can.limits, supported(&provider.limits(&access).await), "{}: limits", about.id);
        assert_eq!(about.can.mentions, supported(&provider.mentions(&access, "a").await), "{}: mentions", about.id);
        assert_eq!(about.can.metrics, supported(&provider.metrics(&access, &remote).await), "{}: metrics", about.id);
        assert_eq!(about.can.statistics, supported(&provider.statistics(&access, 7).await), "{}: statistics", about.id);
        let renews = supported(&provider.renew(&access.link(), credentials(about.id, &fake.url)).await);
        // Whoever has OAuth has a way to renew, which a platform whose access lasts does not need.
        let lasting = matches!(about.auth, Auth::OAuth2(_)) && !about.can.refresh;
        assert!(lasting || about.can.refresh == renews, "{}: refresh", about.id);
        for list in about.lookups {
            let mut with = json!({"query": "a"});
            list.with.iter().for_each(|name| with[name] = "1".into());
            assert!(supported(&provider.lookup(&access, list.name, &with).await), "{}: {}", about.id, list.name);
        }
        for plug in about.plugs {
            assert!(supported(&provider.plug(&call, plug.name, &remote).await), "{}: {}", about.id, plug.name);
        }
        let nothing = provider.lookup(&access, "no-such-list", &json!({"query": "a"})).await;
        assert!(nothing.is_err(), "{} lists what it does not have", about.id);
        assert!(!matches!(found, Ok(Found::Yes(_))), "{} found what is not there", about.id);
    }
}

fn supported<T>(result: &Result<T, super::Failure>) -> bool {
    !matches!(result, Err(f) if f.kind == FailureKind::Unsupported)
}

/// Publishes to a platform that answers everything alike, and gives the failure's kind.
async fn meets(provider: &dyn Provider, answer: Answer) -> FailureKind {
    let fake = Fake::start(move |_| answer.clone()).await;
    let stage = stage(provider.about(), &fake.url).text("hello");
    let failure = provider.publish(&stage.call()).await.expect_err("nothing can be published there");
    stage.assert_hides(&["secret-password", "secret-access", "secret-refresh", "secret-token", "secret-app"], Some(&failure));
    failure.kind
}

#[tokio::test]
async fn what_a_platform_or_a_network_does_means_the_same_for_all() {
    for provider in REGISTRY {
        let id = provider.about().id;
        let unsure = |kind| matches!(kind, FailureKind::Unavailable | FailureKind::Uncertain);
        assert!(unsure(meets(*provider, Answer::status(500, json!({}))).await), "{id}: 500");
        assert!(unsure(meets(*provider, Answer::Drop).await), "{id}: reset");
        assert!(unsure(meets(*provider, Answer::Hang).await), "{id}: silence");
        let limited = meets(*provider, Answer::status(429, json!({"error": "RateLimitExceeded"}))).await;
        assert!(matches!(limited, FailureKind::RateLimited { .. }), "{id}: 429 is {limited:?}");
        let words = json!({"error": "AuthenticationRequired", "message": "Invalid identifier or password"});
        assert_eq!(meets(*provider, Answer::status(401, words)).await, FailureKind::Reconnect, "{id}: 401");
        let refused = meets(*provider, Answer::status(400, json!({"error": "InvalidRequest", "message": "no"}))).await;
        assert_eq!(refused, FailureKind::Rejected, "{id}: 400");
    }
}

/// A server that is not there: no byte was sent, so it may be tried again.
#[tokio::test]
async fn a_platform_that_cannot_be_reached_is_unavailable() {
    for provider in REGISTRY {
        let url = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}", listener.local_addr().unwrap())
        };
        let stage = stage(provider.about(), &url).text("hello");
        let failure = provider.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unavailable, "{}", provider.about().id);
    }
}

/// A text that is too long is refused before anything leaves.
#[tokio::test]
async fn limits_refuse_before_any_request() {
    for provider in REGISTRY {
        let about = provider.about();
        let fake = Fake::start(|_| Answer::status(500, json!({}))).await;
        let mut stage = stage(about, &fake.url);
        stage.text = Doc::from_plain(&"x".repeat(about.limits.text.max + 1));
        let failure = provider.publish(&stage.call()).await.unwrap_err();
        assert_eq!((failure.kind, fake.seen().len()), (FailureKind::Rejected, 0), "{}", about.id);
    }
}

/// Overriding hosts reaches every provider the same way.
#[test]
fn a_configured_host_replaces_the_known_one() {
    all(|about| {
        for (name, _) in about.hosts {
            let hosts = BTreeMap::from([((*name).to_owned(), "https://elsewhere.example/".to_owned())]);
            assert_eq!(super::call::host(&hosts, about, name), "https://elsewhere.example", "{}", about.id);
        }
    });
}
