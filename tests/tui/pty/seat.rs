//! Where a person sits down: the terminal's size, what else happens to the program, and its start.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};

use super::leaving::Driver;
use super::person::{Moment, Person, Shared};
use super::terminal::Terminal;

/// Bytes of output read at once: a kernel's buffer, as terminals do.
const CHUNK: usize = 4096;
/// And where a moment inside a frame is wanted.
const SMALL_CHUNK: usize = 256;

/// Runs its arguments. `fg` brings a stopped program back with SIGCONT and returns when it stops
/// again or ends.
const SHELL: &str = r#"
    "$0" "$@"; code=$?; n=0
    while case $(kill -l $code 2>&-) in *STP|*STOP|*TT*) :;; *) false;; esac; do
        n=$((n + 1)); printf '(away %s)\n' $n; read -r _; fg >/dev/null; code=$?
    done
    exit $code
"#;

pub(crate) struct Seat {
    width: u16,
    height: u16,
    in_shell: bool,
    strike: Option<(Signal, usize)>,
    in_pieces: bool,
}

impl Seat {
    pub(crate) fn of(width: u16, height: u16) -> Self {
        Self { width, height, in_shell: false, strike: None, in_pieces: false }
    }

    /// Started by a shell with job control, so that Ctrl-Z has somebody to give the terminal back
    /// to. Whenever the program stops the shell says `(away 1)`, `(away 2)` and so on,
    /// and waits for Enter; at its end the shell ends with its status.
    pub(crate) fn in_shell(mut self) -> Self {
        self.in_shell = true;
        self
    }

    /// The program gets `signal` in the middle of its drawing: the moment its `nth` piece of
    /// output is read. Follow with `Person::until_struck`.
    pub(crate) fn struck(mut self, signal: Signal, nth: usize) -> Self {
        self.strike = Some((signal, nth));
        self.in_pieces()
    }

    /// Output is read in small pieces, for moments inside a frame: see `Person::is_struck_after`.
    pub(crate) fn in_pieces(mut self) -> Self {
        self.in_pieces = true;
        self
    }

    /// Starts the program of `command`: its arguments, folder, and of its environment what was
    /// set on it. `TERM` and `LANG` are those of a usual terminal unless set there.
    pub(crate) fn runs(self, command: &Command) -> Person {
        let pair = native_pty_system().openpty(size(self.width, self.height)).unwrap();
        let name = pair.master.tty_name().expect("a pty has a name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let tty = rustix::fs::open(&name, flags, Mode::empty()).unwrap();
        let before = Driver::of(&tty);

        let child = pair.slave.spawn_command(self.command(command)).unwrap();
        drop(pair.slave);
        let pid =
            child.process_id().and_then(|pid| Pid::from_raw(pid.try_into().unwrap())).unwrap();

        let shared = Arc::new(Shared {
            moment: Mutex::new(Moment {
                terminal: Terminal::new(self.width, self.height),
                tty: Some(tty),
                strike: self.strike,
                struck: false,
                letting_go: false,
                after: None,
                closed: false,
            }),
            changed: Condvar::new(),
            keyboard: Mutex::new(Some(pair.master.take_writer().unwrap())),
        });
        let reader = pair.master.try_clone_reader().unwrap();
        let reading = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || read(reader, &shared, pid, self.in_pieces))
        };
        let waiting = Arc::clone(&shared);
        thread::spawn(move || wait(child, &waiting));
        Person::new(shared, pair.master, reading, pid, before)
    }

    fn command(&self, command: &Command) -> CommandBuilder {
        let mut builder = if self.in_shell {
            let mut shell = CommandBuilder::new("/bin/sh");
            shell.args(["-mc", SHELL]);
            shell.arg(command.get_program());
            shell
        } else {
            CommandBuilder::new(command.get_program())
        };
        builder.args(command.get_args());
        builder.env_clear();
        builder.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        builder.env("TERM", "xterm-256color");
        builder.env("LANG", "C.UTF-8");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => builder.env(name, value),
                None => builder.env_remove(name),
            }
        }
        let folder = command.get_current_dir().map_or_else(std::env::temp_dir, PathBuf::from);
        builder.cwd(folder);
        builder
    }
}

pub(crate) fn size(width: u16, height: u16) -> PtySize {
    PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }
}

/// Shows the program's output until its last holder has closed the terminal.
fn read(mut from: Box<dyn Read + Send>, to: &Shared, pid: Pid, in_pieces: bool) {
    let mut buffer = [0; CHUNK];
    let length = if in_pieces { SMALL_CHUNK } else { CHUNK };
    loop {
        match from.read(&mut buffer[..length]) {
            Ok(0) => break,
            Ok(read) => {
                let mut moment = to.moment();
                moment.terminal.takes(&buffer[..read]);
                if let Some((signal, nth)) = moment.strike
                    && moment.terminal.chunks() == nth
                    && moment.after.is_none()
                {
                    // It may have ended by itself just now.
                    let _ = kill_process(pid, signal);
                    moment.struck = true;
                }
                let answers = moment.terminal.answers();
                if moment.letting_go {
                    break;
                }
                drop(moment);
                to.changed.notify_all();
                if let Some(keyboard) = &mut *to.keyboard()
                    && !answers.is_empty()
                {
                    keyboard.write_all(&answers).unwrap();
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    to.moment().closed = true;
    to.changed.notify_all();
}

/// Notes how the program left the terminal, before the last hold on it is let go.
fn wait(mut child: Box<dyn Child + Send + Sync>, to: &Shared) {
    let status = child.wait().unwrap();
    let mut moment = to.moment();
    if let Some(tty) = moment.tty.take() {
        // A terminal that was taken away has no modes.
        let driver = (!moment.letting_go).then(|| Driver::of(&tty));
        moment.after = Some((status, driver));
    }
    to.changed.notify_all();
}
