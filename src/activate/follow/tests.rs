//! What is told of recorded streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::activate::{InTheWay, InTheWayChoice};
use crate::run::{Real, Scripted};

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

/// Plays a kept log of ours, as it was heard: text, and records that stand in it as well.
struct Kept(String);

impl Runner for Kept {
    fn run(&mut self, _: &Command, _: &mut dyn FnMut(Stream, &str)) -> Result<Exit, Problem> {
        Err(Problem::bug("only what is listened to was kept"))
    }

    fn listen(&mut self, _: &Command, hear: &mut dyn FnMut(Heard<'_>)) -> Result<Exit, Problem> {
        let mut exit = Exit::Code(0);
        for line in self.0.lines().skip(2) {
            let mut parts = line.splitn(3, ' ').skip(1);
            let (mark, rest) = (parts.next().unwrap(), parts.next().unwrap_or_default());
            match mark {
                "t" => hear(Heard::Record { json: rest, has_text: true }),
                "e" => hear(Heard::Line(Stream::Err, rest)),
                "." => exit = Exit::Code(rest.rsplit(' ').next().unwrap().parse().unwrap()),
                other => panic!("{other}: {line}"),
            }
        }
        Ok(exit)
    }
}

fn nothing_kept() -> KeptLog {
    KeptLog::nowhere()
}

/// The problem that `typed` ends with, where it prints this and ends with `code`.
fn failed(typed: &str, code: i32, out: &str, err: &str) -> Problem {
    let mut runner = Scripted::default().expect(typed, code, out, err);
    let mut words = typed.split(' ');
    let command = Command::new(words.next().unwrap()).args(words);
    let mut watcher = Watcher::default();
    let mut log = nothing_kept();
    follow(&command, "build", &mut runner, &mut watcher, &mut log).expect_err(err)
}

#[test]
fn no_recorded_failure_ends_well_and_each_names_what_and_why() {
    let mut told = Vec::new();
    for name in [
        "2.8-fail.stderr",
        "2.34-fail.stderr",
        "2.34-fail-keepgoing.stderr",
        "2.34-daemon-untrusted-fail.stderr",
        "2.34-nixbuild.stderr",
        "2.34-fod.stderr",
        "2.34-eval.stderr",
        "2.34-syn.stderr",
        "hm-switch-json.stderr",
        "hm-switch-jlp.stderr",
    ] {
        let problem = failed("nix build .#x", 1, "", &recorded(name));
        told.push(format!("{name}\n  {}", problem.what));
    }
    for name in ["nh-fail", "nh-in-the-way"] {
        let stream = |stream: &str| recorded(&format!("{name}.{stream}"));
        let problem = failed("nh home switch", 1, &stream("stdout"), &stream("stderr"));
        told.push(format!("{name}\n  {}", problem.what));
    }
    for name in ["2.34-socket-fail.log", "2.34-socket-cancelled.log"] {
        let (mut watcher, mut log) = (Watcher::default(), nothing_kept());
        let command = Command::new("nix").arg("build");
        let problem = follow(&command, "build", &mut Kept(recorded(name)), &mut watcher, &mut log);
        told.push(format!("{name}\n  {}", problem.unwrap_err().what));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    2.8-fail.stderr
      `bad` could not be built: builder failed with exit code 1
    2.34-fail.stderr
      `bad` could not be built: builder failed with exit code 3
    2.34-fail-keepgoing.stderr
      `bad` could not be built: builder failed with exit code 3
    2.34-daemon-untrusted-fail.stderr
      `bad` could not be built: builder failed with exit code 3
    2.34-nixbuild.stderr
      `bad` could not be built: builder failed with exit code 3
    2.34-fod.stderr
      `fod` could not be built: hash mismatch: specified sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, got sha256-mOpuTyFvL7S2n/+bOkSELDhobKaF8/VdxIxdP7EQe+Q=
    2.34-eval.stderr
      `/home/zoe/fleet/eval.nix:1:83`: attribute 'nope' missing
    2.34-syn.stderr
      `/home/zoe/fleet/syn.nix:2:5`: syntax error, unexpected '=', expecting ';'
    hm-switch-json.stderr
      `/home/x/.zshrc`: the file is there already and would be replaced
    hm-switch-jlp.stderr
      `/home/x/.zshrc`: the file is there already and would be replaced
    nh-fail
      `home-manager-generation` could not be built: builder failed with exit code 3
    nh-in-the-way
      `/home/zoe/.zshrc`: the file is there already and would be replaced
    2.34-socket-fail.log
      `bad` could not be built: builder failed with exit code 3
    2.34-socket-cancelled.log
      interrupted by the user
    ");
}

/// What Nix 2.8 was seen to say in text when the fleet, the store or its service were at fault.
#[test]
fn no_failure_in_text_ends_well_either() {
    let store = "/nix/store/5qpgj451f5a82k0n6jl83zcn3dq4xmrb-source";
    let told: Vec<String> = [
        format!(
            "error: attribute 'bob' missing\n\n       at {store}/flake.nix:8:30:\n\n            7|     homeConfigurations.alice = users.alice;\n            8|     homeConfigurations.bob = users.bob;\n             |                              ^\n"
        ),
        format!(
            "error: getting status of '{store}/modules/users/bob.nix': No such file or directory\n(use '--show-trace' to show detailed location information)\n"
        ),
        "error: flake 'git+file:///home/zoe/fleet' does not provide attribute 'packages.x86_64-linux.homeConfigurations.carol.username' or 'homeConfigurations.carol.username'\n".to_owned(),
        "error: experimental Nix feature 'nix-command' is disabled; use '--extra-experimental-features nix-command' to override\n".to_owned(),
        format!(
            "warning: Git tree '/home/zoe/fleet' is dirty\nerror: syntax error, unexpected '}}', expecting ';'\n\n       at {store}/modules/users/bob.nix:1:20:\n\n            1| {{ username = \"bob\" }}\n             |                    ^\n(use '--show-trace' to show detailed location information)\n"
        ),
        "Store URL: daemon\nerror: cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Permission denied\n".to_owned(),
        "error: could not set permissions on '/nix/var/nix/profiles/per-user' to 755: Operation not permitted\n".to_owned(),
    ]
    .iter()
    .map(|text| failed("nix build .#x", 1, "", text).what)
    .collect();
    insta::assert_snapshot!(told.join("\n").replace(store, "STORE"), @r"
    `STORE/flake.nix:8:30`: attribute 'bob' missing
    getting status of 'STORE/modules/users/bob.nix': No such file or directory
    flake 'git+file:///home/zoe/fleet' does not provide attribute 'packages.x86_64-linux.homeConfigurations.carol.username' or 'homeConfigurations.carol.username'
    experimental Nix feature 'nix-command' is disabled; use '--extra-experimental-features nix-command' to override
    `STORE/modules/users/bob.nix:1:20`: syntax error, unexpected '}', expecting ';'
    cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Permission denied
    could not set permissions on '/nix/var/nix/profiles/per-user' to 755: Operation not permitted
    ");
}

#[test]
fn a_run_that_ends_well_has_no_cause_whatever_was_said() {
    let said = "error: unable to download 'https://cache.example': HTTP error 500\n\
                sudo: a password is required\nssh: connect to host quartz port 22: timed out\n";
    let mut runner = Scripted::default().expect("nix", 0, "", said);
    let command = Command::new("nix");
    follow(&command, "build", &mut runner, &mut Watcher::default(), &mut nothing_kept()).unwrap();
}

fn real(script: &str) -> (Result<(), Problem>, Vec<Event>) {
    let mut runner = Real::new([("PATH".to_owned(), "/usr/bin:/bin".into())].into());
    let command = Command::new("sh").args(["-c", script]);
    let (mut watcher, mut log) = (Watcher::default(), nothing_kept());
    let result = follow(&command, "activate", &mut runner, &mut watcher, &mut log);
    (result, watcher.0)
}

#[test]
fn a_child_that_is_killed_or_prints_nothing_is_told_as_such() {
    let words = |script: &str| real(script).0.unwrap_err().to_string().replace(script, "X");
    insta::assert_snapshot!(words("kill -9 $$"), @r"
    error: `sh -c 'X'` ended with signal 9
    cause: it printed nothing
    ");
    insta::assert_snapshot!(words("exit 7"), @r"
    error: `sh -c 'X'` ended with exit code 7
    cause: it printed nothing
    ");
    insta::assert_snapshot!(words("echo on its way >&2; kill -TERM $$"), @r"
    error: `sh -c 'X'` ended with signal 15
    cause: on its way
    ");
}

#[test]
fn a_hundred_megabytes_without_a_line_end_are_survived() {
    let (result, events) = real("head -c 100000000 /dev/zero | tr '\\000' x; exit 3");
    let problem = result.unwrap_err();
    assert!(problem.what.ends_with("ended with exit code 3"), "{}", problem.what.len());
    assert!(problem.to_string().len() < 8192, "{}", problem.to_string().len());
    let pieces = events.iter().map(|event| match event {
        Event::Line { text, .. } => text.len(),
        Event::Said(words) => {
            assert!(words.contains("too fast to be shown"), "{words}");
            0
        }
        other => panic!("{other:?}"),
    });
    assert!(pieces.max().unwrap() <= 64 * 1024);
}

#[test]
fn bytes_that_are_no_text_and_half_a_record_are_no_trouble() {
    let script = r#"printf 'caf\351\n'; printf '@nix {"action":"start","id":1' >&2; exit 2"#;
    let (result, events) = real(script);
    assert!(result.unwrap_err().what.ends_with("ended with exit code 2"));
    let lines: Vec<_> = events.iter().map(|event| format!("{event:?}")).collect();
    assert!(lines.iter().any(|line| line.contains("caf\u{fffd}")), "{lines:?}");
    assert_eq!(lines.len(), 1);
}

#[test]
fn a_log_that_cannot_be_kept_is_said_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("logs"), "where a folder should be").unwrap();
    let mut log = KeptLog::beside(&folder.path().join("run.receipt"));
    let mut runner = Scripted::default().expect("nix", 0, "one\ntwo\n", "");
    let mut watcher = Watcher::default();
    follow(&Command::new("nix"), "build", &mut runner, &mut watcher, &mut log).unwrap();
    let said: Vec<_> = watcher.0.iter().filter(|e| matches!(e, Event::Said(_))).collect();
    let [Event::Said(words)] = said.as_slice() else { panic!("{said:?}") };
    assert!(words.starts_with("The log of this run cannot be kept: "), "{words}");
    assert!(words.ends_with("The run goes on."), "{words}");
    let lines = watcher.0.iter().filter(|e| matches!(e, Event::Line { .. })).count();
    assert_eq!(lines, 2);
}

#[test]
fn a_command_that_is_ended_says_so() {
    let end = Arc::new(AtomicBool::new(false));
    let mut runner = Real::new([("PATH".to_owned(), "/usr/bin:/bin".into())].into());
    runner = runner.ended_by(Arc::clone(&end));
    end.store(true, Ordering::Relaxed);
    let command = Command::new("sleep").arg("1000");
    let (mut watcher, mut log) = (Watcher::default(), nothing_kept());
    let problem = follow(&command, "build", &mut runner, &mut watcher, &mut log).unwrap_err();
    assert_eq!(problem.what, "`sleep 1000` ended with signal 15");
}

fn asking(program: &str, probes: usize) -> Command {
    let probe = |_| Command::new("ssh").args(["-o", "BatchMode=yes", "quartz", "true"]);
    let asks = Asks::new(program, "It may ask.").unless((0..probes).map(probe));
    Command::new("clan").args(["machines", "update", "quartz"]).asks(asks)
}

#[test]
fn a_host_without_a_way_to_it_is_named_and_the_command_is_heard() {
    const PROBE: &str = "ssh -o BatchMode=yes quartz true";
    let nowhere = "ssh: connect to host quartz port 22: No route to host\r\n";
    let mut runner = Scripted::default().expect(PROBE, 255, "", nowhere).expect(
        "clan machines update quartz",
        1,
        "",
        "[quartz] ssh: connect to host quartz port 22: No route to host\n\
         [quartz] failed with error: failed to upload sources\n\
         1 hosts failed with an error. Check the logs above\n",
    );
    let (mut watcher, mut log) = (Watcher::default(), nothing_kept());
    let command = asking("ssh", 1);
    let problem = follow(&command, "activate", &mut runner, &mut watcher, &mut log).unwrap_err();
    insta::assert_snapshot!(problem, @r"
    error: `quartz` cannot be reached: No route to host
    cause: `clan machines update quartz` ended with exit code 1
    hint: see with `ssh quartz` whether it is on and in reach, then go on with `doorstep resume`
    ");
    let said = Event::Said("`quartz` cannot be reached: No route to host.".to_owned());
    assert!(watcher.0.contains(&said), "{:?}", watcher.0);

    // Whatever else it says, it may be a question.
    for (code, said) in [(255, "zoe@quartz: Permission denied (publickey).\n"), (1, "")] {
        let mut runner = Scripted::default().expect(PROBE, code, "", said);
        assert!(probe(command.asks.as_ref().unwrap(), &mut runner).may_ask, "{said}");
    }
}

#[test]
fn rights_that_are_refused_are_told_as_that() {
    let mut runner = Scripted::default().expect("sudo -v", 1, "", "");
    let command = Command::new("sudo").arg("-v").asks(Asks::new("sudo", "It takes rights."));
    let (mut watcher, mut log) = (Watcher::default(), nothing_kept());
    let problem = follow(&command, "elevate", &mut runner, &mut watcher, &mut log).unwrap_err();
    insta::assert_snapshot!(problem, @r"
    error: sudo refused: it gave you no rights
    cause: a wrong password, none at all, or rules of this machine that leave you out
    cause: `sudo -v` ended with exit code 1
    ");
    // Of another command that had the terminal nothing is known but its end.
    let mut runner = Scripted::default().expect("clan", 1, "", "");
    let command = asking("ssh", 0);
    let problem = follow(&command, "activate", &mut runner, &mut watcher, &mut log).unwrap_err();
    insta::assert_snapshot!(problem, @r"
    error: `clan machines update quartz` ended with exit code 1
    cause: what it said stands on the terminal: it was read by nobody but you
    ");
}

/// Somebody whose program cannot be run, with or without a terminal.
struct Missing {
    has_terminal: bool,
}

impl Runner for Missing {
    fn run(&mut self, _: &Command, _: &mut dyn FnMut(Stream, &str)) -> Result<Exit, Problem> {
        Err(Problem::tool("`clan` could not be run"))
    }

    fn has_terminal(&self) -> bool {
        self.has_terminal
    }
}

#[test]
fn a_terminal_is_handed_over_only_where_there_is_one() {
    #[derive(Default)]
    struct Hands(Vec<String>);
    impl Attend for Hands {
        fn event(&mut self, _: Event) {}
        fn in_the_way(&mut self, _: &[InTheWay]) -> InTheWayChoice {
            InTheWayChoice::Stop
        }
        fn stop(&mut self) -> bool {
            false
        }
        fn hand_over(&mut self, hand: &HandOver) {
            self.0.push(format!("{} has it", hand.program));
        }
        fn taken_back(&mut self, _: &HandOver, exit: Option<&str>) {
            self.0.push(format!("it is back: {exit:?}"));
        }
    }
    let handed = |has_terminal: bool| {
        let (mut hands, mut log) = (Hands::default(), nothing_kept());
        let command = asking("clan", 0);
        let mut runner = Missing { has_terminal };
        let problem = follow(&command, "activate", &mut runner, &mut hands, &mut log).unwrap_err();
        assert_eq!(problem.what, "`clan` could not be run");
        hands.0
    };
    assert_eq!(handed(true), ["clan has it", "it is back: None"]);
    assert_eq!(handed(false), [""; 0]);
}
