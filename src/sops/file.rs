//! An encrypted file: parsed without any key, opened with one.

pub(crate) mod walk;

use std::path::Path;

use super::cipher::{DataKey, Kind, Plain, ValueError};
use super::error::{OpenError, ParseError};
use super::flat::Flat;
use super::mac::Mac;
use super::metadata::{Metadata, StanzaKind};
use super::secret::SecretValue;
use super::tree::{Key, Leaf, ListItem, Map, Node};
use super::{json, stanza, yaml};
use crate::key::Opens;
use walk::{Site, Thing, Walk};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Yaml,
    Json,
    Dotenv,
    Ini,
    /// JSON that holds a whole file as its one value `data`.
    Binary,
}

impl Format {
    /// By extension, as sops chooses: whatever it does not know is binary.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|e| e.to_str()) {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json") => Self::Json,
            Some("env") => Self::Dotenv,
            Some("ini") => Self::Ini,
            _ => Self::Binary,
        }
    }

    /// Its `sops` block is flattened into lines.
    pub(crate) fn is_flat(self) -> bool {
        matches!(self, Self::Dotenv | Self::Ini)
    }
}

/// A parsed file. Nothing in it is decrypted yet.
#[derive(Debug, Clone)]
pub struct EncryptedFile {
    /// One, except in YAML streams of several documents.
    documents: Vec<Map>,
    /// The `sops` block of each document.
    blocks: Vec<Option<Block>>,
    metadata: Metadata,
}

/// A `sops` block where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) key: Key,
    pub(crate) node: Node,
}

/// A decrypted file whose MAC is right.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The top level of each document.
    pub documents: Vec<Opening>,
    /// The recipients whose keys opened it: one, or one for each Shamir group.
    pub opened_by: Vec<String>,
}

/// A decrypted value. Text is wiped on drop and hidden in `Debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// The bytes are the value's text; numbers and booleans in the form that sops encrypts.
    Value(Kind, SecretValue),
    List(Vec<Opening>),
    Map(Vec<(String, Opening)>),
}

impl EncryptedFile {
    /// Reads the structure and the `sops` block of `text`; decrypts nothing.
    pub fn parse(text: &str, format: Format) -> Result<Self, ParseError> {
        let file = Self::parse_without_recipients(text, format)?;
        match file.metadata.groups.iter().all(Vec::is_empty) {
            true => Err(ParseError::NoRecipients),
            false => Ok(file),
        }
    }

    /// The same for a text whose recipients are about to be written.
    pub(crate) fn parse_without_recipients(text: &str, format: Format) -> Result<Self, ParseError> {
        refuse_obvious(text)?;
        let mut documents = match format {
            Format::Yaml => yaml::documents(text, 1)?,
            Format::Json | Format::Binary => vec![json::document(text)?],
            Format::Dotenv | Format::Ini => return Self::flat(Flat::read(text, format)?),
        };
        // Every document of a stream carries the block; sops reads the first one's.
        let taken =
            |document: &mut Map| document.take("sops").map(|(key, node)| Block { key, node });
        let blocks: Vec<_> = documents.iter_mut().map(taken).collect();
        let first = blocks.first().and_then(Option::as_ref).ok_or(ParseError::NotEncrypted)?;
        let metadata = Metadata::read(&first.node)?;
        Ok(Self { metadata, documents, blocks })
    }

