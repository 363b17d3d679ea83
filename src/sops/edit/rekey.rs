//! The recipients' stanzas: those that stay are kept byte for byte, the rest of the file too.
//!
//! `sops updatekeys` seals the data key anew for everybody; a kept stanza is as good, and gives a
//! difference that people can read. As there, values, MAC, time and version stay.

use zeroize::Zeroizing;

use super::groups::normal;
use super::place::{column, end, end_of_line, is_flow, start_of_line};
use super::{Difference, EditError, Unlocked, Wanted, lines, prove, write};
use crate::key::{AnyRecipient, Plugins};
use crate::sops::file::{Block, EncryptedFile, Format};
use crate::sops::metadata::StanzaKind;
use crate::sops::tree::{List, Map, Node, Span};
use crate::sops::yaml::scalar;
use crate::sops::{shamir, stanza};
use crate::splice::yaml::{self as splice, Splice};

/// The keys of a block that say who reads the file.
pub(super) const GROUPS: [&str; 3] = ["age", "key_groups", "shamir_threshold"];

/// A file for other readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rekeyed {
    pub text: String,
    pub difference: Difference,
}

/// Per group its part of the data key, where it is known.
pub(super) type Parts = Vec<Option<Zeroizing<Vec<u8>>>>;

impl Unlocked<'_> {
    /// The text for `wanted`; the same text if nothing differs.
    pub fn rekey(&self, wanted: &Wanted) -> Result<Rekeyed, EditError> {
        let metadata = self.file.metadata();
        let difference = Difference::between(metadata, wanted);
        if difference.is_none() {
            return Ok(Rekeyed { text: self.text.to_owned(), difference });
        }
        self.can_seal(wanted)?;
        // A newcomer of a group needs its part, which is known only if one of our keys opened it.
        let known = |group: usize| matches!(self.parts.get(group), Some(Some(_)));
        let lacks = |group: &usize| {
            let stanzas = &metadata.groups[*group];
            !wanted.groups[*group].age.iter().all(|recipient| {
                stanzas.iter().any(|stanza| normal(&stanza.recipient) == recipient.text)
            })
        };
        let reshared =
            difference.regrouped || (0..wanted.groups.len()).filter(lacks).any(|g| !known(g));
        let text = if reshared {
            let (parts, threshold) = self.reshared(wanted)?;
            self.with_groups(self.text, wanted, &parts, threshold)?
        } else {
            with_stanzas(self.text, self.format, wanted, &self.parts, true, &self.plugins)?
        };
        self.proved(&text, wanted)?;
        Ok(Rekeyed { text, difference })
    }

    pub(super) fn can_seal(&self, wanted: &Wanted) -> Result<(), EditError> {
        if wanted.is_possible() { Ok(()) } else { Err(EditError::NoRecipients) }
    }

    fn proved(&self, text: &str, wanted: &Wanted) -> Result<(), EditError> {
        prove::holds(text, self.format, &self.key, &self.opened.documents)?;
        prove::same_block(&self.file, text, self.format, &GROUPS)?;
        let after = EncryptedFile::parse(text, self.format)?;
        let others = |file: &EncryptedFile| {
            let stanzas = file.metadata().stanzas().filter(|s| s.kind != StanzaKind::Age);
            stanzas.map(|s| (s.kind, s.recipient.clone(), s.enc.clone())).collect::<Vec<_>>()
        };
        let right = Difference::between(after.metadata(), wanted).is_none()
            && others(&after) == others(&self.file);
        if right { Ok(()) } else { Err(EditError::Proof("it has other recipients")) }
    }

    /// New parts of the data key, and how many of them are needed.
    fn reshared(&self, wanted: &Wanted) -> Result<(Parts, usize), EditError> {
        let kinds = self.file.other_kinds();
        if !kinds.is_empty() {
            return Err(EditError::OtherKinds(kinds));
        }
        if self.file.documents().len() != 1 {
            return Err(EditError::SeveralDocuments);
        }
        let threshold = self.file.metadata().shamir_threshold;
        parts_of(self.key.as_bytes(), wanted.groups.len(), threshold)
    }

    /// `text` with groups written anew.
    pub(super) fn with_groups(
        &self,
        text: &str,
        wanted: &Wanted,
        parts: &Parts,
        threshold: usize,
    ) -> Result<String, EditError> {
        let mut sealed = Vec::new();
        for (group, part) in wanted.groups.iter().zip(parts) {
            let part = part.as_ref().ok_or(EditError::Style)?;
            sealed.push(seal(group.age.iter(), part, &self.plugins)?);
        }
        if self.format.is_flat() {
            return lines::with_groups(text, self.format, &sealed, threshold);
        }
        let mut text = text.to_owned();
        for key in GROUPS {
            text = without(&text, self.format, key)?;
        }
        let file = EncryptedFile::parse_without_recipients(&text, self.format)?;
        let block = file.blocks().next().ok_or(EditError::Style)?;
        let writer = Writer::of(&text, self.format, block)?;
        let splice = writer.groups(block, &sealed, threshold)?;
        splice::apply(&text, &[splice]).ok_or(EditError::Proof("its splices overlap"))
    }
}

