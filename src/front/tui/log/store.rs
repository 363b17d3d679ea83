//! Lines in an arena of chunks. When the arena is full its oldest chunk is emptied and written
//! again, so that a build that talks for hours costs no more than one that talks for a minute.

use std::collections::VecDeque;
use std::ops::Range;

use regex::Regex;

use super::lines::{Line, Lines, Which};
use super::steps::Steps;
use super::text_of;
use crate::front::sanitise;
use crate::run::Stream;

/// Bytes kept, with what finding the lines again costs.
pub const KEPT: usize = 64 << 20;

/// Bytes of one chunk, which is what is lost at once when the arena is full.
const CHUNK: usize = 1 << 20;

/// Every line said in a run, in the order it was said, as harmless text. Lines are numbered from
/// 0, and keep their numbers when older ones are lost.
#[derive(Debug)]
pub struct Store {
    /// Chunks that are full, oldest first.
    full: VecDeque<Chunk>,
    /// The one that is written.
    open: Chunk,
    steps: Steps,
    chunk: usize,
    /// How many chunks there may be, the open one among them.
    chunks: usize,
}

/// Lines one after the other, each with a line feed at its end. The line feeds let a search go
/// over a whole chunk at once: a query cannot contain one.
#[derive(Debug, Default)]
struct Chunk {
    /// Number of its first line.
    first: u64,
    text: String,
    ends: Vec<End>,
    /// Runs of a step that began here; they take memory too.
    runs: usize,
}

/// Where a line's text ends, and in the highest bit whether it came from standard error. A chunk
/// is far smaller than 2 GiB.
#[derive(Debug, Clone, Copy)]
struct End(u32);

impl End {
    const ERR: u32 = 1 << 31;

    fn new(at: usize, stream: Stream) -> Self {
        let at = u32::try_from(at).unwrap_or(u32::MAX) & !Self::ERR;
        Self(if stream == Stream::Err { at | Self::ERR } else { at })
    }

    fn at(self) -> usize {
        (self.0 & !Self::ERR) as usize
    }

    fn stream(self) -> Stream {
        if self.0 & Self::ERR == 0 { Stream::Out } else { Stream::Err }
    }
}

impl Chunk {
    fn used(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<End>() + self.runs * Steps::RUN
    }

    fn end(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    /// Which bytes line `index` has, without its line feed.
    fn bytes(&self, index: usize) -> Option<Range<usize>> {
        let end = self.ends.get(index)?.at();
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before)?.at() + 1,
            None => 0,
        };
        Some(start..end)
    }

    fn line(&self, number: u64) -> Option<Line<'_>> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let text = self.text.get(self.bytes(index)?)?;
        Some(Line { stream: self.ends.get(index)?.stream(), text })
    }

    /// The lines of `wanted` that are here: their numbers, where they start, and their text.
    fn part(&self, wanted: &Range<u64>) -> Option<(Range<u64>, usize, &str)> {
        let here = wanted.start.max(self.first)..wanted.end.min(self.end());
        if here.is_empty() {
            return None;
        }
        let index = |number: u64| usize::try_from(number - self.first).ok();
        let start = self.bytes(index(here.start)?)?.start;
        let end = self.bytes(index(here.end - 1)?)?.end;
        Some((here, start, self.text.get(start..end)?))
    }

    /// Empties it for lines from `first` on. Memory for text is kept for them; room for the ends
    /// of very many short lines is not, since text would be put beside it next time.
    fn begin(&mut self, first: u64, chunk: usize) {
        self.first = first;
        self.text.clear();
        self.ends.clear();
        self.ends.shrink_to(chunk / 32);
        self.runs = 0;
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new(KEPT)
    }
}

impl Store {
    /// Keeps about `limit` bytes of newest lines.
    pub fn new(limit: usize) -> Self {
        Self::of_chunks(limit, CHUNK)
    }

