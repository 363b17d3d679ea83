//! One finding: what was seen, the fix with everything that it changes, and how the same is done by
//! hand. Nothing is changed here but by `a` or the button that says so.

mod page;

use std::sync::Arc;

use crate::check::{Finding as Found, Fix};
use crate::front::tui::key::{Key, Press};
use crate::front::tui::looking::writes_in;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Screen, findings, sentence, tabs,
};
use crate::front::tui::sheet::Sheet;
use crate::front::tui::theme::Role;
use crate::plan::Plan;

/// How the page opens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Opens {
    /// At what was seen.
    #[default]
    Seen,
    /// At the fix, to be read.
    Fix,
    /// The same, asked for by its own key: Enter then carries it out. Whoever presses Enter again
    /// and again never gets there.
    FixByKey,
}

/// What is shown of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum View {
    #[default]
    Seen,
    Fix,
    ByHand,
}

impl View {
    const ALL: [Self; 3] = [Self::Seen, Self::Fix, Self::ByHand];

    fn name(self) -> &'static str {
        match self {
            Self::Seen => "What we saw",
            Self::Fix => "Fix",
            Self::ByHand => "By hand",
        }
    }

    fn turned(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|view| *view == self).unwrap_or(0);
        let count = Self::ALL.len();
        Self::ALL[(at + count).wrapping_add_signed(by) % count]
    }
}

/// The page has the focus, or a button.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finding {
    view: View,
    button: Option<usize>,
    scroll: Scroll,
    wraps: bool,
}

/// The finding that is looked at.
pub(crate) fn at<'a>(cx: &Cx<'a>) -> Option<&'a Found> {
    cx.looking.checks.report()?.findings.get(cx.looking.at)
}

/// Its fix, if doorstep may carry it out.
pub(crate) fn fix<'a>(cx: &Cx<'a>) -> Option<(&'a Fix, &'a Arc<Plan>)> {
    at(cx)?.safe_fix()
}

/// Why a plan cannot be carried out here, where it writes into a fleet that is not the person's.
pub(super) fn read_only(cx: &Cx, plan: &Plan) -> Option<String> {
    let world = cx.world?;
    let why = world.read_only.as_deref()?;
    writes_in(plan, &world.fleet.root).then(|| sentence(why))
}

/// Why it cannot be carried out now.
fn no_apply(cx: &Cx) -> Option<String> {
    if cx.looking.checks.is_running() {
        return Some("The checks are made again; a moment.".to_owned());
    }
    match at(cx) {
        Some(found) => findings::no_fix(cx, found),
        None => Some("It is not there any more.".to_owned()),
    }
}

impl Finding {
    fn sheet(&self, cx: &Cx) -> Sheet {
        match (at(cx), self.view) {
            (None, _) => Sheet::new(tabs::page(cx).width),
            (Some(found), View::Seen) => page::seen(cx, found),
            (Some(found), View::Fix) => page::fix(cx, found, self.wraps),
            (Some(found), View::ByHand) => page::by_hand(cx, found),
        }
    }

    fn turn(&mut self, view: View) {
        self.view = view;
        self.scroll = Scroll::default();
    }

    /// Rows of the page below the heading and the names of the views.
    fn room(cx: &Cx) -> usize {
        usize::from(tabs::page(cx).height.saturating_sub(page::TOP))
    }

    fn key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        match press {
            Press::Left => self.turn(self.view.turned(-1)),
            // Enter reads on, and never carries anything out.
            Press::Right | Press::Enter => self.turn(self.view.turned(1)),
            Press::Letter(letter) => return self.letter(cx, letter),
            press => {
                let count = self.sheet(cx).len();
                self.scroll.key(press, count, Self::room(cx));
            }
        }
        Vec::new()
    }

    fn letter(&mut self, cx: &Cx, letter: char) -> Vec<Effect> {
        match letter {
            'a' => vec![Effect::Mend],
            'c' => self.copy(cx).into_iter().collect(),
            's' => self.save(cx).into_iter().collect(),
            'w' => {
                self.wraps = !self.wraps;
                Vec::new()
            }
            letter => tabs::letter(letter).unwrap_or_default(),
        }
    }

    fn copy(&self, cx: &Cx) -> Option<Effect> {
        match self.view {
            View::Seen => Some(Effect::Copy(self.text(cx))),
            View::Fix | View::ByHand => findings::copied(at(cx)?),
        }
    }

    fn text(&self, cx: &Cx) -> String {
        self.sheet(cx).texts().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// All three views, as a file.
    fn save(&self, cx: &Cx) -> Option<Effect> {
        let found = at(cx)?;
        let mut text = format!("{}\n", found.summary);
        for view in View::ALL {
            let page = Self { view, ..self.clone() }.text(cx);
            text.push_str(&format!("\n{}\n{page}", view.name()));
        }
        Some(Effect::Save { name: format!("finding-{}.txt", found.id), text })
    }
}

