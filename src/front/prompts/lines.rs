//! Line by line: what screen readers and braille displays follow best. No redraw, no colour, no
//! cursor movement; the terminal itself edits the line.

use std::io::{BufRead, Write};

use super::hidden;
use super::talk::{Ended, Talk};
use crate::answers::Hidden;
use crate::front::sanitise;

/// A conversation over two streams.
#[derive(Debug)]
pub struct Lines<R, W> {
    input: R,
    out: W,
    /// Whether `input` is this process's terminal, so that its echo can be turned off.
    on_terminal: bool,
}

impl<R: BufRead, W: Write> Lines<R, W> {
    /// Streams that are no terminal: nothing is hidden, as nothing is echoed.
    pub fn new(input: R, out: W) -> Self {
        Self { input, out, on_terminal: false }
    }

    /// Standard input and output.
    pub fn on_terminal(input: R, out: W) -> Self {
        Self { input, out, on_terminal: hidden::is_possible() }
    }

    /// What cannot be written is not heard; the next question then ends it, since whoever closed
    /// the output does not answer either.
    pub(super) fn write(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    fn line(&mut self) -> Result<String, Ended> {
        let mut bytes = Vec::new();
        match self.input.read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => Err(Ended::NoInput),
            Ok(_) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
        }
    }
}

impl<R: BufRead, W: Write> Talk for Lines<R, W> {
    fn say(&mut self, text: &str) {
        // Whatever the words are made of, a title, a name or a log, nothing steers the terminal.
        let lines = text.split('\n').map(|line| sanitise(line) + "\n");
        self.write(&lines.collect::<String>());
    }

    fn ask(&mut self) -> Result<String, Ended> {
        self.write("> ");
        self.line()
    }

    fn ask_hidden(&mut self) -> Result<Hidden, Ended> {
        let typed = if self.on_terminal {
            hidden::read(|| self.write("> "))
        } else {
            self.write("> ");
            self.line().map(|line| Hidden(line.into()))
        };
        // The end of the line was not echoed either.
        self.write("\n");
        typed
    }

    fn ring(&mut self) {
        self.write("\u{7}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_trimmed_until_the_input_ends() {
        let mut heard = Vec::new();
        let mut talk = Lines::new(&b" yes \r\nb\xffd\n"[..], &mut heard);
        talk.say("One\u{1b}[2J?\nTwo?");
        assert_eq!(talk.ask(), Ok("yes".into()));
        assert_eq!(talk.ask(), Ok("b\u{fffd}d".into()));
        assert_eq!(talk.ask(), Err(Ended::NoInput));
        assert_eq!(heard, b"One?\nTwo?\n> > > ");
    }

    #[test]
    fn what_is_hidden_is_not_written() {
        let mut heard = Vec::new();
        let mut talk = Lines::new(&b"s3cret\n"[..], &mut heard);
        let typed = talk.ask_hidden().unwrap();
        assert_eq!(typed.0.as_str(), "s3cret");
        assert_eq!(format!("{typed:?}"), "<secret>");
        assert_eq!(heard, b"> \n");
    }
}
