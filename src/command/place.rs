//! Finds the fleet: the folder named, or the one around the current folder, or one used before; a
//! git address is cloned.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Where, note};
use crate::git::{self, CloneUrl};
use crate::host::Host;
use crate::problem::Problem;
use crate::receipt;
use crate::run::Runner;

impl Where {
    /// The fleet's root folder, absolute.
    ///
    /// # Errors
    /// Nothing that looks like a fleet is there, with what was looked for.
    pub(crate) fn find(&self, host: &Host, runner: &mut dyn Runner) -> Result<PathBuf, Problem> {
        // Progress is for people; it must not get between the lines of a JSON stream.
        self.find_telling(host, runner, &mut note)
    }

    /// The same; `tell` gets the lines of a clone's progress.
    pub(crate) fn find_telling(
        &self,
        host: &Host,
        runner: &mut dyn Runner,
        tell: &mut dyn FnMut(&str),
    ) -> Result<PathBuf, Problem> {
        match &self.fleet {
            Some(address) if is_address(address) => clone(address, host, runner, tell),
            Some(folder) => at(&host.expand(folder, &Host::current_folder()?)),
            None => Self::known(host)?.ok_or_else(not_found),
        }
    }

    /// The fleet's root folder where nobody has named it: around the current folder, else used
    /// before. `None`: there is none.
    pub(crate) fn known(host: &Host) -> Result<Option<PathBuf>, Problem> {
        Ok(around(&Host::current_folder()?).or_else(|| used_before(host)))
    }

    /// The fleet that was named in a conversation.
    pub(crate) fn named(name: &str) -> Self {
        Self { fleet: Some(name.to_owned()) }
    }

    pub(crate) fn is_named(&self) -> bool {
        self.fleet.is_some()
    }
}

fn not_found() -> Problem {
    Problem::user("no fleet was found here")
        .cause("looked for a `flake.nix` in the current folder, in those above it, and in folders used before")
        .hint("name it: `--fleet DIR`, or `--fleet https://…` to clone it; `doorstep practice` needs none")
}

fn at(folder: &Path) -> Result<PathBuf, Problem> {
    let shown = folder.display();
    let real = fs::canonicalize(folder).map_err(|e| {
        Problem::user(format!("`{shown}` cannot be opened"))
            .cause(e)
            .hint("name the folder that holds the fleet's `flake.nix`")
    })?;
    if real.join("flake.nix").is_file() {
        return Ok(real);
    }
    around(&real).ok_or_else(|| {
        Problem::user(format!("`{shown}` is not a fleet"))
            .cause("there is no `flake.nix` in it, nor in any folder above it")
            .hint("name the folder that holds the fleet's `flake.nix`")
    })
}

fn around(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|f| f.join("flake.nix").is_file()).map(Path::to_owned)
}

/// The fleet of the newest receipt that still is one.
fn used_before(host: &Host) -> Option<PathBuf> {
    before(host).into_iter().next()
}

/// The fleets of receipts, the newest first, as far as they still are fleets.
pub(super) fn before(host: &Host) -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> = Vec::new();
    for listed in receipt::list(&host.receipts_dir()) {
        let Ok(receipt) = listed.receipt else { continue };
        let root = receipt.header.fleet;
        if root.join("flake.nix").is_file() && !roots.contains(&root) {
            roots.push(root);
        }
    }
    roots
}

/// Anything that says how to reach it, or `user@host:path`, is no folder.
fn is_address(text: &str) -> bool {
    text.contains("://") || (text.contains('@') && text.contains(':') && !Path::new(text).exists())
}

fn clone(
    address: &str,
    host: &Host,
    runner: &mut dyn Runner,
    tell: &mut dyn FnMut(&str),
) -> Result<PathBuf, Problem> {
    let url = CloneUrl::parse(address)?;
    git::ready(host, runner)?;
    let name = url.folder_name();
    // `.ssh` or `.config`: programs would follow what a stranger's repository says there.
    if name.is_empty() || name.starts_with('.') {
        return Err(Problem::user(format!("`{name}` is no name for a fleet's folder"))
            .hint("clone it by hand into a folder of another name, then `--fleet DIR`"));
    }
    let folder = host.home.join(name);
    git::clone(runner, &url, &folder, tell)?;
    at(&folder)
}
