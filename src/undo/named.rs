//! Whether anything in a fleet still names a recipient: then files are encrypted to it, and its
//! private half is the only way to read them.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use regex::bytes::Regex;

use crate::git;
use crate::run::Runner;

/// How much of a file is in memory at once.
const PIECE: usize = 256 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    Nowhere,
    /// Where, for people.
    In(String),
    /// Why nobody can say.
    Unknown(String),
}

/// Looks in the tree (untracked and ignored files too), in git's index and in its commits. The key file
/// itself does not count: it names the key in a comment, and a fleet may be a whole home folder.
pub(super) fn named(
    runner: &mut dyn Runner,
    fleet: &Path,
    recipient: &str,
    key_file: &Path,
) -> Named {
    let Ok(text) = Regex::new(&regex::escape(recipient)) else {
        return Named::Unknown("its public half is not text".to_owned());
    };
    // A fleet that is gone names nobody, but a disk that is not mounted looks the same.
    let (fleet, key_file) = (&real(fleet), real(key_file));
    let holds = |path: &Path| Ok(*path != key_file && holds(path, &text, recipient.len())?);
    match walk(fleet, &holds) {
        Ok(None) => {}
        Ok(Some(path)) => {
            let shown = path.strip_prefix(fleet).unwrap_or(&path).display().to_string();
            return Named::In(shown);
        }
        Err((path, e)) => return Named::Unknown(format!("{}: {e}", path.display())),
    }
    match git::repository(runner, fleet) {
        Ok(None) => Named::Nowhere,
        Ok(Some(repository)) => match git::names(runner, &repository.top, recipient) {
            Ok(true) => Named::In("git's index or a commit".to_owned()),
            Ok(false) => Named::Nowhere,
            Err(problem) => Named::Unknown(problem.what),
        },
        // Without git on this machine nothing was added to an index either, but a commit may be.
        Err(problem) => Named::Unknown(problem.what),
    }
}

/// Without links; a path that is not there stays as it is.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The first file below `folder` that holds what is looked for. Links are not followed: what they lead to is
/// either in the tree itself or not the fleet's. An error counts, since the unread file may be it.
fn walk(
    folder: &Path,
    holds: &dyn Fn(&Path) -> std::io::Result<bool>,
) -> Result<Option<PathBuf>, (PathBuf, std::io::Error)> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|e| (folder.clone(), e))?;
        for entry in entries {
            let entry = entry.map_err(|e| (folder.clone(), e))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|e| (path.clone(), e))?;
            if kind.is_dir() {
                if entry.file_name() != ".git" {
                    folders.push(path);
                }
            } else if kind.is_file() && holds(&path).map_err(|e| (path.clone(), e))? {
                return Ok(Some(path));
            }
        }
    }
    Ok(None)
}

/// Reads piece by piece, each with the end of the one before, so that no name falls between two.
fn holds(path: &Path, text: &Regex, length: usize) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let mut piece = Vec::with_capacity(PIECE + length);
    loop {
        let kept = piece.len().min(length);
        piece.drain(..piece.len() - kept);
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        if read == 0 {
            return Ok(false);
        }
        if text.is_match(&piece) {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_across_two_pieces_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("large");
        let [somebody, nobody] = ["age1somebody", "age1nobody12"].map(|n| Regex::new(n).unwrap());
        for before in [0, PIECE - 5, PIECE, 2 * PIECE - 1] {
            let bytes = [&vec![b'x'; before][..], b"age1somebody"].concat();
            fs::write(&file, &bytes).unwrap();
            assert!(holds(&file, &somebody, 12).unwrap(), "{before}");
            assert!(!holds(&file, &nobody, 12).unwrap());
        }
    }
}
