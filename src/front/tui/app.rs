//! The state of the full screen, and the one fold that changes it. It touches nothing outside:
//! what is to be done comes out as [`Out`], so that a recorded session can be folded again.

use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use ratatui::crossterm::event::{
    Event as Seen, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::{Position, Rect};

use super::frame::Size;
use super::guard::Guard;
use super::hand_over;
use super::help::Overlay;
use super::key::Press;
use super::log::store::KEPT;
use super::log::{Outlet, Store, Which as Lines};
use super::paint::{Drawn, Target};
use super::run::{Pull, Run};
use super::screen::{
    self, Button, Cx, Effect, Focus, Input, Notice, Place, Planned, Screen, Waiting,
};
use super::terminal::{Act, Signal};
use super::theme::Theme;
use super::worker::{Blocked, Done, Job};
use super::{Ended, Msg, Start};
use crate::activate::InTheWayChoice;
use crate::answers::{Answers, KeyChoice, Settled, file};
use crate::event::Event;
use crate::fleet::Fleet;
use crate::front::interview::{Interview, Scene, Station};
use crate::front::world::{Module, Opened, Readers, Resumed, Which, World};
use crate::front::{End, Finish};
use crate::git::CloneUrl;
use crate::host::{Host, Os};
use crate::key::private;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::question::Subject;
use crate::undo::TakenBack;

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

/// Files in the way, and whoever waits to be told what to do.
struct InTheWay {
    files: Vec<Blocked>,
    answer: mpsc::Sender<InTheWayChoice>,
}

/// Where the person is in each screen.
#[derive(Default)]
struct Screens {
    no_fleet: screen::no_fleet::NoFleet,
    welcome: screen::welcome::Welcome,
    you: screen::you::You,
    where_: screen::where_::Where,
    features: screen::features::Features,
    keys: screen::keys::Keys,
    public_key: screen::public_key::PublicKey,
    second_copy: screen::second_copy::SecondCopy,
    secrets: screen::secrets::Secrets,
    review: screen::review::Review,
    apply: screen::apply::Apply,
    in_the_way: screen::in_the_way::InTheWay,
    failure: screen::failure::Failure,
    finished: screen::finished::Finished,
    undone: screen::undone::Undone,
    matrix: screen::matrix::Matrix,
}

impl Screens {
    fn at(&self, place: Place) -> &dyn Screen {
        match place {
            Place::NoFleet => &self.no_fleet,
            Place::Welcome => &self.welcome,
            Place::You => &self.you,
            Place::Where => &self.where_,
            Place::Features => &self.features,
            Place::Keys => &self.keys,
            Place::PublicKey => &self.public_key,
            Place::SecondCopy => &self.second_copy,
            Place::Secrets => &self.secrets,
            Place::Review => &self.review,
            Place::Apply => &self.apply,
            Place::InTheWay => &self.in_the_way,
            Place::Failure => &self.failure,
            Place::Finished => &self.finished,
            Place::Undone => &self.undone,
            Place::Matrix => &self.matrix,
        }
    }

    fn at_mut(&mut self, place: Place) -> &mut dyn Screen {
        match place {
            Place::NoFleet => &mut self.no_fleet,
            Place::Welcome => &mut self.welcome,
            Place::You => &mut self.you,
            Place::Where => &mut self.where_,
            Place::Features => &mut self.features,
            Place::Keys => &mut self.keys,
            Place::PublicKey => &mut self.public_key,
            Place::SecondCopy => &mut self.second_copy,
            Place::Secrets => &mut self.secrets,
            Place::Review => &mut self.review,
            Place::Apply => &mut self.apply,
            Place::InTheWay => &mut self.in_the_way,
            Place::Failure => &mut self.failure,
            Place::Finished => &mut self.finished,
            Place::Undone => &mut self.undone,
            Place::Matrix => &mut self.matrix,
        }
    }
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
    planned: Option<Planned>,
    public_key: Option<Result<String, Problem>>,
    /// The choice that `public_key` is about.
    key_of: Option<KeyChoice>,
    readers: Option<Result<Readers, Problem>>,
    finish: Option<Finish>,
    taken: Option<Result<TakenBack, Problem>>,
    run: Option<Run>,
    /// Everything that was said by what a run started.
    log: Store,
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
            planned: None,
            public_key: None,
            key_of: None,
            readers: None,
            finish: None,
            taken: None,
            run: None,
            log: Store::new(KEPT),
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
        app.open(start.which);
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
    pub(crate) fn hit(&self, target: Target) -> Option<Rect> {
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
            module: self.module.as_ref(),
            before: &self.before,
            public_key: self.public_key.as_ref(),
            readers: self.readers.as_ref(),
            finish: self.finish.as_ref(),
            taken: self.taken.as_ref(),
            run: self.run.as_ref(),
            log: &self.log,
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
            Msg::Event(event) => self.event(&event),
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

    /// Asks for the module as the answers would write it now, where one looks at it. One at a time:
    /// whoever ticks faster than it is made gets the newest, not all of them.
    fn follow_module(&mut self) {
        let Some(interview) = &self.interview else { return };
        let made = self.module_of.as_ref() == Some(&interview.answers);
        if self.at != Place::Features || self.module_busy || made {
            return;
        }
        // What is still open does not stop a preview; the plan checks everything.
        let answers = interview.answers.clone();
        self.module_of = Some(answers.clone());
        self.module_busy = true;
        if self.module.is_none() && self.waiting.is_none() {
            self.wait(MODULE);
        }
        self.out.push(Out::Job(Job::Module(Box::new(Settled { answers, suggested: Vec::new() }))));
    }

    fn module_made(&mut self, of: &Answers, module: Result<Module, Problem>) {
        self.module_busy = false;
        if self.interview.as_ref().is_some_and(|interview| interview.answers == *of) {
            self.module = Some(module);
        }
    }

    /// Asks for the public half of the key that is chosen, where one looks at it.
    fn follow_key(&mut self) {
        let choice = self.interview.as_ref().and_then(|interview| interview.answers.key.as_ref());
        if self.at != Place::Keys || choice == self.key_of.as_ref() {
            return;
        }
        self.key_of = choice.cloned();
        self.public_key = None;
        let job = self.key_of.clone().map(|choice| Out::Job(Job::PublicKey(choice)));
        self.out.extend(job);
    }

    fn seen(&mut self, seen: Seen) {
        match seen {
            Seen::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            Seen::Mouse(mouse) => self.mouse_event(mouse),
            Seen::Paste(text) => self.paste(text),
            Seen::Resize(width, height) => {
                self.area = Rect::new(0, 0, width, height);
                // Even if it is the size of the last frame: the terminal may have been smaller in
                // between, and has then lost what was outside.
                self.out.push(Out::Terminal(Act::Redraw));
            }
            Seen::FocusLost => self.input(Input::Unseen),
            _ => {}
        }
    }

    fn event(&mut self, event: &Event) {
        if let Event::Line { step, stream, text } = event {
            self.log.push(step, *stream, text);
        }
        let now = self.now;
        if let Some(run) = &mut self.run {
            run.fold(now, event);
        }
    }

    /// Lines that came another way than by events are in the log now.
    pub(crate) fn lines(&mut self, now: Duration, outlet: &mut Outlet) {
        let before = self.log.end();
        if outlet.drain(&mut self.log) == 0 {
            return;
        }
        let Some(run) = &mut self.run else { return };
        let Some(step) = run.running().map(|(_, step)| step.id) else { return };
        let lines = self.log.lines(Lines::Step(step));
        let new = self.log.end().saturating_sub(before).min(FOLDED);
        for number in lines.end().saturating_sub(new).max(lines.first())..lines.end() {
            if let Some(line) = lines.get(number) {
                run.heard(now, step, line.text);
            }
        }
    }

    /// Once, when somebody may have gone for a coffee.
    fn ring(&mut self) {
        let running = self.run.as_ref().and_then(|run| run.running());
        let long = running.is_some_and(|(_, step)| step.running_for(self.now) >= LONG);
        if long {
            self.out.push(Out::Terminal(Act::Bell));
        }
    }

    fn signal(&mut self, signal: Signal) {
        match signal {
            Signal::End(number) => self.out.push(Out::Ended(Ended::Signal(number))),
            Signal::Lost => self.out.push(Out::Ended(Ended::Signal(signal_hook::consts::SIGHUP))),
            Signal::Continued => {
                self.input(Input::Unseen);
                // Whoever was away may have worked on the fleet.
                if self.world.is_some() && !self.is_busy() {
                    self.out.push(Out::Job(Job::LookAgain));
                }
            }
        }
    }

    fn key(&mut self, key: KeyEvent) {
        let cx = self.cx();
        let typing = self.dialog.is_none() && self.overlay.is_none() && self.screen().typing(&cx);
        let press = Press::of(key, typing);
        if self.screen().reveals() {
            self.input(Input::Unseen);
            if !matches!(press, Press::Interrupt | Press::Suspend) {
                return;
            }
        }
        match press {
            Press::Interrupt => return self.interrupt(),
            Press::Suspend => return self.out.push(Out::Terminal(Act::Suspend)),
            Press::Redraw => return self.out.push(Out::Terminal(Act::Redraw)),
            Press::Mouse => return self.turn_mouse(),
            _ => {}
        }
        if self.guard.swallows(self.now) {
            return;
        }
        if Size::of(self.area) == Size::TooSmall {
            return;
        }
        self.said = None;
        if self.overlay.is_some() {
            return self.overlay_key(press);
        }
        if self.dialog.is_some() {
            return self.dialog_key(press);
        }
        match press {
            Press::Help => self.overlay = Some(Overlay::help()),
            Press::Tab => self.tab(1),
            Press::BackTab => self.tab(-1),
            Press::Esc => self.esc(key),
            _ => {
                let shows = typing && !self.screen().hides(&self.cx());
                self.screen_key(press, key, typing);
                if shows {
                    self.guarded(key);
                }
            }
        }
    }

    /// A key has gone into a field that shows it.
    fn guarded(&mut self, key: KeyEvent) {
        let plain = !key.modifiers.contains(KeyModifiers::CONTROL);
        let typed = key.code.as_char().filter(|_| plain);
        if self.guard.typed(self.now, typed) {
            self.say_private();
        }
    }

    /// Unless the screen has said so itself: Key does under its field.
    fn say_private(&mut self) {
        let told = self.said.as_ref().is_some_and(|said| said.text.contains("private key"));
        if !told && self.at != Place::Keys {
            self.said = Some(Notice::bad("That is a private key; it was not kept or shown."));
        }
    }

    /// A key for the focused button, or for the screen.
    fn screen_key(&mut self, press: Press, key: KeyEvent, typing: bool) {
        let cx = self.cx();
        let screen = self.screen();
        if let Focus::Button(at) = screen.focus() {
            let count = screen.buttons(&cx).len();
            match press {
                Press::Enter | Press::Space => return self.press_button(at),
                Press::Left if at > 0 => return self.set_focus(Focus::Button(at - 1)),
                Press::Right if at + 1 < count => return self.set_focus(Focus::Button(at + 1)),
                Press::Left | Press::Right => return,
                Press::Up if screen.parts(&cx) > 0 => {
                    let above = screen.above(&cx);
                    return self.set_focus(Focus::Part(above));
                }
                _ => {}
            }
        }
        if let (Press::Letter(letter), false) = (press, typing) {
            match self.letter(letter) {
                Ok(()) => {}
                Err(why) => {
                    self.said = why.map(Notice::plain);
                    return;
                }
            }
        }
        self.input(Input::Key(press, key));
    }

    /// Whether a letter does something here; else what the notice says.
    fn letter(&self, letter: char) -> Result<(), Option<String>> {
        let keys = self.screen().keys(&self.cx());
        let Some(key) = keys.into_iter().find(|key| key.letter() == Some(letter)) else {
            return Err(elsewhere(letter));
        };
        match key.off {
            Some(why) => Err(Some(why)),
            None => Ok(()),
        }
    }

    fn tab(&mut self, by: isize) {
        let cx = self.cx();
        let screen = self.screen();
        let (parts, buttons) = (screen.parts(&cx), screen.buttons(&cx).len());
        let count = parts + buttons;
        if count == 0 {
            return;
        }
        let at = match screen.focus() {
            Focus::Part(part) => part.min(count - 1),
            Focus::Button(button) => (parts + button).min(count - 1),
        };
        let to = at.wrapping_add_signed(by);
        let to = if to >= count { if by < 0 { count - 1 } else { 0 } } else { to };
        let focus = if to < parts { Focus::Part(to) } else { Focus::Button(to - parts) };
        self.set_focus(focus);
    }

    fn set_focus(&mut self, focus: Focus) {
        self.with_screen(|screen, cx| screen.set_focus(cx, focus));
    }

    fn press_button(&mut self, at: usize) {
        let buttons = self.screen().buttons(&self.cx());
        let Some(button) = buttons.get(at) else { return };
        match &button.off {
            Some(why) => self.said = Some(Notice::plain(why.clone())),
            None => self.input(Input::Pressed(button.id)),
        }
    }

    fn esc(&mut self, key: KeyEvent) {
        if self.waiting.as_ref().is_some_and(|waiting| waiting.stops) {
            self.out.push(Out::End);
            return self.wait("Stopping");
        }
        let before = self.at;
        let effects = self.with_screen(|screen, cx| screen.update(cx, Input::Key(Press::Esc, key)));
        if !effects.is_empty() {
            return self.effects(effects);
        }
        if self.at == before {
            self.back();
        }
    }

    fn back(&mut self) {
        self.resting = false;
        match self.trail.pop() {
            // An answer may have changed meanwhile.
            Some(Place::Review) => {
                self.trail.push(Place::Review);
                self.review();
                if self.waiting.is_none() && self.at != Place::Review {
                    // The answers make no plan; the old one is no longer theirs.
                    self.planned = None;
                    self.go(Place::Review);
                }
            }
            Some(place) => self.arrive(place),
            None => {
                self.said = Some(Notice::plain("This is the first screen. q leaves."));
            }
        }
    }

    fn input(&mut self, input: Input) {
        let effects = self.with_screen(|screen, cx| screen.update(cx, input));
        self.effects(effects);
    }

    fn paste(&mut self, text: String) {
        self.said = None;
        if self.screen().reveals() {
            self.input(Input::Unseen);
        }
        let typing =
            self.dialog.is_none() && self.overlay.is_none() && self.screen().typing(&self.cx());
        if typing && !self.screen().hides(&self.cx()) && private::is_in(&text) {
            // Its beginning is enough for any field to refuse it.
            drop(zeroize::Zeroizing::new(text));
            self.input(Input::Paste(PRIVATE.to_owned()));
            self.say_private();
        } else if typing {
            self.input(Input::Paste(text));
        } else {
            // It may have been a secret.
            drop(zeroize::Zeroizing::new(text));
            let words = "Pasted text goes into fields only. Nothing was done with it.";
            self.said = Some(Notice::plain(words));
        }
    }

    fn mouse_event(&mut self, mouse: MouseEvent) {
        if self.screen().reveals() && matches!(mouse.kind, MouseEventKind::Down(_)) {
            return self.input(Input::Unseen);
        }
        let at = Position::new(mouse.column, mouse.row);
        let under = |hit: &&super::paint::Hit| hit.area.contains(at);
        let Some(target) = self.drawn.hits.iter().rev().find(under).map(|hit| hit.target) else {
            return;
        };
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                self.said = None;
                self.click(target);
            }
            MouseEventKind::ScrollDown => self.wheel(target, 3),
            MouseEventKind::ScrollUp => self.wheel(target, -3),
            _ => {}
        }
    }

    fn wheel(&mut self, target: Target, rows: i32) {
        if let Some(overlay) = &mut self.overlay {
            overlay.scroll(rows);
        } else if self.dialog.is_none() {
            self.input(Input::Wheel { target, rows });
        }
    }

    fn click(&mut self, target: Target) {
        if self.overlay.is_some() {
            if target == Target::Button(0) {
                self.overlay = None;
            }
            return;
        }
        if let Some(dialog) = &mut self.dialog {
            if let Target::Button(at) = target {
                let again = dialog.at == at;
                dialog.at = at;
                if again {
                    self.dialog_key(Press::Enter);
                }
            }
            return;
        }
        let focus = self.screen().focus();
        match target {
            Target::Button(at) if focus == Focus::Button(at) => self.press_button(at),
            Target::Button(at) => self.set_focus(Focus::Button(at)),
            Target::Row(part, _) | Target::Part(part) => {
                let again = focus.is_part(part);
                self.set_focus(Focus::Part(part));
                self.input(Input::Click { target, again });
            }
            Target::Station(at) => {
                if let Some(station) = Station::ALL.get(at) {
                    self.jump(*station);
                }
            }
        }
    }

    /// To a station that was answered before, from the rail.
    fn jump(&mut self, station: Station) {
        let place = Place::of(station);
        if self.trail.contains(&place) {
            self.resting = false;
            self.effects(vec![Effect::Go(place)]);
        }
    }

    fn turn_mouse(&mut self) {
        self.mouse = !self.mouse;
        self.out.push(Out::Terminal(Act::Mouse(self.mouse)));
        self.said = Some(Notice::plain(if self.mouse {
            "The mouse clicks again. Ctrl-T turns it off, to select text."
        } else {
            "The mouse selects text now. Ctrl-T lets it click again."
        }));
    }

    /// Ctrl-C.
    fn interrupt(&mut self) {
        if self.is_busy() {
            return self.pull();
        }
        let chosen = self.interview.as_ref().map_or(0, Interview::chosen);
        if self.dialog.is_some() || chosen == 0 {
            return self.leave();
        }
        let answers = if chosen == 1 { "answer is" } else { "answers are" };
        self.overlay = None;
        self.dialog = Some(Dialog {
            question: format!("Leave? Your {chosen} {answers} not saved."),
            buttons: vec![
                (Button::new("keep", "Keep going"), Vec::new()),
                (Button::new("save", "Save the answers, then leave"), self.save_answers()),
                (Button::new("leave", "Leave"), vec![Effect::Leave]),
            ],
            at: 0,
        });
    }

    /// Once to stop after the running step, twice to end it.
    fn pull(&mut self) {
        let Some(run) = &mut self.run else { return };
        if let Some(blocked) = self.blocked.take() {
            // Nothing is replaced without an answer.
            let _ = blocked.answer.send(InTheWayChoice::Stop);
            self.at = Place::Apply;
        }
        let (pull, out, words) = match run.reins {
            Pull::None => {
                let words = "Stopping after this step. Press Ctrl-C again to end it now.";
                (Pull::Stop, Out::Stop, words)
            }
            _ => (Pull::End, Out::End, "Ending the running command."),
        };
        run.reins = pull;
        self.out.push(out);
        self.said = Some(Notice::plain(words));
    }

    fn save_answers(&self) -> Vec<Effect> {
        let Some(interview) = &self.interview else { return vec![Effect::Leave] };
        let user = interview.answers.username.as_deref().unwrap_or("home");
        vec![
            Effect::Save {
                name: format!("answers-{user}.yaml"),
                text: file::write(&interview.answers),
            },
            Effect::Leave,
        ]
    }

    fn leave(&mut self) {
        if self.is_busy() {
            return self.pull();
        }
        let ended = match &self.finish {
            Some(finish) => Ended::Finished(Box::new(finish.clone())),
            None => Ended::Left,
        };
        self.out.push(Out::Ended(ended));
    }

    fn overlay_key(&mut self, press: Press) {
        let Some(overlay) = &mut self.overlay else { return };
        match press {
            Press::Enter | Press::Esc | Press::Help | Press::Letter('q') => self.overlay = None,
            press => overlay.key(press),
        }
    }

    fn dialog_key(&mut self, press: Press) {
        let Some(dialog) = &mut self.dialog else { return };
        let last = dialog.buttons.len().saturating_sub(1);
        match press {
            Press::Left | Press::BackTab | Press::Up => dialog.at = dialog.at.saturating_sub(1),
            Press::Right | Press::Down => dialog.at = (dialog.at + 1).min(last),
            Press::Tab => dialog.at = if dialog.at == last { 0 } else { dialog.at + 1 },
            Press::Esc => self.decide(0),
            Press::Enter | Press::Space => {
                let at = dialog.at;
                self.decide(at);
            }
            _ => {}
        }
    }

    /// One of the dialog's buttons is pressed.
    fn decide(&mut self, at: usize) {
        let Some(dialog) = self.dialog.take() else { return };
        let effects = dialog.buttons.into_iter().nth(at).map(|(_, effects)| effects);
        self.effects(effects.unwrap_or_default());
    }

    pub(crate) fn effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.effect(effect);
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Answer(id, reply) => self.answer(id, reply),
            Effect::Forget(id) => {
                self.with_interview(|interview, scene| interview.forget(scene, id));
            }
            Effect::Go(place) => self.go(place),
            Effect::Back => self.back(),
            Effect::Continue => self.go_on(),
            Effect::Rest => self.rest(),
            Effect::Focus(focus) => self.set_focus(focus),
            Effect::Say(notice) => self.said = Some(notice),
            Effect::Begin { subject } => self.begin(subject),
            Effect::Open(which) => self.open(which),
            Effect::Wrong => self.wrong(),
            Effect::PlanRekey => {
                self.wait("Opening the files that differ");
                self.out.push(Out::Job(Job::PlanRekey));
            }
            Effect::Do(job) => self.out.push(Out::Job(job)),
            Effect::Change(station) => {
                self.trail.push(self.at);
                self.arrive(Place::of(station));
            }
            Effect::Apply => self.apply(),
            Effect::PlanAgain | Effect::Resume(_)
                if self.door == Door::Wrong && self.at != Place::Welcome =>
            {
                // What is done differs no more, so that planning anew is going on.
                self.effect(Effect::PlanRekey);
            }
            Effect::PlanAgain => self.plan(),
            Effect::Undo(receipt) => self.undo(receipt),
            Effect::Resume(receipt) => {
                self.wait("Reading what was done");
                self.out.push(Out::Job(Job::Resume(receipt)));
            }
            Effect::Stop => self.pull(),
            Effect::Settle(choice) => {
                if let Some(blocked) = self.blocked.take() {
                    // The core stops by itself when nobody answers.
                    let _ = blocked.answer.send(choice);
                    self.arrive(Place::Apply);
                }
            }
            Effect::Copy { what, text } => self.copy(what, text),
            Effect::Save { name, text } => self.out.push(Out::Job(Job::Save { name, text })),
            Effect::Leave => self.leave(),
        }
    }

    fn with_interview<T>(&mut self, act: impl FnOnce(&mut Interview, &Scene) -> T) -> Option<T> {
        let world = self.world.clone()?;
        let scene = Scene { host: &world.host, fleet: &world.fleet };
        Some(act(self.interview.as_mut()?, &scene))
    }

    fn answer(&mut self, id: &'static str, reply: crate::question::Reply) {
        let answered = self.with_interview(|interview, scene| interview.answer(scene, id, reply));
        if let Some(Err(problem)) = answered {
            self.said = Some(Notice::problem(&problem));
        }
    }

    fn go(&mut self, place: Place) {
        // Going back along the trail does not make it longer.
        match self.trail.iter().position(|been| *been == place) {
            Some(at) => self.trail.truncate(at),
            None => self.trail.push(self.at),
        }
        self.arrive(place);
    }

    fn arrive(&mut self, place: Place) {
        if self.screen().reveals() {
            self.input(Input::Unseen);
        }
        self.at = place;
        self.with_screen(|screen, cx| screen.arrive(cx));
    }

    /// From a station to the next that asks something.
    fn go_on(&mut self) {
        let Some(station) = self.station() else { return };
        let back = self.trail.contains(&Place::Review);
        if self.resting && !back {
            return self.rest();
        }
        let next = self.with_interview(|interview, scene| {
            interview.pass(station);
            let mut after = Station::ALL.into_iter().filter(|s| *s > station);
            after.find(|s| match back {
                // Only what the change has made necessary stands before the review again.
                true => !interview.needs(scene, *s).is_empty(),
                false => interview.asks(scene, *s),
            })
        });
        match next.flatten() {
            Some(next) => self.go(Place::of(next)),
            None => self.review(),
        }
    }

    fn rest(&mut self) {
        let Some(station) = self.station() else { return };
        self.resting = true;
        let next = self.with_interview(|interview, scene| interview.rest(scene, station));
        match next.flatten() {
            Some(next) => self.go(Place::of(next)),
            None => self.review(),
        }
    }

    /// The station one is at.
    pub(crate) fn station(&self) -> Option<Station> {
        Station::ALL.into_iter().find(|station| Place::of(*station) == self.at)
    }

    /// To the review, with a plan made from the answers as they are.
    fn review(&mut self) {
        match self.with_interview(|interview, scene| interview.settle(scene)) {
            Some(Ok(settled)) if self.planned.as_ref().is_some_and(|p| p.settled == settled) => {
                self.go(Place::Review);
            }
            _ => self.plan(),
        }
    }

    /// Makes the plan; it is shown once it is there.
    fn plan(&mut self) {
        match self.with_interview(|interview, scene| interview.settle(scene)) {
            Some(Ok(settled)) => {
                self.wait("Making the plan");
                self.out.push(Out::Job(Job::Plan(Box::new(settled))));
            }
            Some(Err(problem)) => self.said = Some(Notice::problem(&problem)),
            None => {}
        }
    }

    /// Through the third door, to what there is behind it.
    fn wrong(&mut self) {
        self.door = Door::Wrong;
        // What was asked for a home is no part of this.
        self.interview = None;
        self.planned = None;
        self.finish = None;
        self.readers = None;
        self.wait("Reading the encrypted files");
        self.out.push(Out::Job(Job::Readers));
        self.go(Place::Matrix);
    }

    /// A plan that no answers were given for is looked over like any other.
    fn rekey_planned(&mut self, plan: Arc<Plan>) {
        if plan.is_empty() && plan.remarks.is_empty() {
            let words = "Everybody can read what the rules say. Nothing to encrypt again.";
            self.said = Some(Notice::plain(words));
            return;
        }
        let settled = Settled { answers: Answers::default(), suggested: Vec::new() };
        let (before, done, changed) = (None, Vec::new(), Vec::new());
        self.planned = Some(Planned { plan, settled, before, done, changed });
        self.go(Place::Review);
    }

    fn apply(&mut self) {
        let Some(planned) = &self.planned else { return };
        if self.is_busy() {
            return;
        }
        let plan = Arc::clone(&planned.plan);
        self.run = Some(Run::new(self.now, &plan));
        self.log = Store::new(KEPT);
        self.finish = None;
        self.out.push(Out::Job(match self.door {
            Door::Wrong => Job::Rekey(plan),
            Door::SetUp | Door::AddSomebody => Job::Apply(plan),
        }));
        self.go(Place::Apply);
    }

    fn undo(&mut self, receipt: PathBuf) {
        if self.is_busy() {
            return;
        }
        self.run = Some(Run::new(self.now, &Plan::default()));
        self.taken = None;
        self.out.push(Out::Job(Job::Undo(receipt)));
        self.arrive(Place::Undone);
    }

    /// It is over, well or not.
    fn finished(&mut self, finish: Finish) {
        self.ring();
        let now = self.now;
        if let Some(run) = &mut self.run {
            run.ended = Some(now);
        }
        self.blocked = None;
        self.said = None;
        // What was asked is done: Esc does not lead back into the questions.
        self.trail.clear();
        let well = matches!(finish.end, End::Done | End::AlreadySo | End::NotReadable);
        self.finish = Some(finish);
        self.arrive(if well { Place::Finished } else { Place::Failure });
    }

    fn resumed(&mut self, resumed: Resumed) {
        let Some(world) = self.world.clone() else { return };
        let scene = Scene { host: &world.host, fleet: &world.fleet };
        let Resumed { subject, found, answers, settled, plan, done } = resumed;
        self.door = Door::of(&subject);
        self.interview = Some(Interview::of(&scene, subject, found, answers));
        let (plan, before, changed) = (Arc::new(plan), None, Vec::new());
        self.planned = Some(Planned { plan, before, settled, done, changed });
        self.go(Place::Review);
    }

    fn undone(&mut self, taken: Result<TakenBack, Problem>) {
        let now = self.now;
        if let Some(run) = &mut self.run {
            run.ended = Some(now);
        }
        self.finish = None;
        self.planned = None;
        self.interview = None;
        self.said = None;
        self.trail.clear();
        self.taken = Some(taken);
        self.arrive(Place::Undone);
    }

    /// The fleet is not what it was: what is known of it is looked up again, and the plan made
    /// again where it is looked at.
    fn changed_outside(&mut self, fleet: Fleet, changed: Vec<PathBuf>) {
        if let Some(world) = &mut self.world {
            Arc::make_mut(world).fleet = fleet;
        }
        self.changed = changed;
        if let Some(interview) = &self.interview {
            let subject = interview.subject.clone();
            self.is_renewed = true;
            self.out.push(Out::Job(Job::Look(subject)));
        }
    }

    fn begin(&mut self, subject: Subject) {
        self.door = Door::of(&subject);
        // Back at the first screen and here again: what was typed is still there.
        if self.finish.is_none()
            && self.interview.as_ref().is_some_and(|interview| interview.subject == subject)
        {
            return self.go(Place::You);
        }
        self.wait("Looking at your account, git and keys");
        self.out.push(Out::Job(Job::Look(subject)));
    }

    /// An earlier practice folder makes room only when the person says so.
    fn ask_afresh(&mut self, place: &str) {
        let afresh = vec![Effect::Open(Which::Practice { afresh: true })];
        let stays = self.world.is_some() || self.at == Place::NoFleet;
        let leave = if stays { Vec::new() } else { vec![Effect::Leave] };
        let keep = if stays { "Go back" } else { "Leave it, and leave" };
        self.dialog = Some(Dialog {
            question: format!("{place} holds an earlier practice. Move it aside, start afresh?"),
            buttons: vec![
                (Button::new("keep", keep), leave),
                (Button::new("afresh", "Move it aside"), afresh),
            ],
            at: 1,
        });
    }

    fn open(&mut self, which: Which) {
        match &which {
            Which::Named(name) if CloneUrl::parse(name).is_ok() => {
                self.wait("Cloning. Esc stops it.");
                if let Some(waiting) = &mut self.waiting {
                    waiting.stops = true;
                }
            }
            Which::Practice { .. } => self.wait("Making a fleet to practise on"),
            _ => self.wait("Reading the fleet"),
        }
        self.out.push(Out::Job(Job::Open(which)));
    }

    fn wait(&mut self, words: &str) {
        let words = words.to_owned();
        self.waiting = Some(Waiting { words, since: self.now, stops: false });
    }

    fn copy(&mut self, what: &'static str, text: String) {
        self.out.push(Out::Terminal(Act::Copy(text)));
        let sure = self.host.os == Os::Darwin && self.host.var("SSH_CONNECTION").is_none();
        let _ = what;
        self.said = Some(Notice::plain(if sure {
            "Copied."
        } else {
            "Asked your terminal to copy it; not every terminal does. s saves it to a file."
        }));
    }

    fn opened(&mut self, opened: Result<Opened, Problem>) {
        match opened {
            Ok(Opened::World(world)) => {
                self.world = Some(Arc::from(world));
                self.interview = None;
                self.planned = None;
                self.trail.clear();
                self.arrive(Place::Welcome);
            }
            Ok(Opened::NoFleet { before }) => {
                self.before = before;
                self.trail.clear();
                self.arrive(Place::NoFleet);
            }
            Ok(Opened::EarlierPractice { place }) => self.ask_afresh(&place),
            // Without any fleet there is nothing to show it on.
            Err(problem) if self.world.is_none() && self.at == Place::Welcome => {
                self.out.push(Out::Ended(Ended::Failed(problem)));
            }
            Err(problem) => self.said = Some(Notice::problem(&problem)),
        }
    }

    fn done(&mut self, done: Done) {
        let module = matches!(done, Done::Module(..));
        self.waiting = self.waiting.take().filter(|waiting| module && waiting.words != MODULE);
        match done {
            Done::Opened(opened) => self.opened(opened),
            Done::Module(settled, module) => self.module_made(&settled.answers, module),
            Done::Planned(settled, Ok(plan)) => {
                let changed = std::mem::take(&mut self.changed);
                let before = self.planned.take();
                let done = before.as_ref().map(|p| p.done.clone()).unwrap_or_default();
                let before = before.filter(|_| !changed.is_empty()).map(|planned| planned.plan);
                let settled = *settled;
                self.planned = Some(Planned { plan, before, settled, done, changed });
                if self.at == Place::Review {
                    self.arrive(Place::Review);
                } else {
                    self.go(Place::Review);
                }
            }
            Done::Planned(_, Err(problem)) => self.said = Some(Notice::problem(&problem)),
            // Looked at again, because the fleet changed.
            Done::Looked(subject, Ok(found))
                if self.is_renewed
                    && self.interview.as_ref().is_some_and(|i| i.subject == subject) =>
            {
                self.is_renewed = false;
                self.with_interview(|interview, scene| interview.renew(scene, found));
                if self.at == Place::Review {
                    self.plan();
                }
            }
            Done::Looked(subject, Ok(found)) => {
                self.module = None;
                self.module_of = None;
                if let Some(world) = self.world.clone() {
                    let scene = Scene { host: &world.host, fleet: &world.fleet };
                    self.interview = Some(Interview::new(&scene, subject, found));
                    // What was typed for somebody else is no start.
                    let welcome = std::mem::take(&mut self.screens.welcome);
                    self.screens = Screens { welcome, ..Screens::default() };
                    self.planned = None;
                    self.resting = false;
                    self.go(Place::You);
                }
            }
            Done::LookedAgain(Ok(None) | Err(_)) => {}
            Done::LookedAgain(Ok(Some(now))) => {
                let (fleet, changed) = *now;
                self.changed_outside(fleet, changed);
            }
            Done::Changed(now) => {
                let (fleet, changed) = *now;
                self.run = None;
                self.back();
                self.changed_outside(fleet, changed);
            }
            Done::NotApplied(problem) => {
                self.run = None;
                self.back();
                self.said = Some(Notice::problem(&problem));
            }
            Done::Readers(readers) => self.readers = Some(readers),
            Done::RekeyPlanned(Ok(plan)) => self.rekey_planned(plan),
            Done::RekeyPlanned(Err(problem)) => self.said = Some(Notice::problem(&problem)),
            Done::Finished(finish) => self.finished(*finish),
            Done::Resumed(Ok(resumed)) => self.resumed(*resumed),
            Done::Resumed(Err(problem)) => {
                self.said = Some(Notice::problem(&problem));
            }
            Done::Undone(taken) => self.undone(taken),
            Done::Looked(_, Err(problem)) => self.said = Some(Notice::problem(&problem)),
            Done::Saved(Ok(path)) => {
                let place = self.cx().host.short(&path);
                self.said = Some(Notice::good(format!("Saved as {place}")));
            }
            Done::Saved(Err(problem)) => self.said = Some(Notice::problem(&problem)),
            Done::PublicKey(choice, key) if self.key_of.as_ref() == Some(&choice) => {
                self.public_key = Some(key);
            }
            Done::KeyCopied(copied) => self.input(Input::Copied(copied)),
            Done::KeyShown(private) => self.input(Input::Private(private)),
            Done::CopyChecked(likeness) => self.input(Input::Compared(likeness)),
            _ => {}
        }
    }
}

/// How a private key begins.
const PRIVATE: &str = "AGE-SECRET-KEY-1";

/// Lines that are looked at for what they tell of a build, at one time: text tells little, and a
/// command that talks a million lines must not keep the picture waiting.
const FOLDED: u64 = 200;

/// A wait that somebody may have turned away from.
const LONG: Duration = Duration::from_secs(30);

/// Shown while the home module is made for the first time.
const MODULE: &str = "Writing your module out";

/// What the notice says of a letter that means something on other screens only.
fn elsewhere(letter: char) -> Option<String> {
    (letter == 'q')
        .then(|| "q leaves from the first and the last screen. Ctrl-C leaves from here.".to_owned())
}

#[cfg(test)]
mod tests;
