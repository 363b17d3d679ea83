//! A secret goes into the encrypted file and nowhere else: not to the screen, not to a receipt,
//! not to the arguments or the environment of another program.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::ground::{Ground, ZOE};
use crate::world::{Ran, run, tool};

const FROM_FILE: &str = "canary-from-a-file-7f3a";
const FROM_STDIN: &str = "canary-from-stdin-91cc";

#[test]
fn secrets_and_private_keys_are_shown_and_recorded_nowhere() {
    let ground = Ground::new();
    let calls = ground.at("calls");
    let path = record_calls(&ground, &calls);
    fs::write(ground.at("token"), FROM_FILE).unwrap();
    let answers = format!(
        "{ZOE}secrets:\n  github-token: {{ file: {} }}\n  ssh-signing-key: {{ stdin: true }}\n",
        ground.at("token").display()
    );
    let answers = ground.answers(answers);

    let mut said = String::new();
    let mut keep = |ran: Ran| {
        said.push_str(&ran.stdout);
        said.push_str(&ran.stderr);
    };
    let plan = ["plan", "--as", "zoe", "--diff", "--answers", &answers];
    keep(with_stdin(ground.world.as_zoe(&plan).env("PATH", &path)));
    let json = ["plan", "--as", "zoe", "--json", "--answers", &answers];
    keep(with_stdin(ground.world.as_zoe(&json).env("PATH", &path)));
    let onboard = ["--json", "--answers", &answers];
    keep(with_stdin(ground.onboard(&onboard).env("PATH", &path)));

    let keys = fs::read_to_string(ground.home(".config/sops/age/keys.txt")).unwrap();
    let key = keys.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    let canaries = [FROM_FILE, FROM_STDIN, &key["AGE-SECRET-KEY-1".len()..]];
    // The run did what it should: the file really holds both values, for its owner.
    let opened = run(tool("sops", ["-d", "secrets/users/zoe.sops.yaml"])
        .current_dir(ground.fleet(""))
        .env("SOPS_AGE_KEY_FILE", ground.home(".config/sops/age/keys.txt")))
    .expect(0)
    .stdout;
    assert!(opened.contains(FROM_FILE) && opened.contains(FROM_STDIN));

    let called = fs::read_to_string(&calls).unwrap();
    assert!(called.contains("git"), "nothing was recorded");
    absent(&canaries, "the output", &said);
    absent(&canaries, "what other programs were given", &called);
    let mut files = BTreeMap::new();
    gather(&ground.home(".local"), &mut files);
    assert!(files.keys().any(|path| path.extension().is_some_and(|e| e == "receipt")), "a receipt");
    gather(&ground.fleet(""), &mut files);
    for (path, text) in &files {
        absent(&canaries, &path.display().to_string(), text);
    }
    for path in files.keys().filter(|path| path.starts_with(ground.home(".local"))) {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is open to others", path.display());
    }
    keep_quiet_in_undo(&ground, &path, &canaries);
}

fn keep_quiet_in_undo(ground: &Ground, path: &str, canaries: &[&str]) {
    let undone = run(ground.world.as_zoe(&["undo"]).env("PATH", path)).expect(0);
    absent(canaries, "what undo says", &(undone.stdout + &undone.stderr));
    let mut files = BTreeMap::new();
    gather(&ground.home(".local"), &mut files);
    for (path, text) in &files {
        absent(canaries, &path.display().to_string(), text);
    }
}

/// Keys in the environment are for sops alone; other programs must not even see them.
#[test]
fn keys_in_the_environment_reach_no_other_program() {
    let ground = Ground::new();
    let calls = ground.at("calls");
    let path = record_calls(&ground, &calls);
    let identity = doorstep::key::Identity::generate();
    let text = identity.key_file_text(std::time::SystemTime::now().into());
    let secret = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    let mut command = ground.with_answers("name: Zoe\nemail: zoe@example.com\nkey: found\n");
    let ran = run(command.env("PATH", &path).env("SOPS_AGE_KEY", secret)).expect(0);
    absent(&[secret], "the output", &(ran.stdout + &ran.stderr));
    absent(&[secret], "what other programs were given", &fs::read_to_string(&calls).unwrap());
}

fn with_stdin(command: &mut std::process::Command) -> Ran {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(FROM_STDIN.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let ran = Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    ran.expect(0)
}

/// A `PATH` whose git and nix write down their arguments and environment before they work.
fn record_calls(ground: &Ground, calls: &Path) -> String {
    let bin = ground.at("recording");
    fs::create_dir(&bin).unwrap();
    for name in ["git", "nix", "sops", "age", "ssh-keygen"] {
        let found = run(&mut tool("sh", ["-c", &format!("command -v {name}")])).stdout;
        let script = format!(
            "#!/bin/sh\n{{ echo {name} \"$*\"; env; }} >> '{}'\nexec '{}' \"$@\"\n",
            calls.display(),
            found.trim()
        );
        fs::write(bin.join(name), script).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
}

/// Every file below a folder, git's own too.
fn gather(folder: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            gather(&path, files);
        } else if let Ok(bytes) = fs::read(&path) {
            files.insert(path, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

#[track_caller]
fn absent(canaries: &[&str], place: &str, text: &str) {
    for canary in canaries {
        assert!(!text.contains(canary), "a secret is in {place}");
        let lower = canary.to_lowercase();
        assert!(!text.to_lowercase().contains(&lower), "a secret, in small letters, is in {place}");
    }
}
