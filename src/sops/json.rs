//! JSON text to a [`Map`], as sops' JSON store reads it.
//!
//! serde_json's own `Value` keeps the last of two equal keys and forgets where things stood, so
//! the structure is walked here; what a string or a number means is still its decision. A nesting
//! limit (128) keeps hostile input from exhausting the stack.

use std::collections::HashSet;

use serde::de::{DeserializeOwned, IgnoredAny};

use super::cipher::{Kind, go_float};
use super::error::ParseError;
use super::tree::{Key, List, ListItem, Map, MapItem, Node, Span};

const DEEPEST: usize = 128;

/// The one document of `text`.
pub(crate) fn document(text: &str) -> Result<Map, ParseError> {
    // serde_json says best what is wrong with a text that is no JSON.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| explain(&error))?;
    let mut scanner = Scanner { text, at: 0, line: 1 };
    match scanner.value(0)? {
        Node::Map(map) => Ok(map),
        _ => Err(ParseError::NotMapping),
    }
}

fn explain(error: &serde_json::Error) -> ParseError {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let why = text.strip_suffix(&position).unwrap_or(&text);
    if error.is_eof() {
        return ParseError::Truncated { missing: "the end of the JSON object" };
    }
    ParseError::Syntax {
        line: u32::try_from(error.line()).unwrap_or(u32::MAX),
        column: u32::try_from(error.column()).unwrap_or(u32::MAX),
        why: why.to_owned(),
    }
}

/// Walks a text that is known to be JSON.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl Scanner<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, ParseError> {
        if depth > DEEPEST {
            return Err(self.wrong("it is nested too deeply"));
        }
        match self.peek() {
            b'{' => self.map(depth).map(Node::Map),
            b'[' => self.list(depth).map(Node::List),
            b'"' => {
                let span = self.string();
                let text: String = self.decoded(&span)?;
                Ok(Node::leaf(Kind::Str, text, self.line, span))
            }
            _ => self.word(),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Map, ParseError> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        while self.peek() != b'}' {
            let span = self.string();
            let text: String = self.decoded(&span)?;
            if !seen.insert(text.clone()) {
                return Err(ParseError::DuplicateKey { key: text, line: self.line });
            }
            self.skip(b':');
            let node = self.value(depth + 1)?;
            items.push(MapItem::Pair(Key { text, span }, node));
            self.skip(b',');
        }
        self.at += 1;
        Ok(Map { items, span: start..self.at })
    }

    fn list(&mut self, depth: usize) -> Result<List, ParseError> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        while self.peek() != b']' {
            items.push(ListItem::Node(self.value(depth + 1)?));
            self.skip(b',');
        }
        self.at += 1;
        Ok(List { items, span: start..self.at })
    }

    /// The string that begins here, with its quotes.
    fn string(&mut self) -> Span {
        self.peek();
        let start = self.at;
        let mut escaped = true;
        for byte in &self.text.as_bytes()[start.min(self.text.len())..] {
            self.at += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => break,
                _ => {}
            }
        }
        start..self.at
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Node, ParseError> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start.min(self.text.len())..];
        let length = rest.iter().position(|b| b" \t\r\n,]}:".contains(b)).unwrap_or(rest.len());
        self.at += length.max(1);
        let span = start..start + length;
        let leaf = |kind, text: &str| Node::leaf(kind, text, self.line, span.clone());
        Ok(match self.text.get(span.clone()).unwrap_or_default() {
            "null" => leaf(Kind::Null, ""),
            "true" => leaf(Kind::Bool, "True"),
            "false" => leaf(Kind::Bool, "False"),
            // sops keeps what fits 64 bits with sign and takes the rest as a float.
            number => match number.parse::<i64>() {
                Ok(int) if number != "-0" => leaf(Kind::Int, &int.to_string()),
                _ => leaf(Kind::Float, &go_float(self.decoded::<f64>(&span)?)),
            },
        })
    }

    fn decoded<T: DeserializeOwned>(&self, span: &Span) -> Result<T, ParseError> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        serde_json::from_str(text).map_err(|error| {
            let text = error.to_string();
            self.wrong(text.split(" at line").next().unwrap_or_default())
        })
    }

    /// The next byte that is no blank; 0 at the end.
    fn peek(&mut self) -> u8 {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b'\n') => self.line = self.line.saturating_add(1),
                Some(b' ' | b'\t' | b'\r') => {}
                Some(other) => return *other,
                None => return 0,
            }
            self.at += 1;
        }
    }

    fn skip(&mut self, byte: u8) {
        if self.peek() == byte {
            self.at += 1;
        }
    }

    fn wrong(&self, why: &str) -> ParseError {
        let before = self.text.get(..self.at).unwrap_or_default();
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let column = u32::try_from(column).unwrap_or(u32::MAX).max(1);
        ParseError::Syntax { line: self.line, column, why: why.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        document(text).unwrap_err().to_string()
    }

    #[test]
    fn numbers_have_the_bytes_that_the_mac_covers() {
        let map = document(
            r#"{"a": 9223372036854775807, "b": 12345678901234567890, "c": 1.0, "d": 1e-7}"#,
        );
        let map = map.unwrap();
        let bytes: Vec<_> = map.pairs().filter_map(|(_, node)| node.text()).collect();
        assert_eq!(bytes, ["9223372036854775807", "12345678901234567000", "1", "0.0000001"]);
    }

    #[test]
    fn faults_are_located() {
        insta::assert_snapshot!(error("{\"a\": 1,\n \"a\": 2}"), @"line 2: the key `a` occurs twice");
        insta::assert_snapshot!(error("[1]"), @"its top level is not a mapping");
        insta::assert_snapshot!(error("{\"a\": "), @"it is cut off: the end of the JSON object is missing");
        insta::assert_snapshot!(error("{\"a\"; 1}"), @"line 1, column 5: expected `:`");
        let deep = "{\"a\":".repeat(100_000);
        assert!(document(&deep).is_err());
    }
}
