//! What was looked for and found: the checks with how far they are, and logs with what they show.
//! Times are since the app began.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::log::{Lines, Store, Which};
use super::screen::SLOW;
use super::screen::finding::Opens;
use crate::check::report::Report;
use crate::check::{Check, Finding, Group, NotChecked};
use crate::look::Explained;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::run::Stream;

/// Everything that is looked for.
#[derive(Debug, Default)]
pub(crate) struct Looking {
    pub(crate) checks: Checks,
    /// The log that a person gave.
    pub(crate) log: Reading,
    /// The log of what failed.
    pub(crate) failure: Reading,
    /// Which finding is looked at, and how its page opens.
    pub(crate) at: usize,
    pub(crate) opens: Opens,
    /// Fixes that were applied, the newest last.
    pub(crate) mended: Vec<Mended>,
    /// While the checks are made again when something changes.
    pub(crate) watch: Option<Watch>,
}

/// How often it is looked whether something has changed.
pub(crate) const EVERY: Duration = Duration::from_secs(2);

/// Looking again and again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    /// When it is looked next.
    pub(crate) next: Duration,
    /// What the checks read, as one number; `None`: it was not looked at yet.
    pub(crate) print: Option<u64>,
    /// Whether that is going on.
    pub(crate) is_peeking: bool,
}

/// A fix that was applied.
#[derive(Debug, Clone)]
pub(crate) struct Mended {
    pub(crate) title: String,
    pub(crate) receipt: PathBuf,
}

/// Something that goes on beside, and can be given up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ticket {
    /// Tells it from others of its kind.
    pub(crate) id: u64,
    over: Arc<AtomicBool>,
}

impl Ticket {
    pub(crate) fn new(id: u64) -> Self {
        Self { id, over: Arc::default() }
    }

    /// Nobody waits for it any more.
    pub(crate) fn tear(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_torn(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// The checks and what came of them.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    ticket: Ticket,
    /// When they began; `None`: nothing runs.
    since: Option<Duration>,
    /// Those that are made, once that is known.
    made: Vec<&'static dyn Check>,
    heard: Vec<Told>,
    report: Option<Arc<Report>>,
}

/// What one check told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) check: &'static dyn Check,
    pub(crate) outcome: Result<Vec<Finding>, NotChecked>,
}

/// How far the checks of one group are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress<'a> {
    pub(crate) group: Group,
    /// How many are still going on, of how many.
    pub(crate) left: usize,
    pub(crate) of: usize,
    /// The worst that was found so far.
    pub(crate) found: Option<&'a Finding>,
    pub(crate) more: usize,
    /// Why one could not be made.
    pub(crate) not_checked: Option<&'a NotChecked>,
}

impl Checks {
    pub(crate) fn begin(&mut self, ticket: Ticket, now: Duration) {
        self.give_up();
        *self = Self { ticket, since: Some(now), ..Self::default() };
    }

    /// The same, while what was found last stays in sight: nothing moves that is looked at.
    pub(crate) fn begin_quietly(&mut self, ticket: Ticket, now: Duration) {
        let report = self.report.take();
        self.begin(ticket, now);
        self.report = report;
    }

    /// Nobody waits for them any more.
    pub(crate) fn give_up(&mut self) {
        if self.since.take().is_some() {
            self.ticket.tear();
        }
    }

    pub(crate) fn is_of(&self, id: u64) -> bool {
        self.ticket.id == id && self.since.is_some()
    }

    pub(crate) fn are(&mut self, made: Vec<&'static dyn Check>) {
        self.made = made;
    }

    pub(crate) fn heard(&mut self, told: Told) {
        self.heard.push(told);
    }

    pub(crate) fn end(&mut self, report: Arc<Report>) {
        self.since = None;
        self.heard.clear();
        self.report = Some(report);
    }

    pub(crate) fn is_running(&self) -> bool {
        self.since.is_some()
    }

    /// From when on it is told that they take a while.
    pub(crate) fn slow_from(&self) -> Option<Duration> {
        self.since.map(|since| since + SLOW)
    }

