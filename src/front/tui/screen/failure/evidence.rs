//! How the cause is known: the lines that show it, what this machine said, what was ruled out, and
//! what the checks have found besides.

use super::why;
use crate::counted::counted;
use crate::explain::{Cause, Explanation};
use crate::front::sanitise;
use crate::front::tui::screen::{Cx, explain};
use crate::front::tui::sheet::Sheet;
use crate::front::tui::theme::Role;

/// Where what stands beside a label begins.
const BESIDE: u16 = 11;

pub(super) fn sheet(cx: &Cx) -> Sheet {
    let mut sheet = Sheet::new(cx.area.width);
    sheet.blank();
    match why::explanation(cx) {
        Some(explanation) => of_log(explanation, &mut sheet),
        None => {
            let words = "What failed is still being looked at.";
            sheet.prose(2, Role::Text, words);
        }
    }
    sheet.blank();
    of_checks(cx, &mut sheet);
    sheet
}

fn labelled(sheet: &mut Sheet, label: &str, text: &str) {
    sheet.marked(2, (Role::Heading, label), BESIDE, Role::Text, text);
}

fn of_log(explanation: &Explanation, sheet: &mut Sheet) {
    sheet.line(&[(2, Role::Heading, "In the log")]);
    let Some((best, others)) = explanation.causes.split_first() else {
        let words = "doorstep does not know this error. These lines look most like its cause:";
        sheet.prose(2, Role::Text, words);
        for line in &explanation.suspects {
            sheet.line(&[(4, Role::Text, line.text.trim())]);
        }
        return;
    };
    of_cause(best, sheet);
    sheet.blank();
    for other in others.iter().take(4) {
        let words = format!("{}, {}: {}", other.class, other.confidence.word(), other.summary);
        labelled(sheet, "Or", &sanitise(&words));
    }
    for out in explanation.ruled_out.iter().take(6) {
        let words = format!("{}, because {}", out.called, out.because);
        labelled(sheet, "Not", &sanitise(&words));
    }
}

fn of_cause(cause: &Cause, sheet: &mut Sheet) {
    labelled(sheet, "Class", &format!("{}, {}", cause.class, cause.confidence.word()));
    for (at, shown) in cause.shown.iter().enumerate() {
        let label = if at == 0 { "Shown" } else { "" };
        sheet.line(&[(2, Role::Heading, label), (BESIDE, Role::Text, shown.text.trim())]);
    }
    labelled(sheet, "Why", &sanitise(&cause.why));
    explain::checked(cause, sheet);
    // Above it is cut where it is long.
    if let Some(run) = &cause.run {
        sheet.marked(2, (Role::Heading, "Command"), BESIDE, Role::Accent, run);
    }
    if let Some(admin) = &cause.admin {
        labelled(sheet, "Admin", &sanitise(admin));
    }
}

fn of_checks(cx: &Cx, sheet: &mut Sheet) {
    sheet.line(&[(2, Role::Heading, "On this machine")]);
    let Some(report) = cx.looking.checks.report() else {
        let words = "The checks are still going on.";
        return sheet.prose(2, Role::Text, words);
    };
    let bears = why::finding(cx).map(|(at, _)| at);
    // What bears on it first.
    let all = report.findings.iter().enumerate();
    let (first, others): (Vec<_>, Vec<_>) = all.partition(|(at, _)| bears == Some(*at));
    for (at, found) in first.into_iter().chain(others) {
        let mark = (Role::Text, found.severity.mark());
        sheet.marked(2, mark, 4, Role::Text, &sanitise(&found.summary));
        let evidence = found.evidence.iter().filter(|_| bears == Some(at));
        for seen in evidence.take(3) {
            let words = format!("{}  {}", sanitise(&seen.at), sanitise(&seen.shown));
            sheet.prose(6, Role::Muted, words.trim());
        }
    }
    let checks = counted(report.checks(), "check");
    let words = match report.findings.len() {
        0 => format!("{checks}. Nothing is wrong that doorstep can see."),
        _ => format!("{checks}; doorstep doctor has all of it."),
    };
    sheet.prose(2, Role::Muted, &words);
}
