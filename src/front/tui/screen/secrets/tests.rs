use ratatui::crossterm::event::Event as Seen;

use super::*;
use crate::front::tui::Msg;
use crate::front::tui::stage::Stage;
use crate::question::SharedRule;
use crate::question::example::Example;
use crate::question::{Anchor, Subject};

const CANARY: &str = "ghp_canary0123456789canary0123456789cana";

/// raquel at Secrets.
fn at_secrets(example: Example) -> Stage {
    Stage::of(example).keys("<enter>raquel@example.com<enter><enter><enter><enter><space><enter>")
}

fn raquel() -> Stage {
    at_secrets(Example::raquel())
}

/// What was answered by now, as `name: where its value comes from`.
fn answered(stage: &Stage) -> Vec<String> {
    let cx = stage.app.cx();
    let secrets = cx.interview.unwrap().answers.secrets.clone().unwrap_or_default();
    secrets.iter().map(|secret| format!("{}: {:?}", secret.name, secret.from)).collect()
}

#[test]
fn what_others_have_is_suggested() {
    let mut stage = raquel();
    insta::assert_snapshot!("suggested", stage.screen());
    stage.press("<tab><down>");
    insta::assert_snapshot!("one-row", stage.screen());
    stage.press("<space>");
    assert_eq!(answered(&stage), ["ssh-signing-key: NewEd25519"]);
    stage.press("<enter>");
    assert_eq!(answered(&stage).len(), 2);
}

#[test]
fn it_is_a_window_at_any_size() {
    insta::assert_snapshot!("small", raquel().size(60, 16).keys("<tab>").screen());
    insta::assert_snapshot!("small-ways", raquel().size(60, 16).keys("<tab><tab>").screen());
    insta::assert_snapshot!("small-readers", raquel().size(60, 16).keys("<s-tab>").screen());
    insta::assert_snapshot!("large", raquel().size(120, 40).keys("<tab>").screen());
    let mut stage = raquel().keys("<tab><tab>");
    let before = stage.screen();
    for (w, h) in [(1, 1), (61, 17), (200, 60), (80, 24)] {
        stage.resize(w, h);
        stage.screen();
    }
    assert_eq!(stage.screen(), before);
}

#[test]
fn a_value_is_typed_hidden() {
    let mut stage = raquel().keys("<tab><down><tab><up><up><up><enter>");
    stage.paste(CANARY);
    let picture = stage.screen();
    assert!(!picture.contains("canary") && picture.contains("****"), "{picture}");
    assert!(stage.app.screen().hides(&stage.app.cx()));
    insta::assert_snapshot!("typing", picture);
    stage.press("<enter>");
    let picture = stage.screen();
    assert!(picture.contains("set, 40 characters"), "{picture}");
    insta::assert_snapshot!("set", picture);
    assert_eq!(answered(&stage)[1], "github-token: Given(<secret>)");
    assert!(!format!("{:?} {:?}", stage.jobs, stage.outs).contains("canary"));
}

#[test]
fn a_value_is_shown_for_a_moment() {
    let mut stage = raquel().keys("<tab><down><tab><up><up><up><enter>");
    stage.paste("-----BEGIN KEY\rcanary\r-----END KEY\r");
    stage.press("<enter>");
    assert!(stage.screen().contains("in 3 lines"), "{}", stage.screen());
    stage.press("v");
    assert!(stage.screen().contains("canary"), "{}", stage.screen());
    stage.later(9);
    assert!(stage.screen().contains("canary"));
    stage.later(1);
    assert!(!stage.screen().contains("canary"));
    for keys in ["v<esc>", "v<tab>", "v?", "v<c-c>", "vx"] {
        stage.press(keys);
        assert!(!stage.screen().contains("canary"), "{keys}");
        // What hides it does nothing else, but for Ctrl-C, which asks; Esc keeps going.
        if keys == "v<c-c>" {
            stage.press("<esc>");
        }
    }
    stage.press("v");
    stage.tell(Msg::Seen(Seen::FocusLost));
    assert!(!stage.screen().contains("canary"));
    assert_eq!(answered(&stage).len(), 2);
}

