//! `/notices`: what people were told, the newest first, all of it or of one group; and `/notices/menu`, the newest of it under
//! the bell.

use poem::{
    Response, handler,
    http::HeaderValue,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};

use super::reader;
use crate::{
    app::App,
    error::{Error, Message, Result},
    kit::NoticeId,
    notify::{
        Group,
        model::{self, Notice, Wanted},
        words::{Words, group_name, words},
    },
    orgs::Caller,
    render::{Moment, View, text},
    tokens::Cursor,
    web::{self, Flash, Frame, Peer},
};

const LIST: &str = "/notices";
/// Notices on a page.
const PAGE: i64 = 30;
/// Notices under the bell.
const FEW: i64 = 10;
/// The word of the filter that leaves out what is read or over.
const UNREAD: &str = "unread";

/// `templates/notify/index.html`.
#[derive(Debug, Serialize)]
struct Index {
    notices: Vec<Item>,
    next: Option<String>,
    any_unread: bool,
    mail_on: bool,
    filters: Vec<Filter>,
    /// Only some are listed: the filter's word, as addresses carry it on; empty for all.
    only: &'static str,
}

/// `templates/notify/_menu.html`.
#[derive(Debug, Serialize)]
struct Menu {
    notices: Vec<Item>,
    unread: i64,
}

#[derive(Debug, Serialize)]
struct Filter {
    label: String,
    url: String,
    current: bool,
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

impl View for Menu {
    const TEMPLATE: &'static str = "notify/_menu.html";

    fn title(&self) -> Message {
        "notices.title".into()
    }
}

/// Which notices a list shows: all, the unread ones, or those of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Only {
    All,
    Unread,
    Group(Group),
}

impl Only {
    /// From the word of an address; one that is none filters nothing.
    fn parse(word: &str) -> Self {
        match word {
            UNREAD => Self::Unread,
            word => Group::parse(word).map_or(Self::All, Self::Group),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Unread => UNREAD,
            Self::Group(group) => group.as_str(),
        }
    }

    fn label(self) -> String {
        match self {
            Self::All => text(&Message::new("notices.all")),
            Self::Unread => text(&Message::new("notices.unread")),
            Self::Group(group) => group_name(group),
        }
    }

    /// The list with this filter.
    fn url(self) -> String {
        if self == Self::All { LIST.to_owned() } else { format!("{LIST}?only={}", self.as_str()) }
    }

    fn wanted(self, after: Option<Cursor>) -> Wanted {
        let group = if let Self::Group(group) = self { Some(group) } else { None };
        Wanted { group, unread: self == Self::Unread, after }
    }

    fn filters(self) -> Vec<Filter> {
        let groups = Group::ALL.into_iter().map(Self::Group);
        let all = [Self::All, Self::Unread].into_iter().chain(groups);
        all.map(|only| Filter { label: only.label(), url: only.url(), current: only == self }).collect()
    }
}

impl Index {
    async fn read(app: &App, caller: &Caller, (only, after): (Only, Option<Cursor>)) -> Result<Self> {
        let mut notices = model::list(&app.db, reader(caller)?, only.wanted(after), PAGE + 1).await?;
        let more = notices.len() as i64 > PAGE;
        notices.truncate(PAGE as usize);
        let next = notices.last().filter(|_| more).map(|last| {
            let joint = if only == Only::All { '?' } else { '&' };
            format!("{}{joint}after={}", only.url(), Cursor::new(last.told_at, last.id).encode())
        });
        Ok(Self {
            any_unread: model::unread(&app.db, caller).await? > 0,
            notices: notices.iter().filter_map(|notice| Item::new(app, caller, notice)).collect(),
            next,
            mail_on: app.mail.is_on(),
            filters: only.filters(),
            only: only.as_str(),
        })
    }
}

