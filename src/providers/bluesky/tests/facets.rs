//! What is linked in a text, and where.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::super::facets::{What, detect};

/// The facets of a text as `slice=what`.
fn found(text: &str) -> Vec<String> {
    let show = |what: &What| match what {
        What::Mention(handle) => format!("@{handle}"),
        What::Link(uri) => uri.clone(),
        What::Tag(tag) => format!("#{tag}"),
    };
    detect(text).iter().map(|f| format!("{}={}", &text[f.start..f.end], show(&f.what))).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(found(text), expected, "in {text:?}");
}

#[test]
fn mentions_are_handles_at_the_start_of_a_word() {
    check("@alice.test", &["@alice.test=@alice.test"]);
    check(
        "hi @Alice.Bsky.Social, (@bob.example.com) and @carol.test's",
        &["@Alice.Bsky.Social=@alice.bsky.social", "@bob.example.com=@bob.example.com", "@carol.test=@carol.test"],
    );
    check("@alice.test.", &["@alice.test=@alice.test"]);
    check("@alice.testさん @bob.test🙂", &["@alice.test=@alice.test", "@bob.test=@bob.test"]);
    check("@alice @ @. @-a.test @a..test a@alice.test @alice.test@mastodon.social @a.1x", &[]);
}

#[test]
fn links_have_a_scheme_or_a_known_end() {
    check("see https://example.org/a?b=c#d.", &["https://example.org/a?b=c#d=https://example.org/a?b=c#d"]);
    check(
        "example.org, www.example.co.uk/x! and EXAMPLE.COM",
        &[
            "example.org=https://example.org",
            "www.example.co.uk/x=https://www.example.co.uk/x",
            "EXAMPLE.COM=https://EXAMPLE.COM",
        ],
    );
    check(
        "example.org:8080/x example.org: example.org?q",
        &[
            "example.org:8080/x=https://example.org:8080/x",
            "example.org=https://example.org",
            "example.org?q=https://example.org?q",
        ],
    );
    check("http://127.0.0.1:99/page end", &["http://127.0.0.1:99/page=http://127.0.0.1:99/page"]);
    check(
        "e.g. node.js 1.2.3.4 v1.0 End.So me@example.org john.me@example.org example.org_x https:// https://. https:///x x.notatld",
        &[],
    );
    check("xhttps://example.org", &[]);
}

#[test]
fn punctuation_and_brackets_around_a_link_stay_outside() {
    let wiki = "https://en.wikipedia.org/wiki/Rust_(language)";
    for (text, uri) in [
        (format!("({wiki})"), wiki),
        (format!("see ({wiki})."), wiki),
        ("(see https://example.org/a)...".into(), "https://example.org/a"),
        ("[https://example.org/a]!?".into(), "https://example.org/a"),
        ("\"https://example.org/a\",".into(), "https://example.org/a"),
        ("<https://example.org/a>".into(), "https://example.org/a"),
        ("text (https://example.org/)".into(), "https://example.org/"),
    ] {
        assert_eq!(found(&text), [format!("{uri}={uri}")], "in {text:?}");
    }
    check("(example.org)", &["example.org=https://example.org"]);
}

#[test]
fn tags_are_not_only_digits_and_end_before_punctuation() {
    check(
        "#a, ＃b! (#c) #d-e #f_ #1 #1st #! # #️⃣ #😀 a#b",
        &["#a=#a", "＃b=#b", "#c=#c", "#d-e=#d-e", "#f=#f", "#1st=#1st", "#😀=#😀"],
    );
    check("#cats#dogs", &["#cats=#cats", "#dogs=#dogs"]);
    check("#C# and #c++", &["#C=#C", "#c++=#c++"]);
    check(&format!("#{} #{}", "é".repeat(65), "👨".repeat(64)), &[&format!("#{0}=#{0}", "👨".repeat(64))]);
    check("$aapl, ($BTC) $TOOLONG $1 $a1 $ x$y", &["$aapl=#$AAPL", "$BTC=#$BTC", "$a1=#$A1"]);
}

