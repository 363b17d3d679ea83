//! Every place where sops looks for a key, one at a time: sops opens the file by it, doorstep does
//! too and says by which; and keys that are protected.

use std::process::{Command, Output};

use doorstep::key::{Identity, ssh};

use crate::typing::typed;
use crate::world::{World, stdout, tool, utc};

/// Zoe's key is in none of the usual places until a test puts it there.
fn world() -> World {
    let world = World::new();
    world.secrets("x.yaml", &[("token", "hunter2")], &[&world.zoe]);
    std::fs::remove_file(world.path("home/.config/sops/age/keys.txt")).unwrap();
    world
}

fn key_text(world: &World) -> String {
    world.zoe.key_file_text(utc()).to_string()
}

fn executable(world: &World, name: &str, script: &str) -> String {
    let path = world.write(name, script);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    path.display().to_string()
}

/// What `check` names as the key's place, after sops has opened the same file in the same
/// surroundings.
fn place(world: &World, env: &[(&str, &str)]) -> String {
    let surrounded =
        |mut command: Command| -> Output { command.envs(env.iter().copied()).output().unwrap() };
    let mut sops = Command::new(tool("sops"));
    sops.args(["-d", "secrets/x.yaml"]).current_dir(world.fleet());
    sops.env_clear().env("HOME", world.path("home")).env("PATH", std::env::var("PATH").unwrap());
    assert_eq!(stdout(&surrounded(sops)), "token: hunter2\n", "{env:?}");
    let said = stdout(&surrounded(world.doorstep(&["secrets", "check", "--json"])));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    said["files"][0]["opened_by"][0]["from"]
        .as_str()
        .unwrap()
        .replace(world.root.to_str().unwrap(), "ROOT")
}

/// A file for an ssh key, made by sops.
fn for_ssh(world: &World, public: &str) {
    world.write("fleet/secrets/x.yaml", "token: hunter2\n");
    let public = public.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let args = ["-e", "-i", "--config", "/dev/null", "--age", &public, "secrets/x.yaml"];
    stdout(&world.sops(&args));
}

#[test]
fn each_place_is_found_alone_and_named() {
    let w = world();
    let text = key_text(&w);
    let key = w.zoe.secret_text().to_string();
    let other = Identity::generate().secret_text().to_string();
    assert_eq!(place(&w, &[("SOPS_AGE_KEY", &format!("{other} {key}"))]), "SOPS_AGE_KEY, line 1");
    let file = w.write("elsewhere/keys.txt", &text).display().to_string();
    assert_eq!(place(&w, &[("SOPS_AGE_KEY_FILE", &file)]), "ROOT/elsewhere/keys.txt, line 3");
    let command =
        executable(&w, "give", &format!("#!/bin/sh\n[ \"$1 $2\" = 'my key' ] && echo {key}\n"));
    let typed = format!("'{command}' my \"key\"");
    assert_eq!(place(&w, &[("SOPS_AGE_KEY_CMD", &typed)]), "SOPS_AGE_KEY_CMD, line 1");
    w.write("config/sops/age/keys.txt", &text);
    let config = w.path("config").display().to_string();
    assert_eq!(place(&w, &[("XDG_CONFIG_HOME", &config)]), "ROOT/config/sops/age/keys.txt, line 3");
    w.write("home/.config/sops/age/keys.txt", &text);
    assert_eq!(place(&w, &[]), "~/.config/sops/age/keys.txt, line 3");
    // sops takes them all, and so do we: a broken one besides is no reason to fail.
    assert_eq!(place(&w, &[("SOPS_AGE_KEY_CMD", "false")]), "~/.config/sops/age/keys.txt, line 3");
}

#[test]
fn a_command_is_told_whose_key_is_wanted() {
    let w = world();
    let key = w.zoe.secret_text().to_string();
    let script =
        format!("#!/bin/sh\n[ \"$SOPS_AGE_RECIPIENT\" = {} ] && echo {key}\n", w.zoe.recipient());
    let command = executable(&w, "give", &script);
    let env = [("SOPS_AGE_KEY_CMD", command.as_str())];
    assert_eq!(place(&w, &env), "SOPS_AGE_KEY_CMD, line 1");
    let mut rekey = w.doorstep(&["secrets", "rekey", "--yes"]);
    stdout(&rekey.envs(env).output().unwrap());
}

