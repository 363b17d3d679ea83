//! A search within a screen: `/` opens its line, typing looks at once, Enter ends typing, `n` and
//! `N` go on, Esc ends it. It finds; where to go is the screen's.

use std::ops::Range;

use ratatui::crossterm::event::KeyEvent;

use super::field::Field;
use super::key::{Key, Press};
use super::paint::Paint;
use super::screen::Notice;
use super::text::width;
use super::theme::Role;

/// What is looked for, and whether it is still being typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Search {
    field: Field,
    state: State,
    /// Where the person was when they opened it.
    from: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Closed,
    Typing,
    /// The line is there, letters act again.
    Found,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sought {
    /// It was not for the search.
    Not,
    /// It was; nothing moves.
    Taken,
    /// To this row.
    To(usize),
}

impl Search {
    pub(crate) fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    pub(crate) fn is_typing(&self) -> bool {
        self.state == State::Typing
    }

    /// Opens it, empty, at row `from`.
    pub(crate) fn open(&mut self, from: usize) {
        *self = Self { field: Field::default(), state: State::Typing, from };
    }

    /// Whether it was open.
    pub(crate) fn close(&mut self) -> bool {
        std::mem::take(self).is_open()
    }

    /// Letters act again: the focus went elsewhere.
    pub(crate) fn rest(&mut self) {
        if self.is_typing() {
            self.state = State::Found;
        }
    }

    /// The lines of a screen's key table.
    pub(crate) fn keys(&self, off: Option<&'static str>) -> [Key; 3] {
        let closed = (!self.is_open()).then_some("Search first: /");
        [
            Key::new("/", "search", "search").off(off),
            Key::quiet("n", "next one found").off(off.or(closed)),
            Key::quiet("N", "previous one found").off(off.or(closed)),
        ]
    }

    /// Does a key among `rows`, of which one is `at`. While somebody types every key but Esc
    /// belongs here; else `/`, `n`, `N` do.
    pub(crate) fn key<'t>(
        &mut self,
        press: Press,
        key: KeyEvent,
        at: usize,
        rows: impl Fn() -> Vec<&'t str>,
    ) -> Sought {
        match (self.state, press) {
            (State::Typing, Press::Enter) => {
                self.state = State::Found;
                Sought::Taken
            }
            (State::Typing, Press::Down) => self.next(at, &rows(), true),
            (State::Typing, Press::Up) => self.next(at, &rows(), false),
            (State::Typing, _) => match self.field.key(key) {
                true => self.first(&rows()),
                false => Sought::Taken,
            },
            (_, Press::Letter('/')) => {
                self.open(at);
                Sought::Taken
            }
            (State::Found, Press::Letter('n')) => self.next(at, &rows(), true),
            (State::Found, Press::Letter('N')) => self.next(at, &rows(), false),
            _ => Sought::Not,
        }
    }

    /// Takes pasted text while it is typed.
    ///
    /// # Errors
    /// Why nothing was taken, in words for the notice.
    pub(crate) fn paste(&mut self, text: &str, rows: &[&str]) -> Result<Sought, String> {
        self.field.paste(text)?;
        Ok(self.first(rows))
    }

    /// The first from where it was opened, so that a longer word does not run away downwards.
    fn first(&self, rows: &[&str]) -> Sought {
        let order = (self.from..rows.len()).chain(0..self.from.min(rows.len()));
        self.found_in(order, rows)
    }

    fn next(&self, at: usize, rows: &[&str], forward: bool) -> Sought {
        let at = at.min(rows.len());
        let after = (at + 1).min(rows.len());
        match forward {
            true => self.found_in((after..rows.len()).chain(0..after), rows),
            false => self.found_in((0..at).rev().chain((at..rows.len()).rev()), rows),
        }
    }

    fn found_in(&self, mut order: impl Iterator<Item = usize>, rows: &[&str]) -> Sought {
        let found = order.find(|row| rows.get(*row).is_some_and(|text| self.is_in(text)));
        found.map_or(Sought::Taken, Sought::To)
    }

    fn is_in(&self, text: &str) -> bool {
        self.first_in(text).is_some()
    }

    fn first_in(&self, text: &str) -> Option<Range<usize>> {
        let sought = self.field.text();
        if sought.is_empty() { None } else { find(text, sought) }
    }

    /// What the notice says where nothing is found.
    pub(crate) fn notice(&self, rows: &[&str]) -> Option<Notice> {
        let sought = self.field.text();
        let nothing = self.is_open() && !sought.is_empty() && !rows.iter().any(|r| self.is_in(r));
        nothing.then(|| Notice::plain(format!("No \"{sought}\" here. Esc ends the search.")))
    }

    /// Lays the mark of what was found over `text`, which is written at `x`, `y`.
    pub(crate) fn mark(&self, paint: &mut Paint, x: u16, y: u16, text: &str) {
        if !self.is_open() {
            return;
        }
        if let Some(found) = self.first_in(text) {
            let columns = |text: &str| u16::try_from(width(text)).unwrap_or(u16::MAX);
            let start = x.saturating_add(columns(&text[..found.start]));
            paint.lay(start, y, columns(&text[found]), Role::Match);
        }
    }

    /// Draws its line at row `y`, while it is open.
    pub(crate) fn view(&self, paint: &mut Paint, x: u16, y: u16, columns: u16) {
        if !self.is_open() {
            return;
        }
        paint.within(x, y, columns, 1).clear();
        paint.text(x, y, Role::Accent, "/");
        self.field.view(paint, x + 2, y, columns.saturating_sub(3).min(40), self.is_typing());
    }
}

