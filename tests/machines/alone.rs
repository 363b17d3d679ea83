//! Homes that stand alone, in fleets of no known layout: the entry beside others of every spelling,
//! the first of a flake, and what is told where there is no place for one.

use std::fs;
use std::path::PathBuf;

use doorstep::answers::{Account, Mode};
use doorstep::plan::Plan;

use crate::evaluated::Evaluator;
use crate::generated::without_newcomer;
use crate::shapes::{answers, decided, mac, shown, told as preview, world};
use crate::small::{Small, told};
use crate::world::picture;

/// What the outputs of a flake are.
type Case = (&'static str, &'static str);

const CASES: &[Case] = &[
    (
        "an entry of its own",
        r#"{ nixpkgs, home-manager, ... }: {
    homeConfigurations."ada@elsewhere" = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      modules = [ ./home/ada.nix { home.username = "ada"; home.homeDirectory = "/home/ada"; } ];
    };
  };"#,
    ),
    (
        "a file that says whose it is",
        r#"{ nixpkgs, home-manager, ... }: {
    homeConfigurations.kai = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      modules = [ ./home/kai.nix ]; # his
    };
  };"#,
    ),
    (
        "a set, a function, two systems",
        r#"{ nixpkgs, home-manager, ... }:
    let
      mk = { user, system, home }: home-manager.lib.homeManagerConfiguration {
        pkgs = nixpkgs.legacyPackages.${system};
        modules = [ (./home + "/${user}.nix") { home.username = user; home.homeDirectory = home; } ];
      };
    in
    {
      homeConfigurations = {
        "ada@mac" = mk { user = "ada"; system = "aarch64-darwin"; home = "/Users/ada"; };
        "ada@elsewhere" = mk {
          user = "ada";
          system = "x86_64-linux";
          home = "/home/ada";
        };
      };
    };"#,
    ),
    (
        "from a Mac's",
        r#"{ nixpkgs, home-manager, ... }: {
    homeConfigurations.ada = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages."aarch64-darwin";
      modules = [ ./home/ada.nix { home.username = "ada"; home.homeDirectory = "/Users/ada"; } ];
    };
  };"#,
    ),
    (
        "written out in place",
        r#"{ nixpkgs, home-manager, ... }: {
    homeConfigurations."ada@quartz" = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      extraSpecialArgs = { host = "quartz"; };
      modules = [
        ./home/shared.nix
        {
          home = {
            username = "ada";
            homeDirectory = "/home/ada";
            stateVersion = "24.11";
          };
          programs.git.userEmail = "ada@example.com";
        }
      ];
    };
  };"#,
    ),
    (
        "a list of names",
        r#"{ nixpkgs, home-manager, ... }: {
    homeConfigurations = nixpkgs.lib.genAttrs [ "ada" ] (user: home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      modules = [ ./home/${user}.nix { home.username = user; home.homeDirectory = "/home/${user}"; } ];
    });
  };"#,
    ),
    (
        "the first of a flake",
        r#"{ nixpkgs, home-manager, ... }: {
    nixosConfigurations.quartz = nixpkgs.lib.nixosSystem { modules = [ ./quartz.nix ]; };

    formatter.x86_64-linux = nixpkgs.legacyPackages.x86_64-linux.nixfmt;
  };"#,
    ),
    (
        "the first of a flake that names its inputs together",
        r#"inputs: {
    nixosConfigurations.quartz = inputs.nixpkgs.lib.nixosSystem { modules = [ ./quartz.nix ]; };
  };"#,
    ),
    // What can only be told.
    (
        "packages of another system",
        r#"{ nixpkgs, home-manager, ... }:
    let pkgs = import nixpkgs { system = "aarch64-darwin"; }; in
    {
      homeConfigurations.ada = home-manager.lib.homeManagerConfiguration {
        inherit pkgs;
        modules = [ ./home/ada.nix { home.username = "ada"; } ];
      };
    };"#,
    ),
    (
        "outputs that a function makes",
        "inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } { imports = [ ./parts ]; };",
    ),
    ("no input", "{ self, ... }: { nixosModules.x = { }; };"),
];

fn fleet(outputs: &str) -> Small {
    let inputs = match outputs.contains("self") {
        true => "",
        false => "inputs = { nixpkgs.url = \"x\"; home-manager.url = \"y\"; };\n  ",
    };
    let flake = format!("{{\n  {inputs}outputs = {outputs}\n}}\n");
    let mut small = Small::new(&[
        ("flake.nix", &flake),
        ("home/ada.nix", "{ home.stateVersion = \"24.11\"; programs.git.userName = \"Ada\"; }"),
        (
            "home/kai.nix",
            "{ home.username = \"kai\"; home.homeDirectory = \"/home/kai\"; home.stateVersion = \"24.11\"; programs.git.userName = \"Kai\"; }",
        ),
        ("home/shared.nix", "{ }"),
        (
            "quartz.nix",
            "{ networking.hostName = \"quartz\"; nixpkgs.hostPlatform = \"x86_64-linux\"; }",
        ),
    ]);
    small.person.mode = Mode::Standalone;
    small.person.hosts.clear();
    small
}

