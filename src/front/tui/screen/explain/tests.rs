use std::sync::Arc;

use super::*;
use crate::explain::{Checked, Confidence, RuledOut};
use crate::front::tui::Msg;
use crate::front::tui::app::Out;
use crate::front::tui::stage::Stage;
use crate::front::tui::stage::looking::LOG;
use crate::front::tui::worker::{Beside, Done, Job};
use crate::problem::Problem;

/// raquel in front of the empty place.
fn empty() -> Stage {
    Stage::raquel().keys("32")
}

fn pasted(text: &str) -> Stage {
    let mut stage = empty();
    stage.paste(text);
    stage
}

/// The explanation of the drawing: what the log and the machine say together.
fn told_apart() -> Stage {
    let mut stage = empty();
    let look = crate::look::Look::of(stage.example.host.clone(), None);
    let source = Source::Text(Hidden(LOG.to_owned().into()));
    let mut explained = look.explain(&source, &|| false, &mut |_| ()).unwrap();
    let causes = &mut explained.explanation.causes;
    let at = causes.iter().position(|cause| cause.class == "updatekeys-not-run").unwrap();
    causes.swap(0, at);
    causes.truncate(1);
    let cause = &mut causes[0];
    cause.confidence = Confidence::Sure;
    cause.run = Some("sops updatekeys -y secrets/users/raquel.sops.yaml".into());
    cause.not_checked.clear();
    cause.checked = vec![Checked {
        check: "decryption".into(),
        words: "your key in ~/.config/sops/age/keys.txt is age1jx3c ... ms5nn44c; .sops.yaml:24 \
                names it (raquel-blackphos), the file does not"
            .into(),
    }];
    let out = |called: &str| RuledOut {
        class: called.replace(' ', "-"),
        called: called.into(),
        because: "it is".into(),
    };
    explained.explanation.ruled_out =
        vec![out("key not in any rule"), out("wrong place on macOS"), out("key from an SSH key")];
    stage.explained = Some(Arc::new(explained));
    stage.paste(LOG);
    stage
}

#[test]
fn it_opens_as_an_empty_place() {
    insta::assert_snapshot!("empty-80x24", empty().screen());
    insta::assert_snapshot!("empty-60x16", empty().size(60, 16).screen());
}

#[test]
fn the_cause_stands_below_the_line_that_shows_it() {
    insta::assert_snapshot!("explained-80x24", told_apart().screen());
    insta::assert_snapshot!("explained-60x16", told_apart().size(60, 16).screen());
    insta::assert_snapshot!("explained-120x40", told_apart().size(120, 40).screen());
    insta::assert_snapshot!("explained-200x60", told_apart().size(200, 60).screen());
}

#[test]
fn the_command_is_copied_and_all_of_it_saved() {
    let mut stage = told_apart().keys("c");
    let copies = |out: &Out| format!("{out:?}").contains("sops updatekeys -y");
    assert!(stage.outs.iter().any(copies));
    stage.press("s");
    let saved = stage.jobs.iter().find_map(|job| match job {
        Job::Save { text, .. } => Some(text.clone()),
        _ => None,
    });
    insta::assert_snapshot!("saved", saved.unwrap());
}

#[test]
fn the_whole_log_opens_and_is_searched() {
    let mut stage = told_apart().keys("<enter>");
    insta::assert_snapshot!("log-80x24", stage.screen());
    stage.press("/recover<enter>n");
    assert!(stage.screen().contains("Recovery failed"));
    stage.press("<esc><esc>");
    assert!(stage.screen().contains("── cause"), "{}", stage.screen());
    stage.press("<tab><right><enter>");
    assert!(stage.screen().contains("Paste a log here"), "{}", stage.screen());
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::Welcome);
}

#[test]
fn an_unknown_error_is_not_guessed() {
    let mut stage = pasted("starting\nerror: the frobnicator has left the building\nbye\n");
    insta::assert_snapshot!("unknown-80x24", stage.screen());
    stage.press("c");
    assert!(stage.screen().contains("No cause is known"), "{}", stage.screen());
}

