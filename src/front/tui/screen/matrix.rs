//! Who can read what: every encrypted file against every key, by file or by key; what the rules
//! say of each, and from here all that differs encrypted again.

mod detail;
mod view;

use ratatui::crossterm::event::KeyEvent;

use crate::answers::Hidden;
use crate::front::tui::field::Field;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Rows, Screen, tabs,
};
use crate::front::tui::search::{Search, Sought};
use crate::front::world::{Errand, Readers};
use crate::secrets::matrix::Row;

use view::Layout;

/// The list has the focus, or a button.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matrix {
    files: Rows,
    keys: Rows,
    by_key: bool,
    button: Option<usize>,
    /// All that is known of the row, over the whole body.
    full: bool,
    scroll: Scroll,
    search: Search,
    /// The passphrase of a key, while it is asked for.
    passphrase: Option<Field>,
}

/// What was read, where it could be.
fn readers<'a>(cx: &Cx<'a>) -> Option<&'a Readers> {
    cx.readers.and_then(|readers| readers.as_ref().ok())
}

/// `7 files, 5 keys`.
fn counted(cx: &Cx) -> String {
    let Some(readers) = readers(cx) else { return String::new() };
    let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let matrix = &readers.matrix;
    format!("{}, {}", count(matrix.rows.len(), "file"), count(matrix.columns.len(), "key"))
}

/// Why nothing can be encrypted again from here.
fn off(cx: &Cx) -> Option<String> {
    let readers = match (cx.readers, cx.waiting) {
        (Some(Ok(readers)), _) => readers,
        (Some(Err(_)), _) => return Some("There is nothing to encrypt again here.".to_owned()),
        (None, _) => return Some("The files are still being read.".to_owned()),
    };
    let mut differing = readers.matrix.rows.iter().filter(|row| row.differs()).peekable();
    let Some(first) = differing.peek().copied() else {
        return Some("Everybody can read what the rules say.".to_owned());
    };
    if !differing.any(|row| readers.opens(row)) {
        let who = readers.openers(first).join(", ");
        let words = "f is off: only somebody who can open a file can encrypt it for more";
        return Some(match who.is_empty() {
            true => format!("{words}."),
            false => format!("{words}: {who}"),
        });
    }
    let read_only = cx.world.and_then(|world| world.read_only.as_deref());
    read_only.map(|why| format!("f is off: {why}"))
}

impl Matrix {
    fn rows(&self) -> Rows {
        if self.by_key { self.keys } else { self.files }
    }

    fn rows_mut(&mut self) -> &mut Rows {
        if self.by_key { &mut self.keys } else { &mut self.files }
    }

    fn count(&self, readers: &Readers) -> usize {
        if self.by_key { readers.matrix.columns.len() } else { readers.matrix.rows.len() }
    }

