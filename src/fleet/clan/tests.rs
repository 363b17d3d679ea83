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
    insta::assert_snapshot!(clan.tagged("sever").unwrap_err(), @r"
    error: no machine of the clan has the tag `sever`
    hint: did you mean `server`?
    ");
    insta::assert_snapshot!(clan.tagged("tablet").unwrap_err(), @r"
    error: no machine of the clan has the tag `tablet`
    cause: its tags are all, cloud, darwin, laptop, nixos, server, spare
    ");
    insta::assert_snapshot!(clan.tagged("busy").unwrap_err(), @r"
    error: which machines have the tag `busy` is computed
    hint: name the machines themselves
    ");
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
fn a_fleet_without_a_clan_has_none() {
    let machine = "{ services.inventory.machines.x = { }; options.inventory.instances = { }; }";
    assert!(clan(&[("modules/x.nix", machine)]).is_empty());
}
