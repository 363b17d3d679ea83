//! Ways through the full screen that a person takes, at a real terminal.
//!
//! A walk is a function over a [`Person`]: what she sees, then what she presses for it. `decides`
//! counts a decision, `types` only keys. A screen that comes later is one more function here, put
//! between its neighbours in the walks that pass through it.

use std::fs;
use std::path::PathBuf;

use super::pty::{Person, Seat, same};
use super::world::World;

/// Welcome's first door.
pub(crate) const WELCOME: &str = "Set up my home";

/// zoe before a new practice run, in the folder that it takes by itself.
pub(crate) fn practises(world: &World, seat: Seat, looks: &[(&str, &str)]) -> Person {
    let mut command = world.doorstep(&["practice"]);
    command.env("USER", "zoe").env("LOGNAME", "zoe").envs(looks.iter().copied());
    comes(seat.runs(&command))
}

/// The practice run is there, and waits for her.
pub(crate) fn comes(mut zoe: Person) -> Person {
    zoe.sees("PRACTICE").sees(WELCOME);
    zoe
}

/// A place in the practice folder.
pub(crate) fn pretend(world: &World, path: &str) -> PathBuf {
    world.at("real-home/doorstep-practice").join(path)
}

/// From now on git knows her address, as on a machine that she has worked on before.
pub(crate) fn git_knows_her(world: &World) {
    let settings = "[user]\n\tname = Zoe\n\temail = zoe@example.com\n";
    fs::write(pretend(world, "home/.gitconfig"), settings).unwrap();
}

/// A file of hers that her new home brings as well.
pub(crate) fn she_has_a_zshrc(world: &World) {
    fs::write(pretend(world, "home/.zshrc"), ZSHRC).unwrap();
}

pub(crate) const ZSHRC: &str = "alias ll='ls -l'\n";

/// Through the first door.
pub(crate) fn welcome(zoe: &mut Person) {
    zoe.sees(WELCOME).decides("<enter>");
    zoe.sees("Who is this home for?");
}

/// git knows no address of hers in practice.
pub(crate) fn you(zoe: &mut Person) {
    zoe.sees("1 field needs you: Email").types("zoe@example.com<enter>");
    zoe.sees_no_more("needs you");
}

/// From You with nothing missing: what is suggested will do, up to what needs her.
pub(crate) fn rest(zoe: &mut Person) {
    zoe.sees("▸[ Continue ]").decides("<tab><enter>").sees("Which key opens your secrets?");
}

/// From You, past what is suggested, a screen at a time.
pub(crate) fn every(zoe: &mut Person) {
    zoe.sees("▸[ Continue ]").decides("<enter>").sees("Who puts your home in place");
    zoe.sees("▸[ Continue ]").decides("<enter>").sees("Which features do you want?");
    zoe.sees("▸[ Continue ]").decides("<enter>").sees("Which key opens your secrets?");
}

/// She will keep a second copy of a new key.
pub(crate) fn key(zoe: &mut Person) {
    zoe.sees("1 thing left here: tick the box").decides("<space><enter>");
}

/// Whatever is suggested.
pub(crate) fn secrets(zoe: &mut Person) {
    zoe.sees("Which secrets should be ready for you?").sees("▸[ Continue ]").decides("<enter>");
}

/// The plan is looked at and carried out.
pub(crate) fn review(zoe: &mut Person) {
    zoe.sees("Nothing has been changed yet.").sees("Apply 8 steps").decides("a");
}

/// Her `.zshrc` makes way, in a copy.
pub(crate) fn in_the_way(zoe: &mut Person) {
    zoe.sees("1 file of yours is in the way.")
        .sees("▸[ Keep a copy and go on ]")
        .decides("<enter>");
}

pub(crate) fn done(zoe: &mut Person) {
    zoe.sees("Your home is set up and active.");
}

/// What stands on the disk of a pretend home that is set up.
pub(crate) fn is_set_up(world: &World) {
    let home = pretend(world, "home");
    let profile = home.join(".local/state/nix/profiles/home-manager");
    assert!(fs::canonicalize(profile).unwrap().starts_with("/nix/store"));
    assert!(home.join(".zshrc").is_symlink());
    let secret = fs::read_to_string(home.join(".config/sops-nix/secrets/github-token")).unwrap();
    assert!(!secret.is_empty());
    assert_eq!(fs::read_dir(world.at("real-home")).unwrap().count(), 1, "only the practice");
}

/// As people's windows are, from the smallest that has all seven regions.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn going_back_and_coming_again_loses_nothing() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    welcome(&mut zoe);
    you(&mut zoe);
    let before = zoe.screen();
    zoe.types("<esc>").sees("Welcome, Zoe").types("<enter>").sees("Who is this home for?");
    assert!(zoe.screen().iter().any(|row| row.contains("zoe@example.com")), "{before:#?}");
}

#[test]
fn whatever_the_size_the_picture_comes_back() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    welcome(&mut zoe);
    you(&mut zoe);
    let before = zoe.looks();
    for (width, height) in [(1, 1), (200, 60), (59, 16), (60, 16), (120, 30), (3, 90)] {
        zoe.resizes(width, height);
    }
    zoe.resizes(80, 24);
    zoe.sees_that("the picture of before", |screen| same(screen, &before));
    zoe.types("<c-c>").sees("Leave?");
}

#[test]
fn pasted_text_is_text() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    welcome(&mut zoe);
    zoe.sees("1 field needs you: Email").pastes("zoe\x1b[2J\x07@example.com\r\n");
    zoe.sees("@example.com").sees("Who is this home for?");
    // And where no field is, nothing is done with it.
    zoe.types("<esc>").sees("Welcome, Zoe").pastes("q\r\r").sees("Nothing was done with it.");
    assert_eq!(zoe.bells(), 0);
}

#[test]
fn a_click_goes_where_it_points() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    zoe.clicks_on("Add somebody").sees("▸ 2");
    zoe.clicks_on(WELCOME).sees("▸ 1").clicks_on(WELCOME).sees("Who is this home for?");
}

/// Each key comes for itself, while the one before is being drawn; not one may be lost.
#[test]
fn every_key_of_a_quick_typist_arrives() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    welcome(&mut zoe);
    for turn in 0..40 {
        let text: String = (0..40).map(|n: u8| char::from(b'a' + (n + turn) % 26)).collect();
        zoe.types("<c-u>").types(&text).sees(&text);
    }
}

/// A program that reads by edges forgets what one read did not take, until the next key.
#[test]
fn more_than_one_read_is_read_to_its_end() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    welcome(&mut zoe);
    zoe.sends(format!("{}END", "a".repeat(5000)).as_bytes()).sees("END");
}

#[test]
fn ten_megabytes_pasted_are_refused_and_nothing_is_lost() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    welcome(&mut zoe);
    zoe.types("zoe@").pastes(&"a".repeat(10_000_000)).sees("takes 64 KiB at most");
    zoe.types("example.com").sees("zoe@example.com");
}
