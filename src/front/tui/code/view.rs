//! Lines in a place: numbers and signs in a gutter, long lines cut or wrapped. Only the lines that
//! are seen are touched.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Line, Side, Span};
use crate::front::tui::paint::Paint;
use crate::front::tui::search::Search;
use crate::front::tui::text::{self, width};
use crate::front::tui::theme::{Palette, Role, Theme};

/// Columns that numbers have at least.
const GUTTER: u16 = 3;

/// How lines are looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) lines: &'a [Line],
    /// The first line that is seen.
    pub(crate) top: usize,
    pub(crate) wrap: bool,
    /// What is found is marked.
    pub(crate) search: Option<&'a Search>,
}

impl View<'_> {
    /// Draws into the whole of `paint`.
    pub(crate) fn draw(self, paint: &mut Paint) {
        let gutter = gutter(self.lines);
        let (columns, rows) = (paint.width(), paint.height());
        let mut y = 0;
        for line in self.lines.iter().skip(self.top) {
            let x = margin(line, gutter);
            let room = usize::from(columns.saturating_sub(x));
            numbered(paint, y, line, gutter);
            for segment in shown(line, room, self.wrap, paint.theme.ellipsis()) {
                if y >= rows {
                    return;
                }
                row(paint, x, y, &segment, self.search);
                y += 1;
            }
        }
    }
}

/// The line to begin with so that the last one is just seen.
pub(crate) fn last_top(lines: &[Line], columns: u16, rows: u16, wrap: bool) -> usize {
    let gutter = gutter(lines);
    let mut left = usize::from(rows.max(1));
    for (at, line) in lines.iter().enumerate().rev() {
        let room = usize::from(columns.saturating_sub(margin(line, gutter)));
        let takes = if wrap { wrapped(line, room).len() } else { 1 };
        match left.checked_sub(takes) {
            Some(0) => return at,
            Some(rest) => left = rest,
            // A line that is higher than the whole place still has to be reached.
            None => return (at + 1).min(lines.len().saturating_sub(1)),
        }
    }
    0
}

/// Columns of the numbers.
fn gutter(lines: &[Line]) -> u16 {
    // Numbers rise, but the old text's and the new one's are mixed.
    let highest = lines.iter().rev().take(64).filter_map(|line| line.number).max();
    let digits = highest.map_or(0, |number| number.to_string().len());
    u16::try_from(digits).unwrap_or(0).max(GUTTER)
}

/// The column that a line's text begins in.
fn margin(line: &Line, gutter: u16) -> u16 {
    if line.number.is_some() { gutter + 3 } else { 0 }
}

fn numbered(paint: &mut Paint, y: u16, line: &Line, gutter: u16) {
    if let Some(number) = line.number {
        mark(paint, gutter, y, number, line.side);
    }
}

/// The number, ending before column `end`, and the sign after it.
fn mark(paint: &mut Paint, end: u16, y: u16, number: usize, side: Side) {
    let (role, sign) = match side {
        Side::Same => (Role::Muted, " "),
        Side::Added => (Role::Added, "+"),
        Side::Removed => (Role::Removed, "-"),
    };
    let beside = match side {
        Side::Same => Role::Muted,
        Side::Added | Side::Removed if painted(paint.theme) => role,
        Side::Added | Side::Removed => Role::Text,
    };
    let from = end.saturating_sub(GUTTER);
    paint.text(from, y, beside, &" ".repeat(usize::from(end + 3 - from)));
    paint.right(end, y, beside, &number.to_string());
    paint.text(end + 1, y, role, sign);
}

/// In the person's own palette only the sign of a line that comes or goes is coloured; without any
/// colour one that goes stays underlined.
fn as_shown(theme: Theme, role: Role) -> Role {
    match role {
        Role::Added if !painted(theme) => Role::Text,
        Role::Removed if theme.palette == Palette::Sixteen => Role::Text,
        role => role,
    }
}

/// Whether the theme has a background of its own.
fn painted(theme: Theme) -> bool {
    matches!(theme.palette, Palette::Dark | Palette::Light)
}

/// Draws one line of runs from column `x` on: the number in `digits` columns, the sign, the text,
/// cut at the place's end. Gives the column where the text begins.
pub(crate) fn line(
    paint: &mut Paint,
    x: u16,
    y: u16,
    (number, digits): (usize, u16),
    side: Side,
    runs: &[(Role, &str)],
) -> u16 {
    mark(paint, x + digits, y, number, side);
    let start = x + digits + 3;
    let own = |role: Role| match side {
        Side::Same => role,
        Side::Added => Role::Added,
        Side::Removed => Role::Removed,
    };
    let spans: Vec<Span> = runs.iter().map(|(role, text)| Span::new(own(*role), *text)).collect();
    let room = usize::from(paint.width().saturating_sub(start + 1));
    row(paint, start, y, &cut(&spans, room, paint.theme.ellipsis()), None);
    start
}

/// A line in as many rows as it takes.
fn shown(line: &Line, columns: usize, wrap: bool, ellipsis: &str) -> Vec<Vec<Span>> {
    if wrap { wrapped(line, columns) } else { vec![cut(&line.spans, columns, ellipsis)] }
}

fn cut(spans: &[Span], columns: usize, ellipsis: &str) -> Vec<Span> {
    let whole: usize = spans.iter().map(|span| width(&span.text)).sum();
    if whole <= columns {
        return spans.to_vec();
    }
    let mut room = columns.saturating_sub(width(ellipsis));
    let mut out = Vec::new();
    for span in spans {
        let kept = text::fitting(&span.text, room);
        room -= width(kept);
        out.push(Span::new(span.role, kept));
        if kept.len() < span.text.len() {
            out.push(Span::new(span.role, text::fitting(ellipsis, columns)));
            break;
        }
    }
    out
}

fn wrapped(line: &Line, columns: usize) -> Vec<Vec<Span>> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    let mut row: Vec<Span> = Vec::new();
    let mut taken = 0;
    for span in &line.spans {
        for cluster in span.text.graphemes(true) {
            let wide = width(cluster);
            if taken + wide > columns && taken > 0 {
                rows.push(std::mem::take(&mut row));
                taken = 0;
            }
            taken += wide;
            match row.last_mut() {
                Some(last) if last.role == span.role => last.text.push_str(cluster),
                _ => row.push(Span::new(span.role, cluster)),
            }
        }
    }
    rows.push(row);
    rows
}

fn row(paint: &mut Paint, x: u16, y: u16, spans: &[Span], search: Option<&Search>) {
    let mut end = x;
    for span in spans {
        end = paint.text(end, y, as_shown(paint.theme, span.role), &span.text);
    }
    if let Some(search) = search {
        let text: String = spans.iter().map(|span| span.text.as_str()).collect();
        search.mark(paint, x, y, &text);
    }
}
