//! Records and plain lines folded into what a person wants to know: what runs and for how long,
//! what is done, what waits, what failed and why.
//!
//! It keeps no clock: whoever feeds it says when each line came, as the time since any moment. And
//! it keeps no more than it says: whatever comes, for however long, memory stays bounded (see the
//! constants of each part). What is over a bound is counted, or the oldest of it goes.

mod counting;
mod plain;
mod tail;
mod tasks;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use super::failure::Failure;
use super::record::{Message, Outcome, Record, Report};
use super::speaker;
use super::words::{self, cut};
use crate::run::{Command, shell_words};
use tail::{Tail, Tails};
use tasks::Tasks;

pub use counting::{Bytes, Counts};
pub use tasks::{Running, Task};

/// How many derivations and paths to come are known by name.
const MOST_PLANNED: usize = 50_000;
/// Failures that are kept; each is at most 16 KiB.
const MOST_FAILURES: usize = 200;
const MOST_FINISHED: usize = 1000;
const MOST_PHASES: usize = 500;
/// The longest name of anything.
const LONGEST_NAME: usize = 512;
/// The longest that is said last.
const LONGEST_LAST: usize = 300;

/// The state of a build and an activation.
#[derive(Debug, Default)]
pub struct Build {
    /// Whether any record came: then plain lines only repeat what Nix has said already.
    has_records: bool,
    tasks: Tasks,
    /// What Nix has announced and not begun.
    planned: HashSet<Box<str>>,
    /// Whether it has announced anything.
    has_plan: bool,
    failures: Vec<Failure>,
    failures_not_kept: usize,
    finished: VecDeque<Finished>,
    tails: Tails,
    /// What came as text.
    said: Tail,
    phases: Vec<Phase>,
    machines: Vec<Machine>,
    /// How many machines were given up, as it was said at the end.
    gave_up_on: Option<usize>,
    stage: Stage,
    /// When something was last heard of, and what it was.
    heard: Duration,
    last: String,
    /// Errors in plain text whose end has not come yet, by the machine that they are from.
    errors: BTreeMap<Option<usize>, String>,
    /// What may be the cause where nothing says so clearly; the first.
    suspicion: Option<Failure>,
    /// How often lines were left out because they came faster than they could be shown.
    left_out: u64,
    succeeded: Option<bool>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Nix reads the fleet, which it does without a word.
    #[default]
    Reading,
    Building,
    Activating,
    Ended,
}

/// A build that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Path of the derivation.
    pub drv: String,
    /// Where it was built; empty for here.
    pub host: String,
    pub took: Duration,
}

/// A part of an activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// As the script calls it, such as `writeBoundary`.
    pub name: String,
    /// Which machine, where several are updated at once.
    pub machine: Option<String>,
    pub began: Duration,
    /// `None` while it runs, and for ever where the activation failed in it.
    pub ended: Option<Duration>,
}

/// One of several machines that are updated at once.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    pub name: String,
    /// What it said last.
    pub last: String,
    /// Its first error.
    pub failure: Option<Failure>,
    /// Why there was no way to it, the last time that it was tried.
    pub unreachable: Option<String>,
    /// Why it was given up in the end; empty where that was not said.
    pub gave_up: Option<String>,
    said: Tail,
}

impl Machine {
    /// The end of what it said.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.said.lines()
    }
}

impl Build {
    pub fn new() -> Self {
        Self::default()
    }

    /// As it will be heard of `command`, given as it is typed. Where that updates machines by their
    /// names, as clan does, each has its own part: lines that are marked `[NAME] `.
    #[must_use]
    pub fn of_command(command: &str) -> Self {
        let mut words = shell_words(command).into_iter();
        let command = Command::new(words.next().unwrap_or_default()).args(words);
        let machine = |name| Machine { name, ..Machine::default() };
        let machines = speaker::machines(&command).into_iter().map(machine).collect();
        Self { machines, ..Self::default() }
    }

    /// Takes in a record that came at `at`.
    pub fn record(&mut self, at: Duration, record: &Record<'_>) {
        if !self.has_records {
            self.has_records = true;
            // What was guessed from text is known better now.
            self.tasks.forget_guesses();
        }
        self.heard = at;
        match record {
            Record::Message(message) => self.message(message),
            Record::Start { id, parent, level, activity, text } => {
                let task = Task::of(activity, text, *level);
                self.begin(at, *id, *parent, task, text);
            }
            Record::Stop { id } => {
                if let Some(finished) = self.tasks.stop(at, *id) {
                    self.finish(finished);
                }
            }
            Record::Result { id, report } => self.report(*id, report),
            Record::Unknown => {}
        }
    }

    /// Takes in a line of plain text that came at `at`. It may repeat in words what records say,
    /// as [`Event::Line`](crate::event::Event::Line) does: that counts once.
    pub fn line(&mut self, at: Duration, text: &str) {
        self.heard = at;
        self.plain_line(at, text);
    }

