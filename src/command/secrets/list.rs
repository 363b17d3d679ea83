//! `doorstep secrets list`: names and readers, which are no secret; never a value.

use clap::Args;
use serde_json::json;

use super::super::{Exit, Where, print};
use super::Desk;
use crate::front::sanitise;
use crate::host::Host;
use crate::problem::Problem;
use crate::secrets::store::format_of;
use crate::secrets::{Cell, Found, Matrix};
use crate::sops::EncryptedFile;

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
        let only = desk.below(&self.paths)?;
        let files = store.files(&only);
        let matrix = Matrix::of(&store.config, &files);
        let readers = |row: usize| -> Vec<String> {
            let cells = matrix.columns.iter().zip(&matrix.rows[row].cells);
            let can = cells.filter(|(_, cell)| matches!(cell, Cell::Yes | Cell::Gone));
            can.map(|(column, _)| column.label()).collect()
        };
        if self.json {
            let files = files.iter().enumerate().map(|(row, file)| match names(file) {
                Ok(names) => json!({ "file": file.path, "names": names, "readers": readers(row) }),
                Err(why) => json!({ "file": file.path, "error": why }),
            });
            let files: Vec<_> = files.collect();
            let answer = json!({ "version": 1, "sops_yaml": store.file, "files": files });
            print(&format!("{answer}\n"))?;
            return Ok(Exit::Done);
        }
        let mut out = String::new();
        for (row, file) in files.iter().enumerate() {
            match names(file) {
                Ok(names) => {
                    out.push_str(&format!(
                        "{}   {}\n",
                        sanitise(&file.path),
                        sanitise(&readers(row).join(", "))
                    ));
                    for name in names {
                        out.push_str(&format!("  {}\n", sanitise(&name)));
                    }
                }
                Err(why) => {
                    out.push_str(&format!("{}   ! {}\n", sanitise(&file.path), sanitise(&why)))
                }
            }
        }
        if files.is_empty() {
            out.push_str("No encrypted files in this fleet.\n");
        }
        print(&out)?;
        Ok(Exit::Done)
    }
}

fn names(file: &Found) -> Result<Vec<String>, String> {
    let parsed = EncryptedFile::parse(&file.text, format_of(&file.path));
    parsed.map(|parsed| parsed.names()).map_err(|e| e.to_string())
}
