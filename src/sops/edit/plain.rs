//! A file as people read it, to be changed in an editor: values and comments decrypted where they
//! stand, without the `sops` block; and the file that comes of what they made of it.
//!
//! What somebody left alone keeps its ciphertext, as in sops, which remembers it by path and value
//! (`aes/cipher.go`, the stash): so the difference is what was changed, the MAC and the time.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::place::{is_flow, start_of_line};
use super::{EditError, Unlocked, prove, stamp, write};
use crate::sops::cipher::{Kind, Plain};
use crate::sops::error::{OpenError, ParseError};
use crate::sops::file::walk::{Site, Thing, Walk};
use crate::sops::file::{Block, EncryptedFile, Format};
use crate::sops::flat::{Flat, escaped};
use crate::sops::json;
use crate::sops::secret::SecretValue;
use crate::sops::timestamp::Utc;
use crate::sops::tree::{Map, Node, Span, Step};
use crate::sops::yaml::{self, scalar};
use crate::splice::yaml::{self as splice, Splice};

/// Ciphertexts by what they hold, in the order of the text.
struct Stash(HashMap<[u8; 32], VecDeque<String>>);

impl Stash {
    fn key(associated: &str, kind: &str, plain: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [associated.as_bytes(), kind.as_bytes(), plain] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    fn take(&mut self, associated: &str, kind: &str, plain: &[u8]) -> Option<String> {
        self.0.get_mut(&Self::key(associated, kind, plain))?.pop_front()
    }
}

/// One thing that is encrypted: where it stands, and what it holds.
struct Sealed {
    /// With the dash of a comment that sops keeps as an element of a list.
    span: Span,
    associated: String,
    /// `None`: a comment.
    kind: Option<Kind>,
    plain: SecretValue,
}

impl Sealed {
    fn word(&self) -> &'static str {
        self.kind.map_or("comment", Kind::word)
    }
}

