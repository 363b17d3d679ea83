//! The log as its users meet it: lines in, cells out.

mod drawing;
mod feed;
mod model;
mod scrolling;
mod searching;
mod store;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::{Rect, Size};
use ratatui::style::{Modifier, Style};

use super::{Input, Lines, Pane, Store, Styles, Which};
use crate::run::Stream;

/// A pane over a store, both small enough to be read.
struct Desk {
    store: Store,
    pane: Pane,
    size: Size,
}

impl Desk {
    fn new(width: u16, height: u16) -> Self {
        let size = Size { width, height };
        Self { store: Store::default(), pane: Pane::default(), size }
    }

    /// With lines `line 0` and so on.
    fn with_lines(width: u16, height: u16, count: usize) -> Self {
        let mut desk = Self::new(width, height);
        desk.say(count);
        desk
    }

    fn say(&mut self, count: usize) {
        for _ in 0..count {
            let text = format!("line {}", self.store.end());
            self.store.push("build", Stream::Err, &text);
        }
    }

    fn push(&mut self, text: &str) {
        self.store.push("build", Stream::Err, text);
    }

    fn lines(&self) -> Lines<'_> {
        self.store.lines(Which::All)
    }

    fn does(&mut self, input: Input) -> bool {
        self.pane.handle(input, &self.store.lines(Which::All), self.size)
    }

    fn types(&mut self, text: &str) {
        self.does(Input::Search);
        text.chars().for_each(|c| assert!(self.does(Input::Type(c))));
    }

    fn status(&self) -> String {
        self.pane.status(&self.lines())
    }

    fn drawn(&self) -> Buffer {
        let area = Rect::from(self.size);
        let mut buf = Buffer::empty(area);
        self.pane.view(&self.lines(), area, &mut buf, &styles());
        buf
    }

    /// What is seen, without blanks at the ends.
    fn seen(&self) -> String {
        rows(&self.drawn(), |buf, x, y| buf[(x, y)].symbol().to_owned())
    }

    /// A letter for each cell's style, where something is drawn.
    fn roles(&self) -> String {
        rows(&self.drawn(), |buf, x, y| role(buf[(x, y)].style()).to_owned())
    }

    /// What the rows begin with, such as `line 7`.
    fn shown(&self) -> Vec<String> {
        self.seen().split('\n').map(|line| line.trim().to_owned()).collect()
    }
}

fn rows(buf: &Buffer, cell: impl Fn(&Buffer, u16, u16) -> String) -> String {
    let area = buf.area;
    // What lies under the right half of a wide character is not seen.
    let is_under = |x: u16, y| x > 0 && buf[(x - 1, y)].symbol().cell_width() > 1;
    let row = |y| {
        let columns = (0..area.width).filter(|x| !is_under(*x, y));
        columns.map(|x| cell(buf, x, y)).collect::<String>().trim_end().to_owned()
    };
    (0..area.height).map(row).collect::<Vec<_>>().join("\n")
}

fn styles() -> Styles {
    let with = |modifier| Style::new().add_modifier(modifier);
    Styles {
        muted: with(Modifier::DIM),
        accent: with(Modifier::BOLD),
        bad: with(Modifier::UNDERLINED),
        found: with(Modifier::REVERSED),
        ..Styles::default()
    }
}

fn role(style: Style) -> &'static str {
    match style.add_modifier {
        Modifier::DIM => "m",
        Modifier::BOLD => "a",
        Modifier::UNDERLINED => "b",
        Modifier::REVERSED => "F",
        _ => ".",
    }
}

#[test]
fn numbers_are_grouped() {
    for (n, words) in [(0, "0"), (214, "214"), (1204, "1,204"), (1_000_000, "1,000,000")] {
        assert_eq!(super::grouped(n), words);
    }
}
