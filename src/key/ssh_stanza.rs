//! age's `ssh-ed25519` stanza, of our own: sealed to an ssh public key, opened by the private one.
//!
//! Written after age's specification (<https://age-encryption.org/v1>, "ssh-ed25519") and checked
//! against the age tool. The age crate has it too, behind a feature that pulls in `rsa` with an
//! open advisory (RUSTSEC-2023-0071).

use std::collections::HashSet;
use std::fmt;

use age::{DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use age_core::primitives::{aead_decrypt, aead_encrypt, hkdf};
use age_core::secrecy::ExposeSecret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use curve25519_dalek::montgomery::MontgomeryPoint;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};
use ssh_key::PublicKey;
use ssh_key::private::KeypairData;
use zeroize::Zeroizing;

use super::ssh::{self, SshKeyError};

const TAG: &str = "ssh-ed25519";
const LABEL: &[u8] = b"age-encryption.org/v1/ssh-ed25519";
/// A file key of 16 bytes with its authentication tag.
const BODY: usize = 32;
const FILE_KEY: usize = 16;

/// An ssh ed25519 public key as a recipient.
#[derive(Clone)]
pub(crate) struct SshRecipient {
    /// The public key as ssh encodes it, without base64.
    wire: Vec<u8>,
    point: [u8; 32],
}

/// An ssh ed25519 private key as an identity. Its `Debug` form is the public half.
#[derive(Clone)]
pub struct SshIdentity {
    scalar: Zeroizing<[u8; 32]>,
    recipient: SshRecipient,
    public: String,
}

impl SshRecipient {
    /// The recipient in an `ssh-ed25519 AAAA…` line.
    pub(crate) fn parse(line: &str) -> Result<Self, SshKeyError> {
        let point = ssh::point_of_public(line)?;
        let key = PublicKey::from_openssh(line.trim()).map_err(|_| SshKeyError::Damaged)?;
        let wire = key.to_bytes().map_err(|_| SshKeyError::Damaged)?;
        Ok(Self { wire, point })
    }

    fn tag(&self) -> String {
        STANDARD_NO_PAD.encode(&Sha256::digest(&self.wire)[..4])
    }

    /// What the two halves of a stanza share: X25519 of both, tweaked by the ssh key itself, so
    /// that a stanza for it is none for its X25519 form.
    fn wrapping_key(&self, share: &[u8; 32], shared: MontgomeryPoint) -> Zeroizing<[u8; 32]> {
        let tweak = Zeroizing::new(hkdf(&self.wire, LABEL, &[]));
        let shared = Zeroizing::new(shared.mul_clamped(*tweak).to_bytes());
        Zeroizing::new(hkdf(&[&share[..], &self.point].concat(), LABEL, &*shared))
    }
}

impl age::Recipient for SshRecipient {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let mut ephemeral = Zeroizing::new([0; 32]);
        rand::rngs::OsRng.fill_bytes(&mut *ephemeral);
        let share = MontgomeryPoint::mul_base_clamped(*ephemeral).to_bytes();
        let shared = MontgomeryPoint(self.point).mul_clamped(*ephemeral);
        let key = self.wrapping_key(&share, shared);
        let stanza = Stanza {
            tag: TAG.to_owned(),
            args: vec![self.tag(), STANDARD_NO_PAD.encode(share)],
            body: aead_encrypt(&key, file_key.expose_secret()),
        };
        Ok((vec![stanza], HashSet::new()))
    }
}

impl SshIdentity {
    /// The identity in an OpenSSH private key file's text. `passphrase` is asked for only if the
    /// key is protected with one; `None` from it leaves the key closed.
    ///
    /// # Errors
    /// See [`SshKeyError`]; a passphrase that does not fit is [`SshKeyError::WrongPassphrase`].
    pub fn parse(
        text: &str,
        passphrase: &mut dyn FnMut() -> Option<Zeroizing<String>>,
    ) -> Result<Self, SshKeyError> {
        let mut key = ssh::private_key(text)?;
        if key.is_encrypted() {
            let algorithm = key.algorithm();
            if algorithm != ssh_key::Algorithm::Ed25519 {
                return Err(SshKeyError::Algorithm(algorithm.as_str().to_owned()));
            }
            let passphrase = passphrase().ok_or(SshKeyError::PassphraseProtected)?;
            key = key.decrypt(passphrase.as_bytes()).map_err(|_| SshKeyError::WrongPassphrase)?;
        }
        let KeypairData::Ed25519(pair) = key.key_data() else {
            return Err(SshKeyError::Algorithm(key.algorithm().as_str().to_owned()));
        };
        let public = PublicKey::new(key.public_key().key_data().clone(), "");
        let public = public.to_openssh().map_err(|_| SshKeyError::Damaged)?;
        let public = public.trim().to_owned();
        Ok(Self {
            scalar: ssh::scalar_of_seed(pair.private.as_ref()),
            recipient: SshRecipient::parse(&public)?,
            public,
        })
    }

