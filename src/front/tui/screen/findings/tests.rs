use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::check::{CHECKS, Group, NotChecked, Severity};
use crate::front::Finish;
use crate::front::tui::Msg;
use crate::front::tui::looking::Told;
use crate::front::tui::stage::Stage;
use crate::front::tui::stage::looking::{clean, finding, report};
use crate::front::tui::worker::{Beside, Done, Job};
use crate::front::{End, tui::app::Out};
use crate::question::example::Example;
use crate::undo::TakenBack;

/// raquel in front of what was found.
fn found() -> Stage {
    with(report())
}

fn with(report: Report) -> Stage {
    let mut stage = Stage::raquel();
    stage.report = Arc::new(report);
    stage.keys("3")
}

fn done(receipt: &str) -> Finish {
    Finish {
        end: End::Done,
        heading: String::new(),
        receipt: Some(receipt.into()),
        left: Vec::new(),
        note: None,
        problem: None,
        back: None,
    }
}

#[test]
fn the_likely_cause_comes_first_with_what_is_known_of_it() {
    insta::assert_snapshot!("findings-80x24", found().screen());
    insta::assert_snapshot!("findings-60x16", found().size(60, 16).screen());
    insta::assert_snapshot!("findings-120x40", found().size(120, 40).screen());
    insta::assert_snapshot!("findings-200x60", found().size(200, 60).screen());
}

#[test]
fn each_row_has_its_own_details() {
    let mut stage = found().keys("<down>");
    let screen = stage.screen();
    assert!(screen.contains("It most likely follows from: Nix cannot see"), "{screen}");
    stage.press("<down>");
    assert!(stage.screen().contains("mode 0644"), "{}", stage.screen());
    stage.press("<down>");
    assert!(stage.screen().contains("why this is not known"), "{}", stage.screen());
    stage.press("<down>");
    assert!(stage.screen().contains("what is fine"), "{}", stage.screen());
    stage.press("<enter>");
    insta::assert_snapshot!("fine-80x24", stage.screen());
    stage.press("<esc>");
    assert!(stage.screen().contains("41 more are fine"));
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Welcome);
}

#[test]
fn nothing_wrong_leads_to_a_log() {
    let mut stage = with(clean());
    insta::assert_snapshot!("clean-80x24", stage.screen());
    stage.press("<tab><enter>");
    assert_eq!(stage.app.at(), Place::Explain);
}

/// In front of checks that have just begun, with what the worker would tell held back.
fn checking() -> (Stage, u64) {
    let mut stage = Stage::raquel();
    stage.hold = true;
    stage.press("3");
    let Some(Job::Check(ticket)) = stage.take_held().pop() else { panic!("no checks") };
    let made = CHECKS.iter().copied().take(30).collect();
    stage.tell(Msg::Beside(Beside::Checks(ticket.id, made)));
    (stage, ticket.id)
}

fn tells(stage: &mut Stage, id: u64, check: &str, outcome: Result<Vec<Finding>, NotChecked>) {
    let check = crate::check::named(check).unwrap();
    stage.tell(Msg::Beside(Beside::Check(id, Box::new(Told { check, outcome }))));
}

#[test]
fn what_has_ended_appears_while_others_are_checking() {
    let (mut stage, id) = checking();
    assert!(!stage.screen().contains("checking"), "a moment is not told");
    assert_eq!(stage.app.wake(), Some(Duration::from_millis(100)));
    stage.later(1);
    tells(&mut stage, id, "nix-installed", Ok(Vec::new()));
    let broken = finding("untracked-file", Group::Fleet, Severity::Error, "git is blind", "Why.");
    tells(&mut stage, id, "tracked", Ok(vec![broken]));
    tells(&mut stage, id, "anchors", Err(NotChecked::because("stopped after 5 s")));
    insta::assert_snapshot!("checking-80x24", stage.screen());
    assert_eq!(stage.app.wake(), None, "nothing wakes it but what comes");
    stage.press("f");
    assert!(stage.screen().contains("still going on"), "{}", stage.screen());
    stage.tell(Msg::Done(Done::Checked(id, Arc::new(report()))));
    assert!(stage.screen().contains("3 things to look at"));
    assert!(stage.screen().contains("▸ ✗ fleet"), "the first has the focus");
}

