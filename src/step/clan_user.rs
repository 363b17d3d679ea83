//! Gives the person an account on machines whose people clan looks after: an instance of its
//! `users` service beside the neighbour's, or a further machine for one that they have.
//!
//! Rights are never copied: neither groups nor keys nor passwords of a neighbour. What comes out is
//! read again as the fleet reader reads it, and used only if it says what was meant.

mod copy;
mod join;
mod listing;
mod place;
mod refusal;
mod rewrite;
mod template;
mod wish;

use std::collections::BTreeSet;
use std::path::Path;

use super::Context;
use super::neighbour::uses;
use crate::counted::listed;
use crate::fleet::{Clan, Machine, MachineUser, NoMachines, Platform, UsersInstance};
use crate::nix::{Binding, Pattern, Source};
use crate::plan::{Change, Needs, Plan, Remark, Step};
use crate::problem::Problem;
use crate::question::nearest;

use wish::Wish;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let hosts = hosts(cx);
    let missing: Vec<&str> =
        hosts.iter().copied().filter(|host| clan(cx).gives(user(cx), host).is_none()).collect();
    let (changes, why) = match own(cx, &missing) {
        _ if hosts.is_empty() => return Ok(None),
        Some(instance) => {
            let why = match &missing[..] {
                [] => format!("{} gets the home, too.", instance.name),
                missing => format!("{} for {} gets {}.", instance.name, user(cx), listed(missing)),
            };
            match join::completed(cx, plan, instance, &missing)? {
                Some(change) => (vec![change], why),
                None => return Ok(None),
            }
        }
        None => {
            let wish = Wish::of(cx, &hosts);
            if let Some(what) = wish.torn(cx) {
                return Err(refusal::torn(cx, &wish, &what));
            }
            place::new_instance(cx, plan, &wish)?
        }
    };
    let by_hand = |change: &Change| {
        let verb = if matches!(change, Change::Create { .. }) { "write" } else { "edit" };
        let file = change.path()?.strip_prefix(&cx.fleet.root).ok()?;
        Some(format!("{verb} {}", cx.shown(file)))
    };
    Ok(Some(Step {
        id: "clan-user",
        title: "Add clan account".to_owned(),
        why,
        needs: Needs::You,
        by_hand: changes.iter().filter_map(by_hand).collect(),
        changes,
        decided_by: Some("hosts"),
    }))
}

/// Accounts that clan makes for the person: on their NixOS machines among [`hosts`].
pub(super) fn accounts<'a>(cx: &Context<'a>) -> Vec<Made<'a>> {
    let own = own(cx, &[]);
    let prompt = match (own, model(cx)) {
        (Some(instance), _) => instance.prompt,
        (None, Some(model)) => model.prompt,
        (None, None) => false,
    };
    let nixos = hosts(cx).into_iter().filter(|host| wish::on_nixos(cx, host));
    let made = |host| Made { host, is_new: clan(cx).gives(user(cx), host).is_none(), prompt };
    nixos.map(made).collect()
}

/// An account that clan makes on one machine.
pub(super) struct Made<'a> {
    pub(super) host: &'a str,
    /// Whether this plan gives it.
    pub(super) is_new: bool,
    /// Whether clan asks for its password.
    pub(super) prompt: bool,
}

/// Whether clan keeps the keys of people like the newcomer: the neighbour's, as a rule.
pub(super) fn keeps_keys(cx: &Context) -> bool {
    let people = &clan(cx).people;
    !hosts(cx).is_empty()
        && !people.iter().any(|name| name == user(cx))
        && model(cx).is_some_and(|model| people.contains(&model.user))
}

/// Machines of the person that get their people by clan, in the order of the answers.
pub(super) fn hosts<'a>(cx: &Context<'a>) -> Vec<&'a str> {
    cx.person.integrated().map(String::as_str).filter(|host| is_by_clan(cx, host)).collect()
}

/// Whether clan makes the person's account on this machine. Its service has no part for Macs
/// (clanServices/users/default.nix has a `nixosModule` only), where it brings `extraModules` alone.
pub(super) fn makes_account(cx: &Context, machine: &Machine) -> bool {
    machine.platform == Platform::Nixos && hosts(cx).contains(&machine.name.as_str())
}

