//! Drawing: text with a role into a place, cut to it. Besides cells a drawing gives where the
//! terminal's cursor sits and what a click would mean; it changes no state.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::text;
use super::theme::{Palette, Role, Theme};
use crate::front::sanitise;

/// What a click is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A row of one of the screen's parts, both counted from 0.
    Row(usize, usize),
    /// Anywhere in a part; the wheel scrolls it.
    Part(usize),
    Button(usize),
    /// A station of the rail.
    Station(usize),
    /// One of the tabs in its place.
    Tab(usize),
}

/// Where a click is about something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) area: Rect,
    pub(crate) target: Target,
}

/// What a drawing gives besides cells.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub(crate) hits: Vec<Hit>,
    pub(crate) cursor: Option<Position>,
}

/// A place to draw in. Columns and rows are counted from its upper left corner; nothing reaches
/// beyond it.
pub(crate) struct Paint<'a> {
    buf: &'a mut Buffer,
    drawn: &'a mut Drawn,
    pub(crate) theme: Theme,
    area: Rect,
}

impl<'a> Paint<'a> {
    pub(crate) fn new(buf: &'a mut Buffer, drawn: &'a mut Drawn, theme: Theme, area: Rect) -> Self {
        let area = area.intersection(buf.area);
        Self { buf, drawn, theme, area }
    }

    pub(crate) fn width(&self) -> u16 {
        self.area.width
    }

    pub(crate) fn height(&self) -> u16 {
        self.area.height
    }

