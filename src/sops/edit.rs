//! Changes to an encrypted file that keep every other byte: a value set or taken out, recipients
//! added or removed, the data key renewed.
//!
//! Parse, find the place, splice the text, parse again and prove: the result must decrypt to what
//! was intended and nothing else, under a MAC of its own. Whatever is unclear is an [`EditError`].

mod groups;
pub(super) mod lines;
mod place;
mod plain;
mod prove;
mod rekey;
mod rotate;
mod write;

use std::sync::Arc;

use thiserror::Error;
use zeroize::Zeroizing;

use super::cipher::{DataKey, Kind};
use super::create::CreateError;
use super::error::{OpenError, ParseError};
use super::file::walk::{Site, Thing, Walk};
use super::file::{EncryptedFile, Format, Opened, Opening};
use super::metadata::StanzaKind;
use super::secret::SecretValue;
use super::stanza::{self, SealError};
use super::timestamp::Utc;
use super::tree::{Node, Step};
use crate::key::{Opens, Plugins};
use crate::splice::yaml::{self as splice, Splice};

pub use groups::{Difference, Wanted, WantedGroup};
pub use rekey::Rekeyed;

/// Why a file cannot be changed. No error holds plain text of a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    #[error(transparent)]
    Parse(#[from] ParseError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Create(#[from] CreateError),
    #[error("an ini file is changed value by value, not as a whole")]
    ByValue,
    #[error("`{0}` needs a section before it: `SECTION/{0}`")]
    NoSection(String),
    #[error("a file of several documents can be read, but no value of it changed")]
    SeveralDocuments,
    #[error("it has no `{0}`")]
    NotThere(String),
    #[error("`{0}` is one value, so nothing can be inside it")]
    Inside(String),
    #[error("`{0}` holds several values: name one of them")]
    Collection(String),
    #[error("`{name}` would stand in plain text: the file has `{key}: {value}`")]
    LeftPlain { name: String, key: &'static str, value: String },
    #[error("the name `sops` is taken by the file format itself")]
    Reserved,
    #[error("`{0}` is no place for a value")]
    BadPath(String),
    #[error("the value is not text, and only binary files hold other bytes")]
    NotText,
    #[error(
        "a comment above it decides what is encrypted, and would count for what comes after it: take `{0}` out with sops"
    )]
    CommentCounts(String),
    #[error("nobody would be left who can open it")]
    NoRecipients,
    #[error("nothing can be encrypted to `{recipient}`: {why}")]
    Recipient { recipient: String, why: SealError },
    #[error("it is also encrypted to a key of another kind ({}), which only sops can do", kinds(.0))]
    OtherKinds(Vec<StanzaKind>),
    #[error("its `sops` block is written in a way that is not edited here")]
    Style,
    #[error("the changed text did not hold up to being read again: {0}")]
    Proof(&'static str),
}

fn kinds(kinds: &[StanzaKind]) -> String {
    kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ")
}

/// An opened file with its data key, ready to be changed.
pub struct Unlocked<'t> {
    text: &'t str,
    format: Format,
    file: EncryptedFile,
    key: DataKey,
    parts: Vec<Option<Zeroizing<Vec<u8>>>>,
    opened: Opened,
    plugins: Arc<Plugins>,
}

impl<'t> Unlocked<'t> {
    /// Opens `text` and verifies its MAC: what somebody tampered with is not carried on.
    pub fn open<I: Opens>(
        text: &'t str,
        format: Format,
        identities: &[I],
    ) -> Result<Self, EditError> {
        let file = EncryptedFile::parse(text, format)?;
        let unsealed = stanza::open(file.metadata(), identities)?;
        let documents = file.open_with(&unsealed.key)?;
        let opened = Opened { documents, opened_by: unsealed.opened_by };
        let (key, parts, plugins) = (unsealed.key, unsealed.parts, Plugins::none());
        Ok(Self { text, format, file, key, parts, opened, plugins })
    }

