//! A campaign as listmonk takes it: the mail's HTML with the line that mail programs show beside the subject.

use serde_json::{Value as Json, json};

use super::ABOUT;
use crate::{
    error::Failure,
    providers::{Call, article},
};

/// What stands after the preview so that no text of the mail is shown behind it.
const PADDING: &str = "&#8204;&nbsp;";
const PADDINGS: usize = 100;

/// The draft, without a name.
pub fn campaign(call: &Call<'_>) -> Result<Json, Failure> {
    article::fits(call, &ABOUT)?;
    let mut campaign = json!({
        "type": "regular",
        "content_type": "html",
        "subject": article::needed(call, "subject")?,
        "lists": [number(call, "list")?.ok_or_else(|| Failure::rejected("list is missing"))?],
        "body": body(call)?,
    });
    if let Some(template) = number(call, "template")?.filter(|id| *id != 0) {
        campaign["template_id"] = template.into();
    }
    Ok(campaign)
}

fn body(call: &Call<'_>) -> Result<String, Failure> {
    let content = article::html(call, &ABOUT, &article::pictures(call)?);
    let content = content.replace("<img ", "<img style=\"max-width:100%;height:auto\" ");
    let preview = call.setting("preview").map(|preview| {
        let hidden = "display:none;max-height:0;overflow:hidden;opacity:0";
        format!("<div style=\"{hidden}\">{}{}</div>", article::attribute(preview), PADDING.repeat(PADDINGS))
    });
    Ok(format!("{}<div>{content}</div>", preview.unwrap_or_default()))
}

/// Settings hold ids as text or as numbers.
fn number(call: &Call<'_>, name: &str) -> Result<Option<i64>, Failure> {
    let given = &call.settings[name];
    match (given.as_i64(), call.setting(name)) {
        (Some(id), _) => Ok(Some(id)),
        (None, Some(text)) => text.parse().map(Some).map_err(|_| Failure::rejected(format!("{name} is no id of listmonk's"))),
        (None, None) => Ok(None),
    }
}
