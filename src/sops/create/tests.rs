//! What is created must come back, and nothing else may come back from what was tampered with.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::*;
use crate::key::Identity;
use crate::sops::cipher::Kind;
use crate::sops::file::Opening;
use crate::sops::pattern::Pattern;
use crate::sops::{EncryptedFile, Format, OpenError, Opened, recipients_of};

const NOW: Utc = Utc::from_seconds(1_795_169_955);

fn create(secrets: &[(&str, &str)], creation: &Creation) -> Result<String, CreateError> {
    let secrets: Vec<_> = secrets.iter().map(|(n, v)| (*n, SecretValue::from(*v))).collect();
    create_yaml(&secrets, &[Identity::generate().recipient()], creation, NOW)
}

fn open(text: &str, identity: &Identity) -> Option<Opened> {
    let file = EncryptedFile::parse(text, Format::Yaml).ok()?;
    file.open(std::slice::from_ref(identity)).ok()
}

/// The file with what differs from run to run replaced.
fn shape(text: &str) -> String {
    let enc = regex::Regex::new(r"ENC\[[^]]*\]").unwrap();
    let armor = regex::Regex::new(r"( +-----BEGIN[^\n]*\n)( +)[^-]+\n").unwrap();
    let text = enc.replace_all(text, "ENC");
    armor.replace_all(&text, "$1$2…\n").into_owned()
}

