//! YAML in colour: keys, strings and comments, found line by line.
//!
//! Colour decides nothing, so this is a scanner that never fails rather than a parser that refuses
//! a text half of which is being shown.

use crate::front::tui::theme::Role;

/// What a line continues from the ones before it.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Inside a block scalar (`|`, `>`) of an entry that is indented by this many blanks.
    block: Option<usize>,
    /// Inside a string that this quote opened.
    quote: Option<char>,
}

pub(super) fn pieces(text: &str) -> Vec<(Role, &str)> {
    let mut out = Vec::new();
    let mut state = State::default();
    for line in text.split_inclusive('\n') {
        let (body, end) = match line.strip_suffix('\n') {
            Some(body) => (body, &line[body.len()..]),
            None => (line, ""),
        };
        one(body, &mut state, &mut out);
        out.push((Role::Text, end));
    }
    out
}

fn one<'t>(line: &'t str, state: &mut State, out: &mut Vec<(Role, &'t str)>) {
    let content = line.trim_start_matches(' ');
    let indent = line.len() - content.len();
    if let Some(parent) = state.block {
        if content.trim().is_empty() || indent > parent {
            out.push((Role::String, line));
            return;
        }
        state.block = None;
    }
    let mut rest = line;
    if state.quote.is_none() {
        let entry = entry(line);
        out.push((Role::Text, &line[..entry]));
        rest = &line[entry..];
        if let Some(key) = key(rest) {
            out.push((Role::Keyword, &rest[..key]));
            rest = &rest[key..];
        }
    }
    value(rest, state, out);
    if state.quote.is_none() && opens_block(rest) {
        state.block = Some(indent);
    }
}

/// Where what a line says begins: after blanks and the dashes of lists.
fn entry(line: &str) -> usize {
    let mut at = 0;
    loop {
        at += line[at..].len() - line[at..].trim_start_matches(' ').len();
        match line[at..].strip_prefix("- ") {
            Some(_) => at += 2,
            None => return at,
        }
    }
}

/// How long the key is that `text` starts with, when it starts with one.
fn key(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let from = match first {
        '#' | '{' | '[' | '|' | '>' | '%' | '@' => return None,
        '"' | '\'' => 1 + text[1..].find(first)? + 1,
        _ => 0,
    };
    for (at, c) in text[from..].char_indices() {
        let (before, after) = text.split_at(from + at);
        match c {
            ':' if after[1..].is_empty() || after[1..].starts_with(' ') => {
                return Some(before.len());
            }
            '#' if before.ends_with(' ') => return None,
            _ => {}
        }
    }
    None
}

/// Strings and comments of what is left of a line.
fn value<'t>(text: &'t str, state: &mut State, out: &mut Vec<(Role, &'t str)>) {
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    // A quote opens a string only where a value may begin.
    let mut may_open = true;
    while let Some((at, c)) = chars.next() {
        match (state.quote, c) {
            (Some('"'), '\\') => {
                chars.next();
            }
            (Some('\''), '\'') if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
            }
            (Some(quote), c) if c == quote => {
                out.push((Role::String, &text[start..=at]));
                start = at + 1;
                state.quote = None;
                may_open = false;
            }
            (Some(_), _) => {}
            (None, '"' | '\'') if may_open => {
                out.push((Role::Text, &text[start..at]));
                start = at;
                state.quote = Some(c);
            }
            (None, '#') if at == 0 || text[..at].ends_with(' ') => {
                out.push((Role::Text, &text[start..at]));
                out.push((Role::Muted, &text[at..]));
                return;
            }
            (None, c) => may_open = matches!(c, ' ' | '[' | '{' | ',' | ':'),
        }
    }
    let role = if state.quote.is_some() { Role::String } else { Role::Text };
    out.push((role, &text[start..]));
}

/// Whether the lines after this one are a block scalar.
fn opens_block(rest: &str) -> bool {
    let value = rest.split(" #").next().unwrap_or_default();
    let last = value.split(' ').rfind(|word| !word.is_empty()).unwrap_or_default();
    let mark = last.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    matches!(mark, "|" | ">")
}
