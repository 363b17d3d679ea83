//! One file with 100,000 keys, and one with a value of 64 MB: every verb in bounded time. It measures
//! and prints; nothing here fails by the clock.

#![allow(clippy::print_stdout)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use doorstep::key::Identity;
use doorstep::sops::{Creation, SecretValue, Utc, create_yaml};

const KEYS: usize = 100_000;
const VALUE: usize = 64 * 1024 * 1024;

fn main() {
    let Ok(dir) = tempfile::tempdir() else { return };
    let root = dir.path();
    let (zoe, ada) = (Identity::generate(), Identity::generate());
    let now = Utc::from_seconds(1_800_000_000);
    let rules = format!(
        "creation_rules:\n  - path_regex: secrets/\n    age: {},{}\n",
        zoe.recipient(),
        ada.recipient()
    );
    let names: Vec<String> = (0..KEYS).map(|n| format!("key{n}")).collect();
    let secrets: Vec<_> =
        names.iter().map(|name| (name.as_str(), SecretValue::from("hunter2"))).collect();
    let readers = [zoe.recipient()];
    let made = |secrets: &[(&str, SecretValue)]| {
        create_yaml(secrets, &readers, &Creation::default(), now).unwrap_or_default()
    };
    let value: String = (0..VALUE / 64).map(|n| format!("{n:063x}\n")).collect();
    let files = [
        ("home/.config/sops/age/keys.txt", zoe.key_file_text(now).to_string()),
        ("fleet/flake.nix", "{ }\n".to_owned()),
        ("fleet/.sops.yaml", rules),
        ("fleet/secrets/many.yaml", made(&secrets)),
        ("fleet/secrets/large.yaml", made(&secrets[..1])),
        ("short", "new".to_owned()),
        ("value", value),
    ];
    for (name, text) in files {
        let path = root.join(name);
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        assert!(folder.and_then(|()| fs::write(&path, text)).is_ok(), "{name}");
    }
    let (value, short) = (root.join("value"), root.join("short"));
    for (file, key, source) in [("many", "key50000", &short), ("large", "blob", &value)] {
        let file = format!("secrets/{file}.yaml");
        let source = source.display().to_string();
        timed(root, &["set", &file, key, "--from", &source]);
        timed(root, &["set", &file, "key0", "--from", &short.display().to_string()]);
        timed(root, &["check", &file]);
        timed(root, &["show", &file, key]);
        timed(root, &["unset", &file, "key0"]);
        timed(root, &["rekey", "--yes", &file]);
        timed(root, &["rekey", "--yes", "--rotate", &file]);
    }
}

fn timed(root: &Path, args: &[&str]) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep"));
    command.env_clear().env("PATH", path).env("HOME", root.join("home"));
    command.arg("secrets").args(args).current_dir(root.join("fleet"));
    let started = Instant::now();
    let done = command.output().is_ok_and(|output| output.status.success());
    let shown = args.iter().filter(|arg| !arg.contains("/value") && !arg.contains("/short"));
    let shown: Vec<_> = shown.copied().collect();
    println!("{:6.2} s  {}", started.elapsed().as_secs_f64(), shown.join(" "));
    assert!(done, "a command failed");
}
