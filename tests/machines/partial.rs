//! People who are on a machine in part, on several machines, and files of any layout.

use std::fs;
use std::path::Path;
use std::process::Command;

use doorstep::answers::{Account, Mode};
use doorstep::plan::Change;

use crate::shapes::{answers, decided, import, linux, mac, people, told, world};
use crate::world::{World, picture};

fn replace(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(old), "{old}");
    fs::write(file, text.replacen(old, new, 1)).unwrap();
}

/// The lines that the step adds to files that are there.
fn added(world: &World, machines: &[&str]) -> String {
    let plan = world.plan(&mut world.desk(), answers(machines));
    let told = told(world, plan);
    let lines = told.lines().filter(|line| line.starts_with('+') && !line.starts_with("+++"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_account_that_is_missing_is_added() {
    let world = world("zoe", mac("literal", "quartz"), |fleet| {
        let file = fleet.join("hosts/quartz/default.nix");
        replace(
            &file,
            "      kai = {\n        imports",
            "      zoe.imports = [ ../../home/kai.nix ];\n      kai = {\n        imports",
        );
    });
    let added = added(&world, &["quartz"]);
    assert!(added.contains("+    zoe = {\n+      uid = 503;"), "{added}");
    assert!(!added.contains("imports"), "{added}");
}

#[test]
fn the_home_that_is_missing_is_added() {
    let world = world("zoe", linux("literal", "granite"), |fleet| {
        replace(
            &fleet.join("hosts/granite.nix"),
            "  programs.zsh",
            "  users.users.zoe.isNormalUser = true;\n  programs.zsh",
        );
    });
    let plan = world.plan(&mut world.desk(), answers(&["granite"]));
    let files: Vec<_> = import(&plan).unwrap().changes.iter().filter_map(Change::path).collect();
    assert_eq!(files, [world.fleet().join("home/zoe.nix"), world.fleet().join("flake.nix")]);
}

#[test]
fn whoever_is_bound_in_another_file_is_bound() {
    // Not where the others of the machine are, but in a module that it imports.
    let world = world("zoe", mac("literal", "quartz"), |fleet| {
        let file = fleet.join("hosts/quartz/homes-check.nix");
        replace(
            &file,
            "{\n  options.homes",
            "{\n  config.home-manager.users.zoe = { };\n  config.users.users.zoe.home = \"/Users/zoe\";\n  options.homes",
        );
    });
    let plan = world.plan(&mut world.desk(), answers(&["quartz"]));
    assert!(import(&plan).is_none(), "{}", told(&world, plan));
}

#[test]
fn a_file_of_ones_own_that_is_there_is_only_imported() {
    let world = world("zoe", linux("per-host", "beryl"), |fleet| {
        for (file, text) in [
            (
                "hosts/common/users/zoe/default.nix",
                "{ users.users.zoe.isNormalUser = true; home-manager.users.zoe = { }; }",
            ),
            ("home/zoe/beryl.nix", "{ }"),
        ] {
            fs::create_dir_all(fleet.join(file).parent().unwrap()).unwrap();
            fs::write(fleet.join(file), text).unwrap();
        }
    });
    assert_eq!(
        added(&world, &["beryl"]),
        "+  imports = [ ../common/global ../common/users/ada ../common/users/kai ../common/users/zoe ];"
    );
}

#[test]
fn several_machines_of_one_plan() {
    let world = world("zoe", linux("per-host", "beryl"), |_| ());
    let before = picture(&world);
    let mut desk = world.desk();
    let plan = world.plan(&mut desk, answers(&["agate", "beryl", "opal"]));
    let step = import(&plan).unwrap();
    assert_eq!(step.why, "agate, beryl, opal: zoe's home comes with each machine's next update.");
    let paths = step.changes.iter().filter_map(Change::path);
    let mut names: Vec<_> = paths
        .map(|path| path.strip_prefix(world.fleet()).unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "home/zoe/agate.nix",
            "home/zoe/beryl.nix",
            "home/zoe/opal.nix",
            "hosts/agate/default.nix",
            "hosts/beryl/default.nix",
            "hosts/common/darwin-users/zoe.nix",
            "hosts/common/users/zoe/default.nix",
            "hosts/opal/default.nix",
        ]
    );
    let receipt = world.apply(&mut desk, &plan);
    for machine in ["agate", "beryl", "opal"] {
        assert!(people(&world, machine)["homes"]["zoe"].is_object(), "{machine}");
    }
    assert_eq!(world.undo(&receipt), "Taken back, byte for byte.");
    assert_eq!(picture(&world), before);
}

#[test]
fn two_machines_in_one_file() {
    let world = world("zoe", linux("literal", "granite"), |fleet| {
        let inline = "slate = nixpkgs.lib.nixosSystem {\n          system = \"aarch64-linux\";\n          modules = [";
        replace(
            &fleet.join("flake.nix"),
            "slate = nixpkgs.lib.nixosSystem {\n          system = \"aarch64-linux\";\n          modules = [",
            &format!(
                "{inline}\n            {{ home-manager.users.ada.imports = [ ./home/ada.nix ]; }}"
            ),
        );
        replace(
            &fleet.join("hosts/slate/default.nix"),
            "home-manager.users.ada = {",
            "home-manager.users.eve = {",
        );
    });
    let mut desk = world.desk();
    let plan = world.plan(&mut desk, answers(&["granite", "slate"]));
    let edits = import(&plan).unwrap().changes.iter();
    let flake = edits.filter(|c| c.path().is_some_and(|path| path.ends_with("flake.nix")));
    assert_eq!(flake.count(), 1, "one edit a file, whoever asks for it");
    world.apply(&mut desk, &plan);
    world.run(Command::new("nix-instantiate").arg("--parse").arg(world.fleet().join("flake.nix")));
    assert!(people(&world, "granite")["homes"]["zoe"].is_object());
}

#[test]
fn the_same_person_keeps_their_number() {
    let world = world("kai", mac("literal", "basalt"), |fleet| {
        let file = fleet.join("hosts/basalt.nix");
        let text = fs::read_to_string(&file)
            .unwrap()
            .replace("kai", "eve")
            .replace("home/eve", "home/kai");
        let text = text.replace(
            "users.users.eve.home = ",
            "users.users.eve.uid = 510;\n  users.users.eve.home = ",
        );
        fs::write(file, text).unwrap();
    });
    let added = added(&world, &["basalt"]);
    assert!(added.contains("uid = 502;"), "as on quartz: {added}");
}

#[test]
fn together_here_and_alone_there() {
    let world = world("zoe", mac("literal", "quartz"), |_| ());
    let mut answers = answers(&["quartz", "basalt"]);
    let alone = Account { mode: Some(Mode::Standalone), ..Account::default() };
    answers.accounts = decided("basalt", alone);
    let plan = world.plan(&mut world.desk(), answers);
    let step = import(&plan).unwrap();
    assert!(step.why.starts_with("quartz: "), "{}", step.why);
    assert!(
        !step.changes.iter().any(|c| c.path().is_some_and(|p| p.ends_with("hosts/basalt.nix")))
    );
}

/// The machine's file in another layout: the edit, its undo, and what Nix says.
fn layout(change: impl Fn(&str) -> String) -> String {
    let file = "hosts/quartz/default.nix";
    let world = world("zoe", mac("literal", "quartz"), |fleet| {
        let text = fs::read_to_string(fleet.join(file)).unwrap();
        fs::write(fleet.join(file), change(&text)).unwrap();
    });
    let before = picture(&world);
    let mut desk = world.desk();
    let plan = world.plan(&mut desk, answers(&["quartz"]));
    let receipt = world.apply(&mut desk, &plan);
    let text = fs::read_to_string(world.fleet().join(file)).unwrap();
    assert_eq!(people(&world, "quartz")["accounts"]["zoe"]["uid"], 503);
    assert_eq!(world.undo(&receipt), "Taken back, byte for byte.");
    assert_eq!(picture(&world), before);
    text
}

#[test]
fn carriage_returns_are_kept() {
    let text = layout(|text| text.replace('\n', "\r\n"));
    assert!(text.contains("zoe = {\r\n") && !text.replace("\r\n", "").contains('\n'), "{text}");
}

#[test]
fn a_file_without_a_final_newline_stays_so() {
    let text = layout(|text| text.trim_end().to_owned());
    assert!(text.ends_with('}'));
}

#[test]
fn tabs_are_kept() {
    let text = layout(|text| text.replace("  ", "\t"));
    assert!(text.contains("\n\t\tzoe = {\n\t\t\tuid = 503;\n"), "{text}");
    assert!(
        text.contains("\n\t\t\tzoe = {\n\t\t\t\timports = [ ../../home/zoe.nix ];\n"),
        "{text}"
    );
}

#[test]
fn one_file_for_several_machines_says_one_thing() {
    let world = world("zoe", linux("per-host", "beryl"), |_| ());
    let mut answers = answers(&["agate", "beryl"]);
    let groups = Some(vec!["video".to_owned()]);
    answers.accounts = decided("beryl", Account { groups, ..Account::default() });
    let refused = world.try_plan(&mut world.desk(), answers).unwrap_err().to_string();
    assert!(refused.contains("one file has the account for several machines"), "{refused}");
    assert!(refused.contains("\n    extraGroups = [ \"video\" ];"), "{refused}");
}

/// What the newcomer gets where quartz has `home` for kai.
fn like(home: &str) -> String {
    let world = world("zoe", mac("literal", "quartz"), |fleet| {
        let extra = "{ programs.git.settings.user.email = \"kai@example.com\"; }";
        fs::write(fleet.join("home/extra.nix"), extra).unwrap();
        let file = fleet.join("hosts/quartz/default.nix");
        replace(&file, "kai = {\n        imports = [ ../../home/kai.nix ];\n      };", home);
        replace(&file, "  home-manager = {", "  home-manager = { # homes");
    });
    let added = added(&world, &["quartz"]);
    added[added.find("+      zoe").unwrap_or_default()..].replace("+      ", "")
}

#[test]
fn only_one_file_is_their_own() {
    let two = "kai.imports = [ ../../home/kai.nix ../../home/extra.nix ];";
    assert_eq!(like(two), "zoe.imports = [ ../../home/zoe.nix ];");
}

#[test]
fn what_is_written_out_for_the_neighbour_stays_theirs() {
    let inline = "kai = let own = pkgs.jq; in {
        home.stateVersion = \"25.05\";
        # Kai likes jq.
        home.packages = [ own ];
        programs = { git = { userName = \"Kai\"; userEmail = \"kai@example.com\"; }; fish.enable = true; };
      };";
    insta::assert_snapshot!(like(inline), @r#"
    zoe = let own = pkgs.jq; in {
      home.stateVersion = "25.05";
      programs = { git = { userName = "Zoe Ito"; userEmail = "zoe@example.com"; }; };
    };
    "#);
    let merged = "kai = lib.mkMerge [ { imports = [ ../../home/modules/core.nix ]; } { home.file.x.text = \"y\"; } ];";
    assert_eq!(
        like(merged),
        "zoe = lib.mkMerge [ { imports = [ ../../home/modules/core.nix ]; } { } ];"
    );
}
