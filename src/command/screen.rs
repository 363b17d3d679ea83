//! The full screen where there is a terminal for it, else the same in plain questions.

use std::io;
use std::path::PathBuf;

use super::onboard::{Looks, Options};
use super::session::Session;
use super::{Exit, Where, checkpoint, journey, note, practice};
use crate::front::headless::{Report as _, Words};
use crate::front::tui::{self, At, Begin, Ended, Replayed, Start};
use crate::front::world::{Errand, Which};
use crate::host::Host;
use crate::problem::Problem;

/// Opens the full screen, or the plain questions where that was asked for or cannot be.
pub(super) fn start(options: &Options, host: &Host, which: Which) -> Result<Exit, Problem> {
    match plain(&options.looks, host) {
        None => show(options, host, Begin::with(which), practice_dir(host)),
        Some(why) => {
            say(why);
            journey::start(options, host)
        }
    }
}

/// The same for practice in `dir`.
pub(super) fn practise(options: &Options, host: &Host, dir: PathBuf) -> Result<Exit, Problem> {
    match plain(&options.looks, host) {
        None => show(options, host, Begin::with(Which::Practice { afresh: false }), dir),
        Some(why) => {
            say(why);
            let options = practice::Options::plain(options, dir.clone());
            practice::begin(&options, host, &dir)
        }
    }
}

/// The full screen for an errand that the command line has named. `None`: lines are wanted, or all
/// that this terminal can show.
pub(super) fn errand(
    options: &Options,
    host: &Host,
    errand: Errand,
) -> Option<Result<Exit, Problem>> {
    let begin = Begin::Fleet { which: Which::Known, errand: Some(errand), at: At::Welcome };
    let shown = || show(options, host, begin, practice_dir(host));
    plain(&options.looks, host).is_none().then(shown)
}

/// The full screen at what is wrong; `None` as in [`errand`].
pub(super) fn wrong(
    fleet: &Where,
    looks: &Looks,
    host: &Host,
    at: At,
) -> Option<Result<Exit, Problem>> {
    let options = Options { at: fleet.clone(), looks: looks.clone(), ..Options::default() };
    let begin = Begin::Fleet { which: Which::Known, errand: None, at };
    let shown = || show(&options, host, begin, practice_dir(host));
    plain(looks, host).is_none().then(shown)
}

fn practice_dir(host: &Host) -> PathBuf {
    host.home.join("doorstep-practice")
}

/// Why the questions are plain, where they are; empty when the person asked for it.
fn plain(looks: &Looks, host: &Host) -> Option<&'static str> {
    if looks.plain || Looks::is_accessible(host) {
        return Some("");
    }
    match host.var("TERM") {
        None => Some("TERM is not set, so doorstep does not know how to draw; it asks in lines."),
        Some("dumb") => Some("This terminal cannot be drawn on, so doorstep asks in lines."),
        Some(_) => None,
    }
}

fn say(why: &str) {
    if !why.is_empty() {
        note(why);
    }
}

fn show(
    options: &Options,
    host: &Host,
    begin: Begin,
    practice_dir: PathBuf,
) -> Result<Exit, Problem> {
    let checkpoint = checkpoint::of(host);
    let hold = tui::Hold::default();
    let mut session = Session::new(host, options, practice_dir, &checkpoint, hold.end());
    let start = Start { host: host.clone(), begin, theme: options.looks.theme(host) };
    ended(tui::run(start, &mut session, &hold)?, &session)
}

/// The full screen for a log; `None`: lines are wanted, or all that this terminal can show.
pub(super) fn replay(
    looks: &Looks,
    host: &Host,
    read: impl FnOnce() -> Result<Replayed, Problem>,
) -> Option<Result<Exit, Problem>> {
    let shown = || {
        let options = Options { looks: looks.clone(), ..Options::default() };
        show(&options, host, Begin::Log(Box::new(read()?)), practice_dir(host))
    };
    plain(looks, host).is_none().then(shown)
}

fn ended(ended: Ended, session: &Session) -> Result<Exit, Problem> {
    match ended {
        Ended::Finished(finish) => {
            // The screen goes, and what is left to do with it: it stays in the scrollback.
            if let Some(scene) = session.scene() {
                Words::new(io::stdout(), scene).finish(&finish);
            }
            Ok(finish.end.into())
        }
        Ended::Failed(problem) => Err(problem),
        Ended::Left => Ok(Exit::Done),
        Ended::Signal(number) => {
            // The terminal is as it was; the process ends as anybody expects of the signal. The
            // only error is an unknown one.
            let _ = signal_hook::low_level::emulate_default_handler(number);
            Ok(Exit::Stopped)
        }
    }
}
