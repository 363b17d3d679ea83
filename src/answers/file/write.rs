//! Answers as a file that [`super::read`] reads again. A value that was typed is not in it: it
//! becomes a placeholder for later.

use std::fmt::Write as _;

use crate::activate::InTheWayChoice;
use crate::answers::{
    Account, Accounts, Answers, Commit, Deploy, IfFailed, KeyChoice, Mode, SecretAnswer, SecretFrom,
};

/// The answers given so far, one line each.
pub fn write(answers: &Answers) -> String {
    let mut text = String::from("# Answers for: doorstep onboard --answers FILE\n");
    let mut line = |id: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!("{id}: {value}\n"));
        }
    };
    let list = |items: &Option<Vec<String>>| items.as_deref().map(quoted_list);
    line("username", answers.username.as_deref().map(quoted));
    line("name", answers.name.as_deref().map(quoted));
    line("email", answers.email.as_deref().map(quoted));
    line("ssh_keys", list(&answers.ssh_keys));
    line("mode", answers.mode.map(mode));
    line("hosts", list(&answers.hosts));
    line("accounts", answers.accounts.as_ref().map(accounts));
    line("aggregates", list(&answers.aggregates));
    line("key", answers.key.as_ref().map(key));
    line("key_copy", answers.key_copy.map(|_| "acknowledged".to_owned()));
    line("secrets", answers.secrets.as_deref().map(secrets));
    line("readers", list(&answers.readers));
    line("shared", list(&answers.shared));
    line("in_the_way", answers.in_the_way.map(in_the_way));
    line("deploy", answers.deploy.map(deploy));
    line("if_failed", answers.if_failed.map(if_failed));
    line("commit", answers.commit.as_ref().map(commit));
    text
}

/// A double-quoted scalar. What JSON writes is read alike by YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn quoted_list(items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

fn mode(mode: Mode) -> String {
    match mode {
        Mode::Standalone => "standalone",
        Mode::Integrated => "integrated",
    }
    .to_owned()
}

fn key(key: &KeyChoice) -> String {
    match key {
        KeyChoice::Found => "found".to_owned(),
        KeyChoice::Generate => "generate".to_owned(),
        KeyChoice::FromSsh => "from-ssh".to_owned(),
        KeyChoice::File(path) => format!("{{ file: {} }}", quoted(&path.to_string_lossy())),
        KeyChoice::Public(key) => quoted(key),
    }
}

fn in_the_way(choice: InTheWayChoice) -> String {
    match choice {
        InTheWayChoice::Keep => "keep",
        InTheWayChoice::Stop => "stop",
    }
    .to_owned()
}

fn deploy(deploy: Deploy) -> String {
    match deploy {
        Deploy::Later => "later",
        Deploy::Now => "now",
    }
    .to_owned()
}

fn if_failed(choice: IfFailed) -> String {
    match choice {
        IfFailed::Stop => "stop",
        IfFailed::GoOn => "go_on",
    }
    .to_owned()
}

fn commit(commit: &Commit) -> String {
    match commit {
        Commit::No => "no".to_owned(),
        Commit::One => "one".to_owned(),
        Commit::Branch(name) => format!("{{ branch: {} }}", quoted(name)),
    }
}

fn accounts(accounts: &Accounts) -> String {
    if accounts.is_empty() {
        return "{}".to_owned();
    }
    accounts.iter().fold(String::new(), |mut text, (machine, account)| {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {}: {{ {} }}", quoted(machine), fields(account));
        text
    })
}

fn fields(account: &Account) -> String {
    let said = [
        account.mode.map(|m| format!("mode: {}", mode(m))),
        account.groups.as_deref().map(|groups| format!("groups: {}", quoted_list(groups))),
        account.uid.map(|uid| format!("uid: {uid}")),
        account.shell.as_deref().map(|shell| format!("shell: {}", quoted(shell))),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn secrets(secrets: &[SecretAnswer]) -> String {
    if secrets.is_empty() {
        return "{}".to_owned();
    }
    secrets.iter().fold(String::new(), |mut text, secret| {
        let source = match &secret.from {
            SecretFrom::Given(_) | SecretFrom::Later => "later: true".to_owned(),
            SecretFrom::File(path) => format!("file: {}", quoted(&path.to_string_lossy())),
            SecretFrom::Stdin => "stdin: true".to_owned(),
            SecretFrom::NewEd25519 => "new: ed25519".to_owned(),
            SecretFrom::Kept => "kept: true".to_owned(),
        };
        let path = secret.path.as_ref().map(|path| format!(", path: {}", quoted(path)));
        let mode = secret.mode.as_ref().map(|mode| format!(", mode: {}", quoted(mode)));
        let (path, mode) = (path.unwrap_or_default(), mode.unwrap_or_default());
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {}: {{ {source}{path}{mode} }}", quoted(&secret.name));
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::answers::file::{example, read};
    use crate::answers::{Hidden, KeyCopy};

    fn again(answers: &Answers) -> Answers {
        read(&write(answers), "x.yaml").unwrap().remove(0).answers
    }

    #[test]
    fn what_is_written_is_read_again() {
        let answers = read(&example(), "x").unwrap().remove(0).answers;
        assert_eq!(again(&answers), answers);
        assert_eq!(again(&Answers::default()), Answers::default());
        let none = Answers { secrets: Some(vec![]), hosts: Some(vec![]), ..Answers::default() };
        assert_eq!(again(&none), none);
        assert_eq!(answers.key_copy, Some(KeyCopy::Acknowledged));
    }

    #[test]
    fn what_an_administrator_decides_comes_back() {
        let account = Account {
            mode: Some(Mode::Integrated),
            groups: Some(vec!["networkmanager".into()]),
            uid: Some(1003),
            shell: Some("zsh".into()),
        };
        let accounts =
            Accounts::from([("quartz".into(), account), ("1.0".into(), Account::default())]);
        let answers = Answers {
            accounts: Some(accounts),
            key: Some(KeyChoice::File("~/zoe.pub".into())),
            shared: Some(vec![r"secrets/shared/.*\.yaml$".into()]),
            deploy: Some(Deploy::Now),
            if_failed: Some(IfFailed::GoOn),
            commit: Some(Commit::Branch("add-zoe".into())),
            ..Answers::default()
        };
        assert_eq!(again(&answers), answers);
        let none = Answers { accounts: Some(Accounts::new()), ..Answers::default() };
        assert_eq!(again(&none), none);
    }

    #[test]
    fn a_typed_value_is_not_written() {
        let secret = SecretAnswer {
            name: "token".into(),
            from: SecretFrom::Given(Hidden("ghp_x".to_owned().into())),
            path: Some("~/.t".into()),
            mode: Some("0600".into()),
        };
        let answers = Answers { secrets: Some(vec![secret]), ..Answers::default() };
        let text = write(&answers);
        assert!(!text.contains("ghp_x"));
        let read = again(&answers).secrets.unwrap().remove(0);
        assert_eq!((read.from, read.mode.as_deref()), (SecretFrom::Later, Some("0600")));
    }

    proptest! {
        #[test]
        fn any_name_comes_back(name in "\\PC{1,40}|[\\x20-\\x7e]{1,40}", key in "age1[a-z]{1,9}") {
            let answers = Answers {
                name: Some(name.clone()),
                aggregates: Some(vec![name]),
                key: Some(KeyChoice::Public(key)),
                ..Answers::default()
            };
            prop_assert_eq!(again(&answers), answers);
        }
    }
}
