//! A command on the person's own terminal: in the foreground, with nothing of it passing through
//! us. A child in another process group that reads a terminal is stopped by the kernel for ever,
//! so that the group is made the terminal's foreground group, and ours again when it has ended.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, waitpid};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};
use unix::sys::signal::{SigSet, Signal as Blocked};

use super::real::{end_group, not_run};
use super::{Command, Exit};
use crate::problem::Problem;

/// How often the child is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Runs `command` with the whole environment `env` until it ends, or until it `is_to_end`.
pub(super) fn run(
    command: &Command,
    env: BTreeMap<String, OsString>,
    is_to_end: &dyn Fn() -> bool,
) -> Result<Exit, Problem> {
    let program = command.program.to_string_lossy();
    let held = Held::open().map_err(|e| {
        let problem =
            Problem::tool(format!("`{program}` has to ask you, and there is no terminal"));
        // What the system says of a terminal that is not there says no more.
        let is_none = e.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error());
        let problem = if is_none { problem } else { problem.cause(e) };
        problem.hint("run doorstep in a terminal")
    })?;
    let mut child = std::process::Command::new(&command.program);
    child.args(&command.args).env_clear().envs(env).process_group(0);
    if let Some(cwd) = &command.cwd {
        child.current_dir(cwd);
    }
    let streams = || held.terminal.try_clone();
    let (input, out, err) = match (streams(), streams(), streams()) {
        (Ok(input), Ok(out), Ok(err)) => (input, out, err),
        (Err(e), ..) | (_, Err(e), _) | (.., Err(e)) => return Err(not_run(command, e)),
    };
    // The terminal itself, wherever our own streams lead: what is asked must be seen, and a JSON
    // stream must not get it.
    child.stdin(input).stdout(out).stderr(err);
    let child = child.spawn().map_err(|e| not_run(command, e))?;
    let ended = held.give(&child).and_then(|group| wait(group, is_to_end));
    held.take_back();
    ended.map_err(|e| not_run(command, e))
}

/// Whether there is one that a command could ask at.
pub(super) fn has_terminal() -> bool {
    OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok()
}

/// The terminal while it is somebody else's.
struct Held {
    terminal: File,
    /// Ours.
    group: Pid,
    modes: Termios,
    /// Signals that were blocked before.
    mask: SigSet,
}

impl Held {
    fn open() -> std::io::Result<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let group = tcgetpgrp(&terminal)?;
        let modes = tcgetattr(&terminal)?;
        // Whoever is in the background and changes the terminal is stopped by this signal: that is
        // us when we take it back.
        let mut stops = SigSet::empty();
        stops.add(Blocked::SIGTTOU);
        let mask = SigSet::thread_get_mask()?;
        stops.thread_block()?;
        Ok(Self { terminal, group, modes, mask })
    }

    /// Makes the child's group the foreground one.
    fn give(&self, child: &Child) -> std::io::Result<Pid> {
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let group = pid.ok_or_else(|| std::io::Error::other("it has no process number"))?;
        // It may have ended by now: then there is nobody to give it to.
        if tcsetpgrp(&self.terminal, group).is_ok() {
            // And it may have asked too early, which has stopped it.
            let _ = rustix::process::kill_process_group(group, Signal::CONT);
        }
        Ok(group)
    }

    /// A child that was killed while it hid what is typed leaves the terminal like that.
    fn take_back(self) {
        let _ = tcsetpgrp(&self.terminal, self.group);
        let _ = tcsetattr(&self.terminal, OptionalActions::Drain, &self.modes);
        let _ = self.mask.thread_set_mask();
    }
}

/// Until the child has ended. One that is stopped goes on: there is no shell here that it could be
/// left to.
fn wait(group: Pid, is_to_end: &dyn Fn() -> bool) -> std::io::Result<Exit> {
    let mut asked_to_end = None;
    loop {
        match waitpid(Some(group), WaitOptions::NOHANG | WaitOptions::UNTRACED) {
            Ok(Some((_, status))) => {
                if let Some(code) = status.exit_status() {
                    return Ok(Exit::Code(code));
                }
                if let Some(signal) = status.terminating_signal() {
                    return Ok(Exit::Signal(signal));
                }
                let _ = rustix::process::kill_process_group(group, Signal::CONT);
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        if is_to_end() {
            end_group(Some(group), &mut asked_to_end);
        }
        std::thread::sleep(LOOK);
    }
}
