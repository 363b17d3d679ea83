//! Killed with signal 9 at every named checkpoint: the run can be finished, and it can be undone
//! to the last byte, whatever the instant.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::world::{Ran, World, run, tool};

/// Everything under a folder: kind, mode and content of each path.
pub(crate) fn picture(folder: &Path) -> BTreeMap<PathBuf, String> {
    fn look(folder: &Path, at: &Path, seen: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(at).unwrap().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap().to_owned();
            // git's own files change with every look at the index; what it says of the tree is
            // compared instead. Receipts stay on purpose.
            if name.starts_with("fleet/.git") || name.starts_with("home/.local/state/doorstep") {
                continue;
            }
            let metadata = entry.metadata().unwrap();
            let mode = metadata.permissions().mode() & 0o7777;
            let content = if metadata.is_symlink() {
                format!("link {}", fs::read_link(&path).unwrap().display())
            } else if metadata.is_dir() {
                look(folder, &path, seen);
                "folder".to_owned()
            } else {
                format!("{:?}", fs::read(&path).unwrap())
            };
            seen.insert(name, format!("{mode:o} {content}"));
        }
    }
    let mut seen = BTreeMap::new();
    look(folder, folder, &mut seen);
    seen
}

fn index(world: &World) -> String {
    run(tool("git", ["ls-files", "--stage"]).current_dir(world.at("practice/fleet")))
        .expect(0)
        .stdout
}

/// A practice folder, unpacked by a run that stopped before it did anything.
fn unpacked() -> World {
    let world = World::new();
    let ran = killed(&world, "receipt-opened");
    assert_eq!(ran.code, -1, "{}", ran.stderr);
    world
}

/// A practice run that kills itself at `checkpoint`.
fn killed(world: &World, checkpoint: &str) -> Ran {
    let dir = world.at("practice");
    let args = ["practice", "--yes", "--no-activation", "--dir", dir.to_str().unwrap()];
    run(world.doorstep(&args).env("DOORSTEP_TEST_KILL_AT", checkpoint))
}

fn checkpoints() -> Vec<String> {
    let world = World::new();
    let list = world.at("checkpoints");
    let dir = world.at("practice");
    let args = ["practice", "--yes", "--no-activation", "--dir", dir.to_str().unwrap()];
    run(world.doorstep(&args).env("DOORSTEP_TEST_CHECKPOINTS", &list)).expect(0);
    let mut names: Vec<String> =
        fs::read_to_string(list).unwrap().lines().map(str::to_owned).collect();
    names.dedup();
    names
}

#[test]
fn a_run_killed_anywhere_is_finished_by_resume() {
    let names = checkpoints();
    assert!(names.len() >= 15, "{names:?}");
    // At the last one everything is done: there is nothing to go on with.
    for name in names.iter().filter(|name| *name != "finished") {
        let world = World::new();
        killed(&world, name);
        let resumed = run(&mut world.as_zoe(&["resume", "--as", "zoe", "--json"]));
        assert_eq!(resumed.code, 0, "after {name}: {}{}", resumed.stdout, resumed.stderr);
        let status = index(&world);
        for file in ["modules/home/users/zoe/default.nix", "secrets/users/zoe.sops.yaml"] {
            assert!(status.contains(file), "after {name}: {file} is not known to git");
        }
        let key = world.at("practice/home/.config/sops/age/keys.txt");
        run(tool("sops", ["-d", "secrets/users/zoe.sops.yaml"])
            .current_dir(world.at("practice/fleet"))
            .env("SOPS_AGE_KEY_FILE", key))
        .expect(0);
    }
    println!("killed and finished at {} checkpoints", names.len());
}

#[test]
fn a_run_killed_anywhere_is_undone_to_the_last_byte() {
    let names = checkpoints();
    for name in names.iter().filter(|name| *name != "receipt-opened") {
        let world = unpacked();
        let before = (picture(&world.at("practice")), index(&world));
        let resumed =
            run(world.as_zoe(&["resume", "--as", "zoe"]).env("DOORSTEP_TEST_KILL_AT", name));
        assert_eq!(resumed.code, -1, "{name}: {}", resumed.stderr);
        run(&mut world.as_zoe(&["undo"])).expect(0);
        let after = (picture(&world.at("practice")), index(&world));
        assert_eq!(before, after, "after {name}");
    }
    println!("killed and undone at {} checkpoints", names.len());
}
