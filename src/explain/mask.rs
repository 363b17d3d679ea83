//! Private keys and tokens in a log: hidden before anything else sees the line.

use std::sync::LazyLock;

use regex::Regex;

/// What stands where a secret stood.
const HIDDEN: &str = "<secret>";

/// A key file quoted in a log ends some day; a log that only names one must not hide the rest.
const LONGEST_BLOCK: u32 = 400;

/// Secrets that are told by their own form. The first is left with its label, so that the reader
/// sees what was there.
static SECRETS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // What is pasted may stand right behind something else.
        r"(?i)(?:\bAGE-PLUGIN-[A-Z0-9+._-]+-1[A-Z0-9…]*|(?:AGE-SECRET-KEY|\bAGE-PLUGIN-[A-Z0-9]+)-(?:PQ-)?[A-Z0-9]+[A-Z0-9…]*)",
        r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}",
        // A password in an address, as in `https://name:word@host`.
        r"://[^/\s:@]+:[^/\s@]+@",
    ]
    .iter()
    // Fixed expressions; a test compiles every one.
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

static TAIL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\s|>]*[A-Z0-9]{6,}\b").ok());

/// Hides secrets of a log, line by line.
#[derive(Debug, Default)]
pub(crate) struct Mask {
    /// Lines left until a key block that never ended is given up.
    block: u32,
    /// The line before ended within a key, as a terminal's wrapping does it.
    is_cut: bool,
    /// How many private keys were hidden.
    pub(super) hidden: u32,
}

impl Mask {
    /// Whether the next line must be handed over, whatever is in it.
    pub(crate) fn is_open(&self) -> bool {
        self.block > 0 || self.is_cut
    }

    /// `line` without its secrets.
    pub(crate) fn line(&mut self, line: &str) -> String {
        if self.block > 0 {
            self.block -= 1;
            if is_end(line) {
                self.block = 0;
            }
            return HIDDEN.to_owned();
        }
        if is_begin(line) {
            self.hidden += 1;
            // Begin and end on one line, as in JSON, close it at once.
            self.block = if is_end(line) { 0 } else { LONGEST_BLOCK };
            return HIDDEN.to_owned();
        }
        let mut text = self.rest_of_cut(line);
        let mut ends_in_key = false;
        for (index, secret) in SECRETS.iter().enumerate() {
            let Some(last) = secret.find_iter(&text).last() else { continue };
            if index == 0 {
                self.hidden += 1;
                // A whole key has 74 characters.
                ends_in_key = last.end() == text.trim_end().len() && last.len() < 74;
            }
            let stands_for = ["AGE-SECRET-KEY-<secret>", HIDDEN, "://<secret>@"][index];
            text = secret.replace_all(&text, stands_for).into_owned();
        }
        self.is_cut = ends_in_key;
        text
    }

    fn rest_of_cut(&mut self, line: &str) -> String {
        match TAIL.as_ref() {
            Some(tail) if self.is_cut => tail.replace(line, HIDDEN).into_owned(),
            _ => line.to_owned(),
        }
    }
}

/// `text` without its secrets, for a text that is no log.
pub fn mask(text: &str) -> String {
    let mut mask = Mask::default();
    let lines: Vec<String> = text.lines().map(|line| mask.line(line)).collect();
    lines.join("\n")
}

fn is_begin(line: &str) -> bool {
    line.contains("-----BEGIN ") && line.contains("PRIVATE KEY")
}

fn is_end(line: &str) -> bool {
    line.contains("-----END ") && line.contains("PRIVATE KEY")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ";

    #[test]
    fn every_form_of_a_private_key_is_hidden() {
        assert_eq!(SECRETS.len(), 3);
        assert!(TAIL.is_some());
        for (text, hidden) in [
            (format!("key: {KEY} end"), "key: AGE-SECRET-KEY-<secret> end".to_owned()),
            (KEY.to_lowercase(), "AGE-SECRET-KEY-<secret>".to_owned()),
            ("AGE-SECRET-KEY-PQ-1QQQQ".to_owned(), "AGE-SECRET-KEY-<secret>".to_owned()),
            ("AGE-PLUGIN-YUBIKEY-1QQQQ".to_owned(), "AGE-SECRET-KEY-<secret>".to_owned()),
            ("AGE-PLUGIN-FIDO2-HMAC-1QQQQ.".to_owned(), "AGE-SECRET-KEY-<secret>.".to_owned()),
            (
                "a\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\nz".to_owned(),
                "a\n<secret>\n<secret>\n<secret>\nz".to_owned(),
            ),
            (
                r#""-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----""#.to_owned() + "\nz",
                "<secret>\nz".to_owned(),
            ),
            ("https://zoe:hunter2@example.com/x".to_owned(), "https://<secret>@example.com/x".to_owned()),
            (format!("token ghp_{}", "a".repeat(36)), "token <secret>".to_owned()),
        ] {
            assert_eq!(mask(&text), hidden);
        }
    }

    #[test]
    fn a_key_that_a_terminal_wrapped_is_hidden_whole() {
        let (head, tail) = KEY.split_at(40);
        assert_eq!(
            mask(&format!("{head}\n{tail}\nnext")),
            "AGE-SECRET-KEY-<secret>\n<secret>\nnext"
        );
    }

    #[test]
    fn public_text_stays() {
        let text = "age1jx3c5wv7elyx: FAILED\nssh://git@github.com/x\nAGE-SECRET-KEY";
        assert_eq!(mask(text), text);
    }
}
