//! A new encrypted file, as sops 3.13 would write it.
//!
//! Values are always strings: a person's secret is never re-typed. What the creation rule would
//! leave in plain text is refused, since nobody expects a secret there.

mod rule;
mod whole;

use std::collections::HashMap;
use std::fmt::Write as _;

use thiserror::Error;

use super::cipher::DataKey;
use super::mac::Mac;
use super::secret::SecretValue;
use super::selector::{Position, Selector};
use super::stanza;
use super::timestamp::Utc;
use super::yaml::scalar;
use crate::key::Recipient;

pub use whole::create;

/// The version of sops whose form is written, and which the file names.
pub const VERSION: &str = "3.13.3";

/// No person nests secrets like that; readers recurse.
const DEEPEST: usize = 32;

/// What the creation rule and `.sops.yaml` say about a new file.
#[derive(Debug, Clone)]
pub struct Creation {
    pub selector: Selector,
    pub mac_only_encrypted: bool,
    /// `stores.yaml.indent` of `.sops.yaml`, 4 where it is silent. As in go-yaml, 0 is silence
    /// and what is not 2 to 9 is 2.
    pub indent: usize,
    /// How many key groups are needed; 0: all of them.
    pub shamir_threshold: usize,
}

impl Default for Creation {
    fn default() -> Self {
        Self {
            selector: Selector::default(),
            mac_only_encrypted: false,
            indent: 4,
            shamir_threshold: 0,
        }
    }
}

/// Why a file cannot be created.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CreateError {
    #[error("there is nobody to encrypt to")]
    NoRecipients,
    #[error("the secret `{0}` has an empty part in its name")]
    EmptyName(String),
    #[error("a part of the secret's name `{0}` has more than 255 bytes, so it can be no file")]
    LongName(String),
    #[error("the secret's name `{0}` has more than {DEEPEST} parts")]
    DeepName(String),
    #[error("the name `sops` is taken by the file format itself")]
    Reserved,
    #[error("the secret `{0}` occurs twice")]
    Twice(String),
    #[error("`{inner}` cannot be inside `{outer}`, which is a secret itself")]
    Inside { outer: String, inner: String },
    #[error("`{name}` would stay in plain text: the rule has `{key}: {value}`")]
    LeftPlain { name: String, key: &'static str, value: String },
    #[error("nothing can be encrypted to `{0}`")]
    Recipient(Recipient),
}

/// A new file's text: `secrets` by name (`a/b` is key `b` below `a`), in their order, readable by
/// each of `recipients`.
pub fn create_yaml(
    secrets: &[(&str, SecretValue)],
    recipients: &[Recipient],
    creation: &Creation,
    now: Utc,
) -> Result<String, CreateError> {
    if recipients.is_empty() {
        return Err(CreateError::NoRecipients);
    }
    let mut root = Branch::default();
    for (name, value) in secrets {
        root.insert(name, value)?;
    }
    let mut writer = Writer::new(creation);
    writer.branch(&root)?;
    writer.finish(recipients, now)
}

/// The names as a tree, in order of first appearance.
#[derive(Default)]
struct Branch<'s> {
    children: Vec<(&'s str, Child<'s>)>,
    /// Where in `children` a name is: a file may have 100,000.
    at: HashMap<&'s str, usize>,
}

enum Child<'s> {
    Secret(&'s SecretValue),
    Branch(Branch<'s>),
}

impl<'s> Branch<'s> {
    fn insert(&mut self, name: &'s str, value: &'s SecretValue) -> Result<(), CreateError> {
        let parts: Vec<&str> = name.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(CreateError::EmptyName(name.to_owned()));
        }
        if parts.iter().any(|part| part.len() > 255) {
            return Err(CreateError::LongName(name.to_owned()));
        }
        if parts.len() > DEEPEST {
            return Err(CreateError::DeepName(name.to_owned()));
        }
        if parts[0] == "sops" {
            return Err(CreateError::Reserved);
        }
        self.place(name, &parts, 0, value)
    }

    fn place(
        &mut self,
        name: &'s str,
        parts: &[&'s str],
        depth: usize,
        value: &'s SecretValue,
    ) -> Result<(), CreateError> {
        let (key, last) = (parts[depth], depth + 1 == parts.len());
        let Some(at) = self.at.get(key) else {
            let mut inner = Branch::default();
            if !last {
                inner.place(name, parts, depth + 1, value)?;
            }
            self.at.insert(key, self.children.len());
            self.children
                .push((key, if last { Child::Secret(value) } else { Child::Branch(inner) }));
            return Ok(());
        };
        let here = parts[..=depth].join("/");
        match &mut self.children[*at].1 {
            Child::Branch(branch) if !last => branch.place(name, parts, depth + 1, value),
            Child::Branch(branch) => Err(CreateError::Inside {
                inner: format!("{here}/{}", branch.first()),
                outer: here,
            }),
            Child::Secret(_) if last => Err(CreateError::Twice(here)),
            Child::Secret(_) => Err(CreateError::Inside { outer: here, inner: name.to_owned() }),
        }
    }

    fn first(&self) -> &str {
        self.children.first().map_or("", |(key, _)| key)
    }
}

/// Writes the values, then the block that closes the file. Writing to a `String` cannot fail,
/// so the results of `write!` are dropped.
struct Writer<'c> {
    creation: &'c Creation,
    /// Of one level.
    spaces: usize,
    key: DataKey,
    mac: Mac,
    path: Vec<String>,
    out: String,
}

