//! Where in a text a value stands, or where a new one goes: after its last sibling, in the
//! sibling's indentation. Comments stay where they are.

use super::{EditError, lines, name_of, write};
use crate::sops::cipher::Kind;
use crate::sops::file::{EncryptedFile, Format};
use crate::sops::tree::{Key, Leaf, List, Map, Node, Span, Step};
use crate::splice::yaml::Splice;

/// Stands for a value that is not encrypted yet.
pub(super) const DRAFT: &str = "doorstep";

/// A place for one value.
pub(super) struct Place<'a> {
    text: &'a str,
    format: Format,
    unit: write::Unit,
    what: What<'a>,
}

enum What<'a> {
    /// A value that is there.
    Leaf { leaf: &'a Leaf, in_flow: bool, key: Option<&'a Key> },
    /// A new key in a mapping; the steps from there.
    NewKey { map: &'a Map, steps: &'a [Step], after: Option<Span>, owner: Option<&'a Key> },
    /// A new last item of a list.
    NewItem { list: &'a List, owner: Option<&'a Key> },
    /// A line of a dotenv or ini file, there or new.
    Line { document: &'a Map, at: &'a [Step] },
}

impl<'a> Place<'a> {
    pub(super) fn find(
        text: &'a str,
        format: Format,
        file: &'a EncryptedFile,
        document: &'a Map,
        at: &'a [Step],
    ) -> Result<Self, EditError> {
        let block = file.blocks().next().ok_or(EditError::Style)?;
        let unit = write::Unit::of(text, format, block)?;
        let what = match format.is_flat() {
            true => What::Line { document, at },
            false => Self::descend(text, document, at, Some(block.key.span.clone()))?,
        };
        Ok(Self { text, format, unit, what })
    }

