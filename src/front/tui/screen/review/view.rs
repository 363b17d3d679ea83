//! How Review is drawn.

use ratatui::layout::Rect;

use super::made::{BRANCH, Item, Made, Mark, Sheet};
use super::{On, Review, earlier, left, steps};
use crate::front::sanitise;
use crate::front::tui::code::View;
use crate::front::tui::frame::Size;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::{Split, part};
use crate::front::tui::screen::{Cx, Planned, Screen as _};
use crate::front::tui::text::{cut_path, width, wrap};
use crate::front::tui::theme::Role;
use crate::plan::Needs;

/// The list's width at 80 columns.
const LIST: u16 = 31;

/// Where everything is, counted from the body's corner. It follows from the size alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    split: Split,
    /// The rows, below the list's heading.
    pub(super) list: Rect,
    /// The pane's heading.
    title: Rect,
    why: Rect,
    /// The changes, or what is done by hand.
    pub(super) text: Rect,
}

impl Layout {
    pub(super) fn of(cx: &Cx, review: &Review) -> Self {
        let body = cx.body();
        let split = Split::of(body, cx.size, 1, LIST);
        let (pane, left) = match review.full {
            true => (Rect::new(0, 1, body.width, body.height.saturating_sub(1)), 2),
            false if split.both => (split.pane, 1),
            false => (split.pane, 2),
        };
        let x = pane.x + left;
        let columns = pane.width.saturating_sub(left + 1);
        let why = match (review.full, cx.size) {
            // Here the reason stands whole.
            (true, _) => review.sheet().map_or(0, |sheet| rows_of(&sheet.why, columns)).min(6),
            (false, Size::Small) => 2,
            _ => 3,
        };
        let taken = 1 + why + 1;
        Self {
            list: Rect {
                y: split.list.y + 1,
                height: split.list.height.saturating_sub(1),
                ..split.list
            },
            title: Rect::new(x, pane.y, columns, 1),
            why: Rect::new(x, pane.y + 1, columns, why),
            text: Rect::new(x, pane.y + taken, columns, pane.height.saturating_sub(taken)),
            split,
        }
    }
}

pub(super) fn draw(review: &Review, cx: &Cx, made: &Made, paint: &mut Paint) {
    let Some(planned) = cx.planned.filter(|_| !made.items.is_empty()) else { return };
    let layout = Layout::of(cx, review);
    let sheet = made.sheets.get(review.rows.at);
    if review.full {
        if let Some(sheet) = sheet {
            pane(review, &layout, sheet, 0, paint);
        }
        return;
    }
    let help = if layout.split.help.is_some() { review.help(cx) } else { Default::default() };
    layout.split.view(paint, &help);
    if layout.split.both || !review.pane {
        list(review, &layout, planned, made, paint);
    }
    if let Some(sheet) = sheet.filter(|_| layout.split.both || review.pane) {
        pane(review, &layout, sheet, 1, paint);
    }
}

