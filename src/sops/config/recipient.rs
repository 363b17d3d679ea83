//! What a recipient is: the public side of a key, as one string.
//!
//! A private key pasted here is recognised and never repeated.

use serde::Serialize;

/// A well-formed recipient.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Recipient {
    /// As sops wants it: no blanks around it, and no comment after an SSH key.
    pub text: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `age1…`, 62 characters.
    X25519,
    /// `age1pq1…`, 1,959 characters.
    Hybrid,
    /// `age1<name>1…`: needs `age-plugin-<name>` to encrypt.
    Plugin(String),
    SshEd25519,
    SshRsa,
    /// A PGP fingerprint: sops reads it under `pgp:` alone.
    Pgp,
}

/// Why a string is no recipient. None of the messages repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    #[error("nothing is there")]
    Empty,
    #[error("it is a private key: give its public key, and make a new key if others saw this one")]
    PrivateKey,
    #[error("it has {found} characters, {expected} are expected")]
    Length { expected: usize, found: usize },
    #[error("character {position} is {character:?}, which no such key contains")]
    Character { character: char, position: usize },
    #[error("it must be all lower case")]
    Case,
    #[error("its checksum is wrong, so a character was changed or lost")]
    Checksum,
    #[error("the part after `{kind}` is not a public key of that kind")]
    SshBody { kind: &'static str },
    #[error("it looks like a placeholder that nobody has filled in")]
    Placeholder,
    #[error("it is none of `age1…`, `age1pq1…`, `age1<plugin>1…`, `ssh-ed25519 …`, `ssh-rsa …`")]
    Unknown,
}

const X25519_LENGTH: usize = 62;
/// 1,216 bytes: an ML-KEM-768 key and an X25519 key.
const HYBRID_LENGTH: usize = 1959;

impl Recipient {
    /// Reads one recipient, checksum included.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Malformed::Empty);
        }
        if is_private(text) {
            return Err(Malformed::PrivateKey);
        }
        if let Some(kind) = ssh(text) {
            return kind;
        }
        if text.starts_with("age1") {
            return age(text);
        }
        if is_fingerprint(text) {
            return Ok(Self { text: text.to_owned(), kind: Kind::Pgp });
        }
        if text.to_ascii_lowercase().starts_with("age1") {
            return Err(Malformed::Case);
        }
        Err(if is_placeholder(text) { Malformed::Placeholder } else { Malformed::Unknown })
    }

    /// sops encrypts to it under `age:`.
    pub fn is_age(&self) -> bool {
        self.kind != Kind::Pgp
    }
}

/// A private key is in the text, in any of the forms age and OpenSSH write.
pub fn is_private(text: &str) -> bool {
    // One pass over what may be a large file: each of the forms has a dash after `AGE` or `KEY`.
    let bytes = text.as_bytes();
    let is_key = |dash: usize| {
        let (head, tail) = bytes.split_at(dash);
        ends_with(head, "AGE")
            && (starts_with(tail, "-SECRET-KEY-") || starts_with(tail, "-PLUGIN-"))
            || ends_with(head, "PRIVATE KEY") && starts_with(tail, "-----")
    };
    bytes.iter().enumerate().any(|(at, byte)| *byte == b'-' && is_key(at))
}

fn ends_with(bytes: &[u8], word: &str) -> bool {
    let at = bytes.len().checked_sub(word.len());
    at.is_some_and(|at| bytes[at..].eq_ignore_ascii_case(word.as_bytes()))
}

fn starts_with(bytes: &[u8], word: &str) -> bool {
    bytes.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
}

fn age(text: &str) -> Result<Recipient, Malformed> {
    if is_placeholder(text) {
        return Err(Malformed::Placeholder);
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(Malformed::Case);
    }
    let (hrp, data) = text.rsplit_once('1').ok_or(Malformed::Unknown)?;
    let begin = hrp.len() + 1;
    let stray = data.chars().enumerate().find(|(_, c)| !c.is_ascii() || value(*c as u8).is_none());
    if let Some((at, character)) = stray {
        return Err(Malformed::Character { character, position: begin + at + 1 });
    }
    let (kind, expected) = match hrp {
        "age" => (Kind::X25519, Some(X25519_LENGTH)),
        "age1pq" => (Kind::Hybrid, Some(HYBRID_LENGTH)),
        _ => {
            let plugin = hrp.strip_prefix("age1").filter(|name| !name.is_empty());
            (Kind::Plugin(plugin.ok_or(Malformed::Unknown)?.to_owned()), None)
        }
    };
    if let Some(expected) = expected.filter(|e| *e != text.len()) {
        return Err(Malformed::Length { expected, found: text.len() });
    }
    if !checksum_fits(hrp, data) {
        return Err(Malformed::Checksum);
    }
    Ok(Recipient { text: text.to_owned(), kind })
}

