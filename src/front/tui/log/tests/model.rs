//! The same things done to a store and a pane that keep everything in plain lists.

use proptest::prelude::*;

use super::super::layout::{Layout, Spot};
use super::super::rows;
use super::super::search::{Direction, Search};
use super::*;

const STEPS: [&str; 3] = ["a", "b", "c"];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c ]{0,30}",
        "([a-cA-C漢é\t]|e\u{301}|👨‍👩‍👧|\u{301}){0,20}",
        "(a|\u{1b}\\[1m|\u{1b}\\]0;x\u{7}|\\PC|[\\x00-\\x1f]){0,40}",
    ]
}

#[derive(Debug, Clone)]
enum Move {
    Say(usize, String),
    Do(Input<'static>),
    Type(char),
    Resize(u16, u16),
}

fn moves() -> impl Strategy<Value = Move> {
    let inputs = [
        Input::Up,
        Input::Down,
        Input::PageUp,
        Input::PageDown,
        Input::Home,
        Input::End,
        Input::Pause,
        Input::Wrap,
        Input::Wheel(3),
        Input::Wheel(-5),
        Input::Click(2),
        Input::Search,
        Input::Next,
        Input::Previous,
        Input::Erase,
        Input::Accept,
        Input::Escape,
    ];
    prop_oneof![
        4 => (0..3_usize, text()).prop_map(|(step, text)| Move::Say(step, text)),
        4 => prop::sample::select(inputs.to_vec()).prop_map(Move::Do),
        1 => prop::sample::select(vec!['a', 'B', '漢', '\t']).prop_map(Move::Type),
        1 => (0..24_u16, 0..8_u16).prop_map(|(width, height)| Move::Resize(width, height)),
    ]
}

/// Whether every row of the pane has something.
fn is_full(desk: &Desk) -> bool {
    let layout = desk.pane.layout(&desk.lines(), desk.size);
    let top = desk.pane.top(&layout, desk.size.height);
    let height = usize::from(desk.size.height);
    layout.rows_from(top).take(height).count() == height
}

/// A pane of whole lines that knows only how many there are.
#[derive(Debug)]
struct Naive {
    lines: usize,
    height: usize,
    /// The top line and how many lines there were; none while following.
    at: Option<(usize, usize)>,
}

impl Naive {
    fn top(&self) -> usize {
        self.at.map_or(self.bottom(), |(top, _)| top)
    }

    fn bottom(&self) -> usize {
        self.lines.saturating_sub(self.height)
    }

    fn stop(&mut self, top: usize) {
        self.at = Some((top, self.at.map_or(self.lines, |(_, seen)| seen)));
    }

    fn up(&mut self, rows: usize) {
        let top = self.top().saturating_sub(rows);
        if self.at.is_some() || top < self.top() {
            self.stop(top);
        }
    }

    fn down(&mut self, rows: usize) {
        match self.top() >= self.bottom() {
            true => self.at = None,
            false => self.stop((self.top() + rows).min(self.bottom())),
        }
    }

