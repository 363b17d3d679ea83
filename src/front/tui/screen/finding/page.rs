//! What the three views say.

use super::View;
use crate::check::{Finding, How, Risk};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::review::made::{extent, of_change};
use crate::front::tui::screen::{Cx, findings, sentence, tabs};
use crate::front::tui::sheet::Sheet;
use crate::front::tui::text::width;
use crate::front::tui::theme::Role;
use crate::front::{sanitise, shown_path};
use crate::plan::{Change, Plan, Step};

/// Rows above the page: the heading, the names of the views, a blank one.
pub(super) const TOP: u16 = 3;

/// Where what stands beside a label begins.
const BESIDE: u16 = 20;

/// Columns of the heading.
pub(super) fn wide(found: &Finding) -> u16 {
    u16::try_from(width(&found.summary) + 2).unwrap_or(u16::MAX)
}

/// The names of the views, the one that is shown in brackets.
pub(super) fn views(shown: View, paint: &mut Paint) {
    let mut x = 2;
    for (at, view) in View::ALL.into_iter().enumerate() {
        let start = x;
        x = match view == shown {
            true => paint.text(x, 1, Role::Accent, &format!("[{}]", view.name())),
            false => paint.text(x, 1, Role::Text, view.name()),
        };
        paint.hit(start, 1, x - start, 1, Target::Row(1, at));
        x += 3;
    }
}

fn labelled(sheet: &mut Sheet, label: &str, text: &str) {
    sheet.marked(2, (Role::Heading, label), BESIDE, Role::Text, text);
}

pub(super) fn seen(cx: &Cx, found: &Finding) -> Sheet {
    let mut sheet = Sheet::new(tabs::page(cx).width);
    sheet.line(&[(2, Role::Heading, "Why it matters")]);
    sheet.prose(2, Role::Text, &found.why);
    sheet.blank();
    sheet.line(&[(2, Role::Heading, "How we know")]);
    for seen in &found.evidence {
        if !seen.at.is_empty() {
            sheet.prose(4, Role::Accent, &seen.at);
        }
        let x = if seen.at.is_empty() { 4 } else { 6 };
        for line in seen.shown.lines() {
            sheet.prose(x, Role::Text, &sanitise(line));
        }
    }
    sheet.blank();
    let check = crate::check::named(found.check).map_or("", |check| check.title());
    labelled(
        &mut sheet,
        "Looked at by",
        &format!("{} ({}): {check}", found.check, found.group.word()),
    );
    if let Some(cause) = found.follows_from {
        labelled(&mut sheet, "Most likely", &format!("it follows from {cause}"));
    }
    for fix in &found.fixes {
        labelled(&mut sheet, "What to do", &findings::whose(cx, fix));
    }
    sheet
}

pub(super) fn fix(cx: &Cx, found: &Finding, wraps: bool) -> Sheet {
    let mut sheet = Sheet::new(tabs::page(cx).width);
    match found.safe_fix() {
        Some((_, plan)) => of_plan(cx, plan, wraps, &mut sheet),
        None => theirs(cx, found, &mut sheet),
    }
    sheet
}

fn of_plan(cx: &Cx, plan: &Plan, wraps: bool, sheet: &mut Sheet) {
    let steps = match plan.steps.len() {
        1 => "The fix, 1 step.".to_owned(),
        n => format!("The fix, {n} steps."),
    };
    let changes: Vec<&Change> = plan.steps.iter().flat_map(|step| &step.changes).collect();
    let runs_only = changes.iter().all(|change| matches!(change, Change::Run { .. }));
    let only_git = changes.iter().all(|change| matches!(change, Change::Track { .. }));
    let safe = match (runs_only, only_git) {
        (true, _) => "Safe: it changes no file.",
        (_, true) => "Safe: it changes only what git lists, and can be undone.",
        _ => "Safe: it changes only what is below, and can be undone.",
    };
    sheet.line(&[(2, Role::Heading, &steps), (4 + columns(&steps), Role::Text, safe)]);
    sheet.blank();
    for (number, step) in (1..).zip(&plan.steps) {
        of_step(number, step, sheet);
    }
    sheet.blank();
    for change in &changes {
        what_changes(cx, change, sheet);
    }
    let not = match (only_git, runs_only) {
        (true, _) => "The file itself. Nothing is committed or sent anywhere.",
        (_, true) => "Your files. Nothing is sent anywhere.",
        _ => "Every other file. Nothing is committed or sent anywhere.",
    };
    labelled(sheet, "What does not", not);
    taking_back(cx, &changes, runs_only, sheet);
    labelled(sheet, "After it", "The checks are made again.");
    for change in changes.iter().filter(|change| has_text(change)) {
        let lines = of_change(cx, change);
        sheet.blank();
        let path = change.path().map(|path| shown(cx, path)).unwrap_or_default();
        sheet.rule(&format!("{path}{}", extent(change, &lines)));
        sheet.code(&lines, wraps);
    }
}

fn columns(text: &str) -> u16 {
    u16::try_from(width(text)).unwrap_or(0)
}

