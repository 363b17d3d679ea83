use std::sync::Arc;

use super::*;
use crate::check::{Evidence, Fix, Group, How, Risk, Severity};
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::front::Finish;
use crate::front::tui::stage::Stage;
use crate::front::tui::stage::looking::{finding, plan, report};
use crate::front::tui::stage::run::{done, refused};
use crate::front::tui::worker::Job;
use crate::front::world::Errand;
use crate::plan::Change;
use crate::problem::Problem;

fn failed() -> Stage {
    let mut stage = Stage::building();
    stage.fails(refused());
    stage
}

/// A failure that no log explains.
fn unknown() -> Stage {
    let mut stage = Stage::building();
    stage.says("build", "the frobnicator has left the building");
    stage.ends(
        "build",
        Outcome::Failed { why: Problem::tool("`nix build` ended with exit 3") },
        8.0,
    );
    stage.finishes(Finish { end: End::Failed, heading: "It failed.".into(), note: None, ..done() });
    stage
}

fn stopped() -> Stage {
    let mut stage = Stage::building();
    stage.ends("build", Outcome::Stopped, 72.0);
    let because = "you asked to stop".to_owned();
    stage.ends(crate::activate::STEP, Outcome::NotRun { because }, 0.0);
    stage.finishes(Finish {
        end: End::Stopped,
        heading: "Stopped. Steps 1 to 6 are done, step 7 was cut short. Go on with doorstep \
                  resume, or take them back with doorstep undo."
            .into(),
        left: Vec::new(),
        note: None,
        ..done()
    });
    stage
}

/// Machines that were to be updated, by how each ended.
fn machines(states: &[(&str, &str, Verdict)]) -> Stage {
    let mut stage = unknown();
    for (name, state, verdict) in states {
        let data = serde_json::json!({ "machine": name, "state": state });
        let data = data.as_object().cloned().unwrap_or_default();
        let words = format!("{name} is {state}.");
        stage.tells(Event::Checked(Checked { what: "machine", verdict: *verdict, words, data }));
    }
    stage
}

#[test]
fn machines_have_a_line_each_as_far_as_there_is_room() {
    use Verdict::{DoesNotHold, Holds, NotChecked};
    let mut few = machines(&[
        ("slate", "updated", Holds),
        ("shale", "unreachable", DoesNotHold),
        ("marl", "unknown", NotChecked),
        ("opal", "not_tried", NotChecked),
    ]);
    insta::assert_snapshot!("machines", few.screen());
    assert!(!few.screen().contains("Your home"), "{}", few.screen());
    let names: Vec<String> = (0..30).map(|n| format!("m{n:02}")).collect();
    let many: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, name)| match n % 3 {
            0 => (name.as_str(), "updated", Holds),
            1 => (name.as_str(), "failed", DoesNotHold),
            _ => (name.as_str(), "not_tried", NotChecked),
        })
        .collect();
    let screen = machines(&many).screen();
    assert!(screen.contains("✓ 10 machines are updated."), "{screen}");
    assert!(screen.contains(" more are not updated.") && screen.contains("m01 is failed."));
    assert!(screen.contains("- 10 machines are as they were."), "{screen}");
}

#[test]
fn why_and_what_now_come_before_the_last_lines() {
    insta::assert_snapshot!("failed", failed().screen());
    insta::assert_snapshot!("failed-60x16", failed().size(60, 16).screen());
    insta::assert_snapshot!("unknown", unknown().screen());
    insta::assert_snapshot!("failed-120x40", failed().size(120, 40).screen());
    assert_eq!(failed().app.at(), Place::Failure);
}

#[test]
fn a_hint_is_the_next_action() {
    let mut stage = Stage::building();
    let problem = Problem::tool("no room is left in `/nix`").hint("run `nix-collect-garbage`");
    stage.ends("build", Outcome::Failed { why: problem }, 8.0);
    stage.finishes(Finish { end: End::Failed, heading: "It failed.".into(), note: None, ..done() });
    let screen = stage.screen();
    assert!(screen.contains("Next    Run nix-collect-garbage. Then press r."), "{screen}");
    assert!(screen.contains("Cause   No room is left in /nix."), "{screen}");
}

