//! The picture: the table, below it what is known of one row, and what the words mean.

use crate::front::sanitise;
use crate::front::tui::field::Field;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::Cx;
use crate::front::tui::text::{width, wrap};
use crate::front::tui::theme::Role;
use crate::front::world::Readers;
use crate::secrets::matrix::{Cell, LEGEND, Remark, Row};

use super::Matrix;
use super::detail::{Line, lines, title};

/// Rows of the body, from its height alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Rows of the list, below the table's heading.
    pub(super) list: u16,
    /// Where the rule above the details is.
    rule: u16,
    /// Rows of details below it.
    detail: u16,
    /// Whether what the words mean stands at the end.
    legend: bool,
}

impl Layout {
    pub(super) fn of(height: u16) -> Self {
        // A low body keeps the list and the details; what the words mean is in the help.
        let legend = height >= 16;
        let (below, gap) = if legend { (3, 1) } else { (0, 0) };
        let detail = match height {
            30.. => 10,
            16.. => 5,
            _ => 4,
        };
        let list = height.saturating_sub(1 + gap + 1 + detail + below).max(1);
        Self { list, rule: 1 + list + gap, detail, legend }
    }
}

/// Columns, from the width alone.
#[derive(Debug, Clone, Copy)]
struct Columns {
    file: u16,
    /// Where the cells begin, how wide each is, and how many there are room for.
    cells: u16,
    cell: u16,
    room: u16,
    /// Where remarks begin.
    remarks: u16,
}

impl Columns {
    fn of(width: u16) -> Self {
        let cell = if width >= 120 { 10 } else { 7 };
        let file = match width {
            ..80 => 22,
            80..120 => 31,
            120..160 => 44,
            _ => 64,
        };
        let cells = 4 + file + 2;
        let room = width.saturating_sub(cells + 8) / cell;
        Self { file, cells, cell, room, remarks: cells + room * cell }
    }
}

/// Where the passphrase of a key is typed.
pub(super) fn passphrase(field: &Field, cx: &Cx, readers: Option<&Readers>, paint: &mut Paint) {
    let locked = readers.map(|readers| readers.locked.join(", ")).unwrap_or_default();
    let words = format!(
        "A passphrase protects {}. With it this screen sees what that key opens, and can encrypt \
         such files again.",
        sanitise(&locked)
    );
    let y = paint.prose(2, 2, cx.area.width.saturating_sub(3), Role::Text, &words) + 1;
    paint.text(2, y, Role::Text, "Passphrase");
    field.view(paint, 14, y, 40, true);
}

pub(super) fn table(screen: &Matrix, cx: &Cx, readers: &Readers, paint: &mut Paint) {
    let layout = Layout::of(paint.height());
    let count = screen.count(readers);
    let first = screen.rows().first(count, usize::from(layout.list));
    let columns = Columns::of(paint.width());
    match screen.by_key {
        true => key_heading(columns, paint),
        false => file_heading(columns, readers, paint),
    }
    for (y, at) in (1..=layout.list).zip(first..count) {
        let chosen = at == screen.rows().at;
        match screen.by_key {
            true => key_row(columns, readers, at, y, paint),
            false => {
                if let Some(row) = readers.matrix.rows.get(at) {
                    file_row(columns, row, y, paint);
                }
            }
        }
        if chosen {
            paint.text(2, y, Role::Text, "▸");
            if screen.button.is_none() {
                paint.focus(0, y, paint.width());
            }
        }
        paint.hit(0, y, paint.width(), 1, Target::Row(0, at));
    }
    details(screen, cx, readers, layout, paint);
    screen.search.view(paint, 2, layout.rule, paint.width().saturating_sub(4));
}

fn file_heading(columns: Columns, readers: &Readers, paint: &mut Paint) {
    paint.text(4, 0, Role::Muted, "file");
    let all = &readers.matrix.columns;
    let mut x = columns.cells;
    for column in all.iter().take(usize::from(columns.room)) {
        paint.cut(x, 0, columns.cell - 1, Role::Muted, &column.label());
        x += columns.cell;
    }
    let more = all.len().saturating_sub(usize::from(columns.room));
    if more > 0 {
        paint.right(paint.width().saturating_sub(1), 0, Role::Muted, &format!("+{more} more"));
    }
}

fn file_row(columns: Columns, row: &Row, y: u16, paint: &mut Paint) {
    paint.path(4, y, columns.file, Role::Text, &row.file);
    let mut x = columns.cells;
    for cell in row.cells.iter().take(usize::from(columns.room)) {
        paint.text(x, y, role(*cell), cell.word());
        x += columns.cell;
    }
    let room = paint.width().saturating_sub(columns.remarks + 1);
    let short = match row.remarks.first() {
        Some(Remark::NoRule) => "no rule",
        // All of it is in the details.
        Some(Remark::Unreadable { .. } | Remark::RuleUnreadable { .. }) => "?",
        Some(_) => "! note",
        None => return,
    };
    paint.cut(columns.remarks, y, room, Role::Warn, short);
}

