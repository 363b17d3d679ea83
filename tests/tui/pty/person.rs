//! The person: hands that type, click and paste, eyes that wait for what is shown.

use std::io::Write;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{ExitStatus, MasterPty};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use vt100::Screen;

use super::keys::keys;
use super::leaving::{Driver, Left, insane};
use super::seat::size;
use super::terminal::{Terminal, rows};

/// Ends a test that has failed. Nothing that works comes near it, on a machine however slow.
/// Who writes a test may be less patient: `DOORSTEP_TEST_PATIENCE` is a number of seconds.
static PATIENCE: LazyLock<Duration> = LazyLock::new(|| {
    let seconds = std::env::var("DOORSTEP_TEST_PATIENCE").ok();
    Duration::from_secs(seconds.map_or(120, |s| s.parse().expect("a number of seconds")))
});

/// What the person and the threads that read and wait for the program both look at.
pub(crate) struct Shared {
    pub(crate) moment: Mutex<Moment>,
    pub(crate) changed: Condvar,
    /// Gone when the terminal is taken away.
    pub(crate) keyboard: Mutex<Option<Box<dyn Write + Send>>>,
}

/// How things stand.
pub(crate) struct Moment {
    pub(crate) terminal: Terminal,
    /// Our own hold on the program's side; while it is open, its modes can be asked.
    pub(crate) tty: Option<OwnedFd>,
    /// The signal that comes with a piece of output, counted from the first.
    pub(crate) strike: Option<(Signal, usize)>,
    pub(crate) struck: bool,
    /// The reader is to close its side at the next output.
    pub(crate) letting_go: bool,
    /// Once the program has ended: how, and the driver's modes then.
    pub(crate) after: Option<(ExitStatus, Option<Driver>)>,
    /// All output has been read, and nobody can write any more.
    pub(crate) closed: bool,
}

impl Shared {
    pub(crate) fn moment(&self) -> MutexGuard<'_, Moment> {
        self.moment.lock().expect("whoever held it did not panic")
    }

    pub(crate) fn keyboard(&self) -> MutexGuard<'_, Option<Box<dyn Write + Send>>> {
        self.keyboard.lock().expect("whoever held it did not panic")
    }
}

