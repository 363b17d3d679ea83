//! `.sops.yaml`: who may read which secrets file, as sops itself would answer.
//!
//! Text in, answers and new text out; nothing here touches a disk or a terminal. Editing is in
//! [`edit`]. Facts about sops are from its `config/config.go` (3.13).

pub mod edit;
mod generated;
mod read;

use serde::Serialize;

use crate::key::{AnyRecipient, Malformed, private};
use crate::sops::pattern::{self, PatternError};
use crate::splice::yaml::{self, Anchors, Disagreement, ParseError, SecondReading, Tree};
pub use generated::{Generated, generated, generator_among};

/// The file, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Config {
    /// Every key that has a name or stands in a list of keys, in the order of the text.
    pub keys: Vec<Key>,
    /// The creation rules, in order: the first that matches a path wins.
    pub rules: Vec<Rule>,
    /// Names that are defined twice, with the line of the second definition.
    pub duplicate_anchors: Vec<Named>,
}

/// A name and the line it is on, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub name: String,
    pub line: u32,
}

/// One key, written with an anchor or in a list of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its anchor.
    pub name: Option<String>,
    /// As written: it may be malformed, see [`Key::recipient`].
    pub value: String,
    pub line: u32,
    /// What its list is called: the name of the list, or the comment above this part of it.
    pub group: Option<String>,
}

/// One creation rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Counted from 0.
    pub index: usize,
    pub line: u32,
    /// `None` matches every path.
    pub path_regex: Option<String>,
    /// With more than one (Shamir), a file needs a key from each.
    pub groups: Vec<Group>,
}

/// One key group of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Group {
    /// In order, each once.
    pub age: Vec<Reader>,
    /// Other kinds of keys that the group holds (`pgp`, `kms`, …).
    pub others: Vec<String>,
}

/// One recipient of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// As written: it may be malformed.
    pub recipient: String,
    /// The anchor it was named by, if it was.
    pub alias: Option<String>,
    pub line: u32,
}

/// Why the file cannot be used: sops would refuse it as well, but for [`Self::PrivateKey`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("line {line}, column {column}: {what}")]
    Syntax { line: u32, column: u32, what: String },
    #[error("line {line}: a second document begins, and sops reads only one")]
    SeveralDocuments { line: u32 },
    #[error("the file is empty")]
    Empty,
    #[error("line {line}: `*{name}` names nothing that is defined above it")]
    UndefinedAlias { name: String, line: u32 },
    #[error(
        "line {line}: `*{name}` is empty, because the colon in `&{name}:` ends the name and begins a value"
    )]
    EmptyAnchor { name: String, line: u32 },
    #[error("line {line}: {what}, so sops refuses the file")]
    Shape { line: u32, what: String },
    #[error("line {line}: a private key is in the file")]
    PrivateKey { line: u32 },
}

