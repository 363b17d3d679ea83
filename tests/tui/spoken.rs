//! The prompts at a real terminal, by somebody who hears them.

use super::pty::{Person, Seat, heard};
use super::world::World;

#[test]
fn zoe_practises_by_ear() {
    let world = World::new();
    let folder = world.at("practice");
    let mut command = world.doorstep(&["practice", "--dir", folder.to_str().unwrap()]);
    command.env("ACCESSIBLE", "1");
    let mut zoe = Seat::of(80, 24).runs(&command);
    answers(&mut zoe, "Question 1 of 7.", "");
    answers(&mut zoe, "Question 2 of 7.", "zoe@example.com");
    answers(&mut zoe, "Question 3 of 7.", "");
    answers(&mut zoe, "Question 4 of 7.", "");
    answers(&mut zoe, "Question 5 of 7.", "");
    answers(&mut zoe, "Type yes", "yes");
    answers(&mut zoe, "Question 6 of 7.", "");
    answers(&mut zoe, "Question 7 of 7.", "");
    answers(&mut zoe, "There is no suggestion here.", "apply");
    answers(&mut zoe, "Enter to leave", "");
    let left = zoe.ends().well().sane();
    let said = heard(&left.output).unwrap();
    println!("{said}");
}

/// Waits until the question has been said and an answer is waited for.
fn answers(zoe: &mut Person, question: &str, answer: &str) {
    zoe.sees(question).sees_that("the prompt", |screen| {
        let row = screen.cursor_position().0;
        screen.contents_between(row, 0, row, screen.size().1.get()).trim_end() == ">"
    });
    zoe.types(answer).types("<enter>");
}