/// Whether the person's home comes with their instance on this machine, so that nothing else may
/// bind it.
pub(super) fn binds_home(cx: &Context, machine: &Machine) -> bool {
    let name = machine.name.as_str();
    if !hosts(cx).contains(&name) {
        return false;
    }
    match clan(cx).gives(user(cx), name).or_else(|| own(cx, &[name])) {
        // What an expression makes is refused with the rest of it, in the step that edits instances.
        Some(instance) => instance.managed || instance.computed || join::lacks_home(cx, instance),
        None => match model(cx) {
            Some(model) => model.managed,
            None => template::has_home(cx),
        },
    }
}

/// Whose account in the machine's own text a newcomer's is like, where the homes come by clan.
pub(super) fn account_like<'a>(cx: &Context<'a>, machine: &Machine) -> Option<&'a str> {
    let here = others(cx).filter(|instance| instance.applies_to(&machine.name));
    let mut names: Vec<&str> = here.map(|instance| instance.user.as_str()).collect();
    names.sort_by_key(|name| model(cx).is_none_or(|model| model.user != **name));
    names.into_iter().find(|name| !cx.fleet.account_on(machine, name).is_empty())
}

/// Things about the clan that the plan leaves to people.
pub(super) fn remarks(cx: &Context) -> Vec<Remark> {
    clan(cx).instances_of(user(cx)).flat_map(|instance| remarks_on(cx, instance)).collect()
}

fn remarks_on(cx: &Context, instance: &UsersInstance) -> Vec<Remark> {
    let clan = clan(cx);
    let near = |name: &str, known: Vec<&str>| match nearest(name, known) {
        Some(near) => format!(" Did you mean {near}?"),
        None => String::new(),
    };
    let mut texts = Vec::new();
    for tag in &instance.tags {
        match clan.tagged(tag) {
            Ok(_) => {}
            Err(NoMachines::Computed) => texts.push(format!(
                "Which machines have the tag {tag} is computed, so it may stand for more than are \
                 shown."
            )),
            Err(NoMachines::Unused | NoMachines::Unknown) => texts.push(format!(
                "No machine of the clan has the tag {tag}, so nothing comes of it.{}",
                near(tag, clan.used_tags().collect())
            )),
        }
    }
    for machine in instance.named.iter().filter(|name| clan.machine(name).is_none()) {
        let known = clan.machines.iter().map(|machine| machine.name.as_str()).collect();
        texts.push(format!(
            "{machine} is no machine of the clan, so clan cannot evaluate this.{}",
            near(machine, known)
        ));
    }
    let hosts = hosts(cx);
    let joins = |host: &&str| own(cx, &[host]).is_some_and(|own| own.name == instance.name);
    let joined = hosts.into_iter().filter(|host| clan.gives(user(cx), host).is_none());
    texts.extend(joined.filter(joins).flat_map(|host| comes_along(cx, instance, host)));
    let place =
        (format!("{}:{}", instance.at.file.display(), instance.at.line), instance.name.clone());
    let remark = |text| Remark { warns: false, text, places: vec![place.clone()] };
    texts.into_iter().map(remark).collect()
}

/// What the person's instance says of all of its machines holds on one that joins them.
fn comes_along(cx: &Context, instance: &UsersInstance, host: &str) -> Vec<String> {
    if !wish::on_nixos(cx, host) {
        return Vec::new();
    }
    let (user, name) = (user(cx), &instance.name);
    let decided = cx.person.account(host);
    let mut texts = Vec::new();
    let is_decided = |group: &&String| decided.groups.iter().flatten().any(|known| known == *group);
    let further: Vec<&str> =
        instance.groups.iter().filter(|group| !is_decided(group)).map(String::as_str).collect();
    if !further.is_empty() {
        texts.push(format!(
            "{name} puts {user} in {} on all of its machines, and so on {host}.",
            listed(&further)
        ));
    }
    if let Some(uid) = decided.uid.filter(|uid| !says_uid(cx, instance, *uid)) {
        texts.push(format!(
            "{name} does not say uid {uid}: what it says holds on all of its machines. {host} gives {user} a number of its own."
        ));
    }
    texts
}

fn says_uid(cx: &Context, instance: &UsersInstance, uid: u32) -> bool {
    let Some(source) = cx.fleet.files.nix(&instance.at.file) else { return false };
    let own = bindings_of(source, &instance.name);
    let pattern = Pattern::exact(&["users", "users", user(cx), "uid"]);
    let inside = |b: &&Binding| own.iter().any(|own| own.span.contains(b.span));
    let mut uids = source.bindings().iter().filter(inside).filter(|b| b.path.ends_with(&pattern));
    uids.any(|b| source.literal(b.value).and_then(|value| value.int()) == Some(uid.into()))
}

