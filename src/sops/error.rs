//! Why an encrypted file cannot be read or opened. No error holds plain text of a value.

use thiserror::Error;

use super::cipher::ValueError;

/// Why a text is not an encrypted file. Lines and columns are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    #[error("it is empty")]
    Empty,
    #[error("it is not text")]
    NotText,
    #[error("line {line}: an unresolved merge conflict")]
    MergeConflict { line: u32 },
    #[error("line {line}, column {column}: {why}")]
    Syntax { line: u32, column: u32, why: String },
    #[error("it is not encrypted: it has no `sops` block")]
    NotEncrypted,
    #[error("it is cut off: {missing} is missing")]
    Truncated { missing: &'static str },
    #[error("line {line}: the key `{key}` occurs twice")]
    DuplicateKey { key: String, line: u32 },
    #[error("line {line}: {what}; sops files hold only text keys, values, lists and mappings")]
    Unsupported { what: &'static str, line: u32 },
    #[error("its top level is not a mapping")]
    NotMapping,
    #[error("its `sops` block is wrong: {0}")]
    Metadata(String),
    #[error("it is encrypted to nobody")]
    NoRecipients,
}

/// Why a parsed file does not open.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    #[error("no key fits; it is encrypted to {}", list(recipients))]
    NoIdentityMatches { recipients: Vec<String> },
    #[error("it needs a key of {needed} groups, and keys of {opened} fit")]
    TooFewGroups { needed: usize, opened: usize },
    #[error("the data key for `{recipient}` is damaged: {why}")]
    StanzaDamaged { recipient: String, why: String },
    #[error("its data key has {0} bytes, 32 expected")]
    DataKeyLength(usize),
    #[error("the parts of its data key do not fit together")]
    Shares,
    #[error("`{path}`: {why}")]
    Value { path: String, why: ValueError },
    #[error("it has no MAC")]
    NoMac,
    #[error("its MAC cannot be decrypted: {0}")]
    MacDamaged(ValueError),
    #[error("its MAC does not match: values were added, removed or reordered without sops")]
    MacMismatch,
    /// getsops/sops#2243.
    #[error(
        "its MAC covers the comments in its lists, as some versions of sops up to 3.13.2 have it: write it again with sops 3.13.3 or newer"
    )]
    MacOverComments,
}

fn list(recipients: &[String]) -> String {
    match recipients {
        [] => "nobody".to_owned(),
        some => some.join(", "),
    }
}