#[test]
fn the_whole_log_opens_with_the_line_marked() {
    let mut stage = failed().keys("<up><enter>");
    insta::assert_snapshot!("log", stage.screen());
    stage.press("/denied<enter>");
    assert!(stage.screen().contains("Permission denied"));
    stage.press("<esc><esc>");
    assert!(stage.screen().contains("What is true now"));
    assert_eq!(stage.app.at(), Place::Failure);
}

#[test]
fn one_goes_on_from_the_receipt_or_takes_it_back() {
    let resumes = |stage: &Stage| stage.jobs.iter().any(|job| matches!(job, Job::Resume(_)));
    let undoes = |stage: &Stage| stage.jobs.iter().any(|job| matches!(job, Job::Undo(_)));
    assert!(resumes(&unknown().keys("<enter>")));
    assert!(resumes(&failed().keys("r")));
    assert!(resumes(&stopped().keys("r")));
    assert!(undoes(&failed().keys("u")));
    assert!(undoes(&unknown().keys("<right><enter>")));
    assert!(unknown().keys("<right><right><enter>").ended.is_some());
}

#[test]
fn a_stop_is_no_failure() {
    let mut stage = stopped();
    let screen = stage.screen();
    insta::assert_snapshot!("stopped", screen);
    assert!(screen.contains("Stopped. Steps 1 to 6 are done, step 7 was cut short."));
    assert!(!screen.contains("Cause"));
    insta::assert_snapshot!("stopped-60x16", stage.size(60, 16).screen());
}

#[test]
fn what_failed_before_the_first_step_is_told() {
    let mut stage = Stage::applying();
    stage.finishes(Finish::failed(Problem::tool("the receipt cannot be written")));
    insta::assert_snapshot!("nothing-done", stage.screen());
    stage.press("u");
    assert!(stage.screen().contains("Nothing has been applied yet."));
}

#[test]
fn an_activation_that_failed_may_have_changed_the_home() {
    let mut stage = Stage::building();
    stage.ends("build", Outcome::Done, 72.0);
    stage.begins(crate::activate::STEP, Some("./activate"));
    stage.ends(crate::activate::STEP, Outcome::Failed { why: Problem::tool("x") }, 2.0);
    stage.finishes(Finish { end: End::Failed, heading: "It failed.".into(), ..done() });
    assert!(stage.screen().contains("Your home may be partly changed. Undo puts it back"));
}

#[test]
fn a_report_has_the_page_and_the_log() {
    let mut stage = failed().keys("s<enter>");
    let saved = stage.jobs.iter().find_map(|job| match job {
        Job::SaveLog { text, .. } => Some(text.clone()),
        _ => None,
    });
    insta::assert_snapshot!("report", saved.unwrap());
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Failure);
}

#[test]
fn no_size_and_no_key_is_too_odd() {
    for (width, height) in [(1, 1), (60, 16), (61, 17), (80, 24), (300, 100)] {
        for mut stage in [failed(), stopped()] {
            stage.resize(width, height);
            stage.press("<pgdn><pgup><end><up><enter>w<home>/x<enter>nN<esc><esc>b<esc>");
            stage.screen();
        }
    }
}

/// What failed, on a machine where a check has found its cause.
fn found_out() -> Stage {
    let mut report = report();
    let mut bears = finding(
        "private-input-unreachable",
        Group::Fleet,
        Severity::Error,
        "ssh does not know github.com yet",
        "Why.",
    );
    bears.evidence =
        vec![Evidence { at: "~/.ssh/known_hosts".into(), shown: "is not there".into() }];
    let path = "/Users/raquel/.ssh/known_hosts".into();
    let content = crate::plan::Content::Text("github.com ssh-ed25519 AAAA\n".into());
    let how =
        How::Plan(plan("Add it", "ssh-keyscan", Change::Create { path, content, mode: 0o600 }));
    bears.fixes = vec![Fix { title: "Tell ssh who github.com is".into(), risk: Risk::Safe, how }];
    report.findings.push(bears);
    let mut stage = Stage::building();
    stage.report = Arc::new(report);
    stage.fails(refused());
    stage
}

#[test]
fn the_checks_that_bear_on_it_have_run_already() {
    let mut stage = found_out();
    insta::assert_snapshot!("found-out", stage.screen());
    stage.press("e");
    insta::assert_snapshot!("evidence", stage.screen());
    stage.press("<end>");
    assert!(
        stage.screen().contains("4 more") || stage.screen().contains("doorstep doctor has all")
    );
    stage.press("e");
    assert!(stage.screen().contains("What is true now"));
    stage.press("e<esc>");
    assert!(stage.screen().contains("What is true now"), "Esc closes what e opened");
    assert_eq!(stage.app.at(), Place::Failure);
}

