//! Which lines are whose. Steps run one after the other, so the lines of each are few long runs,
//! and a step's own numbering costs next to nothing however much it says.

use std::collections::VecDeque;
use std::ops::Range;

/// The runs of every step that has said something.
#[derive(Debug, Default)]
pub(super) struct Steps {
    lanes: Vec<Lane>,
    /// Index of the one that spoke last.
    last: usize,
}

/// The lines of one step.
#[derive(Debug)]
pub(super) struct Lane {
    step: &'static str,
    /// Oldest first; those whose lines are lost are gone.
    runs: VecDeque<Run>,
    /// How many lines it has said.
    said: u64,
}

/// Lines that a step said with no other's between them.
#[derive(Debug)]
struct Run {
    /// Number of the first among all lines.
    first: u64,
    /// Number of the first among the step's own.
    own: u64,
    len: u64,
}

impl Run {
    fn all(&self) -> Range<u64> {
        self.first..self.first + self.len
    }
}

impl Steps {
    /// Bytes that a run takes.
    pub(super) const RUN: usize = size_of::<Run>();

    /// Notes that line `number` is `step`'s, and says whether that began a run.
    pub(super) fn said(&mut self, step: &'static str, number: u64) -> bool {
        // Nearly always it is the very same text; only then need it not be compared.
        let is_same = |lane: &Lane| std::ptr::eq(lane.step, step) || lane.step == step;
        let goes_on = self.lanes.get(self.last).is_some_and(is_same);
        if !goes_on {
            let known = self.lanes.iter().position(is_same);
            self.last = known.unwrap_or(self.lanes.len());
            if known.is_none() {
                self.lanes.push(Lane { step, runs: VecDeque::new(), said: 0 });
            }
        }
        let Some(lane) = self.lanes.get_mut(self.last) else { return false };
        let own = lane.said;
        lane.said += 1;
        match lane.runs.back_mut() {
            Some(run) if goes_on => {
                run.len += 1;
                false
            }
            _ => {
                lane.runs.push_back(Run { first: number, own, len: 1 });
                true
            }
        }
    }

    /// Forgets runs that end before line `first`.
    pub(super) fn forget(&mut self, first: u64) {
        for lane in &mut self.lanes {
            while lane.runs.front().is_some_and(|run| run.all().end <= first) {
                lane.runs.pop_front();
            }
        }
    }

    pub(super) fn lane(&self, step: &str) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.step == step)
    }
}

impl Lane {
    /// Own number of its oldest line that is kept, if lines are kept from `first` on.
    pub(super) fn first(&self, first: u64) -> u64 {
        self.runs.front().map_or(self.said, |run| run.own + first.saturating_sub(run.first))
    }

    /// How many lines it has said.
    pub(super) fn end(&self) -> u64 {
        self.said
    }

    /// The number among all lines of its own line `own`.
    pub(super) fn number(&self, own: u64) -> Option<u64> {
        let run = self.runs.get(self.run_of(own)?)?;
        let number = run.first + (own - run.own);
        run.all().contains(&number).then_some(number)
    }

    /// Pieces of `own` in both numberings, in order: what all call them, and how much lower the
    /// step's own numbers are.
    pub(super) fn pieces(
        &self,
        own: Range<u64>,
    ) -> impl DoubleEndedIterator<Item = (Range<u64>, u64)> {
        let from = self.run_of(own.start).unwrap_or(0);
        let to = self.run_of(own.end).map_or(0, |last| last + 1);
        self.runs.range(from.min(to)..to).map(move |run| {
            let start = own.start.max(run.own);
            let end = own.end.min(run.own + run.len).max(start);
            let lower = run.first - run.own;
            (start + lower..end + lower, lower)
        })
    }

    fn run_of(&self, own: u64) -> Option<usize> {
        self.runs.partition_point(|run| run.own <= own).checked_sub(1)
    }
}
