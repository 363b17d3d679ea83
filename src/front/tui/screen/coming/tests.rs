use std::path::PathBuf;
use std::sync::mpsc;

use super::*;
use crate::activate::Differences;
use crate::front::tui::Msg;
use crate::front::tui::screen::Place;
use crate::front::tui::stage::Stage;

fn pair(name: &str, version: &str) -> (String, String) {
    (name.to_owned(), version.to_owned())
}

fn differences() -> Differences {
    Differences {
        added: vec![pair("fd", "10.2.0"), pair("hm-session-vars.sh", "")],
        removed: vec![pair("bat", "0.24.0")],
        changed: vec![("ripgrep".into(), "14.1.0".into(), "14.1.1, 15.0.0".into())],
    }
}

/// raquel's home is built, and something is active.
fn built(differences: Option<Differences>) -> (Stage, mpsc::Receiver<bool>) {
    let mut stage = Stage::building();
    let (answer, answered) = mpsc::channel();
    let path = |name: &str| PathBuf::from("/nix/store").join(name);
    let (package, previous) = (path("new"), Some(path("old")));
    stage.tell(Msg::Coming(Box::new(Generation { package, previous, differences }), answer));
    (stage, answered)
}

#[test]
fn it_lists_what_comes_goes_and_changes() {
    let (mut stage, answered) = built(Some(differences()));
    insta::assert_snapshot!("coming", stage.screen());
    stage.resize(60, 16);
    insta::assert_snapshot!("coming-60x16", stage.screen());
    stage.resize(120, 40);
    insta::assert_snapshot!("coming-120x40", stage.screen());
    assert!(answered.try_recv().is_err());
}

#[test]
fn one_key_says_yes_and_all_others_do_not() {
    for (keys, answer) in [
        ("<enter>", Some(true)),
        ("<esc>", Some(false)),
        ("<right><enter>", Some(false)),
        ("<c-c>", Some(false)),
        ("<up><down>aq c", None),
    ] {
        let (mut stage, answered) = built(Some(differences()));
        stage.press(keys);
        assert_eq!(answered.try_recv().ok(), answer, "{keys}");
        let place = if answer.is_some() { Place::Apply } else { Place::Coming };
        assert_eq!(stage.app.at(), place, "{keys}");
    }
}

#[test]
fn where_no_package_differs_that_is_said() {
    let heading = |differences| built(differences).0.screen().lines().nth(3).unwrap().to_owned();
    let same = heading(Some(Differences::default()));
    assert!(same.contains("Built. The same packages, in the same versions."), "{same}");
    assert!(heading(None).contains("Built. Which packages differ cannot be told here."));
}

#[test]
fn a_long_list_is_scrolled() {
    let added = (0..60).map(|n| pair(&format!("tool{n:02}"), "1")).collect();
    let (mut stage, _answered) = built(Some(Differences { added, ..Differences::default() }));
    assert!(stage.screen().contains("60 packages added."));
    assert!(!stage.screen().contains("tool59"));
    stage.press("<s-tab><s-tab><end>");
    assert!(stage.screen().contains("tool59"), "{}", stage.screen());
}

#[test]
fn hostile_names_and_any_size_are_no_trouble() {
    let evil = "\u{1b}[31mx\u{7}\u{202e}李".repeat(40);
    let changed = vec![(evil.clone(), evil.clone(), evil)];
    let (mut stage, _answered) = built(Some(Differences { changed, ..Differences::default() }));
    for (width, height) in [(1, 1), (60, 16), (61, 17), (80, 24), (300, 100)] {
        stage.resize(width, height);
        assert!(!stage.screen().contains('\u{1b}'));
        stage.press("<up><end><tab>");
    }
}
