//! The full screen beside a bare ratatui program that draws one frame, both in a real terminal and
//! in one run, so that a load from outside falls on both.
//!
//! Prints ratios and fails by none: only a person knows what else the machine was doing.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "what it has measured is for a person to read")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyCode};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

#[path = "fleet/generated.rs"]
mod generated;
#[path = "../tests/tui/pty.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod pty;

use generated::Generated;
use pty::{Person, Seat};

/// Told by an argument of its own, since a benchmark's other arguments are cargo's.
const BARE: &str = "--bare-program";
/// What each program shows once its first screen is whole.
const DOORSTEP_READY: &str = "Set up my home";
const BARE_READY: &str = "one";

fn main() {
    if std::env::args().any(|argument| argument == BARE) {
        bare_program().unwrap();
        return;
    }
    // `cargo test` asks only whether it runs.
    let effort = if std::env::args().any(|argument| argument == "--bench") {
        Effort { starts: 25, keys: 300, idle: Duration::from_secs(10) }
    } else {
        Effort { starts: 1, keys: 2, idle: Duration::ZERO }
    };
    let world = World::new();
    let (doorstep, bare) = measure(&world, &effort);
    println!("{}", table(&doorstep, &bare));
}

struct Effort {
    starts: usize,
    keys: usize,
    idle: Duration,
}

/// Alternately, each start of one beside a start of the other.
fn measure(world: &World, effort: &Effort) -> (Measured, Measured) {
    let programs = [(world.doorstep(), DOORSTEP_READY), (world.bare(), BARE_READY)];
    let mut starts = [const { Vec::new() }; 2];
    // The first start of each warms the caches and is not counted.
    for round in 0..=effort.starts {
        for ((command, ready), starts) in programs.iter().zip(&mut starts) {
            let start = Start::of(command, ready);
            if round > 0 {
                starts.push(start);
            }
        }
    }
    let [doorstep, bare] = [0, 1].map(|n| {
        let (command, ready) = &programs[n];
        Measured::of(command, ready, &starts[n], effort)
    });
    (doorstep, bare)
}

/// How long one start took.
struct Start {
    first_frame: Duration,
    ready: Duration,
}

impl Start {
    fn of(command: &Command, ready: &str) -> Self {
        let start = Instant::now();
        let mut person = Seat::of(80, 24).runs(command);
        person.sees_that("a frame", |s| s.alternate_screen() && !s.contents().trim().is_empty());
        let first_frame = start.elapsed();
        person.sees(ready);
        let ready = start.elapsed();
        person.types("q").ends().well().sane();
        Self { first_frame, ready }
    }
}

/// Of one program: medians, and what one long run showed.
struct Measured {
    first_frame: Duration,
    ready: Duration,
    key: Duration,
    /// Resident when ready, and at most, in KiB. None where there is no `/proc`.
    resident: Option<u64>,
    /// Of it, what is the program's own: not the binary's pages, which are the page cache's.
    own: Option<u64>,
    peak: Option<u64>,
    idle: Option<Idle>,
}

/// What doing nothing costs.
struct Idle {
    cpu: Duration,
    wakeups: u64,
}

impl Measured {
    fn of(command: &Command, ready: &str, starts: &[Start], effort: &Effort) -> Self {
        let mut person = Seat::of(80, 24).runs(command);
        person.sees(ready);
        let process = format!("/proc/{}", person.pid());
        let resident = status(&process, "VmRSS:");
        let own = status(&process, "RssAnon:");
        let key = median((0..effort.keys).map(|n| key_to_frame(&mut person, n)).collect());
        let before = work(&process);
        std::thread::sleep(effort.idle);
        let idle = before.zip(work(&process)).map(|(before, after)| Idle {
            cpu: after.cpu - before.cpu,
            wakeups: after.wakeups - before.wakeups,
        });
        let peak = status(&process, "VmHWM:");
        person.types("q").ends().well().sane();
        Self {
            first_frame: median(starts.iter().map(|s| s.first_frame).collect()),
            ready: median(starts.iter().map(|s| s.ready).collect()),
            key,
            resident,
            own,
            peak,
            idle,
        }
    }
}

/// Longer than a frame and shorter than the pause between two keys of a keyboard's own repetition,
/// so that what is measured is the way of one key and not the wait for the next frame's turn.
const BETWEEN_KEYS: Duration = Duration::from_millis(25);

