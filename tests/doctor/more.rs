//! Further machines: each differs from a healthy one in one thing, which a check finds, and which is
//! gone when that thing is put right.

use doorstep::check::Severity;
use doorstep::key::Identity;

use crate::mending::found;
use crate::world::{KEYS, LABEL, MODULE, SECRETS, World, git, told};

const GRANITE: &str = "fleet/modules/machines/nixos/granite.nix";
const QUARTZ: &str = "fleet/modules/machines/darwin/quartz.nix";
const PROFILE: &str = "home/.local/state/nix/profiles/profile-1";
/// nix-darwin's own probe.
const PROTECTED: &str = "head -c 1 /Library/Preferences/com.apple.TimeMachine.plist";

#[track_caller]
fn clean(world: &World) {
    let report = world.doctor();
    assert!(report.is_clean(), "{:#?}", told(&report));
    assert!(report.not_checked.is_empty(), "{:#?}", told(&report));
}

/// Zoe's module with more in it; git knows the file.
fn with_settings(world: &World, settings: &str) {
    world.change(MODULE, |text| {
        text.replacen("imports = ", &format!("{settings}\n      imports = "), 1)
    });
}

#[test]
fn desktop_settings_on_a_machine_without_dconf() {
    let world = World::new();
    with_settings(
        &world,
        "dconf.settings.\"org/gnome/desktop/interface\".color-scheme = \"prefer-dark\";",
    );
    let report = found(&world, "dconf-service-missing");
    let seen = &report.findings[0].evidence[0];
    assert!(seen.at.starts_with("modules/home/users/zoe/default.nix:"), "{seen:?}");
    world.write(
        "system/run/current-system/sw/share/dbus-1/services/ca.desrt.dconf.service",
        "[D-BUS Service]\n",
    );
    clean(&world);
    world.remove("system/run/current-system/sw/share/dbus-1/services/ca.desrt.dconf.service");
    with_settings(&world, "dconf.enable = false;");
    clean(&world);
}

/// A Mac has no dconf, and home-manager writes none there.
#[test]
fn desktop_settings_on_a_mac_are_no_matter() {
    let world = World::mac();
    with_settings(&world, "gtk.enable = true;");
    clean(&world);
}

#[test]
fn a_package_installed_by_hand_that_is_also_in_the_home() {
    for (world, manifest) in [
        (
            World::new(),
            r#"{"version":3,"elements":{"ripgrep":{"storePaths":["ROOT/store/a-ripgrep-14"]}}}"#,
        ),
        (World::mac(), r#"{"version":2,"elements":[{"storePaths":["ROOT/store/a-ripgrep-14"]}]}"#),
    ] {
        world.write("store/1-home-manager-generation/home-path/bin/rg", "x");
        world.write("store/a-ripgrep-14/bin/rg", "x");
        let root = world.root.display().to_string();
        world.write(&format!("{PROFILE}/manifest.json"), &manifest.replace("ROOT", &root));
        std::os::unix::fs::symlink(world.at(PROFILE), world.at("home/.nix-profile")).unwrap();
        let report = found(&world, "profile-package-collision");
        let fix = format!("{:?}", report.findings[0].fixes);
        assert!(fix.contains("nix profile remove"), "{fix}");
        // What the home itself has put there is no second copy.
        let own = manifest.replace("ROOT", &root).replace("a-ripgrep-14", "b-home-manager-path");
        world.write(&format!("{PROFILE}/manifest.json"), &own);
        world.write("store/b-home-manager-path/bin/rg", "x");
        clean(&world);
    }
}

#[test]
fn two_versions_of_one_program() {
    for world in [World::new(), World::mac()] {
        with_settings(
            &world,
            "home.packages = [ pkgs.nodejs_20 pkgs.nodejs_22 pkgs.bzip2 pkgs.bzip3 ];",
        );
        let report = found(&world, "package-collision");
        assert_eq!(report.findings[0].summary, "your home has 2 versions of nodejs");
        world.change(MODULE, |text| text.replace("pkgs.nodejs_20 ", ""));
        clean(&world);
    }
}

#[test]
fn a_package_without_a_free_licence() {
    for world in [World::new(), World::mac()] {
        with_settings(&world, "home.packages = with pkgs; [ slack ripgrep ];");
        let report = found(&world, "unfree-package");
        assert!(report.findings[0].evidence[0].shown.contains("slack"));
        world.change("fleet/modules/flake/packages.nix", |text| {
            format!("# config.allowUnfree = true;\n{text}")
        });
        clean(&world);
    }
}

const PRIVATE: &str = r#"{
  "nodes": {
    "notes": { "locked": { "type": "git", "url": "ssh://git@code.example.com/zoe/notes" } },
    "root": { "inputs": { "notes": "notes" } }
  },
  "root": "root",
  "version": 7
}
"#;

