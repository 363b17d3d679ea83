//! The machines as a table, and what the highlighted one is.

use super::ways::Ways;
use super::{Part, Where, is_oneself};
use crate::front::tui::frame::Size;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::with_help;
use crate::front::tui::screen::Cx;
use crate::front::tui::theme::Role;
use crate::question::Choice;

/// Rows that are kept for the details, their rule among them.
pub(super) const DETAILS: u16 = 7;

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
        let room = usize::from(rows.saturating_sub(1));
        let first = self.machine.first(machines.len(), room);
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
        y
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
        let home = cx.interview.and_then(|interview| interview.answers.mode);
        if let (Some(x), Some(crate::answers::Mode::Integrated), true) =
            (table.home, home, machine.chosen)
        {
            paint.text(x, y, role, "integrated");
        }
        let room = columns.saturating_sub(table.people + 1);
        paint.cut(table.people, y, room, role, machine.fact("people"));
    }

    /// How the home is put in place, and what is known of a machine.
    pub(super) fn view_details(
        &self,
        cx: &Cx,
        ways: &Ways,
        machine: Option<&Choice>,
        from: u16,
        paint: &mut Paint,
    ) {
        let columns = paint.width();
        let title = machine.map_or("", |machine| machine.label.as_str());
        paint.rule(2, from, columns.saturating_sub(4), title);
        self.view_home(cx, ways, from + 1, paint);
        let Some(machine) = machine else { return };
        let facts = ["Account", "Groups", "Deploy", "File"];
        for (y, label) in (from + 2..).zip(facts) {
            paint.text(2, y, Role::Text, label);
            paint.cut(11, y, columns.saturating_sub(12), Role::Text, machine.fact(label));
        }
    }

    fn view_home(&self, cx: &Cx, ways: &Ways, y: u16, paint: &mut Paint) {
        let chosen = self.chosen_way(cx, &ways.options);
        let focused = self.part(cx) == Some(Part::Home);
        let part = self.parts_of(cx).iter().position(|part| *part == Part::Home).unwrap_or(0);
        let mut x = paint.text(2, y, Role::Text, "Home").max(11);
        // What comes with the machine stands first: it is what administrators mostly take.
        for (index, way) in ways.options.iter().enumerate().rev() {
            let mark = if index == chosen { "(*)" } else { "( )" };
            let role = if way.off.is_some() { Role::Muted } else { Role::Text };
            let end = paint.text(x, y, role, &format!("{mark} {}", way.id));
            paint.hit(x, y, end - x, 1, Target::Row(part, index));
            x = end + 3;
        }
        let count = self.machines(cx).into_iter().flatten().filter(|m| m.chosen).count();
        if count > 1 {
            paint.text(x + 2, y, Role::Muted, &format!("the same for all {count} chosen"));
        }
        if focused {
            paint.text(1, y, Role::Text, "▸");
            paint.focus(0, y, paint.width());
        }
    }
}
