//! Go regular expressions, as far as the `regex` crate gives the same answer.
//!
//! sops matches selectors with Go's RE2: unanchored, on bytes, `\d \w \s \b` ASCII only. Where the
//! crate would read a pattern differently, the pattern is refused: "cannot be evaluated" is an
//! honest answer, "no match" could leave a secret in plain text.

use regex::bytes::{Regex, RegexBuilder};
use thiserror::Error;

/// A pattern that means the same to sops and to us.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the pattern `{pattern}` cannot be evaluated: {why}")]
pub struct PatternError {
    pub pattern: String,
    pub why: String,
}

/// What is written the same and read differently: `\<` is a plain `<` in Go and a word start here,
/// Go alone knows `\Q…\E`, and `&&`, `--`, `~~` in a class are set operations here.
fn read_differently(text: &str) -> Option<&'static str> {
    let mut in_class = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let escapes = [r"\<", r"\>", r"\Q"];
        let operations = ["&&", "--", "~~"];
        if let Some(part) = escapes.into_iter().find(|p| rest.starts_with(p)) {
            return Some(part);
        }
        if let Some(part) = operations.into_iter().find(|p| in_class && rest.starts_with(p)) {
            return Some(part);
        }
        match first {
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        let escaped = if first == '\\' { rest[1..].chars().next() } else { None };
        rest = &rest[first.len_utf8() + escaped.map_or(0, char::len_utf8)..];
    }
    None
}

impl Pattern {
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let refuse = |why: String| PatternError { pattern: text.to_owned(), why };
        if let Some(part) = read_differently(text) {
            return Err(refuse(format!("`{part}` means something else to sops")));
        }
        // Unicode classes and non-ASCII sets need Unicode mode; the ASCII classes need it off.
        let build = |unicode| RegexBuilder::new(text).unicode(unicode).build();
        let regex = build(false).or_else(|_| build(true)).map_err(|e| refuse(last_line(&e)))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn matches(&self, subject: &str) -> bool {
        self.regex.is_match(subject.as_bytes())
    }
}

/// The crate draws the pattern with a marker; its last line holds the reason.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_unanchored_and_ascii() {
        let pattern = Pattern::new(r"^(data|\d+)").unwrap();
        assert!(pattern.matches("data_x") && pattern.matches("12"));
        assert!(!pattern.matches("xdata") && !pattern.matches("٣"));
        assert!(Pattern::new(r"^\pL$").unwrap().matches("é"));
        assert!(Pattern::new("ü").unwrap().matches("Grüße"));
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        let why = |p: &str| Pattern::new(p).unwrap_err().to_string();
        insta::assert_snapshot!(why("("), @"the pattern `(` cannot be evaluated: unclosed group");
        insta::assert_snapshot!(why(r"\Qa\E"), @r#"the pattern `\Qa\E` cannot be evaluated: `\Q` means something else to sops"#);
        insta::assert_snapshot!(why("(?=x)"), @"the pattern `(?=x)` cannot be evaluated: look-around, including look-ahead and look-behind, is not supported");
        insta::assert_snapshot!(why("[a&&b]"), @"the pattern `[a&&b]` cannot be evaluated: `&&` means something else to sops");
        assert!(Pattern::new(r"a--b\\<?").is_ok());
    }
}
