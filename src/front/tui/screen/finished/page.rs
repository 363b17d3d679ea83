//! What the last page says.

use super::{command, has_your_key, is_own, left, note};
use crate::event::{Checked, Verdict};
use crate::front::tui::clock;
use crate::front::tui::frame::Size;
use crate::front::tui::run::Run;
use crate::front::tui::screen::{Cx, sentence};
use crate::front::tui::sheet::{Sheet, headline};
use crate::front::tui::text::width;
use crate::front::tui::theme::Role;
use crate::front::{End, Left, sanitise};
use crate::host::Os;

fn is_without_secrets(cx: &Cx) -> bool {
    cx.finish.is_some_and(|finish| finish.end == End::NotReadable)
}

pub(super) fn heading(cx: &Cx) -> String {
    if cx.finish.is_none() {
        return "Done".to_owned();
    }
    let mark = if is_without_secrets(cx) { "!" } else { "✓" };
    format!("{mark} {}", parted(cx).0)
}

/// The heading's first sentences, and the rest.
fn parted<'a>(cx: &Cx<'a>) -> (&'a str, &'a str) {
    let whole = cx.finish.map(|finish| finish.heading.as_str()).unwrap_or_default();
    // Why they are not there stands below, beside what was looked at.
    match whole.split_once(", because ") {
        Some((what, _)) if is_without_secrets(cx) => (what, ""),
        _ => headline(whole, cx.area.width.saturating_sub(6)),
    }
}

/// How long it took and when it was looked at, as far as there is room beside the heading.
pub(super) fn aside(cx: &Cx) -> String {
    let Some(run) = cx.run else { return String::new() };
    let time = clock::spelled(run.took(cx.now));
    let checked = format!("{time}, checked now");
    let all = if run.checked.is_empty() { vec![time] } else { vec![checked, time] };
    let room = usize::from(cx.area.width).saturating_sub(width(&heading(cx)) + 10);
    all.into_iter().find(|words| width(words) <= room).unwrap_or_default()
}

pub(super) fn note_name(cx: &Cx) -> String {
    let who = note(cx).map(|note| note.who.as_str()).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !who.is_empty() && who.chars().all(is_plain) {
        true => format!("note-for-{who}.txt"),
        false => "note-for-the-administrator.txt".to_owned(),
    }
}

/// All of it below the heading; row `open` shows all of itself.
pub(super) fn sheet(cx: &Cx, open: Option<usize>) -> Sheet {
    let roomy = cx.size > Size::Small;
    let sheet = filled(cx, open, roomy);
    let room = usize::from(cx.body().height.saturating_sub(1));
    match roomy && sheet.len() > room {
        true => filled(cx, open, false),
        false => sheet,
    }
}

/// `roomy`: with a blank row between what is true and what is left.
fn filled(cx: &Cx, open: Option<usize>, roomy: bool) -> Sheet {
    let mut sheet = Sheet::new(cx.area.width);
    let rest = parted(cx).1;
    if !rest.is_empty() {
        sheet.prose(4, Role::Text, rest);
    }
    if let Some(run) = cx.run {
        checks(cx, run, &mut sheet);
    }
    if roomy {
        sheet.blank();
    }
    let mut who = "";
    for (at, left) in left(cx).into_iter().enumerate() {
        if left.who != who {
            who = &left.who;
            let title = match is_own(cx, left) {
                true => "For you, now".to_owned(),
                false => format!("For {who}"),
            };
            sheet.line(&[(2, Role::Heading, &title)]);
        }
        row(cx, left, at, open == Some(at), &mut sheet);
    }
    later(cx, &mut sheet);
    sheet
}

/// A machine or a file keeps the letters that it has.
fn begins_with_name(checked: &Checked) -> bool {
    let first = checked.words.split(' ').next().unwrap_or_default();
    checked.what == "machine" || first.contains('/')
}

