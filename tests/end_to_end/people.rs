//! Several people in one answers file: planned on top of each other, applied as one run with one
//! receipt, and taken back as one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use doorstep::key::Identity;

use super::crash::picture;
use super::world::{Ran, World, fixture, run, tool};

const NAMES: [&str; 10] = ["abe", "bea", "cal", "dee", "eve", "fay", "gus", "hal", "ivy", "jan.b"];

/// A fixture fleet that is committed, and the folder around it.
struct Fleet {
    world: World,
}

impl Fleet {
    fn new() -> Self {
        let world = World::new();
        let fleet = Self { world };
        fleet.run(tool("cp", ["-r"]).arg(fixture("guide")).arg(fleet.at()));
        let machines = fleet.at().join("modules/machines/nixos");
        let flint = fs::read_to_string(machines.join("flint.nix")).unwrap();
        fs::write(machines.join("chert.nix"), flint.replace("flint", "chert")).unwrap();
        fleet.git(&["init", "--quiet"]);
        fleet.git(&["add", "--all"]);
        let me = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        fleet.git(&[&me[..], &["commit", "--quiet", "--message", "Begin"]].concat());
        fleet
    }

    fn at(&self) -> PathBuf {
        self.world.at("fleet")
    }

    fn run(&self, command: &mut Command) -> String {
        run(command).expect(0).stdout
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.run(tool("git", ["-C"]).arg(self.at()).args(arguments))
    }

    fn doorstep(&self, args: &[&str]) -> Command {
        self.world.doorstep(args)
    }

    /// `onboard` for everybody of these answers.
    fn onboard(&self, answers: &str) -> Command {
        let file = self.world.at("people.yaml");
        fs::write(&file, answers).unwrap();
        let fleet = self.at();
        let mut command = self.doorstep(&["onboard", "--yes", "--json"]);
        command.arg("--fleet").arg(fleet).arg("--answers").arg(file);
        command
    }

    fn picture(&self) -> (BTreeMap<PathBuf, String>, String) {
        let mut picture = picture(&self.world.at(""));
        // Beside the fleet: receipts, which stay, and the answers.
        picture.retain(|path, _| path.starts_with("fleet"));
        (picture, self.git(&["ls-files", "--stage"]))
    }
}

fn recipient() -> String {
    Identity::generate().recipient().to_string()
}

/// Answers for these people on four machines, each with a key of their own.
fn answers(names: &[&str]) -> String {
    let one = |name: &&str| {
        let key = recipient();
        format!(
            "  - username: {name}\n    name: Somebody\n    email: {name}@example.com\n    \
             mode: integrated\n    hosts: [quartz, basalt, flint, chert]\n    \
             aggregates: [aggregate-core, aggregate-shell]\n    key: {key}\n"
        )
    };
    format!("people:\n{}", names.iter().map(one).collect::<String>())
}

fn outcomes(ran: &Ran) -> Vec<String> {
    let events = ran.events();
    let results = events.iter().filter(|event| event["event"] == "result");
    results.map(|event| event["outcome"].as_str().unwrap().to_owned()).collect()
}

