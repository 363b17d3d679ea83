//! How the secrets are drawn: the list, below it what has the focus, and who can open them.

use super::lists::Choices;
use super::{Lists, Part, Row, Secrets, Typing, Way, amount};
use crate::answers::SecretFrom;
use crate::front::interview::{Interview, Scene};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::text::width;
use crate::front::tui::theme::Role;
use crate::question::{self, Ask};

/// Rows that the lower list takes, with its title, whatever is in it: nothing below it moves.
const LOWER: u16 = 7;
/// Columns of "others have it", where there is room for it.
const OTHERS: u16 = 15;

impl Secrets {
    pub(super) fn draw(&self, scene: &Scene, interview: &Interview, paint: &mut Paint) {
        let lists = Lists::of(scene, interview);
        let part = self.part(&lists);
        let height = paint.height();
        if height < 14 {
            let line = height.saturating_sub(1);
            match part {
                Some(Part::Ways) => self.ways(part, paint, 1),
                Some(Part::Readers | Part::Shared) => self.choices(&lists, part, paint, 1),
                _ => self.list(scene, interview, part, paint, 1, line.saturating_sub(3)),
            }
            self.who(scene, interview, &Lists::default(), paint, line);
            return;
        }
        // From the heading: words, a blank, the list, a blank, the lower list, who can open them.
        let roomy = height.saturating_sub(5 + 1 + LOWER + 2);
        let rows = u16::try_from(self.rows.len() + 1).unwrap_or(u16::MAX);
        let mut y = 1;
        let mut room = height.saturating_sub(2 + 1 + LOWER + 2);
        if rows <= roomy {
            let help = match interview.ask(scene, "secrets") {
                Some(Ask::Secrets { help, .. }) => help,
                _ => String::new(),
            };
            paint.within(0, 0, u16::MAX, 3).prose(2, 1, 76, Role::Text, &help);
            (y, room) = (4, roomy);
        }
        self.list(scene, interview, part, paint, y, room);
        y += 1 + rows.min(room) + 1;
        match part {
            Some(Part::Readers | Part::Shared) => self.choices(&lists, part, paint, y),
            // Whoever adds somebody has more to say of what is shared than of values.
            Some(Part::List) | None if lists.shared.is_some() => {
                self.choices(&lists, Some(Part::Shared), paint, y);
            }
            _ => self.ways(part, paint, y),
        }
        self.who(scene, interview, &lists, paint, y + LOWER);
    }

    /// The rows, below a line that names the columns.
    fn list(
        &self,
        scene: &Scene,
        interview: &Interview,
        part: Option<Part>,
        paint: &mut Paint,
        y: u16,
        room: u16,
    ) {
        let columns = paint.width();
        let wide = columns >= 80;
        // The names get a part of what there is beyond 80 columns.
        let value_at = 27 + columns.saturating_sub(80) / 4;
        let others_at = columns.saturating_sub(OTHERS + columns.saturating_sub(80) / 4);
        let value_end = if wide { others_at.saturating_sub(1) } else { columns.saturating_sub(1) };
        paint.text(8, y, Role::Muted, "name");
        paint.text(value_at, y, Role::Muted, "value");
        if wide {
            paint.text(others_at, y, Role::Muted, "others have it");
        }
        let count = self.rows.len() + 1;
        let first = self.at.first(count, usize::from(room));
        for (index, line) in (first..count).zip(y + 1..).take(usize::from(room)) {
            match self.rows.get(index) {
                Some(row) => {
                    let mark = if row.ticked { "[x]" } else { "[ ]" };
                    paint.text(4, line, Role::Text, mark);
                    let name = value_at.saturating_sub(9);
                    paint.cut(8, line, name, Role::Text, &row.secret.name);
                    let value = value(interview, row);
                    let room = value_end.saturating_sub(value_at);
                    paint.cut(value_at, line, room, Role::Text, &value);
                    if wide {
                        let owners = question::owners(&interview.context(scene), &row.secret.name);
                        let room = columns.saturating_sub(others_at + 1);
                        paint.cut(others_at, line, room, Role::Text, &owners.join(", "));
                    }
                }
                None => self.another(paint, line),
            }
            if part == Some(Part::List) && self.at.at == index {
                paint.text(2, line, Role::Text, "▸");
                if !matches!(self.typing, Some(Typing::Name(_))) {
                    paint.focus(0, line, columns);
                }
            }
            paint.hit(0, line, columns, 1, Target::Row(0, index));
        }
        let below = count.saturating_sub(first + usize::from(room));
        if below > 0 {
            let end = columns.saturating_sub(1);
            paint.right(end, y + room, Role::Muted, &format!(" {below} more, Down "));
        }
    }