/// The data key for so many groups, and the threshold that is written down (0: one group).
pub(super) fn parts_of(
    key: &[u8],
    groups: usize,
    threshold: usize,
) -> Result<(Parts, usize), EditError> {
    if groups == 1 {
        return Ok((vec![Some(Zeroizing::new(key.to_vec()))], 0));
    }
    // `updatekeys` keeps the file's threshold as far as there are groups.
    let threshold = if threshold == 0 { groups } else { threshold.min(groups).max(2) };
    let parts = shamir::split(key, groups, threshold).ok_or(EditError::Style)?;
    Ok((parts.into_iter().map(Some).collect(), threshold))
}

/// Recipients, and what is sealed for each.
pub(super) type Sealed = Vec<(String, String)>;

pub(super) fn seal<'r>(
    recipients: impl Iterator<Item = &'r AnyRecipient>,
    part: &[u8],
    plugins: &Plugins,
) -> Result<Sealed, EditError> {
    let one = |recipient: &AnyRecipient| match stanza::seal(part, recipient, plugins) {
        Ok(armored) => Ok((recipient.text.clone(), armored)),
        Err(why) => Err(EditError::Recipient { recipient: recipient.text.clone(), why }),
    };
    recipients.map(one).collect()
}

/// `text` with the stanzas of `wanted` in the groups it has. With `keep`, stanzas of people who
/// stay are kept; else all are sealed anew.
pub(super) fn with_stanzas(
    text: &str,
    format: Format,
    wanted: &Wanted,
    parts: &Parts,
    keep: bool,
    plugins: &Plugins,
) -> Result<String, EditError> {
    let file = EncryptedFile::parse(text, format)?;
    let metadata = file.metadata();
    let mut splices = Vec::new();
    let mut sealed = Vec::new();
    for (number, group) in wanted.groups.iter().enumerate() {
        let there = metadata.groups.get(number).ok_or(EditError::Style)?;
        let is_new = |recipient: &&AnyRecipient| {
            !keep || !there.iter().any(|stanza| normal(&stanza.recipient) == recipient.text)
        };
        let new: Vec<&AnyRecipient> = group.age.iter().filter(is_new).collect();
        sealed.push(match parts.get(number).and_then(Option::as_ref) {
            Some(part) => seal(new.into_iter(), part, plugins)?,
            None if new.is_empty() => Vec::new(),
            None => return Err(EditError::Style),
        });
    }
    if format.is_flat() {
        return lines::with_stanzas(text, format, wanted, &sealed, keep);
    }
    for block in file.blocks() {
        let writer = Writer::of(text, format, block)?;
        let map = block.node.as_map().ok_or(EditError::Style)?;
        let flat = metadata.groups.len() == 1
            && map.get("key_groups").is_none_or(|_| map.get("age").is_some());
        for (number, (group, sealed)) in wanted.groups.iter().zip(&sealed).enumerate() {
            let holder = if flat { Some(map) } else { group_of(map, number) };
            let holder = holder.ok_or(EditError::Style)?;
            let stays = |recipient: &str| {
                keep && group.age.iter().any(|wanted| wanted.text == normal(recipient))
            };
            splices.extend(writer.list(holder, &stays, sealed)?);
        }
    }
    splice::apply(text, &splices).ok_or(EditError::Proof("its splices overlap"))
}

