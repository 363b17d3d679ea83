//! What a new generation brings, against the one that is active: the packages that a person asked
//! for by name, not everything that those need.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Command, Runner};

/// How many packages of a kind are named.
const MOST: usize = 12;

/// What is about to be put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    pub package: PathBuf,
    /// The generation that is active now.
    pub previous: Option<PathBuf>,
    /// `None`: there is nothing to compare it with, or it cannot be told.
    pub differences: Option<Differences>,
}

/// Packages that differ, by name and in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// With their versions.
    pub added: Vec<(String, String)>,
    pub removed: Vec<(String, String)>,
    /// With the versions before and after.
    pub changed: Vec<(String, String, String)>,
}

impl Coming {
    /// Looks at both.
    pub fn look(package: &Path, previous: Option<&Path>, runner: &mut dyn Runner) -> Self {
        let other = previous.filter(|previous| *previous != package);
        let differences = other.and_then(|previous| {
            let (before, after) = (packages(previous, runner)?, packages(package, runner)?);
            Some(Differences::between(&before, &after))
        });
        Self { package: package.to_owned(), previous: previous.map(Path::to_owned), differences }
    }

    /// In lines, for people; none where there is nothing before.
    pub fn words(&self) -> Vec<String> {
        if self.previous.as_ref() == Some(&self.package) {
            return vec!["What was built is active already.".to_owned()];
        }
        self.differences.as_ref().map(Differences::words).unwrap_or_default()
    }
}

impl Differences {
    fn between(before: &Packages, after: &Packages) -> Self {
        let mut differences = Self::default();
        for (name, versions) in after {
            match before.get(name) {
                None => differences.added.push((name.clone(), versions.join(", "))),
                Some(old) if old != versions => {
                    let (old, new) = (old.join(", "), versions.join(", "));
                    differences.changed.push((name.clone(), old, new));
                }
                Some(_) => {}
            }
        }
        for (name, versions) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
            differences.removed.push((name.clone(), versions.join(", ")));
        }
        differences
    }

    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    fn words(&self) -> Vec<String> {
        if self.is_empty() {
            return vec!["The same packages, in the same versions.".to_owned()];
        }
        let named = |(name, version): &(String, String)| match version.as_str() {
            "" => name.clone(),
            version => format!("{name} {version}"),
        };
        let moved =
            |(name, old, new): &(String, String, String)| format!("{name} from {old} to {new}");
        [
            ("added", self.added.iter().map(named).collect::<Vec<_>>()),
            ("removed", self.removed.iter().map(named).collect()),
            ("changed", self.changed.iter().map(moved).collect()),
        ]
        .into_iter()
        .filter(|(_, all)| !all.is_empty())
        .map(|(what, all)| {
            let more = all.len().saturating_sub(MOST);
            let shown = all.into_iter().take(MOST).collect::<Vec<_>>().join(", ");
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("Packages {what}: {shown}{rest}.")
        })
        .collect()
    }
}

/// Versions by name; one package may be there in several.
type Packages = BTreeMap<String, Vec<String>>;

/// The packages of a generation: a home's are what its `home-path` refers to, a system's what its
/// `sw` does. `None`: it has neither, or the store does not say.
fn packages(generation: &Path, runner: &mut dyn Runner) -> Option<Packages> {
    let listed = |names: Vec<String>| {
        let mut packages = Packages::new();
        for name in names {
            let (name, version) = split(&name);
            let versions = packages.entry(name.to_owned()).or_default();
            if !versions.iter().any(|known| known == version) {
                versions.push(version.to_owned());
            }
        }
        packages.values_mut().for_each(|versions| versions.sort());
        packages
    };
    let environment = ["home-path", "sw"]
        .into_iter()
        .find_map(|name| fs::canonicalize(generation.join(name)).ok());
    let Some(environment) = environment else {
        // A practice generation lists them (assets/practice/README.md).
        let manifest = fs::read_to_string(generation.join("manifest.nix")).ok()?;
        let names = manifest.lines().filter_map(|line| line.strip_prefix("package\t"));
        return Some(listed(names.map(str::to_owned).collect()));
    };
    let ask = Command::new("nix-store").args(["--query", "--references"]).arg(environment);
    let output = runner.output(&ask).ok().filter(|output| output.ok())?;
    let name = |path: &str| Some(path.rsplit('/').next()?.get(33..)?.to_owned());
    Some(listed(output.stdout.lines().filter_map(name).collect()))
}

