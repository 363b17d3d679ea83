//! Changes to dotenv and ini files: a line for each value, and lines for the flattened block.
//!
//! New lines are written as sops writes them (`stores/dotenv`, `stores/ini`); in an ini file the
//! `=` stands below that of the line above where there is room.

use super::place::{column, end_of_line, start_of_line};
use super::rekey::{GROUPS, Sealed, group_of};
use super::{EditError, Wanted, name_of};
use crate::sops::edit::groups::normal;
use crate::sops::file::Format;
use crate::sops::flat::{BlockLine, Flat, PREFIX, escaped};
use crate::sops::tree::{Key, Map, Node, Span, Step};
use crate::splice::yaml::{self as splice, Splice};

/// The change that puts `value`, a ciphertext, at `at`.
pub(super) fn put(
    text: &str,
    format: Format,
    document: &Map,
    at: &[Step],
    value: &str,
) -> Result<Splice, EditError> {
    if let Some((_, leaf)) = found(document, at) {
        return Ok(Splice { range: leaf.span().clone(), insert: value.to_owned() });
    }
    let file = Flat::read(text, format)?;
    let block = file.block.first().ok_or(EditError::Style)?;
    let [.., Step::Key(name)] = at else { return Err(EditError::BadPath(name_of(at))) };
    if format == Format::Dotenv {
        return Ok(Splice::insert(block.span.start, format!("{name}={value}\n")));
    }
    let Some(Step::Key(section)) = at.first() else { return Err(EditError::Style) };
    let entries = document.entries();
    let Some((heading, node)) = entries.rev().find(|(key, _)| key.text == *section) else {
        let lines = format!("[{section}]\n{name} = {value}\n\n");
        return Ok(Splice::insert(heading_of_block(text, block)?, lines));
    };
    let section = node.as_map().ok_or(EditError::Style)?;
    let Some((above, leaf)) = section.entries().next_back() else {
        return Ok(on_its_own(text, heading.span.end, format!("{name} = {value}")));
    };
    let assigned = assigned(text, above, leaf, name);
    Ok(on_its_own(text, leaf.span().end, format!("{assigned}{value}")))
}

/// The change that takes out the line of what is at `at`.
pub(super) fn removal(text: &str, document: &Map, at: &[Step]) -> Result<Splice, EditError> {
    let (key, leaf) = found(document, at).ok_or_else(|| EditError::NotThere(name_of(at)))?;
    let end = end_of_line(text, leaf.span().end);
    Ok(Splice::remove(start_of_line(text, key.span.start)..end))
}

/// Whether a value can have this name: one that reads back as another would be lost.
pub(super) fn usable(format: Format, at: &[Step]) -> Result<(), EditError> {
    let bad = || EditError::BadPath(name_of(at));
    let plain = |name: &str, signs: &[char]| {
        !name.is_empty()
            && name.trim() == name
            && !name.contains(signs)
            && !name.contains(['\n', '\r'])
    };
    match (format, at) {
        (Format::Dotenv, [Step::Key(name)]) if name.starts_with(PREFIX) => Err(EditError::Reserved),
        (Format::Dotenv, [Step::Key(name)]) => {
            let is_plain = plain(name, &['=']) && !name.starts_with('#');
            is_plain.then_some(()).ok_or_else(bad)
        }
        (Format::Ini, [Step::Key(section), Step::Key(name)]) => {
            // The library that sops reads these files with counts for a name of `-`.
            let is_plain = plain(section, &['[', ']'])
                && plain(name, &['=', ':', '"', '`'])
                && !name.starts_with(['[', ';', '#'])
                && name != "-";
            is_plain.then_some(()).ok_or_else(bad)
        }
        (Format::Ini, [Step::Key(_)]) => Err(EditError::NoSection(name_of(at))),
        _ => Err(bad()),
    }
}

/// `text` with these stanzas added to each group. With `keep`, those of people who stay are kept.
pub(super) fn with_stanzas(
    text: &str,
    format: Format,
    wanted: &Wanted,
    sealed: &[Sealed],
    keep: bool,
) -> Result<String, EditError> {
    let file = Flat::read(text, format)?;
    let block = file.block()?.ok_or(EditError::Style)?;
    let map = block.as_map().ok_or(EditError::Style)?;
    let layout = Layout::of(text, format, &file)?;
    let is_flat =
        wanted.groups.len() == 1 && map.get("key_groups").is_none_or(|_| map.get("age").is_some());
    let mut splices = Vec::new();
    for (number, (group, sealed)) in wanted.groups.iter().zip(sealed).enumerate() {
        let holder = if is_flat { Some(map) } else { group_of(map, number) };
        let there: Vec<&Node> =
            holder.and_then(|map| map.get("age")).into_iter().flat_map(Node::elements).collect();
        let there: Vec<(String, String)> =
            there.into_iter().map(stanza).collect::<Result<_, _>>()?;
        let stays = |(recipient, _): &&(String, String)| {
            keep && group.age.iter().any(|wanted| wanted.text == normal(recipient))
        };
        let kept: Sealed = there.iter().filter(stays).cloned().collect();
        if sealed.is_empty() && kept.len() == there.len() {
            continue;
        }
        let list = if is_flat { "age".to_owned() } else { age_of(number) };
        let is_of_list = |line: &&BlockLine| line.path.starts_with(&format!("{list}__list_"));
        let spans = file.block.iter().filter(is_of_list).map(|line| line.span.clone()).collect();
        let all: Sealed = kept.into_iter().chain(sealed.iter().cloned()).collect();
        splices.extend(instead_of(spans, layout.stanzas(&list, &all))?);
    }
    splice::apply(text, &splices).ok_or(EditError::Proof("its splices overlap"))
}

