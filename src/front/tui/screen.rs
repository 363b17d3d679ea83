//! What a screen is: a body, buttons, a notice, keys and a help text. Screens hold where the
//! person is in them; answers, plan and run are the app's.

pub(crate) mod apply;
pub(crate) mod coming;
pub(crate) mod explain;
pub(crate) mod failure;
pub(crate) mod features;
pub(crate) mod finding;
pub(crate) mod findings;
pub(crate) mod finished;
pub(crate) mod in_the_way;
pub(crate) mod keys;
pub(crate) mod matrix;
pub(crate) mod no_fleet;
pub(crate) mod public_key;
pub(crate) mod refused;
pub(crate) mod replay;
pub(crate) mod review;
pub(crate) mod second_copy;
pub(crate) mod secrets;
pub(crate) mod tabs;
pub(crate) mod undone;
pub(crate) mod welcome;
pub(crate) mod where_;
pub(crate) mod you;

use std::path::PathBuf;
use std::time::Duration;

use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::app::Door;
use super::frame::{Regions, Size};
use super::key::{Key, Press};
use super::log::Store;
use super::looking::Looking;
use super::paint::{Paint, Target};
use super::run::Run;
use super::theme::{Role, Theme};
use super::worker::{Blocked, Job};
use crate::activate::{Coming, InTheWayChoice};
use crate::answers::{Hidden, Settled};
use crate::front::Finish;
use crate::front::interview::{Interview, Scene, Station};
use crate::front::world::{Errand, Module, Readers, Which, World};
use crate::host::Host;
use crate::key::copy::{Copied, Likeness};
use crate::look::Source;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::question::{Reply, Subject};
use crate::undo::TakenBack;

/// Every place one can be at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    NoFleet,
    Welcome,
    You,
    Where,
    Features,
    Keys,
    PublicKey,
    SecondCopy,
    Secrets,
    Review,
    /// Instead of Review: no plan can be made.
    Refused,
    Apply,
    Coming,
    InTheWay,
    Failure,
    Finished,
    Undone,
    Findings,
    Finding,
    Explain,
    Matrix,
    /// A kept log.
    Replay,
}

impl Place {
    /// Where a station is answered.
    pub(crate) fn of(station: Station) -> Self {
        match station {
            Station::You => Self::You,
            Station::Where => Self::Where,
            Station::Features => Self::Features,
            Station::Key => Self::Keys,
            Station::Secrets => Self::Secrets,
        }
    }

    /// Its place among the three behind the third door, counted from 0.
    pub(crate) fn tab(self) -> Option<usize> {
        [Self::Findings, Self::Explain, Self::Matrix].iter().position(|place| *place == self)
    }

    /// Its entry on the rail, counted from 0.
    pub(crate) fn rail(self) -> Option<usize> {
        Some(match self {
            Self::NoFleet | Self::Welcome | Self::Undone => return None,
            Self::Findings | Self::Finding | Self::Explain | Self::Matrix | Self::Replay => {
                return None;
            }
            Self::You => 0,
            Self::Where => 1,
            Self::Features => 2,
            Self::Keys | Self::PublicKey | Self::SecondCopy => 3,
            Self::Secrets => 4,
            Self::Review | Self::Refused => 5,
            Self::Apply | Self::Coming | Self::InTheWay | Self::Failure => 6,
            Self::Finished => 7,
        })
    }
}

/// A screen.
pub(crate) trait Screen {
    /// The line above everything, in bold: the question or the state.
    fn heading(&self, cx: &Cx) -> String;

    /// What stands at the right end of the heading's row.
    fn aside(&self, _cx: &Cx) -> String {
        String::new()
    }

    /// What stands at the right end of the tabs' row.
    fn counted(&self, _cx: &Cx) -> String {
        String::new()
    }

    /// Parts that Tab goes through before the buttons.
    fn parts(&self, cx: &Cx) -> usize;

