//! What is being built and fetched, as far as Nix tells. Numbers that are not known are not shown.

use std::time::Duration;

use crate::activate::nix_log::{Build, Bytes, Running, Stage, Task, name_of};
use crate::front::sanitise;
use crate::front::tui::clock;
use crate::front::tui::frame::Size;
use crate::front::tui::paint::Paint;
use crate::front::tui::run::{State, Step};
use crate::front::tui::screen::Cx;
use crate::front::tui::text::{cut, wrap};
use crate::front::tui::theme::Role;

const MIB: u64 = 1 << 20;

/// How far a build is, in lines of at most `columns`.
pub(super) fn counts(build: &Build, columns: usize) -> Vec<String> {
    let (builds, copies) = (build.builds(), build.copies());
    let done = builds.done + copies.done;
    let at_work = builds.running + copies.running;
    let waiting = builds.waiting + copies.waiting;
    let failed = builds.failed + copies.failed;
    if done + at_work + waiting + failed == 0 {
        return Vec::new();
    }
    let all = format!("{done} done, {at_work} at work, {waiting} waiting, {failed} failed");
    let mut lines = wrap(&all, columns);
    lines.extend(fetched(build.downloads()));
    lines
}

fn fetched(Bytes { done, expected }: Bytes) -> Option<String> {
    match expected {
        Some(expected) => Some(format!("{} MiB of {} fetched", done / MIB, expected.div_ceil(MIB))),
        None if done >= MIB => Some(format!("{} MiB fetched", done / MIB)),
        None => None,
    }
}

/// In one line, for a window that has room for no more.
pub(super) fn summary(build: &Build) -> Option<String> {
    let (builds, copies) = (build.builds(), build.copies());
    let line = format!(
        "{} at work, {} waiting, {} done, {} failed",
        builds.running + copies.running,
        builds.waiting + copies.waiting,
        builds.done + copies.done,
        builds.failed + copies.failed,
    );
    (!counts(build, usize::MAX).is_empty()).then_some(line)
}

/// One line of the list.
struct AtWork {
    name: String,
    time: Duration,
    doing: String,
    place: String,
}

impl AtWork {
    fn of(running: &Running<'_>, host: &str) -> Option<Self> {
        let (name, doing, place) = match running.task {
            Task::Build { drv, host: other } => {
                let place = if other.is_empty() { host } else { other };
                let doing = match running.phase {
                    Some(phase) => format!("building: {}", phase.trim_end_matches("Phase")),
                    None => "building".to_owned(),
                };
                (name_of(drv), doing, place.to_owned())
            }
            Task::Substitute { path, from } => {
                (name_of(path), with_bytes("fetching", running.bytes), cache(from))
            }
            Task::Copy { path, from } => {
                (name_of(path), with_bytes("copying", running.bytes), cache(from))
            }
            Task::Transfer { url } => {
                let name = url.rsplit('/').next().unwrap_or(url);
                (name, with_bytes("downloading", running.bytes), cache(url))
            }
            Task::Fetch { what } => (what.as_str(), "fetching".to_owned(), String::new()),
            Task::Waiting { what } => (what.as_str(), "waiting".to_owned(), String::new()),
            Task::Reading { what } => (what.as_str(), "reading".to_owned(), String::new()),
            Task::Hook { drv } => (name_of(drv), "after-build hook".to_owned(), String::new()),
            Task::Builds | Task::Copies | Task::Realise | Task::Quiet => return None,
        };
        let name = sanitise(name).into_owned();
        Some(Self { name, time: running.elapsed, doing, place: sanitise(&place).into_owned() })
    }
}

fn with_bytes(verb: &str, bytes: Option<Bytes>) -> String {
    match bytes {
        Some(Bytes { done, expected: Some(expected) }) if expected >= MIB => {
            format!("{verb} {}/{} MiB", done / MIB, expected.div_ceil(MIB))
        }
        _ => verb.to_owned(),
    }
}

/// `https://cache.nixos.org/x` as `cache.nixos.org`.
fn cache(from: &str) -> String {
    let place = from.split_once("://").map_or(from, |(_, rest)| rest);
    place.split('/').next().unwrap_or(place).to_owned()
}

