//! The read model of a fleet: who and what is in the repository, and the file and line of each.
//!
//! Made from files alone: Nix is never run here, so a name that the fleet computes is kept as
//! [`Name::Computed`] with a prediction, and confirmed by `nix eval` just before a build.

mod aggregates;
mod clan;
mod facts;
mod files;
mod json;
pub mod layout;
mod lock;
mod machines;
mod mentions;
mod neighbour;
mod people;
mod read;
mod scope;
mod secrets;
mod standalone;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::host::Os;

pub use clan::{Clan, ClanMachine, NoMachines, Tag, UsersInstance};
pub(crate) use clan::{PreparedMachine, instance_in, prepared_machines, public_keys};
pub use facts::{GitIdentity, SopsBase};
pub use files::Files;
pub use layout::Layout;
pub use machines::Reach;
pub(crate) use machines::{ACCOUNTS, HOMES, reach, slot};
pub use mentions::Mention;
pub(crate) use scope::Found;
pub(crate) use standalone::{CONFIGURATIONS, FOLDER};

/// Where something was read: a path relative to [`Fleet::root`] and a line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub file: PathBuf,
    pub line: u32,
}

/// A name as the fleet's text gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// Written out.
    Literal(String),
    /// Made by an expression; the string is what it most likely gives.
    Computed(String),
}

impl Name {
    pub fn text(&self) -> &str {
        match self {
            Self::Literal(s) | Self::Computed(s) => s,
        }
    }
}

/// The kind of system a machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    Darwin,
    Nixos,
}

impl Platform {
    /// The number that the system gives to a person's account first; those below are its own.
    pub fn first_uid(self) -> u32 {
        match self {
            Self::Darwin => 501,
            Self::Nixos => 1000,
        }
    }

    /// The platform of machines that run `os`.
    pub fn of(os: Os) -> Self {
        match os {
            Os::Darwin => Self::Darwin,
            Os::Linux => Self::Nixos,
        }
    }
}

/// A repository that configures people's homes and machines.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The folder of `flake.nix`, absolute.
    pub root: PathBuf,
    pub layout: LayoutFound,
    pub users: Vec<User>,
    pub machines: Vec<Machine>,
    pub aggregates: Vec<Aggregate>,
    /// `None`: there is no `.sops.yaml`.
    pub sops: Option<SopsFile>,
    pub secrets: Vec<SecretsFile>,
    pub standalone: Vec<Standalone>,
    /// What clan knows of the fleet; empty where it is no clan.
    pub clan: Clan,
    /// What `flake.lock` says that decides how a module is written.
    pub lock: Lock,
    /// Files that could not be read or parsed: the fleet is still usable without them.
    pub unread: Vec<Unread>,
    /// The texts it was read from, parsed.
    pub files: Files,
}

/// The layout that fits, by id of its folder in `templates/` (or of the fleet's `.doorstep/`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayoutFound {
    /// `None`: unknown; then `evidence` lists what was looked for.
    pub id: Option<String>,
    pub evidence: Vec<Evidence>,
    /// Where the layout keeps things.
    #[serde(skip)]
    pub layout: Option<Layout>,
}

/// One reason for a conclusion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub what: String,
    pub at: Option<Place>,
}

/// A person of the fleet: somebody with a home module or a registry entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    pub name: String,
    /// The file that exports their module.
    pub module: Place,
    /// Set when this name only forwards to another user's module.
    pub alias_of: Option<String>,
    pub full_name: Option<String>,
    pub email: Option<String>,
    /// Aggregates this person uses, by name, wherever they are listed (module, registry, machine).
    pub aggregates: Vec<String>,
    /// Names under `sops.secrets` of their module, in order.
    pub secrets: Vec<String>,
    /// Hosts that bind this person.
    pub machines: Vec<String>,
    /// A plan brings them: they show nothing of what people of this fleet usually have.
    #[serde(skip)]
    pub coming: bool,
}

/// A machine of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    pub name: String,
    pub platform: Platform,
    /// For example `aarch64-darwin`, when a file says so.
    pub system: Option<String>,
    pub at: Place,
    pub users: Vec<MachineUser>,
    /// The person the machine is mainly for, and who administers it, with the reason.
    pub primary: Option<String>,
    pub primary_because: Option<String>,
    pub admin: Option<String>,
    pub admin_because: Option<String>,
    /// For example `darwin-rebuild`, `nixos-rebuild`, `clan`.
    pub deploy: Option<String>,
    /// The text that it is made from.
    #[serde(skip)]
    pub reach: Reach,
}