#[test]
fn a_file_has_the_shape_that_sops_gives_it() {
    let secrets = [("token", "s3cret"), ("a/b", "x"), ("empty", ""), ("a/yes", "y")];
    let secrets = secrets.map(|(n, v)| (n, SecretValue::from(v)));
    let zoe = Identity::parse(
        "AGE-SECRET-KEY-1L8PNVFQ2T3V8ZSY0W67TUFER4TVPYTFZ5EAKSQ5Y42U94TTS94HQ8DCJ0V",
    )
    .unwrap();
    let twice = [zoe.recipient(), zoe.recipient()];
    let text = create_yaml(&secrets, &twice, &Creation::default(), NOW).unwrap();
    insta::assert_snapshot!(shape(&text), @r#"
    token: ENC
    a:
        b: ENC
        "yes": ENC
    empty: ""
    sops:
        age:
            - enc: |
                -----BEGIN AGE ENCRYPTED FILE-----
                …
                -----END AGE ENCRYPTED FILE-----
              recipient: age1lftm9a0vycklcze0hguv9xnjd8w30j8gj2mq2xx20atmqskl550qdy64sz
        lastmodified: "2026-11-20T10:19:15Z"
        mac: ENC
        unencrypted_suffix: _unencrypted
        version: 3.13.3
    "#);
}

#[test]
fn every_recipient_opens_and_is_listed() {
    let people: Vec<_> = (0..3).map(|_| Identity::generate()).collect();
    let recipients: Vec<_> = people.iter().map(Identity::recipient).collect();
    let secrets = [("a", SecretValue::from("x"))];
    let text = create_yaml(&secrets, &recipients, &Creation::default(), NOW).unwrap();
    for person in &people {
        assert_eq!(open(&text, person).unwrap().opened_by, [person.recipient().to_string()]);
    }
    assert!(open(&text, &Identity::generate()).is_none());
    let listed: Vec<_> = recipients_of(&text).unwrap().into_iter().map(|s| s.recipient).collect();
    assert_eq!(listed, recipients.iter().map(ToString::to_string).collect::<Vec<_>>());
}

#[test]
fn the_rules_options_are_kept() {
    let zoe = Identity::generate();
    for selector in [
        Selector::EncryptedRegex(Pattern::new("^(a|sec.*)$").unwrap()),
        Selector::EncryptedSuffix("_enc".to_owned()),
        Selector::UnencryptedRegex(Pattern::new("^pub: #").unwrap()),
        Selector::UnencryptedCommentRegex(Pattern::new("plain").unwrap()),
    ] {
        let creation =
            Creation { selector, mac_only_encrypted: true, indent: 2, ..Creation::default() };
        let secrets = [("sec_enc", SecretValue::from("x")), ("a/b_enc", SecretValue::from("y"))];
        let text = create_yaml(&secrets, &[zoe.recipient()], &creation, NOW).unwrap();
        let file = EncryptedFile::parse(&text, Format::Yaml).unwrap();
        assert_eq!(file.metadata().selector.entry(), creation.selector.entry());
        assert!(file.metadata().mac_only_encrypted);
        assert_eq!(open(&text, &zoe).unwrap().get("a/b_enc").unwrap().as_str(), Some("y"));
    }
}

#[test]
fn what_cannot_be_created_says_why() {
    let why =
        |secrets: &[(&str, &str)]| create(secrets, &Creation::default()).unwrap_err().to_string();
    insta::assert_snapshot!(why(&[("sops", "x")]), @"the name `sops` is taken by the file format itself");
    insta::assert_snapshot!(why(&[("sops/a", "x")]), @"the name `sops` is taken by the file format itself");
    insta::assert_snapshot!(why(&[("a//b", "x")]), @"the secret `a//b` has an empty part in its name");
    insta::assert_snapshot!(why(&[("", "x")]), @"the secret `` has an empty part in its name");
    insta::assert_snapshot!(why(&[("a", "x"), ("a", "y")]), @"the secret `a` occurs twice");
    insta::assert_snapshot!(why(&[("a", "x"), ("a/b", "y")]), @"`a/b` cannot be inside `a`, which is a secret itself");
    insta::assert_snapshot!(why(&[("a/b/c", "x"), ("a/b", "y")]), @"`a/b/c` cannot be inside `a/b`, which is a secret itself");
    insta::assert_snapshot!(why(&[("key_unencrypted", "x")]), @"`key_unencrypted` would stay in plain text: the rule has `unencrypted_suffix: _unencrypted`");
    let regex = Selector::EncryptedRegex(Pattern::new("^data$").unwrap());
    let creation = Creation { selector: regex, ..Creation::default() };
    insta::assert_snapshot!(create(&[("token", "x")], &creation).unwrap_err(), @"`token` would stay in plain text: the rule has `encrypted_regex: ^data$`");
    let nobody = create_yaml(&[], &[], &Creation::default(), NOW).unwrap_err();
    assert_eq!(nobody, CreateError::NoRecipients);
    let deep = ["a"; 33].join("/");
    assert!(matches!(create(&[(&deep, "x")], &Creation::default()), Err(CreateError::DeepName(_))));
    assert!(matches!(
        create(&[(&"x".repeat(256), "x")], &Creation::default()),
        Err(CreateError::LongName(_))
    ));
}

/// Names that are awkward in YAML, besides any string at all.
fn name() -> impl Strategy<Value = String> {
    let awkward = prop::sample::select(vec![
        "yes",
        "null",
        "~",
        "0755",
        "1e3",
        "2024-01-02",
        ": #",
        "- x",
        "a: b",
        "#c",
        "&a",
        "*a",
        "!!str",
        "<<",
        "=",
        "ENC[",
        "\"",
        "'",
        "{",
        "[",
        "\\",
        " lead",
        "trail ",
        "\t",
        "\n",
        "\u{feff}",
        "🔑",
        "é",
        "%",
        "@",
        "`",
        "?",
        "---",
        "...",
    ]);
    let component = prop_oneof![
        4 => "[a-z][a-z0-9_.-]{0,12}",
        2 => awkward.prop_map(str::to_owned),
        1 => "[^/]{1,40}",
    ];
    prop::collection::vec(component, 1..4).prop_map(|parts| parts.join("/"))
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => "(?s).{0,80}".prop_map(String::into_bytes),
        1 => Just(Vec::new()),
        1 => Just(b"ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]".to_vec()),
        1 => Just(b"a\nb\n\n: # \t ".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_created_comes_back(secrets in prop::collection::vec((name(), value()), 0..8), indent in 0_usize..=10) {
        let zoe = Identity::generate();
        let mut taken = BTreeSet::new();
        let secrets: Vec<(&str, SecretValue)> = secrets
            .iter()
            .filter(|(name, _)| taken.insert(name.as_str()))
            .map(|(name, value)| (name.as_str(), SecretValue::from(value.clone())))
            .collect();
        let creation = Creation { indent, ..Creation::default() };
        let text = match create_yaml(&secrets, &[zoe.recipient()], &creation, NOW) {
            Ok(text) => text,
            // Random names may clash or be reserved: that is another test's matter.
            Err(CreateError::Inside { .. } | CreateError::LongName(_)) => return Ok(()),
            Err(other) => panic!("{other}"),
        };
        let file = EncryptedFile::parse(&text, Format::Yaml).unwrap();
        let opened = file.open(std::slice::from_ref(&zoe)).unwrap();
        let names: BTreeSet<_> = file.names().into_iter().collect();
        prop_assert_eq!(&names, &secrets.iter().map(|(n, _)| (*n).to_owned()).collect());
        for (name, value) in &secrets {
            prop_assert_eq!(opened.get(name), Some(value));
        }
        let second_reader: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        prop_assert!(second_reader.get("sops").is_some());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
        for format in [Format::Yaml, Format::Json, Format::Dotenv] {
            let _ = EncryptedFile::parse(&text, format);
        }
        let _ = recipients_of(&text);
    }
}

#[test]
fn tampered_files_never_open_to_something_else() {
    let zoe = Identity::generate();
    let secrets = ["token", "a/b", "a/c", "ssh-signing-key"]
        .map(|n| (n, SecretValue::from(format!("value of {n}"))));
    let good = create_yaml(&secrets, &[zoe.recipient()], &Creation::default(), NOW).unwrap();
    let original = open(&good, &zoe).unwrap();
    // A fixed seed: a failure must come again.
    let mut rng = StdRng::seed_from_u64(7);
    let mut refused = 0;
    for _ in 0..3000 {
        let tampered = tamper(&good, &mut rng);
        match open(&tampered, &zoe) {
            None => refused += 1,
            Some(opened) => assert_eq!(leaves(&opened), leaves(&original), "{tampered}"),
        }
    }
    assert!(refused > 2000, "{refused}");
}

/// Every value with the keys above it, which is what the format authenticates: that a map lies in a
/// list is no part of it (sops.go, `walkSlice` passes the path on as it is).
fn leaves(opened: &Opened) -> Vec<(String, Kind, SecretValue)> {
    fn walk(opening: &Opening, path: &str, found: &mut Vec<(String, Kind, SecretValue)>) {
        match opening {
            Opening::Value(kind, value) => found.push((path.to_owned(), *kind, value.clone())),
            Opening::List(items) => items.iter().for_each(|item| walk(item, path, found)),
            Opening::Map(pairs) => {
                pairs.iter().for_each(|(key, value)| walk(value, &format!("{path}/{key}"), found));
            }
        }
    }
    let mut found = Vec::new();
    opened.documents.iter().for_each(|document| walk(document, "", &mut found));
    found
}

/// One byte changed, inserted or removed, or two lines or values swapped, or a line doubled, or the end cut off.
fn tamper(good: &str, rng: &mut StdRng) -> String {
    let mut bytes = good.as_bytes().to_vec();
    let mut lines: Vec<&str> = good.lines().collect();
    let at = rng.gen_range(0..bytes.len());
    let line = rng.gen_range(0..lines.len());
    match rng.gen_range(0..7) {
        0 | 1 => bytes[at] = *b"abcXYZ019+/=:,#] \n\"'-".choose(rng).unwrap(),
        2 => bytes.insert(at, *b"aA0=:,# \n".choose(rng).unwrap()),
        3 => drop(bytes.remove(at)),
        4 => {
            let other = rng.gen_range(0..lines.len());
            lines.swap(line, other);
            return lines.join("\n");
        }
        5 => return swap_values(good, rng),
        _ => {
            let doubled = rng.r#gen::<bool>();
            if doubled {
                lines.insert(line, lines[line])
            } else {
                lines.truncate(line)
            }
            return lines.join("\n");
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn swap_values(good: &str, rng: &mut StdRng) -> String {
    let values: Vec<&str> =
        good.lines().filter_map(|l| l.split_once(": ENC").map(|(_, v)| v)).collect();
    let (one, other) = (values.choose(rng).unwrap(), values.choose(rng).unwrap());
    good.replace(one, "\0").replace(other, one).replace('\0', other)
}

#[test]
fn a_removed_value_is_a_mac_mismatch() {
    let zoe = Identity::generate();
    let secrets = [("a", SecretValue::from("x")), ("b", SecretValue::from("y"))];
    let good = create_yaml(&secrets, &[zoe.recipient()], &Creation::default(), NOW).unwrap();
    let without = good.split_once('\n').unwrap().1;
    let error = EncryptedFile::parse(without, Format::Yaml).unwrap().open(&[zoe]).unwrap_err();
    assert_eq!(error, OpenError::MacMismatch);
}
