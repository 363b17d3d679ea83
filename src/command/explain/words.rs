//! An explanation in words, in the order in which somebody needs it: the cause, the line that shows
//! it, what was checked, the one next action.

use std::fmt::Write as _;

use super::super::paragraph;
use crate::explain::{Cause, Confidence, Contents, Explanation, Log};
use crate::front::sanitise;

/// Prose is never wider; what comes from a log is.
const WIDEST: usize = 76;

/// Where the text beside a label begins.
const MARGIN: usize = 9;

pub(super) fn of(log: &Log, explanation: &Explanation) -> String {
    let mut out = String::new();
    match log.contents {
        Contents::Empty => out.push_str("Nothing in it.\n"),
        Contents::Binary => out.push_str("This is no log: it holds something other than text.\n"),
        Contents::Text => text(&mut out, log, explanation),
    }
    out.lines().map(|line| format!("{}\n", sanitise(line).trim_end())).collect()
}

fn text(out: &mut String, log: &Log, explanation: &Explanation) {
    match explanation.causes.split_first() {
        Some((best, others)) => {
            best_cause(out, best);
            also(out, others, explanation);
            labelled(out, "Class", &format!("{}.", best.class));
        }
        None => unknown(out, explanation),
    }
    for noise in &explanation.noise {
        labelled(out, "Noise", &format!("line {}. {}", noise.line, noise.words));
    }
    if log.private_keys > 0 {
        let times = if log.private_keys == 1 { "A private key is" } else { "Private keys are" };
        labelled(
            out,
            "Note",
            &format!("{times} in this log; hidden here. If others saw the log, make a new key."),
        );
    }
}

fn best_cause(out: &mut String, cause: &Cause) {
    labelled(out, "Cause", &format!("{}  ({})", cause.summary, cause.confidence.word()));
    for (index, shown) in cause.shown.iter().take(3).enumerate() {
        let label = if index == 0 { "Shown" } else { "" };
        // As it stands in the log: a line that is broken can no longer be searched for.
        let _ = writeln!(out, "{label:MARGIN$}line {}: {}", shown.line, shown.text.trim());
    }
    for (index, checked) in cause.checked.iter().enumerate() {
        labelled(out, if index == 0 { "Checked" } else { "" }, &checked.words);
    }
    if cause.confidence < Confidence::Sure {
        for not in &cause.not_checked {
            labelled(out, "Checked", &format!("nothing: {}", not.words));
        }
        for (index, look) in cause.look.iter().enumerate() {
            labelled(out, if index == 0 { "Look at" } else { "" }, look);
        }
    }
    labelled(out, "Why", &cause.why);
    labelled(
        out,
        "Next",
        &format!("{}{}", cause.next, if cause.run.is_some() { ":" } else { "." }),
    );
    if let Some(run) = &cause.run {
        let _ = writeln!(out, "{:MARGIN$}{run}", "");
    }
    if let Some(admin) = &cause.admin {
        labelled(out, "Admin", admin);
    }
}

fn also(out: &mut String, others: &[Cause], explanation: &Explanation) {
    /// A longer list is no help.
    const MOST: usize = 6;
    let ruled_out = explanation.ruled_out.iter().map(|out| format!("{} (no)", out.called));
    let named = others
        .iter()
        .map(|cause| format!("{} ({}, {})", cause.called, cause.confidence.word(), cause.class));
    let all: Vec<String> = ruled_out.chain(named).take(MOST).collect();
    if !all.is_empty() {
        paragraph(out, &format!("Also looked at: {}.", all.join(", ")), 0, WIDEST);
    }
}

fn unknown(out: &mut String, explanation: &Explanation) {
    if explanation.suspects.is_empty() {
        out.push_str(
            "doorstep does not know what this log shows; no line of it looks like an error.\n",
        );
        return;
    }
    out.push_str("doorstep does not know this error. These lines look most like its cause:\n");
    for line in &explanation.suspects {
        let _ = writeln!(out, "  line {}: {}", line.line, line.text.trim());
    }
}

/// A label and its text, wrapped beside it.
fn labelled(out: &mut String, label: &str, text: &str) {
    let _ = write!(out, "{label:MARGIN$}");
    paragraph(out, text, MARGIN, WIDEST);
}
