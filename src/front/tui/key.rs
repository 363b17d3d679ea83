//! Keys as a screen lists them: the footer, the help and what a letter does come from one table.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One line of a screen's key table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// As it is written on the screen, such as `Space` or `a`.
    pub(crate) key: &'static str,
    /// For the footer; empty: only the help lists it.
    pub(crate) short: &'static str,
    /// For the help.
    pub(crate) long: &'static str,
    /// Why it does nothing now, when it does nothing.
    pub(crate) off: Option<String>,
}

impl Key {
    /// A key that the footer shows.
    pub(crate) fn new(key: &'static str, short: &'static str, long: &'static str) -> Self {
        Self { key, short, long, off: None }
    }

    /// A key that only the help lists.
    pub(crate) fn quiet(key: &'static str, long: &'static str) -> Self {
        Self::new(key, "", long)
    }

    #[must_use]
    pub(crate) fn off(mut self, why: Option<impl Into<String>>) -> Self {
        self.off = why.map(Into::into);
        self
    }

    /// The character that it is, if it is one.
    pub(crate) fn letter(&self) -> Option<char> {
        let mut chars = self.key.chars();
        chars.next().filter(|_| chars.next().is_none())
    }
}

/// What a key press means, before a screen sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Press {
    Enter,
    Space,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Tab,
    BackTab,
    Esc,
    /// Help, also while somebody types.
    Help,
    Interrupt,
    Suspend,
    Redraw,
    Mouse,
    Letter(char),
    Other,
}

impl Press {
    /// `typing`: characters go into a field.
    pub(crate) fn of(key: KeyEvent, typing: bool) -> Self {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => Self::Interrupt,
            KeyCode::Char('z') if control => Self::Suspend,
            KeyCode::Char('l') if control => Self::Redraw,
            KeyCode::Char('t') if control => Self::Mouse,
            KeyCode::Char('g') if control => Self::Help,
            // Some terminals send these for Enter and Tab.
            KeyCode::Char('m' | 'j') if control => Self::Enter,
            KeyCode::Char('i') if control => Self::Tab,
            KeyCode::Char(_) if control => Self::Other,
            KeyCode::F(1) => Self::Help,
            KeyCode::Enter => Self::Enter,
            KeyCode::Tab => Self::Tab,
            KeyCode::BackTab => Self::BackTab,
            KeyCode::Esc => Self::Esc,
            KeyCode::Up => Self::Up,
            KeyCode::Down => Self::Down,
            KeyCode::Left => Self::Left,
            KeyCode::Right => Self::Right,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::Home => Self::Home,
            KeyCode::End => Self::End,
            KeyCode::Char(c) if typing => Self::Letter(c),
            KeyCode::Char(' ') => Self::Space,
            KeyCode::Char('?') => Self::Help,
            KeyCode::Char('k') => Self::Up,
            KeyCode::Char('j') => Self::Down,
            KeyCode::Char('h') => Self::Left,
            KeyCode::Char('l') => Self::Right,
            KeyCode::Char('g') => Self::Home,
            KeyCode::Char('G') => Self::End,
            KeyCode::Char(c) => Self::Letter(c),
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers, typing: bool) -> Press {
        Press::of(KeyEvent::new(code, modifiers), typing)
    }

    #[test]
    fn letters_act_only_outside_fields() {
        let none = KeyModifiers::NONE;
        assert_eq!(press(KeyCode::Char('?'), none, false), Press::Help);
        assert_eq!(press(KeyCode::Char('?'), none, true), Press::Letter('?'));
        assert_eq!(press(KeyCode::Char('j'), none, false), Press::Down);
        assert_eq!(press(KeyCode::Char('j'), none, true), Press::Letter('j'));
        assert_eq!(press(KeyCode::Char('g'), KeyModifiers::CONTROL, true), Press::Help);
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL, true), Press::Interrupt);
        assert_eq!(press(KeyCode::F(1), none, true), Press::Help);
    }

    #[test]
    fn a_letter_is_one_character() {
        assert_eq!(Key::new("a", "apply", "apply").letter(), Some('a'));
        assert_eq!(Key::new("Space", "tick", "tick").letter(), None);
    }
}
