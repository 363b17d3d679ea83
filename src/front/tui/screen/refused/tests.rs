use super::*;
use crate::front::interview::Station;
use crate::front::tui::Msg;
use crate::front::tui::app::Out;
use crate::front::tui::screen::Place;
use crate::front::tui::stage::Stage;
use crate::front::tui::terminal::Act;
use crate::front::tui::worker::Done;
use crate::front::world::Errand;
use crate::problem::Problem;
use crate::question::Reply;

/// As the step says it.
fn closed() -> Problem {
    Problem::fleet(
        "`modules/machines/darwin/blackphos.nix` cannot be changed safely: its users come from \
         mkSystem (line 12)",
    )
    .hint(
        "paste these lines into the module of blackphos, in \
         `modules/machines/darwin/blackphos.nix`:\n  users.users.raquel = {\n    home = \
         \"/Users/raquel\";\n  };",
    )
    .hint("or choose `mode: standalone` for blackphos, which changes no machine")
}

/// raquel has answered everything, and the plan was refused.
fn refused(problem: Problem) -> Stage {
    let mut stage = Stage::raquel();
    stage.press("<enter>raquel@example.com<enter><tab><enter>");
    stage.does(vec![Effect::Answer("key_copy", Reply::Yes)]);
    stage.hold = true;
    stage.does(vec![Effect::Rest]);
    let jobs = stage.take_held();
    let errand = jobs.into_iter().find_map(|job| match job {
        Job::Plan(errand) => Some(errand),
        _ => None,
    });
    stage.hold = false;
    stage.tell(Msg::Done(Done::Planned(errand.unwrap(), Err(problem))));
    assert_eq!(stage.app.at(), Place::Refused);
    stage
}

#[test]
fn the_file_the_place_and_the_lines_are_all_there() {
    let mut stage = refused(closed());
    insta::assert_snapshot!("refused", stage.screen());
    insta::assert_snapshot!("refused-60x16", refused(closed()).size(60, 16).screen());
    insta::assert_snapshot!("refused-120x40", refused(closed()).size(120, 40).screen());
    stage.outs.clear();
    stage.press("c");
    let copied = stage.outs.iter().find_map(|out| match out {
        Out::Terminal(Act::Copy(text)) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(copied, Some("users.users.raquel = {\n  home = \"/Users/raquel\";\n};\n"));
}

#[test]
fn another_answer_or_the_lines_lead_to_a_plan() {
    let mut stage = refused(closed());
    stage.press("<enter>");
    assert_eq!(stage.app.at(), Place::of(Station::Key));
    stage.does(vec![Effect::Rest]);
    assert_eq!(stage.app.at(), Place::Review);
    stage.press("<esc>");
    assert_ne!(stage.app.at(), Place::Refused, "what was refused is over");
}

#[test]
fn planning_again_looks_at_the_fleet_again() {
    let mut stage = refused(closed());
    stage.jobs.clear();
    stage.press("r");
    assert!(stage.jobs.contains(&Job::LookAgain));
    assert!(stage.screen().contains("Nothing in the fleet has changed since."));
    // The lines are there now.
    let fleet = stage.app.cx().world.unwrap().fleet.clone();
    let now = Box::new((fleet, vec!["modules/machines/darwin/blackphos.nix".into()]));
    stage.tell(Msg::Done(Done::LookedAgain(Ok(Some(now)))));
    assert_eq!(stage.app.at(), Place::Review);
}

#[test]
fn a_row_that_makes_no_plan_is_turned_back() {
    let mut stage = crate::front::tui::screen::review::tests::for_zoe();
    stage.does(vec![Effect::Answer("commit", Reply::Named(vec!["one".into()]))]);
    let problem = Problem::user("git is in the middle of a merge, so nothing is committed")
        .hint("end the merge first");
    let errand = Errand::Onboard(Box::new(stage.app.errand().unwrap().settled().unwrap().clone()));
    stage.tell(Msg::Done(Done::Planned(errand, Err(problem))));
    let screen = stage.screen();
    assert_eq!(stage.app.at(), Place::Review);
    let commit = stage.app.cx().interview.unwrap().answers.commit.clone();
    assert_eq!(commit, Some(crate::answers::Commit::No));
    assert!(screen.contains("in the middle of a merge"), "{screen}");
}

#[test]
fn hostile_words_and_any_size_are_no_trouble() {
    let problem = Problem::fleet("a\u{1b}[31mb".repeat(90)).cause("\u{7}").hint("x\n  \u{1b}]0;");
    let mut stage = refused(problem);
    for (width, height) in [(80, 24), (60, 16), (1, 1), (300, 90), (60, 200), (200, 17)] {
        stage.resize(width, height);
        assert!(!stage.screen().contains(['\u{1b}', '\u{7}']));
        stage.press("<down><pgdn><end><up>c?<esc>");
    }
}

#[test]
fn a_run_for_several_people_says_how_to_go_on() {
    let mut stage = Stage::raquel();
    let problem = Problem::user("the run is for 2 people: zoe, theo")
        .cause(
            "The full screen shows one person's plan at a time, and this one is for all of them.",
        )
        .hint("leave, and go on with this command:\n  doorstep resume ~/.local/state/x.receipt")
        .hint("or take it back with this one:\n  doorstep undo ~/.local/state/x.receipt");
    stage.tell(Msg::Done(Done::Resumed(Err(problem))));
    insta::assert_snapshot!("refused-several-people", stage.screen());
    stage.press("rs");
    assert_eq!(stage.app.at(), Place::Refused);
    stage.press("<enter>");
    assert_eq!(stage.app.at(), Place::Welcome);
}
