//! What home-manager would find in its way, by its own rules (modules/files.nix,
//! `checkLinkTargets`): a target that exists, is no link of home-manager's and has other content.

use std::fs;
use std::path::{Path, PathBuf};

use super::{HomeFile, InTheWay, Places, home_files};

/// Files and links of the person's own that `package` would replace.
pub fn in_the_way(package: &Path, previous: Option<&Path>, places: &Places) -> Vec<InTheWay> {
    let before = previous.map(home_files).unwrap_or_default();
    let files: Vec<PathBuf> = home_files(package)
        .into_iter()
        .filter(|file| blocks(file, &before, &places.home))
        .map(|file| places.home.join(file.target))
        .collect();
    let extension = free_extension(&files);
    files
        .into_iter()
        .map(|file| {
            let kept_as = (!file.is_symlink()).then(|| with_suffix(&file, &extension));
            InTheWay { file, kept_as }
        })
        .collect()
}

fn blocks(file: &HomeFile, before: &[HomeFile], home: &Path) -> bool {
    let target = home.join(&file.target);
    let Ok(metadata) = fs::symlink_metadata(&target) else { return false };
    if metadata.is_symlink() {
        let ours = before.iter().any(|b| b.target == file.target && b.is_linked(home));
        return !ours && !is_home_managers(&target);
    }
    !(metadata.is_file() && same_content(&target, &file.source))
}

/// home-manager knows its own links by where they lead: `/nix/store/…-home-manager-files/…`.
fn is_home_managers(link: &Path) -> bool {
    fs::read_link(link).is_ok_and(|target| {
        let target = target.to_string_lossy();
        target.starts_with("/nix/store/") && target.contains("-home-manager-files")
    })
}

fn same_content(a: &Path, b: &Path) -> bool {
    matches!((fs::read(a), fs::read(b)), (Ok(a), Ok(b)) if a == b)
}

/// One extension for all, because home-manager takes one; free beside every file.
fn free_extension(files: &[PathBuf]) -> String {
    let taken = |extension: &str| {
        files.iter().any(|f| fs::symlink_metadata(with_suffix(f, extension)).is_ok())
    };
    let base = "before-doorstep";
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    std::iter::once(base.to_owned())
        .chain(numbered)
        .find(|extension| !taken(extension))
        .unwrap_or_else(|| base.to_owned())
}

fn with_suffix(file: &Path, extension: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

/// The extension that the copies in `way` carry.
pub(super) fn backup_extension(way: &[InTheWay]) -> String {
    way.iter()
        .find_map(|w| w.kept_as.as_ref()?.extension()?.to_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Folders below the home that `package` needs and that are not there, outermost first.
pub(super) fn missing_folders(package: &Path, places: &Places) -> Vec<PathBuf> {
    let mut missing: Vec<PathBuf> = Vec::new();
    for file in home_files(package) {
        let parents: Vec<&Path> = file.target.ancestors().skip(1).collect();
        for parent in parents.into_iter().rev().filter(|p| !p.as_os_str().is_empty()) {
            let folder = places.home.join(parent);
            if !folder.exists() && !missing.contains(&folder) {
                missing.push(folder);
            }
        }
    }
    missing
}
