//! JSON read from bytes, without a tree: only what Nix writes, and everything else skipped.
//!
//! Made for one flat object a line. It is as strict as it has to be to tell a whole record from a
//! cut one, and it never recurses: a thousand brackets cost a counter.

use std::borrow::Cow;

/// A place in a line.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A string as it stands between its quotes.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    raw: &'a [u8],
    /// Whether it has escapes to be resolved.
    escaped: bool,
}

/// A value, as far as records need it.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Text(Text<'a>),
    Number(u64),
    /// `null`, `true`, an array, an object: there, and not understood.
    Other,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next byte that is no white space, which stays.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes `byte`, after white space; `None` when something else is there.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Takes exactly these bytes, or nothing.
    #[inline]
    pub(super) fn take_all(&mut self, bytes: &[u8]) -> bool {
        let is_there = self.bytes[self.at..].starts_with(bytes);
        if is_there {
            self.at += bytes.len();
        }
        is_there
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Digits only; `None`, with nothing taken, for anything else.
    #[inline]
    pub(super) fn digits(&mut self) -> Option<u64> {
        let start = self.at;
        let mut value = 0_u64;
        while let Some(digit) = self.bytes.get(self.at).map(|b| b.wrapping_sub(b'0')) {
            if digit > 9 {
                break;
            }
            value = value.saturating_mul(10).saturating_add(u64::from(digit));
            self.at += 1;
        }
        (self.at > start).then_some(value)
    }

    /// A string. A string that is not ended is `None`.
    #[inline]
    pub(super) fn text(&mut self) -> Option<Text<'a>> {
        self.take(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..)?;
            let found = memchr::memchr2(b'"', b'\\', rest)?;
            self.at += found;
            if rest[found] == b'"' {
                let raw = &self.bytes[start..self.at];
                self.at += 1;
                return Some(Text { raw, escaped });
            }
            escaped = true;
            self.at += 2;
        }
    }

    /// Any value, understood or skipped.
    #[inline]
    pub(super) fn value(&mut self) -> Option<Value<'a>> {
        match self.peek()? {
            b'"' => self.text().map(Value::Text),
            b'0'..=b'9' | b'-' => self.number().map(Value::Number),
            b'{' | b'[' => self.skip_nested().map(|()| Value::Other),
            b'a'..=b'z' => {
                self.skip_word();
                Some(Value::Other)
            }
            _ => None,
        }
    }

    /// A number that counts something: what is below zero is none, and a fraction is cut.
    #[inline]
    fn number(&mut self) -> Option<u64> {
        let start = self.at;
        let whole = self.digits();
        if let (Some(whole), Some(b',' | b']' | b'}')) = (whole, self.bytes.get(self.at)) {
            return Some(whole);
        }
        let is_of_number = |b: &u8| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let after_digits = self.at;
        while self.bytes.get(self.at).is_some_and(is_of_number) {
            self.at += 1;
        }
        if self.at == after_digits && whole.is_some() {
            return whole;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).ok()?;
        // The cast saturates at both ends.
        text.parse::<f64>().ok().map(|value| value as u64)
    }

    /// `null`, `true`, `false`.
    fn skip_word(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_lowercase) {
            self.at += 1;
        }
    }

    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => drop(self.text()?),
                byte => {
                    self.at += 1;
                    match byte {
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

impl<'a> Text<'a> {
    /// As it stands there; equal to the string itself where that has no escapes.
    #[inline]
    pub(super) fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// The string. Invalid UTF-8 is replaced, and so is what is no escape.
    #[inline]
    pub(super) fn decoded(self) -> Cow<'a, str> {
        if !self.escaped {
            return String::from_utf8_lossy(self.raw);
        }
        Cow::Owned(self.unescaped())
    }

    fn unescaped(self) -> String {
        let mut out = String::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            out.push_str(&String::from_utf8_lossy(&rest[..at]));
            rest = &rest[at + 1..];
            let Some((escape, after)) = rest.split_first() else { break };
            rest = after;
            match escape {
                b'n' => out.push('\n'),
                b't' => out.push('\t'),
                b'r' => out.push('\r'),
                b'b' => out.push('\u{8}'),
                b'f' => out.push('\u{c}'),
                b'u' => {
                    let (character, after) = unicode(rest);
                    out.push(character);
                    rest = after;
                }
                other => out.push(char::from(*other)),
            }
        }
        out.push_str(&String::from_utf8_lossy(rest));
        out
    }
}

/// The character after `\u`, which may need two escapes.
fn unicode(rest: &[u8]) -> (char, &[u8]) {
    const BROKEN: char = char::REPLACEMENT_CHARACTER;
    let Some((high, after)) = four_digits(rest) else { return (BROKEN, rest) };
    if let Some(character) = char::from_u32(high) {
        return (character, after);
    }
    let low = after.strip_prefix(br"\u").and_then(four_digits);
    match low {
        Some((low @ 0xdc00..=0xdfff, behind)) if high < 0xdc00 => {
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(code).unwrap_or(BROKEN), behind)
        }
        _ => (BROKEN, after),
    }
}

fn four_digits(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    // `from_str_radix` would take a sign.
    let all = digits.bytes().all(|b| b.is_ascii_hexdigit());
    Some((u32::from_str_radix(digits, 16).ok().filter(|_| all)?, rest))
}
