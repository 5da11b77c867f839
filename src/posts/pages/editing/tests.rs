//! Settings of every kind on their way from the composer's form to what is stored, and what is wrong with them back to the
//! form's fields.

use std::io::Cursor;

use super::*;
use crate::{
    channels::fake::reaching,
    media,
    orgs::Source,
    posts::{self, pages::composer},
};

fn typed(channel: &Channel, pairs: &[(&str, &str)]) -> Typed {
    let prefix = format!("settings[{}]", channel.id);
    let own = pairs.iter().map(|(name, value)| (format!("{prefix}{name}"), (*value).to_owned()));
    let form = [
        ("channels", channel.id.to_string()),
        ("parts[0][text]", "Hello".into()),
        ("when", "now".into()),
        ("zone", "UTC".into()),
    ];
    Typed::parse(form.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(own).collect())
}

async fn picture(app: &App, caller: &Caller) -> Media {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::new(4, 3).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    media::upload(app, caller, "loom.png", bytes.into_inner().as_slice()).await.unwrap()
}

/// What is wrong, by the names of the form.
async fn wrong(app: &App, channel: &Channel, pairs: &[(&str, &str)]) -> Vec<String> {
    let caller = Caller::machine(channel.org_id, "UTC", Source::Web);
    let typed = typed(channel, pairs);
    let desk = composer::Desk::load(app, channel.org_id, &typed).await.unwrap();
    let (draft, _) = draft(&typed, None, &desk.channels, &desk.media).unwrap();
    let problems = posts::create(app, &caller, &draft).await.unwrap().unwrap_err();
    let prefix = format!("settings[{}]", channel.id);
    let named = |p: &posts::Problem| {
        let error = composer::field_error(p, &draft, (&typed, &desk));
        format!("{} {}", error.field.strip_prefix(&prefix).unwrap_or(&error.field), error.message.key)
    };
    problems.iter().map(named).collect()
}

#[tokio::test]
async fn a_form_is_stored_in_postizs_shapes_and_shown_again() {
    let (app, channel, _dir) = reaching("http://127.0.0.1:1").await;
    let caller = Caller::machine(channel.org_id, "UTC", Source::Web);
    let cover = picture(&app, &caller).await;
    let pairs = [
        ("[sub][0]", ""),
        ("[sub][0][sub]", "/r/x\tX"),
        ("[sub][0][title]", "T"),
        ("[sub][0][type]", "link"),
        ("[sub][0][url]", "x.example"),
        ("[sub][0][flair]", "f1\tNews"),
        ("[sub][1]", ""),
        ("[sub][1][type]", "self"),
        ("[tags]", "7\trust"),
        ("[tags]", "web"),
        ("[cover]", &format!("{}\thttps://elsewhere.example/x.png", cover.id)),
    ];
    let typed = typed(&channel, &pairs);
    let (draft, _) = draft(&typed, None, std::slice::from_ref(&channel), &HashMap::new()).unwrap();
    let saved = posts::create(&app, &caller, &draft).await.unwrap().unwrap();
    let editing = Editing::load(&app, channel.org_id, saved.post, None).await.unwrap();
    let expected = json!({
        "sub": [{"value": {"sub": "/r/x", "title": "T", "type": "link", "url": "https://x.example",
                           "flair": {"value": "f1", "label": "News"}}}],
        "tags": [{"value": "7", "label": "rust"}, {"value": "web", "label": "web"}],
        "cover": {"id": cover.id, "path": cover.url(&app)},
    });
    assert_eq!(editing.targets[0].target.settings, expected, "the address of a file is the library's, whatever was sent");
    let shown = Typed { pairs: vec![], ..typed };
    assert_eq!(answers(&shown, Some(&editing), &channel), expected);
    let uses = Media::uses(&app.db, channel.org_id, &[cover.id]).await.unwrap();
    assert_eq!(uses.len(), 1, "the library knows that it is shown");
}

/// What the form knows and was emptied is gone; what it does not know stays.
#[tokio::test]
async fn editing_empties_what_was_emptied_and_keeps_what_no_field_is() {
    let (app, channel, _dir) = reaching("http://127.0.0.1:1").await;
    let caller = Caller::machine(channel.org_id, "UTC", Source::Web);
    let entry = [("[sub][0][sub]", "/r/x"), ("[sub][0][title]", "T"), ("[place]", "p1")];
    let (mut first, _) = draft(&typed(&channel, &entry), None, std::slice::from_ref(&channel), &HashMap::new()).unwrap();
    first.entries[0].settings["__type"] = "forum".into();
    first.when = When::Draft(None);
    let saved = posts::create(&app, &caller, &first).await.unwrap().unwrap();
    let editing = Editing::load(&app, channel.org_id, saved.post, None).await.unwrap();
    assert_eq!(editing.targets[0].target.settings["place"], "p1");
    let again = typed(&channel, &entry[..2]);
    let (second, _) = draft(&again, Some(&editing), std::slice::from_ref(&channel), &HashMap::new()).unwrap();
    let settings = &second.entries[0].settings;
    assert_eq!((&settings["__type"], settings.get("place")), (&json!("forum"), None));
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field() {
    let (app, channel, _dir) = reaching("http://127.0.0.1:1").await;
    let stranger = MediaId::new().to_string();
    let pairs = [
        ("[sub][0]", ""),
        ("[sub][1]", ""),
        ("[sub][1][title]", "far too long for this field"),
        ("[sub][1][type]", "link"),
        ("[tags]", "a, b, c, d"),
    ];
    let expected = [
        "[sub][0][sub] field.required",
        "[sub][0][title] field.too_long",
        "[sub][0][url] field.required",
        "[tags] field.too_many",
    ];
    assert_eq!(wrong(&app, &channel, &pairs).await, expected, "the entry that is empty does not count");
    let whole = [("[sub][0][sub]", "/r/x"), ("[sub][0][title]", "T"), ("[cover]", &stranger)];
    assert_eq!(wrong(&app, &channel, &whole).await, ["[cover] media.error.unknown_id"]);
    assert_eq!(wrong(&app, &channel, &[("[place]", "p")]).await, ["[sub] field.required"]);
}

/// A mention is an account of one platform: channels of others get the words.
#[tokio::test]
async fn a_mention_is_stored_for_its_provider() {
    let (app, channel, _dir) = reaching("http://127.0.0.1:1").await;
    let caller = Caller::machine(channel.org_id, "UTC", Source::Web);
    let mut form = typed(&channel, &[("[sub][0][sub]", "/r/x"), ("[sub][0][title]", "T")]);
    form.parts[0].text = "Thanks @Ann Lee!".into();
    form.parts[0].mentions = ["forum\t7\tAnn Lee", "other\t8\tAnn"].iter().filter_map(|m| mentions::Mention::read(m)).collect();
    let (draft, _) = draft(&form, None, std::slice::from_ref(&channel), &HashMap::new()).unwrap();
    let saved = posts::create(&app, &caller, &draft).await.unwrap().unwrap();
    let editing = Editing::load(&app, channel.org_id, saved.post, None).await.unwrap();
    let content = &editing.targets[0].parts[0].content;
    assert_eq!(content, "<p>Thanks <span data-mention-id=\"7\" data-mention-label=\"Ann Lee\">@Ann Lee</span>!</p>");
    let again = editing.typed(&caller);
    assert_eq!((again.parts[0].text.as_str(), again.parts[0].mentions.len()), ("Thanks @Ann Lee!", 1));
}
