//! Commands that are run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::attached;
use super::dialogue::{Dialogue, RealDialogue};
use super::ears::Ears;
use super::reading::{Chunk, Inbox, Message, Post, read};
use super::{Command, Exit, Heard, Runner, Stream};
use crate::activate::nix_log::{Speaker, Transport, Version};
use crate::problem::Problem;

/// How long a pipe may stay open after its child has ended. A grandchild that was left behind can
/// hold it for ever; what it prints later is not this command's output.
const GRACE: Duration = Duration::from_secs(2);

/// How often a running child is looked at for being ended.
const LOOK: Duration = Duration::from_millis(250);

/// How long `nix --version` may take. It is a matter of milliseconds, unless the store it lies in
/// hangs.
const PATIENCE: Duration = Duration::from_secs(4);

/// Spawns real processes with exactly the environment it was made with.
#[derive(Debug)]
pub struct Real {
    env: BTreeMap<String, OsString>,
    age_keys: AgeKeys,
    end: Arc<AtomicBool>,
    /// When all of its commands together have had their time.
    until: Option<Instant>,
    /// Which Nix is on `PATH`, asked once; `Some(None)` when it does not say.
    nix: Option<Option<Version>>,
}

/// What says where private keys are, or is one: never printed.
struct AgeKeys(Vec<(String, OsString)>);

impl std::fmt::Debug for AgeKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

impl Real {
    /// `env` is a whole environment; `SOPS_AGE_*` are taken out of it here, once.
    pub fn new(env: BTreeMap<String, OsString>) -> Self {
        let is_key = |(name, _): &(String, OsString)| name.starts_with("SOPS_AGE_");
        let (age_keys, env): (Vec<_>, Vec<_>) = env.into_iter().partition(is_key);
        let (age_keys, env) = (AgeKeys(age_keys), env.into_iter().collect());
        Self { env, age_keys, end: Arc::default(), until: None, nix: None }
    }

    /// Ends the running child, and whatever it has started, once `end` is set.
    #[must_use]
    pub fn ended_by(self, end: Arc<AtomicBool>) -> Self {
        Self { end, ..self }
    }

    /// Ends the running child, and any that is begun later, once this long has passed from now: one
    /// that hangs must not keep an answer.
    #[must_use]
    pub fn ended_after(self, time: Duration) -> Self {
        Self { until: Some(Instant::now() + time), ..self }
    }

    /// A way to talk with programs in the same surroundings, which can be shared.
    pub fn dialogue(&self) -> Arc<dyn Dialogue> {
        Arc::new(RealDialogue { env: self.env.clone(), end: Arc::clone(&self.end) })
    }

    fn is_to_end(&self) -> bool {
        let is_late = self.until.is_some_and(|until| Instant::now() >= until);
        is_late || self.end.load(Ordering::Relaxed)
    }

    /// The whole environment of `command`.
    fn surroundings(&self, command: &Command) -> BTreeMap<String, OsString> {
        let mut env = environment(&self.env, command);
        if command.sees_age_keys {
            env.extend(self.age_keys.0.iter().cloned());
        }
        env
    }