impl Unlocked<'_> {
    /// The plain text, byte for byte the value in a binary file.
    ///
    /// # Errors
    /// The format is not written here, or the file is of a style that cannot be told apart again.
    pub fn plain(&self) -> Result<Zeroizing<Vec<u8>>, EditError> {
        if self.format == Format::Binary {
            let data = self.opened.get("data");
            let data = data.ok_or_else(|| EditError::NotThere("data".to_owned()))?;
            return Ok(Zeroizing::new(data.as_bytes().to_vec()));
        }
        // How plain values stand in one is the library's that sops reads it with.
        if self.format == Format::Ini {
            return Err(EditError::ByValue);
        }
        let mut splices = Vec::new();
        for sealed in self.sealed()? {
            splices.push(Splice { insert: self.shown(&sealed)?, range: sealed.span });
        }
        splices.push(Splice { range: self.block_with_ends()?, insert: String::new() });
        let plain = splice::apply(self.text, &splices).map(String::into_bytes);
        splices.iter_mut().for_each(|splice| splice.insert.zeroize());
        plain.map(Zeroizing::new).ok_or(EditError::Proof("its splices overlap"))
    }

    /// The file that says `edited`, in which everything is encrypted that its selector wants so.
    ///
    /// # Errors
    /// `edited` is not well formed, which is said with its line there; or see [`EditError`].
    pub fn with_plain(&self, edited: &[u8], now: Utc) -> Result<String, EditError> {
        if self.format == Format::Binary {
            let value = SecretValue::from(edited.to_vec());
            return self.set(&[Step::Key("data".to_owned())], &value, now);
        }
        let edited = std::str::from_utf8(edited).map_err(|_| ParseError::NotText)?;
        let draft = self.joined(edited)?;
        // As it was; where that does not hold, such as for a comment that was an element of a list
        // and stands elsewhere now, as new.
        match self.resealed_as(&draft, false, now) {
            Err(EditError::Parse(_) | EditError::Open(_) | EditError::Proof(_)) => {
                self.resealed_as(&draft, true, now)
            }
            sealed => sealed,
        }
    }

    /// Everything that is encrypted, in the order of the text.
    fn sealed(&self) -> Result<Vec<Sealed>, EditError> {
        self.one_document()?;
        let (mut all, mut has_odd) = (Vec::new(), false);
        let mut look = |site: &Site<'_>, thing: Thing<'_>| {
            let associated = site.associated();
            let (was, span) = match &thing {
                Thing::Leaf(leaf) if site.encrypted => (leaf.value.as_str(), leaf.span.clone()),
                Thing::Comment(comment) => (Some(comment.text.as_str()), comment.span.clone()),
                Thing::Leaf(_) => return Ok(None),
            };
            let was = was.filter(|was| was.starts_with("ENC[")).unwrap_or_default();
            let is_leaf = matches!(thing, Thing::Leaf(_));
            match self.key.open(was, &associated) {
                _ if was.is_empty() => {}
                Ok(Plain::Value(kind, plain)) if is_leaf => {
                    all.push(Sealed { span, associated, kind: Some(kind), plain });
                }
                // In plain text it would be several things.
                Ok(Plain::Comment(plain)) if plain.as_bytes().contains(&b'\n') => has_odd = true,
                Ok(Plain::Comment(plain)) => {
                    let start = if is_leaf { self.dash_before(span.start) } else { span.start };
                    all.push(Sealed { span: start..span.end, associated, kind: None, plain });
                }
                // Whatever else is no value is left as it stands.
                Ok(_) => {}
                Err(why) if is_leaf => {
                    return Err(OpenError::Value { path: site.path.join("/"), why });
                }
                // sops takes a comment that does not decrypt for plain text.
                Err(_) => {}
            }
            Ok(None)
        };
        let walk = Walk::new(self.file.metadata(), &mut look).with_comments();
        walk.documents(self.file.documents())?;
        if has_odd { Err(EditError::Style) } else { Ok(all) }
    }

    fn dash_before(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or_default().rfind('-').unwrap_or(at)
    }

    /// What stands in the plain text for something encrypted.
    fn shown(&self, sealed: &Sealed) -> Result<String, EditError> {
        let text = sealed.plain.as_str().ok_or(EditError::NotText)?;
        let is_quoted =
            self.text.get(sealed.span.clone()).is_some_and(|t| t.starts_with(['"', '\'']));
        Ok(match sealed.kind {
            None => format!("#{text}"),
            // Between these two nothing could tell afterwards.
            _ if self.format == Format::Dotenv && text.contains("\\n") => {
                return Err(EditError::Style);
            }
            _ if self.format == Format::Dotenv => escaped(text),
            Some(Kind::Str) if self.format == Format::Json || is_quoted => {
                serde_json::Value::from(text).to_string()
            }
            Some(Kind::Str) => {
                let block = scalar::block(text, self.column_below(sealed.span.start));
                block.unwrap_or_else(|| scalar::write(text))
            }
            Some(Kind::Bool) => text.to_ascii_lowercase(),
            // Without a sign of one it would come back as an integer.
            Some(Kind::Float) if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
                format!("{text}.0")
            }
            Some(Kind::Float) if text.ends_with("Inf") => {
                text.to_ascii_lowercase().replace("inf", ".inf")
            }
            Some(Kind::Float) if text == "NaN" => ".nan".to_owned(),
            Some(Kind::Int | Kind::Float | Kind::Time) => text.to_owned(),
            Some(Kind::Bytes | Kind::Null) => return Err(EditError::Style),
        })
    }

    /// A column to the right of whatever the line of `at` begins with.
    fn column_below(&self, at: usize) -> usize {
        let line = self.text.get(start_of_line(self.text, at)..at).unwrap_or_default();
        line.chars().take_while(|c| " -".contains(*c)).count() + 2
    }

    /// The block with what ties it to the text before it; it must be the last entry.
    fn block_with_ends(&self) -> Result<Span, EditError> {
        let document = self.one_document()?;
        let block = self.block()?;
        let at = block.key.span.start;
        let is_last = document.entries().all(|(key, _)| key.span.start < at);
        if !is_last || (self.format == Format::Yaml && is_flow(self.text, &document.span)) {
            return Err(EditError::Style);
        }
        Ok(match self.format {
            Format::Json => match document.entries().next_back() {
                Some((_, last)) => last.span().end..block.node.span().end,
                None => at..block.node.span().end,
            },
            _ => start_of_line(self.text, at)..self.text.len(),
        })
    }

    fn block(&self) -> Result<&Block, EditError> {
        self.file.blocks().next().ok_or(EditError::Style)
    }

    /// `edited` with the block that the file has.
    fn joined(&self, edited: &str) -> Result<Zeroizing<String>, EditError> {
        let whole = self.block_with_ends()?;
        let block = self.text.get(whole).unwrap_or_default();
        if self.format == Format::Dotenv {
            if !Flat::read(edited, self.format)?.block.is_empty() {
                return Err(EditError::Reserved);
            }
            return Ok(ended(edited, block));
        }
        if self.format == Format::Yaml {
            // By itself first: what is wrong is then said by its own lines.
            let documents = yaml::documents(edited, 1)?;
            if documents.len() > 1 {
                return Err(EditError::SeveralDocuments);
            }
            if documents.iter().any(|map| map.get("sops").is_some()) {
                return Err(EditError::Reserved);
            }
            return Ok(ended(edited, block));
        }
        let map: Map = json::document(edited)?;
        if map.get("sops").is_some() {
            return Err(EditError::Reserved);
        }
        let mut draft = Zeroizing::new(String::with_capacity(edited.len() + block.len() + 2));
        let block = block.trim_start_matches(',');
        let (at, comma) = match map.entries().next_back() {
            Some((_, last)) => (last.span().end, ","),
            None => (map.span.start + 1, ""),
        };
        draft.push_str(edited.get(..at).unwrap_or_default());
        draft.push_str(comma);
        draft.push_str(block);
        draft.push_str(edited.get(at..).unwrap_or_default());
        Ok(draft)
    }

    /// `draft`, in which all is plain but the block, encrypted. With `careful` no comment
    /// becomes an element of a list.
    fn resealed_as(&self, draft: &str, careful: bool, now: Utc) -> Result<String, EditError> {
        let file = EncryptedFile::parse(draft, self.format)?;
        let mut stash = self.stash()?;
        let mut flows = Vec::new();
        file.documents().iter().for_each(|map| flow_in(draft, map, &mut flows));
        let in_quotes = |leaf: &Span| {
            self.format == Format::Json || flows.iter().any(|flow| flow.contains(&leaf.start))
        };
        let mut splices = Vec::new();
        let mut seal = |site: &Site<'_>, thing: Thing<'_>| {
            let associated = site.associated();
            match thing {
                Thing::Leaf(leaf) => {
                    let (kind, plain) = (leaf.kind.word(), leaf.value.as_bytes());
                    if site.encrypted && !plain.is_empty() {
                        let kept = stash.take(&associated, kind, plain);
                        let sealed =
                            kept.unwrap_or_else(|| self.key.seal(kind, plain, &associated));
                        let bare = !sealed.starts_with(['"', '\'']);
                        let insert = match bare && in_quotes(&leaf.span) {
                            true => write::json(&sealed),
                            false => sealed,
                        };
                        splices.push(Splice { range: leaf.span.clone(), insert });
                    }
                    Ok(Some((leaf.kind, leaf.value.clone())))
                }
                Thing::Comment(comment) => {
                    let plain = comment.text.as_bytes();
                    if site.encrypted && !plain.is_empty() {
                        let form = stash.take(&associated, "comment", plain);
                        let form = form.filter(|form| form.starts_with('#') || !careful);
                        let new = || format!("#{}", self.key.seal("comment", plain, &associated));
                        let insert = form.unwrap_or_else(new);
                        splices.push(Splice { range: comment.span.clone(), insert });
                    }
                    Ok(None)
                }
            }
        };
        let walk = Walk::new(file.metadata(), &mut seal).with_comments();
        let intended = walk.documents(file.documents())?;
        let text = splice::apply(draft, &splices).ok_or(EditError::Proof("its splices overlap"))?;
        let text = stamp(&text, self.format, &self.key, now)?;
        prove::holds(&text, self.format, &self.key, &intended)?;
        prove::same_block(&self.file, &text, self.format, &["mac", "lastmodified"])?;
        Ok(text)
    }

    /// The ciphertexts of the file as they stand there: with quotes, or a comment's sign or dash.
    fn stash(&self) -> Result<Stash, EditError> {
        let mut stash = Stash(HashMap::new());
        for sealed in self.sealed()? {
            let key = Stash::key(&sealed.associated, sealed.word(), sealed.plain.as_bytes());
            let form = self.text.get(sealed.span.clone()).unwrap_or_default();
            stash.0.entry(key).or_default().push_back(form.to_owned());
        }
        Ok(stash)
    }
}

/// `edited`, whose last line is ended, with the block after it.
fn ended(edited: &str, block: &str) -> Zeroizing<String> {
    let mut draft = Zeroizing::new(String::with_capacity(edited.len() + block.len() + 1));
    draft.push_str(edited);
    if !edited.is_empty() && !edited.ends_with('\n') {
        draft.push('\n');
    }
    draft.push_str(block);
    draft
}

/// The collections of flow style, in which a bare ciphertext would be several things.
fn flow_in(text: &str, map: &Map, found: &mut Vec<Span>) {
    fn look(text: &str, node: &Node, found: &mut Vec<Span>) {
        match node {
            Node::Leaf(_) => {}
            other if is_flow(text, other.span()) => found.push(other.span().clone()),
            Node::Map(map) => flow_in(text, map, found),
            Node::List(list) => list.nodes().for_each(|node| look(text, node, found)),
        }
    }
    map.pairs().for_each(|(_, node)| look(text, node, found));
}

#[cfg(test)]
mod tests;
