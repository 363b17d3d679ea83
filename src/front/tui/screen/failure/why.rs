//! Why it failed, as far as is known: a cause that the log shows, with how sure that is; else what
//! the tools said themselves.

use crate::event::Outcome;
use crate::explain::{self, Catalogue, Cause};
use crate::front::sanitise;
use crate::front::tui::log::Lines;
use crate::front::tui::run::State;
use crate::front::tui::screen::{Cx, sentence};
use crate::problem::{Kind, Problem};

/// A cause that the log of a step shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Explained {
    pub(super) cause: Cause,
    /// The number of the line that was read first.
    from: u64,
}

impl Explained {
    /// Reads the end of a log; the machine is not looked at.
    pub(super) fn of(lines: &Lines) -> Option<Self> {
        /// What failed is told at the end, and reading must not be felt.
        const MOST: u64 = 4000;
        let catalogue = Catalogue::built_in().ok()?;
        let from = lines.first().max(lines.end().saturating_sub(MOST));
        let mut text = String::new();
        for line in (from..lines.end()).filter_map(|number| lines.get(number)) {
            text.push_str(line.text);
            text.push('\n');
        }
        let log = explain::read(&mut text.as_bytes(), catalogue).ok()?;
        let cause = explain::explain_elsewhere(&log, catalogue).causes.into_iter().next()?;
        Some(Self { cause, from })
    }

    fn why(&self) -> Why {
        let cause = &self.cause;
        // A command ends where it ends: no stop stands right behind it.
        let next = match &cause.run {
            Some(run) => format!("{}: {run} (then press r)", cause.next),
            None => format!("{} Then press r.", sentence(&cause.next)),
        };
        Why {
            cause: sentence(&sanitise(&cause.summary).replace('`', "")),
            known: cause.confidence.word(),
            shown: cause.shown.iter().map(|shown| shown.text.trim().to_owned()).collect(),
            line: cause.shown.first().map(|shown| self.from + shown.line.saturating_sub(1)),
            next: sanitise(&next).into_owned(),
        }
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
pub(super) fn problem<'a>(cx: &Cx<'a>) -> Option<&'a Problem> {
    let step = cx.run.and_then(|run| run.failed()).map(|(_, step)| &step.state);
    match step {
        Some(State::Ended { outcome: Outcome::Failed { why }, .. }) => Some(why),
        _ => cx.finish.and_then(|finish| finish.problem.as_ref()),
    }
}

pub(super) fn why(cx: &Cx, explained: Option<&Explained>) -> Option<Why> {
    let problem = problem(cx)?;
    if let Some(explained) = explained {
        return Some(explained.why());
    }
    let causes = problem.causes.iter().flat_map(|cause| cause.lines());
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