/// `text` with groups written anew, whatever they were.
pub(super) fn with_groups(
    text: &str,
    format: Format,
    groups: &[Sealed],
    threshold: usize,
) -> Result<String, EditError> {
    let file = Flat::read(text, format)?;
    let layout = Layout::of(text, format, &file)?;
    let lines = match groups {
        [only] => layout.stanzas("age", only),
        several => {
            let lists = several.iter().enumerate();
            let lists: String =
                lists.map(|(number, group)| layout.stanzas(&age_of(number), group)).collect();
            lists + &layout.line("shamir_threshold", &threshold.to_string())
        }
    };
    let is_of_groups =
        |line: &&BlockLine| GROUPS.contains(&line.path.split("__").next().unwrap_or_default());
    let spans = file.block.iter().filter(is_of_groups).map(|line| line.span.clone()).collect();
    let splices = instead_of(spans, lines)?;
    splice::apply(text, &splices).ok_or(EditError::Proof("its splices overlap"))
}

/// A file without values, whose block says `entries`; the names in it are sorted.
pub(in crate::sops) fn empty(format: Format, entries: &[(&str, String)]) -> String {
    let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    let layout = match format {
        Format::Ini => Layout { lead: "", width, equals: "= " },
        _ => Layout { lead: PREFIX, width: 0, equals: "=" },
    };
    let heading = if format == Format::Ini { "[sops]\n" } else { "" };
    let lines: String = entries.iter().map(|(name, value)| layout.line(name, value)).collect();
    format!("{heading}{lines}")
}

fn age_of(group: usize) -> String {
    format!("key_groups__list_{group}__map_age")
}

fn found<'d>(document: &'d Map, at: &[Step]) -> Option<(&'d Key, &'d Node)> {
    let (last, way) = at.split_last()?;
    let Step::Key(name) = last else { return None };
    let map = match way {
        [] => document,
        [Step::Key(section)] => document.get(section)?.as_map()?,
        _ => return None,
    };
    map.entries().find(|(key, _)| key.text == *name)
}

/// A line after that of `at`.
fn on_its_own(text: &str, at: usize, line: String) -> Splice {
    let at = end_of_line(text, at);
    let is_open = !text.get(..at).unwrap_or_default().ends_with('\n');
    Splice::insert(at, if is_open { format!("\n{line}") } else { line + "\n" })
}

/// `name` and its `=`, as `above` has them.
fn assigned(text: &str, above: &Key, leaf: &Node, name: &str) -> String {
    let between = text.get(above.span.end..leaf.span().start).unwrap_or(" = ");
    let blanks = between.len() - between.trim_start().len();
    let indent = " ".repeat(column(text, above.span.start));
    let width = if blanks == 0 { 0 } else { above.text.chars().count() + blanks };
    let gap = if blanks > 0 && name.chars().count() >= width { " " } else { "" };
    format!("{indent}{name:<width$}{gap}{}", between.trim_start())
}

/// Where the heading of the block stands.
fn heading_of_block(text: &str, block: &BlockLine) -> Result<usize, EditError> {
    let before = text.get(..block.span.start).unwrap_or_default();
    let mut at = block.span.start;
    for line in before.split_inclusive('\n').rev() {
        at -= line.len();
        if line.trim() == "[sops]" {
            return Ok(at);
        }
    }
    Err(EditError::Style)
}

/// A stanza's recipient and what is sealed for them. One that says more is not known here.
fn stanza(node: &Node) -> Result<(String, String), EditError> {
    let map = node.as_map().filter(|map| map.pairs().count() == 2).ok_or(EditError::Style)?;
    let text = |name| map.get(name).and_then(Node::text).map(str::to_owned).ok_or(EditError::Style);
    Ok((text("recipient")?, text("enc")?))
}

/// `lines` in place of the first of `spans`; the others go.
fn instead_of(spans: Vec<Span>, lines: String) -> Result<Vec<Splice>, EditError> {
    let mut spans = spans.into_iter();
    let first = spans.next().ok_or(EditError::Style)?;
    let first = Splice { range: first, insert: lines };
    Ok(std::iter::once(first).chain(spans.map(Splice::remove)).collect())
}

/// How the lines of a block are written.
struct Layout {
    lead: &'static str,
    /// Characters before the `=`; 0 where nothing is below one another.
    width: usize,
    equals: &'static str,
}

impl Layout {
    fn of(text: &str, format: Format, file: &Flat) -> Result<Self, EditError> {
        if format == Format::Dotenv {
            return Ok(Self { lead: PREFIX, width: 0, equals: "=" });
        }
        let first = file.block.first().ok_or(EditError::Style)?;
        let line = text.get(first.span.clone()).unwrap_or_default();
        let width = line.find('=').ok_or(EditError::Style)?;
        Ok(Self { lead: "", width, equals: if width > first.path.len() { "= " } else { "=" } })
    }

    fn line(&self, path: &str, value: &str) -> String {
        let Self { lead, width, equals } = self;
        // One that is longer than the others keeps its distance, too.
        let gap = if *width > 0 && path.len() >= *width && *equals == "= " { " " } else { "" };
        format!("{lead}{path:<width$}{gap}{equals}{}\n", escaped(value))
    }

    fn stanzas(&self, list: &str, sealed: &Sealed) -> String {
        let mut lines = String::new();
        for (number, (recipient, armored)) in sealed.iter().enumerate() {
            lines += &self.line(&format!("{list}__list_{number}__map_enc"), armored);
            lines += &self.line(&format!("{list}__list_{number}__map_recipient"), recipient);
        }
        lines
    }
}

#[cfg(test)]
mod tests;