#[test]
fn a_check_that_hangs_says_so() {
    let left = crate::check::report::Left {
        check: "daemon",
        group: Group::Nix,
        because: "stopped after 5 s".into(),
    };
    let mut stage = with(Report { not_checked: vec![left], ..clean() });
    assert!(stage.screen().contains("? nix       stopped after 5 s"), "{}", stage.screen());
}

#[test]
fn leaving_gives_the_checks_up() {
    let mut stage = Stage::raquel();
    stage.hold = true;
    stage.press("3");
    let Some(Job::Check(ticket)) = stage.take_held().pop() else { panic!("no checks") };
    stage.press("2");
    assert!(!ticket.is_torn(), "beside they go on");
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Welcome);
    assert!(ticket.is_torn());
    // What comes late is not for this time.
    stage.press("3");
    stage.tell(Msg::Done(Done::Checked(ticket.id, Arc::new(report()))));
    assert!(!stage.screen().contains("3 things"), "{}", stage.screen());
}

#[test]
fn a_fix_is_shown_applied_checked_again_and_taken_back() {
    let mut stage = found().keys("f");
    assert_eq!(stage.app.at(), Place::Finding);
    let applied = |stage: &Stage| stage.jobs.iter().any(|job| matches!(job, Job::Apply(..)));
    assert!(!applied(&stage), "f only shows it");
    stage.press("a");
    assert!(applied(&stage));
    assert_eq!(stage.app.at(), Place::Apply);
    stage.report = Arc::new(clean());
    stage.tell(Msg::Done(Done::Finished(Box::new(done("/r1")))));
    assert_eq!(stage.app.at(), Place::Findings);
    insta::assert_snapshot!("mended-80x24", stage.screen());
    stage.press("<down>");
    assert!(stage.screen().contains("u takes it back"), "it stays said");
    stage.press("u");
    assert!(stage.jobs.iter().any(|job| *job == Job::Undo("/r1".into())));
    assert_eq!(stage.app.at(), Place::Undone);
    let taken = TakenBack {
        restored: vec!["The file is untracked again.".into()],
        left: Vec::new(),
        steps: 1,
        steps_back: 1,
        stopped: false,
    };
    stage.report = Arc::new(report());
    stage.tell(Msg::Done(Done::Undone(Ok(taken))));
    assert!(stage.screen().contains("[ Back to the findings ]"), "{}", stage.screen());
    stage.press("<enter>");
    assert_eq!(stage.app.at(), Place::Findings);
    assert!(stage.screen().contains("3 things to look at"), "{}", stage.screen());
    stage.press("u");
    assert!(stage.screen().contains("Nothing has been applied from here yet."));
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Welcome);
}

#[test]
fn a_fix_that_fails_is_told_like_any_failure() {
    let mut stage = found().keys("fa");
    let problem = crate::problem::Problem::tool("the lock is held");
    stage.tell(Msg::Done(Done::Finished(Box::new(Finish::failed(problem)))));
    assert_eq!(stage.app.at(), Place::Failure);
    stage.press("r");
    assert_eq!(stage.app.at(), Place::Findings);
}

#[test]
fn what_is_not_safe_is_for_somebody_else() {
    let mut report = report();
    report.findings[0].fixes[0].risk = Risk::ForAdmin;
    report.findings[0].fixes[0].how = crate::check::How::Text(vec!["sudo launchctl x".into()]);
    let mut stage = with(report);
    stage.press("f");
    assert!(stage.screen().contains("The text for crs58 is ready: c."), "{}", stage.screen());
    stage.press("c");
    let copies = |out: &Out| matches!(out, Out::Terminal(act) if format!("{act:?}").contains("sudo launchctl x"));
    assert!(stage.outs.iter().any(copies));
}

#[test]
fn in_a_fleet_that_is_only_read_fixes_of_it_are_off() {
    let example = Example::raquel();
    let mut world = Stage::world_of(&example);
    world.read_only = Some("~/fleet is not yours to change; you can look, save and copy".into());
    let mut stage = Stage::with(example, world);
    stage.report = Arc::new(report());
    stage.press("3f");
    assert_eq!(stage.app.at(), Place::Findings);
    insta::assert_snapshot!("read-only-80x24", stage.screen());
    // A key file is the person's own, wherever the fleet is.
    stage.press("<down><down>f");
    assert_eq!(stage.app.at(), Place::Finding);
}

