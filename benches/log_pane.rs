//! A million lines of a build through a pipe into the log pane, against reading the same pipe
//! and doing nothing with it. The aim is at least half its speed, in bounded memory.

#![allow(clippy::print_stdout, reason = "the ratio is the result")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use doorstep::front::tui::log::feed::WAITING;
use doorstep::front::tui::log::{Input, Pane, Store, Styles, Which, feed};
use doorstep::run::Stream;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const LINES: usize = 1_000_000;

/// Runs of each for the ratio, in turns, so that both meet the same machine.
const TURNS: usize = 7;

/// As often as the program draws.
const FRAME: Duration = Duration::from_millis(16);

fn main() {
    ratio();
    divan::main();
}

/// What a build says: two lines of three plain, the third coloured or overwritten.
fn said(n: usize) -> String {
    match n % 6 {
        0 => format!("\u{1b}[35;1mcopying path\u{1b}[0m '/nix/store/quartz-{n}-ripgrep-15.1.0'"),
        1 => format!("fetching {n}  10%\rfetching {n}  90%\rfetching {n} 100%, {n} MiB done"),
        2 => format!("zoe-path> [{n}/1000000] Compiling crate_{n} v0.1.{n} (/build/source)"),
        _ => format!("building '/nix/store/quartz-{n:07}-home-manager-generation-of-zoe.drv'..."),
    }
}

fn log() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut out = BufWriter::new(file.as_file());
    (0..LINES).for_each(|n| writeln!(out, "{}", said(n)).unwrap());
    out.flush().unwrap();
    drop(out);
    file
}

fn pipe(log: &tempfile::NamedTempFile) -> (Child, BufReader<ChildStdout>) {
    let log = File::open(log).unwrap();
    let mut child = Command::new("cat").stdin(log).stdout(Stdio::piped()).spawn().unwrap();
    // As much as a pipe holds, so that neither side is counted in its wake-ups.
    let pipe = BufReader::with_capacity(64 << 10, child.stdout.take().unwrap());
    (child, pipe)
}

/// Hands over each line of a pipe, as whoever runs a command does.
fn read(mut pipe: impl BufRead, mut line: impl FnMut(&[u8])) {
    let mut bytes = Vec::new();
    while pipe.read_until(b'\n', &mut bytes).unwrap() > 0 {
        line(bytes.trim_ascii_end());
        bytes.clear();
    }
}

fn reading_alone(log: &tempfile::NamedTempFile) {
    let (mut child, pipe) = pipe(log);
    let mut count = 0;
    read(pipe, |line| count += usize::from(!divan::black_box(line).is_empty()));
    child.wait().unwrap();
    assert_eq!(count, LINES);
}

/// As the program does it: one thread reads, one keeps and draws at most every [`FRAME`].
fn through_the_pane(log: &tempfile::NamedTempFile) -> Store {
    let (mut child, pipe) = pipe(log);
    let (send, woken) = mpsc::channel();
    let (inlet, mut outlet) = feed(WAITING, move || send.send(()).unwrap_or_default());
    let worker =
        std::thread::spawn(move || read(pipe, |line| inlet.bytes("build", Stream::Err, line)));
    let (mut store, pane) = (Store::default(), Pane::default());
    let area = Rect::new(0, 0, 80, 24);
    // When the next picture is due; none while nothing is new.
    let (mut due, mut drawn) = (None, Instant::now());
    loop {
        let next = match due {
            None => woken.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => {
                woken.recv_timeout(Instant::saturating_duration_since(&due, Instant::now()))
            }
        };
        match next {
            Ok(()) => {
                due = due.or(Some(drawn + FRAME));
                if outlet.is_pressing() {
                    outlet.drain(&mut store);
                }
            }
            Err(ended) => {
                outlet.drain(&mut store);
                let mut buf = Buffer::empty(area);
                pane.view(&store.lines(Which::Step("build")), area, &mut buf, &Styles::default());
                divan::black_box(buf);
                (due, drawn) = (None, Instant::now());
                if ended == RecvTimeoutError::Disconnected {
                    break;
                }
            }
        }
    }
    worker.join().unwrap();
    child.wait().unwrap();
    assert_eq!(store.end(), LINES as u64);
    store
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    let made = work();
    let took = started.elapsed();
    drop(made);
    took
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The most memory this process has had, where the system says so.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or("unknown".to_owned(), |peak| peak.trim().to_owned())
}

fn ratio() {
    let log = log();
    let (mut alone, mut pane) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        alone.push(timed(|| reading_alone(&log)));
        pane.push(timed(|| through_the_pane(&log)));
    }
    let (alone, pane) = (median(alone), median(pane));
    println!(
        "{LINES} lines: the pipe alone {alone:.1?}, through the pane {pane:.1?}: {:.2} of its \
         speed; peak memory {}",
        alone.as_secs_f64() / pane.as_secs_f64(),
        peak(),
    );
}

fn lines() -> Vec<String> {
    (0..LINES).map(said).collect()
}

fn filled() -> Store {
    let mut store = Store::default();
    (0..LINES).for_each(|n| store.push("build", Stream::Err, &said(n)));
    store
}

#[divan::bench(sample_count = 10)]
fn push(bencher: divan::Bencher) {
    let lines = lines();
    let keep = || {
        let mut store = Store::default();
        lines.iter().for_each(|line| store.push("build", Stream::Err, line));
        store
    };
    bencher.counter(divan::counter::ItemsCount::new(LINES)).bench_local(keep);
}

/// The way between the threads alone: what a line costs whoever says it, and whoever takes it.
#[divan::bench(sample_count = 10)]
fn hand_over(bencher: divan::Bencher) {
    let lines = lines();
    bencher.counter(divan::counter::ItemsCount::new(LINES)).bench_local(|| {
        let (inlet, mut outlet) = feed(usize::MAX, || {});
        let mut store = Store::new(0);
        for some in lines.chunks(10_000) {
            some.iter().for_each(|line| inlet.line("build", Stream::Err, line));
            outlet.drain(&mut store);
        }
    });
}

#[divan::bench]
fn draw_following(bencher: divan::Bencher) {
    draw(bencher, &[]);
}

#[divan::bench]
fn draw_wrapped_and_searched(bencher: divan::Bencher) {
    draw(bencher, &[Input::Wrap, Input::Search, Input::Paste("zoe")]);
}

fn draw(bencher: divan::Bencher, inputs: &[Input]) {
    let (store, mut pane) = (filled(), Pane::default());
    let lines = store.lines(Which::All);
    let area = Rect::new(0, 0, 200, 60);
    inputs.iter().for_each(|input| assert!(pane.handle(*input, &lines, area.as_size())));
    let mut buf = Buffer::empty(area);
    bencher.bench_local(|| pane.view(&lines, area, &mut buf, &Styles::default()));
}

/// What is nowhere makes a search go over everything.
#[divan::bench(args = ["e", "nowhere", "building 'x"], sample_count = 10)]
fn search(bencher: divan::Bencher, query: &str) {
    let store = filled();
    let lines = store.lines(Which::All);
    let area = Rect::new(0, 0, 80, 24);
    bencher.bench_local(|| {
        let mut pane = Pane::default();
        pane.handle(Input::Search, &lines, area.as_size());
        pane.handle(Input::Paste(query), &lines, area.as_size())
    });
}
