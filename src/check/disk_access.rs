//! Settings of a Mac that need Full Disk Access, and whether this terminal has it.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::nix::Pattern;
use crate::run::{Command, Runner};

/// A file that only a program with Full Disk Access can read; nix-darwin asks by the same one
/// (modules/users/default.nix).
const PROTECTED: &str = "/Library/Preferences/com.apple.TimeMachine.plist";

pub(super) struct DiskAccess;

impl Check for DiskAccess {
    fn id(&self) -> &'static str {
        "disk-access"
    }

    fn group(&self) -> Group {
        Group::Nix
    }

    fn title(&self) -> &'static str {
        "this terminal may change what the machine's configuration changes"
    }

    fn applies(&self, scene: &Scene) -> bool {
        asks(scene).is_some()
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let Some((at, line)) = asks(scene) else { return Ok(Vec::new()) };
        let read = Command::new("head").args(["-c", "1", PROTECTED]);
        let said = Scene::hear(runner, &read)?;
        if said.ok() {
            return Ok(Vec::new());
        }
        let why = said.reason();
        // A Mac without Time Machine has no such file.
        if !why.contains("Operation not permitted") {
            return Err(NotChecked(why));
        }
        Ok(vec![
            Finding::of("macos-full-disk-access", Severity::Warning)
                .seen(at, line)
                .seen(read.typed(), why)
                .by(
                    Risk::ForAdmin,
                    "Give the terminal Full Disk Access before the machine is activated",
                    &["System Settings, Privacy & Security, Full Disk Access: switch the terminal on.".to_owned()],
                ),
        ])
    }
}

/// Where this machine's file sets what is protected.
fn asks(scene: &Scene) -> Option<(String, String)> {
    let machine = scene.mac()?;
    let source = scene.file_of(machine).ok()?;
    let names = ["system.defaults.universalaccess", "com.apple.universalaccess"];
    let patterns = [Pattern::new(names[0]), Pattern::exact(&[names[1]])];
    let binding = source.bindings().iter().find(|b| patterns.iter().any(|p| b.path.contains(p)))?;
    let line = source.line(binding.line).unwrap_or_default().trim().to_owned();
    Some((format!("{}:{}", machine.at.file.display(), binding.line), line))
}
