//! Lines that look most like the cause of a failure that nobody has described yet. A guess by
//! their words, and always told as one.

use std::sync::LazyLock;

use regex::Regex;

use super::mask::Mask;
use super::plain;

/// More than this would be a list, not a hint.
const MOST: usize = 3;

/// The lines, best first.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    pub(super) lines: Vec<(u64, String)>,
}

struct Words {
    /// Says that something failed, with the weight of saying it.
    signs: Vec<(Regex, i32)>,
    /// Only passes on what is said elsewhere, or is harmless.
    no_signs: Vec<Regex>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    // Fixed expressions; a test compiles every one.
    let regex = |pattern: &str| Regex::new(pattern).ok();
    let signs = [
        (r"(?i)^\s*(?:fatal |internal )?error(?:\[\w+\])?:", 8),
        (r"(?i)\b(?:fatal|panic(?:ked)?|exception|traceback)\b", 6),
        (r"(?i)\b(?:error|failed|failure)\b", 4),
        (
            r"(?i)\b(?:cannot|could not|couldn.t|unable to|refus(?:ed|ing)|denied|not permitted)\b",
            4,
        ),
        (r"(?i)\b(?:no such|not found|does not exist|missing|invalid|unknown|mismatch)\b", 3),
    ];
    let no_signs = [
        r"(?i)^\s*(?:warning|warn|note|hint|trace|debug|info)\b",
        r"(?i)\b(?:0|no) (?:errors?|failed|failures?)\b",
        r"(?i)build of .*failed|\d+ dependenc(?:y|ies) of derivation|for full logs|reason: builder failed",
        r"(?i)show-trace|stack trace truncated|report unexpected",
        r"^\s*(?:\d+\|| *\|)|^\s*… ",
    ];
    Words {
        signs: signs.into_iter().filter_map(|(p, weight)| Some((regex(p)?, weight))).collect(),
        no_signs: no_signs.into_iter().filter_map(regex).collect(),
    }
});

impl Suspects {
    /// Looks at `text`, whose first line is line `first` of the log.
    pub(super) fn look(&mut self, text: &[u8], first: u64) {
        let mut mask = Mask::default();
        let mut best: Vec<(i32, u64, String)> = Vec::new();
        for (line, number) in text.split(|byte| *byte == b'\n').zip(first..) {
            let line = String::from_utf8_lossy(&line[..line.len().min(4096)]);
            for text in plain::texts(&line) {
                let shown = mask.line(&text);
                let weight = weight(&plain::to_match(&shown));
                let is_new = !best.iter().any(|(_, _, known)| known.trim() == shown.trim());
                if weight > 0 && is_new {
                    best.push((weight, number, shown));
                    // The last ones are nearest to the end, where a failing program stops.
                    best.sort_by_key(|(weight, number, _)| std::cmp::Reverse((*weight, *number)));
                    best.truncate(MOST);
                }
            }
        }
        best.sort_by_key(|(_, number, _)| *number);
        self.lines = best.into_iter().map(|(_, number, text)| (number, text)).collect();
    }
}

fn weight(text: &str) -> i32 {
    if WORDS.no_signs.iter().any(|regex| regex.is_match(text)) {
        return 0;
    }
    let signs = WORDS.signs.iter().filter(|(regex, _)| regex.is_match(text));
    signs.map(|(_, weight)| weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, String)> {
        let mut suspects = Suspects::default();
        suspects.look(text.as_bytes(), 1);
        suspects.lines
    }

    #[test]
    fn the_line_that_says_why_is_found() {
        assert_eq!((WORDS.signs.len(), WORDS.no_signs.len()), (5, 5));
        let log = "compiling\nwarning: unused\nerror: the moon is not in its place\nbuild of '/x.drv' failed\n0 errors\ndone";
        assert_eq!(lines(log), [(3, "error: the moon is not in its place".to_owned())]);
        assert_eq!(lines("all is well\nok"), []);
    }

    #[test]
    fn a_private_key_is_hidden_here_too() {
        let key = format!("error: bad AGE-SECRET-KEY-1{}", "Q".repeat(58));
        assert_eq!(lines(&key), [(1, "error: bad AGE-SECRET-KEY-<secret>".to_owned())]);
    }
}