    fn file<'a>(&self, readers: &'a Readers) -> Option<&'a Row> {
        readers.matrix.rows.get(self.files.at)
    }

    /// What a search goes through: a name for each row.
    fn names<'a>(&self, readers: &'a Readers) -> Vec<std::borrow::Cow<'a, str>> {
        let matrix = &readers.matrix;
        match self.by_key {
            true => matrix.columns.iter().map(|column| column.label().into()).collect(),
            false => matrix.rows.iter().map(|row| row.file.as_str().into()).collect(),
        }
    }

    /// Whether the key was for the search.
    fn seek(&mut self, cx: &Cx, press: Press, key: KeyEvent) -> bool {
        let Some(readers) = readers(cx) else { return false };
        let (names, at) = (self.names(readers), self.rows().at);
        let names = || names.iter().map(|name| &**name).collect();
        // Here a search is for a row, and has no next one: n and N mean nothing else either.
        let sought = self.search.key(press, key, at, names);
        if let Sought::To(row) = sought {
            self.rows_mut().at = row;
        }
        sought != Sought::Not
    }

    fn type_passphrase(&mut self, press: Press, key: KeyEvent) -> Vec<Effect> {
        let Some(field) = &mut self.passphrase else { return Vec::new() };
        match press {
            Press::Esc => {
                self.passphrase = None;
                vec![Effect::Focus(self.focus())]
            }
            Press::Enter if field.text().is_empty() => Vec::new(),
            Press::Enter => {
                let text = field.take();
                self.passphrase = None;
                vec![Effect::Unlock(Hidden(text))]
            }
            _ => {
                field.key(key);
                Vec::new()
            }
        }
    }

    fn paste(&mut self, cx: &Cx, text: &str) -> Vec<Effect> {
        if let Some(field) = &mut self.passphrase {
            let refused = field.paste(text).err();
            return refused.map(|why| Effect::Say(Notice::plain(why))).into_iter().collect();
        }
        let Some(readers) = readers(cx).filter(|_| self.search.is_typing()) else {
            return Vec::new();
        };
        let names = self.names(readers);
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        match self.search.paste(text, &names) {
            Ok(Sought::To(row)) => self.rows_mut().at = row,
            Ok(_) => {}
            Err(why) => return vec![Effect::Say(Notice::plain(why))],
        }
        Vec::new()
    }

    fn key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        match press {
            Press::Letter('q') => return vec![Effect::Leave],
            Press::Letter('f') => return vec![Effect::Plan(Errand::Rekey)],
            Press::Letter('s') => return save(cx),
            Press::Letter('c') => {
                let copied = |text| Effect::Copy(text);
                return table(cx).map(copied).into_iter().collect();
            }
            _ => {}
        }
        if let Press::Letter(letter) = press
            && let Some(effects) = tabs::letter(letter)
        {
            return effects;
        }
        let Some(readers) = readers(cx) else { return Vec::new() };
        let count = self.count(readers);
        match press {
            Press::Left | Press::Right if !self.full => self.by_key = !self.by_key,
            Press::Enter | Press::Space if count > 0 => {
                self.full = !self.full;
                self.scroll = Scroll::default();
            }
            press if self.full => {
                let room = usize::from(cx.body().height.saturating_sub(1));
                self.scroll.key(press, view::full_rows(self, cx, readers), room);
            }
            press => {
                let page = usize::from(Layout::of(cx.body().height).list);
                self.rows_mut().key(press, count, page);
            }
        }
        Vec::new()
    }
}

/// Whether a key of theirs is locked with a passphrase.
fn is_locked(cx: &Cx) -> bool {
    readers(cx).is_some_and(|readers| !readers.locked.is_empty())
}

fn table(cx: &Cx) -> Option<String> {
    readers(cx).map(|readers| readers.matrix.table())
}

fn save(cx: &Cx) -> Vec<Effect> {
    let name = "who-can-read-what.txt".to_owned();
    table(cx).map(|text| Effect::Save { name, text }).into_iter().collect()
}

impl Screen for Matrix {
    /// The table's own first row stands in its place.
    fn heading(&self, cx: &Cx) -> String {
        match cx.readers {
            Some(Ok(readers)) if !readers.matrix.rows.is_empty() => String::new(),
            Some(Ok(_)) => "No encrypted files in this fleet.".to_owned(),
            Some(Err(_)) => "It cannot be said who can read what.".to_owned(),
            None => String::new(),
        }
    }

    fn counted(&self, cx: &Cx) -> String {
        counted(cx)
    }

    fn parts(&self, cx: &Cx) -> usize {
        usize::from(readers(cx).is_some_and(|readers| self.count(readers) > 0))
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let nothing = readers(cx).is_none().then_some("There is no table yet.");
        let mut buttons = vec![
            Button::new("fix", "Encrypt again as the rules say").off(off(cx)),
            Button::new("save", "Save as a table").off(nothing),
        ];
        if is_locked(cx) {
            buttons.push(Button::new("passphrase", "Open my key"));
        }
        buttons
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let nothing = readers(cx).is_none().then_some("There is no table yet.");
        if self.passphrase.is_some() {
            return vec![
                Key::new("Enter", "open the key", "open the key with this passphrase"),
                Key::new("Esc", "drop it", "leave the key closed"),
            ];
        }
        let turn = if self.by_key { "by file" } else { "by person" };
        let [search, ..] = self.search.keys(nothing);
        let mut keys = vec![
            Key::new("Enter", "details", "all that is known of the row"),
            Key::new("Left/Right", turn, "the other view: by file, by person"),
            Key::new("f", "fix", "encrypt again what differs from the rules; shows the plan first")
                .off(off(cx)),
            Key::new("c", "copy", "copy the table").off(nothing),
            Key::quiet("s", "save the table as a file").off(nothing),
            Key::new("Esc", "back", "close the details, else back"),
            Key { short: "", ..search },
            Key::quiet("q", "leave doorstep"),
        ];
        keys.extend(tabs::keys());
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        if self.passphrase.is_some() {
            return Some(Notice::plain("It is kept until you leave, and only in memory."));
        }
        if let Some(notice) = readers(cx).and_then(|r| {
            let names = self.names(r);
            self.search.notice(&names.iter().map(|name| &**name).collect::<Vec<_>>())
        }) {
            return Some(notice);
        }
        match cx.readers? {
            Err(problem) => Some(Notice::problem(problem)),
            Ok(readers) if readers.matrix.rows.is_empty() => None,
            Ok(readers) if readers.matrix.is_settled() => {
                Some(Notice::good("Everybody can read what the rules say."))
            }
            Ok(readers) => off(cx).map(Notice::plain).or_else(|| {
                let differ = readers.matrix.rows.iter().filter(|row| row.differs()).count();
                Some(Notice::left(match differ {
                    1 => "1 file is not as its rule says. f shows what would change.".to_owned(),
                    n => {
                        format!("{n} files are not as their rules say. f shows what would change.")
                    }
                }))
            }),
        }
    }

