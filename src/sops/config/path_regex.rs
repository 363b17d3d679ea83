//! `path_regex` as Go's `regexp` package reads it, evaluated by the `regex` crate.
//!
//! The two agree on all ordinary patterns. What Go reads as ASCII (`\d \s \w \b`) is written out;
//! what the two read differently, or what either refuses, makes the rule [`Unreadable`]. That is
//! never the same as "no match": the rule might well win.

use regex::bytes::Regex;

/// A pattern whose answer would be a guess.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` cannot be evaluated: {why}")]
pub struct Unreadable {
    pub pattern: String,
    pub why: String,
}

/// Does `pattern` match somewhere in `path`?
///
/// A pattern in which every sign is plainly a literal, a dot, a simple class or a quantifier is
/// not even compiled when it holds a run of literals that `path` lacks: a file may have ten
/// thousand rules.
pub fn matches(pattern: &str, path: &str) -> Result<bool, Unreadable> {
    if let Some(pieces) = pieces(pattern) {
        let mut runs = literal_runs(&pieces).into_iter();
        if runs.any(|run| !path.contains(&run)) {
            return Ok(false);
        }
    }
    let unreadable = |why: String| Unreadable { pattern: pattern.to_owned(), why };
    let translated = translate(pattern).map_err(|why| unreadable(why.to_owned()))?;
    let regex = Regex::new(&translated).map_err(|error| {
        unreadable(error.to_string().lines().last().unwrap_or_default().trim().to_owned())
    })?;
    Ok(regex.is_match(path.as_bytes()))
}

/// One sign of a simple pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Literal(char),
    /// `.`, or a bracketed class, with its quantifier.
    Any,
    /// `^`
    Start,
    /// `$`
    End,
}

/// A pattern without groups, alternatives, counts and escapes of letters, taken apart. `None`:
/// it is not that simple.
pub fn pieces(pattern: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let piece = match c {
            '\\' => Piece::Literal(
                chars
                    .next()
                    .filter(char::is_ascii_punctuation)
                    .filter(|c| !matches!(c, '<' | '>'))?,
            ),
            '.' => Piece::Any,
            '^' => Piece::Start,
            '$' => Piece::End,
            '[' => {
                simple_class(&mut chars)?;
                Piece::Any
            }
            '*' | '+' | '?' | '(' | ')' | '|' | '{' | '}' | ']' => return None,
            c => Piece::Literal(c),
        };
        pieces.push(piece);
        if chars.next_if(|c| matches!(c, '*' | '+' | '?')).is_some() {
            if matches!(piece, Piece::Start | Piece::End) {
                return None;
            }
            chars.next_if_eq(&'?');
            if let Some(last) = pieces.last_mut() {
                *last = Piece::Any;
            }
        }
    }
    Some(pieces)
}

/// The rest of a class of letters, digits and a few signs that mean themselves everywhere.
fn simple_class(chars: &mut impl Iterator<Item = char>) -> Option<()> {
    let mut inside = 0;
    for c in chars {
        match c {
            ']' if inside > 0 => return Some(()),
            '^' if inside == 0 => {}
            '/' | '.' | '_' => inside += 1,
            c if c.is_ascii_alphanumeric() => inside += 1,
            _ => return None,
        }
    }
    None
}

fn literal_runs(pieces: &[Piece]) -> Vec<String> {
    pieces
        .split(|piece| !matches!(piece, Piece::Literal(_)))
        .map(|run| {
            run.iter()
                .filter_map(|p| if let Piece::Literal(c) = p { Some(*c) } else { None })
                .collect()
        })
        .filter(|run: &String| !run.is_empty())
        .collect()
}

