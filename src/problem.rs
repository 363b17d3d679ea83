//! What a person is told when something cannot be done.
//!
//! Parsers keep small `thiserror` enums of their own and become a [`Problem`] once, where the
//! path and the purpose are known. A secret never enters a problem.

use std::fmt;

/// Whose turn it is: decides the wording's ending and whether a backtrace helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What the person gave or asked for.
    User,
    /// Answers that are missing or wrong: a script can do something about them.
    Answers,
    /// What the fleet's files say.
    Fleet,
    /// What another program, the file system or the network did.
    Tool,
    /// doorstep itself is wrong; only this one shows a backtrace.
    Bug,
}

/// One error, told as `error:` (one lower-case line, names in backticks), `cause:` lines (what a
/// tool said, trimmed) and `hint:` lines (one action each, a command to paste where there is one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: Kind,
    pub what: String,
    pub causes: Vec<String>,
    pub hints: Vec<String>,
}

impl Problem {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), causes: Vec::new(), hints: Vec::new() }
    }

    pub fn user(what: impl Into<String>) -> Self {
        Self::new(Kind::User, what)
    }

    pub fn fleet(what: impl Into<String>) -> Self {
        Self::new(Kind::Fleet, what)
    }

    pub fn tool(what: impl Into<String>) -> Self {
        Self::new(Kind::Tool, what)
    }

    pub fn bug(what: impl Into<String>) -> Self {
        Self::new(Kind::Bug, what)
    }

    #[must_use]
    pub fn of_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string().trim().to_owned());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        for cause in &self.causes {
            write!(f, "\ncause: {cause}")?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
