//! Carries out a plan, step by step, and says what really happened.
//!
//! Each change is written into the receipt before it is made and closed after, so that a run that
//! is killed anywhere can be finished or undone. What is already so is left alone and leaves
//! nothing to undo. After a failed step nothing more is done.

mod batch;
mod change;
mod commit;
mod overheard;

use std::time::Instant;

use crate::activate::kept_log::KeptLog;
use crate::activate::machines::Ends;
use crate::activate::{Coming, InTheWay, InTheWayChoice};
use crate::event::{Changed, Event, Outcome};
use crate::plan::{Change, Plan, Step};
use crate::problem::Problem;
use crate::receipt::{Journal, PlannedStep};
use crate::run::{Command, Runner};

pub(crate) use commit::own_changes;
pub(crate) use overheard::Overheard;

/// A command that gets the person's terminal for a while, because it may ask them something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    pub step: &'static str,
    /// As it would be typed.
    pub command: String,
    /// One sentence: what it asks for.
    pub why: String,
    /// Who asks: the program that reads what is typed.
    pub program: String,
}

/// Whoever watches a run and may be asked during it.
pub trait Attend {
    fn event(&mut self, e: Event);
    /// Nothing more is known just now. After lines that came together it comes once.
    fn rest(&mut self) {}
    /// Files of the person's own would be replaced.
    fn in_the_way(&mut self, files: &[InTheWay]) -> InTheWayChoice;
    /// Whether the person asked to stop. Looked at between steps.
    fn stop(&mut self) -> bool;
    /// A new home or system is built and shown, and would now be put in place. Whoever has asked
    /// before need not ask again.
    fn agree(&mut self, _coming: &Coming) -> bool {
        true
    }
    /// A command is about to get the terminal: nothing is drawn or read there when this returns.
    fn hand_over(&mut self, _: &HandOver) {}
    /// It has ended, as `exit` says, or could not be started, and the terminal is ours again.
    fn taken_back(&mut self, _: &HandOver, _exit: Option<&str>) {}
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Every step of the plan, by id.
    pub steps: Vec<(&'static str, Outcome)>,
    /// Of the whole run: `Done`, `AlreadySo`, `Failed` or `Stopped`.
    pub outcome: Outcome,
    /// How the update of each machine ended that a command was run for.
    pub machines: Ends,
}

/// Carries out `plan`.
///
/// `checkpoint` is called at named moments, where tests end the process: `receipt-opened`, for
/// each change `<step>/<n>/recorded`, `…/written` (whole, but not in place yet), `…/replaced`,
/// `…/closed`, and `finished`. There `n` counts the step's changes from 1. A step that only edits
/// files makes many at once: their `recorded` come first, their `written` in any order. A command
/// that updates machines has `…/told` once it is written down how each of them ended.
///
/// # Errors
/// Only when the receipt itself cannot be written; a change that fails is an outcome.
pub fn apply(
    plan: &Plan,
    journal: &mut Journal,
    runner: &mut dyn Runner,
    attend: &mut dyn Attend,
    checkpoint: &dyn Fn(&str),
) -> Result<Summary, Problem> {
    if !plan.bounds.iter().all(|bound| journal.bounds().contains(bound)) {
        return Err(Problem::bug("the plan may write where its receipt could not undo"));
    }
    let planned = plan.steps.iter();
    let planned = planned.map(|s| PlannedStep { id: s.id.to_owned(), title: s.title.clone() });
    journal.planned(planned.collect())?;
    checkpoint("receipt-opened");
    let log = KeptLog::beside(journal.path());
    let mut run = Run { journal, runner, attend, checkpoint, log, machines: Vec::new() };
    let mut steps = Vec::new();
    let mut halted: Option<Halt> = None;
    // The first of those that the rest did not wait for.
    let mut failed: Option<Outcome> = None;
    for step in &plan.steps {
        if halted.is_none() && run.attend.stop() {
            halted = Some(Halt { outcome: Outcome::Stopped, because: "you asked to stop".into() });
        }
        let outcome = match &halted {
            Some(halt) => run.skip(step, halt)?,
            None => run.step(step)?,
        };
        let goes_on = plan.independent.contains(&step.id);
        match &outcome {
            Outcome::Failed { .. } if goes_on => failed = failed.or_else(|| Some(outcome.clone())),
            Outcome::Failed { .. } | Outcome::Stopped => {
                let because = format!("`{}` was not done", step.title);
                halted = Some(Halt { outcome: outcome.clone(), because });
            }
            _ => {}
        }
        steps.push((step.id, outcome));
    }
    let outcome = match halted.map(|halt| halt.outcome).or(failed) {
        Some(outcome) => outcome,
        None if steps.iter().all(|(_, o)| *o == Outcome::AlreadySo) => Outcome::AlreadySo,
        None => Outcome::Done,
    };
    run.journal.finished(&outcome)?;
    checkpoint("finished");
    Ok(Summary { steps, outcome, machines: run.machines })
}

/// Why the rest is not run.
struct Halt {
    outcome: Outcome,
    because: String,
}

/// What every change needs.
struct Run<'a> {
    journal: &'a mut Journal,
    runner: &'a mut dyn Runner,
    attend: &'a mut dyn Attend,
    checkpoint: &'a dyn Fn(&str),
    log: KeptLog,
    /// What became of machines so far.
    machines: Ends,
}

impl Run<'_> {
    fn step(&mut self, step: &Step) -> Result<Outcome, Problem> {
        let started = Instant::now();
        let command = step.command().map(Command::typed);
        self.attend.event(Event::Started { step: step.id, command });
        let mut changes = Vec::new();
        let result = self.changes(step, &mut changes);
        let outcome = match result {
            // A command that was ended because the person asked to stop has not failed.
            Err(_) if runs_commands(step) && self.attend.stop() => Outcome::Stopped,
            Err(why) => Outcome::Failed { why },
            Ok(()) if changes.is_empty() => Outcome::AlreadySo,
            Ok(()) => Outcome::Done,
        };
        let seconds = started.elapsed().as_secs_f64();
        self.ended(step, outcome, seconds, changes)
    }

    fn changes(&mut self, step: &Step, done: &mut Vec<Changed>) -> Result<(), Problem> {
        if let Some(edits) = batch::edits(step) {
            return self.edit_all(&edits, done);
        }
        for (index, change) in step.changes.iter().enumerate() {
            done.extend(self.change(step.id, index + 1, change)?);
        }
        Ok(())
    }

    fn skip(&mut self, step: &Step, halt: &Halt) -> Result<Outcome, Problem> {
        let outcome = Outcome::NotRun { because: halt.because.clone() };
        self.ended(step, outcome, 0.0, Vec::new())
    }

    fn ended(
        &mut self,
        step: &Step,
        outcome: Outcome,
        seconds: f64,
        changes: Vec<Changed>,
    ) -> Result<Outcome, Problem> {
        let ended = Event::Ended { step: step.id, outcome: outcome.clone(), seconds, changes };
        self.attend.event(ended);
        self.journal.step(step.id, outcome.word())?;
        Ok(outcome)
    }
}

fn runs_commands(step: &Step) -> bool {
    step.changes.iter().any(|c| {
        matches!(
            c,
            Change::Commit(_) | Change::Run { .. } | Change::Activate(_) | Change::Switch(_)
        )
    })
}

#[cfg(test)]
mod tests;
