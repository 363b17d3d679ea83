//! What is wrong with a text that was meant to be a recipient.

use serde::Serialize;
use thiserror::Error;

use crate::key::bech32_text::Fault;

/// Why a text is no recipient of any kind. No message repeats more of it than one character or
/// the name of an algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    #[error("it is empty")]
    Empty,
    #[error("it is a private key: give its public key, and make a new key if others saw this one")]
    PrivateKey,
    #[error("{expected} characters expected, {found} found")]
    Length { expected: usize, found: usize },
    /// Position counted from 1.
    #[error("character {position} is {character:?}, which no such key contains")]
    Character { character: char, position: usize },
    #[error("it must be all lower case")]
    Case,
    #[error("its checksum is wrong: a character was changed, swapped or lost")]
    Checksum,
    #[error("the part after `{kind}` is not a public key of that kind")]
    SshBody { kind: &'static str },
    #[error("it is an ssh key (`{algorithm}`) of a kind that age does not encrypt to")]
    SshAlgorithm { algorithm: String },
    #[error("it looks like a placeholder that nobody has filled in")]
    Placeholder,
    #[error("it is none of `age1…`, `age1pq1…`, `age1<plugin>1…`, `ssh-ed25519 …`, `ssh-rsa …`")]
    Unknown,
}

impl Malformed {
    /// The same with the character, which a recipient is public enough to show.
    pub(super) fn of(fault: Fault, text: &str) -> Self {
        match fault {
            Fault::Length { expected, found } => Self::Length { expected, found },
            Fault::Stray { column } => Self::Character {
                character: text.chars().nth(column.saturating_sub(1)).unwrap_or('?'),
                position: column,
            },
            Fault::MixedCase => Self::Case,
            Fault::Checksum => Self::Checksum,
        }
    }
}
