//! Packages that were installed by hand into the profile into which home-manager puts the home's.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::{Runner, shell_word};
use crate::survey;

pub(super) struct HandInstalled;

/// One entry of a profile.
struct Installed {
    /// As `nix profile remove` or `nix-env -e` takes it.
    name: String,
    store: PathBuf,
}

impl Check for HandInstalled {
    fn id(&self) -> &'static str {
        "hand-installed"
    }

    fn group(&self) -> Group {
        Group::Home
    }

    fn title(&self) -> &'static str {
        "nothing installed by hand has files of your home"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let Some(generation) = scene.activation().generation() else {
            return Err(NotChecked::because("no home is active yet"));
        };
        let home = programs(&generation.join("home-path"));
        let mut found = Vec::new();
        for profile in profiles(scene) {
            let Some((manifest, entries)) = entries(&profile) else { continue };
            for entry in entries.iter().filter(|entry| !is_homes(&entry.store)) {
                let shared: Vec<String> =
                    programs(&entry.store).intersection(&home).cloned().collect();
                let Some(first) = shared.first() else { continue };
                let remove = match manifest.extension().is_some_and(|e| e == "nix") {
                    true => format!("nix-env -e {}", shell_word(&entry.name)),
                    false => format!("nix profile remove {}", shell_word(&entry.name)),
                };
                found.push(
                    Finding::of("profile-package-collision", Severity::Error)
                        .said(format!(
                            "{} was installed by hand and is also in your home",
                            entry.name
                        ))
                        .seen(
                            scene.host.short(&manifest),
                            format!("lists {}", entry.store.display()),
                        )
                        .seen(format!("bin/{first}"), "is in it and in your home's packages")
                        .by(Risk::ByHand, "Remove the one that was installed by hand", &[remove]),
                );
            }
        }
        Ok(found)
    }
}

/// The profile that a shell uses, old place and new.
fn profiles(scene: &Scene) -> Vec<PathBuf> {
    let all =
        [scene.host.state_dir().join("nix/profiles/profile"), scene.host.home.join(".nix-profile")];
    let mut found: Vec<PathBuf> =
        all.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    found.dedup();
    found
}

fn is_homes(store: &Path) -> bool {
    store.to_string_lossy().ends_with("-home-manager-path")
}

/// What a profile lists: `manifest.json` of `nix profile`, else `manifest.nix` of `nix-env`.
fn entries(profile: &Path) -> Option<(PathBuf, Vec<Installed>)> {
    let json = profile.join("manifest.json");
    if let Some(text) = survey::read_small(&json) {
        return Some((json, of_json(&text)));
    }
    let nix = profile.join("manifest.nix");
    let text = survey::read_small(&nix)?;
    Some((nix, of_nix(&text)))
}

/// Elements are a list until version 2, and by name since version 3 (Nix 2.20).
fn of_json(text: &str) -> Vec<Installed> {
    let manifest: Value = serde_json::from_str(text).unwrap_or_default();
    let store = |element: &Value| Some(PathBuf::from(element["storePaths"][0].as_str()?));
    match &manifest["elements"] {
        Value::Array(all) => (0..)
            .zip(all)
            .filter_map(|(index, element): (usize, _)| {
                Some(Installed { name: index.to_string(), store: store(element)? })
            })
            .collect(),
        Value::Object(all) => all
            .iter()
            .filter_map(|(name, element)| {
                Some(Installed { name: name.clone(), store: store(element)? })
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Nix's own text: `outPath = "/nix/store/…-name"; … name = "name";` for each.
fn of_nix(text: &str) -> Vec<Installed> {
    let paths = text.split("outPath = \"").skip(1).filter_map(|rest| rest.split('"').next());
    let unique: BTreeSet<&str> = paths.collect();
    let name = |path: &str| {
        let last = path.rsplit('/').next().unwrap_or(path);
        last.split_once('-').map_or(last, |(_, name)| name).to_owned()
    };
    unique.into_iter().map(|path| Installed { name: name(path), store: path.into() }).collect()
}

fn programs(package: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(package.join("bin")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[Installed]) -> Vec<(&str, &str)> {
        all.iter().map(|one| (one.name.as_str(), one.store.to_str().unwrap())).collect()
    }

    #[test]
    fn every_kind_of_manifest_is_read() {
        let listed =
            r#"{"version":2,"elements":[{"active":true,"storePaths":["/nix/store/a-rg"]}]}"#;
        assert_eq!(names(&of_json(listed)), [("0", "/nix/store/a-rg")]);
        let named = r#"{"version":3,"elements":{"rg":{"storePaths":["/nix/store/a-rg"]}}}"#;
        assert_eq!(names(&of_json(named)), [("rg", "/nix/store/a-rg")]);
        assert_eq!(names(&of_json("no json")), []);
        let old = "[ { meta = { }; name = \"rg-14\"; out = { outPath = \"/nix/store/a-rg-14\"; }; outPath = \"/nix/store/a-rg-14\"; } ]";
        assert_eq!(names(&of_nix(old)), [("rg-14", "/nix/store/a-rg-14")]);
    }
}