impl<'c> Writer<'c> {
    fn new(creation: &'c Creation) -> Self {
        let mac = Mac::new(creation.mac_only_encrypted);
        let spaces = match creation.indent {
            0 => 4,
            own @ 2..=9 => own,
            _ => 2,
        };
        let (key, path, out) = (DataKey::generate(), Vec::new(), String::new());
        Self { creation, spaces, key, mac, path, out }
    }

    fn branch(&mut self, branch: &Branch<'_>) -> Result<(), CreateError> {
        for (name, child) in &branch.children {
            self.key(name);
            self.path.push((*name).to_owned());
            match child {
                Child::Secret(value) => self.secret(value)?,
                Child::Branch(inner) => {
                    self.out.push('\n');
                    self.branch(inner)?;
                }
            }
            self.path.pop();
        }
        Ok(())
    }

    /// A key with its colon. YAML readers look at most 1024 characters ahead for the colon, and
    /// go-yaml announces keys from 128 on, so a long key is announced.
    fn key(&mut self, name: &str) {
        let text = scalar::write(name);
        let level = self.path.len();
        self.indent(level);
        if text.len() > 128 {
            let _ = writeln!(self.out, "? {text}");
            self.indent(level);
            self.out.push(':');
        } else {
            let _ = write!(self.out, "{text}:");
        }
    }

    fn secret(&mut self, value: &SecretValue) -> Result<(), CreateError> {
        let position = Position { path: &self.path, comments: &[], is_comment: false };
        if !self.creation.selector.encrypts(&position) {
            let (key, rule) = self.creation.selector.entry();
            let name = self.path.join("/");
            return Err(CreateError::LeftPlain { name, key, value: rule.to_owned() });
        }
        self.mac.add(value.as_bytes(), true);
        let sealed = self.key.seal_str(value.as_bytes(), &format!("{}:", self.path.join(":")));
        let text = if sealed.is_empty() { "\"\"" } else { &sealed };
        let _ = writeln!(self.out, " {text}");
        Ok(())
    }

    /// The `sops` block: its keys sorted, the time quoted (sops from 3.13 on refuses a bare one).
    fn finish(mut self, recipients: &[Recipient], now: Utc) -> Result<String, CreateError> {
        let modified = now.to_string();
        let mac = std::mem::replace(&mut self.mac, Mac::new(false)).finish();
        let mac = self.key.seal_str(mac.as_bytes(), &modified);
        let (selector, rule) = self.creation.selector.entry();
        let mut entries = vec![
            ("lastmodified", format!("\"{modified}\"")),
            ("mac", mac),
            (selector, scalar::write(rule)),
            ("version", VERSION.to_owned()),
        ];
        if self.creation.mac_only_encrypted {
            entries.push(("mac_only_encrypted", "true".to_owned()));
        }
        if self.creation.shamir_threshold > 0 {
            entries.push(("shamir_threshold", self.creation.shamir_threshold.to_string()));
        }
        entries.sort_by_key(|(key, _)| *key);
        self.out.push_str("sops:\n");
        self.stanzas(recipients)?;
        for (key, value) in entries {
            self.indent(1);
            let _ = writeln!(self.out, "{key}: {value}");
        }
        Ok(self.out)
    }

    /// `age` sorts before every other key of the block.
    fn stanzas(&mut self, recipients: &[Recipient]) -> Result<(), CreateError> {
        self.indent(1);
        self.out.push_str("age:\n");
        for (i, recipient) in recipients.iter().enumerate() {
            if recipients[..i].contains(recipient) {
                continue;
            }
            let armored = stanza::seal_x25519(self.key.as_bytes(), recipient.as_str())
                .map_err(|_| CreateError::Recipient(recipient.clone()))?;
            self.indent(2);
            self.out.push_str("- enc: |\n");
            // go-yaml puts a block at the first level to the right of its key.
            let level = (2 * self.spaces + "- ".len()) / self.spaces + 1;
            for line in armored.lines() {
                self.indent(level);
                let _ = writeln!(self.out, "{line}");
            }
            self.indent(2);
            let _ = writeln!(self.out, "  recipient: {recipient}");
        }
        Ok(())
    }

    fn indent(&mut self, level: usize) {
        self.out.extend(std::iter::repeat_n(' ', level * self.spaces));
    }
}

#[cfg(test)]
mod tests;