    /// With chunks of a size that tests can fill.
    pub(super) fn of_chunks(limit: usize, chunk: usize) -> Self {
        Self {
            full: VecDeque::new(),
            open: Chunk::default(),
            steps: Steps::default(),
            chunk,
            // With one chunk alone every line would be lost whenever it is full.
            chunks: (limit / chunk).max(2),
        }
    }

    /// Keeps one line of a step: made harmless, and cut after 4,000 characters.
    pub fn push(&mut self, step: &'static str, stream: Stream, raw: &str) {
        let text = sanitise(raw);
        let needed = text.len() + 1 + size_of::<End>() + Steps::RUN;
        if self.open.used() + needed > self.chunk && !self.open.ends.is_empty() {
            self.open_another();
        }
        let number = self.open.end();
        let chunk = &mut self.open;
        chunk.text.push_str(&text);
        chunk.ends.push(End::new(chunk.text.len(), stream));
        chunk.text.push('\n');
        chunk.runs += usize::from(self.steps.said(step, number));
    }

    /// The same for what came as bytes: what is not UTF-8 is replaced.
    pub fn push_bytes(&mut self, step: &'static str, stream: Stream, raw: &[u8]) {
        self.push(step, stream, &text_of(raw));
    }

    /// The lines of one step, or all.
    pub fn lines(&self, which: Which) -> Lines<'_> {
        Lines::new(self, &self.steps, which)
    }

    /// Number of the oldest line that is kept: so many were lost.
    pub fn first(&self) -> u64 {
        self.full.front().unwrap_or(&self.open).first
    }

    /// One past the number of the newest line: so many were said.
    pub fn end(&self) -> u64 {
        self.open.end()
    }

    pub(super) fn line(&self, number: u64) -> Option<Line<'_>> {
        self.chunk_of(number)?.line(number)
    }

    /// The first line among `wanted` that matches.
    pub(super) fn find(&self, wanted: &Range<u64>, regex: &Regex) -> Option<u64> {
        let chunks = self.full.iter().chain([&self.open]);
        chunks
            .skip_while(|c| c.end() <= wanted.start)
            .take_while(|c| c.first < wanted.end)
            .find_map(|chunk| {
                let (_, start, text) = chunk.part(wanted)?;
                let at = start + regex.find(text)?.start();
                Some(chunk.first + chunk.ends.partition_point(|end| end.at() < at) as u64)
            })
    }

    /// The last line among `wanted` that matches.
    pub(super) fn find_last(&self, wanted: &Range<u64>, regex: &Regex) -> Option<u64> {
        let chunks = [&self.open].into_iter().chain(self.full.iter().rev());
        chunks
            .skip_while(|c| c.first >= wanted.end)
            .take_while(|c| c.end() > wanted.start)
            .find_map(|chunk| {
                let (here, _, text) = chunk.part(wanted)?;
                // A search runs forwards only, so a chunk with a match is looked at line by line.
                regex.find(text)?;
                here.rev().find(|n| chunk.line(*n).is_some_and(|l| regex.is_match(l.text)))
            })
    }

    fn chunk_of(&self, number: u64) -> Option<&Chunk> {
        if number >= self.open.first {
            return Some(&self.open);
        }
        let after = self.full.partition_point(|chunk| chunk.first <= number);
        self.full.get(after.checked_sub(1)?)
    }

    /// Bytes that its lines take.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.full.iter().chain([&self.open]).map(Chunk::used).sum()
    }

    /// Puts the open chunk away and opens another, the oldest if there may be no more.
    fn open_another(&mut self) {
        let is_full = self.full.len() + 1 >= self.chunks;
        let mut next = is_full.then(|| self.full.pop_front()).flatten().unwrap_or_else(|| Chunk {
            // Memory that is never written to is never resident.
            text: String::with_capacity(self.chunk),
            ..Chunk::default()
        });
        next.begin(self.open.end(), self.chunk);
        self.full.push_back(std::mem::replace(&mut self.open, next));
        self.steps.forget(self.first());
    }
}