    pub(crate) fn report(&self) -> Option<&Arc<Report>> {
        self.report.as_ref()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.report.as_ref().map_or(self.made.len(), |report| report.checks())
    }

    /// Group by group; in the order in which what they find is told.
    pub(crate) fn progress(&self) -> Vec<Progress<'_>> {
        let of_group = |group: Group| {
            let of = self.made.iter().filter(|check| check.group() == group).count();
            let heard = self.heard.iter().filter(|told| told.check.group() == group);
            let mut found: Vec<&Finding> =
                heard.clone().filter_map(|told| told.outcome.as_ref().ok()).flatten().collect();
            found.sort_by_key(|finding| finding.severity);
            Progress {
                group,
                left: of - heard.clone().count().min(of),
                of,
                found: found.first().copied(),
                more: found.len().saturating_sub(1),
                not_checked: heard.clone().find_map(|told| told.outcome.as_ref().err()),
            }
        };
        Group::ALL.into_iter().map(of_group).filter(|progress| progress.of > 0).collect()
    }
}

/// A log and its explanation, or how far reading it is.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    ticket: Ticket,
    pub(crate) state: State,
    /// What was read, to be looked at.
    lines: Store,
    /// Where it came from: a file's name, or `pasted`.
    pub(crate) from: String,
}

#[derive(Debug, Default)]
pub(crate) enum State {
    /// Nothing was given.
    #[default]
    Nothing,
    /// So many bytes were read, since then.
    Reads(u64, Duration),
    Read(Arc<Explained>),
    Failed(Problem),
}

/// Whose lines they are in the store of a log.
const LOG: &str = "log";

/// What is kept of one is an excerpt, which is smaller.
const KEPT: usize = 64 << 20;

impl Reading {
    pub(crate) fn begin(&mut self, ticket: Ticket, from: String, now: Duration) {
        self.give_up();
        *self = Self { ticket, state: State::Reads(0, now), lines: Store::new(KEPT), from };
    }

    pub(crate) fn give_up(&mut self) {
        self.ticket.tear();
        if self.is_reading() {
            self.state = State::Nothing;
        }
    }

    /// Room for another.
    pub(crate) fn forget(&mut self) {
        self.give_up();
        *self = Self { ticket: self.ticket.clone(), ..Self::default() };
    }

    pub(crate) fn is_of(&self, id: u64) -> bool {
        self.ticket.id == id && self.is_reading()
    }

    pub(crate) fn told(&mut self, bytes: u64) {
        if let State::Reads(read, _) = &mut self.state {
            *read = bytes;
        }
    }

    pub(crate) fn end(&mut self, explained: Result<Arc<Explained>, Problem>) {
        self.state = match explained {
            Ok(explained) => {
                for line in &explained.excerpt.lines {
                    self.lines.push(LOG, Stream::Out, line);
                }
                State::Read(explained)
            }
            Err(problem) => State::Failed(problem),
        };
    }

    pub(crate) fn explained(&self) -> Option<&Arc<Explained>> {
        match &self.state {
            State::Read(explained) => Some(explained),
            _ => None,
        }
    }

    pub(crate) fn is_reading(&self) -> bool {
        matches!(self.state, State::Reads(..))
    }

    /// The excerpt, its lines counted from 0.
    pub(crate) fn lines(&self) -> Lines<'_> {
        self.lines.lines(Which::All)
    }

    /// Where line `number` of the log, counted from 1, is in the excerpt.
    pub(crate) fn place(&self, number: u64) -> Option<u64> {
        let at = number.checked_sub(self.explained()?.excerpt.first)?;
        (at < self.lines().end()).then_some(at)
    }
}

/// Whether a plan writes into the folder `root`, or changes what its git knows.
pub(crate) fn writes_in(plan: &Plan, root: &std::path::Path) -> bool {
    plan.steps.iter().flat_map(|step| &step.changes).any(|change| match change {
        crate::plan::Change::Track { repository, .. } => {
            repository.starts_with(root) || root.starts_with(repository)
        }
        change => change.path().is_some_and(|path| path.starts_with(root)),
    })
}
