//! Where a file may be: the folder resolved, inside the bounds, and held open.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::failed;
use crate::problem::Problem;

/// A path whose folder was resolved and found inside the bounds. Some of its folders may be
/// missing yet.
#[derive(Debug, Clone)]
pub struct Spot {
    /// As the plan has it; what people are told.
    asked: PathBuf,
    /// The deepest folder that is there, without links.
    folder: PathBuf,
    /// Folders between `folder` and the name.
    missing: Vec<OsString>,
    name: OsString,
}

/// A name in a folder that is held open.
#[derive(Debug)]
pub struct Place {
    pub(super) folder: OwnedFd,
    pub(super) name: OsString,
    pub(super) path: PathBuf,
}

/// Resolves the folder of `path` and makes sure that it lies in one of `bounds`.
///
/// Links in the way are fine as long as they stay inside (`/tmp` and `/var` are links on macOS);
/// the last component is not resolved at all.
///
/// # Errors
/// When the path is relative, goes up with `..`, leads out of the bounds, or leads into git's own
/// folder.
pub fn inside(bounds: &[PathBuf], path: &Path) -> Result<Spot, Problem> {
    let shown = path.display();
    let name = match path.components().next_back() {
        Some(Component::Normal(name)) if path.is_absolute() => name.to_owned(),
        _ => return Err(Problem::bug(format!("`{shown}` is not an absolute path of a file"))),
    };
    if path.components().any(|c| c == Component::ParentDir) {
        return Err(Problem::bug(format!("`{shown}` goes up with `..`")));
    }
    let (folder, missing) = resolve(path.parent().unwrap_or(path))?;
    let whole = missing.iter().fold(folder.clone(), |at, part| at.join(part));
    // A link in the fleet must not lead into the home around it: the narrowest bound that names the
    // path is the one that counts. One that is named by none may still lie in one, by another name.
    let naming = bounds.iter().filter(|bound| path.starts_with(bound));
    let narrowest = naming.max_by_key(|bound| bound.components().count());
    let counting = narrowest.map_or(bounds, std::slice::from_ref);
    let bound = counting.iter().find_map(|bound| {
        let (folder, missing) = resolve(bound).ok()?;
        let bound = missing.iter().fold(folder, |at, part| at.join(part));
        whole.strip_prefix(&bound).ok().map(Path::to_path_buf)
    });
    let Some(below) = bound else {
        return Err(Problem::user(format!(
            "`{shown}` leads out of the folders doorstep may write in"
        ))
        .cause(format!("its folder is really `{}`", whole.display())));
    };
    if below.iter().chain([name.as_os_str()]).any(is_gits_own) {
        return Err(Problem::user(format!("`{shown}` lies in git's own folder")));
    }
    Ok(Spot { asked: path.to_owned(), folder, missing, name })
}

/// Whatever the case: file systems of Macs do not tell `.GIT` from `.git`.
fn is_gits_own(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(".git")
}

/// The deepest folder of `path` that is there, without links, and the names of the rest.
fn resolve(path: &Path) -> Result<(PathBuf, Vec<OsString>), Problem> {
    let mut missing = Vec::new();
    let mut at = path;
    loop {
        match std::fs::symlink_metadata(at) {
            // A link that leads nowhere fails here: nothing may be made through it.
            Ok(_) => {
                let real = std::fs::canonicalize(at).map_err(|e| failed("reached", at, e))?;
                missing.reverse();
                return Ok((real, missing));
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed("reached", at, e)),
        }
        let (Some(parent), Some(name)) = (at.parent(), at.file_name()) else {
            return Err(failed("reached", path, Errno::NOENT));
        };
        missing.push(name.to_owned());
        at = parent;
    }
}

impl Spot {
    /// Folders that have to be made first, outermost first, without links.
    pub fn missing_folders(&self) -> Vec<PathBuf> {
        let deeper = |at: &mut PathBuf, part: &OsString| {
            at.push(part);
            Some(at.clone())
        };
        self.missing.iter().scan(self.folder.clone(), deeper).collect()
    }

