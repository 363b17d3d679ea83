use super::*;
use crate::front::tui::stage::Stage;
use crate::front::tui::worker::Job;
use crate::question::example::{Example, RECIPIENT};
use crate::question::{Anchor, FoundKey, KeyTrouble, SshIdentity, Subject};

/// Somebody at Key, suggestions taken up to there.
fn at_key(example: Example) -> Stage {
    Stage::of(example).keys("<enter>raquel@example.com<enter><enter><enter><enter>")
}

fn raquel() -> Stage {
    at_key(Example::raquel())
}

/// raquel with a key of her own, and perhaps something wrong about its file.
fn holding(trouble: Option<KeyTrouble>) -> Example {
    let mut example = Example::raquel();
    let place = &mut example.found.key_places[0];
    place.keys = vec![FoundKey { line: 3, recipient: RECIPIENT.into() }];
    place.path = Some("/Users/raquel/.config/sops/age/keys.txt".into());
    place.trouble = trouble;
    example
}

#[test]
fn a_new_key_needs_a_promise() {
    let mut stage = raquel();
    insta::assert_snapshot!("create", stage.screen());
    stage.press("<tab><enter>");
    assert!(stage.screen().contains("First: tick the box about your second copy"));
    stage.press("<s-tab><space>");
    insta::assert_snapshot!("create-ticked", stage.screen());
    assert!(stage.jobs.contains(&Job::PublicKey(KeyChoice::Generate)));
}

#[test]
fn space_and_enter_go_on() {
    // As the keystrokes are counted: the box has the focus, then Continue.
    let mut stage = raquel().keys("<space><enter>");
    assert!(stage.screen().contains("Which secrets"), "{}", stage.screen());
}

#[test]
fn it_is_a_window_at_any_size() {
    insta::assert_snapshot!("create-60x16", raquel().size(60, 16).screen());
    insta::assert_snapshot!("create-120x40", raquel().size(120, 40).screen());
    let mut stage = raquel();
    let before = stage.screen();
    for (w, h) in [(1, 1), (61, 17), (200, 60), (80, 24)] {
        stage.resize(w, h);
        stage.screen();
    }
    assert_eq!(stage.screen(), before);
}

#[test]
fn help_lists_the_places() {
    insta::assert_snapshot!("help", raquel().keys("?").screen());
}

#[test]
fn a_found_key_says_where_it_is_and_can_be_copied() {
    let mut stage = at_key(holding(None));
    insta::assert_snapshot!("found", stage.screen());
    insta::assert_snapshot!("found-60x16", {
        stage.resize(60, 16);
        stage.screen()
    });
    stage.press("<right><right><enter>");
    assert!(stage.screen().contains("second copy"), "{}", stage.screen());
}

#[test]
fn other_keys_and_the_fleets_own_are_told_apart() {
    let mut example = holding(None);
    example.found.key_places[1].keys =
        vec![FoundKey { line: 1, recipient: RECIPIENT.replace('j', "q") }];
    let known = Anchor { name: "raquel".into(), recipient: RECIPIENT.into(), what: None, line: 7 };
    example.found.anchors.push(known);
    insta::assert_snapshot!("found-two", at_key(example).screen());
}

#[test]
fn every_trouble_is_a_row_with_its_way_out() {
    let picture = |trouble| at_key(holding(Some(trouble))).screen();
    insta::assert_snapshot!("open-to-others", picture(KeyTrouble::Mode(0o644)));
    insta::assert_snapshot!("a-folder", picture(KeyTrouble::Directory));
    let malformed = KeyTrouble::Malformed { line: 2, why: "it does not start with it".into() };
    for (trouble, way) in [
        (malformed, "put # before line 2"),
        (KeyTrouble::NotYours { owner: "root".into() }, "sudo chown raquel"),
        (KeyTrouble::Unreadable { why: "it is not text".into() }, "Make that file readable"),
        (KeyTrouble::Symlink("/elsewhere".into()), "never added through a link"),
    ] {
        let shown = picture(trouble);
        assert!(shown.contains(way), "{shown}");
    }
}

