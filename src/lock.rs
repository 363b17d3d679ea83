//! One doorstep at a time for each fleet.
//!
//! The lock is the kernel's and lies on a folder that is there anyway: nothing is left behind, and
//! it is gone with its process, however that ends.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use crate::problem::Problem;

/// How long a lock may be held before somebody is said to hold it: for a moment a killed run's
/// lock lives on in a child that it was just starting.
const PATIENCE: Duration = Duration::from_millis(400);

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    /// `None` where the file system has no locks.
    folder: Option<File>,
}

impl Lock {
    /// Locks `folder`: the git common folder, so that all work trees of a repository count as one
    /// fleet, or the fleet's own folder where there is no git.
    ///
    /// # Errors
    /// When another doorstep holds it, or the folder cannot be opened.
    pub fn take(folder: &Path) -> Result<Self, Problem> {
        let file = File::open(folder).map_err(|e| {
            Problem::tool(format!("`{}` cannot be opened", folder.display())).cause(e)
        })?;
        let held = claim(&file, "another doorstep works on this fleet")?;
        Ok(Self { folder: held.then_some(file) })
    }

    /// Whether the file system really keeps others out.
    pub fn is_held(&self) -> bool {
        self.folder.is_some()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            release(folder);
        }
    }
}

/// Locks an open file or folder against other processes. Whether the file system really does: some
/// network file systems cannot. Then what is replaced is still compared just before, so two runs
/// at once cannot overwrite each other's work unseen.
///
/// # Errors
/// `taken`, when another process holds it.
pub(crate) fn claim(file: &File, taken: &str) -> Result<bool, Problem> {
    let started = Instant::now();
    loop {
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) if started.elapsed() > PATIENCE => {
                return Err(
                    Problem::user(taken).hint("wait until it has ended, then run this again")
                );
            }
            Err(Errno::WOULDBLOCK | Errno::INTR) => std::thread::sleep(PATIENCE / 20),
            Err(_) => return Ok(false),
        }
    }
}

/// Gives the lock back now. Closing the file would not: a child that is just being started has it
/// open too, until it becomes another program.
pub(crate) fn release(file: &File) {
    // It ends with this process at the latest.
    let _ = rustix::fs::flock(file, FlockOperation::Unlock);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        assert!(first.is_held());
        let refused = Lock::take(folder.path()).unwrap_err();
        assert_eq!(refused.what, "another doorstep works on this fleet");
        drop(first);
        assert!(Lock::take(folder.path()).unwrap().is_held());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Lock::take(&folder.path().join("gone")).is_err());
    }
}