#[test]
fn the_three_lie_beside_each_other() {
    let mut stage = found();
    for (key, place) in [("2", Place::Explain), ("3", Place::Matrix), ("1", Place::Findings)] {
        stage.press(key);
        assert_eq!(stage.app.at(), place);
    }
    let checks = stage.jobs.iter().filter(|job| matches!(job, Job::Check(_))).count();
    assert_eq!(checks, 1, "what was found stays");
    stage.press("r");
    let checks = stage.jobs.iter().filter(|job| matches!(job, Job::Check(_))).count();
    assert_eq!(checks, 2);
    stage.press("f3<esc>");
    assert_eq!(stage.app.at(), Place::Welcome, "Esc leads out of all of them");
    let mut clicked = found();
    clicked.click_on(Target::Tab(2));
    assert_eq!(clicked.app.at(), Place::Matrix);
    assert!(clicked.keys("q").ended.is_some());
}

#[test]
fn a_report_is_written_by_the_worker() {
    let mut stage = found().keys("s");
    assert!(stage.jobs.iter().any(|job| matches!(job, Job::Report(_))));
    assert!(stage.screen().contains("Saved as ~/doorstep-report.md"), "{}", stage.screen());
}

#[test]
fn no_size_no_key_and_no_text_is_too_odd() {
    let mut odd = report();
    odd.findings[0].summary = "\u{1b}[2J李\u{202e} ".repeat(80);
    odd.findings[0].evidence[0].shown = "x\ny\u{7}\r".repeat(300);
    odd.findings[0].why = String::new();
    odd.findings[1].fixes.clear();
    for report in [odd, clean(), Report::default()] {
        let mut stage = with(report);
        for (width, height) in [(1, 1), (60, 16), (61, 17), (80, 24), (300, 100)] {
            stage.resize(width, height);
            stage
                .press("<down><enter><left><right><end><pgup>w<esc>f<tab><esc>cs<end><enter><esc>");
            stage.screen();
            stage.press("1");
        }
    }
}

#[test]
fn marks_and_groups_have_their_roles() {
    use crate::front::tui::draw::PLAIN;
    use crate::front::tui::theme::Role;
    let mut stage = found().keys("<down>");
    let buf = stage.draw();
    assert_eq!(buf[(4, 5)].symbol(), "✗");
    assert_eq!(buf[(4, 5)].modifier, PLAIN.style(Role::Bad).add_modifier);
    let accent = PLAIN.style(Role::Accent).add_modifier;
    assert_eq!((buf[(73, 5)].symbol(), buf[(73, 5)].modifier), ("f", accent));
    // The tab that one is at.
    assert_eq!((buf[(2, 1)].symbol(), buf[(2, 1)].modifier), ("▸", accent));
}

#[test]
fn while_watching_a_change_is_looked_at_and_nothing_else_wakes_it() {
    let mut stage = found();
    assert_eq!(stage.app.wake(), None, "nothing wakes what does not watch");
    stage.press("m");
    assert!(stage.screen().contains("watching; m stops"), "{}", stage.screen());
    stage.later(1);
    assert!(stage.jobs.ends_with(&[Job::Peek]));
    let wake = stage.app.wake().unwrap();
    assert_eq!(wake - stage.moment(), Duration::from_secs(2));
    let checks = |stage: &Stage| stage.jobs.iter().filter(|j| matches!(j, Job::Check(_))).count();
    stage.later(2);
    assert_eq!(checks(&stage), 1, "nothing has changed");
    stage.report = Arc::new(clean());
    stage.print = 1;
    stage.later(2);
    assert_eq!(checks(&stage), 2);
    assert!(stage.screen().contains("Nothing is wrong that doorstep can see."));
    stage.press("2");
    assert_eq!(stage.app.wake(), None, "elsewhere it sleeps");
    stage.press("1m");
    assert_eq!(stage.app.wake(), None);
}
