//! What a terminal, a fleet and a build may be like that nobody would wish for.

use std::fs;
use std::process::Command;

use super::gate::Gate;
use super::pty::{Person, Seat};
use super::walks::{self, practises, pretend};
use super::world::{World, run, tool};

#[test]
fn a_dumb_terminal_is_asked_in_lines() {
    let world = World::new();
    let mut command = world.doorstep(&["practice"]);
    command.env("TERM", "dumb").env("USER", "zoe").env("LOGNAME", "zoe");
    let mut zoe = Seat::of(80, 24).runs(&command);
    zoe.sees("This terminal cannot be drawn on, so doorstep asks in lines.");
    zoe.sees("Question 1 of 7.").types("quit<enter>");
    let left = zoe.ends().sane();
    assert!(!left.output.contains(&b'\x1b'), "{}", left.output.escape_ascii());
}

#[test]
fn without_a_terminal_nothing_is_drawn() {
    let world = World::new();
    let dir = world.at("practice");
    let args = ["practice", "--no-activation", "--dir", dir.to_str().unwrap()];
    let ran = run(&mut world.doorstep(&args)).expect(0);
    assert!(ran.stderr.contains("There is no terminal to ask on"), "{}", ran.stderr);
    assert!(!(ran.stdout + &ran.stderr).contains('\x1b'));
}

#[test]
fn one_cell_is_enough_to_go_on_when_there_are_more() {
    let world = World::new();
    let mut command = world.doorstep(&["practice"]);
    command.env("USER", "zoe").env("LOGNAME", "zoe");
    let mut zoe = Seat::of(1, 1).runs(&command);
    zoe.types("<enter>x").resizes(80, 24).sees("Welcome, Zoe");
    walks::welcome(&mut zoe);
    zoe.resizes(1, 1).types("abc").resizes(80, 24).sees("1 field needs you: Email");
    zoe.types("<c-c>").ends().well().sane();
}

#[test]
fn without_colours_there_are_none() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[("NO_COLOR", "1")]);
    walks::welcome(&mut zoe);
    walks::you(&mut zoe);
    walks::rest(&mut zoe);
    let left = zoe.types("<c-c>").sees("Leave?").types("<right><right><enter>").ends().sane();
    // 30 to 49 and 90 to 107 set colours; 39 and 49 give the terminal's own back.
    let sets = |code: &str| {
        let code: u32 = code.parse().unwrap_or(0);
        matches!(code, 30..=38 | 40..=48 | 90..=107)
    };
    let text = String::from_utf8_lossy(&left.output).into_owned();
    let styles = text.split("\x1b[").filter_map(|part| part.split_once('m'));
    let mut styles =
        styles.filter(|(codes, _)| codes.chars().all(|c| c.is_ascii_digit() || c == ';'));
    assert_eq!(styles.find(|(codes, _)| codes.split(';').any(sets)), None);
}

#[test]
fn ascii_is_all_that_a_poor_terminal_gets() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[("LANG", "C"), ("LC_ALL", "C")]);
    walks::welcome(&mut zoe);
    let left = zoe.types("<c-c>").ends().well().sane();
    assert!(left.output.is_ascii(), "{}", left.output.escape_ascii());
}

/// zoe in a fleet of her own, in a folder of this name.
fn in_folder(world: &World, name: &str) -> Person {
    let fleet = world.at(name);
    let practice = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/practice/fleet");
    run(tool("cp", ["-R", practice]).arg(&fleet)).expect(0);
    fs::create_dir(fleet.join(".git")).unwrap();
    fs::write(fleet.join(".git/HEAD"), "ref: refs/heads/ma\x1b]0;branch\x07in\n").unwrap();
    let mut command = world.doorstep(&[]);
    command.current_dir(fleet).env("USER", "zoe").env("LOGNAME", "zoe");
    Seat::of(120, 40).runs(&command)
}

#[test]
fn control_characters_in_names_do_nothing() {
    let world = World::new();
    let mut zoe = in_folder(&world, "fle\x1b]0;folder\x07\x1b[5met");
    zoe.sees(walks::WELCOME).sees("fle");
    let left = zoe.types("q").ends().well().sane();
    for sequence in ["\x1b]0;folder", "\x1b]0;branch", "\x1b[5m"] {
        let bytes = sequence.as_bytes();
        assert!(!left.output.windows(bytes.len()).any(|w| w == bytes), "{sequence:?}");
    }
}

/// zoe before the review of a run whose build says this first.
fn before_a_build_that_says(world: &World, says: &str) -> (Person, Gate) {
    let gate = Gate::shut(world, says);
    let mut command: Command = world.doorstep(&["practice"]);
    gate.before(&mut command);
    command.env("USER", "zoe").env("LOGNAME", "zoe");
    let mut zoe = walks::comes(Seat::of(80, 24).runs(&command));
    walks::git_knows_her(world);
    walks::welcome(&mut zoe);
    walks::rest(&mut zoe);
    walks::key(&mut zoe);
    (zoe, gate)
}

#[test]
fn control_characters_in_a_log_do_nothing() {
    let world = World::new();
    let says =
        "printf '\\033[2J\\033]0;log\\007\\033[?1049lbefore\\rafter\\302\\2335m\\376 end\\n' >&2";
    let (mut zoe, mut gate) = before_a_build_that_says(&world, says);
    walks::review(&mut zoe);
    zoe.sees("end");
    gate.opens();
    walks::done(&mut zoe);
    let left = zoe.types("q").ends().well().sane();
    for sequence in ["\x1b]0;log", "\x1b[2J", "\u{9b}5m"] {
        let bytes = sequence.as_bytes();
        assert!(!left.output.windows(bytes.len()).any(|w| w == bytes), "{sequence:?}");
    }
}

#[test]
fn a_line_of_a_megabyte_is_one_line() {
    let world = World::new();
    let says = "head -c 1000000 /dev/zero | tr '\\0' x >&2; echo ' is long' >&2";
    let (mut zoe, mut gate) = before_a_build_that_says(&world, says);
    walks::review(&mut zoe);
    zoe.sees("xxxxxxxx").types("<right><enter>w").sees("xxxxxxxx").types("<esc>");
    gate.opens();
    walks::done(&mut zoe);
    zoe.types("q").ends().well().sane();
}

#[test]
fn a_fleet_that_changes_meanwhile_is_noticed_before_anything_is_written() {
    let world = World::new();
    let (mut zoe, mut gate) = before_a_build_that_says(&world, ":");
    gate.opens();
    zoe.sees("Apply 8 steps");
    let rules = pretend(&world, "fleet/.sops.yaml");
    let text = fs::read_to_string(&rules).unwrap();
    fs::write(&rules, format!("# somebody was here\n{text}")).unwrap();
    zoe.types("a").sees("The fleet changed: 1 file. The plan was made again;");
    // The step that is another one now says so.
    zoe.sees_that("a row with a star", |screen| {
        screen.rows(0, 30).any(|row| row.contains('*') && row.contains(".sops.yaml"))
    });
    let fleet = pretend(&world, "fleet");
    let status = run(tool("git", ["status", "--porcelain"]).current_dir(fleet)).expect(0).stdout;
    assert_eq!(status, " M .sops.yaml\n", "nothing was written");
    zoe.types("a");
    walks::done(&mut zoe);
    zoe.types("q").ends().well().sane();
    assert!(fs::read_to_string(&rules).unwrap().starts_with("# somebody was here\n"));
}
