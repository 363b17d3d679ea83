//! Generated documents, both ways between sops and us, through every change that we make.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorstep::key::{AnyRecipient, Plugins};
use doorstep::sops::edit::path_of;
use doorstep::sops::{
    EncryptedFile, Format, Kind, Opening, SecretValue, Step, Unlocked, Wanted, create,
};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value};

use crate::world::{World, stdout, utc};

/// For each format that we write.
const DOCUMENTS: usize = 190;

const SELECTORS: [&str; 6] = [
    "",
    "--unencrypted-suffix=_plain",
    "--encrypted-suffix=_sec",
    "--unencrypted-regex=^(open|k1)",
    "--encrypted-regex=^(t|k)",
    "--mac-only-encrypted",
];

fn text(rng: &mut StdRng) -> String {
    let signs: Vec<char> = "aZ09 :#-?[]{},&*!|>'\"%@`\\\n\t~=<._éß🔑\u{2028}".chars().collect();
    (0..rng.gen_range(0..30)).map(|_| *signs.choose(rng).unwrap()).collect()
}

fn value(rng: &mut StdRng, depth: usize) -> Value {
    match rng.gen_range(0..if depth == 0 { 9 } else { 12 }) {
        0 => Value::Null,
        1 => rng.r#gen::<bool>().into(),
        2 => rng.r#gen::<i64>().into(),
        3 => (f64::from(rng.r#gen::<i32>()) / 64.0).into(),
        4 => "".into(),
        5 => "line one\nline two\n".into(),
        6 => i64::MAX.into(),
        7 => "2024-01-02".into(),
        8 => text(rng).into(),
        9 | 10 => map(rng, depth - 1),
        _ => (0..rng.gen_range(0..4)).map(|_| value(rng, depth - 1)).collect(),
    }
}

fn map(rng: &mut StdRng, depth: usize) -> Value {
    let names = ["t", "k1", "open", "a_sec", "b_plain", "x.y", "yes", "Grüße", "with space", "9"];
    let names: Vec<_> = names.choose_multiple(rng, rng.clone().gen_range(1..6)).collect();
    names.into_iter().map(|name| ((*name).to_owned(), value(rng, depth))).collect()
}

fn json(opening: &Opening) -> Value {
    match opening {
        Opening::Map(pairs) => pairs.iter().map(|(k, v)| (k.clone(), json(v))).collect(),
        Opening::List(items) => items.iter().map(json).collect(),
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

/// YAML that JSON cannot say: comments, dates, block texts, numbers in other bases.
fn yaml_extras(rng: &mut StdRng) -> String {
    let lines = [
        "# about what follows\n",
        "when: 2024-01-02T03:04:05Z\n",
        "octal: 0755\nhex: 0x1F\n",
        "block: |\n    one\n    two\n",
        "folded: >-\n    one\n    two\n",
        "listed:\n    - a # beside\n    - b\n",
        "inner:\n    # above\n    one: 1\n    # below\n",
        "# tail\n",
    ];
    lines.choose_multiple(rng, rng.clone().gen_range(0..5)).copied().collect()
}

/// Lines of a dotenv file, with comments between them.
fn dotenv(rng: &mut StdRng) -> String {
    let names = ["A", "k1", "open", "T_sec", "b_plain", "x.y", "lower-case"];
    let mut lines = String::from("# head\n");
    for name in names.choose_multiple(rng, rng.clone().gen_range(1..6)) {
        lines += ["", "\n", "#about it\n"][rng.gen_range(0..3)];
        lines += &format!("{name}={}\n", text(rng).replace('\n', "\\n"));
    }
    lines
}

/// Sections of an ini file; what needs quotes there comes by us.
fn ini(rng: &mut StdRng) -> String {
    let names = ["k", "k1", "open", "a_sec", "b_plain", "x y"];
    let mut lines = String::from(["", "top = 1\n", "; about it\ntop_sec=x\n"][rng.gen_range(0..3)]);
    for section in names.choose_multiple(rng, rng.clone().gen_range(1..5)) {
        lines += ["", "\n; about the section\n"][rng.gen_range(0..2)];
        lines += &format!("[{section}]\n");
        for name in names.choose_multiple(rng, rng.clone().gen_range(0..5)) {
            lines += ["", "; note\n"][rng.gen_range(0..2)];
            lines += &format!("{name} = {}\n", ["", "v", "two words", "a=b"][rng.gen_range(0..4)]);
        }
    }
    lines
}

/// sops makes it, we read it, change it, and sops reads that.
fn round(world: &World, number: usize, format: Format) -> usize {
    let mut rng = StdRng::seed_from_u64(number as u64);
    let ending = match format {
        Format::Yaml => "yaml",
        Format::Json => "json",
        Format::Dotenv => "env",
        Format::Ini => "ini",
        Format::Binary => "bin",
    };
    let name = format!("secrets/{number}.{ending}");
    let path = world.fleet().join(&name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let plain = match format {
        Format::Binary => text(&mut rng) + "\u{0}x",
        Format::Json => map(&mut rng, 3).to_string(),
        Format::Dotenv => dotenv(&mut rng),
        Format::Ini => ini(&mut rng),
        Format::Yaml => {
            // JSON is YAML, but for the comments and types that only YAML has.
            let as_yaml = serde_yaml::to_string(&map(&mut rng, 3)).unwrap();
            yaml_extras(&mut rng) + &as_yaml
        }
    };
    fs::write(&path, &plain).unwrap();
    let zoe = std::slice::from_ref(&world.zoe);
    let recipient = world.zoe.recipient().to_string();
    let mut args = vec!["-e", "-i", "--config", "/dev/null", "--age", &recipient];
    let selector = SELECTORS[if format == Format::Binary { 0 } else { number % SELECTORS.len() }];
    args.extend(Some(selector).filter(|selector| !selector.is_empty()));
    args.push(&name);
    stdout(&world.sops(&args));
    let sealed = fs::read_to_string(&path).unwrap();

    // Theirs in ours.
    let unlocked = match Unlocked::open(&sealed, format, zoe) {
        Ok(unlocked) => unlocked,
        // sops can leave one in plain text, where it is a line's end to YAML 1.1 alone.
        Err(e) => {
            assert!(e.to_string().contains("a Unicode line break"), "{name}: {e}\n{plain:?}");
            assert!(sealed.contains('\u{2028}'), "{name}");
            return 0;
        }
    };
    let theirs = |name: &str| -> Value {
        if format == Format::Binary {
            return String::from_utf8(world.sops(&["-d", name]).stdout).unwrap().into();
        }
        let said = stdout(&world.sops(&["-d", "--output-type", "json", name]));
        let mut said: Value = serde_json::from_str(&said).unwrap();
        // The library that sops reads ini files with has this section in every file.
        if format == Format::Ini && said["DEFAULT"] == Value::Object(Map::new()) {
            said.as_object_mut().unwrap().remove("DEFAULT");
        }
        said
    };
    let ours = |text: &str| -> Value {
        let file = EncryptedFile::parse(text, format).unwrap();
        let opened = file.open(zoe).unwrap();
        match format {
            Format::Binary => opened.get("data").unwrap().as_str().unwrap().into(),
            _ => json(&opened.documents[0]),
        }
    };
    if format == Format::Binary {
        assert_eq!(ours(&sealed), Value::from(plain.as_str()), "{name}");
    }

    // A value set, another taken out, a reader added: ours in theirs.
    let at = match format {
        Format::Binary => vec![Step::Key("data".into())],
        Format::Dotenv => vec![Step::Key("k_added_sec".into())],
        _ => path_of("k/added_sec", unlocked.file()).unwrap(),
    };
    let added = SecretValue::from(text(&mut rng));
    let mut changed = match unlocked.set(&at, &added, utc()) {
        Ok(changed) => changed,
        // `k` is no mapping there, or the selector would leave it plain: said, not done.
        Err(_) => sealed.clone(),
    };
    let reopened = Unlocked::open(&changed, format, zoe).unwrap();
    let first = reopened.file().names().first().cloned();
    let gone = first.filter(|_| format != Format::Binary && number.is_multiple_of(2));
    if let Some(at) = gone.and_then(|first| path_of(&first, reopened.file()).ok())
        && let Ok(without) = reopened.unset(&at, utc())
    {
        changed = without;
    }
    let both = [&world.zoe, &world.ada].map(|person| AnyRecipient::from(person.recipient()));
    let changed = {
        let unlocked = Unlocked::open(&changed, format, zoe).unwrap();
        let wanted = Wanted::all(both.to_vec());
        match number % 3 {
            0 => unlocked.rotate(&wanted, utc()).unwrap().text,
            _ => unlocked.rekey(&wanted).unwrap().text,
        }
    };
    fs::write(&path, &changed).unwrap();
    assert_eq!(floats(theirs(&name)), floats(ours(&changed)), "{name}\n{changed}");
    let said = world.sops(&["updatekeys", "-y", &name]);
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("already up to date"), "{name}: {said}");

    // Through an editor: untouched it stays the same, and what is written there is in theirs.
    let unlocked = Unlocked::open(&changed, format, zoe).unwrap();
    if format == Format::Ini {
        assert!(unlocked.plain().unwrap_err().to_string().contains("value by value"));
        return usize::from(changed != sealed);
    }
    let plain = unlocked.plain().unwrap_or_else(|e| panic!("{name}: {e}\n{changed}"));
    let shown = String::from_utf8_lossy(&plain);
    let untouched = unlocked.with_plain(&plain, utc());
    let untouched = untouched.unwrap_or_else(|e| panic!("{name}: {e}\n{shown}\n{changed}"));
    let differing = changed.lines().zip(untouched.lines()).filter(|(a, b)| a != b).count();
    assert!(differing <= 2, "{name}: {differing} lines differ\n{changed}\n{untouched}");
    if format == Format::Yaml {
        let edited = format!("{shown}k9_sec:\n    - t: |\n        one\n        two\n");
        let edited = unlocked.with_plain(edited.as_bytes(), utc());
        let edited = edited.unwrap_or_else(|e| panic!("{name}: {e}\n{shown}"));
        fs::write(&path, &edited).unwrap();
        assert_eq!(floats(theirs(&name)), floats(ours(&edited)), "{name}\n{edited}");
        assert_eq!(ours(&edited)["k9_sec"][0]["t"], "one\ntwo\n", "{name}");
    }
    if format == Format::Dotenv {
        let edited = unlocked.with_plain(format!("{shown}# new\nK9_sec=x\\ny\n").as_bytes(), utc());
        let edited = edited.unwrap_or_else(|e| panic!("{name}: {e}\n{shown}"));
        fs::write(&path, &edited).unwrap();
        assert_eq!(theirs(&name), ours(&edited), "{name}\n{edited}");
        assert_eq!(ours(&edited)["K9_sec"], "x\ny", "{name}");
    }
    usize::from(changed != sealed)
}

/// JSON does not tell 1000 from 1e3.
fn floats(value: Value) -> Value {
    match value {
        Value::Number(n) => n.as_f64().unwrap().into(),
        Value::Array(items) => items.into_iter().map(floats).collect(),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(k, v)| (k, floats(v))).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// On two threads: sops takes 30 ms to start.
fn all(numbers: std::ops::Range<usize>, work: &(dyn Fn(usize) + Sync)) {
    let next = AtomicUsize::new(numbers.start);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= numbers.end {
                        break;
                    }
                    work(number);
                }
            });
        }
    });
}

