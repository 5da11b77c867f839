//! `/mail/leave/:token`: what the link of a mail would end, and the button that does it. For whoever has the link.

use poem::{
    handler,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    error::{Error, Message},
    notify::{
        token::Leaving,
        words::{daily_name, kind_name},
    },
    render::View,
    web::{self, Frame},
};

/// `templates/notify/leave.html`.
#[derive(Debug, Serialize)]
struct Leave {
    what: String,
    action: String,
    done: bool,
}

impl View for Leave {
    const TEMPLATE: &'static str = "notify/leave.html";

    fn title(&self) -> Message {
        "notices.leave_title".into()
    }
}

#[derive(Debug, Deserialize)]
pub struct After {
    /// It has just been done.
    done: Option<String>,
}

#[handler]
pub async fn show(app: App, frame: Frame, Path(token): Path<String>, Query(after): Query<After>) -> web::Result {
    let leaving = Leaving::read(&app.key, &token).ok_or(Error::NotFound("page"))?;
    let view = Leave {
        what: leaving.kind.map_or_else(daily_name, kind_name),
        action: format!("/unsubscribe/{token}"),
        done: after.done.is_some(),
    };
    Ok(frame.page(&view)?)
}
