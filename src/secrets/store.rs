//! `.sops.yaml` and the encrypted files below its folder.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::files;
use crate::host::Host;
use crate::key;
use crate::parallel;
use crate::problem::Problem;
use crate::sops::config::{Config, Rule};
use crate::sops::{self, Format, Metadata, ParseError};

/// A value of 64 MB is about 90 MB as text; what is larger is no secrets file.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Folders in which nobody keeps secrets, and which may hold a copy of everything.
const SKIPPED: [&str; 4] = [".git", ".direnv", "node_modules", "result"];

/// The `.sops.yaml` that is meant, with its folder.
#[derive(Debug, Clone)]
pub struct Store {
    pub file: PathBuf,
    pub text: String,
    pub config: Config,
}

/// An encrypted file, or one that looks like one and is not.
#[derive(Debug, Clone)]
pub struct Found {
    /// Relative to the folder of `.sops.yaml`, with `/`: what rules are matched against.
    pub path: String,
    pub text: String,
    /// What it says about itself, or why that cannot be read.
    pub metadata: Result<Metadata, ParseError>,
}

impl Store {
    /// In `folder` if one is named, else as sops does: what `SOPS_CONFIG` names, or from `here`
    /// upwards. Only `.sops.yaml`: sops ignores `.sops.yml`.
    ///
    /// # Errors
    /// There is none, or sops would refuse it.
    pub fn find(host: &Host, folder: Option<&Path>, here: &Path) -> Result<Self, Problem> {
        let start = folder.unwrap_or(here);
        let named = host.var("SOPS_CONFIG").filter(|_| folder.is_none()).map(|at| here.join(at));
        let above = || {
            let folders = start.ancestors().take(if folder.is_some() { 1 } else { 100 });
            folders.map(|folder| folder.join(".sops.yaml")).find(|file| file.is_file())
        };
        let file = named.or_else(above).ok_or_else(|| {
            Problem::user(format!("there is no `.sops.yaml` in `{}`", host.short(start)))
                .hint("name its folder: `--fleet DIR`")
        })?;
        Self::read(&file, host)
    }

    /// Reads this one.
    pub fn read(file: &Path, host: &Host) -> Result<Self, Problem> {
        let cannot = |e| Problem::fleet(format!("`{}` cannot be read", host.short(file))).cause(e);
        let text = fs::read_to_string(file).map_err(cannot)?;
        let parent = file.parent().unwrap_or(Path::new("."));
        let folder = fs::canonicalize(parent).map_err(cannot)?;
        let file = folder.join(file.file_name().unwrap_or_default());
        let config = Config::parse(&text).map_err(|e| refused(&file, host, e))?;
        Ok(Self { file, text, config })
    }

    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("."))
    }

    /// Where a file of it lies.
    pub fn at(&self, path: &str) -> PathBuf {
        self.folder().join(path)
    }

    /// The rule that wins for `path`.
    ///
    /// # Errors
    /// A rule before it has a pattern whose answer would be a guess.
    pub fn winner(&self, path: &str, host: &Host) -> Result<Option<&Rule>, Problem> {
        self.config.winner(path).map_err(|e| refused(&self.file, host, e))
    }

    /// A path that a person gave, as rules see it: below the folder of `.sops.yaml`. A file that is
    /// there from `here` is meant first, else one from that folder.
    ///
    /// # Errors
    /// It leads elsewhere, or a private key was given for a path.
    pub fn relative(&self, given: &str, here: &Path, host: &Host) -> Result<String, Problem> {
        if key::private::is_in(given) {
            return Err(Problem::user(
                "a private key was given where a path belongs; it is not repeated",
            )
            .hint("take it out of your shell's history, and make a new key if others saw it"));
        }
        let from_here = host.expand(given, here);
        let real_here = fs::canonicalize(here).unwrap_or_else(|_| here.to_owned());
        let from_here = match from_here.strip_prefix(here) {
            Ok(rest) => real_here.join(rest),
            Err(_) => from_here,
        };
        let whole = if fs::symlink_metadata(&from_here).is_ok() || Path::new(given).is_absolute() {
            from_here
        } else {
            self.folder().join(given)
        };
        let below = plain(&whole).and_then(|whole| {
            let below = whole.strip_prefix(self.folder()).ok()?.to_str()?.to_owned();
            (!below.is_empty()).then_some(below)
        });
        below.ok_or_else(|| {
            Problem::user(format!(
                "`{given}` is not below the folder of `{}`",
                host.short(&self.file)
            ))
        })
    }

    /// Every encrypted file below its folder, in order, and what looks like one. With `only`, those
    /// of these paths or below them.
    pub fn files(&self, only: &[String]) -> Vec<Found> {
        let mut paths = Vec::new();
        walk(self.folder(), "", &mut paths);
        let meant = |path: &String| {
            only.is_empty()
                || only.iter().any(|one| {
                    path.strip_prefix(one.as_str())
                        .is_some_and(|r| r.is_empty() || r.starts_with('/'))
                })
        };
        paths.retain(meant);
        let read = |path: &String| self.look(path);
        parallel::each(&paths, &read).into_iter().flatten().collect()
    }

    /// Files in plain text that a rule was written for: one whose pattern names more than every
    /// file. Only names that secrets have are looked at.
    pub fn plain_files(&self) -> Vec<String> {
        let mut paths = Vec::new();
        walk(self.folder(), "", &mut paths);
        let encrypted: HashSet<String> =
            self.files(&[]).into_iter().map(|file| file.path).collect();
        let is_meant = |path: &String| {
            let ending = path.rsplit('.').next().unwrap_or_default();
            !encrypted.contains(path)
                && ["yaml", "yml", "json", "env", "ini"].contains(&ending)
                && !path.ends_with(".sops.yaml")
                && path.split('/').any(|part| part.contains("secret"))
                && self.config.winner(path).ok().flatten().is_some_and(|r| r.path_regex.is_some())
        };
        paths.retain(is_meant);
        paths
    }

    /// One file, if sops encrypted it or it looks as if.
    pub fn look(&self, path: &str) -> Option<Found> {
        let whole = self.at(path);
        if !fs::symlink_metadata(&whole).ok().is_some_and(|m| m.is_file() && m.len() <= LARGEST) {
            return None;
        }
        self.with_text(path, fs::read_to_string(&whole).ok()?)
    }

    /// The file at `path` as it would be with this text.
    pub fn with_text(&self, path: &str, text: String) -> Option<Found> {
        if !text.contains("sops") {
            return None;
        }
        let metadata = sops::metadata_of(&text);
        match metadata {
            // It only talks about sops, as documentation and `.sops.yaml` itself do.
            Err(ParseError::NotEncrypted | ParseError::Empty) => None,
            Err(_) if !text.contains("ENC[") => None,
            metadata => Some(Found { path: path.to_owned(), text, metadata }),
        }
    }
}

