//! Fields of every kind: as a form sends them, as JSON brings them, as they are stored and shown again.

use serde_json::json;

use super::*;
use crate::providers::Choice;

const FIELDS: &[Field] = &[
    Field::url("server", "l").default("https://one.example"),
    Field::password("token", "l"),
    Field::choice("who", "l", &[Choice { value: "all", label: "l" }, Choice { value: "some", label: "l" }]).default("all"),
    Field::text("whom", "l").when("who", "some"),
    Field::bool("quiet", "l"),
    Field { kind: FieldKind::Number { min: 0, max: 9 }, ..Field::text("level", "l").optional() },
];

const KINDS: &[Choice] = &[Choice { value: "self", label: "l" }, Choice { value: "link", label: "l" }];

/// A settings form like that of a forum: entries with a lookup, a condition and flairs; tags, a cover, a place.
const FORUM: &[Field] = &[
    Field::list(
        "sub",
        "l",
        &[
            Field::pick("sub", "l", "subs"),
            Field::text("title", "l").most(20),
            Field::choice("type", "l", KINDS).default("self"),
            Field::url("url", "l").when("type", "link"),
            Field::pick("flair", "l", "flairs").optional().labelled(),
        ],
        2,
    )
    .labelled(),
    Field::tags("tags", "l", "tags", 3).labelled(),
    Field::tags("words", "l", "", 2).most(5),
    Field::picture("cover", "l"),
    Field::pick("place", "l", "places").optional(),
];

