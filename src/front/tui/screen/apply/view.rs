//! How Apply is drawn at each size.

use std::time::Duration;

use ratatui::layout::Rect;

use super::{Apply, LIST, PANE, TABS, View};
use crate::event::Outcome;
use crate::front::tui::clock;
use crate::front::tui::frame::Size;
use crate::front::tui::output;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::part;
use crate::front::tui::run::{Run, State, Step};
use crate::front::tui::screen::{Cx, Focus};
use crate::front::tui::text::width;
use crate::front::tui::theme::Role;

/// Where everything is, counted from the body's corner. It follows from the size and from what was
/// turned to, never from what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Steps with their clocks, and what is known of the chosen one.
    pub(super) list: Option<Rect>,
    /// The names of the views.
    pub(super) tabs: Option<Rect>,
    /// What is at work.
    pub(super) build: Option<Rect>,
    /// The line above the log.
    pub(super) rule: Option<Rect>,
    pub(super) log: Rect,
}

impl Layout {
    pub(super) fn is_small(size: Size) -> bool {
        size <= Size::Small
    }

    pub(super) fn is_large(size: Size) -> bool {
        size >= Size::Large
    }

    /// `full`: the log alone; `pane`: where there is room for one part only, the pane.
    pub(super) fn of(body: Rect, size: Size, with_build: bool, full: bool, pane: bool) -> Self {
        let (columns, rows) = (body.width, body.height);
        let small = Self::is_small(size);
        if full || (small && pane) {
            let log = Rect::new(0, 2, columns, rows.saturating_sub(2));
            let tabs = Some(Rect::new(0, 1, columns, 1));
            return Self { list: None, tabs, build: None, rule: None, log };
        }
        if small {
            let log = Rect::new(0, 8, columns, rows.saturating_sub(8));
            let list = Some(Rect::new(0, 2, columns, 2));
            let build = Some(Rect::new(0, 5, columns, 2));
            let rule = Some(Rect::new(0, 7, columns, 1));
            return Self { list, tabs: None, build, rule, log };
        }
        let large = Self::is_large(size);
        let (top, list) = if large { (2, 39) } else { (1, 30) };
        let at_work = match size {
            Size::Huge => 23,
            Size::Large => 7,
            _ => 5,
        };
        let (x, width) = (list + 1, columns.saturating_sub(list + 1));
        let below = top + 1;
        let log_top = if with_build { below + at_work + 1 } else { below };
        Self {
            list: Some(Rect::new(0, top, list, rows.saturating_sub(top))),
            tabs: Some(Rect::new(x, top, width, 1)),
            build: with_build.then(|| Rect::new(x, below, width, at_work)),
            rule: with_build.then(|| Rect::new(x, below + at_work, width, 1)),
            log: Rect::new(x, log_top, width, rows.saturating_sub(log_top)),
        }
    }
}

/// The clock of a step that runs.
pub(super) fn clock(step: &Step, now: Duration) -> String {
    clock::running(step.running_for(now))
}

impl Apply {
    pub(super) fn draw(&self, cx: &Cx, run: &Run, paint: &mut Paint) {
        let layout = self.layout(cx);
        let small = Layout::is_small(cx.size);
        if !small && !run.is_over() {
            let heading = crate::front::tui::screen::Screen::heading(self, cx);
            let x = 2 + u16::try_from(width(&heading)).unwrap_or(0) + 4;
            let words = "You can leave this window open and do other things.";
            paint.cut(x, 0, paint.width().saturating_sub(x), Role::Text, words);
        }
        match layout.list {
            Some(area) if small => summary(run, &mut part(paint, area)),
            Some(area) => {
                paint.vertical(area.width, area.y, area.bottom());
                self.steps(cx, run, &mut part(paint, area));
            }
            None => {}
        }
        if let Some(area) = layout.tabs {
            self.tabs(cx, &mut part(paint, area));
        }
        if let Some(area) = layout.build {
            let shown = if small { run.running() } else { self.selected(run) };
            if let Some((_, step)) = shown {
                let focused = self.focus == Focus::Part(super::BUILD);
                let chosen = (focused || self.one.is_some()).then(|| self.at_row(&self.rows(cx)));
                super::build::view(cx, step, run.build(step.id), chosen, &mut part(paint, area));
            }
        }
        if let Some(area) = layout.rule {
            let shown = self.shown(cx);
            let lines = shown.lines(cx);
            let mut rule = part(paint, area);
            let columns = rule.width();
            let titled = Layout::is_large(cx.size);
            let title = match &self.one {
                Some(one) => format!("log of {}", one.name()),
                None if titled => "log of this step".to_owned(),
                None => String::new(),
            };
            rule.rule(0, 0, columns, &title);
            if titled {
                let tally = format!(" {} ", lines.tally());
                rule.right(columns.saturating_sub(6), 0, Role::Rule, &tally);
            }
        }
        self.log(cx, &mut part(paint, layout.log));
    }

    fn log(&self, cx: &Cx, paint: &mut Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        paint.hit(0, 0, columns, rows, Target::Part(PANE));
        for y in 0..rows {
            paint.hit(0, y, columns, 1, Target::Row(PANE, usize::from(y)));
        }
        let shown = self.shown(cx);
        let focused = self.focus == Focus::Part(PANE);
        output::view(&self.pane(cx), &shown.lines(cx), focused, paint);
    }

