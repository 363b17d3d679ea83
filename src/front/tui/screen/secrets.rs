//! Secrets: which ones the home has, where their values come from, and who else can open them. A
//! value is typed hidden; it is shown only when asked for, and for a moment.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::answers::{Hidden, SecretAnswer, SecretFrom};
use crate::front::interview::Station;
use crate::front::tui::field::Field;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Rows, Screen};
use crate::question::{self, Ask, Reply};

mod lists;
mod view;

use lists::{Lists, Part, Row, Typing, Way};

/// How long a value is shown.
const SHOWN: Duration = Duration::from_secs(10);

/// Where the person is, with the rows that are not ticked.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    focus: Focus,
    rows: Vec<Row>,
    /// The row that has the focus; one after the last is for adding another.
    at: Rows,
    way: Rows,
    reader: Rows,
    shared: Rows,
    typing: Option<Typing>,
    /// Why the name that was typed cannot be one.
    refused: Option<String>,
    /// Until when the value of the row is shown.
    shown: Option<Duration>,
    /// Whose they are: somebody else's values do not stay.
    whose: String,
}

impl Default for Secrets {
    fn default() -> Self {
        Self {
            focus: Focus::Button(0),
            rows: Vec::new(),
            at: Rows::default(),
            way: Rows::default(),
            reader: Rows::default(),
            shared: Rows::default(),
            typing: None,
            refused: None,
            shown: None,
            whose: String::new(),
        }
    }
}

impl Secrets {
    fn row(&self) -> Option<&Row> {
        self.rows.get(self.at.at)
    }

    fn parts_of(&self, lists: &Lists) -> Vec<Part> {
        let ways = self.row().filter(|row| row.secret.from != SecretFrom::Kept);
        let ways = ways.map(|_| Part::Ways);
        let shared = lists.shared.as_ref().map(|_| Part::Shared);
        let readers = lists.readers.as_ref().map(|_| Part::Readers);
        [Some(Part::List), ways, shared, readers].into_iter().flatten().collect()
    }

    fn part(&self, lists: &Lists) -> Option<Part> {
        match self.focus {
            Focus::Part(part) => self.parts_of(lists).get(part).copied(),
            Focus::Button(_) => None,
        }
    }

    fn go_to(&mut self, part: Part, lists: &Lists) {
        let at = self.parts_of(lists).iter().position(|p| *p == part);
        self.focus = at.map_or(Focus::Button(0), Focus::Part);
    }

    /// The answer that the ticked rows are.
    fn answer(&self) -> Vec<Effect> {
        let ticked = self.rows.iter().filter(|row| row.ticked);
        let secrets = ticked.map(|row| row.secret.clone()).collect();
        vec![Effect::Answer("secrets", Reply::Secrets(secrets))]
    }

    fn tick(&mut self) -> Vec<Effect> {
        let Some(row) = self.rows.get_mut(self.at.at) else {
            self.typing = Some(Typing::Name(Field::default()));
            return Vec::new();
        };
        if row.secret.from == SecretFrom::Kept {
            return vec![Effect::Say(Notice::plain(in_the_file(&row.secret.name)))];
        }
        row.ticked = !row.ticked;
        self.answer()
    }

    fn remove(&mut self) -> Vec<Effect> {
        if self.at.at < self.rows.len() {
            self.rows.remove(self.at.at);
        }
        self.answer()
    }

    /// Sets where the value of the row comes from; that also ticks it.
    fn set(&mut self, from: SecretFrom) -> Vec<Effect> {
        if let Some(row) = self.rows.get_mut(self.at.at) {
            row.secret.from = from;
            row.ticked = true;
        }
        self.answer()
    }

    fn choose_way(&mut self) -> Vec<Effect> {
        match Way::ALL.get(self.way.at) {
            Some(Way::Type) => self.typing = Some(Typing::Value(Field::hidden_text())),
            Some(Way::File) => {
                let path = match self.row().map(|row| &row.secret.from) {
                    Some(SecretFrom::File(path)) => path.display().to_string(),
                    _ => String::new(),
                };
                self.typing = Some(Typing::File(Field::new(&path)));
            }
            Some(Way::New) => return self.set(SecretFrom::NewEd25519),
            Some(Way::Later) => return self.set(SecretFrom::Later),
            None => {}
        }
        Vec::new()
    }