/// What is at work, the longest first; what waits, what is done.
pub(super) fn view(cx: &Cx, step: &Step, build: Option<&Build>, paint: &mut Paint) {
    let columns = paint.width();
    let Some(build) = build else {
        let words = "This step builds nothing.";
        let words = if step.command.is_none() { words } else { "" };
        paint.prose(1, 0, columns.saturating_sub(2), Role::Muted, words);
        return;
    };
    if !matches!(step.state, State::Runs { .. }) {
        return over(build, paint);
    }
    let running = build.running(cx.now);
    let rows: Vec<AtWork> = running.iter().filter_map(|r| AtWork::of(r, &cx.host.name)).collect();
    if rows.is_empty() && build.stage() == Stage::Reading {
        let words = "Nix is reading the fleet. It says nothing while it reads.";
        paint.prose(1, 0, columns.saturating_sub(2), Role::Text, words);
        return;
    }
    let small = cx.size <= Size::Small;
    let columns = Columns::of(columns, small, cx.size >= Size::Large);
    let mut y = 0;
    if !small {
        columns.row(0, Role::Muted, ["at work", "for", "doing", "where"], paint);
        y = 1;
    }
    let tail = tail(build, cx.size);
    let last = paint.height().saturating_sub(u16::try_from(tail.len()).unwrap_or(0));
    let room = usize::from(last.saturating_sub(y));
    for row in rows.iter().take(room) {
        let time = clock::running(row.time);
        columns.row(y, Role::Text, [&row.name, &time, &row.doing, &row.place], paint);
        y += 1;
    }
    for words in tail.of(rows.len().saturating_sub(room)) {
        paint.cut(columns.name, y, paint.width().saturating_sub(2), Role::Muted, &words);
        y += 1;
    }
}

/// Lines below the list.
struct Tail {
    waiting: usize,
    lines: Vec<String>,
    count: usize,
}

impl Tail {
    fn len(&self) -> usize {
        self.count
    }

    /// `hidden`: so many at work have no row.
    fn of(self, hidden: usize) -> Vec<String> {
        let waits = self.waiting;
        let first = match (hidden, waits) {
            (0, 0) => None,
            (0, n) => Some(format!("{n} more wait for these")),
            (hidden, 0) => Some(format!("{hidden} more at work")),
            (hidden, n) => Some(format!("{hidden} more at work, {n} wait for these")),
        };
        first.into_iter().chain(self.lines).collect()
    }
}

fn tail(build: &Build, size: Size) -> Tail {
    let waiting = build.builds().waiting + build.copies().waiting;
    let lines: Vec<String> = match size {
        Size::Large | Size::Huge => done(build).into_iter().collect(),
        _ => Vec::new(),
    };
    // Its row is there whether or not something waits: nothing jumps when the last one begins.
    let own = usize::from(size > Size::Small);
    Tail { waiting, count: own + lines.len(), lines }
}

/// What is done, those first that took longest.
fn done(build: &Build) -> Option<String> {
    const MOST: usize = 3;
    let mut finished: Vec<_> = build.finished().collect();
    let all = build.builds().done + build.copies().done;
    finished.sort_by_key(|finished| std::cmp::Reverse(finished.took));
    let named = |finished: &&crate::activate::nix_log::Finished| {
        format!("{} ({})", name_of(&finished.drv), clock::running(finished.took))
    };
    let longest: Vec<String> = finished.iter().take(MOST).map(named).collect();
    match (all, longest.is_empty()) {
        (0, _) => None,
        (all, true) => Some(format!("done: {all}")),
        (all, false) => {
            Some(sanitise(&format!("done: {all}, the longest {}", longest.join(", "))).into_owned())
        }
    }
}

/// Of a build that has ended.
fn over(build: &Build, paint: &mut Paint) {
    let columns = paint.width().saturating_sub(2);
    let mut y = 0;
    for failure in build.failures().filter(|failure| !failure.is_consequence) {
        let words = failure.headline().replace('`', "");
        y = paint.prose(1, y, columns, Role::Bad, &words);
    }
    for line in counts(build, usize::from(columns)) {
        y = paint.prose(1, y, columns, Role::Text, &line);
    }
    if let Some(words) = done(build) {
        paint.cut(1, y, columns, Role::Muted, &words);
    }
}

/// Where the columns of the list begin.
struct Columns {
    name: u16,
    time_end: u16,
    doing: u16,
    place: Option<u16>,
}

impl Columns {
    fn of(width: u16, small: bool, large: bool) -> Self {
        if small {
            return Self { name: 2, time_end: 30, doing: 32, place: None };
        }
        if large {
            let place = width.saturating_sub(17);
            let doing = place.saturating_sub(21);
            return Self { name: 1, time_end: doing.saturating_sub(2), doing, place: Some(place) };
        }
        let doing = width.saturating_sub(18);
        Self { name: 1, time_end: doing.saturating_sub(2), doing, place: None }
    }

    fn row(&self, y: u16, role: Role, [name, time, doing, place]: [&str; 4], paint: &mut Paint) {
        let room = self.time_end.saturating_sub(self.name + 8);
        let name = cut(name, usize::from(room), paint.theme.ellipsis()).into_owned();
        paint.text(self.name, y, role, &name);
        paint.right(self.time_end, y, role, time);
        let end = self.place.map_or(paint.width(), |place| place.saturating_sub(1));
        paint.cut(self.doing, y, end.saturating_sub(self.doing + 1), role, doing);
        if let Some(x) = self.place {
            paint.cut(x, y, paint.width().saturating_sub(x + 1), role, place);
        }
    }
}
