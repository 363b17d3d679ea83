//! Facts of the whole fleet that decide how a new module is written.

use crate::nix::{AttrPath, Pattern};

use super::scope::{exported_module, is_declaration, naming};
use super::{Fleet, Place};

/// 2025-11-01: from about then on, home-manager names git identity
/// `programs.git.settings.user` (release 25.11) and warns about `userName`.
const SETTINGS_SINCE: u64 = 1_761_955_200;

/// How a home module says who commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitIdentity {
    /// `programs.git.settings.user.{name,email}`
    Settings,
    /// `programs.git.{userName,userEmail}`
    UserName,
}

/// What brings sops-nix into homes, so that `sops.…` is an option there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SopsBase {
    /// This aggregate imports it: a person needs it among theirs.
    Aggregate(String),
    /// Every home has it, by what stands here.
    Shared(Place),
}

impl Fleet {
    /// How the people of the fleet say who commits; without any, by the age of home-manager.
    pub fn git_identity(&self) -> GitIdentity {
        let uses = |pattern: &str| {
            let pattern = Pattern::new(pattern);
            naming(&self.files, &["git"])
                .filter(|found| found.binding.path.contains(&pattern))
                .count()
        };
        let (new, old) = (uses("programs.git.settings.user"), uses("programs.git.userName"));
        match self.lock.home_manager_date {
            _ if new + old > 0 => {
                if new >= old {
                    GitIdentity::Settings
                } else {
                    GitIdentity::UserName
                }
            }
            Some(date) if date < SETTINGS_SINCE => GitIdentity::UserName,
            _ => GitIdentity::Settings,
        }
    }

    /// What brings sops-nix in; `None`: nothing that can be seen.
    pub fn sops_base(&self) -> Option<SopsBase> {
        let mut shared = None;
        for (file, source) in self.files.sources() {
            for list in source.lists() {
                let Some(item) = list
                    .items
                    .iter()
                    .find(|i| i.reference.as_ref().is_some_and(|names| is_sops_home_module(names)))
                else {
                    continue;
                };
                if let Some(name) = aggregate_of(&list.path) {
                    return Some(SopsBase::Aggregate(name.to_owned()));
                }
                let place = Place { file: file.to_owned(), line: item.line };
                shared.get_or_insert(SopsBase::Shared(place));
            }
        }
        shared.or_else(|| self.sops_options())
    }

    /// A fleet may declare `sops` options of its own.
    fn sops_options(&self) -> Option<SopsBase> {
        let mut found = naming(&self.files, &["sops"]);
        let found =
            found.find(|found| found.binding.path.index_of(&["options", "sops"]).is_some())?;
        Some(match aggregate_of(&found.binding.path) {
            Some(name) => SopsBase::Aggregate(name.to_owned()),
            None => SopsBase::Shared(found.place()),
        })
    }
}

fn aggregate_of(path: &AttrPath) -> Option<&str> {
    let (_, name) = exported_module(path)?;
    (!name.contains('/') && !is_declaration(&AttrPath::new(&path.parts()[..1]))).then_some(name)
}

/// `inputs.sops-nix.homeManagerModules.sops` and its newer spellings.
fn is_sops_home_module(names: &[String]) -> bool {
    names.iter().any(|name| name == "sops-nix")
        && names.iter().any(|name| {
            matches!(name.as_str(), "homeManagerModules" | "homeManagerModule" | "homeModules")
        })
}
