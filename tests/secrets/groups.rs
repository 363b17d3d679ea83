//! Groups of keys, of which several are needed (Shamir), beside sops.

use std::process::Output;

use crate::world::{World, stdout};

/// Rules with these groups of people.
fn rules(world: &World, groups: &[&[&str]]) {
    let mut text = format!(
        "keys:\n  - &zoe {}\n  - &ada {}\n  - &eve {}\ncreation_rules:\n  - path_regex: secrets/\n    key_groups:\n",
        world.zoe.recipient(),
        world.ada.recipient(),
        world.eve.recipient()
    );
    for group in groups {
        text.push_str("      - age:\n");
        group.iter().for_each(|name| text.push_str(&format!("          - *{name}\n")));
    }
    world.write("fleet/.sops.yaml", text);
}

/// With the keys of these people besides Zoe's.
fn with(world: &World, others: &str, args: &[&str]) -> Output {
    world.doorstep(args).env("SOPS_AGE_KEY", others).output().unwrap()
}

fn sops(world: &World, others: &str, args: &[&str]) -> Output {
    world.sops_command(args).env("SOPS_AGE_KEY", others).output().unwrap()
}

#[test]
fn a_file_of_two_groups_needs_a_key_of_each() {
    let world = World::new();
    let ada = world.ada.secret_text().to_string();
    rules(&world, &[&["zoe"], &["ada"]]);
    let made = with(&world, &ada, &["secrets", "new", "secrets/x.yaml", "t", "--from", "../v"]);
    assert_eq!(made.status.code(), Some(1), "there is no such file");
    world.write("v", "hunter2");
    stdout(&with(&world, &ada, &["secrets", "new", "secrets/x.yaml", "t", "--from", "../v"]));
    assert_eq!(stdout(&sops(&world, &ada, &["-d", "secrets/x.yaml"])), "t: hunter2\n");
    assert!(!world.sops(&["-d", "secrets/x.yaml"]).status.success());
    let (code, said) = world.refused(&["secrets", "show", "secrets/x.yaml", "t"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(said, @r"
    error: `secrets/x.yaml` cannot be decrypted with your keys
    cause: it needs a key of 2 groups, and keys of 1 fit
    hint: ask somebody who can open it to run `doorstep secrets rekey secrets/x.yaml`
    ");
    let said = stdout(&with(&world, &ada, &["secrets", "check"]));
    assert!(said.contains(" and "), "both keys are named: {said}");
}

#[test]
fn groups_are_made_changed_and_joined_again() {
    let world = World::new();
    let others = format!("{} {}", *world.ada.secret_text(), *world.eve.secret_text());
    world.secrets("x.yaml", &[("t", "hunter2"), ("a/b", "c")], &[&world.zoe, &world.ada]);
    let before = world.read("fleet/secrets/x.yaml");
    let values = |text: &str| text.split("sops:").next().unwrap().to_owned();
    for groups in [
        &[&["zoe"][..], &["ada"]][..],
        &[&["zoe", "eve"], &["ada"]],
        &[&["zoe"], &["eve"]],
        &[&["zoe"]],
    ] {
        rules(&world, groups);
        let said = stdout(&with(&world, &others, &["secrets", "rekey", "--yes", "--json"]));
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["proved"], true, "{groups:?}");
        assert_eq!(values(&world.read("fleet/secrets/x.yaml")), values(&before));
        assert!(sops(&world, &others, &["-d", "secrets/x.yaml"]).status.success(), "{groups:?}");
        let updated = sops(&world, &others, &["updatekeys", "-y", "secrets/x.yaml"]);
        assert!(
            String::from_utf8_lossy(&updated.stderr).contains("already up to date"),
            "{groups:?}"
        );
    }
    assert!(world.sops(&["-d", "secrets/x.yaml"]).status.success(), "one key is enough again");
    for _ in 0..4 {
        world.done(&["undo"]);
    }
    assert_eq!(world.read("fleet/secrets/x.yaml"), before);
}

#[test]
fn a_newcomer_joins_a_group_of_which_no_key_is_here() {
    let world = World::new();
    let ada = world.ada.secret_text().to_string();
    let eve = world.eve.secret_text().to_string();
    // Two of three groups are enough; Eve's own part is then made anew for everybody.
    rules(&world, &[&["zoe"], &["ada"], &["eve"]]);
    let text = world
        .read("fleet/.sops.yaml")
        .replace("    key_groups:", "    shamir_threshold: 2\n    key_groups:");
    world.write("fleet/.sops.yaml", text);
    world.write("v", "hunter2");
    stdout(&with(&world, &ada, &["secrets", "new", "secrets/x.yaml", "t", "--from", "../v"]));
    assert!(sops(&world, &eve, &["-d", "secrets/x.yaml"]).status.success(), "2 of 3");
    rules(&world, &[&["zoe"], &["ada"], &["eve", "zoe"]]);
    stdout(&with(&world, &ada, &["secrets", "rekey", "--yes"]));
    assert!(world.sops(&["-d", "secrets/x.yaml"]).status.success(), "zoe is in two groups");
    assert!(sops(&world, &eve, &["-d", "secrets/x.yaml"]).status.success());
}
