//! Other programs: how they are described, run and stood in for. The only module that spawns.
//!
//! A child never inherits `SOPS_AGE_*` (unless it is [`Command::with_age_keys`], as clan), never reads
//! our terminal (its standard input is `/dev/null`: a fleet's `nixConfig` makes Nix ask there and
//! hang), and never reaches the screen: its lines come through a callback. Those of Nix come with
//! its structured log ([`Runner::listen`]), by whichever way this Nix and this command have.
//!
//! Two exceptions: a command that [`Asks`] gets the terminal itself ([`Runner::run_attached`]), and
//! doorstep reads none of what is typed then; one that is talked with ([`Dialogue`]) reads what it is
//! told and nothing else.

mod attached;
mod dialogue;
mod ears;
mod reading;
mod real;
mod scripted;
mod typed;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::problem::Problem;

pub use dialogue::{Dialogue, Ends};
pub use real::Real;
pub use scripted::Scripted;
pub use typed::{shell_word, shell_words};

/// A program, its arguments and surroundings. No shell is involved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub program: OsString,
    pub args: Vec<OsString>,
    pub cwd: Option<PathBuf>,
    /// Set (`Some`) or removed (`None`) on top of the runner's environment.
    pub env: BTreeMap<String, Option<OsString>>,
    /// Set where it may ask the person for something, such as a password.
    pub asks: Option<Asks>,
    /// What it makes that undo leaves where it is, in words that follow a comma.
    pub leaves: Option<String>,
    /// What people are told instead of all its words, where these are too many.
    pub in_short: Option<String>,
    /// Whether it inherits `SOPS_AGE_*`, which may be private keys: they are never held here.
    pub sees_age_keys: bool,
}

/// That a command may ask the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asks {
    /// Who asks: the program that reads what is typed, such as `sudo`.
    pub program: String,
    /// One sentence for the person: what it is asked for.
    pub why: String,
    /// Commands that never ask; where all of them succeed, nothing will be asked. None: it always
    /// may.
    pub unless: Vec<Command>,
}

impl Asks {
    pub fn new(program: &str, why: impl Into<String>) -> Self {
        Self { program: program.to_owned(), why: why.into(), unless: Vec::new() }
    }

    /// Nothing is asked where `probes` succeed.
    #[must_use]
    pub fn unless(mut self, probes: impl IntoIterator<Item = Command>) -> Self {
        self.unless.extend(probes);
        self
    }
}

impl Command {
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            cwd: None,
            env: BTreeMap::new(),
            asks: None,
            leaves: None,
            in_short: None,
            sees_age_keys: false,
        }
    }

    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    #[must_use]
    pub fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = Some(cwd.into());
        self
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.insert(name.to_owned(), Some(value.into()));
        self
    }

    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.env.insert(name.to_owned(), None);
        self
    }

    #[must_use]
    pub fn asks(mut self, asks: Asks) -> Self {
        self.asks = Some(asks);
        self
    }

    #[must_use]
    pub fn leaving(mut self, what: impl Into<String>) -> Self {
        self.leaves = Some(what.into());
        self
    }

    #[must_use]
    pub fn told_as(mut self, words: impl Into<String>) -> Self {
        self.in_short = Some(words.into());
        self
    }

    /// The command as people are told of it.
    pub fn told(&self) -> String {
        self.in_short.clone().unwrap_or_else(|| self.typed())
    }

    /// It decrypts by itself, and finds the person's keys as it would in their shell.
    #[must_use]
    pub fn with_age_keys(self) -> Self {
        Self { sees_age_keys: true, ..self }
    }

    /// The command as a person would type it, quoted for a POSIX shell.
    pub fn typed(&self) -> String {
        let mut words = vec![shell_word(&self.program.to_string_lossy())];
        words.extend(self.args.iter().map(|a| shell_word(&a.to_string_lossy())));
        words.join(" ")
    }
}

/// Which of a child's two streams a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

/// What is heard of a command that speaks for Nix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// For people.
    Line(Stream, &'a str),
    /// One record of Nix's structured log.
    Record {
        /// A JSON object, or a part of one where it was cut off.
        json: &'a str,
        /// Whether the command prints it for people as well.
        has_text: bool,
    },
    /// That many lines came faster than they were taken, and are lost.
    LeftOut(u64),
    /// Nothing more has come yet.
    Rest,
}

impl<'a> Heard<'a> {
    /// A line of either stream: Nix marks its records on standard error, and some tools pass that
    /// on to standard output.
    fn line(stream: Stream, text: &'a str) -> Self {
        match text.strip_prefix("@nix ") {
            Some(json) => Self::Record { json, has_text: false },
            None => Self::Line(stream, text),
        }
    }
}

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(i32),
}

impl Exit {
    pub fn ok(self) -> bool {
        self == Self::Code(0)
    }

    /// For example `exit code 1` or `signal 9`.
    pub fn words(self) -> String {
        match self {
            Self::Code(code) => format!("exit code {code}"),
            Self::Signal(signal) => format!("signal {signal}"),
        }
    }
}

/// A finished command with all it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub exit: Exit,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    pub fn ok(&self) -> bool {
        self.exit.ok()
    }

    /// The part of stderr that most likely says why: its last non-empty lines, at most five.
    pub fn reason(&self) -> String {
        let lines: Vec<_> = self.stderr.lines().filter(|l| !l.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }
}

/// Runs commands: for real, or from a script in tests.
pub trait Runner {
    /// Runs `command` to its end, handing over each line as it comes, without its line end.
    fn run(
        &mut self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Exit, Problem>;

    /// Runs `command` like [`Self::run`], with the records of every Nix that runs in it.
    ///
    /// Nix is never kept waiting: where what is heard is not taken fast enough, reports of progress
    /// and lines of logs are left out first and everything after that, and it is said how many.
    fn listen(
        &mut self,
        command: &Command,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<Exit, Problem> {
        self.run(command, &mut |stream, text| hear(Heard::line(stream, text)))
    }

    /// Whether there is a terminal for [`Self::run_attached`].
    fn has_terminal(&self) -> bool {
        true
    }

    /// Runs `command` on the person's terminal, in its foreground: it may ask, and what is typed
    /// goes to it alone. Nothing is heard of it; whoever draws on that terminal has stepped aside.
    ///
    /// # Errors
    /// There is no terminal, or the program cannot be run.
    fn run_attached(&mut self, command: &Command) -> Result<Exit, Problem> {
        self.run(command, &mut |_, _| ())
    }

    /// Runs `command` and keeps what it prints.
    fn output(&mut self, command: &Command) -> Result<Output, Problem> {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let exit = self.run(command, &mut |stream, text| {
            let kept = if stream == Stream::Out { &mut stdout } else { &mut stderr };
            kept.push_str(text);
            kept.push('\n');
        })?;
        Ok(Output { exit, stdout, stderr })
    }
}

#[cfg(test)]
mod tests;
