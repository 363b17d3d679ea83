//! Who can read what: every encrypted file against every key, as it is and as the rules say.
//!
//! Pure data, made of texts that were read before; screens and commands draw it.

mod table;

use std::collections::HashMap;

use serde::Serialize;

use super::store::Found;
use crate::key::{AnyRecipient, Malformed};
use crate::sops::config::{Config, Rule};
use crate::sops::{Difference, Metadata, StanzaKind, Wanted};

pub use table::LEGEND;

/// Rows of files, columns of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Matrix {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its anchor in `.sops.yaml`.
    pub name: Option<String>,
    /// Without an ssh key's comment.
    pub recipient: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Relative to the folder of `.sops.yaml`.
    pub file: String,
    /// The rule that wins for it.
    pub rule: Option<RuleAt>,
    /// One for each column.
    pub cells: Vec<Cell>,
    pub remarks: Vec<Remark>,
    /// Kinds of keys besides age that the file is encrypted to, in its own words.
    pub others: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleAt {
    /// In `.sops.yaml`, counted from 1.
    pub line: u32,
    /// `None` matches every path.
    pub path_regex: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Can open it now, and may.
    Yes,
    /// The rule says so, the file not yet.
    Add,
    /// The file says so, the rule no longer.
    Gone,
    No,
}

/// What else is to be known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "remark")]
pub enum Remark {
    /// No rule covers it: who reads it now stays as it is.
    NoRule,
    /// It looks encrypted and cannot be read.
    Unreadable { why: String },
    /// Which rule wins cannot be said.
    RuleUnreadable { why: String },
    /// Nobody can be encrypted to by this.
    Malformed { line: u32, why: Malformed },
    /// The groups of keys (Shamir) differ.
    Regrouped,
    /// Keys of other kinds that the rule and the file do not have in common.
    OtherKinds { kinds: Vec<&'static str> },
}

/// What a file's rule asks for.
pub(super) enum Ruled<'c> {
    By(&'c Rule, Wanted),
    No(Option<&'c Rule>, Remark),
}

/// The rule of `path`, and who it lets read.
pub(super) fn ruled<'c>(config: &'c Config, path: &str) -> Ruled<'c> {
    match config.winner(path) {
        Err(e) => Ruled::No(None, Remark::RuleUnreadable { why: e.to_string() }),
        Ok(None) => Ruled::No(None, Remark::NoRule),
        Ok(Some(rule)) => match Wanted::by(rule) {
            Ok(wanted) => Ruled::By(rule, wanted),
            Err((line, why)) => Ruled::No(Some(rule), Remark::Malformed { line, why }),
        },
    }
}

impl Remark {
    /// For people.
    pub fn words(&self) -> String {
        match self {
            Self::NoRule => "no rule".to_owned(),
            Self::Unreadable { why } => why.clone(),
            Self::RuleUnreadable { why } => format!("the rules cannot be evaluated: {why}"),
            Self::Malformed { line, why } => {
                format!("the recipient at line {line} of the rules is malformed: {why}")
            }
            Self::Regrouped => "the groups of keys differ".to_owned(),
            Self::OtherKinds { kinds } => {
                format!("keys of other kinds differ ({}): use sops", kinds.join(", "))
            }
        }
    }
}

impl Matrix {
    /// Of these files under these rules. Columns are the keys that `.sops.yaml` names, in its
    /// order, as far as a rule or a file uses them; then keys that only files have.
    pub fn of(config: &Config, files: &[Found]) -> Self {
        let facts: Vec<_> = files.iter().map(|file| (file, ruled(config, &file.path))).collect();
        let columns = columns(config, &facts);
        let at: HashMap<&str, usize> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| (column.recipient.as_str(), at))
            .collect();
        let rows = facts.iter().map(|(file, ruled)| row(file, ruled, &at)).collect();
        Self { columns, rows }
    }

    /// Nothing would be changed by encrypting again as the rules say.
    pub fn is_settled(&self) -> bool {
        !self.rows.iter().any(Row::differs)
    }
}

impl Row {
    /// Whether encrypting again as the rules say would change it.
    pub fn differs(&self) -> bool {
        self.cells.iter().any(|cell| matches!(cell, Cell::Add | Cell::Gone))
            || self.remarks.contains(&Remark::Regrouped)
    }
}