fn generated(format: Format) {
    let world = World::new();
    let changed = AtomicUsize::new(0);
    all(0..DOCUMENTS, &|number| {
        changed.fetch_add(round(&world, number, format), Ordering::Relaxed);
    });
    let changed = changed.into_inner();
    eprintln!("{format:?}: {DOCUMENTS} documents both ways, {changed} of them changed by us");
    // What is refused is told apart above.
    assert!(changed * 100 >= DOCUMENTS * 95, "{changed}");
}

#[test]
fn yaml_documents_both_ways() {
    generated(Format::Yaml);
}

#[test]
fn json_documents_both_ways() {
    generated(Format::Json);
}

#[test]
fn binary_documents_both_ways() {
    generated(Format::Binary);
}

#[test]
fn dotenv_documents_both_ways() {
    generated(Format::Dotenv);
}

#[test]
fn ini_documents_both_ways() {
    generated(Format::Ini);
}

#[test]
fn what_we_create_is_what_sops_reads() {
    let world = World::new();
    let ssh = doorstep::key::ssh::generate("zoe@quartz").unwrap();
    world.write("home/.ssh/id_ed25519", ssh.private.as_bytes());
    fs::remove_file(world.path("home/.config/sops/age/keys.txt")).unwrap();
    let ssh = AnyRecipient::parse(&ssh.public).unwrap();
    all(0..60, &|number| {
        let mut rng = StdRng::seed_from_u64(number as u64);
        let ending = ["yaml", "json", "bin", "env", "ini"][number % 5];
        let format = Format::of(Path::new(ending).with_extension(ending).as_path());
        let names: &[&str] = match format {
            Format::Binary => &["a/b"],
            Format::Dotenv => &["A", "b-c", "key with: sign", "Grüße"],
            Format::Ini => &["a/b", "a/c", "with sign;/x y", "Grüße/<&>"],
            Format::Yaml | Format::Json => &["a/b", "a/c", "yes", "key with: sign", "Grüße/<&>"],
        };
        let secrets: Vec<_> =
            names.iter().map(|name| (*name, SecretValue::from(text(&mut rng)))).collect();
        let wanted = Wanted::all(vec![ssh.clone(), world.ada.recipient().into()]);
        let made = create(format, &secrets, &wanted, &Default::default(), &Plugins::none(), utc())
            .unwrap();
        let name = format!("secrets/{number}.{ending}");
        world.write(&format!("fleet/{name}"), &made);
        if format == Format::Binary {
            let plain = world.sops(&["-d", &name]);
            assert_eq!(plain.stdout, secrets[0].1.as_bytes(), "{name}");
            return;
        }
        let plain: Value =
            serde_json::from_str(&stdout(&world.sops(&["-d", "--output-type", "json", &name])))
                .unwrap();
        for (name, value) in &secrets {
            let found = name.split('/').fold(&plain, |at, part| &at[part]);
            assert_eq!(found.as_str(), value.as_str(), "{name}: {made}");
        }
    });
    eprintln!("60 files created, opened by sops with an ssh key");
}
