//! Folders that are no fleet, fleets that are broken, and trees made to trip a reader.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use super::ground::{Ground, ZOE, is_a_refusal, patiently};
use crate::world::{World, run, tool};

#[test]
fn a_folder_that_is_no_fleet() {
    let world = World::new();
    let folder = world.at("empty");
    fs::create_dir(&folder).unwrap();
    for verb in ["fleet", "plan", "onboard"] {
        let ran = patiently(&mut world.doorstep(&[verb, "--fleet", folder.to_str().unwrap()]));
        is_a_refusal(&ran, 1);
        ran.says(&["is not a fleet", "cause: there is no `flake.nix`", "hint: name the folder"]);
        assert_eq!(ran.stdout, "");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn no_fleet_anywhere_says_where_it_was_looked_for() {
    let world = World::new();
    for verb in ["fleet", "plan", "onboard"] {
        let ran = patiently(&mut world.doorstep(&[verb]));
        is_a_refusal(&ran, 1);
        ran.says(&["no fleet was found here", "looked for a `flake.nix`", "hint: name it"]);
    }
    let missing = patiently(&mut world.doorstep(&["fleet", "--fleet", "no/such"]));
    is_a_refusal(&missing, 1);
    missing.says(&["no/such` cannot be opened", "cause: "]);
}

#[test]
fn without_git_files_are_written_all_the_same_and_that_is_said() {
    let ground = Ground::new();
    fs::remove_dir_all(ground.fleet(".git")).unwrap();
    let ran = run(&mut ground.with_answers(ZOE)).expect(0);
    ran.says(&["is not a git repository; files are written all the same"]);
    assert!(ground.fleet("modules/home/users/zoe/default.nix").is_file());
    run(&mut ground.world.as_zoe(&["undo"])).expect(0);
    assert!(!ground.fleet("modules/home/users/zoe").exists());
}

#[test]
fn changes_that_are_not_committed_are_said_and_stay() {
    let ground = Ground::new();
    ground.edit("README.md", "#", "# mine");
    let mine = ground.read("README.md");
    let ran = run(&mut ground.with_answers(ZOE)).expect(0);
    ran.says(&["has 1 change that is not committed", "they stay as they are"]);
    assert_eq!(ground.read("README.md"), mine);
    run(&mut ground.world.as_zoe(&["undo"])).expect(0);
    assert_eq!(ground.read("README.md"), mine);
}

#[test]
fn nix_that_cannot_be_parsed_is_named_with_line_and_column() {
    let ground = Ground::new();
    let file = "modules/machines/darwin/basalt.nix";
    fs::write(ground.fleet(file), "{ config, ... }:\n{\n  a = ;\n}\n").unwrap();
    let told = run(&mut ground.world.as_zoe(&["fleet"])).expect(0);
    assert!(told.stdout.contains(&format!("Not read: {file}:3:7: ")), "{}", told.stdout);
    let told = run(&mut ground.world.as_zoe(&["fleet", "--json"])).expect(0);
    let told: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["unread"][0]["at"]["line"], 3);
    assert_eq!(told["unread"][0]["column"], 7);
    let ran = run(&mut ground.with_answers(ZOE)).expect(0);
    ran.says(&[&format!("not read: {file}:3:7: ")]);
}

#[test]
fn an_unknown_layout_is_said_to_be_unknown_with_what_was_looked_for() {
    let ground = Ground::new();
    fs::remove_dir_all(ground.fleet("modules")).unwrap();
    let told = run(&mut ground.world.as_zoe(&["fleet"])).expect(0);
    assert!(told.stdout.contains("Layout unknown"), "{}", told.stdout);
    // What needs no layout is done all the same.
    let ran = run(&mut ground.with_answers(format!("{ZOE}readers: [admin]\n"))).expect(0);
    ran.says(&["This fleet's layout is unknown to doorstep.", "flake.users.*.meta", ".doorstep/"]);
    assert!(ran.stdout.contains("done: 1 Save your age key"), "{}", ran.stdout);
    assert!(ran.stdout.contains("done: 2 Add you to .sops.yaml"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("Write home module"), "{}", ran.stdout);
}

#[test]
fn a_tree_made_to_trip_a_reader_is_read_to_its_end() {
    let ground = Ground::new();
    let at = |path: &str| ground.fleet(path);
    symlink(".", at("modules/loop")).unwrap();
    symlink("../..", at("modules/home/up")).unwrap();
    symlink("itself.nix", at("modules/itself.nix")).unwrap();
    symlink("/etc/passwd", at("modules/outside.nix")).unwrap();
    symlink("/dev/zero", at("modules/zero.nix")).unwrap();
    fs::File::create(at("modules/huge.nix")).unwrap().set_len(3 << 30).unwrap();
    fs::write(at("modules/junk.nix"), (0..=255_u8).cycle().take(5000).collect::<Vec<_>>()).unwrap();
    fs::write(at("modules/deep.nix"), "[".repeat(200_000)).unwrap();
    fs::write(at("modules/esc\u{1b}[2J.nix"), "{ a = ; }").unwrap();
    run(&mut tool("mkfifo", [at("modules/pipe.nix")])).expect(0);
    for args in [&["fleet"][..], &["fleet", "--json"]] {
        let ran = patiently(&mut ground.world.as_zoe(args)).expect(0);
        assert!(ran.stdout.contains("modules/huge.nix"), "{}", ran.stdout);
        assert!(ran.stdout.contains("junk.nix"), "{}", ran.stdout);
        ran.never_says(&["\u{1b}", "root:x:"]);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let ground = Ground::new();
    for args in [&["fleet"][..], &["fleet", "--json"], &["answers"], &["--help"]] {
        let mut command = ground.world.as_zoe(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{args:?}");
    }
}
