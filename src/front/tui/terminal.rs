//! The real terminal: taken over, given back whatever happens, read on a thread of its own.
//!
//! It is given back on a panic, on signals, when it is lost, and while a child needs it. Reading
//! waits for the terminal alone, so that an idle doorstep is never woken.

use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute, queue};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;
use unix::errno::Errno;
use unix::sys::select::{FdSet, select};

use super::Msg;
use super::app::App;
use super::decode::Decoder;
use crate::problem::Problem;

/// What the terminal or the system tells beside keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Somebody wants the process to end.
    End(i32),
    /// The terminal has gone.
    Lost,
    /// In the foreground again after a suspension.
    Continued,
}

/// Something to be done with the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// To the clipboard, as OSC 52: the terminal may or may not do it.
    Copy(String),
    Suspend,
    /// Everything is drawn again.
    Redraw,
    /// Clicks come to doorstep, or select text as usual.
    Mouse(bool),
    Bell,
}

/// Whether the terminal is ours now; looked at by the panic hook too.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    tell: mpsc::Sender<Msg>,
    reader: Option<Reader>,
    mouse: bool,
    /// A command has the terminal.
    is_aside: bool,
    signals: signal_hook::iterator::Handle,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Standard input or output is none, or it cannot be set up.
    pub(crate) fn open(tell: mpsc::Sender<Msg>) -> Result<Self, Problem> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(Problem::user("there is no terminal to draw on"));
        }
        restore_on_panic();
        let signals = watch(tell.clone())?;
        take(true).map_err(lost)?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout()));
        let terminal = Terminal::new(backend).map_err(lost)?;
        let reader = Reader::start(tell.clone()).map_err(lost)?;
        Ok(Self { terminal, tell, reader: Some(reader), mouse: true, is_aside: false, signals })
    }

    /// Draws the app in one synchronised write.
    pub(crate) fn draw(&mut self, app: &mut App, now: Duration) -> Result<(), Problem> {
        if self.is_aside {
            return Ok(());
        }
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate).map_err(lost)?;
        let drawn = self.terminal.draw(|frame| {
            let area = frame.area();
            let drawn = app.view(now, area, frame.buffer_mut());
            if let Some(cursor) = drawn.cursor {
                frame.set_cursor_position(cursor);
            }
            app.set_drawn(drawn);
        });
        drawn.map_err(lost)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate).map_err(lost)
    }

    pub(crate) fn act(&mut self, act: Act) -> Result<(), Problem> {
        if self.is_aside {
            return Ok(());
        }
        match act {
            Act::Copy(text) => self.write(&osc52(&text)),
            Act::Bell => self.write("\u{7}"),
            Act::Redraw => self.forget(),
            Act::Mouse(on) => {
                self.mouse = on;
                let out = self.terminal.backend_mut();
                match on {
                    true => execute!(out, EnableMouseCapture),
                    false => execute!(out, DisableMouseCapture),
                }
                .map_err(lost)
            }
            Act::Suspend => self.suspend(),
        }
    }

    /// What the terminal shows is not known any more: the next frame is drawn whole.
    ///
    /// Not by `Terminal::clear`, which asks the terminal where its cursor is and waits two seconds
    /// for an answer; one that comes right after a typed Esc is taken for keys, and none ends the
    /// session with an error.
    fn forget(&mut self) -> Result<(), Problem> {
        let area = self.terminal.size().map_err(lost)?.into();
        self.terminal.resize(area).map_err(lost)
    }

    fn write(&mut self, text: &str) -> Result<(), Problem> {
        let out = self.terminal.backend_mut();
        out.write_all(text.as_bytes()).and_then(|()| Write::flush(out)).map_err(lost)
    }

    /// Gives the terminal to whoever started us until we are continued.
    fn suspend(&mut self) -> Result<(), Problem> {
        self.step_aside();
        // Our whole job stops, as the shell expects; a shell without job control goes on at once.
        let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP);
        self.come_back()?;
        let _ = self.tell.send(Msg::Signal(Signal::Continued));
        Ok(())
    }

    /// Leaves the terminal as it was found; nothing is read until [`Self::come_back`].
    pub(crate) fn step_aside(&mut self) {
        self.reader = None;
        give_back();
    }

    pub(crate) fn come_back(&mut self) -> Result<(), Problem> {
        take(self.mouse).map_err(lost)?;
        self.forget()?;
        self.reader = Some(Reader::start(self.tell.clone()).map_err(lost)?);
        Ok(())
    }

    /// Lets a command have the terminal, with `words` before whatever it writes. Nothing is drawn
    /// until [`Self::take_back`].
    pub(crate) fn hand_over(&mut self, words: &str) {
        self.step_aside();
        self.is_aside = true;
        say(words);
    }

    /// The command has ended.
    pub(crate) fn take_back(&mut self, words: &str) -> Result<(), Problem> {
        say(words);
        self.is_aside = false;
        self.come_back()
    }

    /// Gives the terminal back for good.
    pub(crate) fn close(&mut self) {
        self.step_aside();
        self.signals.close();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.close();
    }
}

