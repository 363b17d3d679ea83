//! Random sessions: whatever is typed, clicked, pasted, resized and answered, nothing panics, every
//! picture can be drawn, and nothing is written that the person did not press for.
//!
//! A session is a seed. What fails tells its seed and the recording of all that came before it.

#![allow(clippy::print_stdout, reason = "a test prints its counts, and what it failed with")]

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use ratatui::crossterm::event::{
    Event as Seen, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::activate::{Coming, Differences, InTheWay, InTheWayChoice};
use crate::answers::{Answers, Hidden, Settled};
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::front::tui::Msg;
use crate::front::tui::app::Out;
use crate::front::tui::screen::{Focus, Place};
use crate::front::tui::stage::looking::report;
use crate::front::tui::stage::recording::{Recording, recorded};
use crate::front::tui::stage::{Stage, parse};
use crate::front::tui::terminal::Signal;
use crate::front::tui::worker::{Blocked, Done, Job};
use crate::front::world::{Errand, Opened, Resumed, Unfinished, Which};
use crate::front::{End, Finish, Left, Note};
use crate::key::copy::{Copied, Likeness};
use crate::problem::Problem;
use crate::question::Subject;
use crate::question::example::Example;
use crate::run::Stream;
use crate::undo::TakenBack;

/// How many events there are, in sessions of [`SESSION`].
const EVENTS: usize = 200_000;
const SESSION: usize = 500;
/// Every so many events the picture is drawn; before a click it always is.
const DRAWN: usize = 24;

const KEYS: &str = "<enter><enter><enter><tab><tab><s-tab><esc><space><space><up><down><down><left>\
    <right><home><end><pgup><pgdn><bs><c-u><c-w><c-a><c-k><c-l><c-t><c-z><c-c><c-g>/nNaabcefmpqrsuvwx\
    123hjklgG?.@-z李e\u{301}";

/// What a person does who knows where she is going: random keys alone would not get far.
const MOVES: [&str; 20] = [
    "<enter>",
    "1",
    "2",
    "3",
    "33",
    "3f",
    "3<down><down>fa",
    "raquel<enter>Raquel<enter>raquel@example.com<enter><enter>",
    "raquel@example.com<enter>",
    "<tab><enter>",
    "<space><enter>",
    "<tab><space><enter>",
    "<tab><tab><enter>",
    "<tab><down><tab><up><up><up><enter>token<enter>",
    "a",
    "b",
    "<right>",
    "<esc><esc>",
    "v",
    "<up><up>",
];

const PASTES: [&str; 10] = [
    "error: no\r-----BEGIN OPENSSH PRIVATE KEY-----\rCANARY\r-----END OPENSSH PRIVATE KEY-----\rbye",
    "Group 0: FAILED\n  age1x: FAILED\n    - | age: no identity matched any of the recipients.",
    "raquel@example.com",
    "age1jx3c5wv7elyxuv8vg37cyhxxrtfc3e968yhfhwv9f25tsqt5fqms5nn44c",
    "AGE-SECRET-KEY-1CANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARY",
    "\u{1b}[2Jq\r\rq\u{7}\u{9b}31m",
    "one\ntwo\r\nthree",
    "李e\u{301}\u{200d}\u{202e}\u{feff}",
    "",
    "~/fleet",
];

/// What must never happen by itself. Every job there is has its line here, so that a new one is
/// thought about.
fn writes(job: &Job) -> bool {
    match job {
        Job::Apply(..) | Job::Undo(_) | Job::Report(_) => true,
        Job::Save { .. } | Job::SaveLog { .. } | Job::CopyKey(..) => true,
        // A practice folder, or a clone.
        Job::Open(which) => matches!(which, Which::Practice { .. } | Which::Named(_)),
        Job::Look(_)
        | Job::PublicKey(_)
        | Job::Module(_)
        | Job::Plan(_)
        | Job::LookAgain
        | Job::Readers
        | Job::Resume(_)
        | Job::ShowKey(_)
        | Job::CheckCopy(..)
        | Job::Unlock(_)
        | Job::Check(_)
        | Job::Peek
        | Job::Explain(..) => false,
    }
}

/// Where the person was when she pressed something.
#[derive(Debug)]
struct Before {
    at: Place,
    /// The button that has the focus, where nothing lies over the screen.
    button: Option<&'static str>,
    covered: bool,
    dialog: bool,
    typing: bool,
}

impl Before {
    fn of(stage: &Stage) -> Self {
        let (app, cx) = (&stage.app, stage.app.cx());
        let covered = app.overlay().is_some() || app.dialog().is_some();
        let button = match app.screen().focus() {
            Focus::Button(at) => app.screen().buttons(&cx).get(at).map(|button| button.id),
            Focus::Part(_) => None,
        };
        Self {
            at: app.at(),
            button: button.filter(|_| !covered),
            covered: app.overlay().is_some(),
            dialog: app.dialog().is_some(),
            typing: !covered && app.screen().typing(&cx),
        }
    }

    /// Whether pressing this may lead to that. The model knows the design's keys, not the app.
    fn allows(&self, msg: &Msg, job: &Job) -> bool {
        let letter = match msg {
            Msg::Seen(Seen::Key(key)) => key.code.as_char().filter(|_| key.modifiers.is_empty()),
            _ => None,
        };
        let letter = letter.filter(|_| !self.typing && !self.covered && !self.dialog);
        let pressed = presses(msg);
        match job {
            Job::Apply(Errand::Fix { .. }, _) => {
                self.at == Place::Finding
                    && !self.dialog
                    && (letter == Some('a') || pressed && self.button == Some("apply"))
            }
            Job::Apply(..) => {
                self.at == Place::Review
                    && !self.dialog
                    && (letter == Some('a') || pressed && self.button == Some("apply"))
            }
            Job::Undo(_) => {
                [Place::Welcome, Place::Failure, Place::Finished, Place::Findings]
                    .contains(&self.at)
                    && (letter == Some('u') || pressed)
            }
            Job::Save { .. } | Job::Report(_) => letter == Some('s') || pressed,
            Job::SaveLog { .. } => self.dialog && pressed,
            Job::CopyKey(..) => self.at == Place::SecondCopy && pressed,
            // The question about an earlier practice may come when she has gone on.
            Job::Open(_) if self.dialog => pressed,
            Job::Open(_) => {
                [Place::Welcome, Place::NoFleet].contains(&self.at) && (letter.is_some() || pressed)
            }
            _ => true,
        }
    }

    fn agrees(&self, msg: &Msg) -> bool {
        let yes = [(Place::InTheWay, "keep"), (Place::Coming, "activate")];
        yes.iter().any(|(at, button)| self.at == *at && self.button == Some(*button))
            && presses(msg)
    }
}

/// Whether it is a key or a click that presses what has the focus.
fn presses(msg: &Msg) -> bool {
    match msg {
        Msg::Seen(Seen::Key(key)) => match key.code.as_char() {
            Some(' ') => true,
            Some('j' | 'm') => key.modifiers.contains(KeyModifiers::CONTROL),
            _ => key.code.is_enter(),
        },
        Msg::Seen(Seen::Mouse(mouse)) => mouse.kind == MouseEventKind::Down(MouseButton::Left),
        _ => false,
    }
}

/// Where the person's answer comes, while the core waits for it.
enum Asked {
    InTheWay(mpsc::Receiver<InTheWayChoice>),
    Coming(mpsc::Receiver<bool>),
}

impl Asked {
    /// Whether it was a yes, once there is an answer.
    fn answered(&self) -> Option<bool> {
        let waits = Err(mpsc::TryRecvError::Empty);
        match self {
            Self::InTheWay(answer) => {
                let answer = answer.try_recv();
                (answer != waits.map(|()| InTheWayChoice::Stop))
                    .then(|| answer == Ok(InTheWayChoice::Keep))
            }
            Self::Coming(answer) => {
                let answer = answer.try_recv();
                (answer != waits.map(|()| false)).then(|| answer == Ok(true))
            }
        }
    }
}

/// One session.
struct Table {
    seed: u64,
    rng: StdRng,
    stage: Stage,
    /// What the core is going to tell, in order.
    coming: VecDeque<Msg>,
    jobs: VecDeque<Job>,
    answer: Option<Asked>,
    /// The same, before it has asked.
    waiting: Option<Asked>,
    log: Recording,
    events: usize,
    told: Tally,
}

/// What was seen in all of it.
#[derive(Debug, Default)]
struct Tally {
    events: usize,
    pictures: usize,
    places: BTreeMap<Place, usize>,
    applied: usize,
    agreed: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.pictures += other.pictures;
        self.applied += other.applied;
        self.agreed += other.agreed;
        for (place, count) in other.places {
            *self.places.entry(place).or_default() += count;
        }
    }
}

