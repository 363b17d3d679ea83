//! ssh ed25519 keys: the age key they stand for, and new ones for signing.
//!
//! The conversion is that of `ssh-to-age`: secret = clamp(SHA-512(seed)[..32]), public = the
//! Montgomery form of the Edwards point. It gives an X25519 key of its own: an ssh key in `~/.ssh`
//! opens only stanzas to `ssh-…`, the converted one only stanzas to `age1…`. The age crate's `ssh`
//! feature is not used, because it pulls in `rsa`, which has an open advisory (RUSTSEC-2023-0071).

use curve25519_dalek::edwards::CompressedEdwardsY;
use sha2::{Digest, Sha512};
use ssh_key::private::KeypairData;
use ssh_key::{Algorithm, LineEnding, PrivateKey, PublicKey};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{Identity, Recipient};

/// Why an ssh key cannot become an age key. Never repeats the key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SshKeyError {
    #[error("it is protected with a passphrase")]
    PassphraseProtected,
    #[error("the passphrase does not fit")]
    WrongPassphrase,
    #[error("it is a {0} key; only ed25519 keys can become age keys")]
    Algorithm(String),
    #[error("it is a `{0}` file, not an OpenSSH private key")]
    OtherPem(String),
    #[error("it is a public key; the private one is needed")]
    Public,
    #[error("it is a private key; the public one is needed")]
    Private,
    #[error("it is not an ssh key")]
    NotSsh,
    #[error("it is damaged")]
    Damaged,
    /// A public key of small order, to which nothing can be encrypted secretly.
    #[error("it is not a point that can be encrypted to")]
    WeakPoint,
}

/// A new ssh key pair, not yet written anywhere.
pub struct NewSshKey {
    /// The OpenSSH private key file's text.
    pub private: Zeroizing<String>,
    /// The `ssh-ed25519 AAAA… comment` line, without a line end.
    pub public: String,
}

/// The age identity of an unencrypted OpenSSH ed25519 private key file's text.
pub fn identity_from_private(text: &str) -> Result<Identity, SshKeyError> {
    let key = private_key(text)?;
    if key.is_encrypted() {
        return Err(SshKeyError::PassphraseProtected);
    }
    let KeypairData::Ed25519(pair) = key.key_data() else {
        return Err(SshKeyError::Algorithm(key.algorithm().as_str().to_owned()));
    };
    Ok(Identity::from_scalar(&scalar_of_seed(pair.private.as_ref())))
}

/// The private key in a file's text, which may still be protected.
pub(super) fn private_key(text: &str) -> Result<PrivateKey, SshKeyError> {
    let label = pem_label(text)?;
    if label != "OPENSSH PRIVATE KEY" {
        return Err(other_pem(label, text));
    }
    PrivateKey::from_openssh(text.trim_start()).map_err(of_library)
}

/// The age recipient of an `ssh-ed25519 AAAA… comment` line.
pub fn recipient_from_public(line: &str) -> Result<Recipient, SshKeyError> {
    point_of_public(line).map(Recipient::from_point)
}

/// The Curve25519 point of such a line.
pub(super) fn point_of_public(line: &str) -> Result<[u8; 32], SshKeyError> {
    let line = line.trim();
    if line.contains("PRIVATE KEY-----") {
        return Err(SshKeyError::Private);
    }
    let algorithm = line.split_whitespace().next().unwrap_or_default();
    if !["ssh-", "ecdsa-", "sk-"].iter().any(|p| algorithm.starts_with(p)) {
        return Err(SshKeyError::NotSsh);
    }
    if algorithm != Algorithm::Ed25519.as_str() {
        return Err(SshKeyError::Algorithm(algorithm.chars().take(64).collect()));
    }
    let key = PublicKey::from_openssh(line).map_err(of_library)?;
    let point = key.key_data().ed25519().ok_or(SshKeyError::Damaged)?;
    montgomery(point.0)
}

