//! What is being built and fetched, as far as Nix tells. Numbers that are not known are not shown.

use std::time::Duration;

use crate::activate::machines::{self, MachineEnd};
use crate::activate::nix_log::{Build, Bytes, Machine, Running, Stage, Task, name_of};
use crate::counted::counted;
use crate::front::sanitise;
use crate::front::tui::clock;
use crate::front::tui::frame::Size;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::run::{State, Step};
use crate::front::tui::screen::{Cx, Rows};
use crate::front::tui::text::{cut, width};
use crate::front::tui::theme::Role;

const MIB: u64 = 1 << 20;

/// How far a build is, in lines of at most `columns`.
pub(super) fn counts(build: &Build, columns: usize) -> Vec<String> {
    let (builds, copies) = (build.builds(), build.copies());
    let done = builds.done + copies.done;
    // As many as the list has, which Nix's own counters may be behind.
    let at_work = build.running(Duration::ZERO).len();
    let waiting = builds.waiting + copies.waiting;
    let failed = builds.failed + copies.failed;
    if done + at_work + waiting + failed == 0 {
        return Vec::new();
    }
    let parts = [
        format!("{done} done"),
        format!("{at_work} at work"),
        format!("{waiting} waiting"),
        format!("{failed} failed"),
    ];
    let mut lines = joined(&parts, columns);
    lines.extend(fetched(build.downloads()));
    lines
}

/// Parts with commas between, in as few lines as they fit in; none is torn.
fn joined(parts: &[String], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if width(line) + width(part) + 3 <= columns => {
                line.push_str(", ");
                line.push_str(part);
            }
            Some(line) => {
                line.push(',');
                lines.push(part.clone());
            }
            None => lines.push(part.clone()),
        }
    }
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
        build.running(Duration::ZERO).len(),
        builds.waiting + copies.waiting,
        builds.done + copies.done,
        builds.failed + copies.failed,
    );
    (!counts(build, usize::MAX).is_empty()).then_some(line)
}

/// One line of the list.
pub(super) struct Row {
    /// The derivation that it is about, whose log can be looked at.
    pub(super) drv: Option<String>,
    role: Role,
    pub(super) name: String,
    time: Duration,
    doing: String,
    /// How far it is, where there is room for that.
    more: String,
    place: String,
}

impl Row {
    fn of(running: &Running<'_>, host: &str) -> Option<Self> {
        let far = || running.bytes.and_then(far).unwrap_or_default();
        let none = String::new;
        let (name, doing, more, place) = match running.task {
            Task::Build { drv, host: other } => {
                let place = if other.is_empty() { host } else { other };
                let phase = running.phase.map(|phase| phase.trim_end_matches("Phase").to_owned());
                (name_of(drv), "building", phase.unwrap_or_default(), place.to_owned())
            }
            Task::Substitute { path, from } => (name_of(path), "fetching", far(), cache(from)),
            Task::Copy { path, from } => (name_of(path), "copying", far(), cache(from)),
            Task::Transfer { url } => {
                (url.rsplit('/').next().unwrap_or(url), "downloading", far(), cache(url))
            }
            Task::Fetch { what } => (what.as_str(), "fetching", none(), none()),
            Task::Waiting { what } => (what.as_str(), "waiting", none(), none()),
            Task::Reading { what } => (what.as_str(), "reading", none(), none()),
            Task::Hook { drv } => (name_of(drv), "a hook", none(), none()),
            Task::Builds | Task::Copies | Task::Realise | Task::Quiet => return None,
        };
        let drv = match running.task {
            Task::Build { drv, .. } => Some(drv.clone()),
            _ => None,
        };
        Some(Self {
            drv,
            role: Role::Text,
            name: sanitise(name).into_owned(),
            time: running.elapsed,
            doing: doing.to_owned(),
            more: sanitise(&more).into_owned(),
            place: sanitise(&place).into_owned(),
        })
    }

    /// Of something that has ended.
    fn ended(drv: &str, took: Duration, role: Role, doing: &str, place: &str) -> Self {
        Self {
            drv: Some(drv.to_owned()),
            role,
            name: sanitise(name_of(drv)).into_owned(),
            time: took,
            doing: doing.to_owned(),
            more: String::new(),
            place: sanitise(place).into_owned(),
        }
    }
}