impl Table {
    fn of(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let example = Example::raquel();
        let mut world = Stage::world_of(&example);
        if rng.gen_bool(0.2) {
            world.practice = true;
        }
        if rng.gen_bool(0.1) {
            world.read_only = Some("~/fleet cannot be written by raquel.".into());
        }
        if rng.gen_bool(0.2) {
            world.unfinished = Some(Unfinished {
                receipt: "/Users/raquel/x.receipt".into(),
                user: "raquel".into(),
                done: 3,
                steps: 8,
                started: "2026-11-20T10:19:15Z".into(),
                at: Some("Build your home".into()),
            });
        }
        let mut stage = Stage::with(example, world);
        // Some begin further on.
        match rng.gen_range(0..4) {
            0 => stage.press("<enter>raquel@example.com<enter>"),
            1 => stage.press("<enter>raquel@example.com<enter><tab><enter><space><enter>"),
            _ => {}
        }
        stage.report = Arc::new(report());
        stage.hold = true;
        Self {
            seed,
            rng,
            stage,
            coming: VecDeque::new(),
            jobs: VecDeque::new(),
            answer: None,
            waiting: None,
            log: Recording::default(),
            events: 0,
            told: Tally::default(),
        }
    }

    fn play(mut self) -> Tally {
        while self.events < SESSION && self.stage.ended.is_none() {
            match self.rng.gen_range(0..100) {
                0..40 => self.keys(KEYS, 1),
                40..56 => {
                    let moves = MOVES[self.rng.gen_range(0..MOVES.len())];
                    self.keys(moves, usize::MAX);
                }
                56..64 => self.mouse(),
                64..67 => self.paste(),
                67..71 => self.resize(),
                71..94 => {
                    // A run has much to tell.
                    let times = if self.stage.app.at() == Place::Apply { 6 } else { 1 };
                    (0..times).for_each(|_| self.next_answer());
                }
                94..98 => {
                    let time = Duration::from_millis(self.rng.gen_range(0..40_000));
                    self.stage.pass(time);
                    self.tell(Msg::Tick);
                }
                98 => self.tell(Msg::Seen(Seen::FocusLost)),
                _ => self.tell(Msg::Signal(Signal::Continued)),
            }
        }
        if self.rng.gen_bool(0.1) {
            self.tell(Msg::Signal(Signal::End(15)));
        }
        self.draw();
        std::mem::take(&mut self.told)
    }

