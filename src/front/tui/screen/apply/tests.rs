use crate::event::{Event, Outcome};
use crate::front::tui::app::Out;
use crate::front::tui::screen::Place;
use crate::front::tui::stage::Stage;
use crate::front::tui::terminal::Act;
use crate::front::tui::worker::Job;
use crate::problem::Problem;

#[test]
fn what_is_at_work_is_seen_at_each_size() {
    insta::assert_snapshot!("building", Stage::building().screen());
    insta::assert_snapshot!("building-120x40", Stage::building().size(120, 40).screen());
    insta::assert_snapshot!("building-200x60", Stage::building().size(200, 60).screen());
    insta::assert_snapshot!("building-60x16", Stage::building().size(60, 16).screen());
    insta::assert_snapshot!(
        "building-60x16-log",
        Stage::building().size(60, 16).keys("<tab>").screen()
    );
}

/// Twelve machines that clan updates, and the second of them fails.
fn updating() -> Stage {
    let mut stage = Stage::applying();
    let names: Vec<String> = (1..=12).map(|n| format!("m{n:02}")).collect();
    stage.begins("build", Some(&format!("clan machines update {}", names.join(" "))));
    for name in names.iter().take(11) {
        stage.says("build", &format!("[{name}] copying the flake"));
    }
    stage.says("build", "[m02] ssh: connect to host m02 port 22: No route to host");
    stage.says("build", "[m01] activating the configuration...");
    stage
}

#[test]
fn each_of_several_machines_has_a_line_and_those_that_failed_stand_first() {
    insta::assert_snapshot!("machines", updating().screen());
    insta::assert_snapshot!("machines-60x16", updating().size(60, 16).screen());
    insta::assert_snapshot!("machines-200x60", updating().size(200, 60).screen());
    let last = updating().keys("<tab><tab><end>").screen();
    assert!(last.contains("▸m12") && last.contains("9 more machines"), "{last}");
    let mut stage = updating();
    stage.says("build", "[m02] failed with error: failed to upload sources");
    stage.says("build", "1 hosts failed with an error. Check the logs above");
    let why = Problem::tool("`m02` cannot be reached");
    stage.ends("build", Outcome::Failed { why }, 3.0);
    let screen = stage.keys("<down><down><down><down><down><down>").screen();
    assert!(screen.contains("m02                 failed"), "{screen}");
    assert!(screen.contains("m01                 updated"), "{screen}");
}

#[test]
fn lines_that_come_after_their_steps_end_still_tell_of_it() {
    use crate::front::tui::log;
    use crate::run::Stream;
    let mut stage = Stage::applying();
    let (inlet, mut outlet) = log::feed(log::feed::WAITING, || ());
    stage.begins("age-key", Some("clan machines update m01"));
    // The worker is ahead: the next step speaks before it is heard that it has begun.
    inlet.line("age-key", Stream::Err, "error: no such attribute");
    inlet.line("build", Stream::Err, "sudo: a password is required");
    stage.app.lines(stage.moment(), &mut outlet);
    stage.ends("age-key", Outcome::Done, 0.0);
    stage.begins("build", Some("clan machines update m02"));
    let why = Problem::tool("it failed");
    stage.ends("build", Outcome::Failed { why }, 0.0);
    let run = stage.app.cx().run.unwrap();
    assert_eq!(run.build("age-key").unwrap().failures().count(), 1);
    let cause = run.build("build").unwrap().cause().unwrap();
    assert_eq!(cause.reason, "sudo refused: a password is required");
}

#[test]
fn a_resize_back_restores_the_picture() {
    let mut stage = Stage::building();
    let before = stage.screen();
    for (width, height) in [(60, 16), (200, 60), (1, 1), (80, 24)] {
        stage.resize(width, height);
        stage.screen();
    }
    assert_eq!(stage.screen(), before);
}

#[test]
fn before_anything_is_known_that_is_said() {
    let mut stage = Stage::applying();
    insta::assert_snapshot!("begun", stage.screen());
    stage.begins("build", Some("nix build .#x"));
    insta::assert_snapshot!("reading", stage.screen());
    assert!(stage.screen().contains("Nix is reading the fleet. It says nothing"));
}

#[test]
fn the_views_turn_both_ways_round() {
    let mut stage = Stage::building().keys("<right>");
    insta::assert_snapshot!("this-step", stage.screen());
    stage.says("age-key", "a line of an earlier step");
    stage.press("<right>");
    insta::assert_snapshot!("all-output", stage.screen());
    stage.press("<right>");
    assert!(stage.screen().contains("[Build]"));
    stage.press("<left>");
    assert!(stage.screen().contains("[All output]"));
}

#[test]
fn the_selection_goes_along_until_the_person_moves() {
    let selected = |stage: &mut Stage| {
        let screen = stage.screen();
        let row = screen.lines().skip(4).find(|line| line.starts_with('▸')).unwrap_or_default();
        row.chars().skip(4).take(20).collect::<String>().trim().to_owned()
    };
    let mut stage = Stage::applying();
    stage.begins("age-key", None);
    assert_eq!(selected(&mut stage), "Save your age key");
    stage.ends("age-key", Outcome::Done, 0.0);
    stage.begins("sops-yaml", None);
    assert_eq!(selected(&mut stage), "Add you to .sops.ya…");
    stage.press("<up>");
    stage.ends("sops-yaml", Outcome::Done, 0.0);
    stage.begins("secrets-file", None);
    assert_eq!(selected(&mut stage), "Save your age key");
    // Back on the running one it goes along again.
    stage.press("<down><down>");
    stage.ends("secrets-file", Outcome::Done, 0.0);
    stage.begins("user-module", None);
    assert_eq!(selected(&mut stage), "Write home module");
}

