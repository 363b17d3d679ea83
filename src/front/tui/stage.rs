//! A stage for tests: keys in, the picture out, with the drawings' fleet and no thread.
//!
//! Jobs that the app gives are answered from values, in the order they were given.

pub(crate) mod looking;
pub(crate) mod plan;
pub(crate) mod recording;
pub(crate) mod run;

use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{
    Event as Seen, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Rect;

use recording::Recording;

use super::app::{App, Out};
use super::draw::PLAIN;
use super::paint::Target;
use super::worker::{Done, Job};
use super::{Begin, Ended, Msg, Start};
use crate::answers::Answers;
use crate::check::report::Report;
use crate::front::world::{Module, Opened, Readers, Standing, Which, World};
use crate::look::{Explained, Look, Source};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::question::example::{Example, RECIPIENT};

/// The app with somebody at it.
pub(crate) struct Stage {
    pub(crate) app: App,
    pub(crate) example: Example,
    pub(crate) world: World,
    /// What opening gives in the place of the world; the newest last.
    pub(crate) opens: Vec<Result<Opened, Problem>>,
    /// What planning gives.
    pub(crate) plan: Arc<Plan>,
    /// What looking at who can read what gives.
    pub(crate) readers: Result<Readers, Problem>,
    /// What the checks find.
    pub(crate) report: Arc<Report>,
    /// What it all looks like to whoever watches.
    pub(crate) print: u64,
    /// What explaining a log gives; `None`: what explaining it without a machine gives.
    pub(crate) explained: Option<Arc<Explained>>,
    /// Whether jobs stay undone until [`Self::release`].
    pub(crate) hold: bool,
    held: Vec<Job>,
    area: Rect,
    now: Duration,
    /// What the app had done to the outside beside jobs.
    pub(crate) outs: Vec<Out>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) ended: Option<Ended>,
    /// What came, if that is wanted.
    pub(crate) recording: Option<Recording>,
}

impl Stage {
    /// raquel in front of Welcome, at 80×24.
    pub(crate) fn raquel() -> Self {
        Self::of(Example::raquel())
    }

    pub(crate) fn of(example: Example) -> Self {
        let world = Self::world_of(&example);
        Self::with(example, world)
    }

    /// Before anything was done there.
    pub(crate) fn world_of(example: &Example) -> World {
        World {
            host: example.host.clone(),
            fleet: example.fleet.clone(),
            folder: "~/fleet".into(),
            practice: false,
            as_user: None,
            standing: Standing::default(),
            unfinished: None,
            branch: Some("main".into()),
            read_only: None,
            notices: Vec::new(),
        }
    }

    pub(crate) fn with(example: Example, world: World) -> Self {
        Self::opening(example, world, Vec::new())
    }

    /// The same, where opening gives something else first.
    pub(crate) fn opening(
        example: Example,
        world: World,
        opens: Vec<Result<Opened, Problem>>,
    ) -> Self {
        let begin = Begin::with(Which::Known);
        Self::new(example, world, opens, begin)
    }

    /// raquel, who begins with this.
    pub(crate) fn beginning(begin: Begin) -> Self {
        let example = Example::raquel();
        let world = Self::world_of(&example);
        Self::new(example, world, Vec::new(), begin)
    }

    fn new(
        example: Example,
        world: World,
        opens: Vec<Result<Opened, Problem>>,
        begin: Begin,
    ) -> Self {
        let start = Start { host: example.host.clone(), begin, theme: PLAIN };
        let mut stage = Self {
            app: App::new(start),
            example,
            world,
            opens,
            readers: Ok(Readers::default()),
            report: Arc::default(),
            print: 0,
            explained: None,
            hold: false,
            held: Vec::new(),
            plan: Arc::new(plan::raquels()),
            area: Rect::new(0, 0, 80, 24),
            now: Duration::ZERO,
            outs: Vec::new(),
            jobs: Vec::new(),
            ended: None,
            recording: None,
        };
        stage.settle();
        stage
    }

