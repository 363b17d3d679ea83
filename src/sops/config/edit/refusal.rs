//! Every reason for leaving the file as it is.

use crate::key::Malformed;
use crate::sops::config::{ConfigError, RuleUnreadable};

/// Why nothing was edited. The list is closed: a script may rely on [`Refusal::id`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("line {line} says that the file is generated{}", by.as_ref().map(|b| format!(" by `{b}`")).unwrap_or_default())]
    Generated { line: u32, by: Option<String> },
    #[error("it cannot be parsed at line {line}, column {column}: {what}")]
    ParseError { line: u32, column: u32, what: String },
    #[error("a second document begins at line {line}, and sops reads only one")]
    SeveralDocuments { line: u32 },
    #[error("`*{name}` at line {line} names nothing that is defined above it")]
    UndefinedAlias { name: String, line: u32 },
    #[error("`&{name}` is defined a second time at line {line}")]
    DuplicateAnchor { name: String, line: u32 },
    #[error("sops refuses the file: line {line}: {what}")]
    SopsRefuses { line: u32, what: String },
    #[error("no rule encrypts to an age recipient, so there is nothing to do as the neighbours do")]
    NoAgeRecipients { line: u32 },
    #[error(
        "the rule at line {line} has several key groups (Shamir), and a file needs a key from each: which group is a decision to take by hand"
    )]
    ShamirGroups { line: u32 },
    #[error(
        "the `path_regex` of the rule at line {line} cannot be evaluated ({why}), so which rule wins is unknown"
    )]
    UnreadableRegex { line: u32, why: String },
    #[error("`&{anchor}` at line {line} already names something else")]
    AnchorTaken { anchor: String, line: u32 },
    #[error("the recipient cannot be used: {why}")]
    RecipientMalformed { why: Malformed },
    #[error("a PGP fingerprint is not an age recipient")]
    RecipientIsPgp,
    #[error("`{name}` gives no name for a key: it needs a letter or a digit")]
    NameUnusable { name: String },
    #[error("the path cannot be written into a rule: {why}")]
    PathUnusable { why: &'static str },
    #[error("the reader `{name}` is neither a key of the file nor a recipient")]
    UnknownReader { name: String },
    #[error(
        "the rule at line {line} is for this very path, and a rule above it would make it dead"
    )]
    PathHasRule { line: u32 },
    #[error("no rule matches the path, so there is none to join")]
    NoRule,
    #[error(
        "the list at line {line} is shared by an alias or a merge, so a change there would reach other rules"
    )]
    AliasAsValue { line: u32 },
    #[error("the person is not in the file")]
    NotThere,
    #[error("line {line}: {what}")]
    Unsupported { line: u32, what: &'static str },
    #[error("a private key is at line {line}")]
    PrivateKeyInFile { line: u32 },
    #[error("the edited text did not pass its proof: {what}")]
    ProofFailed { what: &'static str },
}

impl Refusal {
    /// One word for scripts.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Generated { .. } => "generated",
            Self::ParseError { .. } => "parse-error",
            Self::SeveralDocuments { .. } => "several-documents",
            Self::UndefinedAlias { .. } => "undefined-alias",
            Self::DuplicateAnchor { .. } => "duplicate-anchor",
            Self::SopsRefuses { .. } => "sops-refuses",
            Self::NoAgeRecipients { .. } => "no-age-recipients",
            Self::ShamirGroups { .. } => "shamir-groups",
            Self::UnreadableRegex { .. } => "unreadable-regex",
            Self::AnchorTaken { .. } => "anchor-taken",
            Self::RecipientMalformed { .. } => "recipient-malformed",
            Self::RecipientIsPgp => "recipient-is-pgp",
            Self::NameUnusable { .. } => "name-unusable",
            Self::PathUnusable { .. } => "path-unusable",
            Self::UnknownReader { .. } => "unknown-reader",
            Self::PathHasRule { .. } => "path-has-rule",
            Self::NoRule => "no-rule",
            Self::AliasAsValue { .. } => "alias-as-value",
            Self::NotThere => "not-there",
            Self::Unsupported { .. } => "unsupported",
            Self::PrivateKeyInFile { .. } => "private-key-in-file",
            Self::ProofFailed { .. } => "proof-failed",
        }
    }

    /// The line it is about, counted from 1.
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::Generated { line, .. }
            | Self::ParseError { line, .. }
            | Self::SeveralDocuments { line }
            | Self::UndefinedAlias { line, .. }
            | Self::DuplicateAnchor { line, .. }
            | Self::SopsRefuses { line, .. }
            | Self::NoAgeRecipients { line }
            | Self::ShamirGroups { line }
            | Self::UnreadableRegex { line, .. }
            | Self::AnchorTaken { line, .. }
            | Self::PathHasRule { line }
            | Self::AliasAsValue { line }
            | Self::Unsupported { line, .. }
            | Self::PrivateKeyInFile { line } => Some(*line),
            Self::RecipientMalformed { .. }
            | Self::RecipientIsPgp
            | Self::NameUnusable { .. }
            | Self::PathUnusable { .. }
            | Self::UnknownReader { .. }
            | Self::NoRule
            | Self::NotThere
            | Self::ProofFailed { .. } => None,
        }
    }

    /// The file is in order and only this program cannot edit it: the lines to paste
    /// ([`super::lines_to_paste`]) help the person on.
    pub fn can_paste(&self) -> bool {
        matches!(
            self,
            Self::Generated { .. }
                | Self::DuplicateAnchor { .. }
                | Self::NoAgeRecipients { .. }
                | Self::ShamirGroups { .. }
                | Self::UnreadableRegex { .. }
                | Self::AliasAsValue { .. }
                | Self::Unsupported { .. }
                | Self::ProofFailed { .. }
        )
    }
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Syntax { line, column, what } => Self::ParseError { line, column, what },
            ConfigError::SeveralDocuments { line } => Self::SeveralDocuments { line },
            ConfigError::Empty => Self::NoAgeRecipients { line: 1 },
            ConfigError::UndefinedAlias { name, line }
            | ConfigError::EmptyAnchor { name, line } => Self::UndefinedAlias { name, line },
            ConfigError::Shape { line, what } => Self::SopsRefuses { line, what },
            ConfigError::PrivateKey { line } => Self::PrivateKeyInFile { line },
        }
    }
}

impl From<RuleUnreadable> for Refusal {
    fn from(error: RuleUnreadable) -> Self {
        Self::UnreadableRegex { line: error.line, why: error.why.why }
    }
}
