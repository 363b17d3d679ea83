//! No plan: what was answered cannot be planned as it stands, or a run that was stopped cannot be
//! gone on with here. Why, what can be done, and the lines to paste where it has to be done by hand.
//! Nothing has been changed.

use crate::front::sanitise;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::Paint;
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Refusal, Screen, sentence,
};
use crate::front::tui::sheet::Sheet;
use crate::front::tui::text::fitting;
use crate::front::tui::theme::Role;
use crate::front::tui::worker::Job;

#[derive(Debug, Clone)]
pub(crate) struct Refused {
    focus: Focus,
    scroll: Scroll,
}

impl Default for Refused {
    fn default() -> Self {
        Self { focus: Focus::Button(0), scroll: Scroll::default() }
    }
}

/// The action of a hint, and the lines that belong to it: a hint's first line says what to do with
/// those below it.
fn parts(hint: &str) -> (&str, impl Iterator<Item = &str>) {
    let mut lines = hint.lines();
    let action = lines.next().unwrap_or_default();
    (action, lines.map(|line| line.strip_prefix("  ").unwrap_or(line)))
}

/// All lines to paste.
fn paste(cx: &Cx) -> String {
    let hints = cx.refused.into_iter().flat_map(|refusal| &refusal.problem().hints);
    hints.flat_map(|hint| parts(hint).1).map(|line| format!("{line}\n")).collect()
}

fn sheet(cx: &Cx) -> Sheet {
    let mut sheet = Sheet::new(cx.area.width);
    let Some(problem) = cx.refused.map(Refusal::problem) else { return sheet };
    let columns = cx.area.width;
    sheet.blank();
    let what = problem.what.replace('`', "");
    // A path keeps its first letter.
    let is_name = problem.what.starts_with('`');
    sheet.prose(2, Role::Text, &if is_name { format!("{what}.") } else { sentence(&what) });
    for cause in problem.causes.iter().flat_map(|cause| cause.lines()) {
        sheet.marked(2, (Role::Heading, "Shown"), 10, Role::Text, cause);
    }
    for hint in &problem.hints {
        let (action, lines) = parts(hint);
        sheet.blank();
        let action = sentence(action.replace('`', "").trim_end_matches(':'));
        sheet.marked(2, (Role::Heading, "Next"), 10, Role::Text, &action);
        for line in lines {
            whole_line(&mut sheet, columns, &sanitise(line));
        }
    }
    sheet
}

/// A line of what is to be pasted, on as many rows as it takes.
fn whole_line(sheet: &mut Sheet, columns: u16, line: &str) {
    const LEFT: u16 = 10;
    let room = usize::from(columns.saturating_sub(LEFT + 1)).max(2);
    let mut rest = line;
    loop {
        let row = fitting(rest, room);
        sheet.line(&[(LEFT, Role::Accent, row)]);
        rest = &rest[row.len()..];
        if rest.is_empty() || row.is_empty() {
            return;
        }
    }
}

/// The lines as a file.
fn save(cx: &Cx) -> Option<Effect> {
    let text = paste(cx);
    let name = cx.interview?.answers.username.as_deref().unwrap_or("home");
    Some(Effect::Save { name: format!("lines-for-{name}.nix"), text })
}

/// Whether it is about a run that was stopped, not about answers.
fn is_resume(cx: &Cx) -> bool {
    matches!(cx.refused, Some(Refusal::Resume(_)))
}

impl Screen for Refused {
    fn heading(&self, cx: &Cx) -> String {
        match is_resume(cx) {
            true => "✗ This run cannot be gone on with here.".to_owned(),
            false => "✗ No plan can be made of these answers.".to_owned(),
        }
    }

    fn parts(&self, _cx: &Cx) -> usize {
        0
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        if is_resume(cx) {
            return vec![Button::new("change", "Go back"), Button::new("leave", "Leave")];
        }
        vec![Button::new("change", "Change the answers"), Button::new("again", "Plan again")]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let none = paste(cx).is_empty().then_some("There are no lines to paste here.");
        let stopped = is_resume(cx).then_some("It is gone on with outside of the full screen.");
        vec![
            Key::new("Enter", "choose", "do what has the focus"),
            Key::new(
                "c",
                if none.is_none() { "copy the lines" } else { "" },
                "copy the lines to paste",
            )
            .off(none),
            Key::quiet("s", "save the lines to a file").off(none.or(stopped)),
            Key::new(
                "r",
                if stopped.is_none() { "plan again" } else { "" },
                "make the plan again, once the lines are there",
            )
            .off(stopped),
            Key::new("Up/Down", "scroll", "scroll"),
            Key::new("Esc", "back", "back to the questions"),
        ]
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        (!is_resume(cx)).then(|| Notice::plain("Nothing has been changed."))
    }

    fn help(&self, cx: &Cx) -> Help {
        Help {
            title: "No plan".to_owned(),
            what: "doorstep changes a file only where it can prove that nothing else in it \
                   changes. Where it cannot, it says which lines are missing and where."
                .to_owned(),
            why: "Everything is planned before anything is written, so that there is one thing to \
                  look over and one to take back."
                .to_owned(),
            by_hand: paste(cx).lines().map(str::to_owned).collect(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.focus = focus;
    }

    fn arrive(&mut self, _cx: &Cx) {
        *self = Self::default();
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        let room = usize::from(cx.body().height.saturating_sub(1));
        match input {
            Input::Pressed("change") => return vec![Effect::Back],
            Input::Pressed("leave") => return vec![Effect::Leave],
            // Whoever has pasted something has changed the fleet.
            Input::Pressed("again") | Input::Key(Press::Letter('r'), _) => {
                return vec![Effect::Do(Job::LookAgain)];
            }
            Input::Key(Press::Letter('c'), _) => {
                return vec![Effect::Copy(paste(cx))];
            }
            Input::Key(Press::Letter('s'), _) => return save(cx).into_iter().collect(),
            Input::Key(press, _) => {
                self.scroll.key(press, sheet(cx).len(), room);
            }
            Input::Wheel { rows, .. } => self.scroll.by(rows, sheet(cx).len(), room),
            _ => {}
        }
        Vec::new()
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        paint.lay(2, 0, columns.saturating_sub(4).min(1), Role::Bad);
        let mut below = paint.within(0, 1, columns, rows.saturating_sub(1));
        sheet(cx).view(self.scroll, None, &mut below);
    }
}

#[cfg(test)]
mod tests;
