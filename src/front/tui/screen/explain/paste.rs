//! A log that is typed, or pasted into a terminal that does not say where a paste begins and ends:
//! lines that grow at their end. What it shows has no secrets in it.

use ratatui::crossterm::event::{KeyCode, KeyEvent};
use zeroize::Zeroizing;

use crate::explain::mask;
use crate::front::tui::field;
use crate::front::tui::key::Press;
use crate::front::tui::paint::Paint;
use crate::front::tui::screen::{Effect, Notice};
use crate::front::tui::theme::Role;

/// What is pasted at once may be this long.
pub(super) const MOST: usize = 16_000_000;

/// What is typed may be this long: nobody types more.
const TYPED: usize = 256 * 1024;

/// Lines at its end that are looked at for each picture: a private key's block is shorter.
const SEEN: usize = 500;

#[derive(Default)]
pub(super) struct Paste {
    text: Zeroizing<String>,
}

impl Paste {
    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    pub(super) fn into_text(self) -> Zeroizing<String> {
        self.text
    }

    pub(super) fn key(&mut self, press: Press, key: KeyEvent) -> Option<Effect> {
        let refused = match (press, key.code) {
            (Press::Enter, _) => self.put("\n"),
            (_, KeyCode::Backspace) => {
                self.text.pop();
                None
            }
            (Press::Letter(c), _) => self.put(c.encode_utf8(&mut [0; 4])),
            _ => None,
        };
        refused.map(Effect::Say)
    }

    pub(super) fn paste(&mut self, text: &str) -> Option<Notice> {
        let lines = field::with_line_ends(&text);
        self.put(&lines)
    }

    /// Why nothing was taken. Growing in place would leave the old text behind in freed memory.
    fn put(&mut self, more: &str) -> Option<Notice> {
        let length = self.text.len() + more.len();
        if length > TYPED {
            let words =
                format!("That is {}, more than fits here. Nothing was taken.", field::size(length));
            return Some(Notice::plain(words));
        }
        if length > self.text.capacity() {
            let mut whole = Zeroizing::new(String::with_capacity(length * 2));
            whole.push_str(&self.text);
            self.text = whole;
        }
        self.text.push_str(more);
        None
    }

    /// Its last lines, into the whole of `paint`.
    pub(super) fn view(&self, is_focused: bool, paint: &mut Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        let from = self.text.rmatch_indices('\n').nth(SEEN).map_or(0, |(at, _)| at + 1);
        let mut shown = mask(&self.text[from..]);
        if self.text.ends_with('\n') || self.text.is_empty() {
            shown.push('\n');
        }
        let lines: Vec<&str> = shown.split('\n').collect();
        let lines = &lines[..lines.len() - usize::from(shown.ends_with("\n\n"))];
        let first = lines.len().saturating_sub(usize::from(rows));
        for y in 0..rows {
            paint.lay(0, y, columns, Role::Field);
        }
        let mut at = (0, 0);
        for (y, line) in (0..rows).zip(&lines[first..]) {
            let end = paint.cut(0, y, columns, Role::Field, line);
            at = (end.min(columns.saturating_sub(1)), y);
        }
        if is_focused {
            paint.cursor(at.0, at.1);
        }
    }
}

impl std::fmt::Debug for Paste {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Paste(<secret>)")
    }
}
