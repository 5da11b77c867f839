//! Every template renders every sample that stands beside it.

use rostrum::{render::Pages, web::Frame};

/// `templates/<feature>/<name>.sample.json` holds the contexts a page is looked at with; a template and its view that
/// grew apart fail here and not before a user.
#[test]
fn every_template_renders_its_samples() {
    let pages = Pages::new().unwrap();
    let mut rendered = 0;
    for name in pages.names().into_iter().filter(|name| name.ends_with(".html")) {
        let sample = format!("{}/templates/{}", env!("CARGO_MANIFEST_DIR"), name.replace(".html", ".sample.json"));
        let Ok(json) = std::fs::read_to_string(&sample) else { continue };
        let contexts: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{sample}: {e}"));
        for context in contexts {
            let html = pages.render_template(&name, &context, &Frame::sample()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            assert!(html.contains("</html>"), "{name}");
            rendered += 1;
        }
    }
    assert!(rendered > 10, "{rendered}");
}

/// A mail has three texts, rendered from the same samples. Plain ones are not escaped, and have no markup.
#[test]
fn every_mail_renders_its_samples() {
    let pages = Pages::new().unwrap();
    let mut rendered = 0;
    for name in pages.names().iter().filter(|name| name.starts_with("mail/") && name.ends_with("/subject.txt")) {
        let folder = name.strip_suffix("/subject.txt").unwrap();
        let sample = format!("{}/templates/{folder}/body.sample.json", env!("CARGO_MANIFEST_DIR"));
        let contexts: Vec<serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(&sample).unwrap()).unwrap();
        for context in contexts {
            let part = |file: &str| pages.render_template(&format!("{folder}/{file}"), &context, &()).unwrap();
            let (subject, text) = (part("subject.txt"), part("body.txt"));
            assert_eq!(subject.trim().lines().count(), 1, "{name}: {subject:?}");
            assert!(!text.contains("&amp;") && !text.contains("&lt;") && !text.contains("<p"), "{text}");
            assert!(text.contains("https://rostrum.example"), "{text}");
            assert!(part("body.html").trim_end().ends_with("</html>"));
            rendered += 1;
        }
    }
    assert!(rendered >= 5, "{rendered}");
}
