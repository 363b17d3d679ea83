//! You: who the home is for. A field each, with its origin or its problem in the row below.

#[cfg(test)]
mod tests;

use crate::front::interview::{Interview, Scene, Station};
use crate::front::tui::field::Field;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::{view_help, with_help};
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Screen};
use crate::front::tui::text::width;
use crate::front::tui::theme::Role;
use crate::key::private;
use crate::question::{Ask, Reply, question};

/// The fields and which of them has the focus.
#[derive(Debug, Clone)]
pub(crate) struct You {
    rows: Vec<Row>,
    focus: Focus,
}

/// The question whose answer may be several lines, or none.
const SSH_KEYS: &str = "ssh_keys";
/// What its suggestion says for none; a field says that by being empty.
const NONE: &str = "none";

/// One question with what is typed for it.
#[derive(Debug, Clone)]
struct Row {
    id: &'static str,
    label: String,
    field: Field,
    /// Whether it cannot be changed.
    fixed: bool,
    /// Whether the person has typed in it: what is still empty is no mistake before that.
    touched: bool,
}

impl Default for You {
    fn default() -> Self {
        Self { rows: Vec::new(), focus: Focus::Button(0) }
    }
}

impl You {
    /// The problem of a row, while it is typed.
    fn problem(&self, cx: &Cx, row: &Row) -> Option<String> {
        let (scene, interview) = cx.asked()?;
        if row.fixed {
            return None;
        }
        check(&scene, interview, row).err()
    }

    fn at(&self) -> Option<usize> {
        match self.focus {
            Focus::Part(part) => Some(part),
            Focus::Button(_) => None,
        }
    }

    fn field(&mut self) -> Option<&mut Row> {
        let at = self.at()?;
        self.rows.get_mut(at).filter(|row| !row.fixed)
    }

    /// Rows that need the person, by label.
    fn wrong(&self, cx: &Cx) -> Vec<&str> {
        let wrong = self.rows.iter().filter(|row| self.problem(cx, row).is_some());
        wrong.map(|row| row.label.as_str()).collect()
    }

    /// What follows from what was typed. A private key does not stay on the screen, nor in the
    /// field, nor does it become an answer.
    fn taken(&mut self, cx: &Cx) -> Vec<Effect> {
        let is_private = |row: &&mut Row| private::is_in(row.field.text());
        let asked = cx.asked();
        let Some(row) = self.field().filter(is_private) else { return self.answer(cx) };
        let refusal = asked.and_then(|(scene, interview)| check(&scene, interview, row).err());
        row.field.clear();
        let words = refusal
            .unwrap_or_else(|| "That is a private key; it was not kept or shown.".to_owned());
        vec![Effect::Forget(row.id), Effect::Say(Notice::bad(words))]
    }

    /// The answer that the focused row amounts to, when it is one.
    fn answer(&self, cx: &Cx) -> Vec<Effect> {
        let row = self.at().and_then(|at| self.rows.get(at)).filter(|row| !row.fixed);
        match row {
            Some(row) if self.problem(cx, row).is_none() => {
                vec![Effect::Answer(row.id, reply(row))]
            }
            Some(row) => vec![Effect::Forget(row.id)],
            None => Vec::new(),
        }
    }

    /// To the next field, or to the first button after the last.
    fn next(&mut self) {
        let after = self.at().map_or(0, |at| at + 1);
        let next = (after..self.rows.len()).find(|at| !self.rows[*at].fixed);
        self.focus = next.map_or(Focus::Button(0), Focus::Part);
    }
}

impl Row {
    fn paste(&mut self, text: &str) -> Result<(), String> {
        self.touched = true;
        self.field.paste(text)
    }
}

fn reply(row: &Row) -> Reply {
    match (row.id, row.field.text().trim()) {
        // An empty list of keys is an answer; anything else that is empty asks for what was
        // suggested.
        (SSH_KEYS, "") => Reply::Text(String::new()),
        (_, "") => Reply::Suggested,
        (_, text) => Reply::Text(text.to_owned()),
    }
}

fn check(scene: &Scene, interview: &Interview, row: &Row) -> Result<(), String> {
    let checked = interview.check(scene, row.id, reply(row));
    checked.map(|_| ()).map_err(|problem| problem.what.replace('`', ""))
}

