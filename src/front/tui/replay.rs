//! A kept log as the run that it tells of, so that it is looked at as one: the same list of
//! commands, the same view of what they built, the same lines.

use std::io;
use std::time::Duration;

use super::log::Store;
use super::log::store::KEPT;
use super::run::{Run, State, Step};
use crate::activate::kept_log::{Entry, What};
use crate::counted::counted;
use crate::event::{Event, Outcome};
use crate::problem::Problem;
use crate::run::Stream;

/// Commands of a log by their place in it: a run knows its steps by such names. Of a longer log
/// the rest counts as the last.
const COMMANDS: [&str; 16] = [
    "command-1",
    "command-2",
    "command-3",
    "command-4",
    "command-5",
    "command-6",
    "command-7",
    "command-8",
    "command-9",
    "command-10",
    "command-11",
    "command-12",
    "command-13",
    "command-14",
    "command-15",
    "command-16",
];

/// A log that was read.
#[derive(Debug)]
pub struct Replayed {
    /// The file's name.
    pub(crate) name: String,
    pub(crate) run: Run,
    pub(crate) log: Store,
}

impl Replayed {
    /// Reads it to its end.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(
        name: String,
        entries: impl Iterator<Item = io::Result<Entry>>,
    ) -> io::Result<Self> {
        let (run, log) = (Run::default(), Store::new(KEPT));
        let mut replayed = Self { name, run, log };
        let mut at = Duration::ZERO;
        for entry in entries {
            let entry = entry?;
            replayed.take(entry.at, entry.what);
            at = entry.at;
        }
        replayed.close(at);
        replayed.run.ended = Some(Duration::ZERO);
        Ok(replayed)
    }

    fn take(&mut self, at: Duration, what: What) {
        match what {
            What::Began { step, command } => {
                self.close(at);
                self.begin(at, &step, Some(command));
            }
            What::Line(stream, text) => self.line(at, stream, text),
            What::Record { record, has_text } => {
                let step = self.command(at);
                self.run.fold(at, &Event::Nix { step, record: record.clone() });
                let human = self.run.build(step).filter(|_| !has_text).map(|b| b.human(&record));
                for text in human.into_iter().flatten() {
                    self.line(at, Stream::Err, text);
                }
            }
            What::LeftOut(lines) => {
                let lines = counted(lines, "line");
                self.line(at, Stream::Err, format!("({lines} came too fast for this log)"));
            }
            What::Ended { success: true, .. } => self.end(at, Outcome::Done),
            What::Ended { how, .. } => {
                let why = Problem::tool(format!("it ended with {how}"));
                self.end(at, Outcome::Failed { why });
            }
            What::Note(note) => self.line(at, Stream::Err, note),
        }
    }

    fn begin(&mut self, at: Duration, title: &str, command: Option<String>) {
        let Some(id) = COMMANDS.get(self.run.steps.len()) else { return };
        let title = match title {
            "build" => "Build",
            "activate" => "Activate",
            "elevate" => "Ask for rights",
            other => other,
        };
        self.run.steps.push(Step {
            id,
            title: title.to_owned(),
            why: "What this command said was kept.".to_owned(),
            needs_admin: false,
            state: State::Waits,
            command: None,
            changes: Vec::new(),
        });
        // What Nix itself has written does not say which command it was; there was one.
        let command = command.or(Some(String::new()));
        self.run.fold(at, &Event::Started { step: id, command });
    }

    /// The command that is told of now.
    fn command(&mut self, at: Duration) -> &'static str {
        if self.run.steps.is_empty() {
            self.begin(at, "Nix", None);
        }
        self.run.steps.last().map_or(COMMANDS[0], |step| step.id)
    }

    fn line(&mut self, at: Duration, stream: Stream, text: String) {
        let step = self.command(at);
        self.log.push(step, stream, &text);
        self.run.fold(at, &Event::Line { step, stream, text });
    }

    fn end(&mut self, at: Duration, outcome: Outcome) {
        let (step, seconds) = (self.command(at), at.as_secs_f64());
        self.run.fold(at, &Event::Ended { step, outcome, seconds, changes: Vec::new() });
    }

    /// Whatever still ran was cut short; but a log of Nix alone never says how it ended, its errors
    /// do.
    fn close(&mut self, at: Duration) {
        let Some((_, step)) = self.run.running() else { return };
        let (id, is_nix_alone) = (step.id, step.command.as_deref() == Some(""));
        // An error is read to its end only when nothing more can come.
        self.end(at, Outcome::Stopped);
        if !is_nix_alone {
            return;
        }
        let failure = self.run.build(id).and_then(|build| build.failures().next());
        let outcome = match failure.map(|failure| Problem::tool(failure.headline())) {
            None => Outcome::Done,
            Some(why) => Outcome::Failed { why },
        };
        self.end(at, outcome);
    }
}
