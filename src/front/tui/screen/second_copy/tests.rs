use ratatui::crossterm::event::Event as Seen;

use super::*;
use crate::front::tui::Msg;
use crate::front::tui::stage::Stage;
use crate::front::tui::terminal::Signal;
use crate::front::tui::worker::Done;
use crate::key::Identity;
use crate::problem::Problem;
use crate::question::FoundKey;
use crate::question::example::{Example, RECIPIENT};

/// raquel at Second copy, with a key in her key file.
fn stage() -> Stage {
    let mut example = Example::raquel();
    let place = &mut example.found.key_places[0];
    place.keys = vec![FoundKey { line: 3, recipient: RECIPIENT.into() }];
    place.path = Some("/Users/raquel/.config/sops/age/keys.txt".into());
    Stage::of(example)
        .keys("<enter>raquel@example.com<enter><enter><enter><enter><right><right><enter>")
}

fn canary() -> Zeroizing<String> {
    Identity::generate().secret_text()
}

/// The private half on the screen.
fn showing(secret: &Zeroizing<String>) -> Stage {
    let mut stage = stage().keys("<right><enter><right><enter>");
    stage.tell(Msg::Done(Done::KeyShown(Ok(Hidden(secret.clone())))));
    assert!(stage.screen().contains(secret.as_str()), "{}", stage.screen());
    stage
}

#[test]
fn three_things_can_be_done() {
    insta::assert_snapshot!("choices", stage().screen());
    insta::assert_snapshot!("choices-60x16", stage().size(60, 16).screen());
    insta::assert_snapshot!("choices-120x40", stage().size(120, 40).screen());
}

#[test]
fn the_file_is_copied_to_a_folder() {
    let mut stage = stage().keys("<enter>/Volumes/STICK");
    insta::assert_snapshot!("folder", stage.screen());
    stage.press("<enter>");
    let job = Job::CopyKey(KeyChoice::Found, "/Volumes/STICK".into());
    assert_eq!(stage.jobs.last(), Some(&job));
    assert!(stage.screen().contains("Copying and reading back."));
    let done = Copied { path: "/Volumes/STICK/keys.txt".into(), private: false, already: false };
    stage.tell(Msg::Done(Done::KeyCopied(Ok(done))));
    insta::assert_snapshot!("copied", stage.screen());
}

#[test]
fn a_copy_that_failed_says_why() {
    let mut stage = stage().keys("<enter>~/stick<enter>");
    let problem = Problem::user("`~/stick` is not there");
    stage.tell(Msg::Done(Done::KeyCopied(Err(problem))));
    assert!(stage.screen().contains("✗ ~/stick is not there"), "{}", stage.screen());
    stage.press("<esc>");
    assert!(stage.screen().contains("Which key opens"), "{}", stage.screen());
}

#[test]
fn it_is_shown_only_when_asked_for_twice() {
    let mut stage = stage().keys("<right><enter>");
    insta::assert_snapshot!("asked-again", stage.screen());
    let jobs = stage.jobs.len();
    // Enter alone keeps it hidden.
    stage.press("<enter>");
    assert_eq!(stage.jobs.len(), jobs);
    stage.press("<right><enter><right><enter>");
    assert_eq!(stage.jobs.last(), Some(&Job::ShowKey(KeyChoice::Found)));
}

#[test]
fn it_hides_by_itself() {
    let secret = canary();
    let mut stage = showing(&secret);
    let picture = stage.screen().replace(secret.as_str(), "<the private half>");
    insta::assert_snapshot!("shown", picture);
    stage.later(7);
    assert!(stage.screen().contains("Hidden again in 23 s"), "{}", stage.screen());
    stage.later(22);
    assert!(stage.screen().contains(secret.as_str()));
    assert_eq!(stage.app.wake(), Some(SHOWN));
    stage.later(1);
    assert!(!stage.screen().contains(secret.as_str()));
    assert!(stage.screen().contains("It is hidden again."));
    assert_eq!(stage.app.wake(), None);
}

