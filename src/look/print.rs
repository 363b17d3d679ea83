//! What the checks read, as one number that is another when any of it changes: names, sizes, modes
//! and times of files, never what is in them.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::Look;

/// Places below the home that checks read.
const HOME: [&str; 8] = [
    ".config/nix",
    ".config/sops",
    ".config/systemd/user",
    ".config/sops-nix",
    ".ssh",
    ".local/state/nix/profiles",
    ".local/state/home-manager",
    "Library/Application Support/sops",
];

/// Places of the machine.
const MACHINE: [&str; 3] = ["/etc/nix", "/nix/var/nix/profiles", "/run/secrets.d"];

/// More files than these are not looked at: a fleet has hundreds.
const MOST: usize = 20_000;

/// Folders that hold what others make, and change without end.
const SKIPPED: [&str; 4] = ["objects", "node_modules", "target", ".direnv"];

impl Look {
    /// Looks at names and times alone.
    pub fn print(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let mut left = MOST;
        for place in HOME {
            walk(&self.host.home.join(place), 3, &mut left, &mut hasher);
        }
        for place in MACHINE {
            walk(Path::new(place), 1, &mut left, &mut hasher);
        }
        if let Some(root) = &self.root {
            walk(root, 12, &mut left, &mut hasher);
        }
        hasher.finish()
    }
}

/// Links are not followed: where one leads is part of what it is.
fn walk(path: &Path, depth: usize, left: &mut usize, hasher: &mut DefaultHasher) {
    let Some(rest) = left.checked_sub(1) else { return };
    *left = rest;
    path.hash(hasher);
    let Ok(found) = fs::symlink_metadata(path) else { return };
    (found.mode(), found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec())
        .hash(hasher);
    if found.is_symlink() {
        fs::read_link(path).ok().hash(hasher);
    } else if !found.is_dir() {
        found.len().hash(hasher);
    } else if depth > 0 {
        let Ok(entries) = fs::read_dir(path) else { return };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names.iter().filter(|name| !SKIPPED.iter().any(|skipped| *name == skipped)) {
            walk(&path.join(name), depth - 1, left, hasher);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::example::Example;

    #[test]
    fn it_is_another_when_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("fleet");
        fs::create_dir_all(root.join("modules")).unwrap();
        let mut host = Example::raquel().host;
        host.home = folder.path().join("home");
        let look = Look::of(host, Some(root.clone()));
        let before = look.print();
        assert_eq!(before, look.print());
        fs::write(root.join("modules/x.nix"), "{ }").unwrap();
        let after = look.print();
        assert_ne!(before, after);
        let key = look.host.home.join(".config/sops/age/keys.txt");
        fs::create_dir_all(key.parent().unwrap()).unwrap();
        fs::write(&key, "#").unwrap();
        assert_ne!(after, look.print());
    }
}
