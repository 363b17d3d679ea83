//! The receipts of a folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::Receipt;
use crate::problem::Problem;

/// A receipt of a folder, or why it cannot be read.
#[derive(Debug)]
pub struct Listed {
    pub path: PathBuf,
    pub receipt: Result<Receipt, Problem>,
}

/// All receipts of `dir`, the newest first; unreadable ones last. A folder that is not there has
/// none.
pub fn list(dir: &Path) -> Vec<Listed> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "receipt"))
        .collect();
    // Of two that started in the same second, the longer name has the number.
    paths.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    let mut listed: Vec<Listed> =
        paths.into_iter().map(|path| Listed { receipt: Receipt::read(&path), path }).collect();
    listed.sort_by_key(|l| l.receipt.as_ref().ok().map(|r| r.header.started.clone()));
    listed.reverse();
    listed
}

/// The newest receipt that can be read.
pub fn latest(dir: &Path) -> Option<Receipt> {
    list(dir).into_iter().find_map(|listed| listed.receipt.ok())
}

/// The newest receipt whose run, or undo, did not come to its end.
pub fn unfinished(dir: &Path) -> Option<Receipt> {
    let readable = list(dir).into_iter().filter_map(|listed| listed.receipt.ok());
    readable.into_iter().find(|receipt| receipt.state().is_unfinished())
}
