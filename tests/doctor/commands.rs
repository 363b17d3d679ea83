//! The command: what it prints, its exit codes, `--only`, `--fix`, the report.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::world::{KEYS, MODULE, PRACTICE, World, git};

impl World {
    fn doorstep(&self, args: &[&str]) -> Output {
        let _ = fs::rename(self.at("practice-marker"), self.at(PRACTICE));
        Command::new(env!("CARGO_BIN_EXE_doorstep"))
            .args(args)
            .current_dir(self.at("fleet"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.at("home"))
            .env("USER", "zoe")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    fn json(&self, args: &[&str]) -> (Option<i32>, Value) {
        let output = self.doorstep(args);
        let value = serde_json::from_slice(&output.stdout);
        let value =
            value.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), value)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const FILES: [&str; 4] = ["--only", "fleet,keys,secrets,sops.yaml", "--user", "zoe"];

#[test]
fn nothing_wrong_is_said_and_exits_with_zero() {
    let world = World::new();
    let output = world.doorstep(&[&["doctor"], &FILES[..]].concat());
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
    assert!(said.contains("Nothing is wrong that doorstep can see."), "{said}");
}

#[test]
fn a_finding_is_told_with_how_it_is_known() {
    let world = World::new();
    world.set_mode(KEYS, 0o644);
    let output = world.doorstep(&[&["doctor"], &FILES[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    let finding = said.split("\n\n").nth(2).unwrap();
    insta::assert_snapshot!(finding, @r"
    ! keys      other accounts can read your private key file (mode 0644)
      Seen        stat ~/.config/sops/age/keys.txt: can be read by other accounts (mode 0644)
      Why         Whoever reads the key can open every secret that is encrypted
                  for you, now and in git's history.
      What to do  Close the key file (safe)
                    chmod 0600 ~/.config/sops/age/keys.txt
      Class       key-file-open
    ");
}

#[test]
fn fix_mends_all_that_is_safe_and_undo_takes_each_back() {
    let world = World::new();
    world.set_mode(KEYS, 0o644);
    git(&world.at("fleet"), &["rm", "--cached", "--quiet", "modules/home/users/zoe/default.nix"]);
    git(&world.at("fleet"), &["commit", "--quiet", "--message", "x"]);
    let before = world.picture();
    let args = [&["doctor", "--fix", "--yes", "--json"], &FILES[..]].concat();
    let (code, report) = world.json(&args);
    assert_eq!((code, report["findings"].as_array().unwrap().len()), (Some(0), 0), "{report:#}");
    let fixed: Vec<&str> =
        report["fixed"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect();
    assert_eq!(fixed, ["untracked-file", "key-file-open"]);
    for _ in fixed {
        assert_eq!(world.doorstep(&["undo"]).status.code(), Some(0));
    }
    assert_eq!(world.picture(), before);
}

#[test]
fn without_anybody_to_ask_nothing_is_fixed() {
    let world = World::new();
    world.set_mode(KEYS, 0o644);
    let before = world.picture();
    let output = world.doorstep(&[&["doctor", "--fix"], &FILES[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("nobody can be asked whether to go on"));
    assert_eq!(world.picture(), before);
}

#[test]
fn an_unknown_check_is_refused_and_all_are_listed() {
    let world = World::new();
    let output = world.doorstep(&["doctor", "--only", "nonsense"]);
    assert_eq!(output.status.code(), Some(2));
    let list = text(&world.doorstep(&["doctor", "--only", "help"]).stdout);
    assert!(list.contains("key-place") && list.contains("sops.yaml"), "{list}");
}

#[test]
fn a_report_has_no_home_and_no_secret_and_names_only_if_wanted() {
    let world = World::new();
    world.change(MODULE, |text| text.replace("\"users/zoe\"", "\"users/zeo\""));
    for name in ["report.md", "report.json"] {
        let file = world.at(name);
        let args = ["doctor", "--report", file.to_str().unwrap(), "--no-names"];
        assert_eq!(world.doorstep(&args).status.code(), Some(1));
        let report = fs::read_to_string(&file).unwrap();
        assert!(report.contains("module-wrong-name") && report.contains("doorstep"), "{report}");
        assert!(!report.contains(world.at("home").to_str().unwrap()), "{report}");
        for name in ["ada", "grace", "Moreau"] {
            let is_there = report.split(|c: char| !c.is_alphanumeric()).any(|word| word == name);
            assert!(!is_there, "{name}: {report}");
        }
        assert!(!report.contains("AGE-SECRET-KEY"));
    }
    let printed = text(&world.doorstep(&["report"]).stdout);
    assert!(printed.starts_with("# Report of doorstep"), "{printed}");
}

/// The shape that `src/command/doctor/json.rs` describes.
#[test]
fn the_json_has_its_shape() {
    let world = World::new();
    world.set_mode(KEYS, 0o644);
    let (code, report) = world.json(&["doctor", "--json", "--only", "key-files,home-module,rule"]);
    assert_eq!(code, Some(1));
    let keys = |value: &Value| -> Vec<String> {
        value.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
    };
    assert_eq!(
        keys(&report),
        [
            "version",
            "user",
            "host",
            "system",
            "fleet",
            "checks",
            "seconds",
            "findings",
            "not_checked",
            "fine",
            "fixed"
        ]
    );
    assert_eq!((&report["version"], &report["checks"]), (&Value::from(1), &Value::from(3)));
    let finding = &report["findings"][0];
    assert_eq!(
        keys(finding),
        ["id", "check", "group", "severity", "summary", "why", "evidence", "follows_from", "fixes"]
    );
    assert_eq!(keys(&finding["evidence"][0]), ["at", "shown"]);
    let fix = &finding["fixes"][0];
    assert_eq!(keys(fix), ["title", "risk", "plan", "text"]);
    assert_eq!((fix["risk"].as_str(), fix["text"].is_null()), (Some("safe"), true));
    assert_eq!(fix["plan"][0]["changes"][0]["after"], "0600");
    assert_eq!(keys(&report["fine"][0]), ["check", "group"]);
    world.remove("fleet/.git");
    let (code, report) = world.json(&["doctor", "--json", "--only", "tracked"]);
    assert_eq!(code, Some(0));
    assert_eq!(keys(&report["not_checked"][0]), ["check", "group", "because"]);
}

#[test]
fn one_check_alone_is_made_and_mended() {
    let world = World::new();
    world.set_mode(KEYS, 0o644);
    git(&world.at("fleet"), &["rm", "--cached", "--quiet", "modules/home/users/zoe/default.nix"]);
    let (code, report) = world.json(&["doctor", "--fix", "--yes", "--json", "--only", "key-files"]);
    assert_eq!((code, report["checks"].as_u64()), (Some(0), Some(1)), "{report:#}");
    assert_eq!(report["fixed"][0]["id"], "key-file-open");
    // What was not asked about stays.
    let status = git(&world.at("fleet"), &["status", "--porcelain"]);
    assert!(status.contains("?? modules/home/users/zoe/"), "{status}");
}

/// What the last run left, in the words of Nix's structured log.
#[test]
fn a_report_explains_the_last_run_that_failed() {
    let world = World::new();
    let key = "AGE-SECRET-KEY-1QQPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGP";
    world.write(
        "home/.local/state/doorstep/logs/2026-01-01T00-00-00Z.log",
        &format!("doorstep log 1\n0 $ build nix build .#x\n20 e {key}\n40 r {{\"action\":\"msg\",\"level\":0,\"msg\":\"error: The option `programs.nosuch' does not exist. Definition values:\"}}\n90 . 1 exit code 1\n"),
    );
    let report = text(&world.doorstep(&["report"]).stdout);
    assert!(
        report.contains("## The last failure") && report.contains("option-does-not-exist"),
        "{report}"
    );
    assert!(report.contains("- doorstep: ") && report.contains("- git: git version"), "{report}");
    assert!(!report.contains("QQPQYQSZ"), "a key is in the report");
}

/// With the Nix that is here, and the practice fleet, which needs no network.
#[test]
fn nix_itself_is_asked_when_the_check_is_named() {
    let world = World::new();
    let (code, report) = world.json(&["doctor", "--json", "--only", "evaluation"]);
    assert_eq!((code, report["checks"].as_u64()), (Some(0), Some(1)), "{report:#}");
    world.change(MODULE, |text| {
        text.replacen("imports = ", "home.nosuch = true;\n      imports = ", 1)
    });
    let (code, report) = world.json(&["doctor", "--json", "--only", "evaluation"]);
    let finding = &report["findings"][0];
    assert_eq!((code, finding["check"].as_str()), (Some(1), Some("evaluation")), "{report:#}");
    let at = finding["evidence"][0]["at"].as_str().unwrap();
    assert!(at.contains("homeConfigurations"), "{report:#}");
    // Its group does not mean it: it takes long.
    let (_, report) = world.json(&["doctor", "--json", "--only", "fleet"]);
    assert!(!report["fine"].as_array().unwrap().iter().any(|f| f["check"] == "evaluation"));
}
