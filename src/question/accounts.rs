//! What account somebody gets on each machine. Copied from a neighbour as far as it makes somebody
//! a person; rights are never suggested.

mod change;
mod check;
mod suggested;

use super::{Ask, Context, Question, Reply};
use crate::answers::{self, ALL, Account, Answers, Mode};
use crate::fleet::{Machine, MachineUser, Place, Platform};
use crate::problem::Problem;

pub use change::{AccountField, in_mode, same_for_all, with_field};

pub(super) struct Accounts;

/// The account on one machine as it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    pub machine: String,
    pub platform: Platform,
    pub mode: Mode,
    /// What was answered, else what is suggested, else what the machine has.
    pub groups: Vec<String>,
    pub uid: Option<u32>,
    pub shell: Option<String>,
    /// The account is on the machine already.
    pub there: bool,
    /// What makes it, and whose it is modelled on.
    pub account: String,
    /// The file and the line of that.
    pub place: String,
    /// What the groups allow or leave out.
    pub rights: String,
    /// Where the number comes from.
    pub uid_from: String,
    /// Where the shell comes from.
    pub shell_from: String,
    /// The command that updates the machine.
    pub deploy: String,
    /// What is to be known of that command.
    pub reach: String,
}

impl Question for Accounts {
    fn id(&self) -> &'static str {
        "accounts"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if cx.subject.is_oneself() {
            return Ask::Skip {
                because: "Groups and numbers of accounts are for whoever looks after a machine."
                    .to_owned(),
            };
        }
        let rows: Vec<AccountRow> = chosen(cx).map(|machine| account_on(cx, machine)).collect();
        if rows.is_empty() {
            return Ask::Skip { because: "No machine is chosen.".to_owned() };
        }
        Ask::Accounts {
            label: format!("Which account does {} get?", cx.username()),
            note: note(&rows),
            help: "What makes somebody a person is copied from somebody who is on the machine. \
                   Rights are not: the group wheel, which may become root, is only given where \
                   you write it."
                .to_owned(),
            rows,
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let given = match reply {
            Reply::Suggested => cx.answers.accounts.clone().unwrap_or_default(),
            Reply::Accounts(accounts) => accounts,
            _ => return Err(Problem::user("Please say it machine by machine.")),
        };
        check::machines(cx, &given)?;
        let of_all = given.get(ALL).cloned().unwrap_or_default();
        let mut accounts = answers::Accounts::new();
        for machine in chosen(cx) {
            let own = given.get(&machine.name).cloned().unwrap_or_default();
            let said = own.or(on_platform(of_all.clone(), machine));
            check::account(cx, machine, &said)?;
            let account = said.or(suggested::account(cx, machine));
            if account != Account::default() {
                accounts.insert(machine.name.clone(), account);
            }
        }
        check::one_system(cx, &accounts)?;
        Ok(Answers { accounts: Some(accounts), ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.accounts.clone().map(Reply::Accounts)
    }

    fn carried(&self, cx: &Context, reply: Reply) -> Reply {
        let Reply::Accounts(mut accounts) = reply else { return reply };
        let hosts = cx.answers.hosts.as_deref().unwrap_or_default();
        accounts.retain(|machine, _| machine == ALL || hosts.contains(machine));
        Reply::Accounts(accounts)
    }

    fn told(&self, answers: &Answers) -> String {
        let accounts = answers.accounts.iter().flatten();
        let words = accounts.filter_map(|(machine, account)| {
            let words = words(account);
            (!words.is_empty()).then(|| format!("{machine}: {}", words.join(", ")))
        });
        match words.collect::<Vec<_>>().join("; ") {
            words if words.is_empty() => "as the neighbours there".to_owned(),
            words => words,
        }
    }

    fn example(&self) -> &'static str {
        "accounts:                         # for somebody else; left out: as a neighbour's, without rights\n  \
           blackphos: { shell: zsh }       # also mode, groups, uid; `all` speaks of every chosen machine"
    }
}

fn words(account: &Account) -> Vec<String> {
    let mode = account.mode.map(|mode| match mode {
        Mode::Standalone => "standalone".to_owned(),
        Mode::Integrated => "integrated".to_owned(),
    });
    let groups = account.groups.as_deref().map(|groups| match groups {
        [] => "no groups".to_owned(),
        groups => format!("groups {}", groups.join(" ")),
    });
    let uid = account.uid.map(|uid| format!("uid {uid}"));
    let shell = account.shell.as_deref().map(|shell| format!("shell {shell}"));
    [mode, groups, uid, shell].into_iter().flatten().collect()
}

fn chosen<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Machine> + use<'a> {
    let fleet = cx.fleet;
    cx.answers.hosts.iter().flatten().filter_map(|name| fleet.machine(name))
}