fn row(scene: &Scene, interview: &Interview, id: &'static str) -> Option<Row> {
    let ask = interview.ask(scene, id)?;
    // As it was typed, not as it is told.
    let typed = match question(id)?.given(&interview.answers) {
        Some(Reply::Text(text)) => text,
        Some(Reply::Named(lines)) => lines.join("\n"),
        _ => String::new(),
    };
    match ask {
        Ask::Text { label, suggestion, several, .. } => {
            let text = match (interview.is_chosen(id), suggestion) {
                (false, Some(suggestion)) if suggestion.value != NONE => suggestion.value,
                (false, Some(_)) => String::new(),
                _ => typed,
            };
            let field = if several { Field::of_lines(&text) } else { Field::new(&text) };
            Some(Row { id, label, field, fixed: false, touched: false })
        }
        Ask::Skip { .. } if id == "username" => {
            let name = interview.context(scene).username().to_owned();
            Some(Row {
                id,
                label: "User name".into(),
                field: Field::new(&name),
                fixed: true,
                touched: false,
            })
        }
        _ => None,
    }
}

impl Screen for You {
    fn heading(&self, _cx: &Cx) -> String {
        "Who is this home for?".to_owned()
    }

    fn parts(&self, _cx: &Cx) -> usize {
        self.rows.len()
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let first = self.wrong(cx).first().map(|label| format!("First: {label}"));
        vec![
            Button::new("continue", "Continue").off(first.clone()),
            Button::new("rest", "Use suggestions for the rest").off(first),
        ]
    }

    fn keys(&self, _cx: &Cx) -> Vec<Key> {
        vec![
            match self.focus {
                Focus::Part(_) => Key::new("Enter", "next field", "to the next field"),
                Focus::Button(_) => Key::new("Enter", "press", "press the button"),
            },
            Key::new("Tab", "buttons", "to the next field or button"),
            Key::new("Esc", "back", "one screen back"),
        ]
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        let wrong = self.wrong(cx);
        Some(match wrong.as_slice() {
            [] => Notice::plain(
                "Not sure? Use suggestions for the rest. You see everything before it happens.",
            ),
            [one] => Notice::bad(format!("1 field needs you: {one}")),
            many => Notice::bad(format!("{} fields need you: {}", many.len(), many.join(", "))),
        })
    }

