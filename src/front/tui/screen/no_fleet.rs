//! No fleet: where the person's fleet is. Folders used before, a folder or a git address to type,
//! and practice, which needs none.

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::front::tui::field::Field;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Screen};
use crate::front::tui::theme::Role;
use crate::front::world::Which;
use crate::git::CloneUrl;

/// What is typed, and which row has the focus; each row is a part of its own.
#[derive(Debug, Clone)]
pub(crate) struct NoFleet {
    folder: Field,
    address: Field,
    focus: Focus,
}

impl Default for NoFleet {
    fn default() -> Self {
        Self { folder: Field::default(), address: Field::default(), focus: Focus::Part(0) }
    }
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Row {
    Before(PathBuf),
    Folder,
    Address,
    Practice,
}

/// Folders that are listed at most: the newest are told first.
const MOST: usize = 5;

fn rows(cx: &Cx) -> Vec<Row> {
    let before = cx.before.iter().take(MOST).cloned().map(Row::Before);
    before.chain([Row::Folder, Row::Address, Row::Practice]).collect()
}

impl NoFleet {
    fn row(&self, cx: &Cx) -> Option<Row> {
        match self.focus {
            Focus::Part(at) => rows(cx).into_iter().nth(at),
            Focus::Button(_) => None,
        }
    }

    fn field(&self, row: &Row) -> Option<&Field> {
        match row {
            Row::Folder => Some(&self.folder),
            Row::Address => Some(&self.address),
            _ => None,
        }
    }

    fn field_mut(&mut self, cx: &Cx) -> Option<&mut Field> {
        match self.row(cx)? {
            Row::Folder => Some(&mut self.folder),
            Row::Address => Some(&mut self.address),
            _ => None,
        }
    }

    /// Why what is typed cannot be an address.
    fn problem(&self, row: &Row) -> Option<String> {
        let text = self.address.text();
        if *row != Row::Address || text.trim().is_empty() {
            return None;
        }
        let problem = CloneUrl::parse(text).err()?;
        // An address that is still being typed is told how one looks, not only that it is none.
        let words = problem.causes.first().map_or(problem.what.as_str(), String::as_str);
        Some(super::sentence(words))
    }

    fn open(&self, cx: &Cx) -> Vec<Effect> {
        if cx.waiting.is_some() {
            return Vec::new();
        }
        let say = |words: String| vec![Effect::Say(Notice::plain(words))];
        match self.row(cx) {
            Some(Row::Before(folder)) => {
                vec![Effect::Open(Which::Named(folder.display().to_string()))]
            }
            Some(Row::Practice) => vec![Effect::Open(Which::Practice { afresh: false })],
            Some(row) => {
                let text = self.field(&row).map_or("", Field::text).trim();
                match self.problem(&row) {
                    Some(why) => say(why),
                    None if text.is_empty() => say(empty(&row).to_owned()),
                    None => vec![Effect::Open(Which::Named(text.to_owned()))],
                }
            }
            None => Vec::new(),
        }
    }

    fn step(&mut self, cx: &Cx, by: isize) {
        let count = rows(cx).len();
        self.focus = match self.focus {
            Focus::Part(at) if by > 0 && at + 1 >= count => Focus::Button(0),
            Focus::Part(at) => Focus::Part(at.saturating_add_signed(by).min(count - 1)),
            Focus::Button(at) => Focus::Button(at),
        };
    }
}

fn empty(row: &Row) -> &'static str {
    match row {
        Row::Folder => "Type the folder that holds the fleet's flake.nix.",
        _ => "Type or paste the address of the fleet's repository.",
    }
}

impl Screen for NoFleet {
    fn heading(&self, _cx: &Cx) -> String {
        "Where is your fleet?".to_owned()
    }

    fn parts(&self, cx: &Cx) -> usize {
        rows(cx).len()
    }

    fn buttons(&self, _cx: &Cx) -> Vec<Button> {
        vec![Button::new("leave", "Leave")]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let open = match self.focus {
            Focus::Part(_) => Key::new("Enter", "open", "open this one"),
            Focus::Button(_) => Key::new("Enter", "leave", "leave doorstep"),
        };
        let mut keys = vec![open, Key::new("Up/Down", "move", "to another row")];
        if !self.typing(cx) {
            keys.push(Key::new("p", "practice", "practise on a pretend fleet"));
            keys.push(Key::new("q", "leave", "leave doorstep"));
        }
        keys
    }

