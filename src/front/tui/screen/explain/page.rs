//! What stands on the page: lines of the log around the one that shows the cause, and below them the
//! explanation.

use crate::explain::catalogue::Who;
use crate::explain::{Cause, Confidence, Contents, Explanation, Noise};
use crate::front::sanitise;
use crate::front::tui::frame::Size;
use crate::front::tui::looking::State;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{Cx, SLOW, findings, sentence, tabs};
use crate::front::tui::sheet::Sheet;
use crate::front::tui::text::width;
use crate::front::tui::theme::Role;
use crate::look::Explained;

/// Where what stands beside a label begins.
const BESIDE: u16 = 11;

/// Rows of the body, from its height alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Rows of the log.
    excerpt: u16,
}

impl Layout {
    pub(super) fn of(height: u16) -> Self {
        let excerpt = match height {
            // One pane at a time: the log is one key away.
            ..14 => 0,
            14..24 => 6,
            24..40 => 14,
            _ => 24,
        };
        Self { excerpt }
    }

    /// Rows of what stands below it.
    pub(super) fn rest(self, height: u16) -> u16 {
        height.saturating_sub(self.excerpt)
    }
}

/// `1 line`, `1,204 lines`.
pub(super) fn lines(count: u64) -> String {
    let noun = if count == 1 { "line" } else { "lines" };
    format!("{} {noun}", crate::front::tui::log::grouped(count))
}

/// While it goes on, once that is worth telling.
pub(super) fn reading(cx: &Cx) -> String {
    match cx.looking.log.state {
        State::Reads(bytes, since) if cx.now.saturating_sub(since) >= SLOW => match bytes >> 20 {
            0 => "Reading".to_owned(),
            mib => format!("Reading, {mib} MiB"),
        },
        _ => String::new(),
    }
}

/// Where the line that shows the cause, or looks most like it, is in what is kept of the log.
pub(super) fn marked(cx: &Cx) -> Option<u64> {
    let log = &cx.looking.log;
    let explanation = &log.explained()?.explanation;
    let shown = explanation.causes.first().and_then(|cause| cause.shown.first());
    log.place(shown.or(explanation.suspects.first())?.line)
}

/// `the command for crs58`
pub(super) fn copy_label(cx: &Cx, cause: &Cause) -> String {
    let what = match (&cause.run, &cause.admin) {
        (Some(_), _) => "Copy the command",
        (None, Some(_)) => "Copy the note",
        (None, None) => "Copy what to do",
    };
    match (cause.who, &cause.admin) {
        // Where there is little room, whose turn it is stands above.
        _ if cx.size <= Size::Small => what.to_owned(),
        (Who::You, None) => what.to_owned(),
        (Who::You, Some(_)) if cause.run.is_some() => what.to_owned(),
        (Who::Reader, _) => format!("{what} for somebody else"),
        _ => format!("{what} for {}", findings::admin(cx)),
    }
}

pub(super) fn view(cx: &Cx, scroll: Scroll, is_focused: bool, paint: &mut Paint) {
    let (columns, rows) = (paint.width(), paint.height());
    paint.hit(0, 0, columns, rows, Target::Part(0));
    let is_text = |explained: &Explained| explained.contents == Contents::Text;
    match &cx.looking.log.state {
        State::Nothing => return nothing(is_focused, paint),
        State::Read(explained) if is_text(explained) => {}
        State::Failed(_) => {}
        _ => {
            if is_focused {
                paint.cursor(2, 0);
            }
            return;
        }
    }
    let layout = Layout::of(rows);
    // Without a log there is nothing above.
    let has_log = layout.excerpt > 0 && !cx.looking.log.lines().is_empty();
    let top = if has_log { layout.excerpt } else { u16::from(explanation(cx).is_none()) };
    if has_log {
        excerpt(cx, is_focused, &mut paint.within(0, 0, columns, layout.excerpt));
    } else if is_focused {
        paint.cursor(2, 0);
    }
    let mut below = paint.within(0, top, columns, rows.saturating_sub(top));
    sheet(cx).view(scroll, None, &mut below);
}

