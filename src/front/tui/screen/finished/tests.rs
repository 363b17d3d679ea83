use super::*;
use crate::event::Verdict;
use crate::front::Finish;
use crate::front::tui::app::Out;
use crate::front::tui::stage::Stage;
use crate::front::tui::stage::run::done;
use crate::front::tui::terminal::Act;
use crate::front::tui::worker::Job;

fn finished() -> Stage {
    let mut stage = Stage::building();
    stage.succeeds();
    stage
}

fn copied(stage: &Stage) -> String {
    let copied = stage.outs.iter().rev().find_map(|out| match out {
        Out::Terminal(Act::Copy(text)) => Some(text.clone()),
        _ => None,
    });
    copied.unwrap_or_default()
}

#[test]
fn what_is_true_and_what_is_left() {
    insta::assert_snapshot!("done", finished().screen());
    insta::assert_snapshot!("done-60x16", finished().size(60, 16).screen());
    insta::assert_snapshot!(
        "done-60x16-end",
        finished().size(60, 16).keys("<pgdn><pgdn>").screen()
    );
    insta::assert_snapshot!("done-120x40", finished().size(120, 40).screen());
}

#[test]
fn rows_are_done_from_here() {
    let mut stage = finished().keys("<down><enter>");
    assert_eq!(stage.app.at(), Place::SecondCopy);
    assert!(stage.screen().contains("▸ Done"));
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Finished);
    stage.press("<down><enter>");
    insta::assert_snapshot!("a-command", stage.screen());
    stage.press("c");
    assert_eq!(copied(&stage), "cd ~/fleet && sops secrets/users/raquel.sops.yaml");
    stage.press("<down><enter>");
    insta::assert_snapshot!("the-note", stage.screen());
    stage.press("c");
    assert!(copied(&stage).contains("Public key: age1jx3c5wv7"));
}

#[test]
fn the_note_is_saved_and_all_is_taken_back() {
    let stage = finished().keys("su");
    let save = |job: &Job| matches!(job, Job::Save { name, .. } if name == "note-for-crs58.txt");
    assert!(stage.jobs.iter().any(save));
    assert!(stage.jobs.iter().any(|job| matches!(job, Job::Undo(_))));
    assert!(finished().keys("q").ended.is_some());
    let mut stage = finished().keys("<esc>");
    assert!(stage.screen().contains("This is the last screen. q leaves."));
}

#[test]
fn secrets_that_are_not_readable_yet() {
    let mut stage = Stage::building();
    stage.checks("Generation 1 of your home is active.", Verdict::Holds);
    stage.checks("Not readable on disk: github-token.", Verdict::DoesNotHold);
    let heading = "Your home is active, but your secrets are not readable yet.".into();
    stage.finishes(Finish { end: End::NotReadable, heading, ..done() });
    insta::assert_snapshot!("not-readable", stage.screen());
}

#[test]
fn everything_was_so_already() {
    let mut stage = Stage::applying();
    let heading = "Everything is already so. Nothing to apply.".into();
    let end = End::AlreadySo;
    stage.finishes(Finish { end, heading, receipt: None, left: Vec::new(), note: None, ..done() });
    insta::assert_snapshot!("already-so", stage.screen());
    stage.press("c");
    assert!(stage.screen().contains("Nothing is left for anybody else: no note."));
    stage.press("u");
    assert!(stage.screen().contains("Nothing has been applied yet."));
}

#[test]
fn with_the_machine_it_becomes_active_later() {
    let mut stage = Stage::building();
    stage.checks("Your key opens secrets/users/raquel.sops.yaml.", Verdict::Holds);
    let mut finish = done();
    finish.heading =
        "Everything is prepared. Your home becomes active when crs58 updates blackphos.".into();
    finish.left.retain(|left| left.what != "new-terminal");
    finish.left.push(Left {
        who: "crs58".into(),
        what: "update-machine",
        words: "Update blackphos. The command is: darwin-rebuild switch --flake ~/fleet#blackphos"
            .into(),
        data: serde_json::Map::new(),
    });
    stage.finishes(finish);
    insta::assert_snapshot!("integrated", stage.screen());
}

#[test]
fn a_practice_run_says_that_nothing_happened() {
    let mut stage = Stage::raquel();
    stage.world.practice = true;
    stage.does(vec![Effect::Open(crate::front::world::Which::Again)]);
    stage.apply();
    stage.checks("Generation 1 of your home is active.", Verdict::Holds);
    stage.checks(
        "Secrets were not put on disk: sops-install-secrets is not on PATH.",
        Verdict::NotChecked,
    );
    let heading = "Your home is set up and active. Practice is over. Nothing of yours was \
                   touched. Delete it: rm -r /home/raquel/doorstep-practice"
        .into();
    stage.finishes(Finish { heading, ..done() });
    insta::assert_snapshot!("practice", stage.screen());
}

#[test]
fn no_size_and_no_key_is_too_odd() {
    for (width, height) in [(1, 1), (60, 16), (61, 17), (80, 24), (300, 100)] {
        let mut stage = finished();
        stage.resize(width, height);
        stage.press("<pgdn><down><down><enter><down><down><enter><tab><up><home><end>");
        stage.screen();
    }
}
