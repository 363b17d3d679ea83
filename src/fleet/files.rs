//! One bounded walk over the tree, then every Nix file read and parsed once.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::nix::{AMPLE_STACK, Room, Source};
use crate::problem::Problem;

use super::{Place, Unread};

/// Folders that are never part of a fleet's own text.
const SKIPPED: [&str; 7] = [".git", ".jj", ".hg", ".direnv", "result", "target", "node_modules"];
/// More than any fleet has; a walk that gets here has left it.
const MOST_FILES: usize = 100_000;
const DEEPEST: usize = 40;
/// Text larger than this is data, not configuration.
const LARGEST: u64 = 4 << 20;

/// The files of a fleet, by path relative to its root. A copy shares them: they are most of what
/// doorstep holds in memory.
#[derive(Debug, Clone, Default)]
pub struct Files {
    root: PathBuf,
    /// Texts that a plan will have written, which the disk does not have yet.
    coming: Arc<BTreeMap<PathBuf, String>>,
    /// Parsed Nix files.
    nix: Arc<BTreeMap<PathBuf, Source>>,
    /// Every regular file, Nix or not, in order of path.
    all: Arc<Vec<PathBuf>>,
}

impl Files {
    /// The parsed file at `path`.
    pub fn nix(&self, path: &Path) -> Option<&Source> {
        self.nix.get(path)
    }

    /// The same, with the path as it is kept here.
    pub(super) fn get(&self, path: &Path) -> Option<(&Path, &Source)> {
        self.nix.get_key_value(path).map(|(path, source)| (path.as_path(), source))
    }

    /// Every Nix file that could be parsed, in order of path.
    pub fn sources(&self) -> impl Iterator<Item = (&Path, &Source)> {
        self.nix.iter().map(|(path, source)| (path.as_path(), source))
    }

    /// Every file of the tree that was walked, in order of path.
    pub fn all(&self) -> &[PathBuf] {
        &self.all
    }

    pub fn contains(&self, path: &Path) -> bool {
        self.all.binary_search_by(|file| file.as_path().cmp(path)).is_ok()
    }

    /// Whether anything is there, or will be.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.coming.contains_key(path) || self.root.join(path).exists()
    }

    /// The text of one file, if it is text and not too large.
    pub(super) fn text(&self, path: &Path) -> Result<String, Unread> {
        match self.coming.get(path) {
            Some(text) => Ok(text.clone()),
            None => read_text(&self.root, path),
        }
    }

    /// The same files with these texts written, by path relative to the root, and what of them
    /// cannot be parsed.
    pub(super) fn with(&self, texts: BTreeMap<PathBuf, String>) -> (Self, Vec<Unread>) {
        let mut after = self.clone();
        let mut unread = Vec::new();
        for (path, text) in &texts {
            if let Err(place) = after.all.binary_search(path) {
                Arc::make_mut(&mut after.all).insert(place, path.clone());
            }
            if !is_nix(path) {
                continue;
            }
            match parsed(path, text.clone(), Room::Usual) {
                Ok(source) => drop(Arc::make_mut(&mut after.nix).insert(path.clone(), source)),
                Err(why) => unread.push(why),
            }
        }
        Arc::make_mut(&mut after.coming).extend(texts);
        (after, unread)
    }

    /// The same files without these.
    pub(super) fn without(&self, paths: &[PathBuf]) -> Self {
        let mut before = self.clone();
        Arc::make_mut(&mut before.all).retain(|path| !paths.contains(path));
        Arc::make_mut(&mut before.nix).retain(|path, _| !paths.contains(path));
        before
    }
}

fn is_nix(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "nix")
}

/// Walks `root` and parses its Nix files; what cannot be read or parsed is reported beside them.
pub(super) fn read(root: &Path) -> Result<(Files, Vec<Unread>), Problem> {
    let mut walk = Walk { root, files: Vec::new(), unread: Vec::new() };
    walk.folder(PathBuf::new(), 0)?;
    let Walk { files: mut all, mut unread, .. } = walk;
    all.sort_unstable();
    let paths: Vec<&Path> = all.iter().map(PathBuf::as_path).filter(|path| is_nix(path)).collect();
    let mut nix = BTreeMap::new();
    for (path, read) in parse_all(root, &paths) {
        match read {
            Ok(source) => {
                nix.insert(path.to_owned(), source);
            }
            Err(why) => unread.push(why),
        }
    }
    unread.sort_by(|a, b| a.at.cmp(&b.at));
    let files = Files {
        root: root.to_owned(),
        coming: Arc::default(),
        nix: Arc::new(nix),
        all: Arc::new(all),
    };
    Ok((files, unread))
}

