//! Naming an item by address or id, as callers of the REST API do.

use rostrum::{
    Error,
    kit::OrgId,
    media::{Media, MediaInput, resolve},
    render::text,
};

use super::{files, samples, stored};
use crate::{both_databases, support::TestApp};

async fn by(app: &TestApp, org: OrgId, id: Option<&str>, path: Option<&str>) -> Result<Media, String> {
    match resolve(&app.app, org, MediaInput { id, path }, "posts[0].image[0]").await {
        Ok(media) => Ok(media),
        Err(Error::Invalid(fields)) => {
            assert_eq!(fields[0].field, "posts[0].image[0]");
            Err(text(&fields[0].message))
        }
        Err(e) => panic!("{e}"),
    }
}

both_databases! {
    /// An address of ours first, then the id; what belongs to others is not there.
    async fn items_are_found_by_address_then_by_id(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let one = stored(&app, &owner, "one.png", &samples::png(8, 8)).await;
        let two = stored(&app, &owner, "two.png", &samples::png(8, 8)).await;
        let (id, url) = (two.id.to_string(), one.url(&app.app));
        assert_eq!(by(&app, owner.org, None, Some(&url)).await.unwrap().id, one.id);
        assert_eq!(by(&app, owner.org, None, Some(&one.path())).await.unwrap().id, one.id);
        assert_eq!(by(&app, owner.org, Some(&id), Some(&url)).await.unwrap().id, one.id);
        assert_eq!(by(&app, owner.org, Some(&id), None).await.unwrap().id, two.id);
        assert_eq!(by(&app, owner.org, Some(&id), Some("/uploads/elsewhere.png")).await.unwrap().id, two.id);
        for (id, path) in [(Some(&*id), None), (None, Some(&*url)), (Some("abc"), None), (None, None), (None, Some("x.png"))] {
            assert!(by(&app, other.org, id, path).await.unwrap_err().contains(" "));
        }
        assert_eq!(files(&app).len(), 2);
    }

    /// A foreign address becomes an item under its own name; the same checks hold as for an upload.
    async fn a_foreign_address_is_fetched(app) {
        let (owner, host) = (app.owner().await, app.owner().await);
        let there = stored(&app, &host, "sun.png", &samples::png(8, 8)).await;
        // The same instance by a name it does not know as its own stands in for a foreign server.
        let near = format!("http://localhost:{}{}", app.address.port(), there.path());
        let media = by(&app, owner.org, None, Some(&near)).await.unwrap();
        assert_eq!((media.org_id, media.sha256 == there.sha256), (owner.org, true));
        assert!(media.file != there.file && there.path().ends_with(&media.name), "{}", media.name);
        let page = format!("http://localhost:{}/login?x=a.png", app.address.port());
        assert!(by(&app, owner.org, None, Some(&page)).await.is_err());
        let missing = format!("http://localhost:{}/media/file/no.png", app.address.port());
        assert!(by(&app, owner.org, None, Some(&missing)).await.unwrap_err().contains("404"));
        for refused in ["https://10.0.0.1/a.png", "http://8.8.8.8/a.png", "ftp://example.org/a.png", "file:///etc/passwd"] {
            assert!(by(&app, owner.org, None, Some(refused)).await.is_err(), "{refused}");
        }
    }
}
