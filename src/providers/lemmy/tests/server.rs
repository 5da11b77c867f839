//! A Lemmy server that keeps one account in memory.

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value as Json, json};

use super::super::Lemmy;
use crate::providers::{
    Failure, Outcome, Provider as _, Remote,
    testing::{Answer, Fake, Seen, Stage},
};

pub const JWT: &str = "hush-jwt";
pub const PASSWORD: &str = "hush-password";

type Misfortune = Box<dyn FnMut(&Seen) -> Option<Answer> + Send>;

#[derive(Default)]
pub struct State {
    pub posts: Vec<Json>,
    pub comments: Vec<Json>,
    pub jwt: String,
    misfortune: Option<Misfortune>,
}

pub struct Server {
    pub fake: Fake,
    state: Arc<Mutex<State>>,
}

pub fn refusal(status: u16, code: &str) -> Answer {
    Answer::status(status, json!({"error": code}))
}

pub fn line(seen: &Seen) -> String {
    format!("{} {}", seen.method, seen.path.replace("/api/v3/", ""))
}

impl Server {
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State { jwt: JWT.into(), ..State::default() }));
        let fake = Fake::start({
            let state = state.clone();
            move |seen| {
                let mut state = state.lock().unwrap();
                let misfortune = state.misfortune.as_mut().and_then(|m| m(seen));
                misfortune.unwrap_or_else(|| state.answer(seen))
            }
        });
        Self { fake: fake.await, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn misfortune(&self, mut f: impl FnMut(&str, &Seen) -> Option<Answer> + Send + 'static) {
        self.state().misfortune = Some(Box::new(move |seen| f(&line(seen), seen)));
    }

    pub fn well_again(&self) {
        self.state().misfortune = None;
    }

    /// A part of the account for these communities.
    pub fn stage(&self, communities: &[i64]) -> Stage {
        let entry = |id: &i64| json!({"value": {"id": id.to_string(), "subreddit": "Test", "title": format!("Title {id}")}});
        let settings = json!({"subreddit": communities.iter().map(entry).collect::<Vec<_>>()});
        let credentials = json!({"service": self.fake.url, "identifier": "alice", "password": PASSWORD, "jwt": JWT});
        Stage::new(&format!("7@{}", self.host()), credentials).settings(settings)
    }

    pub fn host(&self) -> &str {
        self.fake.url.trim_start_matches("http://")
    }

    pub fn lines(&self) -> Vec<String> {
        self.fake.seen().iter().map(line).collect()
    }
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Answer {
        let line = line(seen);
        match line.as_str() {
            "POST user/login" if seen.json()["password"] == PASSWORD => {
                Answer::json(json!({"jwt": self.jwt, "registration_created": false, "verify_email_sent": false}))
            }
            "POST user/login" => refusal(401, "incorrect_login"),
            _ if seen.bearer() != self.jwt => refusal(400, "not_logged_in"),
            "GET site" => {
                let person =
                    json!({"id": 7, "name": "alice", "display_name": "Alice", "avatar": null, "actor_id": "http://x/u/alice"});
                Answer::json(json!({"my_user": {"local_user_view": {"person": person}}}))
            }
            "GET search" if seen.query["type_"] == "Users" => {
                let person = |id: i64, name: &str, url: &str| json!({"person": {"id": id, "name": name, "actor_id": url}});
                let users = [person(8, "bob", "https://far.example/u/bob"), person(9, "bobby", "")];
                Answer::json(json!({"type_": "Users", "users": users, "communities": []}))
            }
            "GET search" => {
                let community = json!({"id": 2, "name": "test", "title": "Test", "actor_id": "https://x.example/c/test"});
                Answer::json(json!({"type_": "Communities", "posts": [], "communities": [{"community": community}]}))
            }
            "GET user" => {
                let views = |all: &[Json], name: &str| all.iter().map(|one| json!({name: one})).collect::<Vec<_>>();
                Answer::json(json!({"posts": views(&self.posts, "post"), "comments": views(&self.comments, "comment")}))
            }
            "GET post" | "GET comment" => self.one(&line, &seen.query["id"]),
            "POST /pictrs/image" => Answer::status(201, json!({"msg": "ok", "files": [{"file": "x.png", "delete_token": "t"}]})),
            "POST post" | "POST comment" => self.create(&line, seen.json()),
            "PUT post" | "PUT comment" => Answer::json(json!({})),
            "POST post/delete" => {
                let id = seen.json()["post_id"].clone();
                let before = self.posts.len();
                self.posts.retain(|post| post["id"] != id);
                if before == self.posts.len() { refusal(404, "couldnt_find_post") } else { Answer::json(json!({})) }
            }
            _ => refusal(404, "not_found"),
        }
    }

    fn one(&self, line: &str, id: &str) -> Answer {
        let (all, name) = if line.ends_with("post") { (&self.posts, "post") } else { (&self.comments, "comment") };
        match all.iter().find(|one| id.parse() == Ok(one["id"].as_i64().unwrap_or_default())) {
            Some(one) => {
                let counts = json!({"score": 2, "upvotes": 3, "downvotes": 1, "comments": 4});
                Answer::json(json!({format!("{name}_view"): {name: one, "creator": {"id": 7}, "counts": counts}}))
            }
            None => refusal(404, &format!("couldnt_find_{name}")),
        }
    }

    /// Also what a misfortune calls that lets the write through.
    pub fn create(&mut self, line: &str, mut sent: Json) -> Answer {
        sent["published"] = "2026-11-23T08:00:01.5Z".into();
        if line.ends_with("post") {
            sent["id"] = (11 + self.posts.len()).into();
            self.posts.push(sent.clone());
            return Answer::json(json!({"post_view": {"post": sent}}));
        }
        sent["id"] = (21 + self.comments.len()).into();
        self.comments.push(sent.clone());
        Answer::json(json!({"comment_view": {"comment": sent}}))
    }
}

/// Publishes a part that must go live.
pub async fn live(stage: &Stage) -> Vec<Remote> {
    match Lemmy.publish(&stage.call()).await {
        Ok(Outcome::Live { remotes, warnings }) if warnings.is_empty() => remotes,
        other => panic!("not live: {other:?}"),
    }
}

/// Publishes a part that must fail, without giving anything away.
pub async fn fails(stage: &Stage) -> Failure {
    let failure = Lemmy.publish(&stage.call()).await.expect_err("it goes live");
    stage.assert_hides(&[JWT, PASSWORD], Some(&failure));
    failure
}
