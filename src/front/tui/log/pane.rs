//! What a log pane shows of its lines, and how keys change that. It holds no lines: they are
//! given with each key and each drawing, so that one store serves several panes.

use ratatui::layout::Size;

use super::layout::{Layout, Spot};
use super::lines::Lines;
use super::search::{Direction, Found, Search};
use super::{draw, grouped};

/// What a person does to a pane. Which keys mean it is the screen's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    /// Also follows again.
    End,
    /// Stops following, or follows again.
    Pause,
    Wrap,
    /// Rows to go down; negative ones go up.
    Wheel(i16),
    /// On this row of the pane: marks its line.
    Click(u16),
    /// Opens the search.
    Search,
    Next,
    Previous,
    /// Into the query, while it [is typed](Pane::is_typing).
    Type(char),
    /// Into the query.
    Paste(&'a str),
    /// Takes the last character of the query back.
    Erase,
    /// Ends typing and stays on what was found.
    Accept,
    /// Ends the search; while typing, as if it had not been opened.
    Escape,
}

/// The state of one view of a log. It begins following.
#[derive(Debug, Clone, Default)]
pub struct Pane {
    place: Place,
    wrap: bool,
    search: Option<Search>,
    /// Where it was when the search was opened.
    before_search: Place,
    marked: Option<u64>,
}

/// What is at the top.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// Whatever lets the newest line be the last.
    #[default]
    Following,
    /// This, whatever comes; `seen` lines had been said when it stopped.
    At { top: Spot, seen: u64 },
    /// What lets this line be a third from the top.
    Around { line: u64, seen: u64 },
}

impl Pane {
    /// Opens with line `number` marked and in view, such as the one an error is in.
    pub fn marked(number: u64, lines: &Lines) -> Self {
        let place = Place::Around { line: number, seen: lines.end() };
        Self { place, marked: Some(number), ..Self::default() }
    }

    /// Whether the newest line is in view and stays so.
    pub fn is_following(&self) -> bool {
        self.place == Place::Following
    }

    /// Whether letters belong to the query.
    pub fn is_typing(&self) -> bool {
        self.search.as_ref().is_some_and(|search| search.typing)
    }

    pub fn is_wrapped(&self) -> bool {
        self.wrap
    }

    /// Lines that came since it stopped following.
    pub fn new_lines(&self, lines: &Lines) -> u64 {
        match self.place {
            Place::Following => 0,
            Place::At { seen, .. } | Place::Around { seen, .. } => lines.end().saturating_sub(seen),
        }
    }

    /// For the corner: `following`, or `paused, 214 new; End`.
    pub fn status(&self, lines: &Lines) -> String {
        match (self.is_following(), self.new_lines(lines)) {
            (true, _) => "following".to_owned(),
            (false, 0) => "paused; End".to_owned(),
            (false, new) => format!("paused, {} new; End", grouped(new)),
        }
    }

    /// For the notice, while there is a search: the query as it is typed, or that there is none.
    pub fn notice(&self) -> Option<String> {
        let search = self.search.as_ref()?;
        let query = search.query();
        match search.found {
            Found::Nowhere => Some(format!("No \"{query}\" here. Esc ends the search.")),
            Found::NotTried | Found::In(_) if search.typing => Some(format!("/{query}")),
            Found::NotTried | Found::In(_) => None,
        }
    }

    /// The line that Enter shows whole: what was searched or marked if it is in view, else the
    /// newest when following and the topmost when not. `lines.get` has its text.
    pub fn current(&self, lines: &Lines, size: Size) -> Option<u64> {
        let layout = self.layout(lines, size);
        let (first, last) = self.in_view(&layout, size)?;
        let searched = self.search.as_ref().and_then(Search::line);
        let chosen = [searched, self.marked].into_iter().flatten();
        let fallback = if self.is_following() { last.line } else { first.line };
        Some(chosen.into_iter().find(|n| (first.line..=last.line).contains(n)).unwrap_or(fallback))
    }

    /// The line that is marked: by a click, or when it was opened.
    pub fn mark(&self) -> Option<u64> {
        self.marked
    }

    /// Acts on `input` in a pane of this size, and says whether it was of use here: Escape is
    /// not when there is no search, and may mean something to the screen.
    pub fn handle(&mut self, input: Input, lines: &Lines, size: Size) -> bool {
        let layout = self.layout(lines, size);
        let page = usize::from(size.height.saturating_sub(1).max(1));
        match input {
            Input::Up => self.up(&layout, size, 1),
            Input::Down => self.down(&layout, size, 1),
            Input::PageUp => self.up(&layout, size, page),
            Input::PageDown => self.down(&layout, size, page),
            Input::Wheel(rows) if rows < 0 => self.up(&layout, size, rows.unsigned_abs().into()),
            Input::Wheel(rows) => self.down(&layout, size, rows.unsigned_abs().into()),
            Input::Home => self.home(&layout, size),
            Input::End => self.place = Place::Following,
            Input::Pause if self.is_following() => self.stop(layout.bottom(size.height), lines),
            Input::Pause => self.place = Place::Following,
            Input::Wrap => self.turn_wrap(&layout, size),
            Input::Click(row) => return self.click(&layout, size, row),
            Input::Search => self.open_search(),
            Input::Next => return self.again(&layout, size, Direction::Down),
            Input::Previous => return self.again(&layout, size, Direction::Up),
            Input::Type(c) => return self.typed(c.encode_utf8(&mut [0; 4]), &layout, size),
            Input::Paste(text) => return self.typed(text, &layout, size),
            Input::Erase => return self.erase(&layout, size),
            Input::Accept => return self.accept(),
            Input::Escape => return self.escape(),
        }
        true
    }

