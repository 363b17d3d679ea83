//! Reading what sops wrote (`tests/vectors`), and what it must refuse.

use std::path::PathBuf;

use serde_yaml::Value;

use super::*;
use crate::key::{Identity, KeyFile};
use crate::sops::recipients_of;
use crate::sops::stanza;

fn vector(name: &str) -> String {
    // One vector holds bytes of a binary file, but only in its decrypted form.
    String::from_utf8(vector_bytes(name)).unwrap()
}

fn vector_bytes(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    std::fs::read(path).unwrap()
}

fn keys(names: &[&str]) -> Vec<Identity> {
    let file = |name: &&str| KeyFile::parse(&vector_bytes(name)).unwrap().identities().unwrap();
    names.iter().flat_map(file).collect()
}

fn open(text: &str, format: Format, key_files: &[&str]) -> Result<Opened, OpenError> {
    EncryptedFile::parse(text, format).unwrap().open(&keys(key_files))
}

/// As another YAML reader would give the decrypted file.
fn as_yaml(opening: &Opening) -> Value {
    match opening {
        Opening::Map(pairs) => {
            Value::Mapping(pairs.iter().map(|(k, v)| (k.as_str().into(), as_yaml(v))).collect())
        }
        Opening::List(items) => Value::Sequence(items.iter().map(as_yaml).collect()),
        Opening::Value(kind, value) => {
            let text = value.as_str().unwrap();
            match kind {
                Kind::Null => Value::Null,
                Kind::Bool => (text == "True").into(),
                Kind::Int => text.parse::<i64>().unwrap().into(),
                Kind::Float => text.parse::<f64>().unwrap().into(),
                Kind::Str | Kind::Time | Kind::Bytes => text.into(),
            }
        }
    }
}

fn decrypted(name: &str) -> Vec<Value> {
    let text = vector(name);
    let each = serde_yaml::Deserializer::from_str(&text);
    each.map(|d| serde::Deserialize::deserialize(d).unwrap()).collect()
}

/// JSON does not tell 1000 from 1e3, and sops writes some floats without a point.
fn with_floats(value: Value) -> Value {
    match value {
        Value::Number(n) => n.as_f64().unwrap().into(),
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(with_floats).collect()),
        Value::Mapping(map) => {
            Value::Mapping(map.into_iter().map(|(k, v)| (k, with_floats(v))).collect())
        }
        other => other,
    }
}

#[test]
fn yaml_vectors_decrypt_and_verify() {
    for name in ["plain", "two", "comre", "maconly", "encsuffix", "multidoc", "simple", "cm"] {
        let opened = open(&vector(&format!("{name}.enc.yaml")), Format::Yaml, &["k1.txt"]);
        let opened = opened.unwrap_or_else(|error| panic!("{name}: {error}"));
        let ours: Vec<_> = opened.documents.iter().map(as_yaml).collect();
        assert_eq!(ours, decrypted(&format!("{name}.dec.yaml")), "{name}");
    }
}

#[test]
fn json_dotenv_and_binary_vectors_decrypt_and_verify() {
    let json = open(&vector("plain.enc.json"), Format::Json, &["k1.txt"]).unwrap();
    let ours: Vec<_> = json.documents.iter().map(|d| with_floats(as_yaml(d))).collect();
    let theirs: Vec<_> = decrypted("plain.dec.json").into_iter().map(with_floats).collect();
    assert_eq!(ours, theirs);
    for (enc, dec) in [("plain.enc.bin", "plain.dec.bin"), ("text.enc.txt", "text.dec.txt")] {
        let opened = open(&vector(enc), Format::Binary, &["k1.txt"]).unwrap();
        assert_eq!(opened.get("data").unwrap().as_bytes(), vector_bytes(dec), "{enc}");
    }
    let env = open(&vector("plain.enc.env"), Format::Dotenv, &["k1.txt"]).unwrap();
    for line in vector("plain.dec.env").lines().filter(|l| !l.starts_with('#')) {
        let (key, value) = line.split_once('=').unwrap();
        let ours = env.get(key).unwrap().as_str().unwrap().replace('\n', "\\n");
        assert_eq!(ours, value, "{key}");
    }
}

#[test]
fn shamir_needs_a_key_of_each_group() {
    let text = vector("shamir.enc.yaml");
    let opened = open(&text, Format::Yaml, &["k1.txt", "k2.txt"]).unwrap();
    assert_eq!(
        opened.documents.iter().map(as_yaml).collect::<Vec<_>>(),
        decrypted("shamir.dec.yaml")
    );
    assert_eq!(opened.opened_by.len(), 2);
    assert_eq!(
        open(&text, Format::Yaml, &["k1.txt"]).unwrap_err(),
        OpenError::TooFewGroups { needed: 2, opened: 1 }
    );
}

