//! The whole way, from the first screen to an active home: with real Nix, in practice.

use std::fs;
use std::process::Command;

use super::gate::{Gate, WAITS};
use super::pty::{Person, Seat};
use super::walks::{self, SIZES, ZSHRC, git_knows_her, practises, pretend, she_has_a_zshrc};
use super::world::{World, run, tool};

/// What git says of the practice fleet; nothing where it is as it was made.
fn status(world: &World) -> String {
    run(tool("git", ["status", "--porcelain"]).current_dir(pretend(world, "fleet")))
        .expect(0)
        .stdout
}

/// Somebody who leaves from the last screen.
fn leaves(zoe: &mut Person) {
    zoe.types("q").ends().well().sane();
}

#[test]
fn zoe_sets_up_her_home() {
    for (width, height) in SIZES {
        let world = World::new();
        let mut zoe = practises(&world, Seat::of(width, height), &[]);
        walks::welcome(&mut zoe);
        walks::you(&mut zoe);
        walks::every(&mut zoe);
        walks::key(&mut zoe);
        walks::secrets(&mut zoe);
        walks::review(&mut zoe);
        walks::done(&mut zoe);
        zoe.sees("Generation 1 of your home is active.").sees("Practice is over.");
        leaves(&mut zoe);
        walks::is_set_up(&world);
    }
}

/// What differs between the five ways to the same home.
struct Case {
    name: &'static str,
    git_knows: bool,
    zshrc: bool,
    every: bool,
    decisions: usize,
    keys: usize,
}

/// As the design counts them: with defaults that fit, the short way takes 4 decisions and 6 keys.
const CASES: [Case; 8] = [
    Case { name: "short way", git_knows: true, zshrc: false, every: false, decisions: 4, keys: 6 },
    Case { name: "in the way", git_knows: true, zshrc: true, every: false, decisions: 5, keys: 7 },
    Case { name: "no email", git_knows: false, zshrc: false, every: false, decisions: 4, keys: 25 },
    Case { name: "both", git_knows: false, zshrc: true, every: false, decisions: 5, keys: 26 },
    Case {
        name: "every screen",
        git_knows: true,
        zshrc: false,
        every: true,
        decisions: 7,
        keys: 8,
    },
    Case {
        name: "… in the way", git_knows: true, zshrc: true, every: true, decisions: 8, keys: 9
    },
    Case {
        name: "… no email",
        git_knows: false,
        zshrc: false,
        every: true,
        decisions: 7,
        keys: 27,
    },
    Case { name: "… both", git_knows: false, zshrc: true, every: true, decisions: 8, keys: 28 },
];

/// The address of the drawings has 18 characters, hers has less.
const ADDRESS: &str = "zoe.li@example.com";

#[test]
fn decisions_and_keys_are_as_few_as_designed() {
    assert_eq!(ADDRESS.len(), 18);
    let mut told = Vec::new();
    for case in CASES {
        let world = World::new();
        let mut zoe = practises(&world, Seat::of(80, 24), &[]);
        if case.git_knows {
            git_knows_her(&world);
        }
        if case.zshrc {
            she_has_a_zshrc(&world);
        }
        walks::welcome(&mut zoe);
        if !case.git_knows {
            zoe.sees("1 field needs you: Email").types(ADDRESS).types("<enter>");
        }
        if case.every {
            walks::every(&mut zoe);
        } else {
            walks::rest(&mut zoe);
        }
        walks::key(&mut zoe);
        if case.every {
            walks::secrets(&mut zoe);
        }
        walks::review(&mut zoe);
        if case.zshrc {
            walks::in_the_way(&mut zoe);
        }
        walks::done(&mut zoe);
        let counted = (zoe.decisions(), zoe.keys());
        assert_eq!(counted, (case.decisions, case.keys), "{}", case.name);
        told.push(format!("{}: {} decisions, {} keys", case.name, counted.0, counted.1));
        leaves(&mut zoe);
        walks::is_set_up(&world);
    }
    println!("{}", told.join("; "));
}

#[test]
fn what_was_in_the_way_is_kept_and_comes_back() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    git_knows_her(&world);
    she_has_a_zshrc(&world);
    walks::welcome(&mut zoe);
    walks::rest(&mut zoe);
    walks::key(&mut zoe);
    walks::review(&mut zoe);
    zoe.sees("alias ll='ls -l'");
    walks::in_the_way(&mut zoe);
    walks::done(&mut zoe);
    let home = pretend(&world, "home");
    let kept = fs::read_dir(&home).unwrap().flatten();
    let mut kept = kept.map(|e| e.path()).filter(|p| p.to_string_lossy().contains(".zshrc."));
    assert_eq!(fs::read_to_string(kept.next().expect("a copy is kept")).unwrap(), ZSHRC);

    zoe.types("u").sees("Taken back, byte for byte.").sees("▸[ Back to the start ]");
    assert_eq!(fs::read_to_string(home.join(".zshrc")).unwrap(), ZSHRC);
    assert!(!home.join(".zshrc").is_symlink());
    assert_eq!(status(&world), "", "the fleet is as it was");
    assert!(!home.join(".config").exists(), "made folders are gone");
    // From the start all of it can be done again.
    zoe.types("<enter>").sees("Welcome, Zoe").types("<enter>").sees("Who is this home for?");
    zoe.types("<esc>").sees("Welcome, Zoe");
    leaves(&mut zoe);
}

