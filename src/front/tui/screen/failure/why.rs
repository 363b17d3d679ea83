//! Why it failed, as far as is known: a cause that the log shows, with how sure that is; else what
//! the tools said themselves.

use crate::check::Finding;
use crate::event::Outcome;
use crate::explain::{Cause, Explanation};
use crate::front::sanitise;
use crate::front::tui::log::Lines;
use crate::front::tui::run::State;
use crate::front::tui::screen::{Cx, sentence};
use crate::look;
use crate::problem::{Kind, Problem};

/// What failed is told at the end.
const MOST: u64 = 4000;

/// The number of the first line that is explained.
fn from(lines: &Lines) -> u64 {
    lines.first().max(lines.end().saturating_sub(MOST))
}

/// What is explained: the end of the log, and what the tools said themselves.
pub(super) fn text(cx: &Cx) -> String {
    let lines = super::lines(cx);
    let mut text = String::new();
    for line in (from(&lines)..lines.end()).filter_map(|number| lines.get(number)) {
        text.push_str(line.text);
        text.push('\n');
    }
    let said = problem(cx).into_iter().flat_map(|problem| &problem.causes);
    for line in said.flat_map(|cause| cause.lines()) {
        let is_new = !text.lines().any(|known| known.trim() == line.trim());
        if is_new {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The explanation of what failed, once it is there.
pub(super) fn explanation<'a>(cx: &Cx<'a>) -> Option<&'a Explanation> {
    cx.looking.failure.explained().map(|explained| &explained.explanation)
}

/// The cause that the log shows.
pub(super) fn cause<'a>(cx: &Cx<'a>) -> Option<&'a Cause> {
    explanation(cx)?.causes.first()
}

/// What the checks have found of the cause: by its place among all that was found.
pub(super) fn finding<'a>(cx: &Cx<'a>) -> Option<(usize, &'a Finding)> {
    look::bearing(explanation(cx)?, cx.looking.checks.report()?)
}

fn why_of(cause: &Cause, cx: &Cx) -> Why {
    let lines = super::lines(cx);
    let place = |line: u64| Some(from(&lines) + line.saturating_sub(1));
    // A command ends where it ends: no stop stands right behind it.
    let next = match (finding(cx).is_some_and(|(_, found)| found.safe_fix().is_some()), &cause.run)
    {
        (true, _) => {
            "Press f to see the fix, which doorstep can carry out. Then press r.".to_owned()
        }
        (false, Some(run)) => {
            format!("{}: {run} (then press r)", cause.next.trim_end_matches(['.', ':']))
        }
        (false, None) => format!("{} Then press r.", sentence(&cause.next)),
    };
    Why {
        cause: sentence(&sanitise(&cause.summary).replace('`', "")),
        known: cause.confidence.word(),
        shown: cause.shown.iter().map(|shown| shown.text.trim().to_owned()).collect(),
        // What the tools said beside is no line of the log.
        line: cause
            .shown
            .first()
            .and_then(|shown| place(shown.line))
            .filter(|line| *line < lines.end()),
        next: sanitise(&next).into_owned(),
    }
}

/// An answer to why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Why {
    pub(super) cause: String,
    /// How this is known: `sure`, `likely`, `possible`; or whose words these are.
    pub(super) known: &'static str,
    /// What shows it, a line each.
    pub(super) shown: Vec<String>,
    /// Where in the log of the step that is.
    pub(super) line: Option<u64>,
    /// The one next action.
    pub(super) next: String,
}

/// What failed, by the step or before there was one.
pub(crate) fn problem<'a>(cx: &Cx<'a>) -> Option<&'a Problem> {
    let step = cx.run.and_then(|run| run.failed()).map(|(_, step)| &step.state);
    match step {
        Some(State::Ended { outcome: Outcome::Failed { why }, .. }) => Some(why),
        _ => cx.finish.and_then(|finish| finish.problem.as_ref()),
    }
}

pub(super) fn why(cx: &Cx) -> Option<Why> {
    let problem = problem(cx)?;
    if let Some(cause) = cause(cx) {
        return Some(why_of(cause, cx));
    }
    // Progress that was written over says nothing of a cause.
    let is_progress = |line: &&str| line.trim_end().contains('\r');
    let causes = problem.causes.iter().flat_map(|cause| cause.lines());
    let causes = causes.filter(|line| !is_progress(line));
    let mut shown: Vec<String> = causes
        .map(|line| sanitise(line.trim()).into_owned())
        .filter(|line| !line.is_empty())
        .collect();
    let line = line_of(&super::lines(cx), &shown);
    // The line that shows it best stands first.
    let text = line.and_then(|line| super::lines(cx).get(line)).map(|line| line.text.trim());
    match text.map(|text| (text, shown.iter().position(|shown| shown == text))) {
        Some((_, Some(at))) => shown[..=at].rotate_right(1),
        Some((text, None)) => shown.insert(0, text.to_owned()),
        None => {}
    }
    // A command keeps the letters it has.
    let what = sanitise(&problem.what);
    let cause = match what.starts_with('`') {
        true => format!("{}.", what.replace('`', "").trim_end_matches('.')),
        false => sentence(&what.replace('`', "")),
    };
    Some(Why {
        cause,
        known: match problem.kind {
            Kind::Tool => "as the tool said",
            Kind::Fleet => "as the fleet says",
            Kind::User | Kind::Answers | Kind::Bug => "",
        },
        line,
        next: next(problem, line.is_some()),
        shown,
    })
}

fn next(problem: &Problem, is_shown: bool) -> String {
    match problem.hints.first() {
        Some(hint) => {
            // From here one goes on by a key.
            let ways = [", then go on with `doorstep resume`", "; then `doorstep resume`"];
            let hint = ways.iter().fold(sanitise(hint), |hint, way| hint.replace(way, "").into());
            format!("{} Then press r.", sentence(&hint.replace('`', "")))
        }
        None if problem.kind == Kind::Bug => "Press s to save a report, and give it to whoever \
                                              looks after doorstep."
            .to_owned(),
        None if is_shown => {
            "Mend what the lines below say, then press r: nothing is done twice.".to_owned()
        }
        None => "When it is mended, press r: nothing is done twice.".to_owned(),
    }
}

/// The newest line that says one of these; else the newest that tells of an error.
fn line_of(lines: &Lines, shown: &[String]) -> Option<u64> {
    /// Nobody scrolls back further for a cause.
    const MOST: u64 = 5000;
    let newest = (lines.first().max(lines.end().saturating_sub(MOST))..lines.end()).rev();
    let is_error = |text: &str| text.trim_start().starts_with("error:");
    let is_shown = |text: &str| shown.iter().any(|shown| shown == text.trim());
    let at = |is: &dyn Fn(&str) -> bool| {
        newest.clone().find(|number| lines.get(*number).is_some_and(|line| is(line.text)))
    };
    at(&|text| is_error(text) && is_shown(text)).or_else(|| at(&is_error)).or_else(|| at(&is_shown))
}
