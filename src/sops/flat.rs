//! dotenv and ini files, whose `sops` block is flattened into lines.
//!
//! `sops_age__list_0__map_enc=…` in a dotenv file, `age__list_0__map_enc = …` below `[sops]` in an
//! ini file (`stores/flatten.go`).

use std::collections::HashSet;

use super::cipher::Kind;
use super::error::ParseError;
use super::file::Format;
use super::tree::{Comment, Key, List, ListItem, Map, MapItem, Node, Span};

/// What the names of the block's lines begin with in a dotenv file.
pub(crate) const PREFIX: &str = "sops_";

/// A file as it was read.
pub(crate) struct Flat {
    pub(crate) document: Map,
    /// Empty in a file that is not encrypted.
    pub(crate) block: Vec<BlockLine>,
}

/// One line of the block.
pub(crate) struct BlockLine {
    /// Of what it says, flattened: `age__list_0__map_enc`.
    pub(crate) path: String,
    /// With its line end.
    pub(crate) span: Span,
    leaf: Node,
    number: u32,
}

impl Flat {
    /// A file of a format that is flat.
    pub(crate) fn read(text: &str, format: Format) -> Result<Self, ParseError> {
        if format == Format::Ini { ini(text) } else { dotenv(text) }
    }

    /// The block, unflattened; `None` in a file that is not encrypted.
    pub(crate) fn block(&self) -> Result<Option<Node>, ParseError> {
        let mut block = None;
        for line in &self.block {
            let root = block.get_or_insert_with(empty);
            place(root, &line.path, line.leaf.clone(), line.number)?;
        }
        Ok(block)
    }
}

/// A dotenv file.
fn dotenv(text: &str) -> Result<Flat, ParseError> {
    let mut file = Flat { document: Map { items: Vec::new(), span: 0..text.len() }, block: vec![] };
    let mut seen = HashSet::new();
    for (number, span) in lines(text).filter(|(_, span)| !span.is_empty()) {
        let line = &text[span.clone()];
        if let Some(comment) = line.strip_prefix('#') {
            let comment = Comment { text: comment.to_owned(), span };
            file.document.items.push(MapItem::Comment(comment));
            continue;
        }
        let (key, value) = line.split_once('=').ok_or_else(|| not_an_assignment(number))?;
        let value_at = span.end - value.len()..span.end;
        let leaf = Node::leaf(Kind::Str, unescaped(value), number, value_at);
        if let Some(path) = key.strip_prefix(PREFIX) {
            let (path, span) = (path.to_owned(), with_end(text, span));
            file.block.push(BlockLine { path, span, leaf, number });
        } else if !seen.insert(key) {
            return Err(ParseError::DuplicateKey { key: key.to_owned(), line: number });
        } else {
            let span = span.start..span.start + key.len();
            file.document.items.push(MapItem::Pair(Key { text: key.to_owned(), span }, leaf));
        }
    }
    Ok(file)
}

/// An ini file: its sections are mappings.
fn ini(text: &str) -> Result<Flat, ParseError> {
    let mut file = Flat { document: Map { items: Vec::new(), span: 0..text.len() }, block: vec![] };
    // Before the first section keys belong to one that has no heading.
    let mut section = (Key { text: "DEFAULT".to_owned(), span: 0..0 }, Map::default());
    // A comment belongs to what comes after it, a heading's to that section (`stores/ini`).
    let mut comments = Vec::new();
    for (number, whole) in lines(text) {
        let raw = &text[whole.clone()];
        let line = raw.trim();
        let start = whole.start + (raw.len() - raw.trim_start().len());
        let span = start..start + line.len();
        if let Some(comment) = line.strip_prefix([';', '#']) {
            let text = comment.trim_start_matches([';', '#', ' ']).to_owned();
            comments.push(MapItem::Comment(Comment { text, span }));
        } else if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let name = Key { text: name.to_owned(), span };
            let done = std::mem::replace(&mut section, (name, Map::default()));
            section.1.items.append(&mut comments);
            close(&mut file.document, done, number)?;
        } else if !line.is_empty() {
            let (key, value) =
                line.split_once(['=', ':']).ok_or_else(|| not_an_assignment(number))?;
            let (key, value) = (key.trim(), value.trim());
            section.1.items.append(&mut comments);
            let at = span.end - value.len()..span.end;
            if section.0.text == "sops" {
                let leaf = Node::leaf(Kind::Str, unescaped(unquoted(value)), number, at);
                let (path, span) = (key.to_owned(), with_end(text, whole));
                file.block.push(BlockLine { path, span, leaf, number });
            } else if section.1.get(key).is_some() {
                return Err(ParseError::DuplicateKey { key: key.to_owned(), line: number });
            } else {
                let leaf = Node::leaf(Kind::Str, unquoted(value), number, at);
                let span = span.start..span.start + key.len();
                section.1.items.push(MapItem::Pair(Key { text: key.to_owned(), span }, leaf));
            }
        }
    }
    section.1.items.append(&mut comments);
    close(&mut file.document, section, u32::MAX)?;
    Ok(file)
}

/// Line ends of a value stand as `\n` in it.
fn unescaped(value: &str) -> String {
    value.replace("\\n", "\n")
}

