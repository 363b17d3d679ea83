use super::*;
use crate::front::tui::screen::Place;
use crate::front::tui::stage::Stage;

fn blocked() -> (Stage, std::sync::mpsc::Receiver<InTheWayChoice>) {
    let mut stage = Stage::building();
    let answered = stage.blocks(true);
    (stage, answered)
}

#[test]
fn it_shows_what_would_be_replaced() {
    let (mut stage, answered) = blocked();
    insta::assert_snapshot!("in-the-way", stage.screen());
    stage.resize(60, 16);
    insta::assert_snapshot!("in-the-way-60x16", stage.screen());
    stage.resize(120, 40);
    insta::assert_snapshot!("in-the-way-120x40", stage.screen());
    assert!(answered.try_recv().is_err());
}

#[test]
fn enter_keeps_copies_and_goes_on() {
    let (mut stage, answered) = blocked();
    stage.press("<enter>");
    assert_eq!(answered.try_recv(), Ok(InTheWayChoice::Keep));
    assert_eq!(stage.app.at(), Place::Apply);
}

#[test]
fn nothing_else_says_yes() {
    for keys in ["<esc>", "<right><enter>", "<c-c>"] {
        let (mut stage, answered) = blocked();
        stage.press(keys);
        assert_eq!(answered.try_recv(), Ok(InTheWayChoice::Stop), "{keys}");
    }
    let (mut stage, answered) = blocked();
    stage.press("<up><enter>xq <esc>");
    assert!(answered.try_recv().is_err());
}

#[test]
fn a_file_shows_all_its_lines() {
    let (mut stage, _answered) = blocked();
    stage.press("<up><enter>");
    insta::assert_snapshot!("in-the-way-full", stage.screen());
    stage.press("<end>");
    assert!(stage.screen().contains("setopt option_37"));
    stage.press("w<esc><down>");
    assert!(stage.screen().contains("[user] name = raquel"));
    assert!(stage.screen().contains("~/.config/git/config: yours"));
}

#[test]
fn what_cannot_be_kept_stops() {
    let mut stage = Stage::building();
    let answered = stage.blocks(false);
    insta::assert_snapshot!("in-the-way-link", stage.screen());
    stage.press("<left><enter>");
    assert!(answered.try_recv().is_err());
    assert_eq!(stage.app.at(), Place::InTheWay);
    stage.press("<right><enter>");
    assert_eq!(answered.try_recv(), Ok(InTheWayChoice::Stop));
}

#[test]
fn no_size_and_no_key_is_too_odd() {
    for (width, height) in [(1, 1), (60, 16), (61, 17), (80, 24), (300, 100)] {
        let (mut stage, _answered) = blocked();
        stage.resize(width, height);
        stage.press("<up><down><down><down><enter><pgdn><pgup><end>w<home>c<tab><tab>");
        stage.screen();
    }
}
