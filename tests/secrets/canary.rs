//! A canary value and a canary key appear nowhere but where they belong.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use crate::world::World;

const VALUE: &str = "canary-value-7f3a9c";

/// Every file below, as bytes.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.is_file() {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// A git that writes down what it is given, before it does its work.
fn spy(world: &World) {
    let git = which::which("git").unwrap();
    let log = world.path("spy.log");
    let script = format!(
        "#!/bin/sh\n{{ echo \"$0 $*\"; tr '\\0' '\\n' < /proc/self/environ; tr '\\0' ' ' < /proc/$PPID/cmdline; }} >> {}\nexec {} \"$@\"\n",
        log.display(),
        git.display()
    );
    let path = world.write("bin/git", script);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_canary_is_nowhere() {
    let world = World::new();
    spy(&world);
    let key = world.zoe.secret_text().to_string();
    world.secrets("x.yaml", &[("token", "old"), ("other", "o")], &[&world.zoe]);
    let init = world.doorstep(&[]).args(["--version"]).output();
    assert!(init.unwrap().status.success());
    let git =
        std::process::Command::new("git").args(["init", "-q"]).current_dir(world.fleet()).status();
    assert!(git.unwrap().success());
    let path = format!("{}:{}", world.path("bin").display(), std::env::var("PATH").unwrap());
    let mut said = Vec::new();
    let mut run = |args: &[&str], value: Option<&str>| {
        use std::io::Write as _;
        let mut command = world.doorstep(args);
        // A person may have the key in their environment: it must not go on to children.
        command.env("PATH", &path).env("SOPS_AGE_KEY", &key).env("RUST_BACKTRACE", "full");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Who asks for nothing reads nothing.
        let _ = stdin.write_all(value.unwrap_or_default().as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        said.push((format!("{args:?}"), [output.stdout, output.stderr].concat()));
        output.status.code()
    };
    let done = Some(0);
    assert_eq!(run(&["secrets", "set", "secrets/x.yaml", "token", "--stdin"], Some(VALUE)), done);
    assert_eq!(run(&["secrets", "new", "secrets/y.json", "a/b", "--stdin"], Some(VALUE)), done);
    assert_eq!(run(&["secrets", "new", "secrets/z.bin", "--stdin"], Some(VALUE)), done);
    assert_eq!(run(&["secrets", "rekey", "--yes"], None), done);
    world.rules(&[("secrets/", &["zoe"])]);
    assert_eq!(run(&["secrets", "rekey", "--yes", "--rotate", "--json"], None), done);
    assert_eq!(run(&["secrets", "list"], None), done);
    assert_eq!(run(&["secrets", "check"], None), done);
    assert_eq!(run(&["secrets", "unset", "secrets/x.yaml", "other"], None), done);
    assert_eq!(run(&["recipients", "matrix", "--json"], None), done);
    assert_eq!(run(&["undo"], None), done);
    // Given where something else belongs they are not repeated.
    run(&["secrets", "set", "secrets/x.yaml", &key, "--stdin"], Some(VALUE));
    run(&["secrets", "show", &key], None);
    run(&["recipients", "remove", &key, "secrets/x.yaml"], None);
    run(&["recipients", "add", "eve", &key, "secrets/x.yaml"], None);
    run(&["secrets", "set", "secrets/x.yaml", "token/inside", "--stdin"], Some(VALUE));
    // A damaged file, whose error must not quote what was read before the damage.
    let text = world.read("fleet/secrets/x.yaml");
    world.write(
        "fleet/secrets/x.yaml",
        text.replacen("mac: ENC[AES256_GCM,data:", "mac: ENC[AES256_GCM,data:AAAA", 1),
    );
    run(&["secrets", "check"], None);
    run(&["secrets", "show", "secrets/x.yaml"], None);

    let spied = world.read("spy.log");
    assert!(spied.contains("rev-parse") || spied.contains("git"), "the spy was asked");
    let mut places = said;
    files(&world.root, &mut places);
    let home = world.path("home/.config/sops/age/keys.txt").display().to_string();
    for (place, bytes) in &places {
        assert!(!holds(bytes, VALUE), "the value is in {place}");
        assert!(
            *place == home || !holds(bytes, &key),
            "the key is in {place}: {}",
            String::from_utf8_lossy(bytes)
        );
    }
    eprintln!("{} outputs and files searched, and every call of git", places.len());
}
