//! A layout that a fleet carries itself: it is used before the built-in ones, with its own
//! templates, and has no way out of the tree.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use doorstep::answers::{Answers, Mode};
use doorstep::host::Os;
use doorstep::plan::Change;
use serde_json::json;

use crate::world::{Seat, World, picture};

const SEAT: Seat = Seat { user: "zoe.b", machine: "flint", os: Os::Linux, arch: "x86_64" };

const LAYOUT: &str = r#"
detect:
  - binding: flake.modules.homeManager.users/*
  - path: .doorstep/*/layout.yaml
where:
  user_module: modules/people/{user}/home.nix
  machine: [ "modules/machines/{platform}/{host}.nix" ]
  secrets_file: secrets/people/{user}.yaml
  anchor: "of-{user}"
  standalone: "{user}-at-{system}"
  standalone_file: modules/people/{user}/alone.nix
  aggregates_in: module
"#;

const HOME: &str = r#"{ config, inputs, ... }:
{
  flake.modules.homeManager.<< ("users/" ~ user)|attr >> =
    { config, lib, ... }:
    {
      home.username = << user >>;
      home.homeDirectory = << home|raw >>;
      home.stateVersion = << state_version >>;
      home.sessionVariables.HOUSE = << name >>;
<% if secrets %>      sops.age.keyFile = << key_file|raw >>;
      sops.defaultSopsFile = << secrets_file|raw >>;
<% for secret in secrets %>      sops.secrets.<< secret.name|attr >> = { };
<% endfor %><% endif %>    };
}
"#;

const STANDALONE: &str = r#"{ config, ... }:
{
  flake.homeConfigurations.<< configuration|attr >> = config.lib.mkHomeConfiguration {
    pkgs = config.flake.pkgs.<< system|attr >>;
    modules = [
      config.flake.modules.homeManager.<< ("users/" ~ user)|attr >>
      config.flake.modules.homeManager.aggregate-core
    ];
  };
}
"#;

fn house(fleet: &Path, layout: &str) {
    let folder = fleet.join(".doorstep/house");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("layout.yaml"), layout).unwrap();
    fs::write(folder.join("home.nix"), HOME).unwrap();
    fs::write(folder.join("standalone.nix"), STANDALONE).unwrap();
    // Nothing to copy the entry from.
    let _ = fs::remove_file(fleet.join("modules/home/configurations/ada.nix"));
}

fn answers(world: &World) -> Answers {
    let mut answers = world.answers(Mode::Standalone, &["aggregate-core"]);
    answers.secrets.as_mut().unwrap().truncate(1);
    answers.readers = Some(vec!["admin".to_owned()]);
    answers
}

#[test]
fn its_places_and_templates_are_used() {
    let world = World::changed("guide", SEAT, |fleet| house(fleet, LAYOUT));
    let before = picture(&world);
    let mut desk = world.desk();
    assert_eq!(desk.onboard.fleet.layout.id.as_deref(), Some("house"));
    let plan = world.plan(&mut desk, answers(&world));
    let receipt = world.apply(&mut desk, &plan);

    let home = world.evaluable().eval(
        "homeConfigurations.\"zoe.b-at-x86_64-linux\".config",
        "c: { inherit (c.home) username homeDirectory; house = c.home.sessionVariables.HOUSE;
              inside = builtins.mapAttrs (_: s: builtins.pathExists s.sopsFile) c.sops.secrets; }",
    );
    assert_eq!(
        home,
        json!({
            "username": "zoe.b", "homeDirectory": "/home/zoe.b",
            "house": "Zoë \"Z\" O'Brien ${x}", "inside": { "github-token": true },
        })
    );
    let sops = fs::read_to_string(world.fleet().join(".sops.yaml")).unwrap();
    assert!(sops.contains("&of-zoe-b age1"), "{sops}");
    let mut command = Command::new("sops");
    command.args(["-d", "secrets/people/zoe.b.yaml"]).current_dir(world.fleet());
    let (ok, said) = world.try_run_with_key(&mut command, &world.admin_key());
    assert!(ok && said.contains("github-token"), "{said}");
    for file in ["modules/people/zoe.b/home.nix", "modules/people/zoe.b/alone.nix"] {
        let mode = fs::metadata(world.fleet().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "nothing executable: {file}");
    }
    assert_eq!(world.undo(&receipt), "Taken back, byte for byte.");
    assert_eq!(picture(&world), before);
}

#[test]
fn a_place_outside_the_tree_makes_it_no_layout() {
    let bad = [
        "../people/{user}.nix",
        "/etc/{user}.nix",
        "modules/../../{user}.nix",
        ".git/hooks/{user}.nix",
        "modules/.git/{user}.nix",
        ".github/workflows/{user}.nix",
        "bin/{user}.sh",
        "bin/{user}",
        "modules//{user}.nix",
    ];
    for place in bad {
        let layout = LAYOUT.replace("modules/people/{user}/home.nix", place);
        let world = World::changed("guide", SEAT, |fleet| house(fleet, &layout));
        let mut desk = world.desk();
        assert_eq!(desk.onboard.fleet.layout.id.as_deref(), Some("guide"), "{place}");
        let told = desk.onboard.notices.join("\n");
        assert!(told.contains("is no place inside the fleet that may be written"), "{told}");
        let plan = world.plan(&mut desk, answers(&world));
        let root = world.fleet();
        let inside = |path: &Path| path.starts_with(&root) || path.starts_with(&world.host.home);
        let changes = plan.steps.iter().flat_map(|step| &step.changes);
        assert!(changes.filter_map(Change::path).all(inside), "{place}");
    }
}

#[test]
fn a_link_in_the_tree_does_not_lead_out_of_it() {
    for target in ["home/.config", "elsewhere", "fleet/.git"] {
        let world = World::changed("guide", SEAT, |fleet| {
            house(fleet, LAYOUT);
            let target = fleet.with_file_name(target);
            fs::create_dir_all(&target).unwrap();
            fs::remove_dir_all(fleet.join("modules/people")).unwrap_or_default();
            symlink(target, fleet.join("modules/people")).unwrap();
        });
        let mut desk = world.desk();
        let problem = world.try_plan(&mut desk, answers(&world)).unwrap_err().to_string();
        let refused = ["leads out of the folders", "lies in git's own folder"];
        assert!(refused.iter().any(|words| problem.contains(words)), "{target}: {problem}");
    }
}

#[test]
fn a_template_that_asks_for_what_is_not_there_is_named() {
    let world = World::changed("guide", SEAT, |fleet| {
        house(fleet, LAYOUT);
        fs::write(fleet.join(".doorstep/house/home.nix"), "{ a = << nonsense >>; }").unwrap();
    });
    let mut desk = world.desk();
    let problem = world.try_plan(&mut desk, answers(&world)).unwrap_err().to_string();
    assert!(problem.contains("`.doorstep/house/home.nix` cannot be filled in"), "{problem}");
}
