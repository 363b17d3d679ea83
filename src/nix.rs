//! Nix text: where each binding and list item is, what literal values say, how a string is quoted.
//!
//! The only module that names the Nix parser. It reads syntax and never evaluates: a name that an
//! expression makes stays [`Part::Computed`]. Everything it hands out is plain data (byte spans
//! and names), so a file can be read on one thread and used on another, and no caller depends on
//! the parser's tree.

mod full;
mod literal;
mod path;
mod position;
mod quote;
mod scope;
mod source;
mod syntax;
mod tree;
mod walk;

pub use literal::Literal;
pub(crate) use path::glob_fits;
pub use path::{AttrPath, Part, Pattern};
pub use position::{Position, Span};
pub use quote::{NulByte, attr, quote};
pub use source::{Binding, Inherited, Item, List, Set, SetKind, Shape, Source};
pub(crate) use tree::{AMPLE_STACK, Room};
pub use tree::{SyntaxError, Token, TokenKind, tokens};

#[cfg(test)]
mod tests;