    pub(crate) fn size(mut self, width: u16, height: u16) -> Self {
        self.resize(width, height);
        self
    }

    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.area = Rect::new(0, 0, width, height);
        self.tell(Msg::Seen(Seen::Resize(width, height)));
    }

    pub(crate) fn tell(&mut self, msg: Msg) {
        let hidden = self.hides();
        if let Some(recording) = &mut self.recording {
            recording.add(self.now, &msg, hidden);
        }
        self.app.fold(self.now, msg);
        self.settle();
    }

    /// Takes the jobs that were held back, to be answered by whoever asks.
    pub(crate) fn take_held(&mut self) -> Vec<Job> {
        std::mem::take(&mut self.held)
    }

    /// Whether what is typed now must not be seen.
    pub(crate) fn hides(&self) -> bool {
        let open = self.app.overlay().is_none() && self.app.dialog().is_none();
        open && self.app.screen().hides(&self.app.cx())
    }

    /// Since the app began.
    pub(crate) fn moment(&self) -> Duration {
        self.now
    }

    /// Time passes and nothing comes.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// Pictures are of this size from now on; the app has to be told.
    pub(crate) fn area(&mut self, width: u16, height: u16) {
        self.area = Rect::new(0, 0, width, height);
    }

    pub(crate) fn later(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.tell(Msg::Tick);
    }

    /// Types `keys`: characters are themselves, names stand in angle brackets, as in
    /// `zoe<tab><enter>`.
    pub(crate) fn keys(mut self, keys: &str) -> Self {
        self.press(keys);
        self
    }

    pub(crate) fn press(&mut self, keys: &str) {
        for key in parse(keys) {
            // As in the loop: clicks are about what was drawn.
            self.draw();
            self.tell(Msg::Seen(Seen::Key(key)));
        }
    }

    /// Clicks on what is drawn for a target.
    pub(crate) fn click_on(&mut self, target: Target) {
        self.mouse(target, MouseEventKind::Down(MouseButton::Left));
    }

    /// Turns the wheel over it, downwards.
    pub(crate) fn wheel_on(&mut self, target: Target, times: usize) {
        for _ in 0..times {
            self.mouse(target, MouseEventKind::ScrollDown);
        }
    }

    fn mouse(&mut self, target: Target, kind: MouseEventKind) {
        self.draw();
        let hit = self.app.hit(target);
        let (column, row) = hit.map_or((0, 0), |area| (area.x, area.y));
        let modifiers = KeyModifiers::NONE;
        self.tell(Msg::Seen(Seen::Mouse(MouseEvent { kind, column, row, modifiers })));
    }

    /// Has the app do what a screen could have asked for.
    pub(crate) fn does(&mut self, effects: Vec<super::screen::Effect>) {
        self.app.effects(effects);
        self.settle();
    }

    /// The left button pressed on a cell, both counted from 0.
    pub(crate) fn click(&mut self, column: u16, row: u16) {
        self.draw();
        self.tell(Msg::Seen(Seen::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })));
    }

    pub(crate) fn paste(&mut self, text: &str) {
        self.tell(Msg::Seen(Seen::Paste(text.to_owned())));
    }

    /// Does the jobs that were held back.
    pub(crate) fn release(&mut self) {
        self.hold = false;
        for job in std::mem::take(&mut self.held) {
            if let Some(done) = self.work(&job) {
                self.tell(Msg::Done(done));
            }
            self.jobs.push(job);
        }
    }

    /// Does what the app asked for, until it asks for nothing more.
    fn settle(&mut self) {
        loop {
            let out = self.app.out();
            if out.is_empty() {
                return;
            }
            for out in out {
                match out {
                    Out::Job(job) if self.hold => self.held.push(job),
                    Out::Job(job) => {
                        let done = self.work(&job);
                        self.jobs.push(job);
                        if let Some(done) = done {
                            self.app.fold(self.now, Msg::Done(done));
                        }
                    }
                    Out::Ended(ended) => self.ended = Some(ended),
                    out => self.outs.push(out),
                }
            }
        }
    }

    pub(crate) fn work(&mut self, job: &Job) -> Option<Done> {
        Some(match job {
            Job::Open(_) => Done::Opened(match self.opens.pop() {
                Some(opened) => opened,
                None => Ok(Opened::World(Box::new(self.world.clone()))),
            }),
            Job::Look(subject) => {
                Done::Looked(subject.clone(), Ok(Box::new(self.example.found.clone())))
            }
            Job::PublicKey(choice) => Done::PublicKey(choice.clone(), Ok(RECIPIENT.to_owned())),
            Job::Plan(errand) => Done::Planned(errand.clone(), Ok(Arc::clone(&self.plan))),
            Job::Module(settled) => Done::Module(settled.clone(), Ok(module(&settled.answers))),
            Job::Save { name, .. } | Job::SaveLog { name, .. } => {
                Done::Saved(Ok(self.example.host.home.join(name)))
            }
            Job::Readers | Job::Unlock(_) => Done::Readers(self.readers.clone()),
            Job::Check(ticket) => Done::Checked(ticket.id, Arc::clone(&self.report)),
            Job::Explain(ticket, source) => Done::Explained(ticket.id, self.explain(source)),
            Job::Peek => Done::Peeked(self.print),
            Job::Report(_) => Done::Saved(Ok(self.example.host.home.join("doorstep-report.md"))),
            // Told by the test, step by step.
            Job::LookAgain => Done::LookedAgain(Ok(None)),
            Job::Apply(..) | Job::Resume(_) | Job::Undo(_) => return None,
            Job::CopyKey(..) | Job::ShowKey(_) | Job::CheckCopy(..) => return None,
        })
    }

    /// As the worker does it, with no machine to ask.
    fn explain(&self, source: &Source) -> Result<Arc<Explained>, Problem> {
        if let Some(explained) = &self.explained {
            return Ok(Arc::clone(explained));
        }
        let look = Look::of(self.example.host.clone(), None);
        look.explain(source, &|| false, &mut |_| ()).map(Arc::new)
    }

    pub(crate) fn draw(&mut self) -> Buffer {
        let mut buf = Buffer::empty(self.area);
        let drawn = self.app.view(self.now, self.area, &mut buf);
        self.app.set_drawn(drawn);
        buf
    }

    /// The picture's cells, with how they look.
    pub(crate) fn buffer(&mut self) -> Buffer {
        self.draw()
    }

    /// The picture, a row a line; blanks at the ends are left out.
    pub(crate) fn screen(&mut self) -> String {
        let buf = self.draw();
        let row = |y: u16| {
            let mut line = String::new();
            let mut skip = 0;
            for x in 0..buf.area.width {
                let symbol = buf[(x, y)].symbol();
                if skip == 0 {
                    line.push_str(symbol);
                    skip = super::text::width(symbol).saturating_sub(1);
                } else {
                    skip -= 1;
                }
            }
            line.trim_end().to_owned()
        };
        (0..buf.area.height).map(row).collect::<Vec<_>>().join("\n")
    }
}

