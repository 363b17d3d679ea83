//! sops' file format with age recipients: read, verified, created and changed natively.
//!
//! Owns text and bytes only: it takes a file's text and identities and gives text and values. It
//! reads no file, no environment and no clock, and runs no process. Plain text never enters an
//! error, and is wiped when it is dropped. Other tools' stanzas (pgp, kms, …) are listed, not used.
//!
//! Facts are from sops 3.13.3; a comment names the Go file where one was read.

mod cipher;
pub mod config;
pub mod create;
pub mod edit;
pub mod error;
pub mod file;
mod flat;
mod json;
mod mac;
pub mod metadata;
pub mod pattern;
pub mod recipients;
pub mod secret;
pub mod selector;
mod shamir;
mod stanza;
pub mod timestamp;
mod tree;
mod yaml;

pub use cipher::{Kind, ValueError};
pub use create::{CreateError, Creation, create, create_yaml};
pub use edit::{Difference, EditError, Unlocked, Wanted};
pub use error::{OpenError, ParseError};
pub use file::{EncryptedFile, Format, Opened, Opening};
pub use metadata::{Metadata, Stanza, StanzaKind};
pub use recipients::{is_encrypted, metadata_of, recipients_of};
pub use secret::SecretValue;
pub use selector::Selector;
pub use stanza::SealError;
pub use timestamp::Utc;
pub use tree::Step;
