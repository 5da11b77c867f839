//! Whose account was granted, and which of the blogs the channel is.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{ABOUT, api};
use crate::{
    error::Failure,
    http::Method,
    providers::{Access, Account, Connected, Granted, Identity, Link, Page, call::host, oauth::scrubbed},
};

#[derive(Deserialize)]
struct Info {
    user: User,
}

#[derive(Deserialize)]
struct User {
    blogs: Vec<Blog>,
}

#[derive(Serialize, Deserialize)]
struct Blog {
    name: String,
    #[serde(default)]
    title: String,
    url: String,
}

impl Blog {
    fn title(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }
}

fn avatar(api: &str, blog: &str) -> Option<String> {
    Some(format!("{api}/v2/blog/{blog}.tumblr.com/avatar/128"))
}

/// The one blog, or all of them to choose from.
pub async fn profile(link: &Link<'_>, granted: &Granted) -> Result<Connected, Failure> {
    let base = host(link.hosts, &ABOUT, "api");
    let request = link.http.request(Method::GET, &format!("{base}/v2/user/info")).bearer(&granted.access);
    let reply = request.send().await.and_then(|reply| reply.ok(link.now, api::explain));
    let info: Info = api::answer(&reply.map_err(|failure| scrubbed(failure, &[&granted.access]))?)?;
    let kept = json!({"credentials": granted.credentials(json!({})), "blogs": info.user.blogs});
    match &info.user.blogs[..] {
        [] => Err(Failure::rejected("this account has no blog")),
        [only] => Ok(choose(link, &kept, &only.name)?.into()),
        blogs => {
            let page = |blog: &Blog| Page {
                id: blog.name.clone(),
                name: blog.title().to_owned(),
                note: blog.url.clone(),
                picture: avatar(&base, &blog.name),
            };
            Ok(Connected::Choose { pages: blogs.iter().map(page).collect(), kept })
        }
    }
}

/// The account of one of the blogs that were offered.
pub fn choose(link: &Link<'_>, kept: &Json, page: &str) -> Result<Account, Failure> {
    let blogs: Vec<Blog> = serde_json::from_value(kept["blogs"].clone()).unwrap_or_default();
    let blog = blogs.into_iter().find(|blog| blog.name == page).ok_or_else(|| Failure::rejected("this blog was not offered"))?;
    let mut credentials = kept["credentials"].clone();
    credentials["handle"] = json!(blog.name);
    Ok(Account {
        name: blog.title().to_owned(),
        picture: avatar(&host(link.hosts, &ABOUT, "api"), &blog.name),
        url: Some(blog.url),
        id: blog.name.clone(),
        handle: blog.name,
        credentials,
    })
}

/// The blog as it is called today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let info: Info = api::get(access, "user/info", &[]).await?;
    let blog = info.user.blogs.into_iter().find(|blog| blog.name == access.account);
    let blog = blog.ok_or_else(|| Failure::reconnect(format!("the account has no blog {} any more", access.account)))?;
    let picture = avatar(&access.host(&ABOUT, "api"), &blog.name);
    Ok(Identity { name: blog.title().to_owned(), id: blog.name.clone(), handle: blog.name, picture })
}
