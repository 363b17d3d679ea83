//! What a new generation brings over the one that is active: the packages that come, go and change,
//! looked at before it is put in place. Where nothing is active yet, nobody is asked.

use crate::activate::Coming as Generation;
use crate::front::sanitise;
use crate::front::tui::frame::Size;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Screen};
use crate::front::tui::sheet::Sheet;
use crate::front::tui::text::cut;
use crate::front::tui::theme::Role;

#[derive(Debug, Clone)]
pub(crate) struct Coming {
    focus: Focus,
    scroll: Scroll,
}

impl Default for Coming {
    fn default() -> Self {
        Self { focus: Focus::Button(0), scroll: Scroll::default() }
    }
}

/// A package that differs.
struct Row {
    sign: (Role, &'static str),
    what: &'static str,
    package: String,
    now: String,
    then: String,
}

fn rows(coming: &Generation) -> Vec<Row> {
    let Some(differences) = &coming.differences else { return Vec::new() };
    let row = |sign, what, package: &String, now: &str, then: &str| Row {
        sign,
        what,
        package: sanitise(package).into_owned(),
        now: sanitise(now).into_owned(),
        then: sanitise(then).into_owned(),
    };
    let added = differences.added.iter();
    let added = added.map(|(name, new)| row((Role::Added, "+"), "added", name, "", new));
    let removed = differences.removed.iter();
    let removed = removed.map(|(name, old)| row((Role::Removed, "-"), "removed", name, old, ""));
    let changed = differences.changed.iter();
    let changed = changed.map(|(name, old, new)| row((Role::Warn, "~"), "changed", name, old, new));
    added.chain(removed).chain(changed).collect()
}

/// `2 packages added, 1 removed.`
fn counted(rows: &[Row]) -> String {
    let mut parts = Vec::new();
    for what in ["added", "removed", "changed"] {
        let count = rows.iter().filter(|row| row.what == what).count();
        match (count, parts.is_empty()) {
            (0, _) => {}
            (1, true) => parts.push(format!("1 package {what}")),
            (n, true) => parts.push(format!("{n} packages {what}")),
            (n, false) => parts.push(format!("{n} {what}")),
        }
    }
    format!("{}.", parts.join(", "))
}

/// What there is to say where no package differs.
fn nothing(coming: &Generation) -> &'static str {
    match &coming.differences {
        _ if coming.previous.as_ref() == Some(&coming.package) => "It is what is active already.",
        Some(_) => "The same packages, in the same versions.",
        None => "Which packages differ cannot be told here.",
    }
}

fn sheet(cx: &Cx, rows: &[Row]) -> Sheet {
    let columns = cx.area.width;
    let (now, then) = match cx.size {
        Size::TooSmall | Size::Small => (32, 46),
        _ => (44, 62),
    };
    let fit = |text: &str, from: u16, to: u16| {
        let room = usize::from(to.saturating_sub(from + 2));
        cut(text, room, cx.theme.ellipsis()).into_owned()
    };
    let mut sheet = Sheet::new(columns);
    for row in rows {
        sheet.line(&[
            (2, row.sign.0, row.sign.1),
            (4, Role::Text, row.what),
            (13, Role::Text, &fit(&row.package, 13, now)),
            (now, Role::Text, &fit(&row.now, now, then)),
            (then, Role::Text, &row.then),
        ]);
    }
    sheet
}

/// Rows above the list: the heading, a sentence, a blank one, the names of the columns.
const ABOVE: u16 = 4;

fn room(cx: &Cx) -> usize {
    usize::from(cx.body().height.saturating_sub(ABOVE))
}

impl Screen for Coming {
    fn heading(&self, cx: &Cx) -> String {
        let Some(coming) = cx.coming else { return String::new() };
        let built = cx.run.is_some_and(|run| run.steps.iter().any(|step| step.id == "build"));
        let rows = rows(coming);
        let what = if rows.is_empty() { nothing(coming).to_owned() } else { counted(&rows) };
        if built { format!("Built. {what}") } else { what }
    }

    fn parts(&self, cx: &Cx) -> usize {
        usize::from(cx.coming.is_some_and(|coming| !rows(coming).is_empty()))
    }

    fn buttons(&self, _cx: &Cx) -> Vec<Button> {
        vec![Button::new("activate", "Activate"), Button::new("stop", "Stop here")]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let nothing = (self.parts(cx) == 0).then_some("No package differs.");
        let enter = match self.focus {
            Focus::Button(1) => "stop here",
            _ => "activate",
        };
        vec![
            Key::new("Enter", enter, "do what has the focus"),
            Key::new("arrows", "move", "through the list, or to the other button"),
            Key::new("c", "copy list", "copy the packages that differ").off(nothing),
            Key::new("Esc", "stop here", "stop here; nothing is replaced"),
        ]
    }

    fn notice(&self, _cx: &Cx) -> Option<Notice> {
        None
    }

    fn help(&self, cx: &Cx) -> Help {
        let paths = cx.coming.and_then(|coming| {
            let (old, new) = (coming.previous.as_ref()?.display(), coming.package.display());
            Some(format!("nix store diff-closures {old} {new}"))
        });
        Help {
            title: "What changes".to_owned(),
            what: "These are the packages that were asked for by name, now and afterwards. What \
                   they need themselves is not listed."
                .to_owned(),
            why: "It is built, and nothing of yours has been replaced yet. The generation that is \
                  active now stays in the store, so that you can go back to it."
                .to_owned(),
            by_hand: paths.into_iter().collect(),
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
        let Some(coming) = cx.coming else { return Vec::new() };
        let rows = rows(coming);
        match input {
            Input::Pressed("activate") => return vec![Effect::Agree(true)],
            Input::Pressed(_) | Input::Key(Press::Esc, _) => return vec![Effect::Agree(false)],
            Input::Key(Press::Letter('c'), _) => {
                let text =
                    sheet(cx, &rows).texts().fold(String::new(), |all, line| all + &line + "\n");
                return vec![Effect::Copy(text)];
            }
            Input::Key(press, _) => {
                self.scroll.key(press, rows.len(), room(cx));
            }
            Input::Wheel { rows: by, .. } => self.scroll.by(by, rows.len(), room(cx)),
            _ => {}
        }
        Vec::new()
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let Some(coming) = cx.coming else { return };
        let columns = paint.width();
        let words = "Compared with what is active now. Nothing has been replaced yet.";
        paint.cut(2, 1, columns.saturating_sub(3), Role::Text, words);
        let rows = rows(coming);
        if rows.is_empty() {
            return;
        }
        let names = [Row {
            sign: (Role::Muted, ""),
            what: "",
            package: "package".to_owned(),
            now: "now".to_owned(),
            then: "afterwards".to_owned(),
        }];
        sheet(cx, &names).view(Scroll::default(), None, &mut paint.within(0, 3, columns, 1));
        let below = paint.height().saturating_sub(ABOVE);
        let mut list = paint.within(0, ABOVE, columns, below);
        list.hit(0, 0, columns, below, Target::Part(0));
        sheet(cx, &rows).view(self.scroll, None, &mut list);
        if self.focus.is_part(0) {
            list.cursor(2, 0);
        }
    }
}

#[cfg(test)]
mod tests;