    fn help(&self, _cx: &Cx) -> Help {
        Help {
            title: "Who can read what".into(),
            what: "A file is encrypted to keys, and who has the private half of one can open it. \
                   The rules of .sops.yaml say which keys that shall be; a file follows only when \
                   it is encrypted again."
                .into(),
            why:
                "yes: can open it now. + add: the rule says so, the file not yet. - gone: the file \
                  says so, the rule no longer. Whoever is gone can still read old revisions in git."
                    .into(),
            by_hand: vec![
                "doorstep recipients matrix".into(),
                "sops updatekeys FILE, for each file that differs".into(),
            ],
        }
    }

    fn focus(&self) -> Focus {
        Focus::at(self.button)
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.button = focus.button();
    }

    fn typing(&self, _cx: &Cx) -> bool {
        self.passphrase.is_some() || self.search.is_typing()
    }

    fn hides(&self, _cx: &Cx) -> bool {
        self.passphrase.is_some()
    }

    /// What was looked at may be another fleet's, or of before a change.
    fn arrive(&mut self, cx: &Cx) {
        let (files, keys) = readers(cx)
            .map_or((0, 0), |readers| (readers.matrix.rows.len(), readers.matrix.columns.len()));
        self.files.at = self.files.at.min(files.saturating_sub(1));
        self.keys.at = self.keys.at.min(keys.saturating_sub(1));
        self.full = false;
        self.passphrase = None;
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("passphrase") => {
                (self.passphrase, self.button) = (Some(Field::hidden_text()), None);
                Vec::new()
            }
            Input::Key(press, key) if self.passphrase.is_some() => self.type_passphrase(press, key),
            Input::Paste(text) => self.paste(cx, &text),
            Input::Key(Press::Esc, _) if self.search.close() => vec![Effect::Focus(self.focus())],
            Input::Key(press, key) if !self.full && self.seek(cx, press, key) => Vec::new(),
            Input::Pressed("fix") => vec![Effect::Plan(Errand::Rekey)],
            Input::Pressed(_) => save(cx),
            Input::Key(Press::Esc, _) if self.full => {
                self.full = false;
                vec![Effect::Focus(self.focus())]
            }
            Input::Key(press, _) => self.key(cx, press),
            Input::Click { target: Target::Row(_, at), again } => {
                let same = again && self.rows().at == at;
                self.rows_mut().at = at;
                if same { self.key(cx, Press::Enter) } else { Vec::new() }
            }
            Input::Wheel { rows, .. } => {
                let press = if rows < 0 { Press::Up } else { Press::Down };
                (0..rows.unsigned_abs()).flat_map(|_| self.key(cx, press)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        if let Some(field) = &self.passphrase {
            return view::passphrase(field, cx, readers(cx), paint);
        }
        let Some(readers) = readers(cx) else { return };
        if readers.matrix.rows.is_empty() {
            return;
        }
        match self.full {
            true => view::full(self, cx, readers, paint),
            false => view::table(self, cx, readers, paint),
        }
    }
}

#[cfg(test)]
mod tests;
