//! `doorstep recipients check`: what is wrong with the rules, and with the files under them.

mod shadow;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::super::{Exit, Where, print};
use super::Desk;
use crate::front::sanitise;
use crate::host::Host;
use crate::problem::Problem;
use crate::secrets::{Cell, Found, Matrix, Remark, Store};
use crate::sops::Wanted;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    at: Where,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// One thing that is not as it should be.
#[derive(Debug, Serialize)]
struct Finding {
    /// Stable.
    id: &'static str,
    /// Worth knowing, and no reason to fail.
    minor: bool,
    /// In `.sops.yaml`, counted from 1.
    line: Option<u32>,
    /// Relative to the folder of `.sops.yaml`.
    file: Option<String>,
    words: String,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let desk = Desk::open(&self.at, host)?;
        let store = desk.store()?;
        let files = store.files(&[]);
        let mut findings = of_rules(store, &files);
        findings.extend(of_files(store, &files));
        let sound = findings.iter().all(|finding| finding.minor);
        if self.json {
            let answer = json!({
                "version": 1, "sops_yaml": store.file, "ok": sound, "findings": findings,
            });
            print(&format!("{answer}\n"))?;
        } else {
            let shown = host.short(&store.file);
            let mut out = String::new();
            for finding in &findings {
                let at = match (&finding.file, finding.line) {
                    (Some(file), _) => file.clone(),
                    (None, Some(line)) => format!("{shown}:{line}"),
                    (None, None) => shown.clone(),
                };
                let mark = if finding.minor { "~" } else { "✗" };
                out.push_str(&format!("{mark} {at}   {}\n", finding.words));
            }
            if findings.is_empty() {
                out.push_str(&format!("✓ {shown}   nothing is wrong with its rules and files\n"));
            }
            print(&out.lines().map(|line| format!("{}\n", sanitise(line))).collect::<String>())?;
        }
        Ok(if sound { Exit::Done } else { Exit::Failed })
    }
}

fn at_line(id: &'static str, line: u32, words: String) -> Finding {
    Finding { id, minor: false, line: Some(line), file: None, words }
}

fn of_rules(store: &Store, files: &[Found]) -> Vec<Finding> {
    let config = &store.config;
    let mut findings = Vec::new();
    for (line, why) in config.malformed() {
        findings.push(at_line("malformed", line, format!("a recipient is malformed: {why}")));
    }
    for twice in &config.duplicate_anchors {
        let words = format!("`&{}` is defined a second time, and counts from here on", twice.name);
        findings.push(at_line("duplicate-anchor", twice.line, words));
    }
    for key in &config.keys {
        let Some(name) = &key.name else { continue };
        if !config.rules.iter().any(|rule| rule.lists(&key.value)) {
            let words = format!("`{name}` is named by no rule");
            findings.push(Finding { minor: true, ..at_line("unused-key", key.line, words) });
        }
    }
    for rule in &config.rules {
        let before = &config.rules[..rule.index];
        let shadow = before.iter().find(|before| shadow::covers(before, rule));
        if let Some(before) = shadow {
            let words = format!(
                "the rule never wins: that of line {} matches all that it does",
                before.line
            );
            findings.push(at_line("shadowed", rule.line, words));
        } else if let Some(before) = before.iter().find(|b| shadow::is_broader(b, rule, files)) {
            let words = format!(
                "the rule wins for no file here: that of line {} matches them all, and more",
                before.line
            );
            findings.push(at_line("shadowed", rule.line, words));
        }
        match Wanted::by(rule) {
            Ok(wanted) if wanted.age().next().is_none() => {
                let words = "the rule has no age recipients".to_owned();
                findings.push(Finding {
                    minor: wanted.groups.iter().any(|g| !g.others.is_empty()),
                    ..at_line("no-recipients", rule.line, words)
                });
            }
            _ => {}
        }
        if let Err(e) = rule.matches("") {
            findings.push(at_line("pattern", rule.line, e.why.to_string()));
        }
    }
    if store.folder().join(".sops.yml").exists() {
        let words = "`.sops.yml` lies beside it, which sops ignores".to_owned();
        findings.push(Finding { id: "sops-yml", minor: true, line: None, file: None, words });
    }
    findings
}

fn of_files(store: &Store, files: &[Found]) -> Vec<Finding> {
    let matrix = Matrix::of(&store.config, files);
    let mut findings = Vec::new();
    let mut about = |id, minor, file: &str, words: String| {
        findings.push(Finding { id, minor, line: None, file: Some(file.to_owned()), words });
    };
    for row in &matrix.rows {
        for remark in &row.remarks {
            match remark {
                Remark::NoRule => {
                    about("no-rule", false, &row.file, "no rule covers it".to_owned())
                }
                Remark::Unreadable { .. } => about("unreadable", false, &row.file, remark.words()),
                // Said once, of the rule.
                Remark::Malformed { .. } | Remark::RuleUnreadable { .. } => {}
                Remark::Regrouped => about("differs", false, &row.file, remark.words()),
                Remark::OtherKinds { .. } => about("other-kinds", true, &row.file, remark.words()),
            }
        }
        let named = |what: Cell| -> Vec<String> {
            let cells = matrix.columns.iter().zip(&row.cells);
            cells.filter(|(_, cell)| **cell == what).map(|(column, _)| column.label()).collect()
        };
        let (add, gone) = (named(Cell::Add), named(Cell::Gone));
        if !add.is_empty() {
            about("differs", false, &row.file, format!("not encrypted yet for {}", add.join(", ")));
        }
        if !gone.is_empty() {
            about("differs", false, &row.file, format!("still encrypted for {}", gone.join(", ")));
        }
    }
    for path in store.plain_files() {
        let words = "a rule covers it, and it is not encrypted".to_owned();
        about("plain-text", false, &path, words);
    }
    findings
}
