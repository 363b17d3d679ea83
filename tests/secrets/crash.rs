//! Killed at every moment of encrypting again: the run can be finished, and taken back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;

use crate::world::World;

const FILES: usize = 3;

fn fleet() -> World {
    let world = World::new();
    for number in 0..FILES {
        world.secrets(&format!("{number}.yaml"), &[("t", "1")], &[&world.zoe]);
    }
    world
}

/// Every file of the fleet, half-written ones too.
fn texts(world: &World) -> BTreeMap<String, String> {
    let entries = fs::read_dir(world.path("fleet/secrets")).unwrap();
    let text = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(|entry| text(entry.unwrap())).collect()
}

fn checkpoints() -> Vec<String> {
    let world = fleet();
    let list = world.path("checkpoints");
    let mut command = world.doorstep(&["secrets", "rekey", "--yes"]);
    assert!(command.env("DOORSTEP_TEST_CHECKPOINTS", &list).output().unwrap().status.success());
    fs::read_to_string(list).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_killed_run_is_finished_and_then_taken_back() {
    let names = checkpoints();
    assert_eq!(names.first().unwrap(), "receipt-opened");
    assert!(names.contains(&format!("rekey/{FILES}/written")), "{names:?}");
    for name in &names {
        let world = fleet();
        let before = texts(&world);
        let mut command = world.doorstep(&["secrets", "rekey", "--yes"]);
        let killed = command.env("DOORSTEP_TEST_KILL_AT", name).output().unwrap();
        assert_eq!(killed.status.signal(), Some(9), "{name}");
        if name != "finished" {
            world.done(&["resume"]);
        }
        assert_eq!(texts(&world).len(), FILES, "{name}: nothing half-written is left");
        for number in 0..FILES {
            let path = format!("secrets/{number}.yaml");
            let said = world.sops(&["updatekeys", "-y", &path]);
            assert!(String::from_utf8_lossy(&said.stderr).contains("already up to date"), "{name}");
        }
        assert!(world.done(&["undo"]).contains("Taken back, byte for byte."), "{name}");
        assert_eq!(texts(&world), before, "{name}");
    }
    eprintln!("killed at {} moments, each finished and taken back", names.len());
}

#[test]
fn a_killed_run_is_taken_back_at_once() {
    for name in checkpoints() {
        let world = fleet();
        let before = texts(&world);
        let mut command = world.doorstep(&["secrets", "rekey", "--yes"]);
        assert!(
            command.env("DOORSTEP_TEST_KILL_AT", &name).output().unwrap().status.signal()
                == Some(9)
        );
        world.done(&["undo"]);
        assert_eq!(texts(&world), before, "{name}");
    }
}

/// Many groups of files: in the middle of one, and while one is being written.
#[test]
fn a_killed_run_over_many_files_is_finished_and_then_taken_back() {
    for (files, moment) in [(150, "rekey/77/replaced"), (1_000, "rekey/777/written")] {
        let world = World::new();
        world.secrets("0.yaml", &[("t", "1"), ("a/b", "2")], &[&world.zoe]);
        let text = world.read("fleet/secrets/0.yaml");
        for number in 1..files {
            world.write(&format!("fleet/secrets/{number}.yaml"), &text);
        }
        let mut command = world.doorstep(&["secrets", "rekey", "--yes"]);
        let killed = command.env("DOORSTEP_TEST_KILL_AT", moment).output().unwrap();
        assert_eq!(killed.status.signal(), Some(9), "{moment}");
        let between = texts(&world);
        let of_fleet = between.iter().filter(|(name, _)| name.ends_with(".yaml"));
        let changed = of_fleet.filter(|(_, now)| **now != text).count();
        assert!((1..files).contains(&changed), "{moment}: {changed} files changed");
        world.done(&["resume"]);
        let after = texts(&world);
        assert_eq!(after.len(), files, "{moment}: nothing half-written is left");
        assert!(after.values().all(|now| now.contains(&world.ada.recipient().to_string())));
        // A value's ciphertext is never touched.
        let value = text.lines().next().unwrap();
        assert!(after.values().all(|now| now.lines().next() == Some(value)));
        for path in ["secrets/0.yaml", "secrets/77.yaml", "secrets/149.yaml"] {
            let said = world.sops(&["updatekeys", "-y", path]);
            assert!(String::from_utf8_lossy(&said.stderr).contains("already up to date"));
        }
        assert!(world.done(&["undo"]).contains("Taken back, byte for byte."), "{moment}");
        assert!(texts(&world).values().all(|now| *now == text), "{moment}");
        eprintln!("{files} files, killed at {moment} with {changed} changed: finished, taken back");
    }
}

#[test]
fn a_killed_rotation_does_not_rotate_twice() {
    let world = fleet();
    let args = ["secrets", "rekey", "--yes", "--rotate", "secrets"];
    let mut command = world.doorstep(&args);
    let killed = command.env("DOORSTEP_TEST_KILL_AT", "rekey/2/replaced").output().unwrap();
    assert_eq!(killed.status.signal(), Some(9));
    let between = texts(&world);
    world.done(&["resume"]);
    let after = texts(&world);
    assert_eq!((&between["0.yaml"], &between["1.yaml"]), (&after["0.yaml"], &after["1.yaml"]));
    assert_ne!(between["2.yaml"], after["2.yaml"]);
}

#[test]
fn a_killed_set_leaves_the_old_file_or_the_new_one() {
    for moment in ["secret/1/recorded", "secret/1/written", "secret/1/replaced", "secret/1/closed"]
    {
        let world = fleet();
        let before = texts(&world);
        world.write("value", "new");
        let value = world.path("value").display().to_string();
        let mut command =
            world.doorstep(&["secrets", "set", "secrets/0.yaml", "t", "--from", &value]);
        let killed = command.env("DOORSTEP_TEST_KILL_AT", moment).output().unwrap();
        assert_eq!(killed.status.signal(), Some(9), "{moment}");
        world.done(&["resume"]);
        assert!(world.sops(&["-d", "secrets/0.yaml"]).status.success(), "{moment}");
        world.done(&["undo"]);
        assert_eq!(texts(&world), before, "{moment}");
    }
}