#[test]
fn only_what_was_typed_can_be_shown() {
    let mut stage = raquel().keys("<tab>v");
    assert!(stage.screen().contains("Only a value that was typed here can be shown."));
}

#[test]
fn a_value_comes_from_a_file_too() {
    let mut stage = raquel().keys("<tab><down><tab><up><up><enter>~/token.txt<enter>");
    assert!(stage.screen().contains("from the file ~/token.txt"), "{}", stage.screen());
    assert_eq!(answered(&stage)[1], "github-token: File(\"~/token.txt\")");
    // Esc leaves what was there, and the screen too only the second time.
    stage.press("<tab><up><enter>x<esc>");
    assert!(stage.screen().contains("Which secrets"), "{}", stage.screen());
    assert_eq!(answered(&stage)[1], "github-token: File(\"~/token.txt\")");
}

#[test]
fn another_one_is_added_and_removed() {
    let mut stage = raquel().keys("<tab><down><down><enter>a b<enter>");
    insta::assert_snapshot!("refused-name", stage.screen());
    stage.press("<c-u>deploy-key<enter>");
    insta::assert_snapshot!("added", stage.screen());
    assert_eq!(answered(&stage)[2], "deploy-key: Later");
    stage.press("<s-tab>x");
    assert_eq!(answered(&stage).len(), 2);
}

#[test]
fn what_is_in_the_file_stays_there() {
    let mut example = Example::raquel();
    example.found.existing_secrets = vec!["ssh-signing-key".into()];
    let mut stage = at_secrets(example).keys("<tab>");
    insta::assert_snapshot!("kept", stage.screen());
    stage.press("x");
    let why = "ssh-signing-key is in the file already; removing it there";
    assert!(stage.screen().contains(why), "{}", stage.screen());
    stage.press("<space>");
    assert!(stage.screen().contains(why), "{}", stage.screen());
}

#[test]
fn readers_are_chosen_by_name() {
    let mut example = Example::raquel();
    example.found.anchors.push(Anchor {
        name: "cameron-cinnabar".into(),
        recipient: "age1cameron".into(),
        what: None,
        line: 3,
    });
    let mut stage = at_secrets(example).keys("<s-tab>");
    insta::assert_snapshot!("readers", stage.screen());
    stage.press("<down><space>");
    assert!(stage.screen().contains("raquel (you), admin, cameron-cinnabar"), "{}", stage.screen());
    stage.press("<down><space>");
    assert!(stage.screen().contains("[x] nobody else"), "{}", stage.screen());
}

#[test]
fn somebody_has_to_say_who_can_read_them() {
    let mut example = Example::raquel();
    example.found.sibling_readers = None;
    let mut stage = at_secrets(example);
    insta::assert_snapshot!("readers-open", stage.screen());
    stage.press("<space><tab>");
    assert!(!stage.screen().contains("1 thing left"), "{}", stage.screen());
}

#[test]
fn many_rows_scroll() {
    let mut example = Example::raquel();
    let many = (0..12).map(|n| format!("token-{n}"));
    example.fleet.users[0].secrets.extend(many);
    let mut stage = at_secrets(example).keys("<tab>");
    insta::assert_snapshot!("many", stage.screen());
    stage.press("<end>");
    assert!(stage.screen().contains("▸     Add another"), "{}", stage.screen());
}