    /// Enter in a field.
    fn typed(&mut self, cx: &Cx, lists: &Lists) -> Vec<Effect> {
        let Some(mut typing) = self.typing.take() else { return Vec::new() };
        if typing.field().text().trim().is_empty() {
            return Vec::new();
        }
        match &mut typing {
            Typing::Value(field) => {
                let value = Hidden(field.take());
                self.go_to(Part::List, lists);
                self.set(SecretFrom::Given(value))
            }
            Typing::File(field) => {
                let path = field.text().trim().into();
                self.go_to(Part::List, lists);
                self.set(SecretFrom::File(path))
            }
            Typing::Name(field) => {
                let name = field.text().trim().to_owned();
                let added = self.add(cx, name, lists);
                added.unwrap_or_else(|why| {
                    // What was typed stays, to be put right.
                    self.refused = Some(why);
                    self.typing = Some(typing);
                    Vec::new()
                })
            }
        }
    }

    /// Adds a row of this name, or goes to the one that has it.
    ///
    /// # Errors
    /// The question's refusal of the name.
    fn add(&mut self, cx: &Cx, name: String, lists: &Lists) -> Result<Vec<Effect>, String> {
        let Some((scene, interview)) = cx.asked() else { return Ok(Vec::new()) };
        if let Some(at) = self.rows.iter().position(|row| row.secret.name == name) {
            self.at.at = at;
            self.rows[at].ticked = true;
            return Ok(self.answer());
        }
        let secret = SecretAnswer { name, from: SecretFrom::Later, path: None, mode: None };
        interview
            .check(&scene, "secrets", Reply::Secrets(vec![secret.clone()]))
            .map_err(|problem| problem.what.replace('`', ""))?;
        self.rows.push(Row { secret, ticked: true });
        self.at.at = self.rows.len() - 1;
        self.way.at = 0;
        self.go_to(Part::Ways, lists);
        Ok(self.answer())
    }

    fn key_of_list(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        match press {
            Press::Space | Press::Enter => self.tick(),
            Press::Letter('x') => self.remove(),
            Press::Letter('v') => {
                self.shown = Some(cx.now + SHOWN);
                Vec::new()
            }
            Press::Down if self.at.at == self.rows.len() => self.next(cx),
            press => {
                self.at.key(press, self.rows.len() + 1, 5);
                self.way.at = self.way_of_row();
                Vec::new()
            }
        }
    }

    /// The way that the row's value comes by, where one begins to choose.
    fn way_of_row(&self) -> usize {
        let from = self.row().map(|row| &row.secret.from);
        let at = |from| Way::ALL.iter().position(|way| way.is_of(from));
        from.and_then(at).unwrap_or(0)
    }

    /// To the part after this one, or to the button.
    fn next(&mut self, cx: &Cx) -> Vec<Effect> {
        let parts = self.parts_of(&lists(cx)).len();
        self.focus = match self.focus {
            Focus::Part(at) if at + 1 < parts => Focus::Part(at + 1),
            _ => Focus::Button(0),
        };
        Vec::new()
    }

    /// Moves in one of the lower lists; over its ends to the parts around it.
    fn step(&mut self, cx: &Cx, press: Press, part: Part, count: usize) -> Vec<Effect> {
        let rows = match part {
            Part::Ways => &mut self.way,
            Part::Shared => &mut self.shared,
            _ => &mut self.reader,
        };
        match press {
            Press::Up if rows.at == 0 => {
                if let Focus::Part(at) = self.focus {
                    self.focus = Focus::Part(at.saturating_sub(1));
                }
                Vec::new()
            }
            Press::Down if rows.at + 1 >= count => self.next(cx),
            press => {
                rows.key(press, count, count);
                Vec::new()
            }
        }
    }

    fn key(&mut self, cx: &Cx, press: Press, lists: &Lists) -> Vec<Effect> {
        match self.part(lists) {
            Some(Part::List) => self.key_of_list(cx, press),
            Some(Part::Ways) => match press {
                Press::Space | Press::Enter => self.choose_way(),
                press => self.step(cx, press, Part::Ways, Way::ALL.len()),
            },
            Some(part) => {
                let Some(choices) = lists.at(Some(part)) else { return Vec::new() };
                let at = if part == Part::Shared { self.shared.at } else { self.reader.at };
                match (press, choices.toggled(at)) {
                    (Press::Space | Press::Enter, Ok(reply)) => {
                        vec![Effect::Answer(choices.id, reply)]
                    }
                    (Press::Space | Press::Enter, Err(why)) => {
                        vec![Effect::Say(Notice::plain(super::sentence(&why)))]
                    }
                    (press, _) => self.step(cx, press, part, choices.rows()),
                }
            }
            None => Vec::new(),
        }
    }