/// How many things that are done have a row.
const MOST_DONE: usize = 200;

/// The list: what has failed stays on top, then what is at work, the longest first. Once all has
/// ended, also what was done.
pub(super) fn rows(cx: &Cx, step: &Step, build: &Build) -> Vec<Row> {
    if build.machines().len() > 1 {
        return machines(step, build);
    }
    let host = &cx.host.name;
    let failed = build.failures().filter_map(|failure| {
        let doing = if failure.is_consequence { "not built" } else { "failed" };
        Some(Row::ended(failure.derivation()?, Duration::ZERO, Role::Bad, doing, ""))
    });
    let mut rows: Vec<Row> = failed.collect();
    if matches!(step.state, State::Runs { .. }) {
        rows.extend(build.running(cx.now).iter().filter_map(|running| Row::of(running, host)));
        return rows;
    }
    let mut finished: Vec<_> = build.finished().collect();
    finished.sort_by_key(|finished| std::cmp::Reverse(finished.took));
    let done = finished.into_iter().take(MOST_DONE);
    rows.extend(done.map(|f| Row::ended(&f.drv, f.took, Role::Text, "done", &f.host)));
    rows
}

/// One line for each of several machines that a command updates; those that failed stay on top.
fn machines(step: &Step, build: &Build) -> Vec<Row> {
    let ends = match &step.state {
        State::Ended { outcome, .. } => machines::ends(build, outcome),
        _ => Vec::new(),
    };
    let end = |name: &str| ends.iter().find(|(of, _)| of == name).map(|(_, end)| end);
    let row = |machine: &Machine| {
        let is_activating =
            build.phases().iter().any(|phase| phase.machine.as_ref() == Some(&machine.name));
        let (role, doing) = match end(&machine.name) {
            Some(MachineEnd::Updated) => (Role::Good, "updated"),
            Some(MachineEnd::Unknown(_)) => (Role::Warn, "not known"),
            Some(MachineEnd::NotTried(_)) => (Role::Muted, "not tried"),
            Some(_) => (Role::Bad, "failed"),
            None if machine.gave_up.is_some() || machine.failure.is_some() => (Role::Bad, "failed"),
            None if is_activating => (Role::Text, "activating"),
            None if machine.last.is_empty() => (Role::Muted, "waits"),
            None => (Role::Text, "at work"),
        };
        Row {
            drv: None,
            role,
            name: sanitise(&machine.name).into_owned(),
            time: Duration::ZERO,
            doing: doing.to_owned(),
            more: String::new(),
            place: sanitise(&machine.last).into_owned(),
        }
    };
    let mut rows: Vec<Row> = build.machines().iter().map(row).collect();
    rows.sort_by_key(|row| row.role != Role::Bad);
    rows
}

/// `18/30 MiB`.
fn far(bytes: Bytes) -> Option<String> {
    let expected = bytes.expected.filter(|expected| *expected >= MIB)?;
    Some(format!("{}/{} MiB", bytes.done / MIB, expected.div_ceil(MIB)))
}

/// `https://cache.nixos.org/x` as `cache.nixos.org`.
fn cache(from: &str) -> String {
    let place = from.split_once("://").map_or(from, |(_, rest)| rest);
    place.split('/').next().unwrap_or(place).to_owned()
}

/// What is at work; what waits, what is done. `chosen` is the row that has the focus.
pub(super) fn view(
    cx: &Cx,
    step: &Step,
    build: Option<&Build>,
    chosen: Option<usize>,
    paint: &mut Paint,
) {
    let columns = paint.width();
    let Some(build) = build else {
        paint.prose(1, 0, columns.saturating_sub(2), Role::Text, &step.why);
        return;
    };
    if chosen.is_none() && build.machines().len() < 2 {
        if build.stage() == Stage::Activating || !build.phases().is_empty() {
            return phases(cx, build, paint);
        }
        if !matches!(step.state, State::Runs { .. }) {
            return over(build, paint);
        }
    }
    let rows = rows(cx, step, build);
    if rows.is_empty() && build.stage() == Stage::Reading {
        if step.id == crate::activate::STEP {
            paint.prose(1, 0, columns.saturating_sub(2), Role::Text, &step.why);
            return;
        }
        let words = "Nix is reading the fleet. It says nothing while it reads.";
        paint.prose(1, 0, columns.saturating_sub(2), Role::Text, words);
        return;
    }
    list(cx, build, &rows, chosen, paint);
}

