use crate::front::tui::stage::Stage;

/// crs58 adds somebody.
fn somebody() -> Stage {
    Stage::raquel().keys("2")
}

/// A public key that nobody has: 32 bytes of sevens.
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH zoe@quartz";

#[test]
fn somebody_else_has_a_name_and_a_key_to_type() {
    let mut stage = somebody();
    insta::assert_snapshot!("you-somebody", stage.screen());
    stage.press("zoe<enter>Zoe<enter>zoe@example.com<enter><c-u>");
    stage.paste(KEY);
    insta::assert_snapshot!("you-somebody-filled", stage.screen());
    stage.press("<enter>");
    let answers = stage.app.cx().interview.unwrap().answers.clone();
    assert_eq!(answers.username.as_deref(), Some("zoe"));
    assert_eq!(answers.ssh_keys, Some(vec![KEY.to_owned()]));
    insta::assert_snapshot!("you-somebody-60x16", stage.size(60, 16).screen());
}

#[test]
fn what_help_is_for_is_always_there_in_a_large_window() {
    insta::assert_snapshot!("you-120x40", Stage::raquel().keys("<enter>").size(120, 40).screen());
}

#[test]
fn a_private_key_is_neither_shown_again_nor_kept() {
    let mut stage = somebody().keys("zoe<enter><enter><enter><c-u>");
    stage.paste("-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXk");
    let answers = stage.app.cx().interview.unwrap().answers.clone();
    assert_eq!(answers.ssh_keys, Some(vec![]));
    let screen = stage.screen();
    assert!(screen.contains("That is a private key; it was not kept or shown."), "{screen}");
    assert!(!screen.contains("b3Blb"), "{screen}");
}

#[test]
fn going_back_and_coming_again_keeps_what_was_typed() {
    let mut stage = Stage::raquel().keys("<enter>raquel@example.com<esc><enter>");
    assert!(stage.screen().contains("raquel@example.com"));
    let answers = stage.app.cx().interview.unwrap().answers.clone();
    assert_eq!(answers.email.as_deref(), Some("raquel@example.com"));
    // For another person it begins anew.
    stage.press("<esc>2");
    let screen = stage.screen();
    assert!(!screen.contains("raquel@example.com"), "{screen}");
}

#[test]
fn a_user_who_is_there_already_is_told_under_the_field() {
    let mut stage = somebody().keys("crs58<enter>");
    let screen = stage.screen();
    assert!(screen.contains("  In this fleet already, on blackphos and stibnite."), "{screen}");
    // What the fleet knows of them is taken.
    assert!(screen.contains("From modules/home/users/crs58/default.nix: Chris"), "{screen}");
}
