//! Help over the body: what the focused thing is, why it is there, how it is done by hand, and
//! the keys of this screen, from its own table.

use super::key::Press;
use super::paint::Paint;
use super::screen::{Cx, Screen};
use super::text::{width, wrap};
use super::theme::Role;

/// Keys that mean the same on every screen.
const EVERYWHERE: [(&str, &str); 7] = [
    ("Enter", "do what has the focus"),
    ("Tab, Shift-Tab", "next, previous part"),
    ("Esc", "one screen back"),
    ("?, F1, Ctrl-G", "help"),
    ("Ctrl-T", "mouse off, to select text"),
    ("Ctrl-C", "stop or leave"),
    ("Ctrl-Z", "suspend, fg comes back"),
];

/// Something that lies over the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overlay {
    /// Rows scrolled away at the top.
    skipped: usize,
}

impl Overlay {
    pub(crate) fn help() -> Self {
        Self { skipped: 0 }
    }

    pub(crate) fn key(&mut self, press: Press) {
        match press {
            Press::Up => self.scroll(-1),
            Press::Down => self.scroll(1),
            Press::PageUp => self.scroll(-10),
            Press::PageDown | Press::Space => self.scroll(10),
            Press::Home => self.skipped = 0,
            _ => {}
        }
    }

    pub(crate) fn scroll(&mut self, rows: i32) {
        let rows = isize::try_from(rows).unwrap_or(0);
        self.skipped = self.skipped.saturating_add_signed(rows).min(200);
    }

    pub(crate) fn view(&self, cx: &Cx, screen: &dyn Screen, paint: &mut Paint) {
        paint.clear();
        let help = screen.help(cx);
        let (columns, rows) = (paint.width().saturating_sub(2), paint.height());
        frame(paint, columns, rows, &format!("Help: {}", help.title));
        let inner = columns.saturating_sub(4);
        let lines = lines(cx, screen, usize::from(inner));
        let room = usize::from(rows.saturating_sub(2));
        // The last page is never left behind.
        let skipped = self.skipped.min(lines.len().saturating_sub(room));
        let mut body = paint.within(1, 1, columns.saturating_sub(1), rows.saturating_sub(2));
        for (y, line) in (0..).zip(lines.iter().skip(skipped).take(room)) {
            line.view(&mut body, y, inner);
        }
        if skipped + room < lines.len() {
            let more = format!(" {} more, Down ", lines.len() - skipped - room);
            paint.right(columns.saturating_sub(2), rows.saturating_sub(1), Role::Muted, &more);
        }
    }
}

/// One row of the help.
enum Line {
    /// A label in bold and what follows it.
    Labelled(&'static str, String),
    Keys(Vec<(String, String)>),
    Rule(&'static str),
}

impl Line {
    fn view(&self, paint: &mut Paint, y: u16, columns: u16) {
        match self {
            Self::Labelled(label, text) => {
                paint.text(1, y, Role::Heading, label);
                paint.text(10, y, Role::Text, text);
            }
            Self::Keys(pairs) => {
                for (x, (key, text)) in [1_u16, columns / 2 + 1].into_iter().zip(pairs) {
                    let end = paint.text(x, y, Role::Accent, key);
                    paint.text(end.max(x + 15), y, Role::Text, text);
                }
            }
            Self::Rule(title) => paint.rule(1, y, columns, title),
        }
    }
}

fn lines(cx: &Cx, screen: &dyn Screen, columns: usize) -> Vec<Line> {
    let help = screen.help(cx);
    let mut lines = Vec::new();
    let prose = columns.saturating_sub(10);
    for (label, text) in [("What", &help.what), ("Why", &help.why)] {
        let wrapped = if text.is_empty() { Vec::new() } else { wrap(text, prose) };
        for (index, line) in wrapped.into_iter().enumerate() {
            lines.push(Line::Labelled(if index == 0 { label } else { "" }, line));
        }
    }
    let by_hand = help.by_hand.iter().flat_map(|line| wrap(line, prose));
    for (index, line) in by_hand.enumerate() {
        lines.push(Line::Labelled(if index == 0 { "By hand" } else { "" }, line));
    }
    if !lines.is_empty() {
        lines.push(Line::Rule(""));
    }
    let own = screen.keys(cx).into_iter().map(|key| {
        let text = match key.off {
            Some(why) => format!("off: {why}"),
            None => key.long.to_owned(),
        };
        (key.key.to_owned(), text)
    });
    keys(&mut lines, own.collect(), columns);
    lines.push(Line::Rule("everywhere"));
    let everywhere = EVERYWHERE.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned()));
    keys(&mut lines, everywhere.collect(), columns);
    lines
}

/// Two to a row where both fit.
fn keys(lines: &mut Vec<Line>, pairs: Vec<(String, String)>, columns: usize) {
    let half = columns / 2;
    let fits = |(key, text): &(String, String)| width(key).max(14) + 1 + width(text) < half;
    let mut row: Vec<(String, String)> = Vec::new();
    for pair in pairs {
        if !fits(&pair) {
            if !row.is_empty() {
                lines.push(Line::Keys(std::mem::take(&mut row)));
            }
            lines.push(Line::Keys(vec![pair]));
            continue;
        }
        row.push(pair);
        if row.len() == 2 {
            lines.push(Line::Keys(std::mem::take(&mut row)));
        }
    }
    if !row.is_empty() {
        lines.push(Line::Keys(row));
    }
}

/// A box from the upper left corner, with a title.
fn frame(paint: &mut Paint, columns: u16, rows: u16, title: &str) {
    let (right, bottom) = (columns, rows.saturating_sub(1));
    for y in [0, bottom] {
        paint.text(1, y, Role::Rule, &"─".repeat(usize::from(columns)));
    }
    for x in [1, right] {
        paint.vertical(x, 1, bottom);
    }
    for (x, y, corner) in [(1, 0, "┌"), (right, 0, "┐"), (1, bottom, "└"), (right, bottom, "┘")]
    {
        paint.text(x, y, Role::Rule, corner);
    }
    paint.text(3, 0, Role::Heading, &format!(" {title} "));
}