    /// Seals to recipients that take a plugin by these.
    #[must_use]
    pub fn with_plugins(mut self, plugins: &Arc<Plugins>) -> Self {
        self.plugins = Arc::clone(plugins);
        self
    }

    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    pub fn file(&self) -> &EncryptedFile {
        &self.file
    }

    /// The text with `value` at `at`, which is made if it is not there.
    pub fn set(&self, at: &[Step], value: &SecretValue, now: Utc) -> Result<String, EditError> {
        let document = self.one_document()?;
        let name = self.usable(at)?;
        if self.format != Format::Binary && value.as_str().is_none() {
            return Err(EditError::NotText);
        }
        let place = place::Place::find(self.text, self.format, &self.file, document, at)?;
        // Whether it is encrypted, and under which path, is what reading the result will say.
        let draft = self.spliced(&[place.splice(place::DRAFT)?])?;
        let (encrypted, associated) = site_of(&draft, self.format, at)?;
        if !encrypted {
            let (key, rule) = self.file.metadata().selector.entry();
            return Err(EditError::LeftPlain { name, key, value: rule.to_owned() });
        }
        let sealed = self.key.seal_str(value.as_bytes(), &associated);
        let text = self.spliced(&[place.splice(&sealed)?])?;
        let mut intended = self.opened.documents.clone();
        let opening = Opening::Value(Kind::Str, value.clone());
        prove::put(&mut intended[0], at, opening).ok_or(EditError::Proof("its place is gone"))?;
        self.stamped(&text, &intended, now)
    }

    /// The text without what is at `at`: a value, or a mapping or list with all that is in it.
    pub fn unset(&self, at: &[Step], now: Utc) -> Result<String, EditError> {
        let document = self.one_document()?;
        let name = self.usable(at)?;
        let splice = place::removal(self.text, self.format, document, at)?;
        let text = self.spliced(&[splice])?;
        let mut intended = self.opened.documents.clone();
        prove::take(&mut intended[0], at).ok_or(EditError::Proof("its place is gone"))?;
        match self.stamped(&text, &intended, now) {
            Err(EditError::Open(OpenError::Value { .. })) => Err(EditError::CommentCounts(name)),
            stamped => stamped,
        }
    }

    fn one_document(&self) -> Result<&super::tree::Map, EditError> {
        match self.file.documents() {
            [one] => Ok(one),
            _ => Err(EditError::SeveralDocuments),
        }
    }

    /// The name for people of a path that may hold a value.
    fn usable(&self, at: &[Step]) -> Result<String, EditError> {
        let name = name_of(at);
        match at.first() {
            Some(Step::Key(key)) if key == "sops" => Err(EditError::Reserved),
            Some(Step::Key(key))
                if self.format == Format::Binary && (key != "data" || at.len() > 1) =>
            {
                Err(EditError::NotThere(name))
            }
            Some(Step::Key(_)) if self.format.is_flat() => {
                lines::usable(self.format, at).map(|()| name)
            }
            Some(Step::Key(_)) => Ok(name),
            _ => Err(EditError::BadPath(name)),
        }
    }

    fn spliced(&self, splices: &[Splice]) -> Result<String, EditError> {
        splice::apply(self.text, splices).ok_or(EditError::Proof("its splices overlap"))
    }

    /// `text` with a MAC of its own and the time `now`, proved to hold `intended`.
    fn stamped(&self, text: &str, intended: &[Opening], now: Utc) -> Result<String, EditError> {
        let text = stamp(text, self.format, &self.key, now)?;
        prove::holds(&text, self.format, &self.key, intended)?;
        prove::same_block(&self.file, &text, self.format, &["mac", "lastmodified"])?;
        Ok(text)
    }
}

