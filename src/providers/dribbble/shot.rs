//! A part as a shot: uploaded, changed and deleted.

use serde_json::{Value as Json, json};

use super::{ABOUT, Dribbble, connect::request};
use crate::{
    error::Failure,
    http::{FormData, Method},
    providers::{Call, Effect, Outcome, Picture, Remote},
};

/// Of a picture.
pub const BYTES: u64 = 8 * 1024 * 1024;

/// Publishes the part.
pub async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let title = title(call)?;
    let [file] = call.media else { return Err(Failure::rejected("a shot needs exactly one picture")) };
    let team = team(call)?;
    let sent = json!({"title": title, "team": team, "text": call.words(&ABOUT), "file": file.id});
    let write = async |_| {
        let size = file.width.zip(file.height).unwrap_or((800, 600));
        let side = side(size).ok_or_else(|| Failure::rejected(SIZE))?;
        let wanted = Picture { max_bytes: BYTES, max_side: side, formats: &["image/jpeg", "image/png", "image/gif"] };
        let fitted = call.files.fit(file.id, wanted).await?;
        if !matches!((fitted.width, fitted.height), (400, 300) | (800, 600)) {
            return Err(Failure::rejected(SIZE));
        }
        let name = format!("shot.{}", fitted.mime.rsplit('/').next().unwrap_or("png"));
        let mut form = FormData::default().text("title", title).text("description", call.words(&ABOUT));
        if let Some(team) = team {
            form = form.text("team_id", team.to_string());
        }
        let form = form.bytes("image", fitted.bytes, (&name, &fitted.mime));
        let request = request(&call.access, Method::POST, "shots", &call.tokens.current()).multipart(form);
        let reply = call.send_once(&Dribbble, request).await?;
        let place = reply.header("location").and_then(number).ok_or_else(|| Failure::uncertain("Dribbble named no shot"))?;
        Ok(remote(call, &place))
    };
    let remote = call.step("create", Effect::Once, sent.to_string().as_bytes(), write).await?;
    Ok(Outcome::live(remote))
}

const SIZE: &str = "a shot has 400x300 or 800x600 pixels: choose a picture of four to three, at least 400 wide";

/// The longer side to which a picture of this size is made smaller; `None` when it fits neither size.
pub fn side((width, height): (u32, u32)) -> Option<u32> {
    let fits = u64::from(width) * 3 == u64::from(height) * 4;
    match width {
        800.. if fits => Some(800),
        400.. if fits => Some(400),
        _ => None,
    }
}

fn title<'a>(call: &'a Call<'_>) -> Result<&'a str, Failure> {
    call.setting("title").ok_or_else(|| Failure::rejected("settings.title: a shot needs a title"))
}

/// The number of a team. Clients of Postiz send it as text or as a number.
fn team(call: &Call<'_>) -> Result<Option<i64>, Failure> {
    let given = call.settings["team"].as_i64();
    match (given, call.setting("team")) {
        (Some(id), _) => Ok(Some(id)),
        (None, None) => Ok(None),
        (None, Some(text)) => {
            text.parse().map(Some).map_err(|_| Failure::rejected("settings.team: this is the number of no team"))
        }
    }
}

/// Of `…/shots/471756` or `…/shots/471756-a-title`.
pub fn number(address: &str) -> Option<String> {
    let last = address.split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next()?;
    let number: String = last.chars().take_while(char::is_ascii_digit).collect();
    let whole = last[number.len()..].is_empty() || last[number.len()..].starts_with('-');
    (whole && (1..=15).contains(&number.len())).then_some(number)
}

/// A shot as a person needs it.
pub fn remote(call: &Call<'_>, id: &str) -> Remote {
    Remote { id: id.into(), url: Some(format!("{}/shots/{id}", call.host(&ABOUT, "site"))), extra: json!({}) }
}

/// Changes title, description and team; the picture stays.
pub async fn edit(call: &Call<'_>, remote: &Remote) -> Result<Remote, Failure> {
    let mut body = json!({"title": title(call)?, "description": call.words(&ABOUT)});
    if let Some(team) = team(call)? {
        body["team_id"] = json!(team);
    }
    let path = format!("shots/{}", remote.id);
    call.send(&Dribbble, |credentials: &Json| request(&call.access, Method::PUT, &path, credentials).reads().json(&body)).await?;
    Ok(remote.clone())
}

/// Deletes the shot; one that is gone already is as good.
pub async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    let path = format!("shots/{}", remote.id);
    match call.send(&Dribbble, |credentials: &Json| request(&call.access, Method::DELETE, &path, credentials).reads()).await {
        Err(failure) if failure.code.as_deref() != Some("404") => Err(failure),
        _ => Ok(()),
    }
}
