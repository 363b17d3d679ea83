use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::host::{Account, Os};

/// A clan of two Macs and two servers, and a machine that is none of clan's.
const FLEET: &str = r#"{
  clan.inventory.machines = {
    quartz = { machineClass = "darwin"; };
    slate.deploy.targetHost = "root@slate.example.net";
    shale.deploy.targetHost = "root@shale.example.net";
    marl = { };
  };
  flake.darwinConfigurations.basalt = { };
}"#;

struct Desk {
    folder: tempfile::TempDir,
    fleet: Fleet,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fleet/modules/machines.nix");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(folder.path().join("fleet/flake.nix"), "{ outputs = _: { }; }").unwrap();
        fs::write(file, FLEET).unwrap();
        let fleet = Fleet::read(&folder.path().join("fleet")).unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        Self { folder, fleet }
    }

    /// Somebody on this machine, with these programs.
    fn host(&self, machine: &str, os: Os, uid: u32, programs: &[&str]) -> Host {
        use std::os::unix::fs::PermissionsExt as _;
        let bin = self.folder.path().join("bin");
        for program in programs {
            fs::write(bin.join(program), "#!/bin/sh\n").unwrap();
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(bin.join(program), mode).unwrap();
        }
        let account = Account {
            name: "ada".into(),
            uid,
            home: self.folder.path().join("home"),
            full_name: None,
        };
        let env = BTreeMap::from([("PATH".to_owned(), bin.into_os_string())]);
        Host::pretend(account, machine, os, "aarch64", env)
    }

    /// The queue for these machines: a line a step, its commands below it, then what is left.
    fn queue(&self, host: &Host, machines: &[&str], if_failed: IfFailed) -> String {
        let machines: Vec<String> = machines.iter().map(|name| (*name).to_owned()).collect();
        let queue = Queue {
            host,
            fleet: &self.fleet,
            machines: &machines,
            if_failed,
            nix: &[],
            network: false,
            is_nixos: host.os == Os::Linux,
        };
        let mut plan = Plan::default();
        append(&queue, &mut plan);
        let mut lines = Vec::new();
        for step in &plan.steps {
            let goes_on = if plan.independent.contains(&step.id) { ", goes on" } else { "" };
            lines.push(format!("{} {}{goes_on}", step.id, step.title));
            for change in &step.changes {
                lines.push(match change {
                    Change::Run { command } => format!("  {}", command.typed()),
                    Change::Switch(switch) => format!("  switch: {}", switch.command.typed()),
                    other => panic!("{other:?}"),
                });
            }
        }
        for remark in &plan.remarks {
            lines.push(format!("{} {}", remark.text, remark.places[0].1));
        }
        let folder = fs::canonicalize(self.folder.path()).unwrap().display().to_string();
        lines.join("\n").replace(&folder, "").replace(&self.folder.path().display().to_string(), "")
    }
}

const ALL: [&str; 4] = ["quartz", "slate", "shale", "marl"];

#[test]
fn a_mac_is_switched_here_and_last_and_the_others_by_clan() {
    let desk = Desk::new();
    let programs = ["clan", "darwin-rebuild", "sudo", "nix"];
    let host = desk.host("quartz", Os::Darwin, 0, &programs);
    insta::assert_snapshot!(desk.queue(&host, &ALL, IfFailed::Stop), @r"
    deploy:slate Update slate
      clan machines update slate
    deploy:shale Update shale
      clan machines update shale
    deploy:marl Update marl
      clan machines update marl
    deploy:quartz Update quartz
      nix --extra-experimental-features 'nix-command flakes' build /fleet#darwinConfigurations.quartz.system --print-build-logs --out-link /home/.local/state/doorstep/built-machine-quartz
      switch: /bin/darwin-rebuild switch --flake /fleet#quartz
    ");
    insta::assert_snapshot!(desk.queue(&host, &ALL, IfFailed::GoOn), @r"
    deploy:slate+shale+marl Update 3 machines, goes on
      clan machines update slate shale marl
    deploy:quartz Update quartz, goes on
      nix --extra-experimental-features 'nix-command flakes' build /fleet#darwinConfigurations.quartz.system --print-build-logs --out-link /home/.local/state/doorstep/built-machine-quartz
      switch: /bin/darwin-rebuild switch --flake /fleet#quartz
    ");
}

#[test]
fn a_nixos_machine_is_switched_by_nixos_rebuild() {
    let desk = Desk::new();
    let host = desk.host("slate", Os::Linux, 0, &["nixos-rebuild", "clan", "nix"]);
    insta::assert_snapshot!(desk.queue(&host, &["slate", "shale"], IfFailed::GoOn), @r"
    deploy:shale Update shale, goes on
      clan machines update shale
    deploy:slate Update slate, goes on
      nix --extra-experimental-features 'nix-command flakes' build /fleet#nixosConfigurations.slate.config.system.build.toplevel --print-build-logs --out-link /home/.local/state/doorstep/built-machine-slate
      switch: /bin/nixos-rebuild switch --flake /fleet#slate
    ");
}

#[test]
fn what_nothing_here_can_update_is_left_with_its_command() {
    let desk = Desk::new();
    let host = desk.host("quartz", Os::Darwin, 501, &["darwin-rebuild", "nix"]);
    insta::assert_snapshot!(desk.queue(&host, &["quartz", "slate", "basalt"], IfFailed::Stop), @r"
    basalt is not updated from here: it is not updated by clan, so it is updated where it stands. darwin-rebuild switch --flake /fleet#basalt
    slate is not updated from here: `clan` is not on PATH, and the fleet's `flake.lock` names no clan-core that could be run instead. clan machines update slate
    quartz is not updated from here: `sudo` is not on PATH. clan machines update quartz
    ");
    // With sudo on PATH, but no administrator.
    let host = desk.host("quartz", Os::Darwin, 501, &["sudo"]);
    insta::assert_snapshot!(desk.queue(&host, &["quartz"], IfFailed::Stop), @r"
    quartz is not updated from here: ada is no administrator of this machine. clan machines update quartz
    ");
}

#[test]
fn clan_is_told_not_to_commit_and_leaves_what_it_did() {
    let desk = Desk::new();
    let host = desk.host("quartz", Os::Darwin, 0, &["clan"]);
    let machines = ["slate".to_owned()];
    let queue = Queue {
        host: &host,
        fleet: &desk.fleet,
        machines: &machines,
        if_failed: IfFailed::Stop,
        nix: &[],
        network: false,
        is_nixos: false,
    };
    let mut plan = Plan::default();
    append(&queue, &mut plan);
    let command = plan.steps[0].command().unwrap();
    assert_eq!(command.env["CLAN_NO_COMMIT"].as_deref(), Some("1".as_ref()));
    assert!(command.leaves.as_deref().unwrap().starts_with("slate keeps what it runs"));
    assert_eq!(command.asks.as_ref().unwrap().unless.len(), 1);
}

#[test]
fn ids_are_made_once_and_say_which_machines() {
    let names = ["a.b".to_owned(), "c".to_owned()];
    let id = id_of(&names);
    assert!(std::ptr::eq(id, id_of(&names)));
    assert_eq!(machines_of(id), ["a.b", "c"]);
    assert_eq!(machines_of("build"), Vec::<&str>::new());
    assert_eq!(titled("a-machine-with-a-long-name"), "Update a-machine-with…");
}
