//! A file under a name of its own, until it is whole.

use std::fs::File;
use std::io::Write as _;

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::{Place, appeared_since, failed};
use crate::problem::Problem;

/// How the names begin. A receipt names each one before it is made, so that none that a killed run
/// left behind has to be guessed.
const PREFIX: &str = ".doorstep-";

/// A name that nobody else has.
pub fn new_temporary_name() -> String {
    format!("{PREFIX}{:016x}", rand::random::<u64>())
}

/// Whether a name is one of ours. Good for passing over it; what may be removed a receipt names.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Removes what a killed run left beside `place`, under exactly the name that its receipt has.
pub fn remove_temporary(place: &Place, name: &str) -> Result<(), Problem> {
    if !name.starts_with(PREFIX) || name.contains('/') {
        return Err(Problem::bug(format!("`{name}` is not the name of a temporary file of ours")));
    }
    match rustix::fs::unlinkat(&place.folder, name, AtFlags::empty()) {
        Ok(()) => place.sync_folder(),
        Err(Errno::NOENT) => Ok(()),
        Err(e) => Err(failed("cleaned up", &place.path, e)),
    }
}

/// A whole, synced file that waits to be put in place; removed when it is dropped before.
pub(super) struct Temporary<'a> {
    place: &'a Place,
    name: &'a str,
    pub(super) file: File,
    placed: bool,
}

impl<'a> Temporary<'a> {
    /// Writes `bytes` and syncs them. Nobody else can read it, until [`Self::finish`].
    pub(super) fn write(place: &'a Place, name: &'a str, bytes: &[u8]) -> Result<Self, Problem> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o600);
        let fd = rustix::fs::openat(&place.folder, name, flags, mode)
            .map_err(|e| failed("written", &place.path, e))?;
        // Made before anything can fail, so that it is removed when something does.
        let mut temporary = Self { place, name, file: File::from(fd), placed: false };
        temporary.file.write_all(bytes).map_err(|e| failed("written", &place.path, e))?;
        Ok(temporary)
    }

    /// Sets the mode, whatever the umask, and makes the content last.
    pub(super) fn finish(&mut self, mode: u32) -> Result<(), Problem> {
        rustix::fs::fchmod(&self.file, Mode::from_raw_mode(raw(mode)))
            .map_err(|e| failed("written", &self.place.path, e))?;
        self.file.sync_all().map_err(|e| failed("written", &self.place.path, e))
    }

    /// Puts it in place, unless something is there: then that stays as it is.
    pub(super) fn place_new(mut self) -> Result<(), Problem> {
        let Place { folder, name, path } = self.place;
        match rustix::fs::renameat_with(folder, self.name, folder, name, RenameFlags::NOREPLACE) {
            Ok(()) => self.placed = true,
            Err(Errno::EXIST) => return Err(appeared_since(path)),
            // Not every file system knows this kind of rename. A second name never replaces one
            // either; the first one goes when this is dropped.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => self.link()?,
            Err(e) => return Err(failed("written", path, e)),
        }
        self.place.sync_folder()
    }

    fn link(&self) -> Result<(), Problem> {
        let Place { folder, name, path } = self.place;
        match rustix::fs::linkat(folder, self.name, folder, name, AtFlags::empty()) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(appeared_since(path)),
            Err(e) => Err(failed("written", path, e)),
        }
    }

    /// Puts it in the place of what is there. Whoever calls this syncs the folder.
    pub(super) fn place_over(mut self) -> Result<(), Problem> {
        let Place { folder, name, path } = self.place;
        rustix::fs::renameat(folder, self.name, folder, name)
            .map_err(|e| failed("replaced", path, e))?;
        self.placed = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.placed {
            // A name left behind stands in the receipt and is removed from there.
            let _ = rustix::fs::unlinkat(&self.place.folder, self.name, AtFlags::empty());
        }
    }
}

/// Permission bits as the platform counts them: 16 bits wide on macOS, 32 on Linux.
pub(super) fn raw(mode: u32) -> rustix::fs::RawMode {
    #[allow(clippy::unnecessary_cast, reason = "the width differs by platform")]
    {
        (mode & 0o7777) as rustix::fs::RawMode
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::inside;
    use super::*;

    /// The other way to put a file in place, for file systems that cannot rename like that.
    #[test]
    fn a_second_name_replaces_nothing_either() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let place = inside(&[folder.path().to_owned()], &path).unwrap().open().unwrap().unwrap();
        let link = |text: &[u8]| {
            let name = new_temporary_name();
            let mut file = Temporary::write(&place, &name, text)?;
            file.finish(0o644)?;
            file.link()
        };
        link(b"first").unwrap();
        assert!(link(b"second").unwrap_err().what.ends_with("is there already"));
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
