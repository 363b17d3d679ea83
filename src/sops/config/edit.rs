//! A person into a `.sops.yaml`, and out of it again, with every other byte kept.
//!
//! Parse, find the neighbours, compute splices in their style, apply them, then prove the result:
//! two YAML readers must find exactly the tree that was intended, and the path must be won by the
//! rule that lists the person. Whatever is unclear is a [`Refusal`], never a guess.
//!
//! Shamir: a rule with several key groups asks for a key from each. A rule of a person's own
//! has one group, unless the neighbours' have several; then, and for joining such a rule, the
//! edit is refused, since which group a person belongs to is a policy and no matter of style.

mod join;
mod keys;
mod lines;
mod neighbours;
mod place;
mod proof;
mod refusal;
mod remove;
mod rule;
mod style;

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::{Config, ConfigError, Key, Reader, Rule, generated};
use crate::key::recipient::Kind as RecipientKind;
use crate::key::{AnyRecipient, Malformed, private};
use crate::sops::pattern::{self, Piece};
use crate::splice::yaml::{self, Anchors, Kind, Node, SecondReading, Splice, Tree};
use proof::Op;
pub use refusal::Refusal;
pub use remove::{Removal, remove_person};

/// A person to add.
#[derive(Debug, Clone)]
pub struct Addition<'a> {
    /// What the key is to be called; made into an anchor by [`anchor_from`].
    pub name: &'a str,
    pub recipient: &'a str,
    /// The person's secrets file, relative to the folder of the `.sops.yaml`, with `/`.
    pub path: &'a str,
    /// Who else reads it, by anchor or recipient. `None`: who reads the files of the other
    /// people beside it, besides themselves. Not used when joining.
    pub admins: Option<&'a [String]>,
    pub mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A rule for this path alone, above all that would win before it.
    OwnRule,
    /// Into the rule that wins now: the person will read every file under it.
    Join,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The person's key already reads the path; `line` is the rule's.
    AlreadySo {
        line: u32,
    },
    Edited(Edited),
}

/// A new text, proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    pub text: String,
    /// What was put into the old text. Taken out again, the old text is back.
    pub splices: Vec<Splice>,
    /// The rule that now wins, counted from 0 in the new text.
    pub rule: usize,
    /// The recipients of that rule.
    pub readers: Vec<Reader>,
    pub notes: Vec<Note>,
}

/// What a person should know about an edit that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "note")]
pub enum Note {
    #[error(
        "no file of another person has a rule beside this one, so nobody else can read it: name who else should"
    )]
    NoNeighbours,
    #[error("the recipient at line {line} is not carried into the new rule: {why}")]
    NotCarried { line: u32, why: Malformed },
    #[error(
        "the recipient at line {line} is no key, so sops refuses to encrypt by this rule: {why}"
    )]
    Malformed { line: u32, why: Malformed },
    #[error("the rules beside it also encrypt to {kinds}, which this program cannot; the new rule is for age alone", kinds = kinds.join(", "))]
    OtherKinds { kinds: Vec<String> },
    #[error(
        "the file has no list of keys that a key could join, so the rule holds the recipient itself"
    )]
    NoKeyList,
    #[error("the key was there as `&{anchor}`, which is used")]
    KnownAs { anchor: String },
    #[error("every file that the rule at line {line} matches can now be encrypted to the person")]
    Joined { line: u32 },
}

/// A name as an anchor: libyaml, and so sops, takes ASCII letters, digits, `-` and `_` alone, and
/// refuses the whole file for `&first.last`. `None`: nothing of the name would be left.
pub fn anchor_from(name: &str) -> Option<String> {
    let keep = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
    let anchor: String = name.trim().chars().map(keep).collect();
    anchor.chars().any(|c| c.is_ascii_alphanumeric()).then_some(anchor)
}