    /// The part that is above the buttons on the screen: where Up leads from them.
    fn above(&self, cx: &Cx) -> usize {
        self.parts(cx).saturating_sub(1)
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button>;

    /// What the letters and keys do; the footer shows those with a short text.
    fn keys(&self, cx: &Cx) -> Vec<Key>;

    fn notice(&self, cx: &Cx) -> Option<Notice>;

    fn help(&self, cx: &Cx) -> Help;

    fn focus(&self) -> Focus;

    fn set_focus(&mut self, cx: &Cx, focus: Focus);

    /// Whether characters go into a field.
    fn typing(&self, _cx: &Cx) -> bool {
        false
    }

    /// Whether it takes pasted text of any kind and length, which then must not be shown as it is:
    /// there may be secrets in it.
    fn takes_logs(&self, _cx: &Cx) -> bool {
        false
    }

    /// Whether what is typed now must not be seen or recorded.
    fn hides(&self, _cx: &Cx) -> bool {
        false
    }

    /// Whether something is shown that only the person may see: the next key, whatever it is, takes
    /// it away.
    fn reveals(&self) -> bool {
        false
    }

    /// Whether it is drawn over the rail, the mode line and the notice too: a QR code needs every
    /// row there is.
    fn whole(&self) -> bool {
        false
    }

    /// When the picture changes by itself next, since the app began.
    fn wake(&self, _cx: &Cx) -> Option<Duration> {
        None
    }

    /// The person has come here, for the first time or again.
    fn arrive(&mut self, _cx: &Cx) {}

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect>;

    /// Draws the body: below the title, the rail and the mode line, above the notice. The heading
    /// is drawn already, in row 0.
    fn view(&self, cx: &Cx, paint: &mut Paint);
}

/// What the focus is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Focus {
    Part(usize),
    Button(usize),
}

impl Focus {
    /// On this button, or on what is above the buttons.
    pub(crate) fn at(button: Option<usize>) -> Self {
        button.map_or(Self::Part(0), Self::Button)
    }

    pub(crate) fn button(self) -> Option<usize> {
        match self {
            Self::Button(at) => Some(at),
            Self::Part(_) => None,
        }
    }

    pub(crate) fn is_part(self, part: usize) -> bool {
        self == Self::Part(part)
    }
}

/// A button. Verbs that name their object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Button {
    /// What a press of it is called.
    pub(crate) id: &'static str,
    pub(crate) label: String,
    /// Why it does nothing now, when it does nothing.
    pub(crate) off: Option<String>,
}

impl Button {
    pub(crate) fn new(id: &'static str, label: impl Into<String>) -> Self {
        Self { id, label: label.into(), off: None }
    }

    #[must_use]
    pub(crate) fn off(mut self, why: Option<impl Into<String>>) -> Self {
        self.off = why.map(Into::into);
        self
    }
}

/// One line above the buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// `✗`, `!` or none.
    pub(crate) mark: Option<(Role, &'static str)>,
    pub(crate) text: String,
}

impl Notice {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { mark: None, text: text.into() }
    }

    /// Something that is missing.
    pub(crate) fn left(text: impl Into<String>) -> Self {
        Self { mark: Some((Role::Warn, "!")), text: text.into() }
    }

    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self { mark: Some((Role::Bad, "✗")), text: text.into() }
    }

    pub(crate) fn good(text: impl Into<String>) -> Self {
        Self { mark: Some((Role::Good, "✓")), text: text.into() }
    }

    /// A problem in one line.
    pub(crate) fn problem(problem: &Problem) -> Self {
        let mut text = problem.what.replace('`', "");
        if let Some(hint) = problem.hints.first() {
            let hint = crate::front::prompts::capital(&hint.replace('`', ""));
            text = format!("{text}. {hint}");
        } else if let Some(cause) = problem.causes.first() {
            text = format!("{text}: {cause}");
        }
        Self::bad(text)
    }
}

/// What `?` tells of the thing that has the focus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Help {
    pub(crate) title: String,
    pub(crate) what: String,
    pub(crate) why: String,
    /// How it is done without doorstep, a line each.
    pub(crate) by_hand: Vec<String>,
}