#[test]
fn anything_hides_it() {
    let secret = canary();
    for keys in ["<esc>", "?", "<tab>", "<enter>", "c", "<c-c>", "<c-z>", "<c-l>", "<c-t>", "x"] {
        let mut stage = showing(&secret).keys(keys);
        assert!(!stage.screen().contains("AGE-SECRET"), "{keys}: {}", stage.screen());
        assert!(!format!("{:?}", stage.outs).contains("AGE-SECRET"), "{keys}");
    }
    for msg in [Msg::Seen(Seen::FocusLost), Msg::Signal(Signal::Continued)] {
        let mut stage = showing(&secret);
        stage.tell(msg);
        assert!(!stage.screen().contains("AGE-SECRET"), "{}", stage.screen());
    }
    let mut stage = showing(&secret);
    stage.click(3, 5);
    assert!(!stage.screen().contains("AGE-SECRET"), "{}", stage.screen());
    let mut stage = showing(&secret);
    stage.paste("x");
    assert!(!stage.screen().contains("AGE-SECRET"), "{}", stage.screen());
}

#[test]
fn what_comes_too_late_is_not_shown() {
    let secret = canary();
    let mut stage = stage().keys("<right><enter><right><enter>");
    stage.tell(Msg::Seen(Seen::FocusLost));
    stage.tell(Msg::Done(Done::KeyShown(Ok(Hidden(secret.clone())))));
    assert!(!stage.screen().contains(secret.as_str()));
    // Nor on another screen.
    let mut stage = super::tests::stage().keys("<right><enter><right><enter><esc><esc>");
    stage.tell(Msg::Done(Done::KeyShown(Ok(Hidden(secret.clone())))));
    assert!(!stage.screen().contains(secret.as_str()));
}

#[test]
fn a_small_window_shows_it_whole() {
    let secret = canary();
    let mut stage = showing(&secret);
    stage.resize(60, 16);
    let joined: String = stage.screen().lines().map(str::trim).collect();
    assert!(joined.contains(secret.as_str()), "{joined}");
    stage.resize(20, 5);
    assert!(!stage.screen().contains("AGE-"));
}

#[test]
fn a_copy_is_checked_without_showing_it() {
    let secret = canary();
    let mut stage = stage().keys("<right><right><enter>");
    stage.paste(&format!("# created: now\n{}\n", *secret));
    let picture = stage.screen();
    assert!(!picture.contains("AGE-SECRET-KEY-1Q") && picture.contains("***"), "{picture}");
    insta::assert_snapshot!("checking", picture);
    stage.press("<enter>");
    assert!(matches!(stage.jobs.last(), Some(Job::CheckCopy(KeyChoice::Found, _))));
    assert!(!format!("{:?}", stage.jobs).contains("AGE-SECRET"));
    for (likeness, words) in [
        (Likeness::Same, "✓ That is a good copy"),
        (Likeness::Other, "✗ That is another key"),
        (Likeness::Public, "✗ That is the public half of a key"),
        (Likeness::Damaged("it holds no key".into()), "✗ That is no key: it holds no key"),
    ] {
        stage.tell(Msg::Done(Done::CopyChecked(Ok(likeness))));
        assert!(stage.screen().contains(words), "{}", stage.screen());
    }
}

#[test]
fn nothing_private_is_in_a_debug_form() {
    let secret = canary();
    let stage = showing(&secret);
    let done = Done::KeyShown(Ok(Hidden(secret.clone())));
    let input = Input::Private(Ok(Hidden(secret.clone())));
    let shown = Shown { text: Hidden(secret), until: SHOWN, next: SHOWN };
    let all = format!("{done:?} {input:?} {shown:?} {:?}", stage.jobs);
    assert!(!all.contains("AGE-SECRET"), "{all}");
}
