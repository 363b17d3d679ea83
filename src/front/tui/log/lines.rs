//! What a pane looks at: the lines of one step with numbers of their own, or all.

use std::borrow::Cow;
use std::ops::Range;

use regex::Regex;

use super::grouped;
use super::steps::{Lane, Steps};
use super::store::Store;
use crate::run::Stream;

/// Whose lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    /// Of the step with this id.
    Step(&'static str),
}

/// One line, harmless for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    pub stream: Stream,
    pub text: &'a str,
}

/// Lines of a store, numbered from 0 without gaps. A line keeps its number when older ones are
/// lost, so [`Lines::first`] grows with time.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a> {
    store: &'a Store,
    whose: Whose<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Whose<'a> {
    All,
    Step(&'a Lane),
    /// A step that has said nothing.
    Nobody,
}

impl<'a> Lines<'a> {
    pub(super) fn new(store: &'a Store, steps: &'a Steps, which: Which) -> Self {
        let whose = match which {
            Which::All => Whose::All,
            Which::Step(step) => steps.lane(step).map_or(Whose::Nobody, Whose::Step),
        };
        Self { store, whose }
    }

    /// Number of the oldest that is kept: so many were lost.
    pub fn first(&self) -> u64 {
        match self.whose {
            Whose::All => self.store.first(),
            Whose::Step(lane) => lane.first(self.store.first()),
            Whose::Nobody => 0,
        }
    }

    /// One past the number of the newest: so many were said.
    pub fn end(&self) -> u64 {
        match self.whose {
            Whose::All => self.store.end(),
            Whose::Step(lane) => lane.end(),
            Whose::Nobody => 0,
        }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.first() == self.end()
    }

    /// Line `number`; none if it is lost or was never said.
    pub fn get(&self, number: u64) -> Option<Line<'a>> {
        match self.whose {
            Whose::All => self.store.line(number),
            Whose::Step(lane) => self.store.line(lane.number(number)?),
            Whose::Nobody => None,
        }
    }

    /// How many there are, for a heading: `1,204 lines`, with those lost if some are.
    pub fn tally(&self) -> String {
        let noun = if self.end() == 1 { "line" } else { "lines" };
        let said = format!("{} {noun}", grouped(self.end()));
        match self.first() {
            0 => said,
            lost => format!("{said}, the oldest {} not kept", grouped(lost)),
        }
    }

    /// Every line for a file, each passed through `redact`, which hides what must not be written
    /// down. Lines that were lost are told at the place where they were.
    pub fn saved(
        self,
        redact: impl Fn(&'a str) -> Cow<'a, str>,
    ) -> impl Iterator<Item = Cow<'a, str>> {
        let lost = self.first();
        let told = (lost > 0).then(|| {
            let noun = if lost == 1 { "line was" } else { "lines were" };
            Cow::from(format!("({} older {noun} not kept)", grouped(lost)))
        });
        let kept = (lost..self.end()).filter_map(move |n| self.get(n));
        told.into_iter().chain(kept.map(move |line| redact(line.text)))
    }

    /// The first line among `wanted` that matches.
    pub(super) fn find(&self, wanted: Range<u64>, regex: &Regex) -> Option<u64> {
        match self.whose {
            Whose::All => self.store.find(&wanted, regex),
            Whose::Step(lane) => lane
                .pieces(wanted)
                .find_map(|(all, lower)| Some(self.store.find(&all, regex)? - lower)),
            Whose::Nobody => None,
        }
    }

    /// The last line among `wanted` that matches.
    pub(super) fn find_last(&self, wanted: Range<u64>, regex: &Regex) -> Option<u64> {
        match self.whose {
            Whose::All => self.store.find_last(&wanted, regex),
            Whose::Step(lane) => lane
                .pieces(wanted)
                .rev()
                .find_map(|(all, lower)| Some(self.store.find_last(&all, regex)? - lower)),
            Whose::Nobody => None,
        }
    }
}