/// The pattern in the crate's dialect, or why the two dialects part here.
fn translate(pattern: &str) -> Result<String, &'static str> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    // Go refuses a quantifier on a quantifier; the crate takes it for one of its own.
    let mut quantified = false;
    while let Some(c) = chars.next() {
        let mut quantifier = false;
        match c {
            '\\' => escape(&mut chars, false, &mut out)?,
            '[' => class(&mut chars, &mut out)?,
            '*' | '+' | '?' => {
                if quantified {
                    return Err("a quantifier follows a quantifier");
                }
                quantifier = true;
                out.push(c);
                if chars.next_if_eq(&'?').is_some() {
                    out.push('?');
                }
            }
            '{' => {
                if quantified {
                    return Err("a quantifier follows a quantifier");
                }
                quantifier = true;
                count(&mut chars, &mut out)?;
            }
            '}' => return Err("a brace without its partner is read differently by Go"),
            '(' => {
                out.push('(');
                if chars.next_if_eq(&'?').is_some() {
                    out.push('?');
                    flags(&mut chars, &mut out)?;
                }
            }
            c => out.push(c),
        }
        quantified = quantifier;
    }
    Ok(out)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn escape(chars: &mut Chars, in_class: bool, out: &mut String) -> Result<(), &'static str> {
    let c = chars.next().ok_or("it ends with a backslash")?;
    let written = match (c, in_class) {
        ('d', false) => "[0-9]",
        ('D', false) => "[^0-9]",
        ('w', false) => "[0-9A-Za-z_]",
        ('W', false) => "[^0-9A-Za-z_]",
        ('s', false) => r"[\t\n\x0c\r ]",
        ('S', false) => r"[^\t\n\x0c\r ]",
        ('d', true) => "0-9",
        ('w', true) => "0-9A-Za-z_",
        ('s', true) => r"\t\n\x0c\r ",
        ('b' | 'B', false) if chars.peek() == Some(&'{') => {
            return Err("a brace after a word boundary is read differently by Go");
        }
        ('b', false) => r"(?-u:\b)",
        ('B', false) => r"(?-u:\B)",
        ('A' | 'z', false) | ('a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'p' | 'P', _) => {
            out.push('\\');
            out.push(c);
            // The brace of `\x{…}` and `\p{…}` is no count: take it here.
            if matches!(c, 'x' | 'p' | 'P') && chars.next_if_eq(&'{').is_some() {
                out.push('{');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == '}' {
                        return Ok(());
                    }
                }
                return Err("a brace is not closed");
            }
            return Ok(());
        }
        (c, _) if c.is_ascii_punctuation() && !matches!(c, '<' | '>') => {
            out.push('\\');
            out.push(c);
            return Ok(());
        }
        ('<' | '>', _) => {
            out.push(c);
            return Ok(());
        }
        _ => return Err("it holds an escape that Go and this program read differently"),
    };
    out.push_str(written);
    Ok(())
}

fn class(chars: &mut Chars, out: &mut String) -> Result<(), &'static str> {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    while let Some(c) = chars.next() {
        match c {
            ']' if !first => {
                out.push(']');
                return Ok(());
            }
            ']' => out.push_str(r"\]"),
            '\\' => escape(chars, true, out)?,
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            // These nest or combine classes in the crate and are themselves in Go.
            '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '-' if chars.peek() == Some(&'-') => {
                return Err("`--` in a class is read differently by Go");
            }
            c => out.push(c),
        }
        first = false;
    }
    Err("a class is not closed")
}

/// `{2}`, `{2,}` or `{2,3}`; every other brace is a literal in Go.
fn count(chars: &mut Chars, out: &mut String) -> Result<(), &'static str> {
    let mut inner = String::new();
    loop {
        match chars.next() {
            Some('}') => break,
            Some(c) if c.is_ascii_digit() || c == ',' => inner.push(c),
            _ => return Err("a brace that is no count is read differently by Go"),
        }
    }
    let (least, most) = inner.split_once(',').unwrap_or((&inner, ""));
    let number = |digits: &str| digits.parse::<u32>().ok().filter(|n| *n <= 1000);
    if number(least).is_none() || (!most.is_empty() && number(most).is_none()) {
        return Err("a brace that is no count up to 1000 is read differently by Go");
    }
    out.push('{');
    out.push_str(&inner);
    out.push('}');
    if chars.next_if_eq(&'?').is_some() {
        out.push('?');
    }
    Ok(())
}

fn flags(chars: &mut Chars, out: &mut String) -> Result<(), &'static str> {
    if chars.peek() == Some(&'P') || chars.peek() == Some(&'<') {
        return Ok(());
    }
    for c in chars.by_ref() {
        out.push(c);
        match c {
            ':' | ')' => return Ok(()),
            'i' | 'm' | 's' | 'U' | '-' => {}
            _ => return Err("it sets a flag that Go does not know"),
        }
    }
    Err("a group is not closed")
}

/// `text` as a pattern that matches it and nothing else, by the signs that Go's `QuoteMeta`
/// escapes.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests;