const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn value(byte: u8) -> Option<u32> {
    BECH32.iter().position(|b| *b == byte).and_then(|at| u32::try_from(at).ok())
}

/// BIP 173, without its limit of 90 characters, which age does not keep either.
fn checksum_fits(hrp: &str, data: &str) -> bool {
    let high = hrp.bytes().map(|b| u32::from(b >> 5));
    let low = hrp.bytes().map(|b| u32::from(b & 31));
    let values = data.bytes().filter_map(value);
    let all = high.chain([0]).chain(low).chain(values);
    data.len() >= 6 && all.fold(1, polymod) == 1
}

fn polymod(checksum: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = checksum >> 25;
    let shifted = ((checksum & 0x01ff_ffff) << 5) ^ value;
    (0..5).filter(|bit| (top >> bit) & 1 == 1).fold(shifted, |sum, bit| sum ^ GENERATOR[bit])
}

/// `Some` when it begins like an SSH key. The comment is dropped: it is a name and a host.
fn ssh(text: &str) -> Option<Result<Recipient, Malformed>> {
    use base64::Engine as _;
    let mut words = text.split_ascii_whitespace();
    let (name, kind) = match words.next()? {
        "ssh-ed25519" => ("ssh-ed25519", Kind::SshEd25519),
        "ssh-rsa" => ("ssh-rsa", Kind::SshRsa),
        _ => return None,
    };
    let body = words.next().unwrap_or_default();
    let decoded = base64::engine::general_purpose::STANDARD.decode(body).unwrap_or_default();
    // The body names its own kind: a length of four bytes, then the name.
    let named = decoded.get(4..4 + name.len()) == Some(name.as_bytes());
    let whole = kind != Kind::SshEd25519 || decoded.len() == 4 + 11 + 4 + 32;
    Some(if named && whole {
        Ok(Recipient { text: format!("{name} {body}"), kind })
    } else {
        Err(Malformed::SshBody { kind: name })
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    const ZOE: &str = "age1s8t5k99u8nkqe07fs5p0nawjj8pgs5gq5mwmkpx95922n99y6ddqm5pvmg";

    fn malformed(text: &str) -> Malformed {
        Recipient::parse(text).unwrap_err()
    }

    #[test]
    fn every_kind_is_told_apart() {
        let kind = |text: &str| Recipient::parse(text).unwrap().kind;
        assert_eq!(kind(&format!(" {ZOE}\n")), Kind::X25519);
        assert_eq!(kind("0123456789ABCDEF0123 4567 89AB CDEF 0123 4567"), Kind::Pgp);
        let ssh =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let with_comment = Recipient::parse(&format!("{ssh} zoe@quartz")).unwrap();
        assert_eq!((with_comment.text.as_str(), with_comment.kind), (ssh, Kind::SshEd25519));
    }

    #[test]
    fn a_typo_is_told_as_what_it_is() {
        assert_eq!(malformed(&ZOE[..61]), Malformed::Length { expected: 62, found: 61 });
        assert_eq!(
            malformed(&format!("{ZOE}%")),
            Malformed::Character { character: '%', position: 63 }
        );
        assert_eq!(malformed(&ZOE.replace("9u8n", "8upn")), Malformed::Checksum);
        assert_eq!(malformed(&ZOE.to_uppercase()), Malformed::Case);
        assert_eq!(malformed("age1YOUR_KEY_HERE"), Malformed::Placeholder);
        assert_eq!(malformed("<your key>"), Malformed::Placeholder);
        assert_eq!(malformed("zoe"), Malformed::Unknown);
        assert_eq!(malformed("ssh-ed25519 zoe@quartz"), Malformed::SshBody { kind: "ssh-ed25519" });
        assert_eq!(malformed(" "), Malformed::Empty);
    }

    #[test]
    fn a_private_key_is_recognised_and_not_repeated() {
        for private in ["AGE-SECRET-KEY-1QQQ", "age-secret-key-1qqq", "AGE-SECRET-KEY-PQ-1QQQ"] {
            let error = malformed(private);
            assert_eq!(error, Malformed::PrivateKey);
            assert!(!format!("{error} {error:?}").to_lowercase().contains("qqq"));
        }
    }
}