/// The empty place, with what it is for.
fn nothing(is_focused: bool, paint: &mut Paint) {
    let (columns, rows) = (paint.width(), paint.height());
    let inner = rows.saturating_sub(7);
    for y in 2..2 + inner {
        paint.lay(2, y, columns.saturating_sub(4), Role::Field);
    }
    if is_focused {
        paint.cursor(2, 2);
    }
    let words = "Everything that was printed, from the command to its error. Your terminal pastes \
                 with Ctrl-Shift-V, on a Mac with Cmd-V. Nothing is sent anywhere; private keys in \
                 it are hidden at once. Enter types it line by line instead.";
    paint.prose(2, 3 + inner, columns.saturating_sub(3), Role::Muted, words);
}

/// Lines around the marked one, which stands last but one; blank lines are left out.
fn excerpt(cx: &Cx, is_focused: bool, paint: &mut Paint) {
    let log = &cx.looking.log;
    let lines = log.lines();
    let Some(explained) = log.explained() else { return };
    let marked = marked(cx);
    let says = |at: &u64| lines.get(*at).is_some_and(|line| !line.text.trim().is_empty());
    let room = usize::from(paint.height());
    let middle = marked.unwrap_or(lines.end().saturating_sub(1));
    let mut shown: Vec<u64> = (lines.first()..=middle).rev().filter(says).take(room - 1).collect();
    shown.reverse();
    shown.extend((middle + 1..lines.end()).filter(says).take(room.saturating_sub(shown.len())));
    let last = explained.excerpt.first + lines.end();
    let digits = last.to_string().len().max(3);
    for (y, at) in (0..).zip(shown) {
        let Some(line) = lines.get(at) else { continue };
        let number = explained.excerpt.first + at;
        let x = paint.text(1, y, Role::Text, &format!("{number:>digits$} "));
        paint.cut(x, y, paint.width().saturating_sub(x + 1), Role::Text, line.text);
        if Some(at) == marked {
            paint.text(1, y, Role::Text, "▸");
            if is_focused {
                paint.focus(0, y, paint.width());
            }
        }
    }
    if is_focused && marked.is_none() {
        paint.cursor(2, 0);
    }
}

fn explanation<'a>(cx: &Cx<'a>) -> Option<&'a Explanation> {
    cx.looking.log.explained().map(|explained| &explained.explanation)
}

pub(super) fn sheet(cx: &Cx) -> Sheet {
    let mut sheet = Sheet::new(tabs::page(cx).width);
    match (&cx.looking.log.state, explanation(cx)) {
        (State::Failed(problem), _) => {
            for cause in problem.causes.iter().flat_map(|cause| cause.lines()) {
                sheet.marked(2, (Role::Heading, "Shown"), BESIDE, Role::Text, &sanitise(cause));
            }
            for hint in &problem.hints {
                let hint = sentence(&hint.replace('`', ""));
                sheet.marked(2, (Role::Heading, "Next"), BESIDE, Role::Text, &hint);
            }
        }
        (_, Some(explanation)) => match explanation.causes.split_first() {
            Some((cause, others)) => {
                best(cause, &explanation.noise, &mut sheet);
                also(cause, others, explanation, &mut sheet);
            }
            None => unknown(explanation, &mut sheet),
        },
        _ => {}
    }
    sheet
}

fn labelled(sheet: &mut Sheet, label: &str, text: &str) {
    sheet.marked(2, (Role::Heading, label), BESIDE, Role::Text, text);
}

