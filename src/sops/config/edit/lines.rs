//! Lines of a text by byte offset, line breaks included.

/// The first byte of the line that holds `at`.
pub(super) fn start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// One past the line break of the line that holds `at`, or the end of the text.
pub(super) fn end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// The line that begins at `from`, its break left out. `None` at the end of the text.
pub(super) fn line(text: &str, from: usize) -> Option<&str> {
    let line = text.get(from..)?.split('\n').next()?;
    (from < text.len()).then(|| line.strip_suffix('\r').unwrap_or(line))
}

/// The line before the one that begins at `from`, and where it begins.
pub(super) fn before(text: &str, from: usize) -> Option<(usize, &str)> {
    let begin = start(text, from.checked_sub(1)?);
    Some((begin, line(text, begin)?))
}

/// A line at `from` exists and is blank.
pub(super) fn is_blank(text: &str, from: usize) -> bool {
    line(text, from).is_some_and(|line| line.trim().is_empty())
}

pub(super) fn blank_before(text: &str, from: usize) -> bool {
    before(text, from).is_some_and(|(_, line)| line.trim().is_empty())
}

/// The column of a comment that has its line to itself, and whose line begins at `from`.
pub(super) fn comment_column(text: &str, from: usize) -> Option<usize> {
    let line = line(text, from)?;
    let column = line.len() - line.trim_start().len();
    line[column..].starts_with('#').then_some(column)
}

/// The column of `at`, when only spaces (or the byte order mark) stand before it on its line.
pub(super) fn first_column(text: &str, at: usize) -> Option<usize> {
    let head = text[start(text, at)..at].trim_start_matches('\u{feff}');
    head.bytes().all(|b| b == b' ').then_some(head.len())
}

/// How the text ends its lines: as its first line does.
pub(super) fn eol(text: &str) -> &'static str {
    match text.find('\n') {
        Some(newline) if text[..newline].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}
