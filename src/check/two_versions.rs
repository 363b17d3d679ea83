//! Two versions of one program in one home: both bring the same files, and the build stops there.

use std::collections::BTreeMap;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity, home_text};
use crate::run::Runner;

/// Programs of which nixpkgs has several versions that bring the same files: a name, and a version
/// behind it.
const FAMILIES: [&str; 20] = [
    "bazel",
    "clang",
    "dotnet-sdk",
    "elixir",
    "emacs",
    "erlang",
    "gcc",
    "ghc",
    "go",
    "gradle",
    "jdk",
    "lua",
    "nodejs",
    "openjdk",
    "php",
    "postgresql",
    "python",
    "ruby",
    "temurin-bin",
    "zig",
];

pub(super) struct TwoVersions;

impl Check for TwoVersions {
    fn id(&self) -> &'static str {
        "two-versions"
    }

    fn group(&self) -> Group {
        Group::Home
    }

    fn title(&self) -> &'static str {
        "no two of your packages bring the same program"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let packages = home_text::packages(scene)?;
        let mut by_family: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for package in &packages {
            if let Some(family) = family(package.name) {
                by_family.entry(family).or_default().entry(package.name).or_insert(&package.at);
            }
        }
        by_family.retain(|_, versions| versions.len() > 1);
        let finding = |(family, versions): (&&str, &BTreeMap<&str, &str>)| {
            let names: Vec<&str> = versions.keys().copied().collect();
            let found = Finding::of("package-collision", Severity::Warning)
                .said(format!("your home has {} versions of {family}", versions.len()));
            let found = versions.iter().fold(found, |found, (name, at)| found.seen(*at, *name));
            found.by(
                Risk::ByHand,
                "Keep one of them, or give one precedence",
                &[format!("(lib.hiPrio pkgs.{})", names.last().copied().unwrap_or_default())],
            )
        };
        Ok(by_family.iter().map(finding).collect())
    }
}

/// `nodejs_22` and `nodejs` are both `nodejs`.
fn family(name: &str) -> Option<&'static str> {
    let is_of = |family: &&&str| {
        name.strip_prefix(**family)
            .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || "_-.".contains(c)))
    };
    FAMILIES.iter().find(is_of).copied()
}

#[cfg(test)]
mod tests {
    use super::family;

    #[test]
    fn only_a_version_behind_a_known_name_counts() {
        for (name, expected) in [
            ("python3", Some("python")),
            ("python312", Some("python")),
            ("nodejs_22", Some("nodejs")),
            ("go_1_24", Some("go")),
            ("go-task", None),
            ("gopls", None),
            ("luajit", None),
            ("bzip2", None),
        ] {
            assert_eq!(family(name), expected, "{name}");
        }
    }
}
