use std::fs;

use super::*;
use crate::fleet::Fleet;

/// The clan of a fleet of these files.
fn clan(files: &[(&str, &str)]) -> Clan {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in [("flake.nix", "{ outputs = _: { }; }")].iter().chain(files) {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Fleet::read(dir.path()).unwrap().clan
}

/// The instances of one file of modules, a line each.
fn instances(text: &str) -> String {
    let clan = clan(&[("modules/users.nix", text), ("modules/machines.nix", MACHINES)]);
    let line = |i: &UsersInstance| {
        let mut line = format!("{} is {}'s: on {}", i.name, i.user, i.machines.join(" "));
        for (word, is_so) in [("home", i.managed), ("wheel", i.admin), ("asks", i.prompt)] {
            if is_so {
                line.push_str(&format!(", {word}"));
            }
        }
        if !i.prepared.is_empty() {
            line.push_str(&format!("; prepared {}", i.prepared.join(" ")));
        }
        line
    };
    clan.instances.iter().map(line).collect::<Vec<_>>().join("\n")
}

const MACHINES: &str = r#"{ config, ... }: {
  clan.machines.opal.imports = [ config.flake.modules.darwin."machines/darwin/opal" ];
  clan.inventory.machines = {
    opal = { machineClass = "darwin"; tags = [ "laptop" ]; };
    slate = { tags = [ "server" "cloud" ]; };
    shale.tags = [ "server" ];
  };
  clan.inventory.tags.spare = [ "shale" ];
  clan.inventory.tags.busy = builtins.filter (name: name != "shale") config.all;
}"#;

#[test]
fn machines_have_a_class_and_the_tags_that_clan_adds() {
    let clan = clan(&[("modules/machines.nix", MACHINES)]);
    let told: Vec<String> = clan
        .machines
        .iter()
        .map(|m| format!("{} {:?} {} line {}", m.name, m.class, m.tags.join(" "), m.at.line))
        .collect();
    assert_eq!(
        told,
        [
            "opal Darwin laptop all darwin line 4",
            "shale Nixos server spare all nixos line 6",
            "slate Nixos server cloud all nixos line 5",
        ]
    );
}

#[test]
fn machines_are_known_by_their_tags() {
    let clan = clan(&[("modules/machines.nix", MACHINES)]);
    assert_eq!(clan.tagged("server").unwrap(), ["shale", "slate"]);
    assert_eq!(clan.tagged("all").unwrap(), ["opal", "shale", "slate"]);
    assert_eq!(clan.tagged("darwin").unwrap(), ["opal"]);
    assert_eq!(clan.tagged("spare").unwrap(), ["shale"]);
    assert_eq!(clan.tagged("sever"), Err(NoMachines::Unknown));
    assert_eq!(clan.tagged("busy"), Err(NoMachines::Computed));
    let used: Vec<&str> = clan.used_tags().collect();
    assert_eq!(used, ["all", "cloud", "darwin", "laptop", "nixos", "server", "spare"]);
    let own = r#"{ clan.inventory.instances.user-ada = { module.name = "users"; roles.default.tags.tablet = { }; }; }"#;
    let clan = self::clan(&[("modules/machines.nix", MACHINES), ("modules/users.nix", own)]);
    assert_eq!(clan.tagged("tablet"), Err(NoMachines::Unused));
}

#[test]
fn tags_that_an_expression_gives_are_not_relied_on() {
    let computed = |machines: &str| {
        let clan = clan(&[("modules/machines.nix", machines)]);
        let of = |computed: bool| {
            let tags = clan.tags.iter().filter(move |tag| tag.computed == computed);
            tags.map(|tag| tag.name.as_str()).collect::<Vec<_>>().join(" ")
        };
        format!("{}; computed {}", of(false), of(true))
    };
    // One machine may have any tag but those that clan gives by itself.
    let extra = r#"{ clan.inventory.machines = { slate.tags = [ "server" ]; shale.tags = [ "cloud" ] ++ extra; }; }"#;
    assert_eq!(computed(extra), "all nixos; computed server");
    // There may be machines that nobody names.
    let more = r#"{ clan.inventory.machines = { slate.tags = [ "server" ]; } // others; }"#;
    assert_eq!(computed(more), "; computed all nixos server");
    let more = r#"{ clan.machines = import ./machines.nix; clan.inventory.machines.slate.tags = [ "server" ]; }"#;
    assert_eq!(computed(more), "; computed all nixos server");
    let tags = r#"{ clan.inventory.machines.slate.tags = [ "server" ]; clan.inventory.tags = import ./tags.nix; }"#;
    assert_eq!(computed(tags), "; computed all nixos server");
    let tags = r#"{ clan.inventory.machines.slate = { }; clan.inventory.tags = { config, ... }: { spare = [ "slate" ]; busy = f config.all; }; }"#;
    assert_eq!(computed(tags), "all nixos spare; computed busy");
}