    fn another(&self, paint: &mut Paint, y: u16) {
        match &self.typing {
            Some(Typing::Name(field)) => {
                let x = paint.text(8, y, Role::Text, "Name") + 2;
                field.view(paint, x, y, 40.min(paint.width().saturating_sub(x + 1)), true);
            }
            _ => {
                paint.text(8, y, Role::Text, "Add another");
            }
        }
    }

    /// What the row is for, and where its value can come from.
    fn ways(&self, part: Option<Part>, paint: &mut Paint, y: u16) {
        let columns = paint.width();
        let Some(row) = self.row() else {
            paint.rule(2, y, columns.saturating_sub(4), "another secret");
            let room = columns.saturating_sub(7);
            match &self.refused {
                Some(why) => {
                    paint.text(4, y + 1, Role::Bad, "✗");
                    paint.within(6, y + 1, room, LOWER - 1).prose(0, 0, room, Role::Text, why);
                }
                None => {
                    paint.cut(4, y + 1, room, Role::Muted, "Enter, then its name.");
                }
            }
            return;
        };
        let purpose = question::purpose(&row.secret.name).unwrap_or("no description in the fleet");
        let title = format!("{}: {purpose}", row.secret.name);
        paint.rule(2, y, columns.saturating_sub(4), &title);
        if let (Some(_), SecretFrom::Given(value)) = (self.shown, &row.secret.from) {
            let mut below = paint.within(4, y + 1, columns.saturating_sub(5), LOWER - 2);
            below.prose(0, 0, columns.saturating_sub(5), Role::Heading, &value.0);
            let words = "Hidden again after 10 seconds, and on any key.";
            paint.cut(4, y + LOWER - 1, columns.saturating_sub(5), Role::Muted, words);
            return;
        }
        if row.secret.from == SecretFrom::Kept {
            let words = "Kept as it is in the file; it is neither shown nor changed here.";
            paint.prose(4, y + 1, columns.saturating_sub(5), Role::Text, words);
            return;
        }
        let ways =
            self.parts_of(&Lists::default()).iter().position(|p| *p == Part::Ways).unwrap_or(1);
        let mut line = y + 1;
        for (index, way) in Way::ALL.into_iter().enumerate() {
            let mark = if way.is_of(&row.secret.from) { "(*)" } else { "( )" };
            paint.text(4, line, Role::Text, mark);
            let focused = part == Some(Part::Ways) && self.way.at == index;
            let field = self.typing.as_ref().filter(|typing| match typing {
                Typing::Value(_) => way == Way::Type,
                Typing::File(_) => way == Way::File,
                Typing::Name(_) => false,
            });
            let after = match field {
                Some(typing) => {
                    let label = if way == Way::Type { "Value" } else { "File" };
                    let x = paint.text(8, line, Role::Text, label) + 2;
                    let room = columns.saturating_sub(x + 1);
                    typing.field().view(paint, x, line, room, focused);
                    line + 1
                }
                None => {
                    paint.prose(8, line, columns.saturating_sub(9).min(70), Role::Text, way.label())
                }
            };
            if focused {
                paint.text(2, line, Role::Text, "▸");
                if field.is_none() {
                    paint.focus(0, line, columns);
                }
            }
            paint.hit(0, line, columns, after - line, Target::Row(ways, index));
            line = after;
        }
    }