/// Whoever is asked to update a machine.
fn updates_left_to(ran: &Ran) -> BTreeSet<String> {
    let events = ran.events();
    let left = events.iter().filter_map(|event| event["left"].as_array()).flatten();
    let updates = left.filter(|left| left["what"] == "update-machine");
    updates.map(|left| left["for"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn ten_people_are_one_run_and_one_undo() {
    let fleet = Fleet::new();
    let before = fleet.picture();
    let ran = run(&mut fleet.onboard(&answers(&NAMES))).expect(0);
    assert_eq!(outcomes(&ran), vec!["done"; NAMES.len()]);
    assert_eq!(updates_left_to(&ran), BTreeSet::from(["ada".to_owned()]));
    for machine in ["darwin/quartz", "darwin/basalt", "nixos/flint", "nixos/chert"] {
        let file = fleet.at().join(format!("modules/machines/{machine}.nix"));
        let text = fs::read_to_string(&file).unwrap();
        for name in NAMES {
            let is_bound = text.contains(&format!("users/{name}"));
            assert!(is_bound, "{name} is not on {machine}:\n{text}");
        }
        fleet.run(tool("nix-instantiate", ["--parse"]).arg(&file));
    }
    let receipts = fleet.world.at("real-home/.local/state/doorstep");
    let receipts: Vec<PathBuf> = fs::read_dir(receipts)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "receipt"))
        .collect();
    assert_eq!(receipts.len(), 1, "{receipts:?}");
    // Everything is so: a second run does nothing.
    let again = run(fleet
        .onboard(&fs::read_to_string(fleet.world.at("people.yaml")).unwrap())
        .arg("--no-activation"))
    .expect(0);
    assert_eq!(outcomes(&again), vec!["already_so"; NAMES.len()]);

    run(&mut fleet.doorstep(&["undo"])).expect(0);
    assert_eq!(fleet.picture(), before);
}

/// Who commits, for git: nothing of the person who runs the tests may decide it.
fn as_ada(command: &mut Command) -> &mut Command {
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ada");
        command.env(format!("GIT_{role}_EMAIL"), "ada@example.com");
    }
    command
}

