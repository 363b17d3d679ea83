//! JSON text to a [`Map`], as sops' JSON store reads it.
//!
//! serde_json's own `Value` keeps the last of two equal keys; here that is an error. Its nesting
//! limit (128) keeps hostile input from exhausting the stack.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::cipher::{Kind, go_float};
use super::error::ParseError;
use super::tree::{ListItem, Map, MapItem, Node};

/// The one document of `text`.
pub(crate) fn document(text: &str) -> Result<Map, ParseError> {
    match serde_json::from_str(text).map_err(|error| explain(&error))? {
        Parsed(Node::Map(map)) => Ok(map),
        Parsed(_) => Err(ParseError::NotMapping),
    }
}

/// How the visitor names a duplicate key to [`explain`]: serde's errors carry only text.
const DUPLICATE: &str = "duplicate key ";

fn explain(error: &serde_json::Error) -> ParseError {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let why = text.strip_suffix(&position).unwrap_or(&text);
    let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
    if error.is_eof() {
        return ParseError::Truncated { missing: "the end of the JSON object" };
    }
    match why.strip_prefix(DUPLICATE) {
        Some(key) => ParseError::DuplicateKey { key: key.to_owned(), line },
        None => ParseError::Syntax {
            line,
            column: u32::try_from(error.column()).unwrap_or(u32::MAX),
            why: why.to_owned(),
        },
    }
}

struct Parsed(Node);

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor).map(Self)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::leaf(Kind::Null, "", 0))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::leaf(Kind::Bool, if value { "True" } else { "False" }, 0))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::leaf(Kind::Int, value.to_string(), 0))
    }

    /// sops keeps what fits 64 bits with sign and takes the rest as a float.
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(match i64::try_from(value) {
            Ok(value) => Node::leaf(Kind::Int, value.to_string(), 0),
            Err(_) => Node::leaf(Kind::Float, go_float(value as f64), 0),
        })
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::leaf(Kind::Float, go_float(value), 0))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::leaf(Kind::Str, value, 0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(Parsed(node)) = seq.next_element()? {
            items.push(ListItem::Node(node));
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(serde::de::Error::custom(format!("{DUPLICATE}{key}")));
            }
            let Parsed(node) = map.next_value()?;
            items.push(MapItem::Pair(key, node));
        }
        Ok(Node::Map(Map { items }))
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