    fn tabs(&self, cx: &Cx, paint: &mut Paint) {
        let mut x = 1;
        for (at, view) in View::ALL.into_iter().enumerate() {
            let start = x;
            x = match view == self.view {
                true => paint.text(x, 0, Role::Accent, &format!("[{}]", view.name())),
                false => paint.text(x, 0, Role::Text, view.name()),
            };
            paint.hit(start, 0, x - start, 1, Target::Row(TABS, at));
            x += 2;
        }
        let shown = self.shown(cx);
        let status = self.pane(cx).status(&shown.lines(cx));
        let end = paint.width().saturating_sub(if Layout::is_large(cx.size) { 1 } else { 3 });
        // Where it does not fit, what is new and how to see it do.
        let short = status.strip_prefix("paused, ").unwrap_or(&status);
        let fits = |text: &&str| x + u16::try_from(width(text)).unwrap_or(u16::MAX / 2) <= end;
        if let Some(status) = [status.as_str(), short].into_iter().find(fits) {
            paint.right(end, 0, Role::Text, status);
        }
    }

    fn steps(&self, cx: &Cx, run: &Run, paint: &mut Paint) {
        let columns = paint.width();
        paint.hit(0, 0, columns, paint.height(), Target::Part(LIST));
        paint.text(2, 0, Role::Text, "step");
        paint.right(columns.saturating_sub(1), 0, Role::Text, "elapsed");
        let selected = self.selected(run).map(|(at, _)| at);
        // What is said below the steps has its rows even when there are many of them.
        let below = if Layout::is_large(cx.size) { 16 } else { 5 };
        let room = usize::from(paint.height().saturating_sub(1 + below)).max(3);
        let first = crate::front::tui::screen::Rows { at: selected.unwrap_or(0) }
            .first(run.steps.len(), room);
        let mut y = 1;
        for (at, step) in run.steps.iter().enumerate().skip(first).take(room) {
            row(step, cx.now, y, paint);
            paint.hit(0, y, columns, 1, Target::Row(LIST, at));
            if selected == Some(at) {
                paint.text(0, y, Role::Text, "▸");
                if self.focus == Focus::Part(LIST) {
                    paint.focus(0, y, columns);
                }
            }
            y += 1;
        }
        if let Some((_, step)) = self.selected(run) {
            let area = Rect::new(0, y + 1, columns, paint.height().saturating_sub(y + 1));
            about(cx, run, step, &mut part(paint, area));
        }
    }
}

/// One step: its sign, its title, its time.
fn row(step: &Step, now: Duration, y: u16, paint: &mut Paint) {
    let (mark, role, time) = match &step.state {
        State::Waits => {
            let words = if step.needs_admin { "admin" } else { "waits" };
            (("", Role::Muted), Role::Muted, words.to_owned())
        }
        State::Runs { .. } => (("", Role::Text), Role::Heading, clock(step, now)),
        State::Ended { outcome, seconds } => {
            let took = clock::took(*seconds);
            match outcome {
                Outcome::Done => (("✓", Role::Good), Role::Text, took),
                Outcome::AlreadySo => (("✓", Role::Good), Role::Text, "was so".to_owned()),
                Outcome::Failed { .. } => (("✗", Role::Bad), Role::Text, took),
                Outcome::Stopped => (("!", Role::Warn), Role::Text, "cut".to_owned()),
                Outcome::NotRun { .. } => (("-", Role::Muted), Role::Muted, "not run".to_owned()),
            }
        }
    };
    let end = paint.width().saturating_sub(1);
    let wide = u16::try_from(width(&time)).unwrap_or(0);
    let needed = 4 + u16::try_from(width(&step.title)).unwrap_or(0) + 1 + wide;
    // A clock is news; that something waits is seen from its place.
    let is_news = !matches!(step.state, State::Waits);
    let with_time = is_news || needed <= end;
    let room = end.saturating_sub(4 + if with_time { wide + 1 } else { 0 });
    paint.text(2, y, mark.1, mark.0);
    paint.cut(4, y, room, role, &step.title);
    if with_time {
        paint.right(end, y, role, &time);
    }
}

/// What is known of the selected step.
fn about(cx: &Cx, run: &Run, step: &Step, paint: &mut Paint) {
    let columns = paint.width().saturating_sub(3);
    let mut y = paint.prose(2, 0, columns, Role::Heading, &step.title);
    if let Some(build) = run.build(step.id) {
        for words in super::build::counts(build, usize::from(columns)) {
            y = paint.prose(2, y, columns, Role::Text, &words);
        }
    }
    if !Layout::is_large(cx.size) {
        return;
    }
    if let Some(command) = &step.command {
        paint.text(2, y + 1, Role::Heading, "Command");
        y = paint.prose(2, y + 2, columns, Role::Accent, command);
    }
    paint.text(2, y + 1, Role::Heading, "Why");
    y = paint.prose(2, y + 2, columns, Role::Text, &step.why);
    if !run.is_over() {
        paint.text(2, y + 1, Role::Heading, "If you stop now");
        let words = "What is done stays done, what is fetched stays fetched. Go on later with: \
                     doorstep resume";
        paint.prose(2, y + 2, columns, Role::Text, words);
    }
}

/// Where there is no room for a list.
fn summary(run: &Run, paint: &mut Paint) {
    if run.is_over() {
        return;
    }
    let done = run.done();
    let steps = if done == 1 { "step" } else { "steps" };
    let x = paint.text(2, 0, Role::Good, "✓");
    let x = paint.text(x + 1, 0, Role::Text, &format!("{done} {steps} done")) + 6;
    let at = run.running().map_or(done, |(at, _)| at + 1);
    if let Some(next) = run.steps.get(at) {
        let room = paint.width().saturating_sub(x + 1);
        paint.cut(x, 0, room, Role::Muted, &format!("next: {}", next.title));
    }
    let build = run.running().and_then(|(_, step)| run.build(step.id));
    if let Some(words) = build.and_then(super::build::summary) {
        paint.cut(2, 1, paint.width().saturating_sub(3), Role::Text, &words);
    }
}
