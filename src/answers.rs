//! What a person answered: half-filled while questions run, whole as a [`Person`] for the plan.
//!
//! The ids of the questions are the keys of an answers file ([`mod@file`]); [`settle`] fills what is
//! left open, and checks what is given with the questions' own rules. A secret's value never
//! stands in an answers file or a receipt, only where it comes from.

mod account;
mod afterwards;
pub mod file;
mod settle;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::activate::InTheWayChoice;
use crate::key::Identity;

pub use account::{ALL, Account, Accounts};
pub use afterwards::{Commit, Deploy, IfFailed};
pub use settle::{Settled, settle};

/// Answers so far. `None`: not answered; the question's suggestion may fill it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    pub username: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    /// Public SSH keys, one a line as in `authorized_keys`.
    pub ssh_keys: Option<Vec<String>>,
    pub mode: Option<Mode>,
    pub hosts: Option<Vec<String>>,
    /// Machines whose account differs from what the neighbour suggests.
    pub accounts: Option<Accounts>,
    pub aggregates: Option<Vec<String>>,
    pub key: Option<KeyChoice>,
    pub key_copy: Option<KeyCopy>,
    pub secrets: Option<Vec<SecretAnswer>>,
    /// Names of further recipients (anchors of `.sops.yaml`) that may open the secrets file.
    pub readers: Option<Vec<String>>,
    /// Shared rules of `.sops.yaml` that the person joins: by `path_regex`, or by the one file that
    /// such a rule is for.
    pub shared: Option<Vec<String>>,
    pub in_the_way: Option<InTheWayChoice>,
    pub deploy: Option<Deploy>,
    pub if_failed: Option<IfFailed>,
    pub commit: Option<Commit>,
}

impl Answers {
    /// The same with one question open again.
    #[must_use]
    pub fn without(mut self, id: &str) -> Self {
        match id {
            "username" => self.username = None,
            "name" => self.name = None,
            "email" => self.email = None,
            "ssh_keys" => self.ssh_keys = None,
            "mode" => self.mode = None,
            "hosts" => self.hosts = None,
            "accounts" => self.accounts = None,
            "aggregates" => self.aggregates = None,
            "key" => self.key = None,
            "key_copy" => self.key_copy = None,
            "secrets" => self.secrets = None,
            "readers" => self.readers = None,
            "shared" => self.shared = None,
            "in_the_way" => self.in_the_way = None,
            "deploy" => self.deploy = None,
            "if_failed" => self.if_failed = None,
            "commit" => self.commit = None,
            _ => {}
        }
        self
    }
}

/// Who puts the home in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By the person, with a home configuration of their own.
    Standalone,
    /// Together with the machine, by its administrator.
    Integrated,
}

/// Which age key opens the person's secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyChoice {
    /// The one in the key file.
    Found,
    /// A new one, made in memory and saved by the plan's first step.
    Generate,
    /// Made from `~/.ssh/id_ed25519`.
    FromSsh,
    /// A file with somebody's public key; it is read when the plan is made.
    File(PathBuf),
    /// Somebody's public key, `age1…` or an `ssh-ed25519 …` line that an age key is derived from;
    /// the private half is elsewhere.
    #[serde(untagged)]
    Public(String),
}

/// The person was told that nobody can make a generated key a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyCopy {
    Acknowledged,
}

/// One secret: its name, where its value comes from, and where it is put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretAnswer {
    pub name: String,
    pub from: SecretFrom,
    /// Where the module links it; `~` stands for the home folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Octal, such as `0600`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// Where a secret's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretFrom {
    /// Typed or piped in; lives in memory only and is asked for again after a resume.
    Given(#[serde(skip)] Hidden),
    File(PathBuf),
    /// Standard input, for one secret at most; read just before the plan is made.
    Stdin,
    /// A new ed25519 SSH signing key.
    NewEd25519,
    /// A marked placeholder, to be replaced later.
    Later,
    /// The secrets file has it already.
    Kept,
}

/// A value that is never shown, compared only for tests, and wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Hidden(pub Zeroizing<String>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

/// Every answer settled and checked: what the steps work from.
#[derive(Debug)]
pub struct Person {
    pub username: String,
    pub name: String,
    pub email: String,
    pub ssh_keys: Vec<String>,
    pub mode: Mode,
    /// Machines of the fleet; for [`Mode::Standalone`] the one the person sits at, if it is one.
    pub hosts: Vec<String>,
    pub accounts: Accounts,
    pub aggregates: Vec<String>,
    pub key: Key,
    pub secrets: Vec<SecretAnswer>,
    pub readers: Vec<String>,
    /// Shared rules that they join, as [`Answers::shared`] has them.
    pub shared: Vec<String>,
    pub in_the_way: InTheWayChoice,
    pub deploy: Deploy,
    pub if_failed: IfFailed,
    pub commit: Commit,
}

impl Person {
    /// What was decided about their account on this machine.
    pub fn account(&self, host: &str) -> Account {
        self.accounts.get(host).cloned().unwrap_or_default()
    }

    /// Who puts their home in place on this machine.
    pub fn mode_on(&self, host: &str) -> Mode {
        self.accounts.get(host).and_then(|account| account.mode).unwrap_or(self.mode)
    }

    /// The machines that put the home in place.
    pub fn integrated(&self) -> impl Iterator<Item = &String> {
        self.hosts.iter().filter(|host| self.mode_on(host) == Mode::Integrated)
    }

    /// Whether they put their home in place themselves anywhere.
    pub fn stands_alone(&self) -> bool {
        match self.hosts.as_slice() {
            [] => self.mode == Mode::Standalone,
            hosts => hosts.iter().any(|host| self.mode_on(host) == Mode::Standalone),
        }
    }
}

/// The settled key.
#[derive(Debug, Clone)]
pub struct Key {
    /// The public half, `age1…`; empty where nothing is encrypted for the person.
    pub recipient: String,
    /// The private half, where doorstep has to save it; wiped when dropped.
    pub save: Option<Identity>,
    /// The key file that holds it, or will; `None` when only the public half is known here.
    pub file: Option<PathBuf>,
    /// The public half was made from somebody's public SSH key.
    pub from_ssh: bool,
}

impl Key {
    /// No key: nothing is encrypted for the person.
    pub fn none() -> Self {
        Self { recipient: String::new(), save: None, file: None, from_ssh: false }
    }
}
