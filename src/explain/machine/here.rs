//! This machine, looked at: files are read, a few programs are asked, nothing is changed. Nix is not
//! run, the network not used.
//!
//! One file for each part of the machine; each answers some questions of the catalogue.

mod agent;
mod files;
mod fleet;
mod keys;
mod programs;
mod secrets;

use std::path::PathBuf;
use std::sync::Arc;

use super::{Answer, Machine, Query};
use crate::fleet::Fleet;
use crate::host::Host;
use crate::run::Runner;

/// The machine that doorstep runs on.
pub struct Here<'h> {
    host: &'h Host,
    root: Option<PathBuf>,
    /// Read when a question needs it, once.
    fleet: Option<Result<Arc<Fleet>, String>>,
    runner: &'h mut dyn Runner,
    /// Where the machine's own folders begin: `/`, but in tests.
    system: PathBuf,
}

/// The questions that this machine can be asked.
pub const CHECKS: [&str; 30] = [
    "account",
    "agent",
    "certificates",
    "daemon",
    "decryption",
    "encrypted",
    "flake-name",
    "gui-session",
    "home",
    "installer-leftover",
    "integrity",
    "path",
    "per-user-profile",
    "profile-folder",
    "readable",
    "repository-owner",
    "rule",
    "secret-key",
    "secrets-link",
    "sops-config",
    "space",
    "store-volume",
    "tool",
    "tracked",
    "uid",
    "user-systemd",
    "user-unit",
    "variable",
    "variable-file",
    "writable",
];

impl<'h> Here<'h> {
    /// `root`: the fleet's folder, when one is known.
    pub fn new(host: &'h Host, root: Option<PathBuf>, runner: &'h mut dyn Runner) -> Self {
        Self { host, root, fleet: None, runner, system: PathBuf::from("/") }
    }

    /// The same with a fleet that was read already.
    #[must_use]
    pub fn with_fleet(self, fleet: Option<Result<Arc<Fleet>, String>>) -> Self {
        Self { fleet, ..self }
    }

    /// The same with another place for the machine's own folders.
    #[must_use]
    pub fn with_system(self, system: PathBuf) -> Self {
        Self { system, ..self }
    }

    /// The fleet, or the answer to a question that needs one.
    fn fleet(&mut self) -> Result<&Fleet, Answer> {
        let Some(root) = &self.root else { return Err(Answer::unknown("no fleet is known here")) };
        let read = || Fleet::read(root).map(Arc::new).map_err(|e| e.what);
        let read = self.fleet.get_or_insert_with(read);
        read.as_deref().map_err(|why| Answer::unknown(format!("the fleet cannot be read: {why}")))
    }

    fn system(&self, path: &str) -> PathBuf {
        self.system.join(path.trim_start_matches('/'))
    }

    /// A path of the log on this machine. `None`: it is in the home of another account, so the log is
    /// from elsewhere.
    fn own_path(&self, path: &str) -> Option<PathBuf> {
        let path = self.host.expand(path, &self.host.home);
        let is_home = path.starts_with("/home") || path.starts_with("/Users");
        (!is_home || path.starts_with(&self.host.home)).then_some(path)
    }
}

/// Said of a path below a home that is not this one.
fn another_account(path: &str) -> Answer {
    Answer::unknown(format!("the log is of another account ({path})"))
}

/// Enough of a public key to know it again.
fn brief(recipient: &str) -> String {
    match (recipient.get(..8), recipient.get(recipient.len().saturating_sub(8)..)) {
        (Some(head), Some(tail)) if recipient.len() > 24 => format!("{head} ... {tail}"),
        _ => recipient.to_owned(),
    }
}

impl Machine for Here<'_> {
    fn look(&mut self, query: &Query) -> Answer {
        let answer = match query.check.as_str() {
            "decryption" => self.decryption(query),
            "encrypted" => self.encrypted(query),
            "integrity" => self.integrity(query),
            "rule" => self.rule(query),
            "sops-config" => self.sops_config(),
            "secret-key" => self.secret_key(query),
            "tracked" => self.tracked(query),
            "flake-name" => self.flake_name(query),
            "account" => self.account(query),
            "uid" => self.uid(),
            "repository-owner" => self.repository_owner(),
            "agent" => self.agent(query),
            "gui-session" => self.gui_session(),
            "user-unit" => self.user_unit(query),
            "user-systemd" => self.user_systemd(),
            "tool" => Ok(self.tool(query)),
            "daemon" => Ok(self.daemon()),
            "home" => Ok(self.home(query)),
            "variable" => Ok(self.variable(query)),
            "variable-file" => Ok(self.variable_file(query)),
            "path" => self.path(query),
            "readable" => self.readable(query),
            "writable" => self.writable(query),
            "secrets-link" => Ok(self.secrets_link()),
            "profile-folder" => Ok(self.profile_folder()),
            "per-user-profile" => Ok(self.per_user_profile()),
            "installer-leftover" => Ok(self.installer_leftover()),
            "certificates" => Ok(self.certificates()),
            "store-volume" => Ok(self.store_volume()),
            "space" => Ok(self.space()),
            _ => Err(Answer::unknown("doorstep cannot look at this")),
        };
        answer.unwrap_or_else(|unknown| unknown)
    }
}