/// What a screen is told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    /// A key, with what it means. Tab, Esc, help and the like never come here, nor letters that
    /// the screen's table does not have or has as off; while somebody types, all others do.
    Key(Press, KeyEvent),
    Paste(String),
    /// A button was pressed.
    Pressed(&'static str),
    /// A click on something that has the focus by now; `again`: it had the focus before.
    Click {
        target: Target,
        again: bool,
    },
    /// The wheel over something, rows downwards.
    Wheel {
        target: Target,
        rows: i32,
    },
    /// The terminal's window lost the focus, or something else took the screen away: nothing
    /// private may be there when it is looked at again.
    Unseen,
    /// The moment that [`Screen::wake`] named has come.
    Tick,
    /// What came of copying the key file.
    Copied(Result<Copied, Problem>),
    /// The private half, to be shown for a while.
    Private(Result<Hidden, Problem>),
    /// Checks were made, or a log was explained.
    Looked,
    /// What the copy that was pasted is.
    Compared(Result<Likeness, Problem>),
}

/// What a screen wants to happen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Answers a question; a refusal becomes the notice.
    Answer(&'static str, Reply),
    /// Back to what is suggested there.
    Forget(&'static str),
    Go(Place),
    /// One screen back.
    Back,
    /// This station is answered: on to the next.
    Continue,
    /// Suggestions for everything that is left.
    Rest,
    Focus(Focus),
    Say(Notice),
    /// Begin with this person.
    Begin {
        subject: Subject,
    },
    Open(Which),
    /// Through the third door.
    Wrong,
    /// Makes the plan of this, and to Review with it.
    Plan(Errand),
    /// To one of the three behind the third door.
    Turn(Place),
    /// The checks once more.
    CheckAgain,
    /// Whether the checks are made again when something changes.
    Watch(bool),
    /// Looks whether something has.
    Peek,
    /// To the page of this finding.
    Finding(usize, finding::Opens),
    /// Carry out the fix that is looked at.
    Mend,
    Explain(Source),
    /// Room for another log.
    AnotherLog,
    /// What was found, as a file for somebody else.
    Report,
    /// Opens keys that this passphrase protects.
    Unlock(Hidden),
    Do(Job),
    /// Carry the plan out.
    Apply,
    /// Make the plan again and come back to Review.
    PlanAgain,
    /// Take the run of this receipt back.
    Undo(PathBuf),
    /// Go on with the run of this receipt.
    Resume(PathBuf),
    /// Stop after the running step; a second time, end it.
    Stop,
    /// Whether what is built is put in place.
    Agree(bool),
    /// What to do about files in the way.
    Settle(InTheWayChoice),
    /// To the station that decides something here, and back here from there.
    Change(Station),
    /// To the clipboard.
    Copy(String),
    Save {
        name: String,
        text: String,
    },
    /// The same with a log, once it is known whether names may be in it.
    SaveLog {
        name: String,
        text: String,
    },
    Leave,
}

/// What screens look at.
pub(crate) struct Cx<'a> {
    /// Who is at the keyboard, known before anything is read.
    pub(crate) host: &'a Host,
    pub(crate) world: Option<&'a World>,
    pub(crate) interview: Option<&'a Interview>,
    pub(crate) planned: Option<&'a Planned>,
    /// Why there is no plan, while that is what is looked at.
    pub(crate) refused: Option<&'a Refusal>,
    /// The home module as the answers would write it, once it is known.
    pub(crate) module: Option<&'a Result<Module, Problem>>,
    /// Folders that were fleets before, where there is none now.
    pub(crate) before: &'a [PathBuf],
    /// The public half of the key that was chosen, once it is known.
    pub(crate) public_key: Option<&'a Result<String, Problem>>,
    /// Who can read what, once that was looked at.
    pub(crate) readers: Option<&'a Result<Readers, Problem>>,
    /// What was looked for and found.
    pub(crate) looking: &'a Looking,
    /// What is being carried out, or was.
    pub(crate) errand: Option<&'a Errand>,
    pub(crate) door: Door,
    pub(crate) finish: Option<&'a Finish>,
    /// What came of taking a run back.
    pub(crate) taken: Option<&'a Result<TakenBack, Problem>>,
    /// What is being carried out, or was.
    pub(crate) run: Option<&'a Run>,
    pub(crate) log: &'a Store,
    /// What is built, while it is asked whether to put it in place.
    pub(crate) coming: Option<&'a Coming>,
    /// Files in the way, while that is asked about.
    pub(crate) blocked: Option<&'a [Blocked]>,
    /// What is being waited for, with the time it began.
    pub(crate) waiting: Option<&'a Waiting>,
    pub(crate) size: Size,
    /// The whole window.
    pub(crate) area: Rect,
    pub(crate) theme: Theme,
    /// Since the app began.
    pub(crate) now: Duration,
}

