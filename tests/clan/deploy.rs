//! Somebody is brought in through the binary, and their machines are updated: what is run, in which
//! order, and what is told of each machine, when all goes well and when one of three fails.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::binary::{Ran, World, run, tool};
use crate::scene::{KEY, SSH};

/// A fixture fleet, its administrator, and programs that stand in for clan and ssh.
struct Fleet {
    world: World,
    broken: Option<&'static str>,
    /// How it refuses, in the words of the stand-ins.
    refuses: &'static str,
    /// What clan ends with then.
    code: &'static str,
    prompt: bool,
}

impl Fleet {
    fn new(fixture: &str) -> Self {
        let fleet =
            Self { world: World::new(), broken: None, refuses: "", code: "1", prompt: false };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleets").join(fixture);
        run(tool("cp", ["-r"]).arg(from).arg(fleet.at("fleet"))).expect(0);
        fleet.git(&["init", "--quiet"]);
        fleet.git(&["add", "--all"]);
        let me = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        fleet.git(&[&me[..], &["commit", "--quiet", "--message", "Begin"]].concat());
        fs::create_dir(fleet.at("bin")).unwrap();
        fleet.lend("clan");
        fleet.lend("ssh");
        fleet
    }

    fn at(&self, path: &str) -> PathBuf {
        self.world.at(path)
    }

    /// Puts a program on the administrator's `PATH`.
    fn lend(&self, program: &str) {
        let stand_ins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-ins");
        symlink(stand_ins.join(program), self.at("bin").join(program)).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        run(tool("git", ["-C"]).arg(self.at("fleet")).args(arguments)).expect(0).stdout
    }

    /// Only what is lent is there besides the system's own programs.
    fn doorstep(&self, args: &[&str]) -> Command {
        let mut command = self.world.doorstep(args);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.at("bin").display()));
        command.env("STAND_IN_ARGUMENTS", self.at("arguments"));
        command.env("STAND_IN_LOG", self.at("log"));
        command.env("STAND_IN_USER", "zoe");
        command.envs(self.broken.map(|machine| ("STAND_IN_BROKEN", machine)));
        command.env("STAND_IN_REFUSES", self.refuses).env("STAND_IN_CODE", self.code);
        command.envs(self.prompt.then_some(("STAND_IN_PROMPT", "1")));
        command
    }

    fn onboard(&self, hosts: &str, more: &str) -> Command {
        let answers = format!(
            "username: zoe\nname: Zoe Adeyemi\nemail: zoe@example.com\nmode: integrated\n\
             hosts: [{hosts}]\naggregates: [aggregate-core, aggregate-shell]\nkey: {KEY}\n\
             ssh_keys: [\"{SSH}\"]\nsecrets: {{}}\n{more}\n"
        );
        fs::write(self.at("zoe.yaml"), answers).unwrap();
        let mut command = self.doorstep(&["onboard", "--yes", "--json"]);
        command.arg("--fleet").arg(self.at("fleet")).arg("--answers").arg(self.at("zoe.yaml"));
        command
    }

    /// What was run of clan and ssh, in order.
    fn log(&self) -> String {
        fs::read_to_string(self.at("log")).unwrap_or_default().replace(KEY, "KEY")
    }
}

