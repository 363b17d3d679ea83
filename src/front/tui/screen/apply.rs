//! Apply: the steps with their clocks, and beside them what the running one builds and says. The
//! plan is carried out elsewhere; here it is looked at, and stopped.

mod build;
mod one;
mod view;

use std::borrow::Cow;

use crate::front::tui::key::{Key, Press};
use crate::front::tui::log::{Input as PaneInput, Lines, Pane, Which};
use crate::front::tui::output;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::run::{Pull, Run, Step};
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Rows, Screen};
use crate::front::tui::text::width;

use one::{One, Shown};
use view::Layout;

/// Silence of this length is told.
const SILENCE: u64 = 30;

/// The list of steps.
const LIST: usize = 0;
/// What is beside it.
const PANE: usize = 1;
/// What is at work, above the log; each with a log of its own.
const BUILD: usize = 2;
/// The names of the views; a click turns to one.
const TABS: usize = 3;

#[derive(Debug, Clone)]
pub(crate) struct Apply {
    focus: Focus,
    view: View,
    /// The step that the person chose; else the running one.
    chosen: Option<usize>,
    /// The log of the selected step, and which that is.
    step_log: Pane,
    step: Option<&'static str>,
    all_log: Pane,
    /// The name of the row of the build that has the focus.
    row: Option<String>,
    /// The log of one derivation, in the place of its step's.
    one: Option<One>,
    /// The log over the whole body.
    is_full: bool,
}

/// What is beside the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Build,
    Step,
    All,
}

impl View {
    const ALL: [Self; 3] = [Self::Build, Self::Step, Self::All];

    fn name(self) -> &'static str {
        match self {
            Self::Build => "Build",
            Self::Step => "This step",
            Self::All => "All output",
        }
    }

    fn turned(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|view| *view == self).unwrap_or(0);
        let count = Self::ALL.len();
        Self::ALL[(at + count).wrapping_add_signed(by) % count]
    }
}

impl Default for Apply {
    fn default() -> Self {
        Self {
            focus: Focus::Part(LIST),
            view: View::Build,
            chosen: None,
            step_log: Pane::default(),
            step: None,
            all_log: Pane::default(),
            row: None,
            one: None,
            is_full: false,
        }
    }
}

