//! Lines in a place: numbers and signs in a gutter, long lines cut or wrapped. Only the lines that
//! are seen are touched.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Line, Side, Span};
use crate::front::tui::paint::Paint;
use crate::front::tui::text::{self, width};
use crate::front::tui::theme::Role;

/// How lines are looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) lines: &'a [Line],
    /// The first line that is seen.
    pub(crate) top: usize,
    pub(crate) wrap: bool,
    /// What is marked wherever it stands; empty: nothing.
    pub(crate) sought: &'a str,
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
                row(paint, x, y, &segment, self.sought);
                y += 1;
            }
        }
    }
}

/// Rows that a line takes in `columns`.
pub(crate) fn rows_of(lines: &[Line], at: usize, columns: u16, wrap: bool) -> usize {
    let Some(line) = lines.get(at).filter(|_| wrap) else { return 1 };
    let room = columns.saturating_sub(margin(line, gutter(lines)));
    wrapped(line, usize::from(room)).len()
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
    u16::try_from(digits.max(3)).unwrap_or(3)
}

/// The column that a line's text begins in.
fn margin(line: &Line, gutter: u16) -> u16 {
    if line.number.is_some() { gutter + 3 } else { 0 }
}

fn numbered(paint: &mut Paint, y: u16, line: &Line, gutter: u16) {
    let Some(number) = line.number else { return };
    let (role, sign) = match line.side {
        Side::Same => (Role::Muted, " "),
        Side::Added => (Role::Added, "+"),
        Side::Removed => (Role::Removed, "-"),
    };
    let end = paint.text(0, y, role, &format!("{number:>0$}", usize::from(gutter)));
    paint.text(end, y, role, &format!(" {sign} "));
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

fn row(paint: &mut Paint, x: u16, y: u16, spans: &[Span], sought: &str) {
    let mut end = x;
    for span in spans {
        end = paint.text(end, y, span.role, &span.text);
    }
    if sought.is_empty() {
        return;
    }
    let text: String = spans.iter().map(|span| span.text.as_str()).collect();
    for (at, found) in super::found(&text, sought) {
        let start = u16::try_from(width(&text[..at])).unwrap_or(u16::MAX);
        let wide = u16::try_from(width(found)).unwrap_or(u16::MAX);
        paint.lay(x.saturating_add(start), y, wide, Role::Match);
    }
}
