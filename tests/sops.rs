//! Files and keys of ours under the real sops, age and ssh-keygen, and theirs under ours.
//!
//! These tools must be installed: a missing one is a failure, not a skip.

// Clippy exempts only `#[test]` functions themselves, not what they call.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

use doorstep::key::{Identity, KeyFile, ssh};
use doorstep::sops::pattern::Pattern;
use doorstep::sops::{
    Creation, EncryptedFile, Format, Kind, Opening, SecretValue, Selector, Utc, create_yaml,
    recipients_of,
};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A person with a key file, in a folder with a `.sops.yaml`.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn key_file(&self, name: &str, identity: &Identity) -> PathBuf {
        self.write(name, identity.key_file_text(now()).as_bytes())
    }

    /// sops in this folder, with this key and no other.
    fn sops(&self, key_file: &Path, args: &[&str]) -> Output {
        let mut command = Command::new(tool("sops"));
        command.env_clear().env("HOME", self.dir.path()).env("SOPS_AGE_KEY_FILE", key_file);
        command.args(args).current_dir(self.dir.path()).output().unwrap()
    }

    fn run(&self, name: &str, args: &[&str]) -> Output {
        let output = Command::new(tool(name)).args(args).current_dir(self.dir.path()).output();
        output.unwrap()
    }
}

/// On PATH, or where `go install` puts it.
fn tool(name: &str) -> PathBuf {
    let go = std::env::home_dir().map(|home| home.join("go/bin").join(name));
    which::which(name)
        .ok()
        .or(go.filter(|path| path.is_file()))
        .unwrap_or_else(|| panic!("`{name}` is needed by this test and is not installed"))
}

fn now() -> Utc {
    SystemTime::now().into()
}

