use std::time::Duration;

use super::*;

/// How the machines of this command end after these lines.
fn ended(command: &str, lines: &[&str], is_ok: bool) -> Vec<String> {
    let mut build = Build::of_command(command);
    lines.iter().for_each(|line| build.line(Duration::ZERO, line));
    build.ended(Duration::ZERO, is_ok);
    let why = || Problem::tool("`clan machines update` ended with exit code 1");
    let outcome = if is_ok { Outcome::Done } else { Outcome::Failed { why: why() } };
    let words = |(name, end): &(String, MachineEnd)| format!("{:?}", end.checked(name).words);
    ends(&build, &outcome).iter().map(words).collect()
}

const THREE: &str = "clan machines update slate shale marl";
const WENT_AWAY: &str = "[shale] ssh: connect to host shale port 22: No route to host";
const GAVE_UP: &str = "[shale] failed with error: failed to upload sources";

fn how_many(count: usize) -> String {
    format!("{count} hosts failed with an error. Check the logs above")
}

#[test]
fn one_command_of_clan_ends_differently_for_each_machine() {
    let lines = [
        "[slate] building the system configuration...",
        WENT_AWAY,
        "[marl] ssh: connect to host marl port 22: Connection timed out",
        GAVE_UP,
        "[onyx] failed with error: of no concern",
        &how_many(1),
    ];
    insta::assert_snapshot!(ended(THREE, &lines, false).join("\n"), @r#"
    "slate is updated."
    "shale is not updated: shale cannot be reached: No route to host."
    "marl is updated."
    "#);
}

#[test]
fn what_clan_does_not_tell_is_not_known() {
    for lines in [
        &["error: attribute 'slate' missing"][..],
        // It was cut off before it had told of each.
        &[WENT_AWAY, "[slate] activating the configuration..."],
        &[WENT_AWAY, GAVE_UP],
        &[WENT_AWAY, GAVE_UP, &how_many(2)],
        &[&how_many(1)],
    ] {
        let told = ended(THREE, lines, false);
        let is_unknown = |words: &&String| words.contains("is not known: clan did not tell.");
        let known = usize::from(lines.contains(&GAVE_UP));
        assert_eq!(told.iter().filter(is_unknown).count(), 3 - known, "{lines:?}: {told:?}");
        assert!(!told.iter().any(|words| words.contains("is updated.")), "{lines:?}: {told:?}");
    }
}

#[test]
fn a_good_code_does_not_hide_a_machine_that_was_given_up() {
    assert_eq!(ended(THREE, &[], true).len(), 3);
    assert!(ended(THREE, &[], true).iter().all(|words| words.contains("is updated.")));
    // As `follow` has it: a program around clan may swallow its code.
    let told = ended(THREE, &["[marl] failed with error:", &how_many(1)], false);
    assert_eq!(told[2], "\"marl is not updated: clan gave it up.\"");
    assert_eq!(told[0], "\"slate is updated.\"");
}

#[test]
fn of_one_machine_all_that_is_said_is_about_it() {
    let one = "clan machines update shale";
    let told = |lines: &[&str]| ended(one, lines, false).remove(0);
    assert_eq!(
        told(&["ssh: connect to host 10.0.0.7 port 22: Connection refused"]),
        "\"shale is not updated: 10.0.0.7 cannot be reached: Connection refused.\""
    );
    assert_eq!(
        told(&["Host key for shale has changed and you have requested strict checking."]),
        "\"shale is not updated: shale is not trusted: its host key has changed.\""
    );
    assert_eq!(
        told(&["error: no space left"]),
        "\"shale is not updated: clan machines update ended with exit code 1.\""
    );
    assert!(ended("nix build .#x", &[GAVE_UP], false).is_empty());
}

#[test]
fn machines_are_summed_up_in_one_sentence() {
    let names =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let sentence = |updated: &[&str], missing: &[&str], unknown: &[&str]| {
        let (updated, missing, unknown) = (names(updated), names(missing), names(unknown));
        Told { updated, missing, unknown, ..Told::default() }.sentence()
    };
    for (sentence, expected) in [
        (
            sentence(&["slate", "marl"], &["shale"], &[]),
            "slate and marl are updated, shale is not.",
        ),
        (sentence(&["slate"], &[], &[]), "slate is updated."),
        (sentence(&[], &["a", "b", "c"], &[]), "a, b and c are not updated."),
        (sentence(&["a"], &["b"], &["c"]), "a is updated, b is not, of c it is not known."),
        (sentence(&[], &["b"], &["c", "d"]), "b is not updated, of c and d it is not known."),
        (sentence(&[], &[], &["c", "d"]), "Whether c and d are updated is not known."),
        (sentence(&[], &[], &["c"]), "Whether c is updated is not known."),
    ] {
        assert_eq!(sentence, expected);
    }
    let troubled = Told { troubled: names(&["a"]), ..Told::default() };
    assert_eq!(troubled.sentence(), "a is updated, but not all went well there.");
}
