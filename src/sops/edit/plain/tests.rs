use super::*;
use crate::key::{Identity, KeyFile};
use crate::sops::{Creation, create_yaml};

const NOW: Utc = Utc::from_seconds(1_800_000_000);

fn vector(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/");
    std::fs::read_to_string(format!("{folder}{name}")).unwrap()
}

fn keys() -> Vec<Identity> {
    let file = |name| KeyFile::parse(vector(name).as_bytes()).unwrap().identities().unwrap();
    ["k1.txt", "k2.txt"].into_iter().flat_map(file).collect()
}

/// A file of ours, and what comes of an edit of its plain text.
fn edited(
    secrets: &[(&str, &str)],
    edit: impl Fn(&str) -> String,
) -> Result<(String, String), EditError> {
    let zoe = Identity::generate();
    let secrets: Vec<_> = secrets.iter().map(|(name, value)| (*name, (*value).into())).collect();
    let text = create_yaml(&secrets, &[zoe.recipient()], &Creation::default(), NOW).unwrap();
    let unlocked = Unlocked::open(&text, Format::Yaml, std::slice::from_ref(&zoe)).unwrap();
    let plain = String::from_utf8(unlocked.plain().unwrap().to_vec()).unwrap();
    let after = unlocked.with_plain(edit(&plain).as_bytes(), NOW)?;
    let unlocked = Unlocked::open(&after, Format::Yaml, &[zoe]).unwrap();
    let again = String::from_utf8(unlocked.plain().unwrap().to_vec()).unwrap();
    // What was left alone keeps its ciphertext.
    let is_kept = |line: &&str| line.contains("ENC[") && text.contains(*line);
    let names = after.lines().filter(is_kept).map(|line| line.trim().split(':').next().unwrap());
    Ok((again, names.collect::<Vec<_>>().join(" ")))
}

#[test]
fn nothing_changed_changes_the_mac_and_the_time_alone() {
    for name in [
        "plain.enc.yaml",
        "two.enc.yaml",
        "shamir.enc.yaml",
        "simple.enc.yaml",
        "plain.enc.json",
        "encsuffix.enc.yaml",
        "comre.enc.yaml",
        "maconly.enc.yaml",
        "cm.enc.yaml",
    ] {
        let text = vector(name);
        let format = Format::of(std::path::Path::new(name));
        let unlocked = Unlocked::open(&text, format, &keys()).unwrap();
        let plain = unlocked.plain().unwrap();
        assert!(!String::from_utf8_lossy(&plain).contains("ENC["), "{name}");
        let after = unlocked.with_plain(&plain, NOW).unwrap_or_else(|e| panic!("{name}: {e}"));
        let differing: Vec<&str> = text
            .lines()
            .zip(after.lines())
            .filter(|(a, b)| a != b)
            .map(|(line, _)| line.trim().split(':').next().unwrap())
            .collect();
        assert_eq!(text.lines().count(), after.lines().count(), "{name}");
        let names = differing.iter().map(|name| name.trim_matches('"')).collect::<Vec<_>>();
        assert_eq!(names, ["lastmodified", "mac"], "{name}");
    }
}

#[test]
fn whatever_a_person_does_to_the_text_is_done_to_the_file() {
    let secrets = [("token", "hunter2"), ("a/b", "c"), ("key", "one\ntwo\n"), ("z", "")];
    let (plain, _) = edited(&secrets, str::to_owned).unwrap();
    insta::assert_snapshot!(plain, @r#"
    token: hunter2
    a:
        b: c
    key: |
      one
      two
    z: ""
    "#);
    let (plain, kept) = edited(&secrets, |text| {
        text.replace("hunter2", "swordfish").replace(
            "z: \"\"\n",
            "# new\nlist:\n  - 1\n  - {x: yes, y: [a, \"b\"]}\nat: 2026-01-02\n",
        )
    })
    .unwrap();
    insta::assert_snapshot!(plain, @r#"
    token: swordfish
    a:
        b: c
    key: |
      one
      two
    # new
    list:
      - 1
      - {x: "yes", y: ["a", "b"]}
    at: 2026-01-02T00:00:00Z
    "#);
    assert_eq!(kept, "b key");
    let (plain, _) = edited(&secrets, |_| String::new()).unwrap();
    assert_eq!(plain, "");
}

#[test]
fn comments_of_lists_stay_what_they_were() {
    let text = vector("plain.enc.yaml");
    let unlocked = Unlocked::open(&text, Format::Yaml, &keys()).unwrap();
    let plain = String::from_utf8(unlocked.plain().unwrap().to_vec()).unwrap();
    let comment = "type:comment]";
    let after = unlocked.with_plain(format!("{plain}more: 1\n").as_bytes(), NOW).unwrap();
    assert_eq!(after.matches(comment).count(), text.matches(comment).count());
    let element = |text: &str| {
        text.lines()
            .find(|l| l.trim().starts_with("- ENC") && l.ends_with(comment))
            .map(str::to_owned)
    };
    assert_eq!(element(&after), element(&text));
}

#[test]
fn what_is_not_well_formed_says_where() {
    let why = |edit: &str| edited(&[("a", "1")], |_| edit.to_owned()).unwrap_err().to_string();
    insta::assert_snapshot!(why("a: 1\nb: [\n"), @"line 2, column 4: unclosed bracket '['");
    insta::assert_snapshot!(why("a: 1\na: 2\n"), @"line 2: the key `a` occurs twice");
    insta::assert_snapshot!(why("a: &x 1\n"), @"line 1: an anchor; sops files hold only text keys, values, lists and mappings");
    insta::assert_snapshot!(why("- a\n"), @"its top level is not a mapping");
    insta::assert_snapshot!(why("a: 1\n---\nb: 2\n"), @"a file of several documents can be read, but no value of it changed");
    insta::assert_snapshot!(why("a: 1\nsops:\n  x: 1\n"), @"the name `sops` is taken by the file format itself");
}

#[test]
fn json_and_binary_files_are_edited_too() {
    let text = vector("plain.enc.json");
    let unlocked = Unlocked::open(&text, Format::Json, &keys()).unwrap();
    let after = unlocked.with_plain(b"{}", NOW).unwrap();
    let emptied = Unlocked::open(&after, Format::Json, &keys()).unwrap();
    assert!(emptied.file().names().is_empty());
    let after =
        emptied.with_plain(b"{\"a\": {\"b\": [1, 2.5, true, null, \"<x>\"]}}\n", NOW).unwrap();
    let unlocked = Unlocked::open(&after, Format::Json, &keys()).unwrap();
    let again: serde_json::Value = serde_json::from_slice(&unlocked.plain().unwrap()).unwrap();
    assert_eq!(again, serde_json::json!({ "a": { "b": [1, 2.5, true, null, "<x>"] } }));

    let text = vector("plain.enc.bin");
    let unlocked = Unlocked::open(&text, Format::Binary, &keys()).unwrap();
    let plain = unlocked.plain().unwrap();
    let after = unlocked.with_plain(&[&plain[..], &[0, 255]].concat(), NOW).unwrap();
    let unlocked = Unlocked::open(&after, Format::Binary, &keys()).unwrap();
    assert_eq!(unlocked.plain().unwrap().len(), plain.len() + 2);
}
