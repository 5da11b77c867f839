//! Search: what is found, by whom, and what is not any more.

use rostrum::{
    finder,
    kit::PostId,
    posts::{self, When},
};

use crate::{
    both_databases,
    media::samples,
    posts::{channel, entry, saved},
    support::{Client, Owner, TestApp},
};

/// The addresses that a question finds, in order.
async fn found(app: &TestApp, browser: &Client, question: &str) -> Vec<String> {
    finder::follow(&app.app).await.unwrap();
    let request = browser.request(reqwest::Method::GET, &format!("/search?{question}")).header("hx-request", "true");
    let answer = browser.send(request).await.expect(200);
    let page = answer.page();
    page.split("class=\"find\" href=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

async fn write(app: &TestApp, owner: &Owner, text: &str) -> PostId {
    let channel = channel(app, owner.org, "Loom").await;
    saved(app, owner, When::Draft(None), vec![entry(channel, &[text])]).await.post
}

both_databases! {
    /// By its words, the last one by its beginning, with accents or without; never by others.
    async fn a_post_is_found_by_its_own_people(app) {
        let (owner, stranger) = (app.owner().await, app.owner().await);
        let post = write(&app, &owner, "The Café engine weaves algebraic patterns").await;
        let url = format!("/posts/{post}");
        for question in ["q=cafe", "q=engine+alg", "q=PATTERNS&kind=post", "q=Caf%C3%A9"] {
            assert_eq!(found(&app, &owner.browser, question).await, std::slice::from_ref(&url), "{question}");
            assert_eq!(found(&app, &stranger.browser, question).await, Vec::<String>::new(), "{question}");
        }
        for question in ["q=alg+engine+xyz", "q=gebra", "q=engine&kind=media", "q=%3Cscript%3E", "q="] {
            assert!(!found(&app, &owner.browser, question).await.contains(&url), "{question}");
        }
        let page = owner.browser.get("/search?q=engine").await.expect(200).page();
        assert!(page.contains("<mark>engine</mark>"), "{page}");
        assert_eq!(app.visitor().get("/search?q=engine").await.status, 303);
    }

    /// What is deleted is gone at once, also while the index still has it; what comes back is found again.
    async fn what_is_deleted_is_not_found(app) {
        let owner = app.owner().await;
        let post = write(&app, &owner, "ephemeral").await;
        let url = format!("/posts/{post}");
        assert_eq!(found(&app, &owner.browser, "q=ephemeral").await, std::slice::from_ref(&url));
        let mut tx = app.app.db.begin().await.unwrap();
        posts::remove(&mut tx, &owner.caller(), post, app.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let page = owner.browser.get("/search?q=ephemeral").await.expect(200).page();
        assert!(!page.contains(&url), "the index was not asked to follow");
        assert_eq!(found(&app, &owner.browser, "q=ephemeral").await, Vec::<String>::new());
    }

    /// Files by name and alternative text, channels by name, pages by theirs.
    async fn files_channels_and_pages_are_found(app) {
        let owner = app.owner().await;
        let file = rostrum::media::upload(&app.app, &owner.caller(), "loom-closeup.png", samples::png(4, 3).as_slice()).await.unwrap();
        let url = format!("/media/{}", file.id);
        assert_eq!(found(&app, &owner.browser, "q=closeup").await, std::slice::from_ref(&url));
        owner.browser.submit(&format!("/media/{}", file.id), &[("_method", "PUT"), ("alt", "punched cards")]).await.expect(303);
        assert_eq!(found(&app, &owner.browser, "q=punched").await, std::slice::from_ref(&url));
        owner.browser.submit(&format!("/media/{}", file.id), &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(found(&app, &owner.browser, "q=punched").await, Vec::<String>::new());
        owner.browser.submit(&format!("/media/{}/restoration", file.id), &[]).await.expect(303);
        assert_eq!(found(&app, &owner.browser, "q=punched").await, [url]);
        assert_eq!(found(&app, &owner.browser, "q=notic").await, ["/notices", "/settings/notices"]);
        assert!(!found(&app, &owner.browser, "q=server").await.contains(&"/admin".to_owned()), "not for who does not run it");
    }

    /// The index can be lost at any time.
    async fn a_lost_index_is_made_from_the_database(app) {
        let owner = app.owner().await;
        let post = write(&app, &owner, "persistent").await;
        let url = [format!("/posts/{post}")];
        assert_eq!(found(&app, &owner.browser, "q=persis").await, url);
        app.app.search.clear().unwrap();
        let page = owner.browser.get("/search?q=persis").await.expect(200).page();
        assert!(!page.contains(&url[0]), "nothing is in it");
        assert_eq!(found(&app, &owner.browser, "q=persis").await, url);
    }
}
