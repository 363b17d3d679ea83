//! Whether flakes are switched on: what Nix reads, read as it does.
//!
//! Nix itself is not asked: starting it takes longer than all other checks together, and there are
//! machines on which it hangs.

use std::fs;
use std::path::{Path, PathBuf};

use super::finding::Fix;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::plan::{Change, Content};
use crate::run::Runner;
use crate::survey;

const NEEDED: [&str; 2] = ["nix-command", "flakes"];

pub(super) struct NixFeatures;

impl Check for NixFeatures {
    fn id(&self) -> &'static str {
        "nix-features"
    }

    fn group(&self) -> Group {
        Group::Nix
    }

    fn title(&self) -> &'static str {
        "flakes are switched on"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let is_installed = scene.host.tool("nix").is_some()
            || scene.system("nix/var/nix/profiles/default/bin/nix").exists();
        if !is_installed {
            return Err(NotChecked::because("there is no Nix here"));
        }
        // Determinate Nix has them on, whatever the files say.
        if scene.system("usr/local/bin/determinate-nixd").exists() {
            return Ok(Vec::new());
        }
        let settings = Settings::read(scene);
        let missing: Vec<&str> =
            NEEDED.into_iter().filter(|name| !settings.has_feature(name)).collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let read: Vec<String> = settings.read.iter().map(|path| scene.host.short(path)).collect();
        let read = if read.is_empty() { "no nix.conf".to_owned() } else { read.join(", ") };
        let found = Finding::of("experimental-features-disabled", Severity::Error)
            .seen(read, format!("experimental-features lacks {}", missing.join(" and ")));
        Ok(vec![match fix(scene) {
            Some(fix) => found.fix(fix),
            None => found,
        }])
    }
}

/// The person's own nix.conf with one line more.
fn fix(scene: &Scene) -> Option<Fix> {
    let path = scene.host.config_dir().join("nix/nix.conf");
    if !path.starts_with(&scene.host.home) {
        return None;
    }
    let line = "extra-experimental-features = nix-command flakes\n";
    let there = fs::symlink_metadata(&path);
    let change = match there {
        Err(_) => Change::Create {
            path: path.clone(),
            content: Content::Text(line.to_owned()),
            mode: 0o644,
        },
        Ok(found) if found.is_file() => {
            let before = survey::read_small(&path)?;
            let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
            let after = format!("{before}{gap}{line}");
            Change::Edit { path: path.clone(), before, after }
        }
        // A link into a generation: home-manager's, so its module is the place.
        Ok(_) => return None,
    };
    Some(
        Fix::plan("nix-features", "Switch flakes on", vec![scene.host.home.clone()])
            .why("One line in your own nix.conf.")
            .by_hand(format!("echo '{}' >> {}", line.trim(), scene.host.typed(&path)))
            .changes(vec![change]),
    )
}

/// Nix's settings as its files have them.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// In the order in which Nix takes them.
    values: Vec<(String, String)>,
    pub(super) read: Vec<PathBuf>,
}

impl Settings {
    /// The machine's file, the person's, then `NIX_CONFIG`; a later value replaces, `extra-` adds.
    pub(super) fn read(scene: &Scene) -> Self {
        let mut settings = Self::default();
        let system = match scene.host.var("NIX_CONF_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => scene.system("etc/nix"),
        };
        settings.file(&system.join("nix.conf"), 0);
        match scene.host.var("NIX_USER_CONF_FILES") {
            Some(files) => {
                files.split(':').rev().for_each(|file| settings.file(Path::new(file), 0))
            }
            None => settings.file(&scene.host.config_dir().join("nix/nix.conf"), 0),
        }
        if let Some(text) = scene.host.var("NIX_CONFIG") {
            settings.text(text, Path::new("/"), 0);
        }
        settings
    }

    fn file(&mut self, path: &Path, depth: u32) {
        let Some(text) = survey::read_small(path) else { return };
        self.read.push(path.to_owned());
        self.text(&text, path.parent().unwrap_or(Path::new("/")), depth);
    }

    fn text(&mut self, text: &str, folder: &Path, depth: u32) {
        /// Nix has no limit; files that include each other would never end.
        const DEEPEST: u32 = 5;
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let included = line.strip_prefix("!include ").or_else(|| line.strip_prefix("include "));
            if let Some(file) = included {
                if depth < DEEPEST {
                    self.file(&folder.join(file.trim()), depth + 1);
                }
            } else if let Some((name, value)) = line.split_once('=') {
                self.values.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }

    /// All words of a setting that is a list.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let extra = format!("extra-{name}");
        let mut words = Vec::new();
        for (known, value) in &self.values {
            if known == name {
                words.clear();
            }
            if known == name || *known == extra {
                words.extend(value.split_whitespace());
            }
        }
        words
    }

    fn has_feature(&self, name: &str) -> bool {
        self.list("experimental-features").contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Settings;

    fn of(text: &str) -> Settings {
        let mut settings = Settings::default();
        settings.text(text, Path::new("/"), 0);
        settings
    }

    #[test]
    fn a_later_value_replaces_and_extra_adds() {
        let text =
            "experimental-features = flakes # not all\nextra-experimental-features = nix-command\n";
        assert!(of(text).has_feature("flakes") && of(text).has_feature("nix-command"));
        let replaced = format!("{text}experimental-features = nix-command\n");
        assert!(!of(&replaced).has_feature("flakes"));
        assert!(!of("#experimental-features = flakes").has_feature("flakes"));
    }
}
