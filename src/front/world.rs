//! What the full screen has the core do, and what it is told of the world: values that are made
//! on the worker's thread and shown on the screen's.

use std::path::{Path, PathBuf};

use crate::activate::update::Wish;
use crate::answers::{Answers, Hidden, KeyChoice, Settled};
use crate::apply::Attend;
use crate::check::report::Report;
use crate::fleet::Fleet;
use crate::front::Finish;
use crate::host::Host;
use crate::key::copy::{Copied, Likeness};
use crate::look::Look;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::question::{Found, Subject};
use crate::secrets::{Matrix, Row};
use crate::undo::TakenBack;

/// The core as the full screen sees it. It lives on a thread of its own, where it may take its
/// time.
pub trait Core: Send {
    /// Reads the fleet, from files alone.
    ///
    /// # Errors
    /// It is no fleet, or cannot be read.
    fn open(&mut self, which: &Which) -> Result<Opened, Problem>;

    /// Looks up what the questions need to know about this person.
    ///
    /// # Errors
    /// The fleet cannot be worked on.
    fn look(&mut self, subject: &Subject) -> Result<Found, Problem>;

    /// The public half of the key that a choice means. One that is made stays in memory.
    ///
    /// # Errors
    /// There is no such key.
    fn public_key(&mut self, choice: &KeyChoice) -> Result<String, Problem>;

    /// The home module as these answers would write it.
    ///
    /// # Errors
    /// The fleet's shape is not understood.
    fn module(&mut self, settled: &Settled) -> Result<Module, Problem>;

    /// Makes the plan of an errand; touches nothing.
    ///
    /// # Errors
    /// What stands against it.
    fn plan(&mut self, errand: &Errand) -> Result<Plan, Problem>;

    /// The fleet as it is now, with the files that are not what they were when it was read.
    /// `None`: nothing has changed.
    ///
    /// # Errors
    /// It cannot be read any more.
    fn changed(&mut self) -> Result<Option<(Fleet, Vec<PathBuf>)>, Problem>;

    /// Goes back to a run that was stopped: its answers, and what is left to be done.
    ///
    /// # Errors
    /// The receipt cannot be followed.
    fn resume(&mut self, receipt: &Path) -> Result<Resumed, Problem>;

    /// Carries out the plan that was made last for this errand, and says how it ended; what failed
    /// is in the [`Finish`].
    fn apply(&mut self, errand: &Errand, plan: &Plan, attend: &mut dyn Attend) -> Finish;

    /// Takes a run back.
    ///
    /// # Errors
    /// The receipt cannot be followed.
    fn undo(&mut self, receipt: &Path, attend: &mut dyn Attend) -> Result<TakenBack, Problem>;

    /// Who can read what.
    ///
    /// # Errors
    /// There are no rules, or they cannot be read.
    fn readers(&mut self) -> Result<Readers, Problem>;

    /// Everything that looking for what is wrong takes: it goes on beside what the core does.
    fn looking(&mut self) -> Look;

    /// Opens keys that are protected with this passphrase, and says who can read what with them.
    ///
    /// # Errors
    /// It opens none; or as [`Self::readers`].
    fn unlock(&mut self, passphrase: &Hidden) -> Result<Readers, Problem>;

    /// Writes down what was found for somebody else, without homes and secrets, as a new file.
    ///
    /// # Errors
    /// It cannot be written.
    fn report(&mut self, found: &Report) -> Result<PathBuf, Problem>;

    /// Saves a text for the person as a new file of this name, never over another.
    ///
    /// # Errors
    /// It cannot be written.
    fn save(&mut self, name: &str, text: &str) -> Result<PathBuf, Problem>;

    /// Saves a log the same way, without what must not leave the machine: private keys, the home's
    /// path, and names where they are not wanted. Where such a file is there already, it gets a
    /// number.
    ///
    /// # Errors
    /// It cannot be written.
    fn save_log(&mut self, name: &str, text: &str, names: bool) -> Result<PathBuf, Problem>;

    /// Copies the key file of the chosen key, which is saved by now, into a folder. `folder` is as
    /// it was typed: `~` is the home.
    ///
    /// # Errors
    /// See [`crate::key::copy::Original::copy_to`]; or the private half is not on this machine.
    fn copy_key(&mut self, choice: &KeyChoice, folder: &str) -> Result<Copied, Problem>;

    /// The private half of the chosen key, to be written down.
    ///
    /// # Errors
    /// It is not on this machine.
    fn private_key(&mut self, choice: &KeyChoice) -> Result<Hidden, Problem>;

    /// What a copy of the chosen key that the person gave is.
    ///
    /// # Errors
    /// There is no such key.
    fn check_copy(&mut self, choice: &KeyChoice, copy: &Hidden) -> Result<Likeness, Problem>;
}

