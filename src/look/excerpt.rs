//! Lines of a log around one of them: what somebody looks at who wants to see for herself.

use std::io::BufRead;

use crate::explain::Mask;
use crate::front::sanitise;

/// Lines on either side of the one it is about.
const AROUND: u64 = 2000;

/// A private key's block is at most so long: it is hidden even where it begins before the excerpt.
const BLOCK: u64 = 400;

/// A longer line is cut: it is no text.
const LONGEST: usize = 8 * 1024;

/// Consecutive lines, harmless for a terminal and without secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the first, counted from 1.
    pub first: u64,
    pub lines: Vec<String>,
}

impl Excerpt {
    /// The lines around line `line`; as many as come where reading ends early.
    pub(super) fn around(line: u64, input: &mut dyn BufRead) -> Self {
        let first = line.saturating_sub(AROUND).max(1);
        let last = first + 2 * AROUND;
        let mut mask = Mask::default();
        let mut excerpt = Self { first, lines: Vec::new() };
        let mut text = Vec::new();
        for number in 1..=last {
            let wanted = number + BLOCK >= first;
            if !next(input, if wanted { LONGEST } else { 0 }, &mut text) {
                break;
            }
            if !wanted {
                continue;
            }
            // The tools' own records are told by their words elsewhere; here they are as they are.
            let whole = String::from_utf8_lossy(&text);
            let hidden = mask.line(&sanitise(whole.trim_end_matches(['\r', '\n'])));
            if number >= first {
                excerpt.lines.push(hidden);
            }
        }
        excerpt
    }
}

/// The next line, at most `most` bytes of it kept. `false`: there is none.
fn next(input: &mut dyn BufRead, most: usize, line: &mut Vec<u8>) -> bool {
    line.clear();
    let mut is_there = false;
    loop {
        let Ok(block) = input.fill_buf() else { return is_there };
        if block.is_empty() {
            return is_there;
        }
        is_there = true;
        let end = block.iter().position(|byte| *byte == b'\n');
        let piece = &block[..end.unwrap_or(block.len())];
        line.extend_from_slice(&piece[..piece.len().min(most.saturating_sub(line.len()))]);
        let used = end.map_or(block.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(line: u64, text: &str) -> Excerpt {
        Excerpt::around(line, &mut text.as_bytes())
    }

    #[test]
    fn a_short_log_is_all_of_it() {
        let excerpt = around(2, "one\r\n\u{1b}[31mtwo\u{7}\nthree");
        assert_eq!(
            excerpt,
            Excerpt { first: 1, lines: ["one", "two", "three"].map(String::from).into() }
        );
        assert_eq!(around(0, "").lines, [""; 0]);
    }

    #[test]
    fn of_a_long_one_the_lines_around() {
        let long: String = (1..=10_000).map(|n| format!("line {n}\n")).collect();
        let excerpt = around(5000, &long);
        assert_eq!((excerpt.first, excerpt.lines.len()), (3000, 4001));
        assert_eq!(excerpt.lines[2000], "line 5000");
        assert_eq!(around(10_000, &long).lines.last().map(String::as_str), Some("line 10000"));
    }

    #[test]
    fn a_key_that_began_before_it_is_hidden_too() {
        let before = "x\n".repeat(2990);
        let key = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{}", "CANARY\n".repeat(20));
        let rest = format!("-----END OPENSSH PRIVATE KEY-----\n{}", "y\n".repeat(3000));
        let excerpt = around(5000, &format!("{before}{key}{rest}"));
        assert!(!excerpt.lines.iter().any(|line| line.contains("CANARY")));
        assert!(excerpt.lines.iter().any(|line| line == "y"));
    }

    #[test]
    fn a_line_without_an_end_is_cut() {
        let excerpt = around(1, &"x".repeat(50_000));
        assert_eq!(excerpt.lines.len(), 1);
        assert!(excerpt.lines[0].chars().count() <= 4001);
    }
}
