//! What was heard of a run's commands, kept in a file beside its receipt, for `doorstep replay` and
//! for whoever is asked for help.
//!
//! A log is private (0600) and bounded, only the newest are kept, and it is never why a run fails:
//! when it cannot be written, that is said once and the run goes on.
//!
//! ```text
//! doorstep log 1
//! 0 $ build nix build .#x          a command of a step begins
//! 31 e warning: …                  its standard error; `o` its standard output
//! 40 r {"action":"start",…}        a record of Nix; `t` one that stood there as text as well
//! 55 - 1200                        so many lines were left out
//! 90 . 1 exit code 1               it ended: 0 for well, and how
//! ```
//! The numbers are milliseconds since the command began.

mod reading;

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use memchr::memmem::Finder;

use crate::explain::Mask;
use crate::run::{Exit, Heard, Stream};

pub use reading::{Entry, What, entries};

/// The first line.
const TITLE: &str = "doorstep log 1";

/// How much of a run is kept. Beyond it there is room for what matters: errors and ends.
const MOST: u64 = 64 * 1024 * 1024;
const ROOM_FOR_ERRORS: u64 = 2 * 1024 * 1024;

/// How many logs are kept.
const NEWEST: usize = 20;

/// What a private key, or the beginning of one, has in it.
static MARKS: LazyLock<[Finder; 3]> = LazyLock::new(|| {
    [Finder::new("AGE-SECRET-KEY-"), Finder::new("AGE-PLUGIN-"), Finder::new("-----BEGIN ")]
});

/// How long lines may stay unwritten.
const FLUSH: Duration = Duration::from_secs(1);

/// The log of one run, opened when there is something to write.
#[derive(Debug)]
pub struct KeptLog {
    path: Option<PathBuf>,
    file: Option<BufWriter<File>>,
    written: u64,
    is_full: bool,
    flushed: Duration,
    trouble: Option<io::Error>,
    mask: Mask,
    /// A line while it is put together.
    line: String,
}

impl KeptLog {
    /// `logs/NAME.log` beside `NAME.receipt`.
    pub fn beside(receipt: &Path) -> Self {
        let name = receipt.with_extension("log");
        let folder = receipt.parent().map(|folder| folder.join(FOLDER));
        Self::at(folder.zip(name.file_name()).map(|(folder, name)| folder.join(name)))
    }

    /// Keeps nothing.
    pub fn nowhere() -> Self {
        Self::at(None)
    }

    fn at(path: Option<PathBuf>) -> Self {
        let flushed = Duration::ZERO;
        Self {
            path,
            file: None,
            written: 0,
            is_full: false,
            flushed,
            trouble: None,
            mask: Mask::default(),
            line: String::new(),
        }
    }

    /// Where it is, once something was written.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref().filter(|_| self.written > 0)
    }

    /// Why it is not kept any further; told once.
    pub fn take_trouble(&mut self) -> Option<io::Error> {
        self.trouble.take()
    }

    /// A command begins.
    pub(crate) fn began(&mut self, step: &str, typed: &str) {
        if self.file.is_none()
            && let Some(path) = &self.path
        {
            match open(path) {
                Ok((file, length)) => {
                    self.file = Some(BufWriter::with_capacity(64 * 1024, file));
                    self.written = length;
                    if length == 0 {
                        self.put(TITLE);
                    }
                }
                Err(e) => self.give_up(e),
            }
        }
        self.flushed = Duration::ZERO;
        let typed = typed.replace('\n', " ");
        self.put(&format!("0 $ {step} {typed}"));
    }

    /// Something was heard of it.
    pub(crate) fn heard(&mut self, at: Duration, heard: Heard<'_>) {
        if self.file.is_none() {
            return;
        }
        let (mark, text, matters) = match heard {
            Heard::Line(Stream::Out, text) => ('o', text, is_error(text)),
            Heard::Line(Stream::Err, text) => ('e', text, is_error(text)),
            Heard::Record { json, has_text } => {
                let mark = if has_text { 't' } else { 'r' };
                (mark, json, !json.starts_with(r#"{"action":"result""#))
            }
            Heard::LeftOut(lines) => {
                return self.put(&format!("{} - {lines}", at.as_millis()));
            }
            Heard::Rest => return,
        };
        if self.has_room(matters) {
            let mut line = std::mem::take(&mut self.line);
            line.clear();
            // To a string it cannot fail.
            let _ = write!(line, "{} {mark} ", at.as_secs() * 1000 + u64::from(at.subsec_millis()));
            line.push_str(text);
            self.put(&line);
            self.line = line;
        }
        if at.saturating_sub(self.flushed) >= FLUSH {
            self.flushed = at;
            self.flush();
        }
    }

    /// It ended.
    pub(crate) fn ended(&mut self, at: Duration, exit: Exit) {
        let mark = u8::from(!exit.ok());
        self.put(&format!("{} . {mark} {}", at.as_millis(), exit.words()));
        self.flush();
    }

    fn has_room(&mut self, matters: bool) -> bool {
        if self.written < MOST {
            return true;
        }
        if !self.is_full {
            self.is_full = true;
            self.put("0 # this log is full: of what follows it keeps errors only");
        }
        matters && self.written < MOST + ROOM_FOR_ERRORS
    }

    fn put(&mut self, line: &str) {
        // A tool that prints a private key must not leave it on disk by our hand. Looking for its
        // mark first keeps ordinary lines cheap.
        let masked;
        let line = if self.mask.is_open()
            || MARKS.iter().any(|mark| mark.find(line.as_bytes()).is_some())
        {
            masked = self.mask.line(line);
            &masked
        } else {
            line
        };
        let Some(file) = &mut self.file else { return };
        let result = file.write_all(line.as_bytes()).and_then(|()| file.write_all(b"\n"));
        self.written += line.len() as u64 + 1;
        if let Err(e) = result {
            self.give_up(e);
        }
    }

    fn flush(&mut self) {
        if let Some(Err(e)) = self.file.as_mut().map(|file| file.flush()) {
            self.give_up(e);
        }
    }

    fn give_up(&mut self, e: io::Error) {
        if let Some(file) = self.file.take() {
            // Dropped as it is, it would try to write the rest once more.
            drop(file.into_parts());
        }
        self.path = None;
        self.trouble = Some(e);
    }
}

/// Below the folder of receipts.
pub const FOLDER: &str = "logs";

/// The newest log of a folder.
pub fn newest(folder: &Path) -> Option<PathBuf> {
    by_age(folder).pop()
}

fn is_error(text: &str) -> bool {
    text.starts_with("error")
}

/// Opens a log to add to it, and makes room for it among the others.
fn open(path: &Path) -> io::Result<(File, u64)> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut older = by_age(folder);
        older.retain(|log| log != path);
        for log in older.iter().rev().skip(NEWEST - 1) {
            // One log too many is no trouble.
            let _ = fs::remove_file(log);
        }
    }
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(no_follow)
        .open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// The logs of a folder, the oldest first.
fn by_age(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut logs: Vec<_> = entries
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "log"))
        .map(|entry| (entry.metadata().and_then(|m| m.modified()).ok(), entry.path()))
        .collect();
    logs.sort();
    logs.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests;