/// What is planned, looked over, and carried out as one. Whatever it is, the same screens lead
/// through it: Review, Apply, Failure, Done.
#[derive(Debug, Clone, PartialEq)]
pub enum Errand {
    /// A home in the fleet, from these answers.
    Onboard(Box<Settled>),
    /// The fleet as it is, built and put in place; or the generation before.
    Update(Wish),
    /// Every encrypted file again, as the rules say.
    Rekey,
    /// What a finding offers: its plan is made with it.
    Fix { title: String },
}

impl Errand {
    /// The answers that it follows from, where somebody was asked.
    pub fn settled(&self) -> Option<&Settled> {
        match self {
            Self::Onboard(settled) => Some(settled),
            Self::Update(_) | Self::Rekey | Self::Fix { .. } => None,
        }
    }

    /// What planning it is called while it lasts.
    pub fn planning(&self) -> &'static str {
        match self {
            Self::Onboard(_) | Self::Update(_) | Self::Fix { .. } => "Making the plan",
            Self::Rekey => "Opening the files that differ",
        }
    }
}

/// Which fleet is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one of the command line, around the current folder, or used before.
    Known,
    /// The one that is open, read once more.
    Again,
    /// A folder or a git address.
    Named(String),
    /// The pretend one; an earlier practice folder is moved aside when that was agreed to.
    Practice { afresh: bool },
}

/// What opening found.
#[derive(Debug)]
pub enum Opened {
    World(Box<World>),
    /// There is no fleet here; folders that were fleets before.
    NoFleet {
        before: Vec<PathBuf>,
    },
    /// It is there and cannot be read; looking for what is wrong can.
    Broken(Problem),
    /// An earlier practice folder is there; its place for people.
    EarlierPractice {
        place: String,
    },
}

/// A fleet, a machine, a person, and how far they are.
#[derive(Debug, Clone)]
pub struct World {
    /// The pretend one in practice.
    pub host: Host,
    pub fleet: Fleet,
    /// The fleet's folder for people. In practice `~` in it is the real home: nobody knows the
    /// pretend one by that name.
    pub folder: String,
    pub practice: bool,
    /// The name under which the person acts, when it is not the account's.
    pub as_user: Option<String>,
    pub standing: Standing,
    pub unfinished: Option<Unfinished>,
    /// The branch that is checked out; read from `.git/HEAD`.
    pub branch: Option<String>,
    /// Why nothing can be written, when it cannot.
    pub read_only: Option<String>,
    /// What is so and worth knowing.
    pub notices: Vec<String>,
}

impl World {
    /// The user name of the person at the keyboard.
    pub fn person(&self) -> &str {
        self.as_user.as_deref().unwrap_or(&self.host.account.name)
    }
}

/// What is there of the person's home already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    pub key: bool,
    pub secrets_file: bool,
    pub module: bool,
    /// The number of the active generation.
    pub generation: Option<u64>,
}

/// A run that was stopped or killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub receipt: PathBuf,
    /// Whose home it was about.
    pub user: String,
    /// Steps that are done, of how many.
    pub done: usize,
    pub steps: usize,
    /// UTC, such as `2026-11-20T10:19:15Z`.
    pub started: String,
    /// The title of the step it stopped in.
    pub at: Option<String>,
}

/// Who can read what, and whose keys are here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readers {
    pub matrix: Matrix,
    /// For each column, whether its private half is here.
    pub here: Vec<bool>,
    /// Where keys are that a passphrase protects, and that are closed.
    pub locked: Vec<String>,
}

impl Readers {
    /// Whether a key that is here opens the file at `row`.
    pub fn opens(&self, row: &Row) -> bool {
        row.cells.iter().zip(&self.here).any(|(cell, here)| *here && cell.opens())
    }

    /// Names of the keys that open the file at `row`.
    pub fn openers(&self, row: &Row) -> Vec<String> {
        let cells = row.cells.iter().zip(&self.matrix.columns);
        cells.filter(|(cell, _)| cell.opens()).map(|(_, column)| column.label()).collect()
    }
}

/// A home module, as it will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Relative to the fleet's root.
    pub path: PathBuf,
    /// What is there now; empty where there is none.
    pub before: String,
    pub after: String,
}

/// A run to be gone on with.
#[derive(Debug)]
pub struct Resumed {
    pub errand: Errand,
    /// Whom it asked about, what was found and answered, where it began with questions.
    pub asked: Option<(Subject, Found, Answers)>,
    pub plan: Plan,
    /// Titles of the steps that are done already.
    pub done: Vec<String>,
}
