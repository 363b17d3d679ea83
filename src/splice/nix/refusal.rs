//! Why an edit was not made.

use std::fmt;

use crate::nix::SyntaxError;

/// A closed list: a person can look each up, and a script can tell them apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("it is not valid Nix: {0}")]
    Unparsable(SyntaxError),
    #[error("the place to change is not in it")]
    Gone,
    #[error("what would be added is not one Nix expression")]
    NotNix,
    #[error("`{name}`, or a part of it, is bound to something else on line {line}")]
    Taken { name: String, line: u32 },
    #[error("the result would differ in more than what was asked for")]
    NotProved,
}

/// An edit that was not made, and what a person can do by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// The line that the reason is about.
    pub line: u32,
    /// What to paste there; empty when something was to be removed.
    pub paste: String,
}

impl Refusal {
    pub(super) fn new(reason: Reason, line: u32, paste: &str) -> Self {
        Self { reason, line, paste: paste.to_owned() }
    }

    pub(super) fn pasting(mut self, paste: &str) -> Self {
        paste.clone_into(&mut self.paste);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for Refusal {}
