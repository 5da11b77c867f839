//! Groups of the account, and the labels of one.

use serde::Deserialize;
use serde_json::Value as Json;

use super::send;
use crate::{
    error::Failure,
    http::Method,
    providers::{Access, Item},
};

/// Pages of thirty groups that are read.
const PAGES: usize = 10;
const PAGE: usize = 30;
/// Labels that are asked for.
const LABELS: usize = 50;

#[derive(Deserialize)]
struct Named {
    id: String,
    name: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    display_name: Option<String>,
    labels: Option<String>,
}

impl Named {
    fn item(self) -> Item {
        let shown = self.metadata.and_then(|m| m.display_name).filter(|name| !name.is_empty());
        let name = shown.or(self.name).unwrap_or_else(|| self.id.clone());
        Item::new(self.id, name)
    }
}

/// The groups that the account is in.
pub async fn groups(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Page {
        groups: Vec<Named>,
    }
    let (mut items, path) = (Vec::new(), format!("users/{}/groups", access.account));
    for page in 0..PAGES {
        let offset = (page * PAGE).to_string();
        let query = [("offset", offset.as_str()), ("limit", "30")];
        let groups = send(access, Method::GET, &path, |r| r.query(&query)).await?.json::<Page>()?.groups;
        let is_last = groups.len() < PAGE;
        items.extend(groups.into_iter().map(Named::item));
        if is_last {
            break;
        }
    }
    Ok(items)
}

/// The labels of a group; one that has none takes posts under none.
pub async fn labels(access: &Access<'_>, with: &Json) -> Result<Vec<Item>, Failure> {
    let group = with["group"].as_str().filter(|id| is_id(id)).ok_or_else(|| Failure::rejected("group is missing"))?;
    let group: Named = send(access, Method::GET, &format!("groups/{group}"), |r| r).await?.json()?;
    let ids = group.metadata.and_then(|m| m.labels).unwrap_or_default();
    let mut items = Vec::new();
    for id in ids.split(',').map(str::trim).filter(|id| is_id(id)).take(LABELS) {
        let label: Named = send(access, Method::GET, &format!("labels/{id}"), |r| r).await?.json()?;
        items.push(label.item());
    }
    if items.is_empty() {
        items.push(Item::new("none", "Default Label"));
    }
    Ok(items)
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
