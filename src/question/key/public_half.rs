//! A pasted public key: what to say when it is none.

use super::{FOUND, FROM_SSH, GENERATE};
use crate::answers::KeyChoice;
use crate::key::recipient::Kind;
use crate::key::{Malformed, Recipient, RecipientError};
use crate::problem::Problem;
use crate::question::near::did_you_mean;

/// The public key in `text`. Nothing private is kept or repeated.
pub(super) fn read(text: &str) -> Result<KeyChoice, Problem> {
    match Recipient::parse(text) {
        Ok(recipient) => Ok(KeyChoice::Public(recipient.as_str().to_owned())),
        Err(error) => Err(Problem::user(sentence(&error, text))),
    }
}

fn sentence(error: &RecipientError, text: &str) -> String {
    match error {
        RecipientError::Malformed(malformed) => broken(malformed, text),
        RecipientError::OtherKind(kind) => other(kind, text),
    }
}

fn broken(malformed: &Malformed, text: &str) -> String {
    match malformed {
        Malformed::PrivateKey => "That is a private key; it was not kept or shown. A public one \
                                  starts with age1. If it came by mail or chat, let its owner \
                                  make a new one."
            .to_owned(),
        Malformed::Length { expected, found } => format!(
            "This key has a wrong or missing character ({expected} expected, {found} found). \
             Please copy it again."
        ),
        Malformed::Character { character, position } => format!(
            "This key has a wrong character: {character} as number {position}. Please copy it \
             again."
        ),
        Malformed::Checksum => "This key has a wrong character: its check at the end does not \
                                agree. Please copy it again."
            .to_owned(),
        Malformed::Case => "A public age key is in small letters.".to_owned(),
        Malformed::Placeholder => {
            "That only keeps the place of a key. A public key starts with age1.".to_owned()
        }
        Malformed::SshBody { .. } | Malformed::SshAlgorithm { .. } => SSH.to_owned(),
        Malformed::Empty | Malformed::Unknown => no_key(text),
    }
}

fn other(kind: &Kind, text: &str) -> String {
    match kind {
        Kind::Hybrid => format!("That is a post-quantum key (age1pq1), {CANNOT}"),
        Kind::Plugin(name) => format!("That is a key of the plugin age-plugin-{name}, {CANNOT}"),
        Kind::SshEd25519 | Kind::SshRsa => SSH.to_owned(),
        Kind::X25519 | Kind::Pgp => no_key(text),
    }
}

fn no_key(text: &str) -> String {
    let close = did_you_mean(text.trim(), [FOUND, GENERATE, FROM_SSH]);
    format!("A public key starts with age1.{close}")
}

const SSH: &str = "That is a public SSH key. A public age key starts with age1.";
const CANNOT: &str = "which doorstep cannot encrypt to. Please give one that has 62 characters.";
