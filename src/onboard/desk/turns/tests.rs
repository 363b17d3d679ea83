use super::*;
use crate::answers::file::read;
use crate::answers::{Account, Accounts};

fn refused(text: &str) -> String {
    apart(&read(text, "people.yaml").unwrap())
        .map_or_else(|p| p.to_string(), |()| "fine".to_owned())
}

#[test]
fn two_people_are_not_one() {
    insta::assert_snapshot!(refused("people:\n- username: zoe\n- username: ada\n- username: zoe\n"), @r"
    error: two people have the user name `zoe`
    cause: zoe (line 2 of `people.yaml`) and zoe (line 4 of `people.yaml`)
    hint: give each of them their own
    ");
    insta::assert_snapshot!(refused("people:\n- username: zoe\n- username: ada\n"), @"fine");
}

#[test]
fn nobody_shares_a_key() {
    let key = crate::question::example::RECIPIENT;
    let text =
        format!("people:\n- username: zoe\n  key: {key}\n- username: ada\n  key: ' {key}'\n");
    let told = refused(&text).replace(key, "age1key");
    insta::assert_snapshot!(told, @r"
    error: two people have the public key `age1key`
    cause: zoe (line 3 of `people.yaml`) and ada (line 5 of `people.yaml`)
    hint: give each of them their own
    ");
}

#[test]
fn nobody_shares_a_uid_on_one_machine() {
    let uid = |name: &str, host: &str| {
        let account = Account { uid: Some(600), ..Account::default() };
        let accounts = Some(Accounts::from([(host.to_owned(), account)]));
        Given::new(Answers { username: Some(name.into()), accounts, ..Answers::default() })
    };
    let told = apart(&[uid("zoe", "quartz"), uid("ada", "quartz")]).unwrap_err();
    insta::assert_snapshot!(told, @r"
    error: two people have uid 600 on `quartz`
    cause: zoe and ada
    hint: give each of them their own
    ");
    assert_eq!(apart(&[uid("zoe", "quartz"), uid("ada", "basalt")]), Ok(()));
}
