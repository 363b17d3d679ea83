//! What was done, as facts: the file that makes a killed run finishable and any run undoable.
//!
//! A receipt is one JSON record a line, only ever added to. Before a change its `began` record is
//! written and synced, after it its `ended` record; undo adds its own records to the same file.
//! It holds what was found and what was made, not our steps in serialised form, so that a later
//! doorstep with other steps can still read it.
//!
//! It must never hold a secret value, key text or anything else from a file that has them: of
//! those it knows length and digest only, and of keys their public half.

mod journal;
mod list;
mod read;
mod settle;
mod state;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::files::Fingerprint;

pub use journal::Journal;
pub use list::{Listed, latest, list, unfinished};
pub use read::{Receipt, Recorded};
pub use state::{Phase, State, StepState};

/// The format that this doorstep writes and reads.
pub const VERSION: u32 = 1;

/// Who, where and why: the first record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The format, see [`VERSION`].
    pub version: u32,
    /// Which doorstep wrote it.
    pub doorstep: String,
    pub practice: bool,
    /// Whose onboarding it is.
    pub user: String,
    /// The machine it ran on.
    pub host: String,
    pub home: PathBuf,
    /// The fleet's root.
    pub fleet: PathBuf,
    /// Folders that changes may write in.
    pub bounds: Vec<PathBuf>,
    /// UTC, such as `2026-11-20T10:19:15Z`.
    pub started: String,
    /// The answers, so that a killed run can be planned again; without secret values.
    pub answers: serde_json::Value,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    Header(Header),
    /// The steps of a run; a resumed run has its own.
    Planned {
        at: String,
        doorstep: String,
        steps: Vec<PlannedStep>,
    },
    /// A change is about to be made. `n` counts from 1 over the whole receipt.
    Began {
        n: u64,
        step: String,
        change: Fact,
    },
    /// What a change found out while it was made.
    Facts {
        n: u64,
        facts: serde_json::Value,
    },
    Ended {
        n: u64,
        ending: Ending,
    },
    /// A step ended; the words are those of [`crate::event::Outcome::word`].
    Step {
        at: String,
        step: String,
        outcome: String,
    },
    /// The run ended, however.
    Finished {
        at: String,
        outcome: String,
    },
    /// A change was taken back.
    Undone {
        n: u64,
    },
    /// A change was not taken back.
    Left {
        n: u64,
        what: String,
        why: String,
    },
    /// An undo came to its end.
    TakenBack {
        at: String,
        left: u64,
    },
    /// Written by another doorstep.
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    pub id: String,
    pub title: String,
}

/// What is known of a change before it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Fact {
    /// Nothing was there.
    Create {
        path: PathBuf,
        after: Fingerprint,
        /// Folders that were not there either, outermost first, without links.
        made: Vec<PathBuf>,
        temporary: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keys: Option<Keys>,
    },
    Append {
        path: PathBuf,
        before: Fingerprint,
        after: Fingerprint,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keys: Option<Keys>,
    },
    Edit {
        path: PathBuf,
        /// The whole text.
        before: String,
        after: Fingerprint,
        temporary: String,
    },
    /// A file in plain text was encrypted: of what was there no more is known than that.
    Seal { path: PathBuf, before: Fingerprint, after: Fingerprint, temporary: String },
    Mode {
        path: PathBuf,
        #[serde(with = "crate::files::octal")]
        before: u32,
        #[serde(with = "crate::files::octal")]
        after: u32,
    },
    /// Git did not know these paths, relative to `repository`.
    Track { repository: PathBuf, paths: Vec<PathBuf> },
    /// A commit of files of this run. Its name stands in [`Record::Facts`] as `commit`.
    Commit {
        repository: PathBuf,
        /// What was checked out before; `None`: the repository had no commit.
        parent: Option<String>,
        message: String,
        /// The branch that was made for it, and the one that was checked out before.
        branch: Option<String>,
        from: Option<String>,
    },
    /// As typed; nothing of it is taken back.
    Run {
        command: String,
        /// What it has made that stays, in words that follow a comma.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leaves: Option<String>,
    },
    /// What it found stands in [`Record::Facts`].
    Activate {},
    /// Written by another doorstep.
    #[serde(other)]
    Unknown,
}

impl Fact {
    /// The one path it is about, where there is one.
    pub fn path(&self) -> Option<&PathBuf> {
        match self {
            Self::Create { path, .. }
            | Self::Append { path, .. }
            | Self::Edit { path, .. }
            | Self::Seal { path, .. }
            | Self::Mode { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Folders that were made for it.
    pub fn made(&self) -> &[PathBuf] {
        match self {
            Self::Create { made, .. } => made,
            _ => &[],
        }
    }

    /// The name under which its file is written before it is in place.
    pub fn temporary(&self) -> Option<&str> {
        match self {
            Self::Create { temporary, .. }
            | Self::Edit { temporary, .. }
            | Self::Seal { temporary, .. } => Some(temporary),
            _ => None,
        }
    }
}

/// That a file holds private keys, and their public halves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    pub recipients: Vec<String>,
    /// Some key's public half is not known: then nobody can say what is encrypted to it.
    pub more: bool,
}

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Done,
    Failed,
    /// The run was cut off before the change took effect.
    NotDone,
    /// The run was cut off, and the file is neither as before nor as after.
    Changed,
    /// The run was cut off; undo looks at each part of it.
    Unsure,
    /// Written by another doorstep.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests;