/// A new ed25519 key, for example to sign commits with. `comment` is public.
pub fn generate(comment: &str) -> Result<NewSshKey, SshKeyError> {
    let mut key =
        PrivateKey::random(&mut rand::rngs::OsRng, Algorithm::Ed25519).map_err(of_library)?;
    key.set_comment(one_line(comment));
    Ok(NewSshKey {
        private: key.to_openssh(LineEnding::LF).map_err(of_library)?,
        public: key.public_key().to_openssh().map_err(of_library)?,
    })
}

/// A comment ends at the line's end in the public form; a control character would break it.
fn one_line(comment: &str) -> String {
    comment
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

pub(super) fn scalar_of_seed(seed: &[u8]) -> Zeroizing<[u8; 32]> {
    let hash = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(seed)));
    let mut scalar = Zeroizing::new([0; 32]);
    scalar.copy_from_slice(&hash[..32]);
    scalar[0] &= 248;
    scalar[31] &= 127;
    scalar[31] |= 64;
    scalar
}

fn montgomery(compressed: [u8; 32]) -> Result<[u8; 32], SshKeyError> {
    let point = CompressedEdwardsY(compressed).decompress().ok_or(SshKeyError::Damaged)?;
    if point.is_small_order() {
        return Err(SshKeyError::WeakPoint);
    }
    Ok(point.to_montgomery().to_bytes())
}

/// The label in the first `-----BEGIN …-----`.
fn pem_label(text: &str) -> Result<&str, SshKeyError> {
    let first = text.trim_start().lines().next().unwrap_or_default().trim_end();
    if let Some(label) = first.strip_prefix("-----BEGIN ").and_then(|l| l.strip_suffix("-----")) {
        return Ok(label);
    }
    let public = ["ssh-", "ecdsa-", "sk-"].iter().any(|p| first.starts_with(p));
    Err(if public { SshKeyError::Public } else { SshKeyError::NotSsh })
}

/// PEM and PKCS#8 files: `ssh-keygen` wrote these before 2018, and they hold no ed25519 key.
fn other_pem(label: &str, text: &str) -> SshKeyError {
    if label == "ENCRYPTED PRIVATE KEY" || text.contains("Proc-Type: 4,ENCRYPTED") {
        return SshKeyError::PassphraseProtected;
    }
    match label {
        "RSA PRIVATE KEY" => SshKeyError::Algorithm("ssh-rsa".to_owned()),
        "DSA PRIVATE KEY" => SshKeyError::Algorithm("ssh-dss".to_owned()),
        "EC PRIVATE KEY" => SshKeyError::Algorithm("ecdsa".to_owned()),
        "PRIVATE KEY" | "PUBLIC KEY" | "SSH2 PUBLIC KEY" | "PGP PRIVATE KEY BLOCK" => {
            SshKeyError::OtherPem(label.to_owned())
        }
        // Any other label is somebody's text: it is not repeated.
        _ => SshKeyError::NotSsh,
    }
}