impl Cell {
    /// Whether the key opens the file as it is now.
    pub fn opens(self) -> bool {
        matches!(self, Self::Yes | Self::Gone)
    }

    /// As the screen has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Add => "+ add",
            Self::Gone => "- gone",
            Self::No => "",
        }
    }
}

impl Column {
    /// Its name, or how the key begins.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| short(&self.recipient))
    }
}

/// How a key begins, for a place where all of it does not fit.
pub(crate) fn short(recipient: &str) -> String {
    let ssh = recipient
        .strip_prefix("ssh-ed25519 ")
        .map(|body| body.chars().rev().take(8).collect::<Vec<_>>());
    match ssh {
        // Every one of them begins alike.
        Some(end) => format!("ssh-…{}", end.into_iter().rev().collect::<String>()),
        None if recipient.chars().count() > 12 => {
            format!("{}…", recipient.chars().take(11).collect::<String>())
        }
        None => recipient.to_owned(),
    }
}

fn normal(recipient: &str) -> String {
    AnyRecipient::parse(recipient).map_or_else(|_| recipient.trim().to_owned(), |known| known.text)
}

fn age_of(metadata: &Metadata) -> impl Iterator<Item = String> {
    metadata.stanzas().filter(|s| s.kind == StanzaKind::Age).map(|s| normal(&s.recipient))
}

fn columns(config: &Config, facts: &[(&Found, Ruled<'_>)]) -> Vec<Column> {
    let mut used: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut use_it = |recipient: String| {
        if seen.insert(recipient.clone()) {
            used.push(recipient);
        }
    };
    for rule in &config.rules {
        rule.readers()
            .filter_map(|r| AnyRecipient::parse(&r.recipient).ok())
            .for_each(|r| use_it(r.text));
    }
    for (file, _) in facts {
        file.metadata.iter().flat_map(age_of).for_each(&mut use_it);
    }
    let mut columns: Vec<Column> = Vec::new();
    for key in &config.keys {
        let recipient = normal(&key.value);
        if let Some(at) = used.iter().position(|known| *known == recipient) {
            used.remove(at);
            columns.push(Column { name: key.name.clone(), recipient });
        }
    }
    columns.extend(used.into_iter().map(|recipient| Column { name: None, recipient }));
    columns
}

fn row(file: &Found, ruled: &Ruled<'_>, at: &HashMap<&str, usize>) -> Row {
    let mut cells = vec![Cell::No; at.len()];
    let mut remarks = Vec::new();
    let mut set = |recipient: &str, cell| {
        if let Some(cells) = at.get(recipient).and_then(|at| cells.get_mut(*at)) {
            *cells = cell;
        }
    };
    let mut others = Vec::new();
    match &file.metadata {
        Err(e) => remarks.push(Remark::Unreadable { why: e.to_string() }),
        Ok(metadata) => {
            age_of(metadata).for_each(|recipient| set(&recipient, Cell::Yes));
            others.extend(
                metadata.stanzas().filter(|s| s.kind != StanzaKind::Age).map(|s| s.kind.word()),
            );
            if let Ruled::By(_, wanted) = ruled {
                let difference = Difference::between(metadata, wanted);
                difference.added.iter().for_each(|recipient| set(recipient, Cell::Add));
                difference.removed.iter().for_each(|r| set(&normal(r), Cell::Gone));
                if difference.regrouped {
                    remarks.push(Remark::Regrouped);
                }
                if !difference.others.is_empty() {
                    let kinds = difference.others.iter().map(|kind| kind.word()).collect();
                    remarks.push(Remark::OtherKinds { kinds });
                }
            }
        }
    }
    let rule = match ruled {
        Ruled::By(rule, _) => Some(*rule),
        Ruled::No(rule, remark) => {
            remarks.push(remark.clone());
            *rule
        }
    };
    let rule = rule.map(|rule| RuleAt { line: rule.line, path_regex: rule.path_regex.clone() });
    others.dedup();
    Row { file: file.path.clone(), rule, cells, remarks, others }
}

#[cfg(test)]
mod tests;
