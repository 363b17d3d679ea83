//! `practice --yes --no-activation` against what nobody can do without: a key by `age-keygen`, and
//! `git init` and `git add` of the same files. The aim is under three times as long.

#![allow(clippy::print_stdout, reason = "the ratio is the result")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs of each for the ratio, in turns, so that both meet the same machine.
const TURNS: usize = 9;

fn main() {
    ratio();
    divan::main();
}

/// Runs a program to its end; whatever it says is of no interest unless it fails.
fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.as_ref().is_ok_and(|s| s.success()), "{command:?}: {status:?}");
}

/// A folder with a home, and the fleet's files as practice has them.
struct Bench {
    folder: tempfile::TempDir,
    files: PathBuf,
}

impl Bench {
    fn new() -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let files = folder.path().join("sample/fleet");
        let bench = Self { folder, files };
        bench.practice("sample");
        std::fs::remove_dir_all(bench.files.join(".git"))?;
        Ok(bench)
    }

    fn practice(&self, name: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep"));
        command.args(["practice", "--yes", "--no-activation", "--dir"]);
        command.arg(self.folder.path().join(name)).env("HOME", self.folder.path());
        run(&mut command);
    }

    fn by_hand(&self, name: &str) {
        let folder = self.folder.path().join(name);
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.args(arguments).current_dir(&folder).env("HOME", self.folder.path());
            run(&mut command);
        };
        run(Command::new("age-keygen").arg("-o").arg(folder.join("keys.txt")));
        git(&["init", "--quiet"]);
        git(&["add", "--all"]);
    }

    /// The files, without git. Their copying is not part of what is compared.
    fn copy(&self, name: &str) {
        let to = self.folder.path().join(name);
        run(Command::new("cp").arg("-r").arg(&self.files).arg(to));
    }

    fn gone(&self, name: &str) {
        let path: &Path = &self.folder.path().join(name);
        let _ = std::fs::remove_dir_all(path);
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ratio() {
    let Ok(bench) = Bench::new() else { return };
    let (mut practice, mut by_hand) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        bench.copy("hand");
        by_hand.push(timed(|| bench.by_hand("hand")));
        practice.push(timed(|| bench.practice("practice")));
        bench.gone("hand");
        bench.gone("practice");
    }
    let (practice, by_hand) = (median(practice), median(by_hand));
    println!(
        "practice {practice:.1?}, age-keygen + git init + git add {by_hand:.1?}: {:.2} times",
        practice.as_secs_f64() / by_hand.as_secs_f64()
    );
}

#[divan::bench(sample_count = 10)]
fn practice(bencher: divan::Bencher) {
    let Ok(bench) = Bench::new() else { return };
    bencher
        .with_inputs(|| bench.gone("practice"))
        .bench_local_values(|()| bench.practice("practice"));
}

#[divan::bench(sample_count = 10)]
fn by_hand(bencher: divan::Bencher) {
    let Ok(bench) = Bench::new() else { return };
    let fresh = || {
        bench.gone("hand");
        bench.copy("hand");
    };
    bencher.with_inputs(fresh).bench_local_values(|()| bench.by_hand("hand"));
}