fn checks(cx: &Cx, run: &Run, sheet: &mut Sheet) {
    for checked in &run.checked {
        let mark = match checked.verdict {
            Verdict::Holds => (Role::Good, "✓"),
            Verdict::DoesNotHold => (Role::Bad, "✗"),
            Verdict::NotChecked => (Role::Muted, "?"),
        };
        let words = match checked.verdict {
            Verdict::NotChecked => format!("Not checked. {}", sentence(&checked.words)),
            _ if begins_with_name(checked) => sanitise(&checked.words).into_owned(),
            _ => sentence(&checked.words),
        };
        sheet.marked(4, mark, 6, Role::Text, &words);
        for name in placeholders(checked) {
            let words = format!("{name} is still a placeholder.");
            sheet.marked(4, (Role::Warn, "!"), 6, Role::Text, &words);
        }
    }
    let says_why = |checked: &Checked| checked.data.contains_key("because");
    if is_without_secrets(cx) && !run.checked.iter().any(says_why) {
        sheet.prose(6, Role::Text, not_readable(cx));
    }
    for (file, kept_as) in &run.kept {
        let (file, kept) = (cx.host.short(file), cx.host.short(kept_as));
        let words = format!("Your own {file} is kept as {kept}.");
        sheet.marked(4, (Role::Good, "✓"), 6, Role::Text, &words);
    }
    for said in &run.said {
        sheet.marked(4, (Role::Muted, "-"), 6, Role::Text, &sentence(&sanitise(said)));
    }
}

fn placeholders(checked: &Checked) -> Vec<&str> {
    let names = checked.data.get("placeholders").and_then(|names| names.as_array());
    names.map(|names| names.iter().filter_map(|name| name.as_str()).collect()).unwrap_or_default()
}

/// Why that is so, and what helps.
fn not_readable(cx: &Cx) -> &'static str {
    match cx.host.os {
        Os::Darwin => {
            "macOS starts the program that opens them (org.nix-community.home.sops-nix) only \
             while you are logged in on the screen."
        }
        Os::Linux => {
            "The service sops-nix of your account opens them. What it said: \
             journalctl --user -u sops-nix"
        }
    }
}

fn row(cx: &Cx, left: &Left, at: usize, is_open: bool, sheet: &mut Sheet) {
    let first = sheet.len();
    let words = sanitise(&left.words);
    let (title, rest) = match words.split_once(". ") {
        Some((title, rest)) => (format!("{title}."), rest),
        None => (words.clone().into_owned(), ""),
    };
    let number = format!("{}", at + 1);
    sheet.marked(4, (Role::Text, &number), 6, Role::Text, &title);
    sheet.row(first, at);
    if !is_own(cx, left) {
        if let Some(note) = note(cx).filter(|_| is_open) {
            for line in note.text.lines() {
                sheet.prose(6, Role::Muted, line);
            }
        } else if is_last_of(cx, left) && note(cx).is_some() {
            let words = match has_your_key(cx) {
                true => "c copies this note with your public key",
                false => "c copies this note",
            };
            sheet.line(&[(6, Role::Muted, words)]);
        }
        return;
    }
    match command(left) {
        Some(command) if is_open => {
            sheet.line(&[(6, Role::Muted, "In a terminal; c copies it:")]);
            sheet.prose(6, Role::Accent, command);
        }
        Some(_) => {}
        None if is_open && left.what == "new-terminal" => {
            let words = "This one still has your old settings. doorstep cannot open it for you.";
            sheet.line(&[(6, Role::Muted, words)]);
        }
        // Its own screen says the rest.
        None if left.what == "second-copy" => {}
        None if !rest.is_empty() => sheet.prose(6, Role::Muted, rest),
        None => {}
    }
}

fn is_last_of(cx: &Cx, row: &Left) -> bool {
    left(cx).last().is_some_and(|last| std::ptr::eq(*last, row))
}

/// How to go on another day.
fn later(cx: &Cx, sheet: &mut Sheet) {
    let Some(finish) = cx.finish else { return };
    let Some(receipt) = &finish.receipt else { return };
    sheet.line(&[(2, Role::Heading, "Later")]);
    let practice = cx.world.is_some_and(|world| world.practice);
    if !practice {
        if cx.run.is_some_and(|run| run.steps.iter().any(|step| step.id == crate::activate::STEP)) {
            sheet.line(&[(4, Role::Text, "Update"), (27, Role::Accent, "doorstep activate")]);
        }
        sheet.line(&[(4, Role::Text, "Take everything back"), (27, Role::Accent, "doorstep undo")]);
    }
    let receipt = cx.host.short(receipt);
    sheet.line(&[(4, Role::Text, "Receipt"), (27, Role::Muted, &receipt)]);
}
