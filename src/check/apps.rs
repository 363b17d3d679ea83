//! Apps that the home copies on a Mac, and whether they may be changed from where this runs.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::host::Os;
use crate::run::{Command, Runner};

/// `targets.darwin.copyApps.directory` of home-manager, as it is unless somebody says otherwise.
const FOLDER: &str = "Applications/Home Manager Apps";

pub(super) struct Apps;

impl Check for Apps {
    fn id(&self) -> &'static str {
        "apps"
    }

    fn group(&self) -> Group {
        Group::Home
    }

    fn title(&self) -> &'static str {
        "apps of your home can be updated from here"
    }

    fn applies(&self, scene: &Scene) -> bool {
        // A link is the older way, which changes no app.
        let is_folder = |found: fs::Metadata| found.is_dir();
        scene.host.os == Os::Darwin
            && fs::symlink_metadata(scene.host.home.join(FOLDER)).is_ok_and(is_folder)
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let folder = scene.host.home.join(FOLDER);
        let shown = scene.host.short(&folder);
        let owner = fs::metadata(&folder).map(|found| found.uid());
        if let Some(owner) = owner.ok().filter(|owner| *owner != scene.host.account.uid) {
            let typed = scene.host.typed(&folder);
            return Ok(vec![
                Finding::of("macos-app-management", Severity::Error)
                    .said(format!(
                        "{shown} belongs to account {owner}, and your home cannot write it"
                    ))
                    .seen(&shown, format!("belongs to account {owner}"))
                    .by(
                        Risk::ForAdmin,
                        "Give the folder back",
                        &[format!("sudo chown -R {} {typed}", scene.host.account.name)],
                    ),
            ]);
        }
        let has_apps = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| entry.path().extension().is_some_and(|e| e == "app"));
        // home-manager's own question (modules/targets/darwin/copyapps.nix).
        let manager = Command::new("launchctl").arg("managername");
        let said = Scene::hear(runner, &manager)?;
        let name = said.stdout.trim();
        if !has_apps || name == "Aqua" || !said.ok() {
            return Ok(Vec::new());
        }
        Ok(vec![
            Finding::of("macos-app-management", Severity::Warning)
                .said("macOS will not let your home update its apps from this session")
                .seen(
                    manager.typed(),
                    format!("{name}, not Aqua: this is no session at the screen"),
                )
                .seen(&shown, "holds apps that the home updates")
                .by(
                    Risk::ByHand,
                    "Activate at the Mac itself, or do without its apps",
                    &["targets.darwin.copyApps.enable = false;".to_owned()],
                ),
        ])
    }
}
