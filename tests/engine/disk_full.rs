//! A full disk: a tiny file system of its own, in a private mount namespace.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use doorstep::files::{self, Fingerprint, Place};
use doorstep::problem::Problem;

use crate::child::{text, wrapped};
use crate::world::World;

const ORIGINAL: &str = "an original\n";

#[test]
fn nothing_is_half_written_on_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    // An ordinary account needs a user namespace of its own for that.
    let root = rustix::process::geteuid().is_root();
    let namespace = if root { "-m" } else { "-rm" };
    let mount = r#"mount -t tmpfs -o size=256k tmpfs "$0" && exec "$@""#;
    let wrapper = ["unshare", namespace, "sh", "-c", mount].map(OsStr::new);
    let wrapper: Vec<&OsStr> = wrapper.into_iter().chain([folder.path().as_os_str()]).collect();
    let output = wrapped(&wrapper, "disk-full", folder.path())
        .output()
        .expect("this test needs `unshare` (util-linux)");
    assert!(output.status.success(), "{}", text(&output));
}

/// Runs as a child, with a file system of 256 KiB at `root`.
pub(crate) fn on_a_full_disk(root: &Path) {
    let bounds = [root.to_owned()];
    let place =
        |name: &str| files::inside(&bounds, &root.join(name)).unwrap().open().unwrap().unwrap();
    fs::write(root.join("edited"), ORIGINAL).unwrap();
    fs::write(root.join("keys.txt"), ORIGINAL).unwrap();
    let world = World::at(root);
    let mut journal =
        doorstep::receipt::Journal::create(&world.receipts(), world.header()).unwrap();
    fill(root);
    // More than the rest of its last page, so that a part of it fits and has to go again.
    let large = vec![b'x'; 64 * 1024];
    let before = listing(root);

    let temporary = files::new_temporary_name();
    full(files::create(&place("new"), &large, 0o600, &temporary, &|| {}));
    full(files::replace(&place("edited"), ORIGINAL.as_bytes(), &large, &temporary, &|| {}));
    let keys: Place = place("keys.txt");
    let fingerprint = Fingerprint::of(ORIGINAL.as_bytes(), 0o644);
    full(files::append(&keys, &fingerprint, &large));
    assert_eq!(listing(root), before);

    // A receipt that cannot be written stops the run before anything is changed.
    let steps = (0..2000).map(|_| crate::world::step("many", Vec::new())).collect();
    let plan = doorstep::plan::Plan { steps, ..Default::default() };
    let mut runner = crate::world::runner();
    let mut watcher = crate::world::Watcher::default();
    let applied = doorstep::apply::apply(&plan, &mut journal, &mut runner, &mut watcher, &|_| {});
    full(applied);
    assert!(watcher.events.is_empty());
    let receipt = doorstep::receipt::Receipt::read(journal.path()).unwrap();
    assert!(receipt.records.is_empty(), "half a record was taken away again");
}

fn full<T: std::fmt::Debug>(result: Result<T, Problem>) {
    let problem = result.unwrap_err();
    assert!(problem.what.ends_with("the disk is full"), "{problem}");
}

fn fill(root: &Path) {
    let mut filler = fs::File::create(root.join("filler")).unwrap();
    while filler.write_all(&[0; 4096]).is_ok() {}
}

fn listing(root: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file());
    let mut all: Vec<_> =
        files.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect();
    all.sort();
    all
}
