//! Done: what is true now, looked at a moment ago; what is left, for whom, and done from here
//! where it can be; how to go on later.

mod page;

use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Place, Rows, Screen,
};
use crate::front::tui::sheet::Sheet;
use crate::front::tui::theme::Role;
use crate::front::world::Errand;
use crate::front::{Back, End, Left, Note};

#[derive(Debug, Clone)]
pub(crate) struct Finished {
    focus: Focus,
    rows: Rows,
    /// The row that shows all of itself.
    open: Option<usize>,
    scroll: Scroll,
}

impl Default for Finished {
    fn default() -> Self {
        let (rows, scroll) = (Rows::default(), Scroll::default());
        Self { focus: Focus::Part(0), rows, open: None, scroll }
    }
}

/// What is left, in the order it is shown: the person's own first.
fn left<'a>(cx: &Cx<'a>) -> Vec<&'a Left> {
    let Some(finish) = cx.finish else { return Vec::new() };
    let me = cx.world.map(|world| world.person()).unwrap_or_default();
    let (own, others): (Vec<_>, Vec<_>) = finish.left.iter().partition(|left| left.who == me);
    own.into_iter().chain(others).collect()
}

fn is_own(cx: &Cx, left: &Left) -> bool {
    cx.world.is_some_and(|world| world.person() == left.who)
}

/// The command that a row is about.
fn command(left: &Left) -> Option<&str> {
    left.words.split_once("The command is: ").map(|(_, command)| command.trim())
}

fn note<'a>(cx: &Cx<'a>) -> Option<&'a Note> {
    cx.finish?.note.as_ref()
}

/// Whether the note has the key of whoever is at the keyboard: somebody else's is theirs, and not
/// every home has one.
fn has_your_key(cx: &Cx) -> bool {
    cx.interview.is_none_or(|interview| interview.subject.is_oneself())
}

fn receipt<'a>(cx: &Cx<'a>) -> Option<&'a std::path::PathBuf> {
    cx.finish?.receipt.as_ref()
}

/// The way back to what was active before.
pub(crate) fn back<'a>(cx: &Cx<'a>) -> Option<&'a Back> {
    cx.finish?.back.as_ref()
}

/// It is looked over like any plan.
pub(crate) fn go_back(cx: &Cx) -> Vec<Effect> {
    let wish = back(cx).map(|back| back.wish.clone());
    wish.map(|wish| Effect::Plan(Errand::Update(wish))).into_iter().collect()
}

impl Finished {
    fn room(cx: &Cx) -> u16 {
        cx.body().height.saturating_sub(1)
    }

    fn sheet(&self, cx: &Cx) -> Sheet {
        page::sheet(cx, self.open)
    }

    /// What `c` copies: the command of the row, else the note.
    fn copied(&self, cx: &Cx) -> Option<(&'static str, String)> {
        let row = left(cx).get(self.rows.at).copied().filter(|_| self.focus.is_part(0));
        match row.filter(|left| is_own(cx, left)).and_then(command) {
            Some(command) => Some(("command", command.to_owned())),
            None => note(cx).map(|note| ("note", note.text.clone())),
        }
    }

    fn act(&mut self, cx: &Cx) -> Vec<Effect> {
        let Some(left) = left(cx).get(self.rows.at).copied() else { return Vec::new() };
        if left.what == "second-copy" && is_own(cx, left) {
            return vec![Effect::Go(Place::SecondCopy)];
        }
        let at = self.rows.at;
        self.open = if self.open == Some(at) { None } else { Some(at) };
        self.show(cx);
        Vec::new()
    }

    fn show(&mut self, cx: &Cx) {
        let mut scroll = self.scroll;
        self.sheet(cx).reveal(&mut scroll, self.rows.at, Self::room(cx));
        self.scroll = scroll;
    }