#[test]
fn ranges_count_bytes_whatever_stands_before() {
    for before in ["", "👨‍👩‍👧 ", "e\u{301} ", "漢字 ", "שלום ", "مرحبا ", "\u{202e}x ", "🇩🇪\n"] {
        let text = format!("{before}https://example.org/x");
        let facet = detect(&text).remove(0);
        assert_eq!((facet.start, facet.end), (before.len(), before.len() + 21), "{text:?}");
        let json = facet.json(&BTreeMap::new()).unwrap();
        assert_eq!(json["index"], json!({"byteStart": before.len(), "byteEnd": before.len() + 21}));
    }
    check(
        "詳しくはhttps://example.org/日本をご覧ください。",
        &["https://example.org/日本をご覧ください=https://example.org/日本をご覧ください"],
    );
    check("「https://example.org/日本」と#日本語。", &["https://example.org/日本=https://example.org/日本"]);
    check("#日本語。 #שלום #e\u{301}te\u{301}", &["#日本語=#日本語", "#שלום=#שלום", "#e\u{301}te\u{301}=#e\u{301}te\u{301}"]);
}

#[test]
fn neighbours_do_not_overlap() {
    check(
        "@a.test #b https://c.org/#d @e.test/f",
        &["@a.test=@a.test", "#b=#b", "https://c.org/#d=https://c.org/#d", "@e.test=@e.test"],
    );
    check("https://a.org/https://b.org/@c.test", &["https://a.org/https://b.org/@c.test=https://a.org/https://b.org/@c.test"]);
}

#[test]
fn a_mention_of_nobody_is_no_facet() {
    let found = detect("@a.test @b.test");
    let dids = BTreeMap::from([("b.test".to_owned(), "did:plc:b".to_owned())]);
    let json: Vec<_> = found.iter().filter_map(|f| f.json(&dids)).collect();
    let feature = json!({"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:b"});
    assert_eq!(json, [json!({"index": {"byteStart": 8, "byteEnd": 15}, "features": [feature]})]);
}

/// Texts in which facets are likely, in any neighbourhood.
fn texts() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        any::<char>().prop_map(String::from),
        "[ \\n().,#@$a-z0-9/:-]{1,6}",
        prop::sample::select(vec![
            "https://",
            "example.org",
            "@alice.test",
            "#tag",
            "＃",
            "$abc",
            "👨‍👩‍👧",
            "e\u{301}",
            "漢字",
            "שלום",
            " ",
            "(",
            ")",
            "]",
            "。",
            "\u{200d}",
            "\u{fe0f}",
            "http://x",
            "/",
            "HTTPS://",
            "\u{feff}",
            "\u{85}",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn every_range_is_apart_on_character_boundaries_and_says_what_it_is(text in texts()) {
        let mut end = 0;
        for facet in detect(&text) {
            prop_assert!(end <= facet.start && facet.start < facet.end && facet.end <= text.len());
            end = facet.end;
            let slice = text.get(facet.start..facet.end);
            prop_assert!(slice.is_some(), "not on a character boundary");
            let slice = slice.unwrap_or_default();
            match &facet.what {
                What::Mention(handle) => prop_assert_eq!(slice.to_ascii_lowercase(), format!("@{handle}")),
                What::Link(uri) => {
                    prop_assert!(uri == slice || *uri == format!("https://{slice}"), "{} {}", uri, slice);
                    // What the platform asks of an address: /^\w+:(?:\/\/)?[^\s/][^\s]*$/
                    let rest = uri.split_once("://").map_or("/", |(_, rest)| rest);
                    prop_assert!(!rest.is_empty() && !rest.starts_with('/') && !rest.contains(['\u{feff}', ' ', '\n']), "{}", uri);
                }
                What::Tag(tag) if slice.starts_with('$') => prop_assert_eq!(slice.to_ascii_uppercase(), tag.as_str()),
                What::Tag(tag) => prop_assert_eq!(slice.trim_start_matches(['#', '＃']), tag),
            }
        }
    }
}
