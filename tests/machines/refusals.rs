//! Machines that are left alone, and what a person is told and given to paste instead.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use doorstep::answers::{Account, Answers, KeyChoice, KeyCopy, Mode};
use doorstep::host::Os;

use crate::shapes::{answers, decided, import, linux, mac, told, world};
use crate::world::{Seat, World};

fn refused(world: &World, machine: &str) -> String {
    refused_with(world, machine, Account::default())
}

/// The problem that ends the plan, with places as the fleet has them.
fn refused_with(world: &World, machine: &str, account: Account) -> String {
    let mut answers = answers(&[machine]);
    answers.accounts = decided(machine, account);
    let mut desk = world.desk();
    // The question says no before the step is asked; here it is the step's turn.
    desk.onboard.found.closed_machines.clear();
    let problem = world.try_plan(&mut desk, answers).unwrap_err().to_string();
    problem.replace(&format!("{}/", world.fleet().display()), "")
}

fn replace(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(old), "{old}");
    fs::write(file, text.replacen(old, new, 1)).unwrap();
}

#[test]
fn people_who_come_from_a_function() {
    let world = world("zoe", mac("helper", "reef"), |_| ());
    insta::assert_snapshot!(refused(&world, "reef"), @r#"
    error: `flake.nix` cannot be changed safely: its users come from mkSystem (line 15)
    hint: paste these lines into the module of reef, in `machines/reef.nix`:
      users.users.zoe = {
        home = "/Users/zoe";
      };
      home-manager.users.zoe = { home.stateVersion = "25.05"; };
    hint: or choose `mode: standalone` for reef, which changes no machine
    "#);
    insta::assert_snapshot!(refused(&world, "dune"), @r#"
    error: `flake.nix` cannot be changed safely: its users come from mkSystem (line 10)
    hint: paste these lines into the module of dune, in `machines/dune.nix`:
      users.users.zoe = {
        isNormalUser = true;
      };
      home-manager.users.zoe = { home.stateVersion = "25.05"; };
    hint: or choose `mode: standalone` for dune, which changes no machine
    "#);
}

#[test]
fn such_a_machine_is_off_where_machines_are_chosen() {
    let world = world("zoe", mac("helper", "reef"), |_| ());
    let desk = world.desk();
    let closed = &desk.onboard.found.closed_machines;
    assert_eq!(
        closed["reef"],
        "its users come from mkSystem (line 15); only standalone, or by hand"
    );
    assert_eq!(closed.len(), 2);
}

#[test]
fn a_name_that_is_nobodys_machine() {
    let world = world("zoe", mac("literal", "quartz"), |_| ());
    let refused = refused(&world, "quatrz");
    assert!(refused.contains("Did you mean quartz?"), "{refused}");
}

#[test]
fn a_file_that_does_not_parse_is_named_with_its_line() {
    let world = world("zoe", mac("literal", "basalt"), |fleet| {
        replace(
            &fleet.join("hosts/basalt.nix"),
            "system.primaryUser = \"kai\";",
            "system.primaryUser = ;",
        );
    });
    insta::assert_snapshot!(refused(&world, "basalt"), @r#"
    error: `hosts/basalt.nix` cannot be read, and basalt is made from it
    cause: hosts/basalt.nix:8:24: unexpected `;`
    hint: mend that file first, then run doorstep again
    "#);
}

#[test]
fn a_file_that_is_no_text() {
    let world = world("zoe", mac("literal", "basalt"), |fleet| {
        fs::write(fleet.join("hosts/basalt.nix"), b"{ a = \"\xff\xfe\"; }").unwrap();
    });
    let refused = refused(&world, "basalt");
    assert!(refused.contains("hosts/basalt.nix:1: it is not UTF-8 text"), "{refused}");
}

#[test]
fn a_file_that_cannot_be_opened() {
    if rustix::process::geteuid().is_root() {
        // Root reads everything; a folder in the file's place cannot be read by anybody.
        return;
    }
    let world = world("zoe", mac("literal", "basalt"), |fleet| {
        let file = fleet.join("hosts/basalt.nix");
        fs::set_permissions(file, fs::Permissions::from_mode(0o000)).unwrap();
    });
    assert!(refused(&world, "basalt").contains("permission denied"));
}

#[test]
fn a_number_that_is_somebody_elses() {
    let world = world("zoe", mac("literal", "quartz"), |_| ());
    let account = Account { uid: Some(501), ..Account::default() };
    let refused = refused_with(&world, "quartz", account);
    assert!(refused.contains("uid 501 is ada's on quartz (hosts/quartz/default.nix:"), "{refused}");
}

#[test]
fn a_number_that_the_account_has_and_the_fleet_gave_to_somebody_else() {
    let seat = Seat { user: "zoe", machine: "quartz", os: Os::Darwin, arch: "aarch64" };
    let uid = rustix::process::geteuid().as_raw();
    let world = World::changed("literal", seat, |fleet| {
        replace(&fleet.join("hosts/quartz/default.nix"), "uid = 501;", &format!("uid = {uid};"));
    });
    let mut answers = Answers { key: Some(KeyChoice::Generate), ..answers(&["quartz"]) };
    answers.key_copy = Some(KeyCopy::Acknowledged);
    let refused = world.try_plan(&mut world.desk(), answers).unwrap_err().to_string();
    let refused = refused.replace(&format!("{}/", world.fleet().display()), "");
    let told =
        format!("error: uid {uid} is ada's on quartz\ncause: hosts/quartz/default.nix:15 says so");
    assert!(refused.starts_with(&told), "{refused}");
}

#[test]
fn two_people_of_one_file_with_the_same_number_elsewhere_are_no_trouble() {
    let world = world("zoe", mac("literal", "basalt"), |_| ());
    let mut answers = answers(&["basalt"]);
    answers.accounts = decided("basalt", Account { uid: Some(501), ..Account::default() });
    let plan = world.plan(&mut world.desk(), answers);
    let told = told(&world, plan);
    assert!(told.contains("+    uid = 501;"), "{told}");
}

#[test]
fn a_shell_that_the_file_cannot_name() {
    let world = world("zoe", mac("owner", "topaz"), |_| ());
    let account = Account { shell: Some("fish".to_owned()), ..Account::default() };
    insta::assert_snapshot!(refused_with(&world, "topaz", account), @r#"
    error: `hosts/topaz.nix` cannot be changed safely: it does not take `pkgs` as an argument (line 2)
    hint: paste these lines into the module of topaz, in `hosts/topaz.nix`:
      users.users.zoe = {
        uid = 502;
        home = "/Users/zoe";
        shell = pkgs.fish;
      };
      home-manager.users.zoe = { home.stateVersion = "25.05"; };
    hint: or choose `mode: standalone` for topaz, which changes no machine
    "#);
}

#[test]
fn a_binding_that_is_about_two_people() {
    let world = world("zoe", mac("literal", "quartz"), |fleet| {
        let file = fleet.join("hosts/quartz/default.nix");
        let home = "imports = [ ../../home/kai.nix ];";
        let adas = "home.homeDirectory = \"/Users/ada\";";
        replace(&file, home, &format!("{home}\n        {adas}"));
    });
    insta::assert_snapshot!(refused(&world, "quartz"), @r#"
    error: `hosts/quartz/default.nix` cannot be changed safely: what kai gets there is also ada's (line 47)
    hint: paste these lines into the module of quartz, in `hosts/quartz/default.nix`:
      users.users.zoe = {
        uid = 503;
        home = "/Users/zoe";
      };
      home-manager.users.zoe = { home.stateVersion = "24.11"; };
    hint: or choose `mode: standalone` for quartz, which changes no machine
    "#);
}

#[test]
fn a_name_that_is_bound_to_something_else() {
    let world = world("zoe", linux("literal", "granite"), |fleet| {
        replace(
            &fleet.join("hosts/granite.nix"),
            "users.users.ada = {",
            "users.users = lib.genAttrs [ ] (x: { });\n  users.users.ada = {",
        );
    });
    let refused = refused(&world, "granite");
    assert!(refused.contains("`hosts/granite.nix` cannot be changed safely"), "{refused}");
    assert!(refused.contains("\n  users.users.zoe = {\n"), "{refused}");
}

#[test]
fn standing_alone_changes_no_machine() {
    let world = world("zoe", mac("helper", "reef"), |_| ());
    let mut answers = answers(&["reef"]);
    answers.accounts =
        decided("reef", Account { mode: Some(Mode::Standalone), ..Account::default() });
    let mut desk = world.desk();
    desk.onboard.found.closed_machines.clear();
    let plan = world.plan(&mut desk, answers);
    assert!(import(&plan).is_none());
}