    /// Readers, or shared files: a row each.
    fn choices(&self, lists: &Lists, part: Option<Part>, paint: &mut Paint, y: u16) {
        let Some(choices) = lists.at(part) else { return };
        let columns = paint.width();
        paint.rule(2, y, columns.saturating_sub(4), &choices.label);
        let number = self.parts_of(lists).iter().position(|p| Some(*p) == part).unwrap_or(0);
        let at = if part == Some(Part::Shared) { self.shared } else { self.reader };
        let focused = self.part(lists) == part;
        let room = usize::from(LOWER - 1);
        let count = choices.rows();
        let first = at.first(count, room);
        for (index, line) in (first..count).zip(y + 1..).take(room) {
            let chosen = match choices.options.get(index) {
                Some(choice) => choice.chosen,
                None => choices.nobody(),
            };
            choice_row(choices, index, chosen, line, paint);
            if at.at == index && focused {
                paint.text(2, line, Role::Text, "▸");
                paint.focus(0, line, columns);
            }
            paint.hit(0, line, columns, 1, Target::Row(number, index));
        }
        let below = count.saturating_sub(first + room);
        if below > 0 {
            let end = columns.saturating_sub(1);
            paint.right(end, y + LOWER - 1, Role::Muted, &format!(" {below} more, Down "));
        }
    }

    /// Who can open them, by name, and why these.
    fn who(&self, scene: &Scene, interview: &Interview, lists: &Lists, paint: &mut Paint, y: u16) {
        let columns = paint.width();
        let user = interview.answers.username.as_deref().unwrap_or_default();
        let you = if interview.subject.is_oneself() { " (you)" } else { "" };
        let with = |others: &[String]| format!("{user}{you}, {}", others.join(", "));
        let room = columns.saturating_sub(19);
        let names = match interview.answers.readers.as_deref().unwrap_or_default() {
            [] => format!("{user}{you}"),
            others => {
                // What they are is told where it fits; names always are.
                let told = with(&question::readers_named(&interview.context(scene)));
                let fits = width(&told) <= usize::from(room);
                if fits { told } else { with(others) }
            }
        };
        paint.text(2, y, Role::Text, "Can open them");
        paint.cut(18, y, room, Role::Text, &names);
        let Some(readers) = &lists.readers else { return };
        let why = match (readers.open, interview.is_chosen("readers")) {
            (true, _) => readers.note.clone(),
            (false, true) => "Your choice. Tab changes it.".to_owned(),
            (false, false) => format!("{}. Tab changes it.", question::AS_OTHERS),
        };
        paint.cut(18, y + 1, columns.saturating_sub(19), Role::Muted, &why);
        let part = self.parts_of(lists).len().saturating_sub(1);
        paint.hit(0, y, columns, 2, Target::Part(part));
    }
}

/// A tick, a name, and what is known of it.
fn choice_row(choices: &Choices, index: usize, chosen: bool, y: u16, paint: &mut Paint) {
    let columns = paint.width();
    let is_shared = choices.id == "shared";
    let (label, detail, role) = match choices.options.get(index) {
        Some(choice) => match &choice.off {
            Some(why) => (choice.label.as_str(), format!("off: {why}"), Role::Muted),
            None if is_shared => {
                let locked = choice.fact("locked");
                let locked = if locked.is_empty() { "" } else { "; your key does not open all" };
                let words = format!("read by {}{locked}", choice.fact("read by"));
                (choice.label.as_str(), words, Role::Text)
            }
            None if choice.detail.is_empty() => {
                (choice.label.as_str(), choice.more.clone(), Role::Text)
            }
            None => (choice.label.as_str(), choice.detail.clone(), Role::Text),
        },
        None => ("nobody else", String::new(), Role::Text),
    };
    paint.text(4, y, role, if chosen { "[x]" } else { "[ ]" });
    let (widest, least) = if is_shared { (columns / 2 - 8, 36) } else { (30, 27) };
    let end = paint.cut(8, y, widest, role, label);
    let x = end.saturating_add(2).max(least.min(columns / 2));
    paint.cut(x, y, columns.saturating_sub(x + 1), Role::Muted, &detail);
}

/// Where the value of a row comes from, in a few words.
fn value(interview: &Interview, row: &Row) -> String {
    let user = interview.answers.username.as_deref().unwrap_or_default();
    match &row.secret.from {
        _ if !row.ticked => "left out".to_owned(),
        SecretFrom::Given(value) => amount(&value.0),
        SecretFrom::File(path) => format!("from the file {}", path.display()),
        SecretFrom::Stdin => "from standard input".to_owned(),
        SecretFrom::NewEd25519 => "a new ed25519 key, made on apply".to_owned(),
        SecretFrom::Later if interview.subject.is_oneself() => {
            "later: a marked placeholder".to_owned()
        }
        SecretFrom::Later => format!("later: {user} sets it"),
        SecretFrom::Kept => "kept as it is in the file".to_owned(),
    }
}