struct Walk<'r> {
    root: &'r Path,
    files: Vec<PathBuf>,
    unread: Vec<Unread>,
}

impl Walk<'_> {
    fn folder(&mut self, relative: PathBuf, depth: usize) -> Result<(), Problem> {
        let here = self.root.join(&relative);
        let entries = match fs::read_dir(&here) {
            Ok(entries) => entries,
            // Only the root has to be readable; a private corner of the tree is reported.
            Err(error) if depth > 0 => {
                self.unread.push(unreadable(relative, &error));
                return Ok(());
            }
            Err(error) => {
                let what = format!("`{}` cannot be read", here.display());
                return Err(Problem::fleet(what).cause(error));
            }
        };
        for entry in entries {
            let Ok(entry) = entry else { continue };
            let name = entry.file_name();
            let path = relative.join(&name);
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                if !self.is_skipped(&path) && depth < DEEPEST {
                    self.folder(path, depth + 1)?;
                }
            } else if kind.is_file() || (kind.is_symlink() && self.points_inside(&path)) {
                self.files.push(path);
            }
            if self.files.len() > MOST_FILES {
                let what = format!("`{}` is too large for a fleet", self.root.display());
                return Err(
                    Problem::fleet(what).cause(format!("it holds more than {MOST_FILES} files"))
                );
            }
        }
        Ok(())
    }

    fn is_skipped(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        SKIPPED.contains(&name.as_ref())
            || name.starts_with("result-")
            // A submodule or another work tree: not what Nix sees as this flake.
            || self.root.join(path).join(".git").exists()
    }

    /// Whether a link leads to a regular file of this tree. Links to folders are not followed:
    /// what they lead to inside the tree is met on its own.
    fn points_inside(&self, path: &Path) -> bool {
        let Ok(target) = fs::canonicalize(self.root.join(path)) else { return false };
        target.starts_with(self.root) && target.is_file()
    }
}

/// Parses on as many threads as there are, four at most: a fleet is a few hundred files, for which
/// more cost more than they save.
fn parse_all<'p>(root: &Path, paths: &[&'p Path]) -> Vec<(&'p Path, Result<Source, Unread>)> {
    let next = AtomicUsize::new(0);
    let work = |room: Room| {
        let mut done = Vec::new();
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((*path, parse(root, path, room)));
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let mut done = std::thread::scope(|scope| {
        let builder = || std::thread::Builder::new().stack_size(AMPLE_STACK);
        let start = || builder().spawn_scoped(scope, || work(Room::Ample)).ok();
        // A thread that the system does not grant is one that the rest has to do without.
        let started: Vec<_> = (0..threads).filter_map(|_| start()).collect();
        let mut done = Vec::new();
        for thread in started {
            match thread.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.extend(work(Room::Usual));
    done
}

fn parse(root: &Path, path: &Path, room: Room) -> Result<Source, Unread> {
    parsed(path, read_text(root, path)?, room)
}

fn parsed(path: &Path, text: String, room: Room) -> Result<Source, Unread> {
    Source::parse_with(text, room).map_err(|error| Unread {
        at: Place { file: path.to_owned(), line: error.at.line },
        column: Some(error.at.column),
        why: error.what,
    })
}

fn read_text(root: &Path, path: &Path) -> Result<String, Unread> {
    let refuse = |error| unreadable(path.to_owned(), &error);
    // Looked at before it is opened: opening a pipe would wait for a writer.
    let about = fs::metadata(root.join(path)).map_err(refuse)?;
    if !about.is_file() {
        return Err(refuse(std::io::Error::other("it is no regular file")));
    }
    if about.len() > LARGEST {
        return Err(refuse(ErrorKind::FileTooLarge.into()));
    }
    fs::read_to_string(root.join(path)).map_err(refuse)
}

fn unreadable(file: PathBuf, error: &std::io::Error) -> Unread {
    let why = match error.kind() {
        ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::FileTooLarge => format!("it is larger than {} MiB", LARGEST >> 20),
        _ => error.to_string(),
    };
    Unread { at: Place { file, line: 1 }, column: None, why }
}