/// Where `sought` first stands in `text`, whatever the case of either.
fn find(text: &str, sought: &str) -> Option<Range<usize>> {
    let sought: Vec<char> = sought.chars().flat_map(char::to_lowercase).collect();
    text.char_indices().find_map(|(start, _)| {
        let mut rest = sought.as_slice();
        for (at, c) in text[start..].char_indices() {
            for lower in c.to_lowercase() {
                match rest.split_first() {
                    Some((first, after)) if *first == lower => rest = after,
                    _ => return None,
                }
            }
            if rest.is_empty() {
                return Some(start..start + at + c.len_utf8());
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::front::tui::stage::parse;

    const ROWS: [&str; 4] = ["quartz", "onyx", "Quarry", "jade"];

    fn press(search: &mut Search, at: usize, keys: &str) -> usize {
        parse(keys).into_iter().fold(at, |at, key| {
            let press = Press::of(key, search.is_typing());
            match search.key(press, key, at, || ROWS.to_vec()) {
                Sought::To(row) => row,
                _ => at,
            }
        })
    }

    #[test]
    fn it_looks_while_one_types_and_goes_round() {
        let mut search = Search::default();
        assert_eq!(press(&mut search, 1, "/qua"), 2);
        assert_eq!(press(&mut search, 2, "rt"), 0);
        assert_eq!(press(&mut search, 0, "<bs><bs><enter>"), 2);
        assert!(search.is_open() && !search.is_typing());
        assert_eq!(press(&mut search, 2, "n"), 0);
        assert_eq!(press(&mut search, 0, "n"), 2);
        assert_eq!(press(&mut search, 2, "N"), 0);
        assert_eq!(press(&mut search, 0, "N"), 2);
        assert!(search.close() && !search.close());
        assert_eq!(press(&mut search, 2, "n"), 2);
    }

    #[test]
    fn nothing_found_is_said() {
        let mut search = Search::default();
        press(&mut search, 0, "/xyz");
        let said = search.notice(&ROWS).unwrap().text;
        assert_eq!(said, "No \"xyz\" here. Esc ends the search.");
        assert!(search.paste("a\nb", &ROWS).is_err());
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(find("a Straße Ä", "STRA"), Some(2..6));
        assert_eq!(find("a Straße Ä", "ä"), Some(10..12));
        assert_eq!(find("aab", "ab"), Some(1..3));
        assert_eq!(find("", "a"), None);
    }

    proptest! {
        #[test]
        fn what_is_found_is_a_part_of_the_text(text in "\\PC{0,20}", sought in "\\PC{1,3}") {
            if let Some(range) = find(&text, &sought) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}