/// A person bound on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachineUser {
    pub name: Name,
    pub at: Place,
    /// Whether home-manager is bound for them here; otherwise the machine only has an account.
    pub managed: bool,
    /// The account's declared uid and home, when they are literal.
    pub uid: Option<u32>,
    pub home: Option<String>,
    /// Supplementary groups that are spelled out, such as `wheel`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The attribute of `pkgs` that is the login shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shell: Option<String>,
}

/// A feature set that users import by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Aggregate {
    pub name: String,
    pub at: Place,
    /// One line, from the comment above it or from what it contains.
    pub description: Option<String>,
    pub used_by: Vec<String>,
    /// Other aggregates it imports.
    pub imports: Vec<String>,
}

/// The fleet's `.sops.yaml`.
#[derive(Debug, Clone)]
pub struct SopsFile {
    /// Relative to [`Fleet::root`].
    pub file: PathBuf,
    pub text: String,
    /// Why doorstep must not edit it, with who generates it, when it is a generated file.
    pub generated_by: Option<String>,
}

/// An encrypted file and who it is encrypted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretsFile {
    /// Relative to [`Fleet::root`].
    pub file: PathBuf,
    /// Recipients as the file has them, in order.
    pub recipients: Vec<String>,
}

/// An entry of `homeConfigurations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standalone {
    pub name: Name,
    pub user: Option<String>,
    pub at: Place,
}

/// Facts from `flake.lock`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// `home-manager`'s locked revision.
    pub home_manager_rev: Option<String>,
    /// Seconds since 1970 of its last change: 25.11 and newer name git identity
    /// `programs.git.settings.user`.
    pub home_manager_date: Option<u64>,
    pub inputs: Vec<String>,
    /// The same with what each leads to.
    #[serde(skip)]
    pub locked: Vec<Locked>,
}

/// What an input of the fleet leads to; `follows` is followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locked {
    pub name: String,
    /// The branch that was asked for, or the whole address where that names it.
    pub branch: Option<String>,
    /// Seconds since 1970 of its last change.
    pub date: Option<u64>,
}

/// A file that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    pub at: Place,
    /// Column, counted from 1, when the reason is a parse error.
    pub column: Option<u32>,
    pub why: String,
}

impl std::fmt::Display for Unread {
    /// `FILE:LINE:COLUMN: WHY`, as compilers say it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.at.file.display(), self.at.line)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl Lock {
    /// The home-manager release that the locked revision belongs to, such as `25.11`: one each
    /// May and November. `None`: the lock says nothing of home-manager.
    pub fn release(&self) -> Option<String> {
        let date = crate::sops::Utc::from_seconds(self.home_manager_date?).to_string();
        let (year, month) =
            (date.get(2..4)?.parse::<u32>().ok()?, date.get(5..7)?.parse::<u32>().ok()?);
        Some(match month {
            ..5 => format!("{:02}.11", year - 1),
            5..11 => format!("{year:02}.05"),
            _ => format!("{year:02}.11"),
        })
    }
}

impl Machine {
    /// The command that updates it; `flake` is the fleet's folder as a word of a shell.
    pub fn update_command(&self, flake: &str) -> String {
        // A machine is called what the fleet says.
        let name = crate::run::shell_word(&self.name);
        match self.deploy.as_deref() {
            Some("clan") => format!("clan machines update {name}"),
            Some("nixos-rebuild") => format!("nixos-rebuild switch --flake {flake}#{name}"),
            _ => format!("darwin-rebuild switch --flake {flake}#{name}"),
        }
    }
}

impl Fleet {
    /// `path` below the fleet, absolute.
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// The people of the fleet: users that are not another name for somebody.
    pub fn people(&self) -> impl Iterator<Item = &User> {
        self.users.iter().filter(|user| user.alias_of.is_none())
    }

    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|u| u.name == name)
    }

    pub fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|m| m.name == name)
    }

    /// Files whose text is not the same in `now`, relative to the root.
    pub(crate) fn differing(&self, now: &Self) -> Vec<PathBuf> {
        let text = |fleet: &Self, path: &Path| fleet.files.nix(path).map(|s| s.text().to_owned());
        let mut changed: Vec<PathBuf> = self
            .files
            .all()
            .iter()
            .filter(|path| !now.files.contains(path) || text(self, path) != text(now, path))
            .cloned()
            .collect();
        changed.extend(now.files.all().iter().filter(|path| !self.files.contains(path)).cloned());
        let sops =
            |fleet: &Self| fleet.sops.as_ref().map(|sops| (sops.file.clone(), sops.text.clone()));
        if let (before, Some(now)) = (sops(self), sops(now))
            && before.as_ref() != Some(&now)
            && !changed.contains(&now.0)
        {
            changed.push(now.0);
        }
        changed
    }
}

#[cfg(test)]
mod tests;