#[test]
fn each_person_is_a_commit_of_their_own_on_a_new_branch() {
    let fleet = Fleet::new();
    let before = fleet.git(&["rev-parse", "HEAD"]);
    fs::write(fleet.at().join("notes.txt"), "mine\n").unwrap();
    fleet.git(&["add", "notes.txt"]);
    let people =
        answers(&NAMES[..2]).replace("    mode:", "    commit: { branch: newcomers }\n    mode:");
    let ran = run(as_ada(&mut fleet.onboard(&people))).expect(0);
    assert_eq!(outcomes(&ran), ["done", "done"]);
    assert_eq!(fleet.git(&["branch", "--show-current"]), "newcomers\n");
    insta::assert_snapshot!(fleet.git(&["log", "--format=%s", "-3"]), @r"
    Add bea to basalt, chert, flint and quartz
    Add abe to basalt, chert, flint and quartz
    Begin
    ");
    insta::assert_snapshot!(fleet.git(&["show", "--format=%B", "--name-status", "HEAD"]), @r"
    Add bea to basalt, chert, flint and quartz

    New:
      secrets/users/bea.sops.yaml
      modules/home/users/bea/default.nix
    Changed:
      .sops.yaml
      modules/machines/darwin/basalt.nix
      modules/machines/darwin/quartz.nix
      modules/machines/nixos/chert.nix
      modules/machines/nixos/flint.nix


    M	.sops.yaml
    A	modules/home/users/bea/default.nix
    M	modules/machines/darwin/basalt.nix
    M	modules/machines/darwin/quartz.nix
    M	modules/machines/nixos/chert.nix
    M	modules/machines/nixos/flint.nix
    A	secrets/users/bea.sops.yaml
    ");
    assert_eq!(fleet.git(&["status", "--porcelain"]), "A  notes.txt\n");

    let taken = run(as_ada(&mut fleet.doorstep(&["undo"]))).expect(0).stdout;
    assert_eq!(taken.matches("history is not rewritten").count(), 2, "{taken}");
    // The files are as they were; only git's history is longer.
    let names = fleet.git(&["diff", "--name-only", before.trim()]);
    assert_eq!(names, "notes.txt\n");
}

#[test]
fn what_cannot_be_committed_is_refused_before_anything_is_written() {
    let fleet = Fleet::new();
    let people = answers(&NAMES[..1]).replace("    mode:", "    commit: one\n    mode:");
    let told = |fleet: &Fleet| {
        let before = fleet.picture();
        let ran = run(as_ada(&mut fleet.onboard(&people))).expect(1);
        assert_eq!(fleet.picture(), before);
        let is_why =
            |line: &&str| ["error: ", "cause: ", "hint: "].iter().any(|w| line.starts_with(w));
        ran.stderr.lines().filter(is_why).collect::<Vec<_>>().join("\n")
    };
    let sops = fleet.at().join(".sops.yaml");
    let text = fs::read_to_string(&sops).unwrap();
    fs::write(&sops, format!("{text}# mine\n")).unwrap();
    insta::assert_snapshot!(told(&fleet), @r"
    error: `.sops.yaml` has changes that were not committed before, so nothing is committed
    hint: commit them first (`git commit -- .sops.yaml`), or leave the commit out: `commit: no`
    ");
    fs::write(&sops, text).unwrap();
    fs::write(fleet.at().join(".git/MERGE_HEAD"), fleet.git(&["rev-parse", "HEAD"])).unwrap();
    insta::assert_snapshot!(told(&fleet), @r"
    error: git is in the middle of a merge, so nothing is committed
    hint: end the merge first (`git status` says how), or leave the commit out: `commit: no`
    ");
}

/// The names of the moments at which a run for two people can be killed while it works for the
/// second.
fn moments() -> Vec<String> {
    let fleet = Fleet::new();
    let list = fleet.world.at("moments");
    run(fleet.onboard(&answers(&NAMES[..2])).env("DOORSTEP_TEST_CHECKPOINTS", &list)).expect(0);
    let text = fs::read_to_string(list).unwrap();
    let mut names: Vec<String> = text.lines().map(str::to_owned).collect();
    let half = names.iter().rposition(|name| name == "receipt-opened").unwrap();
    let mut names = names.split_off(half);
    names.retain(|name| name != "finished");
    names.dedup();
    names
}

#[test]
fn a_run_killed_at_the_second_person_is_finished_or_undone() {
    let moments = moments();
    assert!(moments.len() >= 12, "{moments:?}");
    for moment in &moments {
        let fleet = Fleet::new();
        let before = fleet.picture();
        let ran = run(fleet
            .onboard(&answers(&NAMES[..3]))
            .env("DOORSTEP_TEST_KILL_AT", format!("{moment}@2")));
        assert_eq!(ran.code, -1, "{moment}: {}", ran.stderr);
        let resumed = run(&mut fleet.doorstep(&["resume", "--json"])).expect(0);
        assert_eq!(updates_left_to(&resumed), BTreeSet::from(["ada".to_owned()]), "after {moment}");
        for name in &NAMES[..3] {
            let secrets = fleet.at().join(format!("secrets/users/{name}.sops.yaml"));
            assert!(secrets.is_file(), "after {moment}: {name} has no secrets file");
        }
        run(&mut fleet.doorstep(&["undo"])).expect(0);
        assert_eq!(fleet.picture(), before, "after {moment}");
    }
    println!(
        "killed at {} moments of the second person, each finished and taken back",
        moments.len()
    );
}

#[test]
fn commits_are_signed_by_a_key_that_asks_for_nothing() {
    let fleet = Fleet::new();
    let key = fleet.world.at("signing").display().to_string();
    run(&mut tool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", &key])).expect(0);
    for (name, value) in
        [("gpg.format", "ssh"), ("user.signingKey", &key), ("commit.gpgSign", "true")]
    {
        fleet.git(&["config", name, value]);
    }
    let people = answers(&NAMES[..1]).replace("    mode:", "    commit: one\n    mode:");
    run(as_ada(&mut fleet.onboard(&people))).expect(0);
    let commit = fleet.git(&["cat-file", "commit", "HEAD"]);
    assert!(commit.contains("-----BEGIN SSH SIGNATURE-----"), "{commit}");
}

#[test]
fn what_cannot_be_shown_to_git_is_refused_before_anything_is_written() {
    let fleet = Fleet::new();
    fs::write(fleet.at().join(".gitignore"), "secrets/users/*\n!secrets/users/ada*\n").unwrap();
    let before = fleet.picture();
    let ran = run(&mut fleet.onboard(&answers(&NAMES[..1]))).expect(1);
    assert_eq!(fleet.picture(), before);
    let told = ran.stderr.lines().skip_while(|line| !line.starts_with("error"));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r"
    error: git ignores `secrets/users/abe.sops.yaml`, which the fleet needs
    cause: .gitignore:1:secrets/users/*
    hint: take that line out, or write `!` and the path below it; then try again
    ");
}

#[test]
fn what_two_people_cannot_both_have_is_refused_before_anything_is_written() {
    let fleet = Fleet::new();
    let before = fleet.picture();
    let key = recipient();
    let two = |rest: &str| {
        format!("people:\n  - username: abe\n    key: {key}\n    mode: integrated\n{rest}",)
    };
    let told = |answers: &str| {
        let ran = run(&mut fleet.onboard(answers)).expect(2);
        ran.stderr.replace(&key, "age1key").replace(&fleet.world.at("").display().to_string(), "")
    };
    insta::assert_snapshot!(told(&two(&format!("  - username: bea\n    key: {key}\n"))), @r"
    error: two people have the public key `age1key`
    cause: abe (line 3 of `people.yaml`) and bea (line 6 of `people.yaml`)
    hint: give each of them their own
    ");
    insta::assert_snapshot!(told(&two("  - username: abe\n")), @r"
    error: two people have the user name `abe`
    cause: abe (line 2 of `people.yaml`) and abe (line 5 of `people.yaml`)
    hint: give each of them their own
    ");
    // The first one's number was suggested.
    let uid = two(&format!(
        "    name: A\n    email: a@example.com\n    hosts: [quartz]\n  - username: bea\n    name: B\n    \
         email: b@example.com\n    hosts: [quartz]\n    key: {}\n    accounts: {{ all: {{ uid: 503 }} }}\n",
        recipient()
    ));
    insta::assert_snapshot!(told(&uid), @r"
    error: two people have uid 503 on `quartz`
    cause: abe (line 2 of `people.yaml`) and bea (line 13 of `people.yaml`)
    hint: give each of them their own
    ");
    insta::assert_snapshot!(told(&answers(&NAMES[..2]).replace("quartz", "quarz")), @r"
    error: the answers of 2 people in `people.yaml` cannot be used
    cause: abe: line 6, `hosts`: `quarz` is not a machine of this fleet. Did you mean quartz?
    cause: bea: line 13, `hosts`: `quarz` is not a machine of this fleet. Did you mean quartz?
    ");
    assert_eq!(fleet.picture(), before);
}

/// What each of these commits holds.
fn committed(fleet: &Fleet) -> String {
    fleet.git(&["log", "--format=%n%s", "--name-only", "-2"])
}

#[test]
fn a_run_that_is_gone_on_with_makes_the_commits_of_one_that_was_not_cut_off() {
    let people = answers(&NAMES[..2]).replace("    mode:", "    commit: one\n    mode:");
    let onboard = |fleet: &Fleet| {
        let mut command = fleet.onboard(&people);
        as_ada(&mut command);
        command
    };
    let whole = Fleet::new();
    run(&mut onboard(&whole)).expect(0);
    let moments = [
        "commit/1/recorded",
        "commit/1/replaced",
        "commit/1/closed",
        "sops-yaml/1/closed@2",
        "machine-import/4/closed@2",
        "track/1/closed@2",
        "commit/1/recorded@2",
        "commit/1/replaced@2",
    ];
    for moment in moments {
        let fleet = Fleet::new();
        let ran = run(onboard(&fleet).env("DOORSTEP_TEST_KILL_AT", moment));
        assert_eq!(ran.code, -1, "{moment}: {}", ran.stderr);
        run(as_ada(&mut fleet.doorstep(&["resume"]))).expect(0);
        assert_eq!(committed(&fleet), committed(&whole), "after {moment}");
        assert_eq!(fleet.git(&["status", "--porcelain"]), "", "after {moment}");
    }
}
