//! Somebody who has an instance gets a further machine, or what the instance lacks.

use doorstep::answers::Account;

use crate::scene::{ADMIN, Newcomer, desk, groups, instance, outcome, plan};
use crate::shown;
use crate::world::World;

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

/// Kai's fleet with `line` instead of what is prepared for marl.
fn prepared(line: &'static str) -> World {
    World::changed("clan-set", ADMIN, move |fleet| {
        let file = fleet.join("modules/clan/inventory/users.nix");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("# marl = { };"));
        std::fs::write(file, text.replace("# marl = { };", line)).unwrap();
    })
}

const WHEEL: &str = "# marl = { settings.groups = [ \"wheel\" ]; }; # soon";

#[test]
fn a_prepared_line_gives_no_right_that_nobody_decided() {
    let kai = Newcomer::kai(&["marl"]);
    let refused = |line| {
        let world = prepared(line);
        let told = outcome(&world, &kai);
        told.replace(&world.at("").display().to_string(), "WORLD")
    };
    insta::assert_snapshot!(refused(WHEEL), @r"
    error: `WORLD/fleet/modules/clan/inventory/users.nix` cannot be changed safely: what is prepared there for marl puts kai in wheel, which nobody has decided (line 55)
    hint: decide it: answer `accounts: { marl: { groups: [wheel] } }`; or take it out of that line
    hint: write this in `users-kai` there by hand, then try again:
      roles.default.machines.marl = { };
    ");
    insta::assert_snapshot!(refused("# marl = { settings.user = \"root\"; };"), @r"
    error: `WORLD/fleet/modules/clan/inventory/users.nix` cannot be changed safely: what is prepared there for marl also says `settings.user` (line 55)
    hint: write this in `users-kai` there by hand, then try again:
      roles.default.machines.marl = { };
    ");
    insta::assert_snapshot!(refused("# marl = { inherit (others) settings; };"), @r"
    error: `WORLD/fleet/modules/clan/inventory/users.nix` cannot be changed safely: what is prepared there for marl also says `inherit` (line 55)
    hint: write this in `users-kai` there by hand, then try again:
      roles.default.machines.marl = { };
    ");
    // Decided, it is switched on as it stands.
    let kai = kai.with("marl", groups(&["wheel"]));
    insta::assert_snapshot!(outcome(&prepared(WHEEL), &kai), @r#"
    users-kai for kai gets marl.
    edit modules/clan/inventory/users.nix
    @@ -54,3 +54,3 @@
               shale = { };
    -          # marl = { settings.groups = [ "wheel" ]; }; # soon
    +          marl = { settings.groups = [ "wheel" ]; }; # soon
             };
    "#);
}

#[test]
fn a_prepared_line_gets_what_was_decided() {
    let kai = Newcomer::kai(&["marl"]).with("marl", groups(&["docker", "wheel"]));
    insta::assert_snapshot!(outcome(&prepared(WHEEL), &kai), @r#"
    users-kai for kai gets marl.
    edit modules/clan/inventory/users.nix
    @@ -54,3 +54,3 @@
               shale = { };
    -          # marl = { settings.groups = [ "wheel" ]; }; # soon
    +          marl = { settings.groups = [ "docker" "wheel" ]; }; # soon
             };
    "#);
    insta::assert_snapshot!(outcome(&prepared("#marl={};"), &kai), @r#"
    users-kai for kai gets marl.
    edit modules/clan/inventory/users.nix
    @@ -54,3 +54,3 @@
               shale = { };
    -          #marl={};
    +          marl={ settings.groups = [ "docker" "wheel" ]; };
             };
    "#);
}

#[test]
fn a_machine_gets_the_groups_that_the_instance_does_not_give() {
    let kai = Newcomer::kai(&["marl"]).with("marl", groups(&["video", "docker"]));
    insta::assert_snapshot!(instance("clan-files", &kai), @r#"
    user-kai for kai gets marl.
    edit modules/clan/inventory/services/users/kai.nix
    @@ -7,2 +7,3 @@
           tags = [ "server" ];
    +      machines.marl = { settings.groups = [ "docker" ]; };
           settings = {
    "#);
}

#[test]
fn remarks_of_an_empty_set_stay() {
    let world = prepared("# not yet: marl");
    let file = world.fleet().join("modules/clan/inventory/users.nix");
    let text =
        std::fs::read_to_string(&file).unwrap().replace("shale = { };\n", "# none of his own\n");
    std::fs::write(file, text).unwrap();
    insta::assert_snapshot!(outcome(&world, &Newcomer::kai(&["marl"])), @r"
    users-kai for kai gets marl.
    edit modules/clan/inventory/users.nix
    @@ -55,2 +55,3 @@
               # not yet: marl
    +          marl = { };
             };
    ");
}

#[test]
fn what_the_instance_says_everywhere_is_told_and_not_changed() {
    let ada = Newcomer::ada(&["marl"]);
    let told = |newcomer: &Newcomer| {
        let world = World::new("clan-files", ADMIN);
        match plan(&mut desk(&world, newcomer), newcomer) {
            Ok(plan) => {
                let texts = plan.remarks.iter().map(|remark| remark.text.as_str());
                texts.filter(|text| text.starts_with("user-")).collect::<Vec<_>>().join("\n")
            }
            Err(problem) => problem.to_string(),
        }
    };
    insta::assert_snapshot!(told(&ada), @"user-ada puts ada in wheel and networkmanager on all of its machines, and so on marl.");
    let uid = Account { uid: Some(1042), ..groups(&["wheel", "networkmanager"]) };
    insta::assert_snapshot!(told(&Newcomer::ada(&["marl"]).with("marl", uid)), @"user-ada does not say uid 1042: what it says holds on all of its machines. marl gives ada a number of its own.");
    let shell = Account { shell: Some("fish".into()), ..Account::default() };
    insta::assert_snapshot!(told(&Newcomer::ada(&["marl"]).with("marl", shell)), @r"
    error: `marl` alone cannot have fish
    cause: `user-ada` says zsh, and what it says holds on all of its machines
    hint: leave the shell of marl out, and change it in the instance
    ");
}

#[test]
fn of_two_instances_in_a_file_only_ones_own_has_to_be_read() {
    let world = World::changed("clan-set", ADMIN, |fleet| {
        let file = fleet.join("modules/clan/inventory/users.nix");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, text.replace("tags.cloud = { };", "tags = f [ ];")).unwrap();
    });
    let told = outcome(&world, &Newcomer::kai(&["marl"]));
    assert!(told.contains("+          marl = { };"), "{told}");
}

/// What is said of the person's own instance in a fleet where it says `said` of its machines.
fn remarks(said: &str) -> String {
    let users = format!(
        "{{ inputs, ... }}: {{ clan.inventory.instances.user-kai = {{ module.name = \"users\"; {said} \
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
        remarks("roles.default.tags.sever = { }; roles.default.machines.slate = { };"),
        "No machine of the clan has the tag sever, so nothing comes of it. Did you mean server?"
    );
    assert_eq!(
        remarks("roles.default.machines = { slate = { }; onyx = { }; };"),
        "onyx is no machine of the clan, so clan cannot evaluate this."
    );
    assert_eq!(
        remarks("roles.default.machines = { slate = { }; shael = { }; };"),
        "shael is no machine of the clan, so clan cannot evaluate this. Did you mean shale?"
    );
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
    outcome(&world, &Newcomer::kai(&["slate"]))
}

#[test]
fn a_home_that_the_neighbours_instance_brings_is_added() {
    shown("completed-home", completed("{ inputs, ... }:\n"));
    shown("completed-home-refused", completed(""));
}
