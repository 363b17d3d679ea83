//! A plan is data, made without touching anything: what will change, why, and how the same is
//! done by hand. Preview prints it, [`crate::apply`] carries it out, tests snapshot it.
//!
//! The world changes through the few verbs of [`Change`]. A step that needs nothing new gets
//! preview, undo and resume free.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::run::Command;

/// Everything that will be done, in order.
#[derive(Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Folders that changes may write in (the fleet's root, the person's home), absolute.
    pub bounds: Vec<PathBuf>,
    /// Things the plan deliberately leaves alone and that a person may want to do themselves.
    pub remarks: Vec<Remark>,
    /// Ids of steps that nothing after them rests on: where one fails, the rest is done all the
    /// same.
    pub independent: Vec<&'static str>,
}

impl Plan {
    /// Whether a step edits the file at `path`.
    pub fn edits(&self, path: &Path) -> bool {
        let mut changes = self.steps.iter().flat_map(|step| &step.changes);
        changes.any(|change| matches!(change, Change::Edit { path: edited, .. } if edited == path))
    }

    /// Nothing would change: everything is already so.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// One step a person can understand as a whole.
#[derive(Debug)]
pub struct Step {
    /// Stable id: events, receipts, doc anchors and snapshots use it.
    pub id: &'static str,
    /// At most 22 characters, so that it fits beside a clock at 80 columns.
    pub title: String,
    /// One sentence for the review: what it is for.
    pub why: String,
    pub needs: Needs,
    /// What a person would type or write to get the same, one command or action a line.
    pub by_hand: Vec<String>,
    pub changes: Vec<Change>,
    /// The id of the question that decides this step, where one does.
    pub decided_by: Option<&'static str>,
}

impl Step {
    /// The command that a step is, when it is one; what only asks beforehand comes before it.
    pub fn command(&self) -> Option<&Command> {
        match self.changes.last()? {
            Change::Run { command } => Some(command),
            Change::Activate(activation) => Some(&activation.command),
            Change::Switch(switch) => Some(&switch.command),
            _ => None,
        }
    }
}

/// Whose rights a step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    You,
    Admin,
}

impl Needs {
    pub fn word(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Admin => "admin",
        }
    }
}

/// One verb. Paths are absolute.
#[derive(Debug)]
pub enum Change {
    /// A new file; fails if something is there. `mode` holds whatever the umask.
    Create { path: PathBuf, content: Content, mode: u32 },
    /// For key files: what was there never enters plan or receipt.
    Append { path: PathBuf, content: Content },
    /// A file's whole text before and after; fails if it is not `before` any more.
    Edit { path: PathBuf, before: String, after: String },
    /// A file in plain text becomes its encrypted form. What was there never enters a receipt, so
    /// that undo cannot put it back: secrets do not become plain text again.
    Seal { path: PathBuf, before: Content, after: String },
    /// Permission bits of a file of the person's own.
    Mode { path: PathBuf, before: u32, after: u32 },
    /// `git add --intent-to-add`: a flake sees only files that git knows. Paths are relative to
    /// `repository`.
    Track { repository: PathBuf, paths: Vec<PathBuf> },
    /// A commit of what the run has written in the repository so far.
    Commit(Commit),
    /// A command that changes nothing that doorstep must take back (a build fills the store).
    Run { command: Command },
    /// Puts a built home in place; see [`crate::activate`] for what is recorded and taken back.
    Activate(crate::activate::Activation),
    /// Switches this machine to a built system; undo does not take it back.
    Switch(crate::activate::Switch),
}

impl Change {
    /// The one path this change is about, where there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Create { path, .. }
            | Self::Append { path, .. }
            | Self::Edit { path, .. }
            | Self::Seal { path, .. }
            | Self::Mode { path, .. } => Some(path),
            Self::Track { .. }
            | Self::Commit(_)
            | Self::Run { .. }
            | Self::Activate(_)
            | Self::Switch(_) => None,
        }
    }
}

/// One commit of everything that the run has written since its last one, and of nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The work tree's top.
    pub repository: PathBuf,
    /// A new branch that it goes on; `None`: the one that is checked out.
    pub branch: Option<String>,
    pub message: String,
}

/// What goes into a file.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    Text(String),
    /// Prints as `<secret>` and is recorded as length and digest only; wiped when dropped.
    Secret(Zeroizing<String>),
}

impl Content {
    pub fn secret(text: String) -> Self {
        Self::Secret(Zeroizing::new(text))
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Secret(text) => text.as_bytes(),
        }
    }

    /// What may be shown and written down.
    pub fn shown(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Secret(_) => "<secret>",
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.debug_tuple("Text").field(text).finish(),
            Self::Secret(_) => f.write_str("Secret(<secret>)"),
        }
    }
}

/// Something to know or to do that no step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Whether it is said before all others: something is known to go wrong.
    pub warns: bool,
    pub text: String,
    /// `file:line` and the line's text, where it speaks of places.
    pub places: Vec<(String, String)>,
}
