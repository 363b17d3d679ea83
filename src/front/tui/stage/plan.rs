//! The plan of the drawings: eight steps that set up raquel's home by herself.

use std::path::PathBuf;

use crate::activate::{Activation, Places};
use crate::plan::{Change, Content, Needs, Plan, Remark, Step};
use crate::question::example::RECIPIENT;
use crate::run::Command;

const FLEET: &str = "/Users/raquel/fleet";
const HOME: &str = "/Users/raquel";

const MODULE: &str = r#"{ config, inputs, ... }:
let
  inherit (config.flake.modules) homeManager;
in
{
  # Made for raquel.
  flake.modules.homeManager."users/raquel" =
    { config, lib, ... }:
    {
      home.username = lib.mkDefault "raquel";
      home.homeDirectory = lib.mkDefault "/Users/raquel";
      home.stateVersion = "25.11";

      imports = with homeManager; [
        aggregate-core
        aggregate-shell
      ];

      programs.git.settings.user = {
        name = lib.mkForce "Raquel";
        email = lib.mkForce "raquel@example.com";
      };

      sops.defaultSopsFile = "${inputs.self}/secrets/users/raquel.sops.yaml";
      sops.secrets.ssh-signing-key = { };
      sops.secrets.github-token = { };
    };
}
"#;

const CONFIGURATION: &str = r#"{ config, ... }:
{
  configurations.home.raquel = {
    module = config.flake.modules.homeManager."users/raquel";
  };
}
"#;

const SECRETS: &str = "ssh-signing-key: ENC[AES256_GCM,data:zVqXo1,iv:c0zKq,tag:h4Kd,type:str]
github-token: ENC[AES256_GCM,data:8Jw,iv:q1bb,tag:Uo2x,type:str]
sops:
    version: 3.11.0
";

/// The fleet's creation rules before raquel, as long as those of the drawing.
pub(crate) const RULES: &str = r"keys:
  # the recovery key, kept by crs58
  - &admin age1qqpk6v9xxxqvu6m2t4m7sd0lc5w5n3ys0rrrj2v57kdjhfzcmz8q5f2y0d
  - &crs58-blackphos age1w5hx0uv5m9v8u9c5tdlr2tkmn2z2tkv0lc90vdr7y8wcs4jv5f2q8wyk0e
  - &cameron-cinnabar age1e2yv0m9f3k7v6c6x5zq9kf7qj0c3u3q2a7dh4c9gqk5h7m3vmseq4r8yxl
  # janettesmith has one machine
  - &janettesmith-rosegold age1mqfqckw4n9c4p9xyu4d7x8r3h2u3kz0ld8vgf5q2y7s6m0n9q3ssd5t6va
creation_rules:
  - path_regex: secrets/users/crs58\.sops\.yaml$
    key_groups:
      - age:
          - *crs58-blackphos
          - *admin
  - path_regex: secrets/users/cameron\.sops\.yaml$
    key_groups:
      - age:
          - *cameron-cinnabar
          - *admin
  - path_regex: secrets/users/janettesmith\.sops\.yaml$
    key_groups:
      - age:
          - *janettesmith-rosegold
          - *admin
    # everything else
  - path_regex: .*
    key_groups:
      - age:
          - *admin
";

/// The rules with raquel in them.
fn rules() -> String {
    let key = format!("  - &raquel-blackphos {RECIPIENT}\ncreation_rules:\n");
    let rule = r"  - path_regex: secrets/users/raquel\.sops\.yaml$
    key_groups:
      - age:
          - *raquel-blackphos
          - *admin
    # everything else
";
    RULES.replacen("creation_rules:\n", &key, 1).replacen("    # everything else\n", rule, 1)
}

fn fleet(path: &str) -> PathBuf {
    PathBuf::from(FLEET).join(path)
}

fn create(path: PathBuf, text: &str) -> Change {
    Change::Create { path, content: Content::Text(text.into()), mode: 0o644 }
}

/// Title, why, what is done by hand and what changes, of a step that `decided_by` decides.
fn step(
    id: &'static str,
    (title, why): (&str, &str),
    by_hand: &[&str],
    changes: Vec<Change>,
    decided_by: Option<&'static str>,
) -> Step {
    Step {
        id,
        title: title.into(),
        why: why.into(),
        needs: Needs::You,
        by_hand: by_hand.iter().map(|line| (*line).to_owned()).collect(),
        changes,
        decided_by,
    }
}

