//! Who somebody is: names, addresses and public keys as people write them.

use super::ground::{Ground, PUBLIC, ZOE, is_root};
use crate::world::{run, tool};

/// Answers about somebody else, whose user name is `name` (a YAML scalar).
fn somebody(name: &str) -> String {
    format!(
        "username: {name}\nname: Some Body\nemail: body@example.com\nmode: integrated\n\
         hosts: [granite]\nkey: {PUBLIC}\n"
    )
}

#[test]
fn a_user_name_that_is_none_is_refused_with_its_line() {
    let ground = Ground::new();
    for (name, why) in [
        ("a/b", "starts with a letter"),
        ("..", "starts with a letter"),
        ("a..b", "A dot in a user name stands between two other characters"),
        ("../../etc", "starts with a letter"),
        ("$HOME", "starts with a letter"),
        ("'${builtins.abort 1}'", "starts with a letter"),
        ("zoe quartz", "Did you mean zoe.quartz?"),
        ("Zoe", "Did you mean zoe?"),
        ("\"a\\nb\"", "takes one"),
        ("\"\"", "cannot be empty"),
        ("-rf", "starts with a letter"),
        ("root", "root is an account of the system"),
        ("nixbld3", "nixbld3 is an account of the system"),
        ("abcdefghijklmnopqrstuvwxyzabcdefg", "32 characters at most, this one has 33"),
    ] {
        let file = ground.answers(somebody(name));
        let args = ["onboard", "--no-activation", "--yes", "--answers", &file];
        let ran = ground.refused(&mut ground.world.as_zoe(&args), 2);
        ran.says(&["is refused", "cause: line 1, `username`", why]);
    }
}

#[test]
fn a_user_name_with_a_dot_is_quoted_in_nix_and_not_in_anchors() {
    let ground = Ground::new();
    let file = ground.answers(ZOE);
    let args = ["onboard", "--as", "zoe.b", "--no-activation", "--yes", "--answers", &file];
    run(&mut ground.world.as_zoe(&args)).expect(0);
    let module = ground.read("modules/home/users/zoe.b/default.nix");
    assert!(module.contains("homeManager.\"users/zoe.b\""), "{module}");
    let entry = ground.read("modules/home/configurations/zoe.b.nix");
    assert!(entry.contains("\"zoe.b\""), "{entry}");
    for file in ["modules/home/users/zoe.b/default.nix", "modules/home/configurations/zoe.b.nix"] {
        run(tool("nix-instantiate", ["--parse"])
            .arg(ground.fleet(file))
            .env("HOME", ground.at("nobody")))
        .expect(0);
    }
    let sops = ground.read(".sops.yaml");
    assert!(sops.contains("- &zoe-b-"), "{sops}");
    assert!(sops.contains(r"secrets/users/zoe\.b\.sops\.yaml$"), "{sops}");
}

#[test]
fn names_and_addresses_that_are_code_elsewhere_stay_text() {
    let ground = Ground::new();
    let name = r#"Zoë "Z" ${builtins.abort "x"} '' O'Hara \ $${y}"#;
    let email = r#""${x}''"@example.com"#;
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let answers = format!(
        "name: {}\nemail: {}\nkey: generate\nkey_copy: acknowledged\n",
        quoted(name),
        quoted(email)
    );
    run(&mut ground.with_answers(answers)).expect(0);
    // The fleet's own evaluator reads them back.
    let fleet = ground.fleet("");
    let fleet =
        format!("{}#homeConfigurations.zoe.config.programs.git.settings.user", fleet.display());
    let said = run(tool("nix", ["--extra-experimental-features", "nix-command flakes"])
        .args(["eval", "--offline", "--json", &fleet])
        .env("HOME", ground.at("nobody")))
    .expect(0);
    assert!(said.stdout.contains(&quoted(name)), "{}", said.stdout);
    assert!(said.stdout.contains(&quoted(email)), "{}", said.stdout);
}

#[test]
fn a_name_of_two_lines_and_an_address_without_an_at_are_refused() {
    let ground = Ground::new();
    for (line, answer, why) in [
        (1, "name: \"Zoe\\nQuartz\"", "That has 2 lines, this field takes one"),
        (1, "name: \"Zoe\\e[2J\"", "a control character"),
        (1, "email: zoe.example.com", "An email address has an @ in it"),
        (1, "email: \"@\"", "An email address has an @ in it"),
    ] {
        let ran = ground.refused(&mut ground.with_answers(format!("{answer}\n")), 2);
        ran.says(&[&format!("cause: line {line}, `"), why]).never_says(&["\u{1b}"]);
    }
}

#[test]
fn a_public_key_with_a_mistake_says_which() {
    let ground = Ground::new();
    let stray = PUBLIC.replacen('t', "b", 1);
    let flipped = format!("{}q", &PUBLIC[..PUBLIC.len() - 1]);
    for (key, why) in [
        (stray.as_str(), "has a wrong character: b as number"),
        (flipped.as_str(), "its check at the end does not agree"),
        (&PUBLIC[..61], "62 expected, 61 found"),
        ("AGE1ACKHJ776TVXJSZT7NLGXLPSY8THDDMSV0RA22SWLY9DFG9PW7DHS43U6MW", "small letters"),
        ("generat", "Did you mean generate?"),
        (
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB zoe",
            "This SSH key has a wrong or missing character",
        ),
    ] {
        let text = format!("name: Zoe\nemail: zoe@example.com\nkey: {key}\n");
        let ran = ground.refused(&mut ground.with_answers(text), 2);
        ran.says(&["cause: line 3, `key`", why]);
    }
}

#[test]
fn somebody_who_is_there_already_gets_no_second_rule() {
    let ground = Ground::new();
    for (name, line) in [("ada", 15), ("grace", 20)] {
        let file = ground.answers(somebody(name));
        let args = ["onboard", "--no-activation", "--yes", "--answers", &file];
        let ran = ground.refused(&mut ground.world.as_zoe(&args), 1);
        ran.says(&["cannot be changed safely", "is for this very path", "sops updatekeys"]);
        ran.says(&[&format!("the rule at line {line}")]);
    }
}

/// The account's own name is needed here, and root is nobody whom a fleet has.
#[test]
fn an_account_that_the_fleet_declares_otherwise_is_told_with_both_values() {
    if is_root() {
        println!("left out, because it needs an ordinary account: what a fleet says of it");
        return;
    }
    let ground = Ground::new();
    let told = |name: &str, args: &[&str]| run(&mut tool(name, args)).stdout.trim().to_owned();
    let (user, uid) = (told("id", &["-un"]), told("id", &["-u"]));
    let machine = told("uname", &["-n"]).split('.').next().unwrap_or_default().to_owned();
    let granite = ground.read("modules/machines/nixos/granite.nix");
    let declared =
        format!("users.users.\"{user}\" = {{\n      uid = 4242;\n      home = \"/else\";\n    }};");
    let text = granite.replace("granite", &machine).replacen(
        "users.users.ada = {",
        &format!("{declared}\n    users.users.ada = {{"),
        1,
    );
    let file = format!("modules/machines/nixos/{machine}.nix");
    std::fs::write(ground.fleet(&file), text).unwrap();
    let answers = ground.answers(format!("{ZOE}mode: standalone\n"));
    let args = ["plan", "--no-activation", "--answers", &answers];
    let ran = run(&mut ground.world.as_zoe(&args)).expect(0);
    ran.says(&[
        &format!("do not agree about the account {user}"),
        &format!("{file}:"),
        &format!("says uid 4242; the account has {uid}"),
        "says home /else; the account has ",
    ]);
}
