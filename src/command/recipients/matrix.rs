//! `doorstep recipients matrix`: people against files.

use clap::Args;
use serde_json::json;

use super::super::{Exit, Where, print};
use super::Desk;
use crate::front::sanitise;
use crate::host::Host;
use crate::problem::Problem;
use crate::secrets::Matrix;

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
            let table = matrix.table();
            print(&table.lines().map(|line| format!("{}\n", sanitise(line))).collect::<String>())?;
        }
        Ok(Exit::Done)
    }
}
