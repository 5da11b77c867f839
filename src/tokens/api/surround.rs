//! What stands around every operation of `/api/v1`: the token, its pace, the claim on a request that must be done once,
//! refusals as problems, `304` for what the caller has already.

use std::{sync::Arc, time::Duration};

use poem::{
    Body, Endpoint, IntoResponse, Request, Response,
    error::ReadBodyError,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};
use poem_openapi::error::{AuthorizationError, ParseParamError, ParsePathError};

use super::{once::Once, problem, reply::Next};
use crate::{
    app::App,
    error::{Error, Message},
    tokens::{self, Access, Answer, Asked, Begun, Claim, Pace, Paces, Refusal, claim, code},
    web::{RequestId, assets::matches_etag, csrf::is_unsafe, guard, payload::MAX_BODY, problem as errors},
};

/// The methods of a path below the prefix, for `Allow`.
pub type Allowed = fn(&str) -> Vec<String>;

/// A request, as far as its refusal has to tell.
struct Asker {
    app: App,
    method: Method,
    path: String,
    id: String,
}

/// Calls the operation for whoever may call it.
pub async fn call<E>(inner: Arc<E>, req: Request, paces: Arc<Paces>, allowed: Allowed) -> poem::Result<Response>
where
    E: Endpoint,
    E::Output: IntoResponse,
{
    let app = req.data::<App>().cloned().expect("the handle is put into every request");
    let asker = Asker { app, method: req.method().clone(), path: req.uri().path().to_owned(), id: RequestId::of(&req) };
    let access = match admit(&asker.app, &req).await {
        Ok(access) => access,
        Err(refusal) => return Ok(asker.refuse(&refusal, allowed)),
    };
    let pace = paces.take(access.token, asker.app.config.api.per_minute, asker.app.clock.now());
    let mut response = if pace.over {
        asker.refuse(&Error::RateLimited(Duration::from_secs(pace.resets)).into(), allowed)
    } else {
        admitted(inner, req, access, &asker, allowed).await
    };
    show(&mut response, pace);
    Ok(response)
}

async fn admit(app: &App, req: &Request) -> Result<Access, Refusal> {
    let header = req.header("authorization").unwrap_or_default();
    let token = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let Some(token) = token else { return Err(Error::Unauthorized.into()) };
    Ok(tokens::authenticate(app, token).await?.ok_or(Error::Unauthorized)?)
}

fn show(response: &mut Response, pace: Pace) {
    let headers = response.headers_mut();
    headers.insert("ratelimit-limit", HeaderValue::from(pace.limit));
    headers.insert("ratelimit-remaining", HeaderValue::from(pace.left));
    headers.insert("ratelimit-reset", HeaderValue::from(pace.resets));
}

async fn admitted<E>(inner: Arc<E>, mut req: Request, access: Access, asker: &Asker, allowed: Allowed) -> Response
where
    E: Endpoint,
    E::Output: IntoResponse,
{
    let claim = match claimed(&mut req, &access, asker).await {
        Ok(Held::Nothing) => None,
        Ok(Held::Claim(claim)) => Some(claim),
        Ok(Held::Answer(answer)) => return replay(answer),
        Err(refusal) => return asker.refuse(&refusal, allowed),
    };
    req.set_data(access);
    req.set_data(Once(claim.clone()));
    let (headers, address) = (req.headers().clone(), req.original_uri().clone());
    let (response, kept) = match guard::catching(&*inner, req).await {
        Ok(answer) => (known(finish(answer.into_response(), &address), &asker.method, &headers), None),
        Err(e) => {
            let refusal = understand(e);
            let status = refusal.code().status;
            let body = || problem::body(&asker.app, &refusal, &asker.id);
            let kept = is_kept(status).then(|| Answer { status, body: body(), etag: None });
            (asker.refuse(&refusal, allowed), kept)
        }
    };
    if let Some(claim) = claim
        && let Err(e) = claim.end(response.status().is_success(), kept).await
    {
        errors::log(&e, asker.method.as_str(), &asker.path, &asker.id);
    }
    response
}

/// Not what could not be read or was not allowed, which a mended request may repeat; and not 429 and 503, after which the
/// same request is to be sent again.
fn is_kept(status: u16) -> bool {
    matches!(status, 404 | 409 | 500 | 502)
}

enum Held {
    Nothing,
    Claim(Arc<Claim>),
    Answer(Answer),
}

