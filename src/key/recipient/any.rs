//! Every kind of recipient that sops knows, by how it begins and by what it must then look like.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Malformed;
use crate::key::{bech32_text, private};

/// A well-formed recipient of any kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct AnyRecipient {
    /// As sops wants it: no blanks around it, and no comment after an ssh key.
    pub text: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `age1…`, 62 characters.
    X25519,
    /// `age1pq1…`, 1,959 characters: post-quantum.
    Hybrid,
    /// `age1<name>1…`: needs `age-plugin-<name>` to encrypt.
    Plugin(String),
    SshEd25519,
    SshRsa,
    /// A PGP fingerprint: sops reads it under `pgp:` alone.
    Pgp,
}

const X25519_LENGTH: usize = 62;
/// 1,216 bytes: an ML-KEM-768 key and an X25519 key.
const HYBRID_LENGTH: usize = 1959;

impl AnyRecipient {
    /// Reads one recipient, checksum included.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        let kind = Kind::of(text)?;
        kind.check(text)?;
        let text = match kind {
            Kind::SshEd25519 | Kind::SshRsa => without_comment(text),
            _ => text.to_owned(),
        };
        Ok(Self { text, kind })
    }

    /// sops encrypts to it under `age:`.
    pub fn is_age(&self) -> bool {
        self.kind != Kind::Pgp
    }

    /// The plugin that encrypts to it, by its name without `age-plugin-`.
    pub fn plugin(&self) -> Option<&str> {
        match &self.kind {
            Kind::Plugin(name) => Some(name),
            _ => None,
        }
    }
}

impl From<super::Recipient> for AnyRecipient {
    fn from(recipient: super::Recipient) -> Self {
        Self { text: recipient.0, kind: Kind::X25519 }
    }
}

impl Kind {
    /// What a text without blanks around it is meant to be, by how it begins.
    pub(super) fn of(text: &str) -> Result<Self, Malformed> {
        if text.is_empty() {
            return Err(Malformed::Empty);
        }
        if private::is_in(text) {
            return Err(Malformed::PrivateKey);
        }
        let word = text.split_ascii_whitespace().next().unwrap_or_default();
        match word {
            "ssh-ed25519" => return Ok(Self::SshEd25519),
            "ssh-rsa" => return Ok(Self::SshRsa),
            _ if is_ssh_algorithm(word) => {
                return Err(Malformed::SshAlgorithm { algorithm: word.to_owned() });
            }
            _ => {}
        }
        if text.starts_with("age1pq1") {
            return Ok(Self::Hybrid);
        }
        if text.starts_with("age1") {
            return Ok(plugin_name(text).map_or(Self::X25519, Self::Plugin));
        }
        if is_fingerprint(text) {
            return Ok(Self::Pgp);
        }
        Err(if is_placeholder(text) {
            Malformed::Placeholder
        } else if text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("age1")) {
            Malformed::Case
        } else {
            Malformed::Unknown
        })
    }

    /// Whether `text`, which is meant to be of this kind, is whole.
    pub(super) fn check(&self, text: &str) -> Result<(), Malformed> {
        let bech32 = |head: usize, expected: Option<usize>| {
            bech32_text::check(text, head, expected).map_err(|fault| match is_placeholder(text) {
                // Asked of broken texts alone: a sound key may well spell `xxxx`.
                true => Malformed::Placeholder,
                false => Malformed::of(fault, text),
            })
        };
        match self {
            Self::X25519 => bech32("age1".len(), Some(X25519_LENGTH)),
            Self::Hybrid => bech32("age1pq1".len(), Some(HYBRID_LENGTH)),
            Self::Plugin(name) => bech32("age1".len() + name.len() + 1, None),
            Self::SshEd25519 => ssh_body("ssh-ed25519", text),
            Self::SshRsa => ssh_body("ssh-rsa", text),
            Self::Pgp => Ok(()),
        }
    }
}

impl fmt::Display for Kind {
    /// With its article, to stand in a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::X25519 => f.write_str("an age recipient"),
            Self::Hybrid => f.write_str("a post-quantum recipient (`age1pq1…`)"),
            Self::Plugin(name) => write!(f, "a recipient of the plugin `age-plugin-{name}`"),
            Self::SshEd25519 => f.write_str("an ssh public key (`ssh-ed25519`)"),
            Self::SshRsa => f.write_str("an ssh public key (`ssh-rsa`)"),
            Self::Pgp => f.write_str("a PGP fingerprint"),
        }
    }
}

/// `ecdsa-sha2-nistp256`, `sk-ssh-ed25519@openssh.com` and the like. Nothing but such a name may
/// pass, because it is repeated.
fn is_ssh_algorithm(word: &str) -> bool {
    let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-@.".contains(&b);
    ["ssh-", "ecdsa-sha2-", "sk-"].iter().any(|head| word.starts_with(head))
        && word.len() <= 64
        && word.bytes().all(sign)
}

/// The name in `age1<name>1…`. A mistyped `1` inside an X25519 recipient looks alike, hence the
/// checksum for texts of that length.
fn plugin_name(text: &str) -> Option<String> {
    let (name, _) = text.strip_prefix("age1")?.rsplit_once('1')?;
    let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    let named = !name.is_empty() && name.bytes().all(sign);
    (named && (text.len() != X25519_LENGTH || bech32_text::checks(text))).then(|| name.to_owned())
}

/// The comment is a name and a host, which sops has no use for.
fn without_comment(text: &str) -> String {
    text.split_ascii_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// The body names its own kind: a length of four bytes, then the name.
fn ssh_body(kind: &'static str, text: &str) -> Result<(), Malformed> {
    let body = text.split_ascii_whitespace().nth(1).unwrap_or_default();
    let decoded = STANDARD.decode(body).unwrap_or_default();
    let named = decoded.get(4..4 + kind.len()) == Some(kind.as_bytes());
    let whole = kind != "ssh-ed25519" || decoded.len() == 4 + kind.len() + 4 + 32;
    if named && whole { Ok(()) } else { Err(Malformed::SshBody { kind }) }
}

fn is_fingerprint(text: &str) -> bool {
    let hex = text.strip_prefix("0x").unwrap_or(text).replace([' ', '\u{a0}'], "");
    matches!(hex.len(), 8 | 16 | 40) && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_placeholder(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let words = ["PLACEHOLDER", "REPLACE", "YOUR", "CHANGE", "TODO", "EXAMPLE", "XXXX", "_KEY"];
    words.iter().any(|word| upper.contains(word))
        || text.contains(['<', '>', '…'])
        || text.contains("...")
}
