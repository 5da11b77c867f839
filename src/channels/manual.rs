//! The documentation of a provider as Markdown, made from its descriptor: what `docs/providers/` holds. Pure; a test keeps the
//! files current.

use std::fmt::Write as _;

use super::describe::{help, limits, summary};
use crate::{
    error::Message,
    kit::text::Unit,
    providers::{Auth, Can, Cost, Descriptor, Field, FieldKind, Lookup, Plug, REGISTRY, Rate, Scope, Text, oauth},
    render::{lookup, text},
};

/// The page of one provider.
pub fn page(about: &Descriptor) -> String {
    let mut page = format!("# {}\n\n{}\n\n", about.name, summary(about));
    page.push_str(&facts(about));
    section(&mut page, "manual.setup", &setup(about));
    section(&mut page, "manual.app", &fields(about.app));
    section(&mut page, "manual.connect", &fields(about.connect));
    section(&mut page, "manual.settings", &fields(about.settings));
    section(&mut page, "manual.lists", &about.lookups.iter().map(list).collect::<String>());
    section(&mut page, "manual.limits", &accepted(about));
    section(&mut page, "manual.rates", &about.rates.iter().map(rate).collect::<String>());
    section(&mut page, "manual.can", &abilities(&about.can));
    section(&mut page, "manual.plugs", &about.plugs.iter().map(plug).collect::<String>());
    section(&mut page, "manual.hosts", &hosts(about));
    page
}

/// The table of all providers.
pub fn index() -> String {
    let words = [
        "manual.provider",
        "manual.id",
        "manual.how",
        "can.thread",
        "can.delete",
        "can.edit",
        "can.find",
        "can.mentions",
        "can.metrics",
        "can.plugs",
    ];
    let mut page = format!("# {}\n\n{}\n\n", said("manual.title"), said("manual.title_text"));
    page.push_str(&row(words.map(said)));
    page.push_str(&row(words.map(|_| "---".to_owned())));
    for about in REGISTRY.iter().map(|p| p.about()) {
        let Can { thread, delete, edit, find, mentions, metrics, .. } = about.can;
        let can = [thread, delete, edit, find, mentions, metrics, !about.plugs.is_empty()];
        let first = [format!("[{0}]({1}.md)", about.name, about.id), format!("`{}`", about.id), how(about)];
        page.push_str(&row(first.into_iter().chain(can.map(tick))));
    }
    page
}

