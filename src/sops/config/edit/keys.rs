//! Where a person's key goes: after the last key of its kind.

use std::collections::HashSet;

use super::neighbours::{Sibling, is_of_machines, is_of_people};
use super::proof::Op;
use super::style::plain;
use super::{File, Person, Refusal, place};
use crate::sops::config::Key;
use crate::splice::yaml::{Anchor, Entry, Kind, Node, Splice, Style};

/// A key of the file and the list or mapping it stands in.
struct Slot<'a> {
    container: &'a Node,
    at: Vec<usize>,
    index: usize,
    key: &'a Key,
}

/// A key to insert.
pub(super) struct NewKey {
    pub(super) splice: Splice,
    pub(super) op: Op,
    /// It bears an anchor, so that rules below it can say `*anchor`.
    pub(super) anchored: bool,
}

/// The key of a person who has none. `None`: the file has no list that could take it without
/// reaching a rule.
pub(super) fn new_key(
    file: &File,
    person: &Person,
    siblings: &[Sibling],
) -> Result<Option<NewKey>, Refusal> {
    let slots = slots(file);
    let Some(slot) = choose(file, &slots, person, siblings) else { return Ok(None) };
    let Some(old) = slot.container.child(slot.index) else { return Ok(None) };
    let anchored = old.anchor.is_some();
    let quote = match &old.kind {
        Kind::Scalar { style: style @ (Style::Single | Style::Double), .. } => *style,
        _ => Style::Plain,
    };
    let recipient = &person.recipient.text;
    let value = match quote {
        Style::Single => format!("'{recipient}'"),
        Style::Double => format!("\"{recipient}\""),
        _ => recipient.clone(),
    };
    let value = if anchored { format!("&{} {value}", person.anchor) } else { value };
    let mut node = Node::intended(Kind::Scalar { value: recipient.clone(), style: quote });
    node.anchor =
        anchored.then(|| Box::new(Anchor { name: person.anchor.clone(), at: 0, line: 0 }));
    let index = slot.index + 1;
    let (splice, op) = match &slot.container.kind {
        Kind::Sequence { items, flow } => {
            let dash = items[slot.index].dash;
            let gap = dash.and_then(|dash| file.text.get(dash + 1..old.start));
            let gap = gap.filter(|gap| gap.bytes().all(|b| b == b' ')).unwrap_or(" ");
            let item = if *flow { value } else { format!("-{gap}{value}") };
            let splice = place::insert_close(file, slot.container, index, &item)?;
            (splice, Op::InsertItem { at: slot.at.clone(), index, node })
        }
        Kind::Mapping { flow, .. } => {
            let item = format!("{}: {value}", person.anchor);
            let splice = place::insert_entry(file, slot.container, slot.index, &item, *flow)?;
            let entry = Entry { key: plain(&person.anchor), value: node };
            (splice, Op::InsertEntry { at: slot.at.clone(), index, entry })
        }
        _ => return Ok(None),
    };
    Ok(Some(NewKey { splice, op, anchored }))
}

/// Every key that stands outside the rules, in a place that no alias and no merge repeats.
fn slots<'a>(file: &File<'a>) -> Vec<Slot<'a>> {
    let mut slots = Vec::new();
    for (index, entry) in file.tree.root.entries().unwrap_or_default().iter().enumerate() {
        let name = entry.key.scalar().unwrap_or_default();
        if !["creation_rules", "destination_rules", "stores"].contains(&name) {
            collect(file, &entry.value, vec![index], &mut slots);
        }
    }
    slots
}

fn collect<'a>(file: &File<'a>, node: &'a Node, at: Vec<usize>, out: &mut Vec<Slot<'a>>) {
    if file.shared(node) {
        return;
    }
    let children: Vec<(&Node, &Node)> = match &node.kind {
        Kind::Sequence { items, .. } => items.iter().map(|i| (&i.node, &i.node)).collect(),
        Kind::Mapping { entries, .. } => entries.iter().map(|e| (&e.key, &e.value)).collect(),
        Kind::Scalar { .. } | Kind::Alias(_) => return,
    };
    for (index, (name, child)) in children.into_iter().enumerate() {
        let deeper = || at.iter().copied().chain([index]).collect::<Vec<usize>>();
        if child.scalar().is_none() {
            if name.scalar() != Some("pgp") {
                collect(file, child, deeper(), out);
            }
            continue;
        }
        // `- &users:` wraps its value in a mapping of no key, which takes no second entry.
        let takes_more = name.scalar().is_some();
        let same = |key: &&Key| {
            key.line == child.line && Some(key.value.as_str()) == child.scalar().map(str::trim)
        };
        let found = keys_on_line(file, child.line).iter().find(same);
        if let (true, Some(key)) = (takes_more, found) {
            out.push(Slot { container: node, at: at.clone(), index, key });
        }
    }
}

/// The keys are in the order of their lines.
fn keys_on_line<'a>(file: &File<'a>, line: u32) -> &'a [Key] {
    let keys = &file.config.keys;
    let from = keys.partition_point(|key| key.line < line);
    let to = keys.partition_point(|key| key.line <= line);
    &keys[from..to]
}

/// The slot to follow: the last of the same ending (`ada-user` for `zoe-user`) or beginning
/// (`user_ada` for `user_zoe`), else the last of a person beside whose file the new one goes,
/// else the last of a list of people, else the last that is not a machine's.
fn choose<'s, 'a>(
    file: &File<'a>,
    slots: &'s [Slot<'a>],
    person: &Person,
    siblings: &[Sibling],
) -> Option<&'s Slot<'a>> {
    let last = |wanted: &dyn Fn(&Key) -> bool| slots.iter().rev().find(|slot| wanted(slot.key));
    let alike = |key: &Key, part: fn(&str) -> Option<&str>| {
        let wanted = part(&person.anchor);
        wanted.is_some() && key.name.as_deref().and_then(part) == wanted
    };
    let own: HashSet<&str> = siblings
        .iter()
        .flat_map(|sibling| {
            let readers = file.config.rules[sibling.rule].readers().enumerate();
            let own = readers.filter(|(index, _)| sibling.own.contains(index));
            own.map(|(_, reader)| reader.recipient.as_str())
        })
        .collect();
    let group = |key: &Key| key.group.clone().unwrap_or_default();
    last(&|key| alike(key, ending))
        .or_else(|| last(&|key| alike(key, beginning)))
        .or_else(|| last(&|key| own.contains(key.value.as_str()) && is_of_people(&group(key))))
        .or_else(|| last(&|key| is_of_people(&group(key))))
        .or_else(|| last(&|key| own.contains(key.value.as_str())))
        .or_else(|| last(&|key| !is_of_machines(&group(key))))
        .or_else(|| slots.last())
}

/// `-user` of `zoe-user`.
fn ending(name: &str) -> Option<&str> {
    name.rfind(['-', '_']).map(|at| &name[at..])
}

/// `user_` of `user_zoe`.
fn beginning(name: &str) -> Option<&str> {
    name.find(['-', '_']).map(|at| &name[..=at])
}
