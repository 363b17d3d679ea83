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
    found(&world, "nix-store-volume-service-missing");
    let report = world.doctor();
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
    found(&World::new().saying("systemctl --user show", 0, "not-found"), "sops-nix-unit-not-found");
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
    let world = world.saying(&format!("launchctl print {gui}/{LABEL}"), 113, "");
    found(&world, "launchd-bootstrap-eio");
}

#[test]
fn an_agent_that_is_switched_off() {
    let world = World::mac();
    let gui = gui(&world);
    let said = format!("disabled services = {{\n\t\"{LABEL}\" => disabled\n}}");
    found(
        &world.saying(&format!("launchctl print-disabled {gui}"), 0, &said),
        "launchd-service-disabled",
    );
}

#[test]
fn an_agent_whose_program_is_gone() {
    let world = World::mac();
    let gui = gui(&world);
    let said = "program = /nix/store/gone/bin/x\nlast exit code = 78: EX_CONFIG\n";
    found(
        &world.saying(&format!("launchctl print {gui}/{LABEL}"), 0, said),
        "launchd-agent-program-missing",
    );
}

#[test]
fn a_plist_that_others_can_write() {
    let world = World::mac();
    world.set_mode(&format!("home/Library/LaunchAgents/{LABEL}.plist"), 0o664);
    found(&world, "launchd-plist-bad-permissions");
    world.mend(&world.doctor().findings[0]);
    assert!(world.doctor().is_clean());
}

#[test]
fn an_agent_that_failed_at_its_last_run() {
    let world = World::mac();
    world.remove("home/.config/sops-nix/secrets");
    world.write(
        "home/Library/Logs/SopsNix/stderr",
        "/nix/store/x/bin/sops-install-secrets: failed to decrypt '/nix/store/y-zoe.sops.yaml': Error getting data key: 0 successful groups required, got 0\n",
    );
    let said = found(&world, "agent-failed");
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
