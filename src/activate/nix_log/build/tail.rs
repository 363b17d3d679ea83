//! The ends of logs. One log keeps its last lines, and all logs together keep a fixed amount.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::activate::nix_log::words::cut;

/// What one log keeps for certain; it may hold twice as much before it is trimmed.
const TAIL: usize = 128 * 1024;

/// What all logs may hold together. Whoever carries out and whoever draws fold a build each.
const ALL: usize = 16 * 1024 * 1024;

/// The longest line that is kept whole.
const LONGEST_LINE: usize = 4096;

/// The last lines of something.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail {
    /// Lines, each with its end.
    text: String,
    gone: u64,
}

impl Tail {
    pub(super) fn push(&mut self, line: &str) {
        self.text.push_str(cut(line.trim_end_matches(['\n', '\r']), LONGEST_LINE));
        self.text.push('\n');
        if self.text.len() > 2 * TAIL {
            self.trim();
        }
    }

    /// Seldom, so that dropping lines costs little a line.
    fn trim(&mut self) {
        let from = self.text.len() - TAIL;
        let bytes = self.text.as_bytes();
        // A line ends in what is kept, since a line is shorter than a tail.
        let end = memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at + 1);
        self.gone += memchr::memchr_iter(b'\n', &bytes[..end]).count() as u64;
        self.text.drain(..end);
    }

    pub(super) fn lines(&self) -> std::str::Lines<'_> {
        self.text.lines()
    }

    pub(super) fn gone(&self) -> u64 {
        self.gone
    }
}

/// The logs of derivations, by path.
#[derive(Debug, Default)]
pub(super) struct Tails {
    logs: HashMap<Box<str>, Tail>,
    /// What all of them hold.
    size: usize,
    /// In the order in which they may go: builds that have ended.
    ended: VecDeque<Box<str>>,
    /// Those of failures, which go last.
    kept: HashSet<Box<str>>,
}

impl Tails {
    pub(super) fn of(&self, drv: &str) -> Option<&Tail> {
        self.logs.get(drv)
    }

    pub(super) fn push(&mut self, drv: &str, line: &str) {
        let log = match self.logs.get_mut(drv) {
            Some(log) => log,
            None => {
                self.size += drv.len();
                self.logs.entry(drv.into()).or_default()
            }
        };
        let before = log.text.capacity();
        log.push(line);
        self.size += log.text.capacity() - before;
        if self.size > ALL {
            self.make_room(drv);
        }
    }

    pub(super) fn ended(&mut self, drv: &str) {
        if self.logs.contains_key(drv) {
            self.ended.push_back(drv.into());
        }
    }

    /// A failure's log goes last.
    pub(super) fn keep(&mut self, drv: &str) {
        self.kept.insert(drv.into());
    }

    /// The oldest that ended goes; where none has, any other, and at last the failures'.
    fn make_room(&mut self, but: &str) {
        while self.size > ALL {
            let next = match self.ended.pop_front() {
                Some(next) if self.kept.contains(&next) => continue,
                Some(next) => Some(next),
                None => self.logs.keys().find(|drv| &***drv != but).cloned(),
            };
            let Some(next) = next else { return };
            if let Some(log) = self.logs.remove(&next) {
                self.size = self.size.saturating_sub(log.text.capacity() + next.len());
            }
        }
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.logs.iter().map(|(drv, log)| drv.len() + log.text.capacity()).sum()
    }
}
