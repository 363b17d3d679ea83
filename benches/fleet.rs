//! Reading a fleet of 400 files, beside what it costs to read the same bytes at all.
//!
//! Only the ratio means anything: the aim is under three times `cat`.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "what it has measured is for a person to read")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use divan::Bencher;
use doorstep::fleet::Fleet;

#[path = "fleet/generated.rs"]
mod generated;
use generated::Generated;

/// Rounds of the comparison; each is one run of both sides.
const ROUNDS: usize = 40;

fn main() {
    LazyLock::force(&FLEET);
    divan::main();
    // Not when one benchmark is picked out, nor for `cargo test`, which asks only whether they run.
    if std::env::args().skip(1).all(|argument| argument == "--bench") {
        println!("{}", comparison());
    }
}

/// Both sides in turn, so that a load from outside falls on both, and the median of each.
fn comparison() -> String {
    let (mut reads, mut cats) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        reads.push(time(|| drop(Fleet::read(FLEET.dir.path()).unwrap())));
        cats.push(time(run_cat));
    }
    let (read, cat) = (median(reads), median(cats));
    let ratio = read.as_secs_f64() / cat.as_secs_f64();
    format!(
        "reading the fleet takes {:.1} ms, `cat` of its {} files {:.1} ms: {ratio:.1} times as long \
         (aim: under 3)",
        read.as_secs_f64() * 1e3,
        FLEET.files.len(),
        cat.as_secs_f64() * 1e3,
    )
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

fn run_cat() {
    assert!(
        Command::new("cat").args(&FLEET.files).stdout(Stdio::null()).status().unwrap().success()
    );
}

static FLEET: LazyLock<Generated> = LazyLock::new(|| Generated::new(0));

#[divan::bench]
fn read_fleet(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Fleet::read(FLEET.dir.path()).unwrap());
}

#[divan::bench]
fn bytes_alone(bencher: Bencher<'_, '_>) {
    let read = |path: &PathBuf| fs::read(Path::new(path)).unwrap().len();
    bencher.bench(|| FLEET.files.iter().map(read).sum::<usize>());
}

#[divan::bench]
fn cat(bencher: Bencher<'_, '_>) {
    bencher.bench(run_cat);
}
