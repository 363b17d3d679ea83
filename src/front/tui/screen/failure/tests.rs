use super::*;
use crate::event::Outcome;
use crate::front::Finish;
use crate::front::tui::stage::Stage;
use crate::front::tui::stage::run::{done, refused};
use crate::front::tui::worker::Job;
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