/// The control sequence that asks a terminal to copy `text`.
fn osc52(text: &str) -> String {
    let mut out = String::from("\u{1b}]52;c;");
    base64::engine::general_purpose::STANDARD.encode_string(text, &mut out);
    // Writing to a string cannot fail.
    let _ = out.write_char('\u{7}');
    out
}

/// Words on the ordinary screen. A terminal that has gone is noticed when it is drawn on again.
fn say(words: &str) {
    let mut out = io::stdout();
    let _ = out.write_all(words.as_bytes()).and_then(|()| out.flush());
}

fn lost(e: io::Error) -> Problem {
    Problem::tool("the terminal cannot be drawn on").cause(e)
}

fn take(mouse: bool) -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange)?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

/// Leaves the terminal as it was found. Nothing can be done about a terminal that has gone.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

/// A panic is read on the ordinary screen.
fn restore_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
    });
}

fn watch(tell: mpsc::Sender<Msg>) -> Result<signal_hook::iterator::Handle, Problem> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGWINCH, SIGCONT])
        .map_err(|e| Problem::bug("signals cannot be watched").cause(e))?;
    let handle = signals.handle();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let msg = match signal {
                SIGWINCH => match ratatui::crossterm::terminal::size() {
                    Ok((w, h)) => Msg::Seen(event::Event::Resize(w, h)),
                    Err(_) => continue,
                },
                // The screen tells this itself once it has the terminal again.
                SIGCONT => continue,
                signal => Msg::Signal(Signal::End(signal)),
            };
            if tell.send(msg).is_err() {
                return;
            }
        }
    });
    Ok(handle)
}

/// Reads keys on a thread of its own until it is dropped.
struct Reader {
    thread: Option<JoinHandle<()>>,
    /// Closed to end the thread.
    stay: Option<OwnedFd>,
}

impl Reader {
    fn start(tell: mpsc::Sender<Msg>) -> io::Result<Self> {
        let (end, stay) = rustix::pipe::pipe()?;
        let thread = std::thread::Builder::new().name("keys".into()).spawn(move || {
            if read(&end, &tell).is_err() {
                let _ = tell.send(Msg::Signal(Signal::Lost));
            }
        })?;
        Ok(Self { thread: Some(thread), stay: Some(stay) })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stay = None;
        if let Some(thread) = self.thread.take() {
            // It only reads; a panic there has been told.
            let _ = thread.join();
        }
    }
}

/// Until the other end of `end` is closed.
fn read(end: &OwnedFd, tell: &mpsc::Sender<Msg>) -> io::Result<()> {
    let input = io::stdin();
    let mut decoder = Decoder::default();
    let mut buffer = [0; 4096];
    loop {
        // Not poll: on macOS that does not know terminals.
        let mut ready = FdSet::new();
        ready.insert(input.as_fd());
        ready.insert(end.as_fd());
        match select(None, &mut ready, None, None, None) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(e) => return Err(e.into()),
        }
        if ready.contains(end.as_fd()) {
            return Ok(());
        }
        let read = match rustix::io::read(&input, &mut buffer) {
            // A terminal that has gone is ready for ever, with nothing to read.
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => read,
            Err(rustix::io::Errno::INTR) => continue,
            Err(e) => return Err(e.into()),
        };
        for seen in decoder.take(&buffer[..read], read == buffer.len()) {
            if tell.send(Msg::Seen(seen)).is_err() {
                return Ok(());
            }
        }
    }
}
