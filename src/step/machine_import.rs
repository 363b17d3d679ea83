//! Adds a person to machines: the binding of their home beside a neighbour's whose shape is copied,
//! the account that it needs, and what else a machine says of each of its people.
//!
//! A machine that has no place for one more person is refused with the lines to paste; it is never
//! guessed at.

mod account;
mod aggregates;
mod drafts;
pub(super) mod home;
pub(super) mod home_file;
mod mirrored;
mod personal;
mod refusal;
mod uid;

pub(super) use aggregates::replaced as with_aggregates;
pub(super) use drafts::Drafts;

use super::{Context, clan_user};
use crate::fleet::slot::{Sibling, Slot, written_part};
use crate::fleet::{ACCOUNTS, Fleet, HOMES, Machine, Place};
use crate::nix::Part;
use crate::plan::{Needs, Plan, Remark, Step};
use crate::problem::Problem;
use crate::splice::nix as splice;

use drafts::How;

pub(super) fn step(cx: &Context, _: &Plan) -> Result<Option<Step>, Problem> {
    let mut drafts = Drafts::new(cx.fleet);
    let mut machines = Vec::new();
    for host in cx.person.integrated() {
        let machine = cx.fleet.machine(host).ok_or_else(|| refusal::unknown(cx, host))?;
        if !There::of(cx, machine).is_whole() {
            add(cx, machine, &mut drafts)?;
            machines.push(host.as_str());
        }
    }
    let (changes, by_hand) = drafts.made(cx)?;
    if changes.is_empty() {
        return Ok(None);
    }
    let (title, whose) = match cx.surroundings.for_oneself {
        true => ("Add you to machines".to_owned(), "your".to_owned()),
        false => (title(&cx.person.username), format!("{}'s", cx.person.username)),
    };
    let update = if machines.len() == 1 { "the machine's" } else { "each machine's" };
    Ok(Some(Step {
        id: "machine-import",
        title,
        why: format!("{}: {whose} home comes with {update} next update.", machines.join(", ")),
        needs: Needs::You,
        by_hand,
        changes,
        decided_by: Some("hosts"),
    }))
}

/// A title has room for 22 characters.
fn title(user: &str) -> String {
    let named = format!("Add {user} to machines");
    if named.chars().count() <= 22 { named } else { "Add them to machines".to_owned() }
}

/// What a machine has of the person already, in whichever file.
struct There {
    home: bool,
    account: bool,
}

impl There {
    fn of(cx: &Context, machine: &Machine) -> Self {
        let newcomer = cx.person.username.as_str();
        let home = cx.fleet.home_on(machine, newcomer).is_some();
        let managed = machine.binds(newcomer);
        Self {
            home: home
                || managed
                || clan_user::binds_home(cx, machine)
                || cx.fleet.is_pasted(machine, &HOMES, newcomer),
            // Whoever is bound without a binding of the machine's is bound, account and all, by a
            // service of the fleet.
            account: cx.fleet.has_account(machine, newcomer)
                || managed && !home
                || cx.fleet.is_pasted(machine, &ACCOUNTS, newcomer)
                || clan_user::makes_account(cx, machine),
        }
    }

    fn is_whole(&self) -> bool {
        self.home && self.account
    }
}

/// Plans what is missing of the person on one machine.
fn add(cx: &Context, machine: &Machine, drafts: &mut Drafts) -> Result<(), Problem> {
    if let Some(problem) = refusal::unread(cx, machine) {
        return Err(problem);
    }
    let there = There::of(cx, machine);
    let newcomer = cx.person.username.as_str();
    let wished = cx.neighbour().map(|neighbour| neighbour.name.as_str());
    match cx.fleet.slot(machine, newcomer, wished) {
        Ok(Slot::Import { import, like }) if !there.home => {
            personal::add(cx, machine, &import, &like, drafts)?;
            mirrored::add(cx, machine, &like.name, drafts);
            Ok(())
        }
        Ok(slot) => {
            if !there.account {
                account::add(cx, machine, &slot.like().name, drafts)?;
            }
            if !there.home {
                bind(cx, machine, &slot, drafts)?;
            }
            mirrored::add(cx, machine, &slot.like().name, drafts);
            Ok(())
        }
        // Their home is bound there by hand, in a way that nothing can be copied from, or it comes
        // by clan, and with it the neighbour's, whose account the machine may declare all the same.
        Err(_) if there.home => match clan_user::account_like(cx, machine) {
            Some(like) if !there.account => account::add(cx, machine, like, drafts),
            _ => Ok(()),
        },
        Err(closed) => Err(refusal::closed(cx, machine, &closed)),
    }
}

