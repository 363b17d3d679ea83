use crate::front::tui::screen::Place;
use crate::front::tui::stage::Stage;

#[test]
fn welcome_has_the_facts_and_the_doors() {
    insta::assert_snapshot!("welcome", Stage::raquel().screen());
}

#[test]
fn you_checks_while_one_types() {
    let mut stage = Stage::raquel().keys("<enter>raquel.example.com");
    insta::assert_snapshot!("you-problem", stage.screen());
    stage.press("<c-u>raquel@example.com<enter>");
    insta::assert_snapshot!("you-filled", stage.screen());
}

#[test]
fn help_lies_over_the_body() {
    insta::assert_snapshot!("help-welcome", Stage::raquel().keys("?").screen());
}

#[test]
fn a_small_window_is_still_a_window() {
    insta::assert_snapshot!("welcome-60x16", Stage::raquel().size(60, 16).screen());
    insta::assert_snapshot!("too-small", Stage::raquel().size(58, 10).screen());
    for (w, h) in [(1, 1), (2, 1), (24, 5), (9, 2), (0, 0)] {
        Stage::raquel().size(w, h).screen();
    }
}

#[test]
fn the_rest_goes_on_behind_a_station_that_needed_the_person() {
    // Key stops it for the second copy; Secrets needs nobody.
    let mut stage = Stage::raquel().keys("<enter>raquel@example.com<enter><tab><enter>");
    assert_eq!(stage.app.at(), Place::Keys);
    stage.press("<space><enter>");
    assert_eq!(stage.app.at(), Place::Review);
}

#[test]
fn who_goes_back_to_look_is_not_hurried_on() {
    let mut stage = Stage::raquel().keys("<enter>raquel@example.com<enter><tab><enter>");
    stage.press("<esc>");
    assert_eq!(stage.app.at(), Place::You);
    stage.press("<enter>");
    assert_eq!(stage.app.at(), Place::Where);
}