/// One line for every step, every machine and the end.
fn told(ran: &Ran) -> String {
    let mut lines = Vec::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for event in ran.events() {
        match event["event"].as_str().unwrap() {
            "ended" => {
                let because = text(&event["because"]);
                lines.push(format!(
                    "{} {} {because}",
                    text(&event["step"]),
                    text(&event["outcome"])
                ));
            }
            "checked" if event["what"] == "machine" => lines.push(format!(
                "{} {}: {}",
                text(&event["machine"]),
                text(&event["state"]),
                text(&event["words"])
            )),
            "result" => {
                for left in event["left"].as_array().unwrap() {
                    lines.push(format!(
                        "left to {}: {}",
                        text(&left["for"]),
                        [text(&left["what"]), text(&left["host"])].join(" ")
                    ));
                }
                lines.push(text(&event["outcome"]));
            }
            _ => {}
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

const THREE: &str = "slate, shale, marl";
const GO_ON: &str = "deploy: now\nif_failed: go_on";

#[test]
fn nothing_is_updated_unless_it_is_asked_for() {
    let fleet = Fleet::new("clan-files");
    let ran = run(&mut fleet.onboard(THREE, "")).expect(0);
    crate::shown("deploy-later", told(&ran));
    assert!(!fleet.log().contains("machines update"), "{}", fleet.log());
}

#[test]
fn machines_are_updated_one_after_the_other() {
    let fleet = Fleet::new("clan-files");
    let ran = run(&mut fleet.onboard(THREE, "deploy: now")).expect(0);
    crate::shown("deploy-now", format!("{}\n\n{}", told(&ran), fleet.log()));
}

#[test]
fn the_queue_stops_at_a_machine_that_fails() {
    let fleet = Fleet { broken: Some("shale"), ..Fleet::new("clan-files") };
    let ran = run(&mut fleet.onboard(THREE, "deploy: now\nif_failed: stop")).expect(1);
    crate::shown("deploy-stop", format!("{}\n\n{}", told(&ran), fleet.log()));

    // Once it is mended, the rest is done, and nothing twice.
    fs::remove_file(fleet.at("log")).unwrap();
    let fleet = Fleet { broken: None, ..fleet };
    let ran = run(&mut fleet.doorstep(&["resume", "--json"])).expect(0);
    crate::shown("deploy-stop-resumed", format!("{}\n\n{}", told(&ran), fleet.log()));
}

#[test]
fn or_goes_on_with_the_others() {
    let fleet = Fleet { broken: Some("shale"), ..Fleet::new("clan-files") };
    let ran = run(&mut fleet.onboard(THREE, GO_ON)).expect(1);
    crate::shown("deploy-go_on", format!("{}\n\n{}", told(&ran), fleet.log()));

    // Those that got there are not updated again.
    fs::remove_file(fleet.at("log")).unwrap();
    let fleet = Fleet { broken: None, ..fleet };
    let ran = run(&mut fleet.doorstep(&["resume", "--json"])).expect(0);
    crate::shown("deploy-go_on-resumed", format!("{}\n\n{}", told(&ran), fleet.log()));
}

#[test]
fn a_good_code_of_clan_does_not_hide_a_machine_that_failed() {
    let fleet = Fleet { broken: Some("shale"), code: "0", ..Fleet::new("clan-files") };
    let ran = run(&mut fleet.onboard(THREE, GO_ON)).expect(1);
    let told = told(&ran);
    assert!(told.contains("\nshale unreachable: "), "{told}");
    assert!(told.contains("\nslate updated:") && told.contains("\nmarl updated:"), "{told}");
}

#[test]
fn a_machine_of_which_clan_says_nothing_is_unknown() {
    let fleet = Fleet::new("clan-files");
    fs::remove_file(fleet.at("bin/clan")).unwrap();
    let clan = "#!/bin/sh\ncase $2 in generate) exit;; esac\n\
                echo '[slate] activating the configuration...' >&2\nexit 1\n";
    fs::write(fleet.at("bin/clan"), clan).unwrap();
    fs::set_permissions(fleet.at("bin/clan"), fs::Permissions::from_mode(0o755)).unwrap();
    let ran = run(&mut fleet.onboard(THREE, GO_ON)).expect(1);
    let told = told(&ran);
    assert_eq!(told.matches(" unknown: Whether ").count(), 3, "{told}");
    // None of them is taken for updated by the next run.
    let log = fleet.at("log");
    fs::remove_file(fleet.at("bin/clan")).unwrap();
    fleet.lend("clan");
    run(&mut fleet.doorstep(&["resume", "--json"])).expect(0);
    let log = fs::read_to_string(log).unwrap();
    assert!(log.ends_with("clan machines update marl shale slate\n"), "{log}");
}

/// What is told of the machine that refuses, and the cause and hint of its step.
fn refused(refuses: &'static str, more: &str) -> String {
    let fleet = Fleet { broken: Some("shale"), refuses, ..Fleet::new("clan-files") };
    let machines = fleet.at("fleet/modules/clan/inventory/machines.nix");
    let text = fs::read_to_string(&machines).unwrap();
    let user = if refuses == "sudo" { "ada@shale" } else { "root@shale" };
    fs::write(&machines, text.replace("root@shale", user)).unwrap();
    fleet.git(&["add", "--all"]);
    let ran = run(&mut fleet.onboard(THREE, more)).expect(1);
    let told = told(&ran);
    let states = told.lines().filter(|line| line.contains(": "));
    let why = ran.stderr.lines().skip_while(|line| !line.starts_with("error: "));
    let begins = ["error: ", "cause: ", "hint: "];
    let why = why.take_while(|line| begins.iter().any(|begin| line.starts_with(begin)));
    let lines: Vec<&str> = states.chain(why).collect();
    lines.join("\n").replace(&fleet.at("").display().to_string(), "WORLD/")
}

#[test]
fn whatever_stands_in_the_way_has_a_cause_and_a_next_action() {
    let whole: Vec<String> = ["", "changed-key", "unknown-key", "passphrase", "sudo"]
        .into_iter()
        .map(|refuses| format!("{refuses}:\n{}\n", refused(refuses, "deploy: now")))
        .collect();
    crate::shown("deploy-refused", whole.join("\n"));

    // Where the queue goes on, one that would ask keeps none of the others waiting.
    let whole: Vec<String> = ["unknown-key", "sudo"]
        .into_iter()
        .map(|refuses| format!("{refuses}:\n{}\n", refused(refuses, GO_ON)))
        .collect();
    crate::shown("deploy-refused-go_on", whole.join("\n"));
}

/// What people read, without what is another in every run.
fn words(fleet: &Fleet, mut command: Command, code: i32) -> String {
    let plain: Vec<std::ffi::OsString> =
        command.get_args().filter(|arg| *arg != "--json").map(Into::into).collect();
    command = fleet.doorstep(&[]);
    let ran = run(command.args(plain)).expect(code);
    let text = format!("{}{}", ran.stdout, ran.stderr).replace(KEY, "KEY");
    text.replace(&fleet.at("").display().to_string(), "WORLD/")
}

#[test]
fn people_read_the_same() {
    let fleet = Fleet { broken: Some("shale"), ..Fleet::new("clan-files") };
    let command = fleet.onboard(THREE, "deploy: now\nif_failed: go_on");
    let words = words(&fleet, command, 1);
    let end = &words[words.find("Update 3 machines ").unwrap_or_default()..];
    let end = end.lines().filter(|line| !line.starts_with("receipt:") && !line.contains("replay"));
    crate::shown("deploy-words", end.collect::<Vec<_>>().join("\n"));
}

#[test]
fn without_clan_the_commands_are_told_for_later() {
    let fleet = Fleet::new("clan-files");
    fs::remove_file(fleet.at("bin/clan")).unwrap();
    // The stand-ins are at the end of the tests' own path.
    let mut command = fleet.onboard("quartz, slate", "deploy: now");
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", fleet.at("bin").display()));
    let ran = run(&mut command).expect(0);
    let said = ran.stderr.replace(KEY, "KEY");
    let said = said.replace(&fleet.at("").display().to_string(), "WORLD/");
    let said = said.lines().skip_while(|line| !line.contains("clan")).take(12);
    let said: Vec<&str> = said.collect();
    crate::shown("deploy-without-clan", format!("{}\n\n{}", told(&ran), said.join("\n")));
}

#[test]
fn nothing_is_committed_and_what_clan_made_is_left_by_undo() {
    let fleet = Fleet::new("clan-files");
    let head = fleet.git(&["rev-parse", "HEAD"]);
    run(&mut fleet.onboard("quartz, slate", "")).expect(0);
    assert_eq!(fleet.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(fleet.log(), "clan secrets users add zoe KEY\nclan vars generate slate\n",);
    let known = fleet.git(&["ls-files", "--", "vars", "sops/users/zoe"]);
    assert_eq!(
        known,
        "sops/users/zoe/key.json\n\
         vars/per-machine/slate/user-password-zoe/user-password-hash/secret\n"
    );
    let ran = run(&mut fleet.doorstep(&["undo"]));
    crate::shown("undo", format!("{}{}", ran.stdout, ran.stderr).replace(KEY, "KEY"));
    assert_eq!(fleet.git(&["ls-files", "--", "vars", "sops/users/zoe"]), "");
    assert_eq!(fleet.git(&["diff", "--name-only"]), "");

    // Done once more, clan makes nothing a second time, and a flake sees what is there.
    fs::remove_file(fleet.at("log")).unwrap();
    run(&mut fleet.onboard("quartz, slate", "")).expect(0);
    assert_eq!(fleet.log(), "");
    assert_eq!(fleet.git(&["ls-files", "--", "vars", "sops/users/zoe"]), known);
    assert_eq!(fleet.git(&["rev-parse", "HEAD"]), head);
}

/// Kills a run at each moment of its updates, and goes on: every machine is updated in the end.
/// Gives what was run of clan's updates, by moment.
fn killed(more: &str, begins: &str) -> Vec<(String, String)> {
    let list = Fleet::new("clan-files");
    let names = list.at("checkpoints");
    let mut command = list.onboard("slate, shale", more);
    run(command.env("DOORSTEP_TEST_CHECKPOINTS", &names)).expect(0);
    let names = fs::read_to_string(names).unwrap();
    let ours = |name: &&str| name.starts_with("deploy:") || name.starts_with(begins);
    let mut runs = Vec::new();
    for name in names.lines().filter(ours) {
        let fleet = Fleet::new("clan-files");
        let mut command = fleet.onboard("slate, shale", more);
        let killed = run(command.env("DOORSTEP_TEST_KILL_AT", name));
        assert_eq!(killed.code, -1, "{name}");
        let ran = run(&mut fleet.doorstep(&["resume", "--json"])).expect(0);
        let told = told(&ran);
        let last = told.lines().last().unwrap_or_default();
        assert!(matches!(last, "done" | "already_so"), "{name}: {told}");
        assert!(!told.contains("left to an administrator: update-machine"), "{name}: {told}");
        assert!(fleet.at("fleet/vars/per-machine/slate/user-password-zoe").is_dir(), "{name}");
        let log = fleet.log();
        let updates = log.lines().filter_map(|line| line.strip_prefix("clan machines update "));
        runs.push((name.to_owned(), updates.collect::<Vec<_>>().join(", ")));
    }
    runs
}

#[test]
fn a_run_killed_while_it_updates_is_finished_by_resume() {
    let runs = killed("deploy: now", "clan-");
    assert!(runs.len() >= 14, "{runs:?}");
    for (name, updates) in runs {
        let again = name == "deploy:shale/1/recorded" || name == "deploy:slate/1/recorded";
        assert!(updates.contains("shale") && updates.contains("slate"), "{name}: {updates}");
        assert!(again || updates == "shale, slate", "{name}: {updates}");
    }
}

#[test]
fn one_killed_after_clan_has_told_of_its_machines_updates_none_twice() {
    let told: Vec<(String, String)> = killed(GO_ON, "deploy:");
    let told: Vec<String> = told.iter().map(|(name, run)| format!("{name}: {run}")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    deploy:shale+slate/1/recorded: shale slate
    deploy:shale+slate/1/told: shale slate
    deploy:shale+slate/1/replaced: shale slate
    deploy:shale+slate/1/closed: shale slate
    ");
}

#[test]
fn clan_asks_for_a_password_on_the_real_terminal() {
    let fleet = Fleet { prompt: true, ..Fleet::new("clan-set") };
    let command = fleet.onboard("shale", "");
    let plain = command.get_args().filter(|arg| *arg != "--json");
    let mut asking = fleet.doorstep(&[]);
    asking.args(plain);
    let mut person = crate::pty::Seat::of(100, 30).runs(&asking);
    person.sees("Leave empty to generate automatically (hidden)").types("correct horse<enter>");
    let left = person.ends().with(0);
    assert!(!left.text.contains("correct horse"), "{}", left.text);
    let made = "fleet/vars/per-machine/shale/user-password-zoe/user-password-hash/secret";
    assert!(fs::read_to_string(fleet.at(made)).unwrap().contains("typed"));

    // Without a terminal there is nobody to ask, and that is said.
    let fleet = Fleet { prompt: true, ..Fleet::new("clan-set") };
    let ran = run(&mut fleet.onboard("shale", "")).expect(1);
    assert!(
        ran.stderr.contains("`clan` has to ask you, and there is no terminal"),
        "{}",
        ran.stderr
    );
    for untrue in ["The terminal is for", "has ended"] {
        assert!(!ran.stdout.contains(untrue), "{}", ran.stdout);
    }
}

#[test]
fn what_ssh_asks_about_one_machine_is_asked_on_the_real_terminal() {
    for (answer, code) in [("yes", 0), ("no", 1)] {
        let fleet =
            Fleet { refuses: "unknown-key", broken: Some("shale"), ..Fleet::new("clan-files") };
        let command = fleet.onboard(THREE, "deploy: now");
        let plain = command.get_args().filter(|arg| *arg != "--json");
        let mut asking = fleet.doorstep(&[]);
        asking.args(plain);
        let mut person = crate::pty::Seat::of(100, 50).runs(&asking);
        person.sees("The terminal is for `ssh` now: ").sees("shale: the answer?");
        let left = person.types(answer).types("<enter>").ends().with(code).sane();
        let end = match code {
            0 => "marl, shale and slate are updated.",
            _ => "marl is updated, shale and slate are not.",
        };
        assert!(left.text.contains(end), "{}", left.text);
    }
}
