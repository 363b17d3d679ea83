//! Whether a text is an age public key, and which slip it has when it is not.

use thiserror::Error;

/// `age1` and 58 characters of Bech32: 32 bytes and a checksum of 6 characters.
const LENGTH: usize = 62;

/// The letters of Bech32.
const CHARSET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Why a text that starts with `age1` is no key doorstep can encrypt to.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum Fault {
    #[error(
        "This key has a wrong or missing character ({LENGTH} expected, {found} found). Please copy it again."
    )]
    Length { found: usize },
    /// Counted from 1.
    #[error(
        "This key has a wrong character: {character} as number {column}. Please copy it again."
    )]
    Stray { column: usize, character: char },
    #[error(
        "This key has a wrong character: its check at the end does not agree. Please copy it again."
    )]
    Checksum,
    #[error("A public age key is in small letters.")]
    Capitals,
    #[error(
        "That is a post-quantum key (age1pq1), which doorstep cannot encrypt to. Please give one that has 62 characters."
    )]
    PostQuantum,
    #[error(
        "That is a key of the plugin age-plugin-{0}, which doorstep cannot encrypt to. Please give one that has 62 characters."
    )]
    Plugin(String),
}

pub(super) fn check(text: &str) -> Result<(), Fault> {
    if text.parse::<age::x25519::Recipient>().is_ok() {
        // The crate takes capitals throughout as well, sops does not.
        return if text.starts_with("age1") { Ok(()) } else { Err(Fault::Capitals) };
    }
    if text.starts_with("age1pq1") {
        return Err(Fault::PostQuantum);
    }
    let letters = text.chars().count();
    if let Some(name) = plugin(text).filter(|_| letters != LENGTH) {
        return Err(Fault::Plugin(name.to_owned()));
    }
    let stray = text.chars().enumerate().skip(4).find(|(_, c)| !CHARSET.contains(*c));
    match stray {
        _ if letters != LENGTH => Err(Fault::Length { found: letters }),
        Some((_, c)) if c.is_ascii_uppercase() => Err(Fault::Capitals),
        Some((at, character)) => Err(Fault::Stray { column: at + 1, character }),
        None => Err(Fault::Checksum),
    }
}

/// The name in `age1<name>1…`.
fn plugin(text: &str) -> Option<&str> {
    let (name, data) = text.strip_prefix("age1")?.rsplit_once('1')?;
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let fits = (1..=40).contains(&name.len()) && name.chars().all(named);
    (fits && data.chars().all(|c| CHARSET.contains(c))).then_some(name)
}
