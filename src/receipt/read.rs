//! Reading a receipt, also one that was cut off in the middle of a line.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Ending, Fact, Header, Record, VERSION};
use crate::problem::Problem;

/// A receipt as it was read.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub path: PathBuf,
    pub header: Header,
    pub records: Vec<Record>,
    /// Length of the part that was written whole, in bytes.
    pub(super) whole: u64,
}

/// All that a receipt says of one change.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub n: u64,
    pub step: String,
    pub change: Fact,
    /// The latest facts found while it was made.
    pub facts: Option<serde_json::Value>,
    /// `None`: the run was cut off in it.
    pub ending: Option<Ending>,
    pub undone: bool,
}

impl Receipt {
    /// # Errors
    /// When it cannot be read, has no header, is of another version, or is damaged anywhere but at
    /// its end.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let cannot = || Problem::tool(format!("the receipt `{}` cannot be read", path.display()));
        let text = fs::read_to_string(path).map_err(|e| cannot().cause(e))?;
        Self::parse(path, &text).map_err(|why| match why {
            Fault::Version(version) => cannot()
                .cause(format!("it has format {version}; this doorstep reads format {VERSION}"))
                .hint("use the doorstep that wrote it, or a newer one"),
            Fault::NoHeader => cannot().cause("it does not begin like a receipt"),
            Fault::Line(line) => cannot().cause(format!("line {line} is damaged")),
        })
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Fault> {
        // Each record is written with its line end at once: what has none was cut off, and its
        // change was never begun.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = (1..).zip(text[..whole].lines());
        let (_, first) = lines.next().ok_or(Fault::NoHeader)?;
        let header = header(first)?;
        let mut records = Vec::new();
        for (number, line) in lines {
            records.push(serde_json::from_str(line).map_err(|_| Fault::Line(number))?);
        }
        Ok(Self { path: path.to_owned(), header, records, whole: whole as u64 })
    }

    /// Public halves of the keys that this run saved and that were not taken back.
    pub fn saved_keys(&self) -> Vec<String> {
        let changes = self.changes().into_iter().filter(|change| !change.undone);
        let keys = changes.filter_map(|change| match change.change {
            Fact::Create { keys, .. } | Fact::Append { keys, .. } => keys,
            _ => None,
        });
        keys.flat_map(|keys| keys.recipients).collect()
    }

    /// Every change, in the order it was begun.
    pub fn changes(&self) -> Vec<Recorded> {
        let mut changes: Vec<Recorded> = Vec::new();
        let find = |n: u64, changes: &mut Vec<Recorded>| changes.iter().position(|c| c.n == n);
        for record in &self.records {
            match record {
                Record::Began { n, step, change } => changes.push(Recorded {
                    n: *n,
                    step: step.clone(),
                    change: change.clone(),
                    facts: None,
                    ending: None,
                    undone: false,
                }),
                Record::Facts { n, facts } => {
                    if let Some(at) = find(*n, &mut changes) {
                        changes[at].facts = Some(facts.clone());
                    }
                }
                Record::Ended { n, ending } => {
                    if let Some(at) = find(*n, &mut changes) {
                        changes[at].ending = Some(*ending);
                    }
                }
                Record::Undone { n } => {
                    if let Some(at) = find(*n, &mut changes) {
                        changes[at].undone = true;
                    }
                }
                _ => {}
            }
        }
        changes
    }

    /// The number of the next change.
    pub(super) fn next(&self) -> u64 {
        let numbers = self.records.iter().filter_map(|record| match record {
            Record::Began { n, .. } => Some(*n),
            _ => None,
        });
        numbers.max().unwrap_or(0).saturating_add(1)
    }
}

enum Fault {
    Version(u64),
    NoHeader,
    /// Counted from 1.
    Line(usize),
}

/// The version is looked at first: a later header may have other fields.
fn header(line: &str) -> Result<Header, Fault> {
    let value: serde_json::Value = serde_json::from_str(line).map_err(|_| Fault::NoHeader)?;
    if value["record"] != "header" {
        return Err(Fault::NoHeader);
    }
    match value["version"].as_u64() {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => return Err(Fault::Version(version)),
        None => return Err(Fault::NoHeader),
    }
    match serde_json::from_value(value) {
        Ok(Record::Header(header)) => Ok(header),
        _ => Err(Fault::NoHeader),
    }
}
