//! Files of /etc that nix-darwin links, and that are something else again: an update of macOS puts
//! its own back.

use std::fs;
use std::path::{Path, PathBuf};

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::host::Os;
use crate::run::{Runner, shell_word};

/// A system has a few dozen; more is no folder of nix-darwin's.
const MOST: usize = 5_000;

pub(super) struct EtcFiles;

impl Check for EtcFiles {
    fn id(&self) -> &'static str {
        "etc-files"
    }

    fn group(&self) -> Group {
        Group::Nix
    }

    fn title(&self) -> &'static str {
        "files in /etc are the machine's own"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.host.os == Os::Darwin && scene.system("etc/static").exists()
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let base = scene.system("etc/static");
        let mut links = Vec::new();
        walk(&base, &mut links);
        // nix-darwin modules/system/etc.nix asks the same of every link below /etc/static.
        let is_other = |name: &&PathBuf| {
            let file = scene.system("etc").join(name);
            let leads = fs::read_link(&file).ok();
            file.exists() && leads.as_deref() != Some(&Path::new("/etc/static").join(name))
        };
        let other: Vec<&PathBuf> = links.iter().filter(is_other).collect();
        let Some(first) = other.first() else { return Ok(Vec::new()) };
        let shown = |name: &Path| format!("/etc/{}", name.display());
        let found = Finding::of("etc-file-exists", Severity::Warning).said(match &other[..] {
            [_] => format!("{} is not the file that nix-darwin put there", shown(first)),
            more => format!("{} files in /etc are not those that nix-darwin put there", more.len()),
        });
        let found = other.iter().take(5).fold(found, |found, name| {
            found.seen(shown(name), format!("is no link to /etc/static/{}", name.display()))
        });
        let aside = |name: &&PathBuf| {
            let file = shell_word(&shown(name));
            format!("sudo mv {file} {file}.before-nix-darwin")
        };
        let lines: Vec<String> = other.iter().map(aside).collect();
        Ok(vec![found.by(
            Risk::ForAdmin,
            "Look at what is in it, move it aside, then activate the machine again",
            &lines,
        )])
    }
}

/// Links below `folder`, by their names there.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut next = vec![PathBuf::new()];
    while let Some(below) = next.pop() {
        let mut entries: Vec<_> =
            fs::read_dir(folder.join(&below)).into_iter().flatten().flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = below.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() && found.len() < MOST => found.push(name),
                Ok(kind) if kind.is_dir() => next.push(name),
                _ => {}
            }
        }
    }
}