    fn key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        let count = left(cx).len();
        match press {
            Press::Enter | Press::Space => return self.act(cx),
            Press::Esc if self.open.is_some() => {
                self.open = None;
                return vec![Effect::Focus(self.focus)];
            }
            Press::Esc => {
                let words = "This is the last screen. q leaves.";
                return vec![Effect::Say(Notice::plain(words))];
            }
            Press::Letter(letter) => return self.letter(cx, letter),
            Press::Up | Press::Down if count > 0 => {
                self.focus = Focus::Part(0);
                self.rows.key(press, count, count);
                self.show(cx);
            }
            press => {
                let lines = self.sheet(cx).len();
                self.scroll.key(press, lines, usize::from(Self::room(cx)));
            }
        }
        Vec::new()
    }

    fn letter(&mut self, cx: &Cx, letter: char) -> Vec<Effect> {
        match letter {
            'c' => {
                let copied = self.copied(cx);
                copied.map(|(_, text)| Effect::Copy(text)).into_iter().collect()
            }
            's' => {
                let name = page::note_name(cx);
                let text = note(cx).map(|note| note.text.clone());
                text.map(|text| Effect::Save { name, text }).into_iter().collect()
            }
            'u' => receipt(cx).cloned().map(Effect::Undo).into_iter().collect(),
            'q' => vec![Effect::Leave],
            _ => Vec::new(),
        }
    }
}

impl Screen for Finished {
    fn heading(&self, cx: &Cx) -> String {
        page::heading(cx)
    }

    fn aside(&self, cx: &Cx) -> String {
        page::aside(cx)
    }

    fn parts(&self, cx: &Cx) -> usize {
        usize::from(!left(cx).is_empty())
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let back = back(cx).map(|back| Button::new("back", back.words.clone()));
        std::iter::once(Button::new("leave", "Leave")).chain(back).collect()
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let no_note = note(cx).is_none().then_some("Nothing is left for anybody else: no note.");
        let copied = self.copied(cx);
        let noted = note(cx).is_some() || copied.is_some();
        let (copy, long) = match &copied {
            Some(("command", _)) => ("copy command", "copy the command of this row"),
            _ if has_your_key(cx) => ("copy note", "copy the note, with your public key"),
            _ => ("copy note", "copy the note"),
        };
        let enter = match self.focus {
            Focus::Part(_) => Key::new("Enter", "do it", "do it from here, or show all of it"),
            Focus::Button(1) => Key::new("Enter", "plan it", "look over what going back would do"),
            Focus::Button(_) => Key::new("Enter", "leave", "leave doorstep"),
        };
        let nothing = receipt(cx).is_none().then_some("Nothing has been applied yet.");
        vec![
            enter,
            Key::new("c", if noted { copy } else { "" }, long)
                .off(no_note.filter(|_| copied.is_none())),
            Key::new("s", if noted { "save note" } else { "" }, "save the note as a file")
                .off(no_note),
            Key::new("u", "undo", "take everything back").off(nothing),
            Key::new("q", "leave", "leave doorstep"),
        ]
    }

    fn notice(&self, _cx: &Cx) -> Option<Notice> {
        None
    }

    fn help(&self, cx: &Cx) -> Help {
        let by_hand = left(cx).into_iter().filter_map(command).map(str::to_owned);
        Help {
            title: "Done".to_owned(),
            what: "Each line above was looked at a moment ago: a sign says whether it holds, does \
                   not, or could not be looked at. Below is what is left, for you and for others."
                .to_owned(),
            why: "What doorstep did is written down in the receipt. Undo follows it and takes \
                  back what nobody has changed since."
                .to_owned(),
            by_hand: by_hand.collect(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.focus = focus;
    }

    fn arrive(&mut self, cx: &Cx) {
        // Whoever comes back from the second copy finds the row where it was.
        if left(cx).is_empty() {
            self.focus = Focus::Button(0);
        }
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("back") => go_back(cx),
            Input::Pressed(_) => vec![Effect::Leave],
            Input::Key(press, _) => self.key(cx, press),
            Input::Click { target: Target::Row(_, at), again } => {
                if self.rows.click(at, again) {
                    self.act(cx)
                } else {
                    Vec::new()
                }
            }
            Input::Wheel { rows, .. } => {
                let lines = self.sheet(cx).len();
                self.scroll.by(rows, lines, usize::from(Self::room(cx)));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        let role = match cx.finish.map(|finish| finish.end) {
            Some(End::NotReadable) => Role::Warn,
            _ => Role::Good,
        };
        let wide = u16::try_from(crate::front::tui::text::width(&page::heading(cx)));
        paint.lay(2, 0, wide.unwrap_or(0).min(columns.saturating_sub(4)), role);
        let chosen = self.focus.is_part(0).then_some(self.rows.at);
        let mut below = paint.within(0, 1, columns, rows.saturating_sub(1));
        self.sheet(cx).view(self.scroll, chosen, &mut below);
    }
}

#[cfg(test)]
mod tests;
