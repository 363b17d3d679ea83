use super::super::Subject;
use super::super::example::Example;
use super::*;
use crate::fleet::MachineUser;

/// crs58 adds raquel to a Mac where accounts have numbers and to a server where cameron has groups.
pub(super) fn example() -> Example {
    let mut example =
        Example { subject: Subject::Somebody(Some("raquel".into())), ..Example::raquel() };
    example.host.account.name = "crs58".into();
    example.answers.mode = Some(Mode::Integrated);
    example.answers.hosts = Some(vec!["blackphos".into(), "cinnabar".into()]);
    on(&mut example, "blackphos").uid = Some(501);
    let cameron = on(&mut example, "cinnabar");
    cameron.groups = vec!["wheel".into(), "networkmanager".into(), "docker".into()];
    cameron.shell = Some("zsh".into());
    example
}

/// The first person on a machine.
pub(super) fn on<'e>(example: &'e mut Example, machine: &str) -> &'e mut MachineUser {
    let machine = example.fleet.machines.iter_mut().find(|m| m.name == machine).unwrap();
    &mut machine.users[0]
}

fn accept(example: &Example, accounts: &[(&str, Account)]) -> Result<answers::Accounts, String> {
    let accounts = accounts.iter().map(|(name, account)| ((*name).to_owned(), account.clone()));
    let accepted = Accounts.accept(&example.cx(), Reply::Accounts(accounts.collect()));
    accepted.map(|answers| answers.accounts.unwrap()).map_err(|problem| problem.what)
}

fn groups(names: &[&str]) -> Account {
    let groups = names.iter().map(|name| (*name).to_owned()).collect();
    Account { groups: Some(groups), ..Account::default() }
}

fn uid(uid: u32) -> Account {
    Account { uid: Some(uid), ..Account::default() }
}

fn shell(name: &str) -> Account {
    Account { shell: Some(name.to_owned()), ..Account::default() }
}

#[test]
fn a_neighbours_account_is_copied_without_rights() {
    let accounts = accept(&example(), &[]).unwrap();
    assert_eq!(accounts["cinnabar"], groups(&["networkmanager"]));
    assert_eq!(accounts["blackphos"], uid(502));
}

#[test]
fn groups_of_a_mac_are_not_suggested() {
    let mut example = example();
    // As an instance of clan's gives them, on whichever machine.
    on(&mut example, "blackphos").groups = vec!["video".into()];
    assert_eq!(accept(&example, &[]).unwrap()["blackphos"], uid(502));
    // What is suggested can be taken.
    example.answers = Accounts.accept(&example.cx(), Reply::Suggested).unwrap();
    assert!(Accounts.accept(&example.cx(), Reply::Suggested).is_ok());
}

#[test]
fn a_machine_that_is_left_alone_says_so_and_may_be_done_by_hand() {
    let mut example = example();
    let why = "its users come from mkSystem (line 12); only standalone, or by hand";
    example.found.closed_machines.insert("cinnabar".into(), why.into());
    let row = account_on(&example.cx(), example.fleet.machine("cinnabar").unwrap());
    assert_eq!(row.account, why);
    let integrated = Account { mode: Some(Mode::Integrated), ..Account::default() };
    assert!(accept(&example, &[("cinnabar", integrated)]).is_ok());
}

#[test]
fn wheel_is_given_where_it_is_written() {
    let example = example();
    let accounts = accept(&example, &[("cinnabar", groups(&["wheel"]))]).unwrap();
    assert_eq!(accounts["cinnabar"], groups(&["wheel"]));
    let mut example = example;
    example.answers.accounts = Some(accounts);
    let cinnabar = example.fleet.machine("cinnabar").unwrap();
    assert_eq!(account_on(&example.cx(), cinnabar).rights, "wheel: may become root");
}

#[test]
fn a_row_says_where_everything_comes_from() {
    let example = example();
    let row = |name: &str| account_on(&example.cx(), example.fleet.machine(name).unwrap());
    let cinnabar = row("cinnabar");
    assert_eq!(cinnabar.rights, "without wheel: no sudo. cameron has wheel.");
    assert_eq!(cinnabar.shell_from, "as cameron's");
    assert_eq!(cinnabar.deploy, "clan machines update cinnabar");
    assert_eq!(cinnabar.account, "beside cameron's");
    assert_eq!(cinnabar.place, "modules/machines/nixos/cinnabar.nix:1");
    let blackphos = row("blackphos");
    assert_eq!(blackphos.uid_from, "the next free one in the fleet");
    assert_eq!(blackphos.reach, "this machine");
}

#[test]
fn what_is_said_of_all_is_said_of_each_that_can_have_it() {
    let all = Account { shell: Some("fish".into()), ..groups(&["audio"]) };
    let accounts = accept(&example(), &[("all", all), ("cinnabar", shell("zsh"))]).unwrap();
    assert_eq!(accounts["cinnabar"], Account { shell: Some("zsh".into()), ..groups(&["audio"]) });
    assert_eq!(accounts["blackphos"], Account { shell: Some("fish".into()), ..uid(502) });
    assert!(!accounts.contains_key("all"));
}