    /// Some of the keys at random, or all in order.
    fn keys(&mut self, notation: &str, count: usize) {
        let keys = parse(notation);
        if count == 1 {
            let key = *keys.choose(&mut self.rng).unwrap();
            // Leaving is tried by few, or no session would be long.
            let leaves =
                key.modifiers.contains(KeyModifiers::CONTROL) && key.code.as_char() == Some('c');
            if !leaves || self.rng.gen_bool(0.3) {
                self.key(key);
            }
            return;
        }
        for key in keys {
            self.key(key);
        }
    }

    fn key(&mut self, key: KeyEvent) {
        if self.stage.ended.is_none() {
            self.tell(Msg::Seen(Seen::Key(key)));
        }
    }

    fn mouse(&mut self) {
        self.draw();
        let kinds = [
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::Down(MouseButton::Right),
            MouseEventKind::Up(MouseButton::Left),
            MouseEventKind::Moved,
            MouseEventKind::ScrollDown,
            MouseEventKind::ScrollUp,
        ];
        let kind = *kinds.choose(&mut self.rng).unwrap();
        let (column, row) = (self.rng.gen_range(0..130), self.rng.gen_range(0..42));
        let modifiers = KeyModifiers::NONE;
        let mouse = MouseEvent { kind, column, row, modifiers };
        for _ in 0..self.rng.gen_range(1..3) {
            self.tell(Msg::Seen(Seen::Mouse(mouse)));
        }
    }

    fn paste(&mut self) {
        let text = match self.rng.gen_range(0..20) {
            0 => "x".repeat(70_000),
            _ => (*PASTES.choose(&mut self.rng).unwrap()).to_owned(),
        };
        self.tell(Msg::Seen(Seen::Paste(text)));
    }

    fn resize(&mut self) {
        let sizes = [(80, 24), (80, 24), (120, 40), (200, 60), (60, 16), (59, 16), (1, 1), (0, 0)];
        let (width, height) = match self.rng.gen_bool(0.6) {
            true => *sizes.choose(&mut self.rng).unwrap(),
            false => (self.rng.gen_range(1..130), self.rng.gen_range(1..50)),
        };
        self.stage.area(width, height);
        self.tell(Msg::Seen(Seen::Resize(width, height)));
    }

