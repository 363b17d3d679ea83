//! The answers file: what is missing or wrong is told with its line, secrets never.

use std::fs;

use super::ground::{Ground, ZOE};

#[test]
fn missing_answers_without_a_terminal_are_named() {
    let ground = Ground::new();
    let ran = ground.refused(&mut ground.onboard(&[]), 2);
    ran.says(&["`email`", "`key_copy`", "hint: write them to a file", "doorstep answers"]);
}

#[test]
fn an_unknown_key_is_answered_with_the_one_that_was_meant() {
    let ground = Ground::new();
    let ran = ground.refused(&mut ground.with_answers("name: Zoe\nemial: zoe@example.com\n"), 2);
    ran.says(&["error: line 2 of `", "`emial` is not a key", "hint: did you mean `email`?"]);
}

#[test]
fn a_key_given_twice_names_both_lines() {
    let ground = Ground::new();
    let ran = ground.refused(&mut ground.with_answers(format!("{ZOE}name: Zoë\n")), 2);
    ran.says(&["error: line 5 of `", "`name` is there already, in line 1"]);
}

#[test]
fn a_value_of_another_kind_names_its_line() {
    let ground = Ground::new();
    for (text, line, why) in [
        ("name: [Zoe]\n", 1, "`name` is one line of text"),
        ("name: Zoe\naggregates: core\n", 2, "`aggregates` is a list, such as [one, two]"),
        ("name: Zoe\n\nmode: standalnoe\n", 3, "`mode` is `standalone` or `integrated`"),
        ("- name: Zoe\n", 1, "an answers file is made of `key: value` lines"),
        ("name: *zoe\n", 1, "an alias (`*`) has no place here"),
    ] {
        let ran = ground.refused(&mut ground.with_answers(text), 2);
        ran.says(&[&format!("error: line {line} of `"), why]);
    }
}

#[test]
fn yaml_that_cannot_be_read_names_line_and_column() {
    let ground = Ground::new();
    let ran = ground.refused(&mut ground.with_answers("name: Zoe\nemail: \"zoe\n"), 2);
    ran.says(&["error: line ", "YAML cannot read it", "cause: column "]);
}

#[test]
fn a_secret_written_out_is_refused_without_repeating_it() {
    let ground = Ground::new();
    for value in ["hunter2-canary", "{ value: hunter2-canary }", "[hunter2-canary]"] {
        let text = format!("{ZOE}secrets:\n  github-token: {value}\n");
        let ran = ground.refused(&mut ground.with_answers(text), 2);
        ran.says(&["error: line 6 of `", "github-token"]).never_says(&["hunter2"]);
    }
}

#[test]
fn a_private_key_is_refused_without_repeating_it() {
    let ground = Ground::new();
    let identity = doorstep::key::Identity::generate();
    let text = identity.key_file_text(std::time::SystemTime::now().into());
    let secret = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    for text in [
        format!("name: Zoe\nkey: {secret}\n"),
        format!("name: Zoe\nkey: {}\n", secret.to_lowercase()),
        format!("name: Zoe\n# {secret}\n"),
        "name: Zoe\nssh_keys: [\"-----BEGIN OPENSSH PRIVATE KEY-----\"]\n".to_owned(),
    ] {
        let ran = ground.refused(&mut ground.with_answers(text), 2);
        ran.says(&["error: line 2 of `", "a private key stands there", "hint: take it out"]);
        ran.never_says(&[&secret[20..40], &secret[20..40].to_lowercase(), "BEGIN OPENSSH"]);
    }
}

#[test]
fn an_answers_file_that_cannot_be_read_is_named() {
    let ground = Ground::new();
    let missing = ground.at("none.yaml");
    let folder = ground.at("folder.yaml");
    fs::create_dir(&folder).unwrap();
    let junk = ground.at("junk.yaml");
    fs::write(&junk, b"\xff\xfe\x00name").unwrap();
    for path in [missing, folder, junk] {
        let path = path.to_str().unwrap();
        let ran = ground.refused(&mut ground.onboard(&["--answers", path]), 2);
        ran.says(&[&format!("error: `{path}` cannot be read"), "hint: `doorstep answers`"]);
    }
}

#[test]
fn nothing_is_applied_without_a_yes() {
    let ground = Ground::new();
    let file = ground.answers(ZOE);
    let args = ["onboard", "--as", "zoe", "--no-activation", "--answers", &file];
    let ran = ground.refused(&mut ground.world.as_zoe(&args), 2);
    ran.says(&["nothing is applied without a yes", "hint: look at it with `doorstep plan`"]);
}