/// `ripgrep-14.1.1` in name and version, by Nix's own rule: the version begins after the first dash
/// that no letter follows (`DrvName` in src/libstore/names.cc).
fn split(name: &str) -> (&str, &str) {
    let dash = name
        .match_indices('-')
        .map(|(at, _)| at)
        .find(|at| name[at + 1..].chars().next().is_some_and(|c| !c.is_ascii_alphabetic()));
    dash.map_or((name, ""), |at| (&name[..at], &name[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Scripted;

    #[test]
    fn a_name_is_split_as_nix_does() {
        assert_eq!(split("ripgrep-14.1.1"), ("ripgrep", "14.1.1"));
        assert_eq!(split("nix-output-monitor-2.1"), ("nix-output-monitor", "2.1"));
        assert_eq!(split("hm-session-vars.sh"), ("hm-session-vars.sh", ""));
        assert_eq!(split("a-"), ("a-", ""));
        assert_eq!(split("gcc-13.2.0-lib"), ("gcc", "13.2.0-lib"));
    }

    fn generation(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        fs::create_dir_all(path.join("home-path")).unwrap();
        path
    }

    /// A store path's name, with a hash in front.
    fn path(name: &str) -> String {
        format!("/nix/store/{}-{name}", "0".repeat(32))
    }

    #[test]
    fn packages_that_come_go_and_change_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(folder.path()).unwrap();
        let (one, two) = (generation(&folder, "one"), generation(&folder, "two"));
        let lines = |names: &[&str]| names.iter().map(|n| path(n) + "\n").collect::<String>();
        let mut runner = Scripted::default()
            .expect(
                "nix-store --query --references",
                0,
                &lines(&["ripgrep-14.1.0", "bat-0.24.0", "hm-session-vars.sh", "gcc-13.2.0-lib"]),
                "",
            )
            .expect(
                "nix-store --query --references",
                0,
                &lines(&["ripgrep-14.1.1", "fd-10.2.0", "hm-session-vars.sh", "gcc-13.2.0-lib"]),
                "",
            );
        let coming = Coming::look(&two, Some(&one), &mut runner);
        assert_eq!(
            coming.words(),
            [
                "Packages added: fd 10.2.0.",
                "Packages removed: bat 0.24.0.",
                "Packages changed: ripgrep from 14.1.0 to 14.1.1.",
            ]
        );
        assert_eq!(runner.ran.len(), 2);
    }

    #[test]
    fn nothing_to_compare_is_nothing_to_say() {
        let folder = tempfile::tempdir().unwrap();
        let one = generation(folder.path(), "one");
        let mut runner = Scripted::default();
        assert_eq!(Coming::look(&one, None, &mut runner).words(), Vec::<String>::new());
        let same = Coming::look(&one, Some(&one), &mut runner);
        assert_eq!(same.words(), ["What was built is active already."]);
        assert!(runner.ran.is_empty(), "the store was not asked");
        // A store that does not answer leaves it unsaid, and stops nothing.
        let two = generation(folder.path(), "two");
        let mut runner = Scripted::default().expect("nix-store", 1, "", "error: no daemon");
        assert_eq!(Coming::look(&two, Some(&one), &mut runner).differences, None);
    }

    #[test]
    fn many_packages_are_counted() {
        let many: Packages =
            (0..30).map(|n| (format!("tool{n:02}"), vec!["1".to_owned()])).collect();
        let words = Differences::between(&Packages::new(), &many).words();
        assert!(words[0].ends_with("tool11 1 and 18 more."), "{words:?}");
    }
}