fn answers(pairs: &[(&str, &str)]) -> Answers {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

fn wrong(given: &[(&str, &str)]) -> Vec<String> {
    said(read(FIELDS, &answers(given), "s[1]").unwrap_err())
}

fn said(errors: Vec<FieldError>) -> Vec<String> {
    errors.iter().map(|e| format!("{} {}", e.field, e.message.key)).collect()
}

#[test]
fn answers_are_completed_and_tidied() {
    let read = read(FIELDS, &answers(&[("token", " a b\n"), ("who", " all "), ("whom", "left over"), ("x", "y")]), "").unwrap();
    let expected = [("server", "https://one.example"), ("token", " a b"), ("who", "all"), ("quiet", "false")];
    assert_eq!(read, answers(&expected));
    assert_eq!(unknown(FIELDS, &answers(&[("x", ""), ("who", "")]))[0].field, "x");
}

#[test]
fn every_wrong_answer_is_named_as_it_was_sent() {
    assert_eq!(wrong(&[("who", "some")]), ["s[1][token] field.required", "s[1][whom] field.required"]);
    let long = "x".repeat(501);
    let given = [("server", "ftp://x"), ("token", &long), ("who", "none"), ("quiet", "perhaps"), ("level", "10")];
    let all = ["server] field.url", "token] field.too_long", "who] field.choice", "quiet] field.bool", "level] field.number"];
    assert_eq!(wrong(&given), all.map(|e| format!("s[1][{e}")));
    assert_eq!(wrong(&[("token", "a\nb")]), ["s[1][token] field.one_line"]);
    assert_eq!(wrong(&[("token", "t"), ("server", "https://")]), ["s[1][server] field.url"]);
}

#[test]
fn a_bare_host_is_an_https_address() {
    let read = read(FIELDS, &answers(&[("token", "t"), ("server", "two.example")]), "").unwrap();
    assert_eq!(read["server"], "https://two.example");
}

#[test]
fn a_form_is_shown_again_without_its_secrets() {
    let shown = form(FIELDS, &answers(&[("token", "secret"), ("quiet", "true")]), "s[1]");
    assert_eq!((shown[0].name.as_str(), shown[0].value.as_str()), ("s[1][server]", "https://one.example"));
    assert_eq!((shown[1].kind, shown[1].value.as_str(), shown[1].required), ("password", "", true));
    assert_eq!((shown[2].kind, shown[2].choices.len()), ("choice", 2));
    assert!(!shown[3].required, "the browser cannot know whether it is asked");
    assert_eq!(shown[3].when, Some(FormWhen { name: "s[1][who]".into(), is: "some" }));
    assert_eq!(shown[4].value, "true");
}

#[test]
fn a_box_that_is_not_ticked_says_no() {
    let pairs = pairs(&[("csrf", "1"), ("s[1][token]", "t")]);
    assert_eq!(submitted(FIELDS, &pairs, "s[1]"), answers(&[("token", "t"), ("quiet", "false")]));
    assert!(is_sent(&pairs, "s[1]") && !is_sent(&pairs, "s[2]") && !is_sent(&pairs, "s[1"));
}

#[test]
fn settings_as_json_keep_what_is_unknown_and_type_what_is_known() {
    let given = json!({"token": "t", "quiet": true, "level": "3", "who": null, "__type": "x", "list": [1]});
    let read = read_json(FIELDS, &given, "").unwrap();
    let expected = json!({"token": "t", "quiet": true, "level": 3, "who": "all", "server": "https://one.example",
                          "__type": "x", "list": [1]});
    assert_eq!(read, expected);
    let errors = read_json(FIELDS, &json!({"token": ["t"]}), "posts[0].settings").unwrap_err();
    assert_eq!(errors[0].field, "posts[0].settings.token");
    assert_eq!(read_json(FIELDS, &json!([]), "settings").unwrap_err()[0].field, "settings");
    assert_eq!(read_json(&FIELDS[..1], &Json::Null, "").unwrap(), json!({"server": "https://one.example"}));
}

/// What Postiz's clients send, in all its shapes, is stored in one.
#[test]
fn items_files_and_entries_are_stored_in_one_shape() {
    let file = MediaFile::ID;
    let given = json!({
        "sub": [
            {"value": {"sub": {"id": "/r/x", "name": "X"}, "title": " T ", "type": "link", "url": "x.example", "allow": ["self"]}},
            {"sub": "/r/y", "title": "U", "flair": {"id": "f1", "name": "News"}, "url": "left over"},
        ],
        "tags": [{"value": 7, "label": "rust"}, "web", {"value": "7", "label": "again"}],
        "words": ["a", "b", "a", ""],
        "cover": {"id": file, "path": "https://x.example/a.png", "alt": "A"},
        "place": 12,
        "__type": "forum",
    });
    let stored = read_json(FORUM, &given, "settings").unwrap();
    let expected = json!({
        "sub": [
            {"value": {"sub": "/r/x", "title": "T", "type": "link", "url": "https://x.example", "allow": ["self"]}},
            {"value": {"sub": "/r/y", "title": "U", "type": "self",
                       "flair": {"id": "f1", "name": "News", "value": "f1", "label": "News"}}},
        ],
        "tags": [{"value": "7", "label": "rust"}, {"value": "web", "label": "web"}],
        "words": ["a", "b"],
        "cover": {"id": file, "path": "https://x.example/a.png"},
        "place": "12",
        "__type": "forum",
    });
    assert_eq!(stored, expected);
    assert_eq!(read_json(FORUM, &stored, "settings").unwrap(), stored, "what is stored is stored again as it is");
    assert_eq!(files(&stored), [file.parse().unwrap()]);
}

/// An id of the library.
struct MediaFile;

impl MediaFile {
    const ID: &'static str = "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a93";
}

#[test]
fn every_wrong_value_is_named_by_its_path() {
    let given = json!({
        "sub": [{"value": {"sub": true, "type": "link"}}, {"value": {"sub": "/r/x", "title": "x".repeat(21), "type": "poll"}}],
        "tags": ["a", ["b"], "c"],
        "words": ["a", "b", "c"],
        "cover": 3,
    });
    let expected = [
        "s.sub[0].value.sub field.item",
        "s.sub[0].value.title field.required",
        "s.sub[0].value.url field.required",
        "s.sub[1].value.title field.too_long",
        "s.sub[1].value.type field.choice",
        "s.tags[1] field.item",
        "s.words field.too_many",
        "s.cover field.file",
    ];
    assert_eq!(said(read_json(FORUM, &given, "s").unwrap_err()), expected);
    let none = |sub: Json| said(read_json(FORUM, &json!({"sub": sub, "words": "a, b"}), "s").unwrap_err());
    assert_eq!(none(json!([])), ["s.sub field.required", "s.words field.list"]);
    assert_eq!(none(json!({"sub": "x"}))[0], "s.sub field.list");
    assert_eq!(none(json!(["x"]))[0], "s.sub[0].value field.object");
    assert_eq!(none(json!([{}, {}, {}]))[0], "s.sub field.too_many");
}

/// The same names in the form, where an entry has no wrapping.
#[test]
fn a_path_of_json_has_a_name_in_the_form() {
    let name = |path: &str| on_form(FORUM, path, "settings[7]");
    assert_eq!(name("sub[1].value.title"), "settings[7][sub][1][title]");
    assert_eq!(name("sub[1].value"), "settings[7][sub][1]");
    assert_eq!((name("sub"), name("tags[1]")), ("settings[7][sub]".into(), "settings[7][tags][1]".into()));
    assert_eq!(name("nothing"), "settings[7][nothing]");
}

/// What a browser sends is what was shown, and saving it stores what JSON would have.
#[test]
fn a_form_of_every_kind_goes_round() {
    let cover = format!("{}\thttps://x.example/a.png", MediaFile::ID);
    let sent_pairs = pairs(&[
        ("s[sub][0]", ""),
        ("s[sub][0][sub]", "/r/x\tX"),
        ("s[sub][0][title]", "T"),
        ("s[sub][0][type]", "self"),
        ("s[sub][0][flair]", "f1\tNews"),
        ("s[sub][4]", ""),
        ("s[sub][4][type]", "self"),
        ("s[tags]", "7\trust, the language"),
        ("s[tags]", "web, more"),
        ("s[tags]", ""),
        ("s[words]", "a, b,"),
        ("s[cover]", ""),
        ("s[cover]", &cover),
        ("s[place]", ""),
        ("s[place][query]", "lon"),
    ]);
    let answered = answered(FORUM, &sent_pairs, "s");
    let stored = read_json(FORUM, &answered, "settings").unwrap();
    let expected = json!({
        "sub": [{"value": {"sub": "/r/x", "title": "T", "type": "self", "flair": {"value": "f1", "label": "News"}}}],
        "tags": [{"value": "7", "label": "rust, the language"}, {"value": "web", "label": "web"}, {"value": "more", "label": "more"}],
        "words": ["a", "b"],
        "cover": {"id": MediaFile::ID, "path": "https://x.example/a.png"},
    });
    assert_eq!(stored, expected, "the empty entry is none");
    let shown = show(FORUM, &sent(FORUM, &sent_pairs, "s"), "s");
    assert_eq!(shown[0].entries.len(), 2, "and is still there before saving");
    assert_eq!(shown[0].entries[1].name, "s[sub][1]");
    assert_eq!(shown[0].entries[0].fields[0].value, "/r/x\tX", "its label is kept though it is not stored");
    assert_eq!(shown[0].blank[1].name, "s[sub][__n__][title]");
    assert_eq!(shown[1].chosen[0], FormChoice { value: "7\trust, the language".into(), label: "rust, the language".into() });
    assert_eq!((shown[3].value.as_str(), shown[3].path.as_str()), (MediaFile::ID, "https://x.example/a.png"));
    let again = show(FORUM, &stored, "s");
    assert_eq!(again[0].entries[0].fields[4].value, "f1\tNews");
}

#[test]
fn entries_are_added_and_removed_one_by_one() {
    let mut given = pairs(&[("s[sub][0][title]", "a"), ("s[sub][1][title]", "b"), ("s[subs]", "x")]);
    add_entry(&mut given, "s[sub]");
    remove_entry(&mut given, "s[sub][0]");
    let left: Vec<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(left, ["s[sub][1][title]", "s[subs]", "s[sub][2]"]);
    assert_eq!(show(FORUM, &sent(FORUM, &given, "s"), "s")[0].entries.len(), 2);
    let none: [(String, String); 0] = [];
    assert_eq!(show(FORUM, &sent(FORUM, &none, "s"), "s")[0].entries.len(), 1, "what is needed has its first entry");
}

/// The first entry of a list that must be there is not dropped: what is missing is said at its fields.
#[test]
fn an_empty_list_that_must_be_there_is_asked_for_at_its_fields() {
    let given = pairs(&[("s[sub][0]", ""), ("s[sub][0][type]", "self"), ("s[sub][1]", "")]);
    let errors = read_json(FORUM, &answered(FORUM, &given, "s"), "s").unwrap_err();
    assert_eq!(said(errors), ["s.sub[0].value.sub field.required", "s.sub[0].value.title field.required"]);
}

/// Connect forms keep lists as the JSON of their answer.
#[test]
fn answers_of_several_values_are_json() {
    let fields = &[Field::tags("words", "l", "", 2), Field::pick("place", "l", "places").optional()];
    let sent = submitted(fields, &pairs(&[("words", "a, b"), ("place", "p\tThe place")]), "");
    assert_eq!(sent["words"], r#"["a","b"]"#);
    let checked = read(fields, &sent, "").unwrap();
    assert_eq!((checked["words"].as_str(), checked["place"].as_str()), (r#"["a","b"]"#, "p"));
    assert_eq!(form(fields, &checked, "")[0].chosen.len(), 2);
}
