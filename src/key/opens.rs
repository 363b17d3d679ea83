//! Whatever opens an age stanza: one identity of any kind that doorstep decrypts with.

use std::fmt;

use super::{Identity, PluginIdentity, SshIdentity};

/// Something that opens age stanzas.
pub trait Opens {
    #[doc(hidden)]
    fn as_age(&self) -> &dyn age::Identity;

    /// The recipient whose stanzas it opens, as a file writes it: the public half. How it begins,
    /// where only a plugin knows the rest.
    fn public(&self) -> String;

    /// It is tried only where no other opens: it may want a person to do something.
    fn is_last_resort(&self) -> bool {
        false
    }
}

/// An identity of any kind.
#[derive(Clone)]
pub enum AnyIdentity {
    X25519(Identity),
    Ssh(Box<SshIdentity>),
    Plugin(PluginIdentity),
}

impl AnyIdentity {
    /// Whether both are one key.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plugin(one), Self::Plugin(other)) => one.is_same(other),
            _ => self.public() == other.public(),
        }
    }
}

impl Opens for Identity {
    fn as_age(&self) -> &dyn age::Identity {
        Self::as_age(self)
    }

    fn public(&self) -> String {
        self.recipient().to_string()
    }
}

impl Opens for AnyIdentity {
    fn as_age(&self) -> &dyn age::Identity {
        match self {
            Self::X25519(identity) => identity.as_age(),
            Self::Ssh(identity) => identity.as_ref(),
            Self::Plugin(identity) => identity,
        }
    }

    fn public(&self) -> String {
        match self {
            Self::X25519(identity) => identity.recipient().to_string(),
            Self::Ssh(identity) => identity.public().to_owned(),
            Self::Plugin(identity) => identity.public(),
        }
    }

    fn is_last_resort(&self) -> bool {
        matches!(self, Self::Plugin(_))
    }
}

impl From<Identity> for AnyIdentity {
    fn from(identity: Identity) -> Self {
        Self::X25519(identity)
    }
}

impl From<SshIdentity> for AnyIdentity {
    fn from(identity: SshIdentity) -> Self {
        Self::Ssh(Box::new(identity))
    }
}

impl From<PluginIdentity> for AnyIdentity {
    fn from(identity: PluginIdentity) -> Self {
        Self::Plugin(identity)
    }
}

/// The public half.
impl fmt::Debug for AnyIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyIdentity({})", self.public())
    }
}
