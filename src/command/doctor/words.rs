//! What was found, for people: the likely cause first.

use std::fmt::Write as _;

use super::super::paragraph;
use crate::check::report::Report;
use crate::check::{ASKED, CHECKS, Finding, Fix, Group, How, Risk};
use crate::counted::counted;
use crate::front::sanitise;
use crate::look::Look;

/// Prose is never wider; a command or path is as wide as it is.
const WIDEST: usize = 78;

/// Where the text beside a label begins.
const MARGIN: usize = 14;

pub(super) fn of(look: &Look, report: &Report) -> String {
    let mut out = String::new();
    let place =
        look.root.as_ref().map_or_else(|| "no fleet".to_owned(), |root| look.host.short(root));
    let seconds = report.took.as_secs_f64();
    let _ = writeln!(
        out,
        "{} on {}, {place}   {}, {seconds:.1} s",
        look.user,
        look.host.name,
        counted(report.checks(), "check")
    );
    let heading = match report.findings.len() {
        0 => "Nothing is wrong that doorstep can see.".to_owned(),
        1 => "1 thing to look at".to_owned(),
        n => format!("{n} things to look at, the likely cause first"),
    };
    let _ = writeln!(out, "\n{heading}");
    for finding in &report.findings {
        out.push('\n');
        one(&mut out, finding);
    }
    if !report.not_checked.is_empty() || !report.fine.is_empty() {
        out.push('\n');
    }
    for left in &report.not_checked {
        let _ = writeln!(
            out,
            "? {:9} not checked: {}: {}",
            left.group.word(),
            left.check,
            left.because
        );
    }
    let more = if report.is_clean() { "are fine" } else { "more are fine" };
    let _ = writeln!(out, "✓ {:9} {} {more}", "", report.fine.len());
    if report.findings.iter().any(|finding| finding.safe_fix().is_some()) {
        out.push_str("\nWhat is marked safe, doorstep does for you: doorstep doctor --fix\n");
    }
    // Names of files and people are the fleet's text.
    out.lines().map(|line| format!("{}\n", sanitise(line).trim_end())).collect()
}

fn one(out: &mut String, finding: &Finding) {
    let _ =
        writeln!(out, "{} {:9} {}", finding.severity.mark(), finding.group.word(), finding.summary);
    if let Some(cause) = finding.follows_from {
        labelled(out, "", &format!("Most likely follows from {cause}."));
    }
    for (index, seen) in finding.evidence.iter().enumerate() {
        let label = if index == 0 { "Seen" } else { "" };
        let at = if seen.at.is_empty() { String::new() } else { format!("{}: ", seen.at) };
        let _ = writeln!(out, "  {label:12}{at}{}", seen.shown);
    }
    labelled(out, "Why", &finding.why);
    for (index, fix) in finding.fixes.iter().enumerate() {
        let label = if index == 0 { "What to do" } else { "Or" };
        labelled(out, label, &format!("{}{}", fix.title, whose(fix)));
        for line in lines(fix) {
            let _ = writeln!(out, "{:MARGIN$}  {line}", "");
        }
    }
    labelled(out, "Class", finding.id);
}

fn whose(fix: &Fix) -> &'static str {
    match fix.risk {
        Risk::Safe => " (safe)",
        Risk::ByHand => "",
        Risk::ForReader => " (somebody who can open the file)",
        Risk::ForAdmin => " (an administrator)",
    }
}

/// What a person would type or hand on.
pub(super) fn lines(fix: &Fix) -> Vec<&str> {
    match &fix.how {
        How::Plan(plan) => {
            plan.steps.iter().flat_map(|step| &step.by_hand).map(String::as_str).collect()
        }
        How::Text(lines) => lines.iter().map(String::as_str).collect(),
    }
}

/// A label and its text, wrapped beside it.
fn labelled(out: &mut String, label: &str, text: &str) {
    let _ = write!(out, "  {label:12}");
    paragraph(out, text, MARGIN, WIDEST);
}

/// Every check, for `--only`.
pub(super) fn list() -> String {
    let mut out = String::new();
    for group in Group::ALL {
        let _ = writeln!(out, "{}", group.word());
        for check in CHECKS.iter().filter(|check| check.group() == group) {
            let _ = writeln!(out, "  {:20} {}", check.id(), check.title());
        }
    }
    out.push_str("only when named: these take long\n");
    for check in ASKED {
        let _ = writeln!(out, "  {:20} {}", check.id(), check.title());
    }
    out
}
