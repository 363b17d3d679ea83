//! Reading a receipt, also one that was cut off in the middle of a line.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

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

    /// Whether this is what a doorstep of this person's wrote: a receipt says what is removed and
    /// run, so one that came from elsewhere must not name other places. `home` is the
    /// person's (a practice home is fine as well), `state` where their programs keep state.
    ///
    /// # Errors
    /// It belongs to another account, others can write it, it is for another home, or it may write
    /// outside that home and a fleet.
    pub fn check(&self, home: &Path, state: &Path) -> Result<(), Problem> {
        let refused = |why: String| {
            let shown = self.path.display();
            Problem::user(format!("the receipt `{shown}` is not followed")).cause(why)
        };
        let metadata = fs::metadata(&self.path).map_err(|e| refused(e.to_string()))?;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(refused("it belongs to another account".to_owned()));
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(refused("other accounts can write it".to_owned()));
        }
        let header = &self.header;
        if header.home != home && !(header.practice && is_practice(&header.home)) {
            let theirs = header.home.display();
            return Err(refused(format!("it is for the home `{theirs}`")));
        }
        // A fleet around the home would make everything in it, and beside it, a fleet's.
        if header.home != header.fleet && header.home.starts_with(&header.fleet) {
            let fleet = header.fleet.display();
            return Err(refused(format!("its fleet `{fleet}` holds the whole home")));
        }
        let elsewhere = header.practice && header.home != home;
        if elsewhere && !header.home.parent().is_some_and(|dir| header.fleet.starts_with(dir)) {
            return Err(refused("its fleet is not the one of its practice folder".to_owned()));
        }
        // Secrets may have a folder of their own, with rules and without a flake.
        let is_fleet = |file: &&str| header.fleet.join(file).is_file();
        if header.fleet.exists() && !["flake.nix", ".sops.yaml"].iter().any(is_fleet) {
            let fleet = header.fleet.display();
            return Err(refused(format!("`{fleet}` is no fleet: it has no `flake.nix`")));
        }
        // The state folder may have been elsewhere then: the receipt lies in it.
        let beside = self.path.parent().and_then(Path::parent);
        let known = |bound: &PathBuf| {
            *bound == header.fleet
                || *bound == header.home
                || *bound == state
                || bound.starts_with(&header.home)
                || beside == Some(bound.as_path())
        };
        match header.bounds.iter().find(|bound| !known(bound) || !is_plain(bound)) {
            Some(bound) => Err(refused(format!("it may write in `{}`", bound.display()))),
            None => Ok(()),
        }
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

    /// Files that this run made and that were not taken back.
    pub fn files_made(&self) -> Vec<PathBuf> {
        let changes = self.changes().into_iter().filter(|change| !change.undone);
        let made = changes.filter_map(|change| match change.change {
            Fact::Create { path, .. } => Some(path),
            _ => None,
        });
        made.collect()
    }

    /// Files that this run changed and that were not taken back, each time with the text before,
    /// in the order of the run.
    pub fn texts_before(&self) -> Vec<(PathBuf, String)> {
        let changes = self.changes().into_iter().filter(|change| !change.undone);
        let changed = changes.filter_map(|change| match change.change {
            Fact::Edit { path, before, .. } => Some((path, before)),
            _ => None,
        });
        changed.collect()
    }

    /// Every change, in the order it was begun.
    pub fn changes(&self) -> Vec<Recorded> {
        let mut changes: Vec<Recorded> = Vec::new();
        let mut places: HashMap<u64, usize> = HashMap::new();
        for record in &self.records {
            match record {
                Record::Began { n, step, change } => {
                    places.entry(*n).or_insert(changes.len());
                    changes.push(Recorded {
                        n: *n,
                        step: step.clone(),
                        change: change.clone(),
                        facts: None,
                        ending: None,
                        undone: false,
                    });
                }
                Record::Facts { n, facts } => {
                    if let Some(&at) = places.get(n) {
                        changes[at].facts = Some(facts.clone());
                    }
                }
                Record::Ended { n, ending } => {
                    if let Some(&at) = places.get(n) {
                        changes[at].ending = Some(*ending);
                    }
                }
                Record::Undone { n } => {
                    if let Some(&at) = places.get(n) {
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

/// A practice folder's home: its marker lies beside it.
fn is_practice(home: &Path) -> bool {
    home.parent().is_some_and(|dir| dir.join(crate::practice::MARKER).is_file())
}

/// Absolute, and without a step up.
fn is_plain(path: &Path) -> bool {
    path.is_absolute() && path.components().all(|c| c != Component::ParentDir)
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
