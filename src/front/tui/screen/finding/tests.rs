use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::check::{How, Risk};
use crate::front::tui::app::Out;
use crate::front::tui::screen::Place;
use crate::front::tui::stage::Stage;
use crate::front::tui::stage::looking::{plan, report};
use crate::front::tui::worker::Job;
use crate::plan::Change;

fn found() -> Stage {
    let mut stage = Stage::raquel();
    stage.report = Arc::new(report());
    stage.keys("3")
}

fn applies(stage: &Stage) -> bool {
    stage.jobs.iter().any(|job| matches!(job, Job::Apply(..)))
}

#[test]
fn the_fix_is_all_that_would_change() {
    insta::assert_snapshot!("fix-80x24", found().keys("f").screen());
    insta::assert_snapshot!("fix-60x16", found().keys("f").size(60, 16).screen());
    insta::assert_snapshot!("fix-120x40", found().keys("f").size(120, 40).screen());
    insta::assert_snapshot!("fix-200x60", found().keys("f").size(200, 60).screen());
}

#[test]
fn what_was_seen_and_how_it_is_done_by_hand_are_one_key_away() {
    let mut stage = found().keys("<enter>");
    insta::assert_snapshot!("seen-80x24", stage.screen());
    stage.press("<left>");
    insta::assert_snapshot!("by-hand-80x24", stage.screen());
    stage.click_on(Target::Row(1, 1));
    assert!(stage.screen().contains("[Fix]"));
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Findings);
}

#[test]
fn enter_again_and_again_never_applies() {
    let mut stage = found().keys(&"<enter>".repeat(40));
    assert!(!applies(&stage));
    stage.press("1<tab>");
    stage.press(&"<enter>".repeat(40));
    assert!(!applies(&stage), "nor from the button that shows it");
    assert!(applies(&found().keys("f<enter>")), "asked for by its key, the button has the focus");
    assert!(applies(&found().keys("<enter>a")));
}

#[test]
fn an_edit_is_shown_line_by_line() {
    let mut report = report();
    let before = "keys:\n  - &admin age1x\ncreation_rules: []\n".to_owned();
    let after = before.replace("age1x\n", &format!("age1x\n  - &raquel age1{}\n", "q".repeat(90)));
    let path = PathBuf::from("/Users/raquel/fleet/.sops.yaml");
    let how =
        How::Plan(plan("Add the key", "edit .sops.yaml", Change::Edit { path, before, after }));
    report.findings[0].fixes[0].how = how;
    let mut stage = Stage::raquel();
    stage.report = Arc::new(report);
    stage.press("3f<up>");
    insta::assert_snapshot!("edit-80x24", stage.screen());
    stage.press("w<end>");
    insta::assert_snapshot!("edit-wrapped-80x24", stage.screen());
}

#[test]
fn a_secret_is_one_word() {
    let mut report = report();
    let content = crate::plan::Content::secret("AGE-SECRET-KEY-1CANARY".to_owned());
    let path = PathBuf::from("/Users/raquel/.config/sops/age/keys.txt");
    let change = Change::Create { path, content, mode: 0o600 };
    report.findings[0].fixes[0].how = How::Plan(plan("Write it", "sops", change));
    let mut stage = Stage::raquel();
    stage.report = Arc::new(report);
    stage.press("3f");
    let screen = stage.screen();
    assert!(screen.contains("<secret>") && !screen.contains("CANARY"), "{screen}");
}

#[test]
fn what_an_administrator_does_is_ready_to_be_copied() {
    let mut report = report();
    let lines = vec!["sudo dscl . -create /Users/raquel UniqueID 502".to_owned()];
    report.findings[0].fixes[0] = Fix {
        title: "Give the account the number that the fleet says".into(),
        risk: Risk::ForAdmin,
        how: How::Text(lines),
    };
    let mut stage = Stage::raquel();
    stage.report = Arc::new(report);
    stage.press("3<enter><right>");
    insta::assert_snapshot!("for-admin-80x24", stage.screen());
    stage.press("a");
    assert!(!applies(&stage));
    assert!(stage.screen().contains("The text for crs58 is ready: c."));
    stage.press("c");
    let copies = |out: &Out| format!("{out:?}").contains("dscl");
    assert!(stage.outs.iter().any(copies));
    stage.press("s");
    let saved = stage.jobs.iter().find_map(|job| match job {
        Job::Save { text, .. } => Some(text.clone()),
        _ => None,
    });
    assert!(saved.is_some_and(|text| text.contains("How we know") && text.contains("dscl")));
}