    /// A part of this place.
    pub(crate) fn within(&mut self, x: u16, y: u16, width: u16, height: u16) -> Paint<'_> {
        let left = self.area.x.saturating_add(x).min(self.area.right());
        let top = self.area.y.saturating_add(y).min(self.area.bottom());
        let area = Rect {
            x: left,
            y: top,
            width: width.min(self.area.right() - left),
            height: height.min(self.area.bottom() - top),
        };
        Paint { buf: &mut *self.buf, drawn: &mut *self.drawn, theme: self.theme, area }
    }

    /// The part of this place that lies in `area`, a place on the whole screen.
    pub(crate) fn at(&mut self, area: Rect) -> Paint<'_> {
        let area = area.intersection(self.area);
        Paint { buf: &mut *self.buf, drawn: &mut *self.drawn, theme: self.theme, area }
    }

    /// Writes `text` and gives the column after it. Control characters never reach the buffer.
    pub(crate) fn text(&mut self, x: u16, y: u16, role: Role, text: &str) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return x;
        }
        let clean = sanitise(text);
        let shown: String = clean.chars().map(|c| self.theme.sign(c)).collect();
        let room = usize::from(self.area.width - x);
        let style = self.theme.style(role);
        let (end, _) = self.buf.set_stringn(self.area.x + x, self.area.y + y, &shown, room, style);
        end - self.area.x
    }

    /// Writes `text` into `columns`, closed with an ellipsis when it is longer.
    pub(crate) fn cut(&mut self, x: u16, y: u16, columns: u16, role: Role, text: &str) -> u16 {
        let columns = columns.min(self.area.width.saturating_sub(x));
        let clean = sanitise(text);
        let shown = text::cut(&clean, usize::from(columns), self.theme.ellipsis());
        self.text(x, y, role, &shown)
    }

    /// Writes a path into `columns`, cut in its middle.
    pub(crate) fn path(&mut self, x: u16, y: u16, columns: u16, role: Role, path: &str) -> u16 {
        let columns = columns.min(self.area.width.saturating_sub(x));
        let clean = sanitise(path);
        let shown = text::cut_path(&clean, usize::from(columns), self.theme.ellipsis());
        self.text(x, y, role, &shown)
    }

    /// Writes `text` so that it ends before column `end`.
    pub(crate) fn right(&mut self, end: u16, y: u16, role: Role, text: &str) -> u16 {
        let columns = u16::try_from(text::width(text)).unwrap_or(u16::MAX);
        let x = end.saturating_sub(columns);
        self.text(x, y, role, text);
        x
    }

    /// Writes `text` in lines of at most `columns`, and of 76 at most, and gives the row after.
    pub(crate) fn prose(&mut self, x: u16, y: u16, columns: u16, role: Role, text: &str) -> u16 {
        let columns = columns.min(self.area.width.saturating_sub(x)).min(76);
        let lines = text::wrap(&sanitise(text), usize::from(columns));
        let mut row = y;
        for line in &lines {
            self.text(x, row, role, line);
            row = row.saturating_add(1);
        }
        row
    }

    /// A line across from `x`, with a title in it when there is one.
    pub(crate) fn rule(&mut self, x: u16, y: u16, columns: u16, title: &str) {
        let columns = columns.min(self.area.width.saturating_sub(x));
        let line = "─".repeat(usize::from(columns));
        self.text(x, y, Role::Rule, &line);
        if !title.is_empty() {
            let room = columns.saturating_sub(6);
            let clean = sanitise(title);
            let shown = text::cut(&clean, usize::from(room), self.theme.ellipsis()).into_owned();
            self.text(x + 2, y, Role::Rule, &format!(" {shown} "));
        }
    }

    /// A line from row `from` down to before row `to`.
    pub(crate) fn vertical(&mut self, x: u16, from: u16, to: u16) {
        for y in from..to {
            self.text(x, y, Role::Rule, "│");
        }
    }

    /// Marks a row as the one that has the focus, over what is written there, and puts the
    /// terminal's cursor on it.
    pub(crate) fn focus(&mut self, x: u16, y: u16, columns: u16) {
        self.lay(x, y, columns, Role::Focus);
        self.cursor(x, y);
    }

    /// Lays a role over what is written.
    pub(crate) fn lay(&mut self, x: u16, y: u16, columns: u16, role: Role) {
        let inner = self.within(x, y, columns, 1);
        let (area, style) = (inner.area, inner.theme.style(role));
        self.buf.set_style(area, style);
        if self.theme.palette == Palette::Sixteen && role == Role::Focus {
            // Reversed, a coloured mark would lie on a coloured block.
            for x in area.left()..area.right() {
                for y in area.top()..area.bottom() {
                    if let Some(cell) = self.buf.cell_mut((x, y)) {
                        cell.fg = ratatui::style::Color::Reset;
                        cell.modifier.insert(Modifier::REVERSED);
                    }
                }
            }
        }
    }

    /// Where the terminal's cursor goes: screen readers and braille displays follow it.
    pub(crate) fn cursor(&mut self, x: u16, y: u16) {
        if x < self.area.width && y < self.area.height {
            self.drawn.cursor = Some(Position::new(self.area.x + x, self.area.y + y));
        }
    }

    /// What a click here is about. Later ones lie over earlier ones.
    pub(crate) fn hit(&mut self, x: u16, y: u16, columns: u16, rows: u16, target: Target) {
        let area = self.within(x, y, columns, rows).area;
        if !area.is_empty() {
            self.drawn.hits.push(Hit { area, target });
        }
    }

    /// Makes everything here blank.
    pub(crate) fn clear(&mut self) {
        let style = self.theme.style(Role::Text);
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
        let area = self.area;
        self.drawn.hits.retain(|hit| !hit.area.intersects(area));
    }

    /// The cells and where they are, for widgets of their own.
    pub(crate) fn cells(&mut self) -> (Rect, &mut Buffer) {
        (self.area, self.buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEME: Theme = Theme { palette: Palette::Mono, ascii: false };

    fn rows(buf: &Buffer) -> Vec<String> {
        let row = |y| (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect::<String>();
        (0..buf.area.height).map(row).collect()
    }

    #[test]
    fn nothing_is_drawn_beyond_its_place() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 3));
        let mut drawn = Drawn::default();
        let mut paint = Paint::new(&mut buf, &mut drawn, THEME, Rect::new(0, 0, 12, 3));
        let mut part = paint.within(2, 1, 5, 9);
        part.text(0, 0, Role::Text, "longer than five");
        part.text(0, 7, Role::Text, "below");
        part.text(9, 0, Role::Text, "right");
        part.hit(3, 0, 40, 40, Target::Button(1));
        assert_eq!(rows(&buf), ["            ", "  longe     ", "            "]);
        assert_eq!(drawn.hits[0].area, Rect::new(5, 1, 2, 2));
    }

    #[test]
    fn hostile_text_is_harmless() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        let mut drawn = Drawn::default();
        let mut paint = Paint::new(&mut buf, &mut drawn, THEME, Rect::new(0, 0, 12, 1));
        paint.text(0, 0, Role::Text, "a\u{1b}[2Jb\u{7}\u{202e}c");
        assert_eq!(rows(&buf), ["abc         "]);
    }

    #[test]
    fn ascii_keeps_the_columns() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 1));
        let mut drawn = Drawn::default();
        let theme = Theme { ascii: true, ..THEME };
        let mut paint = Paint::new(&mut buf, &mut drawn, theme, Rect::new(0, 0, 8, 1));
        paint.cut(0, 0, 8, Role::Text, "▸ ✓ a long one");
        assert_eq!(rows(&buf), ["> v a .."]);
    }
}