    /// The core says the next thing, if there is any.
    fn next_answer(&mut self) {
        // Nothing comes from a core that waits for an answer.
        if self.answer.is_some() {
            return;
        }
        if self.coming.is_empty()
            && let Some(job) = self.jobs.pop_front()
        {
            let told = self.told_of(&job);
            self.coming.extend(told);
        }
        if let Some(msg) = self.coming.pop_front() {
            if matches!(msg, Msg::InTheWay(..) | Msg::Coming(..)) {
                self.answer = self.waiting.take();
            }
            self.tell(msg);
        }
    }

    /// Takes one event in, and looks whether what came of it was asked for.
    fn tell(&mut self, msg: Msg) {
        self.events += 1;
        self.told.events += 1;
        if recorded(&msg) {
            let hidden = self.stage.hides();
            self.log.add(self.stage.moment(), &msg, hidden);
        }
        let before = Before::of(&self.stage);
        *self.told.places.entry(before.at).or_default() += 1;
        // The message is given away; what the model looks at is told as it was.
        let pressed = match &msg {
            Msg::Seen(seen @ (Seen::Key(_) | Seen::Mouse(_))) => Msg::Seen(seen.clone()),
            _ => Msg::Tick,
        };
        self.stage.tell(msg);
        for job in self.stage.take_held() {
            assert!(
                !writes(&job) || before.allows(&pressed, &job),
                "{before:?} {pressed:?} {job:?}"
            );
            self.told.applied += usize::from(matches!(job, Job::Apply(..)));
            self.jobs.push_back(job);
        }
        self.answered(&before, &pressed);
        // The core ends when it is told to, some time later.
        let ends = self.stage.outs.drain(..).any(|out| matches!(out, Out::Stop | Out::End));
        if ends && !self.coming.is_empty() && self.rng.gen_bool(0.5) {
            self.coming.truncate(3);
            let finish = self.finish(End::Stopped);
            self.coming.push_back(finish);
        }
        if self.events.is_multiple_of(DRAWN) {
            self.draw();
        }
    }

    /// What came of a question about files in the way, or about what is built.
    fn answered(&mut self, before: &Before, pressed: &Msg) {
        match self.answer.as_ref().and_then(Asked::answered) {
            None => return,
            Some(true) => {
                assert!(before.agrees(pressed), "{before:?} {pressed:?}");
                self.told.agreed += 1;
            }
            Some(false) => self.coming = [self.finish(End::Stopped)].into(),
        }
        self.answer = None;
    }

    fn draw(&mut self) {
        let buffer = self.stage.draw();
        self.told.pictures += 1;
        let control = |cell: &&ratatui::buffer::Cell| cell.symbol().chars().any(char::is_control);
        assert_eq!(buffer.content.iter().find(control), None);
        let text: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(!text.contains("CANARY"), "a private key is shown");
    }

    fn fails(&mut self) -> bool {
        self.rng.gen_bool(0.15)
    }

    fn problem(&mut self) -> Problem {
        let problem = Problem::tool("`nix` says \u{1b}[31mno\u{7} 李\nand more");
        match self.rng.gen_range(0..3) {
            0 => problem,
            1 => problem.cause("the network is away"),
            _ => problem.hint("connect it and try again"),
        }
    }