/// The text of a file that must be an encrypted one; `shown` is its path for people.
///
/// # Errors
/// It is not there, too large, not text, in plain text, or damaged.
pub(crate) fn read_encrypted(file: &Path, shown: &str) -> Result<String, Problem> {
    let cannot = |e| Problem::user(format!("`{shown}` cannot be read")).cause(e);
    let metadata = fs::metadata(file).map_err(cannot)?;
    if !metadata.is_file() {
        return Err(Problem::user(format!("`{shown}` is not an ordinary file")));
    }
    if metadata.len() > LARGEST {
        return Err(Problem::user(format!("`{shown}` is larger than 256 MB")));
    }
    let bytes = fs::read(file).map_err(cannot)?;
    let text = String::from_utf8(bytes).map_err(|_| ParseError::NotText);
    let text = text.and_then(|text| match sops::metadata_of(&text) {
        // What else is wrong is said by whoever parses all of it.
        Err(e @ (ParseError::NotEncrypted | ParseError::Empty)) => Err(e),
        _ => Ok(text),
    });
    text.map_err(|e| {
        let problem = Problem::fleet(format!("`{shown}` is no encrypted file")).cause(&e);
        match e {
            ParseError::NotEncrypted => problem.hint(
                "if it holds secrets, take it out of the fleet and make a new one with `doorstep secrets new`",
            ),
            _ => problem,
        }
    })
}

/// How a file is written, by its name.
pub(crate) fn format_of(path: &str) -> Format {
    Format::of(Path::new(path))
}

pub(crate) fn refused(file: &Path, host: &Host, e: impl std::fmt::Display) -> Problem {
    Problem::fleet(format!("`{}` cannot be used", host.short(file))).cause(e)
}

/// `path` without `.` and `..`; `None` where it would lead above its root.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop().then_some(())?;
            }
            part => out.push(part),
        }
    }
    Some(out)
}

fn walk(folder: &Path, below: &str, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !SKIPPED.contains(&name) => {
                walk(&entry.path(), &path, found);
            }
            // What a run that was killed has left half-written is for its receipt to clean up.
            Ok(kind) if kind.is_file() && !files::is_temporary(name) => found.push(path),
            _ => {}
        }
    }
}
