//! A rule of a person's own, above every rule that would win first.

use super::neighbours::{self, Sibling};
use super::proof::Op;
use super::style::{RuleStyle, Written};
use super::{
    Addition, Draft, Drafted, File, Note, Person, Refusal, is_for_path_alone, keys, lines, place,
};
use crate::key::{AnyRecipient, private};
use crate::sops::config::{Reader, Rule};
use crate::sops::pattern;

pub(super) fn own_rule(
    file: &File,
    person: &Person,
    addition: &Addition,
) -> Result<Drafted, Refusal> {
    let recipient = person.recipient.text.as_str();
    let rules = &file.config.rules;
    let winner = file.config.winner(addition.path)?;
    if let Some(rule) = winner {
        let alone = rule.path_regex.as_deref().is_some_and(|p| is_for_path_alone(p, addition.path));
        if alone && rule.readers().any(|r| same(&r.recipient, recipient)) {
            return Ok(Drafted::AlreadySo { line: rule.line });
        }
        if alone {
            return Err(Refusal::PathHasRule { line: rule.line });
        }
    }
    let siblings = neighbours::siblings(file, addition.name, addition.path);
    if let Some(rule) = siblings.iter().map(|s| &rules[s.rule]).find(|rule| rule.groups.len() > 1) {
        return Err(Refusal::ShamirGroups { line: rule.line });
    }
    let index = placed_at(rules.len(), winner.map(|rule| rule.index), &siblings);
    let model = model(file, &siblings, index)?;
    let mut notes = Vec::new();
    let key = key(file, person, &siblings, &mut notes)?;
    let admins = match addition.admins {
        Some(named) => explicit(file, named)?,
        None => derived(file, &siblings, &mut notes),
    };
    let admins: Vec<Reader> =
        admins.into_iter().filter(|admin| !same(&admin.recipient, recipient)).collect();
    let before = file.rules.items().and_then(|items| items.get(index)).map(|item| item.node.start);
    let at = before.unwrap_or(file.text.len());
    let readers = written(file, &model, person, &key, &admins, &siblings, at);
    let pattern = pattern(file, &siblings, addition.path);
    let dash = file.rules.items().and_then(|items| items.first()?.dash);
    let column = dash.and_then(|dash| lines::first_column(file.text, dash)).unwrap_or(0);
    let in_flow = file.rules.is_flow();
    let (text, node) = model.write(&pattern, &readers, column, in_flow, file.eol);
    let after = siblings.iter().any(|sibling| sibling.rule + 1 == index);
    let mut splices = vec![place::insert(file, file.rules, index, &text, after)?];
    let mut ops = vec![Op::InsertItem { at: vec![file.rules_at], index, node }];
    if let Key::New(new) = key {
        splices.push(new.splice);
        ops.push(new.op);
    }
    Ok(Drafted::Draft(Draft { splices, ops, rule: index, notes }))
}

/// After the last sibling; but always above what wins now.
fn placed_at(count: usize, winner: Option<usize>, siblings: &[Sibling]) -> usize {
    let below = winner.unwrap_or(count);
    let sibling = siblings.iter().map(|sibling| sibling.rule + 1).filter(|at| *at <= below).max();
    sibling.unwrap_or(below)
}

/// The style of the sibling nearest to the place, else of the nearest rule with age recipients.
fn model(file: &File, siblings: &[Sibling], index: usize) -> Result<RuleStyle, Refusal> {
    let rules = &file.config.rules;
    let distance = |rule: usize| if rule < index { index - rule - 1 } else { rule - index };
    let mut beside: Vec<usize> = siblings.iter().map(|sibling| sibling.rule).collect();
    beside.sort_by_key(|rule| distance(*rule));
    let mut others: Vec<usize> = rules
        .iter()
        .filter(|rule| rule.readers().next().is_some())
        .map(|rule| rule.index)
        .collect();
    others.sort_by_key(|rule| distance(*rule));
    let style = |rule: usize| {
        let dash = file.rules.items()?.get(rule)?.dash;
        RuleStyle::of(file, file.rule_node(rule)?, dash)
    };
    beside.into_iter().chain(others).find_map(style).ok_or(Refusal::Unsupported {
        line: file.rules.line,
        what: "no rule is written in a way that could be copied",
    })
}

/// How rules can name the person.
pub(super) enum Key {
    Known(String),
    New(Box<keys::NewKey>),
    /// Only by the recipient itself.
    None,
}

pub(super) fn key(
    file: &File,
    person: &Person,
    siblings: &[Sibling],
    notes: &mut Vec<Note>,
) -> Result<Key, Refusal> {
    if let Some(known) = file.key_of(&person.recipient.text) {
        return Ok(match &known.name {
            Some(name) => {
                if *name != person.anchor {
                    notes.push(Note::KnownAs { anchor: name.clone() });
                }
                Key::Known(name.clone())
            }
            None => Key::None,
        });
    }
    if let Some(taken) = file.anchors.named(&person.anchor).first() {
        return Err(Refusal::AnchorTaken { anchor: person.anchor.clone(), line: taken.line });
    }
    Ok(match keys::new_key(file, person, siblings)? {
        Some(new) => Key::New(Box::new(new)),
        None => {
            if !file.config.keys.is_empty() && !defines_in_rules(file) {
                notes.push(Note::NoKeyList);
            }
            Key::None
        }
    })
}

/// Recipients may differ by the comment of an SSH key.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || AnyRecipient::parse(a).is_ok_and(|a| a.text == b)
}