#[test]
fn either_recipient_opens_and_is_named() {
    let text = vector("two.enc.yaml");
    for key in ["k1.txt", "k2.txt"] {
        let opened = open(&text, Format::Yaml, &[key]).unwrap();
        assert_eq!(opened.opened_by, [keys(&[key])[0].recipient().to_string()]);
    }
}

#[test]
fn a_stranger_is_told_who_can_read() {
    let file = EncryptedFile::parse(&vector("two.enc.yaml"), Format::Yaml).unwrap();
    let error = file.open(&[Identity::generate()]).unwrap_err();
    insta::assert_snapshot!(error, @"no key fits; it is encrypted to age1lftm9a0vycklcze0hguv9xnjd8w30j8gj2mq2xx20atmqskl550qdy64sz, age16t5qpcsq6e04e5w3x9smjxzh06f3ena4chl7jpnly2gkzlzpuegqkfwdtg");
    assert!(matches!(file.open::<Identity>(&[]), Err(OpenError::NoIdentityMatches { .. })));
}

#[test]
fn names_are_readable_without_a_key() {
    let file = EncryptedFile::parse(&vector("plain.enc.yaml"), Format::Yaml).unwrap();
    let names = file.names();
    assert_eq!(names[..2], ["github-token", "ssh-signing-key"]);
    assert!(names.contains(&"nested/a".to_owned()));
    assert!(!names.iter().any(|n| n.starts_with("sops") || n.starts_with("nested/list")));
    let several = EncryptedFile::parse(&vector("multidoc.enc.yaml"), Format::Yaml).unwrap();
    assert_eq!(several.names(), ["a", "b", "c"]);
}

#[test]
fn what_is_no_encrypted_file_says_why() {
    let why = |text: &str| EncryptedFile::parse(text, Format::Yaml).unwrap_err().to_string();
    let good = vector("simple.enc.yaml");
    insta::assert_snapshot!(why(""), @"it is empty");
    insta::assert_snapshot!(why("token: hunter2\n"), @"it is not encrypted: it has no `sops` block");
    insta::assert_snapshot!(why("- a\n"), @"its top level is not a mapping");
    insta::assert_snapshot!(why("a: [\n"), @"line 1, column 4: unclosed bracket '['");
    insta::assert_snapshot!(why("a: 1\n<<<<<<< HEAD\nb: 2\n"), @"line 2: an unresolved merge conflict");
    insta::assert_snapshot!(why(&format!("zoe: 1\nzoe: 2\n{good}")), @"line 2: the key `zoe` occurs twice");
    insta::assert_snapshot!(why(&format!("1: 2\n{good}")), @"line 1: a key that is not text; sops files hold only text keys, values, lists and mappings");
    insta::assert_snapshot!(why(&format!("a: &x 1\nb: *x\n{good}")), @"line 1: an anchor; sops files hold only text keys, values, lists and mappings");
    insta::assert_snapshot!(why(&format!("a: !!binary aa\n{good}")), @"line 1: a tag; sops files hold only text keys, values, lists and mappings");
    insta::assert_snapshot!(why(&format!("<<: {{a: 1}}\n{good}")), @"line 1: a merge key; sops files hold only text keys, values, lists and mappings");
    let cut = good.find("    mac:").unwrap();
    insta::assert_snapshot!(why(&good[..cut]), @"it is cut off: `mac` in the `sops` block is missing");
    let ini = EncryptedFile::parse("[sops]\n", Format::Ini).unwrap_err();
    insta::assert_snapshot!(ini, @"it is not encrypted: it has no `sops` block");
}

#[test]
fn damaged_files_say_where() {
    let good = vector("maconly.enc.yaml");
    let why = |text: &str| open(text, Format::Yaml, &["k1.txt"]).unwrap_err().to_string();
    let line = |key: &str| good.lines().find(|l| l.trim_start().starts_with(key)).unwrap();
    insta::assert_snapshot!(why(&good.replace(line("secret:"), "secret: hunter2")), @"`secret`: it is in plain text where the file's selector says encrypted");
    insta::assert_snapshot!(why(&good.replace(line("secret:"), "secret: 5")), @"`secret`: it is in plain text where the file's selector says encrypted");
    insta::assert_snapshot!(why(&good.replace(line("secret:"), &line("a:").replace("    a:", "secret:"))), @"`secret`: it was changed or moved since it was encrypted");
    insta::assert_snapshot!(why(&good.replace(line("secret:"), "secret: \"\"")), @"its MAC does not match: values were added, removed or reordered without sops");
    insta::assert_snapshot!(why(&good.replace(line("mac:"), "    mac: \"\"")), @"it has no MAC");
    insta::assert_snapshot!(why(&good.replace(line("mac:"), &line("secret:").replace("secret", "    mac"))), @"its MAC cannot be decrypted: it was changed or moved since it was encrypted");
    insta::assert_snapshot!(why(&good.replace("-----END AGE", "-----")), @"the data key for `age1lftm9a0vycklcze0hguv9xnjd8w30j8gj2mq2xx20atmqskl550qdy64sz` is damaged: invalid armor (not wrapped at 64 characters)");
}