impl Menu {
    async fn read(app: &App, caller: &Caller) -> Result<Self> {
        let notices = model::list(&app.db, reader(caller)?, Wanted::default(), FEW).await?;
        Ok(Self {
            unread: model::unread(&app.db, caller).await?,
            notices: notices.iter().filter_map(|notice| Item::new(app, caller, notice)).collect(),
        })
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
pub struct Asked {
    /// `unread` or a group.
    #[serde(default)]
    only: String,
    /// Where the page before ended; what is no such place is the beginning.
    after: Option<String>,
}

#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame, Query(asked): Query<Asked>) -> web::Result {
    let after = Cursor::read(asked.after.as_deref()).ok().flatten();
    Ok(frame.page(&Index::read(&app, &caller, (Only::parse(&asked.only), after)).await?)?)
}

/// The newest ones, for the script behind the bell.
#[handler]
pub async fn menu(app: App, caller: Caller, frame: Frame) -> web::Result {
    Ok(unstored(frame.page(&Menu::read(&app, &caller).await?)?))
}

/// Where a change of what is read was asked for, and how it is answered: a script gets the menu anew, a form its list.
pub struct Place {
    script: bool,
    only: Only,
    peer: Peer,
}

impl<'a> poem::FromRequest<'a> for Place {
    async fn from_request(req: &'a poem::Request, body: &mut poem::RequestBody) -> poem::Result<Self> {
        let Query(asked) = Query::<Asked>::from_request(req, body).await?;
        let script = req.header("hx-request").is_some();
        Ok(Self { script, only: Only::parse(&asked.only), peer: Peer::from_request(req, body).await? })
    }
}

impl Place {
    async fn answer(self, app: &App, caller: &Caller, frame: Frame, flash: Option<Flash>) -> web::Result {
        if self.script {
            return Ok(unstored(frame.page(&Menu::read(app, caller).await?)?));
        }
        let list = web::redirect(&self.only.url());
        Ok(flash.map_or_else(|| list, |flash| flash.into_response(web::redirect(&self.only.url()), &self.peer)))
    }
}

fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
    response
}

/// One of the caller's; another one is not there.
async fn find(app: &App, caller: &Caller, id: &str) -> Result<Notice> {
    let id = id.parse().map_err(|_| Error::NotFound("notice"))?;
    model::find(&app.db, reader(caller)?, id).await
}

#[handler]
pub async fn read(app: App, caller: Caller, frame: Frame, place: Place, Path(id): Path<String>) -> web::Result {
    let notice = find(&app, &caller, &id).await?;
    let mut tx = app.db.begin().await?;
    model::mark_read(&mut tx, caller.person()?, notice.id, app.clock.now()).await?;
    tx.commit().await?;
    place.answer(&app, &caller, frame, None).await
}

#[handler]
pub async fn unread(app: App, caller: Caller, frame: Frame, place: Place, Path(id): Path<String>) -> web::Result {
    let notice = find(&app, &caller, &id).await?;
    let mut tx = app.db.begin().await?;
    model::mark_unread(&mut tx, caller.person()?, notice.id, app.clock.now()).await?;
    tx.commit().await?;
    place.answer(&app, &caller, frame, None).await
}

#[handler]
pub async fn read_all(app: App, caller: Caller, frame: Frame, place: Place) -> web::Result {
    let mut tx = app.db.begin().await?;
    model::mark_all_read(&mut tx, reader(&caller)?, app.clock.now()).await?;
    tx.commit().await?;
    place.answer(&app, &caller, frame, Some(Flash::ok("notices.all_read"))).await
}

#[handler]
pub fn to_list() -> Response {
    web::redirect(LIST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_reads_back_and_another_word_filters_nothing() {
        for only in Only::All.filters().iter().map(|f| Only::parse(f.url.rsplit('=').next().unwrap_or_default())) {
            assert_eq!(Only::parse(only.as_str()), only);
            assert_eq!(only.filters().iter().filter(|f| f.current).count(), 1);
        }
        assert_eq!(Only::parse("posts' --"), Only::All);
    }
}
