use std::cell::Cell;

use zeroize::Zeroizing;

use super::*;
use crate::question::example::Example;

fn look() -> Look {
    Look::of(Example::raquel().host, None)
}

fn text(text: &str) -> Source {
    Source::Text(Hidden(Zeroizing::new(text.to_owned())))
}

#[test]
fn a_pasted_log_is_explained_and_its_keys_are_hidden() {
    let log = format!(
        "building\nerror: experimental Nix feature 'flakes' is disabled\nAGE-SECRET-KEY-1{}\n",
        "Q".repeat(58)
    );
    let explained = look().explain(&text(&log), &|| false, &mut |_| ()).unwrap();
    assert_eq!(explained.explanation.causes[0].class, "experimental-features-disabled");
    assert_eq!((explained.lines, explained.private_keys), (3, 1));
    assert_eq!(explained.excerpt.lines[2], "AGE-SECRET-KEY-<secret>");
}

#[test]
fn nothing_and_no_text_have_no_cause() {
    for (log, contents) in [(" \n\n", Contents::Empty), ("\u{1}\u{2}\u{3}", Contents::Binary)] {
        let explained = look().explain(&text(log), &|| false, &mut |_| ()).unwrap();
        assert_eq!(explained.contents, contents);
        assert!(explained.explanation.causes.is_empty() && explained.excerpt.lines.is_empty());
    }
}

#[test]
fn how_far_it_is_is_told_and_it_can_be_given_up() {
    let log = "x\n".repeat(5 << 20);
    let told = Cell::new(0);
    look().explain(&text(&log), &|| false, &mut |bytes| told.set(bytes)).unwrap();
    assert!(told.get() >= 8 << 20, "{}", told.get());
    assert!(look().explain(&text(&log), &|| told.get() > 0, &mut |_| ()).is_err());
}

#[test]
fn what_cannot_be_read_is_said() {
    let problem = |path: &str| {
        look().explain(&Source::File(path.into()), &|| false, &mut |_| ()).unwrap_err().to_string()
    };
    assert!(problem("/nowhere/at-all").contains("`/nowhere/at-all` cannot be read"));
    assert!(problem("/").contains("name the log itself"));
}

#[test]
fn checks_end_when_nobody_waits_for_them() {
    let look = look();
    let scene = look.scene();
    let mut heard = 0;
    let report = look.check(&scene, &|| true, &mut |_| heard += 1);
    assert!(report.checks() >= heard);
}
