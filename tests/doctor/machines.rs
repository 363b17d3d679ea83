//! What the machine and its programs may say, on both platforms.

use crate::mending::found;
use crate::world::{LABEL, World, told};

#[test]
fn no_nix() {
    let world = World::new();
    world.remove("bin/nix");
    found(&world, "nix-missing");
}

#[test]
fn a_nix_that_this_shell_does_not_find() {
    let world = World::new();
    world.remove("bin/nix");
    world.write("system/nix/var/nix/profiles/default/bin/nix", "x");
    found(&world, "nix-not-on-path");
}

#[test]
fn a_volume_that_is_not_mounted() {
    let world = World::mac();
    world.remove("system/nix/store/x");
    let report = found(&world, "nix-store-volume-service-missing");
    let fix = format!("{:?}", report.findings[0].fixes);
    assert!(fix.contains("ForAdmin") && fix.contains("Never diskutil deleteVolume"), "{fix}");
}

/// An account that is neither root nor the store's owner.
#[test]
fn a_service_of_nix_that_does_not_run() {
    let mut world = World::new();
    world.uid = 4242;
    world.remove("system/nix/var/nix/daemon-socket/socket");
    let report = world.doctor();
    assert_eq!(report.findings[0].id, "nix-daemon-not-running", "{:#?}", told(&report));
    let fixes = format!("{:?}", report.findings[0].fixes);
    assert!(fixes.contains("Start the daemon: sudo systemctl start nix-daemon"), "{fixes}");
    world.os = doorstep::host::Os::Darwin;
    world.write("system/Library/LaunchDaemons/systems.determinate.nix-daemon.plist", "x");
    let fixes = format!("{:?}", world.doctor_only(&["daemon"]).findings[0].fixes);
    assert!(
        fixes.contains("sudo launchctl kickstart -k system/systems.determinate.nix-daemon"),
        "{fixes}"
    );
}

/// Files here belong to the account that runs the test; the pretend one is another.
#[test]
fn folders_of_another_account() {
    let mut world = World::new();
    world.uid = 4242;
    std::fs::create_dir_all(world.at("system/nix/var/nix/profiles/per-user/zoe")).unwrap();
    let report = world.doctor();
    let ids: Vec<_> = report.findings.iter().map(|finding| finding.id).collect();
    assert_eq!(ids[0], "git-repo-not-owned", "{:#?}", told(&report));
    assert!(ids.contains(&"per-user-profile-permission") && ids.contains(&"key-file-unusable"));
}

#[test]
fn a_shell_that_tells_nix_to_do_without_its_service() {
    let mut world = World::new().with_env("NIX_REMOTE", "local");
    world.uid = 4242;
    let report = world.doctor();
    assert!(report.findings.iter().any(|f| f.id == "nix-store-permission-denied"));
}

#[test]
fn a_bundle_of_certificates_that_is_not_there() {
    found(&World::new().with_env("NIX_SSL_CERT_FILE", "/not/there.crt"), "ssl-cert-problem");
}

#[test]
fn caches_that_nix_does_not_take_from_this_account() {
    let world = World::new();
    world.change("fleet/flake.nix", |text| {
        let config =
            "nixConfig.extra-substituters = [ \"https://cache.example.com\" ];\n  inputs = { };";
        text.replace("inputs = { };", config)
    });
    found(&world, "untrusted-user");
    world.write(
        "system/etc/nix/nix.conf",
        "experimental-features = nix-command flakes\ntrusted-substituters = https://cache.example.com/\n",
    );
    assert!(world.doctor().is_clean());
}

#[test]
fn a_shell_without_user() {
    let mut world = World::new();
    world.env.remove("USER");
    found(&world, "user-env-unset");
}

#[test]
fn no_session_for_services() {
    found(
        &World::new().saying("systemctl --user is-system-running", 1, "offline"),
        "user-systemd-not-running",
    );
}

#[test]
fn a_unit_that_systemd_does_not_know() {
    let broken = World::new().saying("systemctl --user show", 0, "not-found");
    started(broken, "sops-nix-unit-not-found", "systemctl --user daemon-reload", |world| {
        world.saying("systemctl --user show", 0, "loaded")
    });
}

/// Told, mended by a command, and clean once the machine says otherwise.
#[track_caller]
fn started(broken: World, id: &str, command: &str, healed: impl FnOnce(World) -> World) {
    let report = found(&broken, id);
    let world = broken.saying(command, 0, "");
    world.mend(&report.findings[0]);
    let world = healed(world);
    assert!(world.doctor().is_clean(), "{:#?}", told(&world.doctor()));
}

fn gui(world: &World) -> String {
    format!("gui/{}", world.uid)
}

#[test]
fn nobody_logged_in_on_the_screen() {
    let world = World::mac();
    let gui = gui(&world);
    let world = world.saying(&format!("launchctl print {gui}"), 113, "");
    found(&world, "launchd-no-gui-session");
}

#[test]
fn a_plist_that_is_gone() {
    let world = World::mac();
    world.remove(&format!("home/Library/LaunchAgents/{LABEL}.plist"));
    found(&world, "launchd-bootstrap-eio");
}

#[test]
fn an_agent_that_is_not_loaded() {
    let world = World::mac();
    let gui = gui(&world);
    let print = format!("launchctl print {gui}/{LABEL}");
    let loaded = "program = /bin/sh\nlast exit code = 0\n";
    let broken = world.saying(&print, 113, "");
    started(broken, "launchd-bootstrap-eio", &format!("launchctl bootstrap {gui} /"), |world| {
        world.saying(&print, 0, loaded)
    });
}

