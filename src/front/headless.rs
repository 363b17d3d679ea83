//! Without a person: events become JSON lines on standard output or short lines for a log.
//!
//! It never asks. A reader that went away (a closed pipe) is no failure of the work.

mod json;
mod view;
mod words;

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Finish;
use crate::activate::{InTheWay, InTheWayChoice};
use crate::apply::{Attend, HandOver};
use crate::event::Event;
use crate::host::Host;
use crate::plan::Plan;
use crate::problem::Problem;

pub use json::{Json, problem_event};
pub use view::view;
pub use words::Words;

/// Tells what happens. Nothing here can fail: a reader that went away is no trouble.
pub trait Report {
    fn planned(&mut self, plan: &Plan, user: &str);
    fn event(&mut self, event: &Event);
    /// Nothing more is known just now: what waits to be written goes out.
    fn rest(&mut self) {}
    fn finish(&mut self, finish: &Finish);
    /// What ended it before there was a plan, with the exit code.
    fn problem(&mut self, problem: &Problem, exit: u8);
}

/// What a report has to know to speak of paths and people.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub host: &'a Host,
    pub fleet: &'a Path,
    pub practice: bool,
}

/// Attends by the answers given beforehand.
pub struct Unattended<'a> {
    pub reports: Vec<&'a mut dyn Report>,
    pub in_the_way: InTheWayChoice,
    pub stop: &'a AtomicBool,
}

impl Attend for Unattended<'_> {
    fn event(&mut self, event: Event) {
        for report in &mut self.reports {
            report.event(&event);
        }
    }

    fn rest(&mut self) {
        for report in &mut self.reports {
            report.rest();
        }
    }

    fn in_the_way(&mut self, _files: &[InTheWay]) -> InTheWayChoice {
        self.in_the_way
    }

    fn stop(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn hand_over(&mut self, hand: &HandOver) {
        for words in super::handed_over(hand) {
            self.event(Event::Said(words));
        }
    }

    fn taken_back(&mut self, hand: &HandOver, exit: Option<&str>) {
        self.event(Event::Said(super::taken_back(hand, exit)));
    }
}

/// Bytes that may wait to be written.
const MOST_WAITING: usize = 32 * 1024;

/// Writes lines until somebody stops reading.
#[derive(Debug)]
struct Sink<W> {
    out: W,
    /// Whole lines.
    waiting: Vec<u8>,
    failed: Option<io::Error>,
}

impl<W: Write> Sink<W> {
    fn new(out: W) -> Self {
        Self { out, waiting: Vec::new(), failed: None }
    }

    /// One line at once, so that two writers never mix within a line.
    fn line(&mut self, line: &str) {
        self.one_of_many(line);
        self.rest();
    }

    /// The same for what comes by the thousand: it may wait for others until there is a
    /// [`Self::rest`], since a write for each would cost more than all else that is done with it.
    fn one_of_many(&mut self, line: &str) {
        self.waiting.extend_from_slice(line.as_bytes());
        self.waiting.push(b'\n');
        if self.waiting.len() > MOST_WAITING {
            self.rest();
        }
    }

    fn rest(&mut self) {
        if self.failed.is_none() && !self.waiting.is_empty() {
            let written = self.out.write_all(&self.waiting).and_then(|()| self.out.flush());
            self.failed = written.err();
        }
        self.waiting.clear();
    }

    /// What kept lines from being written; that nobody reads any more is no trouble.
    fn trouble(&self) -> Option<&io::Error> {
        self.failed.as_ref().filter(|e| e.kind() != io::ErrorKind::BrokenPipe)
    }
}

#[cfg(test)]
mod tests;