pub(super) fn group_of(block: &Map, number: usize) -> Option<&Map> {
    block.get("key_groups")?.as_list()?.nodes().nth(number)?.as_map()
}

/// `text` without one entry of its block.
fn without(text: &str, format: Format, key: &str) -> Result<String, EditError> {
    let file = EncryptedFile::parse_without_recipients(text, format)?;
    let block = file.blocks().next().ok_or(EditError::Style)?;
    let map = block.node.as_map().ok_or(EditError::Style)?;
    let entries: Vec<_> = map.entries().collect();
    let Some(at) = entries.iter().position(|(name, _)| name.text == key) else {
        return Ok(text.to_owned());
    };
    let range = if is_flow(text, &map.span) {
        match entries.get(at + 1) {
            Some((next, _)) => entries[at].0.span.start..next.span.start,
            None if at > 0 => entries[at - 1].1.span().end..entries[at].1.span().end,
            None => return Err(EditError::Style),
        }
    } else {
        let (key, node) = entries[at];
        start_of_line(text, key.span.start)..end_of_line(text, end(key, node))
    };
    let removal = Splice { range, insert: String::new() };
    splice::apply(text, &[removal]).ok_or(EditError::Proof("its splices overlap"))
}

/// Writes stanzas as the file has them.
struct Writer<'t> {
    text: &'t str,
    format: Format,
    unit: write::Unit,
    /// Old files have the recipient before its stanza.
    recipient_first: bool,
}

impl<'t> Writer<'t> {
    fn of(text: &'t str, format: Format, block: &Block) -> Result<Self, EditError> {
        let unit = write::Unit::of(text, format, block)?;
        let map = block.node.as_map().ok_or(EditError::Style)?;
        let first = first_stanza(map).and_then(|stanza| stanza.entries().next());
        let recipient_first = first.is_some_and(|(key, _)| key.text == "recipient");
        Ok(Self { text, format, unit, recipient_first })
    }

    /// The list of age stanzas in `holder` (a block or a group of it), rewritten.
    fn list(
        &self,
        holder: &Map,
        stays: &dyn Fn(&str) -> bool,
        sealed: &Sealed,
    ) -> Result<Option<Splice>, EditError> {
        let Some(node) = holder.get("age") else {
            return if sealed.is_empty() { Ok(None) } else { Err(EditError::Style) };
        };
        let list = node.as_list().ok_or(EditError::Style)?;
        let nodes: Vec<&Node> = list.nodes().collect();
        let kept = |node: &Node| {
            node.as_map().and_then(|map| map.get("recipient")?.text()).is_some_and(stays)
        };
        if sealed.is_empty() && nodes.iter().all(|node| kept(node)) {
            return Ok(None);
        }
        if matches!(self.format, Format::Json | Format::Binary) {
            return self.json_list(list, &nodes, &kept, sealed).map(Some);
        }
        if is_flow(self.text, &list.span) || nodes.is_empty() {
            return Err(EditError::Style);
        }
        let extents = self.extents(&nodes)?;
        let dash = column(self.text, extents[0].start + self.blanks(extents[0].start));
        let block = nodes.iter().find_map(|node| self.column_of_block(node));
        let mut insert = String::new();
        for (node, extent) in nodes.iter().zip(&extents) {
            if kept(node) {
                insert.push_str(self.text.get(extent.clone()).unwrap_or_default());
            }
        }
        if !insert.is_empty() && !insert.ends_with('\n') {
            insert.push_str(self.unit.eol);
        }
        for (recipient, armored) in sealed {
            insert.push_str(&self.yaml_stanza(dash, block, recipient, armored));
        }
        let range = extents[0].start..extents.last().map_or(0, |last| last.end);
        Ok(Some(Splice { range, insert }))
    }

