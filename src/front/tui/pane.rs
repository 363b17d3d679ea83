//! What screens with a list and a pane share: how the body is divided between them at each size,
//! and scrolling. It knows nothing of what is in them.

use ratatui::layout::Rect;

use super::frame::Size;
use super::key::Press;
use super::paint::Paint;
use super::screen::Help;
use super::text::wrap;
use super::theme::Role;

/// The list's width from 120 columns on.
const WIDE_LIST: u16 = 34;
/// The help's width where it has a pane of its own.
const HELP_COLUMNS: u16 = 40;
/// Rows of the help below the panes: its rule and three more.
const HELP_ROWS: u16 = 4;

/// Where list, pane and help are, counted from the body's corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) list: Rect,
    /// Begins right after the line between; text in it begins at column 1. Where there is room
    /// for one only, it lies where the list does.
    pub(crate) pane: Rect,
    /// What, why and by hand, where they are always there.
    pub(crate) help: Option<Rect>,
    /// Whether list and pane are seen together.
    pub(crate) both: bool,
}

impl Split {
    /// Divides a body below its first `top` rows; `list` is the list's width at 80 columns. It
    /// follows from sizes alone, so that a resize back restores the picture.
    pub(crate) fn of(body: Rect, size: Size, top: u16, list: u16) -> Self {
        let (columns, rows) = (body.width, body.height.saturating_sub(top));
        let whole = Rect::new(0, top, columns, rows);
        if size <= Size::Small {
            return Self { list: whole, pane: whole, help: None, both: false };
        }
        let list = if size >= Size::Large { list.max(WIDE_LIST) } else { list };
        let (columns, rows, help) = match size {
            Size::Huge => {
                let left = columns.saturating_sub(HELP_COLUMNS + 1);
                (left, rows, Some(Rect::new(left + 1, top, HELP_COLUMNS, rows)))
            }
            Size::Large => {
                let above = rows.saturating_sub(HELP_ROWS);
                (columns, above, Some(Rect::new(0, top + above, columns, HELP_ROWS)))
            }
            _ => (columns, rows, None),
        };
        let list = list.min(columns / 2);
        let pane = Rect::new(list + 1, top, columns.saturating_sub(list + 1), rows);
        Self { list: Rect::new(0, top, list, rows), pane, help, both: true }
    }

    /// Draws the lines between, and the help where it has a place.
    pub(crate) fn view(&self, paint: &mut Paint, help: &Help) {
        if self.both {
            paint.vertical(self.list.width, self.pane.y, self.pane.bottom());
        }
        if let Some(area) = self.help {
            view_help(paint, area, help);
        }
    }
}

/// The body of a screen without a pane: where it goes, and the help where it has a place.
pub(crate) fn with_help(body: Rect, size: Size) -> (Rect, Option<Rect>) {
    let split = Split::of(body, size, 0, 0);
    let (columns, rows) = match split.help {
        Some(help) if help.x > 0 => (help.x - 1, body.height),
        Some(help) => (body.width, help.y),
        None => (body.width, body.height),
    };
    (Rect::new(0, 0, columns, rows), split.help)
}

/// Draws the help at its place: below what it is about, or beside it.
pub(crate) fn view_help(paint: &mut Paint, area: Rect, help: &Help) {
    if area.x > 0 {
        paint.vertical(area.x - 1, area.y, area.bottom());
        beside(&mut part(paint, area), help);
    } else {
        below(&mut part(paint, area), help);
    }
}

/// The part of `paint` at `area`, which is counted from its corner.
pub(crate) fn part<'p>(paint: &'p mut Paint, area: Rect) -> Paint<'p> {
    paint.within(area.x, area.y, area.width, area.height)
}

fn sections(help: &Help) -> [(&'static str, String); 3] {
    [("What", help.what.clone()), ("Why", help.why.clone()), ("By hand", help.by_hand.join(" "))]
}

/// A row for each, cut: the whole text is one key away.
fn below(paint: &mut Paint, help: &Help) {
    let columns = paint.width();
    paint.text(0, 0, Role::Rule, &"─".repeat(usize::from(columns.saturating_sub(2))));
    paint.text(2, 0, Role::Rule, " help for this part ");
    let filled = sections(help).into_iter().filter(|(_, text)| !text.is_empty());
    for (y, (label, text)) in (1..).zip(filled) {
        paint.text(2, y, Role::Heading, label);
        paint.cut(11, y, columns.saturating_sub(12), Role::Text, &text);
    }
}

fn beside(paint: &mut Paint, help: &Help) {
    let columns = paint.width().saturating_sub(2);
    let mut y = 0;
    for (label, text) in sections(help).into_iter().filter(|(_, text)| !text.is_empty()) {
        paint.text(1, y, Role::Heading, label);
        y = paint.prose(1, y + 1, columns, Role::Text, &text) + 1;
    }
}

/// How far something is scrolled: the row at its top. What is drawn never goes beyond the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Scroll {
    top: usize,
}