    fn help(&self, cx: &Cx) -> Help {
        let row = self.at().and_then(|at| self.rows.get(at));
        let ask = row.and_then(|row| {
            let (scene, interview) = cx.asked()?;
            interview.ask(&scene, row.id)
        });
        Help {
            title: row.map_or("You".into(), |row| row.label.clone()),
            what: ask.map(|ask| ask.help().to_owned()).unwrap_or_else(|| {
                "Your name and address go into your home module, so that git and other tools \
                 know them."
                    .into()
            }),
            why: "Everybody with the fleet sees what stands here.".into(),
            by_hand: Vec::new(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.focus = focus;
    }

    fn typing(&self, _cx: &Cx) -> bool {
        self.at().and_then(|at| self.rows.get(at)).is_some_and(|row| !row.fixed)
    }

    fn arrive(&mut self, cx: &Cx) {
        let Some((scene, interview)) = cx.asked() else { return };
        // What was typed and is no answer yet stays.
        let kept: Vec<Row> = std::mem::take(&mut self.rows);
        for id in Station::You.questions() {
            let Some(mut new) = row(&scene, interview, id) else { continue };
            if let Some(old) = kept.iter().find(|old| old.id == *id && old.fixed == new.fixed) {
                new.field = old.field.clone();
                new.touched = old.touched;
            }
            self.rows.push(new);
        }
        let wrong = self.rows.iter().position(|row| self.problem(cx, row).is_some());
        self.focus = wrong.map_or(Focus::Button(0), Focus::Part);
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Key(Press::Enter, _) => {
                self.next();
                Vec::new()
            }
            Input::Key(Press::Down, _) => {
                self.next();
                Vec::new()
            }
            Input::Key(Press::Up, _) => {
                if let Some(at) = self.at().and_then(|at| at.checked_sub(1)) {
                    self.focus = Focus::Part(at);
                }
                Vec::new()
            }
            Input::Key(Press::Esc, _) => Vec::new(),
            Input::Key(_, key) => {
                let changed = self.field().is_some_and(|row| {
                    let changed = row.field.key(key);
                    row.touched |= changed;
                    changed
                });
                if changed { self.taken(cx) } else { Vec::new() }
            }
            Input::Paste(text) => match self.field().map(|row| row.paste(&text)) {
                Some(Err(why)) => vec![Effect::Say(Notice::plain(why))],
                Some(Ok(())) => self.taken(cx),
                None => Vec::new(),
            },
            Input::Pressed("continue") => vec![Effect::Continue],
            Input::Pressed("rest") => vec![Effect::Rest],
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let Some((scene, interview)) = cx.asked() else { return };
        let (main, help) = with_help(cx.body(), cx.size);
        if let Some(area) = help {
            view_help(paint, area, &self.help(cx));
        }
        let paint = &mut paint.within(main.x, main.y, main.width, main.height);
        let columns = paint.width();
        let whose = if interview.subject.is_oneself() { "Your" } else { "Their" };
        let words = format!(
            "{whose} name and address go into the fleet, where everybody with it sees them."
        );
        let dense = paint.height() < 14;
        // Four fields and these words do not go together in a low window.
        let mut y = match dense && self.rows.len() > 3 {
            true => 2,
            false => paint.prose(2, 1, columns.saturating_sub(3), Role::Text, &words) + 1,
        };
        if dense {
            y -= 1;
        }
        let labels = self.rows.iter().map(|row| width(&row.label)).max().unwrap_or(0);
        let x = u16::try_from(labels + 6).unwrap_or(17).clamp(17, 30);
        for (index, row) in self.rows.iter().enumerate() {
            let focused = self.focus.is_part(index);
            if focused {
                paint.text(2, y, Role::Text, "▸");
            }
            paint.text(4, y, Role::Text, &row.label);
            let room = columns.saturating_sub(x + 1);
            if row.fixed {
                paint.cut(x, y, room, Role::Text, row.field.text());
                if focused {
                    paint.cursor(x, y);
                }
            } else {
                row.field.view(paint, x, y, room, focused);
            }
            paint.hit(0, y, columns, 2, Target::Row(index, 0));
            let empty = !row.touched && row.field.text().is_empty();
            match self.problem(cx, row).filter(|_| !empty) {
                Some(why) => {
                    let after = paint.text(x, y + 1, Role::Bad, "✗") + 1;
                    paint.cut(after, y + 1, room.saturating_sub(2), Role::Text, &why);
                }
                None => {
                    paint.cut(x, y + 1, room, Role::Muted, &origin(&scene, interview, row));
                }
            }
            y += if dense { 2 } else { 3 };
        }
    }
}

/// Where what stands in a row comes from.
fn origin(scene: &Scene, interview: &Interview, row: &Row) -> String {
    let asked = question(row.id);
    let lead = || asked.map(|asked| asked.lead(&interview.context(scene))).unwrap_or_default();
    match interview.ask(scene, row.id) {
        Some(Ask::Skip { because }) => because,
        Some(Ask::Text { suggestion: Some(suggestion), .. })
            if suggestion.value == row.field.text().trim() && !suggestion.from.is_empty() =>
        {
            suggestion.from
        }
        // What is left empty takes what is suggested.
        Some(Ask::Text { suggestion: Some(suggestion), .. })
            if row.field.text().trim().is_empty() && !suggestion.from.is_empty() =>
        {
            format!("{}: {}", suggestion.from.trim_end_matches('.'), suggestion.value)
        }
        _ if row.id == "username" && scene.fleet.user(row.field.text().trim()).is_some() => lead(),
        _ if !row.touched || row.field.text().trim().is_empty() => lead(),
        _ if row.id == SSH_KEYS => {
            let told = asked.map(|asked| asked.told(&interview.answers)).unwrap_or_default();
            format!("{told}. Paste the next one behind it.")
        }
        _ => "Your answer.".to_owned(),
    }
}