fn text(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn decrypted(desk: &Desk, key_file: &Path, file: &str) -> Value {
    let output = desk.sops(key_file, &["-d", "--output-type", "json", file]);
    serde_json::from_str(&text(&output)).unwrap()
}

fn as_json(opening: &Opening) -> Value {
    match opening {
        Opening::Map(pairs) => pairs.iter().map(|(k, v)| (k.clone(), as_json(v))).collect(),
        Opening::List(items) => items.iter().map(as_json).collect(),
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

fn opened(text: &str, format: Format, identity: &Identity) -> Value {
    let file = EncryptedFile::parse(text, format).unwrap();
    as_json(&file.open(std::slice::from_ref(identity)).unwrap().documents[0])
}

/// `names` as sops would nest them, each with its value.
fn nested(secrets: &[(&str, SecretValue)]) -> Value {
    let mut root = json!({});
    for (name, value) in secrets {
        let mut at = &mut root;
        for part in name.split('/') {
            at = at.as_object_mut().unwrap().entry(part).or_insert_with(|| json!({}));
        }
        *at = value.as_str().unwrap().into();
    }
    root
}

const AWKWARD: [&str; 30] = [
    "github-token",
    "a/b",
    "a/c d",
    "yes",
    "N",
    "null",
    "~",
    "0755",
    "1password",
    "2024-01-02",
    "12:30",
    ": #",
    "- x",
    "a: b",
    "#c",
    "it's",
    "\"q\"",
    "ENC[",
    "{x}",
    "tr ail ",
    " lead",
    "tab\tin",
    "line\nin",
    "Grüße",
    "🔑",
    "<<",
    "a:",
    "=",
    "x #y",
    "\u{7f}\u{85}\u{1}",
];

const VALUES: [&str; 12] = [
    "hunter2",
    "",
    "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]",
    ": #",
    " trailing  ",
    "a\nb\n",
    "\n\n",
    "Grüße 🔑",
    "true",
    "42",
    "-----BEGIN X-----\nabc\n-----END X-----\n",
    "\r\n\t\u{1}",
];

fn awkward_secrets() -> Vec<(&'static str, SecretValue)> {
    let values = VALUES.iter().cycle();
    AWKWARD.iter().zip(values).map(|(name, value)| (*name, SecretValue::from(*value))).collect()
}

#[test]
fn every_recipient_reads_our_file_with_sops_and_a_stranger_does_not() {
    let desk = Desk::new();
    let people: Vec<_> = (0..3).map(|_| Identity::generate()).collect();
    let recipients: Vec<_> = people.iter().map(Identity::recipient).collect();
    let secrets = awkward_secrets();
    let file = create_yaml(&secrets, &recipients, &Creation::default(), now()).unwrap();
    desk.write("zoe.sops.yaml", file);
    for (i, person) in people.iter().enumerate() {
        let key_file = desk.key_file(&format!("key{i}"), person);
        assert_eq!(decrypted(&desk, &key_file, "zoe.sops.yaml"), nested(&secrets));
    }
    let stranger = desk.key_file("stranger", &Identity::generate());
    let output = desk.sops(&stranger, &["-d", "zoe.sops.yaml"]);
    assert_eq!(output.status.code(), Some(128), "could not retrieve the data key");
}

#[test]
fn updatekeys_finds_nothing_to_do() {
    let desk = Desk::new();
    let (zoe, ada) = (Identity::generate(), Identity::generate());
    let recipients = [zoe.recipient(), ada.recipient()];
    desk.write(
        ".sops.yaml",
        format!("creation_rules:\n  - path_regex: zoe\n    key_groups:\n      - age:\n          - {}\n          - {}\n", recipients[0], recipients[1]),
    );
    let text = create_yaml(&awkward_secrets(), &recipients, &Creation::default(), now()).unwrap();
    let path = desk.write("zoe.sops.yaml", &text);
    let key_file = desk.key_file("keys.txt", &zoe);
    let output = desk.sops(&key_file, &["updatekeys", "-y", "zoe.sops.yaml"]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("already up to date"), "{said}");
    assert_eq!(fs::read_to_string(path).unwrap(), text);
}

/// A text with everything that differs from run to run taken out. The age crate adds a random
/// stanza to each header ("grease"), so its armor is longer.
fn shape(text: &str) -> String {
    let pairs = [
        (r"ENC\[[^]]*\]", "ENC"),
        (r"(-----BEGIN.*\n +)[A-Za-z0-9+/=\s]+\n", "${1}…\n"),
        (r#""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ""#, "NOW"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (pattern, with)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned()
    })
}

#[test]
fn our_file_has_the_shape_of_sops_own_at_every_indentation_and_selector() {
    let zoe = Identity::generate();
    // Where ours differs on purpose: see `yaml::scalar::write`.
    let differs = |name: &str| ["<<", "="].contains(&name) || name.contains(['\n', '\u{7f}']);
    let secrets: Vec<_> = awkward_secrets().into_iter().filter(|(n, _)| !differs(n)).collect();
    let pattern = || Pattern::new("^(.|\\s)*$").unwrap();
    let selectors = [
        ("", Selector::default()),
        ("unencrypted_suffix: ': # '", Selector::UnencryptedSuffix(": # ".to_owned())),
        (r"encrypted_regex: '^(.|\s)*$'", Selector::EncryptedRegex(pattern())),
        (
            "unencrypted_comment_regex: 'yes'",
            Selector::UnencryptedCommentRegex(Pattern::new("yes").unwrap()),
        ),
    ];
    for indent in 0..=10 {
        let (rule, selector) = &selectors[indent % selectors.len()];
        let desk = Desk::new();
        desk.write(
            ".sops.yaml",
            format!(
                "stores:\n  yaml:\n    indent: {indent}\ncreation_rules:\n  - age: {}\n    mac_only_encrypted: {}\n    {rule}\n",
                zoe.recipient(),
                indent % 2 == 0,
            ),
        );
        let creation = Creation {
            selector: selector.clone(),
            mac_only_encrypted: indent % 2 == 0,
            indent,
            ..Creation::default()
        };
        let ours = create_yaml(&secrets, &[zoe.recipient()], &creation, now()).unwrap();
        desk.write("plain.json", nested(&secrets).to_string());
        let key_file = desk.key_file("keys.txt", &zoe);
        let args = ["-e", "--input-type", "json", "--output-type", "yaml", "plain.json"];
        let theirs = text(&desk.sops(&key_file, &args));
        assert_eq!(shape(&ours), shape(&theirs), "indent {indent}");
        desk.write("ours.yaml", &ours);
        assert_eq!(decrypted(&desk, &key_file, "ours.yaml"), nested(&secrets), "indent {indent}");
    }
}

#[test]
fn random_files_of_ours_read_the_same_in_sops() {
    let desk = Desk::new();
    let zoe = Identity::generate();
    let key_file = desk.key_file("keys.txt", &zoe);
    let mut rng = StdRng::seed_from_u64(11);
    for i in 0..60 {
        let names: Vec<String> = (0..rng.gen_range(1..6))
            .map(|n| format!("{n}{}", random_text(&mut rng, 20).replace('/', "_")))
            .collect();
        let secrets: Vec<(&str, SecretValue)> =
            names.iter().map(|name| (name.as_str(), random_text(&mut rng, 200).into())).collect();
        let text = create_yaml(&secrets, &[zoe.recipient()], &Creation::default(), now()).unwrap();
        desk.write("random.yaml", &text);
        assert_eq!(decrypted(&desk, &key_file, "random.yaml"), nested(&secrets), "{i}: {text}");
    }
}

/// Any characters, with those that mean something to YAML more often than their share.
fn random_text(rng: &mut StdRng, longest: usize) -> String {
    let special: Vec<char> =
        "aZ09 :#-?[]{},&*!|>'\"%@`\\\n\r\t~=<._é🔑\u{feff}\u{2028}\u{85}\u{0}".chars().collect();
    let length = rng.gen_range(0..longest);
    (0..length)
        .map(
            |_| if rng.gen_bool(0.1) { rng.r#gen::<char>() } else { *special.choose(rng).unwrap() },
        )
        .collect()
}

fn random_value(rng: &mut StdRng, depth: usize) -> Value {
    match rng.gen_range(0..if depth == 0 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => rng.r#gen::<bool>().into(),
        2 => rng.r#gen::<i64>().into(),
        3 => (f64::from(rng.r#gen::<i32>()) / 64.0).into(),
        4 => "".into(),
        5 => random_text(rng, 40).into(),
        6 => (0..rng.gen_range(0..4)).map(|_| random_value(rng, depth - 1)).collect(),
        _ => (0..rng.gen_range(0..4))
            .map(|n| (format!("k{n}"), random_value(rng, depth - 1)))
            .collect(),
    }
}

#[test]
fn random_files_of_sops_read_the_same_in_ours() {
    let desk = Desk::new();
    let zoe = Identity::generate();
    let key_file = desk.key_file("keys.txt", &zoe);
    let recipient = zoe.recipient().to_string();
    let mut rng = StdRng::seed_from_u64(12);
    for i in 0..60 {
        let value: Value = (0..4).map(|n| (format!("top{n}"), random_value(&mut rng, 3))).collect();
        desk.write("plain.json", value.to_string());
        for (kind, format) in [("yaml", Format::Yaml), ("json", Format::Json)] {
            let args = [
                "-e",
                "--age",
                &recipient,
                "--input-type",
                "json",
                "--output-type",
                kind,
                "plain.json",
            ];
            let encrypted = text(&desk.sops(&key_file, &args));
            assert_eq!(opened(&encrypted, format, &zoe), value, "{i} {kind}: {encrypted}");
            assert_eq!(recipients_of(&encrypted).unwrap()[0].recipient, recipient);
        }
    }
}

#[test]
fn sops_edits_our_file_and_we_read_it() {
    let desk = Desk::new();
    let zoe = Identity::generate();
    let key_file = desk.key_file("keys.txt", &zoe);
    let secrets = [("a/b", SecretValue::from("x")), ("c", SecretValue::from("y"))];
    let text = create_yaml(&secrets, &[zoe.recipient()], &Creation::default(), now()).unwrap();
    let path = desk.write("zoe.yaml", text);
    let output = desk.sops(&key_file, &["set", "zoe.yaml", "[\"a\"][\"new\"]", "\"z\""]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = fs::read_to_string(path).unwrap();
    assert_eq!(opened(&after, Format::Yaml, &zoe), json!({"a": {"b": "x", "new": "z"}, "c": "y"}));
}

#[test]
fn recipients_are_found_in_formats_that_only_sops_writes() {
    let desk = Desk::new();
    let zoe = Identity::generate();
    let key_file = desk.key_file("keys.txt", &zoe);
    let recipient = zoe.recipient().to_string();
    for (name, plain) in [("a.ini", "[x]\ny = 1\n"), ("a.env", "X=1\n"), ("a.bin", "\u{1}binary")] {
        desk.write(name, plain);
        let encrypted = text(&desk.sops(&key_file, &["-e", "--age", &recipient, name]));
        let found = recipients_of(&encrypted).unwrap();
        assert_eq!(found[0].recipient, recipient, "{name}");
        let line = encrypted.lines().nth(found[0].line as usize - 1).unwrap();
        assert!(line.contains(&recipient), "{name}");
    }
}

#[test]
fn age_keygen_agrees_with_our_key_file() {
    let desk = Desk::new();
    let zoe = Identity::generate();
    desk.key_file("keys.txt", &zoe);
    assert_eq!(text(&desk.run("age-keygen", &["-y", "keys.txt"])).trim(), zoe.recipient().as_str());
    desk.run("age-keygen", &["-o", "theirs.txt"]);
    let theirs = KeyFile::parse(&fs::read(desk.dir.path().join("theirs.txt")).unwrap()).unwrap();
    let public = text(&desk.run("age-keygen", &["-y", "theirs.txt"]));
    assert_eq!(theirs.identities().unwrap()[0].recipient().as_str(), public.trim());
}

#[test]
fn ssh_keygen_reads_our_ssh_key_and_age_the_keys_derived_from_it() {
    let desk = Desk::new();
    let made = ssh::generate("zoe@quartz").unwrap();
    desk.write("id", made.private.as_bytes());
    assert_eq!(text(&desk.run("ssh-keygen", &["-y", "-f", "id"])).trim(), made.public);

    let derived = ssh::identity_from_private(&made.private).unwrap();
    desk.key_file("derived.txt", &derived);
    let recipient = ssh::recipient_from_public(&made.public).unwrap();
    desk.write("plain", "hello");
    let sealed = desk.run("age", &["-r", recipient.as_str(), "-o", "sealed", "plain"]);
    assert!(sealed.status.success());
    assert_eq!(text(&desk.run("age", &["-d", "-i", "derived.txt", "sealed"])), "hello");
}

#[test]
fn ssh_keys_that_ssh_keygen_makes_are_told_apart() {
    let desk = Desk::new();
    let make = |name: &str, args: &[&str]| {
        let made = desk.run("ssh-keygen", &[&["-q", "-f", name, "-C", "zoe"], args].concat());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        fs::read_to_string(desk.dir.path().join(name)).unwrap()
    };
    let plain = make("plain", &["-t", "ed25519", "-N", ""]);
    let public = fs::read_to_string(desk.dir.path().join("plain.pub")).unwrap();
    assert_eq!(
        ssh::identity_from_private(&plain).unwrap().recipient(),
        ssh::recipient_from_public(&public).unwrap()
    );
    let why = |private: &str| ssh::identity_from_private(private).unwrap_err().to_string();
    assert_eq!(
        why(&make("locked", &["-t", "ed25519", "-N", "secret"])),
        "it is protected with a passphrase"
    );
    let rsa = "it is a ssh-rsa key; only ed25519 keys can become age keys";
    assert_eq!(why(&make("rsa", &["-t", "rsa", "-b", "2048", "-N", ""])), rsa);
    assert_eq!(why(&make("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""])), rsa);
    let ecdsa = why(&make("ecdsa", &["-t", "ecdsa", "-N", ""]));
    assert!(ecdsa.contains("only ed25519"), "{ecdsa}");
}

/// A YAML text with comments wherever people put them: above, beside, below, in lists.
fn commented(rng: &mut StdRng, indent: usize, depth: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    let comment = |rng: &mut StdRng, out: &mut String| {
        if rng.gen_bool(0.4) {
            out.push_str(&format!("{pad}# {}\n", ["note", "MARK", "more"].choose(rng).unwrap()));
        }
    };
    let beside = |rng: &mut StdRng| {
        if rng.gen_bool(0.25) { *[" # MARK", " # beside"].choose(rng).unwrap() } else { "" }
    };
    for n in 0..rng.gen_range(1..4) {
        comment(rng, out);
        match rng.gen_range(0..if depth == 0 { 2 } else { 4 }) {
            0 | 1 => out.push_str(&format!("{pad}k{n}: v{n}{}\n", beside(rng))),
            2 => {
                out.push_str(&format!("{pad}m{n}:\n"));
                commented(rng, indent + 2, depth - 1, out);
            }
            _ => {
                out.push_str(&format!("{pad}l{n}:\n"));
                for item in 0..rng.gen_range(1..3) {
                    out.push_str(&format!("{pad}  - i{item}{}\n", beside(rng)));
                }
            }
        }
    }
    comment(rng, out);
}

#[test]
fn comments_select_what_sops_lets_them_select() {
    let zoe = Identity::generate();
    let rules = [
        "",
        "encrypted_comment_regex: MARK",
        "unencrypted_comment_regex: MARK",
        "encrypted_regex: ^k1$",
    ];
    let mut rng = StdRng::seed_from_u64(13);
    for i in 0..80 {
        let desk = Desk::new();
        let key_file = desk.key_file("keys.txt", &zoe);
        let rule = rules[i % rules.len()];
        desk.write(
            ".sops.yaml",
            format!("creation_rules:\n  - age: {}\n    {rule}\n", zoe.recipient()),
        );
        let mut plain = String::new();
        commented(&mut rng, 0, 2, &mut plain);
        desk.write("plain.yaml", &plain);
        let encrypted = text(&desk.sops(&key_file, &["-e", "plain.yaml"]));
        desk.write("sealed.yaml", &encrypted);
        let file = EncryptedFile::parse(&encrypted, Format::Yaml).unwrap();
        let ours = file.open(std::slice::from_ref(&zoe));
        let ours = ours.unwrap_or_else(|error| panic!("{rule}: {error}\n{plain}\n{encrypted}"));
        assert_eq!(
            as_json(&ours.documents[0]),
            decrypted(&desk, &key_file, "sealed.yaml"),
            "{plain}"
        );
    }
}