#[test]
fn a_private_input_and_an_account_without_a_key() {
    for world in [World::new(), World::mac()] {
        world.write("fleet/flake.lock", PRIVATE);
        let report = found(&world, "private-input-unreachable");
        assert!(report.findings[0].summary.contains("you have no SSH key here"));
        world.write("home/.ssh/id_ed25519", "x");
        let world = world.saying(
            "ssh-keygen -F code.example.com",
            0,
            "# Host code.example.com found: line 1",
        );
        clean(&world);
        let world = world.saying("ssh-keygen -F code.example.com", 1, "");
        let report = found(&world, "private-input-unreachable");
        assert_eq!(report.findings[0].evidence[1].at, "ssh-keygen -F code.example.com");
    }
}

fn lock(nixpkgs: &str, home_manager: &str) -> String {
    let node = |name: &str, said: &str| {
        let (branch, date) = said.split_once(' ').unwrap();
        let branch = if branch == "-" { String::new() } else { format!(r#", "ref": "{branch}""#) };
        format!(
            "    \"{name}\": {{\n      \"locked\": {{ \"lastModified\": {date}, \"type\": \"github\" }},\n      \"original\": {{ \"type\": \"github\"{branch} }}\n    }},\n"
        )
    };
    format!(
        "{{\n  \"nodes\": {{\n{}{}    \"root\": {{ \"inputs\": {{ \"home-manager\": \"home-manager\", \"nixpkgs\": \"nixpkgs\" }} }}\n  }},\n  \"root\": \"root\",\n  \"version\": 7\n}}\n",
        node("home-manager", home_manager),
        node("nixpkgs", nixpkgs)
    )
}

#[test]
fn inputs_of_two_releases() {
    for world in [World::new(), World::mac()] {
        world
            .write("fleet/flake.lock", &lock("nixos-24.11 1748000000", "release-25.05 1748000000"));
        let report = found(&world, "nixpkgs-input-mismatch");
        assert_eq!(report.findings[0].evidence[0].at, "flake.lock:3");
        world
            .write("fleet/flake.lock", &lock("nixos-25.05 1748000000", "release-25.05 1748000000"));
        clean(&world);
        world.write("fleet/flake.lock", &lock("nixos-unstable 1700000000", "- 1748000000"));
        found(&world, "nixpkgs-input-mismatch");
        world.write("fleet/flake.lock", &lock("nixos-unstable 1747000000", "- 1748000000"));
        clean(&world);
    }
}

#[test]
fn an_ssh_key_that_cannot_stand_for_an_age_key() {
    for world in [World::new(), World::mac()] {
        let pem =
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n";
        world.write("home/.ssh/id_host", pem);
        with_settings(
            &world,
            "sops.age.sshKeyPaths = [ \"${config.home.homeDirectory}/.ssh/id_host\" ];",
        );
        let report = found(&world, "ssh-key-wrong-format");
        assert!(!format!("{report:?}").contains("MC4CAQ"), "the key is shown");
        let key = doorstep::key::ssh::generate("zoe").unwrap();
        world.write("home/.ssh/id_host", &key.private);
        clean(&world);
    }
}

/// Quartz, with Zoe at it.
fn quartz() -> World {
    let mut world = World::mac();
    world.name = "quartz".to_owned();
    world.saying("dscl . -read /Groups/nixbld PrimaryGroupID", 0, "PrimaryGroupID: 350").saying(
        "dscl . -read /Users/_nixbld1 UniqueID",
        0,
        "UniqueID: 351",
    )
}

#[test]
fn a_mac_of_the_fleet_is_clean() {
    clean(&quartz());
}

#[test]
fn a_file_in_etc_that_macos_has_put_back() {
    let world = World::mac();
    world.write("system/store/zshrc", "# made by nix-darwin\n");
    std::fs::create_dir_all(world.at("system/etc/static")).unwrap();
    std::os::unix::fs::symlink(world.at("system/store/zshrc"), world.at("system/etc/static/zshrc"))
        .unwrap();
    world.write("system/etc/zshrc", "# macOS's own\n");
    let report = found(&world, "etc-file-exists");
    let fix = format!("{:?}", report.findings[0].fixes);
    assert!(
        fix.contains("ForAdmin") && fix.contains("sudo mv /etc/zshrc /etc/zshrc.before-nix-darwin"),
        "{fix}"
    );
    world.remove("system/etc/zshrc");
    clean(&world);
}

#[test]
fn build_accounts_with_other_numbers() {
    let world =
        quartz().saying("dscl . -read /Groups/nixbld PrimaryGroupID", 0, "PrimaryGroupID: 30000");
    let report = found(&world, "nixbld-id-mismatch");
    assert!(format!("{:?}", report.findings[0].fixes).contains("ids.gids.nixbld = 30000;"));
    world.change(QUARTZ, |text| {
        text.replace("system.stateVersion", "ids.gids.nixbld = 30000;\n    system.stateVersion")
    });
    clean(&world);
    let world = world.saying("dscl . -read /Users/_nixbld1 UniqueID", 0, "UniqueID: 301");
    let report = found(&world, "nixbld-id-mismatch");
    assert!(format!("{:?}", report.findings[0].fixes).contains("ids.uids.nixbld = 300;"));
}

#[test]
fn apps_from_a_session_that_is_not_at_the_screen() {
    let world = World::mac().saying("launchctl managername", 0, "Background");
    world.write("home/Applications/Home Manager Apps/Kitty.app/Contents/Info.plist", "x");
    found(&world, "macos-app-management");
    clean(&world.saying("launchctl managername", 0, "Aqua"));
}

#[test]
fn a_terminal_without_full_disk_access() {
    let denied = format!("2> head: {PROTECTED}: Operation not permitted");
    let world = quartz().saying(PROTECTED, 1, &denied);
    clean(&world);
    world.change(QUARTZ, |text| {
        text.replace(
            "system.stateVersion",
            "system.defaults.universalaccess.reduceMotion = true;\n    system.stateVersion",
        )
    });
    found(&world, "macos-full-disk-access");
    clean(&world.saying(PROTECTED, 0, "b"));
}

#[test]
fn settings_of_a_person_on_a_mac_that_names_nobody() {
    let world = quartz();
    for file in [QUARTZ, "fleet/modules/machines/darwin/basalt.nix"] {
        world.change(file, |text| {
            let lines = text.lines().filter(|line| !line.contains("system.primaryUser"));
            lines.map(|line| format!("{line}\n")).collect()
        });
    }
    world.change(QUARTZ, |text| {
        text.replace(
            "system.stateVersion",
            "system.defaults.dock.autohide = true;\n    system.stateVersion",
        )
    });
    found(&world, "darwin-primary-user-unset");
    world.change(QUARTZ, |text| {
        text.replace(
            "system.stateVersion",
            "system.primaryUser = \"ada\";\n    system.stateVersion",
        )
    });
    clean(&world);
}

#[test]
fn two_that_manage_nix() {
    let world = quartz();
    world.write("system/usr/local/bin/determinate-nixd", "x");
    found(&world, "determinate-conflict");
    world.change(QUARTZ, |text| {
        text.replace("system.stateVersion", "nix.enable = false;\n    system.stateVersion")
    });
    clean(&world);
}

#[test]
fn an_account_that_the_next_update_would_remove() {
    let world = quartz();
    world.change(QUARTZ, |text| {
        text.replace(
            "system.stateVersion",
            "users.knownUsers = [ \"zoe\" ];\n    system.stateVersion",
        )
    });
    let report = found(&world, "account-would-be-removed");
    assert!(format!("{:?}", report.findings[0].fixes).contains("ForAdmin"));
    world.change(QUARTZ, |text| {
        text.replace(
            "users.users.ada = {",
            "users.users.zoe = {\n      home = \"/Users/zoe\";\n    };\n    users.users.ada = {",
        )
    });
    found(&world, "known-user-without-number");
    let uid = world.uid;
    world.change(QUARTZ, |text| {
        text.replace(
            "home = \"/Users/zoe\";",
            &format!("home = \"/Users/zoe\";\n      uid = {uid};"),
        )
    });
    clean(&world);
}

/// Two dashes below key_groups, where one was meant.
#[test]
fn a_file_that_needs_a_key_of_each_group() {
    use doorstep::key::AnyRecipient;
    use doorstep::sops::edit::{Unlocked, Wanted, WantedGroup};
    let world = World::new();
    let (zoe, admin) = (world.identity(KEYS), world.identity("admin/keys.txt"));
    let group = |key: &Identity| WantedGroup {
        age: vec![AnyRecipient::from(key.recipient())],
        others: Vec::new(),
    };
    let text = world.read(SECRETS);
    let format = doorstep::sops::Format::Yaml;
    let unlocked = Unlocked::open(&text, format, std::slice::from_ref(&zoe)).unwrap();
    let made = unlocked.rekey(&Wanted { groups: vec![group(&zoe), group(&admin)] }).unwrap();
    world.write(SECRETS, &made.text);
    world.change("fleet/.sops.yaml", |text| {
        let own = "          - *zoe-granite\n          - *admin\n";
        assert_eq!(text.matches(own).count(), 1, "{text}");
        text.replace(own, "          - *zoe-granite\n      - age:\n          - *admin\n")
    });
    let report = found(&world, "shamir-group-threshold");
    assert!(
        report.findings[0].evidence[1].shown.contains("2 key groups"),
        "{:?}",
        report.findings[0]
    );
}

#[test]
fn an_agent_without_a_path() {
    let world = World::mac();
    let plist = format!("home/Library/LaunchAgents/{LABEL}.plist");
    world.set_mode(&plist, 0o644);
    let whole = world.read(&plist);
    world.write(
        &plist,
        &whole.replace("<string>/usr/bin:/bin:/usr/sbin:/sbin</string>", "<string></string>"),
    );
    found(&world, "launchd-agent-empty-path");
    world.write(&plist, &whole.replace("org.nix-community", "com"));
    found(&world, "launchd-bootstrap-eio");
    world.write(&plist, &whole[..whole.len() / 2]);
    found(&world, "launchd-bootstrap-eio");
    world.write(&plist, &whole);
    clean(&world);
}

#[test]
fn an_agent_in_another_domain() {
    let world = World::mac();
    let gui = format!("launchctl print gui/{}/{LABEL}", world.uid);
    let system = format!("launchctl print system/{LABEL}");
    let world =
        world.saying(&gui, 113, "2> Could not find service").saying(&system, 0, "state = waiting");
    let report = found(&world, "launchd-agent-loaded-as-root");
    assert_eq!(report.findings[0].evidence[0].at, system);
    let user = format!("launchctl print user/{}/{LABEL}", world.uid);
    let world = world.saying(&system, 113, "").saying(&user, 0, "state = waiting");
    let report = found(&world, "launchd-bootstrap-eio");
    assert_eq!(report.findings[0].evidence[0].at, user);
}

#[test]
fn a_unit_that_failed_at_its_last_run() {
    let show = "systemctl --user show --property=Result --value sops-nix.service";
    let world = World::new()
        .saying(show, 0, "exit-code")
        .saying("journalctl --user --unit sops-nix.service", 0, "Cannot read ssh key '/etc/ssh/ssh_host_rsa_key'\nsops-install-secrets: failed to decrypt '/nix/store/y-zoe.sops.yaml': Error getting data key: 0 successful groups required, got 0");
    let report = found(&world, "agent-failed");
    let first = &report.findings[0];
    assert_eq!(
        (first.evidence[0].at.as_str(), first.evidence[0].shown.as_str()),
        (show, "exit-code")
    );
    clean(&world.saying(show, 0, "success"));
}

#[test]
fn secrets_that_were_copied_to_a_disk() {
    for (world, line) in [
        (World::new(), "/dev/sda2 on RUN type ext4 (rw)"),
        (World::mac(), "/dev/disk3s5 on RUN (apfs, local, journaled)"),
    ] {
        let report = found(&world.in_memory(line), "secrets-not-in-memory");
        assert_eq!(report.findings[0].evidence[1].at, "mount");
    }
}

#[test]
fn a_link_to_the_secrets_of_before() {
    let world = World::new().saying("systemctl --user restart sops-nix", 0, "");
    for name in ["github-token", "ssh-signing-key"] {
        world.write(&format!("run/secrets.d/2/{name}"), "x");
    }
    let report = found(&world, "secrets-of-before");
    world.mend(&report.findings[0]);
    let link = world.at("home/.config/sops-nix/secrets");
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(world.at("run/secrets.d/2"), &link).unwrap();
    clean(&world);
}

const LAST: &str = "home/.local/state/doorstep/logs/2026-01-01T00-00-00Z.log";

#[test]
fn a_last_run_that_stopped() {
    for world in [World::new(), World::mac()] {
        world.write(LAST, "doorstep log 1\n0 $ build nix build .#x\n40 r {\"action\":\"msg\",\"level\":0,\"msg\":\"\\u001b[31;1merror:\\u001b[0m The option `programs.nosuch' does not exist. Definition values:\"}\n90 . 1 exit code 1\n");
        let report = found(&world, "last-run-failed");
        let first = &report.findings[0];
        assert_eq!(first.severity, Severity::Warning);
        assert!(first.fixes[0].title.contains("option-does-not-exist"), "{first:?}");
        world.change(LAST, |text| text.replace(". 1 exit code 1", ". 0 exit code 0"));
        clean(&world);
    }
}

/// What Nix prints when it evaluates a home, by version and cause; the check names the cause.
#[test]
fn a_home_that_nix_cannot_evaluate() {
    for (class, said) in [
        ("option-does-not-exist", include_str!("../explain/logs/option-does-not-exist.log")),
        ("special-arg-not-passed", include_str!("../explain/logs/special-arg-not-passed.log")),
        ("attribute-missing", include_str!("../explain/logs/attribute-missing.log")),
        ("absolute-path-pure-eval", include_str!("../explain/logs/absolute-path-pure-eval.log")),
        (
            "conflicting-managed-files",
            include_str!("../explain/logs/conflicting-managed-files.log"),
        ),
        ("hash-mismatch", include_str!("../explain/logs/hash-mismatch-nar.log")),
        ("nixpkgs-input-mismatch", include_str!("../explain/logs/nixpkgs-input-mismatch.log")),
        ("unfree-package", include_str!("../explain/logs/unfree-package.log")),
    ] {
        for world in [World::new(), World::mac()] {
            let errors: String = said.lines().map(|line| format!("2> {line}\n")).collect();
            let nix = "nix --extra-experimental-features 'nix-command flakes' eval";
            let report = world.saying(nix, 1, &errors).doctor_only(&["evaluation"]);
            assert_eq!(report.findings[0].id, class, "{:#?}", told(&report));
            let evidence = &report.findings[0].evidence;
            assert!(evidence[0].at.contains("#homeConfigurations.\"zoe"), "{evidence:?}");
        }
    }
    let world = World::new().saying("nix --extra-experimental-features", 0, "/nix/store/x.drv");
    assert!(world.doctor_only(&["evaluation"]).is_clean());
    let world = world.saying(
        "nix --extra-experimental-features",
        1,
        "2> error: the moon is not in its place",
    );
    let report = world.doctor_only(&["evaluation"]);
    assert_eq!(report.findings[0].id, "evaluation-failed");
}

#[test]
fn clans_variables() {
    let world = World::new();
    git(&world.at("fleet"), &["add", "--all"]);
    let key = Identity::generate().recipient().to_string();
    world.write(
        "fleet/sops/machines/granite/key.json",
        &format!("[{{\"publickey\": \"{key}\", \"type\": \"age\"}}]"),
    );
    let variable = "fleet/vars/per-machine/granite/ssh/key";
    let secret = |recipient: &str| {
        format!(
            "{{\"data\": \"ENC[x]\", \"sops\": {{\"age\": [{{\"recipient\": \"{recipient}\", \"enc\": \"x\"}}], \"lastmodified\": \"2026-01-01T00:00:00Z\", \"mac\": \"ENC[x]\", \"version\": \"3.10.0\"}}}}"
        )
    };
    world.write(
        &format!("{variable}/secret"),
        &secret(&Identity::generate().recipient().to_string()),
    );
    let report = world.doctor_only(&["clan-vars"]);
    assert_eq!(report.findings[0].id, "updatekeys-not-run", "{:#?}", told(&report));
    assert!(format!("{:?}", report.findings[0].fixes).contains("clan vars fix granite"));
    world.write(&format!("{variable}/secret"), &secret(&key));
    assert!(world.doctor_only(&["clan-vars"]).is_clean());
    std::fs::create_dir_all(world.at("fleet/vars/per-machine/granite/wifi/password")).unwrap();
    let report = world.doctor_only(&["clan-vars"]);
    assert_eq!(report.findings[0].id, "clan-variable-missing");
    world.remove("fleet/vars/per-machine/granite/wifi");
    world.write(
        "fleet/sops/users/zoe/key.json",
        &format!("{{\"publickey\": \"{key}\", \"type\": \"age\"}}"),
    );
    assert_eq!(world.doctor_only(&["clan-vars"]).findings[0].id, "clan-user-other-key");
}

/// The machine's own configuration, when it brings the home.
#[test]
fn a_home_that_comes_with_the_machine_is_evaluated_with_it() {
    let world = World::new();
    world.remove("fleet/modules/home/configurations/zoe.nix");
    world.change(GRANITE, |text| {
        text.replace("home-manager.users.grace = {", "home-manager.users.zoe = {\n      imports = [ config.flake.modules.homeManager.\"users/zoe\" ];\n    };\n    home-manager.users.grace = {")
    });
    let world = world.saying("nix --extra-experimental-features", 1, "2> error: x");
    let report = world.doctor_only(&["evaluation"]);
    let at = &report.findings[0].evidence[0].at;
    assert!(
        at.contains("#nixosConfigurations.\"granite\".config.system.build.toplevel.drvPath"),
        "{at}"
    );
}

/// Whatever these tests break lies below one of them.
#[test]
fn what_is_looked_at_can_be_watched() {
    for world in [World::new(), World::mac()] {
        let watched = |world: &World| {
            let root = Some(world.at("fleet"));
            doorstep::check::Scene::new(world.host(), "zoe", root)
                .with_system(world.at("system"))
                .watched()
        };
        let plist = format!("home/Library/LaunchAgents/{LABEL}.plist");
        let broken = [
            KEYS,
            MODULE,
            SECRETS,
            "fleet/.sops.yaml",
            "system/etc/nix/nix.conf",
            "home/.config/sops-nix/secrets",
            "home/.local/state/nix/profiles/home-manager",
        ];
        for path in broken.into_iter().chain(world.at(&plist).exists().then_some(plist.as_str())) {
            let paths = watched(&world);
            assert!(
                paths.iter().any(|watched| world.at(path).starts_with(watched)),
                "{path}: {paths:?}"
            );
        }
        // What is not there is seen by its folder.
        world.remove("home/.config/sops");
        assert!(watched(&world).contains(&world.at("home/.config")));
    }
}

#[test]
fn rules_that_sops_does_not_take() {
    let world = World::new().with_env("SOPS_CONFIG", "/elsewhere/.sops.yaml");
    let report = found(&world, "sops-config-elsewhere");
    assert!(report.findings[0].evidence[1].shown.contains("which is not there"));
    let own = world.at("fleet/.sops.yaml").display().to_string();
    let world = world.with_env("SOPS_CONFIG", &own);
    clean(&world);
    world.write("fleet/secrets/.sops.yaml", "creation_rules: []\n");
    git(&world.at("fleet"), &["add", "secrets/.sops.yaml"]);
    let report = found(&world, "sops-config-elsewhere");
    assert_eq!(report.findings[0].evidence[1].at, "secrets/.sops.yaml");
}

/// A flake that is somebody's, and of no layout that is known.
#[test]
fn a_fleet_of_an_unknown_layout() {
    let world = World::new();
    world.remove("fleet/modules");
    world.remove("fleet/.sops.yaml");
    world.write("fleet/flake.nix", "{\n  outputs = _: { };\n}\n");
    let report = world.doctor_only(&["layout"]);
    assert_eq!(report.findings[0].id, "layout-unknown", "{:#?}", told(&report));
    assert!(!report.findings[0].evidence.is_empty());
}
