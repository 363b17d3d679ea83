//! A pasted public key: what to say when it is none.

use super::{FOUND, FROM_SSH, GENERATE};
use crate::answers::KeyChoice;
use crate::key::{Recipient, RecipientError};
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
        RecipientError::PrivateKey => "That is a private key; it was not kept or shown. A public \
                                       one starts with age1. If it came by mail or chat, let its \
                                       owner make a new one."
            .to_owned(),
        RecipientError::Length { expected, found } => format!(
            "This key has a wrong or missing character ({expected} expected, {found} found). \
             Please copy it again."
        ),
        RecipientError::Stray { column, character } => format!(
            "This key has a wrong character: {character} as number {column}. Please copy it again."
        ),
        RecipientError::Checksum => "This key has a wrong character: its check at the end does \
                                     not agree. Please copy it again."
            .to_owned(),
        RecipientError::Capitals => "A public age key is in small letters.".to_owned(),
        RecipientError::PostQuantum => {
            format!("That is a post-quantum key (age1pq1), {CANNOT}")
        }
        RecipientError::Plugin { name } => {
            format!("That is a key of the plugin age-plugin-{name}, {CANNOT}")
        }
        RecipientError::Ssh { .. } => {
            "That is a public SSH key. A public age key starts with age1.".to_owned()
        }
        RecipientError::Empty | RecipientError::NotAge => {
            let close = did_you_mean(text.trim(), [FOUND, GENERATE, FROM_SSH]);
            format!("A public key starts with age1.{close}")
        }
    }
}

const CANNOT: &str = "which doorstep cannot encrypt to. Please give one that has 62 characters.";
