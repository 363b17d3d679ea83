//! Killed at every checkpoint: the run can be finished, and it can be undone.

use std::cell::RefCell;

use doorstep::event::Outcome;
use doorstep::receipt::{Phase, Receipt};

use crate::child::killed;
use crate::world::World;

/// The world before and after an uninterrupted run, and the checkpoints of run and undo.
struct Reference {
    world: World,
    before: std::collections::BTreeMap<String, String>,
    after: std::collections::BTreeMap<String, String>,
    applying: Vec<String>,
    undoing: Vec<String>,
}

fn reference() -> Reference {
    let world = World::new();
    let before = world.snapshot();
    let done = world.copied();
    let names = RefCell::new(Vec::new());
    let note = |name: &str| names.borrow_mut().push(name.to_owned());
    let summary = done.apply(&note).unwrap();
    assert_eq!(summary.outcome, Outcome::Done, "{summary:?}");
    let applying = names.take();
    let after = done.snapshot();
    assert_ne!(before, after);
    let taken = done.undo(&note).unwrap();
    assert_eq!(taken.sentence(), "Taken back, byte for byte.", "{taken:?}");
    assert_eq!(done.snapshot(), before);
    Reference { world, before, after, applying, undoing: names.take() }
}

#[test]
fn checkpoints_have_the_names_that_are_documented() {
    let Reference { applying, undoing, .. } = reference();
    assert_eq!(applying.first().unwrap(), "receipt-opened");
    assert_eq!(applying.last().unwrap(), "finished");
    let of_key: Vec<_> = applying.iter().filter(|n| n.starts_with("age-key/")).collect();
    assert_eq!(
        of_key,
        ["age-key/1/recorded", "age-key/1/written", "age-key/1/replaced", "age-key/1/closed"]
    );
    assert!(applying.contains(&"activate/1/recorded".to_owned()));
    assert_eq!(undoing.first().unwrap(), "undo/opened");
    assert!(undoing.contains(&"undo/4/written".to_owned()), "{undoing:?}");
    assert_eq!(undoing.last().unwrap(), "undo/finished");
}

#[test]
fn a_killed_run_can_be_finished_and_then_undone() {
    let Reference { world, before, after, applying, .. } = reference();
    for (number, name) in applying.iter().enumerate() {
        let world = world.copied();
        killed("apply", &world, number);
        let state = Receipt::read(&world.receipt()).unwrap().state();
        let ended = name == "finished";
        assert_eq!(state.is_unfinished(), !ended, "{name}");
        let summary = world.resume(&|_| {}).unwrap();
        assert!(
            matches!(summary.outcome, Outcome::Done | Outcome::AlreadySo),
            "{name}: {summary:?}"
        );
        assert_eq!(world.snapshot(), after, "{name}");
        let state = Receipt::read(&world.receipt()).unwrap().state();
        assert_eq!(state.phase, Phase::Finished, "{name}");
        let taken = world.undo(&|_| {}).unwrap();
        assert_eq!(taken.sentence(), "Taken back, byte for byte.", "{name}: {taken:?}");
        assert_eq!(world.snapshot(), before, "{name}");
    }
}

#[test]
fn a_killed_run_can_be_undone() {
    let Reference { world, before, applying, .. } = reference();
    for (number, name) in applying.iter().enumerate() {
        let world = world.copied();
        killed("apply", &world, number);
        let taken = world.undo(&|_| {}).unwrap();
        assert!(taken.left.is_empty(), "{name}: {taken:?}");
        assert_eq!(world.snapshot(), before, "{name}");
        let again = world.undo(&|_| {}).unwrap();
        assert_eq!((again.left, again.restored), (Vec::new(), Vec::new()), "{name}");
    }
}

#[test]
fn a_killed_undo_can_be_run_again() {
    let Reference { world, before, undoing, .. } = reference();
    for (number, name) in undoing.iter().enumerate() {
        let world = world.copied();
        world.apply(&|_| {}).unwrap();
        killed("undo", &world, number);
        let taken = world.undo(&|_| {}).unwrap();
        assert!(taken.left.is_empty(), "{name}: {taken:?}");
        assert_eq!(world.snapshot(), before, "{name}");
        let state = Receipt::read(&world.receipt()).unwrap().state();
        assert_eq!(state.phase, Phase::TakenBack, "{name}");
    }
}

#[test]
fn run_resume_and_undo_may_each_be_killed() {
    let Reference { world, before, after, applying, undoing, .. } = reference();
    // Every checkpoint takes part, in changing company.
    for first in 0..applying.len() - 1 {
        let world = world.copied();
        killed("apply", &world, first);
        killed("resume", &world, (first * 7) % 3);
        if first % 2 == 0 {
            world.resume(&|_| {}).unwrap();
            assert_eq!(world.snapshot(), after, "{first}");
            killed("undo", &world, (first * 5) % undoing.len());
        }
        let taken = world.undo(&|_| {}).unwrap();
        assert!(taken.left.is_empty(), "{first}: {taken:?}");
        assert_eq!(world.snapshot(), before, "{first}");
    }
}

#[test]
fn nothing_secret_is_ever_written_down() {
    let world = World::new();
    world.apply(&|_| {}).unwrap();
    world.undo(&|_| {}).unwrap();
    let receipt = std::fs::read_to_string(world.receipt()).unwrap();
    assert!(!receipt.contains("AGE-SECRET-KEY"), "{receipt}");
    assert!(!receipt.contains("an older key"), "what was in a key file is not repeated");
    assert!(receipt.contains(&world.recipient()));
}
