//! The secret half of an X25519 age key.

use std::fmt;
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use bech32::{Bech32, Hrp};
use zeroize::{Zeroize, Zeroizing};

use super::bech32_text::{self, Fault};
use super::recipient::Recipient;
use crate::sops::timestamp::Utc;

/// What an X25519 identity's text starts with.
pub const PREFIX: &str = "AGE-SECRET-KEY-1";

/// An X25519 age identity. Wiped from memory on drop (by the age crate's key type); its `Debug`
/// form is the public half and it has no `Display`.
#[derive(Clone)]
pub struct Identity {
    secret: age::x25519::Identity,
    /// Computed once: it is asked for with every file that is opened.
    public: Recipient,
}

impl From<age::x25519::Identity> for Identity {
    fn from(secret: age::x25519::Identity) -> Self {
        let public = Recipient::of(secret.to_public());
        Self { secret, public }
    }
}

impl Identity {
    /// A new key from the system's random source. Nothing is written anywhere.
    pub fn generate() -> Self {
        age::x25519::Identity::generate().into()
    }

    /// The identity in `text`, exactly one `AGE-SECRET-KEY-1…` without anything around it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        // age's own parser ignores case; sops and age-keygen want capitals.
        if !text.starts_with(PREFIX) {
            return Err(Fault::Stray { column: 1 });
        }
        bech32_text::bytes32(text, PREFIX)?;
        age::x25519::Identity::from_str(text).map(Self::from).map_err(|_| Fault::Checksum)
    }

    /// The identity with this Curve25519 scalar.
    pub(super) fn from_scalar(scalar: &Zeroizing<[u8; 32]>) -> Self {
        let prefix = Hrp::parse_unchecked("AGE-SECRET-KEY-");
        let mut lower = bech32::encode_lower::<Bech32>(prefix, scalar.as_slice())
            .unwrap_or_else(|_| unreachable!("32 bytes are far below Bech32's length limit"));
        let upper = Zeroizing::new(lower.to_uppercase());
        lower.zeroize();
        let identity = age::x25519::Identity::from_str(&upper)
            .unwrap_or_else(|_| unreachable!("any 32 bytes are an X25519 identity"));
        identity.into()
    }

    /// The public half.
    pub fn recipient(&self) -> Recipient {
        self.public.clone()
    }

    /// The secret text. Only for what is stored in a key file or handed to age.
    pub fn secret_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.secret.to_string().expose_secret().to_owned())
    }

    /// The text of a new key file, as `age-keygen` writes it (with the date in UTC).
    pub fn key_file_text(&self, created: Utc) -> Zeroizing<String> {
        let mut text =
            Zeroizing::new(format!("# created: {created}\n# public key: {}\n", self.recipient()));
        let secret = self.secret_text();
        // Reserved at once: growing would leave a copy of the secret behind.
        text.reserve_exact(secret.len() + 1);
        text.push_str(&secret);
        text.push('\n');
        text
    }

    pub(crate) fn as_age(&self) -> &dyn age::Identity {
        &self.secret
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.recipient())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_comes_back_from_its_key_file() {
        let made = Identity::generate();
        let text = made.key_file_text(Utc::from_seconds(1_763_633_955));
        let recipient = made.recipient();
        let start = format!("# created: 2025-11-20T10:19:15Z\n# public key: {recipient}\nAGE-");
        assert!(text.starts_with(&start));
        assert!(text.ends_with('\n'));
        let secret = text.lines().nth(2).unwrap();
        assert_eq!(Identity::parse(secret).unwrap().recipient(), recipient);
    }

    #[test]
    fn debug_shows_only_the_public_half() {
        let identity = Identity::generate();
        let shown = format!("{identity:?}");
        assert_eq!(shown, format!("Identity({})", identity.recipient()));
    }

    #[test]
    fn faults_name_the_reason() {
        let text = Identity::generate().secret_text();
        let swapped: String = {
            let mut chars: Vec<char> = text.chars().collect();
            chars[30] = if chars[30] == 'Q' { 'P' } else { 'Q' };
            chars.into_iter().collect()
        };
        let fault = |t: &str| Identity::parse(t).unwrap_err();
        assert_eq!(fault(&text[..73]), Fault::Length { expected: 74, found: 73 });
        assert_eq!(fault(&format!("{}%", *text)), Fault::Stray { column: 75 });
        assert_eq!(fault(&format!("{} ", *text)), Fault::Stray { column: 75 });
        assert_eq!(fault(&swapped), Fault::Checksum);
        assert_eq!(fault(&text.to_lowercase()), Fault::Stray { column: 1 });
    }
}
