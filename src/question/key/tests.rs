use super::super::example::{Example, RECIPIENT};
use super::super::found::{FoundKey, KeyPlace, SshIdentity};
use super::super::{Anchor, Subject};
use super::*;

fn suggested(example: &Example) -> Option<(String, String)> {
    match Key.ask(&example.cx()) {
        Ask::Pick { options, suggested, .. } => {
            suggested.map(|s| (options[s.value].id.clone(), s.from))
        }
        other => panic!("{other:?}"),
    }
}

fn off(example: &Example, id: &str) -> Option<String> {
    match Key.ask(&example.cx()) {
        Ask::Pick { options, .. } => options.into_iter().find(|c| c.id == id)?.off,
        other => panic!("{other:?}"),
    }
}

fn holding(recipient: &str, trouble: Option<KeyTrouble>) -> Example {
    let mut example = Example::raquel();
    let place = &mut example.found.key_places[0];
    place.keys = vec![FoundKey { line: 2, recipient: recipient.into() }];
    place.trouble = trouble;
    example
}

fn given(example: &Example, text: &str) -> Result<Option<KeyChoice>, String> {
    Key.accept(&example.cx(), Reply::Text(text.into())).map(|a| a.key).map_err(|p| p.what)
}

#[test]
fn a_found_key_is_suggested_and_else_a_new_one() {
    let mut example = Example::raquel();
    assert_eq!(suggested(&example), Some(("generate".into(), String::new())));
    assert_eq!(note(&example.cx()), "No age key was found in 5 places.");
    assert_eq!(off(&example, "found").unwrap(), "none found in 5 places");
    example = holding(RECIPIENT, None);
    insta::assert_snapshot!(note(&example.cx()), @"~/.config/sops/age/keys.txt is there already and holds 1 key. It is used as it is, never overwritten.");
    let (id, from) = suggested(&example).unwrap();
    assert_eq!((id.as_str(), from.as_str()), ("found", "Suggested because you have it already."));
    example.found.anchors.push(Anchor { recipient: RECIPIENT.into(), ..Anchor::default() });
    assert!(suggested(&example).unwrap().1.contains("a recipient in this fleet already"));
}

#[test]
fn no_key_is_asked_for_that_nothing_would_be_encrypted_to() {
    let mut example = Example::raquel();
    let nothing = |example: &Example| match Key.ask(&example.cx()) {
        Ask::Skip { because } => Some(because),
        _ => None,
    };
    example.found.no_secrets_file = Some("The layout of this fleet is unknown.".into());
    example.found.no_rule = Some("This fleet has no .sops.yaml.".into());
    assert_eq!(nothing(&example), None, "one's own key is saved here all the same");
    example.subject = Subject::Somebody(Some("zoe".into()));
    example.answers.username = Some("zoe".into());
    let why = nothing(&example).unwrap();
    assert_eq!(why, "Nothing is encrypted for zoe here, so no key is needed.");
    assert_eq!(Key.accept(&example.cx(), Reply::Suggested).unwrap().key, None);
    assert!(given(&example, RECIPIENT).unwrap().is_some(), "one that is given is taken");
    example.fleet.clan.people.push("ada".into());
    assert_eq!(nothing(&example), None, "clan keeps people's keys");
}

#[test]
fn the_key_that_is_a_recipient_wins_over_an_earlier_one() {
    let mut example = holding("age1first", None);
    example.found.key_places[1].keys = vec![FoundKey { line: 3, recipient: RECIPIENT.into() }];
    let best = example.found.best_key(|r| r == RECIPIENT).unwrap();
    assert_eq!(best.1.line, 3);
    assert_eq!(example.found.best_key(|_| false).unwrap().1.recipient, "age1first");
}

