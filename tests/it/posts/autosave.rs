//! Drafts that are saved while one writes: kept, offered, gone on with, discarded, and who else is at it.

use chrono::TimeDelta;
use rostrum::kit::{Clock, DraftId, SessionId, UserId, crypto};

use super::*;
use crate::{
    both_databases,
    support::{Client, Engine},
};

/// Another member of the organisation, signed in.
async fn member(app: &TestApp, owner: &Owner, name: &str) -> Client {
    let (user, cookie, now) = (UserId::new(), crypto::random_token(), app.app.clock.now());
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO users (id, email, name, password_hash, operator, created_at) VALUES ($1, $2, $3, 'none', FALSE, $4)")
        .bind(user)
        .bind(format!("{user}@example.org"))
        .bind(name)
        .bind(now)
        .exec(&mut tx)
        .await
        .unwrap();
    q("INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, 'member', $3)")
        .bind(owner.org)
        .bind(user)
        .bind(now)
        .exec(&mut tx)
        .await
        .unwrap();
    q("INSERT INTO sessions (id, token_hash, user_id, org_id, agent, address, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, '', '', $5, $5, $6)")
        .bind(SessionId::new()).bind(crypto::sha256(cookie.as_bytes()).to_vec()).bind(user).bind(owner.org)
        .bind(now).bind(now + TimeDelta::days(30)).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    Client::browser(app.address, Some(cookie))
}

async fn keep(browser: &Client, fields: &[(&str, &str)]) -> serde_json::Value {
    browser.submit("/posts/new/autosave", fields).await.expect(200).json()
}

async fn rows(app: &TestApp) -> i64 {
    let (count,): (i64,) = q("SELECT count(*) FROM autosaves").one(&app.app.db).await.unwrap();
    count
}