fn list(cx: &Cx, build: &Build, rows: &[Row], chosen: Option<usize>, paint: &mut Paint) {
    let small = cx.size <= Size::Small;
    let are_machines = build.machines().len() > 1;
    let columns = match are_machines {
        true => Columns::OF_MACHINES,
        false => Columns::of(paint.width(), small, cx.size >= Size::Large),
    };
    let mut y = 0;
    if !small {
        let heads = match (are_machines, build.stage()) {
            (true, _) => ["machine", "", "state", "said last"],
            (false, Stage::Ended) => ["built", "for", "doing", "where"],
            (false, _) => ["at work", "for", "doing", "where"],
        };
        columns.row(0, Role::Muted, heads, paint);
        y = 1;
    }
    let tail = tail(build, cx.size);
    let last = paint.height().saturating_sub(u16::try_from(tail.len()).unwrap_or(0));
    let room = usize::from(last.saturating_sub(y));
    let first = chosen.map_or(0, |at| Rows { at }.first(rows.len(), room));
    for (at, row) in rows.iter().enumerate().skip(first).take(room) {
        let time = if row.time.is_zero() { String::new() } else { clock::running(row.time) };
        let cells = [row.name.as_str(), &time, &columns.doing(row), &row.place];
        columns.row(y, row.role, cells, paint);
        paint.hit(0, y, paint.width(), 1, Target::Row(super::BUILD, at));
        if chosen == Some(at) {
            paint.text(0, y, Role::Text, "▸");
            paint.focus(0, y, paint.width());
        }
        y += 1;
    }
    // A queue is as long as it is, wherever in it the person looks.
    let before = if are_machines { 0 } else { first };
    let hidden = rows.len().saturating_sub(before + room);
    for words in tail.of(hidden, are_machines) {
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

    /// `hidden`: so many at work, or machines, have no row.
    fn of(self, hidden: usize, are_machines: bool) -> Vec<String> {
        let waits = self.waiting;
        let first = match (hidden, waits) {
            (hidden @ 1.., _) if are_machines => Some(counted(hidden, "more machine")),
            (0, 0) => None,
            (0, 1) => Some("1 more waits for these".to_owned()),
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

/// The parts of an activation, the newest last.
fn phases(cx: &Cx, build: &Build, paint: &mut Paint) {
    let columns = Columns::of(paint.width(), cx.size <= Size::Small, cx.size >= Size::Large);
    let phases = build.phases();
    let first = phases.len().saturating_sub(usize::from(paint.height()));
    for (y, phase) in (0..).zip(phases.iter().skip(first)) {
        let took = phase.ended.unwrap_or(cx.now).saturating_sub(phase.began);
        let doing = if phase.ended.is_some() { "done" } else { "at work" };
        let name = sanitise(&phase.name);
        let place = phase.machine.as_deref().unwrap_or_default();
        columns.row(y, Role::Text, [&name, &clock::running(took), doing, place], paint);
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
    with_more: bool,
}

impl Columns {
    /// What a machine said last takes what is left, at every size.
    const OF_MACHINES: Self =
        Self { name: 1, time_end: 25, doing: 21, place: Some(33), with_more: false };

    fn of(width: u16, small: bool, large: bool) -> Self {
        if small {
            return Self { name: 2, time_end: 36, doing: 38, place: None, with_more: true };
        }
        if large {
            let place = width.saturating_sub(17);
            let doing = place.saturating_sub(21);
            let time_end = doing.saturating_sub(2);
            return Self { name: 1, time_end, doing, place: Some(place), with_more: true };
        }
        let doing = width.saturating_sub(12);
        let time_end = doing.saturating_sub(2);
        Self { name: 1, time_end, doing, place: None, with_more: false }
    }

    fn doing(&self, row: &Row) -> String {
        match self.with_more && !row.more.is_empty() {
            true => format!("{} {}", row.doing, row.more),
            false => row.doing.clone(),
        }
    }

    fn row(&self, y: u16, role: Role, [name, time, doing, place]: [&str; 4], paint: &mut Paint) {
        let room = self.time_end.saturating_sub(self.name + 6);
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