impl Apply {
    /// The step that is looked at: the chosen one, the running one, or the last that ran.
    fn selected<'a>(&self, run: &'a Run) -> Option<(usize, &'a Step)> {
        let at = match (self.chosen, run.running()) {
            (Some(at), _) => at,
            (None, Some((at, _))) => at,
            (None, None) => run.done().min(run.steps.len().saturating_sub(1)),
        };
        run.steps.get(at).map(|step| (at, step))
    }

    /// Whose lines the pane shows.
    fn which(&self, cx: &Cx) -> Which {
        match (self.view, cx.run.and_then(|run| self.selected(run))) {
            (View::Build | View::Step, Some((_, step))) => Which::Step(step.id),
            _ => Which::All,
        }
    }

    fn shown(&self, cx: &Cx) -> Shown {
        match &self.one {
            Some(one) => Shown::One(one.store(cx)),
            None => Shown::Of(self.which(cx)),
        }
    }

    /// The step whose build is looked at, with that build's rows.
    fn rows(&self, cx: &Cx) -> Vec<build::Row> {
        let run = cx.run.filter(|_| self.view == View::Build && !Layout::is_small(cx.size));
        let step = run.and_then(|run| self.selected(run));
        let found = step.zip(run).and_then(|((_, step), run)| Some((step, run.build(step.id)?)));
        found.map(|(step, build)| build::rows(cx, step, build)).unwrap_or_default()
    }

    /// The row of the build that the person is at.
    fn at_row(&self, rows: &[build::Row]) -> usize {
        rows.iter().position(|row| Some(&row.name) == self.row.as_ref()).unwrap_or_default()
    }

    fn build_key(&mut self, cx: &Cx, press: Press) -> bool {
        let rows = self.rows(cx);
        let mut list = Rows { at: self.at_row(&rows) };
        if list.key(press, rows.len(), 3) {
            self.row = rows.get(list.at).map(|row| row.name.clone());
            return true;
        }
        press == Press::Enter && self.open_one(cx, &rows, list.at)
    }

    /// Shows the log of the derivation in this row.
    fn open_one(&mut self, cx: &Cx, rows: &[build::Row], at: usize) -> bool {
        let Some(row) = rows.get(at) else { return false };
        self.row = Some(row.name.clone());
        let drv = row.drv.clone().zip(cx.run.and_then(|run| self.selected(run)));
        if let Some((drv, (_, step))) = drv {
            self.one = Some(One::new(cx, step.id, drv));
            self.focus = Focus::Part(PANE);
        }
        true
    }

    /// What is chosen anew is looked at with its step's log.
    fn leave_one(&mut self) {
        (self.one, self.row) = (None, None);
    }

    /// The pane as it is seen: another step's lines begin at their newest.
    fn pane(&self, cx: &Cx) -> Cow<'_, Pane> {
        if let Some(one) = &self.one {
            return Cow::Borrowed(&one.pane);
        }
        match self.which(cx) {
            Which::All => Cow::Borrowed(&self.all_log),
            Which::Step(step) if self.step == Some(step) => Cow::Borrowed(&self.step_log),
            Which::Step(_) => Cow::Owned(follow(self.step_log.is_wrapped())),
        }
    }

    fn pane_mut(&mut self, cx: &Cx) -> &mut Pane {
        let which = self.which(cx);
        if let Some(one) = &mut self.one {
            return &mut one.pane;
        }
        match which {
            Which::All => &mut self.all_log,
            Which::Step(step) => {
                if self.step != Some(step) {
                    self.step = Some(step);
                    self.step_log = follow(self.step_log.is_wrapped());
                }
                &mut self.step_log
            }
        }
    }

    fn layout(&self, cx: &Cx) -> Layout {
        let whole = self.is_full || self.focus == Focus::Part(PANE);
        Layout::of(cx.body(), cx.size, self.view == View::Build, self.is_full, whole)
    }

    fn tell_pane(&mut self, cx: &Cx, input: PaneInput) -> bool {
        let (shown, size) = (self.shown(cx), self.layout(cx).log.as_size());
        self.pane_mut(cx).handle(input, &shown.lines(cx), size)
    }

    fn choose(&mut self, cx: &Cx, at: usize) {
        let Some(run) = cx.run else { return };
        self.leave_one();
        let running = run.running().map(|(at, _)| at);
        // Back on the running one it goes along again.
        self.chosen = Some(at).filter(|at| Some(*at) != running);
    }

    fn list_key(&mut self, cx: &Cx, press: Press) -> bool {
        let Some(run) = cx.run else { return false };
        let Some((at, _)) = self.selected(run) else { return false };
        match press {
            Press::Up => self.choose(cx, at.saturating_sub(1)),
            Press::Down => self.choose(cx, (at + 1).min(run.steps.len() - 1)),
            Press::Enter => {
                self.view = View::Step;
                self.focus = Focus::Part(PANE);
            }
            _ => return false,
        }
        true
    }

    fn key(
        &mut self,
        cx: &Cx,
        press: Press,
        key: ratatui::crossterm::event::KeyEvent,
    ) -> Vec<Effect> {
        if self.typing(cx) {
            self.pane_key(cx, press, key);
            return stay(self.focus);
        }
        match press {
            Press::Letter('c') => return self.copy(cx),
            Press::Letter('s') => return self.save(cx),
            Press::Left => self.turn(self.view.turned(-1)),
            Press::Right => self.turn(self.view.turned(1)),
            Press::Esc if self.pane_key(cx, press, key) => {}
            Press::Esc if self.is_full => self.is_full = false,
            Press::Esc if self.one.is_some() => {
                self.one = None;
                self.focus = Focus::Part(BUILD);
            }
            Press::Esc => return vec![Effect::Say(Notice::plain(NO_WAY_BACK))],
            Press::Enter if self.focus == Focus::Part(PANE) => self.is_full = !self.is_full,
            _ if self.focus == Focus::Part(LIST) && self.list_key(cx, press) => {}
            _ if self.focus == Focus::Part(BUILD) && self.build_key(cx, press) => {}
            Press::Letter('/') => {
                self.focus = Focus::Part(PANE);
                self.pane_key(cx, press, key);
            }
            _ => {
                self.pane_key(cx, press, key);
            }
        }
        stay(self.focus)
    }

    fn pane_key(
        &mut self,
        cx: &Cx,
        press: Press,
        key: ratatui::crossterm::event::KeyEvent,
    ) -> bool {
        let (shown, size) = (self.shown(cx), self.layout(cx).log.as_size());
        output::key(self.pane_mut(cx), press, key, &shown.lines(cx), size)
    }

    fn turn(&mut self, view: View) {
        self.view = view;
        self.leave_one();
        if self.focus == Focus::Part(BUILD) {
            self.focus = Focus::Part(PANE);
        }
    }

    /// The command of the step that is looked at.
    fn command<'a>(&self, cx: &Cx<'a>) -> Option<&'a str> {
        self.selected(cx.run?)?.1.command.as_deref()
    }

    fn copy(&self, cx: &Cx) -> Vec<Effect> {
        let command = self.command(cx).map(str::to_owned);
        command.map(Effect::Copy).into_iter().collect()
    }

    fn save(&self, cx: &Cx) -> Vec<Effect> {
        let shown = self.shown(cx);
        let name = self.one.as_ref().map(|one| one.name());
        vec![save_log(&shown.lines(cx), self.which(cx), name)]
    }

    fn click(&mut self, target: Target, again: bool, cx: &Cx) {
        match target {
            Target::Row(LIST, at) => {
                let same = cx.run.and_then(|run| self.selected(run)).is_some_and(|(s, _)| s == at);
                self.choose(cx, at);
                if again && same {
                    self.list_key(cx, Press::Enter);
                }
            }
            Target::Row(PANE, row) => {
                let row = u16::try_from(row).unwrap_or(u16::MAX);
                self.tell_pane(cx, PaneInput::Click(row));
            }
            Target::Row(BUILD, at) => {
                let rows = self.rows(cx);
                let same = again && self.at_row(&rows) == at && self.focus == Focus::Part(BUILD);
                self.row = rows.get(at).map(|row| row.name.clone());
                self.focus = Focus::Part(BUILD);
                if same {
                    self.open_one(cx, &rows, at);
                }
            }
            Target::Row(TABS, at) => {
                if let Some(view) = View::ALL.get(at) {
                    self.turn(*view);
                }
            }
            _ => {}
        }
    }
}

