use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::host::Account;
use crate::run::Scripted;

fn host(os: Os, home: &Path, env: &[(&str, &str)]) -> Host {
    let uid = rustix::process::geteuid().as_raw();
    let account = Account { name: "zoe".into(), uid, home: home.to_owned(), full_name: None };
    let env: BTreeMap<String, OsString> =
        env.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect();
    Host::pretend(account, "quartz", os, "aarch64", env)
}

fn whats(findings: &[Finding]) -> Vec<(&'static str, bool)> {
    // How full the disks of a machine that runs tests are is no matter, nor its Nix.
    let of_machine = ["disk-space", "nix-daemon"];
    let others = findings.iter().filter(|finding| !of_machine.contains(&finding.what));
    others.map(|finding| (finding.what, finding.stops)).collect()
}

fn status(porcelain: &str) -> Scripted {
    Scripted::default().expect("git", 0, porcelain, "")
}

#[test]
fn nothing_is_found_where_all_is_well() {
    let home = tempfile::tempdir().unwrap();
    let host = host(Os::Linux, home.path(), &[]);
    let places = Places::of(&host);
    let subject = Subject {
        host: &host,
        fleet: home.path(),
        system: Some("aarch64-linux"),
        places: Some(&places),
        shown: &[],
    };
    assert_eq!(whats(&look(&subject, &mut status(" M flake.nix\n"))), []);
}

#[test]
fn a_configuration_for_another_system_is_not_begun() {
    let home = tempfile::tempdir().unwrap();
    let host = host(Os::Linux, home.path(), &[]);
    let subject = Subject {
        host: &host,
        fleet: home.path(),
        system: Some("aarch64-darwin"),
        places: None,
        shown: &[],
    };
    let findings = look(&subject, &mut status(""));
    assert_eq!(whats(&findings), [("wrong-system", true)]);
    let wrong = findings.iter().find(|f| f.what == "wrong-system").unwrap();
    insta::assert_snapshot!(wrong.problem, @"
    error: this is for `aarch64-darwin`, and this machine is `aarch64-linux`
    cause: Nix would refuse to build it here, or build what cannot run
    hint: name another configuration with `--name`
    ");
}

#[test]
fn files_that_a_flake_does_not_see_are_named() {
    let home = tempfile::tempdir().unwrap();
    let host = host(Os::Linux, home.path(), &[]);
    let subject = Subject {
        host: &host,
        fleet: Path::new("/srv/fleet"),
        system: None,
        places: None,
        shown: &[],
    };
    let porcelain = "?? modules/zoe.nix\n?? notes.txt\n?? new/\n M flake.nix\n";
    let findings = look(&subject, &mut status(porcelain));
    assert_eq!(whats(&findings), [("untracked", false)]);
    let untracked = findings.iter().find(|f| f.what == "untracked").unwrap();
    insta::assert_snapshot!(untracked.problem, @"
    error: git does not know `modules/zoe.nix`, `new/`
    cause: a flake sees only files that git knows; these are left out of what is built
    hint: git -C /srv/fleet add --intent-to-add modules/zoe.nix
    ");
}

#[test]
fn a_mac_without_a_session_and_over_ssh_is_warned_about() {
    let home = tempfile::tempdir().unwrap();
    let host = host(Os::Darwin, home.path(), &[("SSH_CONNECTION", "10.0.0.2 50000 10.0.0.3 22")]);
    let places = Places::of(&host);
    let subject = Subject {
        host: &host,
        fleet: home.path(),
        system: None,
        places: Some(&places),
        shown: &[],
    };
    let mut runner = status("").expect("launchctl print gui/", 113, "", "Could not find domain");
    assert_eq!(
        whats(&look(&subject, &mut runner)),
        [("gui-session", false), ("app-management", false)]
    );
    let mut runner = status("").expect("launchctl print gui/", 0, "", "");
    assert_eq!(whats(&look(&subject, &mut runner)), [("app-management", false)]);
}

#[test]
fn a_profile_folder_that_cannot_be_written_stops() {
    if rustix::process::geteuid().is_root() {
        // Root may write everywhere: what `sudo` left behind is no matter then.
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let host = host(Os::Linux, home.path(), &[]);
    let places = Places::of(&host);
    let profiles = places.state.join("nix/profiles");
    fs::create_dir_all(&profiles).unwrap();
    fs::set_permissions(&profiles, fs::Permissions::from_mode(0o555)).unwrap();
    let subject = Subject {
        host: &host,
        fleet: home.path(),
        system: None,
        places: Some(&places),
        shown: &[],
    };
    assert_eq!(whats(&look(&subject, &mut status(""))), [("profile-folder", true)]);
    fs::set_permissions(&profiles, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_service_that_does_not_answer_is_told_before_anything_is_built() {
    let system = tempfile::tempdir().unwrap();
    let sockets = system.path().join("nix/var/nix/daemon-socket");
    std::fs::create_dir_all(&sockets).unwrap();
    let stranger = |env: &[(&str, &str)]| {
        let mut host = host(Os::Linux, system.path(), env);
        // Neither root nor whoever owns the store.
        host.account.uid += 1;
        host
    };
    let found = |host: &Host| daemon(host, system.path(), &mut Scripted::default());
    let told = |host: &Host| {
        let problem = found(host).expect("a finding").problem.to_string();
        problem.replace(&system.path().display().to_string(), "")
    };
    insta::assert_snapshot!(told(&stranger(&[])), @"
    error: Nix's own service does not answer
    cause: /nix/var/nix/daemon-socket/socket is not there
    hint: sudo systemctl start nix-daemon
    ");
    let listener = std::os::unix::net::UnixListener::bind(sockets.join("socket")).unwrap();
    assert_eq!(found(&stranger(&[])), None);
    drop(listener);
    let problem = told(&stranger(&[]));
    assert!(problem.contains("Connection refused"), "{problem}");
    // On a Mac whoever installed Nix has named it.
    let services = system.path().join("Library/LaunchDaemons");
    std::fs::create_dir_all(&services).unwrap();
    std::fs::write(services.join("systems.determinate.nix-daemon.plist"), "").unwrap();
    let mut mac = stranger(&[]);
    mac.os = Os::Darwin;
    let start = "hint: sudo launchctl kickstart -k system/systems.determinate.nix-daemon";
    assert!(told(&mac).contains(start), "{}", told(&mac));
    // Whoever the store belongs to needs none, and neither does another store.
    assert_eq!(found(&stranger(&[("NIX_REMOTE", "local")])), None);
    let mut owner = stranger(&[]);
    owner.account.uid -= 1;
    assert_eq!(found(&owner), None);
}

#[test]
fn without_a_nix_nothing_is_begun() {
    let home = tempfile::tempdir().unwrap();
    let host = host(Os::Linux, home.path(), &[("PATH", "/nowhere")]);
    insta::assert_snapshot!(nix(&host).unwrap_err(), @"
    error: `nix` is not on PATH
    hint: open a new Terminal window after installing Nix, then try again
    ");
}