#[test]
fn zoe_adds_raquel() {
    for (width, height) in SIZES {
        let world = World::new();
        let mut zoe = practises(&world, Seat::of(width, height), &[]);
        let hers = run(tool("age-keygen", ["-o"]).arg(world.at("raquel.txt"))).expect(0).stderr;
        let public = hers.split_whitespace().last().unwrap().to_owned();
        zoe.decides("2").sees("Who is this home for?").sees("3 fields need you");
        zoe.types("raquel<enter>Raquel<enter>raquel@example.com<enter><enter>");
        zoe.sees("▸[ Continue ]").decides("<enter>").sees("0 of 4 chosen");
        // granite, the machine that she sits at.
        zoe.types("<down>").decides("<space>").sees("1 of 4 chosen");
        zoe.types("<s-tab><s-tab>").sees("▸[ Continue ]").types("<enter>").sees("Which features");
        zoe.sees("▸[ Continue ]").decides("<enter>").sees("1 thing left here: the public key");
        // Typed in one go, Enter with it.
        zoe.decides(&format!("{public}<enter>")).sees("▸[ Continue ]").types("<enter>");
        zoe.sees("later: raquel sets it").sees("▸[ Continue ]").types("<enter>");
        zoe.sees("Nothing has been changed yet.").decides("a");
        zoe.sees("Everything is prepared.").sees("For raquel");
        leaves(&mut zoe);
        let fleet = pretend(&world, "fleet");
        let secrets = fs::read_to_string(fleet.join("secrets/users/raquel.sops.yaml")).unwrap();
        assert!(secrets.contains(&public));
        assert!(!pretend(&world, "home/.config/sops/age/keys.txt").exists(), "no key of zoe's");
    }
}

/// zoe as far as a build that waits.
fn builds(world: &World, gate: &Gate, seat: Seat) -> Person {
    let mut command: Command = world.doorstep(&["practice"]);
    gate.before(&mut command);
    command.env("USER", "zoe").env("LOGNAME", "zoe");
    let mut zoe = walks::comes(seat.runs(&command));
    git_knows_her(world);
    walks::welcome(&mut zoe);
    walks::rest(&mut zoe);
    walks::key(&mut zoe);
    walks::review(&mut zoe);
    zoe.sees("Working on step 7 of 8").sees(WAITS);
    zoe
}

#[test]
fn who_ends_the_build_can_go_on() {
    for (width, height) in SIZES {
        let world = World::new();
        let mut gate = Gate::shut(&world, "");
        let mut zoe = builds(&world, &gate, Seat::of(width, height));
        zoe.types("<esc>").sees("Steps are running.");
        zoe.types("<c-c>").sees("Stopping after this step. Press Ctrl-C again to end it now.");
        zoe.types("<c-c>").sees("Stopped. Steps 1 to 6 are done, step 7 was cut short.");
        gate.opens();
        let before = zoe.keys();
        zoe.decides("<enter>").sees("Apply 2 steps").decides("a");
        walks::done(&mut zoe);
        assert_eq!(zoe.keys() - before, 2, "going on is Enter and `a`");
        leaves(&mut zoe);
        walks::is_set_up(&world);
    }
}

#[test]
fn who_stops_after_the_build_goes_on_another_day() {
    let world = World::new();
    let mut gate = Gate::shut(&world, "");
    let mut zoe = builds(&world, &gate, Seat::of(80, 24));
    zoe.types("<c-c>").sees("Stopping after this step.");
    gate.opens();
    zoe.sees("Stopped. Steps 1 to 7 are done");
    zoe.types("<tab><tab>").sees("▸[ Leave ]").types("<enter>").ends().with(3).sane();
    // Another day, in the pretend fleet.
    let mut command = world.doorstep(&[]);
    command.current_dir(pretend(&world, "fleet"));
    let mut zoe = Seat::of(80, 24).runs(&command);
    zoe.sees("Go on").decides("<enter>").sees("Apply 1 step").decides("a");
    walks::done(&mut zoe);
    leaves(&mut zoe);
    walks::is_set_up(&world);
}

#[test]
fn who_stops_can_take_it_back() {
    let world = World::new();
    let gate = Gate::shut(&world, "");
    let mut zoe = builds(&world, &gate, Seat::of(80, 24));
    zoe.types("<c-c>").sees("Stopping after this step.");
    zoe.types("<c-c>").sees("Stopped. Steps 1 to 6 are done");
    zoe.types("u").sees("Taken back, byte for byte.").sees("▸[ Back to the start ]");
    leaves(&mut zoe);
    assert_eq!(status(&world), "", "the fleet is as it was");
    assert!(!pretend(&world, "home/.config").exists(), "made folders are gone");
}

#[test]
fn back_and_forth_all_the_way_keeps_every_answer() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    walks::welcome(&mut zoe);
    walks::you(&mut zoe);
    walks::every(&mut zoe);
    zoe.types("<esc>").sees("Which features do you want?").sees("[ ] aggregate-ai");
    zoe.types("<up>").sees("▸ [ ]").types("<home><space>").sees("[x] aggregate-ai");
    zoe.types("<tab><tab>").sees("▸[ Continue ]").types("<enter>");
    walks::key(&mut zoe);
    zoe.sees("Which secrets should be ready for you?");
    let headings = [
        "Which key opens your secrets?",
        "Which features do you want?",
        "Who puts your home in place",
        "Who is this home for?",
        "Welcome, Zoe",
    ];
    for heading in headings {
        zoe.types("<esc>").sees(heading);
    }
    zoe.types("<enter>").sees("zoe@example.com").types("<enter>").sees("Who puts");
    zoe.types("<enter>").sees("[x] aggregate-ai").types("<enter>").sees("[x] I will keep");
    zoe.types("<enter>").sees("Which secrets").types("<enter>");
    zoe.sees("Nothing has been changed yet.").types("<esc>").sees("Which secrets");
    assert_eq!(status(&world), "", "nothing was written");
    zoe.types("<c-c>").sees("Leave?").types("<right><right><enter>").ends().well().sane();
}
