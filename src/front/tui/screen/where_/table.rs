//! The machines as a table, and below them the tags that several of them have.

use super::{Part, Where, is_oneself};
use crate::answers::Mode;
use crate::front::tui::frame::Size;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::with_help;
use crate::front::tui::screen::{Cx, Rows};
use crate::front::tui::text::width;
use crate::front::tui::theme::Role;
use crate::question::{BY_HAND, Choice};

/// Rows that are kept for the details, their rule among them.
pub(super) const DETAILS: u16 = 9;

/// Where the columns begin.
pub(super) struct Table {
    system: u16,
    /// `None`: there is no room for it.
    home: Option<u16>,
    people: u16,
}

/// The column of the machine's name.
const NAME: u16 = 8;

impl Table {
    fn of(columns: u16) -> Self {
        match columns {
            ..80 => Self { system: 21, home: None, people: 37 },
            80..119 => Self { system: 21, home: Some(37), people: 53 },
            _ => Self { system: 31, home: Some(47), people: 63 },
        }
    }

    /// How many machines are seen at once, for paging.
    pub(super) fn room(cx: &Cx) -> usize {
        let (main, _) = with_help(cx.body(), cx.size);
        let around = match (is_oneself(cx), cx.size) {
            (true, Size::Small) => 5,
            (true, _) => 8,
            (false, Size::Small) => 2,
            (false, _) => 2 + DETAILS,
        };
        usize::from(main.height.saturating_sub(around)).max(1)
    }
}

impl Where {
    /// Draws the table from a row on, in so many rows, as part `part` of the screen. Gives the row
    /// after it.
    pub(super) fn view_table(
        &self,
        cx: &Cx,
        machines: &[Choice],
        part: usize,
        (from, rows): (u16, u16),
        paint: &mut Paint,
    ) -> u16 {
        let columns = paint.width();
        let table = Table::of(columns);
        self.head(&table, from, paint);
        let tags = if part == 0 { self.tags(cx) } else { Vec::new() };
        let room = usize::from(rows.saturating_sub(1 + u16::from(!tags.is_empty())));
        let at = Rows { at: self.machine.at.min(machines.len().saturating_sub(1)) };
        let first = at.first(machines.len(), room);
        let mut y = from + 1;
        for (index, machine) in machines.iter().enumerate().skip(first).take(room) {
            self.machine_row(cx, &table, machine, y, paint);
            if self.part(cx) == Some(Part::Machines) && self.machine.at == index {
                paint.text(2, y, Role::Text, "▸");
                paint.focus(0, y, columns);
            }
            self.search.mark(paint, NAME, y, &machine.label);
            paint.hit(0, y, columns, 1, Target::Row(part, index));
            y += 1;
        }
        let below = machines.len().saturating_sub(first + room);
        if below > 0 && y > from {
            let more = format!(" {below} more ");
            paint.right(columns.saturating_sub(1), y - 1, Role::Muted, &more);
        }
        if tags.is_empty() {
            return y;
        }
        self.tag_row(cx, &tags, y, paint);
        paint.hit(0, y, columns, 1, Target::Row(part, machines.len()));
        y + 1
    }

    /// `+ all with a clan tag: all (6), nixos (2)`; with the focus in it one of them stands out.
    fn tag_row(&self, cx: &Cx, tags: &[(String, usize)], y: u16, paint: &mut Paint) {
        let columns = paint.width();
        let here = self.on_tags(cx);
        let mut x = paint.text(NAME, y, Role::Text, "+ all with a clan tag: ");
        let words: Vec<String> = tags
            .iter()
            .enumerate()
            .map(|(index, (name, count))| {
                let comma = if index + 1 < tags.len() { ", " } else { "" };
                match here && index == self.tag.at {
                    true => format!("[{name} ({count})]{comma}"),
                    false => format!("{name} ({count}){comma}"),
                }
            })
            .collect();
        // Those before the chosen one give way until it is seen whole.
        let room = usize::from(columns.saturating_sub(x + 1));
        let taken = |first: usize| -> usize {
            words.iter().take(self.tag.at + 1).skip(first).map(|word| width(word)).sum()
        };
        let first = match here {
            true => (0..self.tag.at).find(|first| taken(*first) < room).unwrap_or(self.tag.at),
            false => 0,
        };
        for (index, word) in words.iter().enumerate().skip(first) {
            let chosen = here && index == self.tag.at;
            let role = if chosen { Role::Accent } else { Role::Text };
            x = paint.cut(x, y, columns.saturating_sub(x + 1), role, word);
        }
        if here {
            paint.text(2, y, Role::Text, "▸");
            paint.focus(0, y, columns);
        }
    }

    fn head(&self, table: &Table, y: u16, paint: &mut Paint) {
        let columns = paint.width();
        if self.search.is_open() {
            return self.search.view(paint, 6, y, columns.saturating_sub(7));
        }
        paint.text(NAME, y, Role::Muted, "machine");
        paint.text(table.system, y, Role::Muted, "system");
        if let Some(home) = table.home {
            paint.text(home, y, Role::Muted, "home");
        }
        paint.text(table.people, y, Role::Muted, "people on it now");
    }

    fn machine_row(&self, cx: &Cx, table: &Table, machine: &Choice, y: u16, paint: &mut Paint) {
        let columns = paint.width();
        let off = machine.off.is_some();
        let role = if off { Role::Muted } else { Role::Text };
        paint.text(4, y, role, if machine.chosen { "[x]" } else { "[ ]" });
        paint.cut(NAME, y, table.system.saturating_sub(NAME + 1), role, &machine.label);
        let after = table.home.unwrap_or(table.people);
        let system = machine.fact("system");
        paint.cut(table.system, y, after.saturating_sub(table.system + 1), role, system);
        if let Some(why) = &machine.off {
            let room = columns.saturating_sub(after + 1);
            paint.cut(after, y, room, Role::Muted, &format!("off: {why}"));
            return;
        }
        let mode = mode_on(cx, &machine.id);
        let by_hand = machine.fact(BY_HAND);
        if !by_hand.is_empty() && !(machine.chosen && mode == Some(Mode::Standalone)) {
            paint.cut(after, y, columns.saturating_sub(after + 1), Role::Muted, by_hand);
            return;
        }
        if let (Some(x), Some(mode), true) = (table.home, mode, machine.chosen) {
            paint.text(x, y, role, super::account::word(mode));
        }
        let room = columns.saturating_sub(table.people + 1);
        paint.cut(table.people, y, room, role, machine.fact("people"));
    }
}

/// How the home is put in place on a machine.
fn mode_on(cx: &Cx, machine: &str) -> Option<Mode> {
    let answers = &cx.interview?.answers;
    let own = answers.accounts.as_ref().and_then(|accounts| accounts.get(machine)?.mode);
    own.or(answers.mode)
}
