//! The platform's HTTP API. Alone it stands below `/api`, inside an instance below `/sandbox/api`.
//!
//! JSON both ways; `Authorization: Bearer TOKEN`; errors are `{"error": code, "message": sentence}`.
//!
//! | request | answer |
//! |---|---|
//! | `POST /accounts {handle}` | 200 `{id, handle, token, url}`; the same handle gives the same account |
//! | `GET /me` | 200 `{id, handle, url}` |
//! | `POST /uploads`, raw body with its type | 201 `{id, mime, bytes, sha256}`; at most 20 MB |
//! | `POST /posts {text, media: [{upload, alt}], reply_to?, client_ref?, visibility?}` | 201 a post, or 202 `{processing, after_ms}`; the same `client_ref` again makes another post |
//! | `GET /posts?account=&client_ref=&since=&limit=` | 200 `{posts, complete}`, newest first; `complete`: what is not there does not exist |
//! | `GET /posts/{id}` · `DELETE /posts/{id}` | 200 a post · 204 |
//! | `GET /processing/{id}` | 200 `{state: "processing", after_ms}` or `{state: "done", post}` |
//! | `GET /stats?account=` | 200 `{posts, duplicates, deleted, first_arrived_at, last_arrived_at}` |
//! | `GET /behaviour` | 200 `{global, accounts: {handle: …}}` |
//! | `PUT /behaviour {account?, mode, on, times, delay_ms, read_delay_ms, retry_after_s, after_ms, remaining}` | 200 all of them |
//!
//! A post is `{id, url, account, text, visibility, media, reply_to, client_ref, created_at, arrived_at}`: `created_at` as
//! RFC 3339, `arrived_at` in microseconds since 1970. `account` is a handle; `since` is RFC 3339; `limit` is 1 to 10,000,
//! 100 unless given. Alone, everybody may read and switch. Inside an instance everything needs a token, a token switches its
//! own account only, and only the instance itself opens accounts.

use std::{future::Future, io, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::stream;
use poem::{
    Body, Endpoint, EndpointExt as _, FromRequest, IntoResponse as _, Request, RequestBody, Response, Route,
    error::{ReadBodyError, ResponseError},
    get, handler,
    http::StatusCode,
    post,
    web::{Path, Query},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::{
    Site,
    behaviour::{Behaviour, Mode, Requests, Treatment},
    model::{Account, Filter, Post},
    platform::{Draft, MAX_UPLOAD, Platform, Refusal},
    writer::Pending,
};
use crate::{error::Error, providers::sandbox::INVITATION_HEADER};

/// Most bytes of a JSON body.
const MAX_JSON: usize = 256 * 1024;
/// Most posts of one list.
const MAX_LIST: i64 = 10_000;

type Reply = std::result::Result<Response, Refusal>;

/// The API of a platform, to be nested.
pub fn endpoint(site: &Site) -> impl Endpoint<Output = Response> + 'static {
    Route::new()
        .at("/accounts", post(open_account))
        .at("/me", get(me))
        .at("/uploads", post(upload))
        .at("/posts", get(list).post(publish))
        .at("/posts/:id", get(show).delete(take_down))
        .at("/processing/:id", get(processing))
        .at("/stats", get(stats))
        .at("/behaviour", get(switches).put(switch))
        .data(site.clone())
        .catch_all_error(|e| async move { understood(e) })
}

impl ResponseError for Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Failed(Error::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn as_response(&self) -> Response {
        let code = match self {
            Self::Invalid(code, _) => code,
            Self::Malformed(_) => "malformed",
            Self::TooLarge(_) => "too_large",
            Self::Missing(_) => "not_found",
            Self::Unauthorized => "unauthorized",
            Self::Failed(e) => {
                tracing::error!(error = %e, "the sandbox failed");
                return refusal(self.status(), "internal", "the sandbox failed; its log says why");
            }
        };
        refusal(self.status(), code, &self.to_string())
    }
}

/// Errors of the router and of extractors, in the API's shape.
fn understood(e: poem::Error) -> Response {
    if e.is::<Refusal>() { e.into_response() } else { refusal(e.status(), "request", &e.to_string()) }
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    answer(status, &json!({"error": code, "message": message}))
}

fn answer(status: StatusCode, body: &Json) -> Response {
    Response::builder().status(status).content_type("application/json").body(body.to_string())
}

/// Who calls, and when the head of the request had arrived.
struct Visitor {
    site: Site,
    account: Option<Account>,
    host: String,
    arrived_at: i64,
}

impl<'a> FromRequest<'a> for Visitor {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let site = req.data::<Site>().cloned().expect("the endpoint hands its site to every request");
        let arrived_at = site.now();
        let host = req.header("host").unwrap_or("localhost").to_owned();
        let Some(token) = req.header("authorization").and_then(|h| h.strip_prefix("Bearer ")) else {
            return Ok(Self { site, account: None, host, arrived_at });
        };
        let platform = site.platform().await.map_err(Refusal::from)?;
        let account = Some(platform.authorise(token.trim()).await?);
        Ok(Self { account, host, arrived_at, site })
    }
}

