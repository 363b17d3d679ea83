//! The text of a key file (`keys.txt`), read as sops reads it.
//!
//! sops (`age/keysource.go`, `parseIdentities`) skips empty lines and lines that start with `#`,
//! trims nothing, and gives up on the whole source at the first line it does not know. So a leading
//! blank in one line makes every key of the file useless, and that is what is reported here.

use thiserror::Error;

use super::bech32_text::{self, Fault};
use super::identity::{self, Identity};
use super::plugin::PluginKey;

/// The lines of a key file that hold something, good or bad.
#[derive(Debug, Clone, Default)]
pub struct KeyFile {
    pub lines: Vec<KeyLine>,
}

#[derive(Debug, Clone)]
pub struct KeyLine {
    /// Counted from 1.
    pub line: u32,
    pub kind: KeyKind,
}

/// What a line is. Its `Debug` form shows public facts only.
#[derive(Debug, Clone)]
pub enum KeyKind {
    X25519(Identity),
    /// `AGE-SECRET-KEY-PQ-1…`: sops knows it by itself, doorstep by its plugin.
    PostQuantum(PluginKey),
    /// `AGE-PLUGIN-NAME-1…`.
    Plugin(PluginKey),
    Bad(LineFault),
}

/// Why a line makes the file unusable. The line itself is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LineFault {
    #[error("a blank stands before the key, and sops does not skip it")]
    LeadingBlank,
    #[error("it holds a public key where a private one belongs")]
    PublicKey,
    #[error("it holds an ssh key; sops looks for those in other places")]
    SshKey,
    #[error("it does not start with `AGE-SECRET-KEY-1`")]
    Unknown,
    #[error("the key is damaged: {0}")]
    Damaged(Fault),
}

/// Why no key of a file can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyFileError {
    #[error("it is protected with a passphrase")]
    PassphraseProtected,
    #[error("it is not text")]
    NotText,
    #[error("line {line}: {fault}")]
    Line { line: u32, fault: LineFault },
    #[error("it holds no key")]
    Empty,
}

impl KeyFile {
    /// Reads every line, bad ones too, so that all of them can be reported.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFileError> {
        if is_age_file(bytes) {
            return Err(KeyFileError::PassphraseProtected);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| KeyFileError::NotText)?;
        let lines =
            used_lines(text).map(|(line, text)| KeyLine { line, kind: kind_of(text) }).collect();
        Ok(Self { lines })
    }

    /// The text of `SOPS_AGE_KEY`, where alone a line may hold several keys, apart by blanks.
    pub fn parse_variable(text: &str) -> Self {
        let words = used_lines(text)
            .flat_map(|(line, text)| text.split_whitespace().map(move |word| (line, word)));
        Self { lines: words.map(|(line, word)| KeyLine { line, kind: kind_of(word) }).collect() }
    }

    /// The keys that doorstep can decrypt with by itself, or why sops would refuse the whole file.
    pub fn identities(&self) -> Result<Vec<Identity>, KeyFileError> {
        let mut found = Vec::new();
        for KeyLine { line, kind } in &self.lines {
            match kind {
                KeyKind::X25519(identity) => found.push(identity.clone()),
                KeyKind::Bad(fault) => {
                    return Err(KeyFileError::Line { line: *line, fault: fault.clone() });
                }
                KeyKind::PostQuantum(_) | KeyKind::Plugin(_) => {}
            }
        }
        if self.lines.is_empty() { Err(KeyFileError::Empty) } else { Ok(found) }
    }
}

fn used_lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// sops opens a key file that is itself an age file with a passphrase it asks for.
fn is_age_file(bytes: &[u8]) -> bool {
    bytes.starts_with(b"age-encryption.org/")
        || bytes.trim_ascii_start().starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----")
}

fn kind_of(line: &str) -> KeyKind {
    if let Some(rest) = line.strip_prefix("AGE-PLUGIN-") {
        return match rest.rsplit_once("-1") {
            Some((name, _)) if is_plugin_name(name) && bech32_text::checks(line) => {
                KeyKind::Plugin(PluginKey::new(name.to_ascii_lowercase(), line))
            }
            _ => KeyKind::Bad(LineFault::Damaged(Fault::Checksum)),
        };
    }
    const PQ: &str = "AGE-SECRET-KEY-PQ-1";
    let parsed = if line.starts_with(PQ) {
        bech32_text::bytes32(line, PQ)
            .map(|seed| KeyKind::PostQuantum(PluginKey::post_quantum(&seed)))
    } else if line.starts_with(identity::PREFIX) {
        Identity::parse(line).map(KeyKind::X25519)
    } else {
        return KeyKind::Bad(unknown(line));
    };
    parsed.unwrap_or_else(|fault| KeyKind::Bad(LineFault::Damaged(fault)))
}

/// It becomes the name of a program to run, which must not lead elsewhere.
fn is_plugin_name(name: &str) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"+-._".contains(&b);
    !name.is_empty() && name.bytes().all(sign)
}

