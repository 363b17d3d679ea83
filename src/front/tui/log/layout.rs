//! Lines as rows of one width. Every question is answered from the rows that are seen, never by
//! going through all lines.

use std::ops::Range;

use super::lines::Lines;
use super::rows::rows;

/// A place in the log that outlives a resize: a byte of a line, not a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) line: u64,
    /// Byte of the line; where a row begins, once it is settled.
    pub(super) at: usize,
}

/// A row that is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) line: u64,
    /// The whole line.
    pub(super) text: &'a str,
    /// What is in this row of it, when lines are wrapped; all of it otherwise.
    pub(super) bytes: Range<usize>,
}

/// Lines in a width, wrapped or one row each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) lines: Lines<'a>,
    pub(super) width: u16,
    pub(super) wrap: bool,
}

impl<'a> Layout<'a> {
    /// The start of the row that has `spot` in it; of the first row if its line is lost.
    pub(super) fn settle(&self, spot: Spot) -> Spot {
        let first = self.lines.first();
        if spot.line < first {
            return Spot { line: first, at: 0 };
        }
        let starts = self.starts(spot.line);
        let at = starts.into_iter().rfind(|at| *at <= spot.at).unwrap_or(0);
        Spot { line: spot.line, at }
    }

    /// `rows` further up, or the first row. `from` is settled.
    pub(super) fn up(&self, from: Spot, rows: usize) -> Spot {
        let mut starts: Vec<usize> =
            self.starts(from.line).into_iter().filter(|at| *at < from.at).collect();
        let (mut line, mut left, mut found) = (from.line, rows, from);
        while left > 0 {
            match starts.pop() {
                Some(at) => {
                    found = Spot { line, at };
                    left -= 1;
                }
                None if line <= self.lines.first() => break,
                None => {
                    line -= 1;
                    starts = self.starts(line);
                }
            }
        }
        found
    }

    /// `rows` further down, or the last row. `from` is settled.
    pub(super) fn down(&self, from: Spot, rows: usize) -> Spot {
        let reached = self.rows_from(from).take(rows.saturating_add(1)).last();
        reached.map_or(from, |row| Spot { line: row.line, at: row.bytes.start })
    }

    /// The topmost row when the last one is the `height`th.
    pub(super) fn bottom(&self, height: u16) -> Spot {
        let end = Spot { line: self.lines.end(), at: 0 };
        self.up(end, usize::from(height.max(1)))
    }

    /// Rows from a settled spot on.
    pub(super) fn rows_from(self, from: Spot) -> impl Iterator<Item = Row<'a>> {
        (from.line..self.lines.end()).flat_map(move |line| {
            let text = self.lines.get(line).map_or("", |l| l.text);
            let begin = if line == from.line { from.at } else { 0 };
            self.rows_of(text).skip_while(move |bytes| bytes.start < begin).map(move |bytes| Row {
                line,
                text,
                bytes,
            })
        })
    }

    fn rows_of(self, text: &'a str) -> impl Iterator<Item = Range<usize>> {
        let whole = (!self.wrap).then_some(0..text.len());
        let wrapped = self.wrap.then(|| rows(text, self.width));
        whole.into_iter().chain(wrapped.into_iter().flatten())
    }

    /// Where the rows of a line begin. A line has at most 4,001 characters, so that is bounded.
    fn starts(&self, line: u64) -> Vec<usize> {
        let text = self.lines.get(line).map(|l| l.text);
        text.map_or_else(Vec::new, |text| self.rows_of(text).map(|r| r.start).collect())
    }
}