impl<'a> Cx<'a> {
    pub(crate) fn scene(&self) -> Option<Scene<'a>> {
        let world = self.world?;
        Some(Scene { host: &world.host, fleet: &world.fleet })
    }

    /// Both, where the person is known.
    pub(crate) fn asked(&self) -> Option<(Scene<'a>, &'a Interview)> {
        Some((self.scene()?, self.interview?))
    }

    /// The place of the screen's body in the window: for keys that move by what is seen.
    pub(crate) fn body(&self) -> Rect {
        Regions::of(self.area).body
    }

    /// What is being waited for, once that has taken long enough to be told.
    pub(crate) fn slow(&self) -> Option<&'a str> {
        let waiting = self.waiting?;
        let long = self.now.saturating_sub(waiting.since) >= SLOW;
        long.then_some(waiting.words.as_str())
    }
}

/// From when on waiting is shown.
pub(crate) const SLOW: Duration = Duration::from_millis(100);

/// Something that takes its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) words: String,
    pub(crate) since: Duration,
    /// Whether Esc stops it.
    pub(crate) stops: bool,
}

/// A plan with what it is for.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) plan: std::sync::Arc<Plan>,
    pub(crate) errand: Errand,
    /// The plan that was looked at before the fleet changed.
    pub(crate) before: Option<std::sync::Arc<Plan>>,
    /// Titles of steps that an earlier run has done.
    pub(crate) done: Vec<String>,
    /// Files that changed since the plan was made first.
    pub(crate) changed: Vec<PathBuf>,
}

impl Planned {
    /// A plan that is looked at for the first time.
    pub(crate) fn new(errand: Errand, plan: std::sync::Arc<Plan>) -> Self {
        Self { plan, errand, before: None, done: Vec::new(), changed: Vec::new() }
    }

    /// Whose home it is about; empty where it is about none.
    pub(crate) fn username(&self) -> &str {
        self.errand.settled().map_or("", Settled::username)
    }
}

/// Why there is no plan to look over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The answers make none.
    Answers(Problem),
    /// A run that was stopped cannot be gone on with here.
    Resume(Problem),
}

impl Refusal {
    pub(crate) fn problem(&self) -> &Problem {
        match self {
            Self::Answers(problem) | Self::Resume(problem) => problem,
        }
    }
}

/// A position in a list, moved by the usual keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rows {
    pub(crate) at: usize,
}

impl Rows {
    /// Whether the key moved it, among `count` rows of which `page` are seen at once.
    pub(crate) fn key(&mut self, press: Press, count: usize, page: usize) -> bool {
        let last = count.saturating_sub(1);
        let to = match press {
            Press::Up => self.at.saturating_sub(1),
            Press::Down => self.at.saturating_add(1),
            Press::PageUp => self.at.saturating_sub(page.max(1)),
            Press::PageDown => self.at.saturating_add(page.max(1)),
            Press::Home => 0,
            Press::End => last,
            _ => return false,
        };
        self.at = to.min(last);
        true
    }

    /// A click on row `at`. Whether it asks for more than being there: it was there already, and
    /// its part had the focus.
    pub(crate) fn click(&mut self, at: usize, again: bool) -> bool {
        let same = again && at == self.at;
        self.at = at;
        same
    }

    /// The first row to draw, so that the position is seen among `room` rows of `count`.
    pub(crate) fn first(self, count: usize, room: usize) -> usize {
        let room = room.max(1);
        (self.at + 1).saturating_sub(room).min(count.saturating_sub(room))
    }
}

pub(crate) use crate::front::sentence;
