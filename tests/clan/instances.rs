//! The instance that a newcomer gets, in both forms of a fleet.

use std::process::Command;

use doorstep::answers::Account;
use doorstep::nix::Source;
use doorstep::plan::Change;
use doorstep::splice::nix::remove_binding;

use crate::scene::{ADMIN, Newcomer, SSH, desk, plan, step, told};
use crate::shown;
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

/// The one file that the clan step edits, before and after.
fn edit_of(fleet: &'static str, newcomer: &Newcomer) -> (String, String) {
    let world = World::new(fleet, ADMIN);
    let mut desk = desk(&world, newcomer);
    let plan = plan(&mut desk, newcomer).unwrap_or_else(|problem| panic!("{problem}"));
    match &step(&plan, "clan-user").unwrap().changes[..] {
        [Change::Edit { before, after, .. }] => (before.clone(), after.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_inserted_can_be_taken_out_to_the_last_byte() {
    let zoe = Newcomer::zoe(&["slate", "marl"]);
    let cases = [
        ("clan-set", zoe, "inventory.instances.users-zoe"),
        ("clan-files", Newcomer::kai(&["marl"]), "roles.default.machines.marl"),
        ("clan-set", Newcomer::kai(&["quartz"]), "roles.default.machines.quartz"),
    ];
    for (fleet, newcomer, path) in cases {
        let (before, after) = edit_of(fleet, &newcomer);
        let source = Source::parse(after.as_str()).unwrap();
        let own = source.find(path).last().unwrap().span;
        assert_eq!(remove_binding(&after, own).unwrap().text, before, "{fleet} {path}");
    }
    // One that was prepared is a comment again.
    let (before, after) = edit_of("clan-set", &Newcomer::kai(&["marl"]));
    assert_eq!(after.replace("          marl = { };", "          # marl = { };"), before);
}

#[test]
fn a_mac_gets_the_account_in_its_own_file_and_the_home_by_clan() {
    let zoe = Newcomer::zoe(&["quartz", "slate"]);
    shown("evaluated-files-mac", there_and_back("clan-files", &zoe));
    shown("evaluated-set-mac", there_and_back("clan-set", &zoe));
}

/// What is said of the person's own instance in a fleet where it says `said` of its machines.
fn remarks(said: &str) -> String {
    let users = format!(
        "{{ clan.inventory.instances.user-kai = {{ module.name = \"users\"; {said} \
         roles.default.settings.user = \"kai\"; }}; }}\n"
    );
    let world = World::changed("clan-files", ADMIN, |fleet| {
        let file = "modules/clan/inventory/services/users/kai.nix";
        std::fs::write(fleet.join(file), users).unwrap();
    });
    let kai = Newcomer::kai(&["slate"]);
    let plan = plan(&mut desk(&world, &kai), &kai).unwrap_or_else(|problem| panic!("{problem}"));
    let texts = plan.remarks.iter().map(|remark| remark.text.as_str());
    texts.filter(|text| text.contains("the clan")).collect::<Vec<_>>().join("\n")
}

#[test]
fn tags_and_machines_that_clan_does_not_know_are_said() {
    assert_eq!(
        remarks("roles.default.tags.tablet = { }; roles.default.machines.slate = { };"),
        "No machine of the clan has the tag tablet, so nothing comes of it."
    );
    assert_eq!(
        remarks("roles.default.machines = { slate = { }; onyx = { }; };"),
        "onyx is no machine of the clan, so clan cannot evaluate this."
    );
}

#[test]
fn two_uids_cannot_be_had_in_one_instance() {
    let uid = |uid| Account { uid: Some(uid), ..Account::default() };
    let zoe = Newcomer::zoe(&["slate", "marl"]).with("slate", uid(1042)).with("marl", uid(1043));
    let refused = instance("clan-files", &zoe);
    assert!(
        refused.starts_with("error: one clan instance cannot have uid 1043 on marl"),
        "{refused}"
    );
    assert!(refused.contains("hint: give zoe the same on all of them"), "{refused}");
}

/// What comes of an instance of his own that has no home, in a file that begins with `arguments`.
fn completed(arguments: &str) -> String {
    let users = format!(
        "{arguments}{{\n  clan.inventory.instances.user-kai = {{\n    module.name = \"users\";\n    \
         roles.default.machines.slate = {{ }};\n    roles.default.settings.user = \"kai\";\n  \
         }};\n}}\n"
    );
    let world = World::changed("clan-files", ADMIN, |fleet| {
        let file = "modules/clan/inventory/services/users/kai.nix";
        std::fs::write(fleet.join(file), users).unwrap();
    });
    let kai = Newcomer::kai(&["slate"]);
    match plan(&mut desk(&world, &kai), &kai) {
        Ok(plan) => told(&world, &plan),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn a_home_that_the_neighbours_instance_brings_is_added() {
    shown("completed-home", completed("{ inputs, ... }:\n"));
    shown("completed-home-refused", completed(""));
}

#[test]
fn where_no_neighbours_can_be_followed_a_template_serves() {
    let world = World::changed("clan-files", ADMIN, |fleet| {
        let folder = fleet.join("modules/clan/inventory/services/users");
        for user in ["ada", "kai"] {
            let own = format!(
                "{{ self, ... }}:\n{{\n  clan.inventory.instances.user-{user} = {{\n    \
                 module.name = \"users\";\n    roles.default.tags.all = {{ }};\n    \
                 roles.default.extraModules = [ self.nixosModules.{user} \
                 {{ home-manager.users.{user} = {{ }}; }} ];\n  }};\n}}\n"
            );
            std::fs::write(folder.join(format!("{user}.nix")), own).unwrap();
        }
    });
    let zoe = Newcomer::zoe(&["slate"]);
    let plan = plan(&mut desk(&world, &zoe), &zoe).unwrap_or_else(|problem| panic!("{problem}"));
    shown("template", told(&world, &plan));
}
