//! What is known of one file, or of one key.

use crate::front::tui::screen::Cx;
use crate::front::world::Readers;
use crate::secrets::matrix::{Cell, Row};

use super::{Matrix, off};

/// A label, and prose that belongs to it.
pub(super) struct Line {
    pub(super) label: &'static str,
    pub(super) words: String,
    /// At the right end of its first line.
    pub(super) aside: &'static str,
}

impl Line {
    fn new(label: &'static str, words: impl Into<String>) -> Self {
        Self { label, words: words.into(), aside: "" }
    }
}

/// What stands above the details.
pub(super) fn title(screen: &Matrix, readers: &Readers) -> String {
    match screen.by_key {
        true => {
            let column = readers.matrix.columns.get(screen.keys.at);
            column.map(|column| column.label()).unwrap_or_default()
        }
        false => screen.file(readers).map(|row| row.file.clone()).unwrap_or_default(),
    }
}

pub(super) fn lines(screen: &Matrix, cx: &Cx, readers: &Readers) -> Vec<Line> {
    match screen.by_key {
        true => of_key(screen.keys.at, readers),
        false => screen.file(readers).map(|row| of_file(row, cx, readers)).unwrap_or_default(),
    }
}

fn of_file(row: &Row, cx: &Cx, readers: &Readers) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.push(match &row.rule {
        Some(rule) => {
            let pattern = rule.path_regex.as_deref().unwrap_or("every file");
            let words = format!(".sops.yaml:{}  {pattern}", rule.line);
            Line { aside: "the winning one", ..Line::new("Rule", words) }
        }
        None => Line::new("Rule", "none covers it, so it stays as it is"),
    });
    let opens = readers.openers(row);
    let mut words = match opens.is_empty() {
        true => "nobody with an age key.".to_owned(),
        false => format!("{}.", opens.join(", ")),
    };
    let named = |wanted: Cell| {
        let cells = row.cells.iter().zip(&readers.matrix.columns);
        let cells = cells.filter(move |(cell, _)| **cell == wanted);
        cells.map(|(_, column)| column.label()).collect::<Vec<_>>()
    };
    let (added, gone) = (named(Cell::Add), named(Cell::Gone));
    if !added.is_empty() {
        words.push_str(&format!(
            "\n+ {}: named by the rule, but the file is not encrypted for it yet.",
            added.join(", ")
        ));
    }
    if !gone.is_empty() {
        words.push_str(&format!(
            "\n- {}: no longer named by the rule, but the file still opens for it.",
            gone.join(", ")
        ));
    }
    lines.push(Line::new("Opens", words));
    if !row.others.is_empty() {
        lines.push(Line::new("Also", format!("keys of other kinds: {}", row.others.join(", "))));
    }
    for remark in
        row.remarks.iter().filter(|remark| !matches!(remark, crate::secrets::Remark::NoRule))
    {
        lines.push(Line::new("Note", remark.words()));
    }
    if row.differs() {
        lines.push(Line::new(
            "Fix",
            match readers.opens(row) {
                true if off(cx).is_none() => {
                    "f encrypts it again, with all that differ.".to_owned()
                }
                true => "in a place that you may write in: doorstep secrets rekey".to_owned(),
                false if opens.is_empty() => "by somebody who can open it.".to_owned(),
                false => format!("by somebody who can open it: {}", opens.join(", ")),
            },
        ));
    }
    lines
}

fn of_key(at: usize, readers: &Readers) -> Vec<Line> {
    let Some(column) = readers.matrix.columns.get(at) else { return Vec::new() };
    let files = |wanted: Cell| {
        let rows = readers.matrix.rows.iter();
        let rows = rows.filter(move |row| row.cells.get(at) == Some(&wanted));
        rows.map(|row| row.file.as_str()).collect::<Vec<_>>().join(", ")
    };
    let here = readers.here.get(at).is_some_and(|here| *here);
    let aside = if here { "its private half is here" } else { "" };
    let mut lines = vec![Line { aside, ..Line::new("Key", column.recipient.clone()) }];
    let opens = files(Cell::Yes);
    let opens = if opens.is_empty() { "nothing".to_owned() } else { opens };
    lines.push(Line::new("Opens", opens));
    for (label, cell) in [("+ add", Cell::Add), ("- gone", Cell::Gone)] {
        let files = files(cell);
        if !files.is_empty() {
            lines.push(Line::new(label, files));
        }
    }
    lines
}
