//! A fleet is other people's text: reading it, planning in it and writing to it runs none of its
//! programs. Building runs what the person agreed to build, and its `nixConfig` is not among that.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::ground::{Ground, ZOE, is_a_refusal, patiently};
use crate::world::{run, tool};

/// Every hook that git knows of and that one of our calls could reach.
const HOOKS: &[&str] = &[
    "applypatch-msg",
    "pre-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "post-checkout",
    "post-merge",
    "post-index-change",
    "fsmonitor-watchman",
    "pre-auto-gc",
    "post-rewrite",
    "reference-transaction",
    "pre-push",
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

/// Cuts the network off and keeps Nix from looking for anything there.
const OFFLINE: &str = "substituters =\nconnect-timeout = 1\n";

/// A folder with a `nix` that writes its arguments down and passes them on.
fn recording_nix(ground: &Ground) -> (String, PathBuf) {
    let (bin, calls) = (ground.at("bin"), ground.at("calls"));
    fs::create_dir(&bin).unwrap();
    let nix = run(&mut tool("sh", ["-c", "command -v nix"])).stdout;
    let script =
        format!("#!/bin/sh\necho \"$*\" >> '{}'\nexec '{}' \"$@\"\n", calls.display(), nix.trim());
    fs::write(bin.join("nix"), script).unwrap();
    fs::set_permissions(bin.join("nix"), fs::Permissions::from_mode(0o755)).unwrap();
    // What puts secrets in place, unless the machine has the real one.
    let stand_ins = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stand-ins");
    let path = std::env::var("PATH").unwrap();
    (format!("{}:{path}:{stand_ins}", bin.display()), calls)
}

#[test]
fn the_settings_of_a_flake_are_trusted_only_when_the_person_says_so() {
    let ground = Ground::new();
    // Nix asks about such a setting on a terminal; without an answer it would wait for ever.
    let settings = "inputs = { };\n  nixConfig.bash-prompt = \"planted\";";
    ground.edit("flake.nix", "inputs = { };", settings);
    let (path, calls) = recording_nix(&ground);
    let answers = ground.answers(ZOE);
    let run = |more: &[&str]| {
        let mut args = vec!["onboard", "--as", "zoe", "--yes", "--answers", &answers];
        args.extend(more);
        let mut command = ground.world.as_zoe(&args);
        let ran = patiently(command.env("PATH", &path).env("NIX_CONFIG", OFFLINE)).expect(0);
        (ran, fs::read_to_string(&calls).unwrap())
    };
    let (ran, called) = run(&[]);
    ran.says(&["They are not used. To trust them, add --accept-flake-config.", "flake.nix:"]);
    assert!(called.contains("build "), "{called}");
    assert!(!called.contains("accept-flake-config"), "{called}");

    crate::world::run(&mut ground.world.as_zoe(&["undo"])).expect(0);
    fs::remove_file(&calls).unwrap();
    let (ran, called) = run(&["--accept-flake-config"]);
    ran.says(&["They are used, as you asked."]);
    let flakes = called.lines().filter(|line| line.contains("homeConfigurations"));
    for line in flakes {
        assert!(line.contains("--accept-flake-config"), "{line}");
    }
}

#[test]
fn a_name_that_the_fleet_does_not_have_is_told_before_the_build_with_those_it_has() {
    let ground = Ground::new();
    // This fleet does not import whatever lies in the folder, as it seemed to.
    ground.edit("offline/lib/import-tree.nix", "\".*[.]nix\"", "\"[^z].*[.]nix\"");
    let (path, calls) = recording_nix(&ground);
    let answers = ground.answers(ZOE);
    let args = ["onboard", "--as", "zoe", "--yes", "--answers", &answers];
    let mut command = ground.world.as_zoe(&args);
    let ran = patiently(command.env("PATH", &path).env("NIX_CONFIG", OFFLINE));
    is_a_refusal(&ran, 1);
    ran.says(&["the fleet has no home configuration zoe; it has: ada"]);
    let called = fs::read_to_string(&calls).unwrap();
    assert!(!called.contains(" build "), "{called}");

    // It is in the plan, and what was done can be taken back.
    let plan = ["plan", "--as", "zoe", "--answers", &answers];
    let mut plan = ground.world.as_zoe(&plan);
    let undone = run(&mut ground.world.as_zoe(&["undo"])).expect(0);
    let shown = run(&mut plan).expect(0).stdout;
    assert!(shown.contains("Build your home"), "{shown}{}", undone.stdout);
    assert!(shown.contains("--apply builtins.attrNames"), "{shown}");
}