fn of_library(error: ssh_key::Error) -> SshKeyError {
    match error {
        ssh_key::Error::Encrypted => SshKeyError::PassphraseProtected,
        ssh_key::Error::AlgorithmUnsupported { algorithm } => {
            SshKeyError::Algorithm(algorithm.as_str().to_owned())
        }
        ssh_key::Error::AlgorithmUnknown => SshKeyError::Algorithm("unknown".to_owned()),
        _ => SshKeyError::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by ssh-keygen for this test.
    const PRIVATE: &str = "\
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACA7rleysK4Esmb9dOQbGlN2eW8m+KHLz+pVSjwdyTVMngAAAJBm8CAUZvAg
FAAAAAtzc2gtZWQyNTUxOQAAACA7rleysK4Esmb9dOQbGlN2eW8m+KHLz+pVSjwdyTVMng
AAAEBxpfvfUNKa84Q35X1yf514285mHrovNXoUiwf2TgnGGTuuV7KwrgSyZv105BsaU3Z5
byb4ocvP6lVKPB3JNUyeAAAACnpvZUBxdWFydHoBAgM=
-----END OPENSSH PRIVATE KEY-----
";

    /// What the crate `ssh-to-age` 0.2.0 gives for it. The crate itself is no development
    /// dependency, because it puts `rsa` into `Cargo.lock`.
    const IDENTITY: &str =
        "AGE-SECRET-KEY-1DQSP78KKEWKJWRFQVUVWTMNKQZUD7C6SWDLS0H3GPJUWANWEDFPQPCD6XZ";
    const RECIPIENT: &str = "age1kjq8fvanst7ylvu7pa324vuayf0yrf3xzpujpyzc044hzpmguapsk9gxg8";

    #[test]
    fn agrees_with_ssh_to_age() {
        let ours = identity_from_private(PRIVATE).unwrap();
        assert_eq!(*ours.secret_text(), IDENTITY);
        assert_eq!(ours.recipient().as_str(), RECIPIENT);
    }

    #[test]
    fn both_halves_of_a_key_convert_to_one_age_key() {
        for _ in 0..50 {
            let made = generate("zoe@quartz").unwrap();
            let identity = identity_from_private(&made.private).unwrap();
            assert_eq!(recipient_from_public(&made.public).unwrap(), identity.recipient());
        }
    }

    #[test]
    fn a_generated_key_has_its_comment_on_one_line() {
        let made = generate("zoe@quartz\nssh-rsa AAAA").unwrap();
        assert!(made.public.starts_with("ssh-ed25519 AAAA"));
        assert!(made.public.ends_with(" zoe@quartz ssh-rsa AAAA"));
        assert_eq!(made.public.lines().count(), 1);
        assert!(made.private.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
        assert!(made.private.ends_with("-----END OPENSSH PRIVATE KEY-----\n"));
    }

    #[test]
    fn crlf_and_blanks_around_are_read() {
        let made = generate("").unwrap();
        let crlf = format!("\r\n{}", made.private.replace('\n', "\r\n"));
        assert_eq!(
            identity_from_private(&crlf).unwrap().recipient(),
            recipient_from_public(&format!(" {}\r\n", made.public)).unwrap()
        );
    }

    #[test]
    fn what_cannot_be_converted_says_why() {
        let private = |text: &str| identity_from_private(text).unwrap_err().to_string();
        let public = |text: &str| recipient_from_public(text).unwrap_err().to_string();
        let made = generate("zoe").unwrap();
        insta::assert_snapshot!(private(&made.public), @"it is a public key; the private one is needed");
        insta::assert_snapshot!(private("hello"), @"it is not an ssh key");
        insta::assert_snapshot!(private("-----BEGIN RSA PRIVATE KEY-----\nAAAA"), @"it is a ssh-rsa key; only ed25519 keys can become age keys");
        insta::assert_snapshot!(private("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED"), @"it is protected with a passphrase");
        insta::assert_snapshot!(private("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA"), @"it is protected with a passphrase");
        insta::assert_snapshot!(private("-----BEGIN PRIVATE KEY-----\nAAAA"), @"it is a `PRIVATE KEY` file, not an OpenSSH private key");
        insta::assert_snapshot!(private(&made.private[..200]), @"it is damaged");
        insta::assert_snapshot!(public(&made.private), @"it is a private key; the public one is needed");
        insta::assert_snapshot!(public("ssh-rsa AAAAB3 zoe"), @"it is a ssh-rsa key; only ed25519 keys can become age keys");
        insta::assert_snapshot!(public("ssh-ed25519 AAAA zoe"), @"it is damaged");
        insta::assert_snapshot!(public("age1qqq"), @"it is not an ssh key");
    }

    #[test]
    fn a_public_key_of_small_order_is_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(montgomery(identity), Err(SshKeyError::WeakPoint));
    }
}
