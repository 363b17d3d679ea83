//! Writing any text as a Nix string literal or attribute name.

/// Nix strings cannot hold a NUL byte, and no escape makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a Nix string cannot hold a NUL byte")]
pub struct NulByte;

/// Names that the lexer takes for itself; `or` is legal in places, quoted everywhere.
const KEYWORDS: [&str; 10] =
    ["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit", "or"];

/// A double-quoted literal that evaluates to exactly `text`.
///
/// CR, LF and TAB are escaped though Nix accepts them raw: its lexer turns a raw CR or CRLF into
/// LF, and an escaped literal stays on one line of a diff.
pub fn quote(text: &str) -> Result<String, NulByte> {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\0' => return Err(NulByte),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // `\$` is a plain dollar to every Nix; escaping only before `{` would need care with
            // `$$`, where the second dollar no longer opens an interpolation.
            '$' if matches!(chars.peek(), Some('{' | '$')) => out.push_str("\\$"),
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(out)
}

/// `name` as an attribute: bare where it is an identifier, quoted otherwise.
pub fn attr(name: &str) -> Result<String, NulByte> {
    let mut chars = name.chars();
    let starts_well = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let goes_on_well = chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '\'' | '-'));
    if starts_well && goes_on_well && !KEYWORDS.contains(&name) {
        return Ok(name.to_owned());
    }
    quote(name)
}