impl Config {
    /// Reads the file as sops would: what sops refuses is refused here.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let tree = Self::tree(text)?;
        let anchors = Anchors::of(&tree);
        let config = Self::of(&tree, &anchors)?;
        SecondReading::of(text)?.agrees_with(&tree, &anchors)?;
        Ok(config)
    }

    /// The tree alone, for editors that have the result proved by a second reader anyway.
    fn tree(text: &str) -> Result<Tree, ConfigError> {
        if private::is_in(text) {
            let mut lines = text.lines().zip(1..);
            let line = lines.find(|(line, _)| private::is_in(line)).map_or(0, |(_, n)| n);
            return Err(ConfigError::PrivateKey { line });
        }
        Ok(yaml::parse(text)?)
    }

    /// `anchors`: those of `tree`, which every use of a large file finds once and shares.
    fn of<'a>(tree: &'a Tree, anchors: &Anchors<'a>) -> Result<Self, ConfigError> {
        read::config(tree, anchors)
    }

    /// The rule that sops takes for `path`, which is relative to the folder of the `.sops.yaml`
    /// and written with `/`. `Ok(None)`: no rule matches, and sops refuses to make the file.
    pub fn winner(&self, path: &str) -> Result<Option<&Rule>, RuleUnreadable> {
        for rule in &self.rules {
            if rule.matches(path)? {
                return Ok(Some(rule));
            }
        }
        Ok(None)
    }

    /// The rule that wins for `path` and who it lets read. `Ok(None)`: no rule matches.
    pub fn who(&self, path: &str) -> Result<Option<Who>, RuleUnreadable> {
        let Some(rule) = self.winner(path)? else { return Ok(None) };
        let known = |reader: &Reader| Known {
            name: reader.alias.clone().or_else(|| self.key_of(&reader.recipient)?.name.clone()),
            recipient: reader.recipient.clone(),
            malformed: AnyRecipient::parse(&reader.recipient).err(),
            line: reader.line,
        };
        Ok(Some(Who { rule: rule.clone(), readers: rule.readers().map(known).collect() }))
    }

    /// The key that holds this recipient.
    pub fn key_of(&self, recipient: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.value.trim() == recipient)
    }

    /// Recipients that are not well formed, each with its line and what is wrong with it.
    pub fn malformed(&self) -> Vec<(u32, Malformed)> {
        let keys = self.keys.iter().map(|key| (key.line, key.value.as_str()));
        let readers = self.rules.iter().flat_map(Rule::readers);
        let literal = readers.filter(|r| r.alias.is_none()).map(|r| (r.line, r.recipient.as_str()));
        let mut found: Vec<_> = keys
            .chain(literal)
            .filter_map(|(line, text)| Some((line, AnyRecipient::parse(text).err()?)))
            .collect();
        found.sort_by_key(|(line, _)| *line);
        found.dedup();
        found
    }
}

/// A rule that has to be asked before a winner is known, and cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct RuleUnreadable {
    pub line: u32,
    pub why: PatternError,
}

/// Who reads a path, as an answer for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Who {
    /// The rule that wins.
    pub rule: Rule,
    /// With its name, where the file gives it one, in the order of the rule.
    pub readers: Vec<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Known {
    pub name: Option<String>,
    /// As written.
    pub recipient: String,
    /// What is wrong with it: nobody can read by a recipient that is malformed.
    pub malformed: Option<Malformed>,
    /// Where the rule names it.
    pub line: u32,
}

impl Rule {
    pub fn matches(&self, path: &str) -> Result<bool, RuleUnreadable> {
        let Some(pattern) = &self.path_regex else { return Ok(true) };
        pattern::matches(pattern, path).map_err(|why| RuleUnreadable { line: self.line, why })
    }

    /// The age recipients of all groups, in order.
    pub fn readers(&self) -> impl Iterator<Item = &Reader> {
        self.groups.iter().flat_map(|group| &group.age)
    }

    pub fn lists(&self, recipient: &str) -> bool {
        self.readers().any(|reader| reader.recipient == recipient)
    }
}

impl Key {
    pub fn recipient(&self) -> Result<AnyRecipient, Malformed> {
        AnyRecipient::parse(&self.value)
    }
}

impl From<ParseError> for ConfigError {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Syntax { line, column, what } => Self::Syntax { line, column, what },
            ParseError::SeveralDocuments { line } => Self::SeveralDocuments { line },
            ParseError::Version { line } => Self::Shape {
                line,
                what: "a `%YAML` version other than 1.1 is declared".to_owned(),
            },
            ParseError::Empty => Self::Empty,
        }
    }
}

impl From<Disagreement> for ConfigError {
    fn from(error: Disagreement) -> Self {
        match error {
            Disagreement::Refused { line, column, what } => Self::Syntax { line, column, what },
            Disagreement::Values { line } => {
                let what = "two YAML readers read this differently".to_owned();
                Self::Syntax { line, column: 1, what }
            }
        }
    }
}

#[cfg(test)]
mod tests;
