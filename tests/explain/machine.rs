//! Causes that share one text, told apart by a machine. Each machine differs from a healthy one in
//! one thing.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use doorstep::explain::machine::{CHECKS, Here};
use doorstep::explain::{Catalogue, Confidence, Explanation, explain, read};
use doorstep::host::{Account, Host, Os};
use doorstep::key::Identity;
use doorstep::run::{Runner, Scripted};
use doorstep::sops::{Creation, SecretValue, create_yaml};
use tempfile::TempDir;

use crate::told;

/// sops 3.13, with a key that is not among the file's recipients.
const NO_MATCH: &str = "Failed to get the data key required to decrypt the SOPS file.

Group 0: FAILED
  RECIPIENT: FAILED
    - | failed to create reader for decrypting sops data key with
      | age: identity did not match any of the recipients: incorrect
      | identity for recipient block. Did not find keys in locations
      | 'SOPS_AGE_KEY', and 'SOPS_AGE_KEY_CMD'.
";

/// A fleet with Zoe's secrets, a home with her key, and the machine's own folders.
struct World {
    dir: TempDir,
    os: Os,
    env: BTreeMap<String, OsString>,
    zoe: Identity,
    admin: Identity,
}

impl World {
    /// Everything is as it should be.
    fn healthy() -> Self {
        let world = Self {
            dir: tempfile::tempdir().unwrap(),
            os: Os::Linux,
            env: BTreeMap::new(),
            zoe: Identity::generate(),
            admin: Identity::generate(),
        };
        world.write("fleet/flake.nix", "{ outputs = _: { }; }\n");
        world.config(&[("zoe-granite", &world.zoe), ("admin", &world.admin)]);
        world.secrets(&[&world.zoe, &world.admin]);
        world.key(".config/sops/age/keys.txt", &world.zoe);
        world
    }

