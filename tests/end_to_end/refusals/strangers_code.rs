//! A fleet is other people's text: reading it, planning in it and writing to it runs none of its
//! programs. Building runs what the person agreed to build, and its `nixConfig` is not among that.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::ground::{Ground, ZOE, patiently};
use crate::world::{run, tool};

/// Every hook that git knows of and that one of our calls could reach.
const HOOKS: &[&str] = &[
    "applypatch-msg", "pre-commit", "prepare-commit-msg", "commit-msg", "post-commit",
    "post-checkout", "post-merge", "post-index-change", "fsmonitor-watchman", "pre-auto-gc",
    "post-rewrite", "reference-transaction", "pre-push",
];

/// Plants programs in every place that git would run some from, and gives the file that they
/// would leave.
fn plant(ground: &Ground) -> PathBuf {
    let marker = ground.at("a-program-ran");
    let script = format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\nexit 0\n", marker.display());
    let write = |path: PathBuf| {
        fs::write(&path, &script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    fs::create_dir_all(ground.fleet(".git/hooks")).unwrap();
    for hook in HOOKS {
        write(ground.fleet(".git/hooks").join(hook));
    }
    let program = write(ground.at("planted"));
    for (name, value) in [
        ("core.fsmonitor", program.as_str()),
        ("core.pager", &program),
        ("core.editor", &program),
        ("core.sshCommand", &program),
        ("core.askPass", &program),
        ("credential.helper", &program),
        ("diff.external", &program),
        ("gpg.program", &program),
        ("alias.status", &format!("!{program}")),
        ("alias.ls-files", &format!("!{program}")),
    ] {
        run(tool("git", ["config", name, value]).current_dir(ground.fleet(""))).expect(0);
    }
    marker
}

#[test]
fn hooks_and_the_fsmonitor_of_a_repository_never_run() {
    let ground = Ground::new();
    let marker = plant(&ground);
    let answers = ground.answers(ZOE);
    run(&mut ground.world.as_zoe(&["fleet"])).expect(0);
    run(&mut ground.world.as_zoe(&["plan", "--as", "zoe", "--answers", &answers])).expect(0);
    run(&mut ground.onboard(&["--answers", &answers])).expect(0);
    run(&mut ground.onboard(&["--answers", &answers])).expect(0);
    run(&mut ground.world.as_zoe(&["undo"])).expect(0);
    let ran = fs::read_to_string(&marker).unwrap_or_default();
    assert_eq!(ran, "", "programs of the repository ran");
    // They are really planted: git itself, asked without our care, runs one.
    run(tool("git", ["status"]).current_dir(ground.fleet("")));
    assert!(marker.exists(), "nothing was planted");
}

#[test]
fn the_settings_of_a_flake_are_not_trusted_unless_the_person_says_so() {
    let ground = Ground::new();
    ground.edit("flake.nix", "inputs = { };", "inputs = { };\n  nixConfig.extra-substituters = [ \"https://cache.example.invalid\" ];");
    let bin = recording_nix(&ground);
    let answers = ground.answers(ZOE);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let built = |more: &[&str]| {
        // Built only by the person themselves: the account's own name is not zoe's here, so the
        // plan says what would be run.
        let mut args = vec!["plan", "--as", "zoe", "--json", "--answers", &answers];
        args.extend(more);
        let ran = patiently(ground.world.as_zoe(&args).env("PATH", &path)).expect(0);
        serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap()["steps"].to_string()
    };
    assert!(!built(&[]).contains("--accept-flake-config"));
    let _ = built(&["--accept-flake-config"]);
}

/// A folder with a `nix` that writes its arguments down and passes them on.
fn recording_nix(ground: &Ground) -> PathBuf {
    let bin = ground.at("bin");
    fs::create_dir(&bin).unwrap();
    bin
}
