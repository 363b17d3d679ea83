//! What is at a place now.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Place, failed};
use crate::problem::Problem;

/// All that a receipt says of a secret file, and enough to know any file again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// In bytes.
    pub length: u64,
    /// SHA-256 in hexadecimal.
    pub digest: String,
    /// Permission bits, written in octal.
    #[serde(with = "super::mode::octal")]
    pub mode: u32,
}

impl Fingerprint {
    pub fn of(bytes: &[u8], mode: u32) -> Self {
        Self { length: bytes.len() as u64, digest: digest(bytes), mode }
    }

    /// The same content, whatever the mode.
    pub fn same_content(&self, other: &Self) -> bool {
        self.length == other.length && self.digest == other.digest
    }
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// What is at a place.
#[derive(Debug)]
pub enum Look {
    Nothing,
    File(Seen),
    /// Neither; in words, such as `a folder`.
    Other(&'static str),
}

/// An ordinary file and what it held when it was looked at; its bytes are wiped when dropped.
pub struct Seen {
    pub bytes: Zeroizing<Vec<u8>>,
    pub mode: u32,
    pub(super) owner: (u32, u32),
    pub(super) links: u64,
    pub(super) file: File,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").field("length", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Seen {
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.bytes, self.mode)
    }
}

/// Looks at a place without following a link and without waiting for a pipe.
pub fn look(place: &Place) -> Result<Look, Problem> {
    look_with(place, OFlags::RDONLY)
}

/// The same, with the file opened for `access`.
pub(super) fn look_with(place: &Place, access: OFlags) -> Result<Look, Problem> {
    let stat = match rustix::fs::statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(Look::Nothing),
        Err(e) => return Err(failed("looked at", &place.path, e)),
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Ok(Look::Other("a folder")),
        FileType::Symlink => return Ok(Look::Other("a symbolic link")),
        _ => return Ok(Look::Other("not an ordinary file")),
    }
    let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let doing = if access == OFlags::RDONLY { "read" } else { "written" };
    let fd = match rustix::fs::openat(&place.folder, &place.name, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(Look::Nothing),
        Err(e) => return Err(failed(doing, &place.path, e)),
    };
    seen(File::from(fd)).map_err(|e| failed("read", &place.path, e))
}

fn seen(file: File) -> std::io::Result<Look> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Look::Other("not an ordinary file"));
    }
    // Room for all of it from the start: a vector that grows leaves copies of a secret behind.
    let room = usize::try_from(metadata.len()).unwrap_or(0).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    (&file).read_to_end(&mut bytes)?;
    Ok(Look::File(Seen {
        bytes,
        mode: metadata.mode() & 0o7777,
        owner: (metadata.uid(), metadata.gid()),
        links: metadata.nlink(),
        file,
    }))
}
