//! What the machine is asked, to tell causes apart that share one text.
//!
//! A question has an id and what it is about; its answer is one word of a small set, with a
//! sentence for people. Whoever answers only looks: nothing is changed, no network, no evaluation.

mod here;

use std::collections::BTreeMap;

use crate::problem::Problem;
use crate::run::{Command, Output, Runner, Stream};

pub use here::{CHECKS, Here};

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// For example `decryption` or `tracked`; the list is in `assets/diagnosis/README.md`.
    pub check: String,
    /// What it is about, from the log's line: `file`, `name`, `path`.
    pub about: BTreeMap<String, String>,
    /// Recipients that the log says a file is encrypted for.
    pub recipients: Vec<String>,
}

impl Query {
    pub fn about(&self, name: &str) -> Option<&str> {
        self.about.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What is so: a word that the catalogue knows, and it said for people. `parts` fill words in
    /// braces that the log's line left open; `at` is the command that was asked, if one was.
    Is { what: &'static str, words: String, parts: BTreeMap<&'static str, String>, at: String },
    /// Why it cannot be told here.
    Unknown { because: String },
}

impl Answer {
    pub fn is(what: &'static str, words: impl Into<String>) -> Self {
        Self::Is { what, words: words.into(), parts: BTreeMap::new(), at: String::new() }
    }

    /// The same with the command that said it.
    #[must_use]
    pub fn by(mut self, command: &Command) -> Self {
        if let Self::Is { at, .. } = &mut self {
            *at = command.typed();
        }
        self
    }

    /// The same with a part that the machine knows.
    #[must_use]
    pub fn with(mut self, name: &'static str, text: impl Into<String>) -> Self {
        if let Self::Is { parts, .. } = &mut self {
            parts.insert(name, text.into());
        }
        self
    }

    pub fn unknown(because: impl Into<String>) -> Self {
        Self::Unknown { because: because.into() }
    }
}

/// Whoever can answer.
pub trait Machine {
    fn look(&mut self, query: &Query) -> Answer;
}

/// For a log that is from another machine: nothing is looked at here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Elsewhere;

impl Machine for Elsewhere {
    fn look(&mut self, _: &Query) -> Answer {
        Answer::unknown("the log is from another machine")
    }
}

/// What a program says, up to a size that any answer has: one that prints without end fills no
/// memory.
pub(crate) fn heard(runner: &mut dyn Runner, command: &Command) -> Result<Output, Problem> {
    const MOST: usize = 1024 * 1024;
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let exit = runner.run(command, &mut |stream, text| {
        let kept = if stream == Stream::Out { &mut stdout } else { &mut stderr };
        if kept.len() < MOST {
            kept.extend(text.chars().take(MOST));
            kept.push('\n');
        }
    })?;
    Ok(Output { exit, stdout, stderr })
}
