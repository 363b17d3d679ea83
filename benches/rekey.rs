//! Encrypting 1,000 files again beside a loop of `sops updatekeys -y`. The aim is 50 times faster on
//! two cores. It measures and prints; nothing here fails by the clock.
//!
//! The loop needs sops on PATH; without it only the first number is printed.

#![allow(clippy::print_stdout)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use doorstep::key::Identity;
use doorstep::sops::{Creation, SecretValue, Utc, create_yaml};

const FILES: usize = 1000;

fn main() {
    let Ok(dir) = tempfile::tempdir() else { return };
    let root = dir.path();
    let (zoe, ada) = (Identity::generate(), Identity::generate());
    let now = Utc::from_seconds(1_800_000_000);
    let folder = root.join("fleet/secrets");
    let keys = root.join("home/.config/sops/age");
    let rules = format!(
        "creation_rules:\n  - path_regex: secrets/\n    key_groups:\n      - age:\n          - {}\n          - {}\n",
        zoe.recipient(),
        ada.recipient()
    );
    let secrets: Vec<_> =
        ["token", "a/b", "a/c"].iter().map(|name| (*name, SecretValue::from("hunter2"))).collect();
    let text = create_yaml(&secrets, &[zoe.recipient()], &Creation::default(), now);
    let made = fs::create_dir_all(&folder)
        .and_then(|()| fs::create_dir_all(&keys))
        .and_then(|()| fs::write(keys.join("keys.txt"), zoe.key_file_text(now).as_bytes()))
        .and_then(|()| fs::write(root.join("fleet/flake.nix"), "{ }\n"))
        .and_then(|()| fs::write(root.join("fleet/.sops.yaml"), rules));
    let (Ok(text), Ok(())) = (text, made) else { return };
    let fresh = || (0..FILES).all(|n| fs::write(folder.join(format!("{n}.yaml")), &text).is_ok());

    assert!(fresh());
    let ours = timed(|| {
        run(root, env!("CARGO_BIN_EXE_doorstep"), &["secrets", "rekey", "--yes", "--json"])
    });
    println!("doorstep secrets rekey, {FILES} files: {:.2} s", ours.as_secs_f64());
    assert!(fresh());
    if !run(root, "sops", &["--version"]) {
        println!("sops is not on PATH, so there is nothing to compare with");
        return;
    }
    let theirs = timed(|| {
        (0..FILES).all(|n| run(root, "sops", &["updatekeys", "-y", &format!("secrets/{n}.yaml")]))
    });
    println!("sops updatekeys -y, {FILES} times: {:.2} s", theirs.as_secs_f64());
    println!("{:.1} times faster", theirs.as_secs_f64() / ours.as_secs_f64());
}

fn timed(work: impl FnOnce() -> bool) -> Duration {
    let started = Instant::now();
    assert!(work(), "a command failed");
    started.elapsed()
}

fn run(root: &Path, program: &str, args: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut command = Command::new(program);
    command.env_clear().env("PATH", path).env("HOME", root.join("home"));
    command.args(args).current_dir(root.join("fleet"));
    command.output().is_ok_and(|output| output.status.success())
}
