//! A Unix socket that Nix writes its records to (`json-log-path`): each Nix process of a command
//! connects on its own.
//!
//! The socket lies in a folder that only this account may enter, and both are gone when the
//! command has ended. It is only read, as fast as Nix writes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, PipeReader, PipeWriter};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, poll};
use tempfile::TempDir;

use super::reading::{Post, read};

/// The longest path of a socket: `sun_path` has 104 bytes on macOS, 108 on Linux, with a zero.
const LONGEST_PATH: usize = 103;

/// Nix processes of one command. More connections are nobody's.
const MOST_CONNECTIONS: usize = 1000;

/// A socket that is listened at until it is dropped. What has connected by then is still heard.
#[derive(Debug)]
pub(super) struct Ears {
    path: PathBuf,
    /// Its end is what the accepting thread waits for.
    _closes: PipeWriter,
    _folder: TempDir,
}

impl Ears {
    /// Opens a socket in the first folder for temporary files where its path is short enough.
    pub(super) fn open(env: &BTreeMap<String, OsString>, post: &Post) -> io::Result<Self> {
        let named = ["XDG_RUNTIME_DIR", "TMPDIR"].iter().filter_map(|name| env.get(*name));
        let folders = named.map(Path::new).chain([Path::new("/tmp")]);
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for folder in folders.filter(|folder| folder.is_absolute()) {
            match Self::open_in(folder, post) {
                Ok(ears) => return Ok(ears),
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    fn open_in(folder: &Path, post: &Post) -> io::Result<Self> {
        let private = std::fs::Permissions::from_mode(0o700);
        let folder =
            tempfile::Builder::new().prefix("doorstep-").permissions(private).tempdir_in(folder)?;
        let path = folder.path().join("nix");
        if path.as_os_str().len() > LONGEST_PATH {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        let listener = UnixListener::bind(&path)?;
        listener.set_nonblocking(true)?;
        let (closed, closes) = io::pipe()?;
        let post = post.clone();
        std::thread::spawn(move || accept(&listener, &closed, &post));
        Ok(Self { path, _closes: closes, _folder: folder })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Takes connections until `closed` ends, and then those that are waiting already.
fn accept(listener: &UnixListener, closed: &PipeReader, post: &Post) {
    let mut connections = 0;
    loop {
        let mut waited = [PollFd::new(listener, PollFlags::IN), PollFd::new(closed, PollFlags::IN)];
        match poll(&mut waited, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
            Ok(_) => {}
        }
        let is_last = !waited[1].revents().is_empty();
        while let Ok((stream, _)) = listener.accept() {
            connections += 1;
            // A connection inherits that it does not block on macOS.
            if connections <= MOST_CONNECTIONS && stream.set_nonblocking(false).is_ok() {
                read(stream, None, post.clone());
            }
        }
        if is_last {
            return;
        }
    }
}
