//! Films: handed to the network's video host with a pass of the account's server, worked on there, then a blob of the
//! account. <https://docs.bsky.app/docs/tutorials/video>

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{ABOUT, session, xrpc};
use crate::{
    error::{Failure, FailureKind},
    http::{Method, Reply},
    providers::{Call, Effect, MediaFile},
};

/// How long the host gets before it is asked again.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Seconds for which the pass opens the host: an upload may take long.
const PASS: i64 = 1_800;
/// The code of "not yet".
const WORKING: &str = "working";

/// The host's work on one film.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    job_id: String,
    #[serde(default)]
    state: String,
    blob: Option<Json>,
    error: Option<String>,
    message: Option<String>,
    failure_code: Option<String>,
}

/// The film as a record names it; `None` while the host works on it.
pub async fn blob(call: &Call<'_>, film: &MediaFile) -> Result<Option<Json>, Failure> {
    let job = call.step("video", Effect::Repeatable, film.id.0.as_bytes(), async |_| upload(call, film).await).await?;
    let watch = async |_| watched(call, &job).await;
    match call.step("encoded", Effect::Repeatable, job.job_id.as_bytes(), watch).await {
        Err(failure) if failure.code.as_deref() == Some(WORKING) => Ok(None),
        blob => blob.map(Some),
    }
}

async fn upload(call: &Call<'_>, film: &MediaFile) -> Result<Job, Failure> {
    let pass = pass(call).await?;
    let url = xrpc::url(&call.host(&ABOUT, "video"), "app.bsky.video.uploadVideo");
    let name = format!("{}.mp4", film.id);
    let request = call.http.request(Method::POST, &url).reads().query(&[("did", call.account), ("name", &name)]).bearer(&pass);
    let stream = call.files.stream(film.id).await?;
    let reply = request.stream(stream, film.bytes, &film.mime).send().await?;
    // The host knows the same film from before, and says under which job.
    if let (409, Some(job)) = (reply.status, job(&reply)) {
        return Ok(job);
    }
    let reply = xrpc::accept(reply, call.now, &[&pass]).map_err(of_the_host)?;
    job(&reply).ok_or_else(|| Failure::unexpected("the video host took the film without a job"))
}

/// A refused pass is not a refused account.
fn of_the_host(failure: Failure) -> Failure {
    let message = format!("the video host says: {}", failure.message);
    match failure.kind {
        FailureKind::Reconnect => Failure { kind: FailureKind::Unavailable, message, ..failure },
        _ => Failure { message, ..failure },
    }
}

/// The account's server vouches towards the host that it may store a blob.
async fn pass(call: &Call<'_>) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Pass {
        token: String,
    }
    let until = (call.now.timestamp() + PASS).to_string();
    let reply = session::send(call, |credentials| {
        let home = credentials.home();
        let query = [("aud", home.as_str()), ("lxm", "com.atproto.repo.uploadBlob"), ("exp", &until)];
        credentials.request(call.http, Method::GET, "com.atproto.server.getServiceAuth").query(&query)
    });
    Ok(xrpc::decode::<Pass>(&reply.await?)?.token)
}

/// A job, bare or wrapped: the host does both.
fn job(reply: &Reply) -> Option<Job> {
    let said: Json = serde_json::from_slice(&reply.body).ok()?;
    let job = if said["jobStatus"].is_object() { &said["jobStatus"] } else { &said };
    Job::deserialize(job).ok().filter(|job| !job.job_id.is_empty())
}

/// The finished blob; the code [`WORKING`] while there is none.
async fn watched(call: &Call<'_>, begun: &Job) -> Result<Json, Failure> {
    if let Some(blob) = &begun.blob {
        return Ok(blob.clone());
    }
    let url = xrpc::url(&call.host(&ABOUT, "video"), "app.bsky.video.getJobStatus");
    let reply = call.http.request(Method::GET, &url).query(&[("jobId", &begun.job_id)]).send().await?;
    let reply = xrpc::accept(reply, call.now, &[]).map_err(of_the_host)?;
    let job = job(&reply).ok_or_else(|| Failure::unavailable("the video host's answer cannot be read"))?;
    match (job.blob, job.state.as_str()) {
        (Some(blob), _) => Ok(blob),
        (None, "JOB_STATE_FAILED") => {
            let words = [job.message, job.error, job.failure_code.clone()].into_iter().flatten().find(|words| !words.is_empty());
            let failure = Failure::rejected(format!("the video host says: {}", words.as_deref().unwrap_or("it failed")));
            Err(failure.code(job.failure_code.unwrap_or_else(|| "JOB_STATE_FAILED".into())))
        }
        (None, _) => Err(Failure::unavailable("the film is being worked on").code(WORKING)),
    }
}