impl Moment {
    /// Whether keys wait to be read. On Linux the question itself makes those arrive that are
    /// still on their way (`n_tty_poll` flushes), so "no" means that they were read.
    fn has_keys_to_read(&self) -> bool {
        let Some(tty) = &self.tty else { return false };
        let mut fds = [PollFd::new(tty, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
    }
}

pub(crate) struct Person {
    shared: Arc<Shared>,
    /// Gone when the terminal is taken away.
    master: Option<Box<dyn MasterPty + Send>>,
    reading: Option<JoinHandle<()>>,
    pid: Pid,
    before: Driver,
    keys: usize,
    decisions: usize,
    typed: String,
}

impl Person {
    pub(crate) fn new(
        shared: Arc<Shared>,
        master: Box<dyn MasterPty + Send>,
        reading: JoinHandle<()>,
        pid: Pid,
        before: Driver,
    ) -> Self {
        let (master, reading) = (Some(master), Some(reading));
        Self { shared, master, reading, pid, before, keys: 0, decisions: 0, typed: String::new() }
    }

    // Eyes.

    /// Waits until the screen shows `text` in one line.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> &mut Self {
        self.until(&format!("to see `{text}`"), |m| shows(&m.terminal, text).then_some(()))
    }

    /// Waits until the screen shows `text` no more.
    #[track_caller]
    pub(crate) fn sees_no_more(&mut self, text: &str) -> &mut Self {
        self.until(&format!("`{text}` to go"), |m| (!shows(&m.terminal, text)).then_some(()))
    }

    /// Waits until the screen is one that `holds`.
    #[track_caller]
    pub(crate) fn sees_that(&mut self, what: &str, holds: impl Fn(&Screen) -> bool) -> &mut Self {
        self.until(what, |m| holds(m.terminal.screen()).then_some(()))
    }

    /// What is shown now: rows without the blanks at their ends.
    pub(crate) fn screen(&self) -> Vec<String> {
        self.shared.moment().terminal.rows()
    }

    /// What is shown now, with colours and the cursor.
    pub(crate) fn looks(&self) -> Screen {
        self.shared.moment().terminal.screen().clone()
    }

    /// All that the program has written so far.
    pub(crate) fn output(&self) -> Vec<u8> {
        self.shared.moment().terminal.output().to_vec()
    }

    /// What the program asked the terminal to copy, in base64, oldest first.
    pub(crate) fn copied(&self) -> Vec<Vec<u8>> {
        self.shared.moment().terminal.copied().to_vec()
    }

    pub(crate) fn bells(&self) -> usize {
        self.shared.moment().terminal.bells()
    }

    // Hands.

    /// Types keys in the notation of [`keys`].
    #[track_caller]
    pub(crate) fn types(&mut self, notation: &str) -> &mut Self {
        self.typed.push_str(notation);
        for key in keys(notation) {
            self.keys += 1;
            self.sends(&key.bytes);
            // Nobody's fingers are so quick that the next key would make it Alt.
            if key.is_escape {
                self.waits_for_keys_to_be_read();
            }
        }
        self
    }

    /// Types keys that together are one decision: the person read, thought and chose.
    #[track_caller]
    pub(crate) fn decides(&mut self, notation: &str) -> &mut Self {
        self.decisions += 1;
        self.types(notation)
    }

    /// Pastes, as a terminal in bracketed paste mode does; each character counts as a key.
    #[track_caller]
    pub(crate) fn pastes(&mut self, text: &str) -> &mut Self {
        self.keys += text.chars().count();
        self.typed.push_str("<paste>");
        self.sends(format!("\x1b[200~{text}\x1b[201~").as_bytes())
    }

    /// Clicks the left button on a cell, counted from 0.
    #[track_caller]
    pub(crate) fn clicks(&mut self, column: u16, row: u16) -> &mut Self {
        let at = format!("{};{}", column + 1, row + 1);
        self.sends(format!("\x1b[<0;{at}M\x1b[<0;{at}m").as_bytes())
    }

    /// Clicks on the first place where the screen shows `text`.
    #[track_caller]
    pub(crate) fn clicks_on(&mut self, text: &str) -> &mut Self {
        self.sees(text);
        let screen = self.looks();
        let (column, row) = place(&screen, text).expect("it was just seen");
        self.clicks(column, row)
    }

    /// Turns the wheel by so many notches, down or (less than 0) up, over a cell.
    #[track_caller]
    pub(crate) fn wheel(&mut self, column: u16, row: u16, notches: i16) -> &mut Self {
        let button = if notches < 0 { 64 } else { 65 };
        for _ in 0..notches.unsigned_abs() {
            self.sends(format!("\x1b[<{button};{};{}M", column + 1, row + 1).as_bytes());
        }
        self
    }

    /// Makes the window another size; the program gets SIGWINCH.
    pub(crate) fn resizes(&mut self, width: u16, height: u16) -> &mut Self {
        // The emulator first: what is drawn for the new size must find it.
        self.shared.moment().terminal.resize(width, height);
        let master = self.master.as_ref().expect("the terminal was not taken away");
        master.resize(size(width, height)).unwrap();
        self
    }

    /// Bytes as they are.
    pub(crate) fn sends(&mut self, bytes: &[u8]) -> &mut Self {
        self.writes(bytes);
        self
    }

    /// An error means that the program has ended, which what follows tells.
    fn writes(&self, bytes: &[u8]) {
        if let Some(keyboard) = &mut *self.shared.keyboard() {
            let _ = keyboard.write_all(bytes).and_then(|()| keyboard.flush());
        }
    }

    /// Sends a signal to the program (or to the shell it was started by).
    pub(crate) fn signals(&mut self, signal: Signal) -> &mut Self {
        let _ = kill_process(self.pid, signal);
        self
    }

    /// The program gets `signal` with the `nth` piece of output from now on.
    pub(crate) fn is_struck_after(&mut self, signal: Signal, nth: usize) -> &mut Self {
        let mut moment = self.shared.moment();
        moment.strike = Some((signal, moment.terminal.chunks() + nth));
        drop(moment);
        self
    }

    /// Keys that had to be pressed so far; typed and pasted characters are one each.
    pub(crate) fn keys(&self) -> usize {
        self.keys
    }

    pub(crate) fn decisions(&self) -> usize {
        self.decisions
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Whether the program is there no more.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.moment().after.is_some()
    }

    // Patience.

    /// Waits for the signal of `Seat::struck` to have come, or for the program to have ended,
    /// pressing the keys of `notation` in turn and making the window another size each time, so
    /// that there is always output to come.
    #[track_caller]
    pub(crate) fn until_struck(&mut self, notation: &str) -> &mut Self {
        let keys = keys(notation);
        for turn in 0_u16.. {
            let mut moment = self.shared.moment();
            if moment.struck || moment.after.is_some() {
                break;
            }
            let seen = moment.terminal.chunks();
            // A size that it has not had yet: one that it has drawn it need not draw again.
            let (width, height) = (80 + turn % 40, 24 + turn / 40);
            moment.terminal.resize(width, height);
            // While the moment is held no signal is sent, so the key comes first; and not before
            // the first output, since a terminal that nobody has taken over shows what is typed.
            // A key still on its way when the terminal is given back would be shown too; asking
            // brings it in, but only if none waits before it.
            if let Some(key) = keys.get(usize::from(turn) % keys.len().max(1))
                && seen > 0
                && !moment.has_keys_to_read()
            {
                self.writes(&key.bytes);
                moment.has_keys_to_read();
            }
            let master = self.master.as_ref().expect("the terminal was not taken away");
            master.resize(size(width, height)).unwrap();
            drop(moment);
            self.until("more output", |m| {
                (m.terminal.chunks() > seen || m.after.is_some()).then_some(())
            });
        }
        self
    }

    /// A stopped program must have given the terminal back; call when the shell says `(away 1)`.
    #[track_caller]
    pub(crate) fn has_the_terminal_back(&mut self) -> &mut Self {
        let moment = self.shared.moment();
        let now = Driver::of(moment.tty.as_ref().expect("the shell still runs"));
        let found = insane(&moment.terminal, self.before, now);
        drop(moment);
        assert!(found.is_empty(), "stopped, and {found:#?}\n{}", self.picture());
        self
    }

    /// Waits for the program to end by itself and for the last of its output.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> Left {
        self.until("the program to end", |m| (m.closed && m.after.is_some()).then_some(()));
        let moment = self.shared.moment();
        let (status, driver) = moment.after.clone().expect("it was just there");
        let driver = driver.expect("the terminal was not taken away");
        Left {
            status,
            text: moment.terminal.rows().join("\n").trim_end().to_owned(),
            insane: insane(&moment.terminal, self.before, driver),
            keys: self.keys,
            decisions: self.decisions,
            output: moment.terminal.output().to_vec(),
            copied: moment.terminal.copied().to_vec(),
        }
    }