    fn click(&mut self, cx: &Cx, row: usize, again: bool, lists: &Lists) -> Vec<Effect> {
        let rows = match self.part(lists) {
            Some(Part::List) => &mut self.at,
            Some(Part::Ways) => &mut self.way,
            Some(Part::Shared) => &mut self.shared,
            _ => &mut self.reader,
        };
        let same = again && rows.at == row;
        if rows.at != row {
            // What was being typed belongs to the row that was left.
            self.typing = None;
        }
        rows.at = row;
        match same {
            true => self.key(cx, Press::Space, lists),
            false => Vec::new(),
        }
    }
}

fn lists(cx: &Cx) -> Lists {
    cx.asked().map(|(scene, interview)| Lists::of(&scene, interview)).unwrap_or_default()
}

/// Why a row cannot be taken away here.
fn in_the_file(name: &str) -> String {
    format!("{name} is in the file already; removing it there: doorstep secrets unset.")
}

/// How much was typed, never what.
fn amount(value: &str) -> String {
    let characters = match Field::new(value).count() {
        1 => "1 character".to_owned(),
        n => format!("{n} characters"),
    };
    match value.lines().count() {
        0 | 1 => format!("set, {characters}"),
        lines => format!("set, {characters} in {lines} lines"),
    }
}

impl Screen for Secrets {
    fn heading(&self, cx: &Cx) -> String {
        let label =
            cx.asked().and_then(|(scene, interview)| match interview.ask(&scene, "secrets")? {
                Ask::Secrets { label, .. } => Some(label),
                _ => None,
            });
        label.unwrap_or_default()
    }

    fn parts(&self, cx: &Cx) -> usize {
        self.parts_of(&lists(cx)).len()
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let open = lists(cx).readers.filter(|readers| readers.open);
        let first = open.map(|readers| format!("First: {}", readers.label));
        vec![Button::new("continue", "Continue").off(first)]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        if self.shown.is_some() {
            return vec![Key::new("any key", "hides it", "hide the value")];
        }
        if self.typing(cx) {
            return vec![
                Key::new("Enter", "take it", "take what was typed"),
                Key::new("Esc", "leave it", "leave it as it was"),
            ];
        }
        let lists = lists(cx);
        let part = self.part(&lists);
        let after = match part {
            Some(Part::List) if self.parts_of(&lists).contains(&Part::Ways) => "how",
            Some(Part::List | Part::Ways) if lists.shared.is_some() => "shared files",
            Some(Part::List | Part::Ways | Part::Shared) if lists.readers.is_some() => "readers",
            None => "list",
            _ => "button",
        };
        let tab = Key::new("Tab", after, "to the next part or button");
        let mut keys = match part {
            Some(Part::List) => vec![Key::new("Space", "tick", "tick or untick"), tab],
            Some(Part::Ways) => vec![Key::new("Space", "choose", "choose the row"), tab],
            Some(Part::Readers | Part::Shared) => {
                vec![Key::new("Space", "tick", "tick or untick"), tab]
            }
            None => vec![Key::new("Enter", "press", "press the button"), tab],
        };
        if part == Some(Part::List) {
            let kept = self.row().filter(|row| row.secret.from == SecretFrom::Kept);
            let why = match (self.row(), kept) {
                (None, _) => Some("There is nothing to remove in this row.".to_owned()),
                (_, Some(row)) => Some(in_the_file(&row.secret.name)),
                _ => None,
            };
            keys.push(Key::new("x", "remove", "remove the row").off(why));
            let given = matches!(self.row().map(|r| &r.secret.from), Some(SecretFrom::Given(_)));
            let why = (!given).then_some("Only a value that was typed here can be shown.");
            keys.push(Key::quiet("v", "show the value for a moment").off(why));
        }
        keys.push(Key::new("Esc", "back", "one screen back"));
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        let open = lists(cx).readers.filter(|readers| readers.open);
        if let Some(readers) = open {
            return Some(Notice::left(format!("1 thing left here: {}", readers.label)));
        }
        let (scene, interview) = cx.asked()?;
        if let Some(doubt) = interview.doubt(Station::Secrets) {
            return Some(Notice::left(doubt));
        }
        match interview.ask(&scene, "secrets")? {
            Ask::Secrets { note, .. } if !note.is_empty() => Some(Notice::plain(note)),
            _ => None,
        }
    }