    /// Counts lines that were left out because nobody could follow.
    pub fn leave_out(&mut self, lines: u64) {
        self.left_out = self.left_out.saturating_add(lines);
    }

    /// The command has ended.
    pub fn ended(&mut self, at: Duration, success: bool) {
        self.end_errors();
        let failed = |name: &String| {
            self.machines.iter().any(|machine| machine.name == *name && machine.failure.is_some())
        };
        for phase in &mut self.phases {
            // What ran when it failed never came to its end.
            if success || phase.machine.as_ref().is_some_and(|name| !failed(name)) {
                phase.ended.get_or_insert(at);
            }
        }
        // What still ran was cut off; it runs no more, and nothing waits.
        self.tasks.cut_off();
        self.planned.clear();
        self.stage = Stage::Ended;
        self.succeeded = Some(success);
    }

    /// Whether Nix speaks in records. Where not, nothing is known of what is done.
    pub fn has_records(&self) -> bool {
        self.has_records
    }

    /// Whether the activity of this id counts others, rather than bytes.
    pub(crate) fn counts_by(&self, id: u64) -> bool {
        self.tasks.counts_by(id)
    }

    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// What runs, the longest first.
    pub fn running(&self, now: Duration) -> Vec<Running<'_>> {
        self.tasks.running(now)
    }

    /// Derivations.
    pub fn builds(&self) -> Counts {
        let failed = self.failures.iter().filter(|f| !f.is_consequence);
        let failed = failed.filter(|f| f.derivation().is_some()).count();
        self.tasks.builds(failed, self.planned(|path| path.ends_with(".drv")))
    }

    /// Store paths that come from elsewhere.
    pub fn copies(&self) -> Counts {
        self.tasks.copies(self.planned(|path| !path.ends_with(".drv")))
    }

    /// Bytes that are downloaded.
    pub fn downloads(&self) -> Bytes {
        self.tasks.downloads()
    }

    /// What failed: causes first, then what failed only because of them.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        let of = |consequence: bool| {
            self.failures.iter().filter(move |f| f.is_consequence == consequence)
        };
        of(false).chain(of(true))
    }

    /// Failures beyond those that are kept.
    pub fn failures_not_kept(&self) -> usize {
        self.failures_not_kept
    }

    /// What made all of it fail. `None` after a success, whatever failed on the way: a tool may
    /// try one thing before another.
    pub fn cause(&self) -> Option<&Failure> {
        if self.succeeded == Some(true) {
            return None;
        }
        self.failures().next().or(self.suspicion.as_ref())
    }

    /// How it ended; `None` before that.
    pub fn succeeded(&self) -> Option<bool> {
        self.succeeded
    }

    /// Builds that ended, in order; the newest 1,000.
    pub fn finished(&self) -> impl DoubleEndedIterator<Item = &Finished> {
        self.finished.iter()
    }

    /// The end of one derivation's log.
    pub fn log(&self, drv: &str) -> impl DoubleEndedIterator<Item = &str> {
        self.tails.of(drv).into_iter().flat_map(Tail::lines)
    }

    /// Lines of that log that are not kept any more.
    pub fn log_lines_gone(&self, drv: &str) -> u64 {
        self.tails.of(drv).map_or(0, Tail::gone)
    }

    /// The end of what came as text, by [`Self::line`].
    pub fn said(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.said.lines()
    }

    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// Those that the command names, see [`Self::of_command`].
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// How many of them were given up, as the command has said in the end.
    pub fn gave_up_on(&self) -> Option<usize> {
        self.gave_up_on
    }

    /// For how long nothing was heard, and what was last; `None` for less than `after`.
    pub fn quiet(&self, now: Duration, after: Duration) -> Option<(Duration, &str)> {
        let quiet = now.saturating_sub(self.heard);
        (self.succeeded.is_none() && quiet >= after).then_some((quiet, self.last.as_str()))
    }

    /// Lines that were left out because they came faster than they could be taken.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// What a person would read of `record`, a line each. Ask after taking it in.
    pub fn human(&self, record: &Record<'_>) -> Vec<String> {
        match record {
            Record::Result { id, report: Report::Log(line) } => match self.tasks.derivation(*id) {
                Some(drv) => vec![format!("{}> {line}", name_of(drv))],
                None => vec![line.clone().into_owned()],
            },
            other => words::human(other)
                .map(|text| text.lines().map(str::to_owned).collect())
                .unwrap_or_default(),
        }
    }

    fn begin(&mut self, at: Duration, id: u64, parent: u64, task: Task, text: &str) {
        let name = match &task {
            Task::Build { drv, .. } => Some(drv),
            Task::Substitute { path, .. } | Task::Copy { path, .. } => Some(path),
            _ => None,
        };
        if let Some(name) = name {
            self.planned.remove(name.as_str());
        }
        match &task {
            Task::Reading { .. } if !self.tasks.is_at_work() => self.stage = Stage::Reading,
            Task::Build { .. } | Task::Substitute { .. } | Task::Copy { .. } => {
                self.stage = self.stage.max_of_building();
            }
            _ => {}
        }
        if let Some(words) = task.words() {
            self.note(&words);
        } else if !text.is_empty() {
            self.note(text);
        }
        self.tasks.start(at, id, parent, task);
    }

    fn report(&mut self, id: u64, report: &Report<'_>) {
        match report {
            Report::Log(line) => {
                self.note(line);
                if let Some(drv) = self.tasks.derivation(id) {
                    self.tails.push(drv, line);
                }
            }
            Report::Phase(phase) => self.tasks.phase(id, phase),
            Report::Progress { done, expected, running, failed } => {
                self.tasks.progress(id, [*done, *expected, *running, *failed]);
            }
            Report::Expect { kind, count } => self.tasks.expect(id, *kind, *count),
            Report::Fetching(text) => self.note(text),
            Report::Ended { drv, outcome: Outcome::Failed } => {
                let text = format!("error: Cannot build '{drv}'.\nReason: it failed.");
                self.fail(Failure::read(&text, None));
            }
            Report::Ended { .. } | Report::Other(_) => {}
        }
    }

    fn message(&mut self, message: &Message<'_>) {
        let text = words::plain(&message.text);
        if let Some(path) = text.strip_prefix("  /nix/store/") {
            return self.plan(path);
        }
        if text.starts_with("evaluating file") && !self.tasks.is_at_work() {
            self.stage = self.stage.reading_again();
        }
        if let Some(first) = text.lines().find(|line| !line.trim().is_empty()) {
            self.note(first);
        }
        if message.level == 0 {
            self.fail(Failure::read(&text, message.at.as_ref()));
        }
    }

    /// How much of what was announced is left; `None` when nothing was announced.
    fn planned(&self, is_meant: impl Fn(&str) -> bool) -> Option<usize> {
        self.has_plan.then(|| self.planned.iter().filter(|path| is_meant(path)).count())
    }

    /// `path` is what comes after `  /nix/store/` in a list of what will be built or fetched.
    fn plan(&mut self, path: &str) {
        self.has_plan = true;
        if self.planned.len() < MOST_PLANNED && path.len() < LONGEST_NAME {
            self.planned.insert(format!("/nix/store/{}", path.trim_end()).into());
        }
    }

    fn finish(&mut self, finished: Finished) {
        self.tails.ended(&finished.drv);
        // Older Nix tells the failure first.
        if self.failures.iter().any(|f| f.derivation() == Some(&finished.drv)) {
            return;
        }
        if self.finished.len() == MOST_FINISHED {
            self.finished.pop_front();
        }
        self.finished.push_back(finished);
    }

    /// Nix repeats its errors: once when it happens, once at the end, and on a terminal as text.
    fn fail(&mut self, failure: Option<Failure>) {
        let Some(failure) = failure else { return };
        if let Some(drv) = failure.derivation() {
            self.planned.remove(drv);
        }
        let is_same = |known: &Failure| match (known.derivation(), failure.derivation()) {
            (Some(known), Some(new)) => known == new,
            (None, None) => known.reason == failure.reason && known.machine == failure.machine,
            _ => false,
        };
        if let Some(known) = self.failures.iter().position(is_same) {
            let known = &mut self.failures[known];
            if failure.says_more_than(known) {
                *known = failure;
            }
        } else if self.failures.len() < MOST_FAILURES {
            if let Some(drv) = failure.derivation() {
                self.tails.keep(drv);
                self.finished.retain(|finished| finished.drv != drv);
            }
            self.failures.push(failure);
        } else {
            self.failures_not_kept += 1;
        }
    }

    fn note(&mut self, text: &str) {
        self.last.clear();
        self.last.push_str(cut(text.trim(), LONGEST_LAST));
    }
}

impl Stage {
    /// Building, unless an activation has begun: it may build a little itself.
    fn max_of_building(self) -> Self {
        if self == Self::Activating { self } else { Self::Building }
    }

    fn reading_again(self) -> Self {
        if self == Self::Activating { self } else { Self::Reading }
    }
}

/// `tool-1.2` of `/nix/store/<hash>-tool-1.2.drv`, for people.
pub fn name_of(path: &str) -> &str {
    let base = path.rsplit('/').next().unwrap_or(path);
    let name = match base.split_once('-') {
        Some((hash, name)) if hash.len() == 32 => name,
        _ => base,
    };
    name.strip_suffix(".drv").unwrap_or(name)
}

#[cfg(test)]
mod tests;