#[test]
fn a_key_file_in_trouble_says_what_it_is() {
    let open = holding(RECIPIENT, Some(KeyTrouble::Mode(0o644)));
    insta::assert_snapshot!(note(&open.cx()), @"Other accounts can read your private key file (mode 0644). It is made private when you apply.");
    assert_eq!(suggested(&open).unwrap().0, "found");

    let folder = holding(RECIPIENT, Some(KeyTrouble::Directory));
    insta::assert_snapshot!(off(&folder, "generate").unwrap(), @"~/.config/sops/age/keys.txt is a folder, not a file");
    assert_eq!(off(&folder, "found"), off(&folder, "generate"));
    assert_eq!(suggested(&folder).unwrap().0, "public");
    assert!(!Key.ask(&folder.cx()).is_complete());

    let empty = holding(RECIPIENT, Some(KeyTrouble::Empty));
    assert_eq!(off(&empty, "generate"), None);
    let broken = KeyTrouble::Malformed { line: 3, why: "its check does not agree".into() };
    let broken = holding(RECIPIENT, Some(broken));
    insta::assert_snapshot!(off(&broken, "found").unwrap(), @"~/.config/sops/age/keys.txt has something in line 3 that is no key: its check does not agree");
}

#[test]
fn an_ssh_key_with_a_passphrase_is_off() {
    let mut example = Example::raquel();
    example.found.ssh_identity = Some(SshIdentity {
        place: "~/.ssh/id_ed25519".into(),
        trouble: Some("has a passphrase".into()),
    });
    assert_eq!(off(&example, "from-ssh").unwrap(), "~/.ssh/id_ed25519 has a passphrase");
    let refusal = Key.accept(&example.cx(), Reply::Named(vec!["from-ssh".into()])).unwrap_err();
    assert!(refusal.what.contains("is off here"));
}

#[test]
fn nobody_makes_a_key_for_somebody_else() {
    let subject = Subject::Somebody(Some("raquel".into()));
    let example = Example { subject, ..Example::raquel() };
    assert_eq!(suggested(&example).unwrap().0, "public");
    insta::assert_snapshot!(off(&example, "generate").unwrap(), @"the private half would be on your machine, not raquel's");
    assert!(Key.accept(&example.cx(), Reply::Named(vec!["generate".into()])).is_err());
    assert!(!Key.ask(&example.cx()).is_complete());
    assert!(given(&example, RECIPIENT).is_ok());
}

#[test]
fn a_pasted_key_is_checked() {
    let example = Example::raquel();
    assert_eq!(given(&example, RECIPIENT), Ok(Some(KeyChoice::Public(RECIPIENT.into()))));
    assert_eq!(
        given(&example, &format!(" {RECIPIENT}\n")).unwrap().unwrap(),
        KeyChoice::Public(RECIPIENT.into())
    );
    let refusal = |text: &str| given(&example, text).unwrap_err();
    insta::assert_snapshot!(refusal(&RECIPIENT[..61]), @"This key has a wrong or missing character (62 expected, 61 found). Please copy it again.");
    insta::assert_snapshot!(refusal(&RECIPIENT.replace("jx3", "jb3")), @"This key has a wrong character: b as number 6. Please copy it again.");
    insta::assert_snapshot!(refusal(&RECIPIENT.replace("jx3", "xj3")), @"This key has a wrong character: its check at the end does not agree. Please copy it again.");
    insta::assert_snapshot!(refusal(&RECIPIENT.to_uppercase()), @"A public age key is in small letters.");
    insta::assert_snapshot!(refusal(&format!("{RECIPIENT}%")), @"This key has a wrong character: % as number 63. Please copy it again.");
    assert!(refusal("age1yubikey1qwertyuqwerty").contains("plugin age-plugin-yubikey"));
    assert!(refusal("age1pq1qqq").contains("post-quantum"));
    assert_eq!(refusal("genrate"), "A public key starts with age1. Did you mean generate?");
    assert!(refusal("ssh-ed25519 AAAA").starts_with("This SSH key has a wrong or missing"));
    insta::assert_snapshot!(refusal("ssh-rsa AAAA"), @"That is an ssh-rsa key. Only an ssh-ed25519 key can become an age key.");
    assert!(refusal("ecdsa-sha2-nistp256 AAAA").starts_with("Only an ssh-ed25519 key"));
    insta::assert_snapshot!(refusal("age1YOUR_KEY_HERE"), @"That only keeps the place of a key. A public key starts with age1.");
}

