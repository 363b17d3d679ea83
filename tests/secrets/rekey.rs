//! Encrypting a whole fleet again.

use std::collections::BTreeMap;
use std::fs;

use doorstep::sops::EncryptedFile;
use doorstep::sops::Format;

use crate::world::World;

const FILES: usize = 1000;

fn fleet(files: usize) -> World {
    let world = World::new();
    for number in 0..files {
        let secrets = [("token", "hunter2"), ("a/b", "x")];
        world.secrets(&format!("{number}.yaml"), &secrets, &[&world.zoe]);
    }
    world
}

fn texts(world: &World) -> BTreeMap<String, String> {
    let entries = fs::read_dir(world.path("fleet/secrets")).unwrap();
    let text = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(|entry| text(entry.unwrap())).collect()
}

/// Everything but the recipients' stanzas.
fn values(text: &str) -> String {
    let inside = |line: &&str| {
        let trimmed = line.trim_start();
        line.len() - trimmed.len() < 8 && !trimmed.starts_with("age:")
    };
    text.lines().filter(inside).collect()
}

#[test]
fn a_thousand_files_in_one_run_and_back() {
    let world = fleet(FILES);
    let before = texts(&world);
    let said = world.done(&["secrets", "rekey", "--yes", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["changed"].as_array().unwrap().len(), FILES);
    assert_eq!((&said["proved"], &said["refused"]), (&true.into(), &serde_json::json!([])));
    let after = texts(&world);
    let ada = std::slice::from_ref(&world.ada);
    for (name, text) in &after {
        assert_eq!(values(text), values(&before[name]), "{name}");
        let file = EncryptedFile::parse(text, Format::Yaml).unwrap();
        assert_eq!(file.open(ada).unwrap().get("token").unwrap().as_str(), Some("hunter2"));
        // The kept stanza is there byte for byte.
        let stanza =
            before[name].split("age:\n").nth(1).unwrap().split("    lastmodified").next().unwrap();
        assert!(text.contains(stanza), "{name}");
    }
    for name in ["secrets/0.yaml", "secrets/999.yaml"] {
        let output = world.sops(&["updatekeys", "-y", name]);
        assert!(String::from_utf8_lossy(&output.stderr).contains("already up to date"));
    }
    let again = world.done(&["secrets", "rekey", "--yes"]);
    assert_eq!(again, format!("{FILES} files as the rules say. Nothing to encrypt again.\n"));
    assert!(world.done(&["undo"]).contains("Taken back, byte for byte."));
    assert_eq!(texts(&world), before);
}

#[test]
fn a_removal_says_what_stays_readable_and_rotates_when_asked() {
    let world = World::new();
    world.secrets("shared.yaml", &[("wifi", "w"), ("printer/pin", "p")], &[&world.zoe, &world.ada]);
    world.rules(&[("secrets/", &["zoe"])]);
    let dry = world.done(&["secrets", "rekey", "--dry-run"]);
    insta::assert_snapshot!(dry, @r"
    secrets/shared.yaml
      - ada   can no longer
    1 to encrypt again, 0 as the rules say.
    Whoever was removed can still read old revisions in git, and may have kept what they read. Replace these values:
      secrets/shared.yaml   wifi, printer/pin
    Their data keys stay the same: add --rotate for new ones.
    ");
    let before = world.read("fleet/secrets/shared.yaml");
    let output = world.run(&["secrets", "rekey", "--yes", "--rotate"]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is no longer encrypted to whoever was removed."), "{said}");
    assert!(
        said.contains("Replace these values:\n  secrets/shared.yaml   wifi, printer/pin\n"),
        "{said}"
    );
    let after = world.read("fleet/secrets/shared.yaml");
    let sealed = |text: &str| text.lines().find(|l| l.starts_with("wifi")).unwrap().to_owned();
    assert_ne!(sealed(&before), sealed(&after));
    let file = EncryptedFile::parse(&after, Format::Yaml).unwrap();
    assert!(file.open(std::slice::from_ref(&world.ada)).is_err());
    assert_eq!(
        crate::world::stdout(&world.sops(&["-d", "secrets/shared.yaml"])),
        "wifi: w\nprinter:\n    pin: p\n"
    );
}

#[test]
fn what_cannot_be_opened_or_has_no_rule_stays_and_is_named() {
    let world = World::new();
    world.rules(&[("secrets/[a-m]", &["zoe", "ada"])]);
    world.secrets("closed.yaml", &[("t", "1")], &[&world.ada]);
    world.secrets("good.yaml", &[("t", "1")], &[&world.zoe]);
    world.secrets("other.yaml", &[("t", "1")], &[&world.zoe]);
    let output = world.run(&["secrets", "rekey", "--yes", "--json"]);
    assert_eq!(output.status.code(), Some(1), "one file stays behind");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["changed"][0]["file"], "secrets/good.yaml");
    assert_eq!(said["changed"][0]["added"][0]["name"], "ada");
    assert_eq!(
        (&said["refused"][0]["file"], &said["refused"][0]["no_key"]),
        (&"secrets/closed.yaml".into(), &true.into())
    );
    assert_eq!(said["no_rule"], serde_json::json!(["secrets/other.yaml"]));
    assert_eq!((&said["applied"], &said["proved"]), (&true.into(), &true.into()));
}

#[test]
fn one_value_of_a_thousand_changes_one_line_mac_and_time() {
    let world = World::new();
    let names: Vec<String> = (0..1000).map(|n| format!("group{}/secret{n}", n % 10)).collect();
    let secrets: Vec<_> = names.iter().map(|name| (name.as_str(), "value")).collect();
    world.secrets("many.yaml", &secrets, &[&world.zoe, &world.ada]);
    let before = world.read("fleet/secrets/many.yaml");
    let output =
        world.set(&["secrets", "set", "secrets/many.yaml", "group7/secret507", "--stdin"], b"new");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = world.read("fleet/secrets/many.yaml");
    let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(a, b)| a != b).collect();
    assert_eq!(before.lines().count(), after.lines().count());
    let keys: Vec<_> =
        changed.iter().map(|(_, line)| line.trim().split(':').next().unwrap()).collect();
    assert_eq!(keys, ["secret507", "lastmodified", "mac"]);
    let extract = ["-d", "--extract", "[\"group7\"][\"secret507\"]", "secrets/many.yaml"];
    assert_eq!(crate::world::stdout(&world.sops(&extract)), "new");
    eprintln!("1 of 1000 values set: {} lines changed: {}", changed.len(), keys.join(", "));
}
