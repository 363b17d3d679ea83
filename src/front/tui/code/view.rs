//! Lines in a place: numbers and signs in a gutter, long lines cut or wrapped. Only what is seen
//! is touched, however long the text or one line of it is.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Line, Side, Span};
use crate::front::tui::paint::Paint;
use crate::front::tui::search::Search;
use crate::front::tui::text::{self, width};
use crate::front::tui::theme::{Palette, Role, Theme};

/// Columns that numbers have at least.
const GUTTER: u16 = 3;

/// A text that is looked at, in whatever lines it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text {
    lines: Vec<Line>,
    /// What is written on each, to be searched.
    plain: Vec<String>,
    /// Columns of the numbers.
    gutter: u16,
}

impl Text {
    pub(crate) fn new(lines: Vec<Line>) -> Self {
        let highest = lines.iter().filter_map(|line| line.number).max();
        let digits = highest.map_or(0, |number| number.to_string().len());
        Self {
            plain: lines.iter().map(Line::text).collect(),
            gutter: u16::try_from(digits).unwrap_or(GUTTER).max(GUTTER),
            lines,
        }
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What is written on each line.
    pub(crate) fn plain(&self) -> Vec<&str> {
        self.plain.iter().map(String::as_str).collect()
    }

    /// The line to begin with so that the last one is just seen.
    pub(crate) fn last_top(&self, columns: u16, rows: u16, wrap: bool) -> usize {
        let mut left = usize::from(rows.max(1));
        for (at, line) in self.lines.iter().enumerate().rev() {
            let takes = match wrap || line.is_words() {
                true => wrapped(line, self.room(line, columns), left + 1).len(),
                false => 1,
            };
            match left.checked_sub(takes) {
                Some(0) => return at,
                Some(rest) => left = rest,
                // A line that is higher than the whole place still has to be reached.
                None => return (at + 1).min(self.lines.len().saturating_sub(1)),
            }
        }
        0
    }

    /// The column that a line's text begins in.
    fn margin(&self, line: &Line) -> u16 {
        if line.number.is_some() { self.gutter + 3 } else { 0 }
    }

    fn room(&self, line: &Line, columns: u16) -> usize {
        usize::from(columns.saturating_sub(self.margin(line)))
    }
}

/// How a text is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) text: &'a Text,
    /// The first line that is seen.
    pub(crate) top: usize,
    /// Whether code is wrapped; words always are.
    pub(crate) wrap: bool,
    /// What it finds is marked.
    pub(crate) search: Option<&'a Search>,
}

impl View<'_> {
    /// Draws into the whole of `paint` and gives how many lines are left below it.
    pub(crate) fn draw(self, paint: &mut Paint) -> usize {
        let (columns, rows) = (paint.width(), paint.height());
        let mut y = 0;
        for (at, line) in self.text.lines.iter().enumerate().skip(self.top) {
            if y >= rows {
                return self.text.lines.len() - at;
            }
            if let Some(number) = line.number {
                mark(paint, (0, self.text.gutter), y, number, line.side);
            }
            let x = self.text.margin(line);
            let room = self.text.room(line, columns);
            let segments = match self.wrap || line.is_words() {
                true => wrapped(line, room, usize::from(rows - y)),
                false => vec![cut(&line.spans, room, paint.theme.ellipsis())],
            };
            for segment in segments {
                row(paint, x, y, &segment, self.search);
                y += 1;
            }
        }
        0
    }
}

/// The number between two columns, and the sign after it.
fn mark(paint: &mut Paint, (from, to): (u16, u16), y: u16, number: usize, side: Side) {
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
    paint.text(from, y, beside, &" ".repeat(usize::from((to + 3).saturating_sub(from))));
    paint.right(to, y, beside, &number.to_string());
    paint.text(to + 1, y, role, sign);
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

/// What fits, closed with an ellipsis when there is more.
fn cut(spans: &[Span], columns: usize, ellipsis: &str) -> Vec<Span> {
    let (whole, is_all) = start(spans, columns);
    if is_all {
        return whole;
    }
    let (mut kept, _) = start(spans, columns.saturating_sub(width(ellipsis)));
    let role = kept.last().or(spans.first()).map_or(Role::Text, |span| span.role);
    kept.push(Span::new(role, text::fitting(ellipsis, columns)));
    kept
}

/// As much as fits into `columns`, and whether that is all.
fn start(spans: &[Span], columns: usize) -> (Vec<Span>, bool) {
    let mut room = columns;
    let mut out = Vec::new();
    for span in spans {
        let kept = text::fitting(&span.text, room);
        room -= width(kept);
        out.push(Span::new(span.role, kept));
        if kept.len() < span.text.len() {
            return (out, false);
        }
    }
    (out, true)
}

/// A line in rows of at most `columns`, the first `most` of them: words broken at blanks, code
/// wherever it is full.
fn wrapped(line: &Line, columns: usize, most: usize) -> Vec<Vec<Span>> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    let mut row: Vec<(Role, &str)> = Vec::new();
    let mut taken = 0;
    for span in &line.spans {
        for cluster in span.text.graphemes(true) {
            let wide = width(cluster);
            if taken + wide > columns && taken > 0 {
                let blank = row.iter().rposition(|(_, cluster)| *cluster == " ");
                let at = blank.filter(|_| line.is_words()).map_or(row.len(), |at| at + 1);
                let rest = row.split_off(at);
                rows.push(joined(&row));
                if rows.len() == most {
                    return rows;
                }
                taken = rest.iter().map(|(_, cluster)| width(cluster)).sum();
                row = rest;
            }
            taken += wide;
            row.push((span.role, cluster));
        }
    }
    rows.push(joined(&row));
    rows
}

/// Neighbours of one role in one span.
fn joined(clusters: &[(Role, &str)]) -> Vec<Span> {
    let of_one_role = clusters.chunk_by(|a, b| a.0 == b.0);
    of_one_role
        .filter_map(|run| {
            let text: String = run.iter().map(|(_, cluster)| *cluster).collect();
            Some(Span { role: run.first()?.0, text })
        })
        .collect()
}