#[test]
fn every_spelling() {
    let results = tempfile::tempdir().unwrap();
    let (mut before, mut after): (Vec<PathBuf>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    let (mut fleets, mut told_of) = (Vec::new(), String::new());
    for (number, (name, outputs)) in CASES.iter().enumerate() {
        let small = fleet(outputs);
        let plan = small.plan().unwrap();
        told_of.push_str(&format!("== {name}\n{}{}\n", told(&plan), to_paste(&small, &plan)));
        if plan.steps.is_empty() {
            continue;
        }
        let folder = results.path().join(number.to_string());
        small.applied(&plan, &folder);
        let flake = |folder: &PathBuf| fs::read_to_string(folder.join("flake.nix")).unwrap();
        assert_eq!(without_newcomer(flake(&folder)), flake(&small.folder()), "{name}");
        before.push(small.folder());
        after.push(folder);
        fleets.push((name, small));
    }
    let evaluator = Evaluator::new(None);
    let (before, after) = (evaluator.homes(&before), evaluator.homes(&after));
    for (((name, _), before), mut after) in fleets.iter().zip(before).zip(after) {
        let homes = after.as_object_mut().unwrap();
        let own = homes.keys().find(|key| key.starts_with("zoe")).unwrap().clone();
        let own = homes.remove(&own).unwrap();
        assert_eq!(after, before, "{name}");
        assert_eq!(own["username"], "zoe", "{name}");
        assert_eq!(own["homeDirectory"], "/home/zoe", "{name}");
    }
    shown("alone-spellings", told_of);
}

/// The lines that are left to people.
fn to_paste(small: &Small, plan: &Plan) -> String {
    let remarks = plan.remarks.iter().filter(|r| r.text.starts_with("No home configuration"));
    let mut out = String::new();
    for remark in remarks {
        out.push_str(&remark.text.replace(&format!("{}/", small.folder().display()), ""));
        remark.places.iter().for_each(|(_, line)| out.push_str(&format!("\n  {line}")));
        out.push('\n');
    }
    out
}

#[test]
fn a_folder_is_all_that_is_needed() {
    let mut small = Small::new(&[
        (
            "flake.nix",
            "{ outputs = inputs: inputs.snowfall-lib.mkFlake { inherit inputs; src = ./.; }; }",
        ),
        (
            "homes/x86_64-linux/ada@quartz/default.nix",
            "{ lib, ... }: { home.stateVersion = \"24.11\"; imports = [ ../../common ]; }",
        ),
        ("homes/common/default.nix", "{ }"),
    ]);
    small.person.mode = Mode::Standalone;
    small.person.hosts.clear();
    let plan = small.plan().unwrap();
    let changes: Vec<_> = plan.steps.iter().flat_map(|step| &step.changes).collect();
    let path = small.folder().join("homes/x86_64-linux/zoe@elsewhere/default.nix");
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].path(), Some(&*path));
    let folder = small.folder().with_extension("applied");
    small.applied(&plan, &folder);
    let text = fs::read_to_string(folder.join("homes/x86_64-linux/zoe@elsewhere/default.nix"));
    fs::remove_dir_all(folder).unwrap();
    let text = text.unwrap();
    assert!(text.contains("imports = [\n    ../../common\n  ];"), "{text}");
    assert!(text.contains("home.stateVersion = \"24.11\";"), "{text}");
}

#[test]
fn whoever_has_an_entry_gets_no_second_one() {
    let (_, outputs) = CASES[0];
    let small = fleet(outputs);
    let plan = small.plan().unwrap();
    let folder = small.folder().with_extension("applied");
    small.applied(&plan, &folder);
    let flake = fs::read_to_string(folder.join("flake.nix")).unwrap();
    fs::remove_dir_all(folder).unwrap();
    assert!(small.plan_where("flake.nix", &flake).unwrap().steps.is_empty());
}

#[test]
fn a_machine_that_a_function_makes_is_done_without() {
    let world = world("zoe", mac("helper", "reef"), |_| ());
    let before = picture(&world);
    let mut answers = answers(&["reef"]);
    answers.accounts =
        decided("reef", Account { mode: Some(Mode::Standalone), ..Account::default() });
    let mut desk = world.desk();
    let mut plan = world.plan(&mut desk, answers);
    let receipt = world.apply(&mut desk, &plan);
    let homes = Evaluator::new(Some(&world.fleet().join("flake.lock"))).homes(&[world.fleet()]);
    assert_eq!(homes[0]["zoe"]["homeDirectory"], "/Users/zoe");
    assert_eq!(world.undo(&receipt), "Taken back, byte for byte.");
    assert_eq!(picture(&world), before);
    for step in plan.steps.iter_mut().filter(|step| step.id == "standalone") {
        step.id = "machine-import";
    }
    shown("helper-reef-alone", preview(&world, plan));
}
