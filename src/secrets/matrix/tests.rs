use std::fmt::Write as _;

use super::*;
use crate::key::Identity;
use crate::sops::{Creation, SecretValue, Utc, create_yaml, metadata_of};

struct Fleet {
    people: Vec<(&'static str, Identity)>,
}

impl Fleet {
    fn new() -> Self {
        let names = ["raquel", "crs58", "cameron", "admin"];
        Self { people: names.map(|name| (name, Identity::generate())).to_vec() }
    }

    fn key(&self, name: &str) -> &Identity {
        &self.people.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// `rules`: a pattern and the names that it lets read.
    fn config(&self, rules: &[(&str, &[&str])]) -> Config {
        let mut text = "keys:\n".to_owned();
        for (name, key) in &self.people {
            writeln!(text, "  - &{name} {}", key.recipient()).unwrap();
        }
        text.push_str("creation_rules:\n");
        for (pattern, names) in rules {
            writeln!(text, "  - path_regex: {pattern}\n    key_groups:\n      - age:").unwrap();
            for name in *names {
                writeln!(text, "          - *{name}").unwrap();
            }
        }
        Config::parse(&text).unwrap()
    }

    fn file(&self, path: &str, names: &[&str]) -> Found {
        let recipients: Vec<_> = names.iter().map(|name| self.key(name).recipient()).collect();
        let secrets = [("token", SecretValue::from("t"))];
        let text =
            create_yaml(&secrets, &recipients, &Creation::default(), Utc::from_seconds(0)).unwrap();
        let metadata = metadata_of(&text);
        Found { path: path.to_owned(), text, metadata }
    }
}

/// As a table: names, then a line per file.
fn table(matrix: &Matrix) -> String {
    let mut out: Vec<String> = matrix.columns.iter().map(Column::label).collect();
    let mut lines = vec![out.join(" | ")];
    for row in &matrix.rows {
        out = row.cells.iter().map(|cell| cell.word().to_owned()).collect();
        let remarks: Vec<_> = row.remarks.iter().map(Remark::words).collect();
        let rule = row.rule.as_ref().map_or(String::new(), |rule| format!(":{}", rule.line));
        lines.push(format!("{}{rule}: {} {}", row.file, out.join(" | "), remarks.join("; ")));
    }
    lines.join("\n")
}

#[test]
fn the_matrix_shows_what_is_and_what_the_rules_say() {
    let fleet = Fleet::new();
    let config = fleet.config(&[
        ("users/raquel", &["raquel", "admin"]),
        ("users/crs58", &["crs58", "admin"]),
        ("shared/", &["crs58", "admin"]),
    ]);
    let files = [
        fleet.file("users/raquel.yaml", &["admin"]),
        fleet.file("users/crs58.yaml", &["admin", "crs58"]),
        fleet.file("shared/printer.yaml", &["crs58", "cameron", "admin"]),
        fleet.file("old/ci.yaml", &["crs58", "admin"]),
        Found {
            path: "shared/broken.yaml".to_owned(),
            text: String::new(),
            metadata: Err(crate::sops::ParseError::NoRecipients),
        },
    ];
    let matrix = Matrix::of(&config, &files);
    insta::assert_snapshot!(table(&matrix), @r"
    raquel | crs58 | cameron | admin
    users/raquel.yaml:7: + add |  |  | yes 
    users/crs58.yaml:12:  | yes |  | yes 
    shared/printer.yaml:17:  | yes | - gone | yes 
    old/ci.yaml:  | yes |  | yes no rule
    shared/broken.yaml:17:  |  |  |  it is encrypted to nobody
    ");
    assert_eq!(
        matrix.rows.iter().map(Row::differs).collect::<Vec<_>>(),
        [true, false, true, false, false]
    );
    assert!(!matrix.is_settled());
}

#[test]
fn keys_that_no_rule_names_have_a_column_too() {
    let fleet = Fleet::new();
    let mut config = fleet.config(&[("x", &["admin"])]);
    config.keys.clear();
    let matrix = Matrix::of(&config, &[fleet.file("x.yaml", &["raquel", "admin"])]);
    assert_eq!(matrix.columns.len(), 2);
    assert_eq!(matrix.rows[0].cells, [Cell::Yes, Cell::Gone]);
    assert_eq!(matrix.columns[1].label().chars().count(), 12);
}

#[test]
fn a_group_more_is_a_difference_even_with_the_same_people() {
    let fleet = Fleet::new();
    let mut config = fleet.config(&[("x", &["raquel", "admin"])]);
    let group = &mut config.rules[0].groups;
    let second = group[0].age.split_off(1);
    group.push(crate::sops::config::Group { age: second, others: Vec::new() });
    let matrix = Matrix::of(&config, &[fleet.file("x.yaml", &["raquel", "admin"])]);
    assert_eq!(matrix.rows[0].remarks, [Remark::Regrouped]);
    assert!(matrix.rows[0].differs());
}

#[test]
fn a_malformed_recipient_is_a_remark_and_no_reason_to_change() {
    let fleet = Fleet::new();
    let mut config = fleet.config(&[("x", &["admin"])]);
    config.rules[0].groups[0].age[0].recipient.push('x');
    let matrix = Matrix::of(&config, &[fleet.file("x.yaml", &["admin"])]);
    assert!(
        matches!(matrix.rows[0].remarks[..], [Remark::Malformed { line: 10, .. }]),
        "{matrix:?}"
    );
    assert!(!matrix.rows[0].differs());
}
