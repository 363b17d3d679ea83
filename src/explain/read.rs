//! Reads a log of any size: every line is searched for the words of the catalogue, and only lines
//! that hold one are looked at. Memory stays bounded; the log may be larger than it.

use std::collections::VecDeque;
use std::io::{self, Read};

use super::catalogue::{Catalogue, NEAR};
use super::scan::{Scan, Seen};
use super::suspects::Suspects;

/// A log up to this size is looked at line by line, which also finds what was broken in two.
const SMALL: usize = 512 * 1024;

/// How much is read at once.
const BLOCK: usize = 256 * 1024;

/// A line without an end up to here is cut: it is no text.
const LONGEST_LINE: usize = 1024 * 1024;

/// What kind of thing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Nothing but blanks.
    Empty,
    /// No log: a picture, an archive, a program.
    Binary,
    Text,
}

/// A log that was read.
#[derive(Debug)]
pub struct Log {
    pub contents: Contents,
    /// Lines it has.
    pub lines: u64,
    /// Its size.
    pub bytes: u64,
    /// Private keys that were in it; each is hidden wherever the log is shown.
    pub private_keys: u32,
    pub(super) seen: Seen,
    pub(super) suspects: Suspects,
    /// Whether there is a trace of Nix or its companions.
    pub(super) is_family: bool,
}

/// Reads `input` to its end.
///
/// # Errors
/// It cannot be read.
pub fn read(input: &mut dyn Read, catalogue: &Catalogue) -> io::Result<Log> {
    let mut head = Vec::new();
    input.take(SMALL as u64 + 1).read_to_end(&mut head)?;
    let contents = contents(&head);
    let is_small = head.len() <= SMALL;
    let mut pass = Pass {
        catalogue,
        scan: Scan::new(catalogue, is_small && contents == Contents::Text),
        lines: 0,
        bytes: 0,
        is_family: false,
        suspects: Suspects::default(),
        tail: VecDeque::new(),
    };
    if is_small {
        pass.bytes = head.len() as u64;
        if contents == Contents::Text {
            pass.every_line(&head);
        } else {
            pass.lines = newlines(&head);
        }
    } else {
        pass.stream(head, input)?;
    }
    Ok(pass.log(contents))
}

/// Words of which a log of this field has one. Only asked for messages that any program may print.
const FAMILY: [&str; 16] = [
    "/nix/",
    "nix-",
    "nixos",
    "nixpkgs",
    "home-manager",
    "home manager",
    "darwin-rebuild",
    "sops",
    "launchctl",
    "launchagents",
    "flake.",
    ".#",
    "hm-activate",
    "nh os",
    "nh home",
    "building the system configuration",
];

struct Pass<'c> {
    catalogue: &'c Catalogue,
    scan: Scan<'c>,
    lines: u64,
    bytes: u64,
    is_family: bool,
    suspects: Suspects,
    /// The last bytes of a large log, for lines that look like a cause.
    tail: VecDeque<u8>,
}

