//! What the page says, in its order: the cause, what shows it, what to do, what is true now, and
//! the last lines.

use super::why::Why;
use super::{is_stopped, lines, step, why};
use crate::activate::nix_log::{Failing, Failure, name_of};
use crate::counted::counted;
use crate::event::{Changed, Checked, Outcome, Verdict};
use crate::front::sanitise;
use crate::front::tui::clock;
use crate::front::tui::frame::Size;
use crate::front::tui::log::Lines;
use crate::front::tui::run::{Run, State};
use crate::front::tui::screen::Cx;
use crate::front::tui::sheet::{Sheet, headline};
use crate::front::tui::text::width;
use crate::front::tui::theme::Role;
use crate::problem::Kind;

/// Where what stands beside a label begins.
const BESIDE: u16 = 10;

/// The step after which a home is not as it was.
const ACTIVATES: &str = crate::activate::STEP;

pub(super) fn heading(cx: &Cx) -> String {
    let whole = cx.finish.map(|finish| finish.heading.as_str()).unwrap_or_default();
    if is_stopped(cx) {
        return headline(whole, cx.area.width.saturating_sub(4)).0.to_owned();
    }
    match cx.run.and_then(Run::failed) {
        Some((_, step)) => {
            let failure = cx.run.and_then(|run| run.build(step.id)?.cause());
            let name = failure.and_then(failing).map(|name| format!("{name}, "));
            let refused = why::problem(cx).filter(|problem| problem.kind == Kind::User);
            let called = match (why::cause(cx), failure, refused) {
                (Some(cause), ..) => cause.called.as_str(),
                (None, Some(failure), _) => failure.reason.as_str(),
                (None, None, Some(problem)) => problem.what.as_str(),
                (None, None, None) => "this step failed",
            };
            let called = sanitise(called).replace('`', "");
            let name = name.unwrap_or_default();
            format!("✗ {}: {name}{}", step.title, called.trim_end_matches('.'))
        }
        None => format!("✗ {whole}"),
    }
}

/// What it is that failed, where it has a name.
fn failing(failure: &Failure) -> Option<String> {
    let name = match &failure.what {
        Failing::Derivation(drv) => name_of(drv).to_owned(),
        Failing::File { file, line, .. } => {
            let file = file.rsplit('/').next().unwrap_or(file);
            if *line == 0 { file.to_owned() } else { format!("{file}:{line}") }
        }
        Failing::Unnamed => return None,
    };
    Some(sanitise(&name).into_owned())
}

/// How much room the page takes: what is not wanted where it is little.
#[derive(Debug, Clone, Copy)]
struct Fit {
    /// Whether blank rows part it.
    airy: bool,
    /// Rows of the cause, and of the next action, at most.
    cause: usize,
    next: usize,
    /// Machines that are not updated, a row each.
    machines: usize,
}

impl Fit {
    /// From roomy to tight: the last lines must not be pushed off by a command that has no end.
    const ALL: [Self; 4] = [
        Self { airy: true, cause: 6, next: 8, machines: 12 },
        Self { airy: true, cause: 2, next: 3, machines: 4 },
        Self { airy: false, cause: 2, next: 3, machines: 4 },
        Self { airy: false, cause: 1, next: 2, machines: 2 },
    ];
}

pub(super) fn sheet(cx: &Cx) -> Sheet {
    let room = usize::from(cx.body().height.saturating_sub(1));
    let small = cx.size <= Size::Small;
    let all = Fit::ALL.into_iter().filter(|fit| !(small && fit.airy));
    let mut last = Sheet::new(cx.area.width);
    for sheet in all.map(|fit| filled(cx, fit)) {
        if sheet.len() <= room {
            return sheet;
        }
        last = sheet;
    }
    last
}

fn filled(cx: &Cx, fit: Fit) -> Sheet {
    let mut sheet = Sheet::new(cx.area.width);
    if fit.airy {
        sheet.blank();
    }
    let why = why::why(cx);
    match &why {
        Some(why) => because(cx, why, fit, &mut sheet),
        None => stopped(cx, &mut sheet),
    }
    if fit.airy || cx.size <= Size::Small {
        sheet.blank();
    }
    now(cx, fit, &mut sheet);
    last_lines(cx, why.and_then(|why| why.line), fit, &mut sheet);
    sheet
}