    fn notice(&self, _cx: &Cx) -> Option<Notice> {
        None
    }

    fn help(&self, _cx: &Cx) -> Help {
        Help {
            title: "Where is your fleet?".into(),
            what: "A fleet is one git repository that holds the shared setup of several machines \
                   and of the people on them. It has a file named flake.nix at its top."
                .into(),
            why: "It was looked for in the current folder, in those above it, and in folders used \
                  before. A git address is cloned into your home folder."
                .into(),
            by_hand: vec!["git clone ADDRESS, then doorstep --fleet FOLDER".into()],
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.focus = focus;
    }

    fn typing(&self, cx: &Cx) -> bool {
        self.row(cx).is_some_and(|row| self.field(&row).is_some())
    }

    fn arrive(&mut self, _cx: &Cx) {
        self.focus = Focus::Part(0);
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("leave") => vec![Effect::Leave],
            Input::Key(Press::Enter, _) => self.open(cx),
            Input::Key(Press::Down, _) => {
                self.step(cx, 1);
                Vec::new()
            }
            Input::Key(Press::Up, _) => {
                self.step(cx, -1);
                Vec::new()
            }
            Input::Key(Press::Esc, _) => Vec::new(),
            Input::Key(press, key) => match (self.field_mut(cx), press) {
                (Some(field), _) => {
                    field.key(key);
                    Vec::new()
                }
                (None, Press::Space) => self.open(cx),
                (None, Press::Letter('q')) => vec![Effect::Leave],
                (None, Press::Letter('p')) => {
                    vec![Effect::Open(Which::Practice { afresh: false })]
                }
                _ => Vec::new(),
            },
            Input::Paste(text) => match self.field_mut(cx).map(|field| field.paste(&text)) {
                Some(Err(why)) => vec![Effect::Say(Notice::plain(why))],
                _ => Vec::new(),
            },
            Input::Click { again: true, .. } if !self.typing(cx) => self.open(cx),
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let columns = paint.width();
        let dense = paint.height() < 14;
        let words = "Looked for a flake.nix in this folder, in those above it, and in folders \
                     used before.";
        let mut y = paint.prose(2, 1, columns.saturating_sub(3), Role::Muted, words) + 1;
        for (index, row) in rows(cx).iter().enumerate() {
            let top = y;
            y = self.view_row(cx, row, self.focus.is_part(index), y, paint);
            paint.hit(0, top, columns, y - top, Target::Row(index, 0));
            let last_before = index + 1 == cx.before.len().min(MOST);
            if !dense && (last_before || matches!(row, Row::Folder | Row::Address)) {
                y += 1;
            }
        }
    }
}

impl NoFleet {
    fn view_row(&self, cx: &Cx, row: &Row, focused: bool, y: u16, paint: &mut Paint) -> u16 {
        let columns = paint.width();
        let room = columns.saturating_sub(23);
        match row {
            Row::Before(folder) => {
                let shown = cx.host.short(folder);
                paint.path(4, y, columns.saturating_sub(20), Role::Text, &shown);
                paint.right(columns.saturating_sub(2), y, Role::Muted, "used before");
            }
            Row::Folder | Row::Address => {
                let folder = *row == Row::Folder;
                paint.text(4, y, Role::Text, if folder { "A folder" } else { "A git address" });
                if let Some(field) = self.field(row) {
                    field.view(paint, 21, y, room.min(56), focused);
                }
                let hint = match folder {
                    true => "Such as ~/fleet.",
                    false => "Such as https://example.org/fleet.git, to be cloned.",
                };
                match self.problem(row) {
                    Some(why) => {
                        let x = paint.text(21, y + 1, Role::Bad, "✗") + 1;
                        // The row below is free, where there is one.
                        paint.prose(x, y + 1, room.saturating_sub(2), Role::Text, &why);
                    }
                    None => {
                        paint.cut(21, y + 1, room, Role::Muted, hint);
                    }
                }
            }
            Row::Practice => {
                paint.text(4, y, Role::Text, "Practice");
                let words = "A pretend fleet; nothing of yours is touched";
                paint.cut(21, y, room, Role::Muted, words);
            }
        }
        let field = matches!(row, Row::Folder | Row::Address);
        if focused {
            paint.text(2, y, Role::Text, "▸");
        }
        if focused && !field {
            paint.focus(0, y, columns);
        }
        if field { y + 2 } else { y + 1 }
    }
}