impl Pass<'_> {
    fn every_line(&mut self, text: &[u8]) {
        self.look_for_family(text);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            self.lines += 1;
            self.scan.line(self.lines, line);
        }
        self.suspects.look(text, 1);
    }

    /// Block by block, each up to its last whole line.
    fn stream(&mut self, head: Vec<u8>, input: &mut dyn Read) -> io::Result<()> {
        self.bytes = head.len() as u64;
        let mut buffer = head;
        loop {
            let whole = match buffer.iter().rposition(|byte| *byte == b'\n') {
                Some(end) => end + 1,
                None if buffer.len() >= LONGEST_LINE => buffer.len(),
                None => 0,
            };
            self.block(&buffer[..whole]);
            buffer.drain(..whole);
            let before = buffer.len();
            let read = input.take(BLOCK as u64).read_to_end(&mut buffer)?;
            self.bytes += read as u64;
            if buffer.len() == before {
                break;
            }
        }
        self.block(&buffer);
        let tail: Vec<u8> = std::mem::take(&mut self.tail).into();
        let first = (self.lines + 1).saturating_sub(newlines(&tail).max(1));
        self.suspects.look(&tail, first);
        Ok(())
    }

    fn block(&mut self, block: &[u8]) {
        if block.is_empty() {
            return;
        }
        if !self.is_family {
            self.look_for_family(block);
        }
        let (mut at, mut counted) = (0, 0);
        while at < block.len() {
            let start = if self.scan.wants_next() {
                at
            } else {
                let input = aho_corasick::Input::new(block).range(at..);
                let Ok(Some(found)) = self.catalogue.sieve.try_find(input) else { break };
                line_start(block, found.start())
            };
            let end = line_end(block, start.max(at));
            self.lines += newlines(&block[counted..start]);
            counted = end;
            self.lines += 1;
            let is_alone = !self.scan.wants_next();
            if self.scan.line(self.lines, &block[start..end]) && is_alone {
                self.earlier(block, start);
            }
            at = end;
        }
        let rest = &block[counted..];
        self.lines += newlines(rest) + u64::from(rest.last().is_some_and(|byte| *byte != b'\n'));
        self.remember(block);
    }

    /// The lines before one that showed something, of this block and of the end of the last one.
    fn earlier(&mut self, block: &[u8], start: usize) {
        /// Forty lines of a program's messages fit in this; longer ones are cut short.
        const LEAD: usize = 16 * 1024;
        let near = usize::try_from(NEAR).unwrap_or(usize::MAX);
        let mut lead = block[start.saturating_sub(LEAD)..start].to_vec();
        if start < LEAD {
            let over = self.tail.len().saturating_sub(LEAD);
            lead.splice(..0, self.tail.range(over..).copied());
        }
        // The last piece is empty: the line that showed something begins there.
        let lines = lead.split(|byte| *byte == b'\n').rev().skip(1).take(near);
        for (line, back) in lines.zip(1..) {
            self.scan.earlier(self.lines.saturating_sub(back), line);
        }
    }

    fn look_for_family(&mut self, block: &[u8]) {
        let lower = block.to_ascii_lowercase();
        let text = String::from_utf8_lossy(&lower);
        self.is_family = FAMILY.iter().any(|word| text.contains(word));
    }

    /// Keeps the end of the log.
    fn remember(&mut self, block: &[u8]) {
        const TAIL: usize = 128 * 1024;
        let new = &block[block.len().saturating_sub(TAIL)..];
        let over = (self.tail.len() + new.len()).saturating_sub(TAIL);
        self.tail.drain(..over.min(self.tail.len()));
        self.tail.extend(new);
    }

    fn log(self, contents: Contents) -> Log {
        let seen = self.scan.finish();
        Log {
            contents,
            lines: self.lines,
            bytes: self.bytes,
            private_keys: seen.hidden,
            seen,
            suspects: self.suspects,
            is_family: self.is_family,
        }
    }
}

fn line_start(block: &[u8], at: usize) -> usize {
    block[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

/// Past the line's end.
fn line_end(block: &[u8], at: usize) -> usize {
    block[at..].iter().position(|byte| *byte == b'\n').map_or(block.len(), |end| at + end + 1)
}

fn newlines(bytes: &[u8]) -> u64 {
    // Counted by the compiler many at a time, as long as a chunk's sum fits in a byte.
    let chunk = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    bytes.chunks(255).map(|bytes| u64::from(chunk(bytes))).sum()
}

/// What the first bytes look like.
fn contents(head: &[u8]) -> Contents {
    if head.iter().all(u8::is_ascii_whitespace) {
        return Contents::Empty;
    }
    let head = &head[..head.len().min(64 * 1024)];
    let is_odd = |byte: &&u8| matches!(byte, 0..=6 | 14..=26 | 28..=31);
    let odd = head.iter().filter(is_odd).count();
    let broken = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum::<usize>();
    // A log may hold a few bytes of another encoding; a file of another kind is full of them.
    if odd * 20 > head.len() || broken * 5 > head.len() { Contents::Binary } else { Contents::Text }
}
