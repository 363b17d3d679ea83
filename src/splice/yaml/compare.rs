//! Do two readings of a text agree?

use serde_yaml::Value;

use super::{Anchors, Kind, Node, Style, Tree};

/// The two trees say the same: values, order, anchors, aliases and tags. Places, comments and
/// quoting may differ, except that a plain scalar is not a quoted one (`1` is not `"1"`).
pub fn same(a: &Node, b: &Node) -> bool {
    if a.anchor.as_ref().map(|a| &a.name) != b.anchor.as_ref().map(|b| &b.name) || a.tag != b.tag {
        return false;
    }
    match (&a.kind, &b.kind) {
        (Kind::Alias(a), Kind::Alias(b)) => a == b,
        (Kind::Scalar { value: v, style: s }, Kind::Scalar { value: w, style: t }) => {
            v == w && (*s == Style::Plain) == (*t == Style::Plain)
        }
        (Kind::Sequence { items: a, .. }, Kind::Sequence { items: b, .. }) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.node, &b.node))
        }
        (Kind::Mapping { entries: a, .. }, Kind::Mapping { entries: b, .. }) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| same(&a.key, &b.key) && same(&a.value, &b.value))
        }
        _ => false,
    }
}

/// How the second reader differs from the first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// libyaml, and so sops, refuses the text. Lines and columns count from 1; 0 is unknown.
    #[error("line {line}, column {column}: {what}")]
    Refused { line: u32, column: u32, what: String },
    /// Both read it, not to the same values.
    #[error("line {line}: two YAML readers disagree about this")]
    Values { line: u32 },
}

/// A text as read by libyaml's rules, those of the Go library that sops uses.
#[derive(Debug)]
pub struct SecondReading(Value);

impl SecondReading {
    pub fn of(text: &str) -> Result<Self, Disagreement> {
        // The Rust port of libyaml takes a byte order mark for a document; Go does not.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        serde_yaml::from_str(text).map(Self).map_err(|error| {
            let (line, column) = error.location().map_or((0, 0), |l| (l.line(), l.column()));
            let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            // Its message ends with the place, which is told apart from it here.
            let told = error.to_string();
            let what = told.split(" at line ").next().unwrap_or_default().to_owned();
            Disagreement::Refused { line: small(line), column: small(column), what }
        })
    }

    /// Compares every value with `tree`, whose anchors these are.
    pub fn agrees_with(&self, tree: &Tree, anchors: &Anchors) -> Result<(), Disagreement> {
        match differs(&tree.root, &self.0, anchors) {
            Some(node) => Err(Disagreement::Values { line: node.line }),
            None => Ok(()),
        }
    }
}

/// Reads `text` a second time, and compares every value with `tree`.
pub fn agrees_with_libyaml(text: &str, tree: &Tree) -> Result<(), Disagreement> {
    SecondReading::of(text)?.agrees_with(tree, &Anchors::of(tree))
}

/// The first node that `value` contradicts. The walk is bounded by `value`, in which libyaml's
/// reader has expanded the aliases within its own limit.
fn differs<'a>(node: &'a Node, value: &Value, anchors: &Anchors<'a>) -> Option<&'a Node> {
    let Some(meant) = anchors.follow(node) else { return Some(node) };
    let value = match value {
        Value::Tagged(tagged) => &tagged.value,
        plain => plain,
    };
    match (&meant.kind, value) {
        (Kind::Sequence { items, .. }, Value::Sequence(values)) if items.len() == values.len() => {
            items.iter().zip(values).find_map(|(item, v)| differs(&item.node, v, anchors))
        }
        (Kind::Mapping { entries, .. }, Value::Mapping(values))
            if entries.len() == values.len() =>
        {
            entries.iter().zip(values).find_map(|(entry, (k, v))| {
                differs(&entry.key, k, anchors).or_else(|| differs(&entry.value, v, anchors))
            })
        }
        (Kind::Scalar { value: text, style }, value) if scalar_is(text, *style, value) => None,
        _ => Some(node),
    }
}

fn scalar_is(text: &str, style: Style, value: &Value) -> bool {
    match value {
        Value::String(string) => string == text,
        // A number or a truth value: let the second reader read the word alone.
        typed => {
            style == Style::Plain
                && serde_yaml::from_str::<Value>(text).is_ok_and(|alone| alone == *typed)
        }
    }
}
