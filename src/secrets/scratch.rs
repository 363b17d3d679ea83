//! A private folder in memory for a secret in plain text, and what is left in it wiped.
//!
//! It must lie where nothing reaches a disk, and is refused elsewhere: a file that was removed from a
//! disk can often be had back. Linux has such places; macOS has none that is there by itself.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::process::Pid;
use zeroize::Zeroizing;

use crate::host::{Host, Os};
use crate::problem::Problem;

/// What the folder is called, with the number of the process that it belongs to.
const NAME: &str = "doorstep-edit-";

/// No larger file comes back from an editor.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The folders that are open: a signal that ends the process leaves nobody to drop them.
static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Wipes every folder that is open: for who is about to end the process.
pub(crate) fn wipe_open() {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    for folder in open.drain(..) {
        wipe(&folder);
    }
}

/// A folder of mode 0700 in memory; wiped when dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// A new folder, after those were wiped that a killed run has left.
    ///
    /// # Errors
    /// There is no place in memory here.
    pub fn new(host: &Host) -> Result<Self, Problem> {
        let place = places(host).into_iter().find(|place| is_private_memory(place));
        let place = place.ok_or_else(|| {
            Problem::user("there is no private folder in memory here")
                .cause("a secret in plain text must not reach a disk, where it can be had back")
                .hint("change one value at a time: `doorstep secrets set FILE KEY`")
        })?;
        wipe_left_behind(&place);
        let folder = place.join(format!("{NAME}{}", rustix::process::getpid().as_raw_nonzero()));
        DirBuilder::new().mode(0o700).create(&folder).map_err(|e| cannot("made", &folder, e))?;
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).push(folder.clone());
        Ok(Self { folder })
    }

    /// Where it is: to work in, so that what a program drops beside it is wiped as well.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new file of mode 0600 with this name.
    ///
    /// # Errors
    /// The memory is full.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Problem> {
        let path = self.folder.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let written = file.and_then(|mut file| file.write_all(bytes));
        written.map(|()| path.clone()).map_err(|e| cannot("written", &path, e))
    }

    /// What an editor has made of it.
    ///
    /// # Errors
    /// It is gone, no ordinary file any more, or too large.
    pub fn read(&self, path: &Path) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let read = || -> io::Result<Zeroizing<Vec<u8>>> {
            let metadata = fs::symlink_metadata(path)?;
            if !metadata.is_file() || metadata.len() > LARGEST {
                return Err(io::Error::other("it is no file of at most 64 MB any more"));
            }
            // Room for all of it at once: a vector that grows leaves copies behind.
            let length = usize::try_from(metadata.len()).unwrap_or_default();
            let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
            File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|e| cannot("read", path, e))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Held until it is wiped: a signal that comes meanwhile waits for that.
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        wipe(&self.folder);
        open.retain(|open| *open != self.folder);
    }
}

/// Where memory may be had, the person's own place first.
fn places(host: &Host) -> Vec<PathBuf> {
    let own = host.var("XDG_RUNTIME_DIR").map(PathBuf::from);
    match host.os {
        Os::Linux => own.into_iter().chain([PathBuf::from("/dev/shm")]).collect(),
        Os::Darwin => Vec::new(),
    }
}

/// Whether files in `place` stay in memory, and nobody else can take them away: it is this
/// person's, or names in it are safe from others (the sticky bit).
fn is_private_memory(place: &Path) -> bool {
    let Ok(metadata) = fs::metadata(place) else { return false };
    let is_own = metadata.uid() == rustix::process::geteuid().as_raw();
    let is_sticky = metadata.mode() & 0o1000 != 0;
    place.is_absolute() && metadata.is_dir() && (is_own || is_sticky) && is_memory(place)
}

#[cfg(target_os = "linux")]
fn is_memory(place: &Path) -> bool {
    // `TMPFS_MAGIC` of statfs(2).
    rustix::fs::statfs(place).is_ok_and(|found| found.f_type == 0x0102_1994)
}

