//! age keys: making them, reading them from key files, recipients and ssh keys.
//!
//! Owns the text forms (`AGE-SECRET-KEY-1…`, `age1…`, OpenSSH ed25519) and says precisely what is
//! wrong with one. Only [`mod@copy`] reads and writes files, at a person's wish. It starts no process
//! ([`plugin`] is given a way to talk with some), and must never put private text into an error, a
//! `Debug` form or a `Display` form: an [`Identity`] shows only its public half.

mod bech32_text;
pub mod copy;
pub mod file;
pub(crate) mod folder;
pub mod identity;
mod opens;
pub mod plugin;
pub mod private;
pub mod recipient;
pub mod ssh;
pub(crate) mod ssh_stanza;

pub use file::{KeyFile, KeyFileError};
pub use identity::Identity;
pub use opens::{AnyIdentity, Opens};
pub use plugin::{PluginError, PluginIdentity, PluginKey, Plugins};
pub use recipient::{AnyRecipient, Malformed, Recipient, RecipientError};
pub use ssh_stanza::SshIdentity;
