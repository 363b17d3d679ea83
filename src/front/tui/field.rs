//! A field to type in: one line, readline's keys, paste. What a hidden field holds is wiped, and
//! shown as stars. A library's field would keep what was typed in memory; this one must not.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation as _;
use zeroize::Zeroizing;

use super::paint::Paint;
use super::text::{fitting, width};
use super::theme::Role;

/// Bytes that a field takes.
const MOST: usize = 64 * 1024;

/// Text that is being typed.
#[derive(Clone, Default)]
pub(crate) struct Field {
    text: Zeroizing<String>,
    /// Byte where the next character goes; always between two clusters.
    at: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Line,
    /// Lines one after the other, each of them an entry of its own.
    Lines,
    /// Shown as stars; pasted text of several lines is taken whole.
    Hidden,
}

/// What stands for the end of a line where lines are shown in one row.
const NEXT: &str = " | ";

/// Pasted text with its lines ended by `\n`: terminals send them as carriage returns.
pub(crate) fn with_line_ends(pasted: &str) -> Zeroizing<String> {
    Zeroizing::new(pasted.replace("\r\n", "\n").replace('\r', "\n"))
}

impl Field {
    pub(crate) fn new(text: &str) -> Self {
        let text = Zeroizing::new(text.to_owned());
        Self { at: text.len(), text, kind: Kind::Line }
    }

    /// One entry or several, pasted together or one after the other.
    pub(crate) fn of_lines(text: &str) -> Self {
        Self { kind: Kind::Lines, ..Self::new(text) }
    }

    /// A value that nobody may see, of any number of lines.
    pub(crate) fn hidden_text() -> Self {
        Self { kind: Kind::Hidden, ..Self::default() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Characters, as a person counts them.
    pub(crate) fn count(&self) -> usize {
        self.text.graphemes(true).count()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self { kind: self.kind, ..Self::default() };
    }

    /// What is typed, out of the field.
    pub(crate) fn take(&mut self) -> Zeroizing<String> {
        self.at = 0;
        std::mem::take(&mut self.text)
    }

    /// Whether the key was for the field; then it was done.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char(c) if control => return self.control(c),
            // What Option types on a Mac arrives as a character of its own or not at all.
            KeyCode::Char(_) if key.modifiers.contains(KeyModifiers::ALT) => return false,
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.remove(self.before(), self.at),
            KeyCode::Delete => self.remove(self.at, self.after()),
            KeyCode::Left => self.at = self.before(),
            KeyCode::Right => self.at = self.after(),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.text.len(),
            _ => return false,
        }
        true
    }

    fn control(&mut self, c: char) -> bool {
        match c {
            'a' => self.at = 0,
            'e' => self.at = self.text.len(),
            'b' => self.at = self.before(),
            'f' => self.at = self.after(),
            'd' => self.remove(self.at, self.after()),
            'h' => self.remove(self.before(), self.at),
            'k' => self.remove(self.at, self.text.len()),
            'u' => self.remove(0, self.at),
            'w' => self.remove(self.word_before(), self.at),
            _ => return false,
        }
        true
    }

    /// Takes pasted text.
    ///
    /// # Errors
    /// Why nothing was taken, in words for the notice.
    pub(crate) fn paste(&mut self, pasted: &str) -> Result<(), String> {
        if pasted.len() > MOST - self.text.len().min(MOST) {
            return Err(format!(
                "That is {}, this field takes 64 KiB at most. Nothing was taken.",
                size(pasted.len())
            ));
        }
        let text = with_line_ends(pasted);
        let whole = text.strip_suffix('\n').unwrap_or(&text);
        let lines = whole.split('\n').count();
        if lines > 1 && self.kind == Kind::Line {
            return Err(format!(
                "That has {lines} lines, this field takes one. Nothing was taken."
            ));
        }
        let kept: Zeroizing<String> = Zeroizing::new(
            whole.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect(),
        );
        let is_next = self.kind == Kind::Lines && !self.text.is_empty();
        if is_next && self.at == self.text.len() && !self.text.ends_with('\n') {
            self.put("\n");
        }
        self.put(&kept);
        Ok(())
    }

    fn insert(&mut self, typed: &str) {
        let harmless = !typed.chars().any(char::is_control);
        if harmless && self.text.len() + typed.len() <= MOST {
            self.put(typed);
        }
    }

    fn put(&mut self, text: &str) {
        // Growing in place would leave the old text behind in freed memory.
        let mut whole = Zeroizing::new(String::with_capacity(self.text.len() + text.len()));
        whole.push_str(&self.text[..self.at]);
        whole.push_str(text);
        whole.push_str(&self.text[self.at..]);
        self.text = whole;
        self.at = self.boundary(self.at + text.len());
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.at = self.boundary(from);
    }

    /// The nearest place between two clusters from `at` on: a combining character may have joined
    /// what was there.
    fn boundary(&self, at: usize) -> usize {
        let starts = self.text.grapheme_indices(true).map(|(start, _)| start);
        starts.chain([self.text.len()]).find(|start| *start >= at).unwrap_or(0)
    }

    fn before(&self) -> usize {
        self.text[..self.at].grapheme_indices(true).next_back().map_or(0, |(start, _)| start)
    }

    fn after(&self) -> usize {
        self.text[self.at..].graphemes(true).next().map_or(self.at, |c| self.at + c.len())
    }

