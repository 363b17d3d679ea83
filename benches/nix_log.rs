//! A million records parsed and folded, beside what it costs to read the same file at all.
//!
//! And a million lines of a child through the runner, beside reading its pipe alone. Only ratios
//! mean anything: parsing may take four times as long as reading, the runner twice.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "what it has measured is for a person to read")]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::Read as _;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use divan::Bencher;
use doorstep::activate::nix_log::{self, Build, Line};
use doorstep::run::{Command, Heard, Real, Runner as _};

const RECORDS: usize = 1_000_000;
const ROUNDS: usize = 9;

fn main() {
    LazyLock::force(&LOG);
    divan::main();
    // Not when one benchmark is picked out, nor for `cargo test`, which asks only whether they run.
    if std::env::args().skip(1).all(|argument| argument == "--bench") {
        println!("{}\n{}", comparison(), pipes());
    }
}

/// All sides in turn, so that a load from outside falls on all, and the median of each.
fn comparison() -> String {
    let (mut reads, mut parses, mut folds) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        reads.push(time(|| drop(black_box(read()))));
        parses.push(time(|| assert!(black_box(parse()) >= RECORDS)));
        folds.push(time(|| drop(black_box(fold()))));
    }
    let (read, parse, fold) = (median(reads), median(parses), median(folds));
    let ratio = parse.as_secs_f64() / read.as_secs_f64();
    let rate = RECORDS as f64 / parse.as_secs_f64() / 1e6;
    let folded = RECORDS as f64 / fold.as_secs_f64() / 1e6;
    format!(
        "{RECORDS} records of {:.0} MB: read in {:.0} ms, parsed in {:.0} ms: {ratio:.1} times as \
         long (aim: at most 4), {rate:.1} M records a second (aim: over 3); parsed and folded: \
         {folded:.1} M a second",
        LOG.text.len() as f64 / 1e6,
        read.as_secs_f64() * 1e3,
        parse.as_secs_f64() * 1e3,
    )
}

/// A child's pipe read alone, and its lines through the runner in both its ways.
fn pipes() -> String {
    let (mut alone, mut ran, mut heard) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(time(pipe_alone));
        ran.push(time(run_lines));
        heard.push(time(listen_lines));
    }
    let (alone, ran, heard) = (median(alone), median(ran), median(heard));
    let ratio = |time: Duration| time.as_secs_f64() / alone.as_secs_f64();
    format!(
        "{RECORDS} lines of a child: its pipe alone in {:.0} ms, run {:.1} times as long, listened \
         to {:.1} times as long (aim: at most 2)",
        alone.as_secs_f64() * 1e3,
        ratio(ran),
        ratio(heard),
    )
}

fn script() -> String {
    format!("yes '    Compiling a-crate v1.2.3 (/build/source)' | head -n {RECORDS}")
}

fn pipe_alone() {
    let mut child = std::process::Command::new("sh")
        .args(["-c", &script()])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut buffer = vec![0; 64 * 1024];
    let mut pipe = child.stdout.take().unwrap();
    while pipe.read(&mut buffer).unwrap() > 0 {
        black_box(&buffer);
    }
    child.wait().unwrap();
}

fn runner() -> (Real, Command) {
    let env = [("PATH".to_owned(), std::env::var_os("PATH").unwrap())].into();
    (Real::new(env), Command::new("sh").args(["-c", &script()]))
}

fn run_lines() {
    let (mut runner, command) = runner();
    let mut lines = 0;
    runner.run(&command, &mut |_, text| lines += usize::from(!text.is_empty())).unwrap();
    assert_eq!(lines, RECORDS);
}

fn listen_lines() {
    let (mut runner, command) = runner();
    let mut lines = 0;
    runner
        .listen(&command, &mut |heard| lines += usize::from(matches!(heard, Heard::Line(..))))
        .unwrap();
    assert_eq!(lines, RECORDS);
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn read() -> Vec<u8> {
    fs::read(&LOG.path).unwrap()
}

/// From memory: what it adds to reading.
fn parse() -> usize {
    lines().filter(|line| matches!(nix_log::line(line), Line::Record(_))).count()
}

fn fold() -> Build {
    let mut build = Build::new();
    for (n, line) in lines().enumerate() {
        if let Line::Record(record) = nix_log::line(line) {
            build.record(Duration::from_micros(n as u64 * 7), &record);
        }
    }
    build
}

fn lines() -> impl Iterator<Item = &'static [u8]> {
    LOG.text.split_inclusive(|b| *b == b'\n').map(|line| &line[..line.len() - 1])
}

