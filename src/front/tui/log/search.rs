//! What is searched for in a log, and where it was found.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::lines::Lines;
use crate::front::sanitise;

/// Characters of a query that are taken; nobody reads more in one row.
const LONGEST: usize = 200;

/// Where to look next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Down,
    Up,
}

/// A search for a text, in which upper and lower case are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    query: String,
    regex: Option<Regex>,
    /// Whether the query is still being typed.
    pub(super) typing: bool,
    pub(super) found: Found,
}

/// How the last look ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing was looked for yet.
    #[default]
    NotTried,
    /// In this line.
    In(u64),
    Nowhere,
}

impl Search {
    pub(super) fn typed() -> Self {
        Self { typing: true, ..Self::default() }
    }

    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// Takes what was typed or pasted, made as harmless as the lines are: what no line has
    /// cannot be found, and the query is shown.
    pub(super) fn add(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.query.chars().count());
        self.query.extend(sanitise(text).chars().take(room));
        self.compile();
    }

    /// Takes the last character back; false if there was none.
    pub(super) fn erase(&mut self) -> bool {
        let had = self.query.pop().is_some();
        self.compile();
        had
    }

    fn compile(&mut self) {
        let mut pattern = RegexBuilder::new(&regex::escape(&self.query));
        // An escaped text of this length always compiles; without a pattern nothing is found.
        self.regex = pattern.case_insensitive(true).build().ok().filter(|_| !self.query.is_empty());
        self.found = Found::NotTried;
    }

    /// Looks for the nearest line that has it, from line `from` on (or, going up, before it), and
    /// at the other end when there is none.
    pub(super) fn look(&mut self, lines: &Lines, from: u64, direction: Direction) -> Option<u64> {
        let regex = self.regex.as_ref()?;
        let (first, end) = (lines.first(), lines.end());
        let from = from.clamp(first, end);
        let line = match direction {
            Direction::Down => {
                lines.find(from..end, regex).or_else(|| lines.find(first..from, regex))
            }
            Direction::Up => {
                lines.find_last(first..from, regex).or_else(|| lines.find_last(from..end, regex))
            }
        };
        self.found = line.map_or(Found::Nowhere, Found::In);
        line
    }

    /// The line the search stands on.
    pub(super) fn line(&self) -> Option<u64> {
        match self.found {
            Found::In(line) => Some(line),
            Found::NotTried | Found::Nowhere => None,
        }
    }

    /// Every place in a line that has it.
    pub(super) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let regex = self.regex.as_ref();
        regex.map_or_else(Vec::new, |regex| regex.find_iter(text).map(|m| m.range()).collect())
    }
}
