//! Every way in which people write who lives on a machine: what is added for one person more, or why
//! nothing is, that Nix sees them and nobody else changed, and the way back.

use std::fs;
use std::path::PathBuf;

use doorstep::answers::Account;
use serde_json::Value;

use crate::evaluated::Evaluator;
use crate::generated::without_newcomer;
use crate::shapes::shown;
use crate::small::{Small, flake, told};

/// What every home of the cases is made of.
const ADA: &str = "{ home.stateVersion = \"24.11\"; programs.git.userName = \"Ada\"; }";
const ACCOUNT: &str = "users.users.ada = { home = \"/Users/ada\"; uid = 501; };";

/// The function and `let`s that a file begins with, and what its set says.
type Case = (&'static str, &'static str, &'static str);

const HOMES: &[Case] = &[
    ("dotted", "", "home-manager.users.ada.imports = [ ./home/ada.nix ];"),
    (
        "nested",
        "",
        "home-manager = {\n    useGlobalPkgs = true;\n    users = {\n      ada = {\n        imports = [ ./home/ada.nix ];\n      };\n    };\n  };",
    ),
    ("one line", "", "home-manager={users={ada={imports=[./home/ada.nix];};};};"),
    (
        "two lists",
        "",
        "home-manager.users.ada.imports = [ ./home/ada.nix ] ++ (with pkgs; [ ./home/shared.nix ]);",
    ),
    (
        "lib.flatten",
        "",
        "home-manager.users.ada.imports = lib.flatten [ [ ./home/ada.nix ] ./home/shared.nix ];",
    ),
    (
        "a function",
        "",
        "home-manager.users.ada = { pkgs, ... }: { imports = [ ./home/ada.nix ]; home.packages = [ pkgs.jq ]; };",
    ),
    ("import", "", "home-manager.users.ada = import ./home/ada.nix;"),
    ("a path", "", "home-manager.users.ada = ./home/ada.nix;"),
    ("quoted", "", "home-manager.users.\"ada\" = ./home/ada.nix;"),
    ("interpolated", "", "home-manager.users.${\"ada\"} = ./home/ada.nix;"),
    (
        "a name of a let",
        "let user = \"ada\"; in\n",
        "home-manager.users.${user} = { imports = [ ./home/ada.nix ]; home.username = user; home.homeDirectory = \"/Users/${user}\"; };",
    ),
    (
        "an owner option",
        "",
        "system.primaryUser = \"ada\";\n  home-manager.users.${config.system.primaryUser} = { imports = [ ./home/ada.nix ]; home.username = config.system.primaryUser; };",
    ),
    (
        "rec",
        "",
        "home-manager = rec { users = rec { ada = { imports = [ ./home/ada.nix ]; }; }; };",
    ),
    (
        "merged with //",
        "",
        "home-manager = { useGlobalPkgs = true; } // { users.ada = { imports = [ ./home/ada.nix ]; }; };",
    ),
    ("people merged with //", "", "home-manager.users = { ada = ./home/ada.nix; } // { };"),
    ("mkIf", "", "home-manager.users.ada = lib.mkIf true { imports = [ ./home/ada.nix ]; };"),
    ("mkIf around", "", "home-manager = lib.mkIf true { users.ada = import ./home/ada.nix; };"),
    (
        "mkMerge",
        "",
        "home-manager.users = lib.mkMerge [\n    { ada = import ./home/ada.nix; }\n    { }\n  ];",
    ),
    (
        "mkMerge around",
        "",
        "home-manager = lib.mkMerge [ { useGlobalPkgs = true; } { users.ada.imports = [ ./home/ada.nix ]; } ];",
    ),
    (
        "let … in",
        "",
        "home-manager = let path = ./home; in { users.ada.imports = [ (path + \"/ada.nix\") ]; };",
    ),
    ("with", "", "home-manager = with lib; { users.ada = { imports = [ ./home/ada.nix ]; }; };"),
    ("assert", "", "home-manager.users.ada = assert true; { imports = [ ./home/ada.nix ]; };"),
    ("if", "", "home-manager.users.ada = if true then import ./home/ada.nix else { };"),
    (
        "a home of a let",
        "let adaHome = import ./home/ada.nix; in\n",
        "home-manager.users.ada = adaHome;",
    ),
    (
        "a file of a let",
        "let mine = ./home/ada.nix; in\n",
        "home-manager.users.ada.imports = [ mine ];",
    ),
    (
        "a function of the name",
        "let mkHome = name: import (./home + \"/${name}.nix\"); in\n",
        "home-manager.users.ada = mkHome \"ada\";",
    ),
    (
        "mapAttrs",
        "",
        "home-manager.users = lib.mapAttrs (_: file: import file) { ada = ./home/ada.nix; };",
    ),
    (
        "genAttrs",
        "",
        "home-manager.users = lib.genAttrs [ \"ada\" ] (name: import (./home + \"/${name}.nix\"));",
    ),
    (
        "genAttrs of a let",
        "let people = [\n  \"ada\" # first\n]; in\n",
        "home-manager.users = lib.genAttrs people (name: import (./home + \"/${name}.nix\"));",
    ),
    (
        "listToAttrs of names",
        "let people = [ \"ada\" ]; in\n",
        "home-manager.users = builtins.listToAttrs (map (name: { inherit name; value = import (./home + \"/${name}.nix\"); }) people);",
    ),
    (
        "several lines",
        "",
        "home-manager.users.ada.home.stateVersion = \"24.11\";\n  home-manager.users.ada.imports = [ ./home/shared.nix ];\n  home-manager.users.ada.programs.git.userName = \"Ada\";\n  home-manager.users.ada.programs.fish.enable = true;",
    ),
    (
        "a home and more of it",
        "",
        "home-manager = {\n    users.ada = { imports = [ ./home/shared.nix ]; };\n    users.ada.home.stateVersion = \"24.11\";\n  };",
    ),
    (
        "in imports",
        "",
        "imports = [ { home-manager.users.ada = { imports = [ ./home/ada.nix ]; }; } ];",
    ),
    // What can only be told.
    (
        "listToAttrs of pairs",
        "",
        "home-manager.users = builtins.listToAttrs [ { name = \"ada\"; value = import ./home/ada.nix; } ];",
    ),
    ("inherit", "let ada = import ./home/ada.nix; in\n", "home-manager.users = { inherit ada; };"),
    (
        "an inherited name",
        "let me = \"ada\"; in\n",
        "home-manager.users.ada = { imports = [ ./home/ada.nix ]; } // { inherit me; };",
    ),
];

const MAC: &str = "networking.hostName = \"quartz\";\n  nixpkgs.hostPlatform = \"aarch64-darwin\";";
const LINUX: &str = "networking.hostName = \"quartz\";\n  nixpkgs.hostPlatform = \"x86_64-linux\";";
const HOME: &str = "home-manager.users.ada = import ./home/ada.nix;";

const ACCOUNTS: &[Case] = &[
    (
        "linux: mapAttrs",
        "",
        "users.users = lib.mapAttrs (_: u: u // { isNormalUser = true; }) {\n    ada = { extraGroups = [ \"wheel\" ]; };\n  };",
    ),
    (
        "linux: genAttrs",
        "",
        "users.users = lib.genAttrs [ \"ada\" ] (_: { isNormalUser = true; });",
    ),
    (
        "linux: rights and what is hers",
        "",
        "users.users.ada = { isNormalUser = true; extraGroups = [ \"wheel\" \"docker\" \"libvirtd\" ]; description = \"Ada\"; };\n  nix.settings.trusted-users = [ \"ada\" ];",
    ),
    ("linux: a number", "", "users.users.ada = { isNormalUser = true; uid = 1000; };"),
    (
        "linux: a let names her",
        "let me = \"ada\"; in\n",
        "users.users.${me} = { isNormalUser = true; home = \"/home/${me}\"; };",
    ),
    (
        "known by a list",
        "",
        "users.users.ada = { home = \"/Users/ada\"; uid = 501; };\n  users.knownUsers = [ \"ada\" ]; # all",
    ),
    (
        "known by two lists",
        "",
        "users = { users.ada = { home = \"/Users/ada\"; uid = 501; }; knownUsers = [ \"ada\" ] ++ [ ]; };",
    ),
    (
        "known by themselves",
        "",
        "users.users.ada = { home = \"/Users/ada\"; uid = 501; };\n  users.knownUsers = builtins.attrNames config.users.users;",
    ),
    (
        "known without a number",
        "",
        "users.users.ada = { home = \"/Users/ada\"; };\n  users.users.ada.uid = lib.mkDefault 501;\n  users.knownUsers = [ \"ada\" ];",
    ),
    (
        "known by a computation",
        "",
        "users.users.ada = { home = \"/Users/ada\"; uid = 501; };\n  users.knownUsers = lib.filter (n: n == \"ada\") (builtins.attrNames { ada = 1; });",
    ),
];

/// The fleet of one case.
fn fleet((name, before, says): &Case) -> Small {
    let linux = name.starts_with("linux");
    let head = if linux { LINUX } else { MAC };
    let quartz = format!("{{ config, lib, pkgs, ... }}:\n{before}{{\n  {head}\n\n  {says}\n}}\n");
    Small::new(&[
        ("flake.nix", flake(!linux)),
        ("quartz.nix", &quartz),
        ("home/ada.nix", ADA),
        ("home/shared.nix", "{ }"),
    ])
}

/// What is told of each, after Nix has seen all that were edited.
fn all(cases: &[Case]) -> String {
    let results = tempfile::tempdir().unwrap();
    let (mut before, mut after): (Vec<PathBuf>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    let (mut told_of, mut fleets) = (String::new(), Vec::new());
    for (number, case) in cases.iter().enumerate() {
        let small = fleet(case);
        let lines = match small.plan() {
            Err(problem) => {
                problem.to_string().replace(&format!("{}/", small.folder().display()), "")
            }
            Ok(plan) => {
                let folder = results.path().join(number.to_string());
                small.applied(&plan, &folder);
                let quartz = |folder: &PathBuf| fs::read_to_string(folder.join("quartz.nix"));
                let edited = quartz(&folder).unwrap();
                assert_eq!(without_newcomer(edited), quartz(&small.folder()).unwrap(), "{case:?}");
                before.push(small.folder());
                after.push(folder);
                fleets.push((case.0, small));
                told(&plan)
            }
        };
        told_of.push_str(&format!("== {}\n{lines}\n", case.0));
    }
    let evaluator = Evaluator::new(None);
    let before = evaluator.people(&before, "quartz");
    let after = evaluator.people(&after, "quartz");
    for (((name, _), before), mut after) in fleets.iter().zip(before).zip(after) {
        let newcomer = without(&mut after);
        assert_eq!(after, before, "{name}");
        assert_eq!(newcomer["home"]["username"], "zoe", "{name}");
        assert_eq!(newcomer["home"]["stateVersion"], "24.11", "{name}");
        assert_eq!(newcomer["groups"].as_array().map_or(0, Vec::len), 0, "{name}");
    }
    told_of
}

/// Takes the newcomer out of everything that Nix sees.
pub(crate) fn without(people: &mut Value) -> Value {
    let mut newcomer = serde_json::json!({});
    if let Some(home) = people["homes"].as_object_mut().unwrap().remove("zoe") {
        newcomer["home"] = home;
    }
    if let Some(account) = people["accounts"].as_object_mut().unwrap().remove("zoe") {
        newcomer["groups"] = account["groups"].clone();
        newcomer["account"] = account;
    }
    for list in ["known", "checked"] {
        people[list].as_array_mut().unwrap().retain(|name| name != "zoe");
    }
    people["bridge"].as_object_mut().unwrap().remove("zoe");
    newcomer
}

#[test]
fn homes() {
    let cases: Vec<(String, String)> =
        HOMES.iter().map(|(_, _, says)| (String::new(), format!("{ACCOUNT}\n  {says}"))).collect();
    let cases: Vec<Case> = HOMES
        .iter()
        .zip(&cases)
        .map(|((name, before, _), (_, says))| (*name, *before, &*says.clone().leak()))
        .collect();
    shown("spellings-homes", all(&cases));
}

#[test]
fn accounts() {
    let cases: Vec<Case> = ACCOUNTS
        .iter()
        .map(|(name, before, says)| (*name, *before, &*format!("{says}\n  {HOME}").leak()))
        .collect();
    shown("spellings-accounts", all(&cases));
}

#[test]
fn accounts_that_are_made_alike_give_nobody_groups_of_their_own() {
    let says = format!(
        "{HOME}\n\n  users.users = lib.genAttrs [ \"ada\" ] (_: {{ isNormalUser = true; }});"
    );
    let mut small = fleet(&("linux", "", says.leak()));
    let video = Account { groups: Some(vec!["video".to_owned()]), ..Account::default() };
    small.person.accounts.insert("quartz".to_owned(), video);
    let refused = small.plan().unwrap_err().what;
    let quartz = fs::read_to_string(small.folder().join("quartz.nix")).unwrap();
    let line = 1 + quartz.lines().position(|line| line.contains("genAttrs")).unwrap();
    assert!(line > 4, "{quartz}");
    let end = format!("its accounts are all made from one list (line {line})");
    assert!(refused.ends_with(&end), "{refused}");
}
