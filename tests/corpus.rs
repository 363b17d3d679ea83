//! Adding a person to every `.sops.yaml` there is at hand.
//!
//! `DOORSTEP_CORPUS` names a folder whose `sops-yaml/*.yaml` are real files of other people,
//! which are not part of this repository; without it only our own fixtures are used. Every edit
//! has to be exact: the inserted bytes taken out give the original, two YAML readers agree on all
//! of it, the rule that wins lists the person, and no other answer changed. All else is a refusal
//! with a reason from the closed list.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doorstep::sops::config::Config;
use doorstep::sops::config::edit::{
    Addition, Change, Edited, Mode, Refusal, Removal, add_person, remove_person,
};

const ZOE: &str = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw";

/// Names and paths as people choose them; the first is the one that is counted.
const PLACES: [(&str, &str); 6] = [
    ("zoe-user", "secrets/users/zoe.sops.yaml"),
    ("zoe", "secrets/users/zoe/secrets.yaml"),
    ("zoe-quartz", "secrets/zoe.yaml"),
    ("zoe.smith", "users/zoe.smith/secrets.yaml"),
    ("user_zoe", "zoe's #1: \"secrets\" [x].yaml"),
    ("zoe", "hosts/common/secrets.yaml"),
];

fn files() -> (Vec<PathBuf>, bool) {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sops-yaml");
    let mut files = yaml_in(&own);
    let corpus = std::env::var_os("DOORSTEP_CORPUS");
    if let Some(corpus) = &corpus {
        files.extend(yaml_in(&Path::new(corpus).join("sops-yaml")));
    }
    (files, corpus.is_some())
}

fn yaml_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    files
}

/// The text without what the splices put in.
fn taken_out(edited: &Edited) -> String {
    let mut splices = edited.splices.clone();
    splices.sort_by_key(|splice| splice.range.start);
    let (mut text, mut shift) = (edited.text.clone(), 0);
    for splice in &splices {
        assert!(splice.range.is_empty(), "an addition only inserts");
        let at = splice.range.start + shift;
        assert_eq!(&text[at..at + splice.insert.len()], splice.insert);
        text.replace_range(at..at + splice.insert.len(), "");
        // Taken out again, so later places do not move.
        shift += 0;
    }
    text
}

/// Panics when an edit is not exact.
fn check(file: &str, before: &str, path: &str, edited: &Edited) {
    assert_eq!(taken_out(edited), before, "{file}: other bytes changed");
    // Both readers agree on the new text, or this fails.
    let new = Config::parse(&edited.text).unwrap_or_else(|e| panic!("{file}: {e}"));
    let old = Config::parse(before).unwrap_or_else(|e| panic!("{file}: {e}"));
    let winner = new.winner(path).unwrap().unwrap_or_else(|| panic!("{file}: no winner"));
    assert!(winner.lists(ZOE), "{file}: the winner does not list the person");
    assert_eq!(winner.index, edited.rule, "{file}");
    let others: Vec<_> = new.rules.iter().filter(|r| r.index != edited.rule).collect();
    let answers = |rules: Vec<&doorstep::sops::config::Rule>| -> Vec<_> {
        rules
            .iter()
            .map(|r| {
                (r.path_regex.clone(), r.readers().map(|r| r.recipient.clone()).collect::<Vec<_>>())
            })
            .collect()
    };
    assert_eq!(answers(old.rules.iter().collect()), answers(others), "{file}: a rule changed");
    let kept = new.keys.iter().filter(|k| k.value != ZOE).map(|k| (&k.name, &k.value));
    assert!(kept.eq(old.keys.iter().map(|k| (&k.name, &k.value))), "{file}: a key changed");
}

fn add(text: &str, name: &str, path: &str) -> Result<Change, Refusal> {
    let mode = Mode::OwnRule;
    add_person(text, &Addition { name, recipient: ZOE, path, admins: None, mode })
}

#[test]
fn every_addition_is_exact_or_refused_with_a_reason() {
    let (files, with_corpus) = files();
    if !with_corpus {
        println!("DOORSTEP_CORPUS is not set: own fixtures only");
    }
    let (mut with_age, mut exact, mut refused) = (0, 0, BTreeMap::<&str, Vec<String>>::new());
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).unwrap();
        for (turn, (person, path)) in PLACES.into_iter().enumerate() {
            let change = add(&text, person, path);
            let counted = turn == 0;
            match change {
                Ok(Change::Edited(edited)) => {
                    check(&name, &text, path, &edited);
                    let again = add(&edited.text, person, path);
                    assert!(matches!(again, Ok(Change::AlreadySo { .. })), "{name}: {again:?}");
                    let removal = Removal { recipient: ZOE, path };
                    let back = remove_person(&edited.text, &removal);
                    assert_eq!(back.as_deref(), Ok(text.as_str()), "{name} {path}");
                    if counted {
                        (with_age, exact) = (with_age + 1, exact + 1);
                    }
                }
                Ok(Change::AlreadySo { line }) => panic!("{name}: already so at line {line}?"),
                Err(Refusal::ProofFailed { what }) => panic!("{name} {path}: {what}"),
                Err(refusal) if counted => {
                    with_age += usize::from(text.contains("age1"));
                    refused.entry(refusal.id()).or_default().push(format!("{name}: {refusal}"));
                }
                Err(_) => {}
            }
        }
    }
    println!("files {}, with age recipients {with_age}, exact {exact}", files.len());
    for (id, files) in &refused {
        println!("refused as {id}: {}", files.len());
        for file in files {
            println!("    {file}");
        }
    }
    assert!(exact * 107 >= with_age * 97, "{exact} of {with_age} are too few");
}
