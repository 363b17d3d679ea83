//! How Review is drawn.

use ratatui::layout::Rect;

use super::made::{Item, Made, Sheet};
use super::{On, Review, is_done, left, steps};
use crate::front::tui::code::View;
use crate::front::tui::frame::Size;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::{Split, part};
use crate::front::tui::screen::{Cx, Planned, Screen as _};
use crate::front::tui::text::{cut_path, width, wrap};
use crate::front::tui::theme::Role;
use crate::plan::{Needs, Step};

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
            (true, _) => 0,
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
            Item::Step(_) => None,
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
    match (all.len(), left(planned)) {
        (0, _) => "Nothing to apply".to_owned(),
        (all, left) if left < all => format!("{} left, {admin}", steps(left)),
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
            Entry::Row(index) => row(review, planned, made, *index, y, &mut place),
            Entry::Heading(text) => {
                place.text(2, y, Role::Heading, text);
            }
            Entry::Blank => {}
        }
    }
}

fn row(review: &Review, planned: &Planned, made: &Made, index: usize, y: u16, paint: &mut Paint) {
    let (Some(item), Some(sheet)) = (made.items.get(index), made.sheets.get(index)) else { return };
    let columns = paint.width();
    match item {
        Item::Step(_) => step(planned, sheet, index, y, paint),
        Item::Chosen(_) => {
            paint.text(2, y, Role::Muted, "~");
            paint.cut(4, y, columns.saturating_sub(5), Role::Muted, &sheet.name);
        }
        Item::Remark(_) => {
            paint.text(2, y, Role::Warn, "!");
            paint.cut(4, y, columns.saturating_sub(5), Role::Text, &sheet.name);
        }
    }
    if index == review.rows.at {
        let x = if matches!(item, Item::Step(_)) { 1 } else { 0 };
        paint.text(x, y, Role::Text, "▸");
        if review.on == On::List {
            paint.focus(0, y, columns);
        }
    }
    paint.hit(0, y, columns, 1, Target::Row(0, index));
}

fn step(planned: &Planned, sheet: &Sheet, index: usize, y: u16, paint: &mut Paint) {
    let Some(step) = planned.plan.steps.get(index) else { return };
    let done = is_done(planned, step);
    let columns = paint.width();
    if sheet.differs {
        paint.text(0, y, Role::Warn, "*");
    }
    if done {
        paint.text(3, y, Role::Good, "✓");
    } else {
        paint.right(4, y, Role::Text, &(index + 1).to_string());
    }
    let word = aside(step, done);
    let end = paint.right(columns.saturating_sub(1), y, Role::Muted, word);
    let gap = if word.is_empty() { 0 } else { 1 };
    paint.cut(5, y, end.saturating_sub(5 + gap), Role::Text, &sheet.name);
}

/// What stands beside a step: that it is done, or whom it takes.
fn aside(step: &Step, done: bool) -> &'static str {
    match step.needs {
        _ if done => "done",
        Needs::Admin => "admin",
        Needs::You => "",
    }
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
    let (columns, height, wraps) = (at.width, at.height, review.wraps());
    let last = text.last_top(columns, height, wraps);
    let room = usize::from(height.max(1));
    let top = review.scroll.first(last + room, room);
    if let Some(more) = beyond(text.lines().len(), top, last, room, wraps) {
        paint.right(at.right().saturating_sub(2), at.y - 1, Role::Rule, &format!(" {more} "));
    }
    let search = Some(&review.search).filter(|search| search.is_open());
    View { text, top, wrap: wraps, search }.draw(&mut part(paint, at));
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

/// What is below the last line that is seen.
fn beyond(count: usize, top: usize, last: usize, room: usize, wraps: bool) -> Option<String> {
    match (top < last, wraps) {
        (false, _) => None,
        (true, true) => Some("more below".to_owned()),
        (true, false) => Some(match count.saturating_sub(top + room) {
            1 => "1 more line".to_owned(),
            n => format!("{n} more lines"),
        }),
    }
}

/// The file and how much of it changes; at the right the two views.
fn title(review: &Review, layout: &Layout, sheet: &Sheet, paint: &mut Paint) {
    let at = layout.title;
    let end = at.right() - 1;
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

/// As much of the reason as has room; all of it is in the help.
fn reason(at: Rect, why: &str, rows: usize, paint: &mut Paint) {
    let columns = at.width.min(76);
    let lines = wrap(&crate::front::sanitise(why), usize::from(columns));
    for (y, line) in (at.y..).zip(lines.iter().take(rows)) {
        let is_last = y + 1 == at.bottom() && lines.len() > rows;
        let rest = if is_last { lines[rows].as_str() } else { "" };
        paint.cut(at.x, y, columns, Role::Text, format!("{line} {rest}").trim_end());
    }
}
