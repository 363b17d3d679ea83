//! The ways to put a home in place, drawn with all that is said of them or briefly.

use super::{Part, Where};
use crate::front::tui::frame::Size;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::Cx;
use crate::front::tui::theme::Role;
use crate::question::Choice;

/// The question as it is put.
pub(super) struct Ways {
    pub(super) label: String,
    pub(super) help: String,
    pub(super) lead: String,
    pub(super) options: Vec<Choice>,
    pub(super) suggested: Option<usize>,
    /// Why that one.
    pub(super) reason: String,
}

impl Ways {
    /// What the fleet calls them.
    fn in_the_fleet(&self) -> String {
        let words = |way: &Choice| {
            let exact = way.fact("in the fleet");
            (!exact.is_empty()).then(|| format!("{} is {exact}", way.told))
        };
        let words: Vec<String> = self.options.iter().filter_map(words).collect();
        format!("In the fleet's words: {}.", words.join("; "))
    }
}

impl Where {
    /// Every way with what it means.
    pub(super) fn view_ways(&self, cx: &Cx, ways: &Ways, paint: &mut Paint) {
        let columns = paint.width();
        if cx.size <= Size::Small {
            let mut y = self.view_rows(cx, ways, 2, paint) + 1;
            let shown = self.highlighted(cx, ways);
            let Some(way) = ways.options.get(shown) else { return };
            y = paint.prose(2, y, columns.saturating_sub(3), Role::Text, &way.more);
            if ways.suggested == Some(shown) {
                paint.prose(2, y, columns.saturating_sub(3), Role::Muted, &ways.reason);
            }
            return;
        }
        let mut y = paint.prose(2, 1, columns.saturating_sub(3), Role::Text, &ways.lead) + 1;
        for (index, way) in ways.options.iter().enumerate() {
            let top = y;
            self.row(cx, ways, index, y, paint);
            let said = match &way.off {
                Some(why) => format!("Off: {why}."),
                None => way.more.clone(),
            };
            let room = columns.saturating_sub(9);
            let role = if way.off.is_some() { Role::Muted } else { Role::Text };
            y = paint.prose(8, y + 1, room, role, &said);
            if ways.suggested == Some(index) && !ways.reason.is_empty() {
                y = paint.prose(8, y, room, Role::Muted, &ways.reason);
            }
            paint.hit(0, top, columns, y - top, Target::Row(0, index));
            y += 1;
        }
        paint.prose(2, y, 76, Role::Muted, &ways.in_the_fleet());
    }

    /// One row for each, above the machines. Gives the row after them.
    pub(super) fn view_brief_ways(&self, cx: &Cx, ways: &Ways, paint: &mut Paint) -> u16 {
        let dense = cx.size <= Size::Small;
        if !dense {
            paint.prose(2, 1, paint.width().saturating_sub(3), Role::Text, &ways.lead);
        }
        let end = self.view_rows(cx, ways, if dense { 1 } else { 3 }, paint);
        if dense { end } else { end + 1 }
    }

    fn view_rows(&self, cx: &Cx, ways: &Ways, from: u16, paint: &mut Paint) -> u16 {
        let mut y = from;
        for (index, way) in ways.options.iter().enumerate() {
            self.row(cx, ways, index, y, paint);
            if cx.size > Size::Small {
                let said = way.off.as_deref().unwrap_or(&way.detail);
                paint.cut(36, y, paint.width().saturating_sub(37), Role::Muted, said);
            }
            paint.hit(0, y, paint.width(), 1, Target::Row(0, index));
            y += 1;
        }
        y
    }

    fn row(&self, cx: &Cx, ways: &Ways, index: usize, y: u16, paint: &mut Paint) {
        let Some(way) = ways.options.get(index) else { return };
        let role = if way.off.is_some() { Role::Muted } else { Role::Text };
        let mark = if self.chosen_way(cx, &ways.options) == index { "(*)" } else { "( )" };
        paint.text(4, y, role, mark);
        let end = paint.cut(8, y, paint.width().saturating_sub(9), role, &way.label);
        let brief = self.machines(cx).is_some();
        if ways.suggested == Some(index) && !brief {
            let x = paint.width().saturating_sub(17).max(end + 2);
            paint.text(x, y, Role::Good, "suggested");
        }
        if self.part(cx) == Some(Part::Ways) && self.way.at == index {
            paint.text(2, y, Role::Text, "▸");
            paint.focus(0, y, paint.width());
        }
    }

    /// The row whose words are shown where there is room for one: where the cursor is, else what
    /// stands.
    fn highlighted(&self, cx: &Cx, ways: &Ways) -> usize {
        match self.part(cx) {
            Some(Part::Ways) => self.way.at,
            _ => self.chosen_way(cx, &ways.options),
        }
    }
}