#[test]
fn machines_are_the_chosen_ones() {
    let refusal = |name: &str| accept(&example(), &[(name, uid(600))]).unwrap_err();
    insta::assert_snapshot!(refusal("cinabar"), @"`cinabar` is not one of the chosen machines. Did you mean cinnabar?");
    insta::assert_snapshot!(refusal("electrum"), @"`electrum` is not one of the chosen machines. Chosen are blackphos, cinnabar.");
}

#[test]
fn numbers_of_others_and_of_the_system_are_refused() {
    let refusal =
        |machine: &str, number| accept(&example(), &[(machine, uid(number))]).unwrap_err();
    insta::assert_snapshot!(refusal("blackphos", 501), @"uid 501 is crs58's on blackphos (modules/machines/darwin/blackphos.nix:1). 502 is free.");
    insta::assert_snapshot!(refusal("cinnabar", 500), @"The number of a person's account on cinnabar is from 1000 to 29999.");
    assert!(refusal("blackphos", 0).contains("from 501"));
    assert!(refusal("cinnabar", u32::MAX).contains("to 29999"));
}

#[test]
fn an_account_that_is_there_keeps_its_number() {
    let mut example = example();
    example.subject = Subject::Somebody(Some("cameron".into()));
    on(&mut example, "cinnabar").uid = Some(1000);
    let refusal = accept(&example, &[("cinnabar", uid(1001))]).unwrap_err();
    insta::assert_snapshot!(refusal, @"cameron has uid 1000 on cinnabar already (modules/machines/nixos/cinnabar.nix:1).");
    let row = account_on(&example.cx(), example.fleet.machine("cinnabar").unwrap());
    assert_eq!(row.account, "there already");
    assert_eq!((row.there, row.uid), (true, Some(1000)));
    assert_eq!(accept(&example, &[]).unwrap().get("cinnabar"), None);
}

#[test]
fn hostile_names_are_refused() {
    let example = example();
    for bad in ["", "a b", "${x}", "Wheel", "-x", "a\"b", "a;b", "\u{1b}[31m", "1a", "ä"] {
        let refusal = accept(&example, &[("cinnabar", groups(&[bad]))]).unwrap_err();
        assert!(refusal.starts_with("A group has a to z"), "{bad}: {refusal}");
        assert!(!refusal.contains('\u{1b}'));
    }
    let twice = accept(&example, &[("cinnabar", groups(&["audio", "audio"]))]).unwrap_err();
    assert_eq!(twice, "The group audio is there twice.");
    let mac = accept(&example, &[("blackphos", groups(&["audio"]))]).unwrap_err();
    insta::assert_snapshot!(mac, @"blackphos is a Mac, where groups of accounts are not for the fleet to set.");
    for bad in ["", "a b", "$(x)", "\"", "../zsh", "zsh;", "\n"] {
        let refusal = accept(&example, &[("cinnabar", shell(bad))]).unwrap_err();
        assert!(refusal.starts_with("A shell is the name of a package"), "{bad}: {refusal}");
    }
    let path = accept(&example, &[("cinnabar", shell("/bin/zsh"))]).unwrap_err();
    assert!(path.ends_with("Did you mean zsh?"), "{path}");
}

#[test]
fn homes_by_oneself_are_for_one_kind_of_system() {
    let alone = Account { mode: Some(Mode::Standalone), ..Account::default() };
    let one = accept(&example(), &[("cinnabar", alone.clone())]).unwrap();
    assert_eq!(one["cinnabar"].mode, Some(Mode::Standalone));
    let refusal = accept(&example(), &[("all", alone)]).unwrap_err();
    insta::assert_snapshot!(refusal, @"A home configuration is for one kind of system, and blackphos and cinnabar are of two. Choose integrated for one of them.");
}

#[test]
fn nobody_is_asked_about_their_own_account() {
    assert!(matches!(Accounts.ask(&Example::raquel().cx()), Ask::Skip { .. }));
    let answers = Accounts.accept(&Example::raquel().cx(), Reply::Suggested).unwrap();
    assert_eq!(answers.accounts, Some(answers::Accounts::new()));
}

#[test]
fn what_was_said_of_a_machine_goes_with_it() {
    let mut example = example();
    let said = [("cinnabar", groups(&["audio"])), ("blackphos", uid(600))];
    let accounts = accept(&example, &said).unwrap();
    example.answers.hosts = Some(vec!["blackphos".into()]);
    let left = Accounts.carried(&example.cx(), Reply::Accounts(accounts));
    assert_eq!(left, Reply::Accounts([("blackphos".to_owned(), uid(600))].into()));
}