    /// Opens the folder; `None` when it is not there yet.
    pub fn open(&self) -> Result<Option<Place>, Problem> {
        if self.missing.is_empty() { self.place().map(Some) } else { Ok(None) }
    }

    /// Makes the missing folders and opens the last. Those made are pushed to `made` at once, so
    /// that they are known when a later one fails.
    ///
    /// With `private` they are 0700 whatever the umask, otherwise 0755 less the umask.
    pub fn make_folders(&self, private: bool, made: &mut Vec<PathBuf>) -> Result<Place, Problem> {
        let mut folder = open_folder(rustix::fs::CWD, self.folder.as_os_str(), &self.folder)?;
        for (path, name) in self.missing_folders().iter().zip(&self.missing) {
            let mode = Mode::from_raw_mode(if private { 0o700 } else { 0o755 });
            let new = match rustix::fs::mkdirat(&folder, name, mode) {
                Ok(()) => true,
                // Somebody else made it meanwhile: then it is theirs.
                Err(Errno::EXIST) => false,
                Err(e) => return Err(failed("made", path, e)),
            };
            if new {
                made.push(path.clone());
                sync_folder(&folder, path)?;
            }
            folder = open_folder(&folder, name, path)?;
            if new && private {
                rustix::fs::fchmod(&folder, mode).map_err(|e| failed("made private", path, e))?;
            }
        }
        Ok(Place { folder, name: self.name.clone(), path: self.asked.clone() })
    }

    fn place(&self) -> Result<Place, Problem> {
        let folder = open_folder(rustix::fs::CWD, self.folder.as_os_str(), &self.folder)?;
        Ok(Place { folder, name: self.name.clone(), path: self.asked.clone() })
    }
}

impl Place {
    /// The path as the plan has it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a name that was put in the folder, or taken out of it, last.
    pub fn sync_folder(&self) -> Result<(), Problem> {
        sync_folder(&self.folder, &self.path)
    }

    /// The same for every place of one folder: device and number.
    pub(crate) fn folder_id(&self) -> Result<(u64, u64), Problem> {
        let stat = rustix::fs::fstat(&self.folder);
        let stat = stat.map_err(|e| failed("looked at", &self.path, e))?;
        // Their widths and signs differ by platform.
        #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "as said above")]
        Ok((stat.st_dev as u64, stat.st_ino as u64))
    }
}

fn open_folder(at: impl std::os::fd::AsFd, name: &OsStr, path: &Path) -> Result<OwnedFd, Problem> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty()).map_err(|e| match e {
        Errno::NOTDIR | Errno::LOOP => {
            Problem::user(format!("`{}` is not a folder", path.display()))
        }
        e => failed("opened", path, e),
    })
}

/// Makes a new or removed name last. Some file systems cannot sync a folder; nothing better can be
/// done there.
fn sync_folder(folder: &OwnedFd, path: &Path) -> Result<(), Problem> {
    match rustix::fs::fsync(folder) {
        Ok(()) | Err(Errno::INVAL | Errno::NOTSUP | Errno::BADF) => Ok(()),
        Err(e) => Err(failed("made to last", path, e)),
    }
}

/// Removes those of `folders` (outermost first) that are empty and inside the bounds; says which
/// went. A folder that something has moved into stays.
pub fn remove_empty_folders(bounds: &[PathBuf], folders: &[PathBuf]) -> Vec<PathBuf> {
    let gone = |path: &&PathBuf| {
        let Ok(Some(place)) = inside(bounds, path).and_then(|spot| spot.open()) else {
            return false;
        };
        let removed = rustix::fs::unlinkat(&place.folder, &place.name, AtFlags::REMOVEDIR).is_ok();
        // Its name is gone either way; a lost sync brings back an empty folder at worst.
        removed && place.sync_folder().is_ok()
    };
    folders.iter().rev().filter(gone).cloned().collect()
}
