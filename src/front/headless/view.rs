//! A build as lines of text: how it stands, or how it ended.

use std::time::Duration;

use crate::activate::nix_log::{Build, Bytes, Counts, Running, Stage, Task, name_of};
use crate::counted::counted;
use crate::front::sanitise;

/// How many lines of a failed build's log are shown.
const LOG_LINES: usize = 20;

/// How many of what runs, and of what took longest.
const ROWS: usize = 10;

/// Failures first, then what runs, counts and phases; nothing in it steers a terminal.
pub fn view(build: &Build, now: Duration) -> Vec<String> {
    let mut lines = Vec::new();
    if build.stage() == Stage::Reading {
        lines.push("Nix is reading the fleet.".to_owned());
    }
    failures(build, &mut lines);
    let running = build.running(now);
    lines.extend(running.iter().take(ROWS).map(at_work));
    if running.len() > ROWS {
        lines.push(format!("and {} more at work", running.len() - ROWS));
    }
    lines.extend(progress("builds", build.builds()));
    let fetched = progress("fetched", build.copies());
    match (fetched, bytes(build.downloads())) {
        (Some(fetched), Some(bytes)) => lines.push(format!("{fetched}; {bytes}")),
        (Some(line), None) => lines.push(line),
        (None, Some(bytes)) => lines.push(format!("fetched: {bytes}")),
        (None, None) => {}
    }
    longest(build, &mut lines);
    phases(build, now, &mut lines);
    if let Some((quiet, last)) = build.quiet(now, Duration::from_secs(30)) {
        lines.push(format!("quiet for {}; last: {last}", seconds(quiet)));
    }
    if build.left_out() > 0 {
        let left_out = counted(build.left_out(), "line");
        lines.push(format!("{left_out} came too fast to be kept here"));
    }
    lines.iter().map(|line| sanitise(line).into_owned()).collect()
}

fn failures(build: &Build, lines: &mut Vec<String>) {
    for failure in build.failures().filter(|f| !f.is_consequence) {
        lines.push(format!("failed: {}", failure.headline()));
        let log = failure.derivation().map(|drv| build.log(drv).rev().take(LOG_LINES));
        let mut log: Vec<String> = log.into_iter().flatten().map(|l| format!("  | {l}")).collect();
        log.reverse();
        lines.extend(log);
    }
    let dragged = build.failures().filter(|f| f.is_consequence);
    let dragged: Vec<&str> = dragged.filter_map(|f| f.derivation()).map(name_of).collect();
    if !dragged.is_empty() {
        lines.push(format!("not built because of it: {}", dragged.join(", ")));
    }
    if build.failures_not_kept() > 0 {
        lines.push(format!("and {}", counted(build.failures_not_kept(), "more failure")));
    }
}

fn at_work(running: &Running<'_>) -> String {
    let what = running.task.words().unwrap_or_default();
    let mut line = format!("{:>8}  {what}", seconds(running.elapsed));
    if let Some(phase) = running.phase {
        line.push_str(&format!("  {phase}"));
    }
    if let Task::Build { host, .. } = running.task
        && !host.is_empty()
    {
        line.push_str(&format!("  on {host}"));
    }
    if let Some(bytes) = running.bytes.and_then(bytes) {
        line.push_str(&format!("  {bytes}"));
    }
    line
}

fn progress(what: &str, counts: Counts) -> Option<String> {
    let Counts { done, failed, running, waiting } = counts;
    let parts = [(done, "done"), (failed, "failed"), (running, "at work"), (waiting, "waiting")];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    (!parts.is_empty()).then(|| format!("{what}: {}", parts.join(", ")))
}

fn bytes(Bytes { done, expected }: Bytes) -> Option<String> {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    match expected {
        Some(expected) => Some(format!("{:.1} of {:.1} MiB", mib(done), mib(expected))),
        None if done > 0 => Some(format!("{:.1} MiB", mib(done))),
        None => None,
    }
}

/// What took a second or more.
fn longest(build: &Build, lines: &mut Vec<String>) {
    let mut took: Vec<_> = build.finished().filter(|f| f.took.as_secs() > 0).collect();
    took.sort_by_key(|f| std::cmp::Reverse(f.took));
    let rows: Vec<String> = took
        .iter()
        .take(ROWS)
        .map(|f| format!("{} {}", name_of(&f.drv), seconds(f.took)))
        .collect();
    if !rows.is_empty() {
        lines.push(format!("longest: {}", rows.join(", ")));
    }
}

fn phases(build: &Build, now: Duration, lines: &mut Vec<String>) {
    for phase in build.phases() {
        let took = phase.ended.unwrap_or(now).saturating_sub(phase.began);
        let machine = phase.machine.as_ref().map(|m| format!("[{m}] ")).unwrap_or_default();
        let verb = match phase.ended {
            Some(_) => "activated",
            None if build.stage() == Stage::Ended => "ended in",
            None => "activating",
        };
        lines.push(format!("{machine}{verb}: {}, {}", phase.name, seconds(took)));
    }
    for machine in build.machines() {
        match &machine.failure {
            Some(failure) => {
                lines.push(format!("[{}] failed: {}", machine.name, failure.headline()))
            }
            None => lines.push(format!("[{}] last: {}", machine.name, machine.last)),
        }
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        s @ 0..60 => format!("{s} s"),
        s => format!("{} min {:02} s", s / 60, s % 60),
    }
}
