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
    /// To the file, in whichever group.
    pub added: Vec<String>,
    /// From every group; as the file has them.
    pub removed: Vec<String>,
    /// The groups are others, even if the people are the same: somebody joins or leaves one of them
    /// who reads the file before and afterwards.
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
        let there: Vec<Vec<Known<'_>>> = metadata.groups.iter().map(|g| known(g)).collect();
        let mut difference = Self::default();
        for recipient in wanted.age() {
            let text = &recipient.text;
            if !lists(there.iter().flatten(), text) && !difference.added.contains(text) {
                difference.added.push(text.clone());
            }
        }
        for (text, normal) in there.iter().flatten() {
            let stays = wanted.age().any(|recipient| recipient.text == *normal);
            if !stays && !difference.removed.iter().any(|known| known == text) {
                difference.removed.push((*text).to_owned());
            }
        }
        difference.regrouped = there.len() != wanted.groups.len()
            || there.iter().zip(&wanted.groups).any(|(g, wanted)| difference.moves(g, wanted));
        if there.len() == wanted.groups.len() {
            difference.others = other_kinds(metadata, wanted);
        }
        difference
    }

    /// Whether somebody leaves or joins this group who stays a reader of the file.
    fn moves(&self, there: &[Known<'_>], wanted: &WantedGroup) -> bool {
        let joins = |recipient: &AnyRecipient| {
            !lists(there.iter(), &recipient.text) && !self.added.contains(&recipient.text)
        };
        let leaves = |(text, normal): &Known<'_>| {
            !wanted.age.iter().any(|recipient| recipient.text == *normal)
                && !self.removed.iter().any(|removed| removed == text)
        };
        wanted.age.iter().any(joins) || there.iter().any(leaves)
    }

    /// Nothing that doorstep would change.
    pub fn is_none(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && !self.regrouped
    }
}

/// A reader of a file: as the file has them, and without what differs in writing only.
type Known<'m> = (&'m str, String);

fn known(group: &[Stanza]) -> Vec<Known<'_>> {
    let age = group.iter().filter(|stanza| stanza.kind == StanzaKind::Age);
    age.map(|stanza| (stanza.recipient.as_str(), normal(&stanza.recipient))).collect()
}

fn lists<'k, 'm: 'k>(mut known: impl Iterator<Item = &'k Known<'m>>, recipient: &str) -> bool {
    known.any(|(_, normal)| normal == recipient)
}

/// Kinds of other keys that a group has and lacks.
fn other_kinds(metadata: &Metadata, wanted: &Wanted) -> Vec<StanzaKind> {
    let mut unlike = Vec::new();
    for (group, wanted) in metadata.groups.iter().zip(&wanted.groups) {
        let there = group.iter().map(|stanza| stanza.kind).filter(|kind| *kind != StanzaKind::Age);
        unlike.extend(there.clone().filter(|kind| !wanted.others.contains(kind)));
        let is_there = |kind: &&StanzaKind| there.clone().any(|there| there == **kind);
        unlike.extend(wanted.others.iter().filter(|kind| !is_there(kind)));
    }
    unlike.sort_unstable();
    unlike.dedup();
    unlike
}

/// A recipient without what differs in writing only, such as an ssh key's comment.
pub(in crate::sops) fn normal(recipient: &str) -> String {
    AnyRecipient::parse(recipient).map_or_else(|_| recipient.trim().to_owned(), |known| known.text)
}
