//! Nix's texts made comparable.

use std::borrow::Cow;

use super::Record;

/// `text` without colours and other control characters, for comparing and for reasons. Line ends
/// and tabs stay.
pub fn plain(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' && rest.as_str().starts_with('[') {
            rest.next();
            // Parameters, then one final character.
            let _ = rest.find(|c| !matches!(c, ' '..='?'));
        } else if !is_odd(c) {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// What Nix itself would print for `record`, at its usual verbosity: messages, and activities that
/// begin. Lines of a build's log are not among it, since they need the name of their build.
pub fn human<'a>(record: &'a Record<'_>) -> Option<Cow<'a, str>> {
    match record {
        Record::Message(message) if message.level <= 3 => Some(Cow::Borrowed(&message.text)),
        Record::Start { level, text, .. } if *level <= 3 && !text.is_empty() => {
            Some(Cow::Owned(format!("{text}...")))
        }
        _ => None,
    }
}

/// At most `most` bytes of `text`, cut between characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_and_lines_stay() {
        assert!(matches!(plain("a\n\tb"), Cow::Borrowed(_)));
        assert_eq!(plain("\u{1b}[31;1merror:\u{1b}[0m x\n y\u{7}\r"), "error: x\n y");
        assert_eq!(plain("cut \u{1b}[3"), "cut ");
        assert_eq!(plain("lone \u{1b} escape"), "lone  escape");
    }

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
        assert_eq!(cut("é", 0), "");
    }
}
