//! Who shall read a file, and how that differs from who can.

use crate::key::AnyRecipient;
use crate::key::recipient::Malformed;
use crate::sops::config::Rule;
use crate::sops::metadata::{Metadata, Stanza, StanzaKind};

/// Who shall read a file, group by group: with several, a key of each is needed (Shamir).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub groups: Vec<WantedGroup>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedGroup {
    /// Each once.
    pub age: Vec<AnyRecipient>,
    /// Kinds of other keys. Which ones is not compared: only sops can encrypt to them.
    pub others: Vec<StanzaKind>,
}

/// How a file's recipients differ from those wanted. The order is no difference, as in sops.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    pub added: Vec<String>,
    /// As the file has them.
    pub removed: Vec<String>,
    /// The groups are others, even if the people are the same.
    pub regrouped: bool,
    /// Kinds of other keys that the file has or lacks; doorstep leaves them as they are.
    pub others: Vec<StanzaKind>,
}

impl Wanted {
    /// What a creation rule asks for.
    ///
    /// # Errors
    /// A recipient of it is malformed: its line, and why.
    pub fn by(rule: &Rule) -> Result<Self, (u32, Malformed)> {
        let mut groups = Vec::new();
        for group in &rule.groups {
            let mut age: Vec<AnyRecipient> = Vec::new();
            for reader in &group.age {
                let recipient =
                    AnyRecipient::parse(&reader.recipient).map_err(|why| (reader.line, why))?;
                if !age.contains(&recipient) {
                    age.push(recipient);
                }
            }
            let mut others: Vec<_> =
                group.others.iter().filter_map(|word| StanzaKind::of(word)).collect();
            others.sort_unstable();
            others.dedup();
            groups.push(WantedGroup { age, others });
        }
        Ok(Self { groups })
    }

    /// Everybody alike, in one group.
    pub fn all(age: Vec<AnyRecipient>) -> Self {
        Self { groups: vec![WantedGroup { age, others: Vec::new() }] }
    }

    pub fn age(&self) -> impl Iterator<Item = &AnyRecipient> {
        self.groups.iter().flat_map(|group| &group.age)
    }

    /// No group is without anybody.
    pub fn is_possible(&self) -> bool {
        !self.groups.is_empty()
            && self.groups.iter().all(|g| !g.age.is_empty() || !g.others.is_empty())
            && self.age().next().is_some()
    }
}

impl Difference {
    pub fn between(metadata: &Metadata, wanted: &Wanted) -> Self {
        let mut difference = Self::default();
        let regrouped = metadata.groups.len() != wanted.groups.len();
        if regrouped {
            let all: Vec<&Stanza> = metadata.stanzas().collect();
            let age: Vec<&AnyRecipient> = wanted.age().collect();
            difference.compare(&all, &age);
            difference.regrouped = true;
        } else {
            for (group, wanted) in metadata.groups.iter().zip(&wanted.groups) {
                let stanzas: Vec<&Stanza> = group.iter().collect();
                difference.compare(&stanzas, &wanted.age.iter().collect::<Vec<_>>());
                let mut kinds: Vec<_> = group.iter().map(|stanza| stanza.kind).collect();
                kinds.retain(|kind| *kind != StanzaKind::Age);
                let unlike = |a: &[StanzaKind], b: &[StanzaKind]| -> Vec<StanzaKind> {
                    a.iter().filter(|kind| !b.contains(kind)).copied().collect()
                };
                difference.others.extend(unlike(&kinds, &wanted.others));
                difference.others.extend(unlike(&wanted.others, &kinds));
            }
            difference.others.sort_unstable();
            difference.others.dedup();
        }
        difference
    }

    fn compare(&mut self, stanzas: &[&Stanza], wanted: &[&AnyRecipient]) {
        let age = stanzas.iter().filter(|stanza| stanza.kind == StanzaKind::Age);
        let there: Vec<(&str, String)> =
            age.map(|stanza| (stanza.recipient.as_str(), normal(&stanza.recipient))).collect();
        for recipient in wanted {
            let known = there.iter().any(|(_, normal)| *normal == recipient.text);
            if !known && !self.added.contains(&recipient.text) {
                self.added.push(recipient.text.clone());
            }
        }
        for (text, normal) in &there {
            if !wanted.iter().any(|recipient| recipient.text == *normal) {
                self.removed.push((*text).to_owned());
            }
        }
    }

    /// Nothing that doorstep would change.
    pub fn is_none(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && !self.regrouped
    }
}

/// A recipient without what differs in writing only, such as an ssh key's comment.
pub(in crate::sops) fn normal(recipient: &str) -> String {
    AnyRecipient::parse(recipient).map_or_else(|_| recipient.trim().to_owned(), |known| known.text)
}
