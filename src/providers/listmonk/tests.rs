//! What reaches a listmonk, and what its answers come to.

use std::sync::{Arc, Mutex};

use super::*;
use crate::providers::testing::{Answer as Said, Fake, Seen, Stage, one};

const PASSWORD: &str = "secret-password";

#[derive(Default)]
struct State {
    campaigns: Vec<Json>,
    /// How often each was started.
    started: Vec<i64>,
    /// The next write whose path ends so is done and not answered.
    drops: Option<&'static str>,
    /// May not see the settings.
    humble: bool,
}

struct Server {
    fake: Fake,
    state: Arc<Mutex<State>>,
}

impl Server {
    async fn start() -> Self {
        let state: Arc<Mutex<State>> = Default::default();
        let kept = state.clone();
        let fake = Fake::start(move |seen| {
            if seen.header("authorization") != format!("Basic {}", STANDARD.encode(format!("api:{PASSWORD}"))) {
                return refusal(403, "invalid session");
            }
            let mut state = kept.lock().unwrap();
            let answer = state.answer(seen);
            let lost = state.drops.take_if(|end| seen.method != "GET" && seen.path.ends_with(*end));
            if lost.is_some() { Said::Drop } else { answer }
        });
        Self { fake: fake.await, state }
    }

    fn stage(&self) -> Stage {
        let credentials = json!({"server": self.fake.url, "identifier": "api", "password": PASSWORD});
        Stage::new("x", credentials).settings(json!({"subject": "Hello you", "list": "1"}))
    }

    async fn connect(&self, password: &str) -> Result<Account, Failure> {
        let stage = Stage::new("", json!({}));
        let url = format!("{}/admin/settings", self.fake.url);
        let fields = [("url", url.as_str()), ("username", "api"), ("password", password)];
        let answers: Answers = fields.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        Listmonk.connect(&stage.access().link(), &answers).await.map(one)
    }
}

fn refusal(status: u16, words: &str) -> Said {
    Said::status(status, json!({"message": words}))
}

fn data(data: Json) -> Said {
    Said::json(json!({"data": data}))
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Said {
        match (seen.method.as_str(), seen.path.as_str()) {
            ("GET", "/api/settings") if self.humble => refusal(403, "permission denied: settings:get"),
            ("GET", "/api/settings") => {
                data(json!({"app.site_name": "Mailing list", "app.logo_url": "", "smtp": [{"password": "••••"}]}))
            }
            ("GET", "/api/lists") => data(json!({"results": [{"id": 1, "name": "Default list", "type": "private"}], "total": 1})),
            ("GET", "/api/templates") => data(json!([
                {"id": 1, "name": "Plain", "type": "campaign"}, {"id": 2, "name": "Receipt", "type": "tx"},
            ])),
            ("POST", "/api/campaigns") => {
                let mut campaign = seen.json();
                let n = self.campaigns.len() as i64 + 5;
                campaign["id"] = n.into();
                campaign["uuid"] = format!("2e7e4b51-{n}").into();
                campaign["status"] = "draft".into();
                campaign["created_at"] = "2026-11-23T08:00:01.5Z".into();
                self.campaigns.insert(0, campaign.clone());
                data(campaign)
            }
            ("GET", "/api/campaigns") => {
                let query = seen.query.get("query").cloned().unwrap_or_default();
                let named = self.campaigns.iter().filter(|c| c["name"].as_str().unwrap().contains(&query));
                data(json!({"results": named.collect::<Vec<_>>(), "total": 1}))
            }
            ("GET", "/api/campaigns/analytics/views") => {
                assert_eq!([&seen.query["id"], &seen.query["from"], &seen.query["to"]], ["5", "2026-11-17", "2026-11-23"]);
                let count = |day: u32, count: u32| json!({"campaign_id": 5, "count": count, "timestamp": format!("2026-11-{day}T00:00:00Z")});
                data(json!([count(17, 2), count(23, 3), count(23, 4)]))
            }
            // What listmonk says of nothing.
            ("GET", "/api/campaigns/analytics/clicks") => data(Json::Null),
            (method, path) => self.one(method, path, seen),
        }
    }

    fn one(&mut self, method: &str, path: &str, seen: &Seen) -> Said {
        let id: i64 = path.split('/').nth(3).unwrap().parse().unwrap();
        let Some(n) = self.campaigns.iter().position(|c| c["id"] == id) else { return refusal(400, "Campaign not found") };
        match (method, path.ends_with("/status")) {
            ("PUT", true) if self.campaigns[n]["status"] != "draft" => return refusal(400, "Only drafts can be started"),
            ("PUT", true) => {
                self.campaigns[n]["status"] = seen.json()["status"].clone();
                self.started.push(id);
            }
            ("DELETE", _) => {
                self.campaigns.remove(n);
                return data(json!(true));
            }
            _ => {}
        }
        let mut campaign = self.campaigns[n].clone();
        for (name, number) in [("views", 7), ("clicks", 2), ("sent", 30)] {
            campaign[name] = number.into();
        }
        data(campaign)
    }
}

