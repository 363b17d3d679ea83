//! `doorstep recipients matrix`: people against files.

use clap::Args;
use serde_json::json;

use super::super::{Exit, Where, print};
use super::Desk;
use crate::front::sanitise;
use crate::host::Host;
use crate::problem::Problem;
use crate::secrets::{Cell, Matrix, Remark};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Files or folders [default: every encrypted file below the folder of `.sops.yaml`]
    paths: Vec<String>,
    #[command(flatten)]
    at: Where,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let desk = Desk::open(&self.at, host)?;
        let store = desk.store()?;
        let files = store.files(&desk.below(&self.paths)?);
        let matrix = Matrix::of(&store.config, &files);
        if self.json {
            let mut answer =
                json!({ "version": 1, "sops_yaml": store.file, "settled": matrix.is_settled() });
            if let (Some(answer), Ok(serde_json::Value::Object(matrix))) =
                (answer.as_object_mut(), serde_json::to_value(&matrix))
            {
                answer.extend(matrix);
            }
            print(&format!("{answer}\n"))?;
        } else {
            let table = table(&matrix);
            print(&table.lines().map(|line| format!("{}\n", sanitise(line))).collect::<String>())?;
        }
        Ok(Exit::Done)
    }
}

/// A column per key, as wide as it needs.
fn table(matrix: &Matrix) -> String {
    if matrix.rows.is_empty() {
        return "No encrypted files in this fleet.\n".to_owned();
    }
    let width = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let padded =
        |text: &str, to: usize| format!("{text}{}", " ".repeat(to.saturating_sub(width(text))));
    let labels: Vec<String> = matrix.columns.iter().map(|column| column.label()).collect();
    let first = matrix.rows.iter().map(|row| width(&row.file)).max().unwrap_or(0).max(4);
    let mut out = padded("file", first);
    for label in &labels {
        out.push_str(&format!("  {}", padded(label, Cell::Gone.word().len())));
    }
    for row in &matrix.rows {
        out.push('\n');
        out.push_str(&padded(&row.file, first));
        for (label, cell) in labels.iter().zip(&row.cells) {
            out.push_str(&format!(
                "  {}",
                padded(cell.word(), width(label).max(Cell::Gone.word().len()))
            ));
        }
        for remark in &row.remarks {
            let mark = if *remark == Remark::NoRule { "" } else { "! " };
            out.push_str(&format!("  {mark}{}", remark.words()));
        }
        if !row.others.is_empty() {
            out.push_str(&format!("  also {}", row.others.join(", ")));
        }
    }
    out.push_str(
        "\n\nyes   can open it now           + add    the rule says so, the file not yet\n",
    );
    out.push_str("      cannot                    - gone   the file says so, the rule no longer\n");
    out
}
