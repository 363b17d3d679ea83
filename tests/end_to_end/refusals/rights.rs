//! Accounts and permissions: whose home, whose fleet, and what an ordinary account may not write.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use super::ground::{Ground, ZOE, is_a_refusal, is_root, left_out, patiently};
use crate::world::{run, tool};

/// An account without rights: `nobody`.
const NOBODY: u32 = 65534;

#[test]
fn root_does_not_work_in_somebody_elses_home() {
    if !is_root() {
        return left_out("root in somebody else's home");
    }
    let ground = Ground::new();
    chown(ground.home(""), Some(NOBODY), None).unwrap();
    let ran = ground.refused(&mut ground.with_answers(ZOE), 1);
    ran.says(&["doorstep runs as root, but `", "is somebody else's home", "hint: run it as"]);
}

#[test]
fn a_clone_of_another_account_is_explained_and_never_marked_as_safe() {
    let ground = Ground::new();
    // git's own switch for its tests: every repository counts as somebody else's.
    let mut command = ground.with_answers(ZOE);
    let ran = ground.refused(command.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"), 1);
    ran.says(&["it belongs to another account", "cause: ", "hint: work in a clone of your own"]);
    assert!(!ground.home(".gitconfig").exists());
    if !is_root() {
        return left_out("a clone that really belongs to another account");
    }
    give(&ground.fleet(""), NOBODY);
    let ran = ground.refused(&mut ground.with_answers(ZOE), 1);
    ran.says(&["it belongs to another account"]);
    assert!(!ground.home(".gitconfig").exists());
    assert!(!fs::read_to_string(ground.fleet(".git/config")).unwrap().contains("safe"));
}

#[test]
fn a_fleet_that_may_not_be_written_is_left_as_it_is() {
    let ground = Ground::new();
    let answers = ground.answers(ZOE);
    let mut command = as_an_ordinary_account(&ground, &["--answers", &answers]);
    let close = |mode: &str| {
        let folders = [".", "modules/home/users", "modules/home/configurations", "secrets/users"];
        let folders = folders.map(|folder| ground.fleet(folder));
        run(tool("chmod", [mode]).args(folders)).expect(0);
    };
    close("a-w");
    let before = run(tool("git", ["-c", "safe.directory=*", "status", "--porcelain"])
        .current_dir(ground.fleet("")))
    .stdout;
    let ran = patiently(&mut command);
    is_a_refusal(&ran, 1);
    ran.says(&["ermission denied", ".sops.yaml"]);
    let after = run(tool("git", ["-c", "safe.directory=*", "status", "--porcelain"])
        .current_dir(ground.fleet("")))
    .stdout;
    assert_eq!(before, after);
    close("u+w");
}

#[test]
fn a_home_that_may_not_be_written_is_said() {
    let ground = Ground::new();
    let answers = ground.answers(ZOE);
    let mut command = as_an_ordinary_account(&ground, &["--answers", &answers]);
    run(tool("chmod", ["a-w"]).arg(ground.home(""))).expect(0);
    let ran = patiently(&mut command);
    run(tool("chmod", ["u+w"]).arg(ground.home(""))).expect(0);
    is_a_refusal(&ran, 1);
    ran.says(&["ermission denied"]);
    assert_eq!(fs::read_dir(ground.home("")).unwrap().count(), 0);
}

#[test]
fn a_file_of_the_fleet_that_may_not_be_read_is_named() {
    let ground = Ground::new();
    let closed = "modules/home/aggregates/ai.nix";
    let answers = ground.answers(ZOE);
    let mut command = as_an_ordinary_account(&ground, &["--answers", &answers]);
    fs::set_permissions(ground.fleet(closed), fs::Permissions::from_mode(0o000)).unwrap();
    let ran = patiently(&mut command);
    ran.says(&[&format!("not read: {closed}:1: permission denied")]);
}

/// `onboard` by an account whose own the practice folder is, and that permissions bind: this one,
/// or `nobody` where this one is root.
fn as_an_ordinary_account(ground: &Ground, more: &[&str]) -> Command {
    let plain = ground.onboard(more);
    if !is_root() {
        return plain;
    }
    give(&ground.at("practice"), NOBODY);
    // The test's folder and the build's are closed to others.
    fs::set_permissions(ground.at(""), fs::Permissions::from_mode(0o755)).unwrap();
    let binary = ground.at("doorstep");
    fs::copy(plain.get_program(), &binary).unwrap();
    let ids = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
    let mut command = tool("setpriv", ids);
    command.arg("--clear-groups").arg(binary).args(plain.get_args()).env_clear();
    command.current_dir(plain.get_current_dir().unwrap()).stdin(std::process::Stdio::null());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

fn give(path: &Path, account: u32) {
    let owner = format!("{account}:{account}");
    run(tool("chown", ["-R", &owner]).arg(path)).expect(0);
}