/// Down and up again by turns: each moves the selection, so each changes the screen.
fn key_to_frame(person: &mut Person, turn: usize) -> Duration {
    let before = person.looks().state_formatted();
    std::thread::sleep(BETWEEN_KEYS);
    let start = Instant::now();
    person.types(if turn.is_multiple_of(2) { "<down>" } else { "<up>" });
    person.sees_that("the selection to move", |screen| screen.state_formatted() != before);
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A number from `/proc/PID/status`.
fn status(process: &str, field: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

/// All that the process's threads have done so far. The times are those of the scheduler, in
/// nanoseconds: `utime` and `stime` count in steps of 10 ms.
fn work(process: &str) -> Option<Idle> {
    let mut sum = Idle { cpu: Duration::ZERO, wakeups: 0 };
    for thread in fs::read_dir(format!("{process}/task")).ok()? {
        let thread = thread.ok()?.path().to_str()?.to_owned();
        let times = fs::read_to_string(format!("{thread}/schedstat")).ok()?;
        sum.cpu += Duration::from_nanos(times.split(' ').next()?.parse().ok()?);
        sum.wakeups += status(&thread, "voluntary_ctxt_switches:")?;
    }
    Some(sum)
}

fn table(doorstep: &Measured, bare: &Measured) -> String {
    let mut rows =
        vec![["".into(), "doorstep".into(), "bare".into(), "ratio".into(), "aim".to_owned()]];
    let mut row = |what: &str, ours: f64, theirs: f64, unit: &str, aim: &str| {
        let ratio = if theirs > 0.0 { format!("{:.2}", ours / theirs) } else { "-".into() };
        let values = [ours, theirs].map(|value| format!("{value:.2} {unit}"));
        let [ours, theirs] = values;
        rows.push([what.into(), ours, theirs, ratio, aim.into()]);
    };
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    row("first frame", ms(doorstep.first_frame), ms(bare.first_frame), "ms", "ratio under 2.5");
    row("screen whole", ms(doorstep.ready), ms(bare.ready), "ms", "");
    row("key to frame", ms(doorstep.key), ms(bare.key), "ms", "under 2 ms");
    let mib = |kib: u64| kib as f64 / 1024.0;
    if let (Some(ours), Some(theirs)) = (doorstep.resident, bare.resident) {
        row("resident", mib(ours), mib(theirs), "MiB", "under 15 MiB");
    }
    if let (Some(ours), Some(theirs)) = (doorstep.own, bare.own) {
        row("resident, its own", mib(ours), mib(theirs), "MiB", "");
    }
    if let (Some(ours), Some(theirs)) = (doorstep.peak, bare.peak) {
        row("resident, at most", mib(ours), mib(theirs), "MiB", "");
    }
    if let (Some(ours), Some(theirs)) = (&doorstep.idle, &bare.idle) {
        row("idle: CPU", ms(ours.cpu), ms(theirs.cpu), "ms", "under 10 ms");
        row("idle: wake-ups", ours.wakeups as f64, theirs.wakeups as f64, "", "none without cause");
    }
    let line = |[what, ours, theirs, ratio, aim]: &[String; 5]| {
        format!("{what:<18} {ours:>12} {theirs:>12} {ratio:>7}   {aim}").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The fleet of 433 files and a home for its newcomer.
struct World {
    fleet: Generated,
    home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let fleet = Generated::new(12);
        assert_eq!(fleet.files.len(), 433);
        Self { fleet, home: tempfile::tempdir().unwrap() }
    }

    fn doorstep(&self) -> Command {
        self.in_fleet(Path::new(env!("CARGO_BIN_EXE_doorstep")), &[])
    }

    fn bare(&self) -> Command {
        self.in_fleet(&std::env::current_exe().unwrap(), &[BARE])
    }

    fn in_fleet(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.fleet.dir.path());
        command.env("HOME", self.home.path()).env("USER", "zoe").env("LOGNAME", "zoe");
        command
    }
}

/// The least that a ratatui program can be: one frame, then one for each key.
fn bare_program() -> std::io::Result<()> {
    let mut terminal = ratatui::init();
    let mut chosen = 0;
    loop {
        terminal.draw(|frame| {
            let lines = ["one", "two", "three"].iter().enumerate().map(|(n, text)| {
                let style = Style::new();
                Line::styled(*text, if n == chosen { style.reversed() } else { style })
            });
            frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), frame.area());
        })?;
        if let Event::Key(key) = event::read()? {
            match key.code {
                KeyCode::Down => chosen = (chosen + 1) % 3,
                KeyCode::Up => chosen = (chosen + 2) % 3,
                KeyCode::Char('q') => break,
                _ => {}
            }
        }
    }
    ratatui::restore();
    Ok(())
}
