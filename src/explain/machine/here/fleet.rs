//! The fleet's own facts: what git tracks, which names it has, which accounts it declares.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Answer, Here, Query};
use crate::fleet::{Machine, Name};
use crate::git;
use crate::nix::Source;

type Result<T> = std::result::Result<T, Answer>;

impl Here<'_> {
    /// `untracked`, `tracked` or `absent`: of a path, or of files that have a name in theirs.
    pub(super) fn tracked(&mut self, query: &Query) -> Result<Answer> {
        let fleet = self.fleet()?;
        let root = fleet.root.clone();
        let files = fleet.files.all().to_vec();
        let wanted: Vec<PathBuf> = match (query.about("path"), query.about("name")) {
            (Some(path), _) => vec![PathBuf::from(path.trim_start_matches('/'))],
            (None, Some(name)) => files.into_iter().filter(|file| has_name(file, name)).collect(),
            (None, None) => return Err(Answer::unknown("the log does not name the file")),
        };
        let there: Vec<PathBuf> =
            wanted.iter().filter(|path| root.join(path).exists()).cloned().collect();
        let untracked = git::untracked(self.runner, &root, there.clone())
            .map_err(|e| Answer::unknown(format!("git cannot be asked: {}", e.what)))?;
        Ok(match (untracked.first(), there.first(), wanted.first()) {
            (Some(file), _, _) => {
                Answer::is("untracked", format!("git does not track {}", file.display()))
            }
            (None, Some(file), _) => {
                Answer::is("tracked", format!("git tracks {}", file.display()))
            }
            (None, None, Some(file)) => {
                Answer::is("absent", format!("{} is not in the fleet", file.display()))
            }
            (None, None, None) => {
                let name = query.about("name").unwrap_or_default();
                Answer::is("absent", format!("no file of the fleet is called {name}"))
            }
        })
    }

    /// `there`, `named-for-machine` or `other-name`.
    pub(super) fn flake_name(&mut self, query: &Query) -> Result<Answer> {
        let wanted =
            query.about("name").ok_or_else(|| Answer::unknown("the log does not say the name"))?;
        let wanted = wanted.to_owned();
        let (user, host) = (self.host.account.name.clone(), self.host.name.clone());
        let fleet = self.fleet()?;
        let homes = fleet.standalone.iter().map(|entry| entry.name.text().to_owned());
        let machines = fleet.machines.iter().map(|machine| machine.name.clone());
        let names: Vec<String> = homes.chain(machines).collect();
        let has = format!("the fleet has {}", names.join(", "));
        if names.contains(&wanted) {
            return Ok(Answer::is("there", format!("{has}; {wanted} is one of them")));
        }
        let for_machine = [host.clone(), user.clone(), format!("{user}@{host}")];
        // macOS adds an ending of its own to a machine's name.
        let bare = wanted.trim_end_matches(".local");
        Ok(if for_machine.iter().any(|name| name.eq_ignore_ascii_case(bare)) {
            let words = format!("{wanted} is made of this account and machine; {has}");
            Answer::is("named-for-machine", words)
        } else {
            Answer::is("other-name", format!("{has}, not {wanted}"))
        })
    }

    /// `declared` or `not-declared`.
    pub(super) fn account(&mut self, query: &Query) -> Result<Answer> {
        let user = query.about("name").unwrap_or(&self.host.account.name).to_owned();
        let name = self.host.name.clone();
        let fleet = self.fleet()?;
        let machine = fleet.machine(&name);
        let machine = machine
            .ok_or_else(|| Answer::unknown(format!("{name} is no machine of this fleet")))?;
        let declares = |source: &Source, user: Option<&str>| {
            source.bindings().iter().any(|binding| {
                let named = binding.path.below(&["users", "users"]).and_then(|part| part.name());
                named.is_some() && (user.is_none() || named == user)
            })
        };
        // A home can be bound there without an account: that is told only where the machine's own
        // file declares others by name, since accounts may be made by a module.
        let has_accounts =
            fleet.files.nix(&machine.at.file).is_some_and(|source| declares(source, None));
        let has_account = || fleet.files.sources().any(|(_, s)| declares(s, Some(&user)));
        let is_declared = machine.users.iter().any(|declared| declared.name.text() == user)
            && (!has_accounts || has_account());
        let at = format!("{}:{}", machine.at.file.display(), machine.at.line);
        Ok(if is_declared {
            Answer::is("declared", format!("{at} declares {user}"))
        } else {
            Answer::is("not-declared", format!("{at} does not declare {user}"))
        })
    }

    /// `differs` or `same`.
    pub(super) fn uid(&mut self) -> Result<Answer> {
        let own = self.host.account.clone();
        let machine = self.own_machine()?;
        let is_own = |name: &Name| name.text() == own.name;
        let declared = machine.users.iter().find(|user| is_own(&user.name)).and_then(|u| u.uid);
        let declared = declared
            .ok_or_else(|| Answer::unknown("the fleet does not say the account's number"))?;
        let words = format!("{} has number {} here, {declared} in the fleet", own.name, own.uid);
        Ok(Answer::is(if declared == own.uid { "same" } else { "differs" }, words))
    }

    /// `not-yours` or `yours`.
    pub(super) fn repository_owner(&mut self) -> Result<Answer> {
        let root = self.root.clone().ok_or_else(|| Answer::unknown("no fleet is known here"))?;
        let found = fs::metadata(root.join(".git"))
            .map_err(|e| Answer::unknown(format!("{}: {e}", root.join(".git").display())))?;
        let shown = self.host.short(&root);
        Ok(if found.uid() == self.host.account.uid {
            Answer::is("yours", format!("{shown} is yours; another account ran git"))
        } else {
            Answer::is("not-yours", format!("{shown} belongs to account {}", found.uid()))
        })
    }

    /// `differs` or `same`: of the home that the log says was expected.
    pub(super) fn home(&self, query: &Query) -> Answer {
        let Some(expected) = query.about("expected") else {
            return Answer::unknown("the log does not say what was expected");
        };
        let host = self.host;
        let own = [
            host.home.display().to_string(),
            host.account.name.clone(),
            host.account.uid.to_string(),
        ];
        let words = format!("you are {} with {} here", host.account.name, host.home.display());
        Answer::is(if own.iter().any(|own| own == expected) { "same" } else { "differs" }, words)
    }

    fn own_machine(&mut self) -> Result<&Machine> {
        let name = self.host.name.clone();
        let machine = self.fleet()?.machines.iter().find(|machine| machine.name == name);
        machine.ok_or_else(|| Answer::unknown(format!("{name} is no machine of this fleet")))
    }
}

/// Whether a module of `name` may be in the file: it is called so, or its folder is.
fn has_name(file: &Path, name: &str) -> bool {
    file.extension().is_some_and(|e| e == "nix")
        && file.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            part.strip_suffix(".nix").unwrap_or(&part) == name
        })
}
