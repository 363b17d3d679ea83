//! `accounts:` what an administrator decides on each machine.

use super::fields::MODES;
use super::{Source, shown};
use crate::answers::{Account, Accounts};
use crate::problem::Problem;
use crate::question::nearest;
use crate::splice::yaml::{Entry, Node};

const KEYS: [&str; 4] = ["mode", "groups", "uid", "shell"];

impl Source<'_> {
    pub(super) fn accounts(self, value: &Node) -> Result<Accounts, Problem> {
        self.refuse_alias(value)?;
        let entries = value.entries().ok_or_else(|| {
            self.wrong(value.line, "`accounts` has one line a machine: its name, then what it has")
                .hint("such as `quartz: { groups: [networkmanager], shell: zsh }`")
        })?;
        let mut accounts = Accounts::new();
        for entry in entries {
            let machine = self.text("accounts", &entry.key)?;
            let account = self.account(&machine, &entry.value)?;
            if accounts.insert(machine.clone(), account).is_some() {
                let what = format!("the machine `{}` is there twice", shown(&machine));
                return Err(self.wrong(entry.key.line, &what));
            }
        }
        Ok(accounts)
    }

    fn account(self, machine: &str, value: &Node) -> Result<Account, Problem> {
        self.refuse_alias(value)?;
        let entries = value.entries().ok_or_else(|| {
            let what = format!("the account on `{}` is made of `key: value`", shown(machine));
            self.wrong(value.line, &what).hint("such as `{ groups: [networkmanager], shell: zsh }`")
        })?;
        let mut account = Account::default();
        let mut seen: Vec<&str> = Vec::new();
        for entry in entries {
            let key = self.account_key(machine, entry)?;
            if seen.contains(&key) {
                return Err(self.wrong(entry.key.line, &format!("`{key}` is there twice")));
            }
            seen.push(key);
            match key {
                "mode" => account.mode = Some(self.word(key, &entry.value, &MODES)?),
                "groups" => account.groups = Some(self.list(key, &entry.value)?),
                "uid" => account.uid = Some(self.number(key, &entry.value)?),
                _ => account.shell = Some(self.text(key, &entry.value)?),
            }
        }
        Ok(account)
    }

    fn account_key(self, machine: &str, entry: &Entry) -> Result<&'static str, Problem> {
        let key = entry.key.scalar().unwrap_or_default();
        KEYS.into_iter().find(|known| *known == key).ok_or_else(|| {
            let what =
                format!("the account on `{}` has a key that is unknown here", shown(machine));
            let problem = self.wrong(entry.key.line, &what);
            match nearest(key, KEYS) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("there are `{}`", KEYS.join("`, `"))),
            }
        })
    }

    fn number(self, key: &str, value: &Node) -> Result<u32, Problem> {
        let text = self.text(key, value)?;
        text.parse().map_err(|_| self.wrong(value.line, &format!("`{key}` is a number")))
    }
}
