//! The instance that a newcomer gets, in both forms of a fleet.

use std::process::Command;

use doorstep::answers::Account;

use crate::scene::{ADMIN, Newcomer, SSH, desk, plan, told};
use crate::world::{World, picture};

/// What the plan says of the clan, for somebody in this fleet.
fn instance(fleet: &'static str, newcomer: &Newcomer) -> String {
    let world = World::new(fleet, ADMIN);
    let mut desk = desk(&world, newcomer);
    match plan(&mut desk, newcomer) {
        Ok(plan) => told(&world, &plan),
        Err(problem) => problem.to_string(),
    }
}

/// It is as `expected/NAME.snap` has it.
fn shown(name: &str, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("expected");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_file_of_its_own_like_the_neighbours() {
    shown("files-own-file", instance("clan-files", &Newcomer::zoe(&["quartz", "slate", "marl"])));
}

#[test]
fn tags_are_kept_where_they_mean_the_same_machines() {
    shown("files-tags", instance("clan-files", &Newcomer::zoe(&["slate", "shale"])));
}

#[test]
fn tags_that_reach_further_become_machines() {
    let newcomer = Newcomer::zoe(&["shale"]).with(
        "shale",
        Account {
            groups: Some(vec!["wheel".into(), "video".into()]),
            shell: Some("fish".into()),
            uid: Some(1042),
            ..Account::default()
        },
    );
    shown("files-decided", instance("clan-files", &newcomer));
}

#[test]
fn inside_an_attribute_set() {
    shown("set-ada", instance("clan-set", &Newcomer::zoe(&["quartz", "slate"])));
    shown("set-kai", instance("clan-set", &Newcomer::zoe(&["slate", "shale"])));
}

#[test]
fn groups_of_one_machine_stay_on_it() {
    let groups = |names: &[&str]| Account {
        groups: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..Account::default()
    };
    let newcomer = Newcomer::zoe(&["slate", "marl"])
        .with("slate", groups(&["video", "docker"]))
        .with("marl", groups(&["video"]));
    shown("set-groups", instance("clan-set", &newcomer));
}

#[test]
fn somebody_joins_another_machine() {
    shown("join-files", instance("clan-files", &Newcomer::kai(&["marl"])));
    shown("join-set-prepared", instance("clan-set", &Newcomer::kai(&["marl"])));
    shown("join-set-two", instance("clan-set", &Newcomer::kai(&["marl", "quartz"])));
    shown("join-set-nothing", instance("clan-set", &Newcomer::kai(&["slate", "shale"])));
}

#[test]
fn what_is_there_already_is_left_alone() {
    assert_eq!(instance("clan-files", &Newcomer::kai(&["slate", "shale"])), "nothing");
}

/// Every file of the fleet that Nix reads.
fn parses(world: &World) {
    let files = world.git(&["ls-files", "--", "*.nix"]);
    let mut nix = Command::new("nix-instantiate");
    world.run(nix.arg("--parse").args(files.lines()).current_dir(world.fleet()));
}

/// Accounts and homes of `user` on every machine, as Nix evaluates them.
fn evaluated(world: &World, user: &str) -> String {
    let of_machine = format!(
        "machines: builtins.mapAttrs (_: m: let u = m.config.users.users.{user} or null; in \
         if u == null then \"-\" else builtins.concatStringsSep \" \" ([ (toString u.home) ] \
         ++ (u.extraGroups or [ ]) ++ [ (u.shell.pname or \"\") ] \
         ++ u.openssh.authorizedKeys.keys ++ (if m.config.home-manager.users ? {user} then \
         [ (if m.config.home-manager.users.{user}.programs.starship.enable then \"home\" else \
         \"no home\") ] else [ ]))) machines"
    );
    let fleet = world.evaluable();
    let mut lines = Vec::new();
    for output in ["darwinConfigurations", "nixosConfigurations"] {
        let machines = fleet.eval(output, &of_machine);
        for (name, told) in machines.as_object().unwrap() {
            lines.push(format!("{name}: {}", told.as_str().unwrap().replace(SSH, "SSH")));
        }
    }
    lines.join("\n")
}

/// Plans, applies, evaluates, undoes and compares every byte.
fn there_and_back(fleet: &'static str, newcomer: &Newcomer) -> String {
    let world = World::new(fleet, ADMIN);
    let before = picture(&world);
    let mut desk = desk(&world, newcomer);
    let plan = plan(&mut desk, newcomer).unwrap_or_else(|problem| panic!("{problem}"));
    let receipt = world.apply(&mut desk, &plan);
    parses(&world);
    let told = evaluated(&world, newcomer.user);
    let again = self::again(&world, newcomer);
    assert_eq!(again, "nothing", "a second run has nothing to do");
    world.undo(&receipt);
    assert!(picture(&world) == before, "undo restores every byte");
    told
}

fn again(world: &World, newcomer: &Newcomer) -> String {
    let mut desk = desk(world, newcomer);
    told(world, &plan(&mut desk, newcomer).unwrap_or_else(|problem| panic!("{problem}")))
}

#[test]
fn nix_evaluates_to_the_intended_accounts() {
    let zoe = Newcomer::zoe(&["slate", "marl"]);
    shown("evaluated-files-named", there_and_back("clan-files", &zoe));
    shown("evaluated-set-named", there_and_back("clan-set", &zoe));
    let zoe = Newcomer::zoe(&["slate", "shale"]);
    shown("evaluated-files-tagged", there_and_back("clan-files", &zoe));
    shown("evaluated-set-tagged", there_and_back("clan-set", &zoe));
    shown("evaluated-files-joined", there_and_back("clan-files", &Newcomer::kai(&["marl"])));
    shown("evaluated-set-joined", there_and_back("clan-set", &Newcomer::kai(&["marl"])));
}