    fn flat(file: Flat) -> Result<Self, ParseError> {
        let node = file.block()?.ok_or(ParseError::NotEncrypted)?;
        let start = file.block.first().map_or(0, |line| line.span.start);
        let key = Key { text: "sops".to_owned(), span: start..start };
        let metadata = Metadata::read(&node)?;
        let blocks = vec![Some(Block { key, node })];
        Ok(Self { metadata, documents: vec![file.document], blocks })
    }

    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The names under which sops-nix finds values: keys from the top, joined with `/`. Values in
    /// lists have none, nor do keys that hold a `/` themselves. Readable without an identity, since
    /// keys are never encrypted.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for document in &self.documents {
            collect_names(document, "", &mut names);
        }
        names
    }

    /// Decrypts every value with any of `identities` and verifies the MAC.
    pub fn open<I: Opens>(&self, identities: &[I]) -> Result<Opened, OpenError> {
        let unsealed = stanza::open(&self.metadata, identities)?;
        let documents = self.open_with(&unsealed.key)?;
        Ok(Opened { documents, opened_by: unsealed.opened_by })
    }

    /// The same with the data key itself.
    pub(crate) fn open_with(&self, key: &DataKey) -> Result<Vec<Opening>, OpenError> {
        let mut mac = Mac::new(self.metadata.mac_only_encrypted);
        let mut hashed_comments = Mac::new(self.metadata.mac_only_encrypted);
        let mut decrypt = |site: &Site<'_>, thing: Thing<'_>| {
            let Thing::Leaf(leaf) = thing else { return Ok(None) };
            let why = |why| OpenError::Value { path: shown(site), why };
            let plain = match site.encrypted {
                true => decrypt(key, leaf, &site.associated()).map_err(why)?,
                false => Plain::Value(leaf.kind, leaf.value.clone()),
            };
            Ok(match plain {
                // Some versions of sops hash these when reading and not when writing.
                Plain::Comment(text) => {
                    hashed_comments.add(text.as_bytes(), site.encrypted);
                    None
                }
                Plain::Value(kind, value) => {
                    mac.add(value.as_bytes(), site.encrypted);
                    hashed_comments.add(value.as_bytes(), site.encrypted);
                    Some((kind, value))
                }
            })
        };
        let documents = Walk::new(&self.metadata, &mut decrypt).documents(&self.documents)?;
        match self.verify(mac, key) {
            Err(OpenError::MacMismatch) if self.verify(hashed_comments, key).is_ok() => {
                Err(OpenError::MacOverComments)
            }
            verified => verified.map(|()| documents),
        }
    }

    /// The MAC that its values have, decrypted with `key`, as sops hashes them.
    pub(crate) fn mac_of(&self, key: &DataKey) -> Result<Mac, OpenError> {
        let mut mac = Mac::new(self.metadata.mac_only_encrypted);
        let mut add = |site: &Site<'_>, thing: Thing<'_>| {
            let Thing::Leaf(leaf) = thing else { return Ok(None) };
            let why = |why| OpenError::Value { path: shown(site), why };
            match site.encrypted {
                false => mac.add(leaf.value.as_bytes(), false),
                true => match decrypt(key, leaf, &site.associated()).map_err(why)? {
                    Plain::Value(_, value) => mac.add(value.as_bytes(), true),
                    Plain::Comment(_) => {}
                },
            }
            Ok(None)
        };
        Walk::new(&self.metadata, &mut add).documents(&self.documents)?;
        Ok(mac)
    }

    fn verify(&self, computed: Mac, key: &DataKey) -> Result<(), OpenError> {
        let Metadata { mac, last_modified, .. } = &self.metadata;
        if mac.is_empty() {
            return Err(OpenError::NoMac);
        }
        match key.open(mac, last_modified).map_err(OpenError::MacDamaged)? {
            Plain::Value(_, stored) if stored.as_str() == Some(computed.finish().as_str()) => {
                Ok(())
            }
            _ => Err(OpenError::MacMismatch),
        }
    }

    pub(crate) fn documents(&self) -> &[Map] {
        &self.documents
    }

    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().flatten()
    }

    /// Encrypted comments stand in a list, over which sops 3.13.2 stumbles (getsops/sops#2243).
    pub fn has_comments_in_lists(&self) -> bool {
        fn inside(node: &Node) -> bool {
            match node {
                Node::Leaf(_) => false,
                Node::Map(map) => map.pairs().any(|(_, node)| inside(node)),
                Node::List(list) => list.items.iter().any(|item| match item {
                    ListItem::Node(node) => node.is_comment() || inside(node),
                    ListItem::Comment(_) => false,
                }),
            }
        }
        self.documents.iter().any(|map| map.pairs().any(|(_, node)| inside(node)))
    }

    /// The kinds of stanzas that are not age's.
    pub fn other_kinds(&self) -> Vec<StanzaKind> {
        let mut kinds: Vec<_> = self.metadata.stanzas().map(|stanza| stanza.kind).collect();
        kinds.retain(|kind| *kind != StanzaKind::Age);
        kinds.dedup();
        kinds
    }
}

/// Where a value is, as people name it.
fn shown(site: &Site<'_>) -> String {
    site.path.join("/")
}

fn decrypt(key: &DataKey, leaf: &Leaf, associated: &str) -> Result<Plain, ValueError> {
    match (leaf.kind, leaf.value.as_str()) {
        (Kind::Str, Some(text)) => key.open(text, associated),
        _ => Err(ValueError::NotEncrypted),
    }
}

impl Opened {
    /// The value called `name` (`a/b` is key `b` below `a`) in the first document that has it.
    pub fn get(&self, name: &str) -> Option<&SecretValue> {
        self.documents.iter().find_map(|document| document.get(name))
    }
}

impl Opening {
    fn get(&self, name: &str) -> Option<&SecretValue> {
        let Self::Map(pairs) = self else { return None };
        let (first, rest) = name.split_once('/').map_or((name, None), |(a, b)| (a, Some(b)));
        let (_, child) = pairs.iter().find(|(key, _)| key == first)?;
        match (rest, child) {
            (Some(rest), child) => child.get(rest),
            (None, Self::Value(_, value)) => Some(value),
            (None, _) => None,
        }
    }
}

/// What is better said at once than by a parser far into the text.
pub(crate) fn refuse_obvious(text: &str) -> Result<(), ParseError> {
    if text.trim().is_empty() {
        return Err(ParseError::Empty);
    }
    let marks = ["<<<<<<< ", ">>>>>>> ", "||||||| "];
    let conflict = text.lines().position(|line| marks.iter().any(|m| line.starts_with(m)));
    match conflict {
        Some(at) => {
            Err(ParseError::MergeConflict { line: u32::try_from(at + 1).unwrap_or(u32::MAX) })
        }
        None => Ok(()),
    }
}

fn collect_names(map: &Map, prefix: &str, names: &mut Vec<String>) {
    for (key, node) in map.pairs().filter(|(key, _)| !key.contains('/')) {
        let name = format!("{prefix}{key}");
        match node {
            Node::Map(inner) => collect_names(inner, &format!("{name}/"), names),
            Node::Leaf(_) => names.push(name),
            Node::List(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