fn best(cause: &Cause, noise: &[Noise], sheet: &mut Sheet) {
    sheet.rule("cause");
    let known = u16::try_from(width(cause.confidence.word())).unwrap_or(0);
    let columns = sheet.columns().saturating_sub(4 + known + 4).min(76);
    let summary = sanitise(&cause.summary);
    sheet.marked_within((2, Role::Bad, "✗"), (4, columns), Role::Bad, &summary);
    sheet.right(Role::Muted, cause.confidence.word());
    if let Some(shown) = cause.shown.first() {
        // What beside the cause stands on its line and means nothing is told with it.
        let noise = noise.iter().find(|noise| is_shown(cause, noise));
        let said = match noise {
            Some(noise) => format!(". {}", noise.words),
            None => format!(": {}", shown.text.trim()),
        };
        let more: Vec<String> =
            cause.shown.iter().skip(1).map(|shown| shown.line.to_string()).collect();
        let more = match more.is_empty() {
            true => String::new(),
            false => format!(" Also line {}.", more.join(", ")),
        };
        labelled(sheet, "Shown", &sanitise(&format!("line {}{said}{more}", shown.line)));
    }
    checked(cause, sheet);
    let next = sanitise(&cause.next);
    match &cause.run {
        Some(run) => {
            labelled(sheet, "Next", &format!("{}:", next.trim_end_matches(['.', ':'])));
            sheet.prose(BESIDE, Role::Accent, run);
        }
        None => labelled(sheet, "Next", &sentence(&next)),
    }
    if let (Some(admin), None) = (&cause.admin, &cause.run) {
        labelled(sheet, "Admin", &sanitise(admin));
    }
}

/// What this machine said, and what it could not say.
pub(in crate::front::tui::screen) fn checked(cause: &Cause, sheet: &mut Sheet) {
    for (at, checked) in cause.checked.iter().enumerate() {
        labelled(sheet, if at == 0 { "Checked" } else { "" }, &sanitise(&checked.words));
    }
    if cause.confidence < Confidence::Sure {
        for not in &cause.not_checked {
            labelled(sheet, "Checked", &format!("nothing: {}", sanitise(&not.words)));
        }
        for (at, look) in cause.look.iter().take(2).enumerate() {
            labelled(sheet, if at == 0 { "Look at" } else { "" }, &sanitise(look));
        }
    }
}

/// Whether noise stands on a line that shows the cause.
fn is_shown(cause: &Cause, noise: &Noise) -> bool {
    cause.shown.iter().any(|shown| shown.line == noise.line)
}

/// What else it could have been, and what of the log means nothing.
fn also(cause: &Cause, others: &[Cause], explanation: &Explanation, sheet: &mut Sheet) {
    /// A longer list is no help.
    const MOST: usize = 6;
    let ruled_out = explanation.ruled_out.iter().map(|out| format!("{} (no)", out.called));
    let named =
        others.iter().map(|other| format!("{} ({})", other.called, other.confidence.word()));
    let all: Vec<String> = ruled_out.chain(named).take(MOST).collect();
    let all = match all.is_empty() {
        true => String::new(),
        false => format!("Also looked at: {}.  ", all.join(", ")),
    };
    sheet.prose(2, Role::Muted, &format!("{all}Class {}.", cause.class));
    let others = explanation.noise.iter().filter(|noise| !is_shown(cause, noise));
    for noise in others.take(2) {
        let words = format!("Line {} is not the cause. {}", noise.line, sanitise(&noise.words));
        sheet.prose(2, Role::Muted, &words);
    }
}

fn unknown(explanation: &Explanation, sheet: &mut Sheet) {
    sheet.rule("cause");
    if explanation.suspects.is_empty() {
        let words =
            "doorstep does not know what this log shows; no line of it looks like an error.";
        return sheet.prose(2, Role::Text, words);
    }
    let words = "doorstep does not know this error. These lines look most like its cause:";
    sheet.prose(2, Role::Text, words);
    for line in &explanation.suspects {
        let number = format!("{:>5}", line.line);
        sheet.line(&[(2, Role::Muted, &number), (8, Role::Text, line.text.trim())]);
    }
    sheet.blank();
    let words = "Search for the first of these words in the fleet's own notes, or save this (s) and \
                 give it to whoever looks after this machine.";
    sheet.prose(2, Role::Muted, words);
}
