//! What people really have on their disks: each gets a refusal that says why, and no file changes.

use std::fs;
use std::process::Command;

use doorstep::sops::{EncryptedFile, Format};
use serde_json::Value;

use crate::world::{World, stdout, tool};

/// A fleet with one file, whose text is then damaged.
fn damaged(damage: impl Fn(&str) -> String) -> World {
    let world = World::new();
    let secrets = [("token", "hunter2"), ("other", "swordfish")];
    world.secrets("x.yaml", &secrets, &[&world.zoe, &world.ada]);
    let text = damage(&world.read("fleet/secrets/x.yaml"));
    world.write("fleet/secrets/x.yaml", text);
    world
}

/// What `check` says is the cause; and that neither `set` nor `rekey` touches the file.
fn cause(damage: impl Fn(&str) -> String) -> String {
    let world = damaged(damage);
    let before = fs::read(world.path("fleet/secrets/x.yaml")).unwrap();
    let output = world.run(&["secrets", "check", "secrets/x.yaml", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!said.to_string().contains("hunter2"), "{said}");
    let set = world.set(&["secrets", "set", "secrets/x.yaml", "token", "--stdin"], b"new");
    assert_eq!(set.status.code(), Some(1));
    world.rules(&[("secrets/", &["zoe"])]);
    world.run(&["secrets", "rekey", "--yes"]);
    assert_eq!(fs::read(world.path("fleet/secrets/x.yaml")).unwrap(), before);
    said["files"][0]["causes"][0].as_str().unwrap().to_owned()
}

fn line<'t>(text: &'t str, start: &str) -> &'t str {
    text.lines().find(|line| line.trim_start().starts_with(start)).unwrap()
}

#[test]
fn damage_is_named() {
    let cut = |text: &str| text[..text.find("    mac:").unwrap()].to_owned();
    insta::assert_snapshot!(cause(cut), @"it is cut off: `mac` in the `sops` block is missing");
    let tampered = |text: &str| text.replacen("data:", "data:AAAA", 1);
    insta::assert_snapshot!(cause(tampered), @"`token`: it was changed or moved since it was encrypted");
    let swapped = |text: &str| {
        let (a, b) = (line(text, "token"), line(text, "other"));
        text.replace(a, "@").replace(b, a).replace('@', b)
    };
    insta::assert_snapshot!(cause(swapped), @"its MAC does not match: values were added, removed or reordered without sops");
    let conflict = |text: &str| format!("<<<<<<< HEAD\n{text}");
    insta::assert_snapshot!(cause(conflict), @"line 1: an unresolved merge conflict");
    let twice = |text: &str| format!("{}\n{text}", line(text, "token"));
    insta::assert_snapshot!(cause(twice), @"line 2: the key `token` occurs twice");
    let nobody = |text: &str| {
        let (head, rest) = text.split_once("    age:\n").unwrap();
        format!(
            "{head}    age: []\n    lastmodified{}",
            rest.split_once("    lastmodified").unwrap().1
        )
    };
    insta::assert_snapshot!(cause(nobody), @"it is encrypted to nobody");
    let plain = |_: &str| "token: hunter2\n".to_owned();
    insta::assert_snapshot!(cause(plain), @"it is not encrypted: it has no `sops` block");
    let left_plain = |text: &str| text.replace(line(text, "token"), "token: hunter2");
    insta::assert_snapshot!(cause(left_plain), @"`token`: it is in plain text where the file's selector says encrypted");
    let strange = |text: &str| text.replacen("type:str", "type:odd", 1);
    insta::assert_snapshot!(cause(strange), @"`token`: its type `odd` is unknown");
    let empty = |_: &str| String::new();
    insta::assert_snapshot!(cause(empty), @"it is empty");
}

/// The data key of `text` sealed anew, with so many bytes.
fn with_data_key_of(world: &World, text: &str, bytes: usize) -> String {
    let key = world.write("data-key", vec![7; bytes]);
    let recipient = world.zoe.recipient().to_string();
    let mut age = Command::new(tool("age"));
    let sealed = stdout(&age.args(["-a", "-r", &recipient]).arg(key).output().unwrap());
    let indented: String = sealed.lines().map(|line| format!("            {line}\n")).collect();
    let (head, rest) = text.split_once("            -----BEGIN").unwrap();
    let (_, tail) = rest.split_once("-----END AGE ENCRYPTED FILE-----\n").unwrap();
    format!("{head}{indented}{tail}")
}

#[test]
fn a_data_key_that_is_too_short_is_refused() {
    let world = World::new();
    world.secrets("x.yaml", &[("token", "hunter2")], &[&world.zoe]);
    let text = world.read("fleet/secrets/x.yaml");
    for bytes in [0, 16, 31, 33] {
        world.write("fleet/secrets/x.yaml", with_data_key_of(&world, &text, bytes));
        let (code, said) = world.refused(&["secrets", "show", "secrets/x.yaml", "token"]);
        assert_eq!(code, 1);
        assert_eq!(
            said,
            format!(
                "error: `secrets/x.yaml` cannot be opened\ncause: its data key has {bytes} bytes, 32 expected\n"
            )
        );
        assert_eq!(world.run(&["secrets", "rekey", "--yes"]).status.code(), Some(1));
    }
}

