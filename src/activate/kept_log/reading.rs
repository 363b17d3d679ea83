//! Logs read again: our own, and what Nix itself has printed.

use std::io::{self, BufRead, Read as _};
use std::time::Duration;

use super::TITLE;
use crate::activate::nix_log::{self, Line, Record};
use crate::run::Stream;

/// The longest line that is read; the rest of a longer one is a line of its own.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// One line of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Since the command began; zero where the log does not say.
    pub at: Duration,
    pub what: What,
}

/// What it tells.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Began {
        step: String,
        command: String,
    },
    Line(Stream, String),
    /// `has_text`: what it tells stands in a line of its own too.
    Record {
        record: Record<'static>,
        has_text: bool,
    },
    LeftOut(u64),
    Ended {
        success: bool,
        how: String,
    },
    /// Something about the log itself.
    Note(String),
}

/// Every line of a log that can be read: one of ours, `@nix` lines among text, or what
/// `json-log-path` wrote. A line that is cut off is left out.
pub fn entries(log: impl BufRead) -> impl Iterator<Item = io::Result<Entry>> {
    let mut log = log;
    let mut is_ours = None;
    std::iter::from_fn(move || {
        loop {
            let mut line = Vec::new();
            match log.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(e) => return Some(Err(e)),
            }
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            if is_ours.is_none() {
                is_ours = Some(line == TITLE.as_bytes());
                if is_ours == Some(true) {
                    continue;
                }
            }
            let entry = if is_ours == Some(true) { ours(&line) } else { raw(&line) };
            if let Some(entry) = entry {
                return Some(Ok(entry));
            }
        }
    })
}

fn ours(line: &[u8]) -> Option<Entry> {
    let text = String::from_utf8_lossy(line);
    let (at, rest) = text.split_once(' ')?;
    let at = Duration::from_millis(at.parse().ok()?);
    let (mark, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let what = match mark {
        "$" => {
            let (step, command) = rest.split_once(' ')?;
            What::Began { step: step.to_owned(), command: command.to_owned() }
        }
        "o" => What::Line(Stream::Out, rest.to_owned()),
        "e" => What::Line(Stream::Err, rest.to_owned()),
        "r" | "t" => What::Record {
            record: nix_log::record(rest.as_bytes())?.into_owned(),
            has_text: mark == "t",
        },
        "-" => What::LeftOut(rest.parse().ok()?),
        "." => {
            let (mark, how) = rest.split_once(' ')?;
            What::Ended { success: mark == "0", how: how.to_owned() }
        }
        "#" => What::Note(rest.to_owned()),
        _ => return None,
    };
    Some(Entry { at, what })
}

fn alone(record: Record<'_>) -> What {
    What::Record { record: record.into_owned(), has_text: false }
}

fn raw(line: &[u8]) -> Option<Entry> {
    let what = match nix_log::line(line) {
        Line::Record(record) => alone(record),
        Line::Broken => return None,
        Line::Plain(text) => match nix_log::record(line) {
            Some(record) if record != Record::Unknown => alone(record),
            _ => What::Line(Stream::Err, text.into_owned()),
        },
    };
    Some(Entry { at: Duration::ZERO, what })
}
