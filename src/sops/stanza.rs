//! The data key, sealed to one age recipient at a time and opened by any identity.

use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, Decryptor, Encryptor};
use zeroize::Zeroizing;

use super::cipher::DataKey;
use super::error::OpenError;
use super::metadata::{Metadata, Stanza, StanzaKind};
use super::shamir;
use crate::key::{Identity, Recipient};

/// No data key or share is longer; more is not read from a hostile stanza.
const LONGEST: u64 = 256;

/// The data key as an armored age file for `recipient`; a line end closes it.
///
/// The age crate fails here only if the recipient cannot be encrypted to.
pub(crate) fn seal(key: &DataKey, recipient: &Recipient) -> std::io::Result<String> {
    let refused = || std::io::Error::other("the recipient cannot be encrypted to");
    let recipient = recipient.to_age().ok_or_else(refused)?;
    let encryptor = Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .map_err(|_| refused())?;
    let armored = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armored)?;
    writer.write_all(key.as_bytes())?;
    let bytes = writer.finish()?.finish()?;
    String::from_utf8(bytes).map_err(|_| refused())
}

/// The data key of a file, opened with any of `identities`, and the recipients that opened it.
pub(crate) fn open(
    metadata: &Metadata,
    identities: &[Identity],
) -> Result<(DataKey, Vec<String>), OpenError> {
    let mut parts = Vec::new();
    let mut opened_by = Vec::new();
    let mut damaged = None;
    for group in &metadata.groups {
        match open_group(group, identities) {
            Ok(Some((part, recipient))) => {
                parts.push(part);
                opened_by.push(recipient);
            }
            Ok(None) => {}
            Err(error) => damaged = Some(error),
        }
    }
    let groups = metadata.groups.len();
    let needed = match (groups, metadata.shamir_threshold) {
        (1, _) => 1,
        (_, 0) => groups,
        (_, threshold) => threshold,
    };
    if parts.len() < needed {
        return Err(damaged.unwrap_or_else(|| too_few(metadata, needed, parts.len())));
    }
    let bytes = match parts.pop() {
        Some(only) if groups == 1 => only,
        Some(last) => {
            parts.push(last);
            shamir::combine(&parts).ok_or(OpenError::Shares)?
        }
        None => return Err(too_few(metadata, needed, 0)),
    };
    let key = DataKey::from_bytes(&bytes).ok_or(OpenError::DataKeyLength(bytes.len()))?;
    Ok((key, opened_by))
}

fn too_few(metadata: &Metadata, needed: usize, opened: usize) -> OpenError {
    if opened > 0 {
        return OpenError::TooFewGroups { needed, opened };
    }
    let recipients = metadata.stanzas().map(|s| s.recipient.clone()).collect();
    OpenError::NoIdentityMatches { recipients }
}

type Part = (Zeroizing<Vec<u8>>, String);

/// A part opened from any stanza of the group. A damaged stanza is an error only if no other
/// opens, since then its damage may be why.
fn open_group(group: &[Stanza], identities: &[Identity]) -> Result<Option<Part>, OpenError> {
    let mut damaged = None;
    for stanza in group.iter().filter(|s| s.kind == StanzaKind::Age) {
        match open_stanza(&stanza.enc, identities) {
            Ok(part) => return Ok(Some((part, stanza.recipient.clone()))),
            Err(DecryptError::NoMatchingKeys) => {}
            Err(error) => {
                damaged = Some(OpenError::StanzaDamaged {
                    recipient: stanza.recipient.clone(),
                    why: error.to_string(),
                });
            }
        }
    }
    damaged.map_or(Ok(None), Err)
}

fn open_stanza(enc: &str, identities: &[Identity]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(enc.as_bytes()))?;
    let reader = decryptor.decrypt(identities.iter().map(Identity::as_age))?;
    let mut part = Zeroizing::new(Vec::with_capacity(64));
    reader.take(LONGEST).read_to_end(&mut part)?;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_key_opens_for_its_recipient_only() {
        let (zoe, ada) = (Identity::generate(), Identity::generate());
        let key = DataKey::generate();
        let armored = seal(&key, &zoe.recipient()).unwrap();
        assert!(armored.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
        assert!(armored.ends_with("-----END AGE ENCRYPTED FILE-----\n"));
        let opened = open_stanza(&armored, &[ada.clone(), zoe]).unwrap();
        assert_eq!(opened.as_slice(), key.as_bytes());
        assert!(matches!(open_stanza(&armored, &[ada]), Err(DecryptError::NoMatchingKeys)));
    }

    #[test]
    fn a_damaged_stanza_is_an_error_and_not_a_panic() {
        let zoe = Identity::generate();
        let armored = seal(&DataKey::generate(), &zoe.recipient()).unwrap();
        for cut in [0, 10, 60, 200, armored.len() - 40] {
            assert!(open_stanza(&armored[..cut], std::slice::from_ref(&zoe)).is_err());
        }
    }
}