#[test]
fn nothing_and_no_log_say_so() {
    assert!(pasted(" \n \n").screen().contains("Nothing in it."));
    assert!(pasted("\u{1}\u{2}\u{3}\u{4}").screen().contains("This is no log"));
    let mut stage = empty();
    stage.does(vec![Effect::Explain(Source::File("/nowhere/x.log".into()))]);
    insta::assert_snapshot!("unreadable-80x24", stage.screen());
}

#[test]
fn a_long_log_says_how_far_it_is_and_can_be_stopped() {
    let mut stage = empty();
    stage.hold = true;
    stage.does(vec![Effect::Explain(Source::File("/var/log/long.log".into()))]);
    let Some(Job::Explain(ticket, _)) = stage.take_held().pop() else { panic!("nothing is read") };
    assert!(!stage.screen().contains("Reading"), "a moment is not told");
    stage.later(1);
    stage.tell(Msg::Beside(Beside::Read(ticket.id, 40 << 20)));
    insta::assert_snapshot!("reading-80x24", stage.screen());
    assert_eq!(stage.app.wake(), None);
    stage.press("<tab><enter>");
    assert!(ticket.is_torn());
    assert!(stage.screen().contains("Paste a log here"));
    stage.tell(Msg::Done(Done::Explained(ticket.id, Err(Problem::user("late")))));
    assert!(stage.screen().contains("Paste a log here"), "what comes late is not for this time");
}

#[test]
fn private_keys_are_masked_at_once() {
    let key = format!("AGE-SECRET-KEY-1CANARY{}", "Q".repeat(52));
    let block =
        "-----BEGIN OPENSSH PRIVATE KEY-----\nCANARYb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----";
    for secret in [key.as_str(), block] {
        let mut stage = pasted(&format!("error: x\r\n{secret}\r\n{LOG}"));
        for keys in ["", "<enter>", "<end>", "<esc>", "s"] {
            stage.press(keys);
            assert!(!stage.screen().contains("CANARY"), "{}", stage.screen());
        }
        assert!(
            stage.screen().contains("A private key was in this log")
                || stage.screen().contains("Saved")
        );
        let saves = |job: &Job| matches!(job, Job::Save { text, .. } if text.contains("CANARY"));
        assert!(!stage.jobs.iter().any(saves));
        assert!(!format!("{:?}", stage.jobs).contains("CANARY"), "nor is it in a job's name");
    }
}

#[test]
fn a_terminal_that_does_not_bracket_pastes_can_write_it() {
    let mut stage = empty().keys("<enter>");
    let key = format!("AGE-SECRET-KEY-1CANARY{}", "Q".repeat(52));
    for line in LOG.lines().chain([key.as_str()]) {
        stage.press(&line.replace('<', "<lt>"));
        stage.press("<enter>");
    }
    insta::assert_snapshot!("typed-80x24", stage.screen());
    assert_eq!(stage.app.at(), Place::Explain, "no letter was a key");
    stage.press("<tab><enter>");
    assert!(stage.screen().contains("── cause"), "{}", stage.screen());
    assert!(!stage.screen().contains("CANARY"));
    let mut dropped = empty().keys("<enter>abc<esc>");
    assert!(dropped.screen().contains("Paste a log here"));
}

#[test]
fn too_much_is_refused() {
    let mut stage = pasted(&"x".repeat(paste::MOST + 1));
    assert!(stage.screen().contains("16 MB can be pasted"), "{}", stage.screen());
}

#[test]
fn hostile_text_is_harmless() {
    let odd = "\u{1b}]52;c;x\u{7}error: \u{202e}\u{9b}2J李e\u{301}\rover\n".repeat(50);
    for (width, height) in [(1, 1), (60, 16), (80, 24), (300, 100)] {
        for text in [odd.as_str(), LOG, "", "error:"] {
            let mut stage = pasted(text);
            stage.resize(width, height);
            stage.press("<enter>w<end><pgup>/x<enter>nN<esc><esc><down><tab><s-tab>cs");
            let screen = stage.screen();
            assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{screen:?}");
        }
    }
}
