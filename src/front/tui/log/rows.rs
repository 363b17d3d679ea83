//! How a line lies in columns: where it wraps, where it is cut, how wide its characters are.
//! Drawing uses the same widths, so a row never has more in it than it shows.

use std::ops::Range;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// Columns from one tab stop to the next.
const TAB: usize = 8;

/// Bytes of the longest cluster that is drawn as it is. A letter under a tower of accents would
/// fill one cell with kilobytes.
const CLUSTER: usize = 64;

/// What stands for a longer one.
const REPLACEMENT: &str = "\u{fffd}";

/// One character as people see it, which may be several code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// Where in the line it is.
    pub(super) at: usize,
    pub(super) len: usize,
    /// What to draw; nothing for a tab.
    pub(super) symbol: &'a str,
    /// Columns it takes, from the column it begins in.
    pub(super) width: usize,
}

/// The characters of `text` that fit into a row of `width` columns, from byte `from` on. At
/// least one is given, however narrow the row, as nobody would ever get past it otherwise.
pub(super) fn row(text: &str, from: usize, width: usize) -> impl Iterator<Item = Piece<'_>> {
    let rest = text.get(from..).unwrap_or_default();
    let mut column = 0;
    rest.grapheme_indices(true).map_while(move |(at, cluster)| {
        let (symbol, wide) = measure(cluster, column);
        let is_first = at == 0;
        if column + wide > width && !is_first {
            // A tab at the edge only fills the row.
            let room = width - column.min(width);
            if symbol.is_empty() && cluster == "\t" && room > 0 {
                column = width;
                return Some(Piece { at: from + at, len: 1, symbol, width: room });
            }
            return None;
        }
        column += wide;
        Some(Piece { at: from + at, len: cluster.len(), symbol, width: wide })
    })
}

/// What to draw for a cluster, and its columns.
fn measure(cluster: &str, column: usize) -> (&str, usize) {
    if cluster == "\t" {
        ("", TAB - column % TAB)
    } else if cluster.len() > CLUSTER {
        (REPLACEMENT, 1)
    } else {
        (cluster, usize::from(cluster.cell_width()))
    }
}

/// Which bytes of a line each of its rows has. An empty line has one row.
#[derive(Debug, Clone)]
pub(super) struct Rows<'a> {
    text: &'a str,
    width: usize,
    /// Where the next row begins; none after the last.
    next: Option<usize>,
    /// Every byte is one column.
    is_even: bool,
}

pub(super) fn rows(text: &str, width: u16) -> Rows<'_> {
    let is_even = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    Rows { text, width: usize::from(width.max(1)), next: Some(0), is_even }
}

impl Iterator for Rows<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next?;
        let end = if self.is_even {
            self.text.len().min(start + self.width)
        } else {
            row(self.text, start, self.width).last().map_or(start, |last| last.at + last.len)
        };
        self.next = (end < self.text.len()).then_some(end);
        Some(start..end)
    }
}

/// What is seen of a line that has one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) bytes: Range<usize>,
    pub(super) left: bool,
    pub(super) right: bool,
}

/// Fits a line into one row. Room for a sign of `sign` columns is left where it is cut: at the
/// right, and at the left too if `focus`, such as what was searched for, is further right.
pub(super) fn cut(text: &str, focus: Option<&Range<usize>>, width: u16, sign: u16) -> Cut {
    let whole = rows(text, width).next().unwrap_or(0..0);
    if whole.end == text.len() {
        return Cut { bytes: whole, left: false, right: false };
    }
    let start = rows(text, width.saturating_sub(sign)).next().unwrap_or(0..0);
    match focus {
        Some(focus) if focus.end > start.end => around(text, focus.start, width, sign),
        _ => Cut { bytes: start, left: false, right: true },
    }
}

/// The row that has byte `at` a third from its left.
fn around(text: &str, at: usize, width: u16, sign: u16) -> Cut {
    let mut start = at;
    let mut columns = usize::from(width / 3);
    for (before, cluster) in text.get(..at).unwrap_or_default().grapheme_indices(true).rev() {
        let wide = measure(cluster, 0).1;
        if wide > columns {
            break;
        }
        columns -= wide;
        start = before;
    }
    let end_of = |width: u16| {
        let last = row(text, start, usize::from(width.max(1))).last();
        last.map_or(text.len(), |piece| piece.at + piece.len)
    };
    let room = width.saturating_sub(sign);
    let end = end_of(room);
    if end >= text.len() {
        return Cut { bytes: start..text.len(), left: true, right: false };
    }
    Cut { bytes: start..end_of(room.saturating_sub(sign)), left: true, right: true }
}