/// What is said of every machine, as far as such a machine can have it.
fn on_platform(account: Account, machine: &Machine) -> Account {
    match machine.platform {
        Platform::Darwin => Account { groups: None, ..account },
        Platform::Nixos => account,
    }
}

/// The account on a machine, chosen or not, as it would be.
pub fn account_on(cx: &Context, machine: &Machine) -> AccountRow {
    let answered = cx.answers.accounts.as_ref().and_then(|all| all.get(&machine.name)).cloned();
    let hint = suggested::account(cx, machine);
    let account = answered.clone().unwrap_or_default().or(hint.clone());
    let there = suggested::theirs(cx, machine);
    let like = suggested::neighbour(cx, machine);
    let groups = match (account.groups, there) {
        (Some(groups), _) => groups,
        (None, Some(there)) => there.groups.clone(),
        (None, None) => Vec::new(),
    };
    let shell_from = match (&account.shell, like) {
        (None, Some(like)) if like.shell.is_some() => format!("as {}'s", like.name.text()),
        _ => String::new(),
    };
    let uid = account.uid.or(there.and_then(|there| there.uid));
    let closed = cx.found.closed_machines.get(&machine.name);
    AccountRow {
        machine: machine.name.clone(),
        platform: machine.platform,
        mode: account.mode.or(cx.answers.mode).unwrap_or(Mode::Integrated),
        rights: suggested::rights(machine, &groups, like),
        uid_from: match uid.is_some() && uid == hint.uid && there.is_none() {
            true => suggested::uid_from(cx, machine),
            false => String::new(),
        },
        uid,
        groups,
        shell: account.shell.or_else(|| like?.shell.clone()),
        shell_from,
        there: there.is_some(),
        account: match closed {
            Some(why) => why.clone(),
            None => made(cx, machine, there, like),
        },
        place: place(there.or(like).map_or(&machine.at, |user| &user.at)),
        deploy: match &machine.deploy {
            Some(_) => machine.update_command("."),
            None => "the fleet does not say how".to_owned(),
        },
        reach: match (machine.name == cx.host.name, &machine.admin) {
            (true, _) => "this machine".to_owned(),
            (false, Some(admin)) => format!("by {admin}; not tried yet"),
            (false, None) => "not tried yet".to_owned(),
        },
    }
}

/// What makes the account.
fn made(
    cx: &Context,
    machine: &Machine,
    there: Option<&MachineUser>,
    like: Option<&MachineUser>,
) -> String {
    let clan = &cx.fleet.clan;
    let name = cx.username();
    let instance = like.and_then(|like| clan.gives(like.name.text(), &machine.name));
    match (there, instance, like) {
        (Some(user), ..) if user.managed => "there already".to_owned(),
        (Some(_), ..) => "there already, without a home".to_owned(),
        (None, Some(instance), _) => match clan.instances_of(name).next() {
            Some(theirs) => format!("one machine more for the clan instance {}", theirs.name),
            None => {
                let theirs = instance.name.replace(&instance.user, name);
                format!("clan instance {theirs}, as {} is", instance.name)
            }
        },
        (None, None, Some(like)) => format!("beside {}'s", like.name.text()),
        (None, None, None) => "the first one there".to_owned(),
    }
}

fn place(at: &Place) -> String {
    format!("{}:{}", at.file.display(), at.line)
}

fn note(rows: &[AccountRow]) -> String {
    match rows.iter().filter(|row| row.there).count() {
        0 => String::new(),
        n if n == rows.len() => "They are there already.".to_owned(),
        n => format!("{n} of {} are there already.", rows.len()),
    }
}

#[cfg(test)]
mod tests;