async fn claimed(req: &mut Request, access: &Access, asker: &Asker) -> Result<Held, Refusal> {
    let Some(key) = req.headers().get("idempotency-key").filter(|_| is_unsafe(&asker.method)) else { return Ok(Held::Nothing) };
    let key = key.to_str().map_err(|_| Refusal::parameter("Idempotency-Key", "not ASCII"))?.to_owned();
    let address = req.original_uri().path_and_query().map_or("", |p| p.as_str());
    let mut request = format!("{} {address}\n", asker.method).into_bytes();
    let upload = req.content_type().is_some_and(|kind| kind.starts_with("multipart/"));
    if upload {
        // A film is not read twice: its announced length must do.
        request.extend_from_slice(req.header("content-length").unwrap_or_default().as_bytes());
    } else {
        let body = read(req).await?;
        request.extend_from_slice(&body);
        req.set_body(Body::from_bytes(body));
    }
    let lease = if upload { claim::LONG_LEASE } else { claim::LEASE };
    let asked = Asked { token: access.token, org: access.caller.org, key: &key, request: &request, lease };
    Ok(match tokens::begin(&asker.app, &asked).await? {
        Begun::Fresh(claim) => Held::Claim(claim),
        Begun::Replay(answer) => Held::Answer(answer),
    })
}

async fn read(req: &mut Request) -> Result<bytes::Bytes, Error> {
    req.take_body().into_bytes_limit(MAX_BODY).await.map_err(|e| match e {
        ReadBodyError::PayloadTooLarge => Error::TooLarge(MAX_BODY as u64),
        _ => Error::invalid("body", "api.broken_off"),
    })
}

fn replay(answer: Answer) -> Response {
    let kind = if answer.status < 400 { crate::web::payload::JSON } else { problem::PROBLEM };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::builder().status(status).content_type(kind).header("idempotent-replayed", "true");
    if let Some(etag) = answer.etag {
        response = response.header("etag", format!("\"{etag}\""));
    }
    response.body(answer.body)
}

/// The address of the next page is this one with another cursor.
fn finish(mut response: Response, address: &poem::http::Uri) -> Response {
    if let Some(Next(cursor)) = response.extensions_mut().remove::<Next>() {
        let others =
            url::form_urlencoded::parse(address.query().unwrap_or_default().as_bytes()).filter(|(name, _)| name != "cursor");
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair("cursor", &cursor).finish();
        if let Ok(link) = HeaderValue::from_str(&format!("<{}?{query}>; rel=\"next\"", address.path())) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    response
}

/// 304 for what the caller has already.
fn known(response: Response, method: &Method, headers: &HeaderMap) -> Response {
    let etag = response.headers().get(header::ETAG).cloned();
    match etag {
        Some(etag) if *method == Method::GET && etag.to_str().is_ok_and(|tag| matches_etag(headers, tag)) => {
            Response::builder().status(StatusCode::NOT_MODIFIED).header(header::ETAG, etag).finish()
        }
        _ => response,
    }
}

/// Any error of an operation or of the layer that calls it.
fn understand(e: poem::Error) -> Refusal {
    let e = match e.downcast::<Refusal>() {
        Ok(refusal) => return refusal,
        Err(e) => e,
    };
    if e.is::<AuthorizationError>() {
        return Error::Unauthorized.into();
    }
    if let Some(e) = e.downcast_ref::<ParseParamError>() {
        return Refusal::parameter(e.name, &e.reason);
    }
    if let Some(e) = e.downcast_ref::<ParsePathError>() {
        return Refusal::parameter(e.name, &e.reason);
    }
    match errors::understand(e) {
        (status, Error::Invalid(_)) if status == StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Refusal::said(&code::MALFORMED, Message::new("api_v1.content_type"))
        }
        (_, e) => e.into(),
    }
}

impl Asker {
    fn refuse(&self, refusal: &Refusal, allowed: Allowed) -> Response {
        if let Refusal::Error(e) = refusal {
            errors::log(e, self.method.as_str(), &self.path, &self.id);
        }
        let mut response = problem::of(&self.app, refusal, &self.id);
        if refusal.code().status == 405
            && let Ok(methods) = allowed(&self.path).join(", ").parse()
        {
            response.headers_mut().insert(header::ALLOW, methods);
        }
        response
    }
}
