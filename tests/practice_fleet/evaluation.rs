//! The fleet evaluates with its own people and with a newcomer, and a wrong module is refused with
//! the words that home-manager would use.

use serde_json::json;

use crate::Practice;

/// A newcomer's module in the shape of her neighbours'; `body` comes on top.
fn module(body: &str) -> String {
    format!(
        r#"{{ config, inputs, ... }}:
let
  inherit (config.flake.modules) homeManager;
in
{{
  flake.modules.homeManager."users/zoe" =
    {{
      config,
      pkgs,
      lib,
      ...
    }}:
    {{
      home.username = lib.mkDefault "zoe";
      home.homeDirectory = lib.mkDefault (
        if pkgs.stdenv.isDarwin then "/Users/${{config.home.username}}" else "/home/${{config.home.username}}"
      );
      imports = with homeManager; [
        aggregate-core
        aggregate-shell
        aggregate-development
      ];
      {body}
    }};
}}
"#
    )
}

const STATE_VERSION: &str = r#"home.stateVersion = "25.11";"#;

const SECRETS: &str = r#"
      sops = {
        age.keyFile = "${config.home.homeDirectory}/.config/sops/age/keys.txt";
        defaultSopsFile = "${inputs.self}/secrets/users/zoe.sops.yaml";
        secrets."github-token" = { };
      };
"#;

/// Zoe as doorstep adds her: a module, and Ada's standalone file with one name replaced.
pub(crate) fn with_zoe(body: &str) -> Practice {
    let practice = Practice::new();
    practice.write("modules/home/users/zoe/default.nix", &module(body));
    let ada = std::fs::read_to_string(practice.fleet().join("modules/home/configurations/ada.nix"))
        .expect("Ada's file");
    practice.write("modules/home/configurations/zoe.nix", &ada.replace("ada", "zoe"));
    practice.track();
    practice
}

/// Puts Zoe on quartz, beside Ada.
fn on_quartz(practice: &Practice, account: &str) {
    let path = practice.fleet().join("modules/machines/darwin/quartz.nix");
    let text = std::fs::read_to_string(path).expect("quartz");
    let import = r#"    home-manager.users.zoe = {
      imports = [ config.flake.modules.homeManager."users/zoe" ];
    };
"#;
    let at = text.find("    home-manager.users.ada").expect("Ada is on quartz");
    let text = format!("{}{account}{import}{}", &text[..at], &text[at..]);
    practice.write("modules/machines/darwin/quartz.nix", &text);
    practice.track();
}

#[test]
fn everybody_has_a_home_on_every_machine_they_are_on() {
    let practice = Practice::new();
    for (machine, people) in [
        ("darwinConfigurations.quartz", json!({ "ada": "/Users/ada" })),
        ("darwinConfigurations.basalt", json!({ "ada": "/Users/ada", "grace": "/Users/grace" })),
        ("nixosConfigurations.granite", json!({ "ada": "/home/ada", "grace": "/home/grace" })),
        ("nixosConfigurations.mica", json!({ "ada": "/home/ada" })),
    ] {
        let homes = practice.nix(&[
            "eval",
            "--json",
            &format!(".#{machine}.config.home-manager.users"),
            "--apply",
            "builtins.mapAttrs (_: home: home.home.homeDirectory)",
        ]);
        assert!(homes.success, "{machine}: {}", homes.stderr);
        assert_eq!(homes.stdout.trim(), people.to_string(), "{machine}");
        assert_eq!(homes.stderr, "", "{machine} evaluates without warnings");
        practice.build(&format!("{machine}.config.system.build.toplevel"));
    }
}

#[test]
fn a_standalone_home_lies_in_the_practice_home() {
    let practice = Practice::new();
    let home = practice.home();
    assert_eq!(practice.eval("homeConfigurations.ada.config.home.homeDirectory"), json!(home));
    assert_eq!(
        practice.eval("homeConfigurations.ada.config.sops.age.keyFile"),
        json!(home.join(".config/sops/age/keys.txt"))
    );
    assert_eq!(
        practice.eval("homeConfigurations.ada.config.programs.git.settings.user"),
        json!({ "name": "Ada Moreau", "email": "ada@example.com" })
    );
    assert_eq!(
        practice.build("homeConfigurations.ada.activationPackage"),
        practice.build("homeConfigurations.ada.config.home.activationPackage"),
    );
}

#[test]
fn the_lock_file_is_what_nix_would_write() {
    let practice = Practice::new();
    let said = practice.run(std::process::Command::new("nix").args(["flake", "lock"]));
    assert!(said.success, "{}", said.stderr);
    practice.git(&["diff", "--exit-code"]);
}

#[test]
fn a_newcomer_evaluates_alone_and_on_a_machine() {
    let practice = with_zoe(&format!(
        "{STATE_VERSION} {SECRETS}
         programs.git.settings.user = {{
           name = lib.mkForce \"Zoe\";
           email = lib.mkForce \"zoe@example.com\";
         }};"
    ));
    practice.write("secrets/users/zoe.sops.yaml", "github-token: x\n");
    on_quartz(&practice, "    users.users.zoe.home = \"/Users/zoe\";\n");

    assert_eq!(
        practice.eval("homeConfigurations.zoe.config.home.homeDirectory"),
        json!(practice.home())
    );
    assert_eq!(
        practice
            .eval("darwinConfigurations.quartz.config.home-manager.users.zoe.home.homeDirectory"),
        json!("/Users/zoe")
    );
    practice.build("homeConfigurations.zoe.activationPackage");
    practice.build("darwinConfigurations.quartz.system");
}

