//! What a terminal sends, as keys, mouse, paste and focus: bytes in, crossterm's events out.
//!
//! crossterm's own reader is not used. It waits on edges, so what it leaves unread (a key that
//! came together with a resize, the rest of more than 1024 bytes) stays there until the next key
//! comes, while the terminal is ready for ever. Never reads, never waits; nothing that a terminal
//! sends may make it panic, and pasted text never becomes keys.

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

const ESCAPE: u8 = 0x1b;
const PASTE_ENDS: &[u8] = b"\x1b[201~";
/// No sequence that means something is longer. One that is, is dropped.
const LONGEST: usize = 64;

/// Takes bytes as they come and keeps what is not whole yet.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    pending: Vec<u8>,
    /// Where the end of a paste is looked for; what is before has none.
    paste: Option<usize>,
}

/// What the first bytes are.
enum Parsed {
    /// So many bytes, and what they mean, if anything.
    Is(usize, Option<Event>),
    /// The rest is still to come.
    Cut,
    PasteBegins(usize),
}

impl Decoder {
    /// What one read brought. An escape at its end is the key: no terminal sends half a sequence
    /// and then waits, and where it is cut by the read's length, `more` says so.
    pub(crate) fn take(&mut self, bytes: &[u8], more: bool) -> Vec<Event> {
        self.pending.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut at = 0;
        loop {
            if let Some(from) = self.paste {
                let Some(end) = find(&self.pending[from..], PASTE_ENDS) else {
                    self.paste =
                        Some(from.max((self.pending.len() + 1).saturating_sub(PASTE_ENDS.len())));
                    break;
                };
                let text = String::from_utf8_lossy(&self.pending[at..from + end]).into_owned();
                events.push(Event::Paste(text));
                at = from + end + PASTE_ENDS.len();
                self.paste = None;
                continue;
            }
            match parse(&self.pending[at..], more) {
                Parsed::Is(0, _) | Parsed::Cut => break,
                Parsed::Is(length, event) => {
                    at += length;
                    events.extend(event);
                }
                Parsed::PasteBegins(length) => {
                    // The text begins the buffer, so that where it is searched stays true.
                    self.pending.drain(..at + length);
                    at = 0;
                    self.paste = Some(0);
                }
            }
        }
        self.pending.drain(..at);
        events
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn parse(bytes: &[u8], more: bool) -> Parsed {
    match bytes {
        [] => Parsed::Is(0, None),
        [ESCAPE] if more => Parsed::Cut,
        [ESCAPE] | [ESCAPE, ESCAPE, ..] => key(1, KeyCode::Esc, KeyModifiers::NONE),
        [ESCAPE, b'[', rest @ ..] => sequence(rest),
        [ESCAPE, b'O', last, ..] if cursor_key(*last).is_some() => {
            Parsed::Is(3, cursor_key(*last).map(|code| pressed(code, KeyModifiers::NONE)))
        }
        [ESCAPE, b'O'] if more => Parsed::Cut,
        [ESCAPE, rest @ ..] => match character(rest) {
            Parsed::Is(length, Some(Event::Key(mut event))) => {
                event.modifiers |= KeyModifiers::ALT;
                Parsed::Is(length + 1, Some(Event::Key(event)))
            }
            Parsed::Is(length, event) => Parsed::Is(length + 1, event),
            cut => cut,
        },
        _ => character(bytes),
    }
}

/// A key that sends one character or one control character.
fn character(bytes: &[u8]) -> Parsed {
    let Some(&first) = bytes.first() else { return Parsed::Cut };
    let control = |c: u8| key(1, KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    match first {
        b'\r' => key(1, KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => key(1, KeyCode::Tab, KeyModifiers::NONE),
        0x7f => key(1, KeyCode::Backspace, KeyModifiers::NONE),
        0 => control(b' '),
        ESCAPE => key(1, KeyCode::Esc, KeyModifiers::NONE),
        1..=0x1a => control(first - 1 + b'a'),
        0x1c..=0x1f => control(first - 0x1c + b'4'),
        0x20..=0x7e => typed(1, char::from(first)),
        _ => several(bytes),
    }
}

/// A character of more than one byte.
fn several(bytes: &[u8]) -> Parsed {
    let length = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        // Not the beginning of a character.
        _ => return Parsed::Is(1, None),
    };
    let part = &bytes[..length.min(bytes.len())];
    match std::str::from_utf8(part) {
        Ok(text) => text.chars().next().map_or(Parsed::Is(1, None), |c| typed(length, c)),
        Err(error) if error.error_len().is_none() => Parsed::Cut,
        Err(_) => Parsed::Is(1, None),
    }
}

/// What follows `ESC [`; lengths count those two.
fn sequence(rest: &[u8]) -> Parsed {
    // The Linux console's F1 to F5.
    if let [b'[', last, ..] = rest {
        let code = matches!(last, b'A'..=b'E').then(|| KeyCode::F(last - b'A' + 1));
        return Parsed::Is(4, code.map(|code| pressed(code, KeyModifiers::NONE)));
    }
    let looked_at = &rest[..rest.len().min(LONGEST)];
    let ends = |b: &u8| (0x40..=0x7e).contains(b) && *b != b'[';
    let Some(end) = looked_at.iter().position(ends) else {
        return if looked_at.len() < LONGEST { Parsed::Cut } else { Parsed::Is(LONGEST, None) };
    };
    let (params, last, length) = (&rest[..end], rest[end], end + 3);
    // Another escape inside: the first one was cut short, and the second begins anew.
    if let Some(broken) = params.iter().position(|b| *b == ESCAPE) {
        return Parsed::Is(broken + 2, None);
    }
    if last == b'~' && params == b"200" {
        return Parsed::PasteBegins(length);
    }
    Parsed::Is(length, meaning(params, last))
}

fn meaning(params: &[u8], last: u8) -> Option<Event> {
    if let Some(mouse) = params.strip_prefix(b"<") {
        return mouse_event(&numbers(mouse), last).map(Event::Mouse);
    }
    // Answers of the terminal, among them the cursor's place, which is like a Shift-F3.
    if matches!(params.first(), Some(b'?' | b'>' | b'=')) || last == b'R' {
        return None;
    }
    let numbers = numbers(params);
    let modifiers = numbers.get(1).map_or(KeyModifiers::NONE, |n| modified(*n));
    let code = match last {
        b'I' if params.is_empty() => return Some(Event::FocusGained),
        b'O' if params.is_empty() => return Some(Event::FocusLost),
        b'Z' => return Some(pressed(KeyCode::BackTab, KeyModifiers::SHIFT)),
        b'~' => match numbers.first()? {
            1 | 7 => KeyCode::Home,
            2 => KeyCode::Insert,
            3 => KeyCode::Delete,
            4 | 8 => KeyCode::End,
            5 => KeyCode::PageUp,
            6 => KeyCode::PageDown,
            n @ 11..=15 => function(n - 10)?,
            n @ 17..=21 => function(n - 11)?,
            n @ 23..=24 => function(n - 12)?,
            _ => return None,
        },
        // The kitty protocol's form, which some terminals send unasked for keys with modifiers.
        b'u' => match char::from_u32(*numbers.first()?)? {
            '\r' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            '\x1b' => KeyCode::Esc,
            '\x7f' => KeyCode::Backspace,
            c if c.is_control() => return None,
            c => KeyCode::Char(c),
        },
        last => cursor_key(last)?,
    };
    Some(pressed(code, modifiers))
}

fn function(number: u32) -> Option<KeyCode> {
    u8::try_from(number).ok().map(KeyCode::F)
}

fn cursor_key(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    })
}

/// Numbers between semicolons; one that is none, or too large, is 0.
fn numbers(params: &[u8]) -> Vec<u32> {
    let number = |part: &[u8]| std::str::from_utf8(part).ok()?.parse().ok();
    params.split(|b| *b == b';').map(|part| number(part).unwrap_or(0)).collect()
}

/// xterm's parameter: one more than the sum of the modifiers' bits.
fn modified(parameter: u32) -> KeyModifiers {
    let bits = parameter.saturating_sub(1);
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, bits & 1 != 0);
    modifiers.set(KeyModifiers::ALT, bits & 2 != 0);
    modifiers.set(KeyModifiers::CONTROL, bits & 4 != 0);
    modifiers
}

