//! A file's whole content, exchanged at once.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;

use rustix::fs::{Gid, Uid, XattrFlags};

use super::look::{Look, Seen, look};
use super::temporary::Temporary;
use super::{Place, changed_since, failed, gone_since, is_a};
use crate::problem::Problem;

/// Replaces a file that holds `before` by one that holds `after`, with the same mode and owner.
/// Extended attributes and access lists are taken along as far as the file system lets us.
/// `written` is called when it is whole under `temporary` and not in place yet.
///
/// # Errors
/// When it holds anything else, is a link, has further names (they would go on leading to the old
/// content), may not be written, or its owner cannot be kept.
pub fn replace(
    place: &Place,
    before: &[u8],
    after: &[u8],
    temporary: &str,
    written: &dyn Fn(),
) -> Result<(), Problem> {
    let replacement = Replacement::write(place, before, after, temporary)?;
    written();
    replacement.put()?;
    place.sync_folder()
}

/// New content of a file: whole, on the disk, and not in place yet. Removed when it is dropped.
///
/// The two halves of [`replace`], for whoever replaces many files: what waits for the disk can then
/// be done for many at once, and each folder be synced once.
pub struct Replacement<'a> {
    place: &'a Place,
    before: &'a [u8],
    file: Temporary<'a>,
}

impl<'a> Replacement<'a> {
    /// Writes and syncs it under `temporary`.
    ///
    /// # Errors
    /// As of [`replace`].
    pub fn write(
        place: &'a Place,
        before: &'a [u8],
        after: &[u8],
        temporary: &'a str,
    ) -> Result<Self, Problem> {
        let seen = expect(place, before)?;
        may_write(place)?;
        let mut file = Temporary::write(place, temporary, after)?;
        keep_owner(place, &seen, &file.file)?;
        copy_attributes(&seen.file, &file.file);
        file.finish(seen.mode)?;
        Ok(Self { place, before, file })
    }

    /// Puts it in place. That it is there lasts only once its folder is synced
    /// ([`Place::sync_folder`]).
    ///
    /// # Errors
    /// The file was changed since.
    pub fn put(self) -> Result<(), Problem> {
        // Once more, as late as can be: an editor may have saved while the new content was written.
        expect(self.place, self.before)?;
        self.file.place_over()
    }
}

fn expect(place: &Place, before: &[u8]) -> Result<Seen, Problem> {
    let path = &place.path;
    match look(place)? {
        Look::Nothing => Err(gone_since(path)),
        Look::Other(kind) => Err(is_a(path, kind)),
        Look::File(seen) if *seen.bytes != before => Err(changed_since(path)),
        Look::File(seen) if seen.links > 1 => Err(Problem::user(format!(
            "`{}` has {} names, so it is left alone",
            path.display(),
            seen.links
        ))
        .cause("replacing it under one name would leave the others with the old content")),
        Look::File(seen) => Ok(seen),
    }
}

/// A rename needs rights on the folder only; a file that its owner made read-only stays as it is.
fn may_write(place: &Place) -> Result<(), Problem> {
    let access = rustix::fs::Access::WRITE_OK;
    rustix::fs::accessat(&place.folder, &place.name, access, rustix::fs::AtFlags::EACCESS)
        .or_else(|e| match e {
            // Some systems cannot ask for the effective account; ours is never set-uid.
            rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS => rustix::fs::accessat(
                &place.folder,
                &place.name,
                access,
                rustix::fs::AtFlags::empty(),
            ),
            e => Err(e),
        })
        .map_err(|e| failed("written", &place.path, e))
}

fn keep_owner(place: &Place, seen: &Seen, file: &File) -> Result<(), Problem> {
    let new = file.metadata().map_err(|e| failed("written", &place.path, e))?;
    let (user, group) = seen.owner;
    if (new.uid(), new.gid()) == (user, group) {
        return Ok(());
    }
    rustix::fs::fchown(file, Some(Uid::from_raw(user)), Some(Gid::from_raw(group))).map_err(|e| {
        let shown = place.path.display();
        Problem::user(format!("`{shown}` cannot be replaced without changing its owner or group"))
            .cause(std::io::Error::from(e))
            .hint(format!(
                "take it over first, for example with `sudo chown \"$USER\" {}`",
                crate::run::shell_word(&place.path.display().to_string())
            ))
    })
}

/// Best effort: not every file system has attributes, and some are the system's own.
fn copy_attributes(from: &File, to: &File) {
    let mut names = vec![0_u8; 64 * 1024];
    let Ok(length) = rustix::fs::flistxattr(from, &mut names[..]) else { return };
    let mut value = vec![0_u8; 64 * 1024];
    for name in names[..length].split(|b| *b == 0).filter(|n| !n.is_empty()) {
        if let Ok(length) = rustix::fs::fgetxattr(from, name, &mut value[..]) {
            let _ = rustix::fs::fsetxattr(to, name, &value[..length], XattrFlags::empty());
        }
    }
}
