//! The stanzas that age and a plugin exchange, as text: a line `-> TAG ARGUMENT…`, then the body in
//! base64, in lines of 64 characters of which the last is shorter, and may be empty
//! (<https://c2sp.org/age-plugin>, <https://c2sp.org/age>).

use std::io::{self, Read, Write};

use age_core::format::Stanza;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::{Zeroize as _, Zeroizing};

const COLUMNS: usize = 64;

/// No stanza is larger; a plugin that writes without end is not read for ever.
const LARGEST: usize = 256 * 1024;

/// Both directions of a talk. What is held of it is wiped.
pub(super) struct Wire<'a> {
    input: &'a mut dyn Read,
    output: &'a mut dyn Write,
    /// Read, and not used yet.
    held: Zeroizing<Vec<u8>>,
}

impl<'a> Wire<'a> {
    pub(super) fn new((input, output): (&'a mut dyn Read, &'a mut dyn Write)) -> Self {
        // Reserved at once: growing would leave copies behind.
        Self { input, output, held: Zeroizing::new(Vec::with_capacity(LARGEST)) }
    }

    pub(super) fn send(&mut self, tag: &str, args: &[&str], body: &[u8]) -> io::Result<()> {
        let encoded = Zeroizing::new(STANDARD_NO_PAD.encode(body));
        // An argument may be the key itself: room for all of it, or growing leaves a copy.
        let words: usize = args.iter().map(|arg| arg.len() + 1).sum();
        let room = encoded.len() * 2 + words + 1024;
        let mut text = Zeroizing::new(String::with_capacity(room));
        text.push_str("-> ");
        text.push_str(tag);
        for arg in args {
            text.push(' ');
            text.push_str(arg);
        }
        text.push('\n');
        let mut rest = encoded.as_str();
        while let Some((line, after)) = rest.split_at_checked(COLUMNS) {
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        text.push_str(rest);
        text.push('\n');
        self.output.write_all(text.as_bytes())?;
        self.output.flush()
    }

    pub(super) fn send_stanza(&mut self, tag: &str, stanza: &Stanza) -> io::Result<()> {
        let words = ["0", stanza.tag.as_str()].into_iter();
        let args: Vec<&str> = words.chain(stanza.args.iter().map(String::as_str)).collect();
        self.send(tag, &args, &stanza.body)
    }

    /// # Errors
    /// Nothing more comes, or what comes is no stanza.
    pub(super) fn receive(&mut self) -> io::Result<Stanza> {
        let head = self.line()?;
        let mut words = head.strip_prefix("-> ").ok_or_else(broken)?.split(' ').map(str::to_owned);
        let tag = words.next().filter(|tag| !tag.is_empty()).ok_or_else(broken)?;
        let args = words.collect();
        let mut encoded = Zeroizing::new(String::with_capacity(LARGEST));
        loop {
            let line = self.line()?;
            if line.len() > COLUMNS || encoded.len() + line.len() > LARGEST {
                return Err(broken());
            }
            encoded.push_str(&line);
            if line.len() < COLUMNS {
                break;
            }
        }
        let body = STANDARD_NO_PAD.decode(encoded.as_str()).map_err(|_| broken())?;
        Ok(Stanza { tag, args, body })
    }

    fn line(&mut self) -> io::Result<Zeroizing<String>> {
        loop {
            if let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
                let line = self.held[..end].to_vec();
                self.held.copy_within(end + 1.., 0);
                let left = self.held.len() - end - 1;
                self.held[left..].zeroize();
                self.held.truncate(left);
                return String::from_utf8(line).map(Zeroizing::new).map_err(|e| {
                    e.into_bytes().zeroize();
                    broken()
                });
            }
            let begun = self.held.len();
            if begun == LARGEST {
                return Err(broken());
            }
            self.held.resize(LARGEST, 0);
            let read = self.input.read(&mut self.held[begun..]);
            self.held.truncate(begun + read.as_ref().map_or(0, |read| *read));
            match read {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(e) if e.kind() != io::ErrorKind::Interrupted => return Err(e),
                _ => {}
            }
        }
    }
}

fn broken() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(tag: &str, args: &[&str], body: &[u8]) -> String {
        let mut output = Vec::new();
        Wire::new((&mut io::empty(), &mut output)).send(tag, args, body).unwrap();
        String::from_utf8(output).unwrap()
    }

    fn received(text: &str) -> io::Result<Stanza> {
        Wire::new((&mut text.as_bytes(), &mut io::sink())).receive()
    }

    #[test]
    fn a_body_ends_with_a_short_line() {
        assert_eq!(sent("done", &[], b""), "-> done\n\n");
        assert_eq!(sent("ok", &["yes"], b"abc"), "-> ok yes\nYWJj\n");
        let full = "A".repeat(64);
        assert_eq!(sent("x", &[], &[0; 48]), format!("-> x\n{full}\n\n"));
        assert_eq!(sent("x", &[], &[0; 49]), format!("-> x\n{full}\nAA\n"));
    }

    #[test]
    fn what_is_sent_is_received() {
        for length in [0, 1, 47, 48, 49, 96, 1088] {
            let body = vec![7; length];
            let text = sent("tag", &["a", "b"], &body) + "-> next\n\n";
            let mut input = text.as_bytes();
            let mut output = io::sink();
            let mut wire = Wire::new((&mut input, &mut output));
            let stanza = wire.receive().unwrap();
            assert_eq!((stanza.tag.as_str(), stanza.args.len(), stanza.body), ("tag", 2, body));
            assert_eq!(wire.receive().unwrap().tag, "next");
            assert!(wire.receive().is_err());
        }
    }

    #[test]
    fn what_is_no_stanza_is_refused() {
        let long = "A".repeat(65);
        let endless = "A".repeat(LARGEST + 1);
        for text in ["", "done\n\n", "-> \n\n", "-> x\n", "-> x\n!\n", "-> x\nA\n"] {
            assert!(received(text).is_err(), "{text:?}");
        }
        assert!(received(&format!("-> x\n{long}\n\n")).is_err());
        assert!(received(&endless).is_err());
    }
}