    fn descend(
        text: &'a str,
        document: &'a Map,
        at: &'a [Step],
        block: Option<Span>,
    ) -> Result<What<'a>, EditError> {
        let Some((first, rest)) = at.split_first() else {
            return Err(EditError::BadPath(String::new()));
        };
        let Step::Key(first) = first else { return Err(EditError::BadPath(name_of(at))) };
        let Some((key, node)) = document.entries().find(|(key, _)| key.text == *first) else {
            let what = What::NewKey { map: document, steps: at, after: block, owner: None };
            return plain_keys(at).map(|()| what);
        };
        let mut here: (&Node, Option<&Key>, bool) =
            (node, Some(key), is_flow(text, &document.span));
        for (depth, step) in rest.iter().enumerate() {
            let (node, owner, in_flow) = here;
            let in_flow = in_flow || is_flow(text, node.span());
            let left = &rest[depth..];
            here = match (node, step) {
                (Node::Map(map), Step::Key(name)) => {
                    match map.entries().find(|(key, _)| key.text == *name) {
                        Some((key, node)) => (node, Some(key), in_flow),
                        None => {
                            plain_keys(left)?;
                            return Ok(What::NewKey { map, steps: left, after: None, owner });
                        }
                    }
                }
                (Node::List(list), Step::Index(index)) => match list.nodes().nth(*index) {
                    Some(node) => (node, None, in_flow),
                    None if *index == list.nodes().count() && left.len() == 1 => {
                        return Ok(What::NewItem { list, owner });
                    }
                    None => return Err(EditError::NotThere(name_of(at))),
                },
                (Node::Leaf(_), _) => {
                    return Err(EditError::Inside(name_of(&at[..=depth])));
                }
                _ => return Err(EditError::NotThere(name_of(at))),
            };
        }
        match here {
            (Node::Leaf(leaf), key, in_flow) => Ok(What::Leaf { leaf, in_flow, key }),
            _ => Err(EditError::Collection(name_of(at))),
        }
    }

    /// The change that puts `value` there.
    pub(super) fn splice(&self, value: &str) -> Result<Splice, EditError> {
        match &self.what {
            What::Leaf { leaf, in_flow, key } => self.over(leaf, *in_flow, *key, value),
            What::NewKey { map, steps, after, owner } if self.is_json() => {
                let (ws, entry) = self.json_entry(map, steps, value);
                Ok(match (last(map, after.is_some()), after) {
                    (Some((_, node)), _) => insert(node.span().end, format!(",{ws}{entry}")),
                    (None, Some(block)) => insert(block.start, format!("{entry},{ws}")),
                    (None, None) => self.filled(&map.span, &entry, *owner),
                })
            }
            What::NewKey { map, steps, after, owner } => {
                self.yaml_key(map, steps, after.as_ref(), *owner, value)
            }
            What::NewItem { list, owner } => self.item(list, *owner, value),
            What::Line { document, at } => lines::put(self.text, self.format, document, at, value),
        }
    }

    fn is_json(&self) -> bool {
        matches!(self.format, Format::Json | Format::Binary)
    }

    fn over(
        &self,
        leaf: &Leaf,
        in_flow: bool,
        key: Option<&Key>,
        value: &str,
    ) -> Result<Splice, EditError> {
        let was = self.text.get(leaf.span.clone()).unwrap_or_default();
        if was.is_empty() && leaf.kind == Kind::Null {
            // `key:` with nothing after it.
            let key = key.filter(|_| !in_flow).ok_or(EditError::Style)?;
            let rest = self.text.get(key.span.end..).unwrap_or_default();
            let colon = rest.find(':').ok_or(EditError::Style)?;
            return Ok(insert(key.span.end + colon + 1, format!(" {}", write::yaml(value))));
        }
        let written = match was.as_bytes().first() {
            Some(b'"') => write::json(value),
            _ if self.is_json() || in_flow => write::json(value),
            _ => write::yaml(value),
        };
        Ok(Splice { range: leaf.span.clone(), insert: written })
    }

    /// The blanks between two entries of a JSON object, and the entry itself.
    fn json_entry(&self, map: &Map, steps: &[Step], value: &str) -> (String, String) {
        let first = map.entries().next().map(|(key, _)| key.span.start);
        let ws = match first.and_then(|first| self.text.get(map.span.start + 1..first)) {
            Some(ws) if ws.chars().all(char::is_whitespace) => ws.to_owned(),
            _ if map.entries().next().is_none() => {
                self.unit.deeper(self.indentation(map.span.start))
            }
            _ => String::new(),
        };
        (ws.clone(), self.unit.json(steps, value, &ws))
    }

    fn yaml_key(
        &self,
        map: &Map,
        steps: &[Step],
        block: Option<&Span>,
        owner: Option<&Key>,
        value: &str,
    ) -> Result<Splice, EditError> {
        let eol = self.unit.eol;
        if is_flow(self.text, &map.span) && block.is_none() {
            let entry = self.unit.json(steps, value, "");
            return match last(map, false) {
                Some((_, node)) => Ok(insert(node.span().end, format!(", {entry}"))),
                None => {
                    Ok(self.unfolded(map, owner, &|column| self.unit.yaml(steps, value, column)))
                }
            };
        }
        let Some((key, node)) = last(map, block.is_some()) else {
            let before = block.ok_or(EditError::Style)?;
            return Ok(insert(before.start, self.unit.yaml(steps, value, 0) + eol));
        };
        let column = column(self.text, map.entries().next().map_or(key, |(key, _)| key).span.start);
        let at = end_of_line(self.text, end(key, node));
        let entry = " ".repeat(column) + &self.unit.yaml(steps, value, column);
        Ok(self.below(at, entry))
    }

    fn item(&self, list: &List, owner: Option<&Key>, value: &str) -> Result<Splice, EditError> {
        let last = list.nodes().next_back();
        if self.is_json() {
            let first = list.nodes().next().map(|node| node.span().start);
            let ws = first.and_then(|first| self.text.get(list.span.start + 1..first));
            return Ok(match (last, ws) {
                (Some(last), Some(ws)) => {
                    insert(last.span().end, format!(",{ws}{}", write::json(value)))
                }
                _ => self.filled(&list.span, &write::json(value), owner),
            });
        }
        let Some(last) = last else {
            let at = self.line_before(list.span.start);
            if at.trim_start_matches(['-', ' ']).is_empty() {
                let insert = format!("- {}", write::yaml(value));
                return Ok(Splice { range: list.span.clone(), insert });
            }
            let column =
                owner.map_or(0, |key| column(self.text, key.span.start)) + self.unit.spaces();
            let dash = format!("{}{}- {}", self.unit.eol, " ".repeat(column), write::yaml(value));
            return Ok(self.instead_of(&list.span, dash));
        };
        if is_flow(self.text, &list.span) {
            return Ok(insert(last.span().end, format!(", {}", write::json(value))));
        }
        let before = self.line_before(last.span().start);
        let dash = before.find('-').ok_or(EditError::Style)?;
        if !before[..dash].trim().is_empty() || !before[dash + 1..].trim().is_empty() {
            return Err(EditError::Style);
        }
        let at = end_of_line(self.text, deep_end(last));
        Ok(self.below(at, format!("{}- {}", &before[..dash], write::yaml(value))))
    }

    /// A line of its own at the line start `at`.
    fn below(&self, at: usize, line: String) -> Splice {
        let eol = self.unit.eol;
        let open = at > 0 && !self.text.get(..at).unwrap_or_default().ends_with('\n');
        insert(at, if open { format!("{eol}{line}") } else { line + eol })
    }

    /// A YAML entry in place of `{}`.
    fn unfolded(&self, map: &Map, owner: Option<&Key>, entry: &dyn Fn(usize) -> String) -> Splice {
        let before = self.line_before(map.span.start);
        if before.trim_start_matches(['-', ' ']).is_empty() {
            return Splice { range: map.span.clone(), insert: entry(before.chars().count()) };
        }
        let column = owner.map_or(0, |key| column(self.text, key.span.start)) + self.unit.spaces();
        let text = format!("{}{}{}", self.unit.eol, " ".repeat(column), entry(column));
        self.instead_of(&map.span, text)
    }

    /// `text`, which begins with a line end, in place of what stands after a colon and a blank.
    fn instead_of(&self, span: &Span, text: String) -> Splice {
        let blanks = self.line_before(span.start).chars().rev().take_while(|c| *c == ' ').count();
        Splice { range: span.start - blanks..span.end, insert: text }
    }

    /// A JSON `{}` or `[]` with its first entry.
    fn filled(&self, span: &Span, entry: &str, _: Option<&Key>) -> Splice {
        let outer = self.indentation(span.start);
        let inner = self.unit.deeper(outer);
        let closing =
            if inner.is_empty() { String::new() } else { format!("{}{outer}", self.unit.eol) };
        Splice { range: span.start + 1..span.end - 1, insert: format!("{inner}{entry}{closing}") }
    }

    /// The blanks that the line of `at` begins with.
    fn indentation(&self, at: usize) -> &str {
        let line = self.line_before(at);
        &line[..line.len() - line.trim_start().len()]
    }

    /// The line of `at` up to there.
    fn line_before(&self, at: usize) -> &str {
        let before = self.text.get(..at).unwrap_or_default();
        &before[before.rfind('\n').map_or(0, |end| end + 1)..]
    }
}