#[test]
fn the_log_follows_until_it_is_scrolled() {
    let mut stage = Stage::building();
    for n in 0..40 {
        stage.says("build", &format!("building thing-{n}"));
    }
    stage.press("<right><tab><pgup>");
    assert!(stage.screen().contains("paused; End"));
    for n in 0..214 {
        stage.says("build", &format!("building more-{n}"));
    }
    insta::assert_snapshot!("paused", stage.screen());
    assert!(stage.screen().contains("214 new; End"));
    stage.press("<end>");
    assert!(stage.screen().contains("following"));
    stage.press("<space>");
    assert!(stage.screen().contains("paused"));
    stage.press("<space>");
    assert!(stage.screen().contains("following"));
}

#[test]
fn it_is_searched_wrapped_and_opened_over_everything() {
    let mut stage = Stage::building().keys("/starship");
    insta::assert_snapshot!("searching", stage.screen());
    stage.press("<enter>");
    assert!(!stage.screen().contains("/starship"));
    stage.press("<esc>w");
    insta::assert_snapshot!("wrapped", stage.screen());
    stage.press("<enter>");
    insta::assert_snapshot!("full", stage.screen());
    stage.press("<esc>");
    assert!(stage.screen().contains("elapsed"));
    stage.press("/xyz");
    assert!(stage.screen().contains("No \"xyz\" here. Esc ends the search."));
}

#[test]
fn silence_is_told_after_half_a_minute() {
    let mut stage = Stage::building();
    stage.says("build", "fetching neovim-unwrapped-0.11.5");
    stage.later(29);
    assert!(!stage.screen().contains("quiet"));
    stage.later(1);
    insta::assert_snapshot!("quiet", stage.screen());
    assert!(stage.screen().contains("quiet for 30 s; last: fetching neovim-unwrapped-0.11.5"));
    stage.says("build", "done");
    assert!(!stage.screen().contains("quiet"));
}

#[test]
fn once_stops_and_twice_ends() {
    let mut stage = Stage::building().keys("<c-c>");
    insta::assert_snapshot!("stopping", stage.screen());
    assert!(stage.outs.iter().any(|out| matches!(out, Out::Stop)));
    // What was asked for stays on the screen when another key has taken the words away.
    stage.press("<up>");
    assert!(stage.screen().contains("Stopping after this step. Press Ctrl-C again"));
    stage.press("<c-c>");
    assert!(stage.outs.iter().any(|out| matches!(out, Out::End)));
    let mut stage = Stage::building().keys("<s-tab><enter>");
    assert!(stage.screen().contains("[ End it now ]"));
    stage.press("<enter>");
    assert!(stage.outs.iter().any(|out| matches!(out, Out::End)));
}

#[test]
fn there_is_no_way_back_while_it_works() {
    let mut stage = Stage::building().keys("<esc>");
    assert_eq!(stage.app.at(), Place::Apply);
    assert!(stage.screen().contains("Steps are running. Ctrl-C stops after this one."));
    stage.press("q");
    assert!(stage.ended.is_none());
}

#[test]
fn a_command_is_copied_and_a_log_is_saved() {
    let mut stage = Stage::building().keys("cs");
    let copied = stage.outs.iter().find_map(|out| match out {
        Out::Terminal(Act::Copy(text)) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(copied.unwrap(), "nix build .#homeConfigurations.raquel.activationPackage");
    let saved = |stage: &Stage| {
        stage.jobs.iter().rev().find_map(|job| match job {
            Job::SaveLog { name, text, names } => {
                Some((name.clone(), text.lines().count(), *names))
            }
            _ => None,
        })
    };
    assert_eq!(saved(&stage), None, "whether names may be in it is asked");
    insta::assert_snapshot!("saving", stage.screen());
    stage.press("<enter>");
    assert_eq!(saved(&stage).unwrap(), ("doorstep-build.log".to_owned(), 4, true));
    stage.press("s<right><enter>");
    assert!(!saved(&stage).unwrap().2, "without names");
    stage.press("s<esc><up>c");
    assert!(stage.screen().contains("This step is no command."));
}

#[test]
fn hostile_lines_are_harmless() {
    let mut stage = Stage::building();
    stage.says("build", "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}evil \u{202e}line\rover");
    stage.says("build", &"李".repeat(20_000));
    stage.later(40);
    for (width, height) in [(80, 24), (60, 16), (120, 40), (7, 3)] {
        stage.resize(width, height);
        assert!(!stage.screen().contains('\u{1b}'));
        stage.press("w<tab>");
    }
}

#[test]
fn many_steps_leave_room_for_what_is_said_of_one() {
    let mut stage = Stage::building();
    stage.begins(crate::activate::STEP, Some("./result/activate"));
    stage.tells(Event::Said("something".into()));
    stage.ends("build", Outcome::Failed { why: Problem::tool("x") }, 8.0);
    insta::assert_snapshot!("failing", stage.screen());
}

#[test]
fn clicks_choose_steps_and_views() {
    let mut stage = Stage::building();
    stage.click(10, 6);
    assert!(stage.screen().lines().nth(6).unwrap().starts_with('▸'));
    stage.click(42, 4);
    assert!(stage.screen().contains("[This step]"));
    stage.click(40, 12);
    assert!(stage.screen().contains("paused") || stage.screen().contains("following"));
}
