//! A parsed file before decryption, whatever its format.
//!
//! Comments are kept where they stand, because comment selectors look at them. Values keep the
//! bytes that the MAC covers, so no format has to be known beyond the parser.

use super::cipher::Kind;
use super::secret::SecretValue;

/// A value in a tree.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Leaf(Leaf),
    List(Vec<ListItem>),
    Map(Map),
}

/// A scalar. It may be in plain text and secret, if the file is damaged or not encrypted.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) kind: Kind,
    pub(crate) value: SecretValue,
    /// Counted from 1; 0 where the format's parser gives no lines.
    pub(crate) line: u32,
}

#[derive(Debug, Clone)]
pub(crate) enum ListItem {
    /// The text after `#`.
    Comment(String),
    Node(Node),
}

#[derive(Debug, Clone)]
pub(crate) enum MapItem {
    /// The text after `#`.
    Comment(String),
    Pair(String, Node),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Map {
    pub(crate) items: Vec<MapItem>,
}

impl Map {
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.items.iter().filter_map(|item| match item {
            MapItem::Pair(key, node) => Some((key.as_str(), node)),
            MapItem::Comment(_) => None,
        })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.pairs().find(|(k, _)| *k == key).map(|(_, node)| node)
    }

    /// Takes `key` out, if it is there.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        let at = self.items.iter().position(|i| matches!(i, MapItem::Pair(k, _) if k == key))?;
        match self.items.remove(at) {
            MapItem::Pair(_, node) => Some(node),
            MapItem::Comment(_) => None,
        }
    }
}

impl Node {
    pub(crate) fn leaf(kind: Kind, value: impl Into<SecretValue>, line: u32) -> Self {
        Self::Leaf(Leaf { kind, value: value.into(), line })
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A list's elements; nothing for anything else.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Node> {
        let items: &[ListItem] = match self {
            Self::List(items) => items,
            _ => &[],
        };
        items.iter().filter_map(|item| match item {
            ListItem::Node(node) => Some(node),
            ListItem::Comment(_) => None,
        })
    }

    /// A scalar's text whatever its type, as sops' lenient metadata reader takes it.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Leaf(leaf) if leaf.kind != Kind::Null => leaf.value.as_str(),
            _ => None,
        }
    }

    pub(crate) fn line(&self) -> u32 {
        match self {
            Self::Leaf(leaf) => leaf.line,
            _ => 0,
        }
    }
}