async fn live(stage: &Stage) -> Remote {
    match Listmonk.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_a_server_and_its_secrets_stay_there() {
    let server = Server::start().await;
    let account = server.connect(PASSWORD).await.unwrap();
    assert_eq!((account.id, account.name.as_str()), (STANDARD.encode(&server.fake.url), "Mailing list"));
    assert_eq!(account.credentials, json!({"server": server.fake.url, "identifier": "api", "password": PASSWORD}));
    assert_eq!(Listmonk.whoami(&server.stage().access()).await.unwrap().name, "Mailing list");
    let wrong = server.connect("no").await.unwrap_err();
    assert_eq!((wrong.kind, wrong.message.as_str()), (FailureKind::Reconnect, "invalid session"));
    server.state.lock().unwrap().humble = true;
    server.fake.seen();
    let place = server.fake.url.trim_start_matches("http://");
    assert_eq!(server.connect(PASSWORD).await.unwrap().name, place);
    assert_eq!(Listmonk.whoami(&server.stage().access()).await.unwrap().name, place);
    let paths: Vec<_> = server.fake.seen().into_iter().map(|s| s.path).collect();
    assert_eq!(paths, ["/api/settings", "/api/lists", "/api/settings", "/api/lists"]);
    let page = Fake::start(|_| Said::bytes("text/html", "<h1>hi</h1>")).await;
    let other = Server { fake: page, state: Default::default() };
    assert!(other.connect(PASSWORD).await.unwrap_err().message.contains("does not answer like a listmonk"));
}

#[tokio::test]
async fn a_mailing_with_every_setting_is_drafted_and_then_started() {
    let server = Server::start().await;
    let stage = server.stage().text("Hello & welcome").picture(4, 3, "Cat").settings(json!({
        "subject": "Hello you", "preview": "Read <this>", "list": 1, "template": "3",
    }));
    let remote = live(&stage).await;
    let seen = server.fake.seen();
    let mark = &stage.ledger.key("draft").key.simple().to_string()[..8];
    let sent = seen[0].json();
    let body = sent["body"].as_str().unwrap();
    let picture = format!("https://lasting.example/{}.jpg", stage.media[0].id);
    assert!(body.contains(">Read &lt;this&gt;&#8204;&nbsp;"), "{body}");
    assert!(body.ends_with(&format!(
        "<div><p>Hello &amp; welcome</p><figure><img style=\"max-width:100%;height:auto\" src=\"{picture}\" alt=\"Cat\"></figure></div>"
    )));
    let mut rest = sent.clone();
    rest.as_object_mut().unwrap().remove("body");
    assert_eq!(
        rest,
        json!({"name": format!("hello-you {mark}"), "type": "regular", "content_type": "html", "subject": "Hello you", "lists": [1], "template_id": 3})
    );
    assert_eq!((seen[1].method.as_str(), seen[1].path.as_str()), ("PUT", "/api/campaigns/5/status"));
    assert_eq!((seen[1].json(), seen.len()), (json!({"status": "running"}), 2));
    let url = format!("{}/api/campaigns/5/preview", server.fake.url);
    assert_eq!(remote, Remote { id: "2e7e4b51-5".into(), url: Some(url), extra: json!({"id": 5}) });

    let plain = server.stage().text("x");
    live(&plain).await;
    let sent = server.fake.seen()[0].json();
    assert_eq!((&sent["body"], sent.get("template_id")), (&json!("<div><p>x</p></div>"), None));
}

#[tokio::test]
async fn whatever_answer_is_lost_one_mailing_starts_once() {
    for lost in ["campaigns", "status"] {
        let server = Server::start().await;
        let stage = server.stage().text("Once only");
        server.state.lock().unwrap().drops = Some(lost);
        let failure = Listmonk.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unavailable, "{lost}: may be done again");
        assert_eq!(live(&stage).await.id, "2e7e4b51-5", "{lost}");
        let state = server.state.lock().unwrap();
        assert_eq!((state.campaigns.len(), state.started.as_slice()), (1, [5].as_slice()), "{lost}");
        stage.assert_hides(&[PASSWORD], Some(&failure));
    }
    // Somebody started it by hand meanwhile.
    let server = Server::start().await;
    let stage = server.stage().text("By hand");
    let campaign = Campaign { id: 5, uuid: "u".into(), status: "draft".into() };
    let running = json!({"id": 5, "uuid": "u", "name": "n", "subject": "s", "status": "finished"});
    server.state.lock().unwrap().campaigns.push(running);
    let key = StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 0 };
    assert!(start(&stage.call(), campaign, key).await.unwrap().is_started());
    assert!(server.state.lock().unwrap().started.is_empty());
}

