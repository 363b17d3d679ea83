//! Files that are encrypted for others than their rule says: `sops updatekeys` was not run.

use super::finding::{How, Risk};
use super::{Check, Finding, Fix, Group, NotChecked, Scene, Severity};
use crate::run::{Runner, shell_word};
use crate::secrets::keyring::Held;
use crate::secrets::rekey::{Rekey, Wish};
use crate::secrets::{Cell, Keyring, Matrix};

pub(super) struct Readers;

impl Check for Readers {
    fn id(&self) -> &'static str {
        "readers"
    }

    fn group(&self) -> Group {
        Group::Secrets
    }

    fn title(&self) -> &'static str {
        "every file is encrypted for whom its rule names"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let store = scene.store()?;
        let matrix = Matrix::of(&store.config, scene.encrypted()?);
        let own_file = scene.ruled_path().ok();
        let own: Vec<&str> = scene
            .key_places()?
            .iter()
            .flat_map(|place| &place.keys)
            .map(|key| key.recipient.as_str())
            .collect();
        let ring = Keyring::of(
            scene
                .identities(runner)
                .iter()
                .map(|identity| Held { identity: identity.clone(), from: String::new() })
                .collect(),
        );
        let mut found = Vec::new();
        for row in matrix.rows.iter().filter(|row| row.differs()) {
            let of = |cell: Cell| -> Vec<(String, &str)> {
                let cells = row.cells.iter().zip(&matrix.columns).filter(|(c, _)| **c == cell);
                cells.map(|(_, column)| (column.label(), column.recipient.as_str())).collect()
            };
            let (add, gone) = (of(Cell::Add), of(Cell::Gone));
            let lacks_own = add.iter().any(|(_, recipient)| own.contains(recipient));
            let opens = row.cells.iter().zip(&matrix.columns).any(|(cell, column)| {
                matches!(cell, Cell::Yes | Cell::Gone) && own.contains(&column.recipient.as_str())
            });
            // That none of the person's keys opens it is another check's.
            let is_own = own_file.as_ref() == Some(&row.file);
            if is_own && lacks_own && !opens {
                continue;
            }
            let names = |list: &[(String, &str)]| {
                list.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ")
            };
            let summary = match (add.is_empty(), gone.is_empty()) {
                (false, _) => {
                    format!("{} cannot open {}, though the rule names them", names(&add), row.file)
                }
                (true, false) => format!(
                    "{} can still open {}, though the rule no longer names them",
                    names(&gone),
                    row.file
                ),
                (true, true) => format!("the key groups of {} are not those of its rule", row.file),
            };
            let severity = if is_own { Severity::Error } else { Severity::Warning };
            let rule = row.rule.as_ref().map_or(0, |rule| rule.line);
            let finding = Finding::of("updatekeys-not-run", severity)
                .said(summary)
                .part("file", &row.file)
                .seen(
                    format!(".sops.yaml:{rule}"),
                    format!("names {}", reads(&matrix, row, [Cell::Yes, Cell::Add])),
                )
                .seen(
                    &row.file,
                    format!("is encrypted for {}", reads(&matrix, row, [Cell::Yes, Cell::Gone])),
                )
                .follows(&["rule-shadowed", "duplicate-anchor"]);
            let only = [row.file.clone()];
            let rekey = Rekey::make(
                store,
                &ring,
                &Wish { only: &only, rotate: false },
                std::time::SystemTime::now().into(),
            );
            found.push(match rekey.changed.is_empty() {
                false => {
                    let mut plan = rekey.plan(store);
                    plan.bounds = scene.bounds();
                    finding.fix(Fix {
                        title: "Encrypt it as the rule says".to_owned(),
                        risk: Risk::Safe,
                        how: How::Plan(std::sync::Arc::new(plan)),
                    })
                }
                true => finding.by(
                    Risk::ForReader,
                    "Have somebody who can open it run this, and push",
                    &[format!("sops updatekeys -y {}", shell_word(&row.file))],
                ),
            });
        }
        found.sort_by_key(|finding| finding.severity);
        Ok(found)
    }
}

fn reads(matrix: &Matrix, row: &crate::secrets::Row, cells: [Cell; 2]) -> String {
    let readers = row.cells.iter().zip(&matrix.columns).filter(|(cell, _)| cells.contains(cell));
    readers.map(|(_, column)| column.label()).collect::<Vec<_>>().join(", ")
}
