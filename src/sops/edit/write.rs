//! New text in the style of a file: its indentation, its line ends, its way to quote.

use super::EditError;
use super::place::column;
use crate::sops::file::{Block, Format};
use crate::sops::tree::Step;
use crate::sops::yaml::scalar;

/// What one level of a file is made of.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// In JSON the blanks between an opening brace and the first key, its line end with them; none
    /// in a file of one line. In YAML the blanks of a level.
    ws: String,
    pub(super) eol: &'static str,
}

impl Unit {
    pub(super) fn of(text: &str, format: Format, block: &Block) -> Result<Self, EditError> {
        let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let map = block.node.as_map().ok_or(EditError::Style)?;
        let (first, _) = map.entries().next().ok_or(EditError::Style)?;
        let ws = match format {
            Format::Yaml => {
                let (outer, inner) =
                    (column(text, block.key.span.start), column(text, first.span.start));
                " ".repeat(inner.saturating_sub(outer).max(1))
            }
            _ => {
                let before = text.get(..block.key.span.start).unwrap_or_default();
                let blanks = before.len() - before.trim_end().len();
                before[before.len() - blanks..].to_owned()
            }
        };
        Ok(Self { ws, eol })
    }

    pub(super) fn spaces(&self) -> usize {
        self.ws.chars().count()
    }

    /// One level of JSON, without its line end.
    fn level(&self) -> &str {
        self.ws.trim_start_matches(['\r', '\n'])
    }

    /// The blanks before an entry one level below a line that begins with `outer`.
    pub(super) fn deeper(&self, outer: &str) -> String {
        if self.ws.contains('\n') {
            format!("{}{outer}{}", self.eol, self.level())
        } else {
            String::new()
        }
    }

    /// A JSON entry; `ws` are the blanks before it.
    pub(super) fn json(&self, steps: &[Step], value: &str, ws: &str) -> String {
        let Some((Step::Key(key), rest)) = steps.split_first() else { return json(value) };
        let key = json(key);
        if rest.is_empty() {
            return format!("{key}: {}", json(value));
        }
        let outer = ws.trim_start_matches(['\r', '\n']);
        let inner = if ws.contains('\n') { self.deeper(outer) } else { String::new() };
        let close = if inner.is_empty() { "" } else { ws };
        format!("{key}: {{{inner}{}{close}}}", self.json(rest, value, &inner))
    }

    /// A YAML entry at `column`, without the blanks of its first line and without a line end.
    pub(super) fn yaml(&self, steps: &[Step], value: &str, column: usize) -> String {
        let mut text = String::new();
        let mut at = column;
        for (number, step) in steps.iter().enumerate() {
            let Step::Key(key) = step else { break };
            if number > 0 {
                at += self.spaces();
                text.push_str(self.eol);
                text.push_str(&" ".repeat(at));
            }
            let key = scalar::write(key);
            // YAML readers look at most 1024 characters ahead for a colon.
            if key.len() > 128 {
                text.push_str(&format!("? {key}{}{}:", self.eol, " ".repeat(at)));
            } else {
                text.push_str(&format!("{key}:"));
            }
        }
        text.push(' ');
        text.push_str(&yaml(value));
        text
    }
}

/// A value in YAML: what is encrypted needs no quotes outside of flow style.
pub(super) fn yaml(value: &str) -> String {
    match value {
        "" => "\"\"".to_owned(),
        sealed if sealed.starts_with("ENC[") => sealed.to_owned(),
        other => scalar::write(other),
    }
}

/// A JSON string as Go's encoder writes it, which escapes what HTML knows.
pub(super) fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
