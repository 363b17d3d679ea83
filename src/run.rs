//! Other programs: how they are described, run and stood in for. The only module that spawns.
//!
//! A child never inherits `SOPS_AGE_KEY*` (sops and clan excepted, by their callers), never reads
//! our terminal (its standard input is `/dev/null`: a fleet's `nixConfig` makes Nix ask there and
//! hang), and never reaches the screen: its lines come through a callback.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::problem::Problem;

/// A line longer than this arrives in pieces, so that memory stays bounded whatever a child prints.
const LONGEST_LINE: u64 = 64 * 1024;

/// How long a pipe may stay open after its child has ended. A grandchild that was left behind can
/// hold it for ever; what it prints later is not this command's output.
const GRACE: Duration = Duration::from_secs(2);

/// Lines on their way to the callback; a child that prints faster waits.
const BACKLOG: usize = 1024;

/// A program, its arguments and surroundings. No shell is involved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub program: OsString,
    pub args: Vec<OsString>,
    pub cwd: Option<PathBuf>,
    /// Set (`Some`) or removed (`None`) on top of the runner's environment.
    pub env: BTreeMap<String, Option<OsString>>,
}

impl Command {
    pub fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), args: Vec::new(), cwd: None, env: BTreeMap::new() }
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

    /// The command as a person would type it, quoted for a POSIX shell.
    pub fn typed(&self) -> String {
        let mut words = vec![shell_word(&self.program.to_string_lossy())];
        words.extend(self.args.iter().map(|a| shell_word(&a.to_string_lossy())));
        words.join(" ")
    }
}

/// `word` quoted for a POSIX shell, left bare where that is safe.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,#^~".contains(c);
    // `#` and `~` are special only at the start of a word.
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with(['#', '~', '=']) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Which of a child's two streams a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
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

/// Spawns real processes with exactly the environment it was made with.
#[derive(Debug)]
pub struct Real {
    env: BTreeMap<String, OsString>,
    end: Arc<AtomicBool>,
}

/// How often a running child is looked at for being ended.
const LOOK: Duration = Duration::from_millis(250);

impl Real {
    /// `env` is a whole environment; `SOPS_AGE_KEY*` are dropped from it here, once.
    pub fn new(mut env: BTreeMap<String, OsString>) -> Self {
        env.retain(|name, _| !name.starts_with("SOPS_AGE_"));
        Self { env, end: Arc::default() }
    }

    /// Ends the running child, and whatever it has started, once `end` is set.
    #[must_use]
    pub fn ended_by(self, end: Arc<AtomicBool>) -> Self {
        Self { end, ..self }
    }

    fn expression(&self, command: &Command) -> duct::Expression {
        let mut env = self.env.clone();
        for (name, value) in &command.env {
            match value {
                Some(value) => env.insert(name.clone(), value.clone()),
                None => env.remove(name),
            };
        }
        let mut expression = duct::cmd(&command.program, &command.args)
            .full_env(env)
            .stdin_null()
            .unchecked()
            // A group of its own: a stop reaches the child's children too, and a Ctrl-C at our
            // terminal reaches us first.
            .before_spawn(|c| {
                c.process_group(0);
                Ok(())
            });
        if let Some(cwd) = &command.cwd {
            expression = expression.dir(cwd);
        }
        expression
    }
}

enum Message {
    Line(Stream, String),
    Ended(std::io::Result<std::process::ExitStatus>),
}

impl Runner for Real {
    fn run(
        &mut self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Exit, Problem> {
        let failed = |e: std::io::Error| {
            let program = command.program.to_string_lossy();
            Problem::tool(format!("`{program}` could not be run")).cause(e)
        };
        let (out, out_end) = std::io::pipe().map_err(failed)?;
        let (err, err_end) = std::io::pipe().map_err(failed)?;
        let child = self
            .expression(command)
            .stdout_file(out_end)
            .stderr_file(err_end)
            .start()
            .map_err(failed)?;
        let group = child.pids().first().and_then(|pid| Pid::from_raw(i32::try_from(*pid).ok()?));
        let (send, receive) = mpsc::sync_channel(BACKLOG);
        read_lines(out, Stream::Out, send.clone());
        read_lines(err, Stream::Err, send.clone());
        std::thread::spawn(move || {
            let status = child.wait().map(|output| output.status);
            // Nobody listens any more only when the caller has gone; then nothing is lost.
            let _ = send.send(Message::Ended(status));
        });
        let mut ended: Option<(std::process::ExitStatus, Instant)> = None;
        let mut asked_to_end = None;
        loop {
            let wait = match &ended {
                None => LOOK,
                Some((_, deadline)) => deadline.saturating_duration_since(Instant::now()),
            };
            match receive.recv_timeout(wait) {
                Ok(Message::Line(stream, text)) => line(stream, &text),
                Ok(Message::Ended(status)) => {
                    ended = Some((status.map_err(failed)?, Instant::now() + GRACE));
                }
                Err(mpsc::RecvTimeoutError::Timeout) if ended.is_none() => {
                    if self.end.load(Ordering::Relaxed) {
                        end_group(group, &mut asked_to_end);
                    }
                }
                Err(_) => break,
            }
        }
        let (status, _) = ended.ok_or_else(|| Problem::bug("a child was lost before it ended"))?;
        Ok(match status.code() {
            Some(code) => Exit::Code(code),
            None => Exit::Signal(status.signal().unwrap_or(0)),
        })
    }
}

/// Asks a child's whole process group to end; insists when that was longer ago than [`GRACE`].
fn end_group(group: Option<Pid>, asked: &mut Option<Instant>) {
    let Some(group) = group else { return };
    let signal = match asked {
        Some(at) if at.elapsed() > GRACE => Signal::KILL,
        Some(_) => return,
        None => {
            *asked = Some(Instant::now());
            Signal::TERM
        }
    };
    // It may have ended by itself meanwhile.
    let _ = rustix::process::kill_process_group(group, signal);
}

/// Hands over `pipe` line by line on a thread of its own; invalid UTF-8 is replaced.
fn read_lines(pipe: impl Read + Send + 'static, stream: Stream, send: mpsc::SyncSender<Message>) {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(_) => {
                    if bytes.last() == Some(&b'\n') {
                        bytes.pop();
                    }
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    if send.send(Message::Line(stream, text)).is_err() {
                        break;
                    }
                }
            }
        }
    });
}

/// Answers from a script: each call must match the next expectation.
#[derive(Debug, Default)]
pub struct Scripted {
    replies: std::collections::VecDeque<(String, Output)>,
    pub ran: Vec<String>,
}

impl Scripted {
    /// Expects a command whose typed form starts with `typed`.
    #[must_use]
    pub fn expect(mut self, typed: &str, code: i32, stdout: &str, stderr: &str) -> Self {
        let output =
            Output { exit: Exit::Code(code), stdout: stdout.into(), stderr: stderr.into() };
        self.replies.push_back((typed.to_owned(), output));
        self
    }
}

impl Runner for Scripted {
    fn run(
        &mut self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Exit, Problem> {
        let typed = command.typed();
        self.ran.push(typed.clone());
        let Some((expected, output)) = self.replies.pop_front() else {
            return Err(Problem::bug(format!("`{typed}` was not expected")));
        };
        if !typed.starts_with(&expected) {
            return Err(Problem::bug(format!("`{typed}` was run where `{expected}` was expected")));
        }
        output.stdout.lines().for_each(|l| line(Stream::Out, l));
        output.stderr.lines().for_each(|l| line(Stream::Err, l));
        Ok(output.exit)
    }
}
