//! Machines that are written in other ways than the fixtures' own, and what is refused there.

use std::fs;
use std::path::Path;

use doorstep::answers::Mode;
use doorstep::host::Os;

use crate::world::{Seat, World};

const OPAL: Seat = Seat { user: "zoe", machine: "opal", os: Os::Darwin, arch: "aarch64" };
const OPAL_FILE: &str = "modules/machines/darwin/opal/default.nix";

/// Opal with `old` as `new`.
fn opal(old: &str, new: &str) -> World {
    World::changed("host-imports", OPAL, |fleet| replace(&fleet.join(OPAL_FILE), old, new))
}

fn replace(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(old), "{old}");
    fs::write(file, text.replace(old, new)).unwrap();
}

/// The lines that the plan adds to a machine's file, or why it cannot be made.
fn added(world: &World, aggregates: &[&str]) -> Result<String, String> {
    let mut desk = world.desk();
    let answers = world.answers(Mode::Integrated, aggregates);
    let plan = world.try_plan(&mut desk, answers).map_err(|problem| problem.to_string())?;
    let told = world.told(&plan);
    let (_, diff) = told.split_once("+++ modules/machines/").expect("a machine is edited");
    let lines = diff.lines().skip(1).take_while(|line| !line.is_empty());
    let lines = lines.filter_map(|line| line.strip_prefix('+')).map(str::trim);
    Ok(lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
}

/// The home alone, without the account above it.
fn home(world: &World, aggregates: &[&str]) -> String {
    let added = added(world, aggregates).unwrap();
    added[added.find("users.zoe.imports").unwrap_or_default()..].to_owned()
}

const JUNO: &str = r#"[
          flakeModulesHome."users/juno"
          flakeModulesHome.base-sops
          flakeModulesHome.core
          flakeModulesHome.development
        ]"#;

#[test]
fn aggregates_of_a_second_list_are_the_newcomers_too() {
    let world = opal(
        JUNO,
        r#"[
          flakeModulesHome."users/juno"
          flakeModulesHome.base-sops
        ]
        ++ (with flakeModulesHome; [
          core
          development
        ])"#,
    );
    insta::assert_snapshot!(home(&world, &["core", "shell"]), @r#"
    users.zoe.imports = [
    flakeModulesHome."users/zoe"
    ]
    ++ (with flakeModulesHome; [
    base-sops
    core
    shell
    ]);
    "#);
}

#[test]
fn what_is_no_feature_set_is_kept() {
    let world =
        opal(JUNO, r#"[ flakeModulesHome."users/juno" ./extra.nix flakeModulesHome.core ]"#);
    insta::assert_snapshot!(home(&world, &["core"]), @r#"users.zoe.imports = [ flakeModulesHome."users/zoe" ./extra.nix flakeModulesHome.core flakeModulesHome.base-sops ];"#);
}

#[test]
fn a_list_with_only_the_person_gets_the_feature_sets() {
    let world = opal(JUNO, r#"[ flakeModulesHome."users/juno" ]"#);
    insta::assert_snapshot!(home(&world, &["core"]), @r#"
    users.zoe.imports = [
    flakeModulesHome."users/zoe"
    flakeModulesHome.base-sops
    flakeModulesHome.core
    ];
    "#);
}

#[test]
fn an_account_that_is_there_is_not_made_again() {
    let account = "milo = {\n          uid = 506;";
    let world = opal(account, &format!("zoe.home = \"/Users/zoe\";\n        {account}"));
    let added = added(&world, &["core"]).unwrap();
    assert!(added.starts_with("users.zoe.imports"), "{added}");
}

#[test]
fn rights_are_not_copied() {
    let world = World::new("guide", Seat { machine: "flint", os: Os::Linux, ..OPAL });
    let added = added(&world, &["aggregate-core"]).unwrap();
    insta::assert_snapshot!(added, @r#"
    users.users.zoe = {
    isNormalUser = true;
    };
    home-manager.users.zoe.imports = [ config.flake.modules.homeManager."users/zoe" ];
    "#);
}

#[test]
fn a_module_that_is_somebody_elses_is_not_given_to_a_newcomer() {
    let world = opal(
        JUNO,
        r#"[
          flakeModulesHome."users/juno"
          flakeModulesHome."users/milo"
        ]"#,
    );
    let refused = added(&world, &["core"]).unwrap_err();
    assert!(refused.contains("is also milo's"), "{refused}");
    assert!(refused.contains("default.nix` cannot be changed safely"), "{refused}");
    assert!(refused.contains("\n  home-manager.users.zoe.imports = [ config.flake"), "{refused}");
    assert!(refused.contains("hint: or choose `mode: standalone` for opal"), "{refused}");
}

#[test]
fn a_machine_that_nobody_is_bound_on_is_refused() {
    let seat = Seat { machine: "marl", os: Os::Linux, ..OPAL };
    let refused = added(&World::new("guide", seat), &["aggregate-core"]).unwrap_err();
    assert!(refused.contains("nobody is bound there"), "{refused}");
}

#[test]
fn an_owner_of_several_machines_is_joined_in_the_machines_own_module() {
    let seat = Seat { machine: "quartz", ..OPAL };
    let world = World::changed("guide", seat, |fleet| {
        fs::create_dir(fleet.join("modules/darwin")).unwrap();
        let people = r#"{ config, ... }:
let
  homes = config.flake.modules.homeManager;
in
{
  flake.modules.darwin.people =
    { config, ... }:
    {
      home-manager.users.${config.system.primaryUser}.imports = [ homes."users/ada" ];
    };
}
"#;
        fs::write(fleet.join("modules/darwin/people.nix"), people).unwrap();
        let import = "imports = [ config.flake.modules.darwin.people ];";
        let quartz = fleet.join("modules/machines/darwin/quartz.nix");
        let home = "    home-manager.users.ada = {\n      imports = [ config.flake.modules.homeManager.\"users/ada\" ];\n    };\n";
        replace(&quartz, home, &format!("    {import}\n"));
        let basalt = fleet.join("modules/machines/darwin/basalt.nix");
        let owner = format!("{import}\n    system.primaryUser = \"ada\";\n    users.knownUsers");
        replace(&basalt, "users.knownUsers", &owner);
    });
    let mut desk = world.desk();
    let plan = world.plan(&mut desk, world.answers(Mode::Integrated, &["aggregate-core"]));
    let told = world.told(&plan);
    let line =
        "+    home-manager.users.zoe.imports = [ config.flake.modules.homeManager.\"users/zoe\" ];";
    assert!(told.contains(line), "{told}");
    assert!(!told.contains("+++ modules/machines/darwin/basalt.nix"), "{told}");
    world.apply(&mut desk, &plan);
    let home = world.evaluable().eval(
        "darwinConfigurations.quartz.config.home-manager.users",
        "builtins.mapAttrs (_: h: h.home.username)",
    );
    assert_eq!(home, serde_json::json!({ "ada": "ada", "zoe": "zoe" }));
}