/// Its title, why, and what a person would type.
fn of_step(number: usize, step: &Step, sheet: &mut Sheet) {
    let title = sanitise(&step.title);
    sheet.line(&[(4, Role::Text, &number.to_string()), (7, Role::Text, &title)]);
    for line in step.by_hand.iter().flat_map(|line| line.lines()) {
        command(7, line, sheet);
    }
    if !step.why.is_empty() {
        sheet.prose(7, Role::Muted, &step.why);
    }
}

/// A command, broken between its words as a shell takes it.
fn command(x: u16, line: &str, sheet: &mut Sheet) {
    let room = usize::from(sheet.columns().saturating_sub(x + 3)).max(20);
    let line = sanitise(line);
    let mut rest = line.as_ref();
    let mut indent = x;
    while width(rest) > room {
        // A word that is longer than a line stays whole: it would not be the same command.
        let cut = rest.char_indices().take_while(|(at, _)| *at <= room).filter(|(_, c)| *c == ' ');
        let Some((at, _)) = cut.last().filter(|(at, _)| *at > 0) else { break };
        sheet.line(&[(indent, Role::Accent, &format!("{} \\", &rest[..at]))]);
        rest = rest[at..].trim_start();
        indent = x + 4;
    }
    sheet.line(&[(indent, Role::Accent, rest)]);
}

fn shown(cx: &Cx, path: &std::path::Path) -> String {
    match cx.world {
        Some(world) => shown_path(cx.host, &world.fleet.root, path),
        None => cx.host.short(path),
    }
}

/// Whether a change is seen best line by line.
fn has_text(change: &Change) -> bool {
    matches!(change, Change::Create { .. } | Change::Append { .. } | Change::Edit { .. })
}

fn what_changes(cx: &Cx, change: &Change, sheet: &mut Sheet) {
    let label = "What changes";
    match change {
        Change::Track { paths, .. } => {
            for path in paths {
                let path = sanitise(&path.display().to_string()).into_owned();
                let before = format!("before   ?? {path}");
                let after = format!("after     A {path}");
                sheet.line(&[(2, Role::Heading, label), (BESIDE, Role::Text, &before)]);
                sheet.line(&[(2, Role::Muted, "in git status"), (BESIDE, Role::Text, &after)]);
            }
        }
        Change::Mode { path, before, after } => {
            let words = format!("{}: mode {before:04o} becomes {after:04o}", shown(cx, path));
            labelled(sheet, label, &words);
        }
        Change::Run { command } => {
            labelled(sheet, "What runs", &sanitise(&command.typed()));
        }
        change => {
            let path = change.path().map(|path| shown(cx, path)).unwrap_or_default();
            let verb = match change {
                Change::Create { .. } => "made",
                Change::Append { .. } => "something is added at its end",
                _ => "edited, as below",
            };
            labelled(sheet, label, &format!("{path}: {verb}"));
        }
    }
}

fn taking_back(cx: &Cx, changes: &[&Change], runs_only: bool, sheet: &mut Sheet) {
    let label = "Taking it back";
    if runs_only {
        return labelled(sheet, label, "Nothing has to be taken back.");
    }
    let [Change::Track { repository, paths }] = changes else {
        return labelled(sheet, label, "doorstep undo, or u among the findings");
    };
    labelled(sheet, label, "doorstep undo, or u among the findings, or by hand:");
    let word = |path: &std::path::PathBuf| crate::run::shell_word(&path.display().to_string());
    let paths: Vec<String> = paths.iter().map(word).collect();
    let repository = cx.host.short(repository);
    command(BESIDE, &format!("git -C {repository} reset -q -- {}", paths.join(" ")), sheet);
}

/// What somebody else does, or the person's own hands.
fn theirs(cx: &Cx, found: &Finding, sheet: &mut Sheet) {
    for fix in &found.fixes {
        let title = match fix.risk {
            Risk::Safe | Risk::ByHand => sentence(&sanitise(&fix.title)),
            _ => findings::whose(cx, fix),
        };
        sheet.prose(2, Role::Heading, &title);
        sheet.blank();
        if let How::Text(lines) = &fix.how {
            for line in lines.iter().flat_map(|line| line.lines()) {
                command(4, line, sheet);
            }
            sheet.blank();
        }
    }
    let why = match found.fixes.first().map(|fix| fix.risk) {
        Some(Risk::ForAdmin) => "doorstep does not do this for you: it is not yours alone.",
        Some(Risk::ForReader) => {
            "Only who can open a file can encrypt it for somebody else too; you cannot yet."
        }
        Some(_) => "doorstep does not do this for you: it cannot know enough, or not take it back.",
        None => "Nothing is known that helps. s saves what was seen, for somebody else.",
    };
    sheet.prose(2, Role::Muted, why);
}

pub(super) fn by_hand(cx: &Cx, found: &Finding) -> Sheet {
    let mut sheet = Sheet::new(tabs::page(cx).width);
    for fix in &found.fixes {
        sheet.prose(2, Role::Heading, &sentence(&sanitise(&fix.title)));
        for line in findings::by_hand(fix).into_iter().flat_map(str::lines) {
            command(4, line, &mut sheet);
        }
        sheet.blank();
    }
    if found.fixes.is_empty() {
        sheet.prose(2, Role::Text, "Nothing is known that helps.");
    }
    sheet
}
