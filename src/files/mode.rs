//! Permission bits.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::temporary::raw;
use super::{Place, changed_since, failed, gone_since};
use crate::problem::Problem;

/// The permission bits of a file or folder; `None` when nothing is there.
pub fn mode_of(place: &Place) -> Result<Option<u32>, Problem> {
    Ok(open(place)?.map(|(_, mode)| mode))
}

/// Sets the permission bits of a file or folder that has `before`.
pub fn set_mode(place: &Place, before: u32, after: u32) -> Result<(), Problem> {
    let (file, mode) = open(place)?.ok_or_else(|| gone_since(&place.path))?;
    if mode != before {
        return Err(changed_since(&place.path));
    }
    rustix::fs::fchmod(&file, Mode::from_raw_mode(raw(after)))
        .map_err(|e| failed("given other permissions", &place.path, e))?;
    file.sync_all().map_err(|e| failed("given other permissions", &place.path, e))
}

/// Through a handle, because a mode set by name follows links.
fn open(place: &Place) -> Result<Option<(File, u32)>, Problem> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(&place.folder, &place.name, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::NOENT) => return Ok(None),
        Err(e) => return Err(failed("looked at", &place.path, e)),
    };
    let metadata = file.metadata().map_err(|e| failed("looked at", &place.path, e))?;
    Ok(Some((file, metadata.mode() & 0o7777)))
}

/// Modes in receipts as people know them, such as `"0600"`.
pub(crate) mod octal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    // serde's `with` hands over a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(mode: &u32, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{mode:04o}"))
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<u32, D::Error> {
        let text = String::deserialize(from)?;
        u32::from_str_radix(&text, 8).map_err(D::Error::custom)
    }
}