    /// What the core tells of a job, to its end.
    fn told_of(&mut self, job: &Job) -> Vec<Msg> {
        match job {
            Job::Apply(Errand::Fix { .. }, _) => {
                let ends = [End::Done, End::Done, End::Failed, End::Stopped, End::AlreadySo];
                let end = *ends.choose(&mut self.rng).unwrap();
                return vec![self.finish(end)];
            }
            Job::Apply(..) => return self.run(),
            _ => {}
        }
        let failed = self.fails();
        let problem = self.problem();
        let ok = |path: &str| PathBuf::from(path);
        let done = match job {
            Job::Apply(..) => return Vec::new(),
            Job::Open(which) => Done::Opened(match (self.rng.gen_range(0..8), which) {
                (0, _) => Err(problem),
                (1, Which::Again | Which::Known) => {
                    Ok(Opened::NoFleet { before: vec!["/Users/raquel/old".into()] })
                }
                (2..6, Which::Practice { afresh: false }) => {
                    Ok(Opened::EarlierPractice { place: "~/doorstep-practice".into() })
                }
                _ => Ok(Opened::World(Box::new(self.stage.world.clone()))),
            }),
            Job::Look(subject) if failed => Done::Looked(subject.clone(), Err(problem)),
            Job::PublicKey(choice) if failed => Done::PublicKey(choice.clone(), Err(problem)),
            Job::Module(settled) if failed => Done::Module(settled.clone(), Err(problem)),
            Job::Plan(errand) if failed => Done::Planned(errand.clone(), Err(problem)),
            Job::Save { .. } | Job::SaveLog { .. } if failed => Done::Saved(Err(problem)),
            Job::Resume(_) if failed => Done::Resumed(Err(problem)),
            Job::Resume(_) => {
                let example = &self.stage.example;
                let answers = Answers::default();
                Done::Resumed(Ok(Box::new(Resumed {
                    errand: Errand::Onboard(Box::new(Settled {
                        answers: answers.clone(),
                        suggested: Vec::new(),
                    })),
                    asked: Some((Subject::Account, example.found.clone(), answers)),
                    plan: crate::front::tui::stage::plan::raquels(),
                    done: vec!["Save your age key".into()],
                })))
            }
            Job::Undo(_) => Done::Undone(match failed {
                true => Err(problem),
                false => Ok(TakenBack {
                    restored: vec!["made".into()],
                    left: Vec::new(),
                    steps: 2,
                    steps_back: 2,
                    stopped: false,
                }),
            }),
            Job::CopyKey(..) => Done::KeyCopied(match failed {
                true => Err(problem),
                false => Ok(Copied { path: ok("/usb/keys.txt"), private: true, already: false }),
            }),
            Job::ShowKey(_) => Done::KeyShown(match failed {
                true => Err(problem),
                false => Ok(Hidden("AGE-SECRET-KEY-1QQQ".to_owned().into())),
            }),
            Job::CheckCopy(..) => {
                let all = [
                    Ok(Likeness::Same),
                    Ok(Likeness::Other),
                    Ok(Likeness::Damaged("it is cut".into())),
                    Err(problem),
                ];
                Done::CopyChecked(all.choose(&mut self.rng).unwrap().clone())
            }
            job => return self.stage.work(job).map(Msg::Done).into_iter().collect(),
        };
        vec![Msg::Done(done)]
    }

    /// A run, which ends in any way there is.
    fn run(&mut self) -> Vec<Msg> {
        match self.rng.gen_range(0..10) {
            0 => {
                let fleet = self.stage.example.fleet.clone();
                let files = vec![".sops.yaml".into(), "flake.nix".into()];
                return vec![Msg::Done(Done::Changed(Box::new((fleet, files))))];
            }
            1 => return vec![Msg::Done(Done::NotApplied(self.problem()))],
            _ => {}
        }
        let mut told = Vec::new();
        let steps: Vec<&'static str> = self.stage.plan.steps.iter().map(|step| step.id).collect();
        let stops = self.rng.gen_range(0..steps.len() * 2);
        for (at, step) in steps.into_iter().enumerate() {
            let command = (at > 5).then(|| "nix build \u{1b}[2J .#x".to_owned());
            told.push(Msg::Event(Event::Started { step, command }));
            for _ in 0..self.rng.gen_range(0..4) {
                told.push(Msg::Event(self.line(step)));
            }
            if step == crate::activate::STEP && self.rng.gen_bool(0.7) {
                let asks = if self.rng.gen_bool(0.5) { self.in_the_way() } else { self.built() };
                told.push(asks);
            }
            let failed = at == stops;
            let outcome = match failed {
                true => Outcome::Failed { why: self.problem() },
                false => Outcome::Done,
            };
            let (seconds, changes) = (self.rng.gen_range(0.0..90.0), Vec::new());
            told.push(Msg::Event(Event::Ended { step, outcome, seconds, changes }));
            if failed {
                told.push(self.finish(End::Failed));
                return told;
            }
        }
        for (what, verdict) in [
            ("generation", Verdict::Holds),
            ("home-files", Verdict::DoesNotHold),
            ("secrets", Verdict::NotChecked),
        ] {
            let words = "9 of 9 files lead into it.".to_owned();
            let data = serde_json::Map::new();
            told.push(Msg::Event(Event::Checked(Checked { what, verdict, words, data })));
        }
        let ends = [End::Done, End::Done, End::AlreadySo, End::NotReadable, End::Stopped];
        let end = *ends.choose(&mut self.rng).unwrap();
        told.push(self.finish(end));
        told
    }

