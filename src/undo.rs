//! Takes a run back, in reverse order, as its receipt says.
//!
//! Every change is looked at before it is taken back: one that was changed since is left alone and
//! said. An age key that existed before, or that anything in the fleet is still encrypted to, is
//! never removed. Undo writes into the same receipt, may be killed anywhere, and can be run again.

mod back;
mod commit;
mod named;

use std::collections::BTreeSet;
use std::path::Path;

use crate::apply::Attend;
use crate::event::Event;
use crate::problem::Problem;
use crate::receipt::{Ending, Fact, Journal, Recorded};
use crate::run::Runner;

use back::{Back, Undo};

/// What an undo did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// One sentence for each thing that is as before again.
    pub restored: Vec<String>,
    pub left: Vec<LeftAlone>,
    /// Steps that had something to take back.
    pub steps: usize,
    /// How many of them are as before in every part.
    pub steps_back: usize,
    /// The person asked to stop before it was through.
    pub stopped: bool,
}

/// Something that stays, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone {
    /// A path relative to the fleet or below `~` where it is one.
    pub what: String,
    /// Continues the sentence after a comma, such as `changed since`.
    pub why: String,
}

impl TakenBack {
    /// The result in one line.
    pub fn sentence(&self) -> String {
        if self.left.is_empty() && !self.stopped {
            return if self.steps == 0 {
                "There is nothing to take back.".to_owned()
            } else {
                "Taken back, byte for byte.".to_owned()
            };
        }
        let plural = if self.steps == 1 { "step" } else { "steps" };
        let mut text = format!("Taken back: {} of {} {plural}.", self.steps_back, self.steps);
        if !self.left.is_empty() {
            let left: Vec<_> =
                self.left.iter().map(|left| format!("{}, {}", left.what, left.why)).collect();
            text.push_str(&format!(" Left alone: {}.", left.join("; ")));
        }
        if self.stopped {
            text.push_str(" Stopped; run `doorstep undo` again for the rest.");
        }
        text
    }
}

/// Takes back what the receipt at `path` records.
///
/// `checkpoint` is called at named moments, where tests end the process: `undo/opened`, for each
/// change `undo/<n>/begun`, `…/written` (whole, but not in place yet), `…/replaced`, `…/closed`,
/// and `undo/finished`. There `n` is the change's number in the receipt.
///
/// # Errors
/// When the receipt cannot be read or written. What cannot be taken back is left alone and said.
pub fn undo(
    path: &Path,
    runner: &mut dyn Runner,
    attend: &mut dyn Attend,
    checkpoint: &dyn Fn(&str),
) -> Result<TakenBack, Problem> {
    let mut journal = Journal::reopen(path)?;
    checkpoint("undo/opened");
    let changes: Vec<Recorded> =
        journal.receipt().changes().into_iter().filter(has_something_to_take_back).collect();
    let mut taken = TakenBack {
        restored: Vec::new(),
        left: Vec::new(),
        steps: 0,
        steps_back: 0,
        stopped: false,
    };
    let mut not_back = BTreeSet::new();
    let is_committed = changes.iter().any(|change| matches!(change.change, Fact::Commit { .. }));
    let commits = changes.iter().filter_map(commit::recorded).map(str::to_owned);
    let commits: Vec<String> = commits.collect();
    // Files in which a key of ours stays.
    let mut keep_private: Vec<&Path> = Vec::new();
    for change in changes.iter().rev().filter(|change| !change.undone) {
        if taken.stopped || attend.stop() {
            taken.stopped = true;
            not_back.insert(change.step.as_str());
            continue;
        }
        let header = &journal.receipt().header;
        let name = |moment: &str| checkpoint(&format!("undo/{}/{moment}", change.n));
        name("begun");
        let back = if opens(&change.change, &keep_private) {
            back::left_private(header, change)
        } else {
            let (checkpoint, commits) = (&name, &commits);
            Undo { header, runner, checkpoint, is_committed, commits }.take_back(change)
        };
        name("replaced");
        let Back { restored, left } = back;
        if left.is_empty() {
            journal.undone(change.n)?;
        } else {
            not_back.insert(change.step.as_str());
            if let Fact::Append { path, keys: Some(_), .. } = &change.change {
                keep_private.push(path);
            }
        }
        for left in &left {
            journal.left(change.n, &left.what, &left.why)?;
            attend.event(Event::Said(format!("Left alone: {}, {}.", left.what, left.why)));
        }
        for sentence in &restored {
            attend.event(Event::Said(sentence.clone()));
        }
        taken.restored.extend(restored);
        taken.left.extend(left);
        name("closed");
    }
    let steps: BTreeSet<_> = changes.iter().map(|change| change.step.as_str()).collect();
    taken.steps = steps.len();
    taken.steps_back = steps.len() - not_back.len();
    if !taken.stopped {
        journal.taken_back(taken.left.len() as u64)?;
        checkpoint("undo/finished");
    }
    Ok(taken)
}

/// Whether taking this back would let others read a file of `private`.
fn opens(change: &Fact, private: &[&Path]) -> bool {
    match change {
        Fact::Mode { path, before, .. } => before & 0o077 != 0 && private.contains(&path.as_path()),
        _ => false,
    }
}

/// A change that did nothing may still have made folders for it.
fn has_something_to_take_back(change: &Recorded) -> bool {
    match (&change.change, change.ending) {
        (Fact::Run { leaves, .. }, ending) => leaves.is_some() && ending != Some(Ending::NotDone),
        (Fact::Activate {}, _) => change.facts.is_some(),
        (fact, Some(Ending::NotDone)) => !fact.made().is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
