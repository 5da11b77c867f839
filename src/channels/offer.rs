//! Puts what platforms list into the fields of a form that pick from it. A list that cannot be had leaves its field usable:
//! it says why, and keeps what it holds.

use std::collections::{BTreeMap, HashMap};

use futures_util::future::join_all;
use serde_json::{Map, Value as Json};

use super::{
    Channel,
    fields::{FormChoice, FormField, Picked},
    lookups::{self, Question},
};
use crate::{
    app::App,
    error::{Error, Message, Result},
    providers::{Descriptor, Item, Lookup},
    render::text,
};

/// Lists that are asked for at once for one form; entries beyond them have a button.
const AT_ONCE: usize = 24;

/// What was typed and pressed beside the fields.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    /// Every name and value of the form: what was searched for stands under `NAME[query]`.
    pub pairs: &'a [(String, String)],
    /// The field whose list is to be asked for anew.
    pub again: Option<&'a str>,
    /// Whether platforms may be asked at all.
    pub ask: bool,
}

/// The values of the fields around one, by their bare names.
type Scope = BTreeMap<&'static str, String>;
/// A list that is wanted: the lookup and its arguments, as text.
type Want = (&'static str, String);
/// It and its arguments.
type Asked = (Want, Map<String, Json>);
type Lists = HashMap<Want, std::result::Result<Vec<FormChoice>, String>>;

/// Fills the fields' choices.
pub async fn offer(app: &App, channel: &Channel, fields: &mut [FormField], typed: Typed<'_>) -> Result<()> {
    let Some(about) = channel.provider().map(|p| p.about()) else { return Ok(()) };
    prepare(about, fields, &BTreeMap::new(), typed);
    let mut wants: Vec<(Want, Map<String, Json>, bool)> = Vec::new();
    if typed.ask {
        collect(about, fields, &Scope::new(), &mut |field, want, with| {
            let again = typed.again == Some(field.name.as_str());
            match wants.iter_mut().find(|(known, ..)| *known == want) {
                Some(known) => known.2 |= again,
                None => wants.push((want, with, again)),
            }
        });
    }
    wants.truncate(AT_ONCE);
    let asked = wants.into_iter().map(|(want, with, again)| one(app, channel, want, with, again));
    let lists: Lists = join_all(asked).await.into_iter().collect::<Result<_>>()?;
    fill(about, fields, &Scope::new(), &lists);
    Ok(())
}

async fn one(
    app: &App,
    channel: &Channel,
    want: Want,
    with: Map<String, Json>,
    again: bool,
) -> Result<(Want, std::result::Result<Vec<FormChoice>, String>)> {
    let answer = lookups::ask(app, &Question { channel, name: want.0, with: &with, again }).await;
    let list = match answer {
        Ok(items) => Ok(items.iter().map(choice).collect()),
        Err(Error::Invalid(errors)) => Err(errors.first().map(|e| text(&e.message)).unwrap_or_default()),
        Err(e) => match lookups::trouble(channel, &e) {
            Some(words) => Err(text(&words)),
            None => return Err(e),
        },
    };
    Ok((want, list))
}

/// An item as a choice of a form.
pub fn choice(item: &Item) -> FormChoice {
    FormChoice::from(&Picked::new(&item.id, &item.name))
}

fn lookup(about: &Descriptor, field: &FormField) -> Option<&'static Lookup> {
    about.lookups.iter().find(|l| !field.from.is_empty() && l.name == field.from)
}

/// What a field needs to ask by itself in the browser, and what was searched for.
fn prepare(about: &Descriptor, fields: &mut [FormField], around: &BTreeMap<&str, String>, typed: Typed<'_>) {
    let own = fields.iter().map(|f| (f.bare, f.name.clone()));
    let names: BTreeMap<&str, String> = around.iter().map(|(bare, name)| (*bare, name.clone())).chain(own).collect();
    for field in fields {
        if let Some(lookup) = lookup(about, field) {
            field.searches = lookup.searches;
            field.with = lookup.with.iter().filter_map(|w| names.get(w).cloned()).collect();
            let query = format!("{}[query]", field.name);
            field.query = typed.pairs.iter().find(|(name, _)| *name == query).map(|(_, v)| v.clone()).unwrap_or_default();
        }
        prepare(about, &mut field.blank, &names, typed);
        field.entries.iter_mut().for_each(|entry| prepare(about, &mut entry.fields, &names, typed));
    }
}

