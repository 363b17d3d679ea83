use std::collections::BTreeSet;
use std::io::Cursor;

use super::*;

fn explained(text: &str) -> Explanation {
    let catalogue = Catalogue::built_in().unwrap();
    let log = read(&mut Cursor::new(text.as_bytes()), catalogue).unwrap();
    explain_elsewhere(&log, catalogue)
}

#[test]
fn the_catalogue_is_whole() {
    let catalogue = Catalogue::built_in().unwrap();
    let classes: BTreeSet<&str> = catalogue.entries.iter().map(|e| e.class.as_str()).collect();
    assert_eq!((catalogue.entries.len(), classes.len()), (105, 105), "an id is there twice");
    for signal in 0..catalogue.signals.len() {
        assert!(catalogue.regex(signal).is_some(), "{}", catalogue.signals[signal]);
    }
    for entry in &catalogue.entries {
        let class = &entry.class;
        for other in entry.shares.iter().chain(&entry.over) {
            assert!(classes.contains(other.as_str()) && other != class, "{class}: {other}");
        }
        assert!(!entry.patterns.is_empty() && !entry.look.is_empty(), "{class}");
        for text in [&entry.summary, &entry.called, &entry.why, &entry.next] {
            assert!(text.is_ascii() && !text.trim().is_empty(), "{class}: {text}");
        }
        assert!(
            !entry.summary.ends_with('.') && !entry.next.ends_with('.'),
            "{class}: a label has no full stop"
        );
        // A `#` that is not quoted cuts a text of YAML short.
        assert!(entry.why.ends_with('.'), "{class}: {}", entry.why);
        for pattern in &entry.patterns {
            assert!(pattern.source.len() > 1 && pattern.because.len() > 5, "{class}");
        }
    }
}

/// A word in braces that no pattern fills would be told with its fallback for ever.
#[test]
fn every_part_that_is_told_is_named_by_a_pattern() {
    for entry in &Catalogue::built_in().unwrap().entries {
        let told = [Some(&entry.summary), Some(&entry.next), entry.run.as_ref()];
        for text in told.into_iter().flatten() {
            for inside in text.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
                let name = inside.0.split('|').next().unwrap();
                let group = format!("(?P<{name}>");
                let named = entry.patterns.iter().any(|p| p.line.contains(&group));
                let or_else = inside.0.contains('|');
                assert!(named || or_else, "{}: {{{name}}}", entry.class);
            }
        }
    }
}

#[test]
fn a_wrapped_reason_is_found_with_its_line() {
    let log = "Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1qq: FAILED\n    - | failed to create reader for decrypting sops data key with\n      | age: no identity matched any of the recipients\n";
    let explanation = explained(log);
    assert_eq!(explanation.causes[0].class, "key-not-recipient");
    assert_eq!(explanation.causes[0].shown[0].line, 6);
}

/// A stand-in for a machine: gives one answer to one question.
struct Says(&'static str, &'static str);

impl Machine for Says {
    fn look(&mut self, query: &Query) -> Answer {
        if query.check == self.0 {
            Answer::is(self.1, "looked")
        } else {
            Answer::unknown("not asked")
        }
    }
}

fn on_machine(text: &str, mut says: Says) -> Explanation {
    let catalogue = Catalogue::built_in().unwrap();
    let log = read(&mut Cursor::new(text.as_bytes()), catalogue).unwrap();
    explain(&log, catalogue, &mut says)
}

#[test]
fn a_machine_tells_causes_apart_that_share_a_text() {
    let log = "age: error: no identity matched any of the recipients";
    for (answer, class) in [
        ("not-named", "key-not-recipient"),
        ("named-by-rule", "updatekeys-not-run"),
        ("wrong-place", "key-file-wrong-macos-path"),
        ("ssh-recipient", "ssh-recipient-not-converted"),
    ] {
        let explanation = on_machine(log, Says("decryption", answer));
        let best = &explanation.causes[0];
        assert_eq!((best.class.as_str(), best.confidence), (class, Confidence::Sure));
        assert_eq!(explanation.causes.len(), 1);
    }
}

#[test]
fn a_sure_text_is_not_taken_back_by_a_machine_that_was_healed() {
    let log = "error: cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Connection refused";
    let best = &on_machine(log, Says("daemon", "answers")).causes[0];
    assert_eq!(
        (best.class.as_str(), best.confidence),
        ("nix-daemon-not-running", Confidence::Sure)
    );
    assert_eq!(best.checked[0].words, "looked");
}

#[test]
fn what_wraps_a_failure_is_told_after_it() {
    let log = "hm-activate-zoe[1]: Existing file '/home/zoe/.zshrc' would be clobbered\nwarning: the following units failed: home-manager-zoe.service";
    let classes: Vec<_> = explained(log).causes.into_iter().map(|c| c.class).collect();
    assert_eq!(classes, ["file-would-be-clobbered", "hm-service-failed"]);
}

#[test]
fn commands_are_quoted_for_a_shell() {
    let log = "Existing file '/home/zoe/my file; rm -r x' would be clobbered";
    let run = explained(log).causes[0].run.clone();
    assert_eq!(
        run.as_deref(),
        Some("mv '/home/zoe/my file; rm -r x' '/home/zoe/my file; rm -r x'.before")
    );
}