fn plain_keys(steps: &[Step]) -> Result<(), EditError> {
    let is_key = |step: &Step| matches!(step, Step::Key(key) if !key.is_empty());
    if steps.iter().all(is_key) { Ok(()) } else { Err(EditError::BadPath(name_of(steps))) }
}

fn insert(at: usize, text: String) -> Splice {
    Splice { range: at..at, insert: text }
}

/// The last entry of a mapping; at the top the file's own block is none of them.
fn last(map: &Map, _top: bool) -> Option<(&Key, &Node)> {
    map.entries().next_back()
}

pub(super) fn is_flow(text: &str, span: &Span) -> bool {
    matches!(text.as_bytes().get(span.start), Some(b'{' | b'['))
}

/// Characters before `at` on its line.
pub(super) fn column(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before[before.rfind('\n').map_or(0, |end| end + 1)..]
        .trim_start_matches('\u{feff}')
        .chars()
        .count()
}

/// One past the line of `at`, its line end with it.
pub(super) fn end_of_line(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |end| at + end + 1)
}

/// The start of the line of `at`.
pub(super) fn start_of_line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().rfind('\n').map_or(0, |end| end + 1)
}

/// Where an entry ends, comments after it not counted.
pub(super) fn end(key: &Key, node: &Node) -> usize {
    deep_end(node).max(key.span.end)
}

/// A block collection ends with what is last in it; where its own span ends is the next token.
fn deep_end(node: &Node) -> usize {
    match node {
        Node::Leaf(leaf) if leaf.kind == Kind::Null && leaf.span.is_empty() => 0,
        Node::Leaf(leaf) => leaf.span.end,
        Node::Map(map) => match map.entries().next_back() {
            Some((key, node)) => end(key, node),
            None => map.span.end,
        },
        Node::List(list) => match list.nodes().next_back() {
            Some(node) => deep_end(node).max(node.span().start),
            None => list.span.end,
        },
    }
}