impl Screen for Finding {
    fn heading(&self, cx: &Cx) -> String {
        match at(cx) {
            Some(found) => format!("{} {}", found.severity.mark(), found.summary),
            None => "It is not there any more.".to_owned(),
        }
    }

    fn aside(&self, cx: &Cx) -> String {
        at(cx).map(|found| found.id.to_owned()).unwrap_or_default()
    }

    fn counted(&self, cx: &Cx) -> String {
        let count = cx.looking.checks.report().map_or(0, |report| report.findings.len());
        format!("finding {} of {count}", cx.looking.at + 1)
    }

    fn parts(&self, _cx: &Cx) -> usize {
        1
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        vec![
            Button::new("apply", "Apply this fix").off(no_apply(cx)),
            Button::new("back", "Back to the findings"),
        ]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let enter = match self.button {
            Some(0) => Key::new("Enter", "apply", "carry this fix out").off(no_apply(cx)),
            Some(_) => Key::new("Enter", "back", "back to the findings"),
            None => Key::new("Enter", "next view", "turn to the next view"),
        };
        let copy = if self.view == View::Seen { "copy" } else { "copy command" };
        let mut keys = vec![
            enter,
            Key::new("Left/Right", "view", "what was seen, the fix, by hand"),
            Key::new("c", copy, "copy what is shown, or the commands of the fix"),
            Key::new("Esc", "back", "back"),
            Key::quiet("a", "carry this fix out").off(no_apply(cx)),
            Key::quiet("s", "save all three views as a file"),
            Key::quiet("w", "wrap long lines, or cut them"),
        ];
        keys.extend(tabs::keys());
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        no_apply(cx).map(Notice::plain)
    }

    fn help(&self, cx: &Cx) -> Help {
        let by_hand = at(cx).and_then(|found| found.fixes.first()).map(findings::by_hand);
        Help {
            title: "One finding".to_owned(),
            what: "What we saw is the evidence: files, lines, commands and what they said. Fix is \
                   everything that would change, before it does. By hand is the same without \
                   doorstep."
                .to_owned(),
            why: "A fix is a plan like any other: what it does is written down, so that it can be \
                  taken back. Afterwards all checks are made again."
                .to_owned(),
            by_hand: by_hand.unwrap_or_default().into_iter().map(str::to_owned).collect(),
        }
    }

    fn focus(&self) -> Focus {
        Focus::at(self.button)
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.button = focus.button();
    }

    fn arrive(&mut self, cx: &Cx) {
        *self = Self { wraps: self.wraps, ..Self::default() };
        if cx.looking.opens != Opens::Seen {
            self.view = View::Fix;
        }
        if cx.looking.opens == Opens::FixByKey && no_apply(cx).is_none() {
            self.button = Some(0);
        }
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("apply") => vec![Effect::Mend],
            Input::Pressed(_) => vec![Effect::Back],
            Input::Key(Press::Esc, _) => Vec::new(),
            Input::Key(press, _) => self.key(cx, press),
            Input::Click { target: Target::Row(1, at), .. } => {
                self.turn(View::ALL.get(at).copied().unwrap_or_default());
                Vec::new()
            }
            Input::Wheel { rows, .. } => {
                let count = self.sheet(cx).len();
                self.scroll.by(rows, count, Self::room(cx));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let area = tabs::page(cx);
        let (columns, rows) = (area.width, area.height);
        if let Some(found) = at(cx) {
            let role = match found.severity {
                crate::check::Severity::Error => Role::Bad,
                crate::check::Severity::Warning => Role::Warn,
            };
            paint.lay(2, 0, paint.width().saturating_sub(8).min(page::wide(found)), role);
        }
        page::views(self.view, paint);
        let mut below = paint.within(0, page::TOP, columns, rows.saturating_sub(page::TOP));
        self.sheet(cx).view(self.scroll, None, &mut below);
        if self.button.is_none() {
            paint.cursor(2, 1);
        }
        tabs::help(self, cx, paint);
    }
}

#[cfg(test)]
mod tests;
