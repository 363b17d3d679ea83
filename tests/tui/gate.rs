//! A `nix` that waits before it builds, so that a test can look at a build that runs. Then the real
//! one takes over.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::world::{World, run, tool};

/// What the waiting `nix` says: nothing strange, since it is seen in pictures.
pub(crate) const WAITS: &str = "unpacking sources";

pub(crate) struct Gate {
    folder: PathBuf,
    opened: Option<File>,
}

impl Gate {
    /// `more`: what else it says before, as lines of `sh`.
    pub(crate) fn shut(world: &World, more: &str) -> Self {
        let folder = world.at("gate");
        fs::create_dir_all(&folder).unwrap();
        let gate = folder.join("open");
        run(&mut tool("mkfifo", [&gate])).expect(0);
        let nix = which("nix");
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in *\" build \"*)\n{more}\necho '{WAITS}' >&2\n\
             read -r _ < '{}' ;;\nesac\nexec '{}' \"$@\"\n",
            gate.display(),
            nix.display()
        );
        let ours = folder.join("nix");
        fs::write(&ours, script).unwrap();
        fs::set_permissions(&ours, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, opened: None }
    }

    /// The command finds this `nix` before the real one.
    pub(crate) fn before(&self, command: &mut Command) {
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path);
        let mut first = self.folder.clone().into_os_string();
        first.push(":");
        first.push(path.expect("a World's command has a path"));
        command.env("PATH", first);
    }

    /// Lets the build go on: the one that waits, and all that come.
    pub(crate) fn opens(&mut self) {
        let gate = self.folder.join("open");
        // With both ends, so that this does not wait, and for as long as the gate is there, so that
        // the line is not lost before it is read.
        let mut waits = File::options().read(true).write(true).open(&gate).unwrap();
        let later = self.folder.join("later");
        fs::write(&later, "go\n").unwrap();
        fs::rename(&later, &gate).unwrap();
        waits.write_all(b"go\n").unwrap();
        self.opened = Some(waits);
    }
}

fn which(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|p| p.is_file());
    found.unwrap_or_else(|| panic!("there is no `{name}`"))
}
