//! What is told of recorded streams.

use super::*;
use crate::activate::{InTheWay, InTheWayChoice};
use crate::run::Scripted;

#[derive(Default)]
struct Watcher(Vec<Event>);

impl Attend for Watcher {
    fn event(&mut self, e: Event) {
        self.0.push(e);
    }

    fn in_the_way(&mut self, _: &[InTheWay]) -> InTheWayChoice {
        InTheWayChoice::Stop
    }

    fn stop(&mut self) -> bool {
        false
    }
}

fn recorded(name: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nix-logs/");
    std::fs::read_to_string(format!("{path}{name}")).unwrap()
}

fn follow_recorded(name: &str, code: i32, log: &mut KeptLog) -> (Result<(), Problem>, Vec<Event>) {
    let mut runner = Scripted::default().expect("nix build", code, "", &recorded(name));
    let mut watcher = Watcher::default();
    let command = Command::new("nix").args(["build", ".#x"]);
    let result = follow(&command, "build", &mut runner, &mut watcher, log);
    (result, watcher.0)
}

#[test]
fn records_are_told_with_what_a_person_would_read() {
    let (result, events) = follow_recorded("2.34-ok.stderr", 0, &mut KeptLog::nowhere());
    result.unwrap();
    let lines: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Line { text, .. } => Some(nix_log::plain(text)),
            _ => None,
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    these 3 derivations will be built:
      /nix/store/clbb8gmdn7na6lgvi9j6y0hq3rrxbdv4-a.drv
      /nix/store/2fylav861k8rgmwdc3rvcvcg22nzfvs8-b.drv
      /nix/store/2kl18bxr0w2vl4a5fwkr3yhnafyv25xp-c.drv
    building '/nix/store/clbb8gmdn7na6lgvi9j6y0hq3rrxbdv4-a.drv'...
    a> hello from a
    a> 100%
    a> green
    building '/nix/store/2fylav861k8rgmwdc3rvcvcg22nzfvs8-b.drv'...
    b> hello from b
    b> 100%
    b> green
    building '/nix/store/2kl18bxr0w2vl4a5fwkr3yhnafyv25xp-c.drv'...
    c> hello from c
    c> 100%
    c> green
    ");
    let records = events.iter().filter(|e| matches!(e, Event::Nix { .. })).count();
    // Of 82 in the log: the others repeat a counter.
    assert_eq!(records, 50);
    let last = events.iter().rev().find(|e| matches!(e, Event::Progress { .. }));
    assert_eq!(last, Some(&Event::Progress { step: "build", done: 3, waiting: 0 }));
}

#[test]
fn a_failure_names_what_failed_first_and_how_its_log_ended() {
    let folder = tempfile::tempdir().unwrap();
    let told = |name: &str| {
        let mut log = KeptLog::beside(&folder.path().join("run.receipt"));
        let problem = follow_recorded(name, 1, &mut log).0.unwrap_err().to_string();
        problem.replace(&folder.path().display().to_string(), "FOLDER")
    };
    insta::assert_snapshot!(told("2.34-fail.stderr"), @r"
    error: `bad` could not be built: builder failed with exit code 3
    cause: line 1
    line 2
    line 3
    boom
    cause: `nix build .#x` ended with exit code 1
    hint: see all of it with `doorstep replay FOLDER/logs/run.log`
    ");
    insta::assert_snapshot!(told("2.34-eval.stderr"), @r"
    error: `/home/zoe/fleet/eval.nix:1:83`: attribute 'nope' missing
    cause: `nix build .#x` ended with exit code 1
    hint: see all of it with `doorstep replay FOLDER/logs/run.log`
    ");
    insta::assert_snapshot!(told("2.34-fod.stderr"), @r"
    error: `fod` could not be built: hash mismatch: specified sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, got sha256-mOpuTyFvL7S2n/+bOkSELDhobKaF8/VdxIxdP7EQe+Q=
    cause: `nix build .#x` ended with exit code 1
    hint: see all of it with `doorstep replay FOLDER/logs/run.log`
    ");
}

#[test]
fn without_a_cause_the_last_lines_stand_for_it() {
    let mut runner = Scripted::default().expect("nix", 7, "", "one\n\ntwo\n");
    let command = Command::new("nix");
    let mut watcher = Watcher::default();
    let log = &mut KeptLog::nowhere();
    let problem = follow(&command, "build", &mut runner, &mut watcher, log).unwrap_err();
    assert_eq!(problem.to_string(), "error: `nix` ended with exit code 7\ncause: one\ntwo");
    assert!(watcher.0.iter().all(|event| matches!(event, Event::Line { .. })));
}

