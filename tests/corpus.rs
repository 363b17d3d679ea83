//! Adding a person to every `.sops.yaml` there is at hand.
//!
//! `DOORSTEP_CORPUS` names a folder whose `sops-yaml/*.yaml` are real files of other people,
//! which are not part of this repository; without it only our own fixtures are used. Every edit
//! has to be exact: the inserted bytes taken out give the original, two YAML readers agree on all
//! of it, the rule that wins lists the person, and no other answer changed. All else is a refusal
//! with a reason from the closed list.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doorstep::sops::config::Config;
use doorstep::sops::config::edit::{
    Addition, Change, Edited, Mode, Refusal, Removal, add_person, remove_person,
};

const ZOE: &str = "age1s8t5k99u8nkqe07fs5p0nawjj8pgs5gq5mwmkpx95922n99y6ddqm5pvmg";

/// Names and paths as people choose them; the first is the one that is counted.
const PLACES: [(&str, &str); 6] = [
    ("zoe-user", "secrets/users/zoe.sops.yaml"),
    ("zoe", "secrets/users/zoe/secrets.yaml"),
    ("zoe-quartz", "secrets/zoe.yaml"),
    ("zoe.smith", "users/zoe.smith/secrets.yaml"),
    ("user_zoe", "zoe's #1: \"secrets\" [x].yaml"),
    ("zoe", "hosts/common/secrets.yaml"),
];

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
    let mut text = edited.text.clone();
    // Each is taken out before the next is looked at, so the places are the original's.
    for splice in &splices {
        assert!(splice.range.is_empty(), "an addition only inserts");
        let inserted = splice.range.start..splice.range.start + splice.insert.len();
        assert_eq!(text[inserted.clone()], splice.insert);
        text.replace_range(inserted, "");
    }
    text
}

/// Panics when an edit is not exact.
fn check(file: &str, before: &str, path: &str, mode: Mode, edited: &Edited) {
    assert_eq!(taken_out(edited), before, "{file}: other bytes changed");
    // Both readers agree on the new text, or this fails.
    let new = Config::parse(&edited.text).unwrap_or_else(|e| panic!("{file}: {e}"));
    let old = Config::parse(before).unwrap_or_else(|e| panic!("{file}: {e}"));
    let winner = new.winner(path).unwrap().unwrap_or_else(|| panic!("{file}: no winner"));
    assert!(winner.lists(ZOE), "{file}: the winner does not list the person");
    assert_eq!(winner.index, edited.rule, "{file}");
    // Joining changes the rule itself; a rule of one's own is one more.
    let old_index = (mode == Mode::Join).then_some(edited.rule);
    let answers = |config: &Config, without: Option<usize>| -> Vec<_> {
        let rules = config.rules.iter().filter(|rule| Some(rule.index) != without);
        rules
            .map(|rule| {
                let readers: Vec<_> = rule.readers().map(|r| r.recipient.clone()).collect();
                (rule.path_regex.clone(), readers)
            })
            .collect()
    };
    let kept = answers(&new, Some(edited.rule));
    assert_eq!(answers(&old, old_index), kept, "{file}: a rule changed");
    let keys = |config: &Config| -> Vec<_> {
        let others = config.keys.iter().filter(|key| key.value != ZOE);
        others.map(|key| (key.name.clone(), key.value.clone())).collect()
    };
    assert_eq!(keys(&old), keys(&new), "{file}: a key changed");
}

fn addition<'a>(name: &'a str, path: &'a str, mode: Mode) -> Addition<'a> {
    Addition { name, recipient: ZOE, path, admins: None, mode }
}

#[derive(Default)]
struct Tally {
    with_age: usize,
    exact: usize,
    exact_with_age: usize,
    already: usize,
    /// By reason, what it was about.
    refused: BTreeMap<&'static str, Vec<String>>,
}

/// Adds to each file, checks every edit, and takes it out again.
fn tally(files: &[PathBuf], name: &str, path: &str, mode: Mode) -> Tally {
    let mut tally = Tally::default();
    for file in files {
        let file_name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).unwrap();
        let with_age = usize::from(text.contains("age1"));
        tally.with_age += with_age;
        match add_person(&text, &addition(name, path, mode)) {
            Ok(Change::Edited(edited)) => {
                check(&file_name, &text, path, mode, &edited);
                let again = add_person(&edited.text, &addition(name, path, mode));
                assert!(matches!(again, Ok(Change::AlreadySo { .. })), "{file_name}: {again:?}");
                let back = remove_person(&edited.text, &Removal { recipient: ZOE, path, mode });
                assert_eq!(back.as_deref(), Ok(text.as_str()), "{file_name} {path}");
                tally.exact += 1;
                tally.exact_with_age += with_age;
            }
            Ok(Change::AlreadySo { .. }) => tally.already += 1,
            Err(Refusal::ProofFailed { what }) => panic!("{file_name} {path}: {what}"),
            Err(refusal) => {
                let told = format!("{file_name}: {refusal}");
                tally.refused.entry(refusal.id()).or_default().push(told);
            }
        }
    }
    tally
}

/// All places and both modes; gives the tally of the first.
fn tally_all(files: &[PathBuf]) -> Tally {
    let mut first = None;
    for mode in [Mode::OwnRule, Mode::Join] {
        for (name, path) in PLACES {
            let tally = tally(files, name, path, mode);
            let refused: usize = tally.refused.values().map(Vec::len).sum();
            let (exact, already) = (tally.exact, tally.already);
            println!("  {mode:?} {path}: exact {exact}, already so {already}, refused {refused}");
            first = first.or(Some(tally));
        }
    }
    first.unwrap()
}

#[test]
fn every_fixture_is_edited_exactly_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sops-yaml");
    let files = yaml_in(&folder);
    println!("own fixtures: {}", files.len());
    let tally = tally_all(&files);
    assert!(tally.exact >= 35, "{} of our own fixtures are too few", tally.exact);
    for reason in ["generated", "undefined-alias", "duplicate-anchor", "several-documents"] {
        assert!(tally.refused.contains_key(reason), "no fixture is refused as {reason}");
    }
}

#[test]
fn real_files_are_edited_exactly_or_refused() {
    let Some(corpus) = std::env::var_os("DOORSTEP_CORPUS") else {
        println!("DOORSTEP_CORPUS is not set: only our own fixtures are used");
        return;
    };
    let files = yaml_in(&Path::new(&corpus).join("sops-yaml"));
    println!("files: {}", files.len());
    let Tally { with_age, exact_with_age: exact, refused, .. } = tally_all(&files);
    println!("with age recipients {with_age}, exact {exact}");
    for (reason, files) in &refused {
        println!("refused as {reason}: {}", files.len());
        files.iter().for_each(|file| println!("    {file}"));
    }
    assert!(exact * 107 >= with_age * 97, "{exact} of {with_age} are too few");
}
