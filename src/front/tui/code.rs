//! Texts as lines of coloured spans: Nix, YAML and anything else, and what two of them differ in.
//!
//! Made once for a text, drawn line by line; nothing here knows where on a screen a line ends up.
//! Text comes out with nothing in it that steers a terminal, and with nothing left out either: who
//! reviews a change must see every character of it.

mod difference;
mod nix;
mod view;
mod yaml;

use std::path::Path;

use super::theme::Role;
use crate::front::sanitise::is_harmful;

pub(crate) use difference::{added, difference};
pub(crate) use view::{Text, View};

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Nix,
    Yaml,
    Plain,
}

impl Language {
    /// By the file's name.
    pub(crate) fn of(path: &Path) -> Self {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("nix") => Self::Nix,
            Some("yaml" | "yml") => Self::Yaml,
            _ => Self::Plain,
        }
    }

    /// What a Markdown fence calls it; empty for plain text.
    pub(crate) fn fence(self) -> &'static str {
        match self {
            Self::Nix => "nix",
            Self::Yaml => "yaml",
            Self::Plain => "",
        }
    }
}

/// Some characters of a line, of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) role: Role,
    pub(crate) text: String,
}

impl Span {
    pub(crate) fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into() }
    }
}

/// Whether a line comes, goes or stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Same,
    Added,
    Removed,
}

/// One line as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Counted from 1; `None`: it is no line of a file and starts at the left edge.
    pub(crate) number: Option<usize>,
    pub(crate) side: Side,
    pub(crate) spans: Vec<Span>,
}

impl Line {
    /// Words rather than code.
    pub(crate) fn words(role: Role, text: &str) -> Self {
        let spans = vec![Span::new(role, visible(text.trim_end()))];
        Self { number: None, side: Side::Same, spans }
    }

    pub(crate) fn blank() -> Self {
        Self { number: None, side: Side::Same, spans: Vec::new() }
    }

    fn is_words(&self) -> bool {
        self.number.is_none()
    }

    /// What is written on it.
    pub(crate) fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// The lines of `text` in colour. A last line without an end is a line too.
pub(crate) fn coloured(language: Language, text: &str) -> Vec<Vec<Span>> {
    let text = visible(text);
    match language {
        Language::Nix => lines_of(nix::pieces(&text)),
        Language::Yaml => lines_of(yaml::pieces(&text)),
        Language::Plain => lines_of(std::iter::once((Role::Text, text.as_str()))),
    }
}

/// Pieces of a text, cut at its line ends; neighbours of one role become one span.
fn lines_of<'t>(pieces: impl IntoIterator<Item = (Role, &'t str)>) -> Vec<Vec<Span>> {
    let mut lines: Vec<Vec<Span>> = Vec::new();
    let mut line: Vec<Span> = Vec::new();
    for (role, piece) in pieces {
        for (index, part) in piece.split('\n').enumerate() {
            if index > 0 {
                lines.push(std::mem::take(&mut line));
            }
            match line.last_mut() {
                _ if part.is_empty() => {}
                Some(last) if last.role == role => last.text.push_str(part),
                _ => line.push(Span::new(role, part)),
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Columns between the places that a tab goes to.
const TAB: usize = 4;

/// `text` with tabs as blanks and with a `�` in the place of each character that would steer the
/// terminal: unlike a log line, a file under review must not lose what stood before it.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => {
                out.push('\n');
                column = 0;
                continue;
            }
            // The end of a line as Windows writes it.
            '\r' if matches!(rest.peek(), None | Some('\n')) => continue,
            '\t' => {
                let blanks = TAB - column % TAB;
                out.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
                continue;
            }
            c if is_harmful(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
        column += 1;
    }
    out
}

#[cfg(test)]
mod tests;
