//! One newcomer on one machine of each shape, by themselves and as an administrator decides.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use doorstep::answers::{Account, Answers, KeyChoice, Mode};
use doorstep::front::preview::Preview;
use doorstep::host::Os;
use doorstep::plan::{Change, Plan, Step};
use doorstep::question::Subject;
use serde_json::{Value, json};

use crate::evaluated;
use crate::world::{Seat, World, picture};

/// A machine of a fixture fleet.
#[derive(Clone, Copy)]
pub(crate) struct At {
    fleet: &'static str,
    machine: &'static str,
    os: Os,
}

pub(crate) const fn mac(fleet: &'static str, machine: &'static str) -> At {
    At { fleet, machine, os: Os::Darwin }
}

pub(crate) const fn linux(fleet: &'static str, machine: &'static str) -> At {
    At { fleet, machine, os: Os::Linux }
}

pub(crate) fn world(user: &'static str, at: At, change: impl FnOnce(&Path)) -> World {
    // An administrator somewhere else: nobody's real account decides anything here.
    let seat = Seat { user: "admin", machine: "elsewhere", os: at.os, arch: "x86_64" };
    let mut world = World::changed(at.fleet, seat, change);
    world.subject = Subject::Somebody(Some(user.to_owned()));
    world
}

pub(crate) fn answers(machines: &[&str]) -> Answers {
    Answers {
        name: Some("Zoe Ito".to_owned()),
        email: Some("zoe@example.com".to_owned()),
        ssh_keys: Some(vec![SSH_KEY.to_owned()]),
        mode: Some(Mode::Integrated),
        hosts: Some(machines.iter().map(|machine| (*machine).to_owned()).collect()),
        aggregates: Some(Vec::new()),
        key: Some(KeyChoice::Public(RECIPIENT.to_owned())),
        secrets: Some(Vec::new()),
        readers: Some(Vec::new()),
        ..Answers::default()
    }
}

/// Nobody's.
const RECIPIENT: &str = "age1ky3ysks3s79gytux9m6d0wyj3ch7ca2cxkcg9z432tgkx0npe5ssevqgkc";
const SSH_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJRaE1DC6ZyQOG3l3b6fDuKp0Rk2rL3iF0Y5k9p4sQxW zoe@elsewhere";

pub(crate) fn decided(machine: &str, account: Account) -> Option<BTreeMap<String, Account>> {
    Some(BTreeMap::from([(machine.to_owned(), account)]))
}

/// The step that this is about.
pub(crate) fn import(plan: &Plan) -> Option<&Step> {
    plan.steps.iter().find(|step| step.id == "machine-import")
}

/// The edits and new files as the preview shows them, and what is left to people.
pub(crate) fn told(world: &World, plan: Plan) -> String {
    let steps = plan.steps.into_iter().filter(|step| step.id == "machine-import");
    let remarks = plan.remarks.into_iter().filter(|r| !r.text.contains("layout is unknown"));
    let plan = Plan { steps: steps.collect(), remarks: remarks.collect(), ..Plan::default() };
    let fleet = world.fleet();
    let preview = Preview { plan: &plan, host: &world.host, fleet: &fleet, user: world.seat.user };
    let words = preview.words(true);
    let kept = words.lines().filter(|line| !line.trim_start().starts_with("by hand"));
    kept.collect::<Vec<_>>().join("\n").replace(&world.at("").display().to_string(), "WORLD")
}

pub(crate) fn shown(name: &str, told: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("edits");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, told));
}

/// Everybody on a machine, as Nix sees them.
pub(crate) fn people(world: &World, machine: &str) -> Value {
    evaluated::people(&world.fleet(), machine)
}