/// What is set up, in eight steps.
pub(crate) fn raquels() -> Plan {
    Plan {
        steps: [files(), commands()].into_iter().flatten().collect(),
        bounds: vec![FLEET.into(), HOME.into()],
        remarks: vec![Remark { warns: false,
            text: "These places name crs58 and are left as they are. Look whether raquel belongs there too.".into(),
            places: vec![
                ("modules/checks/people.nix:7".into(), "people = [ \"crs58\" \"cameron\" ];".into()),
                (".github/CODEOWNERS:2".into(), "/modules/home/users/ @crs58".into()),
            ],
        }],
        ..Plan::default()
    }
}

fn files() -> Vec<Step> {
    let key = Change::Create {
        path: PathBuf::from(HOME).join(".config/sops/age/keys.txt"),
        content: Content::secret("AGE-SECRET-KEY-CANARY\n".into()),
        mode: 0o600,
    };
    let edit = Change::Edit { path: fleet(".sops.yaml"), before: RULES.into(), after: rules() };
    let module = "modules/home/users/raquel/default.nix";
    let configuration = "modules/home/configurations/raquel.nix";
    vec![
        step(
            "age-key",
            ("Save your age key", "One new file, readable by you alone."),
            &[
                "mkdir -p -m 700 ~/.config/sops/age",
                "age-keygen -o ~/.config/sops/age/keys.txt",
                "age-keygen -y ~/.config/sops/age/keys.txt",
            ],
            vec![key],
            Some("key"),
        ),
        step(
            "sops-yaml",
            (
                "Add you to .sops.yaml",
                "1 line for your key, and a rule of 5 lines above the rule for everything else.",
            ),
            &[
                "write in ~/fleet/.sops.yaml:",
                &format!("  - &raquel-blackphos {RECIPIENT}"),
                r"  - path_regex: secrets/users/raquel\.sops\.yaml$",
            ],
            vec![edit],
            Some("readers"),
        ),
        step(
            "secrets-file",
            ("Create secrets file", "2 secrets, for raquel and admin."),
            &["cd ~/fleet", "sops secrets/users/raquel.sops.yaml"],
            vec![create(fleet("secrets/users/raquel.sops.yaml"), SECRETS)],
            Some("secrets"),
        ),
        step(
            "user-module",
            ("Write home module", "One new file of 28 lines."),
            &["write ~/fleet/modules/home/users/raquel/default.nix"],
            vec![create(fleet(module), MODULE)],
            Some("aggregates"),
        ),
        step(
            "standalone",
            ("Add configuration", "One new file of 6 lines."),
            &["write ~/fleet/modules/home/configurations/raquel.nix"],
            vec![create(fleet(configuration), CONFIGURATION)],
            Some("mode"),
        ),
        step(
            "track",
            ("Show files to git", "3 files. Nothing is committed."),
            &[
                "git -C ~/fleet add --intent-to-add -- secrets/users/raquel.sops.yaml modules/home/users/raquel/default.nix modules/home/configurations/raquel.nix",
            ],
            vec![Change::Track {
                repository: FLEET.into(),
                paths: ["secrets/users/raquel.sops.yaml", module, configuration]
                    .map(PathBuf::from)
                    .to_vec(),
            }],
            None,
        ),
    ]
}

fn commands() -> Vec<Step> {
    let nix = "nix build .#homeConfigurations.raquel.activationPackage";
    let build = Command::new("nix")
        .args(["build", ".#homeConfigurations.raquel.activationPackage"])
        .cwd(FLEET);
    let package = PathBuf::from(HOME).join(".local/state/doorstep/home-raquel");
    let activation = Activation {
        command: Command::new(package.join("activate")).cwd(HOME),
        package: Some(package),
        places: Places {
            home: HOME.into(),
            state: PathBuf::from(HOME).join(".local/state"),
            config: PathBuf::from(HOME).join(".config"),
        },
    };
    vec![
        step(
            "build",
            ("Build your home", "Needs the network."),
            &["cd ~/fleet", nix],
            vec![Change::Run { command: build }],
            Some("mode"),
        ),
        step(
            crate::activate::STEP,
            ("Activate it", "If a file of yours is in the way, you are asked first."),
            &["cd ~/fleet", "./result/activate"],
            vec![Change::Activate(activation)],
            Some("mode"),
        ),
    ]
}