#[test]
fn groups_are_known_machine_by_machine() {
    let clan = clan(&[
        ("modules/machines.nix", MACHINES),
        (
            "modules/users.nix",
            r#"{ clan.inventory.instances.ada = {
              module.name = "users";
              roles.default.machines.opal.settings.groups = [ "docker" "video" ];
              roles.default.tags.cloud.settings.groups = [ "wheel" ];
              roles.default.tags.spare = { };
              roles.default.settings.groups = [ "video" ];
            }; }"#,
        ),
    ]);
    let ada = &clan.instances[0];
    assert_eq!(ada.machines, ["opal", "slate", "shale"]);
    assert_eq!(ada.groups_on("opal"), ["video", "docker"]);
    assert_eq!(ada.groups_on("slate"), ["video", "wheel"]);
    assert_eq!(ada.groups_on("shale"), ["video"]);
    assert!(ada.admin);
}

#[test]
fn instances_that_an_expression_makes_are_known_to_be_there() {
    let told = |users: &str| {
        let clan = clan(&[("modules/machines.nix", MACHINES), ("modules/users.nix", users)]);
        let read = clan.instances.iter().map(|i| format!("{} {}", i.name, i.computed));
        let lines = clan.computed.iter().map(|at| at.line.to_string());
        format!(
            "{}; lines {}",
            read.collect::<Vec<_>>().join(" "),
            lines.collect::<Vec<_>>().join(" ")
        )
    };
    let all = "{ lib, ... }:\n{\n  clan.inventory.instances = lib.mapAttrs (name: tags: {\n    module.name = \"users\";\n    roles.default.tags = tags;\n  }) { };\n}";
    assert_eq!(told(all), "; lines 3");
    let one = "{\n  clan.inventory.instances = {\n    user-ada = mkUser \"ada\" { };\n    kai = mkUser \"kai\" { };\n    backup = mkBackup { };\n    zerotier = { };\n  };\n}";
    assert_eq!(told(one), "user-ada true; lines 3 4");
    let named = "{\n  clan.inventory.instances.\"user-${name}\" = { };\n  clan.inventory.instances = { inherit (people) user-kai; };\n}";
    assert_eq!(told(named), "; lines 2 3");
    let more = "{\n  clan.inventory.instances = { user-ada = { module.name = \"users\"; roles.default.tags.all = { }; }; } // people;\n}";
    assert_eq!(told(more), "user-ada false; lines 2");
}

#[test]
fn instances_are_read_in_every_spelling() {
    let told = instances(
        r#"{ inputs, ... }: {
  clan.inventory.instances = {
    user-ada = {
      module = { name = "users"; input = "clan-core"; };
      roles.default.machines."slate" = { };
      roles.default.tags.laptop = { };
      roles.default.settings = { user = "ada"; groups = [ "wheel" ]; prompt = false; };
      roles.default.extraModules = [ ({ pkgs, ... }: { home-manager.users.ada = { }; }) ];
    };
    users-kai = {
      module.name = "users";
      roles.default = { machines = { slate = { }; "opal" = { }; }; tags = [ "spare" ]; };
    };
    juno-user = { module.name = "users"; roles.default.tags = [ "all" ]; };
    milo = {
      module = { name = "users"; };
      roles.default.tags.tablet = { };
    };
    zerotier.roles.peer.machines.slate = { };
    user-signing = { module.name = "importer"; roles.default.tags.all = { }; };
  };
}"#,
    );
    insta::assert_snapshot!(told, @r"
    juno-user is juno's: on opal shale slate, asks
    milo is milo's: on , asks
    user-ada is ada's: on slate opal, home, wheel
    users-kai is kai's: on slate opal shale, asks
    ");
}

