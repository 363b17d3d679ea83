//! A person out of the file: their own rule, and their key when no other rule names it.

use super::proof::{self, Op};
use super::rule::same;
use super::{File, Mode, Refusal, is_for_path_alone, lines};
use crate::sops::config::Config;
use crate::splice::yaml::{self, Anchors, Kind, Node, Splice};

/// What to take out.
#[derive(Debug, Clone)]
pub struct Removal<'a> {
    pub recipient: &'a str,
    /// The path whose rule is the person's own, or which they joined.
    pub path: &'a str,
    /// [`Mode::OwnRule`] takes the whole rule out, and is refused for a rule that matches more
    /// than this path; [`Mode::Join`] takes the person out of the rule's list.
    pub mode: Mode,
}

/// The text without the person. After [`super::add_person`] it is the text from before, byte for
/// byte.
pub fn remove_person(text: &str, removal: &Removal) -> Result<String, Refusal> {
    let tree = super::tree_to_edit(text)?;
    let anchors = Anchors::of(&tree);
    let config = Config::of(&tree, &anchors)?;
    let file = File::new(text, &tree, &anchors, &config)?;
    let rule = config.winner(removal.path)?.ok_or(Refusal::NoRule)?;
    if !rule.readers().any(|reader| same(&reader.recipient, removal.recipient)) {
        return Err(Refusal::NotThere);
    }
    let alone = rule.path_regex.as_deref().is_some_and(|p| is_for_path_alone(p, removal.path));
    let own = removal.mode == Mode::OwnRule;
    if own && !alone {
        return Err(Refusal::NotThere);
    }
    let way = vec![file.rules_at];
    let (splice, op) = if own {
        let splice = item(&file, file.rules, rule.index)?;
        (splice, Op::Remove { at: way, index: rule.index })
    } else {
        from_rule(&file, rule.index, removal.recipient)?
    };
    let (mut splices, mut ops) = (vec![splice.clone()], vec![op]);
    if let Some((key, op)) = unused_key(&file, removal.recipient, &splice) {
        splices.push(key);
        ops.push(op);
    }
    let failed = |what| Refusal::ProofFailed { what };
    let new = yaml::apply(text, &splices).ok_or(failed("its splices overlap"))?;
    let after = proof::prove(text, &new, tree, ops)?;
    let kept = if own {
        proof::only_inserted(&after.rules, &config.rules, rule.index)
    } else {
        after
            .rules
            .iter()
            .zip(&config.rules)
            .all(|(new, old)| old.index == rule.index || proof::same_rule(old, new))
    };
    if kept { Ok(new) } else { Err(failed("another rule changed")) }
}

/// The person out of a shared rule's list.
fn from_rule(file: &File, rule: usize, recipient: &str) -> Result<(Splice, Op), Refusal> {
    let (list, at) = super::join::age_list(file, rule)?;
    let is_person = |node: &Node| {
        let meant = file.anchors.named(match &node.kind {
            Kind::Alias(name) => name,
            _ => "",
        });
        let meant = meant.last().copied().unwrap_or(node);
        meant.scalar().is_some_and(|text| same(text, recipient))
    };
    match &list.kind {
        Kind::Sequence { items, .. } => {
            let index =
                items.iter().position(|item| is_person(&item.node)).ok_or(Refusal::NotThere)?;
            Ok((item(file, list, index)?, Op::Remove { at, index }))
        }
        Kind::Scalar { value, .. } => {
            // Only the last one: its comma and the blanks before it go with it.
            let written = &file.text[list.content..list.end];
            let begin = written.rfind(recipient).ok_or(Refusal::NotThere)?;
            let comma = written[..begin]
                .trim_end()
                .strip_suffix(',')
                .ok_or(Refusal::NoAgeRecipients { line: list.line })?;
            let range = list.content + comma.len()..list.content + begin + recipient.len();
            let begin = value.rfind(recipient).ok_or(Refusal::NotThere)?;
            let head = value[..begin].trim_end().trim_end_matches(',');
            let value = format!("{head}{}", &value[begin + recipient.len()..]);
            Ok((Splice::remove(range), Op::SetScalar { at, value }))
        }
        _ => Err(Refusal::AliasAsValue { line: list.line }),
    }
}