impl Visitor {
    async fn platform(&self) -> Result<&Platform, Refusal> {
        Ok(self.site.platform().await?)
    }

    fn account(&self) -> Result<&Account, Refusal> {
        self.account.as_ref().ok_or(Refusal::Unauthorized)
    }

    /// Anybody alone, somebody with a token inside an instance.
    fn may_look(&self) -> Result<(), Refusal> {
        if self.site.is_inside() { self.account().map(|_| ()) } else { Ok(()) }
    }

    fn profile(&self, handle: &str) -> String {
        format!("{}/@{handle}", self.site.url(&self.host))
    }

    fn post(&self, post: &Post) -> Json {
        let created_at = DateTime::from_timestamp_micros(post.arrived_at).unwrap_or_default();
        json!({
            "id": post.id,
            "url": format!("{}#{}", self.profile(&post.handle), post.id),
            "account": post.handle,
            "text": post.text,
            "visibility": post.visibility,
            "media": post.media.0,
            "reply_to": post.reply_to,
            "client_ref": post.client_ref,
            "created_at": created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "arrived_at": post.arrived_at,
        })
    }
}

/// A post that begins to arrive: nobody may conclude from a list that it is absent.
struct Arrival(#[allow(dead_code, reason = "held until the post is stored")] Option<Pending>);

impl<'a> FromRequest<'a> for Arrival {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let site = req.data::<Site>().expect("the endpoint hands its site to every request");
        // Without a token nothing will come of it.
        let token = req.header("authorization").is_some();
        let platform = if token { Some(site.platform().await.map_err(Refusal::from)?) } else { None };
        Ok(Self(platform.map(Platform::announce)))
    }
}

/// A JSON body.
struct Input<T>(T);

impl<'a, T: DeserializeOwned> FromRequest<'a> for Input<T> {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        // A page of another site can send text, but not JSON, without being asked first.
        if !req.content_type().is_some_and(|t| t.starts_with("application/json")) {
            return Err(Refusal::Malformed("the body must be application/json".into()).into());
        }
        let bytes = read(body.take()?, MAX_JSON).await?;
        Ok(Self(serde_json::from_slice(&bytes).map_err(|e| Refusal::Malformed(e.to_string()))?))
    }
}

async fn read(body: Body, limit: usize) -> Result<bytes::Bytes, Refusal> {
    body.into_bytes_limit(limit).await.map_err(|e| match e {
        ReadBodyError::PayloadTooLarge => Refusal::TooLarge(limit),
        e => Refusal::Malformed(e.to_string()),
    })
}

#[derive(Deserialize)]
struct NewAccount {
    handle: String,
}

#[handler]
async fn open_account(visitor: Visitor, req: &Request, Input(new): Input<NewAccount>) -> Reply {
    if !visitor.site.invites(req.header(INVITATION_HEADER)) {
        return Err(Refusal::Unauthorized);
    }
    let account = visitor.platform().await?.account(&new.handle).await?;
    let url = visitor.profile(&account.handle);
    Ok(answer(StatusCode::OK, &json!({"id": account.id, "handle": account.handle, "token": account.token, "url": url})))
}

#[handler]
async fn me(visitor: Visitor) -> Reply {
    let account = visitor.account()?;
    let url = visitor.profile(&account.handle);
    Ok(answer(StatusCode::OK, &json!({"id": account.id, "handle": account.handle, "url": url})))
}

#[handler]
async fn upload(visitor: Visitor, req: &Request, body: Body) -> Reply {
    let (account, platform) = (visitor.account()?, visitor.platform().await?);
    let mime = req.content_type().unwrap_or_default();
    let bytes = read(body, MAX_UPLOAD).await?;
    let treatment = platform.switches.take(&account.handle, Requests::Uploads);
    treated(treatment, async {
        let u = platform.upload(account, mime, bytes).await?;
        Ok(answer(StatusCode::CREATED, &json!({"id": u.id, "mime": u.mime, "bytes": u.bytes, "sha256": u.sha256})))
    })
    .await
}

#[handler]
async fn publish(arrival: Arrival, visitor: Visitor, Input(draft): Input<Draft>) -> Reply {
    let (account, platform) = (visitor.account()?, visitor.platform().await?);
    let treatment = platform.switches.take(&account.handle, Requests::Posts);
    treated(treatment, async {
        let _announced = arrival;
        if treatment.mode != Mode::Processing {
            let post = platform.publish(account, draft, visitor.arrived_at, Duration::ZERO).await?;
            return Ok(answer(StatusCode::CREATED, &visitor.post(&post)));
        }
        let post = platform.publish(account, draft, visitor.arrived_at, treatment.after).await?;
        let body = json!({"processing": post.id, "after_ms": treatment.after.as_millis() as u64});
        Ok(answer(StatusCode::ACCEPTED, &body))
    })
    .await
}

