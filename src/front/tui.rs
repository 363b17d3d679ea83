//! The full screen: one loop folds keys, ticks and what the core tells into the app's state, and
//! draws it when something has changed. It adds no logic of its own: questions check, the core
//! plans and applies on a thread of its own.
//!
//! Nothing here runs a process, reads the fleet or waits for anything but the one channel.

mod app;
mod clock;
pub(crate) mod code;
mod decode;
mod draw;
mod field;
mod frame;
mod guard;
mod hand_over;
mod help;
mod key;
pub mod log;
mod looking;
mod output;
mod paint;
mod pane;
mod replay;
mod run;
mod screen;
mod search;
mod sheet;
mod terminal;
mod text;
pub mod theme;
mod worker;

#[cfg(test)]
mod stage;
#[cfg(test)]
pub(crate) use stage::looking::report as example_report;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::Event as Seen;

use super::Finish;
use super::world::{Core, Errand, Which};
use crate::activate::{Coming, InTheWayChoice};
use crate::event::Event;
use crate::host::Host;
use crate::problem::Problem;

pub use replay::Replayed;

use app::{App, Out};
use hand_over::HandOver;
use terminal::{Screen, Signal};
pub use theme::{Palette, Theme, Wish};
use worker::{Beside, Blocked, Done, Reins};

/// Everything that reaches the app, through one channel.
#[derive(Debug)]
pub(crate) enum Msg {
    /// Keys, mouse, paste, resize, focus.
    Seen(Seen),
    Signal(Signal),
    /// A job has ended.
    Done(Done),
    /// Something that goes on beside has got further.
    Beside(Beside),
    /// Something happened while a plan is carried out.
    Event(Event),
    /// Lines wait in the feed.
    Lines,
    /// Something is built; whoever sends this waits to hear whether it is put in place.
    Coming(Box<Coming>, mpsc::Sender<bool>),
    InTheWay(Vec<Blocked>, mpsc::Sender<InTheWayChoice>),
    /// A command is to get the terminal; whoever sends this waits until it is free.
    HandOver(Box<HandOver>, mpsc::Sender<()>),
    /// It has ended, as these words say, and whoever sends this waits until it is ours again.
    TakenBack(String, mpsc::Sender<()>),
    /// A moment the app asked for has come.
    Tick,
}

/// How it begins.
#[derive(Debug)]
pub struct Start {
    /// Who is at the keyboard, on which machine.
    pub host: Host,
    pub begin: Begin,
    pub theme: Theme,
}

/// What is looked at first.
#[derive(Debug)]
pub enum Begin {
    Fleet {
        which: Which,
        /// What is planned as soon as the fleet is read; without it, the person chooses a door.
        errand: Option<Errand>,
        /// Where it begins without one.
        at: At,
    },
    /// A kept log, and nothing else.
    Log(Box<Replayed>),
}

impl Begin {
    /// Where the person chooses.
    pub fn with(which: Which) -> Self {
        Self::Fleet { which, errand: None, at: At::Welcome }
    }
}

/// Where it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum At {
    #[default]
    Welcome,
    /// At what is wrong here.
    Findings,
    /// At a log: this one, or one that is to be pasted.
    Log(Option<PathBuf>),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// A plan was carried out, or tried.
    Finished(Box<Finish>),
    /// The person left before anything was changed.
    Left,
    /// There was nothing to show.
    Failed(Problem),
    /// By a signal of this number.
    Signal(i32),
}

/// Frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(16);

