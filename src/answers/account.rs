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
