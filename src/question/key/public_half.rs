//! A pasted public key, of age or of ssh, or the path of a file with one: what to say when it is
//! none, or somebody else's.

use std::path::Path;

use super::{FOUND, FROM_SSH, GENERATE};
use crate::answers::KeyChoice;
use crate::key::recipient::Kind;
use crate::key::ssh::SshKeyError;
use crate::key::{Malformed, Recipient, RecipientError, private, ssh};
use crate::problem::Problem;
use crate::question::near::did_you_mean;
use crate::question::{Anchor, Context};
use crate::survey::is_key_of;

/// The public key in `text`. Nothing private is kept or repeated.
pub(super) fn read(text: &str) -> Result<KeyChoice, Problem> {
    let text = text.trim();
    if is_path(text) && !private::is_in(text) && text.lines().count() == 1 {
        return Ok(KeyChoice::File(text.into()));
    }
    if text.starts_with("ssh-") && !private::is_in(text) {
        return match ssh::recipient_from_public(text) {
            Ok(_) => Ok(KeyChoice::Public(text.to_owned())),
            Err(error) => Err(Problem::user(of_ssh(&error))),
        };
    }
    match Recipient::parse(text) {
        Ok(recipient) => Ok(KeyChoice::Public(recipient.as_str().to_owned())),
        Err(error) => Err(Problem::user(sentence(&error, text))),
    }
}

fn is_path(text: &str) -> bool {
    ["/", "~/", "./", "../"].iter().any(|start| text.starts_with(start))
}

/// A path so that [`read`] knows it for one.
pub(super) fn as_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    if is_path(&text) { text.into_owned() } else { format!("./{text}") }
}

fn of_ssh(error: &SshKeyError) -> String {
    match error {
        SshKeyError::Algorithm(kind) => {
            format!("That is an {kind} key. Only an ssh-ed25519 key can become an age key.")
        }
        SshKeyError::WeakPoint => {
            "Nothing can be encrypted secretly to this SSH key. Please give another one.".to_owned()
        }
        _ => "This SSH key has a wrong or missing character. Please copy it again.".to_owned(),
    }
}

/// Refuses somebody else's key: two people with one key read the same secrets.
pub(crate) fn is_theirs(cx: &Context, choice: &KeyChoice) -> Result<(), Problem> {
    let KeyChoice::Public(text) = choice else { return Ok(()) };
    if cx.subject.is_oneself() {
        return Ok(());
    }
    let derived = ssh::recipient_from_public(text).map(|key| key.to_string());
    let recipient = derived.as_ref().unwrap_or(text);
    let name = cx.username();
    let other = cx.found.anchors.iter().find(|anchor| {
        anchor.recipient == *recipient && !is_key_of(name, &anchor.name) && is_anothers(cx, anchor)
    });
    match other {
        Some(anchor) => Err(Problem::user(format!(
            "That is the key {} (.sops.yaml:{}), not one of {name}'s. With one key two people read \
             the same secrets.",
            anchor.name, anchor.line
        ))),
        None => Ok(()),
    }
}

/// A key that is known to be another person's: by its name, because its private half is here, or
/// because it opens everybody's files.
fn is_anothers(cx: &Context, anchor: &Anchor) -> bool {
    cx.fleet.users.iter().any(|user| is_key_of(&user.name, &anchor.name))
        || cx.found.keys().any(|(_, key)| key.recipient == anchor.recipient)
        || cx.found.sibling_readers.iter().flatten().any(|name| *name == anchor.name)
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

const SSH: &str =
    "Only an ssh-ed25519 key can become an age key. A public age key starts with age1.";
const CANNOT: &str = "which doorstep cannot encrypt to. Please give one that has 62 characters.";
