//! A run as its events tell it: which step is where, for how long, what was proved at the end.
//! Times are since the app began.

use std::path::PathBuf;
use std::time::Duration;

use crate::activate::nix_log::Build;
use crate::event::{Changed, Checked, Event, Outcome};
use crate::plan::{Needs, Plan};

/// What is being carried out, or was.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) steps: Vec<Step>,
    pub(crate) checked: Vec<Checked>,
    /// Files of the person's own that made way, with where they are now.
    pub(crate) kept: Vec<(PathBuf, PathBuf)>,
    /// What was said beside.
    pub(crate) said: Vec<String>,
    pub(crate) began: Duration,
    pub(crate) ended: Option<Duration>,
    /// What Nix says, for each step that is a command.
    builds: Vec<(&'static str, Build)>,
    /// How many lines of each step are taken in.
    heard: Vec<(&'static str, u64)>,
    /// Things that are built or fetched, and those still to come, once that is known.
    pub(crate) counts: Option<(usize, usize)>,
    /// When the last line came, and which it was.
    last: Option<(Duration, String)>,
    pub(crate) reins: Pull,
}

/// What the person asked for while it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub(crate) enum Pull {
    #[default]
    None,
    /// Stop after the running step.
    Stop,
    /// End the running command.
    End,
}

/// One step.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) why: String,
    pub(crate) needs_admin: bool,
    pub(crate) state: State,
    pub(crate) command: Option<String>,
    /// What it changed, once it has ended.
    pub(crate) changes: Vec<Changed>,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum State {
    Waits,
    Runs { since: Duration },
    Ended { outcome: Outcome, seconds: f64 },
}

impl Run {
    pub(crate) fn new(now: Duration, plan: &Plan) -> Self {
        let steps = plan.steps.iter().map(|step| Step {
            id: step.id,
            title: step.title.clone(),
            why: step.why.clone(),
            needs_admin: step.needs == Needs::Admin,
            state: State::Waits,
            command: None,
            changes: Vec::new(),
        });
        Self { steps: steps.collect(), began: now, ..Self::default() }
    }

    pub(crate) fn fold(&mut self, now: Duration, event: &Event) {
        match event {
            Event::Started { step, command } => {
                self.last = None;
                self.counts = None;
                if let Some(command) = command {
                    self.builds.push((*step, Build::of_command(command)));
                }
                if let Some(step) = self.step(step) {
                    step.state = State::Runs { since: now };
                    step.command.clone_from(command);
                }
            }
            Event::Ended { step, outcome, seconds, changes } => {
                if let Some(build) = self.build_mut(step) {
                    build.ended(now, *outcome == Outcome::Done);
                }
                if let Some(step) = self.step(step) {
                    step.changes.clone_from(changes);
                    step.state = State::Ended { outcome: outcome.clone(), seconds: *seconds };
                }
            }
            Event::Line { step, text, .. } => self.heard(now, step, text),
            Event::InTheWay { file, kept_as } => self.kept.push((file.clone(), kept_as.clone())),
            Event::Checked(checked) => self.checked.push(checked.clone()),
            Event::Said(words) => self.said.push(words.clone()),
            Event::Nix { step, record } => {
                if let Some(build) = self.build_mut(step) {
                    build.record(now, record);
                }
            }
            Event::Progress { done, waiting, .. } => self.counts = Some((*done, *waiting)),
        }
    }

    /// Notes that the lines of `step` up to `end` are taken in, and gives where they were before.
    pub(crate) fn has_heard(&mut self, step: &'static str, end: u64) -> u64 {
        match self.heard.iter_mut().find(|(of, _)| *of == step) {
            Some((_, heard)) => std::mem::replace(heard, end),
            None => {
                self.heard.push((step, end));
                0
            }
        }
    }

    /// A line came.
    pub(crate) fn heard(&mut self, now: Duration, step: &str, text: &str) {
        if let Some(build) = self.build_mut(step) {
            build.line(now, text);
        }
        if !text.trim().is_empty() {
            self.last = Some((now, text.to_owned()));
        }
    }

    /// What Nix says of this step, once it is a command that has begun.
    pub(crate) fn build(&self, step: &str) -> Option<&Build> {
        self.builds.iter().rev().find(|(id, _)| *id == step).map(|(_, build)| build)
    }

    fn build_mut(&mut self, step: &str) -> Option<&mut Build> {
        self.builds.iter_mut().rev().find(|(id, _)| *id == step).map(|(_, build)| build)
    }

    fn step(&mut self, id: &str) -> Option<&mut Step> {
        self.steps.iter_mut().find(|step| step.id == id)
    }

    /// The running step, by its place.
    pub(crate) fn running(&self) -> Option<(usize, &Step)> {
        let runs = |(_, step): &(usize, &Step)| matches!(step.state, State::Runs { .. });
        self.steps.iter().enumerate().find(runs)
    }

    pub(crate) fn failed(&self) -> Option<(usize, &Step)> {
        let failed = |(_, step): &(usize, &Step)| {
            matches!(step.state, State::Ended { outcome: Outcome::Failed { .. }, .. })
        };
        self.steps.iter().enumerate().find(failed)
    }

    /// Steps that are done or were so before.
    pub(crate) fn done(&self) -> usize {
        self.steps.iter().filter(|step| step.is_done()).count()
    }

    /// How long the running step has said nothing, and what it said last.
    pub(crate) fn quiet(&self, now: Duration) -> Option<(Duration, &str)> {
        let (_, step) = self.running()?;
        let State::Runs { since } = step.state else { return None };
        match &self.last {
            Some((at, text)) => Some((now.saturating_sub(*at), text)),
            None => Some((now.saturating_sub(since), "")),
        }
    }

    /// The step at which it came to its end before all were done.
    pub(crate) fn cut_short(&self) -> Option<(usize, &Step)> {
        self.failed().or_else(|| self.steps.iter().enumerate().find(|(_, step)| !step.is_done()))
    }

    /// How long all of it took, or takes until now.
    pub(crate) fn took(&self, now: Duration) -> Duration {
        self.ended.unwrap_or(now).saturating_sub(self.began)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ended.is_some()
    }
}

impl Step {
    /// How long it has run; nothing when it does not.
    pub(crate) fn running_for(&self, now: Duration) -> Duration {
        match self.state {
            State::Runs { since } => now.saturating_sub(since),
            _ => Duration::ZERO,
        }
    }

    /// When its clock shows the next second.
    pub(crate) fn next_second(&self, now: Duration) -> Duration {
        let ran = self.running_for(now);
        now + Duration::from_secs(1) - Duration::from_nanos(u64::from(ran.subsec_nanos()))
    }

    pub(crate) fn is_done(&self) -> bool {
        let State::Ended { outcome, .. } = &self.state else { return false };
        matches!(outcome, Outcome::Done | Outcome::AlreadySo)
    }
}