    /// Each item from the line of its dash to the next item's.
    fn extents(&self, nodes: &[&Node]) -> Result<Vec<Span>, EditError> {
        let mut starts = Vec::new();
        for node in nodes {
            let line = start_of_line(self.text, node.span().start);
            let before = self.text.get(line..node.span().start).unwrap_or_default();
            if before.trim() != "-" {
                return Err(EditError::Style);
            }
            starts.push(line);
        }
        let last = nodes.last().ok_or(EditError::Style)?;
        let ends = last.as_map().and_then(|map| map.entries().map(|(k, n)| end(k, n)).max());
        let end = end_of_line(self.text, ends.ok_or(EditError::Style)?);
        let ends = starts.iter().skip(1).copied().chain([end]);
        Ok(starts.iter().zip(ends).map(|(start, end)| *start..end).collect())
    }

    fn blanks(&self, line: usize) -> usize {
        let rest = self.text.get(line..).unwrap_or_default();
        rest.len() - rest.trim_start_matches(' ').len()
    }

    /// How far in the lines of a stanza's block stand.
    fn column_of_block(&self, node: &Node) -> Option<usize> {
        let enc = node.as_map()?.get("enc")?;
        let text = self.text.get(enc.span().clone())?;
        let second = text.starts_with('|').then(|| text.lines().nth(1))??;
        Some(second.len() - second.trim_start().len())
    }

    fn yaml_stanza(
        &self,
        dash: usize,
        block: Option<usize>,
        recipient: &str,
        armored: &str,
    ) -> String {
        let (eol, pad) = (self.unit.eol, " ".repeat(dash));
        // go-yaml puts a block at the first level to the right of its key.
        let spaces = self.unit.spaces();
        let block = block.unwrap_or(((dash + 2) / spaces + 1) * spaces);
        let mut enc = format!("enc: |{eol}");
        for line in armored.lines() {
            enc.push_str(&format!("{}{line}{eol}", " ".repeat(block)));
        }
        let recipient = format!("recipient: {}{eol}", scalar::write(recipient));
        if self.recipient_first {
            format!("{pad}- {recipient}{pad}  {enc}")
        } else {
            format!("{pad}- {enc}{pad}  {recipient}")
        }
    }

    fn json_list(
        &self,
        list: &List,
        nodes: &[&Node],
        kept: &dyn Fn(&Node) -> bool,
        sealed: &Sealed,
    ) -> Result<Splice, EditError> {
        let line = start_of_line(self.text, list.span.start);
        let blanks = self.text.get(line..list.span.start).unwrap_or_default();
        let outer = &blanks[..blanks.len() - blanks.trim_start().len()];
        let kept = nodes.iter().filter(|node| kept(node));
        let kept = kept.filter_map(|node| self.text.get(node.span().clone()).map(str::to_owned));
        let items: Vec<String> = kept
            .chain(
                sealed
                    .iter()
                    .map(|(recipient, armored)| self.json_stanza(outer, recipient, armored)),
            )
            .collect();
        Ok(Splice { range: list.span.clone(), insert: self.brackets(outer, &items) })
    }

    /// A JSON list on the line that begins with `outer`.
    fn brackets(&self, outer: &str, items: &[String]) -> String {
        let inner = self.unit.deeper(outer);
        let close =
            if inner.is_empty() { String::new() } else { format!("{}{outer}", self.unit.eol) };
        format!("[{inner}{}{close}]", items.join(&format!(",{inner}")))
    }

