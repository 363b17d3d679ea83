//! What happens while a plan is carried out, as data: every front end folds the same events.

use std::path::PathBuf;

use crate::activate::nix_log::Record;
use crate::run::Stream;

/// One thing that happened. Times are measured by whoever folds.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Started {
        step: &'static str,
        /// The exact command, when the step is one.
        command: Option<String>,
    },
    Line {
        step: &'static str,
        stream: Stream,
        text: String,
    },
    /// A record of Nix's structured log, for those who fold a
    /// [`Build`](crate::activate::nix_log::Build). What a person would read of it comes as
    /// [`Event::Line`] as well; a fold takes in both, since scripts speak in lines only.
    Nix {
        step: &'static str,
        record: Record<'static>,
    },
    /// How far a build is, when that is known: things finished, and still to come with those at work.
    /// It comes when that changes, a few times a second at most.
    Progress {
        step: &'static str,
        done: usize,
        waiting: usize,
    },
    Ended {
        step: &'static str,
        outcome: Outcome,
        seconds: f64,
        changes: Vec<Changed>,
    },
    /// A file of the person's own that made way for the new home.
    InTheWay {
        file: PathBuf,
        kept_as: PathBuf,
    },
    /// A fact about the end, looked at just now.
    Checked(Checked),
    /// Words for the person that no other event carries.
    Said(String),
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It was so before; nothing to undo.
    AlreadySo,
    Failed {
        why: crate::problem::Problem,
    },
    NotRun {
        because: String,
    },
    /// The person asked to stop.
    Stopped,
}

impl Outcome {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::AlreadySo => "already_so",
            Self::Failed { .. } => "failed",
            Self::NotRun { .. } => "not_run",
            Self::Stopped => "stopped",
        }
    }
}

/// What a change did, for events and summaries; a secret is `<secret>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    Created {
        path: PathBuf,
        mode: u32,
        secret: bool,
    },
    Appended {
        path: PathBuf,
    },
    Edited {
        path: PathBuf,
        lines_added: usize,
        lines_removed: usize,
    },
    Mode {
        path: PathBuf,
        mode: u32,
    },
    Tracked {
        paths: Vec<PathBuf>,
    },
    /// `commit` is its whole name.
    Committed {
        commit: String,
        branch: Option<String>,
        files: usize,
    },
    Ran {
        command: String,
    },
    Activated {
        generation: PathBuf,
    },
}

/// One proved (or unprovable) fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Stable id, such as `generation`, `home-files`, `secrets`, `key-opens`.
    pub what: &'static str,
    pub verdict: Verdict,
    /// One sentence for people.
    pub words: String,
    /// Details for the JSON event, merged into it.
    pub data: serde_json::Map<String, serde_json::Value>,
}

/// Whether a fact holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    DoesNotHold,
    NotChecked,
}