#[tokio::test]
async fn it_is_found_recognised_counted_and_deleted() {
    let server = Server::start().await;
    let stage = server.stage().text("First");
    let remote = live(&stage).await;
    let key = stage.ledger.key("start");
    assert_eq!(Listmonk.find(&stage.call(), &key).await.unwrap(), Found::Yes(vec![remote.clone()]));
    assert_eq!(Listmonk.candidates(&stage.call(), &key).await.unwrap()[0].text, "Hello you\nFirst");
    let later = StepKey { begun_at: key.begun_at + chrono::TimeDelta::minutes(10), ..key.clone() };
    assert_eq!(Listmonk.find(&stage.call(), &later).await.unwrap(), Found::NotSeen);
    server.state.lock().unwrap().campaigns[0]["status"] = "draft".into();
    assert_eq!(Listmonk.find(&stage.call(), &key).await.unwrap(), Found::NotSeen, "not started");
    let admin = format!("{}/admin/campaigns/5", server.fake.url);
    for (words, known) in [
        (admin.as_str(), true),
        (remote.url.as_deref().unwrap(), true),
        ("5", true),
        ("6", false),
        ("https://else.example/campaigns/5", false),
        ("../lists", false),
    ] {
        assert_eq!(Listmonk.recognise(&stage.call(), words).await.unwrap().is_some(), known, "{words}");
    }
    let numbers = [Metric::new("reach", 30), Metric::new("views", 7), Metric::new("clicks", 2)];
    assert_eq!(Listmonk.metrics(&stage.access(), &remote).await.unwrap(), numbers);
    let series = Listmonk.statistics(&stage.access(), 7).await.unwrap();
    let (views, clicks) = (&series[0], &series[1]);
    assert_eq!((views.name.as_str(), clicks.name.as_str(), series.len()), ("views", "clicks", 2));
    assert_eq!(views.days.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 7.0]);
    assert_eq!(views.days[0].0.to_string(), "2026-11-17");
    assert!(clicks.days.len() == 7 && clicks.days.iter().all(|(_, n)| *n == 0.0));
    Listmonk.delete(&stage.call(), &remote).await.unwrap();
    assert!(server.state.lock().unwrap().campaigns.is_empty());
    Listmonk.delete(&stage.call(), &remote).await.unwrap();
    let list = async |name: &'static str| Listmonk.lookup(&stage.access(), name, &json!({})).await;
    assert_eq!(list("list").await.unwrap(), [Item::new("1", "Default list")]);
    assert_eq!(list("templates").await.unwrap(), [Item::new("0", "Default"), Item::new("1", "Plain")]);
    assert_eq!(list("x").await.unwrap_err().kind, FailureKind::Unsupported);
}

#[tokio::test]
async fn every_refusal_means_what_it_says() {
    use FailureKind::*;
    for (status, words, kind) in [
        (400, "Invalid list", Rejected),
        (403, "invalid session", Reconnect),
        (403, "invalid API credentials", Reconnect),
        (403, "permission denied: campaigns:manage", Rejected),
        (404, "Not Found", Rejected),
        (405, "Method Not Allowed", Rejected),
        (410, "Gone", Rejected),
        (422, "Unprocessable", Rejected),
        (429, "Slow down", RateLimited { until: None }),
        (500, "pq: too many connections", Unavailable),
    ] {
        let fake = Fake::start(move |_| refusal(status, words)).await;
        let server = Server { fake, state: Default::default() };
        let failure = Listmonk.publish(&server.stage().text("x").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words), "{status}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_leaves() {
    let server = Server::start().await;
    let with = |settings: Json| server.stage().text("x").settings(settings);
    for (stage, words) in [
        (with(json!({"list": "1"})), "subject is missing"),
        (with(json!({"subject": "S"})), "list is missing"),
        (with(json!({"subject": "S", "list": "one"})), "list is no id"),
        (with(json!({"subject": "S", "list": "1", "template": "x"})), "template is no id"),
        (server.stage().text(""), "no text"),
        (server.stage().text(&"x".repeat(300_001)), "characters"),
    ] {
        let failure = Listmonk.publish(&stage.call()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(server.fake.seen().is_empty());
}
