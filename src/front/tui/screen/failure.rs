//! Failure, and the end of a run that was stopped: what failed, why, which line shows it, the one
//! next action, and what is true now. The whole log is one key away.

mod evidence;
mod page;
mod why;

use crate::explain::mask;
use crate::front::End;
use crate::front::tui::frame::Size;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::log::{Input as PaneInput, Lines, Pane, Which};
use crate::front::tui::output;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::finding::Opens;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Place, Screen, findings, finished,
};
use crate::front::tui::sheet::Sheet;
use crate::front::tui::theme::Role;

pub(crate) use why::problem;

/// The page, or the log over it.
const PAGE: usize = 0;

/// Buttons that are always there.
const BUTTONS: usize = 3;

#[derive(Debug, Clone)]
pub(crate) struct Failure {
    focus: Focus,
    scroll: Scroll,
    /// The whole log, while it is open.
    log: Option<Pane>,
    /// How the cause is known, instead of what it is.
    evidence: bool,
    /// Whether a key was pressed: then no button moves under the person's finger.
    touched: bool,
}

impl Default for Failure {
    fn default() -> Self {
        let (focus, scroll) = (Focus::Button(0), Scroll::default());
        Self { focus, scroll, log: None, evidence: false, touched: false }
    }
}

/// The step at which it ended, if it got so far.
fn step<'a>(cx: &Cx<'a>) -> Option<(usize, &'a crate::front::tui::run::Step)> {
    cx.run?.cut_short()
}

fn which(cx: &Cx) -> Which {
    match step(cx) {
        Some((_, step)) if !cx.log.lines(Which::Step(step.id)).is_empty() => Which::Step(step.id),
        _ => Which::All,
    }
}

fn lines<'a>(cx: &Cx<'a>) -> Lines<'a> {
    cx.log.lines(which(cx))
}

fn is_stopped(cx: &Cx) -> bool {
    cx.finish.is_some_and(|finish| finish.end == End::Stopped)
}

/// Why there is nothing to take back.
fn nothing_done(cx: &Cx) -> Option<&'static str> {
    let receipt = cx.finish.and_then(|finish| finish.receipt.as_ref());
    receipt.is_none().then_some("Nothing has been applied yet.")
}

fn log_size(cx: &Cx) -> ratatui::layout::Size {
    let body = cx.body();
    ratatui::layout::Size::new(body.width, body.height.saturating_sub(1))
}

/// What somebody else is told, where it is theirs to mend.
fn note<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    why::cause(cx)?.admin.as_deref()
}

/// The end of the log of what failed, for its explanation. It may hold secrets.
pub(crate) fn text(cx: &Cx) -> String {
    why::text(cx)
}

/// Why no fix can be shown.
fn no_fix(cx: &Cx) -> Option<String> {
    if cx.looking.checks.is_running() || cx.looking.failure.is_reading() {
        return Some("It is still being looked at.".to_owned());
    }
    match why::finding(cx) {
        Some((_, found)) => findings::no_fix(cx, found),
        None if note(cx).is_some() => {
            let who = findings::admin(cx);
            Some(format!("Not safe to do for you. The text for {who} is ready: c."))
        }
        None => Some("No fix is known for this; Next says what to do.".to_owned()),
    }
}

impl Failure {
    fn sheet(&self, cx: &Cx) -> Sheet {
        match self.evidence {
            true => evidence::sheet(cx),
            false => page::sheet(cx),
        }
    }

    fn key(
        &mut self,
        cx: &Cx,
        press: Press,
        key: ratatui::crossterm::event::KeyEvent,
    ) -> Vec<Effect> {
        if let Some(pane) = &mut self.log {
            let used = output::key(pane, press, key, &lines(cx), log_size(cx));
            match press {
                Press::Esc if !used => self.log = None,
                Press::Enter if !used => self.log = None,
                _ if used => {}
                Press::Letter(letter) => return self.letter(cx, letter),
                _ => {}
            }
            return vec![Effect::Focus(self.focus)];
        }
        match press {
            Press::Enter => self.open(cx),
            Press::Letter('/') => {
                self.open(cx);
                if let Some(pane) = &mut self.log {
                    pane.handle(PaneInput::Search, &lines(cx), log_size(cx));
                }
            }
            Press::Letter(letter) => return self.letter(cx, letter),
            press => {
                let rows = usize::from(cx.body().height.saturating_sub(1));
                let count = self.sheet(cx).len();
                self.scroll.key(press, count, rows);
            }
        }
        Vec::new()
    }