/// raquel adds zoe, up to her secrets.
fn somebody(mut example: Example) -> Stage {
    example.subject = Subject::Somebody(None);
    let mut stage = Stage::of(example).keys("2zoe<enter>Zoe<enter>zoe@example.com<enter>");
    let hosts = Reply::Named(vec!["blackphos".into()]);
    let key = Reply::Text(crate::question::example::RECIPIENT.into());
    let place = crate::front::tui::screen::Place::Secrets;
    let answers = [Effect::Answer("hosts", hosts), Effect::Answer("key", key)];
    stage.does(answers.into_iter().chain([Effect::Go(place)]).collect());
    stage
}

fn rule(files: &[&str], readers: &[&str]) -> SharedRule {
    SharedRule {
        pattern: Some(format!("{}$", files[0])),
        line: 12,
        files: files.iter().map(|file| (*file).to_owned()).collect(),
        readers: readers.iter().map(|reader| (*reader).to_owned()).collect(),
        ..SharedRule::default()
    }
}

fn sharing() -> Example {
    let mut example = Example::raquel();
    let people = ["crs58", "cameron", "janettesmith"];
    let team = rule(&["secrets/team/a.yaml", "secrets/team/b.yaml"], &people[..2]);
    example.found.shared = vec![
        rule(&["secrets/shared/wifi.sops.yaml"], &people),
        SharedRule { locked: vec!["secrets/team/b.yaml".into()], ..team },
        SharedRule {
            closed: Some("it takes a key from each of 2 groups".into()),
            ..rule(&["secrets/vault.yaml"], &people[..1])
        },
    ];
    example
}

#[test]
fn for_somebody_else_they_come_later() {
    let mut stage = somebody(Example::raquel()).keys("<tab>");
    insta::assert_snapshot!("somebody", stage.screen());
}

#[test]
fn shared_files_are_off_until_they_are_ticked() {
    let mut stage = somebody(sharing());
    insta::assert_snapshot!("shared", stage.screen());
    let shared = |stage: &Stage| stage.app.cx().interview.unwrap().answers.shared.clone().unwrap();
    assert_eq!(shared(&stage), Vec::<String>::new());
    stage.press("<tab><tab><tab><space><down>");
    assert_eq!(shared(&stage), ["secrets/shared/wifi.sops.yaml"]);
    insta::assert_snapshot!("shared-ticked", stage.screen());
    stage.press("<down><space>");
    assert!(stage.screen().contains("It takes a key from each of 2 groups"), "{}", stage.screen());
    assert_eq!(shared(&stage).len(), 1);
    insta::assert_snapshot!("shared-60x16", stage.size(60, 16).screen());
    insta::assert_snapshot!("shared-120x40", somebody(sharing()).size(120, 40).screen());
}

#[test]
fn hostile_names_and_files_are_harmless() {
    let mut stage = raquel().keys("<tab><down><tab><up><up><enter>");
    stage.paste("~/\u{1b}[2J\u{202e}x");
    stage.press("<enter>");
    let picture = stage.screen();
    assert!(!picture.contains('\u{1b}') && !picture.contains('\u{202e}'), "{picture}");
}

#[test]
fn a_click_focuses_and_another_does_it() {
    let mut stage = raquel();
    stage.click(10, 9);
    stage.click(10, 9);
    assert_eq!(answered(&stage), ["ssh-signing-key: NewEd25519"]);
    stage.click(20, 19);
    assert!(stage.screen().contains("── Who else can open them? ─"), "{}", stage.screen());
}

#[test]
fn another_persons_values_do_not_stay() {
    let stage = raquel();
    let secret = SecretAnswer {
        name: "zoes-token".into(),
        from: SecretFrom::Given(Hidden(Zeroizing::new(CANARY.into()))),
        path: None,
        mode: None,
    };
    let rows = vec![Row { secret, ticked: false }];
    let mut secrets = Secrets { rows, whose: "zoe".into(), ..Secrets::default() };
    secrets.arrive(&stage.app.cx());
    let names: Vec<_> = secrets.rows.iter().map(|row| row.secret.name.as_str()).collect();
    assert_eq!(names, ["ssh-signing-key", "github-token"]);
}