/// What Esc says while steps run.
const NO_WAY_BACK: &str = "Steps are running. Ctrl-C stops after this one.";

fn follow(wrapped: bool) -> Pane {
    let mut pane = Pane::default();
    if wrapped {
        let nothing = crate::front::tui::log::Store::new(0);
        pane.handle(PaneInput::Wrap, &nothing.lines(Which::All), ratatui::layout::Size::ZERO);
    }
    pane
}

/// Something was done: Esc does not go back as well.
fn stay(focus: Focus) -> Vec<Effect> {
    vec![Effect::Focus(focus)]
}

/// The lines as a file of the person's.
fn save_log(lines: &Lines, which: Which, one: Option<String>) -> Effect {
    let name = match (one, which) {
        (Some(one), _) => format!("doorstep-{one}.log"),
        (None, Which::Step(step)) => format!("doorstep-{step}.log"),
        (None, Which::All) => "doorstep.log".to_owned(),
    };
    let mut text = String::new();
    for line in lines.saved(Cow::Borrowed) {
        text.push_str(&line);
        text.push('\n');
    }
    Effect::SaveLog { name, text }
}

impl Screen for Apply {
    fn heading(&self, cx: &Cx) -> String {
        let Some(run) = cx.run else { return "Working".to_owned() };
        let steps = run.steps.len();
        let next = run.done().min(steps.saturating_sub(1));
        let running = run.running().or_else(|| Some((next, run.steps.get(next)?)));
        let Some((at, step)) = running else { return "Working".to_owned() };
        match Layout::is_small(cx.size) {
            true => format!("Working on step {} of {steps}: {}", at + 1, step.title),
            false => format!("Working on step {} of {steps}", at + 1),
        }
    }

    fn aside(&self, cx: &Cx) -> String {
        let running = cx.run.and_then(Run::running).filter(|_| Layout::is_small(cx.size));
        running.map(|(_, step)| view::clock(step, cx.now)).unwrap_or_default()
    }