    /// `ssh-ed25519 AAAA…`, without a comment.
    pub fn public(&self) -> &str {
        &self.public
    }

    fn unwrap(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG || stanza.args.first()? != &self.recipient.tag() {
            return None;
        }
        let share = STANDARD_NO_PAD.decode(stanza.args.get(1)?).ok()?;
        let Ok(share) = <[u8; 32]>::try_from(share) else {
            return Some(Err(DecryptError::InvalidHeader));
        };
        if stanza.body.len() != BODY {
            return Some(Err(DecryptError::InvalidHeader));
        }
        let shared = MontgomeryPoint(share).mul_clamped(*self.scalar);
        let key = self.recipient.wrapping_key(&share, shared);
        // The tag has four bytes only: another key may have the same, so failure is no fault.
        let plain = Zeroizing::new(aead_decrypt(&key, FILE_KEY, &stanza.body).ok()?);
        Some(FileKey::try_init_with_mut(|file_key| {
            if plain.len() != file_key.len() {
                return Err(DecryptError::DecryptionFailed);
            }
            file_key.copy_from_slice(&plain);
            Ok(())
        }))
    }
}

impl age::Identity for SshIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap(stanza)
    }
}

impl fmt::Debug for SshIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SshIdentity({})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use ssh_key::PrivateKey;

    use super::*;

    fn sealed(to: &SshRecipient) -> Vec<u8> {
        let one = std::iter::once(to as &dyn age::Recipient);
        let mut writer =
            age::Encryptor::with_recipients(one).unwrap().wrap_output(Vec::new()).unwrap();
        writer.write_all(b"data key").unwrap();
        writer.finish().unwrap()
    }

    fn opened(sealed: &[u8], by: &SshIdentity) -> Result<String, DecryptError> {
        let mut text = String::new();
        let one = std::iter::once(by as &dyn age::Identity);
        age::Decryptor::new(sealed)?.decrypt(one)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn what_is_sealed_to_an_ssh_key_opens_with_it_and_no_other() {
        let (zoe, ada) = (ssh::generate("zoe@quartz").unwrap(), ssh::generate("ada").unwrap());
        let identity =
            |key: &ssh::NewSshKey| SshIdentity::parse(&key.private, &mut || None).unwrap();
        let zoe_identity = identity(&zoe);
        let body = zoe.public.split(' ').take(2).collect::<Vec<_>>().join(" ");
        assert_eq!(zoe_identity.public(), body);
        let sealed = sealed(&SshRecipient::parse(&zoe.public).unwrap());
        assert_eq!(opened(&sealed, &zoe_identity).unwrap(), "data key");
        assert!(matches!(opened(&sealed, &identity(&ada)), Err(DecryptError::NoMatchingKeys)));
    }

    #[test]
    fn a_stanza_for_the_ssh_key_is_none_for_its_x25519_form() {
        let zoe = ssh::generate("zoe").unwrap();
        let sealed = sealed(&SshRecipient::parse(&zoe.public).unwrap());
        let converted = ssh::identity_from_private(&zoe.private).unwrap();
        let one = std::iter::once(converted.as_age());
        let decryptor = age::Decryptor::new(&sealed[..]).unwrap();
        assert!(matches!(decryptor.decrypt(one), Err(DecryptError::NoMatchingKeys)));
    }

    #[test]
    fn the_private_half_is_not_shown() {
        let zoe = ssh::generate("zoe").unwrap();
        let identity = SshIdentity::parse(&zoe.private, &mut || None).unwrap();
        assert_eq!(format!("{identity:?}"), format!("SshIdentity({})", identity.public()));
    }

    #[test]
    fn a_protected_key_asks_once_and_says_when_the_passphrase_is_wrong() {
        let zoe = ssh::generate("zoe").unwrap();
        let key = PrivateKey::from_openssh(&*zoe.private).unwrap();
        let locked = key.encrypt(&mut rand::rngs::OsRng, "open sesame").unwrap();
        let text = locked.to_openssh(ssh_key::LineEnding::LF).unwrap();
        let with = |word: Option<&str>| {
            SshIdentity::parse(&text, &mut || word.map(|w| Zeroizing::new(w.to_owned())))
        };
        assert_eq!(with(None).unwrap_err(), SshKeyError::PassphraseProtected);
        assert_eq!(with(Some("no")).unwrap_err(), SshKeyError::WrongPassphrase);
        assert!(zoe.public.starts_with(with(Some("open sesame")).unwrap().public()));
    }
}