#[test]
fn its_fix_is_one_key_away_and_what_failed_is_there_again_after_it() {
    let mut stage = found_out();
    let applied = |stage: &Stage| {
        let fix = |job: &&Job| matches!(job, Job::Apply(Errand::Fix { .. }, _));
        stage.jobs.iter().filter(fix).count()
    };
    stage.press("<enter>");
    assert_eq!(stage.app.at(), Place::Finding, "the first button shows it");
    stage.press("<enter><enter><enter><enter>");
    assert_eq!(applied(&stage), 0, "and Enter carries nothing out");
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Failure);
    stage.press("fa");
    assert_eq!(applied(&stage), 1);
    let finish = Finish { receipt: Some("/fix".into()), ..done() };
    stage.finishes(Finish { end: End::Done, ..finish });
    assert_eq!(stage.app.at(), Place::Failure);
    let screen = stage.screen();
    assert!(screen.contains("Step 7, Build your home, failed"), "{screen}");
    assert!(screen.contains("done. r tries again what failed."), "{screen}");
    stage.press("r");
    let receipt = done().receipt.unwrap();
    assert!(stage.jobs.contains(&Job::Resume(receipt)), "what failed, not the fix");
}

#[test]
fn while_it_is_looked_at_the_tools_own_words_stand_there() {
    let mut stage = Stage::building();
    stage.hold = true;
    stage.fails(refused());
    stage.later(1);
    let screen = stage.screen();
    assert!(screen.contains("Looking at this machine"), "{screen}");
    stage.press("f");
    assert!(stage.screen().contains("It is still being looked at."), "{}", stage.screen());
    assert_eq!(stage.app.wake(), None);
    stage.release();
    assert!(stage.screen().contains("likely"), "{}", stage.screen());
}

#[test]
fn a_button_that_comes_late_moves_nothing_under_the_finger() {
    let mut late = Stage::building();
    late.report = Arc::clone(&found_out().report);
    late.hold = true;
    late.fails(refused());
    late.press("<right>");
    assert!(late.screen().contains("▸[ Undo"), "{}", late.screen());
    late.release();
    assert!(late.screen().contains("▸[ Undo"), "{}", late.screen());
}

#[test]
fn a_command_without_an_end_does_not_push_the_last_lines_off() {
    let long = format!("nix build {}", "--override-input some-input path:/nix/store/x ".repeat(60));
    let why = Problem::tool(format!("`{long}` ended with exit 3")).cause("50%\rover and over");
    let mut stage = Stage::building();
    for line in ["one", "two", "the frobnicator has left"] {
        stage.says("build", line);
    }
    stage.ends("build", Outcome::Failed { why }, 8.0);
    stage.finishes(Finish { end: End::Failed, heading: "It failed.".into(), note: None, ..done() });
    let screen = stage.screen();
    insta::assert_snapshot!("long-command", screen);
    assert!(screen.contains("the frobnicator has left"), "{screen}");
    assert!(screen.contains("whole log"), "{screen}");
    assert!(!screen.contains("over and over"), "{screen}");
}

#[test]
fn what_failed_is_marked_in_every_rendering() {
    use crate::front::tui::theme::Role;
    let mut stage = failed();
    let buf = stage.draw();
    assert_eq!(buf[(2, 3)].symbol(), "✗");
    let bad = crate::front::tui::draw::PLAIN.style(Role::Bad);
    assert_eq!(buf[(2, 3)].modifier, bad.add_modifier);
    let heading = crate::front::tui::draw::PLAIN.style(Role::Heading);
    assert_eq!(buf[(2, 5)].modifier, heading.add_modifier);
}

#[test]
fn the_bell_rings_once_after_a_long_wait() {
    use crate::front::tui::app::Out;
    use crate::front::tui::terminal::Act;
    let rang = |stage: &Stage| {
        stage.outs.iter().filter(|out| matches!(out, Out::Terminal(Act::Bell))).count()
    };
    let mut stage = Stage::building();
    let _answered = stage.blocks(true);
    assert_eq!(rang(&stage), 1);
    let mut quick = Stage::applying();
    quick.begins("age-key", None);
    quick.finishes(Finish::failed(Problem::tool("x")));
    assert_eq!(rang(&quick), 0);
}
