//! The public half of an age key, and why a pasted text is not one.

use std::fmt;
use std::str::FromStr;

use bech32::{Bech32, Hrp};
use thiserror::Error;

use super::bech32_text::{self, Fault};

/// How long an X25519 recipient's text is.
const LENGTH: usize = 62;

/// An X25519 age recipient (`age1…`), known to be well-formed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient(String);

/// Why a text is not a recipient that doorstep encrypts to. Nothing private is repeated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecipientError {
    #[error("it is empty")]
    Empty,
    #[error("it is a private key; never paste that: give the line that starts with `age1`")]
    PrivateKey,
    #[error("it is an ssh public key (`{algorithm}`), not an age recipient")]
    Ssh { algorithm: String },
    #[error("it is a recipient of the plugin `age-plugin-{name}`")]
    Plugin { name: String },
    #[error("it is a post-quantum recipient (`age1pq1…`)")]
    PostQuantum,
    #[error("it does not start with `age1`")]
    NotAge,
    #[error("it is in capitals; an age recipient is in lower case")]
    Capitals,
    /// Column counted from 1.
    #[error("character {column}, `{character}`, cannot occur in an age recipient")]
    Stray { column: usize, character: char },
    #[error("{expected} characters expected, {found} found")]
    Length { expected: usize, found: usize },
    #[error("its checksum is wrong: a character was changed or swapped")]
    Checksum,
}

impl Recipient {
    /// The recipient in `text`; blanks around it are ignored, as they come with pasting.
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        let text = text.trim();
        if let Some(other) = other_kind(text) {
            return Err(other);
        }
        match bech32_text::bytes32(text, "age1") {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(fault) => Err(explain(fault, text)),
        }
    }

    pub(super) fn of(recipient: age::x25519::Recipient) -> Self {
        Self(recipient.to_string())
    }

    /// The recipient with this Curve25519 point.
    pub(super) fn from_point(point: [u8; 32]) -> Self {
        let text = bech32::encode_lower::<Bech32>(Hrp::parse_unchecked("age"), &point)
            .unwrap_or_else(|_| unreachable!("32 bytes are far below Bech32's length limit"));
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `None` never happens for a parsed recipient; callers still turn it into an error.
    pub(crate) fn to_age(&self) -> Option<age::x25519::Recipient> {
        age::x25519::Recipient::from_str(&self.0).ok()
    }
}

/// What `text` is instead, when it is something else that people paste.
fn other_kind(text: &str) -> Option<RecipientError> {
    let upper = text.to_ascii_uppercase();
    if text.is_empty() {
        return Some(RecipientError::Empty);
    }
    let private = ["AGE-SECRET-KEY-", "AGE-PLUGIN-", "PRIVATE KEY-----"];
    if private.iter().any(|mark| upper.contains(mark)) {
        return Some(RecipientError::PrivateKey);
    }
    let word = text.split_whitespace().next().unwrap_or_default();
    if ["ssh-", "ecdsa-sha2-", "sk-"].iter().any(|p| word.starts_with(p)) {
        return Some(RecipientError::Ssh { algorithm: word.chars().take(64).collect() });
    }
    if text.starts_with("age1pq1") {
        return Some(RecipientError::PostQuantum);
    }
    if !text.starts_with("age1") {
        return Some(match upper.starts_with("AGE1") {
            true => RecipientError::Capitals,
            false => RecipientError::NotAge,
        });
    }
    plugin_name(text).map(|name| RecipientError::Plugin { name })
}

/// The name in `age1<name>1…`. A mistyped `1` inside an X25519 recipient looks alike, hence the
/// checksum for texts of that length.
fn plugin_name(text: &str) -> Option<String> {
    let (name, _) = text.strip_prefix("age1")?.rsplit_once('1')?;
    let named = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b));
    (named && (text.len() != LENGTH || bech32_text::checks(text))).then(|| name.to_owned())
}

fn explain(fault: Fault, text: &str) -> RecipientError {
    match fault {
        Fault::Length { expected, found } => RecipientError::Length { expected, found },
        Fault::Stray { column } => {
            RecipientError::Stray { column, character: text.chars().nth(column - 1).unwrap_or('?') }
        }
        Fault::MixedCase => RecipientError::Capitals,
        Fault::Checksum => RecipientError::Checksum,
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Identity;

    const ZOE: &str = "age1lftm9a0vycklcze0hguv9xnjd8w30j8gj2mq2xx20atmqskl550qdy64sz";

    fn why(text: &str) -> String {
        Recipient::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn blanks_around_are_ignored() {
        assert_eq!(Recipient::parse(&format!("  {ZOE}\r\n")).unwrap().as_str(), ZOE);
    }

    #[test]
    fn reasons_are_precise() {
        insta::assert_snapshot!(why(""), @"it is empty");
        insta::assert_snapshot!(why(&ZOE[..61]), @"62 characters expected, 61 found");
        insta::assert_snapshot!(why(&format!("{ZOE}%")), @"character 63, `%`, cannot occur in an age recipient");
        insta::assert_snapshot!(why(&ZOE.replace("cklc", "ckic")), @"character 16, `i`, cannot occur in an age recipient");
        insta::assert_snapshot!(why(&ZOE.replace("cklc", "cklq")), @"its checksum is wrong: a character was changed or swapped");
        insta::assert_snapshot!(why(&ZOE.replace("cklc", "ckLc")), @"it is in capitals; an age recipient is in lower case");
        insta::assert_snapshot!(why(&ZOE.to_uppercase()), @"it is in capitals; an age recipient is in lower case");
        insta::assert_snapshot!(why("zoe@quartz"), @"it does not start with `age1`");
        insta::assert_snapshot!(why("ssh-ed25519 AAAAC3 zoe@quartz"), @"it is an ssh public key (`ssh-ed25519`), not an age recipient");
        insta::assert_snapshot!(why("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t"), @"it is a recipient of the plugin `age-plugin-yubikey`");
        insta::assert_snapshot!(why("age1pq1qqqq"), @"it is a post-quantum recipient (`age1pq1…`)");
    }

    #[test]
    fn a_mistyped_digit_one_is_not_a_plugin() {
        assert_eq!(
            Recipient::parse(&ZOE.replace("cklc", "ck1c")),
            Err(RecipientError::Stray { column: 16, character: '1' })
        );
    }

    #[test]
    fn a_private_key_is_refused_without_echo() {
        let secret = Identity::generate().secret_text();
        for pasted in [secret.to_string(), secret.to_lowercase(), format!("x {}", *secret)] {
            assert_eq!(Recipient::parse(&pasted), Err(RecipientError::PrivateKey));
            assert!(!why(&pasted).contains(&secret[20..40]));
        }
        let pem = "-----BEGIN OPENSSH PRIVATE KEY-----";
        assert_eq!(Recipient::parse(pem), Err(RecipientError::PrivateKey));
    }
}