#[test]
fn one_instance_may_stand_in_several_bindings_and_files() {
    let clan = clan(&[
        ("modules/a.nix", r#"{ clan.inventory.instances.user-ada.module.name = "users"; }"#),
        ("modules/b.nix", "{ clan.inventory.instances.user-ada.roles.default.machines.x = { }; }"),
        (
            "clan.nix",
            r#"{ inventory.machines.y = { }; inventory.instances.user-kai = { module.name = "users"; roles.default.tags.all = { }; }; }"#,
        ),
    ]);
    let told: Vec<_> = clan.instances.iter().map(|i| (i.user.as_str(), &i.machines[..])).collect();
    assert_eq!(told, [("ada", &["x".to_owned()][..]), ("kai", &["y".to_owned()][..])]);
}

#[test]
fn machines_in_comments_are_prepared() {
    let told = instances(
        r#"{
  clan.inventory.instances.user-ada = {
    module.name = "users";
    # Machines of her own: roles and all.
    # roles.default.machines."opal" = { };  # once it is there
    roles.default.machines."slate" = { };
    #roles.default.settings.groups = [ "wheel" ];
  };
  clan.inventory.instances.user-kai = {
    module.name = "users";
    roles.default.machines = {
      slate = { }; # shale = { };
      # opal = { };
      ## "shale".settings = { };
    };
  };
}"#,
    );
    insta::assert_snapshot!(told, @r"
    user-ada is ada's: on slate, asks; prepared opal
    user-kai is kai's: on slate, asks; prepared opal
    ");
}

#[test]
fn a_prepared_line_is_known_by_what_it_would_give() {
    let prepared = |line: &str| {
        let text = format!(
            "{{ clan.inventory.instances.kai.roles.default.machines = {{\n  # {line}\n}}; }}"
        );
        let source = crate::nix::Source::parse(text).unwrap();
        let all = crate::nix::Span::new(0, source.text().len());
        let [line] = &prepared_machines(&source, all)[..] else { return "none".to_owned() };
        let value = line.value.of(source.text());
        format!("{} {} {value} {:?} {:?}", line.line, line.machine, line.groups, line.further)
    };
    assert_eq!(prepared("opal = { };"), "2 opal { } [] None");
    assert_eq!(
        prepared(r#""opal" = { settings.groups = [ "wheel" ]; }; # soon"#),
        r#"2 opal { settings.groups = [ "wheel" ]; } ["wheel"] None"#
    );
    assert_eq!(
        prepared(r#"opal = { settings = { groups = [ "a" "b" ]; }; };"#),
        r#"2 opal { settings = { groups = [ "a" "b" ]; }; } ["a", "b"] None"#
    );
    let further = |line: &str| prepared(line).rsplit_once("] ").unwrap().1.to_owned();
    assert_eq!(further(r#"opal = { settings.user = "root"; };"#), r#"Some("settings.user")"#);
    assert_eq!(further("opal = { settings.groups = rights; };"), r#"Some("settings.groups")"#);
    assert_eq!(further("opal = { settings = common; };"), r#"Some("settings")"#);
    assert_eq!(further("opal = { inherit (common) settings; };"), r#"Some("inherit")"#);
    assert_eq!(further("opal = common;"), r#"Some("common")"#);
    assert_eq!(prepared("opal.settings = { };"), "none");
    assert_eq!(prepared("opal = { }; slate = { };"), "none");
}

#[test]
fn folders_register_machines_and_people() {
    let own = r#"{ clan.inventory.instances.user-ada = { module.name = "users"; roles.default.tags.all = { }; }; }"#;
    let files = [
        ("modules/users.nix", own),
        ("machines/basalt/configuration.nix", "{ }"),
        ("machines/basalt/disko.nix", "{ }"),
        ("sops/users/ada/key.json", "{}"),
        ("sops/users/ada/extra.json", "{}"),
        ("sops/machines/basalt/key.json", "{}"),
    ];
    let found = clan(&files);
    assert_eq!(found.gives("ada", "basalt").map(|i| i.name.as_str()), Some("user-ada"));
    assert_eq!(found.people, ["ada"]);
    assert!(clan(&[("machines/basalt/configuration.nix", "{ }")]).is_empty());
}

#[test]
fn what_clan_keeps_in_its_own_data_is_read() {
    let kept = r#"{
      "machines": {
        "vera": { "tags": ["new"] },
        "pad": { "machineClass": "darwin" },
        "slate": { "tags": ["spare"] }
      },
      "instances": {
        "user-kai": {
          "module": { "name": "users" },
          "roles": { "default": {
            "machines": { "vera": { "settings": { "groups": ["docker"] } } },
            "tags": ["server"],
            "settings": { "user": "kai", "groups": ["video"], "prompt": false }
          } }
        },
        "admin": { "module": { "name": "admin" } }
      }
    }"#;
    let clan = clan(&[("modules/machines.nix", MACHINES), ("inventory.json", kept)]);
    let names: Vec<String> =
        clan.machines.iter().map(|m| format!("{} {}", m.name, m.tags.join(" "))).collect();
    assert_eq!(
        names,
        [
            "opal laptop all darwin",
            "pad all darwin",
            "shale server spare all nixos",
            "slate server cloud spare all nixos",
            "vera new all nixos",
        ]
    );
    let [kai] = &clan.instances[..] else { panic!("{:?}", clan.instances) };
    assert_eq!((kai.user.as_str(), kai.computed, kai.prompt), ("kai", true, false));
    assert_eq!(kai.machines, ["vera", "shale", "slate"]);
    assert_eq!(kai.groups_on("vera"), ["video", "docker"]);
    assert!(self::clan(&[("inventory.json", "{ \"machines\": 1")]).is_empty());
}

#[test]
fn machines_of_folders_and_data_are_machines_of_the_fleet() {
    let own = r#"{ clan.inventory.instances.user-ada = { module.name = "users"; roles.default.tags.all = { }; }; }"#;
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("flake.nix", "{ outputs = _: { }; }"),
        ("modules/users.nix", own),
        ("inventory.json", r#"{ "machines": { "vera": { } } }"#),
        ("machines/sara/configuration.nix", r#"{ nixpkgs.hostPlatform = "aarch64-linux"; }"#),
    ] {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let fleet = Fleet::read(dir.path()).unwrap();
    let told = |m: &crate::fleet::Machine| {
        let people: Vec<&str> = m.users.iter().map(|user| user.name.text()).collect();
        format!("{} {:?} {} {}", m.name, m.system.as_deref(), m.at.file.display(), people.join(" "))
    };
    assert_eq!(
        fleet.machines.iter().map(told).collect::<Vec<_>>(),
        [
            "sara Some(\"aarch64-linux\") machines/sara/configuration.nix ada",
            "vera None inventory.json ada",
        ]
    );
}

#[test]
fn a_fleet_without_a_clan_has_none() {
    let machine = "{ services.inventory.machines.x = { }; options.inventory.instances = { }; }";
    assert!(clan(&[("modules/x.nix", machine)]).is_empty());
}

#[test]
fn a_clan_may_have_any_name_of_its_own() {
    let of = r#"{
      inherit self;
      machines.opal = { };
      inventory.machines.slate.tags = [ "server" ];
      inventory.instances.user-ada = {
        module.name = "users";
        roles.default.tags.server = { };
      };
    }"#;
    for made in [
        "let clan = clan-core.lib.clan CLAN; in { inherit (clan.config) nixosConfigurations; }",
        "let my-clan = clan-core.lib.clan CLAN; in { inherit (my-clan.config) nixosConfigurations; }",
        "let fleet = inputs.clan-core.lib.buildClan CLAN; in { inherit (fleet) clanInternals; }",
        "let inherit (clan-core.lib) buildClan; in buildClan CLAN",
        "(clan-core.lib.clan CLAN).config",
    ] {
        let flake = format!("{{ outputs = {{ self, clan-core, ... }}@inputs: {made}; }}");
        let clan = clan(&[("flake.nix", &flake.replace("CLAN", of))]);
        let machines: Vec<&str> = clan.machines.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(machines, ["opal", "slate"], "{made}");
        assert_eq!(clan.instances[0].machines, ["slate"], "{made}");
    }
    // Another function of that name makes something else.
    let flake = "{ outputs = { self, ... }: { x = clan { machines.opal = { }; }; }; }";
    assert_eq!(clan(&[("flake.nix", flake)]), Clan::default());
}