fn clan<'a>(cx: &Context<'a>) -> &'a Clan {
    &cx.fleet.clan
}

fn user<'a>(cx: &Context<'a>) -> &'a str {
    &cx.person.username
}

fn is_by_clan(cx: &Context, host: &str) -> bool {
    let Some(machine) = clan(cx).machine(host) else { return false };
    if clan(cx).gives(user(cx), host).is_some() {
        return true;
    }
    let bound = cx.fleet.machine(host).map_or(&[][..], |machine| &machine.users);
    let by_itself = |name: &str| !clan(cx).instances_of(name).any(|i| i.applies_to(host));
    // An account on a Mac is in its own file in any case; only a home says that clan has no part.
    let by_hand = |u: &MachineUser| u.managed || machine.class == Platform::Nixos;
    if bound.iter().any(|u| u.name.text() == user(cx) && by_hand(u)) {
        return false;
    }
    if others(cx).any(|instance| instance.applies_to(host)) {
        return true;
    }
    // Nobody is there yet, so that nobody shows another way.
    let nobody = !bound.iter().any(|user| by_itself(user.name.text()));
    let has_people = !clan(cx).instances.is_empty() || !clan(cx).computed.is_empty();
    nobody && machine.class == Platform::Nixos && has_people
}

/// Instances of other people; root is nobody's neighbour, and what cannot be read no model.
fn others<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a UsersInstance> {
    let newcomer = user(cx);
    let instances = clan(cx).instances.iter().filter(|instance| !instance.computed);
    instances.filter(move |i| i.user != newcomer && i.user != "root")
}

/// The person's own instance that `missing` would join: one that has such a machine prepared, else
/// the first.
fn own<'a>(cx: &Context<'a>, missing: &[&str]) -> Option<&'a UsersInstance> {
    let prepared =
        |i: &&UsersInstance| missing.iter().any(|host| i.prepared.contains(&(*host).to_owned()));
    let own = || clan(cx).instances_of(user(cx));
    own().find(prepared).or_else(|| own().next())
}

/// The instance that a newcomer's is modelled on: of those on most of the same machines the
/// neighbour's, else one with a home, and rather of somebody without rights.
fn model<'a>(cx: &Context<'a>) -> Option<&'a UsersInstance> {
    let wished = cx.neighbour().map(|user| user.name.as_str());
    let hosts = hosts(cx);
    others(cx).min_by_key(|instance| {
        let shared = hosts.iter().filter(|host| instance.applies_to(host)).count();
        let is_neighbours = Some(instance.user.as_str()) == wished;
        (std::cmp::Reverse(shared), !is_neighbours, !instance.managed, instance.admin)
    })
}

/// The text of a file of the fleet as the steps before leave it.
fn text_of(cx: &Context, plan: &Plan, file: &Path) -> Option<String> {
    let there = || cx.fleet.files.nix(file).map(Source::text);
    cx.edited(file, plan).or_else(there).map(str::to_owned)
}

/// The bindings that are the instance `name`: more than one where it is spelled out line by line.
fn bindings_of<'s>(source: &'s Source, name: &str) -> Vec<&'s Binding> {
    let path = ["inventory", "instances", name];
    let writes_it = |binding: &&Binding| {
        let parts = binding.path.parts().len();
        binding.path.index_of(&path).is_some_and(|at| at + path.len() > parts - binding.own)
    };
    source.bindings().iter().filter(writes_it).collect()
}

/// What flake modules are given, and code of one file may use where another file does not ask for it.
const GIVEN: [&str; 5] = ["inputs", "self", "config", "lib", "withSystem"];

/// Whether `code` can stand in `text`: it uses nothing that only another file asks for.
fn fits_into(text: &str, code: &str) -> Result<(), String> {
    match GIVEN.into_iter().find(|name| uses(code, name) && !uses(text, name)) {
        Some(name) => Err(format!("its modules are not given `{name}`")),
        None => Ok(()),
    }
}

/// Whether two lists name the same, in whatever order.
fn same(one: &[String], other: &[String]) -> bool {
    BTreeSet::from_iter(one) == BTreeSet::from_iter(other)
}

#[cfg(test)]
mod tests;
