//! The data key, sealed to one age recipient at a time and opened by any identity.

use std::io::{Read, Write};
use std::str::FromStr as _;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, Decryptor, Encryptor};
use thiserror::Error;
use zeroize::Zeroizing;

use super::cipher::DataKey;
use super::error::OpenError;
use super::metadata::{Metadata, Stanza, StanzaKind};
use super::shamir;
use crate::key::plugin::{self, PluginRecipient};
use crate::key::recipient::Kind;
use crate::key::ssh::SshKeyError;
use crate::key::ssh_stanza::SshRecipient;
use crate::key::{AnyRecipient, Opens, PluginError, Plugins};

/// No data key or share is longer; more is not read from a hostile stanza.
const LONGEST: u64 = 256;

/// Why nothing can be sealed to a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    #[error("doorstep cannot encrypt to {0}")]
    Kind(Kind),
    #[error("it is an ssh key that cannot be encrypted to: {0}")]
    Ssh(SshKeyError),
    #[error("`{program}` {why}")]
    Plugin { program: String, why: PluginError },
    #[error("the recipient cannot be encrypted to")]
    Refused,
}

/// A part of the data key (all of it, in a file with one group) as an armored age file for
/// `recipient`; a line end closes it. What takes a plugin asks `plugins`.
pub(crate) fn seal(
    part: &[u8],
    recipient: &AnyRecipient,
    plugins: &Plugins,
) -> Result<String, SealError> {
    match &recipient.kind {
        Kind::X25519 => seal_x25519(part, &recipient.text),
        Kind::SshEd25519 => {
            let parsed = SshRecipient::parse(&recipient.text).map_err(SealError::Ssh)?;
            armored(part, &parsed)
        }
        Kind::Hybrid => by_plugin(part, plugin::POST_QUANTUM, &recipient.text, plugins),
        Kind::Plugin(name) => by_plugin(part, name, &recipient.text, plugins),
        other @ (Kind::SshRsa | Kind::Pgp) => Err(SealError::Kind(other.clone())),
    }
}

/// The same for an X25519 recipient, which takes nobody's help.
pub(crate) fn seal_x25519(part: &[u8], recipient: &str) -> Result<String, SealError> {
    let parsed = age::x25519::Recipient::from_str(recipient);
    armored(part, &parsed.map_err(|_| SealError::Refused)?)
}

fn by_plugin(part: &[u8], name: &str, text: &str, plugins: &Plugins) -> Result<String, SealError> {
    let recipient = PluginRecipient::new(name, text, plugins);
    armored(part, &recipient).map_err(|other| match recipient.why() {
        Some(why) => SealError::Plugin { program: plugin::program(name), why },
        None => other,
    })
}

fn armored(part: &[u8], recipient: &dyn age::Recipient) -> Result<String, SealError> {
    let encryptor =
        Encryptor::with_recipients(std::iter::once(recipient)).map_err(|_| SealError::Refused)?;
    let written = || -> std::io::Result<Vec<u8>> {
        let armored = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armored)?;
        writer.write_all(part)?;
        writer.finish()?.finish()
    };
    // Writing to memory fails only if the recipient does.
    let bytes = written().map_err(|_| SealError::Refused)?;
    String::from_utf8(bytes).map_err(|_| SealError::Refused)
}

/// What opening the stanzas gave.
pub(crate) struct Unsealed {
    pub(crate) key: DataKey,
    /// Per key group its part of the data key, where an identity opened one.
    pub(crate) parts: Vec<Option<Zeroizing<Vec<u8>>>>,
    /// The recipients that opened it.
    pub(crate) opened_by: Vec<String>,
}

/// The data key of a file, opened with any of `identities`.
pub(crate) fn open<I: Opens>(metadata: &Metadata, identities: &[I]) -> Result<Unsealed, OpenError> {
    let publics: Vec<String> = identities.iter().map(Opens::public).collect();
    let mut parts = Vec::new();
    let mut opened_by = Vec::new();
    let mut damaged = None;
    for group in &metadata.groups {
        match open_group(group, identities, &publics) {
            Ok(Some((part, recipient))) => {
                parts.push(Some(part));
                opened_by.push(recipient);
            }
            Ok(None) => parts.push(None),
            Err(error) => {
                damaged = Some(error);
                parts.push(None);
            }
        }
    }
    let groups = metadata.groups.len();
    let needed = match (groups, metadata.shamir_threshold) {
        (1, _) => 1,
        (_, 0) => groups,
        (_, threshold) => threshold,
    };
    let opened: Vec<_> = parts.iter().flatten().cloned().collect();
    if opened.len() < needed {
        return Err(damaged.unwrap_or_else(|| too_few(metadata, needed, opened.len())));
    }
    let bytes = match &opened[..] {
        [only] if groups == 1 => only.clone(),
        some => shamir::combine(some).ok_or(OpenError::Shares)?,
    };
    let key = DataKey::from_bytes(&bytes).ok_or(OpenError::DataKeyLength(bytes.len()))?;
    Ok(Unsealed { key, parts, opened_by })
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
fn open_group<I: Opens>(
    group: &[Stanza],
    identities: &[I],
    publics: &[String],
) -> Result<Option<Part>, OpenError> {
    let mut damaged = None;
    // What is named for one of the identities first: of many recipients it is the one that opens.
    let named = |stanza: &&&Stanza| {
        publics.iter().any(|public| stanza.recipient.starts_with(public.as_str()))
    };
    let age: Vec<&Stanza> = group.iter().filter(|s| s.kind == StanzaKind::Age).collect();
    let (first, rest): (Vec<&&Stanza>, Vec<&&Stanza>) = age.iter().partition(named);
    let (last, own): (Vec<&I>, Vec<&I>) = identities.iter().partition(|i| i.is_last_resort());
    let last = Some(last).filter(|last| !last.is_empty());
    for identities in std::iter::once(own).chain(last) {
        for stanza in first.iter().chain(&rest) {
            match open_stanza(&stanza.enc, &identities) {
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
    }
    damaged.map_or(Ok(None), Err)
}

fn open_stanza<I: Opens>(enc: &str, identities: &[&I]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(enc.as_bytes()))?;
    let reader = decryptor.decrypt(identities.iter().map(|identity| identity.as_age()))?;
    let mut part = Zeroizing::new(Vec::with_capacity(64));
    reader.take(LONGEST).read_to_end(&mut part)?;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Identity;

    #[test]
    fn a_sealed_key_opens_for_its_recipient_only() {
        let (zoe, ada) = (Identity::generate(), Identity::generate());
        let key = DataKey::generate();
        let armored = seal_x25519(key.as_bytes(), zoe.recipient().as_str()).unwrap();
        assert!(armored.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
        assert!(armored.ends_with("-----END AGE ENCRYPTED FILE-----\n"));
        let opened = open_stanza(&armored, &[&ada, &zoe]).unwrap();
        assert_eq!(opened.as_slice(), key.as_bytes());
        assert!(matches!(open_stanza(&armored, &[&ada]), Err(DecryptError::NoMatchingKeys)));
    }

    #[test]
    fn a_damaged_stanza_is_an_error_and_not_a_panic() {
        let zoe = Identity::generate();
        let armored =
            seal_x25519(DataKey::generate().as_bytes(), zoe.recipient().as_str()).unwrap();
        for cut in [0, 10, 60, 200, armored.len() - 40] {
            assert!(open_stanza(&armored[..cut], &[&zoe]).is_err());
        }
    }
}
