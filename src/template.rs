//! Renders a layout's templates into Nix. Everything a template prints is written as a Nix string
//! unless it says `|raw` (Nix text made by doorstep), `|attr` (an attribute name) or `|item` (a
//! module by name, as a list item in the scope of `with`): a name from outside cannot break out.
//!
//! Delimiters are `<% %>`, `<< >>` and `<# #>`, because `{{` and `{#` occur in Nix.

use std::fs;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};
use rust_embed::RustEmbed;
use serde::Serialize;

use crate::fleet::Fleet;
use crate::fleet::layout::Layout;
use crate::nix;
use crate::problem::Problem;
use crate::splice;

/// The templates of the built-in layouts.
#[derive(RustEmbed)]
#[folder = "templates"]
struct BuiltIn;

/// A template of a fleet larger than this is something else.
const LARGEST: u64 = 256 * 1024;

/// One template: its place, for messages, and its text.
#[derive(Debug)]
pub struct Template {
    pub place: String,
    pub text: String,
}

/// The template `name` of a layout: from the fleet where it carries its own, else built in.
///
/// # Errors
/// It is not there, or is no plain file inside the fleet.
pub fn of(layout: &Layout, fleet: &Fleet, name: &str) -> Result<Template, Problem> {
    let Some(folder) = &layout.folder else {
        return built_in(&format!("{}/{name}", layout.id));
    };
    let place = folder.join(name).display().to_string();
    let path = fleet.at(&place);
    let plain = fs::symlink_metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= LARGEST);
    let text = plain.then(|| fs::read_to_string(&path).ok()).flatten();
    let text = text.ok_or_else(|| {
        Problem::fleet(format!("the layout's template `{place}` cannot be read"))
            .hint("add it beside the layout's `layout.yaml`, as a plain file")
    })?;
    Ok(Template { place, text })
}

/// The template at `place` in `templates/`.
///
/// # Errors
/// It is not there.
pub(crate) fn built_in(place: &str) -> Result<Template, Problem> {
    let file = BuiltIn::get(place)
        .ok_or_else(|| Problem::bug(format!("the built-in template `{place}` is missing")))?;
    let text = String::from_utf8_lossy(&file.data).into_owned();
    Ok(Template { place: place.to_owned(), text })
}

/// The template that fills a place: it has the place's own file name.
pub fn name_of(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}

impl Template {
    /// The text with `values`, formatted as nixfmt would.
    ///
    /// # Errors
    /// When the template is wrong (a fleet may bring its own), asks for an unknown value, or a
    /// value cannot be written in Nix at all (a NUL character).
    pub fn render(&self, values: impl Serialize) -> Result<String, Problem> {
        let problem = |e: &dyn std::fmt::Display| {
            Problem::fleet(format!("the template `{}` cannot be filled in", self.place)).cause(e)
        };
        let text = environment()
            .and_then(|env| {
                env.render_named_str(&self.place, &self.text, Value::from(Serde(&values)))
            })
            .map_err(|e| problem(&e))?;
        splice::nix::format(&text).map_err(|e| problem(&e))
    }
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut env = Environment::new();
    env.set_syntax(
        minijinja::syntax::SyntaxConfig::builder()
            .block_delimiters("<%", "%>")
            .variable_delimiters("<<", ">>")
            .comment_delimiters("<#", "#>")
            .keep_trailing_newline(true)
            .build()?,
    );
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::Custom("nix".into()));
    env.set_formatter(|out, state, value| match text_of(state, value)? {
        Some(text) => out.write_str(&text).map_err(Error::from),
        None => Err(Error::new(ErrorKind::BadEscape, "only text can be written into Nix")),
    });
    env.add_filter("raw", |value: Value| Value::from_safe_string(value.to_string()));
    env.add_filter("attr", |name: String| {
        nix::attr(&name).map(Value::from_safe_string).map_err(refused)
    });
    env.add_filter("item", |name: String, scope: String| {
        item(&name, &scope).map(Value::from_safe_string)
    });
    Ok(env)
}

fn text_of(_: &State, value: &Value) -> Result<Option<String>, Error> {
    if value.is_safe() {
        return Ok(Some(value.to_string()));
    }
    value.as_str().map(|text| nix::quote(text).map_err(refused)).transpose()
}

/// `name` as an item of a list under `with scope;`: bare where that is a Nix name, else selected
/// from the scope, because `with` does not reach quoted names.
fn item(name: &str, scope: &str) -> Result<String, Error> {
    let attr = nix::attr(name).map_err(refused)?;
    Ok(if attr.starts_with('"') { format!("{scope}.{attr}") } else { attr })
}

fn refused(e: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidOperation, e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str, values: serde_json::Value) -> Result<String, String> {
        let template = Template { place: "t.nix".to_owned(), text: text.to_owned() };
        template.render(values).map_err(|problem| problem.to_string())
    }

    #[test]
    fn values_are_strings_unless_the_template_says_otherwise() {
        let text = "{ a = << v >>; << v|attr >> = [ << n|raw >> ]; \
                    b = with s; [ << v|item(\"s\")|raw >> << w|item(\"s\")|raw >> ]; }";
        let values = serde_json::json!({ "v": "x.\"${y}\"", "w": "core", "n": "1" });
        insta::assert_snapshot!(rendered(text, values).unwrap(), @r#"
        {
          a = "x.\"\${y}\"";
          "x.\"\${y}\"" = [ 1 ];
          b = with s; [
            s."x.\"\${y}\""
            core
          ];
        }
        "#);
    }

    #[test]
    fn what_cannot_be_written_is_refused_with_the_template() {
        let nul = serde_json::json!({ "v": "a\u{0}b" });
        assert!(rendered("{ a = << v >>; }", nul).unwrap_err().contains("`t.nix`"));
        let number = serde_json::json!({ "v": 1 });
        let refused = rendered("{ a = << v >>; }", number).unwrap_err();
        assert!(refused.contains("only text can be written into Nix"), "{refused}");
        assert!(rendered("{ a = << gone >>; }", serde_json::json!({})).is_err());
        assert!(rendered("{ a = ; }", serde_json::json!({})).is_err(), "no Nix");
    }

    #[test]
    fn every_place_of_a_built_in_layout_has_its_template() {
        for layout in crate::fleet::layout::built_in() {
            let places = layout.places.user_files.iter().map(|place| name_of(place));
            let standalone = layout.places.standalone_file.as_ref().map(|_| "standalone.nix");
            for name in places.chain(standalone) {
                assert!(BuiltIn::get(&format!("{}/{name}", layout.id)).is_some(), "{name}");
            }
        }
    }
}
