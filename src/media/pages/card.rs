//! A file as lists show it.

use std::collections::HashMap;

use serde::Serialize;

use crate::{
    app::App,
    error::Result,
    kit::{MediaId, OrgId},
    media::Media,
    web::problem::size,
};

/// One file.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    id: MediaId,
    /// Its address, with what of it stays in sight.
    url: String,
    poster: Option<String>,
    name: String,
    mime: String,
    width: Option<i64>,
    height: Option<i64>,
    duration_text: Option<String>,
    size_text: String,
    alt: String,
    tags: Vec<String>,
    /// In so many posts.
    used: i64,
}

impl Card {
    /// Those of some files, in their order.
    pub async fn list(app: &App, org: OrgId, media: &[Media]) -> Result<Vec<Self>> {
        if media.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<MediaId> = media.iter().map(|m| m.id).collect();
        let uses: HashMap<MediaId, i64> = Media::uses(&app.db, org, &ids).await?.into_iter().map(|u| (u.id, u.posts)).collect();
        let mut tags = Media::tags(&app.db, org, &ids).await?;
        let mut card = |m: &Media| Self {
            id: m.id,
            url: m.shown(),
            poster: m.poster(),
            name: m.name.clone(),
            mime: m.mime.clone(),
            width: m.width,
            height: m.height,
            duration_text: m.duration_ms.map(clock_time),
            size_text: size(m.bytes.unsigned_abs()),
            alt: m.alt.clone(),
            tags: tags.remove(&m.id).unwrap_or_default(),
            used: uses.get(&m.id).copied().unwrap_or_default(),
        };
        Ok(media.iter().map(&mut card).collect())
    }
}

impl Card {
    /// Its tags, by name.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }
}

/// `0:42`, `1:02:03`; half a second counts as one.
fn clock_time(ms: i64) -> String {
    let seconds = (ms + 500) / 1_000;
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_clock() {
        assert_eq!(clock_time(42_400), "0:42");
        assert_eq!(clock_time(3_723_000), "1:02:03");
        assert_eq!(clock_time(0), "0:00");
    }
}