/// Plans, applies, evaluates and takes back; the edits and what Nix makes of them are as recorded.
fn one(user: &'static str, at: At, name: &str, more: impl FnOnce(&mut Answers)) {
    let world = world(user, at, |_| ());
    let before = picture(&world);
    let others = people(&world, at.machine);
    let mut answers = answers(&[at.machine]);
    more(&mut answers);
    let mut desk = world.desk();
    let plan = world.plan(&mut desk, answers.clone());
    assert_eq!(picture(&world), before, "a plan touches nothing");

    let receipt = world.apply(&mut desk, &plan);
    parses(&world, &plan);
    let mut now = people(&world, at.machine);
    let newcomer = [
        ("home", now["homes"].as_object_mut().unwrap().remove(user).unwrap()),
        ("account", now["accounts"].as_object_mut().unwrap().remove(user).unwrap()),
        ("lists", json!(lists(&mut now, user))),
    ];
    assert_eq!(now, others, "nobody else is touched");
    let nix = newcomer.map(|(what, value)| format!("{what}: {value}")).join("\n");
    shown(name, format!("{}\n\nAs Nix sees it:\n{nix}", told(&world, plan)));

    let plan = world.plan(&mut world.desk(), answers);
    assert!(import(&plan).is_none(), "{}", told(&world, plan));
    assert_eq!(world.undo(&receipt), "Taken back, byte for byte.");
    assert_eq!(picture(&world), before);
}

/// The lists and sets that name the person, who is taken out of them.
fn lists(now: &mut Value, user: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["known", "trusted", "checked"] {
        let list = now[name].as_array_mut().unwrap();
        if list.iter().any(|item| item == user) {
            found.push(name.to_owned());
        }
        list.retain(|item| item != user);
    }
    if now["bridge"].as_object_mut().unwrap().remove(user).is_some() {
        found.push("bridge".to_owned());
    }
    found
}

fn parses(world: &World, plan: &Plan) {
    let changes = plan.steps.iter().flat_map(|step| &step.changes);
    let nix = |path: &&Path| path.extension().is_some_and(|e| e == "nix");
    let files: Vec<&Path> = changes.filter_map(Change::path).filter(nix).collect();
    assert!(!files.is_empty());
    world.run(Command::new("nix-instantiate").arg("--parse").args(files));
}

#[test]
fn beside_a_set_in_a_nested_set() {
    one("zoe", mac("literal", "quartz"), "literal-quartz", |_| ());
}

#[test]
fn beside_a_binding_in_the_flake_itself() {
    one("zoe", linux("literal", "granite"), "literal-granite", |answers| {
        let groups = Some(vec!["networkmanager".to_owned(), "video".to_owned()]);
        answers.accounts = decided("granite", Account { groups, ..Account::default() });
    });
}

#[test]
fn beside_a_function_and_a_quoted_name() {
    one("zoe.b", linux("literal", "slate"), "literal-slate", |_| ());
}

#[test]
fn a_prepared_line_is_switched_on() {
    one("zoe", mac("literal", "basalt"), "literal-basalt", |_| ());
}

#[test]
fn a_file_of_ones_own_is_imported() {
    one("zoe", linux("per-host", "beryl"), "per-host-beryl", |_| ());
}

#[test]
fn a_prepared_import_is_switched_on() {
    one("zoe", linux("per-host", "agate"), "per-host-agate", |_| ());
}

#[test]
fn a_file_of_ones_own_on_a_mac() {
    one("zoe", mac("per-host", "opal"), "per-host-opal", |_| ());
}

#[test]
fn beside_an_owner_that_all_macs_have() {
    one("zoe", mac("owner", "topaz"), "owner-topaz", |_| ());
}

#[test]
fn beside_an_owner_in_a_file_with_tabs() {
    one("zoe", linux("owner", "gabbro"), "owner-gabbro", |answers| {
        let shell = Some("fish".to_owned());
        answers.accounts = decided("gabbro", Account { shell, ..Account::default() });
    });
}

#[test]
fn beside_an_owner_of_another_name() {
    one("zoe", linux("owner", "tuff"), "owner-tuff", |_| ());
}
