//! What an administrator decides about somebody's account on one machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Mode;

/// One machine's account, as far as it was decided. `None`: as the neighbour there has it, which
/// for rights means none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// Who puts the home in place on this machine; `None`: as the person's other machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Supplementary groups, such as `networkmanager`; `wheel` is sudo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// The attribute of `pkgs` that is the login shell, such as `zsh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shell: Option<String>,
}

/// Accounts by machine. A machine without an entry has [`Account::default`].
pub type Accounts = BTreeMap<String, Account>;

/// The entry of an answers file that speaks of every chosen machine.
pub const ALL: &str = "all";

impl Account {
    /// Where this says nothing, what `other` says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            mode: self.mode.or(other.mode),
            groups: self.groups.or(other.groups),
            uid: self.uid.or(other.uid),
            shell: self.shell.or(other.shell),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_one_machine_comes_before_what_is_said_of_all() {
        let one = Account { uid: Some(1001), ..Account::default() };
        let all = Account { uid: Some(1002), shell: Some("zsh".into()), ..Account::default() };
        let both = one.or(all);
        assert_eq!((both.uid, both.shell.as_deref()), (Some(1001), Some("zsh")));
    }
}
