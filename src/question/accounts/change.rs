//! One account changed, or made like another: the replies that front ends give for it.

use super::super::{Context, Reply};
use super::{AccountRow, account_on};
use crate::answers::{ALL, Account, Mode};
use crate::fleet::Platform;
use crate::problem::Problem;

/// What of an account is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountField {
    Groups,
    Uid,
    Shell,
}

impl AccountField {
    pub const EACH: [Self; 3] = [Self::Groups, Self::Uid, Self::Shell];

    pub fn label(self) -> &'static str {
        match self {
            Self::Groups => "Groups",
            Self::Uid => "Number",
            Self::Shell => "Shell",
        }
    }

    /// What it means, and what can be written.
    pub fn help(self) -> &'static str {
        match self {
            Self::Groups => "Names with a blank between them, or none. wheel may become root.",
            Self::Uid => "The number of the account (uid); leave it empty for the machine's own.",
            Self::Shell => "A package, such as zsh; leave it empty for what the neighbour has.",
        }
    }

    /// What stands in it.
    pub fn text(self, row: &AccountRow) -> String {
        match self {
            Self::Groups if row.groups.is_empty() => "none".to_owned(),
            Self::Groups => row.groups.join(" "),
            Self::Uid => row.uid.map(|uid| uid.to_string()).unwrap_or_default(),
            Self::Shell => row.shell.clone().unwrap_or_default(),
        }
    }

    /// Where that comes from.
    pub fn origin(self, row: &AccountRow) -> &str {
        match self {
            Self::Groups => &row.rights,
            Self::Uid => &row.uid_from,
            Self::Shell => &row.shell_from,
        }
    }
}

/// The reply that sets one field on one machine. Empty text: what is suggested.
///
/// # Errors
/// The text is no number.
pub fn with_field(
    cx: &Context,
    machine: &str,
    field: AccountField,
    text: &str,
) -> Result<Reply, Problem> {
    let text = text.trim();
    let mut account = said(cx, machine);
    match field {
        AccountField::Groups => {
            let words = text.split([' ', ',', ';']).filter(|word| !word.is_empty());
            let groups = words.filter(|word| *word != "none").map(str::to_owned).collect();
            account.groups = (!text.is_empty()).then_some(groups);
        }
        AccountField::Uid => {
            let number = text.parse().map_err(|_| {
                Problem::user("The number of an account is made of digits, such as 1001.")
            });
            account.uid = if text.is_empty() { None } else { Some(number?) };
        }
        AccountField::Shell => account.shell = (!text.is_empty()).then(|| text.to_owned()),
    }
    Ok(with(cx, machine, account))
}

/// The reply that sets who puts the home in place on one machine.
pub fn in_mode(cx: &Context, machine: &str, mode: Mode) -> Reply {
    with(cx, machine, Account { mode: Some(mode), ..said(cx, machine) })
}

/// The reply that makes every account as that on `machine` is; numbers stay each machine's own.
pub fn same_for_all(cx: &Context, machine: &str) -> Reply {
    let Some(machine) = cx.fleet.machine(machine) else { return Reply::Suggested };
    let row = account_on(cx, machine);
    // A Mac says nothing of groups, so that others keep theirs.
    let groups = (row.platform == Platform::Nixos).then_some(row.groups);
    let kept = |host: &String| {
        let own = said(cx, host);
        let groups = own.groups.filter(|_| groups.is_none());
        (host.clone(), Account { uid: own.uid, groups, ..Account::default() })
    };
    let own: Vec<_> = cx.answers.hosts.iter().flatten().map(kept).collect();
    let of_all = Account { mode: Some(row.mode), groups, uid: None, shell: row.shell };
    Reply::Accounts(own.into_iter().chain([(ALL.to_owned(), of_all)]).collect())
}

fn said(cx: &Context, machine: &str) -> Account {
    let known = cx.answers.accounts.as_ref().and_then(|accounts| accounts.get(machine));
    known.cloned().unwrap_or_default()
}

fn with(cx: &Context, machine: &str, account: Account) -> Reply {
    let mut accounts = cx.answers.accounts.clone().unwrap_or_default();
    accounts.insert(machine.to_owned(), account);
    Reply::Accounts(accounts)
}

#[cfg(test)]
mod tests {
    use super::super::super::Question as _;
    use super::super::tests::{example, on};
    use super::super::*;
    use super::*;

    #[test]
    fn one_field_of_one_machine_changes_alone() {
        let mut example = example();
        let typed = |example: &super::super::super::example::Example, field, text: &str| {
            let reply = with_field(&example.cx(), "cinnabar", field, text).unwrap();
            Accounts.accept(&example.cx(), reply).unwrap()
        };
        example.answers = typed(&example, AccountField::Groups, "audio, video");
        example.answers = typed(&example, AccountField::Shell, "fish");
        let account = example.answers.accounts.as_ref().unwrap()["cinnabar"].clone();
        assert_eq!(account.groups.unwrap(), ["audio", "video"]);
        assert_eq!(account.shell.as_deref(), Some("fish"));
        example.answers = typed(&example, AccountField::Groups, "none");
        assert_eq!(example.answers.accounts.as_ref().unwrap()["cinnabar"].groups, Some(vec![]));
        // Emptied, it is what is suggested again.
        example.answers = typed(&example, AccountField::Groups, "");
        let groups = &example.answers.accounts.as_ref().unwrap()["cinnabar"].groups;
        assert_eq!(groups.as_deref(), Some(&["networkmanager".to_owned()][..]));
        assert!(with_field(&example.cx(), "cinnabar", AccountField::Uid, "many").is_err());
    }

    #[test]
    fn the_same_for_all_leaves_each_machine_its_numbers() {
        let mut example = example();
        on(&mut example, "blackphos").uid = Some(501);
        let reply = with_field(&example.cx(), "cinnabar", AccountField::Shell, "fish").unwrap();
        example.answers = Accounts.accept(&example.cx(), reply).unwrap();
        let same = same_for_all(&example.cx(), "cinnabar");
        let accounts = Accounts.accept(&example.cx(), same).unwrap().accounts.unwrap();
        assert_eq!(accounts["blackphos"].shell.as_deref(), Some("fish"));
        assert_eq!((accounts["blackphos"].uid, accounts["cinnabar"].uid), (Some(502), None));
        assert_eq!(accounts["blackphos"].groups, None);
        let from_a_mac = same_for_all(&example.cx(), "blackphos");
        let accounts = Accounts.accept(&example.cx(), from_a_mac).unwrap().accounts.unwrap();
        assert_eq!(accounts["cinnabar"].groups.as_ref().map(Vec::len), Some(1));
    }
}