both_databases! {
    /// The first words make a draft, the next ones go into it, and the empty form offers it until it is saved.
    async fn what_was_written_is_offered_again(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        assert_eq!(keep(&owner.browser, &[("parts[0][text]", "  ")]).await["draft"], json!(null));
        let kept = keep(&owner.browser, &[("parts[0][text]", "The first <words>"), ("channels", &ann), ("when", "at"), ("date", "2031-01-02")]).await;
        let draft = kept["draft"].as_str().unwrap().to_owned();
        assert!(kept["said"].as_str().unwrap().starts_with("Saved "), "{kept}");
        let again = keep(&owner.browser, &[("draft", &draft), ("parts[0][text]", "The first words, and more"), ("channels", &ann), ("csrf", "no part of it")]).await;
        assert_eq!((again["draft"].as_str(), rows(&app).await), (Some(draft.as_str()), 1));
        let page = owner.browser.get("/posts/new").await.expect(200).page();
        assert!(page.contains("The first words, and more") && page.contains(&format!("/posts/new?draft={draft}")) && page.contains("was not saved"));
        let page = owner.browser.get(&format!("/posts/new?draft={draft}")).await.expect(200).page();
        assert!(page.contains("The first words, and more</textarea>") && page.contains(&format!("value=\"{ann}\" checked")) && !page.contains("no part of it"));
        assert!(!owner.browser.get("/posts").await.page().contains("The first words"), "it is no post yet");
        let fields = [("draft", draft.as_str()), ("channels", &ann), ("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "The first words, and more")];
        let post = led_to(&submit(&owner, "/posts", &fields).await);
        assert!(!owner.browser.get("/posts/new").await.page().contains("was not saved"), "it is done with");
        let late = owner.browser.submit("/posts/new/autosave", &[("draft", &draft), ("parts[0][text]", "late")]).await;
        assert_eq!(late.status, 409, "what comes late does not make it look unsaved");
        let page = owner.browser.get(&format!("/posts/{post}/history")).await.expect(200).page();
        assert!(page.contains("Version 1") && page.contains("Written, not saved"));
    }

    /// Nobody else sees one's drafts, inside the organisation or outside.
    async fn drafts_are_ones_own(app) {
        let (owner, stranger) = (app.owner().await, app.owner().await);
        let ben = member(&app, &owner, "Ben").await;
        let draft = keep(&owner.browser, &[("parts[0][text]", "secret words")]).await["draft"].as_str().unwrap().to_owned();
        for other in [&ben, &stranger.browser] {
            other.get(&format!("/posts/new?draft={draft}")).await.expect(404);
            assert!(!other.get("/posts/new").await.page().contains("secret words"));
            let discard = other.submit(&format!("/posts/drafts/{draft}"), &[("_method", "DELETE")]).await;
            assert_eq!((discard.status, other.submit(&format!("/posts/drafts/{draft}/restoration"), &[]).await.status), (404, 404));
        }
        let over = ben.submit("/posts/new/autosave", &[("draft", &draft), ("parts[0][text]", "mine now")]).await;
        assert_eq!(over.status, 404);
        assert_eq!(app.visitor().submit("/posts/new/autosave", &[("parts[0][text]", "x")]).await.status, 401);
        let foreign = saved(&app, &stranger, When::Draft(None), vec![entry(channel(&app, stranger.org, "Eve").await, &["theirs"])]).await.post.to_string();
        assert_eq!(owner.browser.submit("/posts/new/autosave", &[("post", &foreign), ("parts[0][text]", "x")]).await.status, 404);
        assert!(owner.browser.get(&format!("/posts/new?draft={draft}")).await.page().contains("secret words"));
    }

    /// Discarding is taken back by one press.
    async fn a_discarded_draft_comes_back(app) {
        let owner = app.owner().await;
        let draft = keep(&owner.browser, &[("parts[0][text]", "perhaps not")]).await["draft"].as_str().unwrap().to_owned();
        let gone = owner.browser.submit(&format!("/posts/drafts/{draft}"), &[("_method", "DELETE")]).await.expect(303);
        let page = owner.browser.get(gone.header("location")).await.page();
        assert!(page.contains("The draft is discarded.") && page.contains(&format!("/posts/drafts/{draft}/restoration")) && !page.contains("perhaps not"));
        let back = owner.browser.submit(&format!("/posts/drafts/{draft}/restoration"), &[]).await.expect(303);
        assert!(owner.browser.get(back.header("location")).await.page().contains("perhaps not"));
        for wrong in ["0190", &DraftId::new().to_string()] {
            assert_eq!(owner.browser.submit(&format!("/posts/drafts/{wrong}"), &[("_method", "DELETE")]).await.status, 404);
        }
    }

    /// Targets keep their version until somebody saves; the newer text is offered on the edit page.
    async fn an_edit_is_kept_apart_from_the_post(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let soon = app.app.clock.now() + TimeDelta::hours(5);
        let post = saved(&app, &owner, When::At(soon), vec![entry(ann, &["as it stands"])]).await.post;
        let (id, a) = (post.to_string(), ann.to_string());
        let kept = keep(&owner.browser, &[("post", &id), ("version", "1"), ("channels", &a), ("parts[0][text]", "half a thought")]).await;
        assert_eq!((kept["others"].clone(), kept["stale"].clone()), (json!(null), json!(null)));
        assert_eq!(listed(&app, &owner, post).await[0].content(), "<p>as it stands</p>");
        let page = owner.browser.get(&format!("/posts/{post}/edit")).await.expect(200).page();
        assert!(page.contains("did not save it") && page.contains("half a thought") && page.contains("as it stands</textarea>"));
        let page = owner.browser.get(&format!("/posts/{post}/edit?draft={}", kept["draft"].as_str().unwrap())).await.expect(200).page();
        assert!(page.contains("half a thought</textarea>") && page.contains("name=\"version\" value=\"1\""));
        let other = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["another"])]).await.post;
        owner.browser.get(&format!("/posts/{other}/edit?draft={}", kept["draft"].as_str().unwrap())).await.expect(404);
    }

    /// Two people at one post are told of each other by name, and who saves second sees both texts.
    async fn two_people_are_told_of_each_other(app) {
        let owner = app.owner().await;
        let ben = member(&app, &owner, "Ben").await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["the old loom"])]).await.post;
        let (id, a, path) = (post.to_string(), ann.to_string(), format!("/posts/{post}"));
        let here = [("post", id.as_str()), ("version", "1"), ("presence", "1")];
        assert_eq!(keep(&ben, &here).await["others"], json!(null));
        let told = keep(&owner.browser, &here).await;
        assert!(told["others"].as_str().unwrap().starts_with("Ben has this post open"), "{told}");
        assert_eq!(rows(&app).await, 0, "being there writes nothing down");
        assert!(owner.browser.get(&format!("{path}/edit")).await.page().contains("Ben has this post open"));
        let fields = [("version", "1"), ("channels", a.as_str()), ("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "the new loom")];
        let saved = ben.submit_multipart(&path, |form| fields.iter().fold(form, |f, (n, v)| f.text(*n, v.to_string()))).await;
        assert_eq!(saved.status, 303, "{}", saved.text());
        assert!(keep(&owner.browser, &here).await["stale"].as_str().unwrap().starts_with("Ben saved a newer version"));
        let mine = [("version", "1"), ("channels", a.as_str()), ("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "the old loom weaves")];
        let page = submit(&owner, &path, &mine).await.expect(409).page();
        assert!(page.contains("Ben saved this") && page.contains("<del>new") && page.contains("the old loom weaves</textarea>"), "{page}");
        assert_eq!(listed(&app, &owner, post).await[0].content(), "<p>the new loom</p>", "theirs is not lost");
    }

    /// A form that is far too large is refused, and what is not written on for a month goes.
    async fn what_is_kept_is_bounded(app) {
        let owner = app.owner().await;
        let many: Vec<(String, String)> = (0..5_100).map(|n| (format!("x{n}"), String::new())).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain([("parts[0][text]", "words")]).collect();
        assert_eq!(owner.browser.submit("/posts/new/autosave", &many).await.status, 400);
        keep(&owner.browser, &[("parts[0][text]", "old")]).await;
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE autosaves SET saved_at = $1").bind(app.app.clock.now() - TimeDelta::days(31)).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        keep(&owner.browser, &[("parts[0][text]", "young")]).await;
        rostrum::queue::Job::run(&rostrum::posts::Prune {}, &app.app).await.unwrap();
        assert_eq!(rows(&app).await, 1);
    }
}

/// A row takes in ten minutes of writing; then the next one begins, twenty at most, and each can be gone back to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_in_between_are_kept() {
    let clock = Clock::manual(instant("2026-11-24T09:00:00Z"));
    let app = TestApp::with(Engine::Sqlite, clock.clone(), |_| {}).await;
    let owner = app.owner().await;
    let post = saved(&app, &owner, When::Draft(None), vec![entry(channel(&app, owner.org, "Ann").await, &["saved"])])
        .await
        .post
        .to_string();
    let draft = DraftId::new().to_string();
    for n in 0..25 {
        let text = format!("state {n}");
        keep(&owner.browser, &[("draft", &draft), ("post", &post), ("version", "1"), ("parts[0][text]", &text)]).await;
        clock.advance(TimeDelta::minutes(if n == 0 { 1 } else { 11 }));
    }
    assert_eq!(rows(&app).await, 20);
    let page = owner.browser.get(&format!("/posts/{post}/history")).await.expect(200).page();
    assert!(page.contains("state 24") && page.contains("state 10") && !page.contains("state 0<"));
}