    pub(super) fn layout<'a>(&self, lines: &Lines<'a>, size: Size) -> Layout<'a> {
        Layout { lines: *lines, width: draw::body(size.width), wrap: self.wrap }
    }

    /// What is at the top in a pane of this height.
    pub(super) fn top(&self, layout: &Layout, height: u16) -> Spot {
        match self.place {
            Place::Following => layout.bottom(height),
            Place::At { top, .. } => layout.settle(top),
            Place::Around { line, .. } => {
                let spot = layout.settle(Spot { line, at: 0 });
                layout.up(spot, usize::from(height / 3)).min(layout.bottom(height))
            }
        }
    }

    pub(super) fn search(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    /// The first and the last row in view.
    fn in_view(&self, layout: &Layout, size: Size) -> Option<(Spot, Spot)> {
        let top = self.top(layout, size.height);
        let rows = usize::from(size.height.max(1));
        let last = layout.rows_from(top).take(rows).last()?;
        Some((top, Spot { line: last.line, at: last.bytes.start }))
    }

    /// Keeps `top` at the top from now on.
    fn stop(&mut self, top: Spot, lines: &Lines) {
        let seen = match self.place {
            Place::Following => lines.end(),
            Place::At { seen, .. } | Place::Around { seen, .. } => seen,
        };
        self.place = Place::At { top, seen };
    }

    fn up(&mut self, layout: &Layout, size: Size, rows: usize) {
        let top = self.top(layout, size.height);
        let new = layout.up(top, rows);
        // Nothing is further up when all is in view: then there is nothing to stop for.
        if new != top || !self.is_following() {
            self.stop(new, &layout.lines);
        }
    }

    fn home(&mut self, layout: &Layout, size: Size) {
        let first = Spot { line: layout.lines.first(), at: 0 };
        if self.top(layout, size.height) != first || !self.is_following() {
            self.stop(first, &layout.lines);
        }
    }

    /// Going down past the end follows again.
    fn down(&mut self, layout: &Layout, size: Size, rows: usize) {
        let top = self.top(layout, size.height);
        let bottom = layout.bottom(size.height);
        if top >= bottom {
            self.place = Place::Following;
        } else {
            self.stop(layout.down(top, rows).min(bottom), &layout.lines);
        }
    }

    /// What is at the top stays there, unless it follows.
    fn turn_wrap(&mut self, layout: &Layout, size: Size) {
        if let Place::Around { .. } = self.place {
            self.stop(self.top(layout, size.height), &layout.lines);
        }
        // A place within a line is kept even while lines have one row, for turning back.
        self.wrap = !self.wrap;
    }

    fn click(&mut self, layout: &Layout, size: Size, row: u16) -> bool {
        let top = self.top(layout, size.height);
        let Some(row) = layout.rows_from(top).nth(usize::from(row)) else { return false };
        self.marked = Some(row.line);
        self.stop(top, &layout.lines);
        true
    }

    fn open_search(&mut self) {
        self.before_search = self.place;
        self.search = Some(Search::typed());
    }

    /// Looks from where the search was opened, so that each letter narrows the same search.
    fn typed(&mut self, text: &str, layout: &Layout, size: Size) -> bool {
        let Some(search) = self.search.as_mut().filter(|search| search.typing) else {
            return false;
        };
        search.add(text);
        self.look_from_the_start(layout, size);
        true
    }

    fn erase(&mut self, layout: &Layout, size: Size) -> bool {
        let Some(search) = self.search.as_mut().filter(|search| search.typing) else {
            return false;
        };
        if search.erase() {
            self.look_from_the_start(layout, size);
        } else {
            self.search = None;
        }
        true
    }

    fn look_from_the_start(&mut self, layout: &Layout, size: Size) {
        self.place = self.before_search;
        let from = self.top(layout, size.height).line;
        self.look(layout, size, from, Direction::Down);
    }

    /// The next line that has it after (before) the one the search stands on.
    fn again(&mut self, layout: &Layout, size: Size, direction: Direction) -> bool {
        let Some(search) = &self.search else { return false };
        let top = self.top(layout, size.height).line;
        let from = match (search.line(), direction) {
            (Some(line), Direction::Down) => line + 1,
            (Some(line), Direction::Up) => line,
            (None, _) => top,
        };
        self.look(layout, size, from, direction);
        true
    }

    fn look(&mut self, layout: &Layout, size: Size, from: u64, direction: Direction) {
        let found = self.search.as_mut().and_then(|s| s.look(&layout.lines, from, direction));
        if let Some(line) = found {
            self.reveal(line, layout, size);
        }
    }

    /// Brings the first place of a line that has what is searched into view; what is in view
    /// stays where it is.
    fn reveal(&mut self, line: u64, layout: &Layout, size: Size) {
        let text = layout.lines.get(line).map_or("", |l| l.text);
        let place = self.search.as_ref().and_then(|s| s.places(text).into_iter().next());
        let spot = layout.settle(Spot { line, at: place.map_or(0, |p| p.start) });
        let top = match self.in_view(layout, size) {
            Some((first, last)) if first <= spot && spot <= last => first,
            _ => layout.up(spot, usize::from(size.height / 3)).min(layout.bottom(size.height)),
        };
        self.stop(top, &layout.lines);
    }

    fn accept(&mut self) -> bool {
        let Some(search) = self.search.as_mut().filter(|search| search.typing) else {
            return false;
        };
        search.typing = false;
        if search.query().is_empty() {
            self.search = None;
        }
        true
    }

    fn escape(&mut self) -> bool {
        let Some(search) = self.search.take() else { return false };
        if search.typing {
            self.place = self.before_search;
        }
        true
    }
}