/// Runs the full screen on this process's terminal until the person leaves.
///
/// # Errors
/// There is no terminal to draw on; or the worker has gone down.
pub fn run(start: Start, core: &mut dyn Core, reins: &Hold) -> Result<Ended, Problem> {
    let (tell, told) = mpsc::channel();
    let mut screen = Screen::open(tell.clone())?;
    let (give, jobs) = mpsc::channel();
    let wake = tell.clone();
    let (lines, mut outlet) = log::feed(log::feed::WAITING, move || {
        // Whoever does not listen any more has let go of the outlet too.
        let _ = wake.send(Msg::Lines);
    });
    let reins = &reins.0;
    let ended = std::thread::scope(|scope| {
        let working = {
            let tell = tell.clone();
            scope.spawn(move || worker::work(core, &jobs, &tell, &lines, reins))
        };
        let ended = lead(start, &mut screen, &told, &mut outlet, &give, reins);
        // However it ended: a step that still runs must not keep the shell waiting.
        reins.let_go();
        // Whoever waits for an answer or for room gets none, and goes on without.
        drop((told, outlet));
        drop(give);
        screen.close();
        match working.join() {
            Ok(()) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    Ok(ended)
}

/// What a run is held by.
#[derive(Debug, Clone, Default)]
pub struct Hold(Reins);

impl Hold {
    /// Set when the running command is to end; for the runner that spawned it.
    pub fn end(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.end)
    }
}

/// Folds one message. Lines come by a way of their own: those that were said before something ended
/// are part of what is made of its end.
fn fold(app: &mut App, outlet: &mut log::Outlet, began: Instant, msg: Msg) {
    if matches!(msg, Msg::Done(_) | Msg::Event(Event::Ended { .. })) {
        app.lines(began.elapsed(), outlet);
    }
    app.fold(began.elapsed(), msg);
}

/// Folds and draws until it is over.
fn lead(
    start: Start,
    screen: &mut Screen,
    told: &mpsc::Receiver<Msg>,
    outlet: &mut log::Outlet,
    give: &mpsc::Sender<worker::Job>,
    reins: &Reins,
) -> Result<Ended, Problem> {
    let began = Instant::now();
    let mut app = App::new(start);
    let mut drawn: Option<Instant> = None;
    let mut dirty = true;
    loop {
        for out in app.out() {
            match out {
                Out::Job(job) => {
                    // The worker ends only when this channel does.
                    let _ = give.send(job);
                }
                Out::Stop => reins.stop.store(true, Ordering::Relaxed),
                Out::End => reins.end.store(true, Ordering::Relaxed),
                Out::Ended(ended) => return Ok(ended),
                Out::Terminal(act) => screen.act(act)?,
                Out::HandOver(words, ready) => {
                    screen.hand_over(&words);
                    // Nobody waits only when the worker has gone down.
                    let _ = ready.send(());
                }
                Out::TakenBack(words, ready) => {
                    let back = screen.take_back(&words);
                    let _ = ready.send(());
                    back?;
                }
            }
            dirty = true;
        }
        let since = drawn.map_or(FRAME, |at| at.elapsed());
        if outlet.is_pressing() || (dirty && since >= FRAME) {
            app.lines(began.elapsed(), outlet);
        }
        if dirty && since >= FRAME {
            screen.draw(&mut app, began.elapsed())?;
            drawn = Some(Instant::now());
            dirty = false;
            continue;
        }
        let wait = match (dirty, app.wake()) {
            (true, _) => Some(FRAME.saturating_sub(since)),
            (false, wake) => wake.map(|at| at.saturating_sub(began.elapsed())),
        };
        let msg = match wait {
            None => told.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(wait) => told.recv_timeout(wait),
        };
        match msg {
            Ok(msg) => {
                fold(&mut app, outlet, began, msg);
                // Whatever waits already belongs to the same frame.
                let until = Instant::now() + FRAME;
                // In this order: what was received and not folded would be lost.
                while Instant::now() < until
                    && let Ok(msg) = told.try_recv()
                {
                    fold(&mut app, outlet, began, msg);
                }
                dirty = true;
            }
            Err(RecvTimeoutError::Timeout) if dirty => {}
            Err(RecvTimeoutError::Timeout) => {
                app.fold(began.elapsed(), Msg::Tick);
                dirty = true;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Left),
        }
    }
}