    fn json_stanza(&self, outer: &str, recipient: &str, armored: &str) -> String {
        let item = self.unit.deeper(outer);
        let inner = self.unit.deeper(item.trim_start_matches(['\r', '\n']));
        let mut fields = [("enc", armored), ("recipient", recipient)]
            .map(|(key, value)| format!("{inner}\"{key}\": {}", write::json(value)));
        if self.recipient_first {
            fields.reverse();
        }
        format!("{{{}{item}}}", fields.join(","))
    }

    /// New groups at the head of the block.
    fn groups(
        &self,
        block: &Block,
        sealed: &[Sealed],
        threshold: usize,
    ) -> Result<Splice, EditError> {
        let map = block.node.as_map().ok_or(EditError::Style)?;
        let (first, _) = map.entries().next().ok_or(EditError::Style)?;
        let insert = match self.format {
            Format::Json | Format::Binary => self.json_groups(map, sealed, threshold),
            _ => self.yaml_groups(column(self.text, first.span.start), sealed, threshold),
        };
        let at = match self.format {
            Format::Json | Format::Binary => first.span.start,
            _ => start_of_line(self.text, first.span.start),
        };
        Ok(Splice { range: at..at, insert })
    }

    fn yaml_groups(&self, column: usize, sealed: &[Sealed], threshold: usize) -> String {
        let (eol, spaces) = (self.unit.eol, self.unit.spaces());
        let pad = |column: usize| " ".repeat(column);
        let stanzas = |dash: usize, sealed: &Sealed| -> String {
            sealed.iter().map(|(r, armored)| self.yaml_stanza(dash, None, r, armored)).collect()
        };
        if let [only] = sealed {
            return format!("{}age:{eol}{}", pad(column), stanzas(column + spaces, only));
        }
        let dash = column + spaces;
        let groups: String = sealed
            .iter()
            .map(|group| {
                let below = ((dash + 2) / spaces + 1) * spaces;
                format!("{}- age:{eol}{}", pad(dash), stanzas(below, group))
            })
            .collect();
        let pad = pad(column);
        format!("{pad}key_groups:{eol}{groups}{pad}shamir_threshold: {threshold}{eol}")
    }

    fn json_groups(&self, map: &Map, sealed: &[Sealed], threshold: usize) -> String {
        let first = map.entries().next().map_or(map.span.start + 1, |(key, _)| key.span.start);
        let ws = self.text.get(map.span.start + 1..first).unwrap_or_default();
        let outer = ws.trim_start_matches(['\r', '\n']);
        let stanzas = |outer: &str, group: &Sealed| -> String {
            let items: Vec<_> = group.iter().map(|(r, a)| self.json_stanza(outer, r, a)).collect();
            self.brackets(outer, &items)
        };
        if let [only] = sealed {
            return format!("\"age\": {},{ws}", stanzas(outer, only));
        }
        let item = self.unit.deeper(outer);
        let inner = self.unit.deeper(item.trim_start_matches(['\r', '\n']));
        let groups: Vec<String> = sealed
            .iter()
            .map(|group| {
                let list = stanzas(inner.trim_start_matches(['\r', '\n']), group);
                format!("{{{inner}\"age\": {list}{item}}}")
            })
            .collect();
        let groups = self.brackets(outer, &groups);
        format!("\"key_groups\": {groups},{ws}\"shamir_threshold\": {threshold},{ws}")
    }
}

/// The first age stanza of a block, in whichever group.
fn first_stanza(block: &Map) -> Option<&Map> {
    let flat = block.get("age");
    let grouped = || {
        let groups = block.get("key_groups").into_iter().flat_map(Node::elements);
        groups.filter_map(Node::as_map).find_map(|group| group.get("age"))
    };
    flat.or_else(grouped)?.elements().next()?.as_map()
}