fn because(cx: &Cx, why: &Why, fit: Fit, sheet: &mut Sheet) {
    // The last lines stand below; more of them here only where there is room for both.
    let most = if cx.size >= Size::Large { 3 } else { 1 };
    let known = u16::try_from(width(why.known)).unwrap_or(0) + 4;
    let columns = cx.area.width.saturating_sub(BESIDE + known).min(76);
    let first = sheet.len();
    sheet.marked_within((2, Role::Heading, "Cause"), (BESIDE, columns), Role::Text, &why.cause);
    sheet.at_most(first, fit.cause);
    if !why.known.is_empty() {
        sheet.right(Role::Muted, why.known);
    }
    for (at, line) in why.shown.iter().take(most).enumerate() {
        let label = if at == 0 { "Shown" } else { "" };
        sheet.line(&[(2, Role::Heading, label), (BESIDE, Role::Text, line)]);
        if let Some(line) = why.line.filter(|_| at == 0) {
            sheet.right(Role::Muted, &format!("line {} of {}", line + 1, lines(cx).end()));
        }
    }
    let first = sheet.len();
    sheet.marked(2, (Role::Heading, "Next"), BESIDE, Role::Text, &why.next);
    sheet.at_most(first, fit.next);
}

/// Of a run that was stopped, nothing has to be explained.
fn stopped(cx: &Cx, sheet: &mut Sheet) {
    let whole = cx.finish.map(|finish| finish.heading.as_str()).unwrap_or_default();
    let rest = headline(whole, cx.area.width.saturating_sub(4)).1;
    sheet.marked(
        2,
        (Role::Heading, "Next"),
        BESIDE,
        Role::Text,
        "Press r to go on where it stopped.",
    );
    if !rest.is_empty() {
        sheet.prose(BESIDE, Role::Text, rest);
    }
}

fn now(cx: &Cx, fit: Fit, sheet: &mut Sheet) {
    sheet.line(&[(2, Role::Heading, "What is true now")]);
    let Some(run) = cx.run else { return };
    let done = run.steps.iter().take_while(|step| step.is_done()).count();
    let words = match done {
        0 => String::new(),
        1 => format!("Step 1 is done. {}", places(cx, run)),
        n => format!("Steps 1 to {n} are done. {}", places(cx, run)),
    };
    if !words.is_empty() {
        sheet.marked(4, (Role::Good, "✓"), 6, Role::Text, words.trim());
    }
    if let Some((at, step)) = step(cx) {
        let (mark, words) = match &step.state {
            State::Ended { outcome: Outcome::Failed { .. }, seconds } => {
                ((Role::Bad, "✗"), format!("failed after {}", clock::took(*seconds)))
            }
            State::Ended { outcome: Outcome::Stopped, seconds } => {
                ((Role::Warn, "!"), format!("was cut short after {}", clock::took(*seconds)))
            }
            _ => ((Role::Muted, "-"), "was not begun".to_owned()),
        };
        let rest = run.steps.len() - at - 1;
        let after = match rest {
            0 => String::new(),
            1 => format!(" Step {} was not tried.", at + 2),
            _ => format!(" Steps {} to {} were not tried.", at + 2, run.steps.len()),
        };
        let words = format!("Step {}, {}, {words}.{after}", at + 1, step.title);
        sheet.marked(4, mark, 6, Role::Text, &words);
    }
    machines(run, fit, sheet);
    for (file, kept_as) in &run.kept {
        let (file, kept) = (cx.host.short(file), cx.host.short(kept_as));
        sheet.marked(4, (Role::Good, "✓"), 6, Role::Text, &format!("Your {file} is now {kept}."));
    }
    if !has_machines(run) {
        sheet.prose(4, Role::Text, home(run));
    }
}

fn has_machines(run: &Run) -> bool {
    run.checked.iter().any(|checked| checked.what == "machine")
}

/// One line for each machine that was to be updated; where there is little room, those that are
/// share one.
fn machines(run: &Run, fit: Fit, sheet: &mut Sheet) {
    let told = run.checked.iter().filter(|checked| checked.what == "machine");
    let (updated, others): (Vec<_>, Vec<_>) =
        told.partition(|checked| checked.verdict == Verdict::Holds);
    match updated.len() {
        count if count > 1 && !(fit.airy && count + others.len() <= 4) => {
            let words = format!("{count} machines are updated.");
            sheet.marked(4, (Role::Good, "✓"), 6, Role::Text, &words);
        }
        _ => updated
            .iter()
            .for_each(|done| sheet.marked(4, (Role::Good, "✓"), 6, Role::Text, &done.words)),
    }
    // Steps that were not tried are told of already.
    let waits = |checked: &&Checked| checked.data["state"] == "not_tried";
    let (waiting, others): (Vec<_>, Vec<_>) = others.into_iter().partition(waits);
    for checked in others.iter().take(fit.machines) {
        let mark = match checked.verdict {
            Verdict::DoesNotHold => (Role::Bad, "✗"),
            _ => (Role::Muted, "-"),
        };
        sheet.marked(4, mark, 6, Role::Text, &sanitise(&checked.words));
    }
    let rest = others.len().saturating_sub(fit.machines);
    if rest > 0 {
        let are = if rest == 1 { "is" } else { "are" };
        let words = format!("{rest} more {are} not updated.");
        sheet.marked(4, (Role::Bad, "✗"), 6, Role::Text, &words);
    }
    let words = match &waiting[..] {
        [] => return,
        [one] => sanitise(&one.words).into_owned(),
        several => format!("{} machines are as they were.", several.len()),
    };
    sheet.marked(4, (Role::Muted, "-"), 6, Role::Text, &words);
}

