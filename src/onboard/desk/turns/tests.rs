use std::path::Path;

use super::*;
use crate::answers::file::read;
use crate::answers::{Account, Accounts, Answers, KeyChoice};
use crate::host::{self, Host, Os};
use crate::key::{Identity, ssh};

fn host() -> Host {
    let account =
        host::Account { name: "ada".into(), uid: 501, home: "/Users/ada".into(), full_name: None };
    Host::pretend(account, "quartz", Os::Darwin, "aarch64", Default::default())
}

fn refused(text: &str) -> String {
    apart(&read(text, "people.yaml").unwrap(), &host())
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
    let told = apart(&[uid("zoe", "quartz"), uid("ada", "quartz")], &host()).unwrap_err();
    insta::assert_snapshot!(told, @r"
    error: two people have uid 600 on `quartz`
    cause: zoe and ada
    hint: give each of them their own
    ");
    assert_eq!(apart(&[uid("zoe", "quartz"), uid("ada", "basalt")], &host()), Ok(()));
}

#[test]
fn what_is_said_of_all_machines_is_said_of_each() {
    let text = "people:\n- username: zoe\n  hosts: [quartz, slate]\n  accounts: { all: { uid: 600 } }\n\
                - username: ada\n  accounts: { slate: { uid: 600 } }\n";
    insta::assert_snapshot!(refused(text), @r"
    error: two people have uid 600 on `slate`
    cause: zoe (line 4 of `people.yaml`) and ada (line 6 of `people.yaml`)
    hint: give each of them their own
    ");
}

#[test]
fn a_key_is_the_same_in_every_form() {
    let made = ssh::generate("zoe@quartz").unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &made.public).unwrap();
    let person = |name: &str, key| {
        Given::new(Answers { username: Some(name.into()), key: Some(key), ..Answers::default() })
    };
    let text = made.public.trim().replace("zoe@quartz", "elsewhere");
    let derived = ssh::recipient_from_public(&made.public).unwrap().to_string();
    let forms = [
        KeyChoice::Public(text),
        KeyChoice::Public(derived.clone()),
        KeyChoice::File(Path::new(file.path()).to_owned()),
    ];
    for first in &forms {
        for second in &forms {
            let two = [person("zoe", first.clone()), person("ada", second.clone())];
            let told = apart(&two, &host()).unwrap_err();
            assert_eq!(told.what, format!("two people have the public key `{derived}`"));
        }
    }
    let other = KeyChoice::Public(Identity::generate().recipient().to_string());
    let two = [person("zoe", forms[0].clone()), person("ada", other)];
    assert_eq!(apart(&two, &host()), Ok(()));
}

#[test]
fn names_that_are_one_in_sops_yaml_are_refused() {
    insta::assert_snapshot!(refused("people:\n- username: jan.b\n- username: jan-b\n"), @r"
    error: two people have the name `jan-b` in `.sops.yaml`
    cause: jan.b (line 2 of `people.yaml`) and jan-b (line 3 of `people.yaml`)
    hint: give each of them their own
    ");
}

#[test]
fn each_of_several_people_has_a_name() {
    insta::assert_snapshot!(refused("people:\n- username: zoe\n- name: Ada\n"), @r"
    error: one of the people has no user name
    cause: somebody without a name (line 3 of `people.yaml`)
    hint: answer `username` for each of them
    ");
    insta::assert_snapshot!(refused("name: Ada\n"), @"fine");
}

#[test]
fn what_is_rarely_meant_is_said() {
    let text = "people:\n- username: zoe\n  email: z@example.com\n  ssh_keys: ['ssh-ed25519 AAAA a']\n\
                - username: ada\n  email: z@example.com\n  ssh_keys: ['ssh-ed25519 AAAA b']\n";
    let people = read(text, "people.yaml").unwrap();
    let said: Vec<String> =
        apart::alike(&[&people[0]], &people[1]).into_iter().map(|remark| remark.text).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    zoe (line 3 of `people.yaml`) and ada (line 6 of `people.yaml`) have one email address.
    zoe (line 4 of `people.yaml`) and ada (line 7 of `people.yaml`) have one SSH key, and can log in as each other.
    ");
}
