//! Whether the account that a home is for is what the fleet says of it on this machine: a home
//! whose user number or folder differs is built well and then fails where it is put in place.

use crate::answers::Person;
use crate::fleet::Fleet;
use crate::host::Host;
use crate::plan::Remark;

/// What disagrees, when the home is for this machine.
pub(super) fn remark(host: &Host, fleet: &Fleet, person: &Person) -> Option<Remark> {
    if !person.hosts.contains(&host.name) {
        return None;
    }
    let machine = fleet.machine(&host.name)?;
    let user = &person.username;
    let declared = machine.users.iter().find(|declared| declared.name.text() == user);
    let at = declared.map_or(&machine.at, |declared| &declared.at);
    let place = |text: String| vec![(format!("{}:{}", at.file.display(), at.line), text)];
    let Some(account) = host.account(user) else {
        return Some(Remark {
            warns: false,
            text: format!("There is no account {user} on {} yet.", host.name),
            places: match declared {
                Some(_) => place("declares it; the machine has to be updated first".to_owned()),
                None => Vec::new(),
            },
        });
    };
    let declared = declared?;
    let mut places = Vec::new();
    if let Some(uid) = declared.uid.filter(|uid| *uid != account.uid) {
        places.extend(place(format!("says uid {uid}; the account has {}", account.uid)));
    }
    // Where the person said `HOME=…`, that is where their home goes.
    let home = if *user == host.account.name { &host.home } else { &account.home };
    if let Some(said) = declared.home.as_ref().filter(|said| **said != home.to_string_lossy()) {
        places.extend(place(format!("says home {said}; the account has {}", home.display())));
    }
    let text = format!("The fleet and this machine do not agree about the account {user}.");
    (!places.is_empty()).then_some(Remark { warns: false, text, places })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::activate::InTheWayChoice;
    use crate::answers::{Key, Mode};
    use crate::host::{Account, Os};

    const MACHINE: &str = r#"{
  flake.modules.darwin."machines/darwin/quartz" = {
    users.users.zoe = {
      uid = 502;
      home = "/Users/zoe";
    };
    home-manager.users.zoe = { };
  };
}
"#;

    fn told(name: &str, uid: u32, home: &str, machine: &str) -> Option<Remark> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("modules/machines/darwin/quartz.nix");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(folder.path().join("flake.nix"), "{ }").unwrap();
        fs::write(file, MACHINE).unwrap();
        let fleet = Fleet::read(folder.path()).unwrap();
        let account =
            Account { name: name.to_owned(), uid, home: PathBuf::from(home), full_name: None };
        let host = Host::pretend(account, machine, Os::Darwin, "aarch64", BTreeMap::new());
        remark(&host, &fleet, &zoe())
    }

    fn zoe() -> Person {
        Person {
            username: "zoe".to_owned(),
            name: "Zoe".to_owned(),
            email: "zoe@example.com".to_owned(),
            ssh_keys: Vec::new(),
            mode: Mode::Integrated,
            hosts: vec!["quartz".to_owned()],
            accounts: Default::default(),
            aggregates: Vec::new(),
            key: Key::none(),
            secrets: Vec::new(),
            readers: Vec::new(),
            shared: Vec::new(),
            in_the_way: InTheWayChoice::Stop,
            deploy: Default::default(),
            if_failed: Default::default(),
            commit: Default::default(),
        }
    }

    #[test]
    fn an_account_that_is_as_declared_needs_no_words() {
        assert_eq!(told("zoe", 502, "/Users/zoe", "quartz"), None);
        assert_eq!(told("zoe", 501, "/Users/zoe", "basalt"), None, "another machine");
    }

    #[test]
    fn what_differs_is_said_with_both_values_and_the_place() {
        let remark = told("zoe", 501, "/Users/zoe.quartz", "quartz").unwrap();
        assert_eq!(remark.text, "The fleet and this machine do not agree about the account zoe.");
        let place = "modules/machines/darwin/quartz.nix:7".to_owned();
        assert_eq!(
            remark.places,
            [
                (place.clone(), "says uid 502; the account has 501".to_owned()),
                (place, "says home /Users/zoe; the account has /Users/zoe.quartz".to_owned()),
            ]
        );
    }

    #[test]
    fn an_account_that_is_not_there_is_said() {
        let remark = told("ada-nobody-has-this", 501, "/Users/ada", "quartz").unwrap();
        assert_eq!(remark.text, "There is no account zoe on quartz yet.");
        assert!(Path::new(&remark.places[0].0).starts_with("modules"));
    }
}
