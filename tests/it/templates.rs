//! Every template renders every sample that stands beside it.

use rostrum::{render::Pages, web::Frame};

/// `templates/<feature>/<name>.sample.json` holds the contexts a page is looked at with; a template and its view that
/// grew apart fail here and not before a user.
#[test]
fn every_template_renders_its_samples() {
    let pages = Pages::new().unwrap();
    let mut rendered = 0;
    for name in pages.names() {
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
