//! Text from outside made harmless for a terminal.

use std::borrow::Cow;

/// Characters of a line that are shown; a minified file in a log must not fill a screen.
const LONGEST: usize = 4000;

/// One line as it may be shown: without control sequences (CSI, OSC and the other strings),
/// control characters except tab, and marks that turn the direction of text. Of a line that a
/// carriage return overwrites, as progress bars do, the last version is kept. Anything past
/// 4,000 characters becomes `…`.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let shown = last_version(text);
    if is_plain(shown) {
        return Cow::Borrowed(shown);
    }
    let is_long = shown.len() > LONGEST && shown.chars().nth(LONGEST).is_some();
    if !is_long && !shown.chars().any(is_harmful) {
        return Cow::Borrowed(shown);
    }
    let mut out = String::with_capacity(shown.len().min(LONGEST * 4));
    let mut rest = shown.chars();
    let mut kept = 0;
    loop {
        // Plain text between two sequences is most of a coloured line: it is copied at once.
        let plain = plain_start(rest.as_str()).min(LONGEST - kept);
        let (start, after) = rest.as_str().split_at(plain);
        out.push_str(start);
        kept += plain;
        rest = after.chars();
        match rest.next() {
            None => break,
            Some('\u{1b}') => skip_escape(&mut rest),
            Some('\u{9b}') => skip_csi(&mut rest),
            Some('\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => skip_string(&mut rest),
            Some(c) if is_harmful(c) => {}
            Some(_) if kept == LONGEST => {
                out.push('…');
                break;
            }
            Some(c) => {
                out.push(c);
                kept += 1;
            }
        }
    }
    Cow::Owned(out)
}

/// Whether `text` is short and has nothing but printable ASCII and tabs: most lines of most
/// logs. Whole blocks are looked at without leaving early, which compilers turn into SIMD.
fn is_plain(text: &str) -> bool {
    let block_is_plain = |block: &[u8]| block.iter().fold(true, |so_far, b| so_far & plain(*b));
    text.len() <= LONGEST && text.as_bytes().chunks(64).all(block_is_plain)
}

/// How many bytes at the start of `text` are plain.
fn plain_start(text: &str) -> usize {
    let block_is_plain = |block: &&[u8]| block.iter().fold(true, |so_far, b| so_far & plain(*b));
    let blocks = text.as_bytes().chunks_exact(16).take_while(block_is_plain).count() * 16;
    let rest = text.bytes().skip(blocks).position(|b| !plain(b));
    rest.map_or(text.len(), |more| blocks + more)
}

fn plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}

/// What is left on the screen when each carriage return starts the line again.
fn last_version(text: &str) -> &str {
    let text = text.trim_end_matches(['\r', '\n']);
    text.rsplit('\r').next().unwrap_or(text)
}

/// Whether a character does something else than to be seen.
pub(super) fn is_harmful(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}');
    turns || (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// What follows an ESC.
fn skip_escape(rest: &mut std::str::Chars) {
    let mut ahead = rest.clone();
    match ahead.next() {
        Some('[') => {
            *rest = ahead;
            skip_csi(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            *rest = ahead;
            skip_string(rest);
        }
        // Intermediates, then one final character, as in the choice of a character set.
        Some(' '..='/') => {
            *rest = ahead;
            let after = rest.as_str().trim_start_matches(|c| (' '..='/').contains(&c));
            *rest = after.chars();
            rest.next();
        }
        Some('0'..='~') => *rest = ahead,
        // Not a sequence: only the ESC goes.
        _ => {}
    }
}

/// Parameters up to a final character; a character that cannot be in a sequence ends it and stays.
fn skip_csi(rest: &mut std::str::Chars) {
    loop {
        let mut ahead = rest.clone();
        match ahead.next() {
            Some(' '..='?') => *rest = ahead,
            Some('@'..='~') => {
                *rest = ahead;
                return;
            }
            _ => return,
        }
    }
}

/// A string up to BEL or ST, or to the end of the line: a terminal shows none of it either.
fn skip_string(rest: &mut std::str::Chars) {
    while let Some(c) = rest.next() {
        match c {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' if rest.as_str().starts_with('\\') => {
                rest.next();
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_harmless_is_not_copied() {
        assert!(matches!(sanitise("building\t'neovim' é 李"), Cow::Borrowed(_)));
    }

    #[test]
    fn sequences_go_and_words_stay() {
        for (raw, shown) in [
            ("\u{1b}[1;31mred\u{1b}[0m text", "red text"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9b}2Jx\u{9d}52;c;ZXZpbA==\u{9c}y", "xy"),
            ("\u{1b}Pdcs\u{1b}\\a\u{1b}(Bb\u{1b}7c", "abc"),
            ("a\u{8}b\u{7}\0c\u{7f}", "abc"),
            ("fetching 10%\rfetching 90%\r", "fetching 90%"),
            ("a\u{202e}b\u{2066}c", "abc"),
            ("\u{1b}[12\u{1b}[0mok", "ok"),
            ("end\u{1b}", "end"),
            ("never ended \u{1b}]0;x", "never ended "),
        ] {
            assert_eq!(sanitise(raw), shown, "{raw:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut() {
        let long = "é".repeat(5000);
        let shown = sanitise(&long);
        assert_eq!(shown.chars().count(), LONGEST + 1);
        assert!(shown.ends_with('…'));
        assert_eq!(sanitise(&"é".repeat(4000)).chars().count(), 4000);
        let plain = "x".repeat(1_000_000);
        assert_eq!(sanitise(&plain), format!("{}…", &plain[..LONGEST]));
        assert_eq!(sanitise(&plain[..LONGEST]), &plain[..LONGEST]);
        let coloured = format!("\u{1b}[1m{}\u{1b}[0m", &plain[..LONGEST]);
        assert_eq!(sanitise(&coloured), &plain[..LONGEST]);
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left(text in "(\\PC|[\\x00-\\x1f\\x7f-\\u{9f}]|\u{1b}\\[|\u{1b}\\]){0,80}") {
            let shown = sanitise(&text);
            prop_assert!(!shown.chars().any(is_harmful));
            prop_assert_eq!(sanitise(&shown), shown.clone());
        }
    }
}
