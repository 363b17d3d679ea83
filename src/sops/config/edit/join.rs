//! A person into a rule that is there: whoever asks for this has been told what becomes readable.

use super::proof::Op;
use super::rule::{self, Key};
use super::style::plain;
use super::{Addition, Draft, Drafted, File, Note, Person, Refusal, place};
use crate::key::AnyRecipient;
use crate::splice::yaml::{Kind, Node, Splice, Style};

pub(super) fn join(file: &File, person: &Person, addition: &Addition) -> Result<Drafted, Refusal> {
    let recipient = person.recipient.text.as_str();
    let rule = file.config.winner(addition.path)?.ok_or(Refusal::NoRule)?;
    if rule.readers().any(|reader| rule::same(&reader.recipient, recipient)) {
        return Ok(Drafted::AlreadySo { line: rule.line });
    }
    if rule.groups.len() > 1 {
        return Err(Refusal::ShamirGroups { line: rule.line });
    }
    if rule.readers().next().is_none() {
        return Err(Refusal::NoAgeRecipients { line: rule.line });
    }
    let (list, at) = age_list(file, rule.index)?;
    let mut notes = Vec::new();
    let key = rule::key(file, person, &[], &mut notes)?;
    let (splice, op) = append(file, list, at, person, &key)?;
    let (mut splices, mut ops) = (vec![splice], vec![op]);
    if let Key::New(new) = key {
        splices.push(new.splice);
        ops.push(new.op);
    }
    notes.push(Note::Joined { line: rule.line });
    notes.extend(rule.readers().filter_map(|reader| {
        let why = AnyRecipient::parse(&reader.recipient).err()?;
        Some(Note::Malformed { line: reader.line, why })
    }));
    Ok(Drafted::Draft(Draft { splices, ops, rule: rule.index, notes }))
}

/// The `age:` of a rule, and the way to it, if nothing on the way is shared.
pub(super) fn age_list<'a>(
    file: &File<'a>,
    rule: usize,
) -> Result<(&'a Node, Vec<usize>), Refusal> {
    let mut at = vec![file.rules_at, rule];
    let rule = file.rules.child(rule).ok_or(Refusal::NoRule)?;
    let step = |node: &'a Node, key: &str| {
        let index = node.entries()?.iter().position(|e| e.key.scalar() == Some(key))?;
        Some((node.child(index)?, index))
    };
    let mut way = vec![rule];
    let mut holder = rule;
    if let Some((groups, index)) = step(rule, "key_groups").filter(|(groups, _)| !groups.is_null())
    {
        holder = groups.child(0).unwrap_or(groups);
        at.extend([index, 0]);
        way.extend([groups, holder]);
    }
    let (list, index) = step(holder, "age").ok_or(Refusal::AliasAsValue { line: holder.line })?;
    at.push(index);
    way.push(list);
    let shared = |node: &&&Node| file.shared(node) || matches!(node.kind, Kind::Alias(_));
    match way.iter().find(shared) {
        Some(node) => Err(Refusal::AliasAsValue { line: node.line }),
        None => Ok((list, at)),
    }
}

fn append(
    file: &File,
    list: &Node,
    at: Vec<usize>,
    person: &Person,
    key: &Key,
) -> Result<(Splice, Op), Refusal> {
    let recipient = person.recipient.text.as_str();
    match &list.kind {
        Kind::Sequence { items, flow } => {
            let last = items.last().ok_or(Refusal::NoAgeRecipients { line: list.line })?;
            let aliases = matches!(last.node.kind, Kind::Alias(_));
            let name = match key {
                Key::Known(name) if file.alias_reaches(name, last.node.start) => Some(name),
                Key::New(new) if new.anchored && new.splice.range.start < list.start => {
                    Some(&person.anchor)
                }
                _ => None,
            };
            let (text, node) = match name.filter(|_| aliases) {
                Some(name) => (format!("*{name}"), Node::intended(Kind::Alias(name.clone()))),
                None => (recipient.to_owned(), plain(recipient)),
            };
            let gap = last.dash.and_then(|dash| file.text.get(dash + 1..last.node.start));
            let gap = gap.filter(|gap| gap.bytes().all(|b| b == b' ')).unwrap_or(" ");
            let item = if *flow { text } else { format!("-{gap}{text}") };
            let index = items.len();
            Ok((place::insert_close(file, list, index, &item)?, Op::InsertItem { at, index, node }))
        }
        Kind::Scalar { value, style } => {
            let quote = usize::from(matches!(style, Style::Single | Style::Double));
            let block = matches!(style, Style::Literal | Style::Folded);
            let comma = if block {
                let line = super::lines::start(file.text, list.content);
                let indent = &file.text[line..list.content];
                format!(",{}{indent}", file.eol)
            } else if value.contains(", ") {
                ", ".to_owned()
            } else {
                ",".to_owned()
            };
            let between = match style {
                Style::Folded => ", ",
                Style::Literal => ",\n",
                _ => comma.as_str(),
            };
            let said = value.trim_end_matches('\n');
            let value = format!("{said}{between}{recipient}{}", &value[said.len()..]);
            let splice = Splice::insert(list.end - quote, format!("{comma}{recipient}"));
            Ok((splice, Op::SetScalar { at, value }))
        }
        _ => Err(Refusal::AliasAsValue { line: list.line }),
    }
}
