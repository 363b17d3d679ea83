//! dotenv and ini files, whose `sops` block is flattened into lines.
//!
//! `sops_age__list_0__map_enc=…` in a dotenv file, `age__list_0__map_enc = …` below `[sops]` in an
//! ini file (`stores/flatten.go`). dotenv files are read whole, ini files only for recipients.

use std::collections::HashSet;

use super::cipher::Kind;
use super::error::ParseError;
use super::tree::{ListItem, Map, MapItem, Node};

const PREFIX: &str = "sops_";

/// A dotenv file: its values, and the unflattened `sops` block if it has one.
pub(crate) fn dotenv(text: &str) -> Result<(Map, Option<Node>), ParseError> {
    let mut items: Vec<MapItem> = Vec::new();
    let mut seen = HashSet::new();
    let mut block = None;
    for (number, line) in (1..).zip(text.split('\n')).filter(|(_, line)| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix('#') {
            items.push(MapItem::Comment(comment.to_owned()));
            continue;
        }
        let (key, value) = line.split_once('=').ok_or_else(|| not_an_assignment(number))?;
        let leaf = Node::leaf(Kind::Str, value.replace("\\n", "\n"), number);
        if let Some(path) = key.strip_prefix(PREFIX) {
            place(block.get_or_insert_with(empty), path, leaf, number)?;
        } else if !seen.insert(key) {
            return Err(ParseError::DuplicateKey { key: key.to_owned(), line: number });
        } else {
            items.push(MapItem::Pair(key.to_owned(), leaf));
        }
    }
    Ok((Map { items }, block))
}

/// The unflattened `[sops]` section of an ini file.
pub(crate) fn ini_block(text: &str) -> Result<Option<Node>, ParseError> {
    let mut block = None;
    let mut inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line == "[sops]";
        } else if inside && !line.is_empty() && !line.starts_with([';', '#']) {
            let (key, value) = line.split_once('=').ok_or_else(|| not_an_assignment(number))?;
            let value = value.trim().trim_matches('`').replace("\\n", "\n");
            place(
                block.get_or_insert_with(empty),
                key.trim(),
                Node::leaf(Kind::Str, value, number),
                number,
            )?;
        }
    }
    Ok(block)
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
            Some(Step::Index(_)) => Node::List(Vec::new()),
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
            let at = map.items.iter().position(|i| matches!(i, MapItem::Pair(k, _) if k == key));
            let at = match at {
                Some(_) if leaf => return None,
                Some(at) => at,
                None => {
                    map.items.push(MapItem::Pair((*key).to_owned(), fresh));
                    map.items.len() - 1
                }
            };
            match map.items.get_mut(at)? {
                MapItem::Pair(_, node) => Some(node),
                MapItem::Comment(_) => None,
            }
        }
        (Node::List(items), Step::Index(index)) => {
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
        let block = ini_block(text).unwrap().unwrap();
        assert_eq!(block.as_map().unwrap().get("mac").unwrap().text(), Some("M"));
        assert!(block.as_map().unwrap().get("y").is_none());
    }
}