/// Mouse reports in SGR form (mode 1006): `ESC [ < button ; column ; row M` (`m`: let go).
fn mouse_event(numbers: &[u32], last: u8) -> Option<MouseEvent> {
    let [code, column, row] = *numbers else { return None };
    let button = match code & 3 {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        _ => None,
    };
    let moves = code & 32 != 0;
    let kind = match (last, code & 192 != 0, button) {
        (b'M', true, _) => match code & 3 {
            0 => MouseEventKind::ScrollUp,
            1 => MouseEventKind::ScrollDown,
            2 => MouseEventKind::ScrollLeft,
            _ => MouseEventKind::ScrollRight,
        },
        (b'M', false, Some(button)) if moves => MouseEventKind::Drag(button),
        (b'M', false, Some(button)) => MouseEventKind::Down(button),
        (b'M', false, None) if moves => MouseEventKind::Moved,
        (b'm', false, Some(button)) => MouseEventKind::Up(button),
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, code & 4 != 0);
    modifiers.set(KeyModifiers::ALT, code & 8 != 0);
    modifiers.set(KeyModifiers::CONTROL, code & 16 != 0);
    // Counted from 1.
    let cell = |n: u32| u16::try_from(n.saturating_sub(1)).ok();
    Some(MouseEvent { kind, column: cell(column)?, row: cell(row)?, modifiers })
}

fn typed(length: usize, c: char) -> Parsed {
    let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    key(length, KeyCode::Char(c), shift)
}

fn key(length: usize, code: KeyCode, modifiers: KeyModifiers) -> Parsed {
    Parsed::Is(length, Some(pressed(code, modifiers)))
}

fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// In few words: what is pressed with which modifiers.
    fn told(events: &[Event]) -> Vec<String> {
        let tell = |event: &Event| match event {
            Event::Key(key) if key.modifiers.is_empty() => format!("{}", key.code),
            Event::Key(key) => format!("{}+{}", key.modifiers, key.code),
            Event::Mouse(m) => format!("{:?} at {},{} {}", m.kind, m.column, m.row, m.modifiers),
            other => format!("{other:?}"),
        };
        events.iter().map(tell).collect()
    }

    fn decoded(bytes: &[u8]) -> Vec<String> {
        told(&Decoder::default().take(bytes, false))
    }

    #[test]
    fn characters_and_control_characters() {
        assert_eq!(decoded("aZ é家".as_bytes()), ["a", "Shift+Z", "Space", "é", "家"]);
        assert_eq!(
            decoded(b"\r\t\x7f\x03\x0a\x00\x1f"),
            ["Enter", "Tab", "Backspace", "Control+c", "Control+j", "Control+Space", "Control+7"]
        );
    }

    #[test]
    fn an_escape_at_the_end_is_the_key() {
        assert_eq!(decoded(b"\x1b"), ["Esc"]);
        assert_eq!(decoded(b"a\x1b"), ["a", "Esc"]);
        assert_eq!(decoded(b"\x1b\x1b[A"), ["Esc", "Up"]);
        assert_eq!(decoded(b"\x1bx\x1b\r"), ["Alt+x", "Alt+Enter"]);
    }

    #[test]
    fn keys_with_names() {
        assert_eq!(
            decoded(b"\x1b[A\x1bOB\x1b[1;5C\x1b[H\x1bOF"),
            ["Up", "Down", "Control+Right", "Home", "End"]
        );
        assert_eq!(decoded(b"\x1b[3~\x1b[5;2~\x1b[Z"), ["Del", "Shift+Page Up", "Shift+Back Tab"]);
        assert_eq!(decoded(b"\x1bOP\x1b[11~\x1b[[A\x1b[24~"), ["F1", "F1", "F1", "F12"]);
        assert_eq!(decoded(b"\x1b[13;2u\x1b[27u\x1b[97;5u"), ["Shift+Enter", "Esc", "Control+a"]);
    }

    #[test]
    fn the_mouse_and_the_focus() {
        assert_eq!(
            decoded(
                b"\x1b[<0;3;4M\x1b[<0;3;4m\x1b[<65;1;1M\x1b[<32;9;9M\x1b[<35;9;9M\x1b[<20;1;1M"
            ),
            [
                "Down(Left) at 2,3 ",
                "Up(Left) at 2,3 ",
                "ScrollDown at 0,0 ",
                "Drag(Left) at 8,8 ",
                "Moved at 8,8 ",
                "Down(Left) at 0,0 Shift+Control",
            ]
        );
        assert_eq!(decoded(b"\x1b[I\x1b[O"), ["FocusGained", "FocusLost"]);
    }

    #[test]
    fn pasted_text_is_never_keys() {
        assert_eq!(decoded(b"\x1b[200~q\r\x1b[A\x1b[201~x"), ["Paste(\"q\\r\\u{1b}[A\")", "x"]);
    }

    #[test]
    fn what_means_nothing_is_dropped_whole() {
        // A cursor report, an answer of the terminal, a broken character, a sequence cut short.
        assert_eq!(decoded(b"\x1b[12;40R\x1b[?62;22c\xffa\x1b[1;\x1b[B"), ["a", "Down"]);
    }

    #[test]
    fn what_was_cut_is_kept_for_the_next_read() {
        let mut decoder = Decoder::default();
        assert_eq!(told(&decoder.take(b"a\x1b", true)), ["a"]);
        assert_eq!(told(&decoder.take(b"[", true)), Vec::<String>::new());
        assert_eq!(told(&decoder.take("Bé".as_bytes().split_last().unwrap().1, false)), ["Down"]);
        assert_eq!(told(&decoder.take(&"é".as_bytes()[1..], false)), ["é"]);
    }

    proptest! {
        /// However a stream is cut, it says the same; and nothing that comes makes a panic.
        #[test]
        fn cuts_change_nothing(
            bytes in prop::collection::vec(prop_oneof![
                Just(ESCAPE), Just(b'['), Just(b'<'), Just(b';'), Just(b'M'), Just(b'~'),
                Just(b'2'), Just(b'0'), Just(b'1'), any::<u8>(),
            ], 0..200),
            cut in 0_usize..200,
        ) {
            let whole = told(&Decoder::default().take(&bytes, true));
            let (before, after) = bytes.split_at(cut.min(bytes.len()));
            let mut decoder = Decoder::default();
            let mut parts = told(&decoder.take(before, true));
            parts.extend(told(&decoder.take(after, true)));
            prop_assert_eq!(parts, whole);
        }

        #[test]
        fn a_paste_comes_whole_in_any_pieces(text in "[a-z\r\u{1b}\\[é]{0,40}", size in 1_usize..9) {
            let bytes = format!("\x1b[200~{text}\x1b[201~").into_bytes();
            let mut decoder = Decoder::default();
            let mut events = Vec::new();
            for part in bytes.chunks(size) {
                events.extend(decoder.take(part, true));
            }
            prop_assert_eq!(events, [Event::Paste(text)]);
        }
    }
}