#[test]
fn a_wrong_module_is_refused_with_the_option_and_the_file() {
    let here = "modules/home/users/zoe/default.nix";
    for (body, words) in [
        ("programs.git.enabel = true;", "The option `programs.git.enabel' does not exist"),
        (
            r#"programs.git.enable = "yes";"#,
            "A definition for option `programs.git.enable' is not of type `boolean'",
        ),
        (
            r#"home.sessionVariables.EDITOR = "emacs";"#,
            "The option `home.sessionVariables.EDITOR' has conflicting definition values:",
        ),
        (
            r#"xdg.configHome = "config";"#,
            "A definition for option `xdg.configHome' is not of type `absolute path'",
        ),
        ("home.packages = [ \"ripgrep\" ];", "-entry 1]' is not of type `package'"),
        ("programs = true;", "`programs' is a group of options, but"),
        ("options.x = 1;", "has an unsupported attribute `home'"),
    ] {
        let practice = with_zoe(&format!("{STATE_VERSION} {body}"));
        let said = practice.refusal("homeConfigurations.zoe.config.home");
        let said = said + &practice.refusal("homeConfigurations.zoe.activationPackage.drvPath");
        assert!(said.contains(words), "{body} gives:\n{said}");
        assert!(said.contains(here), "{body} names its file:\n{said}");
    }
}

#[test]
fn the_two_configs_are_kept_apart() {
    let home = |text: &str| {
        let practice = with_zoe("");
        practice.write("modules/home/users/zoe/default.nix", text);
        practice.track();
        practice.refusal("homeConfigurations.zoe.activationPackage.drvPath")
    };

    // The home's `config` has no flake in it ...
    let said = home(&module("home.sessionVariables.X = config.flake.modules;"));
    assert!(said.contains("attribute 'flake' missing"), "{said}");

    // ... so what a module imports cannot come from there: it would have to be known before itself.
    let said =
        home(&module("").replace("with homeManager", "with config.flake.modules.homeManager"));
    assert!(said.contains("infinite recursion encountered"), "{said}");

    // The flake's `config` has no home in it.
    let said = home(
        &module("home.sessionVariables.X = outer.home.username;")
            .replace("inherit (config", "outer = config; inherit (config"),
    );
    assert!(said.contains("attribute 'home' missing"), "{said}");
}

#[test]
fn what_is_missing_is_named() {
    let practice = with_zoe("");
    let alone = "modules/home/configurations/zoe.nix";
    let text = std::fs::read_to_string(practice.fleet().join(alone)).expect("text");
    practice.write(alone, &text.replace(STATE_VERSION, ""));
    practice.track();
    let said = practice.refusal("homeConfigurations.zoe.activationPackage.drvPath");
    assert!(said.contains("The option `home.stateVersion' is used but not defined."), "{said}");

    let practice = with_zoe(SECRETS);
    let said = practice.refusal("homeConfigurations.zoe.activationPackage.drvPath");
    assert!(said.contains("- Cannot find path '/nix/store/"), "{said}");

    let practice = with_zoe("sops.secrets.github-token.sopsFile = ./default.nix;");
    let said = practice.refusal("homeConfigurations.zoe.activationPackage.drvPath");
    assert!(said.contains("- No key source configured for sops."), "{said}");

    let practice = with_zoe(STATE_VERSION);
    on_quartz(&practice, "");
    let said = practice.refusal("darwinConfigurations.quartz.system.drvPath");
    assert!(said.contains("attribute 'zoe' missing"), "{said}");
}

#[test]
fn a_mac_does_not_know_a_home_that_it_is_not_told() {
    let practice = with_zoe(STATE_VERSION);
    on_quartz(&practice, "    users.users.zoe.uid = 503;\n");
    let said = practice.refusal("darwinConfigurations.quartz.system.drvPath");
    let words = "`home-manager.users.zoe.home.homeDirectory' is not of type `absolute path'";
    assert!(said.contains(words), "{said}");
}

#[test]
fn a_module_that_git_does_not_know_is_silently_absent() {
    let practice = with_zoe(STATE_VERSION);
    practice.git(&["rm", "--quiet", "--cached", "modules/home/users/zoe/default.nix"]);
    let said = practice.refusal("homeConfigurations.zoe.activationPackage.drvPath");
    assert!(
        said.contains("attribute '\"users/zoe\"' missing") || said.contains("'users/zoe' missing"),
        "{said}"
    );
    assert!(!said.contains("default.nix' does not exist"), "{said}");
}

#[test]
fn an_output_with_a_typing_mistake_is_no_output() {
    let practice = Practice::new();
    practice.write("modules/home/configurations/zoe.nix", "{ flake.homeConfiguration.zoe = { }; }");
    practice.track();
    let said = practice.refusal("homeConfigurations.ada.config.home.username");
    assert!(said.contains("The option `flake.homeConfiguration' does not exist"), "{said}");
}

#[test]
fn the_old_names_of_git_identity_work_with_a_warning() {
    let practice = with_zoe("programs.git.userName = lib.mkForce \"Zoe\";");
    let said = practice.nix(&[
        "eval",
        "--raw",
        ".#homeConfigurations.zoe.config.programs.git.settings.user.name",
    ]);
    assert_eq!((said.success, said.stdout.as_str()), (true, "Zoe"), "{}", said.stderr);
    assert!(
        said.stderr.contains("has been renamed to `programs.git.settings.user.name'"),
        "{}",
        said.stderr
    );
}
