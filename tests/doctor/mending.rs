//! Break one thing: doctor finds it first. Where a fix is safe: mended, a second doctor is clean, and
//! undo brings the breakage back byte for byte.

use doorstep::check::Severity;
use doorstep::check::report::Report;
use doorstep::key::Identity;
use doorstep::sops::{EncryptedFile, Format};

use crate::world::{KEYS, MODULE, OWN, SECRETS, World, git, now, told};

/// A machine with one thing broken must be told of that first.
#[track_caller]
pub(crate) fn found(world: &World, id: &str) -> Report {
    let report = world.doctor();
    let first = report.findings.first().map(|finding| finding.id);
    assert_eq!(first, Some(id), "{:#?}", told(&report));
    let others = report.findings.iter().skip(1);
    let alone = others.clone().all(|other| other.follows_from.is_some());
    assert!(alone, "something does not follow from it: {:#?}", told(&report));
    let finding = &report.findings[0];
    assert!(!finding.evidence.is_empty() && !finding.why.is_empty() && !finding.fixes.is_empty());
    report
}

/// Found, and not by doorstep's own hands to mend.
#[track_caller]
fn told_only(world: &World, id: &str) {
    let report = found(world, id);
    assert!(report.findings[0].safe_fix().is_none(), "{:#?}", report.findings[0].fixes);
}

/// Found, mended, and taken back.
#[track_caller]
fn mended(world: &World, id: &str) {
    let report = found(world, id);
    let before = world.picture();
    let carried = world.mend(&report.findings[0]);
    let after = world.doctor();
    assert!(after.is_clean(), "{:#?}", told(&after));
    assert_ne!(world.picture(), before);
    let taken = world.undo(&carried.receipt);
    assert_eq!(taken.left, []);
    assert_eq!(world.picture(), before, "not byte for byte");
}

#[test]
fn a_healthy_machine_is_clean() {
    for world in [World::new(), World::mac()] {
        let report = world.doctor();
        assert!(report.is_clean(), "{:?}: {:#?}", world.os, told(&report));
        assert!(report.not_checked.is_empty(), "{:#?}", told(&report));
        assert!(report.checks() > 30, "{}", report.checks());
    }
}

#[test]
fn looking_changes_nothing() {
    let world = World::new();
    let before = world.picture();
    world.doctor();
    assert_eq!(world.picture(), before);
}

#[test]
fn a_home_module_that_git_does_not_track() {
    let world = World::new();
    git(&world.at("fleet"), &["rm", "--cached", "--quiet", "modules/home/users/zoe/default.nix"]);
    git(&world.at("fleet"), &["commit", "--quiet", "--message", "x"]);
    mended(&world, "untracked-file");
    let summary = &found(&world, "untracked-file").findings[0].summary;
    assert_eq!(summary, "Nix cannot see your home module: git does not track it");
}

#[test]
fn a_secrets_file_that_git_does_not_track() {
    let world = World::new();
    git(&world.at("fleet"), &["rm", "--cached", "--quiet", "secrets/users/zoe.sops.yaml"]);
    git(&world.at("fleet"), &["commit", "--quiet", "--message", "x"]);
    mended(&world, "untracked-file");
}

#[test]
fn somebody_elses_new_file_is_a_warning() {
    let world = World::new();
    world.write("fleet/modules/home/aggregates/new.nix", "{ }\n");
    let report = world.doctor();
    assert_eq!(report.findings[0].severity, Severity::Warning);
    mended(&world, "untracked-file");
}

#[test]
fn a_file_that_git_ignores() {
    let world = World::new();
    git(&world.at("fleet"), &["rm", "--cached", "--quiet", "modules/home/users/zoe/default.nix"]);
    world.write("fleet/.gitignore", "zoe/\n");
    git(&world.at("fleet"), &["add", ".gitignore"]);
    git(&world.at("fleet"), &["commit", "--quiet", "--message", "x"]);
    told_only(&world, "ignored-file");
}

#[test]
fn a_key_file_that_others_can_read() {
    let world = World::new();
    world.set_mode(KEYS, 0o644);
    mended(&world, "key-file-open");
}

