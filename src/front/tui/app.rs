//! The state of the full screen, and the one fold that changes it. It touches nothing outside:
//! what is to be done comes out as [`Out`], so that a recorded session can be folded again.

mod asking;
mod doing;
mod keys;
mod looking;
mod running;
mod screens;

use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use ratatui::layout::Rect;

use super::frame::Size;
use super::guard::Guard;
use super::hand_over;
use super::help::Overlay;
use super::log::Store;
use super::log::store::KEPT;
use super::looking::Looking;
use super::paint::Drawn;
use super::run::Run;
use super::screen::{
    self, Button, Cx, Effect, Input, Notice, Place, Planned, Refusal, Screen, Waiting,
};
use super::terminal::Act;
use super::theme::Theme;
use super::worker::{Blocked, Job};
use super::{At, Begin, Ended, Msg, Replayed, Start};
use crate::activate::{Coming, InTheWayChoice};
use crate::answers::{Answers, KeyChoice};
use crate::front::Finish;
use crate::front::interview::Interview;
use crate::front::world::{Errand, Module, Readers, World};
use crate::host::Host;
use crate::problem::Problem;
use crate::question::Subject;
use crate::undo::TakenBack;

use screens::Screens;

/// Something for the loop to do.
#[derive(Debug)]
pub(crate) enum Out {
    Job(Job),
    /// Stop after the running step.
    Stop,
    /// End the running command.
    End,
    Terminal(Act),
    /// The terminal is for a command now, once these words are on it.
    HandOver(String, mpsc::Sender<()>),
    /// It is ours again, after these words.
    TakenBack(String, mpsc::Sender<()>),
    Ended(Ended),
}

/// Why somebody is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    SetUp,
    AddSomebody,
    Wrong,
    /// No door: the command has said what to do.
    Errand,
}

impl Door {
    /// The door to whoever is asked about.
    fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Somebody(_) => Self::AddSomebody,
            _ => Self::SetUp,
        }
    }
}

/// A question about leaving or the like, in the notice's and the buttons' rows.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    pub(crate) question: String,
    /// The first one is what Esc does.
    pub(crate) buttons: Vec<(Button, Vec<Effect>)>,
    pub(crate) at: usize,
}

/// What is built, and whoever waits to be told whether it is put in place.
struct ToAgree {
    coming: Box<Coming>,
    answer: mpsc::Sender<bool>,
}

/// Files in the way, and whoever waits to be told what to do.
struct InTheWay {
    files: Vec<Blocked>,
    answer: mpsc::Sender<InTheWayChoice>,
}

/// Everything that the picture follows from.
pub(crate) struct App {
    host: Host,
    theme: Theme,
    world: Option<Arc<World>>,
    interview: Option<Interview>,
    door: Door,
    module: Option<Result<Module, Problem>>,
    /// The answers that a module was asked for last.
    module_of: Option<Answers>,
    /// Whether it is still being made; then no other is asked for.
    module_busy: bool,
    /// Folders that were fleets before, where there is none now.
    before: Vec<PathBuf>,
    /// What a plan was asked for last.
    errand: Option<Errand>,
    planned: Option<Planned>,
    /// Why there is no plan.
    refused: Option<Refusal>,
    public_key: Option<Result<String, Problem>>,
    /// The choice that `public_key` is about.
    key_of: Option<KeyChoice>,
    readers: Option<Result<Readers, Problem>>,
    looking: Looking,
    /// How many things were begun beside.
    tickets: u64,
    /// Where it begins, until it is there.
    begins: At,
    begun_at_welcome: bool,
    /// The run that a fix is carried out for.
    aside: Option<looking::Aside>,
    /// The run that is being taken back.
    undoing: Option<PathBuf>,
    finish: Option<Finish>,
    taken: Option<Result<TakenBack, Problem>>,
    run: Option<Run>,
    /// The name of the log that `run` was read from.
    replayed: Option<String>,
    /// Everything that was said by what a run started.
    log: Store,
    coming: Option<ToAgree>,
    blocked: Option<InTheWay>,
    waiting: Option<Waiting>,
    at: Place,
    /// Where Esc goes, the newest last.
    trail: Vec<Place>,
    /// Whether suggestions are taken for all that needs nobody: until the person goes back to look.
    resting: bool,
    /// Of fields that show what is typed.
    guard: Guard,
    overlay: Option<Overlay>,
    dialog: Option<Dialog>,
    /// What just happened; gone with the next key.
    said: Option<Notice>,
    /// Files that changed since the plan was looked at; the next plan carries them.
    changed: Vec<PathBuf>,
    /// What is known of the person is being looked up again, for a fleet that has changed.
    is_renewed: bool,
    mouse: bool,
    area: Rect,
    drawn: Drawn,
    now: Duration,
    out: Vec<Out>,
    screens: Screens,
}

impl App {
    pub(crate) fn new(start: Start) -> Self {
        let mut app = Self {
            host: start.host,
            theme: start.theme,
            world: None,
            interview: None,
            door: Door::SetUp,
            module: None,
            module_of: None,
            module_busy: false,
            before: Vec::new(),
            errand: None,
            replayed: None,
            planned: None,
            refused: None,
            public_key: None,
            key_of: None,
            readers: None,
            looking: Looking::default(),
            tickets: 0,
            begun_at_welcome: true,
            begins: At::Welcome,
            aside: None,
            undoing: None,
            finish: None,
            taken: None,
            run: None,
            log: Store::new(KEPT),
            coming: None,
            blocked: None,
            waiting: None,
            at: Place::Welcome,
            trail: Vec::new(),
            resting: false,
            guard: Guard::default(),
            overlay: None,
            dialog: None,
            said: None,
            changed: Vec::new(),
            is_renewed: false,
            mouse: true,
            area: Rect::new(0, 0, 80, 24),
            drawn: Drawn::default(),
            now: Duration::ZERO,
            out: Vec::new(),
            screens: Screens::default(),
        };
        match start.begin {
            Begin::Fleet { which, errand, at } => {
                app.begun_at_welcome = at == At::Welcome;
                app.begins = at;
                if errand.is_some() {
                    (app.door, app.at) = (Door::Errand, Place::Review);
                }
                app.errand = errand;
                app.open(which);
            }
            Begin::Log(replayed) => {
                let Replayed { name, run, log } = *replayed;
                (app.run, app.log, app.replayed) = (Some(run), log, Some(name));
                app.arrive(Place::Replay);
            }
        }
        app
    }

