//! The spellings that fleets have for their instances: each is copied as it is, read by Nix and taken
//! back.

use std::fs;
use std::path::Path;

use crate::evaluated::there_and_back_in;
use crate::scene::{ADMIN, Newcomer, outcome};
use crate::shown;
use crate::world::World;

const USERS: &str = "modules/clan/inventory/users.nix";

/// The fixture with everybody in one set, which says `change` of them instead.
fn fleet(change: impl FnOnce(String) -> String) -> World {
    World::changed("clan-set", ADMIN, |fleet| {
        let file = fleet.join(USERS);
        let text = change(fs::read_to_string(&file).unwrap());
        fs::write(file, text).unwrap();
    })
}

/// Zoe has an account and a home on slate, and nowhere else.
fn is_on_slate(world: &World, newcomer: &Newcomer) {
    let told = there_and_back_in(world, newcomer);
    for line in told.lines() {
        let (machine, what) = line.split_once(": ").unwrap();
        let is_there = what.contains("SSH") && what.ends_with(" home");
        assert_eq!(is_there, machine == "slate", "{told}");
        assert!(is_there || what == "-", "{told}");
    }
}

#[test]
fn instances_are_called_as_the_neighbours() {
    for (kais, zoes) in [("user-kai", "user-zoe"), ("kai-user", "zoe-user"), ("kai", "zoe")] {
        let world = fleet(|text| text.replace("users-kai", kais).replace("users-ada", "ada"));
        let zoe = Newcomer::zoe(&["slate"]);
        let told = outcome(&world, &zoe);
        assert!(told.contains(&format!("+    {zoes} = {{")), "{told}");
        is_on_slate(&world, &zoe);
    }
}

#[test]
fn a_name_with_a_dot_is_quoted() {
    let zoe = Newcomer { user: "zoe.ade", ..Newcomer::zoe(&["slate"]) };
    for fixture in ["clan-files", "clan-set"] {
        let world = World::new(fixture, ADMIN);
        shown(&format!("dot-{fixture}"), outcome(&world, &zoe));
        is_on_slate(&world, &zoe);
    }
}

/// Everybody below `clan`, nested all the way down and on few lines.
const NESTED: &str = r#"{ inputs, ... }:
{
  clan = {
    inventory = {
      instances = {
        zerotier.roles.controller.machines.slate = { };
        kai = { module = { name = "users"; }; roles.default = { machines = { shale = { }; }; settings = { user = "kai"; groups = [ "video" ]; prompt = false; }; extraModules = [ { home-manager.users.kai.imports = [ inputs.self.modules.homeManager."users/kai" ]; } ]; }; };
      };
    };
  };
}
"#;

#[test]
fn a_nested_set_on_few_lines() {
    let world = fleet(|_| NESTED.to_owned());
    let zoe = Newcomer::zoe(&["slate"]);
    shown("spelled-nested", outcome(&world, &zoe));
    is_on_slate(&world, &zoe);
}

/// One line for each thing, as the guides that people follow have it.
const DOTTED: &str = r#"{ inputs, ... }:
{
  # Kai, who looks after it
  clan.inventory.instances.user-kai.module.name = "users";
  clan.inventory.instances.user-kai.module.input = "clan-core";
  clan.inventory.instances.user-kai.roles.default.machines."shale" = { };
  clan.inventory.instances.user-kai.roles.default.settings.user = "kai";
  clan.inventory.instances.user-kai.roles.default.settings.groups = [ "wheel" ];
  clan.inventory.instances.user-kai.roles.default.extraModules = [
    { home-manager.users.kai.imports = [ inputs.self.modules.homeManager."users/kai" ]; }
  ]; # all that he needs

  clan.inventory.instances.zerotier.roles.controller.machines.slate = { };
}
"#;

#[test]
fn an_instance_in_several_pieces_gets_a_template_beside_it() {
    let world = fleet(|_| DOTTED.to_owned());
    let zoe = Newcomer::zoe(&["slate"]);
    shown("spelled-dotted", outcome(&world, &zoe));
    is_on_slate(&world, &zoe);
    // He joins a further machine in the same words.
    let kai = Newcomer::kai(&["marl"]);
    shown("spelled-dotted-joined", outcome(&world, &kai));
    there_and_back_in(&world, &kai);
}

#[test]
fn a_file_of_its_own_in_pieces_is_copied_whole() {
    let world = World::changed("clan-files", ADMIN, |fleet| {
        let text = DOTTED.lines().filter(|line| !line.contains("zerotier"));
        let text: String = text.map(|line| format!("{line}\n")).collect();
        let users = fleet.join("modules/clan/inventory/services/users");
        fs::write(users.join("kai.nix"), text).unwrap();
        fs::remove_file(users.join("ada.nix")).unwrap();
    });
    let zoe = Newcomer::zoe(&["slate"]);
    shown("spelled-dotted-file", outcome(&world, &zoe));
    is_on_slate(&world, &zoe);
}

/// A fleet that names each of its files, of which those in `_users` are not found by themselves.
fn listed(list: impl FnOnce(&Path)) -> World {
    World::changed("clan-files", ADMIN, |fleet| {
        let services = fleet.join("modules/clan/inventory/services");
        fs::rename(services.join("users"), services.join("_users")).unwrap();
        list(&services);
    })
}

#[test]
fn a_file_of_its_own_is_listed_where_the_neighbours_is() {
    let zoe = Newcomer::zoe(&["slate"]);
    let list = "{\n  imports = [\n    ./_users/ada.nix\n    ./_users/kai.nix # he is new\n\n    ../machines.nix\n  ];\n}\n";
    let world = listed(|services| fs::write(services.join("people.nix"), list).unwrap());
    shown("listed", outcome(&world, &zoe));
    is_on_slate(&world, &zoe);
    // A list of everything, on one line, beside the files.
    let world = listed(|services| {
        let all = "{ inputs, ... }: { imports = [ ./ada.nix (import ./kai.nix { inherit inputs; }) ]; }\n";
        fs::write(services.join("_users/default.nix"), all).unwrap();
        fs::write(services.join("people.nix"), "{ imports = [ ./_users ]; }\n").unwrap();
    });
    shown("listed-called", outcome(&world, &zoe));
    is_on_slate(&world, &zoe);
}

/// What is told where the instances are made like this.
fn refused(users: &str, newcomer: &Newcomer) -> String {
    outcome(&fleet(|_| users.to_owned()), newcomer)
}

#[test]
fn instances_that_an_expression_makes_are_left_to_people() {
    let all = r#"{ lib, ... }:
{
  clan.inventory.instances = lib.mapAttrs (name: tags: {
    module.name = "users";
    roles.default.tags = tags;
  }) { kai = [ "server" ]; };
}
"#;
    shown("computed-all", refused(all, &Newcomer::zoe(&["slate"])));
    let each = r#"{ people, ... }:
{
  clan.inventory.instances = {
    users-ada = people.mkUser "ada" { tags.all = { }; };
    users-kai = people.mkUser "kai" { machines.slate = { }; };
    inherit (people) users-milo;
  };
}
"#;
    shown("computed-each", refused(each, &Newcomer::zoe(&["slate"])));
    let marl = Newcomer::kai(&["marl"]).with("marl", crate::scene::groups(&["docker"]));
    shown("computed-own", refused(each, &marl));
}
