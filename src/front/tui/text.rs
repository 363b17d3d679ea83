//! Measuring, cutting and wrapping text by columns. Widths are those of a terminal: wide
//! characters take two columns, combining ones none.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Columns that `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The longest start of `text` that fits into `columns`.
pub(crate) fn fitting(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        taken += cluster.width();
        if taken > columns {
            return &text[..at];
        }
    }
    text
}

/// The longest end of `text` that fits into `columns`.
fn fitting_end(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, cluster) in text.grapheme_indices(true).rev() {
        taken += cluster.width();
        if taken > columns {
            return &text[at + cluster.len()..];
        }
    }
    text
}

/// `text` in at most `columns`, cut at its end and closed with `ellipsis`.
pub(crate) fn cut<'t>(text: &'t str, columns: usize, ellipsis: &str) -> Cow<'t, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let kept = fitting(text, columns.saturating_sub(width(ellipsis)));
    Cow::Owned(format!("{kept}{}", fitting(ellipsis, columns)))
}

/// A path in at most `columns`, cut in its middle so that the file's name stays.
pub(crate) fn cut_path<'t>(path: &'t str, columns: usize, ellipsis: &str) -> Cow<'t, str> {
    if width(path) <= columns {
        return Cow::Borrowed(path);
    }
    let name = path.rfind('/').map_or(path, |at| &path[at..]);
    let room = columns.saturating_sub(width(ellipsis) + width(name));
    if room == 0 {
        let end = fitting_end(path, columns.saturating_sub(width(ellipsis)));
        return Cow::Owned(format!("{}{end}", fitting(ellipsis, columns)));
    }
    Cow::Owned(format!("{}{ellipsis}{name}", fitting(path, room)))
}

/// `text` in lines of at most `columns`, broken at blanks; a word that is longer than a line is
/// broken where it has to be.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let mut word = word;
            let gap = usize::from(!line.is_empty());
            if width(&line) + gap + width(word) > columns && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            while width(word) > columns {
                let start = fitting(word, columns);
                // A character that is wider than the whole line still has to go somewhere.
                let at = if start.is_empty() { first_cluster(word) } else { start.len() };
                lines.push(word[..at].to_owned());
                word = &word[at..];
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

fn first_cluster(text: &str) -> usize {
    text.graphemes(true).next().map_or(text.len(), str::len)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_cut_at_its_end_and_paths_in_their_middle() {
        assert_eq!(cut("short", 5, "…"), "short");
        assert_eq!(cut("longer", 5, "…"), "long…");
        assert_eq!(cut("李李李", 4, "…"), "李…");
        assert_eq!(cut("longer", 5, ".."), "lon..");
        assert_eq!(cut("abc", 0, "…"), "");
        let path = "modules/home/users/raquel/default.nix";
        assert_eq!(cut_path(path, 24, "…"), "modules/ho…/default.nix".replace("ho…", "hom…"));
        assert_eq!(cut_path("a/very-long-file-name.nix", 10, "…"), "…-name.nix");
    }

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("李李", 1), ["李", "李", ""]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_place(text in "\\PC{0,60}", columns in 2_usize..40) {
            // Some clusters are three columns wide; nothing can break one.
            let columns = columns.max(4);
            prop_assert!(width(&cut(&text, columns, "…")) <= columns);
            prop_assert!(width(&cut_path(&text, columns, "…")) <= columns);
            for line in wrap(&text, columns) {
                prop_assert!(width(&line) <= columns, "{:?}", line);
            }
        }
    }
}