#[test]
fn comments_in_lists_are_known_for_what_they_are() {
    let world = World::new();
    world.write("home/.config/sops/age/keys.txt", include_str!("../vectors/k1.txt"));
    // As sops 3.13.3 has them: right, and an older sops stumbles over them.
    world.write("fleet/secrets/x.yaml", include_str!("../vectors/plain.enc.yaml"));
    insta::assert_snapshot!(world.done(&["secrets", "check"]), @r"
    ✓ secrets/x.yaml   opened with age1lftm9a0… from ~/.config/sops/age/keys.txt, line 3
      sops 3.13.2 says `MAC mismatch` of it, for the comments in its lists; use 3.13.3 or newer
    ");
    // As some before it had them.
    world.write("fleet/secrets/x.yaml", include_str!("../vectors/listmac.enc.yaml"));
    let output = world.run(&["secrets", "check"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r"
    ✗ secrets/x.yaml
      error: `secrets/x.yaml` cannot be opened
      cause: its MAC covers the comments in its lists, as some versions of sops up to 3.13.2 have it: write it again with sops 3.13.3 or newer
    ");
}

/// What `recipients check` finds in this `.sops.yaml`, and the exit code.
fn findings(world: &World, text: &str) -> (String, Option<i32>) {
    world.write("fleet/.sops.yaml", text);
    let output = world.run(&["recipients", "check"]);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    (said.replace(&world.root.display().to_string(), "ROOT"), output.status.code())
}

#[test]
fn what_is_wrong_with_the_rules_is_named() {
    let world = World::new();
    world.secrets("x.yaml", &[("t", "1")], &[&world.zoe]);
    world.secrets("users/ada.yaml", &[("t", "1")], &[&world.zoe]);
    world.write("fleet/elsewhere.yaml", world.read("fleet/secrets/x.yaml"));
    let (zoe, ada) = (world.zoe.recipient(), world.ada.recipient());
    let (said, code) = findings(
        &world,
        &format!(
            "keys:\n  - &zoe {zoe}\n  - &ada {ada}\n  - &typo {}q\n  - &old {}\ncreation_rules:\n  - path_regex: secrets/\n    age: *zoe\n  - path_regex: secrets/users/ada\n    age: *ada\n  - path_regex: none/\n    pgp: 85D77543B3D624B63CEA9E6DBC17301B491B3F21\n  - path_regex: empty/\n",
            &ada.as_str()[..61],
            world.eve.recipient(),
        ),
    );
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(said, @r"
    ✗ ROOT/fleet/.sops.yaml:4   a recipient is malformed: its checksum is wrong: a character was changed, swapped or lost
    ~ ROOT/fleet/.sops.yaml:4   `typo` is named by no rule
    ~ ROOT/fleet/.sops.yaml:5   `old` is named by no rule
    ✗ ROOT/fleet/.sops.yaml:9   the rule never wins: that of line 7 matches all that it does
    ~ ROOT/fleet/.sops.yaml:11   the rule has no age recipients
    ✗ ROOT/fleet/.sops.yaml:13   the rule has no age recipients
    ✗ elsewhere.yaml   no rule covers it
    ");
    // The earlier pattern is no plain text, so that the files tell.
    let (said, _) = findings(
        &world,
        &format!(
            "creation_rules:\n  - path_regex: ^secrets/.*\\.yaml$\n    age: {zoe}\n  - path_regex: users/[a-z]+\\.yaml\n    age: {ada}\n  - age: {zoe}\n"
        ),
    );
    insta::assert_snapshot!(said, @"✗ ROOT/fleet/.sops.yaml:4   the rule wins for no file here: that of line 2 matches them all, and more");
    let (said, code) = findings(&world, &format!("creation_rules:\n  - age: {zoe}\n"));
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(said, @"✓ ROOT/fleet/.sops.yaml   nothing is wrong with its rules and files");
}

#[test]
fn rules_that_sops_would_refuse_are_refused() {
    let world = World::new();
    world.secrets("x.yaml", &[("t", "1")], &[&world.zoe]);
    let zoe = world.zoe.recipient();
    let refused = |text: &str| {
        let (said, code) = findings(&world, text);
        assert_eq!(code, Some(1), "{said}");
        let (code, _) = world.refused(&["secrets", "rekey", "--yes"]);
        assert_eq!(code, 1);
        said
    };
    insta::assert_snapshot!(refused(&format!("keys:\n  - &zoe {zoe}\ncreation_rules:\n  - age: *eve\n")), @r"
    error: `ROOT/fleet/.sops.yaml` cannot be used
    cause: line 4: `*eve` names nothing that is defined above it
    ");
    insta::assert_snapshot!(refused("creation_rules:\n  - age: [\n"), @r"
    error: `ROOT/fleet/.sops.yaml` cannot be used
    cause: line 2, column 10: unclosed bracket '['
    ");
    insta::assert_snapshot!(refused(""), @r"
    error: `ROOT/fleet/.sops.yaml` cannot be used
    cause: the file is empty
    ");
    insta::assert_snapshot!(refused(&format!("creation_rules:\n  - path_regex: (\n    age: {zoe}\n")), @"✗ ROOT/fleet/.sops.yaml:2   the pattern `(` cannot be evaluated: unclosed group");
    let secret = world.zoe.secret_text();
    let said = refused(&format!("keys:\n  - &zoe {}\n", *secret));
    assert!(
        said.contains("cause: line 2: a private key is in the file")
            && !said.contains(secret.as_str()),
        "{said}"
    );
}

#[test]
fn unknown_entries_of_the_block_and_other_versions_stay() {
    let world = damaged(|text| {
        text.replace(
            "    version: 3.13.3\n",
            "    new_thing:\n        - deep: 1\n    version: 9.0.0\n",
        )
    });
    let set = world.set(&["secrets", "set", "secrets/x.yaml", "token", "--stdin"], b"new");
    assert!(set.status.success());
    world.rules(&[("secrets/", &["zoe"])]);
    world.done(&["secrets", "rekey", "--yes", "--rotate"]);
    let text = world.read("fleet/secrets/x.yaml");
    assert!(text.contains("    new_thing:\n        - deep: 1\n    version: 9.0.0\n"), "{text}");
    assert_eq!(world.done(&["secrets", "show", "secrets/x.yaml", "token"]), "new");
}

#[test]
fn a_rule_without_age_recipients_changes_nothing() {
    let world = damaged(str::to_owned);
    world.write("fleet/.sops.yaml", "creation_rules:\n  - path_regex: secrets/\n    pgp: 85D77543B3D624B63CEA9E6DBC17301B491B3F21\n");
    let before = world.read("fleet/secrets/x.yaml");
    let output = world.run(&["secrets", "rekey", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("! stays as it is: nobody would be left who can open it"), "{said}");
    assert_eq!(world.read("fleet/secrets/x.yaml"), before);
    let (code, said) = world.refused(&["secrets", "new", "secrets/y.yaml", "a"]);
    assert_eq!(code, 1);
    assert!(said.contains("cause: line 2: the rule has no age recipients"), "{said}");
}

#[test]
fn a_linked_file_is_read_and_not_replaced() {
    let world = damaged(str::to_owned);
    std::os::unix::fs::symlink("x.yaml", world.path("fleet/secrets/link.yaml")).unwrap();
    assert_eq!(world.done(&["secrets", "show", "secrets/link.yaml", "token"]), "hunter2");
    let output = world.set(&["secrets", "set", "secrets/link.yaml", "token", "--stdin"], b"new");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("is a symbolic link"), "{said}");
    assert_eq!(world.done(&["secrets", "show", "secrets/x.yaml", "token"]), "hunter2");
}

#[test]
fn of_two_writers_at_once_none_loses_the_others_work_unseen() {
    let world = damaged(str::to_owned);
    let results: Vec<bool> = std::thread::scope(|scope| {
        let write = |number: usize| {
            let name = format!("new{number}");
            let args = ["secrets", "set", "secrets/x.yaml", &name, "--stdin"];
            world.set(&args, b"v").status.success()
        };
        let writers: Vec<_> = (0..6).map(|number| scope.spawn(move || write(number))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let text = world.read("fleet/secrets/x.yaml");
    let file = EncryptedFile::parse(&text, Format::Yaml).unwrap();
    let opened = file.open(std::slice::from_ref(&world.zoe)).unwrap();
    for (number, done) in results.iter().enumerate() {
        assert_eq!(opened.get(&format!("new{number}")).is_some(), *done, "{results:?}");
    }
    assert!(results.contains(&true));
}

#[test]
fn large_values_and_many_keys_are_taken() {
    let world = damaged(str::to_owned);
    // 64 MB are taken; a debug build would need minutes for them.
    let large = vec![b'x'; 4 * 1024 * 1024];
    let output = world.set(&["secrets", "set", "secrets/x.yaml", "large", "--stdin"], &large);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = world.run(&["secrets", "show", "secrets/x.yaml", "large"]);
    assert!(shown.stdout == large);
    let over = world.set(
        &["secrets", "set", "secrets/x.yaml", "large", "--stdin"],
        &vec![b'x'; 64 * 1024 * 1024 + 1],
    );
    assert!(String::from_utf8_lossy(&over.stderr).contains("cause: it is larger than 64 MB"));
    let names: Vec<String> = (0..20_000).map(|n| format!("g{}/k{n}", n % 100)).collect();
    let secrets: Vec<_> = names.iter().map(|name| (name.as_str(), "v")).collect();
    world.secrets("many.yaml", &secrets, &[&world.zoe]);
    let output = world.set(&["secrets", "set", "secrets/many.yaml", "g42/k142", "--stdin"], b"new");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(stdout(&world.run(&["secrets", "show", "secrets/many.yaml", "g42/k142"])), "new");
}