#[test]
fn a_pasted_private_key_is_not_repeated() {
    let example = Example::raquel();
    let refusal = given(&example, "AGE-SECRET-KEY-1QQPQ").unwrap_err();
    insta::assert_snapshot!(refusal, @"That is a private key; it was not kept or shown. A public one starts with age1. If it came by mail or chat, let its owner make a new one.");
}

#[test]
fn another_key_needs_its_own_promise_of_a_copy() {
    let mut example = Example::raquel();
    example.answers.key_copy = Some(crate::answers::KeyCopy::Acknowledged);
    let answers = Key.accept(&example.cx(), Reply::Text(RECIPIENT.into())).unwrap();
    assert_eq!(answers.key_copy, None);
    assert_eq!(KeyPlace::default().place, "");
}

/// crs58 adds raquel; cameron's key and a key of hers are in the `.sops.yaml`.
fn for_raquel() -> Example {
    let subject = crate::question::Subject::Somebody(Some("raquel".into()));
    let mut example = Example { subject, ..Example::raquel() };
    let anchor = |name: &str, recipient: &str, line| crate::question::Anchor {
        name: name.into(),
        recipient: recipient.into(),
        what: None,
        line,
    };
    example.found.anchors.push(anchor("cameron-cinnabar", CAMERONS, 7));
    example
}

/// Nobody's key.
const CAMERONS: &str = "age1kjq8fvanst7ylvu7pa324vuayf0yrf3xzpujpyzc044hzpmguapsk9gxg8";

#[test]
fn an_ssh_key_stands_for_the_age_key_that_is_made_of_it() {
    let example = for_raquel();
    let made = crate::key::ssh::generate("raquel@blackphos").unwrap();
    let line = made.public.clone();
    assert_eq!(given(&example, &line), Ok(Some(KeyChoice::Public(line.clone()))));
    let answers = Answers { key: Some(KeyChoice::Public(line)), ..Answers::default() };
    assert_eq!(Key.told(&answers), "made from a public SSH key");
    let refusal = given(&example, &made.private).unwrap_err();
    assert!(refusal.starts_with("That is a private key"), "{refusal}");
}

#[test]
fn a_path_is_taken_for_a_file() {
    let example = for_raquel();
    let choice = KeyChoice::File("~/raquel.pub".into());
    assert_eq!(given(&example, "~/raquel.pub"), Ok(Some(choice.clone())));
    // What comes out of a file without a slash comes back.
    let answers = Answers { key: Some(KeyChoice::File("raquel.pub".into())), ..Answers::default() };
    let again = Key.accept(&example.cx(), Key.given(&answers).unwrap()).unwrap();
    assert_eq!(again.key, Some(KeyChoice::File("./raquel.pub".into())));
}

#[test]
fn somebody_elses_key_is_refused_with_its_place() {
    insta::assert_snapshot!(given(&for_raquel(), CAMERONS).unwrap_err(), @"That is the key cameron-cinnabar (.sops.yaml:7), not one of raquel's. With one key two people read the same secrets.");
    let mut mine = for_raquel();
    mine.found.anchors[1].name = "raquel-blackphos".into();
    assert!(given(&mine, CAMERONS).is_ok());
}

#[test]
fn the_key_that_the_fleet_has_is_suggested() {
    let mut example = for_raquel();
    assert!(!Key.ask(&example.cx()).is_complete());
    example.found.anchors[1].name = "raquel".into();
    assert!(Key.ask(&example.cx()).is_complete());
    let answers = Key.accept(&example.cx(), Reply::Suggested).unwrap();
    assert_eq!(answers.key, Some(KeyChoice::Public(CAMERONS.into())));
}
