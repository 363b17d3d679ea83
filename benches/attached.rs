//! A build of 300,000 lines with doorstep attached, against the same build with its output to
//! `/dev/null`. The aim is at most 1.15 times as long: whoever looks must not keep Nix waiting.
//!
//! Real Nix, a real derivation, and all of what a run does with what it hears: records are parsed
//! and folded, the log is kept, every line is written. Needs a Nix that may build here.

#![allow(clippy::print_stdout, reason = "the ratio is the result")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use doorstep::activate::{InTheWayChoice, nix};
use doorstep::apply::apply;
use doorstep::front::headless::{Report as _, Scene, Unattended, Words};
use doorstep::host::Host;
use doorstep::plan::{Change, Needs, Plan, Step};
use doorstep::receipt::{Header, Journal, VERSION};
use doorstep::run::{Command as Run, Real};

const LINES: usize = 300_000;

/// Runs of each, in turns, so that both meet the same machine.
const TURNS: usize = 5;

/// A derivation that says so many lines and was never built before.
fn derivation(nonce: &str) -> String {
    let system = format!("{}-linux", std::env::consts::ARCH);
    format!(
        "derivation {{ name = \"talks\"; system = \"{system}\"; builder = \"/bin/sh\"; nonce = \"{nonce}\"; \
         args = [ \"-c\" \"i=0; while [ $i -lt {LINES} ]; do echo compiling part $i of the manual of quartz; i=$((i+1)); done; echo done > $out\" ]; }}"
    )
}

fn build(nonce: &str) -> Run {
    nix()
        .args(["build", "--impure", "--no-link", "--print-build-logs", "--expr"])
        .arg(derivation(nonce))
}

fn alone(nonce: &str) -> Duration {
    let run = build(nonce);
    let began = Instant::now();
    let status = Command::new(&run.program)
        .args(&run.args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    began.elapsed()
}

fn attached(nonce: &str, host: &Host, folder: &Path) -> Duration {
    let step = Step {
        id: "build",
        title: "Build".into(),
        why: String::new(),
        needs: Needs::You,
        by_hand: Vec::new(),
        changes: vec![Change::Run { command: build(nonce) }],
        decided_by: None,
    };
    let bounds = vec![folder.to_owned()];
    let header = Header {
        version: VERSION,
        doorstep: "0".into(),
        practice: false,
        user: "zoe".into(),
        host: host.name.clone(),
        home: folder.to_owned(),
        fleet: folder.to_owned(),
        bounds: bounds.clone(),
        started: "2026-11-20T10:19:15Z".into(),
        answers: serde_json::Value::Null,
    };
    let plan = Plan { steps: vec![step], bounds, ..Plan::default() };
    let mut journal = Journal::create(&folder.join("state"), header).unwrap();
    let null = std::fs::OpenOptions::new().write(true).open("/dev/null").unwrap();
    let mut words = Words::new(null, Scene { host, fleet: folder, practice: false });
    words.planned(&plan, "zoe");
    let stop = AtomicBool::new(false);
    let mut attend =
        Unattended { reports: vec![&mut words], in_the_way: InTheWayChoice::Stop, stop: &stop };
    let env: BTreeMap<String, OsString> = host.env().clone();
    let mut runner = Real::new(env);
    let began = Instant::now();
    let summary = apply(&plan, &mut journal, &mut runner, &mut attend, &|_| ()).unwrap();
    let took = began.elapsed();
    assert_eq!(summary.outcome.word(), "done", "{summary:?}");
    took
}

fn main() {
    let host = Host::read().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let nonce = |what: &str, turn: usize| format!("{what} {turn} {:?}", Instant::now());
    let (mut bare, mut watched) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        bare.push(alone(&nonce("alone", turn)));
        watched.push(attached(&nonce("attached", turn), &host, folder.path()));
    }
    bare.sort();
    watched.sort();
    let (bare, watched) = (bare[TURNS / 2], watched[TURNS / 2]);
    let ratio = watched.as_secs_f64() / bare.as_secs_f64();
    println!(
        "{LINES} lines: output to /dev/null {:.2} s, doorstep attached {:.2} s: {ratio:.2} times",
        bare.as_secs_f64(),
        watched.as_secs_f64(),
    );
}