    fn does(&mut self, input: Input) {
        match input {
            Input::Up => self.up(1),
            Input::Down => self.down(1),
            Input::PageUp => self.up(self.height - 1),
            Input::PageDown => self.down(self.height - 1),
            Input::Wheel(rows) if rows < 0 => self.up(rows.unsigned_abs().into()),
            Input::Wheel(rows) => self.down(rows.unsigned_abs().into()),
            Input::Home => self.up(self.lines),
            Input::Pause if self.at.is_none() => self.stop(self.top()),
            _ => self.at = None,
        }
    }
}

proptest! {
    #[test]
    fn scrolling_is_as_simple_as_it_looks(
        moves in prop::collection::vec((0..8_usize, prop::sample::select(vec![
            Input::Up, Input::Down, Input::PageUp, Input::PageDown, Input::Home, Input::End,
            Input::Pause, Input::Wheel(3), Input::Wheel(-2),
        ])), 0..60),
        height in 2..9_u16,
    ) {
        let mut desk = Desk::new(20, height);
        let mut naive = Naive { lines: 0, height: height.into(), at: None };
        for (said, input) in moves {
            // Half of the keys come while nothing is said.
            desk.say(said.saturating_sub(4));
            naive.lines += said.saturating_sub(4);
            desk.does(input);
            naive.does(input);
            let (top, lines) = (naive.top(), naive.lines);
            let seen: Vec<_> = (top..lines).take(height.into()).map(|n| format!("line {n}")).collect();
            let shown: Vec<_> = desk.shown().into_iter().filter(|l| !l.is_empty()).collect();
            prop_assert_eq!(shown, seen);
            prop_assert_eq!(desk.pane.is_following(), naive.at.is_none());
            let new = naive.at.map_or(0, |(_, seen)| lines - seen);
            prop_assert_eq!(desk.pane.new_lines(&desk.lines()), new as u64);
        }
    }

    #[test]
    fn a_store_has_the_newest_lines_of_each_step(
        said in prop::collection::vec((0..3_usize, text()), 0..60),
        query in "[abAB漢]{1,2}",
        cut in any::<prop::sample::Index>(),
    ) {
        let mut store = Store::of_chunks(600, 120);
        let mut all: Vec<(usize, String)> = Vec::new();
        for (step, text) in said {
            store.push(STEPS[step], Stream::Out, &text);
            all.push((step, crate::front::sanitise(&text).into_owned()));
        }
        let mut search = Search::typed();
        search.add(&query);
        let mut kept = 0;
        for which in [Which::All, Which::Step("a"), Which::Step("b"), Which::Step("c")] {
            let mine = |step: usize| which == Which::All || which == Which::Step(STEPS[step]);
            let own: Vec<_> = all.iter().filter(|(s, _)| mine(*s)).map(|(_, t)| t).collect();
            let lines = store.lines(which);
            prop_assert_eq!(lines.end(), own.len() as u64);
            let first = usize::try_from(lines.first()).unwrap();
            for (n, text) in own.iter().enumerate() {
                let line = lines.get(n as u64).map(|l| l.text);
                prop_assert_eq!(line, (n >= first).then_some(text.as_str()));
            }
            kept += if which == Which::All { 0 } else { own.len() - first };
            if which == Which::Step("c") {
                prop_assert_eq!(kept as u64, store.end() - store.first());
            }
            // Every search from anywhere, against looking at each line.
            let has = |n: &usize| !search.places(own[*n]).is_empty();
            let from = first + cut.index(own.len() - first + 1);
            let down = (from..own.len()).chain(first..from).find(has);
            let up = (first..from).rev().chain((from..own.len()).rev()).find(has);
            let look = |way| search.clone().look(&lines, from as u64, way);
            prop_assert_eq!(look(Direction::Down), down.map(|n| n as u64));
            prop_assert_eq!(look(Direction::Up), up.map(|n| n as u64));
        }
    }

    #[test]
    fn rows_have_every_byte_once_and_fit(text in text(), width in 1..40_u16) {
        let text = crate::front::sanitise(&text).into_owned();
        let rows: Vec<_> = rows::rows(&text, width).collect();
        prop_assert_eq!(rows[0].start, 0);
        prop_assert_eq!(rows.last().unwrap().end, text.len());
        prop_assert!(rows.windows(2).all(|pair| pair[0].end == pair[1].start));
        for bytes in rows {
            let pieces: Vec<_> = rows::row(&text, bytes.start, width.into()).collect();
            prop_assert_eq!(pieces.last().map_or(bytes.start, |p| p.at + p.len), bytes.end);
            let columns: usize = pieces.iter().map(|p| p.width).sum();
            prop_assert!(columns <= width.into() || pieces[0].width > width.into());
        }
    }

    #[test]
    fn moving_by_rows_is_moving_in_the_list_of_all_rows(
        said in prop::collection::vec(text(), 1..20),
        width in 1..20_u16,
        wrap in any::<bool>(),
        start in any::<prop::sample::Index>(),
        by in 0..30_usize,
    ) {
        let mut desk = Desk::new(width, 5);
        said.iter().for_each(|text| desk.push(text));
        let layout = Layout { lines: desk.lines(), width, wrap };
        let all: Vec<Spot> = layout
            .rows_from(Spot { line: 0, at: 0 })
            .map(|row| Spot { line: row.line, at: row.bytes.start })
            .collect();
        let at = start.index(all.len());
        prop_assert_eq!(layout.up(all[at], by), all[at.saturating_sub(by)]);
        prop_assert_eq!(layout.down(all[at], by), all[(at + by).min(all.len() - 1)]);
        prop_assert_eq!(layout.bottom(5), all[all.len().saturating_sub(5)]);
        prop_assert_eq!(layout.settle(all[at]), all[at]);
    }

    #[test]
    fn nothing_said_moves_what_is_read(moves in prop::collection::vec(moves(), 0..120)) {
        let mut desk = Desk::new(20, 5);
        for step in moves {
            match step {
                Move::Say(step, text) => {
                    let before = desk.drawn();
                    let was_full = is_full(&desk);
                    let was = desk.pane.new_lines(&desk.lines());
                    desk.store.push(STEPS[step], Stream::Err, &text);
                    if !desk.pane.is_following() {
                        prop_assert_eq!(desk.pane.new_lines(&desk.lines()), was + 1);
                        // A pane with room left shows the line there; what was drawn stays.
                        let after = desk.drawn();
                        let mut cells = before.content.iter().zip(&after.content);
                        prop_assert!(cells.all(|(b, a)| b == a || (!was_full && b.symbol() == " ")));
                    }
                }
                Move::Do(input) => {
                    desk.does(input);
                }
                Move::Type(c) => {
                    desk.does(Input::Type(c));
                }
                Move::Resize(width, height) => desk.size = Size { width, height },
            }
            let current = desk.pane.current(&desk.lines(), desk.size);
            prop_assert_eq!(current.is_none(), desk.store.end() == 0);
            if desk.pane.is_following() && desk.store.end() > 0 && desk.size.height > 0 {
                let layout = desk.pane.layout(&desk.lines(), desk.size);
                let top = desk.pane.top(&layout, desk.size.height);
                prop_assert_eq!(top, layout.bottom(desk.size.height));
            }
        }
    }
}