    /// Takes the terminal away, as when a window is closed or a connection breaks, and waits for
    /// the program to notice.
    #[track_caller]
    pub(crate) fn hangs_up(&mut self) -> ExitStatus {
        let mut moment = self.shared.moment();
        moment.letting_go = true;
        if let Some(tty) = &moment.tty {
            // The keyboard says goodbye with Enter and Ctrl-D unless that key is none.
            let mut modes = tcgetattr(tty).unwrap();
            modes.special_codes[SpecialCodeIndex::VEOF] = 0;
            tcsetattr(tty, OptionalActions::Now, &modes).unwrap();
        }
        let (columns, rows) =
            (moment.terminal.screen().size().1, moment.terminal.screen().size().0);
        drop(moment);
        // It draws anew, which wakes the reader, which lets go.
        self.resizes(columns.get() + 1, rows.get() + 1);
        self.until("to let go", |m| m.closed.then_some(()));
        if let Some(reading) = self.reading.take() {
            reading.join().expect("it reads without panicking");
        }
        self.shared.keyboard().take();
        self.master.take();
        self.until("the program to notice", |m| m.after.is_some().then_some(()));
        self.shared.moment().after.clone().expect("it was just there").0
    }

    /// Waits until the program has taken every key from the terminal.
    pub(crate) fn waits_for_keys_to_be_read(&self) {
        let end = Instant::now() + *PATIENCE;
        while self.shared.moment().has_keys_to_read() {
            assert!(Instant::now() < end, "nobody reads the keys\n{}", self.picture());
            thread::yield_now();
        }
    }

    #[track_caller]
    fn until(&mut self, what: &str, holds: impl Fn(&Moment) -> Option<()>) -> &mut Self {
        let end = Instant::now() + *PATIENCE;
        let mut moment = self.shared.moment();
        while holds(&moment).is_none() {
            let left = end.saturating_duration_since(Instant::now());
            let why = match &moment.after {
                Some((status, _)) if moment.closed => format!("the program has ended: {status}"),
                _ if left.is_zero() => "patience has ended".to_owned(),
                _ => {
                    let waited = self.shared.changed.wait_timeout(moment, left);
                    moment = waited.expect("whoever held it did not panic").0;
                    continue;
                }
            };
            drop(moment);
            panic!("waited for {what}, but {why}\n{}", self.picture());
        }
        drop(moment);
        self
    }

    /// The last screen in a frame, and what was typed.
    fn picture(&self) -> String {
        let screen = self.looks();
        let width = usize::from(screen.size().1.get());
        let rule = "─".repeat(width);
        let mut text = format!("┌{rule}┐\n");
        for row in screen.rows(0, screen.size().1.get()) {
            text.push_str(&format!("│{row:width$}│\n"));
        }
        let (row, column) = screen.cursor_position();
        let hidden = if screen.hide_cursor() { " (hidden)" } else { "" };
        let typed = &self.typed;
        format!("{text}└{rule}┘\ncursor at {column},{row}{hidden}; typed so far: {typed}")
    }
}

impl Drop for Person {
    /// A test that failed leaves no program behind.
    fn drop(&mut self) {
        if self.shared.moment.lock().is_ok_and(|moment| moment.after.is_none()) {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}

fn shows(terminal: &Terminal, text: &str) -> bool {
    // A line that the terminal had to wrap is still one line.
    terminal.screen().contents().lines().any(|line| line.contains(text))
}

/// Column and row of the first cell of `text`.
fn place(screen: &Screen, text: &str) -> Option<(u16, u16)> {
    let row = rows(screen).iter().position(|row| row.contains(text))?;
    let row = u16::try_from(row).ok()?;
    let width = screen.size().1.get();
    // By cells, since a character may be wider than one and longer than a byte.
    let starts = |column: &u16| screen.contents_between(row, *column, row, width).starts_with(text);
    (0..width).find(starts).map(|column| (column, row))
}
