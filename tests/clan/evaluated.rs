//! What comes of a plan for Nix: every file parses, the machines evaluate to the intended people, and
//! undo restores every byte.

use std::process::Command;

use doorstep::nix::Source;
use doorstep::plan::{Change, Plan};
use doorstep::splice::nix::remove_binding;
use similar::ChangeTag;

use crate::scene::{ADMIN, Newcomer, SSH, desk, plan, step, told};
use crate::shown;
use crate::world::{World, picture};

/// Every file of the fleet that Nix reads.
fn parses(world: &World) {
    let files = world.git(&["ls-files", "--", "*.nix"]);
    let mut nix = Command::new("nix-instantiate");
    world.run(nix.arg("--parse").args(files.lines()).current_dir(world.fleet()));
}

/// Accounts and homes of `user` on every machine, as Nix evaluates them.
fn evaluated(world: &World, user: &str) -> String {
    let of_machine = format!(
        "machines: builtins.mapAttrs (_: m: let u = m.config.users.users.\"{user}\" or null; in \
         if u == null then \"-\" else builtins.concatStringsSep \" \" ([ (toString u.home) ] \
         ++ (u.extraGroups or [ ]) ++ [ (u.shell.pname or \"\") ] \
         ++ u.openssh.authorizedKeys.keys ++ (if m.config.home-manager.users ? \"{user}\" then \
         [ (if m.config.home-manager.users.\"{user}\".programs.starship.enable then \"home\" else \
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
    there_and_back_in(&World::new(fleet, ADMIN), newcomer)
}

/// The same in a fleet that was changed before.
pub(crate) fn there_and_back_in(world: &World, newcomer: &Newcomer) -> String {
    let before = picture(world);
    let mut desk = desk(world, newcomer);
    let plan = plan(&mut desk, newcomer).unwrap_or_else(|problem| panic!("{problem}"));
    keeps_what_is_there(&plan);
    let receipt = world.apply(&mut desk, &plan);
    parses(world);
    let told = evaluated(world, newcomer.user);
    let again = self::again(world, newcomer);
    assert_eq!(again, "nothing", "a second run has nothing to do");
    world.undo(&receipt);
    assert!(picture(world) == before, "undo restores every byte");
    told
}

/// Nothing of the files goes but the mark of what was switched off.
fn keeps_what_is_there(plan: &Plan) {
    for change in &step(plan, "clan-user").unwrap().changes {
        let Change::Edit { before, after, .. } = change else { continue };
        let diff = similar::TextDiff::from_words(before, after);
        let gone = diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Delete);
        let gone: String = gone.map(|change| change.value().trim().to_owned()).collect();
        assert!(gone.is_empty() || gone == "#", "{gone}");
    }
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

#[test]
fn a_mac_gets_the_account_in_its_own_file_and_the_home_by_clan() {
    let zoe = Newcomer::zoe(&["quartz", "slate"]);
    shown("evaluated-files-mac", there_and_back("clan-files", &zoe));
    shown("evaluated-set-mac", there_and_back("clan-set", &zoe));
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