pub(crate) fn escaped(value: &str) -> String {
    value.replace('\n', "\\n")
}

/// Puts a finished section into the file. sops keeps the section without a heading only if it
/// holds something.
fn close(file: &mut Map, (name, section): (Key, Map), line: u32) -> Result<(), ParseError> {
    if name.text == "sops" || (name.text == "DEFAULT" && section.items.is_empty()) {
        return Ok(());
    }
    if file.get(&name.text).is_some() {
        return Err(ParseError::DuplicateKey { key: name.text, line });
    }
    file.items.push(MapItem::Pair(name, Node::Map(section)));
    Ok(())
}

/// The writer that sops uses quotes what holds signs that ini files know.
fn unquoted(value: &str) -> &str {
    ["\"\"\"", "`", "\""]
        .iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

/// The lines of a text by number and place, without their ends.
fn lines(text: &str) -> impl Iterator<Item = (u32, Span)> {
    let mut at = 0;
    (1..).zip(text.split('\n')).map(move |(number, line)| {
        let start = at;
        at += line.len() + 1;
        (number, start..start + line.len())
    })
}

/// A line's place with its end, which the last one may not have.
fn with_end(text: &str, line: Span) -> Span {
    line.start..text.len().min(line.end + 1)
}

fn not_an_assignment(line: u32) -> ParseError {
    ParseError::Syntax { line, column: 1, why: "a line without `=`".to_owned() }
}

fn empty() -> Node {
    Node::Map(Map::default())
}

/// One step of a flattened path.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut parts = path.split("__");
    let mut steps = vec![Step::Key(parts.next()?)];
    for part in parts {
        let step = if let Some(key) = part.strip_prefix("map_") {
            Step::Key(key)
        } else {
            Step::Index(part.strip_prefix("list_")?.parse().ok()?)
        };
        steps.push(step);
    }
    Some(steps)
}

/// Puts `leaf` where `path` says below `root`, making the collections on the way. List positions
/// come in order, as sops writes them.
fn place(root: &mut Node, path: &str, leaf: Node, line: u32) -> Result<(), ParseError> {
    let wrong = || ParseError::Syntax { line, column: 1, why: "a broken `sops` line".to_owned() };
    let steps = steps(path).ok_or_else(wrong)?;
    let mut at = root;
    for (i, step) in steps.iter().enumerate() {
        let fresh = match steps.get(i + 1) {
            Some(Step::Key(_)) => empty(),
            Some(Step::Index(_)) => Node::List(List::default()),
            None => leaf.clone(),
        };
        at = child(at, step, fresh, i + 1 == steps.len()).ok_or_else(wrong)?;
    }
    Ok(())
}

/// The child of `parent` at `step`, made from `fresh` if it is not there. `None` if the two
/// disagree about what it is, or if a leaf is there already.
fn child<'n>(
    parent: &'n mut Node,
    step: &Step<'_>,
    fresh: Node,
    leaf: bool,
) -> Option<&'n mut Node> {
    match (parent, step) {
        (Node::Map(map), Step::Key(key)) => {
            let at =
                map.items.iter().position(|i| matches!(i, MapItem::Pair(k, _) if k.text == *key));
            let at = match at {
                Some(_) if leaf => return None,
                Some(at) => at,
                None => {
                    map.push(key, fresh);
                    map.items.len() - 1
                }
            };
            match map.items.get_mut(at)? {
                MapItem::Pair(_, node) => Some(node),
                MapItem::Comment(_) => None,
            }
        }
        (Node::List(List { items, .. }), Step::Index(index)) => {
            if *index == items.len() {
                items.push(ListItem::Node(fresh));
            } else if leaf {
                return None;
            }
            match items.get_mut(*index)? {
                ListItem::Node(node) => Some(node),
                ListItem::Comment(_) => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_unflattened() {
        let text = "A=x\\ny\n#c\nsops_age__list_0__map_enc=E\nsops_age__list_0__map_recipient=R\nsops_mac=M\n";
        let file = dotenv(text).unwrap();
        assert_eq!(file.document.get("A").unwrap().text(), Some("x\ny"));
        let block = file.block().unwrap().unwrap();
        let stanza = block.as_map().unwrap().get("age").unwrap().elements().next().unwrap();
        assert_eq!(stanza.as_map().unwrap().get("recipient").unwrap().text(), Some("R"));
    }

    #[test]
    fn broken_blocks_are_refused() {
        let cases = [
            "sops_age__list_7__map_enc=E\n",
            "sops_a=1\nsops_a=2\n",
            "sops_a=1\nsops_a__map_b=2\n",
            "sops_a__set_b=2\n",
            "sops_a__list_x=2\n",
            "no assignment\n",
            "A=1\nA=2\n",
        ];
        for text in cases {
            assert!(dotenv(text).and_then(|file| file.block()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_ini_section_gives_its_block() {
        let text =
            "[a]\nx = 1\n[sops]\nage__list_0__map_recipient = R\n; note\nmac = M\n[b]\ny = 2\n";
        let block = ini(text).unwrap().block().unwrap().unwrap();
        assert_eq!(block.as_map().unwrap().get("mac").unwrap().text(), Some("M"));
        assert!(block.as_map().unwrap().get("y").is_none());
    }
}
