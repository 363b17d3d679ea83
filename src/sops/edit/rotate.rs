//! A new data key: every value, comment and stanza is encrypted anew.

use super::rekey::{GROUPS, parts_of, with_stanzas};
use super::{Difference, EditError, Rekeyed, Unlocked, Wanted, prove, stamp, write};
use crate::sops::cipher::{DataKey, Plain, ValueError};
use crate::sops::error::OpenError;
use crate::sops::file::EncryptedFile;
use crate::sops::file::walk::{Site, Thing, Walk};
use crate::sops::timestamp::Utc;
use crate::splice::yaml::{self as splice, Splice};

impl Unlocked<'_> {
    /// The text under a new data key, for `wanted`. Who is left out cannot use a data key that they
    /// have kept; what they have read before they know all the same.
    pub fn rotate(&self, wanted: &Wanted, now: Utc) -> Result<Rekeyed, EditError> {
        self.can_seal(wanted)?;
        let kinds = self.file.other_kinds();
        if !kinds.is_empty() {
            return Err(EditError::OtherKinds(kinds));
        }
        let metadata = self.file.metadata();
        let difference = Difference::between(metadata, wanted);
        let key = DataKey::generate();
        let text = self.resealed(&key)?;
        let text = stamp(&text, self.format, &key, now)?;
        let (parts, threshold) =
            parts_of(key.as_bytes(), wanted.groups.len(), metadata.shamir_threshold)?;
        let text = if difference.regrouped {
            if self.file.documents().len() != 1 {
                return Err(EditError::SeveralDocuments);
            }
            self.with_groups(&text, wanted, &parts, threshold)?
        } else {
            with_stanzas(&text, self.format, wanted, &parts, false, &self.plugins)?
        };
        prove::holds(&text, self.format, &key, &self.opened.documents)?;
        let except = [&GROUPS[..], &["mac", "lastmodified"]].concat();
        prove::same_block(&self.file, &text, self.format, &except)?;
        let after = EncryptedFile::parse(&text, self.format)?;
        if !Difference::between(after.metadata(), wanted).is_none() {
            return Err(EditError::Proof("it has other recipients"));
        }
        Ok(Rekeyed { text, difference })
    }

    /// The text with every value and comment under `new`.
    fn resealed(&self, new: &DataKey) -> Result<String, EditError> {
        let mut splices: Vec<Splice> = Vec::new();
        let mut reseal = |site: &Site<'_>, thing: Thing<'_>| {
            let (was, span) = match &thing {
                Thing::Leaf(leaf) => (leaf.value.as_str().unwrap_or_default(), leaf.span.clone()),
                Thing::Comment(comment) => (comment.text.as_str(), comment.span.clone()),
            };
            if !was.starts_with("ENC[") || (matches!(thing, Thing::Leaf(_)) && !site.encrypted) {
                return Ok(None);
            }
            let associated = site.associated();
            let sealed = match (self.key.open(was, &associated), &thing) {
                (Ok(Plain::Value(kind, value)), _) => {
                    new.seal(kind.word(), value.as_bytes(), &associated)
                }
                (Ok(Plain::Comment(text)), _) => new.seal("comment", text.as_bytes(), &associated),
                // sops takes a comment that does not decrypt for plain text.
                (Err(_), Thing::Comment(_)) => return Ok(None),
                (Err(why), Thing::Leaf(_)) => {
                    return Err(OpenError::Value { path: site.path.join("/"), why });
                }
            };
            if sealed.is_empty() {
                let why = ValueError::Malformed;
                return Err(OpenError::Value { path: site.path.join("/"), why });
            }
            let text = self.text.get(span.clone()).unwrap_or_default();
            let insert = match text.as_bytes().first() {
                Some(b'"') => write::json(&sealed),
                Some(b'\'') => format!("'{sealed}'"),
                Some(b'#' | b';') => {
                    let head = text.len() - text.trim_start_matches(['#', ';', ' ']).len();
                    format!("{}{sealed}", &text[..head])
                }
                _ => sealed,
            };
            splices.push(Splice { range: span, insert });
            Ok(None)
        };
        let walk = Walk::new(self.file.metadata(), &mut reseal).with_comments();
        walk.documents(self.file.documents())?;
        // Values of a block in `|` style never come from sops; the proof would refuse them.
        splice::apply(self.text, &splices).ok_or(EditError::Proof("its splices overlap"))
    }
}
