use super::*;

const ADA: &str = "age17tssfmjp7sur79swg8apclzv40vxjj5g04204mcarx4zg3vth49s3e00yg";
const BEN: &str = "age1rcjmtmasm68y5mr596ys2npxnsra9pm3htrcegmav6jp02lvzs9qjevr7e";

fn parsed(text: &str) -> Config {
    Config::parse(&text.replace("ADA", ADA).replace("BEN", BEN)).unwrap()
}

fn recipients(rule: &Rule) -> Vec<&str> {
    rule.readers()
        .map(|r| match r.recipient.as_str() {
            ADA => "ada",
            BEN => "ben",
            other => other,
        })
        .collect()
}

#[test]
fn every_spelling_of_readers_is_read() {
    let config = parsed(
        "
keys:
  - &ada ADA
  - &both [ *ada, BEN ]
  - &group
    age: [ *ada ]
  - &wide
    <<: *group
creation_rules:
  - age: 'ADA, BEN'
  - age: >-
      ADA,
      BEN
  - age: [ *ada, BEN ]
  - age: *both
  - key_groups: [ { age: *both, pgp: [ X ] } ]
  - key_groups: [ <<: *wide ]
  - key_groups:
      - age: [ *ada, 'ADA,BEN' ]
  - key_groups:
      - merge: [ { age: [ BEN ] } ]
  - key_groups: []
    age: ADA
  - pgp: X
",
    );
    let all: Vec<_> = config.rules.iter().map(recipients).collect();
    let both = vec!["ada", "ben"];
    let (ada, ben) = (vec!["ada"], vec!["ben"]);
    let expected = [&both, &both, &both, &both, &both, &ada, &both, &ben, &ada];
    assert_eq!(all[..9].iter().collect::<Vec<_>>(), expected);
    assert!(all[9].is_empty());
    assert_eq!(config.rules[4].groups[0].others, ["pgp"]);
    assert_eq!(config.rules[2].readers().next().unwrap().alias.as_deref(), Some("ada"));
}

#[test]
fn keys_know_their_name_line_and_group() {
    let config = parsed(
        "keys:\n  # People\n  - &ada ADA\n  - users:\n    - &ben BEN\nmachines:\n- ADA\nother: &o ADA\n",
    );
    let keys: Vec<_> =
        config.keys.iter().map(|k| (k.name.as_deref(), k.line, k.group.as_deref())).collect();
    assert_eq!(
        keys,
        [
            (Some("ada"), 3, Some("People")),
            (Some("ben"), 5, Some("users")),
            (None, 7, Some("machines")),
            (Some("o"), 8, Some("other")),
        ]
    );
}

#[test]
fn the_first_match_wins_and_an_unreadable_rule_is_no_mismatch() {
    let config = parsed(
        "creation_rules:\n- path_regex: ^a/\n  age: ADA\n- path_regex: a/\n  age: BEN\n- path_regex: b{x}\n  age: ADA\n- age: BEN\n",
    );
    let winner = |path| config.winner(path).map(|rule| rule.map(|rule| rule.index));
    assert_eq!(winner("a/x"), Ok(Some(0)));
    assert_eq!(winner("b/a/x"), Ok(Some(1)));
    assert_eq!(winner("c").unwrap_err().line, 6);
}

#[test]
fn who_names_the_readers_and_what_is_wrong_with_them() {
    let config = parsed(
        "keys:\n- &ada ADA\ncreation_rules:\n- path_regex: x\n  key_groups:\n  - age: [ ADA, YOUR_KEY ]\n",
    );
    assert_eq!(config.who("y"), Ok(None));
    let who = config.who("x").unwrap().unwrap();
    assert_eq!(who.readers[0].name.as_deref(), Some("ada"));
    assert_eq!(who.readers[1].malformed, Some(Malformed::Placeholder));
    assert_eq!(config.malformed(), [(6, Malformed::Placeholder)]);
}

#[test]
fn what_sops_refuses_is_refused_with_its_line() {
    let refused = |text: &str| Config::parse(text).unwrap_err();
    let shape = |text: &str, line: u32| match refused(text) {
        ConfigError::Shape { line: found, .. } => assert_eq!(found, line, "{text}"),
        other => panic!("{text}: {other:?}"),
    };
    shape("creation_rules: { age: x }\n", 1);
    shape("creation_rules:\n- x\n", 2);
    shape("creation_rules:\n- key_groups:\n    age: [ x ]\n", 3);
    shape("creation_rules:\n- key_groups:\n  - age: x\n", 3);
    shape("- a\n", 1);
    assert_eq!(refused("a: *b\n"), ConfigError::UndefinedAlias { name: "b".to_owned(), line: 1 });
    assert_eq!(refused("a: &b 1\n# AGE-SECRET-KEY-1QQQ\n"), ConfigError::PrivateKey { line: 2 });
    assert!(matches!(refused("a: 1\na: 2\n"), ConfigError::Syntax { .. }));
}

#[test]
fn merges_that_multiply_do_not_hang() {
    let mut text = "a0: &a0 { x: 1 }\n".to_owned();
    for n in 1..40 {
        text += &format!("a{n}: &a{n}\n  <<: [ *a{}, *a{} ]\n", n - 1, n - 1);
    }
    text += "creation_rules:\n- <<: *a39\n";
    let tree = Config::tree(&text).unwrap();
    assert_eq!(Config::of(&tree, &Anchors::of(&tree)).unwrap().rules.len(), 1);
}
