//! The table of classes: each has a log, and the log is explained by it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use doorstep::explain::{Catalogue, Confidence};

use crate::{explained, folder, told};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// File and the source of its text.
    logs: BTreeMap<String, String>,
    /// The text has several causes; which one only the machine tells.
    #[serde(default)]
    possible: BTreeSet<String>,
    /// The test of `machine.rs`, or of doctor's, that tells it apart.
    machine: Option<String>,
    /// Why there is none.
    no_machine: Option<String>,
    /// The test of its fix.
    fix: Option<String>,
    /// Why there is none.
    no_fix: Option<String>,
}

fn table() -> BTreeMap<String, Row> {
    let text = fs::read_to_string(folder("classes.yaml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

#[test]
fn every_class_is_in_the_table_and_every_log_too() {
    let table = table();
    let known: BTreeSet<&str> =
        Catalogue::built_in().unwrap().entries.iter().map(|entry| entry.class.as_str()).collect();
    assert_eq!(table.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
    let named: BTreeSet<String> = table.values().flat_map(|row| row.logs.keys().cloned()).collect();
    let there: BTreeSet<String> = fs::read_dir(folder("logs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(named, there);
}

#[test]
fn every_log_is_explained_by_its_class() {
    let mut wrong = Vec::new();
    for (class, row) in table() {
        for name in row.logs.keys() {
            let explanation = explained(&fs::read(folder("logs").join(name)).unwrap());
            let best = explanation.causes.first();
            let enough =
                if row.possible.contains(name) { Confidence::Possible } else { Confidence::Likely };
            if !best.is_some_and(|best| best.class == class && best.confidence >= enough) {
                wrong.push(format!("{name}: {:?}", told(&explanation)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_is_not_tested_has_its_reason_and_what_is_named_is_there() {
    let doctor = ["bounds.rs", "machines.rs", "mending.rs", "more.rs"]
        .map(|name| fs::read_to_string(folder("../doctor").join(name)).unwrap());
    let doctor = doctor.concat();
    let tests = fs::read_to_string(folder("machine.rs")).unwrap() + &doctor;
    for (class, row) in table() {
        assert!(!row.logs.is_empty(), "{class}");
        assert!(row.machine.is_some() != row.no_machine.is_some(), "{class}: machine");
        assert!(row.fix.is_some() != row.no_fix.is_some(), "{class}: fix");
        if let Some(test) = row.machine {
            assert!(tests.contains(&format!("fn {test}(")), "{class}: {test}");
        }
        if let Some(test) = row.fix {
            assert!(doctor.contains(&format!("fn {test}(")), "{class}: {test}");
        }
    }
}
