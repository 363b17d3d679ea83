//! A log in a screen: which keys mean what to its pane, and how it looks in the theme. What is in
//! it and how it scrolls belongs to [`super::log`].

use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Size;

use super::key::{Key, Press};
use super::log::{Input, Lines, Pane, Styles};
use super::paint::Paint;
use super::theme::{Role, Theme};

fn styles(theme: Theme) -> Styles {
    Styles {
        text: theme.style(Role::Text),
        muted: theme.style(Role::Muted),
        accent: theme.style(Role::Accent),
        bad: theme.style(Role::Bad),
        found: theme.style(Role::Match),
        mark: if theme.ascii { ">" } else { "▸" },
        cut: theme.ellipsis(),
    }
}

/// Draws the pane into the whole of `paint`; with the focus the terminal's cursor is in it.
pub(crate) fn view(pane: &Pane, lines: &Lines, focused: bool, paint: &mut Paint) {
    let styles = styles(paint.theme);
    let (area, buf) = paint.cells();
    pane.view(lines, area, buf, &styles);
    if let (true, Some((x, y))) = (focused, pane.cursor(lines, area.as_size())) {
        paint.cursor(x, y);
    }
}

/// Does a key in the pane; `false`: it means nothing there.
pub(crate) fn key(pane: &mut Pane, press: Press, key: KeyEvent, lines: &Lines, size: Size) -> bool {
    let input = match (pane.is_typing(), press) {
        (true, Press::Enter) => Input::Accept,
        (true, Press::Letter(c)) => Input::Type(c),
        (true, Press::Other) if key.code == KeyCode::Backspace => Input::Erase,
        (true, Press::Up) => Input::Previous,
        (true, Press::Down) => Input::Next,
        (_, Press::Esc) => Input::Escape,
        (true, _) => return false,
        (false, Press::Up) => Input::Up,
        (false, Press::Down) => Input::Down,
        (false, Press::PageUp) => Input::PageUp,
        (false, Press::PageDown) => Input::PageDown,
        (false, Press::Home) => Input::Home,
        (false, Press::End) => Input::End,
        (false, Press::Space) => Input::Pause,
        (false, Press::Letter('w')) => Input::Wrap,
        (false, Press::Letter('/')) => Input::Search,
        (false, Press::Letter('n')) => Input::Next,
        (false, Press::Letter('N')) => Input::Previous,
        _ => return false,
    };
    pane.handle(input, lines, size)
}

/// The lines of a screen's key table.
pub(crate) fn keys() -> [Key; 5] {
    [
        Key::new("/", "search", "search the log"),
        Key::quiet("n", "next one found"),
        Key::quiet("N", "previous one found"),
        Key::new("Space", "pause", "stop following, or follow again"),
        Key::new("w", "wrap", "wrap long lines, or cut them"),
    ]
}

/// Rows of the wheel for a pane.
pub(crate) fn wheel(rows: i32) -> Input<'static> {
    Input::Wheel(i16::try_from(rows).unwrap_or(0))
}