/// The change that takes out what is at `at`, its comments excepted.
pub(super) fn removal(
    text: &str,
    format: Format,
    document: &Map,
    at: &[Step],
) -> Result<Splice, EditError> {
    if format.is_flat() {
        return lines::removal(text, document, at);
    }
    let not_there = || EditError::NotThere(name_of(at));
    let (last, way) = at.split_last().ok_or_else(not_there)?;
    let root = Node::Map(document.clone());
    let parent = way.iter().try_fold(&root, |node, step| node.child(step)).ok_or_else(not_there)?;
    let is_json = matches!(format, Format::Json | Format::Binary);
    let in_flow = is_json || is_flow(text, parent.span());
    match (parent, last) {
        (Node::Map(map), Step::Key(name)) => {
            let entries: Vec<_> = map.entries().collect();
            let index =
                entries.iter().position(|(key, _)| key.text == *name).ok_or_else(not_there)?;
            let spans: Vec<Span> = entries
                .iter()
                .map(|(key, node)| key.span.start..end_in(in_flow, key, node))
                .collect();
            if in_flow {
                // At the top of a JSON file the file's own block is a sibling, too.
                return Ok(from_flow(text, &spans, index, way.is_empty()));
            }
            let empty = (spans.len() == 1 && !way.is_empty()).then_some("{}");
            block_entry(text, &spans, index, empty)
        }
        (Node::List(list), Step::Index(index)) => {
            let nodes: Vec<_> = list.nodes().collect();
            nodes.get(*index).ok_or_else(not_there)?;
            let spans: Vec<Span> = nodes
                .iter()
                .map(|node| {
                    let start = node.span().start;
                    if in_flow {
                        node.span().clone()
                    } else {
                        dash_of(text, start)..deep_end(node).max(start)
                    }
                })
                .collect();
            if in_flow {
                Ok(from_flow(text, &spans, *index, false))
            } else {
                block_entry(text, &spans, *index, (list.items.len() == 1).then_some("[]"))
            }
        }
        _ => Err(not_there()),
    }
}

fn end_in(in_flow: bool, key: &Key, node: &Node) -> usize {
    if in_flow { node.span().end } else { end(key, node) }
}

/// The dash before an item.
fn dash_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().rfind('-').unwrap_or(at)
}

/// An entry of a flow collection, with one comma.
fn from_flow(text: &str, spans: &[Span], index: usize, has_more: bool) -> Splice {
    let own = &spans[index];
    let range = if index > 0 {
        spans[index - 1].end..own.end
    } else if let Some(next) = spans.get(1) {
        own.start..next.start
    } else if has_more {
        // Up to the next key, which is the file's own block.
        let rest = text.get(own.end..).unwrap_or_default();
        let next = rest.find('"').map_or(own.end, |at| own.end + at);
        own.start..next
    } else {
        let before = text.get(..own.start).unwrap_or_default().trim_end().len();
        let rest = text.get(own.end..).unwrap_or_default();
        before..own.end + (rest.len() - rest.trim_start().len())
    };
    Splice { range, insert: String::new() }
}

/// An entry of a block collection: its lines. The only one is replaced by `empty`, so that the
/// comments around it stay in a collection.
fn block_entry(
    text: &str,
    spans: &[Span],
    index: usize,
    empty: Option<&str>,
) -> Result<Splice, EditError> {
    let own = &spans[index];
    let line = start_of_line(text, own.start);
    let after = end_of_line(text, own.end);
    let alone = text
        .get(line..own.start)
        .unwrap_or_default()
        .trim_start_matches('\u{feff}')
        .trim()
        .is_empty();
    if let Some(empty) = empty {
        return Ok(Splice { range: own.clone(), insert: empty.to_owned() });
    }
    if alone {
        return Ok(Splice { range: line..after, insert: String::new() });
    }
    // `- a: 1` with more below: the next line moves up to the dash.
    let rest = text.get(after..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start_matches(' ').len();
    if spans.len() == 1 || blanks == 0 {
        return Err(EditError::Style);
    }
    Ok(Splice { range: own.start..after + blanks, insert: String::new() })
}