#[test]
fn an_agent_that_is_switched_off() {
    let world = World::mac();
    let gui = gui(&world);
    let said = format!("disabled services = {{\n\t\"{LABEL}\" => disabled\n}}");
    let list = format!("launchctl print-disabled {gui}");
    let broken = world.saying(&list, 0, &said);
    started(broken, "launchd-service-disabled", "launchctl enable", |world| {
        world.saying(&list, 0, "")
    });
}

#[test]
fn an_agent_whose_program_is_gone() {
    let world = World::mac();
    let gui = gui(&world);
    let said = "program = /nix/store/gone/bin/x\nlast exit code = 78: EX_CONFIG\n";
    let print = format!("launchctl print {gui}/{LABEL}");
    let broken = world.saying(&print, 0, said);
    started(broken, "launchd-agent-program-missing", "launchctl kickstart", |world| {
        world.saying(
            &print,
            0,
            "program = /bin/sh
last exit code = 0
",
        )
    });
}

#[test]
fn a_plist_that_others_can_write() {
    let world = World::mac();
    world.set_mode(&format!("home/Library/LaunchAgents/{LABEL}.plist"), 0o664);
    world.mend(&found(&world, "launchd-plist-bad-permissions").findings[0]);
    assert!(world.doctor().is_clean());
}

#[test]
fn an_agent_that_failed_at_its_last_run() {
    let world = World::mac();
    let print = format!("launchctl print {}/{LABEL}", gui(&world));
    let world = world.saying(&print, 0, "program = /bin/sh\nlast exit code = 1\n");
    world.remove("home/.config/sops-nix/secrets");
    world.write(
        "home/Library/Logs/SopsNix/stderr",
        "/nix/store/x/bin/sops-install-secrets: failed to decrypt '/nix/store/y-zoe.sops.yaml': Error getting data key: 0 successful groups required, got 0\n",
    );
    let said = told(&found(&world, "agent-failed"));
    assert!(
        said.iter().any(|line| line.starts_with("secrets-not-on-disk <- agent-failed")),
        "{said:?}"
    );
}

/// A failure of long ago, before the secrets that are there now.
#[test]
fn an_old_failure_of_the_agent_counts_no_more() {
    let world = World::mac();
    world.write(
        "home/Library/Logs/SopsNix/stderr",
        "failed to decrypt: 0 successful groups required\n",
    );
    world.remove("home/.config/sops-nix/secrets");
    std::os::unix::fs::symlink(
        world.at("run/secrets.d/1"),
        world.at("home/.config/sops-nix/secrets"),
    )
    .unwrap();
    assert!(world.doctor().is_clean(), "{:#?}", told(&world.doctor()));
}

#[test]
fn a_number_that_the_fleet_says_differently() {
    let world = World::new();
    let machine = "fleet/modules/machines/nixos/granite.nix";
    world.change(machine, |text| {
        text.replace("users.users.grace = {", "users.users.zoe = {\n      isNormalUser = true;\n      uid = 4711;\n    };\n    users.users.grace = {")
    });
    found(&world, "uid-mismatch");
}

#[test]
fn of_another_person_the_fleets_part_is_told() {
    let report = World::new().doctor_as("ada");
    assert!(report.is_clean(), "{:#?}", told(&report));
    let left = &report.not_checked;
    assert!(left.iter().any(|left| left.because == "only ada's own account can tell"), "{left:?}");
}

#[test]
fn a_machine_without_anything() {
    let mut world = World::new();
    for path in ["fleet", "home", "bin", "system"] {
        world.remove(path);
    }
    world.env.clear();
    let report = world.doctor();
    assert_eq!(report.findings[0].id, "nix-missing", "{:#?}", told(&report));
    assert!(report.not_checked.iter().any(|left| left.because == "no fleet was found here"));
}

#[test]
fn a_home_on_a_machine_that_does_not_declare_the_account() {
    let world = World::new();
    world.change("fleet/modules/machines/nixos/granite.nix", |text| {
        text.replace(
            "home-manager.users.grace = {",
            "home-manager.users.zoe = {\n      imports = [ config.flake.modules.homeManager.\"users/zoe\" ];\n    };\n    home-manager.users.grace = {",
        )
    });
    found(&world, "user-not-declared-on-machine");
}

#[test]
fn what_a_failed_installation_of_nix_left() {
    let world = World::new();
    world.remove("bin/nix");
    world.write("system/etc/bashrc.backup-before-nix", "x");
    let report = world.doctor();
    let ids: Vec<_> = report.findings.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, ["nix-missing", "installer-leftover-backup"], "{:#?}", told(&report));
}

#[test]
fn a_machine_that_the_fleet_spells_otherwise() {
    let mut world = World::new();
    world.name = "Granite".to_owned();
    found(&world, "flake-attr-hostname-mismatch");
}

#[test]
fn a_home_module_among_the_machines_own() {
    let world = World::new();
    world.change("fleet/modules/machines/nixos/granite.nix", |text| {
        let import = "imports = [ config.flake.modules.homeManager.aggregate-core ];";
        text.replace("networking.hostName", &format!("{import}\n    networking.hostName"))
    });
    found(&world, "hm-module-in-system-config");
}

#[test]
fn a_mac_that_does_not_say_where_the_home_is() {
    let mut world = World::mac();
    world.name = "quartz".to_owned();
    world.change("fleet/modules/machines/darwin/quartz.nix", |text| {
        let account = "users.users.zoe = {\n      uid = UID;\n    };\n    home-manager.users.zoe = {\n      imports = [ config.flake.modules.homeManager.\"users/zoe\" ];\n    };\n    users.users.ada = {";
        text.replace("users.users.ada = {", &account.replace("UID", &world.uid.to_string()))
    });
    found(&world, "system-user-home-unset");
}
