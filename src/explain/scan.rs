//! One pass over a log's lines: which signals of the catalogue are where.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::catalogue::{Catalogue, NEAR};
use super::mask::Mask;
use super::plain;
use super::wrap::{Joiner, Whole};

/// Of a signal that comes again and again, this many of the first lines are kept, and of the last.
const KEPT: usize = 24;

/// A line longer than this is no message of any program; its head is enough.
const LONGEST: usize = 16 * 1024;

/// Where a signal was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    /// Counted from 1.
    pub(super) line: u64,
    /// The line as it may be shown.
    pub(super) shown: String,
    /// Named parts of it.
    pub(super) parts: BTreeMap<String, String>,
}

/// What the pass has found.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// By signal; of one that shows nothing by itself, none.
    pub(super) hits: Vec<Vec<Hit>>,
    /// By signal, the numbers of lines.
    pub(super) lines: Vec<Vec<u64>>,
    /// Recipients that sops could not open a file with.
    pub(super) recipients: Vec<String>,
    /// Private keys that were hidden.
    pub(super) hidden: u32,
}

/// The pass.
#[derive(Debug)]
pub(super) struct Scan<'c> {
    catalogue: &'c Catalogue,
    mask: Mask,
    joiner: Joiner,
    /// Kept whole, to be joined in pairs, while the log is small.
    kept: Option<Vec<Whole>>,
    seen: Seen,
    /// Lines still to be looked at for what must, or must not, be near the last match.
    near: u64,
}

/// Numbers of lines kept of one signal: far more than any log of a failure has.
const MOST_LINES: usize = 100_000;

static FAILED_RECIPIENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*(age1[a-z0-9]+|ssh-\S+ \S+).*: FAILED\s*$").ok());

impl<'c> Scan<'c> {
    /// `keeps`: the log is small enough to be held.
    pub(super) fn new(catalogue: &'c Catalogue, keeps: bool) -> Self {
        let hits = vec![Vec::new(); catalogue.signals.len()];
        let lines = vec![Vec::new(); catalogue.signals.len()];
        Self {
            catalogue,
            mask: Mask::default(),
            joiner: Joiner::default(),
            kept: keeps.then(Vec::new),
            seen: Seen { hits, lines, ..Seen::default() },
            near: 0,
        }
    }

    /// Whether the next line must be handed over whatever is in it.
    pub(super) fn wants_next(&self) -> bool {
        self.near > 0 || self.joiner.is_open() || self.mask.is_open()
    }

    /// Takes line `number`, and says whether it shows something by itself.
    pub(super) fn line(&mut self, number: u64, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
        let mut shows = false;
        for text in plain::texts(&text) {
            shows |= self.text(number, &text);
        }
        self.near = if shows { NEAR } else { self.near.saturating_sub(1) };
        shows
    }

    fn text(&mut self, number: u64, text: &str) -> bool {
        let shown = self.mask.line(text);
        let to_match = plain::to_match(&shown);
        let whole = Whole::new(number, shown, to_match);
        let Self { catalogue, joiner, kept, seen, .. } = self;
        let mut shows = false;
        joiner.push(whole, |whole| shows |= keep(catalogue, whole, kept, seen));
        shows
    }

    /// Takes a line from before one that showed something.
    pub(super) fn earlier(&mut self, number: u64, bytes: &[u8]) {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
        for text in plain::texts(&text) {
            let to_match = plain::to_match(&text);
            for signal in self.catalogue.set.matches(&to_match) {
                remember(&mut self.seen.lines[signal], number);
            }
        }
    }

    /// What was seen, when the log has ended.
    pub(super) fn finish(mut self) -> Seen {
        let Self { catalogue, joiner, kept, seen, .. } = &mut self;
        joiner.end(&mut |whole| {
            keep(catalogue, whole, kept, seen);
        });
        if let Some(kept) = self.kept.take() {
            self.pairs(&kept);
        }
        self.seen.hidden = self.mask.hidden;
        self.seen
    }

    /// What a terminal or a mail has broken in two: only matches that reach over the break count.
    fn pairs(&mut self, lines: &[Whole]) {
        /// A line shorter than this was not broken for its length.
        const BROKEN: usize = 50;
        for pair in lines.windows(2) {
            let [first, second] = pair else { continue };
            if first.text.chars().count() < BROKEN || second.text.trim().is_empty() {
                continue;
            }
            let end = first.text.trim_end().len();
            for between in [" ", ""] {
                let both = first.and(second, between);
                match_line(self.catalogue, &both, &mut self.seen, |found| {
                    found.start() < end && found.end() > end + between.len()
                });
            }
        }
    }
}

fn keep(
    catalogue: &Catalogue,
    whole: Whole,
    kept: &mut Option<Vec<Whole>>,
    seen: &mut Seen,
) -> bool {
    let shows = match_line(catalogue, &whole, seen, |_| true);
    if let Some(kept) = kept {
        kept.push(whole);
    }
    shows
}

fn remember(lines: &mut Vec<u64>, number: u64) {
    if lines.len() < MOST_LINES && lines.last() != Some(&number) {
        lines.push(number);
    }
}

fn match_line(
    catalogue: &Catalogue,
    whole: &Whole,
    seen: &mut Seen,
    counts: impl Fn(&regex::Match<'_>) -> bool,
) -> bool {
    let mut shows = false;
    if let Some(recipient) = failed_recipient(&whole.text)
        && seen.recipients.len() < KEPT
        && !seen.recipients.contains(&recipient)
    {
        seen.recipients.push(recipient);
    }
    for signal in catalogue.set.matches(&whole.text) {
        if !catalogue.is_main[signal] {
            for piece in &whole.pieces {
                remember(&mut seen.lines[signal], piece.number);
            }
            continue;
        }
        let Some(regex) = catalogue.regex(signal) else { continue };
        let Some(captures) = regex.captures(&whole.text) else { continue };
        let Some(found) = captures.get(0).filter(|found| counts(found)) else { continue };
        let Some(piece) = whole.piece(found.start()) else { continue };
        let parts = regex
            .capture_names()
            .flatten()
            .filter_map(|name| Some((name.to_owned(), captures.name(name)?.as_str().to_owned())))
            .collect();
        shows = true;
        let hit = Hit { line: piece.number, shown: piece.shown.clone(), parts };
        remember(&mut seen.lines[signal], hit.line);
        let hits = &mut seen.hits[signal];
        if hits.last().is_some_and(|last| last.line == hit.line) {
            continue;
        }
        // The first ones stay where they are; the newest pushes the oldest of the last ones out.
        if hits.len() == 2 * KEPT {
            hits.remove(KEPT);
        }
        hits.push(hit);
    }
    shows
}

fn failed_recipient(text: &str) -> Option<String> {
    let regex = FAILED_RECIPIENT.as_ref()?;
    Some(regex.captures(text)?.get(1)?.as_str().to_owned())
}
