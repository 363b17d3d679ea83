//! A parsed file before decryption, whatever its format.
//!
//! Comments are kept where they stand, because comment selectors look at them. Values keep the
//! bytes that the MAC covers, so no format has to be known beyond the parser. Everything knows
//! where it stands in the text, so that an edit can leave all the other bytes alone.

use std::ops::Range;

use super::cipher::Kind;
use super::secret::SecretValue;

/// Bytes of the text; `0..0` where the format's parser gives no places.
pub(crate) type Span = Range<usize>;

/// A value in a tree.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Leaf(Leaf),
    List(List),
    Map(Map),
}

/// A scalar. It may be in plain text and secret, if the file is damaged or not encrypted.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) kind: Kind,
    pub(crate) value: SecretValue,
    /// Counted from 1; 0 where the format's parser gives no lines.
    pub(crate) line: u32,
    /// With its quotes, or from the `|` of a block to its last character.
    pub(crate) span: Span,
}

/// The text after `#`.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) text: String,
    /// With the `#`.
    pub(crate) span: Span,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    pub(crate) items: Vec<ListItem>,
    /// With the brackets of a flow list; of a block list only the start is exact.
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) enum ListItem {
    Comment(Comment),
    Node(Node),
}

#[derive(Debug, Clone)]
pub(crate) enum MapItem {
    Comment(Comment),
    Pair(Key, Node),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) text: String,
    /// Where it stands, with its quotes.
    pub(crate) span: Span,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Map {
    pub(crate) items: Vec<MapItem>,
    /// As in [`List`].
    pub(crate) span: Span,
}

/// One step from a collection to what is in it. List positions count values, not comments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Key(String),
    Index(usize),
}

impl Map {
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = (&Key, &Node)> {
        self.items.iter().filter_map(|item| match item {
            MapItem::Pair(key, node) => Some((key, node)),
            MapItem::Comment(_) => None,
        })
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries().map(|(key, node)| (key.text.as_str(), node))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.pairs().find(|(k, _)| *k == key).map(|(_, node)| node)
    }

    pub(crate) fn push(&mut self, key: &str, node: Node) {
        self.items.push(MapItem::Pair(Key { text: key.to_owned(), span: 0..0 }, node));
    }

    /// Takes `key` out, if it is there.
    pub(crate) fn take(&mut self, key: &str) -> Option<(Key, Node)> {
        let is_it = |item: &MapItem| matches!(item, MapItem::Pair(k, _) if k.text == key);
        let at = self.items.iter().position(is_it)?;
        match self.items.remove(at) {
            MapItem::Pair(key, node) => Some((key, node)),
            MapItem::Comment(_) => None,
        }
    }
}

impl List {
    /// The values. sops keeps an encrypted comment of a list as an element, which is none.
    pub(crate) fn nodes(&self) -> impl DoubleEndedIterator<Item = &Node> {
        self.items.iter().filter_map(|item| match item {
            ListItem::Node(node) if !node.is_comment() => Some(node),
            _ => None,
        })
    }
}

impl Node {
    pub(crate) fn leaf(kind: Kind, value: impl Into<SecretValue>, line: u32, span: Span) -> Self {
        Self::Leaf(Leaf { kind, value: value.into(), line, span })
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&List> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// A list's elements; nothing for anything else.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Node> {
        self.as_list().into_iter().flat_map(List::nodes)
    }

    /// A scalar's text whatever its type, as sops' lenient metadata reader takes it.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Leaf(leaf) if leaf.kind != Kind::Null => leaf.value.as_str(),
            _ => None,
        }
    }

    /// An encrypted comment that stands where a value could.
    pub(crate) fn is_comment(&self) -> bool {
        let is_one = |text: &str| text.starts_with("ENC[") && text.ends_with(",type:comment]");
        matches!(self, Self::Leaf(leaf) if leaf.kind == Kind::Str)
            && self.text().is_some_and(is_one)
    }

    pub(crate) fn line(&self) -> u32 {
        match self {
            Self::Leaf(leaf) => leaf.line,
            _ => 0,
        }
    }

    pub(crate) fn span(&self) -> &Span {
        match self {
            Self::Leaf(leaf) => &leaf.span,
            Self::List(list) => &list.span,
            Self::Map(map) => &map.span,
        }
    }

    /// What `step` leads to.
    pub(crate) fn child(&self, step: &Step) -> Option<&Node> {
        match (self, step) {
            (Self::Map(map), Step::Key(key)) => map.get(key),
            (Self::List(list), Step::Index(index)) => list.nodes().nth(*index),
            _ => None,
        }
    }

    /// The same values in the same places of the tree, wherever they stand in a text. Comments do
    /// not count.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Leaf(a), Self::Leaf(b)) => a.kind == b.kind && a.value == b.value,
            (Self::List(a), Self::List(b)) => {
                a.nodes().count() == b.nodes().count()
                    && a.nodes().zip(b.nodes()).all(|(a, b)| a.same(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.pairs().count() == b.pairs().count()
                    && a.pairs().zip(b.pairs()).all(|((ka, a), (kb, b))| ka == kb && a.same(b))
            }
            _ => false,
        }
    }
}
