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
    for line in [
        "Set up my home. 7 questions, then a review. Nothing is changed before you type apply.",
        "Practice. Question 2 of 7. Email. Not found; please type it.",
        "> zoe@example.com",
        "Done: steps 1 to 6.",
        "Checked: both secrets are on disk and readable.",
        "Left for you: open a new Terminal window.",
    ] {
        assert!(said.lines().any(|l| l == line), "{line}\n{said}");
    }
    // Nor anything else that is not a word: no colour, no title, no mode.
    assert!(!left.output.contains(&b'\x1b'), "{}", left.output.escape_ascii());
}

/// Waits until the question has been said and an answer is waited for.
fn answers(zoe: &mut Person, question: &str, answer: &str) {
    zoe.sees(question).sees_that("the prompt", |screen| {
        let row = screen.cursor_position().0;
        screen.contents_between(row, 0, row, screen.size().1.get()).trim_end() == ">"
    });
    zoe.types(answer).types("<enter>");
}