/// The lines that a person would add by hand, for a file that this program leaves alone.
pub fn lines_to_paste(addition: &Addition) -> String {
    let anchor = anchor_from(addition.name).unwrap_or_else(|| "person".to_owned());
    let recipient = AnyRecipient::parse(addition.recipient)
        .map_or_else(|_| "age1…".to_owned(), |recipient| recipient.text);
    let pattern = yaml_single(&format!("^{}$", pattern::quote(addition.path)));
    let mut lines = format!(
        "keys:\n  - &{anchor} {recipient}\n# above every rule that matches the path:\ncreation_rules:\n  \
         - path_regex: {pattern}\n    key_groups:\n      - age:\n          - *{anchor}\n"
    );
    for admin in addition.admins.unwrap_or_default() {
        // One without a name of its own is written out.
        let star = if admin.starts_with("age1") { "" } else { "*" };
        lines.push_str(&format!("          - {star}{admin}\n"));
    }
    lines
}

fn yaml_single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The tree of a file that people write: what a program makes is not edited.
fn tree_to_edit(text: &str) -> Result<Tree, Refusal> {
    match generated(text) {
        Some(found) => Err(Refusal::Generated { line: found.line, by: found.by }),
        None => Ok(Config::tree(text)?),
    }
}

/// Adds the key where it is missing, and the rule, or refuses.
pub fn add_person(text: &str, addition: &Addition) -> Result<Change, Refusal> {
    let person = Person::of(addition)?;
    let tree = tree_to_edit(text)?;
    let anchors = Anchors::of(&tree);
    let config = Config::of(&tree, &anchors)?;
    let file = File::new(text, &tree, &anchors, &config)?;
    let draft = match addition.mode {
        Mode::OwnRule => rule::own_rule(&file, &person, addition)?,
        Mode::Join => join::join(&file, &person, addition)?,
    };
    let draft = match draft {
        Drafted::AlreadySo { line } => {
            // Nothing to write, but what sops refuses must not pass for being in order.
            let second = SecondReading::of(text).map_err(ConfigError::from)?;
            second.agrees_with(&tree, &anchors).map_err(ConfigError::from)?;
            return Ok(Change::AlreadySo { line });
        }
        Drafted::Draft(draft) => draft,
    };
    let failed = |what| Refusal::ProofFailed { what };
    let new = yaml::apply(text, &draft.splices).ok_or(failed("its splices overlap"))?;
    let after = proof::prove(text, &new, tree, draft.ops)?;
    let wins = after.winner(addition.path)?.filter(|rule| rule.index == draft.rule);
    let rule = wins.ok_or(failed("another rule still wins"))?;
    let kept = match addition.mode {
        Mode::OwnRule => proof::only_inserted(&config.rules, &after.rules, draft.rule),
        Mode::Join => only_joined(&config, &after, draft.rule),
    };
    if !kept {
        return Err(failed("another rule changed"));
    }
    if !rule.lists(&person.recipient.text) {
        return Err(failed("the rule does not list the person"));
    }
    let readers = rule.readers().cloned().collect();
    Ok(Change::Edited(Edited {
        rule: draft.rule,
        readers,
        text: new,
        splices: draft.splices,
        notes: draft.notes,
    }))
}

/// An addition whose parts are sound.
struct Person {
    anchor: String,
    recipient: AnyRecipient,
}

impl Person {
    fn of(addition: &Addition) -> Result<Self, Refusal> {
        let recipient = AnyRecipient::parse(addition.recipient)
            .map_err(|why| Refusal::RecipientMalformed { why })?;
        if recipient.kind == RecipientKind::Pgp {
            return Err(Refusal::RecipientIsPgp);
        }
        // A private key given as a name must not come back in a message.
        if private::is_in(addition.name) || private::is_in(addition.path) {
            return Err(Refusal::RecipientMalformed { why: Malformed::PrivateKey });
        }
        let anchor = anchor_from(addition.name)
            .ok_or_else(|| Refusal::NameUnusable { name: addition.name.to_owned() })?;
        usable_path(addition.path).map_err(|why| Refusal::PathUnusable { why })?;
        Ok(Self { anchor, recipient })
    }
}

fn usable_path(path: &str) -> Result<(), &'static str> {
    // YAML 1.1 breaks lines at the first two, and the third is the byte order mark.
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    if path.is_empty() || path.ends_with('/') {
        Err("it names no file")
    } else if path.starts_with('/') {
        Err("it must be relative to the folder of the `.sops.yaml`")
    } else if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        Err("`.`, `..` and `//` are never part of a path that sops compares")
    } else if path.chars().any(breaks) {
        Err("it holds a control character")
    } else {
        Ok(())
    }
}