#[test]
fn a_choice_that_is_off_says_why() {
    let mut example = Example::raquel();
    let trouble = Some("is protected with a passphrase".to_owned());
    example.found.ssh_identity = Some(SshIdentity { place: "~/.ssh/id_ed25519".into(), trouble });
    let mut stage = at_key(example).keys("<up><up><up>");
    assert!(stage.screen().contains("▸ ( ) Use the key you have"), "{}", stage.screen());
    stage.press("<enter>");
    assert!(stage.screen().contains("None found in 5 places."), "{}", stage.screen());
}

#[test]
fn a_public_key_is_checked_while_one_types() {
    let mut stage = raquel().keys("<up><enter>");
    insta::assert_snapshot!("public-empty", stage.screen());
    stage.press("age1jx3c");
    let short = "✗ This key has a wrong or missing character (62 expected, 8 found).";
    assert!(stage.screen().contains(short), "{}", stage.screen());
    stage.press("<c-u>");
    stage.paste(&format!(" {RECIPIENT}\n"));
    stage.press("<enter>");
    insta::assert_snapshot!("public", stage.screen());
    stage.press("<enter>");
    assert!(stage.screen().contains("Which secrets"), "{}", stage.screen());
}

#[test]
fn a_private_key_is_refused_and_never_shown() {
    let private = crate::key::Identity::generate();
    let secret = private.secret_text();
    let mut stage = raquel().keys("<up><enter>");
    for text in [format!("{}\n", *secret), format!("# created: now\n{}\n", *secret)] {
        stage.paste(&text);
        let picture = stage.screen();
        assert!(picture.contains("That is a private key; it was not kept or shown."), "{picture}");
        assert!(!picture.contains("AGE-SECRET"), "{picture}");
    }
    insta::assert_snapshot!("private-refused", stage.screen());
    // Typed by hand it goes as soon as it is one.
    stage.press(&secret[..40]);
    assert!(!stage.screen().contains("AGE-SECRET-KEY"), "{}", stage.screen());
    assert!(!format!("{:?}", stage.jobs).contains("AGE-SECRET"));
}

#[test]
fn the_public_half_is_given_away_only_once_it_is_saved() {
    let mut stage = raquel().keys("<up>c");
    assert!(stage.screen().contains("Off until the key is saved."), "{}", stage.screen());
    let mut stage = at_key(holding(None)).keys("c");
    assert!(stage.screen().contains("Asked your terminal") || stage.screen().contains("Copied."));
    stage.press("s");
    let saved = Job::Save { name: "raquel-age.pub".into(), text: format!("{RECIPIENT}\n") };
    assert_eq!(stage.jobs.last(), Some(&saved));
}

#[test]
fn what_is_still_typed_gives_nothing_away() {
    // A new key is what stands in while the public one is typed; it must not go out.
    let mut stage = raquel().keys("<up><enter>age1<tab>");
    for key in ["c", "s", "v"] {
        stage.press(key);
        assert!(stage.screen().contains("There is no public half yet."), "{}", stage.screen());
    }
    assert!(stage.outs.is_empty() && !stage.jobs.iter().any(|job| matches!(job, Job::Save { .. })));
    // It stays while one looks at another screen.
    stage.press("<esc><enter>");
    assert!(stage.screen().contains("age1"), "{}", stage.screen());
}

#[test]
fn another_persons_key_does_not_stay() {
    let stage = raquel();
    let (public, whose) = (Field::new(RECIPIENT), "zoe".to_owned());
    let mut keys = Keys { public, wants_public: true, whose, ..Keys::default() };
    keys.arrive(&stage.app.cx());
    assert_eq!((keys.public.text(), keys.wants_public), ("", false));
}

/// raquel adds zoe, up to her key.
fn for_zoe(mut example: Example) -> Stage {
    example.subject = Subject::Somebody(Some("zoe".into()));
    let mut stage = Stage::of(example).keys("2zoe<enter>Zoe<enter>zoe@example.com<enter>");
    let hosts = Reply::Named(vec!["blackphos".into()]);
    stage.does(vec![Effect::Answer("hosts", hosts), Effect::Go(Place::Keys)]);
    stage
}

