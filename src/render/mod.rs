//! Pages and texts: the one template environment, the message catalogue and the addresses of embedded files.

mod assets;
mod catalogue;
pub mod date;
mod field_text;
mod language;
mod modules;
mod moment;

use std::{fmt::Write as _, sync::Arc};

use minijinja::{
    AutoEscape, Environment, HtmlEscape, UndefinedBehavior,
    value::{Kwargs, Serde, Value},
};
use rust_embed::RustEmbed;
use serde::Serialize;

pub use assets::{Asset, asset, asset_url};
pub use catalogue::{Catalogue, lookup, text};
pub use field_text::FieldText;
pub use language::Language;
pub use modules::announced;
pub use moment::Moment;

use crate::error::{Error, Message, Result};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/templates"]
#[include = "*.html"]
#[include = "*.txt"]
struct Templates;

/// One page's template and what it is given. A test renders every sample strictly.
pub trait View: Serialize {
    /// Below `templates/`, for example `posts/index.html`.
    const TEMPLATE: &'static str;

    /// The page's title: a message.
    fn title(&self) -> Message;
}

/// Renders templates. Cloning is cheap.
#[derive(Clone)]
pub struct Pages(Arc<Environment<'static>>);

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pages")
    }
}

impl Pages {
    /// Compiles every embedded template.
    pub fn new() -> Result<Self> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        // The plain texts of mails are the only templates that are not HTML.
        env.set_auto_escape_callback(|name| if name.ends_with(".txt") { AutoEscape::None } else { AutoEscape::Html });
        env.add_function("t", translate);
        env.add_filter("code", code);
        env.add_function("asset", |path: &str| asset_url(path));
        env.add_function("has_asset", |path: &str| asset(path).is_some());
        for name in Templates::iter() {
            let file = Templates::get(&name).ok_or_else(|| missing(&name))?;
            let source = String::from_utf8(file.data.into_owned()).map_err(Error::internal)?;
            env.add_template_owned(name.into_owned(), source).map_err(Error::internal)?;
        }
        Ok(Self(Arc::new(env)))
    }

    /// Renders `view` inside `frame`, which templates see as `frame`.
    pub fn render<V: View>(&self, view: &V, frame: &impl Serialize) -> Result<String> {
        self.render_template(V::TEMPLATE, view, frame)
    }

    /// Renders a template by name.
    pub fn render_template(&self, name: &str, view: &impl Serialize, frame: &impl Serialize) -> Result<String> {
        let context = minijinja::context! { frame => Value::from(Serde(frame)), ..Value::from(Serde(view)) };
        let template = self.0.get_template(name).map_err(Error::internal)?;
        template.render(context).map_err(|e| Error::Internal(anyhow::anyhow!("{e:#}")))
    }

    /// Names of all templates, for the tests.
    pub fn names(&self) -> Vec<String> {
        self.0.templates().map(|(name, _)| name.to_owned()).collect()
    }
}

fn missing(name: &str) -> Error {
    Error::Internal(anyhow::anyhow!("the template {name} is not embedded"))
}

/// Words that name code between backticks, as the documents of the APIs do: `text|code` in templates.
fn code(text: &str) -> Value {
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd backtick is one of the words.
    let whole = pieces.len() % 2 == 1;
    let mut html = String::new();
    for (n, piece) in if whole { pieces } else { vec![text] }.into_iter().enumerate() {
        let escaped = HtmlEscape(piece);
        let _ = if n % 2 == 1 { write!(html, "<code>{escaped}</code>") } else { write!(html, "{escaped}") };
    }
    Value::from_safe_string(html)
}

/// `t('key', name=value)` in templates.
fn translate(key: &str, args: Kwargs) -> std::result::Result<String, minijinja::Error> {
    let values: Vec<(String, String)> = args
        .args()
        .map(|name| Ok((name.to_owned(), args.get::<Value>(name)?.to_string())))
        .collect::<std::result::Result<_, minijinja::Error>>()?;
    let pairs: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    catalogue::find(key, &pairs).ok_or_else(|| {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, format!("the catalogue has no text for {key}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_are_code_and_nothing_else_is_html() {
        assert_eq!(
            code("Needs `channels:read` or `<b>` & more.").to_string(),
            "Needs <code>channels:read</code> or <code>&lt;b&gt;</code> &amp; more."
        );
        assert_eq!(code("one ` alone <i>").to_string(), "one ` alone &lt;i&gt;");
    }
}
