//! Whether the service is there through which home-manager writes GNOME's settings.

use std::path::PathBuf;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity, home_text};
use crate::host::Os;
use crate::run::Runner;

/// As D-Bus finds it (dconf's own `ca.desrt.dconf.service`).
const SERVICE: &str = "dbus-1/services/ca.desrt.dconf.service";

pub(super) struct Dconf;

impl Check for Dconf {
    fn id(&self) -> &'static str {
        "dconf"
    }

    fn group(&self) -> Group {
        Group::Home
    }

    fn title(&self) -> &'static str {
        "desktop settings of your home can be written"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.host.os == Os::Linux
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let is_off = home_text::setting(scene, "dconf.enable", |value| value == "false")?;
        let asked = match home_text::setting(scene, "dconf.settings", |_| true)? {
            // gtk.enable writes its theme through dconf as well (home-manager modules/misc/gtk.nix).
            None => home_text::setting(scene, "gtk.enable", |value| value == "true")?,
            found => found,
        };
        let Some((at, line)) = asked.filter(|_| is_off.is_none()) else { return Ok(Vec::new()) };
        let folders = folders(scene);
        if folders.iter().any(|folder| folder.join(SERVICE).exists()) {
            return Ok(Vec::new());
        }
        let looked: Vec<String> = folders.iter().map(|folder| scene.host.short(folder)).collect();
        Ok(vec![
            Finding::of("dconf-service-missing", Severity::Warning)
                .seen(at, line)
                .seen(SERVICE, format!("is in none of {}", looked.join(", ")))
                .by(
                    Risk::ForAdmin,
                    "Have dconf switched on for this machine",
                    &["programs.dconf.enable = true;".to_owned()],
                )
                .by(
                    Risk::ByHand,
                    "Do without those settings here, in your module",
                    &["dconf.enable = false;".to_owned()],
                ),
        ])
    }
}

/// Where services of a session are looked for.
fn folders(scene: &Scene) -> Vec<PathBuf> {
    let host = &scene.host;
    let mut folders: Vec<PathBuf> = host
        .var("XDG_DATA_DIRS")
        .map(|dirs| dirs.split(':').map(PathBuf::from).filter(|dir| dir.is_absolute()).collect())
        .unwrap_or_default();
    folders.extend(
        ["run/current-system/sw/share", "usr/local/share", "usr/share"]
            .map(|dir| scene.system(dir)),
    );
    folders.push(scene.system(&format!("etc/profiles/per-user/{}/share", host.account.name)));
    folders.push(host.home.join(".nix-profile/share"));
    folders.push(host.home.join(".local/share"));
    folders.dedup();
    folders
}