    fn line(&mut self, step: &'static str) -> Event {
        let lines = [
            "building '/nix/store/abc-hello.drv'...",
            "\u{1b}[31merror:\u{1b}[0m attribute 'x' missing \u{7}\u{9b}2J",
            "these 12 derivations will be built:",
            "",
            "李李李e\u{301}\u{202e}",
        ];
        match self.rng.gen_range(0..7) {
            0 => Event::Progress { step, done: 4, waiting: 9 },
            1 => {
                let text = "long ".repeat(self.rng.gen_range(0..4000));
                Event::Line { step, stream: Stream::Out, text }
            }
            _ => {
                let text = (*lines.choose(&mut self.rng).unwrap()).to_owned();
                Event::Line { step, stream: Stream::Err, text }
            }
        }
    }

    /// Files in the way; the core waits from when this is told.
    fn in_the_way(&mut self) -> Msg {
        let count = self.rng.gen_range(1..30);
        let files = (0..count).map(|n| Blocked {
            file: InTheWay {
                file: format!("/Users/raquel/.zsh\u{1b}rc{n}").into(),
                kept_as: (n != 7).then(|| format!("/Users/raquel/.zshrc{n}.before").into()),
            },
            difference: Vec::new(),
        });
        let (answer, answered) = mpsc::channel();
        let msg = Msg::InTheWay(files.collect(), answer);
        self.waiting = Some(Asked::InTheWay(answered));
        msg
    }

    /// A new generation over one that is active.
    fn built(&mut self) -> Msg {
        let count = self.rng.gen_range(0..40);
        let added = (0..count).map(|n| (format!("to\u{1b}ol{n}"), "1".to_owned())).collect();
        let coming = Coming {
            package: "/nix/store/new".into(),
            previous: Some("/nix/store/old".into()),
            differences: Some(Differences { added, ..Differences::default() }),
        };
        let (answer, answered) = mpsc::channel();
        self.waiting = Some(Asked::Coming(answered));
        Msg::Coming(Box::new(coming), answer)
    }

    fn finish(&mut self, end: End) -> Msg {
        let left = |who: &str, what, words: &str| Left {
            who: who.into(),
            what,
            words: words.into(),
            data: serde_json::Map::new(),
        };
        let finish = Finish {
            end,
            heading: "It is over.".into(),
            receipt: self.rng.gen_bool(0.9).then(|| "/Users/raquel/x.receipt".into()),
            left: vec![
                left("raquel", "new-terminal", "Open a new Terminal window."),
                left("raquel", "second-copy", "Keep a second copy of the key."),
                left("crs58", "review-and-commit", "Review and commit 4 files."),
            ],
            note: self
                .rng
                .gen_bool(0.5)
                .then(|| Note { who: "crs58".into(), text: "Hello".into() }),
            problem: (end == End::Failed).then(|| self.problem()),
            back: None,
        };
        Msg::Done(Done::Finished(Box::new(finish)))
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("seed {}, event {}:\n{}", self.seed, self.events, self.log.text());
        }
    }
}

#[test]
fn whatever_comes_nothing_breaks_and_nothing_is_written_unasked() {
    let sessions = EVENTS / SESSION;
    let threads = 4;
    let all = std::thread::scope(|scope| {
        let playing: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut tally = Tally::default();
                    let mut seed = thread as u64;
                    // Some sessions end early: their events are played by others.
                    while tally.events < sessions / threads * SESSION {
                        tally.add(Table::of(seed).play());
                        seed += threads as u64;
                    }
                    tally
                })
            })
            .collect();
        let mut all = Tally::default();
        for played in playing {
            all.add(played.join().expect("no session fails"));
        }
        all
    });
    println!("{all:?}");
    assert!(all.events >= EVENTS);
    // A walk that never gets anywhere proves nothing.
    assert!(all.places.len() >= 20, "not every place was visited: {:?}", all.places);
    assert!(all.applied > 100 && all.agreed > 0);
}

#[test]
fn enter_alone_never_applies() {
    let mut stage = Stage::raquel().keys("<enter>raquel@example.com<enter>");
    stage.press(&"<enter>".repeat(30));
    stage.press("<space>");
    stage.press(&"<enter>".repeat(100));
    assert_eq!(stage.app.at(), Place::Review);
    assert!(!stage.jobs.iter().any(writes));
}