/// A line of the list: a row that can be looked at, or what stands between such rows.
enum Entry {
    Row(usize),
    Heading(&'static str),
    Blank,
}

fn entries(items: &[Item]) -> Vec<Entry> {
    let mut out = Vec::new();
    let mut before = None;
    for (index, item) in items.iter().enumerate() {
        let heading = match item {
            Item::Step(id) if id.starts_with("deploy:") => Some("Machines"),
            Item::Done(_) | Item::Step(_) => None,
            Item::Decision(_) | Item::Branch => Some("Afterwards"),
            Item::Chosen(_) => Some("Chosen for you"),
            Item::Remark(_) => Some("Worth knowing"),
        };
        if let Some(heading) = heading.filter(|heading| before != Some(*heading)) {
            if !out.is_empty() {
                out.push(Entry::Blank);
            }
            out.push(Entry::Heading(heading));
        }
        before = heading;
        out.push(Entry::Row(index));
    }
    out
}

/// `8 steps, none needs an admin`.
fn summary(planned: &Planned) -> String {
    let all = &planned.plan.steps;
    let admin = all.iter().filter(|step| step.needs == Needs::Admin).count();
    let admin = match admin {
        0 => "none needs an admin".to_owned(),
        1 => "1 needs an admin".to_owned(),
        n => format!("{n} need an admin"),
    };
    match (all.len() + earlier(planned).count(), left(planned)) {
        (_, 0) => String::new(),
        (all, left) if left < all => format!("{left} left, {admin}"),
        (all, _) => format!("{}, {admin}", steps(all)),
    }
}

fn list(review: &Review, layout: &Layout, planned: &Planned, made: &Made, paint: &mut Paint) {
    let area = layout.list;
    paint.cut(2, area.y - 1, area.width.saturating_sub(3), Role::Text, &summary(planned));
    let mut place = part(paint, area);
    let entries = entries(&made.items);
    let at = entries.iter().position(|e| matches!(e, Entry::Row(i) if *i == review.rows.at));
    let room = usize::from(area.height);
    // The heading of the first row below it stays with it.
    let seen = crate::front::tui::screen::Rows { at: at.unwrap_or_default() };
    let first = seen.first(entries.len(), room);
    for (y, entry) in (0..area.height).zip(entries.iter().skip(first)) {
        match entry {
            Entry::Row(index) => row(review, made, *index, y, &mut place),
            Entry::Heading(text) => {
                place.text(2, y, Role::Heading, text);
            }
            Entry::Blank => {}
        }
    }
}

fn row(review: &Review, made: &Made, index: usize, y: u16, paint: &mut Paint) {
    let Some(sheet) = made.sheets.get(index) else { return };
    let columns = paint.width();
    if sheet.differs {
        paint.text(0, y, Role::Warn, "*");
    }
    let (start, role) = match sheet.mark {
        Mark::Number(number) => {
            paint.right(4, y, Role::Text, &number.to_string());
            (5, Role::Text)
        }
        Mark::Done => {
            paint.text(3, y, Role::Good, "✓");
            (5, Role::Text)
        }
        Mark::Taken => {
            paint.text(2, y, Role::Muted, "~");
            (4, Role::Muted)
        }
        Mark::Decision => {
            paint.text(2, y, Role::Text, "?");
            (4, Role::Text)
        }
        Mark::Remark => {
            paint.text(2, y, Role::Warn, "!");
            (4, Role::Text)
        }
    };
    let end = aside(sheet, start, y, paint);
    let field = review.naming.as_ref().filter(|_| index == review.rows.at);
    let name = if field.is_some() { BRANCH } else { sheet.name.as_str() };
    let x = paint.cut(start, y, end.saturating_sub(start), role, name);
    if let Some(field) = field {
        paint.text(start - 4, y, Role::Text, "▸");
        field.view(paint, x, y, end.saturating_sub(x), true);
        return paint.hit(0, y, columns, 1, Target::Row(0, index));
    }
    if index == review.rows.at {
        paint.text(start - 4, y, Role::Text, "▸");
        if review.on == On::List {
            paint.focus(0, y, columns);
        }
    }
    paint.hit(0, y, columns, 1, Target::Row(0, index));
}

/// Writes at the row's end that a step is done, or whom it takes. Gives the column before which
/// its name ends.
fn aside(sheet: &Sheet, start: u16, y: u16, paint: &mut Paint) -> u16 {
    let end = paint.width().saturating_sub(1);
    let word = match sheet.mark {
        // The tick says it as well; the name is more.
        Mark::Done if usize::from(start) + width(&sheet.name) + 5 <= usize::from(end) => "done",
        Mark::Number(_) if sheet.admin => "admin",
        _ => return end,
    };
    paint.right(end, y, Role::Muted, word).saturating_sub(1)
}

fn pane(review: &Review, layout: &Layout, sheet: &Sheet, number: usize, paint: &mut Paint) {
    let focused = review.on == On::Pane;
    title(review, layout, sheet, paint);
    let rows = usize::from(layout.why.height);
    reason(layout.why, &sheet.why, rows, paint);
    let text = sheet.text(review.by_hand);
    let at = layout.text;
    let edge = layout.title.x - if review.full || !layout.split.both { 2 } else { 1 };
    let wide = at.right() + 1 - edge;
    paint.rule(edge, at.y - 1, wide, "");
    let last = text.last_top(at.width, at.height, review.wrap);
    let room = usize::from(at.height.max(1));
    let top = review.scroll.first(last + room, room);
    let search = Some(&review.search).filter(|search| search.is_open());
    let below = View { text, top, wrap: review.wrap, search }.draw(&mut part(paint, at));
    if below > 0 {
        let more = if below == 1 { "1 more line" } else { &format!("{below} more lines") };
        paint.right(at.right().saturating_sub(2), at.y - 1, Role::Rule, &format!(" {more} "));
    }
    paint.hit(
        edge,
        layout.title.y,
        wide,
        at.bottom() - layout.title.y,
        Target::Part(number_of(review, number)),
    );
    if focused {
        paint.text(edge, layout.title.y, Role::Text, "▸");
        paint.cursor(at.x, at.y.min(at.bottom().saturating_sub(1)));
    }
    if review.search.is_open() {
        review.search.view(paint, at.x, at.bottom().saturating_sub(1), at.width);
    }
}

/// Over the whole body the pane is the only part.
fn number_of(review: &Review, number: usize) -> usize {
    if review.full { 0 } else { number }
}

/// The file and how much of it changes; at the right the two views.
fn title(review: &Review, layout: &Layout, sheet: &Sheet, paint: &mut Paint) {
    let at = layout.title;
    let end = at.right();
    let views = match (&sheet.by_hand, review.by_hand) {
        (None, _) => ["", ""],
        (_, false) => ["[Changes]", "By hand"],
        (_, true) => ["Changes", "[By hand]"],
    };
    let role = |view: &str| if view.starts_with('[') { Role::Accent } else { Role::Text };
    let second = paint.right(end, at.y, role(views[1]), views[1]);
    let first = paint.right(second.saturating_sub(2), at.y, role(views[0]), views[0]);
    let room = usize::from(first.saturating_sub(at.x + 2));
    let (path, after) = &sheet.title;
    let shown = cut_path(path, room.saturating_sub(width(after)), paint.theme.ellipsis());
    paint.cut(
        at.x,
        at.y,
        first.saturating_sub(at.x + 2),
        Role::Heading,
        &format!("{shown}{after}"),
    );
}

/// The columns that prose takes at most.
const PROSE: u16 = 76;

fn rows_of(why: &str, columns: u16) -> u16 {
    let lines = wrap(&sanitise(why), usize::from(columns.min(PROSE)));
    u16::try_from(lines.len()).unwrap_or(u16::MAX)
}

/// As much of the reason as has room.
fn reason(at: Rect, why: &str, rows: usize, paint: &mut Paint) {
    let columns = at.width.min(PROSE);
    let lines = wrap(&sanitise(why), usize::from(columns));
    for (y, line) in (at.y..).zip(lines.iter().take(rows)) {
        let is_last = y + 1 == at.bottom() && lines.len() > rows;
        let rest = if is_last { lines[rows].as_str() } else { "" };
        paint.cut(at.x, y, columns, Role::Text, format!("{line} {rest}").trim_end());
    }
}
