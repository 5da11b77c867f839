//! From where in the inbox a form was sent, so that its answer leads back there: filter, page, or an outage's page.

use poem::Response;
use serde::{Deserialize, Serialize};

use crate::{
    kit::{OutageId, PartId},
    web::{self, Flash, Form, Peer},
};

/// Longest kind that is asked for.
const LONGEST: usize = 40;

/// A place within the inbox; the fields of its address and of its forms.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Back {
    /// The kind shown; empty: all.
    #[serde(default)]
    pub filter: String,
    /// The cursor; empty: the first page.
    #[serde(default)]
    pub after: String,
    /// The outage whose page it is; empty: the list.
    #[serde(default)]
    pub outage: String,
}

impl Back {
    /// From the hidden fields of a form.
    pub fn of(form: &Form) -> Self {
        let field = |name| form.get(name).to_owned();
        Self { filter: field("filter"), after: field("after"), outage: field("outage") }
    }

    /// The kind asked for, if there can be such a one.
    pub fn kind(&self) -> Option<&str> {
        let word = |c: char| c.is_ascii_lowercase() || c == '_';
        Some(self.filter.as_str()).filter(|f| !f.is_empty() && f.len() <= LONGEST && f.chars().all(word))
    }

    /// Its address; whatever was sent, it is one of ours.
    pub fn path(&self) -> String {
        let base = match self.outage.parse::<OutageId>() {
            Ok(outage) => format!("/inbox/downtime/{outage}"),
            Err(_) => "/inbox".to_owned(),
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(kind) = self.kind() {
            query.append_pair("filter", kind);
        }
        if super::super::Cursor::parse(&self.after).is_ok_and(|c| c.is_some()) {
            query.append_pair("after", &self.after);
        }
        let query = query.finish();
        if query.is_empty() { base } else { format!("{base}?{query}") }
    }

    /// Back there with a message.
    pub fn answer(&self, flash: Flash, peer: &Peer) -> Response {
        flash.into_response(web::redirect(&self.path()), peer)
    }

    /// Back to one part, with a message.
    pub fn answer_at(&self, part: PartId, flash: Flash, peer: &Peer) -> Response {
        flash.into_response(web::redirect(&format!("{}#part-{part}", self.path())), peer)
    }
}