    fn letter(&mut self, cx: &Cx, letter: char) -> Vec<Effect> {
        match letter {
            'r' => again(cx),
            'u' => undo(cx),
            'b' => vec![Effect::Go(Place::Review)],
            's' => {
                let text = self.report(cx);
                vec![Effect::SaveLog { name: "doorstep-report.txt".into(), text }]
            }
            'c' => self.copy(cx),
            'e' => {
                self.evidence = !self.evidence;
                self.scroll = Scroll::default();
                Vec::new()
            }
            'f' => fix(cx, Opens::FixByKey),
            _ => Vec::new(),
        }
    }

    fn copy(&self, cx: &Cx) -> Vec<Effect> {
        vec![match note(cx) {
            Some(note) => Effect::Copy(format!("{note}\n")),
            None => Effect::Copy(mask(&self.report(cx))),
        }]
    }

    /// What is on the page and every line of the step, as text.
    fn report(&self, cx: &Cx) -> String {
        let mut text = String::new();
        for line in page::sheet(cx).texts().chain(evidence::sheet(cx).texts()) {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push_str("\nThe whole log\n");
        for line in lines(cx).saved(std::borrow::Cow::Borrowed) {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    /// The next action is known now. Whoever has pressed something already stays on what had the
    /// focus: the button that came first has moved the others.
    fn settle(&mut self, cx: &Cx) {
        let count = self.buttons(cx).len();
        if let (Focus::Button(at), true) = (self.focus, self.touched)
            && count > BUTTONS
        {
            self.focus = Focus::Button((at + 1).min(count - 1));
        }
        self.touched &= count <= BUTTONS;
    }

    /// Opens the whole log, with the line that shows the cause marked.
    fn open(&mut self, cx: &Cx) {
        let lines = lines(cx);
        if lines.is_empty() {
            return;
        }
        self.focus = Focus::Part(PAGE);
        self.log = Some(match why::why(cx).and_then(|why| why.line) {
            Some(line) => Pane::marked(line, &lines),
            None => Pane::default(),
        });
    }
}

/// Goes on from the receipt, so that undo later takes back what both runs have done.
fn again(cx: &Cx) -> Vec<Effect> {
    match cx.finish.and_then(|finish| finish.receipt.clone()) {
        Some(receipt) => vec![Effect::Resume(receipt)],
        None => vec![Effect::PlanAgain],
    }
}

fn fix(cx: &Cx, opens: Opens) -> Vec<Effect> {
    why::finding(cx).map(|(at, _)| Effect::Finding(at, opens)).into_iter().collect()
}

fn undo(cx: &Cx) -> Vec<Effect> {
    let receipt = cx.finish.and_then(|finish| finish.receipt.clone());
    receipt.map(Effect::Undo).into_iter().collect()
}

impl Screen for Failure {
    fn heading(&self, cx: &Cx) -> String {
        page::heading(cx)
    }

    fn aside(&self, cx: &Cx) -> String {
        self.log.as_ref().map(|pane| pane.status(&lines(cx))).unwrap_or_default()
    }

    fn parts(&self, _cx: &Cx) -> usize {
        1
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let done = cx.run.map_or(0, |run| run.done());
        let undo = match done {
            0 => "Undo".to_owned(),
            1 => "Undo 1 step".to_owned(),
            n => format!("Undo {n} steps"),
        };
        let again = if is_stopped(cx) { "Go on" } else { "Try again" };
        // The one next action comes first.
        let fix = no_fix(cx).is_none().then(|| Button::new("fix", "Show the fix"));
        let next = fix.or_else(|| note(cx).map(|_| Button::new("note", "Copy the note")));
        let others = [Button::new("again", again), Button::new("undo", undo).off(nothing_done(cx))];
        let back = finished::back(cx).map(|back| Button::new("back", back.words.clone()));
        let leave = Button::new("leave", "Leave");
        next.into_iter().chain(others).chain(back).chain([leave]).collect()
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let again = if is_stopped(cx) { "go on" } else { "try again" };
        let no_plan = cx.planned.is_none().then_some("There is no plan to go back to.");
        let no_cause = why::problem(cx).is_none().then_some("It was stopped; nothing failed.");
        let turned = if self.evidence { "the cause" } else { "how we know" };
        let copy = match note(cx) {
            Some(_) => Key::new("c", "copy note", "copy the note for whoever can mend it"),
            None => Key::new("c", "copy report", "copy all of this with the whole log"),
        };
        let fix = Key::new("f", "fix", "show the fix; it changes nothing yet").off(no_fix(cx));
        let (first, other) = match fix.off {
            None => (fix, Key { short: "", ..copy }),
            Some(_) => (copy, Key { short: "", ..fix }),
        };
        let mut keys = vec![
            first,
            Key::new("r", again, "go on: what is done is not done again"),
            Key::new("u", "undo", "take back what was done").off(nothing_done(cx)),
            Key::new("e", turned, "how the cause is known: what was looked at, what was ruled out")
                .off(no_cause),
            Key::new("s", "save report", "save all of this with the whole log as a file"),
            other,
            Key::quiet("b", "back to the plan, to change an answer").off(no_plan),
        ];
        let [search, next, previous, _, wrap] = output::keys();
        let closed = self.log.is_none().then_some("First open the log: Enter on the page.");
        keys.extend([
            Key { short: "", ..search },
            next.off(closed),
            previous.off(closed),
            Key { short: "", ..wrap }.off(closed),
            Key::quiet("Enter", "on the page: the whole log"),
        ]);
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        if let Some(pane) = &self.log {
            return pane.notice().map(Notice::plain);
        }
        let is_slow = cx.looking.checks.slow_from().is_some_and(|from| from <= cx.now);
        is_slow.then(|| Notice::plain("Looking at this machine for what may have caused it."))
    }

    fn help(&self, cx: &Cx) -> Help {
        let by_hand = step(cx).and_then(|(_, step)| step.command.clone());
        Help {
            title: "It did not come to its end".to_owned(),
            what: "Nothing is half written: each change is whole, or was not made. What was done \
                   is written down, so doorstep can go on from here or take it back."
                .to_owned(),
            why: "The first lines say why; what a program said itself stands below. s saves all \
                  of it as a file that you can give to somebody."
                .to_owned(),
            by_hand: by_hand.into_iter().collect(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.touched = true;
        self.focus = focus;
    }

    fn typing(&self, _cx: &Cx) -> bool {
        self.log.as_ref().is_some_and(Pane::is_typing)
    }

    fn wake(&self, cx: &Cx) -> Option<std::time::Duration> {
        cx.looking.checks.slow_from().filter(|from| *from > cx.now)
    }

    fn arrive(&mut self, _cx: &Cx) {
        *self = Self::default();
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        if !matches!(input, Input::Looked | Input::Tick | Input::Unseen) {
            self.touched = true;
        }
        match input {
            Input::Looked => {
                self.settle(cx);
                Vec::new()
            }
            Input::Pressed("fix") => fix(cx, Opens::Fix),
            Input::Pressed("note") => self.copy(cx),
            Input::Pressed("again") => again(cx),
            Input::Pressed("undo") => undo(cx),
            Input::Pressed("back") => finished::go_back(cx),
            Input::Pressed(_) => vec![Effect::Leave],
            Input::Key(Press::Esc, _) if self.evidence && self.log.is_none() => {
                (self.evidence, self.scroll) = (false, Scroll::default());
                vec![Effect::Focus(self.focus)]
            }
            Input::Key(Press::Esc, key) if self.log.is_some() => self.key(cx, Press::Esc, key),
            Input::Key(Press::Esc, _) => {
                vec![Effect::Say(Notice::plain("This is the last screen. [ Leave ] leaves."))]
            }
            Input::Key(press, key) => self.key(cx, press, key),
            Input::Paste(text) => {
                if let Some(pane) = &mut self.log {
                    pane.handle(PaneInput::Paste(&text), &lines(cx), log_size(cx));
                }
                Vec::new()
            }
            Input::Click { target: Target::Row(..) | Target::Part(_), again: true } => {
                if self.log.is_none() {
                    self.open(cx);
                }
                Vec::new()
            }
            Input::Wheel { rows, .. } => {
                match &mut self.log {
                    Some(pane) => {
                        pane.handle(output::wheel(rows), &lines(cx), log_size(cx));
                    }
                    None => {
                        let room = usize::from(cx.body().height.saturating_sub(1));
                        self.scroll.by(rows, self.sheet(cx).len(), room);
                    }
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        if !is_stopped(cx) {
            paint.lay(2, 0, columns.saturating_sub(4), Role::Bad);
        }
        let mut below = paint.within(0, 1, columns, rows.saturating_sub(1));
        if let Some(pane) = &self.log {
            below.hit(0, 0, columns, rows, Target::Part(PAGE));
            return output::view(pane, &lines(cx), self.focus.is_part(PAGE), &mut below);
        }
        let sheet = self.sheet(cx);
        sheet.view(self.scroll, None, &mut below);
        if self.focus.is_part(PAGE) {
            below.cursor(2, 0);
        }
        if cx.size > Size::Small && sheet.len() <= usize::from(rows) {
            let y = u16::try_from(sheet.len()).unwrap_or(rows).saturating_sub(1);
            if self.focus.is_part(PAGE) && !lines(cx).is_empty() {
                below.text(0, y, Role::Text, "▸");
                below.focus(0, y, columns);
            }
        }
    }
}

#[cfg(test)]
mod tests;