    /// What is to be done, once.
    pub(crate) fn out(&mut self) -> Vec<Out> {
        std::mem::take(&mut self.out)
    }

    pub(crate) fn set_drawn(&mut self, drawn: Drawn) {
        self.drawn = drawn;
    }

    /// Where something was drawn.
    #[cfg(test)]
    pub(crate) fn hit(&self, target: super::paint::Target) -> Option<Rect> {
        self.drawn.hits.iter().rev().find(|hit| hit.target == target).map(|hit| hit.area)
    }

    /// When the picture changes by itself next, since the app began.
    pub(crate) fn wake(&self) -> Option<Duration> {
        let slow = self.waiting.as_ref().map(|waiting| waiting.since + screen::SLOW);
        let slow = slow.filter(|at| *at > self.now);
        let running = self.run.as_ref().and_then(|run| run.running());
        // A clock that counts seconds changes when its own second is full.
        let clock = running.map(|(_, step)| step.next_second(self.now));
        let own = self.screen().wake(&self.cx());
        [slow, clock, own].into_iter().flatten().min()
    }

    /// Whether something is being carried out that must not be left alone.
    fn is_busy(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.is_over())
    }

    pub(crate) fn cx(&self) -> Cx<'_> {
        Cx {
            host: self.world.as_ref().map_or(&self.host, |world| &world.host),
            world: self.world.as_deref(),
            interview: self.interview.as_ref(),
            planned: self.planned.as_ref(),
            refused: self.refused.as_ref(),
            module: self.module.as_ref(),
            before: &self.before,
            public_key: self.public_key.as_ref(),
            readers: self.readers.as_ref(),
            looking: &self.looking,
            errand: self.errand.as_ref(),
            door: self.door,
            finish: self.finish.as_ref(),
            taken: self.taken.as_ref(),
            run: self.run.as_ref(),
            log: &self.log,
            coming: self.coming.as_ref().map(|asked| &*asked.coming),
            blocked: self.blocked.as_ref().map(|blocked| blocked.files.as_slice()),
            waiting: self.waiting.as_ref(),
            size: Size::of(self.area),
            area: self.area,
            theme: self.theme,
            now: self.now,
        }
    }

    pub(crate) fn screen(&self) -> &dyn Screen {
        self.screens.at(self.at)
    }

    /// The screen one is at, taken out so that it can look at the rest while it changes.
    fn with_screen<T>(&mut self, act: impl FnOnce(&mut dyn Screen, &Cx) -> T) -> T {
        let mut screens = std::mem::take(&mut self.screens);
        let done = act(screens.at_mut(self.at), &self.cx());
        self.screens = screens;
        done
    }

    pub(crate) fn at(&self) -> Place {
        self.at
    }

    pub(crate) fn door(&self) -> Door {
        self.door
    }

    /// The name of the log that is looked at.
    pub(crate) fn replayed(&self) -> Option<&str> {
        self.replayed.as_deref()
    }

    pub(crate) fn errand(&self) -> Option<&Errand> {
        self.errand.as_ref()
    }

    /// For tests: a plan as a run before it, or a change of the fleet, has left it.
    #[cfg(test)]
    pub(crate) fn planned_mut(&mut self) -> Option<&mut Planned> {
        self.planned.as_mut()
    }

    #[cfg(test)]
    pub(crate) fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
    }

    pub(crate) fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }

    pub(crate) fn dialog(&self) -> Option<&Dialog> {
        self.dialog.as_ref()
    }

    pub(crate) fn said(&self) -> Option<&Notice> {
        self.said.as_ref()
    }

    /// Takes one message in.
    pub(crate) fn fold(&mut self, now: Duration, msg: Msg) {
        self.now = now;
        if self.screen().wake(&self.cx()).is_some_and(|at| at <= now) {
            self.input(Input::Tick);
        }
        match msg {
            Msg::Seen(seen) => self.seen(seen),
            Msg::Signal(signal) => self.signal(signal),
            Msg::Done(done) => self.done(done),
            Msg::Beside(beside) => self.beside(beside),
            Msg::Event(event) => self.event(&event),
            Msg::Coming(coming, answer) => {
                self.coming = Some(ToAgree { coming, answer });
                self.ring();
                self.arrive(Place::Coming);
            }
            Msg::InTheWay(files, answer) => {
                self.blocked = Some(InTheWay { files, answer });
                self.ring();
                self.arrive(Place::InTheWay);
            }
            Msg::HandOver(hand, ready) => {
                self.out.push(Out::HandOver(hand_over::before(&hand), ready));
            }
            Msg::TakenBack(words, ready) => self.out.push(Out::TakenBack(words, ready)),
            Msg::Lines | Msg::Tick => {}
        }
        self.follow_module();
        self.follow_key();
    }

    fn wait(&mut self, words: &str) {
        let words = words.to_owned();
        self.waiting = Some(Waiting { words, since: self.now, stops: false });
    }
}

#[cfg(test)]
mod tests;
