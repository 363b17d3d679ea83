//! What people see and hear: each front end folds the same events, and none decides anything.
//!
//! The only module that may name a terminal library. Front ends speak to the core through
//! [`Work`], and the core speaks back through [`Attend`].

pub mod difference;
pub mod headless;
pub mod interview;
pub mod preview;
pub mod prompts;
pub(crate) mod runbook;
mod sanitise;
pub mod tui;
pub mod world;

use std::path::{Path, PathBuf};

use crate::activate::update::Wish;
use crate::answers::Settled;
use crate::apply::HandOver;
use crate::fleet::Fleet;
use crate::plan::{Change, Plan, Step};
use crate::problem::Problem;
use crate::question::{Found, Subject};

pub use crate::apply::Attend;
pub use sanitise::sanitise;

/// What a front end lets the core do. It is sent to a thread of its own while a plan is applied.
pub trait Work: Send {
    /// Looks up what the questions need to know about this person.
    fn look(&mut self, subject: &Subject) -> Result<Found, Problem>;

    /// Reads the fleet again; `None`: it is as it was.
    fn read_again(&mut self) -> Result<Option<Fleet>, Problem>;

    /// Makes the plan; touches nothing.
    fn plan(&mut self, settled: &Settled) -> Result<Plan, Problem>;

    /// Carries the plan out and says how it ended; what failed is in the [`Finish`].
    fn apply(&mut self, plan: &Plan, attend: &mut dyn Attend) -> Finish;

    /// Saves a text for the person (a runbook, a note, their answers) as a new file of this
    /// name, never over another, and says where.
    fn save(&mut self, name: &str, text: &str) -> Result<PathBuf, Problem>;
}

/// How it all ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    pub end: End,
    /// One sentence, such as `Your home is set up and active.`
    pub heading: String,
    pub receipt: Option<PathBuf>,
    /// What remains to be done, in order.
    pub left: Vec<Left>,
    /// Something for somebody else to read.
    pub note: Option<Note>,
    /// Why it failed, unless an event has said so.
    pub problem: Option<Problem>,
    /// To what was active before, by a plan of its own.
    pub back: Option<Back>,
}

impl Finish {
    /// Nothing was done, because of this.
    pub fn failed(problem: Problem) -> Self {
        Self {
            end: End::Failed,
            heading: "Nothing was done.".to_owned(),
            receipt: None,
            left: Vec::new(),
            note: None,
            problem: Some(problem),
            back: None,
        }
    }
}

/// The ways to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Done,
    AlreadySo,
    Failed,
    /// It can go on with `doorstep resume`.
    Stopped,
    /// Active, but the secrets are not readable yet.
    NotReadable,
}

impl End {
    /// For JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::AlreadySo => "already_so",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::NotReadable => "secrets_not_readable",
        }
    }

    pub fn exit(self) -> u8 {
        match self {
            Self::Done | Self::AlreadySo => 0,
            Self::Failed => 1,
            Self::Stopped => 3,
            Self::NotReadable => 4,
        }
    }
}

/// A way back that can be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// A verb with what it is about, such as `Go back to generation 3`.
    pub words: String,
    /// As it is typed.
    pub command: String,
    pub wish: Wish,
}

/// One thing that remains.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// The user name of whose turn it is.
    pub who: String,
    /// Stable id, such as `second-copy`.
    pub what: &'static str,
    /// One or two sentences, such as `Open a new Terminal window.`
    pub words: String,
    /// Details for JSON, merged into it.
    pub data: serde_json::Map<String, serde_json::Value>,
}

/// A text for somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub who: String,
    pub text: String,
}

/// What is said, in lines, before a command gets the terminal.
fn handed_over(hand: &HandOver) -> [String; 3] {
    [
        format!("The terminal is for `{}` now: {}", hand.program, hand.command),
        hand.why.clone(),
        format!("What you type goes to {} alone; a password is not shown.", hand.program),
    ]
}

/// What is said when it has ended.
fn taken_back(hand: &HandOver, exit: Option<&str>) -> String {
    match exit {
        Some(exit) => format!("`{}` has ended, with {exit}.", hand.program),
        None => format!("`{}` could not be started.", hand.program),
    }
}

/// With a capital at its start and a stop at its end.
pub(crate) fn sentence(text: &str) -> String {
    let mut text = prompts::capital(text);
    if !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}

/// Whether a step takes long enough to be announced: it builds.
fn takes_long(step: &Step) -> bool {
    step.changes.iter().any(|change| match change {
        Change::Run { .. } => true,
        Change::Activate(activation) => activation.package.is_none(),
        _ => false,
    })
}

/// `path` for people: relative to the fleet where it lies in it, else with `~`.
fn shown_path(host: &crate::host::Host, fleet: &Path, path: &Path) -> String {
    let text = match path.strip_prefix(fleet) {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.display().to_string(),
        _ => host.short(path),
    };
    sanitise(&text).into_owned()
}