#[cfg(not(target_os = "linux"))]
fn is_memory(_: &Path) -> bool {
    false
}

/// Folders of runs that are gone: a run that is killed cannot wipe its own.
fn wipe_left_behind(place: &Path) {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(NAME)?.parse().ok());
        let Some(owner) = owner.and_then(Pid::from_raw) else { continue };
        let is_ours = entry.metadata().is_ok_and(|metadata| {
            metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw()
        });
        // Numbers come again: one of our own was left by somebody before us.
        let is_gone = owner == rustix::process::getpid()
            || rustix::process::test_kill_process(owner) == Err(rustix::io::Errno::SRCH);
        if is_ours && is_gone {
            wipe(&entry.path());
        }
    }
}

/// Overwrites every file below `folder` and removes it all, as far as that goes: swap files and
/// backups of an editor hold the secret, too. Links are removed and not followed.
fn wipe(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => wipe(&path),
            Ok(kind) if kind.is_file() => {
                let _ = overwrite(&path);
                let _ = fs::remove_file(&path);
            }
            _ => drop(fs::remove_file(&path)),
        }
    }
    let _ = fs::remove_dir(folder);
}

fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len();
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.flush()
}

fn cannot(done: &str, path: &Path, e: io::Error) -> Problem {
    Problem::tool(format!("`{}` cannot be {done}", path.display())).cause(e)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::host::Account;

    fn host(os: Os, runtime: Option<&str>) -> Host {
        let home = PathBuf::from("/home/zoe");
        let account = Account { name: "zoe".into(), uid: 501, home, full_name: None };
        let env: BTreeMap<_, _> =
            runtime.map(|at| ("XDG_RUNTIME_DIR".to_owned(), at.into())).into_iter().collect();
        Host::pretend(account, "quartz", os, "x86_64", env)
    }

    #[test]
    fn what_lies_in_it_is_private_and_gone_afterwards() {
        let scratch = Scratch::new(&host(Os::Linux, None)).unwrap();
        let folder = scratch.folder().to_owned();
        assert!(is_memory(&folder));
        let file = scratch.write("x.yaml", b"hunter2").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        assert_eq!(scratch.read(&file).unwrap().as_slice(), b"hunter2");
        // As an editor leaves things.
        fs::create_dir(folder.join("backup")).unwrap();
        fs::write(folder.join("backup/x.yaml~"), "hunter2").unwrap();
        let held = File::open(folder.join("backup/x.yaml~")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.join("link")).unwrap();
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", &file).unwrap();
        assert!(scratch.read(&file).is_err(), "a link is not followed");
        drop(scratch);
        assert!(!folder.exists() && Path::new("/etc/hostname").exists());
        let mut left = String::new();
        (&held).read_to_string(&mut left).unwrap();
        assert_eq!(left, "\0".repeat(7), "its bytes are gone before its name is");
    }

    #[test]
    fn a_disk_is_no_place_for_it() {
        let refused = Scratch::new(&host(Os::Darwin, Some("/dev/shm"))).unwrap_err();
        insta::assert_snapshot!(refused.to_string(), @r"
        error: there is no private folder in memory here
        cause: a secret in plain text must not reach a disk, where it can be had back
        hint: change one value at a time: `doorstep secrets set FILE KEY`
        ");
        assert!(!is_private_memory(Path::new(env!("CARGO_MANIFEST_DIR"))));
        assert!(!is_private_memory(Path::new("/nowhere")));
    }

    #[test]
    fn what_a_killed_run_left_is_wiped_by_the_next_one() {
        // A number that no process has: those end far below.
        let left = Path::new("/dev/shm").join(format!("{NAME}{}", i32::MAX));
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("x.yaml"), "hunter2").unwrap();
        wipe_left_behind(Path::new("/dev/shm"));
        assert!(!left.exists());
    }
}