    fn expression(&self, command: &Command) -> duct::Expression {
        let env = self.surroundings(command);
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

    /// Starts `command` with its streams going to `post`. Gives its process group.
    fn start(&self, command: &Command, post: &Post) -> std::io::Result<Option<Pid>> {
        let (out, out_end) = std::io::pipe()?;
        let (err, err_end) = std::io::pipe()?;
        let child = self.expression(command).stdout_file(out_end).stderr_file(err_end).start()?;
        let group = child.pids().first().and_then(|pid| Pid::from_raw(i32::try_from(*pid).ok()?));
        read(out, Some(Stream::Out), post.clone());
        read(err, Some(Stream::Err), post.clone());
        let post = post.clone();
        std::thread::spawn(move || {
            let status = child.wait().map(|output| output.status);
            post.put(Message::Ended(status));
        });
        Ok(group)
    }

    /// Takes in what comes until the child has ended and nothing is left to come; `None` where
    /// nothing more has come yet. Beyond `limit` the child is ended.
    fn attend(
        &self,
        inbox: &Inbox,
        group: Option<Pid>,
        mut ears: Option<Ears>,
        limit: Option<Duration>,
        take: &mut dyn FnMut(Option<&Chunk>),
    ) -> Result<std::io::Result<ExitStatus>, Problem> {
        let mut ended: Option<std::io::Result<ExitStatus>> = None;
        let mut asked_to_end = None;
        let began = Instant::now();
        let mut next = began + LOOK;
        loop {
            match inbox.next(next.saturating_duration_since(Instant::now())) {
                Ok(Message::Chunk(chunk)) => {
                    take(Some(&chunk));
                    if inbox.is_empty() {
                        take(None);
                    }
                }
                Ok(Message::Ended(status)) => {
                    ended = Some(status);
                    next = Instant::now() + GRACE;
                    // Whoever has connected is heard to the end; nobody else will.
                    drop(ears.take());
                }
                Err(RecvTimeoutError::Timeout) if ended.is_none() => {}
                Err(_) => break,
            }
            // Not only in silence: a child that never stops talking is ended all the same.
            if Instant::now() >= next {
                if ended.is_some() {
                    inbox.close();
                    continue;
                }
                let is_late = limit.is_some_and(|limit| began.elapsed() > limit);
                if is_late || self.is_to_end() {
                    end_group(group, &mut asked_to_end);
                }
                next = Instant::now() + LOOK;
            }
        }
        ended.ok_or_else(|| Problem::bug("a child was lost before it ended"))
    }

    /// Which Nix this is. One that does not answer is not waited for: the build will say why.
    fn nix(&mut self) -> Option<Version> {
        if let Some(known) = self.nix {
            return known;
        }
        let mut said = String::new();
        let command = Command::new("nix").arg("--version");
        let exit = self.run_within(&command, Some(PATIENCE), &mut |stream, text| {
            if stream == Stream::Out && said.len() < 4096 {
                said.push_str(text);
                said.push('\n');
            }
        });
        let version = exit.ok().filter(|exit| exit.ok()).and_then(|_| Version::read(&said));
        self.nix = Some(version);
        version
    }

    fn run_within(
        &self,
        command: &Command,
        limit: Option<Duration>,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Exit, Problem> {
        let (post, inbox) = Inbox::that_waits();
        let group = self.start(command, &post).map_err(|e| not_run(command, e))?;
        drop(post);
        let status = self.attend(&inbox, group, None, limit, &mut |chunk| {
            let Some(chunk) = chunk else { return };
            chunk.lines(&mut |text| line(chunk.stream.unwrap_or(Stream::Out), text));
        })?;
        Ok(exit(status.map_err(|e| not_run(command, e))?))
    }
}

impl Runner for Real {
    fn run(
        &mut self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Exit, Problem> {
        self.run_within(command, None, line)
    }

    fn run_attached(&mut self, command: &Command) -> Result<Exit, Problem> {
        attached::run(command, self.surroundings(command), &|| self.is_to_end())
    }

    fn has_terminal(&self) -> bool {
        attached::has_terminal()
    }

    fn listen(
        &mut self,
        command: &Command,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<Exit, Problem> {
        let speaker = Speaker::of(command);
        let version = if speaker.needs_version() { self.nix() } else { None };
        let (post, inbox) = Inbox::that_never_waits();
        let mut transport = speaker.transport(version);
        let ears = match transport {
            Transport::Socket => Ears::open(&self.env, &post).ok(),
            Transport::Stderr | Transport::Plain => None,
        };
        if transport == Transport::Socket && ears.is_none() {
            // No folder for a socket: better text than nothing.
            transport = Transport::Plain;
        }
        let socket = ears.as_ref().map_or(Path::new(""), Ears::path);
        let told = speaker.told(command, transport, socket);
        let group = self.start(&told, &post).map_err(|e| not_run(command, e))?;
        drop(post);
        let status = self.attend(&inbox, group, ears, None, &mut |chunk| {
            if let Some(lines) = inbox.left_out() {
                hear(Heard::LeftOut(lines));
            }
            let Some(chunk) = chunk else { return hear(Heard::Rest) };
            chunk.lines(&mut |text| match chunk.stream {
                Some(stream) => hear(Heard::line(stream, text)),
                None => hear(Heard::Record { json: text, has_text: true }),
            });
        })?;
        if let Some(lines) = inbox.left_out() {
            hear(Heard::LeftOut(lines));
        }
        Ok(exit(status.map_err(|e| not_run(command, e))?))
    }
}

/// `env` as `command` wants it.
pub(super) fn environment(
    env: &BTreeMap<String, OsString>,
    command: &Command,
) -> BTreeMap<String, OsString> {
    let mut env = env.clone();
    for (name, value) in &command.env {
        match value {
            Some(value) => env.insert(name.clone(), value.clone()),
            None => env.remove(name),
        };
    }
    env
}

pub(super) fn not_run(command: &Command, e: std::io::Error) -> Problem {
    let program = command.program.to_string_lossy();
    Problem::tool(format!("`{program}` could not be run")).cause(e)
}

pub(super) fn exit(status: ExitStatus) -> Exit {
    match status.code() {
        Some(code) => Exit::Code(code),
        None => Exit::Signal(status.signal().unwrap_or(0)),
    }
}

/// Asks a child's whole process group to end; insists when that was longer ago than [`GRACE`].
pub(super) fn end_group(group: Option<Pid>, asked: &mut Option<Instant>) {
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
