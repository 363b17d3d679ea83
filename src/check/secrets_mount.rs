//! Where decrypted secrets lie: in memory, and of which generation.

use std::fs;
use std::path::{Path, PathBuf};

use super::finding::Risk;
use super::on_disk::open_again;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::practice::Practice;
use crate::run::{Command, Runner};

/// File systems that are gone with the power: Linux's, and the disk in memory that sops-nix makes on
/// a Mac (pkgs/sops-install-secrets/darwin.go).
const IN_MEMORY: [&str; 3] = ["tmpfs", "ramfs", "hfs"];

pub(super) struct Mount;

impl Check for Mount {
    fn id(&self) -> &'static str {
        "secrets-mount"
    }

    fn group(&self) -> Group {
        Group::Disk
    }

    fn title(&self) -> &'static str {
        "your secrets are kept in memory, and are the newest"
    }

    fn applies(&self, scene: &Scene) -> bool {
        // In a practice folder they are made up, and lie in it.
        let is_practice =
            scene.root.as_deref().is_some_and(|root| Practice::around(root).is_some());
        scene.wants_secrets() && !is_practice
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let link = scene.activation().secrets_link();
        // A link that leads nowhere is another check's.
        let Ok(target) = fs::canonicalize(&link) else {
            return Err(NotChecked::because("no secrets are on disk"));
        };
        let shown = scene.host.short(&link);
        let mut found: Vec<Finding> = Vec::new();
        if let Some(newer) = newer(&target) {
            found.push(
                Finding::new(
                    "secrets-of-before",
                    Severity::Warning,
                    "the link to your secrets leads to an older set of them",
                    "A newer set was opened and not linked, so that programs still read the old values.",
                )
                .seen(&shown, format!("leads to {}", target.display()))
                .seen(newer.display().to_string(), "is newer")
                .fix(open_again(scene)),
            );
        }
        let mount = Command::new("mount");
        let said = Scene::hear(runner, &mount)?;
        let Some((place, kind)) = holding(&said.stdout, &target) else {
            return Err(NotChecked::because("mount does not say on which file system they are"));
        };
        if !IN_MEMORY.contains(&kind) {
            found.push(
                Finding::new(
                    "secrets-not-in-memory",
                    Severity::Warning,
                    "your secrets are on a disk, in plain text",
                    "What sops-nix opens belongs in memory. On a disk it is in backups, and stays when the machine is off.",
                )
                .seen(&shown, format!("leads to {}", target.display()))
                .seen(mount.typed(), format!("{place} is {kind}"))
                .by(
                    Risk::ByHand,
                    "Find out who wrote them there; if it was a copy, remove it and open them again",
                    &[format!("ls -l {}", scene.host.typed(&link))],
                )
                .follows(&["secrets-dir-exists"]),
            );
        }
        Ok(found)
    }
}

/// A set beside this one with a higher number (`secrets.d/3` beside `secrets.d/2`).
fn newer(target: &Path) -> Option<PathBuf> {
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u64>().ok();
    let own = number(target)?;
    let entries = fs::read_dir(target.parent()?).ok()?.flatten().map(|entry| entry.path());
    entries.filter(|path| number(path).is_some_and(|other| other > own)).max_by_key(|p| number(p))
}

/// The file system that holds `path`, with its kind: `… on PLACE type KIND (…)` on Linux,
/// `… on PLACE (KIND, …)` on a Mac.
fn holding<'t>(mounts: &'t str, path: &Path) -> Option<(&'t str, &'t str)> {
    let parsed = mounts.lines().filter_map(|line| {
        let (_, rest) = line.split_once(" on ")?;
        let (rest, options) = rest.rsplit_once(" (")?;
        Some(match rest.rsplit_once(" type ") {
            Some((place, kind)) => (place, kind),
            None => (rest, options.split([',', ')']).next()?),
        })
    });
    // The longest holds it; of two at one place the later one hides the earlier.
    let holds = parsed.filter(|(place, _)| path.starts_with(place));
    holds.max_by_key(|(place, _)| place.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_system_holds_a_path() {
        let linux = "/dev/sda1 on / type ext4 (rw)\ntmpfs on /run type tmpfs (rw)\nramfs on /run/user/1/secrets.d type ramfs (rw)\n";
        let of = |mounts, path| holding(mounts, Path::new(path));
        assert_eq!(of(linux, "/run/user/1/secrets.d/2"), Some(("/run/user/1/secrets.d", "ramfs")));
        assert_eq!(of(linux, "/runny"), Some(("/", "ext4")));
        let mac = "/dev/disk3s1s1 on / (apfs, sealed, local)\n/dev/disk5 on /private/var/folders/x/T/secrets.d (hfs, local, nodev)\n";
        assert_eq!(
            of(mac, "/private/var/folders/x/T/secrets.d/1"),
            Some(("/private/var/folders/x/T/secrets.d", "hfs"))
        );
        assert_eq!(of("", "/x"), None);
    }
}