fn scope(around: &Scope, fields: &[FormField]) -> Scope {
    let value = |f: &FormField| (f.bare, Picked::of_form(&f.value).map(|item| item.value).unwrap_or_default());
    around.iter().map(|(name, value)| (*name, value.clone())).chain(fields.iter().map(value)).collect()
}

/// The question of a field, when everything that it depends on is filled in; else the field that is missing.
fn want(lookup: &Lookup, field: &FormField, scope: &Scope) -> std::result::Result<Option<Asked>, &'static str> {
    let mut with = Map::new();
    for name in lookup.with {
        match scope.get(name).filter(|value| !value.is_empty()) {
            Some(value) => drop(with.insert((*name).to_owned(), value.as_str().into())),
            None => return Err(name),
        }
    }
    if lookup.searches {
        if field.query.trim().is_empty() {
            return Ok(None);
        }
        with.insert("query".into(), field.query.trim().into());
    }
    Ok(Some(((lookup.name, Json::Object(with.clone()).to_string()), with)))
}

fn collect(
    about: &Descriptor,
    fields: &[FormField],
    around: &Scope,
    wanted: &mut impl FnMut(&FormField, Want, Map<String, Json>),
) {
    let scope = scope(around, fields);
    for field in fields {
        if let Some(Ok(Some((want, with)))) = lookup(about, field).map(|lookup| want(lookup, field, &scope)) {
            wanted(field, want, with);
        }
        field.entries.iter().for_each(|entry| collect(about, &entry.fields, &scope, wanted));
    }
}

fn fill(about: &Descriptor, fields: &mut [FormField], around: &Scope, lists: &Lists) {
    let scope = scope(around, fields);
    let labels: BTreeMap<&str, String> = fields.iter().map(|f| (f.bare, f.label.clone())).collect();
    for field in fields {
        match lookup(about, field).map(|lookup| want(lookup, field, &scope)) {
            Some(Err(missing)) => {
                let label = labels.get(missing).map_or(missing, String::as_str);
                field.trouble = text(&Message::new("lookup.first").with("field", label));
            }
            Some(Ok(Some((want, _)))) => match lists.get(&want) {
                Some(Ok(list)) => put(field, list),
                Some(Err(words)) => field.trouble.clone_from(words),
                None => {}
            },
            Some(Ok(None)) | None => {}
        }
        field.entries.iter_mut().for_each(|entry| fill(about, &mut entry.fields, &scope, lists));
    }
}