#[test]
fn for_somebody_else_only_a_public_key_will_do() {
    let mut stage = for_zoe(Example::raquel());
    insta::assert_snapshot!("somebody", stage.screen());
    insta::assert_snapshot!("somebody-60x16", stage.size(60, 16).screen());
}

#[test]
fn a_public_ssh_key_is_taken_and_what_it_needs_is_said() {
    let mut stage = for_zoe(Example::raquel());
    let made = crate::key::ssh::generate("zoe@quartz").unwrap();
    stage.paste(&made.public);
    let screen = stage.screen();
    assert!(
        screen.contains("An age key is made from it. On zoe's side sops-nix needs"),
        "{screen}"
    );
    stage.press("<enter>");
    let key = stage.app.cx().interview.unwrap().answers.key.clone();
    assert_eq!(key, Some(KeyChoice::Public(made.public)));
}

#[test]
fn the_key_that_the_fleet_has_is_a_row_of_its_own() {
    let mut example = Example::raquel();
    let name = "zoe-quartz".to_owned();
    example.found.anchors.push(Anchor { name, recipient: RECIPIENT.into(), what: None, line: 9 });
    let mut stage = for_zoe(example);
    insta::assert_snapshot!("somebody-known", stage.screen());
    assert!(stage.screen().contains("(*) Use the key that the fleet has"));
}

#[test]
fn a_click_focuses_and_another_does_it() {
    let mut stage = raquel();
    stage.click(10, 17);
    stage.click(10, 17);
    assert!(stage.screen().contains("[x] I will keep"), "{}", stage.screen());
    stage.click(10, 8);
    stage.click(10, 8);
    assert!(stage.screen().contains("(*) Make it from"), "{}", stage.screen());
}

#[test]
fn hostile_names_are_harmless() {
    let mut example = holding(None);
    example.found.key_places[0].place = "~/\u{1b}[2J\u{202e}keys\n.txt".into();
    let picture = at_key(example).screen();
    assert!(!picture.contains('\u{1b}') && !picture.contains('\u{202e}'), "{picture}");
}

/// A die that falls the same way every time.
struct Die(u64);

impl Die {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }
}

#[test]
fn no_key_breaks_key_second_copy_or_secrets() {
    const KEYS: [&str; 24] = [
        "<enter>", "<enter>", "<space>", "<tab>", "<tab>", "<s-tab>", "<up>", "<down>", "<down>",
        "<left>", "<right>", "<right>", "<esc>", "<home>", "<end>", "<pgdn>", "c", "s", "v", "x",
        "a", "?", "<bs>", "<c-u>",
    ];
    let secret = crate::key::Identity::generate().secret_text();
    for seed in 0..6 {
        let mut die = Die(seed);
        let mut example = holding(None);
        if seed % 2 == 0 {
            example.found.key_places[0] = crate::question::KeyPlace::default();
        }
        let mut stage = at_key(example);
        for _ in 0..100 {
            match die.throw(12) {
                0 => stage.paste(&secret),
                1 => stage.resize([1, 60, 80, 200][die.throw(4)], [1, 16, 24, 60][die.throw(4)]),
                2 => {
                    let (x, y) = (die.throw(80), die.throw(24));
                    stage.click(u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
                }
                3 => stage.later(1),
                _ => stage.press(KEYS[die.throw(KEYS.len())]),
            }
            let picture = stage.screen();
            // Stage never answers the wish to see it; a pasted one is hidden or refused, and may
            // be looked at only where a secret's value was typed.
            let asked = stage.app.screen().reveals();
            assert!(asked || !picture.contains(&secret[..24]), "{seed}: {picture}");
        }
        let done = format!("{:?} {:?}", stage.jobs, stage.outs);
        assert!(!done.contains(&secret[..24]), "{seed}: {done}");
    }
}

#[test]
fn marks_are_more_than_colour() {
    let mut stage = raquel();
    let buffer = stage.buffer();
    let bold = |x: u16, y: u16| buffer[(x, y)].modifier.contains(ratatui::style::Modifier::BOLD);
    // The public half stands out, and so does the row with the focus.
    assert!(bold(4, 14) && !bold(4, 13));
    assert!(buffer[(4, 17)].modifier.contains(ratatui::style::Modifier::REVERSED));
}