/// An item out of a list, and the blank line that [`super::place`] set it off with.
fn item(file: &File, list: &Node, index: usize) -> Result<Splice, Refusal> {
    let items = list.items().unwrap_or_default();
    let item = items.get(index).ok_or(Refusal::NotThere)?;
    if items.len() == 1 {
        return Err(Refusal::NoAgeRecipients { line: list.line });
    }
    let Some(dash) = item.dash else {
        return Ok(Splice::remove(
            match index.checked_sub(1).and_then(|before| items.get(before)) {
                Some(before) => before.node.end..item.node.end,
                None => item.node.start..items[1].node.start,
            },
        ));
    };
    let text = file.text;
    lines::first_column(text, dash).ok_or(Refusal::Unsupported {
        line: item.node.line,
        what: "the list is not written one item to a line",
    })?;
    let begin = lines::start(text, dash);
    let begin =
        if begin == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { begin };
    let end = lines::end(text, item.node.end);
    let above = lines::before(text, begin).filter(|(_, line)| line.trim().is_empty());
    let (above, below) = (above.map(|(at, _)| at), lines::is_blank(text, end));
    // Only rules are set off by blank lines; the cases are those of `place::blank_line`.
    let (first, last) = (index == 0, index + 1 == items.len());
    let is_rule = list.start == file.rules.start;
    let lower = begin..lines::end(text, end);
    let range = match above {
        _ if !is_rule => begin..end,
        _ if first => {
            if below {
                lower
            } else {
                begin..end
            }
        }
        Some(above) if last => above..end,
        // A blank line on either side: one of the two was inserted, and that one is empty.
        Some(above) if below => {
            if is_bare(text, end) {
                lower
            } else {
                above..end
            }
        }
        _ => begin..end,
    };
    Ok(Splice::remove(with_line_break(text, range)))
}

fn is_bare(text: &str, from: usize) -> bool {
    lines::line(text, from).is_some_and(str::is_empty)
}

/// A last line without a line break takes the one before it along.
fn with_line_break(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    if range.end < text.len() || text.ends_with('\n') {
        return range;
    }
    let head = &text[..range.start];
    let head = head.strip_suffix('\n').map_or(head, |head| head.strip_suffix('\r').unwrap_or(head));
    head.len()..range.end
}

/// The person's key, if all that names it goes away with `gone`.
fn unused_key(file: &File, recipient: &str, gone: &Splice) -> Option<(Splice, Op)> {
    let key = file.key_of(recipient)?;
    let name = key.name.as_deref();
    let names =
        |node: &&Node| matches!(&node.kind, Kind::Alias(alias) if Some(alias.as_str()) == name);
    let mut aliases = file.anchors.aliases().iter().copied().filter(names);
    let used = aliases.any(|alias| !gone.range.contains(&alias.start));
    let (container, at, index) = find(file, name, recipient)?;
    let inside = gone.range.contains(&container.start);
    if used || inside || name.is_none() && container.items().is_none() {
        return None;
    }
    let splice = match &container.kind {
        Kind::Sequence { items, .. } if items.len() > 1 => item(file, container, index).ok()?,
        Kind::Mapping { entries, flow } if entries.len() > 1 => {
            let entry = &entries[index];
            let range = match (flow, index.checked_sub(1)) {
                (true, Some(before)) => entries[before].value.end..entry.value.end,
                (true, None) => return None,
                (false, _) => {
                    lines::first_column(file.text, entry.key.start)?;
                    let begin = lines::start(file.text, entry.key.start);
                    with_line_break(file.text, begin..lines::end(file.text, entry.value.end))
                }
            };
            Splice::remove(range)
        }
        _ => return None,
    };
    Some((splice, Op::Remove { at, index }))
}

/// The list or mapping that holds the key, and the way to it.
fn find<'a>(
    file: &File<'a>,
    name: Option<&str>,
    recipient: &str,
) -> Option<(&'a Node, Vec<usize>, usize)> {
    fn search<'a>(
        node: &'a Node,
        is_key: &dyn Fn(&Node) -> bool,
        at: &mut Vec<usize>,
    ) -> Option<(&'a Node, usize)> {
        let mut index = 0;
        while let Some(child) = node.child(index) {
            if is_key(child) {
                return Some((node, index));
            }
            at.push(index);
            if let Some(found) = search(child, is_key, at) {
                return Some(found);
            }
            at.pop();
            index += 1;
        }
        None
    }
    let is_key = |node: &Node| {
        node.scalar().is_some_and(|text| same(text.trim(), recipient))
            && node.anchor.as_ref().map(|a| a.name.as_str()) == name
    };
    let entries = file.tree.root.entries()?;
    for (top, entry) in entries.iter().enumerate().filter(|(top, _)| *top != file.rules_at) {
        let mut at = vec![top];
        if let Some((container, index)) = search(&entry.value, &is_key, &mut at) {
            return Some((container, at, index));
        }
    }
    None
}