fn unknown(line: &str) -> LineFault {
    let trimmed = line.trim_start();
    if trimmed.len() < line.len() && (trimmed.starts_with("AGE-") || trimmed.is_empty()) {
        LineFault::LeadingBlank
    } else if trimmed.starts_with("age1") {
        LineFault::PublicKey
    } else if trimmed.starts_with("ssh-") || trimmed.starts_with("-----BEGIN") {
        LineFault::SshKey
    } else {
        LineFault::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sops::timestamp::Utc;

    fn error_of(text: &str) -> String {
        KeyFile::parse(text.as_bytes()).and_then(|f| f.identities()).unwrap_err().to_string()
    }

    #[test]
    fn lines_are_numbered_and_comments_skipped() {
        let (zoe, ada) = (Identity::generate(), Identity::generate());
        let text =
            format!("{}\r\n\n{}\n", *zoe.key_file_text(Utc::from_seconds(0)), *ada.secret_text());
        let file = KeyFile::parse(text.as_bytes()).unwrap();
        assert_eq!(file.lines.iter().map(|l| l.line).collect::<Vec<_>>(), [3, 6]);
        let publics: Vec<_> = file.identities().unwrap().iter().map(Identity::recipient).collect();
        assert_eq!(publics, [zoe.recipient(), ada.recipient()]);
    }

    #[test]
    fn the_variable_may_hold_several_keys_in_a_line() {
        let keys = [Identity::generate(), Identity::generate()].map(|k| k.secret_text());
        let text = format!("# mine\n {}  {}\n", *keys[0], *keys[1]);
        assert_eq!(KeyFile::parse_variable(&text).identities().unwrap().len(), 2);
        assert!(KeyFile::parse_variable("~/keys.txt").identities().is_err());
    }

    #[test]
    fn one_bad_line_makes_the_file_unusable() {
        let key = Identity::generate().secret_text();
        let public = Identity::generate().recipient();
        insta::assert_snapshot!(error_of(&format!("{}\n {}\n", *key, *key)), @"line 2: a blank stands before the key, and sops does not skip it");
        insta::assert_snapshot!(error_of(&format!("{}\n   \n", *key)), @"line 2: a blank stands before the key, and sops does not skip it");
        insta::assert_snapshot!(error_of(&format!("{public}\n{}\n", *key)), @"line 1: it holds a public key where a private one belongs");
        insta::assert_snapshot!(error_of(&format!("{}%", *key)), @"line 1: the key is damaged: character 75 cannot occur in a key");
        insta::assert_snapshot!(error_of(&key[..70]), @"line 1: the key is damaged: it has 70 characters, 74 expected");
        insta::assert_snapshot!(error_of("~/.config/sops/age/keys.txt"), @"line 1: it does not start with `AGE-SECRET-KEY-1`");
        insta::assert_snapshot!(error_of("-----BEGIN OPENSSH PRIVATE KEY-----"), @"line 1: it holds an ssh key; sops looks for those in other places");
        insta::assert_snapshot!(error_of("# created: never\n"), @"it holds no key");
    }

    #[test]
    fn errors_and_debug_never_echo_the_line() {
        let key = Identity::generate().secret_text();
        for text in [
            format!(" {}", *key),
            format!("{}x", *key),
            format!("{}\n", *key),
            format!("x{}", *key),
        ] {
            let file = KeyFile::parse(text.as_bytes()).unwrap();
            let shown = format!("{file:?} {:?}", file.identities());
            assert!(!shown.contains(&key[20..40]));
        }
    }

    #[test]
    fn other_kinds_are_told_apart() {
        let age = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n";
        assert_eq!(error_of(age), "it is protected with a passphrase");
        assert_eq!(
            error_of("age-encryption.org/v1\n-> scrypt x 18\n"),
            "it is protected with a passphrase"
        );
        assert_eq!(KeyFile::parse(&[0xff, 0xfe]).unwrap_err(), KeyFileError::NotText);
        let plugin = bech32::encode_upper::<bech32::Bech32>(
            bech32::Hrp::parse("AGE-PLUGIN-YUBIKEY-").unwrap(),
            &[1, 2, 3],
        )
        .unwrap();
        let file = KeyFile::parse(plugin.as_bytes()).unwrap();
        assert!(matches!(&file.lines[0].kind, KeyKind::Plugin(key) if key.name() == "yubikey"));
        assert!(file.identities().unwrap().is_empty());
        let elsewhere = bech32::encode_upper::<bech32::Bech32>(
            bech32::Hrp::parse("AGE-PLUGIN-/../../TMP/X-").unwrap(),
            &[1, 2, 3],
        );
        assert!(KeyFile::parse(elsewhere.unwrap().as_bytes()).unwrap().identities().is_err());
        let pq = bech32::encode_upper::<bech32::Bech32>(
            bech32::Hrp::parse("AGE-SECRET-KEY-PQ-").unwrap(),
            &[7; 32],
        )
        .unwrap();
        let file = KeyFile::parse(pq.as_bytes()).unwrap();
        assert!(matches!(&file.lines[0].kind, KeyKind::PostQuantum(key) if key.name() == "pq"));
    }
}
