//! A second copy of a key: the file copied to a folder and compared, the private half read out to
//! be written down, and a copy held against the original.
//!
//! Private text leaves here only in what wipes itself, never in a problem.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::file::KeyKind;
use super::{Identity, KeyFile, folder};
use crate::answers::Key;
use crate::problem::Problem;

/// A key file is a few lines; anything larger is something else.
const LARGEST: u64 = 1024 * 1024;

/// The key that is to be kept a second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The key file, an absolute path.
    pub file: PathBuf,
    /// The public half, `age1…`; the file may hold other keys besides.
    pub recipient: String,
}

/// A copy that was read back and found to be the same, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub path: PathBuf,
    /// Nobody else can read it. A stick formatted for every system knows no owners: then whoever
    /// has the stick can.
    pub private: bool,
    /// It was there already.
    pub already: bool,
}

/// What a copy that somebody gave is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Likeness {
    Same,
    /// A key that is whole, but another one.
    Other,
    /// The public half of a key, which opens nothing.
    Public,
    /// No key, for this reason; it never repeats the text.
    Damaged(String),
}

impl Original {
    /// The original of a settled key.
    ///
    /// # Errors
    /// Only its public half is known here, or it is in no file.
    pub fn of(key: &Key) -> Result<Self, Problem> {
        let file = key.file.clone().ok_or_else(|| {
            Problem::user("the private half is in no file of yours on this machine")
        })?;
        Ok(Self { file, recipient: key.recipient.clone() })
    }

    /// Copies the whole file into `folder`, under its own name, as a new file of mode 0600, and
    /// reads it back.
    ///
    /// # Errors
    /// The key is not in the file any more; the folder is not there or not private; a file of that
    /// name is there with something else in it; writing failed. Then nothing is left behind.
    pub fn copy_to(&self, folder: &Path) -> Result<Copied, Problem> {
        let (bytes, _) = self.read()?;
        let folder = good_folder(folder)?;
        let name = self.file.file_name().unwrap_or("keys.txt".as_ref());
        let path = folder.join(name);
        if fs::canonicalize(&self.file).is_ok_and(|original| original == path) {
            return Err(Problem::user("a copy in the same folder would be lost together with it")
                .hint("give another folder, such as one on a USB stick"));
        }
        let already = match write_new(&path, &bytes) {
            Ok(()) => false,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => true,
            Err(e) => return Err(not_copied(&path).cause(e)),
        };
        let there = read_small(&path);
        if there.is_ok_and(|there| *there == *bytes) {
            let mode = fs::symlink_metadata(&path).map(|metadata| metadata.mode());
            let private = mode.is_ok_and(|mode| mode & 0o077 == 0);
            return Ok(Copied { path, private, already });
        }
        if already {
            return Err(Problem::user(format!("`{}` is there already", path.display()))
                .cause("it holds something else; it was not touched")
                .hint("give another folder"));
        }
        let _ = fs::remove_file(&path);
        Err(not_copied(&path).cause("what was read back is not what was written"))
    }

    /// The private half, as it stands in the key file.
    ///
    /// # Errors
    /// The key is not in the file any more.
    pub fn private_half(&self) -> Result<Zeroizing<String>, Problem> {
        self.read().map(|(_, identity)| identity.secret_text())
    }

    /// Holds a copy against the original: a whole key file, or its one line with the key.
    pub fn compare(&self, copy: &str) -> Likeness {
        let file = KeyFile::parse_variable(copy);
        let keys = || file.lines.iter().map(|line| &line.kind);
        let is_ours = |kind: &KeyKind| match kind {
            KeyKind::X25519(identity) => identity.recipient().as_str() == self.recipient,
            _ => false,
        };
        if keys().any(is_ours) {
            return Likeness::Same;
        }
        let fault = keys().find_map(|kind| match kind {
            KeyKind::Bad(super::file::LineFault::PublicKey) => Some(Likeness::Public),
            KeyKind::Bad(fault) => Some(Likeness::Damaged(fault.to_string())),
            _ => None,
        });
        match fault {
            Some(fault) => fault,
            None if file.lines.is_empty() => Likeness::Damaged("it holds no key".to_owned()),
            None => Likeness::Other,
        }
    }

    /// The file's bytes, and the key in it.
    fn read(&self) -> Result<(Zeroizing<Vec<u8>>, Identity), Problem> {
        let shown = self.file.display();
        let bytes = read_small(&self.file)
            .map_err(|e| Problem::user(format!("`{shown}` cannot be read")).cause(e))?;
        let file = KeyFile::parse(&bytes)
            .map_err(|e| Problem::user(format!("`{shown}` holds no key")).cause(e))?;
        let identity = file.lines.into_iter().find_map(|line| match line.kind {
            KeyKind::X25519(key) if key.recipient().as_str() == self.recipient => Some(key),
            _ => None,
        });
        let identity = identity.ok_or_else(|| {
            Problem::user(format!("`{shown}` does not hold your key"))
                .cause(format!("no private half of {} is in it", self.recipient))
        })?;
        Ok((bytes, identity))
    }
}

/// The folder without links in its path, if a private key may lie there.
fn good_folder(folder: &Path) -> Result<PathBuf, Problem> {
    let shown = folder.display();
    let real = match fs::canonicalize(folder) {
        Ok(real) if real.is_dir() => real,
        Ok(_) => return Err(Problem::user(format!("`{shown}` is no folder"))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(Problem::user(format!("`{shown}` is not there")));
        }
        Err(e) => return Err(Problem::user(format!("`{shown}` cannot be reached")).cause(e)),
    };
    match folder::shared(&real) {
        Some(why) => Err(Problem::user(format!("`{shown}` is not private")).cause(why)),
        None => Ok(real),
    }
}

/// Made in place, unlike everything else that doorstep writes: a stick formatted for every system
/// knows neither modes that can be set nor a rename that spares what is there. Nothing follows a
/// link here, and what is there is never opened.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

fn read_small(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // Asked before it is opened: opening a pipe would wait for a writer.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not an ordinary file"));
    }
    if metadata.len() > LARGEST {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    let length = usize::try_from(metadata.len()).unwrap_or_default();
    // Reserved at once: growing would leave a copy of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
    File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_copied(path: &Path) -> Problem {
    Problem::tool(format!("the copy `{}` could not be made", path.display()))
}

#[cfg(test)]
mod tests;