const AS_IT_WAS: &str = "Your home is as it was. You can leave now and go on another day.";

/// Whether the home itself was touched.
fn home(run: &Run) -> &'static str {
    let step = run.steps.iter().find(|step| step.id == ACTIVATES);
    match step.map(|step| &step.state) {
        // It was refused before anything was begun.
        Some(State::Ended { outcome: Outcome::Failed { why }, .. }) if why.kind == Kind::User => {
            AS_IT_WAS
        }
        Some(State::Ended { outcome: Outcome::Failed { .. } | Outcome::Stopped, .. }) => {
            "Your home may be partly changed. Undo puts it back as it was."
        }
        Some(State::Ended { outcome: Outcome::Done, .. }) => "Your new home is active.",
        _ => AS_IT_WAS,
    }
}

/// `4 files in ~/fleet and 1 file of yours are in place.`
fn places(cx: &Cx, run: &Run) -> String {
    let root = cx.world.map(|world| world.fleet.root.as_path());
    let changed = run.steps.iter().flat_map(|step| &step.changes).filter_map(|c| match c {
        Changed::Created { path, .. } | Changed::Appended { path } => Some(path),
        Changed::Edited { path, .. } => Some(path),
        _ => None,
    });
    let (fleet, own): (Vec<_>, Vec<_>) =
        changed.partition(|path| root.is_some_and(|root| path.starts_with(root)));
    let count = |n: usize| counted(n, "file");
    let folder = cx.world.map(|world| world.folder.as_str()).unwrap_or_default();
    let verb = if fleet.len() + own.len() == 1 { "is" } else { "are" };
    let mut parts = Vec::new();
    if !fleet.is_empty() {
        parts.push(format!("{} in {folder}", count(fleet.len())));
    }
    if !own.is_empty() {
        let own = own.len();
        // Beside the others it is clear of what there is one.
        parts.push(match fleet.is_empty() {
            true => format!("{} of yours", count(own)),
            false => format!("{own} of yours"),
        });
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!("{} {verb} in place.", parts.join(" and ")),
    }
}

fn last_lines(cx: &Cx, marked: Option<u64>, fit: Fit, sheet: &mut Sheet) {
    let lines = lines(cx);
    if lines.is_empty() {
        return;
    }
    if fit.airy || cx.size <= Size::Small {
        sheet.blank();
    }
    sheet.rule("last lines");
    for number in worth_showing(&lines, marked) {
        let Some(line) = lines.get(number) else { continue };
        let text = sanitise(line.text);
        let role = if marked == Some(number) { Role::Bad } else { Role::Muted };
        let digits = format!("{:>3}", number + 1);
        sheet.line(&[(2, Role::Muted, &digits), (6, role, text.trim_end())]);
    }
    let how = match marked {
        Some(_) => "Enter here opens the whole log, with this line marked",
        None => "Enter here opens the whole log",
    };
    sheet.line(&[(2, Role::Muted, how)]);
}

/// Three lines: the last that say anything, with the marked one among them.
fn worth_showing(lines: &Lines, marked: Option<u64>) -> Vec<u64> {
    const MOST: usize = 3;
    /// A tool may end with as many blank lines.
    const LOOKED_AT: u64 = 50;
    let from = lines.first().max(lines.end().saturating_sub(LOOKED_AT));
    let says = |number: &u64| lines.get(*number).is_some_and(|line| !line.text.trim().is_empty());
    let mut shown: Vec<u64> = (from..lines.end()).rev().filter(says).take(MOST).collect();
    shown.reverse();
    if let (Some(marked), Some(first)) = (marked, shown.first_mut())
        && marked < *first
    {
        *first = marked;
    }
    shown
}
