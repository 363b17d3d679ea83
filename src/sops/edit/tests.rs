//! Edits keep all other bytes, and what comes out opens to what was meant.

use std::path::PathBuf;

use super::*;
use crate::key::{AnyRecipient, Identity, KeyFile, ssh};
use crate::sops::{Creation, create_yaml};

fn vector(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn keys() -> Vec<Identity> {
    let file = |name: &str| KeyFile::parse(vector(name).as_bytes()).unwrap().identities().unwrap();
    ["k1.txt", "k2.txt"].iter().flat_map(|name| file(name)).collect()
}

const NOW: Utc = Utc::from_seconds(1_800_000_000);

/// The lines that differ: taken out, put in.
fn changed(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let diff = similar::TextDiff::from_lines(before, after);
    let of = |tag| {
        let changes = diff.iter_all_changes().filter(move |change| change.tag() == tag);
        changes.map(|change| change.value().trim_end().to_owned()).collect()
    };
    (of(similar::ChangeTag::Delete), of(similar::ChangeTag::Insert))
}

/// Ciphertext and times out of the way.
fn shape(lines: &[String]) -> Vec<String> {
    let sealed = regex::Regex::new(r"ENC\[[^]]*\]").unwrap();
    lines
        .iter()
        .map(|line| sealed.replace_all(line, "ENC").trim_end_matches(',').to_owned())
        .collect()
}

fn sample(zoe: &Identity) -> String {
    let secrets = [("token", "t"), ("a/b", "1"), ("a/c", "2"), ("last", "x")];
    let secrets = secrets.map(|(name, value)| (name, SecretValue::from(value)));
    create_yaml(&secrets, &[zoe.recipient()], &Creation::default(), NOW).unwrap()
}

fn set(
    text: &str,
    format: Format,
    by: &Identity,
    name: &str,
    value: &str,
) -> Result<String, EditError> {
    let unlocked = Unlocked::open(text, format, std::slice::from_ref(by))?;
    let at = path_of(name, unlocked.file())?;
    unlocked.set(&at, &value.into(), NOW)
}

fn get(text: &str, format: Format, by: &Identity, name: &str) -> Option<String> {
    let opened =
        EncryptedFile::parse(text, format).unwrap().open(std::slice::from_ref(by)).unwrap();
    opened.get(name).map(|value| value.as_str().unwrap().to_owned())
}

#[test]
fn one_value_changes_one_line_besides_mac_and_time() {
    let zoe = Identity::generate();
    let before = sample(&zoe);
    let after = set(&before, Format::Yaml, &zoe, "a/b", "new").unwrap();
    let (out, new) = changed(&before, &after);
    assert_eq!(shape(&out), shape(&new));
    assert_eq!(shape(&new), ["    b: ENC", "    mac: ENC"], "the time was the same");
    assert_eq!(get(&after, Format::Yaml, &zoe, "a/b").unwrap(), "new");
    let emptied = set(&after, Format::Yaml, &zoe, "a/b", "").unwrap();
    assert_eq!(get(&emptied, Format::Yaml, &zoe, "a/b").unwrap(), "");
}

#[test]
fn new_keys_go_below_their_siblings() {
    let zoe = Identity::generate();
    let before = sample(&zoe);
    let inserted = |name: &str| {
        let after = set(&before, Format::Yaml, &zoe, name, "v").unwrap();
        let (_, new) = changed(&before, &after);
        assert_eq!(EncryptedFile::parse(&after, Format::Yaml).unwrap().names().len(), 5);
        shape(&new).into_iter().filter(|line| !line.contains("mac")).collect::<Vec<_>>()
    };
    assert_eq!(inserted("other"), ["other: ENC"]);
    assert_eq!(inserted("a/d"), ["    d: ENC"]);
    assert_eq!(inserted("a.d"), ["    d: ENC"], "`a` is a mapping");
    assert_eq!(inserted("x.y"), ["x.y: ENC"], "there is no `x`");
    assert_eq!(inserted("deep/er/est"), ["deep:", "    er:", "        est: ENC"]);
    assert_eq!(inserted("[\"a\"][\"0\"]"), ["    \"0\": ENC"]);
    assert_eq!(inserted("yes"), ["\"yes\": ENC"]);
}

#[test]
fn what_is_set_can_be_unset_again() {
    let zoe = Identity::generate();
    let before = sample(&zoe);
    for name in ["other", "a/d", "deep/er/est", "[\"a: b\"]"] {
        let with = set(&before, Format::Yaml, &zoe, name, "v").unwrap();
        let unlocked = Unlocked::open(&with, Format::Yaml, std::slice::from_ref(&zoe)).unwrap();
        let at = path_of(name, unlocked.file()).unwrap();
        let back =
            unlocked.unset(&at[..1.max(at.len() - 2 * usize::from(at.len() > 2))], NOW).unwrap();
        let (out, new) = changed(&before, &back);
        assert_eq!(
            (shape(&out), shape(&new)),
            (vec!["    mac: ENC".to_owned()], vec!["    mac: ENC".to_owned()]),
            "{name}"
        );
    }
}

#[test]
fn the_last_value_of_a_mapping_leaves_an_empty_one() {
    let zoe = Identity::generate();
    let mut text = sample(&zoe);
    for name in ["a/b", "a/c"] {
        let unlocked = Unlocked::open(&text, Format::Yaml, std::slice::from_ref(&zoe)).unwrap();
        let at = path_of(name, unlocked.file()).unwrap();
        text = unlocked.unset(&at, NOW).unwrap();
    }
    assert!(text.contains("\na:\n    {}\nlast:"), "{text}");
    let again = set(&text, Format::Yaml, &zoe, "a/new", "v").unwrap();
    assert_eq!(get(&again, Format::Yaml, &zoe, "a/new").unwrap(), "v");
    let unlocked = Unlocked::open(&again, Format::Yaml, std::slice::from_ref(&zoe)).unwrap();
    assert!(!unlocked.unset(&[Step::Key("a".into())], NOW).unwrap().contains("\na:"));
}

#[test]
fn lists_comments_and_odd_values_of_a_file_of_sops_stay() {
    for name in [
        "plain.enc.yaml",
        "comre.enc.yaml",
        "cm.enc.yaml",
        "encsuffix.enc.yaml",
        "maconly.enc.yaml",
    ] {
        let before = vector(name);
        let unlocked = Unlocked::open(&before, Format::Yaml, &keys()).unwrap();
        let first = unlocked.file().names().into_iter().find_map(|name| {
            let at = path_of(&name, unlocked.file()).ok()?;
            unlocked.set(&at, &"changed".into(), NOW).ok().map(|text| (at, text))
        });
        let (at, after) = first.unwrap_or_else(|| panic!("{name}"));
        let (out, new) = changed(&before, &after);
        assert_eq!((out.len(), new.len()), (3, 3), "{name}: {out:?} {new:?}");
        let reopened = Unlocked::open(&after, Format::Yaml, &keys()).unwrap();
        let without = match reopened.unset(&at, NOW) {
            Err(EditError::CommentCounts(_)) if name.starts_with("comre") => continue,
            without => without.unwrap_or_else(|e| panic!("{name}: {e}")),
        };
        assert_eq!(changed(&after, &without).0.len(), 2, "{name}");
    }
}

#[test]
fn items_of_lists_are_changed_added_and_taken_out() {
    let before = vector("plain.enc.yaml");
    let unlocked = Unlocked::open(&before, Format::Yaml, &keys()).unwrap();
    let at = |index| vec![Step::Key("nested".into()), Step::Key("list".into()), Step::Index(index)];
    let count = unlocked.file().documents()[0]
        .get("nested")
        .unwrap()
        .child(&at(0)[1])
        .unwrap()
        .elements()
        .count();
    for text in [
        unlocked.set(&at(0), &"first".into(), NOW).unwrap(),
        unlocked.set(&at(count), &"more".into(), NOW).unwrap(),
        unlocked.unset(&at(count - 1), NOW).unwrap(),
    ] {
        Unlocked::open(&text, Format::Yaml, &keys()).unwrap();
    }
    assert_eq!(
        unlocked.set(&at(count + 1), &"x".into(), NOW),
        Err(EditError::NotThere(format!("nested/list/{}", count + 1)))
    );
}

#[test]
fn json_keeps_its_tabs_and_binary_its_one_value() {
    let before = vector("plain.enc.json");
    let unlocked = Unlocked::open(&before, Format::Json, &keys()).unwrap();
    let names = unlocked.file().names();
    let at = path_of(&names[0], unlocked.file()).unwrap();
    let after = unlocked.set(&at, &"new".into(), NOW).unwrap();
    assert_eq!(changed(&before, &after).0.len(), 3);
    for name in ["added", "more/deep/er"] {
        let with =
            unlocked.set(&path_of(name, unlocked.file()).unwrap(), &"<&>".into(), NOW).unwrap();
        assert_eq!(get(&with, Format::Json, &keys()[0], name).unwrap(), "<&>", "{with}");
        let unlocked = Unlocked::open(&with, Format::Json, &keys()).unwrap();
        let back = unlocked.unset(&at, NOW).unwrap();
        assert!(get(&back, Format::Json, &keys()[0], &names[0]).is_none());
    }
    let before = vector("text.enc.txt");
    let unlocked = Unlocked::open(&before, Format::Binary, &keys()).unwrap();
    let at = [Step::Key("data".into())];
    let bytes = SecretValue::from(vec![0, 255, 10]);
    let after = unlocked.set(&at, &bytes, NOW).unwrap();
    assert_eq!(changed(&before, &after).0.len(), 3);
    let opened = Unlocked::open(&after, Format::Binary, &keys()).unwrap();
    assert_eq!(opened.opened().get("data"), Some(&bytes));
    assert_eq!(
        unlocked.set(&[Step::Key("x".into())], &bytes, NOW),
        Err(EditError::NotThere("x".into()))
    );
}

#[test]
fn refusals_say_why() {
    let zoe = Identity::generate();
    let text = sample(&zoe);
    let why = |name: &str| set(&text, Format::Yaml, &zoe, name, "v").unwrap_err().to_string();
    insta::assert_snapshot!(why("sops/age"), @"the name `sops` is taken by the file format itself");
    insta::assert_snapshot!(why("token/x"), @"`token` is one value, so nothing can be inside it");
    insta::assert_snapshot!(why("a"), @"`a` holds several values: name one of them");
    insta::assert_snapshot!(why("a//b"), @"`a//b` is no place for a value");
    insta::assert_snapshot!(why("[\"a\""), @r#"`["a"` is no place for a value"#);
    insta::assert_snapshot!(why("x_unencrypted"), @"`x_unencrypted` would stand in plain text: the file has `unencrypted_suffix: _unencrypted`");
    let unlocked = Unlocked::open(&text, Format::Yaml, std::slice::from_ref(&zoe)).unwrap();
    let bytes = unlocked.set(&[Step::Key("x".into())], &vec![255].into(), NOW).unwrap_err();
    insta::assert_snapshot!(bytes, @"the value is not text, and only binary files hold other bytes");
    assert_eq!(
        unlocked.unset(&[Step::Key("nope".into())], NOW),
        Err(EditError::NotThere("nope".into()))
    );
    let several = vector("multidoc.enc.yaml");
    let several = Unlocked::open(&several, Format::Yaml, &keys()).unwrap();
    assert_eq!(
        several.set(&[Step::Key("a".into())], &"v".into(), NOW),
        Err(EditError::SeveralDocuments)
    );
}

fn recipients(people: &[&Identity]) -> Vec<AnyRecipient> {
    people.iter().map(|person| person.recipient().into()).collect()
}

#[test]
fn a_newcomer_gets_a_stanza_and_nothing_else_changes() {
    let (zoe, ada) = (Identity::generate(), Identity::generate());
    for (name, format) in [
        ("two.enc.yaml", Format::Yaml),
        ("plain.enc.json", Format::Json),
        ("text.enc.txt", Format::Binary),
        ("multidoc.enc.yaml", Format::Yaml),
    ] {
        let before = vector(name);
        let unlocked = Unlocked::open(&before, format, &keys()).unwrap();
        let mut wanted = recipients(&[&zoe]);
        wanted.extend(recipients(&keys().iter().collect::<Vec<_>>()));
        let with = unlocked.rekey(&Wanted::all(wanted.clone())).unwrap();
        assert!(with.difference.added.contains(&zoe.recipient().to_string()));
        assert!(with.difference.removed.is_empty());
        let (out, _) = changed(&before, &with.text);
        assert!(
            out.iter().all(|line| line.trim().is_empty() || format != Format::Yaml),
            "{name}: {out:?}"
        );
        let file = EncryptedFile::parse(&with.text, format).unwrap();
        assert_eq!(
            file.open(std::slice::from_ref(&zoe)).unwrap().documents,
            unlocked.opened().documents
        );
        assert!(file.open(std::slice::from_ref(&ada)).is_err());
        // Taken out again the old text is back, byte for byte.
        let unlocked = Unlocked::open(&with.text, format, std::slice::from_ref(&zoe)).unwrap();
        let old = EncryptedFile::parse(&before, format).unwrap();
        let old =
            old.metadata().stanzas().map(|s| AnyRecipient::parse(&s.recipient).unwrap()).collect();
        let back = unlocked.rekey(&Wanted::all(old)).unwrap();
        assert_eq!(back.text, before, "{name}");
        let same = unlocked.rekey(&Wanted::all(wanted)).unwrap();
        assert_eq!((same.text.as_str(), same.difference.is_none()), (with.text.as_str(), true));
    }
}

#[test]
fn ssh_keys_are_recipients_and_identities() {
    let zoe = ssh::generate("zoe@quartz").unwrap();
    let text = sample(&keys()[0]);
    let unlocked = Unlocked::open(&text, Format::Yaml, &keys()).unwrap();
    let wanted = Wanted::all(vec![AnyRecipient::parse(&zoe.public).unwrap()]);
    let after = unlocked.rekey(&wanted).unwrap().text;
    let identity = crate::key::SshIdentity::parse(&zoe.private, &mut || None).unwrap();
    let identity = crate::key::AnyIdentity::from(identity);
    let opened = Unlocked::open(&after, Format::Yaml, &[identity]).unwrap();
    assert!(zoe.public.starts_with(&opened.opened().opened_by[0]));
    assert!(Difference::between(opened.file().metadata(), &wanted).is_none());
    let error = EncryptedFile::parse(&after, Format::Yaml).unwrap().open(&keys()).unwrap_err();
    assert!(error.to_string().starts_with("no key fits"));
}

#[test]
fn groups_are_made_changed_and_joined_again() {
    let text = vector("shamir.enc.yaml");
    let zoe = Identity::generate();
    let both = keys();
    let unlocked = Unlocked::open(&text, Format::Yaml, &both).unwrap();
    let group = |people: &[&Identity]| super::groups::WantedGroup {
        age: recipients(people),
        others: Vec::new(),
    };
    let wanted = Wanted { groups: vec![group(&[&both[0], &zoe]), group(&[&both[1]])] };
    let more = unlocked.rekey(&wanted).unwrap();
    assert_eq!(changed(&text, &more.text).0, Vec::<String>::new(), "the parts stay");
    let three = [zoe.clone(), both[1].clone()];
    let unlocked = Unlocked::open(&more.text, Format::Yaml, &three).unwrap();
    let joined = unlocked.rekey(&Wanted::all(recipients(&[&zoe]))).unwrap();
    assert!(joined.difference.regrouped && !joined.text.contains("key_groups"));
    let one = Unlocked::open(&joined.text, Format::Yaml, std::slice::from_ref(&zoe)).unwrap();
    assert_eq!(one.opened().documents, unlocked.opened().documents);
    let again = one.rekey(&wanted).unwrap();
    assert!(again.text.contains("shamir_threshold: 2"));
    let file = EncryptedFile::parse(&again.text, Format::Yaml).unwrap();
    assert!(file.open(std::slice::from_ref(&zoe)).is_err());
    assert!(file.open(&three).is_ok());
    let text = vector("plain.enc.json");
    let unlocked = Unlocked::open(&text, Format::Json, &both).unwrap();
    let grouped = unlocked.rekey(&wanted).unwrap();
    let file = EncryptedFile::parse(&grouped.text, Format::Json).unwrap();
    assert_eq!(file.open(&three).unwrap().documents, unlocked.opened().documents);
}

#[test]
fn a_rotated_file_holds_the_same_under_another_key() {
    let zoe = Identity::generate();
    for (name, format) in [
        ("plain.enc.yaml", Format::Yaml),
        ("comre.enc.yaml", Format::Yaml),
        ("cm.enc.yaml", Format::Yaml),
        ("shamir.enc.yaml", Format::Yaml),
        ("plain.enc.json", Format::Json),
        ("plain.enc.bin", Format::Binary),
        ("multidoc.enc.yaml", Format::Yaml),
    ] {
        let before = vector(name);
        let unlocked = Unlocked::open(&before, format, &keys()).unwrap();
        let wanted = if name.starts_with("shamir") {
            let group = |person: &Identity| super::groups::WantedGroup {
                age: recipients(&[person]),
                others: Vec::new(),
            };
            Wanted { groups: vec![group(&zoe), group(&zoe)] }
        } else {
            Wanted::all(recipients(&[&zoe]))
        };
        let after = unlocked.rotate(&wanted, NOW).unwrap_or_else(|e| panic!("{name}: {e}"));
        let opened = Unlocked::open(&after.text, format, std::slice::from_ref(&zoe)).unwrap();
        assert_eq!(opened.opened().documents, unlocked.opened().documents, "{name}");
        assert!(EncryptedFile::parse(&after.text, format).unwrap().open(&keys()).is_err());
        for sealed in before.split("ENC[").skip(1).map(|rest| rest.split(']').next().unwrap()) {
            assert!(!after.text.contains(sealed), "{name}: {sealed} is as it was");
        }
    }
}

#[test]
fn stanzas_of_other_kinds_stay_and_stop_a_rotation() {
    let zoe = Identity::generate();
    let text = sample(&zoe);
    let kms = "    kms:\n        - arn: arn:aws:kms:x\n          created_at: \"2026-01-01T00:00:00Z\"\n          enc: AAAA\n    lastmodified:";
    let text = text.replace("    lastmodified:", kms);
    let ada = Identity::generate();
    let unlocked = Unlocked::open(&text, Format::Yaml, std::slice::from_ref(&zoe)).unwrap();
    let wanted = Wanted::all(recipients(&[&ada, &zoe]));
    let after = unlocked.rekey(&wanted).unwrap();
    assert!(after.text.contains(kms.split_once("    lastmodified").unwrap().0));
    let error = unlocked.rotate(&wanted, NOW).unwrap_err();
    insta::assert_snapshot!(error, @"it is also encrypted to a key of another kind (kms), which only sops can do");
    assert_eq!(unlocked.rekey(&Wanted::all(Vec::new())).unwrap_err(), EditError::NoRecipients);
}