fn role(cell: Cell) -> Role {
    match cell {
        Cell::Yes | Cell::No => Role::Text,
        Cell::Add | Cell::Gone => Role::Bad,
    }
}

fn key_heading(columns: Columns, paint: &mut Paint) {
    paint.text(4, 0, Role::Muted, "person");
    for (at, word) in ["can open", "+ add", "- gone"].iter().enumerate() {
        let end = columns.cells + (u16::try_from(at).unwrap_or(0) + 1) * 9;
        paint.right(end, 0, Role::Muted, word);
    }
}

fn key_row(columns: Columns, readers: &Readers, at: usize, y: u16, paint: &mut Paint) {
    let Some(column) = readers.matrix.columns.get(at) else { return };
    paint.cut(4, y, columns.file, Role::Text, &column.label());
    let of = |wanted: Cell| {
        readers.matrix.rows.iter().filter(|row| row.cells.get(at) == Some(&wanted)).count()
    };
    let (yes, add, gone) = (of(Cell::Yes), of(Cell::Add), of(Cell::Gone));
    let shown = [(yes + gone, Role::Text), (add, Role::Bad), (gone, Role::Bad)];
    for (place, (count, role)) in (1..).zip(shown) {
        if place == 1 || count > 0 {
            paint.right(columns.cells + place * 9, y, role, &count.to_string());
        }
    }
    if readers.here.get(at).is_some_and(|here| *here) {
        paint.text(columns.cells + 29, y, Role::Good, "here");
    }
}

fn details(screen: &Matrix, cx: &Cx, readers: &Readers, layout: Layout, paint: &mut Paint) {
    let wide = paint.width().saturating_sub(4);
    paint.rule(2, layout.rule, wide, &title(screen, readers));
    let room = usize::from(layout.detail);
    let lines = lines(screen, cx, readers);
    let laid = laid(&lines, paint.width());
    for (y, line) in (layout.rule + 1..).zip(laid.iter().take(room)) {
        line.view(y, paint);
    }
    if laid.len() > room {
        let y = layout.rule + layout.detail;
        paint.right(paint.width().saturating_sub(1), y, Role::Muted, "… Enter");
    }
    if layout.legend {
        for (y, words) in (layout.rule + layout.detail + 1..).zip(LEGEND) {
            paint.cut(2, y, wide, Role::Muted, words);
        }
    }
}

/// All that is known of the row, scrolled.
pub(super) fn full(screen: &Matrix, cx: &Cx, readers: &Readers, paint: &mut Paint) {
    let wide = paint.width().saturating_sub(4);
    paint.rule(2, 0, wide, &title(screen, readers));
    let lines = lines(screen, cx, readers);
    let laid = laid(&lines, paint.width());
    let room = usize::from(paint.height().saturating_sub(1));
    let first = screen.scroll.first(laid.len(), room);
    for (y, line) in (1..paint.height()).zip(laid.iter().skip(first)) {
        line.view(y, paint);
    }
    paint.cursor(2, 0);
}

/// How many rows [`full`] has.
pub(super) fn full_rows(screen: &Matrix, cx: &Cx, readers: &Readers) -> usize {
    laid(&lines(screen, cx, readers), cx.body().width).len()
}

/// One row of details.
struct Laid<'a> {
    label: &'a str,
    words: String,
    aside: &'a str,
}

fn laid<'a>(lines: &'a [Line], columns: u16) -> Vec<Laid<'a>> {
    let room = columns.saturating_sub(12).min(76);
    let mut laid = Vec::new();
    for line in lines {
        // What stands at the right must not be written over.
        let taken = if line.aside.is_empty() { 0 } else { width(line.aside) + 2 };
        let room = usize::from(room).saturating_sub(taken).max(10);
        let wrapped = line.words.lines().flat_map(|words| wrap(&sanitise(words), room));
        for (at, words) in wrapped.enumerate() {
            let (label, aside) = if at == 0 { (line.label, line.aside) } else { ("", "") };
            laid.push(Laid { label, words, aside });
        }
    }
    laid
}

impl Laid<'_> {
    fn view(&self, y: u16, paint: &mut Paint) {
        paint.text(2, y, Role::Text, self.label);
        paint.text(11, y, Role::Text, &self.words);
        if !self.aside.is_empty() {
            paint.right(paint.width().saturating_sub(1), y, Role::Muted, self.aside);
        }
    }
}
