//! Opening a fleet on machines that are not this one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::host::{Account, Os};
use crate::run::Scripted;

/// A Mac whose `PATH` has only what macOS brings.
fn mac() -> Host {
    let account = Account {
        name: "zoe".to_owned(),
        uid: 501,
        home: PathBuf::from("/Users/zoe"),
        full_name: None,
    };
    let env = BTreeMap::from([("PATH".to_owned(), "/usr/bin".into())]);
    Host::pretend(account, "quartz", Os::Darwin, "aarch64", env)
}

/// `/usr/bin/git` of a Mac without developer tools opens a dialog and waits.
#[test]
fn a_mac_without_developer_tools_is_told_and_git_is_never_called() {
    if !Path::new("/usr/bin/git").exists() {
        // Nothing stands in for the Mac's; `git` has its own test of the same.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flake.nix"), "{ }").unwrap();
    let error = "xcode-select: error: unable to get active developer directory";
    let mut runner = Scripted::default().expect("/usr/bin/xcode-select -p", 2, "", error);
    let host = mac();
    let opened =
        Onboard::open(&host, folder.path(), Subject::Account, Options::default(), &mut runner);
    insta::assert_snapshot!(opened.unwrap_err(), @r"
    error: `git` is not there
    cause: the developer tools that `/usr/bin/git` belongs to are not installed
    hint: xcode-select --install
    ");
    assert_eq!(runner.ran, ["/usr/bin/xcode-select -p"]);
}

#[test]
fn no_other_fleet_is_built_for_one_whose_path_nix_would_cut_short() {
    for path in ["/srv/fleet?x", "/srv/a#b/fleet", "/srv/%41", "/srv/a\nb"] {
        assert!(not_for_nix(Path::new(path)).is_some(), "{path}");
    }
    assert_eq!(not_for_nix(Path::new("/Users/zoë/my fleet's")), None);
}

#[test]
fn a_fleet_that_is_read_again_does_not_forget_a_key_that_was_made_before() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flake.nix"), "{ }").unwrap();
    let opened = || Onboard {
        host: mac(),
        subject: Subject::Account,
        fleet: Fleet::read(folder.path()).unwrap(),
        found: Found::default(),
        options: Options::default(),
        repository: None,
        notices: Vec::new(),
        made_before: Vec::new(),
        written_before: Vec::new(),
        unfinished: None,
        machines: Default::default(),
        protected: Default::default(),
    };
    let runner = crate::run::Real::new(BTreeMap::new());
    let desk = Desk::at(opened(), &Asked::default(), &|_| (), runner);
    let mut desk = desk.resuming(Path::new("/r"), vec!["age1before".to_owned()]);
    desk.renew(opened());
    assert_eq!(desk.onboard.made_before, ["age1before"]);
}
