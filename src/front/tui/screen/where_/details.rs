//! How somebody's account on the highlighted machine is drawn.

use super::account::{WAYS, is_written, word};
use super::{Part, Where};
use crate::answers::Mode;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::Cx;
use crate::front::tui::theme::Role;
use crate::question::{AccountField, AccountRow, Choice};

/// Where what stands in a field begins, and what is said of it.
const VALUE: u16 = 11;
const ORIGIN: u16 = 34;

impl Where {
    /// How the home is put in place on a machine, and the account there.
    pub(super) fn view_details(&self, cx: &Cx, machines: &[Choice], from: u16, paint: &mut Paint) {
        let columns = paint.width();
        let Some(machine) = machines.get(self.machine.at) else {
            paint.rule(2, from, columns.saturating_sub(4), "clan tags");
            let words = "A tag stands for every machine that has it. Left and Right choose one.";
            paint.prose(2, from + 1, columns.saturating_sub(3).min(76), Role::Muted, words);
            return;
        };
        paint.rule(2, from, columns.saturating_sub(4), &machine.label);
        let Some((row, chosen)) = self.account(cx) else { return };
        self.view_home(cx, &row, chosen, from + 1, paint);
        self.view_same(cx, from, paint);
        let room = columns.saturating_sub(VALUE + 1);
        let mut line = |y: u16, label: &str, text: &str, role| {
            paint.text(2, y, Role::Text, label);
            paint.cut(VALUE, y, room, role, text);
        };
        if row.mode == Mode::Standalone {
            line(from + 2, "Account", "not changed: they put the home in place", Role::Text);
            return;
        }
        line(from + 2, "Account", &row.account, Role::Text);
        line(from + 3, "", &row.place, Role::Muted);
        line(from + 7, "Deploy", &row.deploy, Role::Text);
        line(from + 8, "", &row.reach, Role::Muted);
        for (y, field) in (from + 4..).zip(AccountField::EACH) {
            self.view_field(cx, &row, field, y, paint);
        }
    }

    fn view_home(&self, cx: &Cx, row: &AccountRow, chosen: bool, y: u16, paint: &mut Paint) {
        let parts = self.parts_of(cx);
        let part = |part: Part| parts.iter().position(|other| *other == part).unwrap_or(1);
        let mut x = paint.text(2, y, Role::Text, "Home").max(VALUE);
        let role = if chosen || self.chosen(cx) == 0 { Role::Text } else { Role::Muted };
        for (index, mode) in WAYS.into_iter().enumerate() {
            let mark = if mode == row.mode { "(*)" } else { "( )" };
            let end = paint.text(x, y, role, &format!("{mark} {}", word(mode)));
            paint.hit(x, y, end - x, 1, Target::Row(part(Part::Home), index));
            x = end + 3;
        }
        if self.part(cx) == Some(Part::Home) {
            paint.text(1, y, Role::Text, "▸");
            paint.focus(0, y, paint.width());
        }
    }

    /// The button that makes all alike: beside the ways, or below everything where that is narrow.
    fn view_same(&self, cx: &Cx, from: u16, paint: &mut Paint) {
        let parts = self.parts_of(cx);
        let Some(part) = parts.iter().position(|part| *part == Part::Same) else { return };
        let columns = paint.width();
        let label = format!("[ Same for all {} chosen ]", self.chosen(cx));
        let focused = self.part(cx) == Some(Part::Same);
        let role = if focused { Role::FocusButton } else { Role::Text };
        let (start, end, y) = match columns < 80 {
            true => (VALUE, paint.text(VALUE, from + 9, role, &label), from + 9),
            false => {
                let end = columns.saturating_sub(2);
                (paint.right(end, from + 1, role, &label), end, from + 1)
            }
        };
        if focused {
            paint.text(start.saturating_sub(1), y, Role::Text, "▸");
            paint.cursor(start, y);
        }
        paint.hit(start, y, end.saturating_sub(start), 1, Target::Row(part, 0));
    }

    fn view_field(&self, cx: &Cx, row: &AccountRow, of: AccountField, y: u16, paint: &mut Paint) {
        let columns = paint.width();
        paint.text(2, y, Role::Text, of.label());
        let focused = self.part(cx) == Some(Part::Field(of));
        let draft = self.draft(&row.machine, of);
        let origin = of.origin(row);
        let wide = ORIGIN - VALUE - 2;
        let text = match of.text(row) {
            text if row.there && of == AccountField::Groups && text == "none" => {
                "as they are".into()
            }
            text if !text.is_empty() => text,
            _ => "as the machine has it".to_owned(),
        };
        match draft.filter(|_| is_written(of, row)) {
            Some(draft) => draft.text.view(paint, VALUE, y, wide, focused),
            None => {
                let end = if origin.is_empty() { columns.saturating_sub(VALUE + 1) } else { wide };
                paint.cut(VALUE, y, end, Role::Text, &text);
            }
        }
        let room = columns.saturating_sub(ORIGIN + 1);
        paint.cut(ORIGIN, y, room, Role::Muted, origin);
        if focused {
            paint.text(1, y, Role::Text, "▸");
        }
        let parts = self.parts_of(cx);
        if let Some(part) = parts.iter().position(|part| *part == Part::Field(of)) {
            paint.hit(0, y, columns, 1, Target::Part(part));
        }
    }
}
