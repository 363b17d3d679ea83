//! The picture: the list, and below it what is known of the row that is looked at.

use super::{Findings, Row, admin, by_hand, rows};
use crate::check::{Finding, Fix, Risk, Severity};
use crate::front::sanitise;
use crate::front::tui::looking::Progress;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::{Cx, sentence, tabs};
use crate::front::tui::sheet::Sheet;
use crate::front::tui::theme::Role;

/// Rows of the body, from its height alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    top: u16,
    /// Rows of the list.
    pub(super) list: u16,
    /// Where the rule above the details is, where there is room for any.
    rule: Option<u16>,
}

impl Layout {
    pub(super) fn of(height: u16) -> Self {
        let (top, list) = match height {
            ..14 => return Self { top: 1, list: height.saturating_sub(1).max(1), rule: None },
            14..24 => (2, 5),
            24..40 => (2, 12),
            _ => (2, 22),
        };
        Self { top, list, rule: Some(top + list + 1) }
    }
}

/// Where a row's words begin: after its mark and the name of its group.
const WORDS: u16 = 16;

/// Where what stands beside a label begins.
const BESIDE: u16 = 16;

pub(super) fn list(screen: &Findings, cx: &Cx, paint: &mut Paint) {
    let layout = Layout::of(paint.height());
    let all = rows(cx);
    let first = screen.rows.first(all.len(), usize::from(layout.list));
    let seen = all.iter().enumerate().skip(first).take(usize::from(layout.list));
    for (y, (at, row)) in (layout.top..).zip(seen) {
        one(cx, row, y, paint);
        if at == screen.rows.at {
            paint.text(2, y, Role::Text, "▸");
            if screen.button.is_none() {
                paint.focus(0, y, paint.width());
            }
        }
        paint.hit(0, y, paint.width(), 1, Target::Row(0, at));
    }
    let below = all.len().saturating_sub(first + usize::from(layout.list));
    let (columns, rows) = (paint.width(), paint.height());
    if below > 0 {
        let y = layout.top + layout.list;
        let words = format!(" {below} more below ");
        paint.right(columns.saturating_sub(1), y.min(rows - 1), Role::Muted, &words);
    }
    let (Some(rule), Some(row)) = (layout.rule, all.get(screen.rows.at)) else { return };
    let mut place = paint.within(0, rule, columns, rows.saturating_sub(rule));
    details(cx, row).view_plain(&mut place);
}

/// Mark and group, then what there is to say, and whether it can be mended from here.
fn one(cx: &Cx, row: &Row, y: u16, paint: &mut Paint) {
    let end = paint.width().saturating_sub(2);
    let (role, mark, group) = match row {
        Row::Finding(_, found) => (bad(found), found.severity.mark(), found.group.word()),
        Row::NotChecked(left) => (Role::Muted, "?", left.group.word()),
        Row::Fine(_) => (Role::Good, "✓", ""),
        Row::Group(progress) => of_group(progress),
    };
    paint.text(4, y, role, mark);
    paint.text(6, y, if group.is_empty() || role == Role::Good { Role::Text } else { role }, group);
    let (words, can) = match row {
        Row::Finding(_, found) => (found.summary.clone(), super::no_fix(cx, found).is_none()),
        Row::NotChecked(left) => (not_checked(&left.because), false),
        Row::Fine(report) => {
            let more = if report.is_clean() { "are fine" } else { "more are fine" };
            (format!("{} {more}", report.fine.len()), false)
        }
        Row::Group(progress) => (far(progress), false),
    };
    let room = if can { 8 } else { 0 };
    paint.cut(WORDS, y, end.saturating_sub(WORDS + room), Role::Text, &words);
    if can {
        paint.right(end, y, Role::Accent, "f fix");
    }
}

/// The design says it as the notice of a check that hangs: `stopped after 5 s`.
fn not_checked(because: &str) -> String {
    match because.starts_with("stopped after") {
        true => because.to_owned(),
        false => format!("not checked: {because}"),
    }
}

fn bad(found: &Finding) -> Role {
    match found.severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Warn,
    }
}

fn of_group(progress: &Progress) -> (Role, &'static str, &'static str) {
    let group = progress.group.word();
    match (progress.found, progress.not_checked, progress.left) {
        (Some(found), ..) => (bad(found), found.severity.mark(), group),
        (None, _, 1..) => (Role::Muted, " ", group),
        (None, Some(_), 0) => (Role::Muted, "?", group),
        (None, None, 0) => (Role::Good, "✓", group),
    }
}

