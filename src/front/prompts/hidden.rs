//! Reading from the terminal without showing what is typed.
//!
//! Signals from the keyboard are read as characters meanwhile, so that Ctrl-C gives the echo back
//! before anything ends: a terminal left without echo looks broken to the person.

use std::io::{Stdin, stdin};

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use zeroize::Zeroizing;

use super::talk::Ended;
use crate::answers::Hidden;
use crate::problem::Problem;

/// Bytes of a value. The room is taken at once: a text that grows leaves copies of itself behind.
const LONGEST: usize = 64 * 1024;

/// Tenths of a second in which more lines count as the same paste. Nobody types that fast.
const SAME_PASTE: u8 = 1;

pub(super) fn is_possible() -> bool {
    termios::isatty(stdin())
}

/// Reads up to Enter, or a whole paste of several lines, without its last line end. `ready` invites
/// the person to type once nothing of it is shown any more.
pub(super) fn read(ready: impl FnOnce()) -> Result<Hidden, Ended> {
    let terminal = Silent::new(stdin())?;
    ready();
    let mut typed = Typed::default();
    loop {
        let mut byte = [0_u8; 1];
        match rustix::io::read(&terminal.stdin, &mut byte) {
            Ok(0) if typed.ended => return typed.finish(),
            Ok(0) => return Err(Ended::NoInput),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(Ended::NoInput),
            Ok(_) => {
                let was = typed.ended;
                typed.take(byte[0])?;
                if typed.ended != was {
                    terminal.wait(typed.ended)?;
                }
            }
        }
    }
}

/// A terminal without echo, given back as it was when dropped.
struct Silent {
    stdin: Stdin,
    before: Termios,
}

impl Silent {
    fn new(stdin: Stdin) -> Result<Self, Ended> {
        let before = termios::tcgetattr(&stdin).map_err(|e| failed(&e))?;
        let silent = Self { stdin, before };
        silent.wait(false)?;
        Ok(silent)
    }

    /// Reads wait for a character; after a line's end only as long as a paste takes.
    fn wait(&self, after_line: bool) -> Result<(), Ended> {
        let mut modes = self.before.clone();
        modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        modes.special_codes[SpecialCodeIndex::VMIN] = u8::from(!after_line);
        modes.special_codes[SpecialCodeIndex::VTIME] = if after_line { SAME_PASTE } else { 0 };
        termios::tcsetattr(&self.stdin, OptionalActions::Now, &modes).map_err(|e| failed(&e))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(&self.stdin, OptionalActions::Now, &self.before);
    }
}

fn failed(error: &rustix::io::Errno) -> Ended {
    Ended::Failed(
        Problem::tool("the terminal cannot hide what is typed")
            .cause(error)
            .hint("give the value by `{ file: PATH }` or `{ stdin: true }` in an answers file"),
    )
}

/// What came so far.
struct Typed {
    bytes: Zeroizing<Vec<u8>>,
    /// The last thing was a line's end: it is over unless more of a paste follows.
    ended: bool,
    escape: Escape,
}

/// Where in a key's escape sequence we are: arrows and paste marks are no part of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Begun,
    Sequence,
}

impl Default for Typed {
    fn default() -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(LONGEST)),
            ended: false,
            escape: Escape::None,
        }
    }
}

impl Typed {
    fn take(&mut self, byte: u8) -> Result<(), Ended> {
        self.escape = match (self.escape, byte) {
            (Escape::None, 0x1b) => Escape::Begun,
            (Escape::Begun, b'[' | b'O') => Escape::Sequence,
            (Escape::Sequence, 0x20..=0x3f) => Escape::Sequence,
            (Escape::None, _) => return self.key(byte),
            _ => Escape::None,
        };
        Ok(())
    }

    fn key(&mut self, byte: u8) -> Result<(), Ended> {
        let ended = std::mem::take(&mut self.ended);
        match byte {
            b'\n' | b'\r' => {
                if ended {
                    self.push(b'\n')?;
                }
                self.ended = true;
            }
            0x03 => return Err(Ended::Quit),
            0x04 if self.bytes.is_empty() => return Err(Ended::NoInput),
            0x08 | 0x7f => self.rub_out(),
            0x15 => self.bytes.clear(),
            b'\t' | 0x20.. => {
                if ended {
                    self.push(b'\n')?;
                }
                self.push(byte)?;
            }
            // Other control characters are not part of any value.
            _ => self.ended = ended,
        }
        Ok(())
    }

    fn push(&mut self, byte: u8) -> Result<(), Ended> {
        if self.bytes.len() == LONGEST {
            return Err(Ended::Failed(Problem::user(
                "a typed value has 64 KiB at most; nothing was taken",
            )));
        }
        self.bytes.push(byte);
        Ok(())
    }

    /// Takes one character back, all bytes of it.
    fn rub_out(&mut self) {
        while let Some(byte) = self.bytes.pop() {
            if byte & 0b1100_0000 != 0b1000_0000 {
                break;
            }
        }
    }

    fn finish(mut self) -> Result<Hidden, Ended> {
        let bytes = std::mem::take(&mut *self.bytes);
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Hidden(Zeroizing::new(text))),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(Ended::Failed(Problem::user("what was typed is no text; nothing was taken")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> Result<String, Ended> {
        let mut typed = Typed::default();
        keys.iter().try_for_each(|byte| typed.take(*byte))?;
        assert!(typed.ended || keys.is_empty());
        typed.finish().map(|hidden| hidden.0.to_string())
    }

    #[test]
    fn keys_edit_the_line() {
        assert_eq!(typed(b"ghp_x\n"), Ok("ghp_x".into()));
        assert_eq!(typed("aé\u{7f}b\r".as_bytes()), Ok("ab".into()));
        assert_eq!(typed(b"wrong\x15right\n"), Ok("right".into()));
        assert_eq!(typed(b"a\x1b[D\x1b[200~b\x1b[201~\x1bOAc\x07\n"), Ok("abc".into()));
        assert_eq!(typed(b"\n"), Ok(String::new()));
    }

    #[test]
    fn a_paste_of_several_lines_is_taken_whole() {
        assert_eq!(typed(b"one\ntwo\n\nfour\n"), Ok("one\ntwo\n\nfour".into()));
    }

    #[test]
    fn leaving_keys_leave() {
        assert_eq!(typed(b"abc\x03"), Err(Ended::Quit));
        assert_eq!(typed(b"\x04"), Err(Ended::NoInput));
        assert_eq!(typed(b"a\x04\n"), Ok("a".into()));
    }

    #[test]
    fn more_than_fits_and_no_text_are_refused() {
        let long = vec![b'x'; LONGEST + 1];
        let mut all = Typed::default();
        assert!(long.iter().try_for_each(|byte| all.take(*byte)).is_err());
        assert!(matches!(typed(b"\xff\n"), Err(Ended::Failed(_))));
    }
}