/// `text` with the MAC that its values have and the time `now`, in the block of every document.
fn stamp(text: &str, format: Format, key: &DataKey, now: Utc) -> Result<String, EditError> {
    let file = EncryptedFile::parse(text, format)?;
    let modified = now.to_string();
    let mac = file.mac_of(key)?.finish();
    let sealed = key.seal_str(mac.as_bytes(), &modified);
    let mut splices = Vec::new();
    for block in file.blocks() {
        let map = block.node.as_map().ok_or(EditError::Style)?;
        for (name, value) in [("mac", &sealed), ("lastmodified", &modified)] {
            let Some(Node::Leaf(leaf)) = map.get(name) else { return Err(EditError::Style) };
            let was = text.get(leaf.span.clone()).filter(|was| !was.is_empty());
            // sops from 3.13 on refuses a time that is not quoted.
            let was = was.ok_or(EditError::Style)?;
            let quoted = !format.is_flat() && (name == "lastmodified" || was.starts_with('"'));
            let insert = if quoted { format!("\"{value}\"") } else { value.clone() };
            splices.push(Splice { range: leaf.span.clone(), insert });
        }
    }
    splice::apply(text, &splices).ok_or(EditError::Proof("its splices overlap"))
}

/// Whether the value at `at` is encrypted, and the additional data it then has.
fn site_of(text: &str, format: Format, at: &[Step]) -> Result<(bool, String), EditError> {
    let file = EncryptedFile::parse(text, format)?;
    let mut found = None;
    let mut look = |site: &Site<'_>, _: Thing<'_>| {
        if site.steps == at {
            found = Some((site.encrypted, site.associated()));
        }
        Ok(None)
    };
    Walk::new(file.metadata(), &mut look).documents(file.documents())?;
    found.ok_or(EditError::Proof("its place is not where it was put"))
}

/// A path as people write it.
fn name_of(steps: &[Step]) -> String {
    let words: Vec<_> = steps
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => index.to_string(),
        })
        .collect();
    words.join("/")
}

/// Reads a name that a person gave as a path into `file`: sops' own form `["a"]["b"][0]`, or keys
/// joined with `/` as `secrets list` prints them. `a.b` is key `b` below `a` where the file has a
/// mapping `a`, else the key `a.b`; a number below a list is a position in it.
///
/// # Errors
/// The name is empty, has an empty part, or is broken in sops' form.
pub fn path_of(name: &str, file: &EncryptedFile) -> Result<Vec<Step>, EditError> {
    let bad = || EditError::BadPath(name.to_owned());
    if name.starts_with('[') {
        return in_brackets(name).ok_or_else(bad);
    }
    let Some(document) = file.documents().first() else { return Err(bad()) };
    let root = Node::Map(document.clone());
    let dotted = !name.contains('/') && document.get(name).is_none() && {
        let first = name.split('.').next().unwrap_or_default();
        name.contains('.') && matches!(document.get(first), Some(Node::Map(_) | Node::List(_)))
    };
    let words: Vec<&str> = name.split(if dotted { '.' } else { '/' }).collect();
    let mut at = Some(&root);
    let mut steps = Vec::new();
    for word in words {
        if word.is_empty() {
            return Err(bad());
        }
        let step = match (at, word.parse()) {
            (Some(Node::List(_)), Ok(index)) => Step::Index(index),
            _ => Step::Key(word.to_owned()),
        };
        at = at.and_then(|node| node.child(&step));
        steps.push(step);
    }
    Ok(steps)
}

/// `["a"]["b"][0]`
fn in_brackets(name: &str) -> Option<Vec<Step>> {
    let mut rest = name;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        rest = rest.strip_prefix('[')?;
        let mut words = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
        let step = match words.next()?.ok()? {
            serde_json::Value::String(key) => Step::Key(key),
            serde_json::Value::Number(index) => Step::Index(index.as_u64()?.try_into().ok()?),
            _ => return None,
        };
        steps.push(step);
        rest = rest.get(words.byte_offset()..)?.strip_prefix(']')?;
    }
    (!steps.is_empty()).then_some(steps)
}

#[cfg(test)]
mod tests;
