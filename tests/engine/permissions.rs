//! Without rights, and with every umask.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use doorstep::files;

use crate::child::{text, wrapped_executable};
use crate::world::{World, write};

/// An account without rights, by number: it needs no name.
const NOBODY: &str = "65534";

/// Runs `task` as an ordinary account, also when the tests run as root.
fn as_ordinary_account(task: &str, umask: &str) {
    let folder = tempfile::tempdir().unwrap();
    // The account may not be able to reach the build folder.
    let executable = folder.path().join("tests");
    fs::copy(std::env::current_exe().unwrap(), &executable).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let world = folder.path().join("world");
    fs::create_dir(&world).unwrap();
    fs::set_permissions(&world, fs::Permissions::from_mode(0o777)).unwrap();
    let script = format!(r#"umask {umask}; exec "$0" "$@""#);
    let mut wrapper: Vec<&OsStr> = Vec::new();
    if rustix::process::geteuid().is_root() {
        wrapper.extend(
            ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"].map(OsStr::new),
        );
        // Files of somebody else's.
        write(&world.join("roots"), "root's\n", 0o666);
    }
    wrapper.extend(["sh", "-c", &script].map(OsStr::new));
    let output = wrapped_executable(&executable, &wrapper, task, &world)
        .env("HOME", &world)
        .output()
        .expect("this test needs `setpriv` (util-linux)");
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn what_may_not_be_changed_is_left_as_it_is() {
    as_ordinary_account("permissions", "022");
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    for umask in ["000", "022", "077", "0277"] {
        as_ordinary_account("umask", umask);
    }
}

/// Runs as a child without rights.
pub(crate) fn without_rights(root: &Path) {
    let bounds = [root.to_owned()];
    let place =
        |name: &str| files::inside(&bounds, &root.join(name)).unwrap().open().unwrap().unwrap();
    let temporary = files::new_temporary_name();

    write(&root.join("read-only"), "mine\n", 0o444);
    let refused = files::replace(&place("read-only"), b"mine\n", b"theirs\n", &temporary, &|| {});
    let refused = refused.unwrap_err();
    assert!(refused.what.ends_with("cannot be written: you may not"), "{refused}");

    fs::create_dir(root.join("locked")).unwrap();
    fs::set_permissions(root.join("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    let refused = files::create(&place("locked/new"), b"x", 0o644, &temporary, &|| {}).unwrap_err();
    assert!(refused.what.ends_with("cannot be written: you may not"), "{refused}");
    let spot = files::inside(&bounds, &root.join("locked/sub/new")).unwrap();
    assert!(spot.make_folders(false, &mut Vec::new()).is_err());

    if root.join("roots").exists() {
        let refused = files::replace(&place("roots"), b"root's\n", b"x", &temporary, &|| {});
        let refused = refused.unwrap_err();
        assert!(refused.what.contains("without changing its owner"), "{refused}");
        assert_eq!(fs::read(root.join("roots")).unwrap(), b"root's\n");
    }
    a_fleet_that_cannot_be_searched_keeps_its_keys(root);
}

fn a_fleet_that_cannot_be_searched_keeps_its_keys(root: &Path) {
    let world = World::new();
    world.apply(&|_| {}).unwrap();
    write(&world.fleet().join("hidden"), "who knows\n", 0o000);
    let taken = world.undo(&|_| {}).unwrap();
    assert!(taken.left.iter().all(|left| left.why.contains("cannot be searched")), "{taken:?}");
    assert_eq!(taken.left.len(), 2);
    assert_eq!(fs::read_to_string(world.key_file()).unwrap(), world.key());
    fs::remove_file(world.fleet().join("hidden")).unwrap();
    assert!(world.undo(&|_| {}).unwrap().left.is_empty());
    assert!(!world.key_file().exists());
    assert!(root.exists());
}

/// Runs as a child under some umask.
pub(crate) fn modes_are_exact(root: &Path) {
    let bounds = [root.to_owned()];
    let make = |name: &str, mode: u32, private: bool| {
        let spot = files::inside(&bounds, &root.join(name)).unwrap();
        let place = spot.make_folders(private, &mut Vec::new()).unwrap();
        let temporary = files::new_temporary_name();
        files::create(&place, b"text\n", mode, &temporary, &|| {}).unwrap();
        place
    };
    let mode = |name: &str| fs::metadata(root.join(name)).unwrap().mode() & 0o7777;
    make("private/age/keys.txt", 0o600, true);
    assert_eq!(
        [mode("private"), mode("private/age"), mode("private/age/keys.txt")],
        [0o700, 0o700, 0o600]
    );
    let place = make("module.nix", 0o644, false);
    assert_eq!(mode("module.nix"), 0o644);
    files::set_mode(&place, 0o644, 0o666).unwrap();
    let temporary = files::new_temporary_name();
    files::replace(&place, b"text\n", b"other\n", &temporary, &|| {}).unwrap();
    assert_eq!(mode("module.nix"), 0o666, "a replaced file keeps its mode");
}
