//! dotenv and ini files, whose `sops` block is flattened into lines.
//!
//! `sops_age__list_0__map_enc=…` in a dotenv file, `age__list_0__map_enc = …` below `[sops]` in an
//! ini file (`stores/flatten.go`).

use std::collections::HashSet;

use super::cipher::Kind;
use super::error::ParseError;
use super::tree::{Comment, Key, List, ListItem, Map, MapItem, Node, Span};

const PREFIX: &str = "sops_";

/// A dotenv file: its values, and the unflattened `sops` block if it has one.
pub(crate) fn dotenv(text: &str) -> Result<(Map, Option<Node>), ParseError> {
    let mut items: Vec<MapItem> = Vec::new();
    let mut seen = HashSet::new();
    let mut block = None;
    for (number, span) in lines(text).filter(|(_, span)| !span.is_empty()) {
        let line = &text[span.clone()];
        if let Some(comment) = line.strip_prefix('#') {
            items.push(MapItem::Comment(Comment { text: comment.to_owned(), span }));
            continue;
        }
        let (key, value) = line.split_once('=').ok_or_else(|| not_an_assignment(number))?;
        let value_at = span.end - value.len()..span.end;
        let leaf = Node::leaf(Kind::Str, value.replace("\\n", "\n"), number, value_at);
        if let Some(path) = key.strip_prefix(PREFIX) {
            place(block.get_or_insert_with(empty), path, leaf, number)?;
        } else if !seen.insert(key) {
            return Err(ParseError::DuplicateKey { key: key.to_owned(), line: number });
        } else {
            let span = span.start..span.start + key.len();
            items.push(MapItem::Pair(Key { text: key.to_owned(), span }, leaf));
        }
    }
    Ok((Map { items, span: 0..text.len() }, block))
}

/// An ini file: its sections as mappings, and the unflattened `[sops]` section if it has one.
pub(crate) fn ini(text: &str) -> Result<(Map, Option<Node>), ParseError> {
    let mut file = Map { items: Vec::new(), span: 0..text.len() };
    let mut block = None;
    // Before the first section keys belong to one that has no heading.
    let mut section = ("DEFAULT".to_owned(), Map::default());
    for (number, span) in lines(text) {
        let line = text[span.clone()].trim();
        if let Some(comment) = line.strip_prefix([';', '#']) {
            let text = comment.trim_start_matches([';', '#', ' ']).to_owned();
            section.1.items.push(MapItem::Comment(Comment { text, span }));
        } else if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let done = std::mem::replace(&mut section, (name.to_owned(), Map::default()));
            close(&mut file, done, number)?;
        } else if !line.is_empty() {
            let (key, value) = line.split_once('=').ok_or_else(|| not_an_assignment(number))?;
            let (key, value) = (key.trim(), unquoted(value.trim()));
            if section.0 == "sops" {
                let leaf = Node::leaf(Kind::Str, value.replace("\\n", "\n"), number, 0..0);
                place(block.get_or_insert_with(empty), key, leaf, number)?;
            } else if section.1.get(key).is_some() {
                return Err(ParseError::DuplicateKey { key: key.to_owned(), line: number });
            } else {
                section.1.push(key, Node::leaf(Kind::Str, value, number, 0..0));
            }
        }
    }
    close(&mut file, section, u32::MAX)?;
    Ok((file, block))
}

/// Puts a finished section into the file. sops keeps the section without a heading only if it
/// holds something.
fn close(file: &mut Map, (name, section): (String, Map), line: u32) -> Result<(), ParseError> {
    if name == "sops" || (name == "DEFAULT" && section.items.is_empty()) {
        return Ok(());
    }
    if file.get(&name).is_some() {
        return Err(ParseError::DuplicateKey { key: name, line });
    }
    file.push(&name, Node::Map(section));
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
        let (map, block) = dotenv(text).unwrap();
        assert_eq!(map.get("A").unwrap().text(), Some("x\ny"));
        let block = block.unwrap();
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
            assert!(dotenv(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_ini_section_gives_its_block() {
        let text =
            "[a]\nx = 1\n[sops]\nage__list_0__map_recipient = R\n; note\nmac = M\n[b]\ny = 2\n";
        let block = ini(text).unwrap().1.unwrap();
        assert_eq!(block.as_map().unwrap().get("mac").unwrap().text(), Some("M"));
        assert!(block.as_map().unwrap().get("y").is_none());
    }
}
