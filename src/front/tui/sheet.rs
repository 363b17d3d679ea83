//! A page of text with rows in it that can be chosen: made anew for each drawing, longer than its
//! place if need be, and then scrolled so that the chosen row is seen.

use super::code;
use super::paint::{Paint, Target};
use super::pane::Scroll;
use super::text::{fitting, width, wrap};
use super::theme::Role;
use crate::front::sanitise;

/// Prose is never wider.
const PROSE: u16 = 76;

/// A page.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    columns: u16,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, Default)]
struct Line {
    pieces: Vec<(u16, Role, String)>,
    /// Ends before the last column.
    right: Option<(Role, String)>,
    rule: Option<String>,
    /// The row it belongs to.
    row: Option<usize>,
}

impl Sheet {
    pub(crate) fn new(columns: u16) -> Self {
        Self { columns, lines: Vec::new() }
    }

    pub(crate) fn columns(&self) -> u16 {
        self.columns
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Its lines as text, for a file.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> {
        self.lines.iter().map(|line| {
            let mut text = String::new();
            let pieces = line.pieces.iter().map(|(x, _, piece)| (*x, piece));
            for (x, piece) in pieces.filter(|(_, piece)| !piece.is_empty()) {
                let wide = width(&text);
                text.push_str(&" ".repeat(usize::from(x).saturating_sub(wide)));
                text.push_str(piece);
            }
            match (&line.right, &line.rule) {
                (Some((_, words)), _) if !words.is_empty() => format!("{text}  ({words})"),
                (_, Some(title)) => format!("  -- {title} --"),
                _ => text,
            }
        })
    }

    pub(crate) fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    /// One line, cut where the page ends.
    pub(crate) fn line(&mut self, pieces: &[(u16, Role, &str)]) {
        let owned = |(x, role, text): &(u16, Role, &str)| (*x, *role, (*text).to_owned());
        let pieces = pieces.iter().map(owned).collect();
        self.lines.push(Line { pieces, ..Line::default() });
    }

    /// Lines of prose from column `x` on.
    pub(crate) fn prose(&mut self, x: u16, role: Role, text: &str) {
        self.prose_within(x, self.columns.saturating_sub(x + 1).min(PROSE), role, text);
    }

    /// Lines of prose of at most `columns`.
    pub(crate) fn prose_within(&mut self, x: u16, columns: u16, role: Role, text: &str) {
        for line in wrap(&sanitise(text), usize::from(columns.max(1))) {
            self.lines.push(Line { pieces: vec![(x, role, line)], ..Line::default() });
        }
    }

    /// Prose with a sign or a word before its first line.
    pub(crate) fn marked(&mut self, at: u16, mark: (Role, &str), x: u16, role: Role, text: &str) {
        let columns = self.columns.saturating_sub(x + 1).min(PROSE);
        self.marked_within((at, mark.0, mark.1), (x, columns), role, text);
    }

    /// The same in at most so many columns.
    pub(crate) fn marked_within(
        &mut self,
        (at, mark_role, mark): (u16, Role, &str),
        (x, columns): (u16, u16),
        role: Role,
        text: &str,
    ) {
        let first = self.lines.len();
        self.prose_within(x, columns, role, text);
        if let Some(line) = self.lines.get_mut(first) {
            line.pieces.insert(0, (at, mark_role, mark.to_owned()));
        }
    }

    /// Of the lines since `first` no more than `most` stay; the last is closed with an ellipsis.
    pub(crate) fn at_most(&mut self, first: usize, most: usize) {
        let end = first + most.max(1);
        if self.lines.len() <= end {
            return;
        }
        self.lines.truncate(end);
        if let Some((_, _, text)) = self.lines.last_mut().and_then(|line| line.pieces.last_mut()) {
            text.push_str(" …");
        }
    }

    /// Text at the right end of the line that was added last.
    pub(crate) fn right(&mut self, role: Role, text: &str) {
        if let Some(line) = self.lines.last_mut() {
            line.right = Some((role, text.to_owned()));
        }
    }

    /// Lines of code, with their numbers before them; wrapped, or cut where the page ends.
    pub(crate) fn code(&mut self, lines: &[code::Line], wraps: bool) {
        /// Columns before a number, of a number, and of its sign.
        const NUMBER: u16 = 6;
        const TEXT: u16 = 10;
        let room = usize::from(self.columns.saturating_sub(TEXT + 1)).max(1);
        for line in lines {
            let mut pieces = Vec::new();
            let (role, sign) = match line.side {
                code::Side::Same => (Role::Muted, " "),
                code::Side::Added => (Role::Added, "+"),
                code::Side::Removed => (Role::Removed, "-"),
            };
            if let Some(number) = line.number {
                let digits = number.to_string();
                let x = NUMBER.saturating_sub(u16::try_from(digits.len()).unwrap_or(NUMBER));
                pieces.push((x + 1, Role::Muted, digits));
                pieces.push((NUMBER + 2, role, sign.to_owned()));
            }
            let mut x = usize::from(TEXT);
            for span in &line.spans {
                let mut rest = span.text.as_str();
                while wraps && x - usize::from(TEXT) + width(rest) > room {
                    let left = room.saturating_sub(x - usize::from(TEXT));
                    let start = fitting(rest, left);
                    if start.is_empty() && x == usize::from(TEXT) {
                        break;
                    }
                    pieces.push((
                        u16::try_from(x).unwrap_or(u16::MAX),
                        span.role,
                        start.to_owned(),
                    ));
                    rest = &rest[start.len()..];
                    self.lines
                        .push(Line { pieces: std::mem::take(&mut pieces), ..Line::default() });
                    x = usize::from(TEXT);
                }
                pieces.push((u16::try_from(x).unwrap_or(u16::MAX), span.role, rest.to_owned()));
                x += width(rest);
            }
            self.lines.push(Line { pieces, ..Line::default() });
        }
    }

    pub(crate) fn rule(&mut self, title: &str) {
        self.lines.push(Line { rule: Some(title.to_owned()), ..Line::default() });
    }

    /// What was added since line `first` is this row.
    pub(crate) fn row(&mut self, first: usize, row: usize) {
        for line in self.lines.iter_mut().skip(first) {
            line.row = Some(row);
        }
    }

    /// So scrolled that `row` is seen.
    pub(crate) fn reveal(&self, scroll: &mut Scroll, row: usize, room: u16) {
        let room = usize::from(room);
        let of = |line: &Line| line.row == Some(row);
        if let Some(last) = self.lines.iter().rposition(of) {
            scroll.show(last, self.lines.len(), room);
        }
        if let Some(first) = self.lines.iter().position(of) {
            scroll.show(first, self.lines.len(), room);
        }
    }

    /// Draws as much of it as fits, and says when that is not all. It is no part of its screen: what
    /// was drawn before can still be clicked.
    pub(crate) fn view_plain(&self, paint: &mut Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        for (y, line) in (0..rows).zip(&self.lines) {
            line.view(y, paint);
        }
        if self.lines.len() > usize::from(rows) && rows > 0 {
            paint.right(columns.saturating_sub(1), rows - 1, Role::Muted, " … Enter ");
        }
    }

    /// Draws it into the whole of `paint`, which is part 0 of its screen; `chosen` has the focus.
    pub(crate) fn view(&self, scroll: Scroll, chosen: Option<usize>, paint: &mut Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        let top = scroll.first(self.lines.len(), usize::from(rows));
        paint.hit(0, 0, columns, rows, Target::Part(0));
        let mut is_first = true;
        for (y, line) in (0..rows).zip(self.lines.iter().skip(top)) {
            line.view(y, paint);
            if let Some(row) = line.row {
                paint.hit(0, y, columns, 1, Target::Row(0, row));
                if chosen == Some(row) && is_first {
                    is_first = false;
                    paint.text(2, y, Role::Text, "▸");
                    paint.focus(0, y, columns);
                }
            }
        }
        let below = self.lines.len().saturating_sub(top + usize::from(rows));
        if below > 0 && rows > 0 {
            let words = format!(" {below} more below ");
            paint.right(columns.saturating_sub(1), rows - 1, Role::Muted, &words);
        }
    }
}

impl Line {
    fn view(&self, y: u16, paint: &mut Paint) {
        let columns = paint.width();
        if let Some(title) = &self.rule {
            paint.rule(2, y, columns.saturating_sub(4), title);
        }
        let end = columns.saturating_sub(2);
        let right = self.right.as_ref().filter(|(_, text)| !text.is_empty());
        let limit = match right {
            Some((_, text)) => end.saturating_sub(u16::try_from(width(text) + 2).unwrap_or(end)),
            None => columns.saturating_sub(1),
        };
        for (x, role, text) in &self.pieces {
            paint.cut(*x, y, limit.saturating_sub(*x), *role, text);
        }
        if let Some((role, text)) = right {
            paint.right(end, y, *role, text);
        }
    }
}

/// A heading that may be longer than its row: what stands there, and what follows as prose.
pub(crate) fn headline(text: &str, columns: u16) -> (&str, &str) {
    /// A first sentence that is shorter does not stand alone.
    const SHORT: usize = 20;
    if width(text) <= usize::from(columns) {
        return (text, "");
    }
    let ends = text.match_indices(". ").map(|(at, _)| at + 1);
    match ends.into_iter().find(|at| *at >= SHORT) {
        Some(at) => (&text[..at], text[at..].trim_start()),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_heading_is_parted_between_sentences() {
        let stopped = "Stopped. Steps 1 to 6 are done, step 7 was cut short. Go on with it later.";
        assert_eq!(
            headline(stopped, 60),
            ("Stopped. Steps 1 to 6 are done, step 7 was cut short.", "Go on with it later.")
        );
        assert_eq!(headline(stopped, 100), (stopped, ""));
        assert_eq!(headline("one word after another", 5), ("one word after another", ""));
    }
}
