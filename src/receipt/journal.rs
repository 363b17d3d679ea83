//! A receipt that is being written.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Ending, Fact, Header, PlannedStep, Receipt, Record, settle};
use crate::event::Outcome;
use crate::files;
use crate::lock;
use crate::problem::Problem;
use crate::sops::timestamp::Utc;

/// How many receipts of one minute get a number of their own.
const MOST_IN_A_MINUTE: usize = 1000;

const TAKEN: &str = "another doorstep works with this receipt";

/// An open receipt. While it is open no other doorstep writes to it.
#[derive(Debug)]
pub struct Journal {
    file: File,
    receipt: Receipt,
    /// Whether another plan follows in this receipt.
    is_followed: bool,
}

impl Journal {
    /// Starts a new receipt in `dir`, which is made if needed (0700).
    pub fn create(dir: &Path, header: Header) -> Result<Self, Problem> {
        private_folder(dir)?;
        let (file, path) = new_file(dir, &header)?;
        lock::claim(&file, TAKEN)?;
        let receipt = Receipt { path, header: header.clone(), records: Vec::new(), whole: 0 };
        let mut journal = Self { file, receipt, is_followed: false };
        journal.write(&Record::Header(header))?;
        journal.sync()?;
        // Makes the new name last, too.
        let synced = File::open(dir).and_then(|dir| dir.sync_all());
        synced.map_err(|e| files::failed("written", dir, e))?;
        Ok(journal)
    }

    /// Goes on with a receipt, for a resumed run or for undo. Changes that a cut-off run left open
    /// are settled first, by looking at their files; what it left half-written is removed.
    pub fn reopen(path: &Path) -> Result<Self, Problem> {
        let cannot = |e| files::failed("written", path, e);
        let file =
            OpenOptions::new().append(true).custom_flags(no_follow()).open(path).map_err(cannot)?;
        lock::claim(&file, TAKEN)?;
        let receipt = Receipt::read(path)?;
        // The half line of a killed run goes, so that the next record starts on a line of its own.
        file.set_len(receipt.whole).map_err(cannot)?;
        let mut journal = Self { file, receipt, is_followed: false };
        settle::settle(&mut journal)?;
        Ok(journal)
    }

    pub fn path(&self) -> &Path {
        &self.receipt.path
    }

    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The folders that changes may write in.
    pub fn bounds(&self) -> &[PathBuf] {
        &self.receipt.header.bounds
    }

    pub(crate) fn planned(&mut self, steps: Vec<PlannedStep>) -> Result<(), Problem> {
        let doorstep = env!("CARGO_PKG_VERSION").to_owned();
        self.add(Record::Planned { at: now(), doorstep, steps })?;
        self.sync()
    }

    /// Written and synced before the change is made. Gives the change's number.
    pub(crate) fn began(&mut self, step: &str, change: Fact) -> Result<u64, Problem> {
        self.began_all(step, vec![change])
    }

    /// The same for changes that are made at once, with one sync. Gives the number of the first;
    /// the others follow it.
    pub(crate) fn began_all(&mut self, step: &str, changes: Vec<Fact>) -> Result<u64, Problem> {
        let first = self.receipt.next();
        for (n, change) in (first..).zip(changes) {
            self.add(Record::Began { n, step: step.to_owned(), change })?;
        }
        self.sync()?;
        Ok(first)
    }

    pub(crate) fn facts(&mut self, n: u64, facts: serde_json::Value) -> Result<(), Problem> {
        self.add(Record::Facts { n, facts })?;
        self.sync()
    }

    /// Not synced at once: what a power cut takes of it is found again by looking at the file.
    pub(crate) fn ended(&mut self, n: u64, ending: Ending) -> Result<(), Problem> {
        self.add(Record::Ended { n, ending })
    }

    pub(crate) fn step(&mut self, step: &str, outcome: &str) -> Result<(), Problem> {
        self.add(Record::Step { at: now(), step: step.to_owned(), outcome: outcome.to_owned() })
    }

    /// Says whether another plan follows in this receipt: until that one has ended, a run that went
    /// well so far is an unfinished one.
    pub(crate) fn is_followed(&mut self, is_followed: bool) {
        self.is_followed = is_followed;
    }

    pub(crate) fn finished(&mut self, outcome: &Outcome) -> Result<(), Problem> {
        let goes_on = self.is_followed && matches!(outcome, Outcome::Done | Outcome::AlreadySo);
        if goes_on {
            return self.sync();
        }
        let outcome = outcome.word();
        self.add(Record::Finished { at: now(), outcome: outcome.to_owned() })?;
        self.sync()
    }

    pub(crate) fn undone(&mut self, n: u64) -> Result<(), Problem> {
        self.add(Record::Undone { n })
    }

    pub(crate) fn left(&mut self, n: u64, what: &str, why: &str) -> Result<(), Problem> {
        self.add(Record::Left { n, what: what.to_owned(), why: why.to_owned() })
    }

    pub(crate) fn taken_back(&mut self, left: u64) -> Result<(), Problem> {
        self.add(Record::TakenBack { at: now(), left })?;
        self.sync()
    }

    fn add(&mut self, record: Record) -> Result<(), Problem> {
        self.write(&record)?;
        self.receipt.records.push(record);
        Ok(())
    }

    fn write(&mut self, record: &Record) -> Result<(), Problem> {
        let mut line = serde_json::to_string(record)
            .map_err(|e| Problem::user("a receipt cannot hold a path that is not text").cause(e))?;
        line.push('\n');
        let written = self.file.write_all(line.as_bytes());
        if let Err(e) = written {
            // Half a line would damage the next one.
            let _ = self.file.set_len(self.receipt.whole);
            return Err(files::failed("written", &self.receipt.path, e));
        }
        self.receipt.whole += line.len() as u64;
        Ok(())
    }

    fn sync(&self) -> Result<(), Problem> {
        self.file.sync_data().map_err(|e| files::failed("written", &self.receipt.path, e))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        lock::release(&self.file);
    }
}

fn now() -> String {
    Utc::from(SystemTime::now()).to_string()
}

#[allow(clippy::cast_possible_wrap, reason = "the flag's bits, as open(2) takes them")]
fn no_follow() -> i32 {
    rustix::fs::OFlags::NOFOLLOW.bits() as i32
}

fn private_folder(dir: &Path) -> Result<(), Problem> {
    let cannot = |e| files::failed("made", dir, e);
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(cannot)?;
    let mode = fs::metadata(dir).map_err(cannot)?.permissions().mode();
    // A umask may have taken too much as well.
    if mode & 0o777 == 0o700 {
        return Ok(());
    }
    fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(cannot)
}

/// `2026-11-20T1019-zoe.receipt`, then `…-zoe-2.receipt` and so on.
fn new_file(dir: &Path, header: &Header) -> Result<(File, PathBuf), Problem> {
    let time: String = header.started.chars().take(16).filter(|c| *c != ':').collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let stem: String = format!("{time}-{}", header.user).chars().map(plain).collect();
    for number in 1..=MOST_IN_A_MINUTE {
        let name = match number {
            1 => format!("{stem}.receipt"),
            _ => format!("{stem}-{number}.receipt"),
        };
        let path = dir.join(name);
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path);
        match file {
            Ok(file) => {
                // Whatever the umask: who cannot open it again cannot undo.
                let private = file.set_permissions(Permissions::from_mode(0o600));
                private.map_err(|e| files::failed("made private", &path, e))?;
                return Ok((file, path));
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(files::failed("written", &path, e)),
        }
    }
    Err(Problem::tool(format!("`{}` has too many receipts of this minute", dir.display())))
}
