//! A log pane as cells. Only rows in view are looked at.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::Style;

use super::layout::Row;
use super::lines::Lines;
use super::pane::Pane;
use super::rows::{self, Cut};

/// How a log looks; the theme has the values.
#[derive(Debug, Clone, Copy)]
pub struct Styles {
    pub text: Style,
    pub muted: Style,
    /// The line that is marked, and its sign.
    pub accent: Style,
    /// Lines that tell of an error.
    pub bad: Style,
    /// What was searched for.
    pub found: Style,
    /// Before the line that is marked or that the search stands on; one column.
    pub mark: &'static str,
    /// Where a line is cut.
    pub cut: &'static str,
}

impl Default for Styles {
    fn default() -> Self {
        let plain = Style::new();
        Self {
            text: plain,
            muted: plain,
            accent: plain,
            bad: plain,
            found: plain,
            mark: "▸",
            cut: "…",
        }
    }
}

/// Narrower panes have no column for marks.
const WITH_GUTTER: u16 = 8;

/// Columns for text in a pane of `width`: the first one is for marks.
pub(super) fn body(width: u16) -> u16 {
    width - gutter(width)
}

fn gutter(width: u16) -> u16 {
    u16::from(width >= WITH_GUTTER)
}

impl Pane {
    /// Draws what is in view. The first column is left for marks.
    pub fn view(&self, lines: &Lines, area: Rect, buf: &mut Buffer, styles: &Styles) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let layout = self.layout(lines, area.as_size());
        let top = self.top(&layout, area.height);
        for (y, row) in (area.top()..area.bottom()).zip(layout.rows_from(top)) {
            self.draw_row(&row, Rect { y, height: 1, ..area }, buf, styles);
        }
    }

    /// Where the terminal's cursor belongs, from the pane's corner: on the line that is current.
    pub fn cursor(&self, lines: &Lines, size: Size) -> Option<(u16, u16)> {
        let current = self.current(lines, size)?;
        let layout = self.layout(lines, size);
        let rows = layout.rows_from(self.top(&layout, size.height));
        let y = rows.take(usize::from(size.height)).position(|row| row.line == current)?;
        Some((0, u16::try_from(y).ok()?))
    }

    fn draw_row(&self, row: &Row, area: Rect, buf: &mut Buffer, styles: &Styles) {
        let is_marked = self.mark() == Some(row.line);
        let stands_here = self.search().and_then(|search| search.line()) == Some(row.line);
        if (is_marked || stands_here) && gutter(area.width) > 0 && row.bytes.start == 0 {
            buf.set_stringn(area.x, area.y, styles.mark, 1, styles.accent);
        }
        let places = self.search().map_or_else(Vec::new, |search| search.places(row.text));
        let looks = Looks { tones: Tones::of(row.text), places: &places, is_marked, styles };
        let body = Rect { x: area.x + gutter(area.width), width: body(area.width), ..area };
        if self.is_wrapped() {
            draw_bytes(row.text, &row.bytes, &looks, body, buf);
        } else {
            let focus = places.first().filter(|_| stands_here);
            draw_cut(row.text, focus, &looks, body, buf);
        }
    }
}

/// Draws what one row shows of a line that is not wrapped.
fn draw_cut(
    text: &str,
    focus: Option<&Range<usize>>,
    looks: &Looks,
    mut area: Rect,
    buf: &mut Buffer,
) {
    let styles = looks.styles;
    let wide = u16::try_from(styles.cut.chars().count()).unwrap_or(1);
    let Cut { bytes, left, right } = rows::cut(text, focus, area.width, wide);
    let sign = |x: u16, area: Rect, buf: &mut Buffer| {
        buf.set_stringn(x, area.y, styles.cut, usize::from(area.right() - x), styles.muted).0
    };
    if left {
        let x = sign(area.x, area, buf);
        area.width -= x - area.x;
        area.x = x;
    }
    let mut room = area;
    room.width = room.width.saturating_sub(if right { wide } else { 0 });
    let x = draw_bytes(text, &bytes, looks, room, buf);
    if right && x < area.right() {
        sign(x, area, buf);
    }
}

/// Draws these bytes of a line and says in which column they end.
fn draw_bytes(
    text: &str,
    bytes: &Range<usize>,
    looks: &Looks,
    area: Rect,
    buf: &mut Buffer,
) -> u16 {
    let mut x = area.x;
    let pieces = rows::row(text, bytes.start, usize::from(area.width));
    for piece in pieces.take_while(|piece| piece.at < bytes.end) {
        let style = looks.at(piece.at);
        // A wide character in a pane of one column has no room: nothing of it is drawn.
        let room = area.right().saturating_sub(x);
        let width = u16::try_from(piece.width).unwrap_or(u16::MAX).min(room);
        if piece.symbol.is_empty() {
            buf.set_style(Rect { x, width, ..area }, style);
        } else {
            buf.set_stringn(x, area.y, piece.symbol, usize::from(room), style);
        }
        x += width;
    }
    x
}

/// The style of each byte of a line.
struct Looks<'a> {
    tones: Tones,
    places: &'a [Range<usize>],
    is_marked: bool,
    styles: &'a Styles,
}

impl Looks<'_> {
    fn at(&self, byte: usize) -> Style {
        let styles = self.styles;
        if self.places.iter().any(|place| place.contains(&byte)) {
            return styles.found;
        }
        match &self.tones {
            Tones::Error => styles.bad,
            _ if self.is_marked => styles.accent,
            Tones::Work { verb, source } if byte < *verb || byte >= *source => styles.muted,
            _ => styles.text,
        }
    }
}

/// What is loud and what is quiet in a line.
enum Tones {
    Plain,
    /// It tells of an error.
    Error,
    /// Up to `verb` and from `source` on it says how; in between, what, which is what people
    /// look for.
    Work {
        verb: usize,
        source: usize,
    },
}

impl Tones {
    /// What Nix says line after line.
    const VERBS: [&'static str; 5] =
        ["copying path ", "building ", "fetching ", "unpacking ", "downloading "];

    fn of(text: &str) -> Self {
        let trimmed = text.trim_start();
        if trimmed.starts_with("error:") || trimmed.starts_with("error (") {
            return Self::Error;
        }
        match Self::VERBS.iter().find(|verb| text.starts_with(**verb)) {
            Some(verb) => {
                let source = text.rfind(" from ").unwrap_or(text.len());
                Self::Work { verb: verb.len(), source }
            }
            None => Self::Plain,
        }
    }
}
