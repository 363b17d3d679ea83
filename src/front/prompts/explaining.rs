//! Why something failed, said: the cause first, what shows it, what this machine says, and the one
//! next action.

use super::Journey;
use super::talk::Talk;
use super::wording::capital;
use crate::check::{Finding, How};
use crate::explain::{Cause, Confidence, Explanation};
use crate::front::{Finish, sanitise, sentence};
use crate::look::{self, Looked};

impl Journey<'_> {
    /// What `finish` and the log of the step tell, with what this machine says about it.
    pub(super) fn why(&self, talk: &mut dyn Talk, finish: &Finish, mut log: String) {
        let said = finish.problem.iter().flat_map(|problem| &problem.causes);
        for cause in said {
            log.push_str(cause);
            log.push('\n');
        }
        if log.trim().is_empty() {
            return;
        }
        talk.say("Looking at the log and at this machine.");
        let looked = (self.explain)(log);
        looked.iter().flat_map(told).for_each(|line| talk.say(&line));
    }
}

/// What was found out about a failure.
fn told(looked: &Looked) -> Vec<String> {
    let mut lines = log(&looked.explanation);
    if let Some((_, found)) = look::bearing(&looked.explanation, &looked.report) {
        lines.push(format!("On this machine: {}", sentence(&sanitise(&found.summary))));
        lines.extend(found.evidence.iter().take(2).map(|seen| {
            format!("Seen: {} {}", sanitise(&seen.at), sanitise(&seen.shown)).trim().to_owned()
        }));
        lines.extend(fix(found));
    }
    lines
}

/// What a log shows.
pub(super) fn log(explanation: &Explanation) -> Vec<String> {
    let Some(best) = explanation.causes.first() else {
        let mut lines = vec!["Cause: doorstep does not know this error.".to_owned()];
        lines.extend(
            explanation
                .suspects
                .iter()
                .map(|line| format!("Most like it, line {}: {}", line.line, line.text.trim())),
        );
        return lines;
    };
    let mut lines = cause(best);
    let out: Vec<&str> = explanation.ruled_out.iter().map(|out| out.called.as_str()).collect();
    if !out.is_empty() {
        lines.push(format!("Not the cause, because it was looked at: {}.", out.join(", ")));
    }
    lines
}

fn cause(cause: &Cause) -> Vec<String> {
    let known = match cause.confidence {
        Confidence::Sure => "This is sure.",
        Confidence::Likely => "This is likely.",
        Confidence::Possible => "This is possible; others are too.",
    };
    let mut lines = vec![format!("Cause: {} {known}", sentence(&sanitise(&cause.summary)))];
    if let Some(shown) = cause.shown.first() {
        lines.push(format!("Shown: {}, in line {}.", shown.text.trim(), shown.line));
    }
    for checked in &cause.checked {
        lines.push(format!("Checked: {}", sentence(&sanitise(&checked.words))));
    }
    if cause.confidence < Confidence::Sure {
        for not in &cause.not_checked {
            lines.push(format!("Not checked: {}", sentence(&sanitise(&not.words))));
        }
    }
    lines.push(format!("Why: {}", sentence(&sanitise(&cause.why))));
    lines.push(format!("Next: {}", sentence(&sanitise(&cause.next))));
    lines.extend(cause.run.iter().map(|run| format!("The command is: {run}")));
    lines.extend(cause.admin.iter().map(|text| format!("For an administrator: {text}")));
    lines
}

/// What helps against a finding.
pub(super) fn fix(found: &Finding) -> Vec<String> {
    let Some(fix) = found.fixes.first() else { return Vec::new() };
    let title = sentence(&capital(&sanitise(&fix.title)));
    match (&fix.how, fix.safe_plan()) {
        (_, Some(_)) => vec![
            format!("What helps: {title}"),
            "doorstep can do that for you. The command is: doorstep doctor --fix".to_owned(),
        ],
        (How::Text(commands), None) => {
            let mut lines = vec![format!("What helps: {title}")];
            lines.extend(commands.iter().map(|line| format!("The command is: {line}")));
            lines
        }
        (How::Plan(_), None) => vec![format!("What helps: {title}")],
    }
}
