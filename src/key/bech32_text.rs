//! Bech32 as age uses it, with the reason when a text is not.
//!
//! The age crate answers only "invalid Bech32 encoding"; a person who pasted a key with a stray
//! character needs to hear which one.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Checksum};
use thiserror::Error;
use zeroize::Zeroizing;

/// What is wrong with a Bech32 text. Carries counts and positions only: the text may be private.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("it has {found} characters, {expected} expected")]
    Length { expected: usize, found: usize },
    /// Column counted from 1.
    #[error("character {column} cannot occur in a key")]
    Stray { column: usize },
    #[error("upper and lower case are mixed")]
    MixedCase,
    #[error("its checksum is wrong: a character was changed or swapped")]
    Checksum,
}

/// The letters of the data part, in either case.
const CHARSET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Bech32 without a limit of length, which age does not keep either: a post-quantum recipient has
/// almost two thousand characters.
pub(super) enum Unbounded {}

impl Checksum for Unbounded {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// The 32 bytes of `text`, which must be `prefix` (with its separator `1`) and 58 more characters.
pub(super) fn bytes32(text: &str, prefix: &str) -> Result<Zeroizing<[u8; 32]>, Fault> {
    let checked = checked(text, prefix.len(), Some(prefix.len() + 58))?;
    let mut data = checked.byte_iter();
    // Filled in place: a growing Vec would leave copies behind.
    let mut bytes = Zeroizing::new([0; 32]);
    for byte in bytes.iter_mut() {
        *byte = data.next().ok_or(Fault::Checksum)?;
    }
    Ok(bytes)
}

/// Whether `text` is sound after its prefix, which has `head` bytes with its separator `1`, and
/// as long in all as is expected.
pub(super) fn check(text: &str, head: usize, expected: Option<usize>) -> Result<(), Fault> {
    checked(text, head, expected).map(|_| ())
}

/// Whether `text` is Bech32 with a right checksum, whatever its prefix and length.
pub(super) fn checks(text: &str) -> bool {
    CheckedHrpstring::new::<Unbounded>(text).is_ok()
}

fn checked(
    text: &str,
    head: usize,
    expected: Option<usize>,
) -> Result<CheckedHrpstring<'_>, Fault> {
    if let Some(fault) = fault_of_form(text, head, expected) {
        return Err(fault);
    }
    CheckedHrpstring::new::<Unbounded>(text).map_err(|_| Fault::Checksum)
}

/// A stray character is named before a wrong length, since it is usually the cause of it.
fn fault_of_form(text: &str, head: usize, expected: Option<usize>) -> Option<Fault> {
    let data = text.get(head..).unwrap_or_default();
    let stray = data.chars().position(|c| !CHARSET.contains(c.to_ascii_lowercase()));
    if let Some(at) = stray {
        return Some(Fault::Stray { column: head + at + 1 });
    }
    let lower = text.bytes().any(|b| b.is_ascii_lowercase());
    if lower && text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Some(Fault::MixedCase);
    }
    let expected = expected.filter(|expected| *expected != text.len())?;
    Some(Fault::Length { expected, found: text.len() })
}
