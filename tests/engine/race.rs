//! A hundred at once save a key at the same place: one wins, and its key stays.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::child::{command, text};
use crate::world::World;

#[test]
fn of_a_hundred_processes_one_wins() {
    let world = World::new();
    let children: Vec<_> = (0..100)
        .map(|_| {
            let mut child = command("race", &world.root);
            child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            child.spawn().unwrap()
        })
        .collect();
    // When all have opened their receipts they stand at the start.
    while fs::read_dir(world.receipts()).map_or(0, Iterator::count) < 100 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    fs::write(world.root.join("go"), "").unwrap();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }
    let winners: Vec<_> = fs::read_dir(&world.root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("winner-"))
        .collect();
    assert_eq!(winners.len(), 1);
    let key = fs::read_to_string(world.key_file()).unwrap();
    assert_eq!(key.trim(), fs::read_to_string(&winners[0]).unwrap());
    let folder = world.key_file().parent().unwrap().to_owned();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no temporary file is left");
    assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn of_a_hundred_threads_one_wins() {
    let world = World::new();
    let bounds = [world.home()];
    let key_file = world.key_file();
    let start = std::sync::Barrier::new(100);
    let results: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..100)
            .map(|number: u32| {
                let (bounds, key_file, start) = (&bounds, &key_file, &start);
                scope.spawn(move || {
                    start.wait();
                    let spot = doorstep::files::inside(bounds, key_file).unwrap();
                    let place = spot.make_folders(true, &mut Vec::new()).unwrap();
                    let name = doorstep::files::new_temporary_name();
                    let text = number.to_string();
                    doorstep::files::create(&place, text.as_bytes(), 0o600, &name, &|| {}).is_ok()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|won| **won).count(), 1);
    let winner = results.iter().position(|won| *won).unwrap();
    assert_eq!(fs::read_to_string(&key_file).unwrap(), winner.to_string());
}
