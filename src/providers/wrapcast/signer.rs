//! Connecting: a signer is made at the vendor, the app's account asks for it, and the person lets it speak for theirs by
//! opening or scanning an address. <https://docs.neynar.com/docs/integrate-managed-signers>

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{ABOUT, Access, Failure, FailureKind, Identity, Invitation, Link, Method, Wrapcast, ethereum, explain, get, request};
use crate::{
    error::Message,
    http::Request,
    providers::{Account, access::text, call::host, oauth},
};

/// How long the person may take.
const LASTS: u64 = 3_600;
/// How long what the app signed is good for.
const DEADLINE: TimeDelta = TimeDelta::hours(24);

#[derive(Deserialize)]
struct Signer {
    #[serde(default)]
    signer_uuid: String,
    #[serde(default)]
    public_key: String,
    #[serde(default)]
    status: String,
    signer_approval_url: Option<String>,
    fid: Option<u64>,
}

#[derive(Deserialize)]
struct User {
    fid: u64,
    username: String,
    display_name: Option<String>,
    pfp_url: Option<String>,
}

impl User {
    fn name(&self) -> String {
        self.display_name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| self.username.clone())
    }

    fn picture(&self) -> Option<String> {
        self.pfp_url.clone().filter(|url| url.starts_with("https://"))
    }
}

fn app<'l>(link: &Link<'l>, name: &str) -> Result<&'l str, Failure> {
    let word = link.app.get(name).map(|word| word.trim()).filter(|word| !word.is_empty());
    word.ok_or_else(|| Failure::rejected("no developer app is set up for this platform"))
}

async fn ask(link: &Link<'_>, request: Request) -> Result<Json, Failure> {
    let secrets: Vec<&str> = ["api_key", "app_key"].iter().filter_map(|name| link.app.get(*name).map(String::as_str)).collect();
    let reply = request.send().await?.ok(link.now, explain).map_err(|failure| oauth::scrubbed(failure, &secrets));
    // A refused key of the app is nothing that the person at the form can mend.
    let reply = reply.map_err(|failure| match failure.kind {
        FailureKind::Reconnect | FailureKind::Uncertain => Failure { kind: FailureKind::Rejected, ..failure },
        _ => failure,
    });
    reply?.json()
}

fn signer(json: &Json) -> Result<Signer, Failure> {
    Signer::deserialize(json).map_err(|_| Failure::unexpected("the vendor's answer about the signer cannot be read"))
}

/// Makes a signer and the address at which the person approves it.
pub async fn invite(link: &Link<'_>) -> Result<Invitation, Failure> {
    app(link, "api_key")?;
    let fid: u64 = app(link, "app_fid")?.parse().map_err(|_| Failure::rejected("the app's fid is no number"))?;
    let key = ethereum::key(app(link, "app_key")?);
    let key = key.ok_or_else(|| Failure::rejected("the app's key is neither 64 hexadecimal digits nor 12 to 24 words"))?;
    let made = signer(&ask(link, request(link, Method::POST, "signer/").reads()).await?)?;
    let public = hex::decode(made.public_key.trim_start_matches("0x"));
    let public = public.map_err(|_| Failure::unexpected("the vendor gave no public key"))?;
    let until = (link.now + DEADLINE).timestamp().unsigned_abs();
    let signature = ethereum::sign(&key, &ethereum::digest(fid, &public, until));
    let body = json!({"signer_uuid": made.signer_uuid, "signature": signature, "app_fid": fid, "deadline": until});
    let registered = signer(&ask(link, request(link, Method::POST, "signer/signed_key/").reads().json(&body)).await?)?;
    let approval = registered.signer_approval_url.filter(|url| url.starts_with("https://"));
    let approval = approval.ok_or_else(|| Failure::unexpected("the vendor gave no address to approve the signer at"))?;
    Ok(Invitation {
        text: Message::new("provider.wrapcast.invitation"),
        word: None,
        link: Some(approval),
        kept: json!({"signer_uuid": made.signer_uuid}),
        lasts: LASTS,
    })
}

/// The account that approved it.
pub async fn accepted(link: &Link<'_>, kept: &Json) -> Result<Option<Account>, Failure> {
    let uuid = text(kept, "signer_uuid")?;
    let state = signer(&ask(link, request(link, Method::GET, "signer/").query(&[("signer_uuid", uuid)])).await?)?;
    let fid = match (state.status.as_str(), state.fid) {
        ("approved", Some(fid)) => fid,
        ("revoked", _) => return Err(Failure::rejected("the signer was revoked")),
        _ => return Ok(None),
    };
    let users = ask(link, request(link, Method::GET, "user/bulk/").query(&[("fids", &fid.to_string())])).await?;
    let user = user(&users)?;
    let url = Some(format!("{}/{}", host(link.hosts, &ABOUT, "web"), user.username));
    let credentials = json!({"signer_uuid": uuid, "handle": user.username});
    let (name, picture) = (user.name(), user.picture());
    Ok(Some(Account { id: fid.to_string(), name, handle: user.username, picture, url, credentials }))
}

fn user(users: &Json) -> Result<User, Failure> {
    User::deserialize(&users["users"][0]).map_err(|_| Failure::unexpected("the vendor does not know the account"))
}

/// Who the account is today, and whether its signer still may speak.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let uuid = access.credential("signer_uuid")?;
    let request = request(&access.link(), Method::GET, "signer/").query(&[("signer_uuid", &uuid)]);
    let state = signer(&access.send_once(&Wrapcast, request).await?.json()?)?;
    if state.status != "approved" || state.fid.map(|fid| fid.to_string()).as_deref() != Some(access.account) {
        return Err(Failure::reconnect("the signer may no longer speak for the account"));
    }
    let user = user(&get(access, "user/bulk/", &[("fids", access.account)]).await?)?;
    let (name, picture) = (user.name(), user.picture());
    Ok(Identity { id: user.fid.to_string(), name, handle: user.username, picture })
}