#[test]
fn ssh_keys_are_found_where_sops_finds_them() {
    let w = world();
    let pair = ssh::generate("zoe").unwrap();
    for_ssh(&w, &pair.public);
    let file = w.write("elsewhere/key", pair.private.as_bytes()).display().to_string();
    let named = [("SOPS_AGE_SSH_PRIVATE_KEY_FILE", file.as_str())];
    assert_eq!(place(&w, &named), "ROOT/elsewhere/key");
    let command = format!("cat {file}");
    let by_command = [("SOPS_AGE_SSH_PRIVATE_KEY_CMD", command.as_str())];
    assert_eq!(place(&w, &by_command), "SOPS_AGE_SSH_PRIVATE_KEY_CMD");
    w.write("home/.ssh/id_ed25519", pair.private.as_bytes());
    assert_eq!(place(&w, &[]), "~/.ssh/id_ed25519");
}

/// The passphrase is typed at a terminal; without one it is said that one is needed.
fn protected(world: &World, file: &str) {
    let check = world.doorstep(&["secrets", "check", "secrets/x.yaml"]);
    let question = format!("Passphrase of ~/{file}: it is not shown while you type.");
    let (shown, code) = typed(&check, &[(&question, "open sesame")]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains(&format!("from ~/{file}")) && !shown.contains("sesame"), "{shown}");
    let (shown, code) = typed(&check, &[(&question, "wrong")]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains(&format!("cause: ~/{file}: the passphrase does not fit")), "{shown}");
    let (code, said) = world.refused(&["secrets", "show", "secrets/x.yaml", "token"]);
    assert_eq!(code, 1);
    let hint = "hint: run it in a terminal, where the passphrase of a key can be asked for\n";
    assert!(said.ends_with(hint), "{said}");
    assert!(
        said.starts_with("error: `secrets/x.yaml` cannot be decrypted with your keys\n"),
        "{said}"
    );
}

#[test]
fn a_protected_key_file_is_asked_for() {
    let w = world();
    // age asks for the passphrase of a new file on a terminal alone.
    let plain = w.write("plain", key_text(&w));
    let sealed = w.path("sealed");
    let mut age = Command::new(tool("age"));
    age.args(["-p", "-a", "-o"]).arg(&sealed).arg(plain).current_dir(&w.root);
    age.env("PATH", std::env::var("PATH").unwrap());
    let again = [("Enter passphrase", "open sesame"), ("Confirm passphrase", "open sesame")];
    let (shown, code) = crate::typing::typed_at(&age, &again, "");
    assert_eq!(code, 0, "{shown}");
    w.write("home/.config/sops/age/keys.txt", std::fs::read(sealed).unwrap());
    protected(&w, ".config/sops/age/keys.txt");
}

#[test]
fn a_protected_ssh_key_is_asked_for() {
    let w = world();
    let made = Command::new(tool("ssh-keygen"))
        .args(["-q", "-t", "ed25519", "-N", "open sesame", "-f"])
        .arg(w.path("key"))
        .output()
        .unwrap();
    stdout(&made);
    for_ssh(&w, &w.read("key.pub"));
    w.write("home/.ssh/id_ed25519", w.read("key"));
    protected(&w, ".ssh/id_ed25519");
}

#[test]
fn why_no_key_was_usable_is_said_of_each_place() {
    let w = world();
    w.write("home/.config/sops/age/keys.txt", " AGE-SECRET-KEY-1HUNTER2");
    w.write("home/.ssh/id_rsa", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n");
    let mut command = w.doorstep(&["secrets", "show", "secrets/x.yaml", "token"]);
    command.env("SOPS_AGE_KEY", "~/keys.txt").env("SOPS_AGE_KEY_FILE", "/nowhere/keys.txt");
    let output = command.env("SOPS_AGE_KEY_CMD", "false").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @r"
    error: `secrets/x.yaml` cannot be decrypted with your keys
    cause: sops would find no age key here
    cause: ~/.ssh/id_rsa: it is an ssh-rsa key, with which sops opens files and doorstep does not
    cause: SOPS_AGE_KEY: line 1: it does not start with `AGE-SECRET-KEY-1`
    cause: /nowhere/keys.txt: No such file or directory (os error 2)
    cause: SOPS_AGE_KEY_CMD: its command ended with exit code 1
    cause: ~/.config/sops/age/keys.txt: line 1: a blank stands before the key, and sops does not skip it
    hint: ask somebody who can open it to run `doorstep secrets rekey secrets/x.yaml`
    ");
}
