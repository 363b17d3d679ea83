//! The fold, on logs that Nix has written (tests/nix-logs) and on streams made up to mislead it.

use proptest::prelude::*;

use super::*;
use crate::activate::nix_log::record::Activity;
use crate::activate::nix_log::{Failing, Line, line};

const LOGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nix-logs");

fn kept(name: &str) -> Vec<u8> {
    std::fs::read(format!("{LOGS}/{name}")).unwrap()
}

/// Folds a stream of lines that come a millisecond after one another.
fn fold(log: &[u8]) -> Build {
    let mut build = Build::new();
    feed(&mut build, log);
    build
}

fn feed(build: &mut Build, log: &[u8]) {
    for (n, bytes) in log.split(|b| *b == b'\n').enumerate() {
        let at = Duration::from_millis(n as u64);
        match line(bytes) {
            Line::Record(record) => build.record(at, &record),
            Line::Plain(text) if text.starts_with('{') => {
                if let Some(record) = crate::activate::nix_log::record(bytes) {
                    build.record(at, &record);
                }
            }
            Line::Plain(text) => build.line(at, &text),
            Line::Broken => {}
        }
    }
}

fn second(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn say(build: &mut Build, at: u64, json: serde_json::Value) {
    let text = json.to_string();
    build.record(second(at), &crate::activate::nix_log::record(text.as_bytes()).unwrap());
}

#[test]
fn every_recorded_failure_is_one_and_names_what_and_why() {
    let told: Vec<String> = [
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
    ]
    .iter()
    .map(|name| {
        let mut build = fold(&kept(name));
        build.ended(second(9), false);
        let cause = build.cause().map_or_else(|| "NOTHING".to_owned(), Failure::headline);
        let consequences = build.failures().filter(|f| f.is_consequence).count();
        let failed =
            usize::from(name.starts_with('2') && !name.contains("eval") && !name.contains("syn"));
        assert_eq!(build.builds().failed, failed, "{name}");
        format!("{name}: {cause} (+{consequences})")
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    2.8-fail.stderr: `bad` could not be built: builder failed with exit code 1 (+1)
    2.34-fail.stderr: `bad` could not be built: builder failed with exit code 3 (+1)
    2.34-fail-keepgoing.stderr: `bad` could not be built: builder failed with exit code 3 (+1)
    2.34-daemon-untrusted-fail.stderr: `bad` could not be built: builder failed with exit code 3 (+1)
    2.34-nixbuild.stderr: `bad` could not be built: builder failed with exit code 3 (+1)
    2.34-fod.stderr: `fod` could not be built: hash mismatch: specified sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, got sha256-mOpuTyFvL7S2n/+bOkSELDhobKaF8/VdxIxdP7EQe+Q= (+0)
    2.34-eval.stderr: `/home/zoe/fleet/eval.nix:1:83`: attribute 'nope' missing (+0)
    2.34-syn.stderr: `/home/zoe/fleet/syn.nix:2:5`: syntax error, unexpected '=', expecting ';' (+0)
    hm-switch-json.stderr: `/home/x/.zshrc`: the file is there already and would be replaced (+0)
    hm-switch-jlp.stderr: `/home/x/.zshrc`: the file is there already and would be replaced (+0)
    ");
}

#[test]
fn a_success_is_none_of_it() {
    for name in ["2.34-ok.stderr", "2.34-dry.stderr", "jlp.stderr", "2.34-json-log-path.jsonl"] {
        let mut build = fold(&kept(name));
        build.ended(second(9), true);
        assert!(build.cause().is_none(), "{name}");
        assert_eq!(build.failures().count(), 0, "{name}");
        assert!(build.running(second(9)).is_empty(), "{name}");
        assert_eq!(build.stage(), Stage::Ended);
    }
}

#[test]
fn counts_follow_a_build_step_by_step() {
    let log = kept("2.34-ok.stderr");
    let mut build = Build::new();
    let mut seen = Vec::new();
    for bytes in log.split_inclusive(|b| *b == b'\n') {
        feed(&mut build, bytes.trim_ascii_end());
        let Counts { done, failed, running, waiting } = build.builds();
        let now = format!("{done} done, {failed} failed, {running} running, {waiting} waiting");
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    insta::assert_snapshot!(seen.join("\n"), @r"
    0 done, 0 failed, 0 running, 0 waiting
    0 done, 0 failed, 0 running, 1 waiting
    0 done, 0 failed, 0 running, 2 waiting
    0 done, 0 failed, 0 running, 3 waiting
    0 done, 0 failed, 1 running, 2 waiting
    1 done, 0 failed, 0 running, 2 waiting
    1 done, 0 failed, 1 running, 1 waiting
    2 done, 0 failed, 0 running, 1 waiting
    2 done, 0 failed, 1 running, 0 waiting
    3 done, 0 failed, 0 running, 0 waiting
    ");
}

#[test]
fn without_a_list_the_counters_are_not_over_by_one() {
    let log = String::from_utf8(kept("2.34-ok.stderr")).unwrap();
    let lines = log.lines().filter(|l| !l.contains("\"  /nix/store/"));
    let mut build = Build::new();
    let mut waiting = Vec::new();
    for text in lines {
        feed(&mut build, text.as_bytes());
        if text.contains(r#""action":"stop""#) || text.contains(r#""type":105}"#) {
            waiting.push(build.builds().waiting);
        }
    }
    waiting.dedup();
    assert_eq!(waiting, [0, 1, 2, 3, 2, 1, 0]);
}

#[test]
fn what_runs_is_the_longest_first_with_its_phase() {
    let mut build = Build::new();
    for (at, id, name) in [(1, 10, "b"), (1, 11, "a"), (4, 12, "c")] {
        let drv = format!("/nix/store/00000000000000000000000000000000-{name}.drv");
        let host = if name == "c" { "ssh://builder" } else { "" };
        say(
            &mut build,
            at,
            serde_json::json!({
                "action": "start", "id": id, "level": 3, "type": 105, "fields": [drv, host, 1, 1], "text": "building",
            }),
        );
    }
    say(
        &mut build,
        5,
        serde_json::json!({ "action": "result", "id": 12, "type": 104, "fields": ["buildPhase"] }),
    );
    let shown: Vec<String> = build
        .running(second(6))
        .iter()
        .map(|r| match r.task {
            Task::Build { drv, host } => {
                format!("{} {host} {:?} {}", name_of(drv), r.phase, r.elapsed.as_secs())
            }
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(shown, ["b  None 5", "a  None 5", "c ssh://builder Some(\"buildPhase\") 2"]);
    say(&mut build, 9, serde_json::json!({ "action": "stop", "id": 10 }));
    assert_eq!(build.running(second(9)).len(), 2);
    assert_eq!(build.finished().next().unwrap().took, second(8));
    assert_eq!(build.builds(), Counts { done: 1, failed: 0, running: 2, waiting: 0 });
}

#[test]
fn downloads_are_bytes_and_a_part_is_not_shown_beside_its_whole() {
    let mut build = Build::new();
    let start = |id: u64, parent: u64, kind: u64, fields: &[&str]| serde_json::json!({ "action": "start", "id": id, "parent": parent, "level": 4, "type": kind, "fields": fields, "text": "" });
    let progress = |id: u64, done: u64, expected: u64| serde_json::json!({ "action": "result", "id": id, "type": 105, "fields": [done, expected, 0, 0] });
    assert_eq!(build.downloads(), Bytes::default());
    say(&mut build, 1, start(1, 0, 102, &[]));
    say(
        &mut build,
        1,
        serde_json::json!({ "action": "result", "id": 1, "type": 106, "fields": [101, 1000] }),
    );
    say(&mut build, 1, start(2, 0, 108, &["/nix/store/x-neovim", "https://cache.example"]));
    say(
        &mut build,
        1,
        start(3, 2, 100, &["/nix/store/x-neovim", "https://cache.example", "local"]),
    );
    say(&mut build, 1, start(4, 3, 101, &["https://cache.example/nar/x.nar.xz"]));
    say(&mut build, 2, progress(4, 300, 400));
    say(&mut build, 2, progress(3, 900, 1200));
    assert_eq!(build.downloads(), Bytes { done: 300, expected: Some(1000) });
    let running = build.running(second(2));
    assert_eq!(running.len(), 1);
    assert!(matches!(running[0].task, Task::Substitute { .. }));
    assert_eq!(running[0].bytes, Some(Bytes { done: 900, expected: Some(1200) }));
    assert_eq!(build.copies().running, 1);
    // Beyond what any number of bytes can be.
    say(&mut build, 2, progress(4, 1 << 63, u64::MAX));
    assert_eq!(build.downloads(), Bytes { done: 0, expected: Some(1000) });
    say(&mut build, 3, progress(4, 400, 400));
    for id in [4, 3, 2, 1] {
        say(&mut build, 3, serde_json::json!({ "action": "stop", "id": id }));
    }
    assert_eq!(build.downloads(), Bytes { done: 400, expected: Some(400) });
    assert_eq!(build.copies(), Counts { done: 1, failed: 0, running: 0, waiting: 0 });
}

#[test]
fn reading_is_shown_as_such_until_something_is_built() {
    let mut build = Build::new();
    assert_eq!(build.stage(), Stage::Reading);
    let log = kept("hm-switch-json.stderr");
    let mut stages = Vec::new();
    for bytes in log.split_inclusive(|b| *b == b'\n') {
        feed(&mut build, bytes.trim_ascii_end());
        stages.push(build.stage());
    }
    build.line(second(2), "Activating writeBoundary");
    build.line(second(3), "Activating linkGeneration");
    build.ended(second(5), true);
    stages.push(build.stage());
    stages.dedup();
    assert_eq!(stages, [Stage::Reading, Stage::Building, Stage::Ended]);
    let phases: Vec<_> =
        build.phases().iter().map(|p| (p.name.as_str(), p.began, p.ended.unwrap())).collect();
    assert_eq!(
        phases,
        [("writeBoundary", second(2), second(3)), ("linkGeneration", second(3), second(5))]
    );
}

#[test]
fn silence_is_noticed_with_what_was_last() {
    let mut build = Build::new();
    build.line(second(1), "building '/nix/store/00000000000000000000000000000000-neovim.drv'...");
    say(
        &mut build,
        2,
        serde_json::json!({
            "action": "start", "id": 7, "level": 3, "type": 108, "fields": ["/nix/store/00000000000000000000000000000000-neovim-0.11.5", "x"], "text": "",
        }),
    );
    assert_eq!(build.quiet(second(31), second(30)), None);
    assert_eq!(build.quiet(second(32), second(30)), Some((second(30), "fetching neovim-0.11.5")));
    build.ended(second(40), false);
    assert_eq!(build.quiet(second(90), second(30)), None);
}

#[test]
fn plain_text_is_read_where_there_is_nothing_better() {
    let mut build = fold(&kept("jlp.stderr"));
    assert_eq!(build.stage(), Stage::Building);
    assert_eq!(build.builds().running, 3);
    assert!(build.running(second(1)).iter().all(|running| running.is_guess));
    build.line(second(1), "a> compiling");
    let drv = "/nix/store/d598rll2xr1jv9bywkcz2vrv9rzyibmj-a.drv";
    assert_eq!(build.log(drv).collect::<Vec<_>>(), ["compiling"]);
    build.line(second(2), &format!("error: builder for '{drv}' failed with exit code 1;"));
    build.line(second(2), "       last 1 log lines:");
    build.line(second(2), "       > compiling");
    build.line(second(2), "       For full logs, run 'nix log'.");
    build.line(
        second(2),
        "error: 1 dependencies of derivation '/nix/store/x-c.drv' failed to build",
    );
    build.ended(second(3), false);
    let cause = build.cause().unwrap();
    assert_eq!(cause.headline(), "`a` could not be built: builder failed with exit code 1");
    assert!(cause.text.ends_with("For full logs, run 'nix log'."), "{}", cause.text);
    assert_eq!(build.failures().count(), 2);
}

#[test]
fn records_replace_what_text_made_guess() {
    let mut build = Build::new();
    let drv = "/nix/store/00000000000000000000000000000000-a.drv";
    build.line(second(1), &format!("building '{drv}'..."));
    say(
        &mut build,
        1,
        serde_json::json!({
            "action": "start", "id": 3, "level": 3, "type": 105, "fields": [drv, "", 1, 1], "text": "",
        }),
    );
    build.line(second(1), &format!("building '{drv}'..."));
    assert_eq!(build.running(second(2)).len(), 1);
    assert!(!build.running(second(2))[0].is_guess);
}

#[test]
fn words_beside_records_count_once() {
    for name in ["2.34-fail.stderr", "2.34-fod.stderr", "2.34-eval.stderr", "2.8-fail.stderr"] {
        let alone = fold(&kept(name));
        let mut both = Build::new();
        for bytes in kept(name).split(|b| *b == b'\n') {
            let Line::Record(record) = line(bytes) else { continue };
            both.record(second(1), &record);
            for text in both.human(&record) {
                both.line(second(1), &text);
            }
        }
        both.ended(second(2), false);
        let all = |build: &Build| build.failures().map(Failure::headline).collect::<Vec<_>>();
        assert_eq!(all(&both), all(&alone), "{name}");
        assert_eq!(both.builds(), Counts { running: 0, waiting: 0, ..alone.builds() }, "{name}");
    }
}

#[test]
fn machines_are_told_apart_by_their_mark() {
    let mut build = Build::of_command("clan machines update onyx quartz");
    for text in [
        "[onyx] activating the configuration...",
        "[onyx] setting up /etc...",
        "[quartz] error: cannot connect",
        "[quartz]        to it",
        "[1] is no machine",
    ] {
        build.line(second(1), text);
    }
    build.ended(second(2), false);
    let [onyx, quartz] = build.machines() else { panic!("two") };
    assert_eq!((onyx.last.as_str(), onyx.failure.is_none()), ("setting up /etc...", true));
    assert_eq!(onyx.lines().count(), 2);
    assert_eq!(quartz.failure.as_ref().unwrap().reason, "cannot connect");
    assert_eq!(build.phases()[1].machine.as_deref(), Some("onyx"));
    assert_eq!(build.phases()[1].name, "setting up /etc");
}

#[test]
fn one_process_of_two_does_not_end_the_other() {
    let text = String::from_utf8(kept("2.34-ok.stderr")).unwrap();
    // The same build by another process: other ids, other derivations.
    let other =
        text.replace("54881", "64881").replace("-a.drv", "-x.drv").replace("-b.drv", "-y.drv");
    let mut build = Build::new();
    for (a, b) in text.lines().zip(other.lines()) {
        feed(&mut build, a.as_bytes());
        feed(&mut build, b.as_bytes());
    }
    assert_eq!(build.builds().done, 6);
    assert_eq!((build.builds().running, build.builds().waiting), (0, 0));
}

#[test]
fn a_log_line_is_shown_with_its_builds_name() {
    let build = fold(br#"@nix {"action":"start","id":5,"level":3,"type":105,"fields":["/nix/store/00000000000000000000000000000000-a.drv","",1,1],"text":"building 'a'"}"#);
    let human = |text: &str| {
        let record = crate::activate::nix_log::record(text.as_bytes()).unwrap();
        build.human(&record)
    };
    assert_eq!(
        human(r#"{"action":"result","id":5,"type":101,"fields":["cc x.c"]}"#),
        ["a> cc x.c"]
    );
    assert_eq!(human(r#"{"action":"result","id":6,"type":101,"fields":["cc"]}"#), ["cc"]);
    assert_eq!(human(r#"{"action":"msg","level":1,"msg":"a\nb"}"#), ["a", "b"]);
    assert!(human(r#"{"action":"msg","level":4,"msg":"evaluating file"}"#).is_empty());
    assert!(human(r#"{"action":"stop","id":5}"#).is_empty());
}

#[test]
fn whatever_comes_memory_is_bounded() {
    let mut build = Build::new();
    let long = "x".repeat(5000);
    let drv_of = |n: u64| format!("/nix/store/{n:032}-{}.drv", &long[..200]);
    for n in 0..10_500_u64 {
        let activity = Activity::Build { drv: drv_of(n).into(), host: long.as_str().into() };
        let text = long.as_str().into();
        build.record(second(n), &Record::Start { id: n, parent: 0, level: 3, activity, text });
        let report = Report::Log(long.as_str().into());
        build.record(second(n), &Record::Result { id: n, report });
    }
    for n in 0..1000 {
        build.line(second(n), &format!("error: {n} {long}"));
        build.line(second(n), &format!("Activating p{n}"));
    }
    let report = Report::Log(long.as_str().into());
    let line = Record::Result { id: 10_000 - 1, report };
    (0..20_000).for_each(|n| build.record(second(n), &line));
    assert!(build.tails.size() < 18 << 20, "{}", build.tails.size());
    assert_eq!(build.running(second(0)).len(), 10_000);
    assert_eq!(build.failures().count(), MOST_FAILURES);
    assert_eq!(build.failures_not_kept(), 1000 - MOST_FAILURES);
    assert_eq!(build.phases().len(), MOST_PHASES);
    let drv = drv_of(10_000 - 1);
    let (kept, gone) = (build.log(&drv).count(), build.log_lines_gone(&drv));
    assert!(kept >= 30 && kept as u64 + gone == 20_001, "{kept} and {gone}");
}

#[test]
fn an_error_of_evaluation_points_into_the_fleet() {
    let build = fold(&kept("2.34-eval.stderr"));
    let failure = build.failures().next().unwrap();
    assert!(
        matches!(&failure.what, Failing::File { file, line: 1, column: 83 } if file == "/home/zoe/fleet/eval.nix")
    );
}

proptest! {
    #[test]
    fn a_log_cut_anywhere_is_folded(cut in 0..6800_usize, which in 0..3_usize) {
        let name = ["2.34-ok.stderr", "2.34-fail.stderr", "hm-switch-json.stderr"][which];
        let log = kept(name);
        let mut build = fold(&log[..cut.min(log.len())]);
        let Counts { done, failed, running, waiting } = build.builds();
        prop_assert!(done + failed + running + waiting <= 3);
        build.ended(second(9), false);
        prop_assert_eq!(build.builds().running + build.builds().waiting, 0);
    }

    #[test]
    fn lines_in_any_order_are_folded(order in prop::collection::vec(0..82_usize, 0..200)) {
        let log = kept("2.34-ok.stderr");
        let lines: Vec<&[u8]> = log.split(|b| *b == b'\n').collect();
        let mut build = Build::new();
        for at in order {
            feed(&mut build, lines[at % lines.len()]);
        }
        let _ = (build.builds(), build.copies(), build.downloads(), build.running(second(1)));
        let counts = build.builds();
        prop_assert!(counts.running <= 3 && counts.waiting <= 4);
    }

    #[test]
    fn garbage_is_folded(lines in prop::collection::vec("(@nix |\\{|\"action\":\"(msg|start|stop|result)\"|,|\\}|\"id\":[0-9]{1,3}|\"type\":1[01][0-9]|error: |building '|Activating |\\[|\\PC){0,12}", 0..40)) {
        let mut build = Build::of_command("clan machines update m");
        for text in &lines {
            feed(&mut build, text.as_bytes());
        }
        build.ended(second(1), false);
        let _ = build.cause().map(Failure::headline);
    }
}