/// Lets a write have its effect or not, then answers as the switches demand.
async fn treated(treatment: Treatment, write: impl Future<Output = Reply>) -> Reply {
    let honest = if treatment.mode.stores() {
        Some(write.await?)
    } else {
        drop(write);
        None
    };
    if !treatment.delay.is_zero() {
        tokio::time::sleep(treatment.delay).await;
    }
    match (treatment.mode, honest) {
        (Mode::Ok | Mode::Processing, Some(honest)) => Ok(announced(honest, &treatment)),
        (Mode::Hang, _) => std::future::pending().await,
        (Mode::DropBefore | Mode::DropAfter, _) => Ok(cut()),
        (Mode::Unauthorized, _) => Err(Refusal::Unauthorized),
        (Mode::Reject, _) => Err(Refusal::Invalid("rejected", "the platform does not like this".into())),
        (Mode::RateLimit, _) => {
            let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "too many requests");
            response.headers_mut().insert("retry-after", treatment.retry_after_s.into());
            Ok(response)
        }
        _ => Ok(refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong")),
    }
}

/// With how much more is taken, when the switches say so.
fn announced(mut answer: Response, treatment: &Treatment) -> Response {
    if let Some(remaining) = treatment.remaining {
        answer.headers_mut().insert("x-ratelimit-remaining", remaining.into());
        answer.headers_mut().insert("x-ratelimit-reset", treatment.retry_after_s.into());
    }
    answer
}

/// An answer that breaks before its first byte, which makes the server close the connection.
fn cut() -> Response {
    let broken = stream::once(async { Err::<bytes::Bytes, _>(io::Error::from(io::ErrorKind::ConnectionAborted)) });
    Response::builder().header("content-length", "1000").body(Body::from_bytes_stream(broken))
}

#[derive(Deserialize)]
struct Wanted {
    account: Option<String>,
    client_ref: Option<String>,
    since: Option<DateTime<Utc>>,
    limit: Option<i64>,
}

#[handler]
async fn list(visitor: Visitor, Query(wanted): Query<Wanted>) -> Reply {
    visitor.may_look()?;
    let filter = Filter {
        handle: wanted.account,
        client_ref: wanted.client_ref,
        since: wanted.since.map(|t| t.timestamp_micros()),
        roots: false,
        limit: wanted.limit.unwrap_or(100).clamp(1, MAX_LIST),
    };
    let listed = visitor.platform().await?.list(&filter).await?;
    let posts: Vec<Json> = listed.posts.iter().map(|p| visitor.post(p)).collect();
    Ok(answer(StatusCode::OK, &json!({"posts": posts, "complete": listed.complete})))
}

#[handler]
async fn show(visitor: Visitor, Path(id): Path<String>) -> Reply {
    visitor.may_look()?;
    let post = visitor.platform().await?.post(&id).await?;
    Ok(answer(StatusCode::OK, &visitor.post(&post)))
}

#[handler]
async fn take_down(visitor: Visitor, Path(id): Path<String>) -> Reply {
    let (account, platform) = (visitor.account()?, visitor.platform().await?);
    let treatment = platform.switches.take(&account.handle, Requests::Deletions);
    treated(treatment, async {
        platform.delete(account, &id).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

#[handler]
async fn processing(visitor: Visitor, Path(id): Path<String>) -> Reply {
    visitor.may_look()?;
    let (post, left) = visitor.platform().await?.processing(&id).await?;
    let body = match left {
        // Rounded up: who comes back after so many milliseconds finds it done.
        Some(left) => json!({"state": "processing", "after_ms": left.as_micros().div_ceil(1_000) as u64}),
        None => json!({"state": "done", "post": visitor.post(&post)}),
    };
    Ok(answer(StatusCode::OK, &body))
}

#[derive(Deserialize)]
struct Whose {
    account: Option<String>,
}

#[handler]
async fn stats(visitor: Visitor, Query(whose): Query<Whose>) -> Reply {
    visitor.may_look()?;
    let stats = visitor.platform().await?.stats(whose.account.as_deref()).await?;
    Ok(answer(StatusCode::OK, &json!(stats)))
}

#[handler]
async fn switches(visitor: Visitor) -> Reply {
    visitor.may_look()?;
    Ok(answer(StatusCode::OK, &json!(visitor.platform().await?.switches.all())))
}

#[handler]
async fn switch(visitor: Visitor, Input(mut body): Input<serde_json::Map<String, Json>>) -> Reply {
    visitor.may_look()?;
    let named = body.remove("account").and_then(|a| a.as_str().map(str::to_owned));
    let handle = match &visitor.account {
        Some(account) if visitor.site.is_inside() => Some(account.handle.clone()),
        _ => named,
    };
    let behaviour: Behaviour = serde_json::from_value(body.into()).map_err(|e| Refusal::Malformed(e.to_string()))?;
    let platform = visitor.platform().await?;
    platform.switches.set(handle.as_deref(), behaviour);
    Ok(answer(StatusCode::OK, &json!(platform.switches.all())))
}
