//! What programs read: one object or one event a line, and nothing else on standard output.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value;

use super::ground::{Ground, ZOE, patiently};
use crate::world::{Ran, run, tool};

fn object(ran: &Ran) -> Value {
    let value: Value = serde_json::from_str(&ran.stdout).expect("one JSON value and nothing else");
    assert!(value.is_object(), "{value}");
    assert_eq!(value["version"], 1, "{value}");
    value
}

fn has_keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "`{key}` is not in {value}");
    }
}

#[test]
fn what_only_looks_prints_one_object_with_a_version() {
    let ground = Ground::new();
    let answers = ground.answers(ZOE);
    let json = |args: &[&str]| object(&run(&mut ground.world.as_zoe(args)).expect(0));

    let fleet = json(&["fleet", "--json"]);
    has_keys(
        &fleet,
        &["layout", "users", "machines", "aggregates", "sops", "secrets", "standalone"],
    );
    assert_eq!(fleet["layout"]["id"], "guide");
    assert_eq!(fleet["users"][0]["name"], "ada");
    assert_eq!(fleet["sops"]["keys"][0]["name"], "admin");
    assert_eq!(fleet["sops"]["rules"].as_array().unwrap().len(), 4);
    assert_eq!(fleet["secrets"][0]["rule"], 15);
    has_keys(&fleet["users"][0]["module"], &["file", "line"]);

    let plan = json(&["plan", "--as", "zoe", "--json", "--answers", &answers]);
    has_keys(&plan, &["user", "host", "fleet", "steps", "remarks"]);
    assert!(!plan["steps"].as_array().unwrap().is_empty());
    for step in plan["steps"].as_array().unwrap() {
        has_keys(step, &["id", "title", "why", "needs", "by_hand", "changes"]);
    }

    let who = json(&["recipients", "who", "secrets/users/ada.sops.yaml", "--json"]);
    has_keys(&who, &["file", "path", "rule", "readers"]);
    has_keys(&who["rule"], &["line", "index", "path_regex"]);
    let names: Vec<_> = who["readers"].as_array().unwrap().iter().map(|r| &r["name"]).collect();
    assert_eq!(names, ["ada-quartz", "admin"]);
}

#[test]
fn a_run_prints_one_event_a_line_and_the_result_last() {
    let ground = Ground::new();
    let answers = ground.answers(ZOE);
    let onboard = ["--json", "--answers", &answers];
    let ran = run(&mut ground.onboard(&onboard)).expect(0);
    let events = ran.events();
    assert_eq!((&events[0]["event"], &events[0]["version"]), (&"planned".into(), &1.into()));
    assert!(events.iter().all(|event| event["event"].is_string()));
    let result = events.last().unwrap();
    assert_eq!(result["event"], "result");
    assert_eq!((&result["outcome"], &result["exit"]), (&"done".into(), &0.into()));
    assert!(result["receipt"].as_str().unwrap().starts_with("~/"), "{result}");

    let again = run(&mut ground.onboard(&onboard)).expect(0).events();
    assert_eq!(again.last().unwrap()["outcome"], "already_so");
    let undone = run(&mut ground.world.as_zoe(&["undo", "--json"])).expect(0).events();
    assert_eq!(undone.last().unwrap()["event"], "result");
}

#[test]
fn what_ends_a_run_early_is_an_event_too() {
    let ground = Ground::new();
    let cases: [(&[&str], i32); 5] = [
        (&["onboard", "--as", "zoe", "--no-activation", "--yes", "--json"], 2),
        (&["plan", "--as", "zoe", "--json"], 2),
        (&["fleet", "--json", "--fleet", "/no/such"], 1),
        (&["recipients", "who", "a", "--json", "--fleet", "/no/such"], 1),
        (&["undo", "--json"], 1),
    ];
    for (args, code) in cases {
        let ran = patiently(&mut ground.world.as_zoe(args)).expect(code);
        let events = ran.events();
        let last = events.last().expect("an event");
        assert_eq!((&last["event"], &last["exit"]), (&"problem".into(), &code.into()), "{last}");
        has_keys(last, &["version", "error", "causes", "hints"]);
        assert!(ran.stderr.contains("error: "), "people are told as well: {}", ran.stderr);
    }
}

/// A run that is stopped ends with 3; it can go on, and then ends with 0.
#[test]
fn a_run_that_is_stopped_says_so_and_goes_on() {
    let ground = Ground::new();
    let bin = ground.at("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("nix"), "#!/bin/sh\necho at work\nexec sleep 600\n").unwrap();
    fs::set_permissions(bin.join("nix"), fs::Permissions::from_mode(0o755)).unwrap();
    let answers = ground.answers(ZOE);
    let args = ["onboard", "--as", "zoe", "--yes", "--json", "--answers", &answers];
    let mut command = ground.world.as_zoe(&args);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut interrupt = tool("kill", ["-INT".to_owned(), child.id().to_string()]);
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);

    // Once to stop after the step, once more, when that was heard, to end the step.
    assert!(told.any(|line| line.contains("at work")), "the build has begun");
    run(&mut interrupt).expect(0);
    assert!(said.any(|line| line.contains("Stopping after this step")), "it was heard");
    run(&mut interrupt).expect(0);
    let last: Value = serde_json::from_str(&told.last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["outcome"]), (&"result".into(), &"stopped".into()));
    assert_eq!(child.wait().unwrap().code(), Some(3));

    let mut resume = ground.world.as_zoe(&["resume", "--json"]);
    let resumed = run(resume.env("NIX_CONFIG", "substituters =")).expect(0).events();
    assert_eq!(resumed.last().unwrap()["outcome"], "done");
}

#[test]
fn the_command_line_itself_is_an_answer_that_can_be_wrong() {
    let ground = Ground::new();
    for args in [&["onbord"][..], &["onboard", "--aswers", "x"], &["recipients"]] {
        patiently(&mut ground.world.as_zoe(args)).expect(2);
    }
    for args in [&["--help"][..], &["--version"], &["answers"]] {
        patiently(&mut ground.world.as_zoe(args)).expect(0);
    }
}