    fn home(&self) -> PathBuf {
        self.dir.path().join("home/zoe")
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn config(&self, names: &[(&str, &Identity)]) {
        let mut text = "keys:\n".to_owned();
        for (name, key) in names {
            text.push_str(&format!("  - &{name} {}\n", key.recipient()));
        }
        text.push_str("creation_rules:\n  - path_regex: secrets/users/zoe\\.sops\\.yaml$\n    key_groups:\n      - age:\n");
        for (name, _) in names {
            text.push_str(&format!("          - *{name}\n"));
        }
        self.write("fleet/.sops.yaml", &text);
    }

    fn secrets(&self, readers: &[&Identity]) {
        let readers: Vec<_> = readers.iter().map(|key| key.recipient()).collect();
        let value = [("github-token", SecretValue::from("x".to_owned()))];
        let text = create_yaml(&value, &readers, &Creation::default(), SystemTime::now().into());
        self.write("fleet/secrets/users/zoe.sops.yaml", &text.unwrap());
    }

    fn key(&self, below_home: &str, key: &Identity) {
        let text = key.key_file_text(SystemTime::now().into());
        self.write(&format!("home/zoe/{below_home}"), &text);
    }

    fn host(&self) -> Host {
        let account = Account {
            name: "zoe".into(),
            uid: rustix::process::geteuid().as_raw(),
            home: self.home(),
            full_name: None,
        };
        Host::pretend(account, "granite", self.os, "x86_64", self.env.clone())
    }

    fn explain_with(&self, log: &str, runner: &mut dyn Runner) -> Explanation {
        let log = log
            .replace("RECIPIENT", self.admin.recipient().as_str())
            .replace("HOME", &self.home().display().to_string());
        let catalogue = Catalogue::built_in().unwrap();
        let log = read(&mut log.as_bytes(), catalogue).unwrap();
        let host = self.host();
        let here = Here::new(&host, Some(self.path("fleet")), runner);
        explain(&log, catalogue, &mut here.with_system(self.path("system")))
    }

    fn explain(&self, log: &str) -> Explanation {
        self.explain_with(log, &mut Scripted::default())
    }

    /// The one confirmed cause, with what was checked.
    #[track_caller]
    fn confirms(&self, log: &str, class: &str) -> String {
        confirmed(&self.explain(log), class)
    }
}

#[track_caller]
fn confirmed(explanation: &Explanation, class: &str) -> String {
    let best = explanation.causes.first().unwrap();
    assert_eq!(
        (best.class.as_str(), best.confidence),
        (class, Confidence::Sure),
        "{:?}",
        told(explanation)
    );
    best.checked[0].words.clone()
}

fn removed(world: &World, path: &str) {
    fs::remove_file(world.path(path)).unwrap();
}

#[test]
fn nothing_is_confirmed_on_a_healthy_machine() {
    let explanation = World::healthy().explain(NO_MATCH);
    assert_eq!(explanation.causes, [], "{:?}", told(&explanation));
    let because = &explanation.ruled_out[0].because;
    assert!(because.contains("is encrypted for age1"), "{because}");
}

#[test]
fn a_key_that_neither_file_nor_rule_names() {
    let world = World::healthy();
    world.key(".config/sops/age/keys.txt", &Identity::generate());
    let checked = world.confirms(NO_MATCH, "key-not-recipient");
    assert!(checked.contains("neither secrets/users/zoe.sops.yaml nor the rule"), "{checked}");
}

#[test]
fn a_rule_that_names_the_key_and_a_file_that_does_not() {
    let world = World::healthy();
    world.secrets(&[&world.admin]);
    let checked = world.confirms(NO_MATCH, "updatekeys-not-run");
    assert!(checked.contains(".sops.yaml:8 names it (zoe-granite)"), "{checked}");
    let explanation = world.explain(NO_MATCH);
    let best = &explanation.causes[0];
    assert_eq!(best.next, "Ask admin to run this and push");
    assert_eq!(best.run.as_deref(), Some("sops updatekeys -y secrets/users/zoe.sops.yaml"));
    let others = explanation.ruled_out;
    assert!(others.iter().any(|out| out.class == "key-not-recipient"));
}

#[test]
fn a_key_in_the_folder_that_this_shell_does_not_use() {
    let mut world = World::healthy();
    world.os = Os::Darwin;
    let log = "failed to load age identities: failed to open file: open HOME/Library/Application Support/sops/age/keys.txt: no such file or directory";
    let checked = world.confirms(log, "key-file-wrong-macos-path");
    assert!(checked.contains("your key is in ~/.config/sops/age/keys.txt"), "{checked}");
}

#[test]
fn no_key_at_all() {
    let world = World::healthy();
    removed(&world, "home/zoe/.config/sops/age/keys.txt");
    let log = "failed to load age identities: failed to open file: open HOME/.config/sops/age/keys.txt: no such file or directory";
    world.confirms(log, "key-file-missing");
}

#[test]
fn a_file_for_the_ssh_key_of_the_same_person() {
    let world = World::healthy();
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINBlyEeOrTkdpyiA6l2MS2b39ZQhaDYRe1lSNWesUtS9";
    world.write("home/zoe/.ssh/id_ed25519.pub", &format!("{ssh} zoe@granite\n"));
    let text = fs::read_to_string(world.path("fleet/secrets/users/zoe.sops.yaml")).unwrap();
    let text = text.replace(world.zoe.recipient().as_str(), ssh);
    world.write("fleet/secrets/users/zoe.sops.yaml", &text);
    world.confirms(NO_MATCH, "ssh-recipient-not-converted");
}

#[test]
fn a_damaged_key_file() {
    let world = World::healthy();
    world.write("home/zoe/.config/sops/age/keys.txt", "AGE-SECRET-KEY-1SHORT\n");
    let log = "failed to load age identities: error at line 1: malformed secret key";
    let checked = world.confirms(log, "age-key-malformed");
    assert!(!checked.contains("SHORT"), "{checked}");
}

#[test]
fn a_log_of_another_account_is_not_held_against_this_one() {
    let log = "failed to load age identities: failed to open file: open /home/ada/.config/sops/age/keys.txt: no such file or directory";
    let best = &World::healthy().explain(log).causes[0];
    assert_eq!((best.class.as_str(), best.confidence), ("key-file-missing", Confidence::Likely));
    assert!(best.not_checked[0].words.contains("another account"));
}

#[test]
fn a_log_about_files_of_another_fleet_is_not_held_against_this_one() {
    let log = NO_MATCH.replace("RECIPIENT", Identity::generate().recipient().as_str());
    let best = &World::healthy().explain(&log).causes[0];
    assert_eq!((best.class.as_str(), best.confidence), ("key-not-recipient", Confidence::Likely));
}

#[test]
fn the_rule_for_the_file() {
    let world = World::healthy();
    let log =
        "sops secrets/users/zoe.sops.yaml\nerror loading config: no matching creation rules found";
    world.write("fleet/.sops.yaml", "creation_rules:\n  - path_regex: other\n    age: x\n");
    assert!(world.confirms(log, "no-creation-rule").contains("no rule of .sops.yaml fits"));
    world.write("fleet/.sops.yaml", "creation_rules:\n  - path_regex: zoe\n");
    world.confirms(
        "Could not generate data key: [empty key group provided]",
        "creation-rule-without-keys",
    );
    removed(&world, "fleet/.sops.yaml");
    world.confirms(
        "config file not found and no keys provided through command line options",
        "sops-config-not-found",
    );
}

#[test]
fn what_is_wrong_with_sops_yaml() {
    let world = World::healthy();
    world.write("fleet/.sops.yaml", "creation_rules:\n\t- age: x\n");
    world.confirms("error loading config: Could not unmarshal config file: yaml: line 2: found character that cannot start any token", "sops-yaml-invalid");
    let bad = format!("{}q", world.zoe.recipient());
    world.write("fleet/.sops.yaml", &format!("creation_rules:\n  - age: {bad}\n"));
    let checked = world.confirms(
        &format!("malformed recipient \"{bad}\": invalid checksum"),
        "recipient-malformed",
    );
    assert!(checked.starts_with(".sops.yaml:2"), "{checked}");
}

#[test]
fn what_is_in_a_secrets_file() {
    let world = World::healthy();
    let log = "secret signing-key in /nix/store/kvm1r8zldm8gz7p6vq9fb40pk1m4z9qs-zoe.sops.yaml is not valid: the key 'signing-key' cannot be found";
    let checked = world.confirms(log, "secret-key-not-in-file");
    assert!(checked.contains("has github-token, not signing-key"), "{checked}");
}

#[test]
fn a_profile_folder_and_a_link_for_secrets() {
    let world = World::healthy();
    world.confirms(
        "Could not find suitable profile directory, tried A and B",
        "profile-dir-missing",
    );
    world.write("home/zoe/.config/sops-nix/secrets/old", "x");
    world.confirms("cannot update secrets symlink: rename a b: file exists", "secrets-dir-exists");
}

#[test]
fn the_daemon() {
    let mut world = World::healthy();
    let log = "error: cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Connection refused";
    assert!(world.confirms(log, "nix-daemon-not-running").contains("is not there"));
    world.env.insert("NIX_REMOTE".into(), "local".into());
    world.confirms(
        "error: opening lock file '/nix/var/nix/db/big-lock': Permission denied",
        "nix-store-permission-denied",
    );
}

#[test]
fn agents_of_a_mac() {
    let mut world = World::healthy();
    world.os = Os::Darwin;
    let log = "Activating sops-nix\nBootstrap failed: 5: Input/output error";
    assert!(world.confirms(log, "launchd-bootstrap-eio").contains("plist is not there"));
    let plist = "home/zoe/Library/LaunchAgents/org.nix-community.home.sops-nix.plist";
    world.write(plist, "<plist version=\"1.0\"><dict></dict></plist>\n");
    let disabled = "\t\"org.nix-community.home.sops-nix\" => disabled\n";
    let mut runner = Scripted::default().expect("launchctl print-disabled gui/", 0, disabled, "");
    let explanation = world.explain_with(log, &mut runner);
    confirmed(&explanation, "launchd-service-disabled");
    set_mode(&world.path(plist), 0o666);
    world.confirms(log, "launchd-plist-bad-permissions");
}

#[test]
fn a_screen_with_nobody_at_it() {
    let mut world = World::healthy();
    world.os = Os::Darwin;
    let mut runner =
        Scripted::default().expect("launchctl print gui/", 113, "", "Could not find domain");
    let log = "Bootstrap failed: 125: Domain does not support specified action";
    confirmed(&world.explain_with(log, &mut runner), "launchd-no-gui-session");
}

#[test]
fn a_session_without_systemd() {
    let log = "Activating sops-nix\nUser systemd daemon not running. Probably executed on boot where no manual start/reload is needed.";
    let mut runner =
        Scripted::default().expect("systemctl --user is-system-running", 1, "offline\n", "");
    confirmed(&World::healthy().explain_with(log, &mut runner), "user-systemd-not-running");
    let mut runner =
        Scripted::default().expect("systemctl --user is-system-running", 0, "running\n", "");
    let explanation = World::healthy().explain_with(log, &mut runner);
    assert_eq!(explanation.causes, []);
}

#[test]
fn a_file_that_git_does_not_track() {
    let world = World::healthy();
    world.write("fleet/modules/users/bob.nix", "{ }\n");
    let fleet = world.path("fleet");
    let git = |args: &[&str]| {
        assert!(
            std::process::Command::new("git")
                .arg("-C")
                .arg(&fleet)
                .args(args)
                .status()
                .unwrap()
                .success()
        );
    };
    git(&["init", "--quiet"]);
    let log = "error: attribute 'bob' missing\n\n       at /nix/store/5qpgj451f5a82k0n6jl83zcn3dq4xmrb-source/flake.nix:8:30:\n\n            8|     homeConfigurations.bob = users.bob;\n";
    let mut runner = doorstep::run::Real::new(
        std::env::vars_os().map(|(n, v)| (n.into_string().unwrap(), v)).collect(),
    );
    let checked = confirmed(&world.explain_with(log, &mut runner), "untracked-file");
    assert_eq!(checked, "git does not track modules/users/bob.nix");
    git(&["add", "modules"]);
    let explanation = world.explain_with(log, &mut runner);
    assert_eq!(explanation.causes[0].class, "attribute-missing", "{:?}", told(&explanation));
    assert_eq!(explanation.ruled_out[0].because, "git tracks modules/users/bob.nix");
}

#[test]
fn every_question_of_the_catalogue_can_be_asked() {
    for entry in &Catalogue::built_in().unwrap().entries {
        if let Some(check) = &entry.check {
            assert!(CHECKS.contains(&check.id.as_str()), "{}: {}", entry.class, check.id);
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