/// Plans the binding of the home.
fn bind(cx: &Context, machine: &Machine, slot: &Slot, drafts: &mut Drafts) -> Result<(), Problem> {
    let newcomer = cx.person.username.as_str();
    let like = slot.like();
    let refused = |why: &str| {
        let at = Place { file: like.file.clone(), line: like.line };
        refusal::of(cx, machine, &at, why)
    };
    if let Slot::Listed { file, list, .. } = slot {
        let home = home::listed(cx, machine, like).map_err(|why| refused(&why))?;
        drafts.append(file, *list, &account::quoted(newcomer));
        return home.map_or(Ok(()), |file| file.draft(cx, drafts));
    }
    let file = match slot {
        Slot::Own { file, .. } => file,
        _ => &like.file,
    };
    let home = home::like(cx, machine, like, file).map_err(|why| refused(&why))?;
    for part in &home.parts {
        let (file, at, names) = match slot {
            Slot::Own { .. } => {
                let names = ["home-manager", "users", newcomer].into_iter().map(str::to_owned);
                let names: Vec<String> = names.chain(part.below.iter().cloned()).collect();
                account::in_the_body(cx, machine, &names)?
            }
            _ => {
                let names = renamed(cx.fleet, like, newcomer, &part.below);
                let names = names.ok_or_else(|| refused("the binding was not found again"))?;
                (like.file.clone(), splice::Slot::After(home.last.unwrap_or(like.span)), names)
            }
        };
        // What stands ready in a comment is the whole of it.
        if drafts.bind(&file, at, names, part.value.clone(), &|_| true) == How::Ready {
            break;
        }
    }
    home.file.map_or(Ok(()), |file| file.draft(cx, drafts))
}

/// The names that a copy of the sibling's binding has.
fn renamed(fleet: &Fleet, like: &Sibling, newcomer: &str, below: &[String]) -> Option<Vec<String>> {
    let source = fleet.files.nix(&like.file)?;
    let binding = source.bindings().iter().find(|binding| binding.span == like.span)?;
    let part = written_part(binding, &HOMES)?;
    let before = binding.written().iter().take_while(|written| *written != part);
    let before = before.map(|part: &Part| part.text().to_owned());
    Some(before.chain([newcomer.to_owned()]).chain(below.iter().cloned()).collect())
}

/// What the machines leave to people.
pub(super) fn remarks(cx: &Context) -> Vec<Remark> {
    let machines = cx.person.integrated().filter_map(|host| cx.fleet.machine(host));
    let elsewhere = machines.filter(|machine| has_accounts_elsewhere(cx, machine));
    elsewhere.map(|machine| account_elsewhere(cx, machine)).collect()
}

/// Whether the accounts of a machine are not in its text, so that nothing here adds one.
fn has_accounts_elsewhere(cx: &Context, machine: &Machine) -> bool {
    let wished = cx.neighbour().map(|neighbour| neighbour.name.as_str());
    let slot = cx.fleet.slot(machine, &cx.person.username, wished);
    let there = There::of(cx, machine);
    let declared = |slot: Slot| cx.fleet.has_account(machine, &slot.like().name);
    !there.home && !there.account && slot.is_ok_and(|slot| !declared(slot))
}

/// An account that no file of the plan declares.
fn account_elsewhere(cx: &Context, machine: &Machine) -> Remark {
    let (user, name) = (&cx.person.username, &machine.name);
    Remark {
        warns: false,
        text: format!(
            "{name} declares its accounts elsewhere. Whoever looks after it adds one for {user}, or {name} cannot be built."
        ),
        places: Vec::new(),
    }
}