#[test]
fn a_key_that_is_gone() {
    let world = World::new();
    world.remove(KEYS);
    told_only(&world, "key-file-missing");
}

#[test]
fn a_key_in_the_folder_of_the_mac() {
    let mut world = World::mac();
    world.env.remove("SOPS_AGE_KEY_FILE");
    let key = world.read(KEYS);
    let there = "home/Library/Application Support/sops/age/keys.txt";
    world.write(there, &key);
    world.set_mode(there, 0o600);
    world.remove(KEYS);
    let carried = world.mend(&found(&world, "key-file-wrong-macos-path").findings[0]);
    let after = world.doctor();
    assert!(after.is_clean(), "{:#?}", told(&after));
    // A key that something is encrypted to is never removed, not even by undo.
    assert_eq!(world.undo(&carried.receipt).left.len(), 1);
    assert_eq!(world.read(KEYS), key);
}

#[test]
fn a_mac_whose_shell_does_not_tell_sops_where_the_key_is() {
    let mut world = World::mac();
    world.env.remove("SOPS_AGE_KEY_FILE");
    told_only(&world, "key-file-wrong-macos-path");
    assert_eq!(world.doctor().findings[0].severity, Severity::Warning);
}

#[test]
fn a_damaged_key() {
    let world = World::new();
    world.change(KEYS, |text| text.replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1X"));
    world.set_mode(KEYS, 0o600);
    told_only(&world, "age-key-malformed");
    let shown = format!("{:?}", world.doctor());
    assert!(!shown.contains("AGE-SECRET-KEY-1X"), "a key is shown");
}

#[test]
fn a_folder_where_the_key_belongs() {
    let world = World::new();
    world.remove(KEYS);
    std::fs::create_dir(world.at(KEYS)).unwrap();
    told_only(&world, "key-file-is-directory");
}

#[test]
fn a_variable_that_holds_a_path() {
    let world = World::new();
    let path = world.at(KEYS).display().to_string();
    told_only(&world.with_env("SOPS_AGE_KEY", &path), "age-key-malformed");
}

#[test]
fn another_key_than_the_file_is_for() {
    let world = World::new();
    let other = Identity::generate().key_file_text(now());
    world.write(KEYS, &other);
    told_only(&world, "key-not-recipient");
}

/// The old key still opens the file, and is still here.
#[test]
fn a_new_key_in_place_and_the_old_one_beside_it() {
    let world = World::new();
    let old = world.read(KEYS);
    world.write("home/old-keys.txt", &old);
    world.set_mode("home/old-keys.txt", 0o600);
    world.write(KEYS, &Identity::generate().key_file_text(now()));
    let at = world.at("home/old-keys.txt").display().to_string();
    mended(&world.with_env("SOPS_AGE_KEY_FILE", &at), "key-not-recipient");
}

/// The rule names the key, the file does not, and nobody here can open it.
#[test]
fn updatekeys_that_was_not_run() {
    let world = World::new();
    let admin = world.identity("admin/keys.txt");
    world.secrets_for(&["github-token", "ssh-signing-key"], &[&admin]);
    told_only(&world, "updatekeys-not-run");
}

/// The file lacks another reader: whoever can open it can let them in.
#[test]
fn a_reader_of_the_rule_that_the_file_lacks() {
    let world = World::new();
    let zoe = world.identity(KEYS);
    world.secrets_for(&["github-token", "ssh-signing-key"], &[&zoe]);
    mended(&world, "updatekeys-not-run");
}

#[test]
fn a_rule_below_one_that_matches_everything() {
    let world = World::new();
    world.change("fleet/.sops.yaml", |text| {
        let all = "  # everything else\n  - path_regex: .*\n    key_groups:\n      - age:\n          - *admin\n";
        let text = text.replace(all, "");
        text.replace("creation_rules:\n", &format!("creation_rules:\n{all}"))
    });
    // Others' rules are hidden with it; Zoe's is what she is told of.
    let report = world.doctor();
    assert_eq!(report.findings[0].id, "rule-shadowed", "{:#?}", told(&report));
    let before = world.picture();
    let carried = world.mend(&report.findings[0]);
    let after = world.doctor();
    assert!(
        !after.findings.iter().any(|f| f.id == "rule-shadowed" || f.severity == Severity::Error)
    );
    world.undo(&carried.receipt);
    assert_eq!(world.picture(), before);
}

#[test]
fn a_rule_below_one_for_all_people() {
    let world = World::new();
    world.change("fleet/.sops.yaml", |text| {
        let rule = "  - path_regex: secrets/users/z.*\\.sops\\.yaml$\n    key_groups:\n      - age:\n          - *admin\n";
        text.replace("creation_rules:\n", &format!("creation_rules:\n{rule}"))
    });
    mended(&world, "rule-shadowed");
}

#[test]
fn a_public_key_that_is_none() {
    let world = World::new();
    let zoe = world.identity(KEYS).recipient().to_string();
    world.change("fleet/.sops.yaml", |text| text.replace(&zoe, &zoe[..zoe.len() - 2]));
    mended(&world, "recipient-malformed");
}

#[test]
fn somebody_elses_public_key_that_is_none() {
    let world = World::new();
    world.change("fleet/.sops.yaml", |text| {
        let line = text.lines().find(|line| line.contains("&ada-quartz")).unwrap().to_owned();
        text.replace(&line, &line[..line.len() - 2])
    });
    told_only(&world, "recipient-malformed");
}

#[test]
fn rules_that_cannot_be_read() {
    let world = World::new();
    world.change("fleet/.sops.yaml", |text| text.replace("- *zoe-granite", "- *zoe-grnite"));
    told_only(&world, "sops-yaml-invalid");
}

#[test]
fn a_name_that_is_defined_twice() {
    let world = World::new();
    world.change("fleet/.sops.yaml", |text| {
        let line = text.lines().find(|line| line.contains("&ada-quartz")).unwrap().to_owned();
        text.replace(&line, &format!("{line}\n{line}"))
    });
    told_only(&world, "duplicate-anchor");
}

#[test]
fn no_rule_for_the_file() {
    let world = World::new();
    world.change("fleet/.sops.yaml", |text| {
        text.replace("secrets/users/zoe", "secrets/users/zoey")
            .replace("path_regex: .*", "path_regex: ^x$")
    });
    told_only(&world, "no-creation-rule");
}

#[test]
fn no_rules_at_all() {
    let world = World::new();
    world.remove("fleet/.sops.yaml");
    told_only(&world, "sops-config-not-found");
}

#[test]
fn a_secrets_file_in_plain_text() {
    let world = World::new();
    world.write(SECRETS, "github-token: hunter2\nssh-signing-key: x\n");
    let report = found(&world, "file-not-encrypted");
    assert!(!format!("{report:?}").contains("hunter2"), "a value is shown");
    let carried = world.mend(&report.findings[0]);
    let after = world.doctor();
    assert!(after.is_clean(), "{:#?}", told(&after));
    let sealed = world.read(SECRETS);
    let receipt = std::fs::read_to_string(&carried.receipt).unwrap();
    assert!(!sealed.contains("hunter2") && !receipt.contains("hunter2"), "a value is kept");
    let zoe = world.identity(KEYS);
    let file = EncryptedFile::parse(&sealed, Format::Yaml).unwrap();
    let opened = file.open(&[zoe]).unwrap();
    assert_eq!(opened.get("github-token").unwrap().as_str(), Some("hunter2"));
    // Undo does not put it back in plain text, and says what helps instead.
    let taken = world.undo(&carried.receipt);
    assert!(
        taken.left[0].why.contains("replace it with `doorstep secrets set`"),
        "{:?}",
        taken.left
    );
    assert_eq!(world.read(SECRETS), sealed);
}

/// What would not come out whole is left to sops: comments, numbers, a rule that lets others read
/// alone.
#[test]
fn a_secrets_file_in_plain_text_that_only_sops_can_encrypt() {
    let world = World::new();
    for text in [
        "# mine\ngithub-token: hunter2\nssh-signing-key: x\n",
        "github-token: 12345\nssh-signing-key: x\n",
    ] {
        world.write(SECRETS, text);
        told_only(&world, "file-not-encrypted");
    }
    world.write(SECRETS, "github-token: hunter2\nssh-signing-key: x\n");
    world.write(KEYS, &Identity::generate().key_file_text(now()));
    let report = world.doctor();
    let finding = report.findings.iter().find(|f| f.id == "file-not-encrypted").unwrap();
    assert!(finding.safe_fix().is_none());
}

#[test]
fn a_secrets_file_that_was_changed_by_hand() {
    let world = World::new();
    let zoe = world.identity(KEYS);
    let admin = world.identity("admin/keys.txt");
    world.secrets_for(&["github-token", "ssh-signing-key"], &[&zoe, &admin]);
    // A value under another name: each decrypts no more.
    world.change(SECRETS, |text| {
        let time = text.lines().find(|line| line.contains("lastmodified")).unwrap().to_owned();
        text.replace(&time, "    lastmodified: \"2020-01-01T00:00:00Z\"")
    });
    told_only(&world, "mac-mismatch");
}

#[test]
fn a_value_that_the_file_does_not_have() {
    let world = World::new();
    let (zoe, admin) = (world.identity(KEYS), world.identity("admin/keys.txt"));
    world.secrets_for(&["github-token"], &[&zoe, &admin]);
    told_only(&world, "secret-key-not-in-file");
}

#[test]
fn a_secrets_file_that_is_gone() {
    let world = World::new();
    world.remove(SECRETS);
    told_only(&world, "secrets-file-missing");
}

#[test]
fn a_module_with_a_mistake() {
    let world = World::new();
    world.change(MODULE, |text| text.replacen("imports = ", "imports ", 1));
    told_only(&world, "nix-syntax-error");
}

#[test]
fn a_module_that_is_exported_under_another_name() {
    let world = World::new();
    world.change(MODULE, |text| text.replace("\"users/zoe\"", "\"users/zeo\""));
    mended(&world, "module-wrong-name");
}

#[test]
fn a_module_for_another_account() {
    let world = World::new();
    world.change(MODULE, |text| text.replacen("mkDefault \"zoe\"", "mkDefault \"zeo\"", 1));
    mended(&world, "home-env-mismatch");
}

#[test]
fn a_module_without_a_state_version() {
    let world = World::new();
    for file in [MODULE, OWN] {
        world.change(file, |text| {
            let lines = text.lines().filter(|line| !line.contains("stateVersion"));
            lines.map(|line| format!("{line}\n")).collect()
        });
    }
    mended(&world, "home-stateversion-missing");
}

#[test]
fn a_module_that_is_gone() {
    let world = World::new();
    world.remove(MODULE);
    world.remove(OWN);
    told_only(&world, "user-module-missing");
}

#[test]
fn a_module_that_nothing_imports() {
    let world = World::new();
    world.remove(OWN);
    told_only(&world, "module-not-imported");
}

#[test]
fn a_home_configuration_of_another_name() {
    let world = World::new();
    world.change(OWN, |text| {
        text.replace("homeConfigurations.\"zoe\"", "homeConfigurations.\"zeo\"")
    });
    mended(&world, "flake-attr-missing");
}

#[test]
fn a_merge_that_was_left_half_done() {
    let world = World::new();
    let fleet = world.at("fleet");
    git(&fleet, &["checkout", "--quiet", "-b", "other"]);
    world.change("fleet/README.md", |text| format!("a\n{text}"));
    git(&fleet, &["commit", "--quiet", "--all", "--message", "a"]);
    git(&fleet, &["checkout", "--quiet", "-"]);
    world.change("fleet/README.md", |text| format!("b\n{text}"));
    git(&fleet, &["commit", "--quiet", "--all", "--message", "b"]);
    git(&fleet, &["merge", "--quiet", "other"]);
    told_only(&world, "merge-conflict");
}

#[test]
fn a_fleet_that_is_none() {
    let world = World::new();
    world.remove("fleet/flake.nix");
    told_only(&world, "fleet-unreadable");
}

#[test]
fn flakes_that_are_switched_off() {
    let world = World::new();
    world.write("system/etc/nix/nix.conf", "experimental-features = nix-command\n");
    mended(&world, "experimental-features-disabled");
}

/// The person's own file is added to.
#[test]
fn flakes_that_are_switched_off_beside_other_settings() {
    let world = World::new();
    world.remove("system/etc/nix/nix.conf");
    world.write("home/.config/nix/nix.conf", "warn-dirty = false");
    mended(&world, "experimental-features-disabled");
}

#[test]
fn no_folder_for_a_profile() {
    let world = World::new();
    world.remove("home/.local/state/nix");
    let report = found(&world, "home-not-active");
    let follows = |f: &&doorstep::check::Finding| f.id == "profile-dir-missing";
    assert_eq!(report.findings.iter().find(follows).unwrap().follows_from, Some("home-not-active"));
}

#[test]
fn a_recipient_of_a_plugin_that_is_not_there() {
    let world = World::new();
    let plugin = "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t";
    let key = world.identity(KEYS).recipient().to_string();
    world.change(SECRETS, |text| {
        text.replacen(&format!("recipient: {key}"), &format!("recipient: {plugin}"), 1)
    });
    let report = world.doctor();
    assert!(
        report.findings.iter().any(|f| f.id == "age-plugin-unsupported"),
        "{:#?}",
        told(&report)
    );
}

#[test]
fn no_home_is_active() {
    let world = World::new();
    world.remove("home/.local/state/nix/profiles/home-manager");
    told_only(&world, "home-not-active");
}

#[test]
fn a_file_of_ones_own_in_the_way_of_the_home() {
    let world = World::new();
    world.remove("home/.zshrc");
    world.write("home/.zshrc", "# mine\n");
    told_only(&world, "file-would-be-clobbered");
}

#[test]
fn secrets_that_are_gone_after_a_restart() {
    let world = World::new();
    world.remove("run/secrets.d");
    let report = found(&world, "secrets-not-mounted-after-reboot");
    let world = world.saying("systemctl --user restart sops-nix", 0, "");
    world.mend(&report.findings[0]);
    world.write("run/secrets.d/1/github-token", "x");
    world.write("run/secrets.d/1/ssh-signing-key", "x");
    assert!(world.doctor().is_clean());
}

#[test]
fn a_folder_where_the_link_to_secrets_belongs() {
    let world = World::new();
    world.remove("home/.config/sops-nix/secrets");
    world.write("home/.config/sops-nix/secrets/github-token", "x");
    told_only(&world, "secrets-dir-exists");
}

#[test]
fn a_secret_that_is_not_on_disk() {
    let world = World::new();
    world.remove("run/secrets.d/1/github-token");
    told_only(&world, "secret-not-on-disk");
}

#[test]
fn no_folder_for_the_link_to_secrets() {
    let world = World::new();
    world.remove("home/.config/sops-nix");
    found(&world, "secrets-parent-dir-missing");
}

#[test]
fn a_rule_without_keys() {
    let world = World::new();
    world.change("fleet/.sops.yaml", |text| {
        let own = "zoe\\.sops\\.yaml$\n    key_groups:\n      - age:\n          - *zoe-granite\n          - *admin\n";
        assert!(text.contains(own), "{text}");
        text.replace(own, "zoe\\.sops\\.yaml$\n    keygroups: []\n")
    });
    let report = world.doctor();
    assert!(
        report.findings.iter().any(|f| f.id == "creation-rule-without-keys"),
        "{:#?}",
        told(&report)
    );
}

#[test]
fn a_file_that_says_that_nobody_can_open_it() {
    let world = World::new();
    world.change(SECRETS, |text| {
        let begin = text.find("    age:\n").unwrap();
        let end = text.find("    lastmodified").unwrap();
        format!("{}    age: []\n{}", &text[..begin], &text[end..])
    });
    let report = world.doctor();
    let ids: Vec<_> = report.findings.iter().map(|finding| finding.id).collect();
    assert!(
        ["file-has-no-recipients", "secrets-file-damaged"].contains(&ids[0]),
        "{:#?}",
        told(&report)
    );
}

#[test]
fn a_home_configuration_for_another_kind_of_machine() {
    let world = World::new();
    world.change(OWN, |text| text.replace("x86_64-linux", "aarch64-darwin"));
    mended(&world, "wrong-system");
}