fn explicit(file: &File, named: &[String]) -> Result<Vec<Reader>, Refusal> {
    let find = |name: &String| {
        let key = file.config.keys.iter().find(|key| key.name.as_deref() == Some(name));
        if let Some(key) = key {
            let alias = key.name.clone();
            let recipient = key.recipient().map_err(|why| Refusal::RecipientMalformed { why })?;
            return Ok(Reader { recipient: recipient.text, alias, line: key.line });
        }
        let recipient = AnyRecipient::parse(name)
            .map_err(|_| Refusal::UnknownReader { name: unless_private(name) })?;
        let alias = file.key_of(&recipient.text).and_then(|key| key.name.clone());
        Ok(Reader { recipient: recipient.text, alias, line: 0 })
    };
    named.iter().map(find).collect()
}

fn unless_private(name: &str) -> String {
    let private = private::is_in(name);
    if private { "a private key".to_owned() } else { name.to_owned() }
}

fn derived(file: &File, siblings: &[Sibling], notes: &mut Vec<Note>) -> Vec<Reader> {
    if siblings.is_empty() {
        notes.push(Note::NoNeighbours);
    }
    let rules = siblings.iter().map(|sibling| &file.config.rules[sibling.rule]);
    let mut kinds: Vec<String> =
        rules.flat_map(|rule| rule.groups.iter().flat_map(|g| g.others.clone())).collect();
    kinds.sort();
    kinds.dedup();
    if !kinds.is_empty() {
        notes.push(Note::OtherKinds { kinds });
    }
    let mut admins = neighbours::admins(file, siblings);
    admins.retain(|admin| match AnyRecipient::parse(&admin.recipient) {
        Ok(_) => true,
        Err(why) => {
            notes.push(Note::NotCarried { line: admin.line, why });
            false
        }
    });
    admins
}

/// The recipients as the new rule has them: admins where the model has them around its own
/// person, each by its alias where rules use aliases and the anchor stands above.
fn written(
    file: &File,
    model: &RuleStyle,
    person: &Person,
    key: &Key,
    admins: &[Reader],
    siblings: &[Sibling],
    at: usize,
) -> Vec<Written> {
    let aliases = model.takes_aliases() || admins.is_empty();
    let other = |reader: &Reader| match &reader.alias {
        Some(alias) if aliases && file.alias_reaches(alias, at) => {
            Written::alias(alias, &reader.recipient)
        }
        _ => Written::literal(&reader.recipient),
    };
    let recipient = &person.recipient.text;
    let own = match key {
        Key::Known(name) if aliases && file.alias_reaches(name, at) && uses_aliases(file) => {
            Written::alias(name, recipient)
        }
        Key::New(new)
            if aliases && new.anchored && new.splice.range.start < at && uses_aliases(file) =>
        {
            Written::alias(&person.anchor, recipient)
        }
        Key::None
            if aliases
                && model.takes_aliases()
                && defines_in_rules(file)
                && file.key_of(recipient).is_none() =>
        {
            Written::defined(&person.anchor, recipient)
        }
        _ => Written::literal(recipient),
    };
    let mut readers: Vec<Written> = admins.iter().map(other).collect();
    readers.insert(own_position(file, admins, siblings).min(readers.len()), own);
    readers
}

/// Any rule names a key by an alias: a file can have a list of keys and not use it.
fn uses_aliases(file: &File) -> bool {
    file.config.rules.iter().flat_map(Rule::readers).any(|reader| reader.alias.is_some())
}

/// Keys get their anchors where a rule first names them.
fn defines_in_rules(file: &File) -> bool {
    let from = file.rules.start;
    let to = file.rules.end;
    file.config
        .keys
        .iter()
        .filter_map(|key| key.name.as_deref())
        .any(|name| file.anchors.named(name).iter().any(|node| (from..to).contains(&node.start)))
}

/// How many admins the last sibling has before its own person.
fn own_position(file: &File, admins: &[Reader], siblings: &[Sibling]) -> usize {
    let Some(sibling) = siblings.last() else { return admins.len() };
    let Some(own) = sibling.own.first() else { return admins.len() };
    let readers = file.config.rules[sibling.rule].readers().take(*own);
    readers.filter(|reader| admins.iter().any(|admin| admin.recipient == reader.recipient)).count()
}

/// The path as a pattern, anchored as the siblings' are, or as most rules are.
///
/// A bare file name is always anchored at its start: it would match a file of that name in every
/// folder, and take those files away from their rules.
fn pattern(file: &File, siblings: &[Sibling], path: &str) -> String {
    let rules = &file.config.rules;
    let mut patterns: Vec<&str> =
        siblings.iter().filter_map(|s| rules[s.rule].path_regex.as_deref()).collect();
    if patterns.is_empty() {
        patterns = rules.iter().filter_map(|rule| rule.path_regex.as_deref()).collect();
    }
    let most = |wanted: &dyn Fn(&str) -> bool| {
        patterns.iter().filter(|pattern| wanted(pattern)).count() * 2 > patterns.len()
    };
    let ends = |pattern: &str| pattern.ends_with('$') && !pattern.ends_with(r"\$");
    // Without an extension, an open end would match other people's names that begin the same.
    let open = !siblings.is_empty()
        && most(&|p| !ends(p))
        && path.rsplit('/').next().is_some_and(|n| n.contains('.'));
    let head = if most(&|p| p.starts_with('^')) || !path.contains('/') { "^" } else { "" };
    format!("{head}{}{}", pattern::quote(path), if open { "" } else { "$" })
}