fn said(key: &'static str) -> String {
    text(&key.into())
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn tick(yes: bool) -> String {
    if yes { "✓" } else { "–" }.to_owned()
}

/// Nothing is said of what there is not.
fn section(page: &mut String, title: &'static str, body: &str) {
    if !body.is_empty() {
        // Writing into a text cannot fail.
        let _ = write!(page, "\n## {}\n\n{body}", said(title));
    }
}

fn facts(about: &Descriptor) -> String {
    let mut facts = format!("- {}: `{}`\n", said("manual.id"), about.id);
    let mut add = |key, value: String| facts.push_str(&format!("- {}: {value}\n", said(key)));
    if !about.aliases.is_empty() {
        add("manual.aliases", about.aliases.iter().map(|alias| format!("`{alias}`")).collect::<Vec<_>>().join(", "));
    }
    add("manual.how", how(about));
    if !about.docs.is_empty() {
        add("manual.docs", format!("<{}>", about.docs));
    }
    if about.unofficial {
        let words = Message::new("manual.unofficial_text").with("id", about.id);
        add("manual.unofficial", text(&words));
    }
    facts
}

fn how(about: &Descriptor) -> String {
    said(match about.auth {
        Auth::Form => "manual.by_form",
        Auth::OAuth2(oauth::OAuth2 { client: oauth::Client::Registered, .. }) => "manual.by_consent",
        Auth::OAuth2(_) => "manual.by_app",
        Auth::Await => "manual.by_waiting",
    })
}

fn setup(about: &Descriptor) -> String {
    let mut steps = String::new();
    let redirect = format!("https://ROSTRUM/integrations/social/{}", about.id);
    for line in [lookup(&format!("provider.{}.setup", about.id)).unwrap_or_default(), help(about)].iter().flat_map(|t| t.lines())
    {
        if !line.trim().is_empty() {
            steps.push_str(&format!("1. {}\n", line.trim().replace("{redirect}", &format!("`{redirect}`"))));
        }
    }
    if let Auth::OAuth2(how) = about.auth {
        steps.push_str(&format!("\n{}: `{redirect}`\n", said("manual.redirect")));
        if !how.scopes.is_empty() {
            let scopes: Vec<String> = how.scopes.iter().map(|scope| format!("`{scope}`")).collect();
            steps.push_str(&format!("\n{}: {}\n", said("manual.scopes"), scopes.join(", ")));
        }
    }
    steps
}

fn fields(fields: &[Field]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let head = ["manual.name", "manual.holds", "manual.needed", "manual.meaning"];
    let mut table = row(head.map(said)) + &row(head.map(|_| "---".to_owned()));
    rows(&mut table, fields, "");
    table
}

fn rows(table: &mut String, fields: &[Field], path: &str) {
    for field in fields {
        let name = format!("{path}{}", field.name);
        let needed = match (field.required, field.default, field.when) {
            (_, Some(default), _) => text(&Message::new("manual.else").with("value", format!("`{default}`"))),
            (true, _, Some(when)) => text(
                &Message::new("manual.when").with("field", format!("`{}`", when.field)).with("value", format!("`{}`", when.is)),
            ),
            (true, ..) => said("manual.yes"),
            (false, ..) => said("manual.no"),
        };
        let words = [field.label, field.help].iter().filter(|key| !key.is_empty()).map(|key| said(key)).collect::<Vec<_>>();
        table.push_str(&row([format!("`{name}`"), holds(field), needed, words.join(". ")]));
        if let FieldKind::List { of, wrapped, .. } = field.kind {
            rows(table, of, &format!("{name}[]{}", if wrapped { ".value." } else { "." }));
        }
    }
}

fn holds(field: &Field) -> String {
    let most = |key, n: usize| text(&Message::new(key).with("count", n));
    match field.kind {
        FieldKind::Text | FieldKind::LongText => most("manual.a_text", field.max),
        FieldKind::Password => said("manual.a_secret"),
        FieldKind::Url => said("manual.an_address"),
        FieldKind::Bool => said("manual.a_bool"),
        FieldKind::Number { min, max } => format!("{min}–{max}"),
        FieldKind::Choice { choices } => choices.iter().map(|c| format!("`{}`", c.value)).collect::<Vec<_>>().join(", "),
        FieldKind::Pick { from, labelled } => {
            shape(&text(&Message::new("manual.a_pick").with("name", format!("`{from}`"))), labelled)
        }
        FieldKind::Tags { from: "", most: n, labelled } => shape(&most("manual.words", n), labelled),
        FieldKind::Tags { from, most: n, labelled } => {
            shape(&text(&Message::new("manual.tags").with("name", format!("`{from}`")).with("count", n)), labelled)
        }
        FieldKind::Media { picture: true } => said("manual.a_picture"),
        FieldKind::Media { picture: false } => said("manual.a_file"),
        FieldKind::List { most: n, .. } => most("manual.entries", n),
    }
}

fn shape(words: &str, labelled: bool) -> String {
    if labelled { format!("{words}, `{{value, label}}`") } else { words.to_owned() }
}

fn list(list: &Lookup) -> String {
    let mut words = format!("- `{}`", list.name);
    if list.searches {
        words.push_str(&format!(", {}", said("manual.searches")));
    }
    if !list.with.is_empty() {
        let with: Vec<String> = list.with.iter().map(|name| format!("`{name}`")).collect();
        words.push_str(&format!(", {}", text(&Message::new("manual.depends").with("fields", with.join(", ")))));
    }
    words.push_str(&format!("; {}\n", text(&Message::new("manual.fresh").with("seconds", list.fresh))));
    words
}

fn accepted(about: &Descriptor) -> String {
    let mut said_limits: String =
        limits(&about.limits).iter().map(|limit| format!("- {}: {}\n", limit.label, limit.value)).collect();
    for (key, n) in details(about) {
        said_limits.push_str(&format!("- {}\n", text(&Message::new(key).with("count", n))));
    }
    if about.can.limits {
        said_limits.push_str(&format!("- {}\n", said("manual.own_limits")));
    }
    said_limits
}

/// What the short list of a page leaves out: how text is counted, and limits that few platforms have.
fn details(about: &Descriptor) -> Vec<(&'static str, u64)> {
    let limits = &about.limits;
    let Text { max, measure, max_bytes, parsed: _ } = limits.text;
    let unit = match measure.unit {
        Unit::Graphemes => "manual.in_graphemes",
        Unit::Chars => "manual.in_chars",
        Unit::Utf16 => "manual.in_utf16",
        Unit::Bytes => "manual.in_bytes",
        Unit::Weighted => "manual.in_weights",
    };
    let all = [
        (unit, (max > 0).then_some(max)),
        ("manual.max_bytes", max_bytes),
        ("manual.link_counts", measure.link),
        ("manual.short_mentions", measure.short_mentions.then_some(1)),
        ("manual.media_together", (limits.media > 0).then_some(limits.media)),
        ("manual.media_needed", (limits.media_needed > 0).then_some(limits.media_needed)),
        ("manual.text_needed", (!limits.text_optional).then_some(1)),
        ("manual.parts", (limits.parts > 0).then_some(limits.parts)),
    ];
    let seconds = ("manual.video_seconds", (limits.video_seconds > 0).then_some(limits.video_seconds));
    let counted = all.into_iter().filter_map(|(key, n)| Some((key, n? as u64)));
    counted.chain(seconds.1.map(|n| (seconds.0, n))).collect()
}

fn rate(rate: &Rate) -> String {
    let whose = match rate.scope {
        Scope::App => "manual.of_app",
        Scope::Account => "manual.of_account",
        Scope::Organisation => "manual.of_organisation",
    };
    let what = match rate.cost {
        Cost::Publish => "manual.publishes",
        Cost::Request => "manual.requests",
    };
    let words = Message::new(if rate.rolling { "manual.cap" } else { "manual.rate" })
        .with("n", rate.n)
        .with("seconds", rate.seconds)
        .with("what", said(what));
    format!("- {}\n", text(&words.with("whose", said(whose))))
}

fn abilities(can: &Can) -> String {
    let all = [
        ("can.thread", can.thread),
        ("can.delete", can.delete),
        ("can.edit", can.edit),
        ("can.find", can.find),
        ("can.candidates", can.candidates),
        ("can.mentions", can.mentions),
        ("can.metrics", can.metrics),
        ("can.statistics", can.statistics),
        ("can.refresh", can.refresh),
    ];
    all.into_iter().map(|(key, yes)| format!("- {} {}\n", tick(yes), said(key))).collect()
}

fn plug(plug: &Plug) -> String {
    let hours: Vec<String> = plug.after.iter().map(|seconds| format!("{} h", seconds / 3_600)).collect();
    let after = text(&Message::new("manual.looks").with("when", hours.join(", ")));
    format!("### {}\n\n`{}`. {} {after}\n\n{}\n", said(plug.title), plug.name, said(plug.help), fields(plug.fields))
}

fn hosts(about: &Descriptor) -> String {
    let known = about.hosts.iter().filter(|(_, url)| !url.is_empty());
    known.map(|(name, url)| format!("- `providers.{}.hosts.{name}`: <{url}>\n", about.id)).collect()
}