/// A module as the drawings' fleet would write it.
fn module(answers: &Answers) -> Module {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let user = text(&answers.username);
    let aggregates = answers.aggregates.iter().flatten();
    let imports: String = aggregates.map(|name| format!("        {name}\n")).collect();
    let after = format!(
        r#"{{ config, inputs, ... }}:
let
  inherit (config.flake.modules) homeManager;
in
{{
  flake.modules.homeManager."users/{user}" =
    {{ config, lib, ... }}:
    {{
      home.username = lib.mkDefault "{user}";
      home.homeDirectory = lib.mkDefault "/Users/{user}";
      home.stateVersion = "25.11";

      imports = with homeManager; [
{imports}      ];

      programs.git.settings.user = {{
        name = lib.mkForce "{}";
        email = lib.mkForce "{}";
      }};

      sops = {{
        defaultSopsFile = inputs.self + "/secrets/users/{user}.sops.yaml";
        age.keyFile = "${{config.xdg.configHome}}/sops/age/keys.txt";
        secrets.github-token = {{ }};
      }};
    }};
}}
"#,
        text(&answers.name),
        text(&answers.email),
    );
    let path = format!("modules/home/users/{user}/default.nix").into();
    Module { path, before: String::new(), after }
}

/// Key presses out of their notation.
pub(crate) fn parse(keys: &str) -> Vec<KeyEvent> {
    let mut out = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|after| after.split_once('>'));
        let (key, after) = match named.and_then(|(name, after)| Some((named_key(name)?, after))) {
            Some(found) => found,
            None => {
                let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
                (key, &rest[c.len_utf8()..])
            }
        };
        out.push(key);
        rest = after;
    }
    out
}

fn named_key(name: &str) -> Option<KeyEvent> {
    let plain = |code| Some(KeyEvent::new(code, KeyModifiers::NONE));
    match name {
        "enter" => plain(KeyCode::Enter),
        "space" => plain(KeyCode::Char(' ')),
        "tab" => plain(KeyCode::Tab),
        "s-tab" => plain(KeyCode::BackTab),
        "esc" => plain(KeyCode::Esc),
        "up" => plain(KeyCode::Up),
        "down" => plain(KeyCode::Down),
        "left" => plain(KeyCode::Left),
        "right" => plain(KeyCode::Right),
        "home" => plain(KeyCode::Home),
        "end" => plain(KeyCode::End),
        "pgup" => plain(KeyCode::PageUp),
        "pgdn" => plain(KeyCode::PageDown),
        "bs" => plain(KeyCode::Backspace),
        _ => {
            let c = name.strip_prefix("c-")?.chars().next()?;
            Some(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
        }
    }
}