    fn help(&self, cx: &Cx) -> Help {
        let Some((scene, interview)) = cx.asked() else { return Help::default() };
        let lists = Lists::of(&scene, interview);
        if let Some(choices) = lists.at(self.part(&lists)) {
            let row = choices.options.get(self.shared.at).filter(|_| choices.id == "shared");
            let why = row.map(|row| format!("{}: {} {}", row.label, row.detail, row.more));
            return Help {
                title: choices.label.clone(),
                what: choices.help.clone(),
                why: why.unwrap_or_else(|| choices.note.clone()).trim_end().to_owned(),
                by_hand: Vec::new(),
            };
        }
        let what = interview.ask(&scene, "secrets").map(|ask| ask.help().to_owned());
        Help {
            title: "Secrets".into(),
            what: what.unwrap_or_default(),
            why: "A name that is declared must be in the file, or the home cannot be built; so a \
                  placeholder goes in for what comes later."
                .into(),
            by_hand: Vec::new(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.shown = None;
        self.focus = focus;
    }

    fn typing(&self, cx: &Cx) -> bool {
        let part = || self.part(&lists(cx));
        self.typing.as_ref().is_some_and(|typing| part() == Some(typing.part()))
    }

    fn hides(&self, cx: &Cx) -> bool {
        self.typing(cx) && matches!(self.typing, Some(Typing::Value(_)))
    }

    fn reveals(&self) -> bool {
        self.shown.is_some()
    }

    fn wake(&self, _cx: &Cx) -> Option<Duration> {
        self.shown
    }

    fn arrive(&mut self, cx: &Cx) {
        let Some((scene, interview)) = cx.asked() else { return };
        let whose = interview.answers.username.clone().unwrap_or_default();
        if whose != self.whose || !interview.is_chosen("secrets") {
            *self = Self { whose, ..Self::default() };
        }
        let fresh = self.rows.is_empty();
        self.rows.iter_mut().for_each(|row| row.ticked = false);
        for secret in interview.answers.secrets.iter().flatten() {
            match self.rows.iter_mut().find(|row| row.secret.name == secret.name) {
                Some(row) => *row = Row { secret: secret.clone(), ticked: true },
                None => self.rows.push(Row { secret: secret.clone(), ticked: true }),
            }
        }
        if fresh {
            for secret in question::names_of_others(&interview.context(&scene)) {
                if !self.rows.iter().any(|row| row.secret.name == secret.name) {
                    self.rows.push(Row { secret, ticked: false });
                }
            }
        }
        self.at.at = self.at.at.min(self.rows.len());
        self.way.at = self.way_of_row();
        self.typing = None;
        self.refused = None;
        self.shown = None;
        let lists = Lists::of(&scene, interview);
        match lists.readers.as_ref().is_some_and(|readers| readers.open) {
            true => self.go_to(Part::Readers, &lists),
            false => self.focus = Focus::Button(0),
        }
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        let lists = &lists(cx);
        let typing = self.typing(cx);
        match input {
            Input::Unseen | Input::Tick => {
                self.shown = None;
                Vec::new()
            }
            Input::Pressed("continue") => vec![Effect::Continue],
            Input::Key(Press::Esc, _) if typing => {
                self.typing = None;
                self.refused = None;
                vec![Effect::Focus(self.focus)]
            }
            Input::Key(Press::Esc, _) => Vec::new(),
            Input::Key(Press::Enter, _) if typing => self.typed(cx, lists),
            Input::Key(Press::Up | Press::Down, _) if typing => Vec::new(),
            Input::Key(_, key) if typing => {
                self.refused = None;
                if let Some(typing) = &mut self.typing {
                    typing.field_mut().key(key);
                }
                Vec::new()
            }
            Input::Paste(text) => {
                let text = Zeroizing::new(text);
                match self.typing.as_mut().map(|typing| typing.field_mut().paste(&text)) {
                    Some(Err(why)) => vec![Effect::Say(Notice::plain(why))],
                    _ => Vec::new(),
                }
            }
            Input::Key(press, _) => {
                self.typing = None;
                self.key(cx, press, lists)
            }
            Input::Click { target: Target::Row(_, row), again } => {
                self.click(cx, row, again, lists)
            }
            Input::Wheel { target: Target::Row(0, _), rows } if self.typing.is_none() => {
                let press = if rows > 0 { Press::Down } else { Press::Up };
                self.at.key(press, self.rows.len() + 1, 1);
                self.way.at = self.way_of_row();
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        if let Some((scene, interview)) = cx.asked() {
            self.draw(&scene, interview, paint);
        }
    }
}

#[cfg(test)]
mod tests;
