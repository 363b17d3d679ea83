use crate::front::tui::app::Out;
use crate::front::tui::stage::Stage;
use crate::front::tui::worker::Job;
use crate::front::world::{Opened, Which};
use crate::problem::Problem;
use crate::question::example::Example;

/// Nobody has found a fleet; these folders were some.
fn nowhere(before: &[&str]) -> Stage {
    let before = before.iter().map(Into::into).collect();
    let example = Example::raquel();
    let world = Stage::world_of(&example);
    Stage::opening(example, world, vec![Ok(Opened::NoFleet { before })])
}

fn opened(stage: &Stage) -> Option<Which> {
    stage.jobs.iter().rev().find_map(|job| match job {
        Job::Open(which) => Some(which.clone()),
        _ => None,
    })
}

#[test]
fn it_asks_where_the_fleet_is() {
    let mut stage = nowhere(&["/Users/raquel/fleet", "/Users/raquel/old/fleet"]);
    insta::assert_snapshot!("no-fleet", stage.screen());
    insta::assert_snapshot!("no-fleet-60x16", stage.size(60, 16).screen());
}

#[test]
fn a_folder_used_before_is_one_key_away() {
    let stage = nowhere(&["/Users/raquel/fleet"]).keys("<enter>");
    assert_eq!(opened(&stage), Some(Which::Named("/Users/raquel/fleet".into())));
}

#[test]
fn a_folder_is_typed_and_opened() {
    let mut stage = nowhere(&[]).keys("~/q? fleet");
    assert!(stage.screen().contains("~/q? fleet"));
    stage.press("<enter>");
    assert_eq!(opened(&stage), Some(Which::Named("~/q? fleet".into())));
    let mut empty = nowhere(&[]).keys("<enter>");
    assert!(empty.screen().contains("Type the folder that holds the fleet's flake.nix."));
}

#[test]
fn an_address_is_checked_while_one_types() {
    let mut stage = nowhere(&[]).keys("<down>example.org");
    insta::assert_snapshot!("no-fleet-address", stage.screen());
    stage.press("<c-u>");
    stage.paste("https://ada:secret@example.org/fleet.git\n");
    stage.press("<enter>");
    assert!(stage.screen().contains("has a password in it"));
    assert_eq!(opened(&stage), Some(Which::Known));
}

#[test]
fn a_clone_is_stopped_by_esc_and_what_is_typed_stays() {
    let mut stage = nowhere(&[]).keys("<down>https://example.org/fleet.git");
    stage.opens.push(Err(Problem::tool("git clone was stopped")));
    stage.hold = true;
    stage.press("<enter>");
    stage.later(1);
    assert!(stage.screen().contains("Cloning. Esc stops it."));
    stage.press("<esc>");
    assert!(stage.outs.iter().any(|out| matches!(out, Out::End)));
    stage.release();
    let screen = stage.screen();
    assert!(screen.contains("git clone was stopped"), "{screen}");
    assert!(screen.contains("https://example.org/fleet.git"));
}

#[test]
fn esc_ends_nothing_where_nothing_is_cloned() {
    let mut stage = nowhere(&["/Users/raquel/fleet"]);
    stage.hold = true;
    stage.press("<enter><esc>");
    assert!(!stage.outs.iter().any(|out| matches!(out, Out::End)));
}

#[test]
fn what_is_no_fleet_is_said_and_asked_again() {
    let mut stage = nowhere(&[]);
    stage.opens.push(Err(Problem::user("`~/notes` is not a fleet")));
    stage.press("~/notes<enter>");
    let screen = stage.screen();
    assert!(screen.contains("✗ ~/notes is not a fleet") && screen.contains("Where is your fleet?"));
    stage.press("<c-u>~/fleet<enter>");
    assert!(stage.screen().contains("What would you like to do?"));
}

#[test]
fn an_earlier_practice_is_never_moved_unasked() {
    let mut stage = nowhere(&[]).keys("<down><down>");
    stage.opens.push(Ok(Opened::EarlierPractice { place: "~/doorstep-practice".into() }));
    stage.press("p");
    insta::assert_snapshot!("earlier-practice", stage.screen());
    stage.press("<esc>");
    assert_eq!(opened(&stage), Some(Which::Practice { afresh: false }));
    stage.opens.push(Ok(Opened::EarlierPractice { place: "~/doorstep-practice".into() }));
    stage.press("p<enter>");
    assert_eq!(opened(&stage), Some(Which::Practice { afresh: true }));
}

#[test]
fn hostile_folders_and_small_windows_are_no_trouble() {
    let long = format!("/Users/raquel/{}\u{1b}[2J/fleet", "very-long/".repeat(40));
    let mut stage = nowhere(&[&long, "\u{202e}x", "", "/a", "/b", "/c", "/d"]);
    assert!(!stage.screen().contains('\u{1b}'));
    for (w, h) in [(60, 16), (1, 1), (0, 0), (300, 90), (61, 200)] {
        stage.resize(w, h);
        stage.screen();
        stage.press("<down><up><tab>x<esc>");
    }
}
