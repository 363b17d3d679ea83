//! A fleet's encrypted files as they lie on disk: found, opened, compared with the rules of
//! `.sops.yaml`, and changed by plans like everything else.
//!
//! Owns what lies between [`crate::sops`], which knows texts alone, and the commands and screens
//! that show it. Values are held only where somebody asked for one; none enters a plan, a receipt
//! or a message.

mod carry;
pub mod keyring;
pub mod matrix;
mod proof;
pub mod rekey;
pub(crate) mod scratch;
pub mod store;

pub use carry::{Asked, Carried, Hands, carry_out};
pub use keyring::{Held, Keyring, Trouble};
pub use matrix::{Cell, Column, Matrix, Remark, Row};
pub use rekey::Rekey;
pub use scratch::Scratch;
pub use store::{Found, Store};