/// The file as the editors see it: text, tree and model side by side.
struct File<'a> {
    text: &'a str,
    tree: &'a Tree,
    anchors: &'a Anchors<'a>,
    config: &'a Config,
    eol: &'static str,
    /// The sequence under `creation_rules`, and its place in the root mapping.
    rules: &'a Node,
    rules_at: usize,
    /// Anchors that some alias uses.
    used: HashSet<&'a str>,
    /// Keys by their anchor.
    named: HashMap<&'a str, &'a Key>,
}

impl<'a> File<'a> {
    fn new(
        text: &'a str,
        tree: &'a Tree,
        anchors: &'a Anchors<'a>,
        config: &'a Config,
    ) -> Result<Self, Refusal> {
        if let Some(twice) = config.duplicate_anchors.first() {
            return Err(Refusal::DuplicateAnchor { name: twice.name.clone(), line: twice.line });
        }
        let none = Refusal::NoAgeRecipients { line: tree.root.line };
        if !config.rules.iter().any(|rule| rule.readers().next().is_some()) {
            return Err(none);
        }
        let entries = tree.root.entries().unwrap_or_default();
        let rules_at = entries.iter().position(|e| e.key.scalar() == Some("creation_rules"));
        let rules_at = rules_at.ok_or(Refusal::Unsupported {
            line: tree.root.line,
            what: "`creation_rules` is not written at the top of the file",
        })?;
        let rules = &entries[rules_at].value;
        if rules.items().is_none() {
            return Err(Refusal::AliasAsValue { line: rules.line });
        }
        let name = |alias: &&'a Node| match &alias.kind {
            Kind::Alias(name) => Some(name.as_str()),
            _ => None,
        };
        let used = anchors.aliases().iter().filter_map(name).collect();
        let named = config.keys.iter().filter_map(|key| Some((key.name.as_deref()?, key)));
        let named = named.collect();
        Ok(Self {
            text,
            tree,
            anchors,
            config,
            eol: lines::eol(text),
            rules,
            rules_at,
            used,
            named,
        })
    }

    fn rule_node(&self, index: usize) -> Option<&'a Node> {
        self.anchors.follow(&self.rules.items()?.get(index)?.node)
    }

    /// What stands in this node reaches other places through an alias.
    fn shared(&self, node: &Node) -> bool {
        node.anchor.as_ref().is_some_and(|anchor| self.used.contains(anchor.name.as_str()))
    }

    /// The key of this recipient, however its SSH comment differs.
    fn key_of(&self, recipient: &str) -> Option<&'a Key> {
        let same = |key: &&Key| key.recipient().is_ok_and(|known| known.text == recipient);
        let mut keys = self.config.keys.iter().filter(same);
        let first = keys.next()?;
        if first.name.is_some() {
            Some(first)
        } else {
            keys.find(|k| k.name.is_some()).or(Some(first))
        }
    }

    /// `*name` can stand at `at` and means this recipient.
    fn alias_reaches(&self, name: &str, at: usize) -> bool {
        self.anchors.named(name).iter().any(|node| node.start < at)
    }
}

/// What an editor proposes.
enum Drafted {
    AlreadySo { line: u32 },
    Draft(Draft),
}

struct Draft {
    splices: Vec<Splice>,
    ops: Vec<Op>,
    rule: usize,
    notes: Vec<Note>,
}

/// All rules are as they were, but for the one at `index`.
fn only_joined(before: &Config, after: &Config, index: usize) -> bool {
    let same = |(old, new): (&Rule, &Rule)| old.index == index || proof::same_rule(old, new);
    before.rules.len() == after.rules.len() && before.rules.iter().zip(&after.rules).all(same)
}

/// The pattern matches this path and no other, but for what may stand before and after it, and
/// for dots that were not escaped.
fn is_for_path_alone(pattern: &str, path: &str) -> bool {
    let Some(pieces) = pattern::pieces(pattern) else { return false };
    let plain = |piece: &Piece| match piece {
        Piece::Literal(c) => Some(*c),
        Piece::Any => Some('.'),
        Piece::Start | Piece::End => None,
    };
    pieces.iter().filter_map(plain).eq(path.chars())
}

#[cfg(test)]
mod tests;
