//! What the commands say, and to whom.

use std::fs;

use serde_json::{Value, json};

use crate::world::World;

fn json_of(world: &World, args: &[&str]) -> Value {
    serde_json::from_slice(&world.run(args).stdout).unwrap()
}

#[test]
fn list_names_values_and_readers_and_needs_no_key() {
    let world = World::new();
    world.secrets("x.yaml", &[("token", "hunter2"), ("a/b", "s")], &[&world.zoe, &world.ada]);
    world.write("fleet/secrets/notes.yaml", "about: sops and ENC[ texts\n");
    fs::remove_file(world.path("home/.config/sops/age/keys.txt")).unwrap();
    insta::assert_snapshot!(world.done(&["secrets", "list"]), @r"
    secrets/x.yaml   zoe, ada
      token
      a/b
    ");
    let said = json_of(&world, &["secrets", "list", "--json"]);
    assert_eq!(
        said["files"],
        json!([{ "file": "secrets/x.yaml", "names": ["token", "a/b"], "readers": ["zoe", "ada"] }])
    );
}

#[test]
fn show_gives_a_pipe_the_bytes() {
    let world = World::new();
    world.secrets("x.yaml", &[("a/b", "two\nlines")], &[&world.zoe]);
    assert_eq!(world.done(&["secrets", "show", "secrets/x.yaml", "a/b"]), "two\nlines");
    assert_eq!(world.done(&["secrets", "show", "secrets/x.yaml", r#"["a"]["b"]"#]), "two\nlines");
    let whole: Value =
        serde_json::from_str(&world.done(&["secrets", "show", "secrets/x.yaml"])).unwrap();
    assert_eq!(whole, json!({ "a": { "b": "two\nlines" } }));
    let (code, said) = world.refused(&["secrets", "show", "secrets/x.yaml", "nope"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(said, @r"
    error: `secrets/x.yaml` has no `nope`
    hint: see its names: `doorstep secrets list secrets/x.yaml`
    ");
}

#[test]
fn check_says_which_key_opened_what_and_where_it_is() {
    let world = World::new();
    world.secrets("x.yaml", &[("t", "1")], &[&world.zoe]);
    let said = json_of(&world, &["secrets", "check", "--json"]);
    assert_eq!(
        said["files"][0]["opened_by"][0],
        json!({
            "recipient": world.zoe.recipient().as_str(), "from": "~/.config/sops/age/keys.txt, line 3",
        })
    );
    world.secrets("y.yaml", &[("t", "1")], &[&world.ada]);
    let output = world.run(&["secrets", "check"]);
    assert_eq!(output.status.code(), Some(1));
    let mut said = String::from_utf8(output.stdout).unwrap();
    for person in [&world.zoe, &world.ada] {
        said = said.replace(&person.recipient().as_str()[..11], "age1key");
    }
    insta::assert_snapshot!(said, @r"
    ✓ secrets/x.yaml   opened with age1key… from ~/.config/sops/age/keys.txt, line 3
    ✗ secrets/y.yaml
      error: `secrets/y.yaml` cannot be decrypted with your keys
      cause: none of its 1 recipients is age1key… (~/.config/sops/age/keys.txt, line 3)
      hint: ask somebody who can open it to run `doorstep secrets rekey secrets/y.yaml`
    ");
}

#[test]
fn a_value_is_never_taken_from_the_command_line() {
    let world = World::new();
    world.secrets("x.yaml", &[("t", "1")], &[&world.zoe]);
    let (code, said) = world.refused(&["secrets", "set", "secrets/x.yaml", "t"]);
    assert_eq!(code, 2);
    insta::assert_snapshot!(said, @r"
    error: there is no terminal to ask for a value on
    hint: give it with `--stdin` or `--from FILE`
    ");
    assert_eq!(world.refused(&["secrets", "set", "secrets/x.yaml", "t", "value"]).0, 2);
}

#[test]
fn new_files_are_for_whom_their_rule_names_and_known_to_git() {
    let world = World::new();
    let git = |args: &[&str]| {
        std::process::Command::new("git").args(args).current_dir(world.fleet()).output().unwrap()
    };
    assert!(git(&["init", "-q"]).status.success());
    let made = world.set(&["secrets", "new", "secrets/deep/z.yaml", "t", "--stdin"], b"1");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(
        String::from_utf8_lossy(&git(&["status", "--short"]).stdout)
            .contains(" A secrets/deep/z.yaml")
    );
    assert!(world.sops(&["updatekeys", "-y", "secrets/deep/z.yaml"]).status.success());
    let (code, said) = world.refused(&["secrets", "new", "secrets/deep/z.yaml", "t"]);
    assert_eq!(code, 1);
    assert!(said.contains("something is there already"), "{said}");
    let (_, said) = world.refused(&["secrets", "new", "elsewhere.yaml", "t"]);
    assert!(said.contains("no rule of `ROOT/fleet/.sops.yaml` matches `elsewhere.yaml`"), "{said}");
    assert!(world.done(&["undo"]).contains("Taken back, byte for byte."));
    assert!(!world.path("fleet/secrets/deep").exists());
}

#[test]
fn the_matrix_and_the_check_of_the_rules() {
    let world = World::new();
    world.secrets("x.yaml", &[("t", "1")], &[&world.zoe]);
    world.secrets("y.yaml", &[("t", "1")], &[&world.zoe, &world.ada]);
    world.rules(&[("secrets/x", &["zoe", "ada"]), ("secrets/", &["zoe"]), ("secrets/", &["ada"])]);
    insta::assert_snapshot!(world.done(&["recipients", "matrix"]), @r"
    file            zoe     ada   
    secrets/x.yaml  yes     + add 
    secrets/y.yaml  yes     - gone

    yes   can open it now              + add    rule says so, file not yet
    empty cannot                       - gone   file says so, rule no longer
    ");
    world.write("fleet/secrets/plain.yaml", "t: 1\n");
    let said = json_of(&world, &["recipients", "check", "--json"]);
    let findings: Vec<_> = said["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["id"].as_str().unwrap(), f["file"].as_str()))
        .collect();
    assert_eq!(
        findings,
        [
            ("shadowed", None),
            ("differs", Some("secrets/x.yaml")),
            ("differs", Some("secrets/y.yaml")),
            ("plain-text", Some("secrets/plain.yaml")),
        ]
    );
}

#[test]
fn somebody_is_added_and_removed_under_a_receipt() {
    let world = World::new();
    world.secrets("x.yaml", &[("t", "1")], &[&world.zoe, &world.ada]);
    let before = world.read("fleet/.sops.yaml");
    let eve = doorstep::key::Identity::generate().recipient().to_string();
    let added = world.run(&["recipients", "add", "eve-user", &eve, "secrets/eve.yaml"]);
    let said = String::from_utf8_lossy(&added.stderr).into_owned();
    assert!(
        said.contains("checked: The rule that wins for secrets/eve.yaml names eve-user."),
        "{said}"
    );
    let with = world.read("fleet/.sops.yaml");
    assert!(with.contains(&format!("&eve-user {eve}")), "{with}");
    let removed = world.run(&["recipients", "remove", "eve-user", "secrets/eve.yaml"]);
    let said = String::from_utf8_lossy(&removed.stderr).into_owned();
    assert!(said.contains("does not name eve-user."), "{said}");
    assert!(said.contains("old revisions stay readable for it"), "{said}");
    assert_eq!(world.read("fleet/.sops.yaml"), before);
    assert!(world.done(&["undo"]).contains("byte for byte"));
    assert_eq!(world.read("fleet/.sops.yaml"), with);
    assert_eq!(world.refused(&["recipients", "remove", "nobody", "secrets/x.yaml"]).0, 1);
}
