//! However it ends, the terminal is given back: by signals at moments that follow from its own
//! output, by Ctrl-Z and back, by a terminal that goes away.

use std::fs;
use std::process::Command;

use rustix::process::Signal;

use super::gate::Gate;
use super::pty::Seat;
use super::walks;
use super::world::{World, run, tool};

/// What Welcome shows once the fleet has been read.
const WELCOME: &str = "Set up my home";
/// Moments per signal, in pieces of output of 256 bytes: close together while the terminal is
/// taken over and the first frames are drawn, then ever further into the session.
const MOMENTS: std::ops::RangeInclusive<usize> = 1..=15;
/// Moments while steps run, counted from when the person has pressed `a`: the first steps, and then
/// a build that waits.
const APPLYING: [usize; 5] = [1, 8, 25, 60, 130];

/// A person's own doorstep in a fleet of her own, without arguments.
fn doorstep(world: &World) -> Command {
    let fleet = world.at("fleet");
    if !fleet.exists() {
        let practice = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/practice/fleet");
        run(tool("cp", ["-R", practice]).arg(&fleet)).expect(0);
        fs::create_dir(fleet.join(".git")).unwrap();
        fs::write(fleet.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    }
    let mut command = world.doorstep(&[]);
    command.current_dir(fleet).env("USER", "zoe").env("LOGNAME", "zoe");
    command
}

#[test]
fn told_to_end_at_any_moment_it_leaves_the_terminal_sane() {
    strike(Signal::TERM);
}

#[test]
fn hung_up_on_at_any_moment_it_leaves_the_terminal_sane() {
    strike(Signal::HUP);
}

#[test]
fn interrupted_at_any_moment_it_leaves_the_terminal_sane() {
    strike(Signal::INT);
}

#[test]
fn told_to_quit_at_any_moment_it_leaves_the_terminal_sane() {
    strike(Signal::QUIT);
}

fn strike(signal: Signal) {
    let world = World::new();
    for n in MOMENTS {
        let nth = n * (n + 1) / 2;
        let mut zoe = Seat::of(80, 24).struck(signal, nth).runs(&doorstep(&world));
        zoe.until_struck("<down>?<esc><tab><c-l>");
        let left = zoe.ends();
        let by_signal = left.status.signal().is_some() || left.status.exit_code() > 128;
        assert!(by_signal, "{signal:?} at {nth}: {}, {}", left.status, left.text);
        assert!(left.insane.is_empty(), "{signal:?} at {nth}: {:?}\n{}", left.insane, left.text);
    }
    for nth in APPLYING {
        strike_applying(signal, nth);
    }
}

/// Told to end while steps run, it ends at once, and another day it is gone on with.
fn strike_applying(signal: Signal, nth: usize) {
    let world = World::new();
    let mut gate = Gate::shut(&world, "");
    let mut command = world.doorstep(&["practice"]);
    gate.before(&mut command);
    command.env("USER", "zoe").env("LOGNAME", "zoe");
    let mut zoe = walks::comes(Seat::of(80, 24).in_pieces().runs(&command));
    walks::git_knows_her(&world);
    walks::welcome(&mut zoe);
    walks::rest(&mut zoe);
    walks::key(&mut zoe);
    zoe.sees("Apply 8 steps").is_struck_after(signal, nth);
    walks::review(&mut zoe);
    let left = zoe.until_struck("").ends();
    let when = format!("{signal:?} at {nth} of Apply");
    let by_signal = left.status.signal().is_some() || left.status.exit_code() > 128;
    assert!(by_signal, "{when}: {}, {}", left.status, left.text);
    assert!(left.insane.is_empty(), "{when}: {:?}\n{}", left.insane, left.text);

    gate.opens();
    let receipts = walks::pretend(&world, "home/.local/state/doorstep");
    let begun = fs::read_dir(receipts).is_ok_and(|mut entries| {
        entries.any(|e| e.unwrap().path().extension().is_some_and(|e| e == "receipt"))
    });
    let mut resume = world.doorstep(&["resume", "--json"]);
    let ran = run(resume.current_dir(walks::pretend(&world, "fleet")));
    if begun {
        let ran = ran.expect(0);
        assert_eq!(ran.events().last().unwrap()["outcome"], "done", "{when}: {}", ran.stdout);
        walks::is_set_up(&world);
    } else {
        ran.expect(1);
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let world = World::new();
    let mut zoe = Seat::of(80, 24).in_shell().runs(&doorstep(&world));
    zoe.sees(WELCOME);
    let before = zoe.screen();
    for time in 1..=3 {
        zoe.types("<c-z>").sees(&format!("(away {time})")).has_the_terminal_back();
        zoe.types("<enter>").sees(WELCOME);
        assert_eq!(zoe.screen(), before);
    }
    zoe.types("q").ends().well().sane();
}

#[test]
fn another_size_while_away_is_drawn_when_back() {
    let world = World::new();
    let mut zoe = Seat::of(80, 24).in_shell().runs(&doorstep(&world));
    zoe.sees(WELCOME).types("<c-z>").sees("(away 1)").resizes(100, 30);
    zoe.types("<enter>").sees_that("the footer in the last of 30 rows", |screen| {
        screen.size().0.get() == 30 && screen.rows(0, 100).nth(29).unwrap().contains("help")
    });
    zoe.types("q").ends().well().sane();
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let world = World::new();
    let mut zoe = Seat::of(80, 24).runs(&doorstep(&world));
    let status = zoe.sees(WELCOME).hangs_up();
    assert!(!status.success(), "{status}");
}

#[test]
fn leaving_says_nothing_and_leaves_nothing_behind() {
    let world = World::new();
    let mut zoe = Seat::of(80, 24).runs(&doorstep(&world));
    zoe.sees(WELCOME).types("q").ends().well().sane().silent();
}