/// What is offered, and what the field holds, whether it is still offered or not.
fn put(field: &mut FormField, list: &[FormChoice]) {
    let id = |value: &str| Picked::of_form(value).map(|item| item.value);
    let held = id(&field.value);
    let known = list.iter().find(|choice| held.is_some() && id(&choice.value) == held);
    let kept = if known.is_some() { Vec::new() } else { std::mem::take(&mut field.choices) };
    if let Some(known) = known {
        field.value.clone_from(&known.value);
    }
    let chosen: Vec<Option<String>> = field.chosen.iter().map(|choice| id(&choice.value)).collect();
    let open = list.iter().filter(|choice| !chosen.contains(&id(&choice.value))).cloned();
    field.choices = kept.into_iter().chain(open).collect();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{channels::fields::show, providers::Field};

    const ABOUT: Descriptor = Descriptor {
        id: "x",
        settings: &[
            Field::pick("company", "l", "companies"),
            Field::list("sub", "l", &[Field::pick("room", "l", "rooms"), Field::pick("seat", "l", "seats")], 2),
            Field::tags("tags", "l", "tags", 3),
        ],
        lookups: &[
            Lookup { name: "companies", fresh: 60, searches: false, with: &[] },
            Lookup { name: "rooms", fresh: 60, searches: true, with: &["company"] },
            Lookup { name: "seats", fresh: 60, searches: false, with: &["room"] },
            Lookup { name: "tags", fresh: 60, searches: false, with: &[] },
        ],
        ..Descriptor::EMPTY
    };

    fn wants(fields: &[FormField]) -> Vec<String> {
        let mut all = Vec::new();
        collect(&ABOUT, fields, &Scope::new(), &mut |field, want, _| all.push(format!("{} {} {}", field.name, want.0, want.1)));
        all
    }

    fn choices(list: &[(&str, &str)]) -> Vec<FormChoice> {
        list.iter().map(|(id, name)| FormChoice::from(&Picked::new(*id, *name))).collect()
    }

    #[test]
    fn a_list_is_asked_for_when_what_it_depends_on_is_there() {
        let mut form = show(ABOUT.settings, &json!({"sub": [{}]}), "s");
        let pairs = [("s[sub][0][room][query]".to_owned(), "big ".to_owned())];
        prepare(&ABOUT, &mut form, &BTreeMap::new(), Typed { pairs: &pairs, again: None, ask: true });
        assert_eq!(wants(&form), ["s[company] companies {}", "s[tags] tags {}"]);
        assert_eq!(form[1].entries[0].fields[0].with, ["s[company]"]);
        assert_eq!(form[1].entries[0].fields[1].with, ["s[sub][0][room]"]);
        let values = json!({"company": {"value": "c1", "label": "C"}, "sub": [{"room": {"value": "r1", "label": "R"}}]});
        let mut form = show(ABOUT.settings, &values, "s");
        prepare(&ABOUT, &mut form, &BTreeMap::new(), Typed { pairs: &pairs, again: None, ask: true });
        let expected = [
            "s[company] companies {}",
            r#"s[sub][0][room] rooms {"company":"c1","query":"big"}"#,
            r#"s[sub][0][seat] seats {"room":"r1"}"#,
            "s[tags] tags {}",
        ];
        assert_eq!(wants(&form), expected);
    }

    #[test]
    fn what_a_field_holds_stays_whatever_the_list_says() {
        let mut form = show(ABOUT.settings, &json!({"company": {"value": "c9", "label": "Gone"}, "tags": ["a"]}), "s");
        let lists = Lists::from([
            (("companies", "{}".to_owned()), Ok(choices(&[("c1", "One"), ("c2", "Two")]))),
            (("tags", "{}".to_owned()), Ok(choices(&[("a", "A"), ("b", "B")]))),
        ]);
        fill(&ABOUT, &mut form, &Scope::new(), &lists);
        assert_eq!(form[0].choices, choices(&[("c9", "Gone"), ("c1", "One"), ("c2", "Two")]));
        assert_eq!(form[2].choices, choices(&[("b", "B")]), "what is chosen is not offered again");
        let mut form = show(ABOUT.settings, &json!({"company": "c2"}), "s");
        fill(&ABOUT, &mut form, &Scope::new(), &lists);
        assert_eq!((form[0].value.as_str(), form[0].choices.len()), ("c2\tTwo", 2), "it is shown by its name of today");
        let away = Lists::from([(("companies", "{}".to_owned()), Err("X is away".to_owned()))]);
        let mut form = show(ABOUT.settings, &json!({"company": "c2"}), "s");
        fill(&ABOUT, &mut form, &Scope::new(), &away);
        assert_eq!((form[0].value.as_str(), form[0].trouble.as_str()), ("c2", "X is away"));
    }

    #[test]
    fn a_field_that_depends_on_an_empty_one_says_so() {
        let mut form = show(ABOUT.settings, &json!({"sub": [{"room": ""}]}), "s");
        fill(&ABOUT, &mut form, &Scope::new(), &Lists::new());
        assert_eq!(form[1].entries[0].fields[1].trouble, "Fill in “l” first.");
    }
}
