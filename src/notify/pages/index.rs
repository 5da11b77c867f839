//! `/notices`: what people were told, newest first.

use poem::{
    Response, handler,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};

use super::reader;
use crate::{
    app::App,
    error::{Error, Message, Result},
    kit::NoticeId,
    notify::{
        model::{self, Notice},
        words::{Words, words},
    },
    orgs::Caller,
    render::{Moment, View},
    web::{self, Flash, Frame, Peer},
};

const LIST: &str = "/notices";
/// Notices on a page.
const PAGE: i64 = 30;

/// `templates/notify/index.html`.
#[derive(Debug, Serialize)]
struct Index {
    notices: Vec<Item>,
    next: Option<String>,
    any_unread: bool,
    mail_on: bool,
}

#[derive(Debug, Serialize)]
struct Item {
    id: NoticeId,
    #[serde(flatten)]
    words: Words,
    at: Moment,
    unread: bool,
    resolved: Option<Moment>,
}

impl View for Index {
    const TEMPLATE: &'static str = "notify/index.html";

    fn title(&self) -> Message {
        "notices.title".into()
    }
}

impl Index {
    async fn read(app: &App, caller: &Caller, after: Option<NoticeId>) -> Result<Self> {
        let mut notices = model::list(&app.db, reader(caller)?, after, PAGE + 1).await?;
        let more = notices.len() as i64 > PAGE;
        notices.truncate(PAGE as usize);
        let next = notices.last().filter(|_| more).map(|last| format!("{LIST}?after={}", last.id));
        let items: Vec<Item> = notices.iter().filter_map(|notice| Item::new(app, caller, notice)).collect();
        let any_unread = model::unread(&app.db, caller).await? > 0;
        Ok(Self { any_unread, notices: items, next, mail_on: app.mail.is_on() })
    }
}

impl Item {
    fn new(app: &App, caller: &Caller, notice: &Notice) -> Option<Self> {
        let moment = |at| Moment::new(at, app.clock.now(), caller.zone);
        Some(Self {
            id: notice.id,
            words: words(notice)?,
            at: moment(notice.told_at),
            unread: !notice.is_read && notice.resolved_at.is_none(),
            resolved: notice.resolved_at.map(moment),
        })
    }
}

#[derive(Debug, Deserialize)]
pub struct After {
    /// The last notice of the page before; one that is no id is none.
    after: Option<String>,
}

#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame, Query(page): Query<After>) -> web::Result {
    Ok(frame.page(&Index::read(&app, &caller, page.after.and_then(|id| id.parse().ok())).await?)?)
}

#[handler]
pub async fn read(app: App, caller: Caller, Path(id): Path<String>) -> web::Result {
    let id = id.parse().map_err(|_| Error::NotFound("notice"))?;
    let reader = reader(&caller)?;
    let notice = model::find(&app.db, reader, id).await?;
    let mut tx = app.db.begin().await?;
    model::mark_read(&mut tx, reader.user, notice.id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(web::redirect(LIST))
}

#[handler]
pub async fn read_all(app: App, caller: Caller, peer: Peer) -> web::Result {
    let mut tx = app.db.begin().await?;
    model::mark_all_read(&mut tx, reader(&caller)?, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Flash::ok("notices.all_read").into_response(web::redirect(LIST), &peer))
}

#[handler]
pub fn to_list() -> Response {
    web::redirect(LIST)
}
