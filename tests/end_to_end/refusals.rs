//! What the command line says when it cannot go on.

use std::fs;

use super::world::{World, run};

#[test]
fn a_folder_that_is_no_fleet() {
    let world = World::new();
    let folder = world.at("empty");
    fs::create_dir(&folder).unwrap();
    let ran = run(&mut world.doorstep(&["fleet", "--fleet", folder.to_str().unwrap()])).expect(1);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("flake.nix"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn missing_answers_without_a_terminal_are_named() {
    let world = World::new();
    world.practice(&["--no-activation"]).expect(0);
    run(&mut world.as_zoe(&["undo"])).expect(0);
    let ran = run(&mut world.as_zoe(&["onboard", "--as", "zoe", "--no-activation"])).expect(2);
    assert!(ran.stderr.contains("`email`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("doorstep answers"), "{}", ran.stderr);
}
