//! The third door in words: what is wrong here, what a log shows, who can read what.

use super::explaining;
use super::talk::{Ended, Talk};
use super::wording::capital;
use crate::check::report::Report;
use crate::check::{Finding, Severity};
use crate::counted::counted;
use crate::explain::{Contents, Explanation};
use crate::front::{sanitise, sentence};
use crate::look::Explained;
use crate::secrets::Matrix;
use crate::secrets::matrix::Cell;

/// What a person wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Errand {
    Findings,
    /// A log in this file, as it was typed.
    Log(String),
    Readers,
}

/// The conversation behind the third door.
pub(crate) struct Wrong;

const ROWS: [&str; 4] = [
    "1. Look for what is wrong here.",
    "2. Explain a log that is in a file.",
    "3. Hear who can read which secrets.",
    "4. Leave.",
];

impl Wrong {
    /// What is wanted next; `None`: nothing more.
    ///
    /// # Errors
    /// Nothing can be read any more.
    pub(crate) fn ask(talk: &mut dyn Talk) -> Result<Option<Errand>, Ended> {
        talk.say(
            "\nSomething is wrong. What would you like to hear? Nothing is changed by looking.",
        );
        loop {
            ROWS.iter().for_each(|row| talk.say(row));
            talk.say("Type a number. Suggested: 1");
            let line = talk.ask()?;
            match line.trim_end_matches('.') {
                "" | "1" => return Ok(Some(Errand::Findings)),
                "2" => {
                    talk.say("In which file is the log?");
                    match talk.ask()?.as_str() {
                        "" | "back" => {}
                        "quit" => return Ok(None),
                        file => return Ok(Some(Errand::Log(file.to_owned()))),
                    }
                }
                "3" => return Ok(Some(Errand::Readers)),
                "4" | "quit" | "back" => return Ok(None),
                _ => talk.say("Problem: Type a number from 1 to 4, or quit."),
            }
        }
    }

    /// What was found, the likely cause first.
    pub(crate) fn findings(report: &Report) -> Vec<String> {
        let mut lines = vec![match report.findings.len() {
            0 => format!(
                "Nothing is wrong that doorstep can see. {}.",
                counted(report.checks(), "check")
            ),
            1 => "1 thing to look at.".to_owned(),
            n => format!("{n} things to look at, the likely cause first."),
        }];
        for (number, found) in (1..).zip(&report.findings) {
            lines.extend(one(number, found));
        }
        for left in &report.not_checked {
            let because = sanitise(&left.because);
            lines.push(format!("Not checked: {}, because {because}.", left.check));
        }
        lines.push(format!("Fine: {}.", counted(report.fine.len(), "check")));
        lines
    }

    /// What a log shows.
    pub(crate) fn log(explained: &Explained) -> Vec<String> {
        match explained.contents {
            Contents::Empty => vec!["Nothing in it.".to_owned()],
            Contents::Binary => {
                vec!["This is no log: it holds something other than text.".to_owned()]
            }
            Contents::Text => of_text(&explained.explanation, explained.private_keys),
        }
    }

    /// Who can open each file.
    pub(crate) fn readers(matrix: &Matrix) -> Vec<String> {
        if matrix.rows.is_empty() {
            return vec!["No encrypted files in this fleet.".to_owned()];
        }
        let named = |row: &crate::secrets::Row, is: &dyn Fn(Cell) -> bool| {
            let cells = row.cells.iter().zip(&matrix.columns);
            let names: Vec<String> =
                cells.filter(|(cell, _)| is(**cell)).map(|(_, column)| column.label()).collect();
            names.join(", ")
        };
        let mut lines = Vec::new();
        for row in &matrix.rows {
            let opens = named(row, &|cell| cell.opens());
            let opens = if opens.is_empty() { "nobody".to_owned() } else { opens };
            lines.push(format!("{}: {opens} can open it.", row.file));
            for (cell, words) in [
                (Cell::Add, "Named by the rule, and cannot open it yet"),
                (Cell::Gone, "No longer named by the rule, and still can"),
            ] {
                let names = named(row, &|other| other == cell);
                if !names.is_empty() {
                    lines.push(format!("{words}: {names}."));
                }
            }
        }
        lines.iter().map(|line| sanitise(line).into_owned()).collect()
    }
}

fn one(number: usize, found: &Finding) -> Vec<String> {
    let bad = match found.severity {
        Severity::Error => "Wrong",
        Severity::Warning => "Warning",
    };
    let summary = sentence(&capital(&sanitise(&found.summary)));
    let mut lines = vec![format!("{number}. {bad}, {}: {summary}", found.group.word())];
    if let Some(cause) = found.follows_from {
        lines.push(format!("It most likely follows from {cause}."));
    }
    for seen in &found.evidence {
        for line in seen.shown.lines().take(3) {
            let line = format!("Seen: {} {}", sanitise(&seen.at), sanitise(line));
            lines.push(line.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    lines.push(format!("Why: {}", sanitise(&found.why)));
    lines.extend(explaining::fix(found));
    lines
}

fn of_text(explanation: &Explanation, keys: u32) -> Vec<String> {
    let mut lines = explaining::log(explanation);
    for noise in &explanation.noise {
        lines.push(format!("Line {} is not the cause. {}", noise.line, sanitise(&noise.words)));
    }
    if keys > 0 {
        let words = "A private key is in this log. If others saw the log, make a new key.";
        lines.push(words.to_owned());
    }
    lines
}