struct Log {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
    text: Vec<u8>,
}

/// As Nix writes it: four counters after each thing that happens, progress of downloads, builds
/// with phases and lines of 20 to 120 characters.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let text = generated();
    fs::write(&path, &text).unwrap();
    Log { _folder: folder, path: Path::new(&path).to_owned(), text: text.into_bytes() }
});

fn generated() -> String {
    const FIRST: u64 = 70_927_089_926_144;
    let mut out = String::new();
    let mut count = 0;
    let mut put = |line: std::fmt::Arguments<'_>| {
        writeln!(out, "@nix {line}").unwrap();
        count += 1;
        count >= RECORDS
    };
    let counters = |n: u64| {
        [
            format!(
                r#"{{"action":"result","fields":[{n},{},4,0],"id":{},"type":105}}"#,
                n + 90,
                FIRST + 1
            ),
            format!(
                r#"{{"action":"result","fields":[{},{},2,0],"id":{},"type":105}}"#,
                n * 2,
                n * 2 + 70,
                FIRST + 2
            ),
            format!(
                r#"{{"action":"result","fields":[101,{}],"id":{FIRST},"type":106}}"#,
                n * 1_048_576
            ),
            format!(
                r#"{{"action":"result","fields":[100,{}],"id":{FIRST},"type":106}}"#,
                n * 4_194_304
            ),
        ]
    };
    put(format_args!(
        r#"{{"action":"start","id":{FIRST},"level":0,"parent":0,"text":"","type":102}}"#
    ));
    put(format_args!(
        r#"{{"action":"start","id":{},"level":0,"parent":0,"text":"","type":104}}"#,
        FIRST + 1
    ));
    put(format_args!(
        r#"{{"action":"start","id":{},"level":0,"parent":0,"text":"","type":103}}"#,
        FIRST + 2
    ));
    for n in 0.. {
        let id = FIRST + 10 + n;
        let drv = format!("/nix/store/{:032}-package-{n}-1.{}.drv", n * 7919, n % 90);
        let mut end = put(format_args!(
            r#"{{"action":"start","fields":["{drv}","",1,1],"id":{id},"level":3,"parent":0,"text":"building '{drv}'","type":105}}"#
        ));
        for line in counters(n) {
            end |= put(format_args!("{line}"));
        }
        for at in 0..120_u64 {
            end |= put(format_args!(
                r#"{{"action":"result","fields":[{},52428800,0,0],"id":{},"type":105}}"#,
                at * 433_294,
                FIRST + 5
            ));
        }
        for phase in ["unpackPhase", "buildPhase", "installPhase"] {
            end |= put(format_args!(
                r#"{{"action":"result","fields":["{phase}"],"id":{id},"type":104}}"#
            ));
            for at in 0..4 {
                let words = "compiling \\\"part\\\" ".repeat(1 + (n as usize + at) % 6);
                end |= put(format_args!(
                    r#"{{"action":"result","fields":["{words}{at}"],"id":{id},"type":101}}"#
                ));
            }
        }
        end |= put(format_args!(r#"{{"action":"stop","id":{id}}}"#));
        if end {
            break;
        }
    }
    out
}

#[divan::bench]
fn reading(bencher: Bencher<'_, '_>) {
    bencher.bench(read);
}

#[divan::bench]
fn parsing(bencher: Bencher<'_, '_>) {
    bencher.bench(parse);
}

#[divan::bench]
fn parsing_and_folding(bencher: Bencher<'_, '_>) {
    bencher.bench(fold);
}

#[divan::bench]
fn a_pipe_alone(bencher: Bencher<'_, '_>) {
    bencher.bench(pipe_alone);
}

#[divan::bench]
fn a_child_run(bencher: Bencher<'_, '_>) {
    bencher.bench(run_lines);
}
