//! YAML as text with places: which bytes are which node, and splices that leave all other bytes
//! alone.
//!
//! The only module that names `granit-parser`, which is young and moves fast; a change of parser
//! ends here. It never writes YAML from a tree: re-emitting loses comments, blank lines and
//! quoting, so text is only ever inserted or removed by byte range.
//!
//! Where YAML 1.2 (granit) and 1.1 (libyaml, and with it sops) read the same bytes differently,
//! the tree follows libyaml, because sops is who reads the file in the end:
//! `&users:` is an anchor called `users:` in 1.2, and an anchored empty key in 1.1.

mod build;
mod compare;

use std::collections::HashMap;
use std::ops::Range;

pub use build::parse;
pub use compare::{Disagreement, SecondReading, agrees_with_libyaml, same};

/// One YAML document.
#[derive(Debug, Clone)]
pub struct Tree {
    pub root: Node,
    /// In the order of the text.
    pub comments: Vec<Comment>,
}

/// A node and the bytes it was read from.
#[derive(Debug, Clone)]
pub struct Node {
    /// First byte, its anchor and tag included.
    pub start: usize,
    /// First byte of the content. For a block scalar that is after its `>-` or `|` header.
    pub content: usize,
    /// One past the last byte that says something: blank lines after a block scalar and comments
    /// after a collection are left out.
    pub end: usize,
    /// Line of the content, counted from 1.
    pub line: u32,
    /// Boxed, because few nodes have one and a file may have a hundred thousand nodes.
    pub anchor: Option<Box<Anchor>>,
    pub tag: Option<Box<str>>,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub struct Anchor {
    pub name: String,
    pub at: usize,
    pub line: u32,
}

#[derive(Debug, Clone)]
pub enum Kind {
    Scalar {
        value: String,
        style: Style,
    },
    Sequence {
        items: Vec<Item>,
        flow: bool,
    },
    Mapping {
        entries: Vec<Entry>,
        flow: bool,
    },
    /// The name, without `*`.
    Alias(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    Single,
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

#[derive(Debug, Clone)]
pub struct Item {
    /// Where its `-` is; `None` in a flow sequence.
    pub dash: Option<usize>,
    pub node: Node,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub key: Node,
    pub value: Node,
}

#[derive(Debug, Clone)]
pub struct Comment {
    /// From its `#` to the end of the line, the line break left out.
    pub span: Range<usize>,
    pub line: u32,
    /// What it says, without `#` and blanks.
    pub text: String,
    /// Nothing but blanks stands before it.
    pub own_line: bool,
}

/// Why a text is not one YAML document that sops could read. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("line {line}, column {column}: {what}")]
    Syntax { line: u32, column: u32, what: String },
    #[error("line {line}: a second document begins here")]
    SeveralDocuments { line: u32 },
    #[error("line {line}: a `%YAML` directive other than 1.1, which sops refuses")]
    Version { line: u32 },
    #[error("the file holds no document")]
    Empty,
}

/// Text to put in the place of a byte range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    pub range: Range<usize>,
    pub insert: String,
}

impl Splice {
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { range: at..at, insert: text.into() }
    }

    pub fn remove(range: Range<usize>) -> Self {
        Self { range, insert: String::new() }
    }
}