impl Scroll {
    /// The first of `count` rows to draw where `room` are seen.
    pub(crate) fn first(self, count: usize, room: usize) -> usize {
        self.top.min(count.saturating_sub(room))
    }

    /// Whether the key moved it.
    pub(crate) fn key(&mut self, press: Press, count: usize, room: usize) -> bool {
        let page = room.saturating_sub(1).max(1);
        let top = self.first(count, room);
        let to = match press {
            Press::Up => top.saturating_sub(1),
            Press::Down => top.saturating_add(1),
            Press::PageUp => top.saturating_sub(page),
            Press::PageDown => top.saturating_add(page),
            Press::Home => 0,
            Press::End => count,
            _ => return false,
        };
        self.top = to.min(count.saturating_sub(room));
        true
    }

    /// The wheel.
    pub(crate) fn by(&mut self, rows: i32, count: usize, room: usize) {
        let rows = isize::try_from(rows).unwrap_or(0);
        let to = self.first(count, room).saturating_add_signed(rows);
        self.top = to.min(count.saturating_sub(room));
    }

    /// So that `row` is seen, in the middle if it was not.
    pub(crate) fn show(&mut self, row: usize, count: usize, room: usize) {
        let top = self.first(count, room);
        if row < top || row >= top.saturating_add(room) {
            self.top = row.saturating_sub(room / 2).min(count.saturating_sub(room));
        }
    }
}

/// Lines of prose in a pane, at most `rows` of them, the last closed with an ellipsis when there
/// is more. Gives the row after.
pub(crate) fn prose_of(paint: &mut Paint, y: u16, rows: u16, role: Role, text: &str) -> u16 {
    let columns = paint.width().saturating_sub(2).min(76);
    let lines = wrap(&crate::front::sanitise(text), usize::from(columns));
    let shown = lines.len().min(usize::from(rows));
    for (row, line) in (y..).zip(lines.iter().take(shown)) {
        let is_cut = shown < lines.len() && row + 1 == y + rows;
        let whole = format!("{line} {}", if is_cut { lines[shown].as_str() } else { "" });
        paint.cut(1, row, columns, role, whole.trim_end());
    }
    y.saturating_add(u16::try_from(shown).unwrap_or(rows))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::front::tui::frame::Regions;

    fn split(width: u16, height: u16) -> Split {
        let regions = Regions::of(Rect::new(0, 0, width, height));
        Split::of(regions.body, regions.size, 2, 29)
    }

    #[test]
    fn panes_stand_as_they_are_drawn() {
        let small = split(60, 16);
        assert!(!small.both && small.help.is_none());
        let normal = split(80, 24);
        assert_eq!((normal.list.width, normal.pane.x, normal.pane.right()), (29, 30, 80));
        let large = split(120, 40);
        assert_eq!((large.list.width, large.pane.right()), (34, 120));
        assert_eq!(large.help, Some(Rect::new(0, 30, 120, 4)));
        let huge = split(200, 60);
        assert_eq!((huge.list.width, huge.pane.right()), (34, 159));
        assert_eq!(huge.help.map(|help| (help.x, help.width)), Some((160, 40)));
    }

    #[test]
    fn a_row_that_is_not_seen_is_brought_to_the_middle() {
        let mut scroll = Scroll::default();
        scroll.show(3, 40, 10);
        assert_eq!(scroll.first(40, 10), 0);
        scroll.show(30, 40, 10);
        assert_eq!(scroll.first(40, 10), 25);
        scroll.show(39, 40, 10);
        assert_eq!(scroll.first(40, 10), 30);
        // More room than before: nothing beyond the end.
        assert_eq!(scroll.first(40, 60), 0);
    }

    proptest! {
        #[test]
        fn it_never_scrolls_beyond_its_rows(
            keys in proptest::collection::vec(0_usize..7, 0..40), count in 0_usize..50, room in 0_usize..30,
        ) {
            let presses =
                [Press::Up, Press::Down, Press::PageUp, Press::PageDown, Press::Home, Press::End];
            let mut scroll = Scroll::default();
            for key in keys {
                match presses.get(key) {
                    Some(press) => prop_assert!(scroll.key(*press, count, room)),
                    None => scroll.by(3, count, room),
                }
                prop_assert!(scroll.first(count, room) <= count.saturating_sub(room));
            }
        }
    }
}
