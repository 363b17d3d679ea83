//! Who an encrypted file is encrypted to, found cheaply.
//!
//! A fleet has hundreds of secrets files and all are asked, so only the `sops` block is parsed
//! where the format allows to find it by lines.

use super::error::ParseError;
use super::file::refuse_obvious;
use super::flat::Flat;
use super::metadata::{self, Metadata, Stanza};
use super::tree::{Map, Node};
use super::{Format, json, yaml};

/// The stanzas of an encrypted YAML, JSON, dotenv, ini or binary file, in its order, told apart by
/// the text itself. A plain file gives [`ParseError::NotEncrypted`].
pub fn recipients_of(text: &str) -> Result<Vec<Stanza>, ParseError> {
    refuse_obvious(text)?;
    let block = block_of(text)?.ok_or(ParseError::NotEncrypted)?;
    let map =
        block.as_map().ok_or_else(|| ParseError::Metadata("it is not a mapping".to_owned()))?;
    let mut stanzas: Vec<Stanza> = metadata::groups(map)?.into_iter().flatten().collect();
    for stanza in stanzas.iter_mut().filter(|s| s.line == 0) {
        stanza.line = line_naming(text, &stanza.recipient);
    }
    Ok(stanzas)
}

/// What an encrypted file says about its own encryption, found as cheaply.
pub fn metadata_of(text: &str) -> Result<Metadata, ParseError> {
    refuse_obvious(text)?;
    let block = block_of(text)?.ok_or(ParseError::NotEncrypted)?;
    let metadata = Metadata::read(&block)?;
    match metadata.groups.iter().all(Vec::is_empty) {
        true => Err(ParseError::NoRecipients),
        false => Ok(metadata),
    }
}

/// Whether `text` is encrypted by sops, without parsing more than its `sops` block.
pub fn is_encrypted(text: &str) -> bool {
    matches!(block_of(text), Ok(Some(_)))
}

fn block_of(text: &str) -> Result<Option<Node>, ParseError> {
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        return json::document(text).map(|mut map| map.take("sops").map(|(_, node)| node));
    }
    if text.lines().any(|line| line.starts_with("sops_")) {
        return Flat::read(text, Format::Dotenv)?.block();
    }
    if text.lines().any(|line| line.trim() == "[sops]") {
        return Flat::read(text, Format::Ini)?.block();
    }
    yaml_block(text)
}

/// The block of a YAML file: the lines from `sops:` at the margin to the next line there. Only a
/// file that writes it otherwise (quoted, or in flow style) is parsed whole.
fn yaml_block(text: &str) -> Result<Option<Node>, ParseError> {
    let mut start = None;
    let mut offset = 0;
    let mut end = text.len();
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let at_margin = !line.starts_with([' ', '\n', '\r', '#']);
        if start.is_some() && at_margin {
            end = offset;
            break;
        }
        if line.trim_end() == "sops:" && at_margin {
            start = Some((offset, number));
        }
        offset += line.len();
    }
    let (slice, line) = match start {
        Some((from, line)) => (&text[from..end], line),
        None if text.lines().any(names_block) => (text, 1),
        None => return Ok(None),
    };
    let first: Option<Map> = yaml::documents(slice, line)?.into_iter().next();
    Ok(first.and_then(|mut map| map.take("sops").map(|(_, node)| node)))
}

/// Whether a line at the margin may start the block in quotes or in flow style.
fn names_block(line: &str) -> bool {
    line.trim_start_matches(['{', '"', '\'']).starts_with("sops") && line.contains(':')
}

/// The first line that holds `recipient`, counted from 1; 0 if none does.
fn line_naming(text: &str, recipient: &str) -> u32 {
    let found = text.lines().position(|line| line.contains(recipient));
    found.and_then(|at| u32::try_from(at + 1).ok()).unwrap_or(0)
}