#[test]
fn a_data_key_of_another_length_is_refused() {
    let zoe = Identity::generate();
    let good = vector("simple.enc.yaml");
    let recipient = zoe.recipient();
    let armored = crate::sops::stanza::seal_x25519(b"short", recipient.as_str()).unwrap();
    let from = good.find("            -----BEGIN").unwrap();
    let to = good.find("          recipient:").unwrap();
    let indented: String = armored.lines().map(|l| format!("            {l}\n")).collect();
    let text = format!(
        "{}{indented}          recipient: {recipient}\n{}",
        &good[..from],
        good[to..].split_once('\n').unwrap().1
    );
    let error = EncryptedFile::parse(&text, Format::Yaml).unwrap().open(&[zoe]).unwrap_err();
    assert_eq!(error, OpenError::DataKeyLength(5));
}

#[test]
fn recipients_are_found_in_every_format() {
    let both = [
        "age1lftm9a0vycklcze0hguv9xnjd8w30j8gj2mq2xx20atmqskl550qdy64sz",
        "age16t5qpcsq6e04e5w3x9smjxzh06f3ena4chl7jpnly2gkzlzpuegqkfwdtg",
    ];
    for name in [
        "plain.enc.yaml",
        "plain.enc.json",
        "plain.enc.env",
        "plain.enc.bin",
        "text.enc.txt",
        "multidoc.enc.yaml",
    ] {
        let text = vector(name);
        let found = recipients_of(&text).unwrap();
        assert_eq!(
            found.iter().map(|s| s.recipient.as_str()).collect::<Vec<_>>(),
            both[..1],
            "{name}"
        );
        let line = text.lines().nth(found[0].line as usize - 1).unwrap();
        assert!(line.contains(both[0]), "{name}: {line}");
    }
    for name in ["two.enc.yaml", "shamir.enc.yaml"] {
        let text = vector(name);
        let found = recipients_of(&text).unwrap();
        assert_eq!(found.iter().map(|s| s.recipient.as_str()).collect::<Vec<_>>(), both, "{name}");
        let whole = EncryptedFile::parse(&text, Format::Yaml).unwrap();
        assert_eq!(whole.metadata().stanzas().cloned().collect::<Vec<_>>(), found, "{name}");
    }
}

#[test]
fn a_plain_file_has_no_recipients() {
    for text in
        ["a: 1\n", "{\"a\": 1}", "A=1\n", "sopsy: 1\n", "# sops:\na: sops\n", "just words\n"]
    {
        assert!(recipients_of(text).is_err(), "{text}");
        assert!(!crate::sops::is_encrypted(text), "{text}");
    }
    let quoted = vector("simple.enc.yaml").replace("\nsops:", "\n\"sops\":");
    assert_eq!(recipients_of(&quoted).unwrap().len(), 1);
}

#[test]
fn formats_go_by_extension() {
    let of = |name: &str| Format::of(Path::new(name));
    assert_eq!(of("secrets/users/zoe.sops.yaml"), Format::Yaml);
    assert_eq!(of("a.json"), Format::Json);
    assert_eq!(of(".env"), Format::Binary);
    assert_eq!(of("x.env"), Format::Dotenv);
    assert_eq!(of("key"), Format::Binary);
}

/// `text` with a MAC that covers the comments in its lists, which some versions of sops wrote.
fn with_mac_over_comments(text: &str, keys: &[Identity]) -> String {
    let file = EncryptedFile::parse(text, Format::Yaml).unwrap();
    let key = stanza::open(&file.metadata, keys).unwrap().key;
    let mut mac = Mac::new(false);
    let mut add = |site: &Site<'_>, thing: Thing<'_>| {
        let Thing::Leaf(leaf) = thing else { return Ok(None) };
        match (site.encrypted, decrypt(&key, leaf, &site.associated())) {
            (true, Ok(Plain::Value(_, text) | Plain::Comment(text))) => {
                mac.add(text.as_bytes(), true)
            }
            _ => mac.add(leaf.value.as_bytes(), false),
        }
        Ok(None)
    };
    Walk::new(&file.metadata, &mut add).documents(&file.documents).unwrap();
    let modified = &file.metadata.last_modified;
    let sealed = key.seal_str(mac.finish().as_bytes(), modified);
    text.replace(&file.metadata.mac, &sealed)
}

#[test]
fn a_mac_over_the_comments_of_lists_is_told_apart_from_tampering() {
    let text = with_mac_over_comments(&vector("plain.enc.yaml"), &keys(&["k1.txt"]));
    let error = open(&text, Format::Yaml, &["k1.txt"]).unwrap_err();
    assert_eq!(error, OpenError::MacOverComments);
}