    fn word_before(&self) -> usize {
        let trimmed = self.text[..self.at].trim_end();
        trimmed
            .rfind(char::is_whitespace)
            .map_or(0, |blank| blank + trimmed[blank..].chars().next().map_or(0, char::len_utf8))
    }

    /// Draws it over `columns`; with the focus the terminal's cursor stands in it.
    pub(crate) fn view(&self, paint: &mut Paint, x: u16, y: u16, columns: u16, focused: bool) {
        let shown: String = match self.kind {
            Kind::Line | Kind::Lines => self.text.replace('\n', NEXT),
            Kind::Hidden => "*".repeat(self.count()),
        };
        let before = match self.kind {
            Kind::Line | Kind::Lines => width(&self.text[..self.at].replace('\n', NEXT)),
            Kind::Hidden => self.text[..self.at].graphemes(true).count(),
        };
        let room = usize::from(columns.max(1));
        // The part around the cursor, when not all of it fits.
        let skipped = (before + 1).saturating_sub(room);
        let start = fitting(&shown, skipped).len();
        let start = if width(&shown[..start]) < skipped {
            start + shown[start..].graphemes(true).next().map_or(0, str::len)
        } else {
            start
        };
        let mut place = paint.within(x, y, columns, 1);
        place.lay(0, 0, columns, Role::Field);
        place.text(0, 0, Role::Field, &shown[start..]);
        if focused {
            let column = before.saturating_sub(width(&shown[..start]));
            place.cursor(u16::try_from(column).unwrap_or(columns), 0);
        }
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            Kind::Line | Kind::Lines => write!(f, "Field({:?} at {})", *self.text, self.at),
            _ => f.write_str("Field(<secret>)"),
        }
    }
}

/// `10 MB`, as people say it.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..=999 => format!("{bytes} bytes"),
        1_000..=999_999 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn press(field: &mut Field, code: KeyCode) {
        assert!(field.key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    fn control(field: &mut Field, c: char) {
        assert!(field.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)));
    }

    #[test]
    fn readlines_keys_edit_a_line() {
        let mut field = Field::new("one two");
        control(&mut field, 'w');
        assert_eq!(field.text(), "one ");
        "é李".chars().for_each(|c| press(&mut field, KeyCode::Char(c)));
        press(&mut field, KeyCode::Left);
        press(&mut field, KeyCode::Backspace);
        assert_eq!(field.text(), "one 李");
        control(&mut field, 'a');
        control(&mut field, 'd');
        assert_eq!(field.text(), "ne 李");
        control(&mut field, 'k');
        assert_eq!(field.text(), "");
        press(&mut field, KeyCode::Delete);
    }

    #[test]
    fn a_paste_is_text_and_never_keys() {
        let mut field = Field::default();
        field.paste("zoe\u{1b}[A@x\u{7}.org\r\n").unwrap();
        assert_eq!(field.text(), "zoe[A@x.org");
        let lines = field.paste("a\rb\rc").unwrap_err();
        assert_eq!(lines, "That has 3 lines, this field takes one. Nothing was taken.");
        let large = field.paste(&"x".repeat(10_000_000)).unwrap_err();
        assert_eq!(large, "That is 10 MB, this field takes 64 KiB at most. Nothing was taken.");
        assert_eq!(field.text(), "zoe[A@x.org");
        let mut value = Field::hidden_text();
        value.paste("-----BEGIN\nx\n-----END\n").unwrap();
        assert_eq!(value.text(), "-----BEGIN\nx\n-----END");
    }

    #[test]
    fn entries_are_pasted_together_or_one_after_the_other() {
        let mut field = Field::of_lines("");
        field.paste("one\r\ntwo\r").unwrap();
        field.paste("three").unwrap();
        assert_eq!(field.text(), "one\ntwo\nthree");
        // Inside one it is part of it.
        press(&mut field, KeyCode::Home);
        field.paste("an ").unwrap();
        assert_eq!(field.text(), "an one\ntwo\nthree");
    }

    #[test]
    fn what_is_hidden_does_not_show() {
        let mut field = Field::hidden_text();
        field.paste("canary").unwrap();
        assert_eq!(format!("{field:?}"), "Field(<secret>)");
        assert_eq!(field.count(), 6);
        assert_eq!(*field.take(), "canary");
        assert_eq!(field.text(), "");
    }

    proptest! {
        #[test]
        fn no_key_breaks_it(keys in proptest::collection::vec(0_u8..14, 0..60)) {
            let mut field = Field::new("e\u{301}李 a");
            for key in keys {
                let (code, modifiers) = match key {
                    0 => (KeyCode::Char('\u{301}'), KeyModifiers::NONE),
                    1 => (KeyCode::Char('李'), KeyModifiers::NONE),
                    2 => (KeyCode::Char(' '), KeyModifiers::NONE),
                    3 => (KeyCode::Left, KeyModifiers::NONE),
                    4 => (KeyCode::Right, KeyModifiers::NONE),
                    5 => (KeyCode::Backspace, KeyModifiers::NONE),
                    6 => (KeyCode::Delete, KeyModifiers::NONE),
                    7 => (KeyCode::Home, KeyModifiers::NONE),
                    n => (KeyCode::Char(b"aedhkuwf"[usize::from(n - 7) % 8].into()), KeyModifiers::CONTROL),
                };
                field.key(KeyEvent::new(code, modifiers));
                prop_assert!(field.text.is_char_boundary(field.at));
            }
        }
    }
}
