//! An encrypted file: parsed without any key, opened with one.

use std::path::Path;

use super::cipher::{DataKey, Kind, Plain, ValueError};
use super::error::{OpenError, ParseError};
use super::mac::Mac;
use super::metadata::Metadata;
use super::secret::SecretValue;
use super::selector::Position;
use super::tree::{Leaf, ListItem, Map, MapItem, Node};
use super::{flat, json, stanza, yaml};
use crate::key::Identity;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Yaml,
    Json,
    Dotenv,
    /// Only listed, not opened.
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
}

/// A parsed file. Nothing in it is decrypted yet.
#[derive(Debug, Clone)]
pub struct EncryptedFile {
    /// One, except in YAML streams of several documents.
    documents: Vec<Map>,
    metadata: Metadata,
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
        refuse_obvious(text)?;
        let (mut documents, block) = match format {
            Format::Yaml => (yaml::documents(text, 1)?, None),
            Format::Json | Format::Binary => (vec![json::document(text)?], None),
            Format::Dotenv => {
                let (map, block) = flat::dotenv(text)?;
                (vec![map], block)
            }
            Format::Ini => return Err(ParseError::Format("ini")),
        };
        // Every document of a stream carries the block; sops reads the first one's.
        let mut blocks: Vec<_> = documents.iter_mut().map(|d| d.take("sops")).collect();
        let first = if blocks.is_empty() { None } else { blocks.swap_remove(0) };
        let block = block.or(first).ok_or(ParseError::NotEncrypted)?;
        Ok(Self { metadata: Metadata::read(&block)?, documents })
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
    pub fn open(&self, identities: &[Identity]) -> Result<Opened, OpenError> {
        let (key, opened_by) = stanza::open(&self.metadata, identities)?;
        let mut walk = Walk::new(&self.metadata, &key);
        let documents =
            self.documents.iter().map(|map| walk.map(map)).collect::<Result<Vec<_>, _>>()?;
        self.verify(walk.mac, &key)?;
        Ok(Opened { documents, opened_by })
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

/// The walk over a file that decrypts its values and hashes them, in document order.
struct Walk<'a> {
    metadata: &'a Metadata,
    key: &'a DataKey,
    mac: Mac,
    path: Vec<String>,
    /// Per enclosing collection, the comments since its last value: see [`Position`].
    comments: Vec<Vec<String>>,
}

impl<'a> Walk<'a> {
    fn new(metadata: &'a Metadata, key: &'a DataKey) -> Self {
        let mac = Mac::new(metadata.mac_only_encrypted);
        Self { metadata, key, mac, path: Vec::new(), comments: Vec::new() }
    }

    fn map(&mut self, map: &Map) -> Result<Opening, OpenError> {
        let mut pairs = Vec::new();
        self.comments.push(Vec::new());
        for item in &map.items {
            match item {
                MapItem::Comment(text) => self.comment(text),
                MapItem::Pair(key, node) => {
                    self.path.push(key.clone());
                    let opened = self.node(node)?;
                    self.path.pop();
                    pairs.extend(opened.map(|value| (key.clone(), value)));
                    self.forget_comments();
                }
            }
        }
        self.comments.pop();
        Ok(Opening::Map(pairs))
    }

    fn list(&mut self, items: &[ListItem]) -> Result<Opening, OpenError> {
        let mut opened = Vec::new();
        self.comments.push(Vec::new());
        for item in items {
            match item {
                ListItem::Comment(text) => self.comment(text),
                ListItem::Node(node) => {
                    opened.extend(self.node(node)?);
                    self.forget_comments();
                }
            }
        }
        self.comments.pop();
        Ok(Opening::List(opened))
    }

    /// `None`: a comment that sops keeps as a list element.
    fn node(&mut self, node: &Node) -> Result<Option<Opening>, OpenError> {
        match node {
            Node::Map(map) => self.map(map).map(Some),
            Node::List(items) => self.list(items).map(Some),
            Node::Leaf(leaf) => self.leaf(leaf),
        }
    }

    fn leaf(&mut self, leaf: &Leaf) -> Result<Option<Opening>, OpenError> {
        if leaf.kind == Kind::Null {
            return Ok(Some(Opening::Value(Kind::Null, leaf.value.clone())));
        }
        let encrypted = self.metadata.selector.encrypts(&Position {
            path: &self.path,
            comments: &self.comments,
            is_comment: false,
        });
        let plain = if encrypted {
            self.decrypt(leaf).map_err(|why| OpenError::Value { path: self.path.join("/"), why })?
        } else {
            Plain::Value(leaf.kind, leaf.value.clone())
        };
        match plain {
            // sops 3.13.2 hashed these when reading and not when writing; 3.13.3 never does.
            Plain::Comment => Ok(None),
            Plain::Value(kind, value) => {
                self.mac.add(value.as_bytes(), encrypted);
                Ok(Some(Opening::Value(kind, value)))
            }
        }
    }

    fn decrypt(&self, leaf: &Leaf) -> Result<Plain, ValueError> {
        match (leaf.kind, leaf.value.as_str()) {
            (Kind::Str, Some(text)) => self.key.open(text, &self.associated()),
            _ => Err(ValueError::NotEncrypted),
        }
    }

    /// The additional data of a value: its path, each component closed by a colon.
    fn associated(&self) -> String {
        format!("{}:", self.path.join(":"))
    }

    /// Comments are neither hashed nor shown, so they are not decrypted: sops itself takes one
    /// that does not decrypt for plain text.
    fn comment(&mut self, text: &str) {
        if let Some(level) = self.comments.last_mut() {
            level.push(text.to_owned());
        }
    }

    fn forget_comments(&mut self) {
        if let Some(level) = self.comments.last_mut() {
            level.clear();
        }
    }
}

#[cfg(test)]
mod tests;
