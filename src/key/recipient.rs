//! Recipients: the public side of a key, told apart by kind, and why a text is none.
//!
//! The only place that decides what a recipient is. [`Recipient`] is the kind that doorstep
//! encrypts to, [`AnyRecipient`] is every kind that a `.sops.yaml` may name; both are read by the
//! same steps, so the same slip of the hand gets the same words everywhere. A private key that is
//! given for a public one is recognised first and never repeated.

mod any;
mod malformed;

use std::fmt;

use bech32::{Bech32, Hrp};
use thiserror::Error;

pub use any::{AnyRecipient, Kind};
pub use malformed::Malformed;

/// An X25519 age recipient (`age1…`), known to be well-formed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient(String);

/// Why a text is not a recipient that doorstep encrypts to. Nothing private is repeated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecipientError {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// By how it begins; whether the rest of it is sound does not matter then.
    #[error("it is {0}, to which doorstep cannot encrypt")]
    OtherKind(Kind),
}

impl Recipient {
    /// The recipient in `text`; blanks around it are ignored, as they come with pasting.
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        let text = text.trim();
        match Kind::of(text)? {
            Kind::X25519 => {
                Kind::X25519.check(text)?;
                Ok(Self(text.to_owned()))
            }
            other => Err(RecipientError::OtherKind(other)),
        }
    }

    pub(super) fn of(recipient: age::x25519::Recipient) -> Self {
        Self(recipient.to_string())
    }

    /// The recipient with this Curve25519 point.
    pub(super) fn from_point(point: [u8; 32]) -> Self {
        let text = bech32::encode_lower::<Bech32>(Hrp::parse_unchecked("age"), &point)
            .unwrap_or_else(|_| unreachable!("32 bytes are far below Bech32's length limit"));
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