    fn parts(&self, cx: &Cx) -> usize {
        // The rows of a build come last: what is there already keeps its place.
        if self.rows(cx).is_empty() { 2 } else { 3 }
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let stopping = cx.run.is_some_and(|run| run.reins > Pull::None);
        vec![match stopping {
            false => Button::new("stop", "Stop after this step"),
            true => Button::new("stop", "End it now"),
        }]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let small = Layout::is_small(cx.size);
        let mut keys = vec![Key::new("Ctrl-C", "stop", "stop after this step; again: end it now")];
        match small {
            true => keys.push(Key::new("Tab", "log", "steps, log, button")),
            false => keys.push(Key::new("Left/Right", "view", "build, this step, all output")),
        }
        let no_command = self.command(cx).is_none().then_some("This step is no command.");
        let [search, next, previous, pause, wrap] = output::keys();
        if small {
            keys.extend([pause, search]);
        } else {
            keys.extend([search, pause]);
        }
        keys.extend([
            Key::new("s", "save log", "save these lines as a file"),
            wrap,
            next,
            previous,
            Key::quiet("c", "copy the command").off(no_command),
            Key::quiet("End", "to the newest line, and follow it"),
            Key::quiet("Enter", "a step: its lines; a build: its log; the log: over all"),
        ]);
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        let run = cx.run?;
        if let Some(words) = self.pane(cx).notice() {
            return Some(Notice::plain(words));
        }
        match run.reins {
            Pull::Stop => {
                let words = "Stopping after this step. Press Ctrl-C again to end it now.";
                return Some(Notice::plain(words));
            }
            Pull::End => return Some(Notice::plain("Ending the running command.")),
            Pull::None => {}
        }
        if let Some((quiet, last)) = run.quiet(cx.now).filter(|(q, _)| q.as_secs() >= SILENCE) {
            let time = crate::front::tui::clock::spelled(quiet);
            let last = crate::front::sanitise(last.trim());
            return Some(Notice::plain(match last.is_empty() {
                true => format!("quiet for {time}"),
                false => format!("quiet for {time}; last: {last}"),
            }));
        }
        // From 120 columns on the command stands below the steps.
        let command = self.command(cx).filter(|_| !Layout::is_large(cx.size))?;
        let folder = cx.world.map(|world| format!("in {}", world.folder)).unwrap_or_default();
        let room = usize::from(cx.area.width.saturating_sub(4));
        let gap = room.saturating_sub(width(command) + width(&folder));
        Some(Notice::plain(match gap {
            0..3 => command.to_owned(),
            gap => format!("{command}{}{folder}", " ".repeat(gap)),
        }))
    }

    fn help(&self, cx: &Cx) -> Help {
        let step = cx.run.and_then(|run| self.selected(run)).map(|(_, step)| step);
        let Some(step) = step else {
            return Help { title: "Apply".to_owned(), ..Help::default() };
        };
        let planned = cx.planned.and_then(|p| p.plan.steps.iter().find(|s| s.id == step.id));
        Help {
            title: step.title.clone(),
            what: "The steps are done one after the other. You can stop after each of them, and \
                   go on another day; what is done is written down and can be taken back."
                .to_owned(),
            why: step.why.clone(),
            by_hand: planned.map(|step| step.by_hand.clone()).unwrap_or_default(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, cx: &Cx, focus: Focus) {
        self.focus = match focus {
            Focus::Part(LIST) => Focus::Part(LIST),
            Focus::Part(BUILD) if !self.rows(cx).is_empty() => Focus::Part(BUILD),
            Focus::Part(_) => Focus::Part(PANE),
            button => button,
        };
    }

    fn typing(&self, cx: &Cx) -> bool {
        self.pane(cx).is_typing()
    }

    fn arrive(&mut self, cx: &Cx) {
        // A run that has only begun is looked at anew.
        if cx.run.is_none_or(|run| run.running().is_none() && run.done() == 0) {
            *self = Self::default();
        }
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        if let Some(one) = &mut self.one {
            one.refresh(cx);
        }
        match input {
            Input::Pressed(_) => vec![Effect::Stop],
            Input::Key(press, key) => self.key(cx, press, key),
            Input::Paste(text) => {
                self.tell_pane(cx, PaneInput::Paste(&text));
                Vec::new()
            }
            Input::Click { target, again } => {
                self.click(target, again, cx);
                Vec::new()
            }
            Input::Wheel { rows, .. } => {
                self.tell_pane(cx, output::wheel(rows));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        if let Some(run) = cx.run {
            self.draw(cx, run, paint);
        }
    }
}

#[cfg(test)]
mod tests;