fn far(progress: &Progress) -> String {
    let checking = match progress.left {
        0 => String::new(),
        left if left == progress.of => "checking".to_owned(),
        left => format!("checking, {left} of {} left", progress.of),
    };
    match (progress.found, progress.not_checked) {
        (Some(found), _) => {
            let more = match progress.more {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let checking = if checking.is_empty() { checking } else { format!("; {checking}") };
            format!("{}{more}{checking}", found.summary)
        }
        (None, _) if progress.left > 0 => checking,
        (None, Some(because)) => not_checked(&because.0),
        (None, None) => "fine".to_owned(),
    }
}

/// What stands below the list.
fn details(cx: &Cx, row: &Row) -> Sheet {
    let mut sheet = Sheet::new(tabs::page(cx).width);
    match row {
        Row::Finding(at, found) => of_finding(cx, *at, found, &mut sheet),
        Row::NotChecked(left) => {
            sheet.rule("why this is not known");
            sheet.prose(2, Role::Text, &sentence(&not_checked(&left.because)));
            let title = crate::check::named(left.check).map(|check| check.title());
            labelled(&mut sheet, "What it asks", title.unwrap_or(left.check));
        }
        Row::Fine(report) => {
            sheet.rule("what is fine");
            let fine: Vec<&str> = report.fine.iter().map(|fine| fine.title).collect();
            sheet.prose(2, Role::Text, &format!("{}.", fine.join(", ")));
        }
        Row::Group(_) => {
            sheet.rule("meanwhile");
            let words = "Each group of checks keeps its row until all have ended; then the likely \
                         cause comes first. One that hangs is left behind after 5 seconds.";
            sheet.prose(2, Role::Text, words);
        }
    }
    sheet
}

fn of_finding(cx: &Cx, at: usize, found: &Finding, sheet: &mut Sheet) {
    sheet.rule("why it matters");
    sheet.prose(2, Role::Text, &found.why);
    sheet.blank();
    for (at, seen) in found.evidence.iter().take(2).enumerate() {
        let words = match seen.at.is_empty() {
            true => sanitise(&seen.shown).into_owned(),
            false => format!("{}  {}", sanitise(&seen.at), sanitise(&seen.shown)),
        };
        labelled(sheet, if at == 0 { "How we know" } else { "" }, &words);
    }
    let more = found.evidence.len().saturating_sub(2);
    if more > 0 {
        sheet.line(&[(BESIDE, Role::Muted, &format!("{more} more: Enter"))]);
    }
    if let Some(fix) = found.fixes.first() {
        labelled(sheet, "What to do", &whose(cx, fix));
        let lines = by_hand(fix);
        if let (Some(first), false) = (lines.first(), fix.safe_plan().is_some()) {
            let more = if lines.len() > 1 { " …" } else { "" };
            sheet.line(&[(BESIDE, Role::Accent, &format!("{first}{more}"))]);
        }
    }
    let follows = relation(cx, at, found);
    if !follows.is_empty() {
        sheet.blank();
        sheet.prose(2, Role::Muted, &follows);
    }
}

/// What is to be done, and by whom.
pub(in crate::front::tui::screen) fn whose(cx: &Cx, fix: &Fix) -> String {
    let title = sentence(&sanitise(&fix.title));
    match fix.risk {
        Risk::Safe => format!("{} f shows it, and changes nothing yet.", title),
        Risk::ByHand => title,
        Risk::ForReader => format!("By somebody who can open the file: {title}"),
        Risk::ForAdmin => format!("By {}: {title}", admin(cx)),
    }
}

/// How findings hang together: what this one follows from, or what follows from it.
fn relation(cx: &Cx, at: usize, found: &Finding) -> String {
    let Some(report) = super::report(cx) else { return String::new() };
    if let Some(cause) = found.follows_from {
        let cause = report.findings.iter().find(|other| other.id == cause);
        let cause = cause.map_or("another one", |cause| cause.summary.as_str());
        return format!("It most likely follows from: {cause}.");
    }
    let follow = |(n, other): (usize, &Finding)| {
        (n != at && other.follows_from == Some(found.id)).then(|| ordinal(n + 1))
    };
    let following: Vec<String> = report.findings.iter().enumerate().filter_map(follow).collect();
    match following.as_slice() {
        [] => String::new(),
        [one] => format!("The {one} finding most likely follows from this one."),
        all => format!("The {} findings most likely follow from this one.", all.join(", ")),
    }
}

fn ordinal(n: usize) -> String {
    const WORDS: [&str; 9] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];
    match n.checked_sub(1).and_then(|at| WORDS.get(at)) {
        Some(word) => (*word).to_owned(),
        None => format!("{n}th"),
    }
}

fn labelled(sheet: &mut Sheet, label: &str, text: &str) {
    sheet.marked(2, (Role::Heading, label), BESIDE, Role::Text, text);
}

/// All that is known of a row that has no screen of its own.
pub(super) fn full_sheet(screen: &Findings, cx: &Cx) -> Sheet {
    let mut sheet = Sheet::new(tabs::page(cx).width);
    match screen.row(cx) {
        Some(Row::Fine(report)) => {
            sheet.rule("what is fine");
            for fine in &report.fine {
                let label = format!("✓ {}", fine.group.word());
                sheet.marked(4, (Role::Text, &label), WORDS, Role::Text, fine.title);
            }
        }
        Some(row) => return details(cx, &row),
        None => {}
    }
    sheet
}

pub(super) fn full(screen: &Findings, cx: &Cx, paint: &mut Paint) {
    let (columns, rows) = (paint.width(), paint.height());
    let mut place = paint.within(0, 1, columns, rows.saturating_sub(1));
    full_sheet(screen, cx).view(screen.scroll, None, &mut place);
    place.cursor(2, 0);
}
