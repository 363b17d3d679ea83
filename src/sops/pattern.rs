//! Go's regular expressions, evaluated by the `regex` crate.
//!
//! sops matches selectors and `path_regex` with Go's RE2: unanchored, `\d \s \w \b` ASCII only.
//! The two dialects agree on all ordinary patterns. What Go reads as ASCII is written out; what
//! the two read differently, or what either refuses, is a [`PatternError`]. That is never the same
//! as "no match": the rule might well win, and a secret might stay in plain text.

mod pieces;
mod translate;

use regex::bytes::Regex;
use thiserror::Error;

pub use pieces::{Piece, pieces};

/// A pattern that means the same to sops and to us.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// A pattern whose answer would be a guess.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the pattern `{pattern}` cannot be evaluated: {why}")]
pub struct PatternError {
    pub pattern: String,
    pub why: String,
}

impl Pattern {
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let refuse = |why: String| PatternError { pattern: text.to_owned(), why };
        let translated = translate::from_go(text).map_err(|why| refuse(why.to_owned()))?;
        let regex = Regex::new(&translated).map_err(|error| refuse(last_line(&error)))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pattern matches somewhere in `subject`.
    pub fn matches(&self, subject: &str) -> bool {
        self.regex.is_match(subject.as_bytes())
    }
}

/// Does `pattern` match somewhere in `subject`?
///
/// For a pattern that is asked once: a simple one that holds a run of literals which `subject`
/// lacks is not even compiled, as a file may have ten thousand rules.
pub fn matches(pattern: &str, subject: &str) -> Result<bool, PatternError> {
    if pieces::cannot_match(pattern, subject) {
        return Ok(false);
    }
    Ok(Pattern::new(pattern)?.matches(subject))
}

/// `text` as a pattern that matches it and nothing else, by the signs that Go's `QuoteMeta`
/// escapes.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The crate draws the pattern with a marker; its last line holds the reason.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.trim().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests;