/// `text` with the splices made. `None` when two overlap or one does not lie in the text: that
/// is a mistake of the caller, and no text is better than a wrong one.
pub fn apply(text: &str, splices: &[Splice]) -> Option<String> {
    let mut ordered: Vec<&Splice> = splices.iter().collect();
    ordered.sort_by_key(|s| (s.range.start, s.range.end));
    let added: usize = ordered.iter().map(|s| s.insert.len()).sum();
    let mut out = String::with_capacity(text.len() + added);
    let mut done = 0;
    for splice in ordered {
        out.push_str(text.get(done..splice.range.start)?);
        text.get(splice.range.clone())?;
        out.push_str(&splice.insert);
        done = splice.range.end;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

impl Node {
    /// A node that is intended, not read: it has no bytes.
    pub fn intended(kind: Kind) -> Self {
        Self { start: 0, content: 0, end: 0, line: 0, anchor: None, tag: None, kind }
    }

    /// The value of a scalar; `None` for everything else and for a plain empty one.
    pub fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { value, .. } if !self.is_null() => Some(value),
            _ => None,
        }
    }

    /// Nothing was written, or one of the words YAML reads as nothing.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { value, style: Style::Plain }
            if matches!(value.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    pub fn items(&self) -> Option<&[Item]> {
        match &self.kind {
            Kind::Sequence { items, .. } => Some(items),
            _ => None,
        }
    }

    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Mapping { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// The value of `key` written in this mapping itself; merges and aliases are not followed.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let named = |node: &Node| matches!(&node.kind, Kind::Scalar { value, .. } if value == key);
        self.entries()?.iter().find(|entry| named(&entry.key))
    }

    pub fn is_flow(&self) -> bool {
        matches!(self.kind, Kind::Sequence { flow: true, .. } | Kind::Mapping { flow: true, .. })
    }

    /// The child at `index`: an item of a sequence, or the value of an entry.
    pub fn child(&self, index: usize) -> Option<&Node> {
        match &self.kind {
            Kind::Sequence { items, .. } => items.get(index).map(|i| &i.node),
            Kind::Mapping { entries, .. } => entries.get(index).map(|e| &e.value),
            Kind::Scalar { .. } | Kind::Alias(_) => None,
        }
    }

    /// [`Self::child`], to build the tree that an edit intends.
    pub fn child_mut(&mut self, index: usize) -> Option<&mut Node> {
        match &mut self.kind {
            Kind::Sequence { items, .. } => items.get_mut(index).map(|i| &mut i.node),
            Kind::Mapping { entries, .. } => entries.get_mut(index).map(|e| &mut e.value),
            Kind::Scalar { .. } | Kind::Alias(_) => None,
        }
    }

    /// This node and all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        visit(self);
        match &self.kind {
            Kind::Sequence { items, .. } => items.iter().for_each(|i| i.node.walk(visit)),
            Kind::Mapping { entries, .. } => {
                for entry in entries {
                    entry.key.walk(visit);
                    entry.value.walk(visit);
                }
            }
            Kind::Scalar { .. } | Kind::Alias(_) => {}
        }
    }
}

/// Where the anchors of a tree are, to follow aliases as YAML does: an alias means the last
/// definition before it.
#[derive(Debug)]
pub struct Anchors<'a> {
    by_name: HashMap<&'a str, Vec<&'a Node>>,
    anchored: Vec<&'a Node>,
    aliases: Vec<&'a Node>,
}

impl<'a> Anchors<'a> {
    pub fn of(tree: &'a Tree) -> Self {
        let mut found = Self { by_name: HashMap::new(), anchored: Vec::new(), aliases: Vec::new() };
        tree.root.walk(&mut |node| {
            if let Some(anchor) = &node.anchor {
                found.by_name.entry(anchor.name.as_str()).or_default().push(node);
                found.anchored.push(node);
            } else if matches!(node.kind, Kind::Alias(_)) {
                found.aliases.push(node);
            }
        });
        found
    }

    /// Every node that bears an anchor, in the order of the text.
    pub fn anchored(&self) -> &[&'a Node] {
        &self.anchored
    }

    /// Every alias, in the order of the text.
    pub fn aliases(&self) -> &[&'a Node] {
        &self.aliases
    }

    /// The node itself, or what it is an alias of. `None`: nothing of that name stands before
    /// it, or it lies inside what it names.
    pub fn follow(&self, node: &'a Node) -> Option<&'a Node> {
        let Kind::Alias(name) = &node.kind else { return Some(node) };
        let found = self.by_name.get(name.as_str())?.iter().rev().find(|n| n.start < node.start)?;
        let inside = found.end >= node.end && !matches!(found.kind, Kind::Scalar { .. });
        (!inside).then_some(found)
    }

    /// All definitions of a name, in the order of the text.
    pub fn named(&self, name: &str) -> &[&'a Node] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The second definition of a name that is defined twice, the first such in the text.
    pub fn duplicate(&self) -> Option<&'a Anchor> {
        self.by_name
            .values()
            .filter_map(|nodes| nodes.get(1)?.anchor.as_deref())
            .min_by_key(|anchor| anchor.at)
    }
}

#[cfg(test)]
mod tests;
