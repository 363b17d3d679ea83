//! Which secrets the home has, and where their values come from.

use super::choosing::shown;
use super::plain_text::one_line;
use super::{Ask, Context, Question, Reply};
use crate::answers::{Answers, SecretAnswer, SecretFrom};
use crate::key::private;
use crate::problem::Problem;

pub(super) struct Secrets;

impl Question for Secrets {
    fn id(&self) -> &'static str {
        "secrets"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if let Some(because) = &cx.found.no_secrets_file {
            return Ask::Skip { because: because.clone() };
        }
        let nobody = cx.fleet.users.iter().all(|u| u.secrets.is_empty());
        Ask::Secrets {
            label: match cx.subject.is_oneself() {
                true => "Which secrets should be ready for you?".to_owned(),
                false => format!("Which secrets should be ready for {}?", cx.username()),
            },
            note: if nobody { "Nobody in this fleet has secrets yet." } else { "" }.to_owned(),
            help: "Secrets are kept encrypted in the fleet. Everybody who has the fleet sees the \
                   names; only the people named next can open the values."
                .to_owned(),
            suggested: suggested(cx),
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let secrets = match reply {
            Reply::Suggested => suggested(cx),
            Reply::Secrets(secrets) => secrets,
            _ => return Err(Problem::user("Please name the secrets.")),
        };
        for (index, secret) in secrets.iter().enumerate() {
            check(secret)?;
            if secrets[..index].iter().any(|s| s.name == secret.name) {
                return Err(Problem::user(format!("{} is there twice.", secret.name)));
            }
            if secret.from == SecretFrom::Kept && !cx.found.existing_secrets.contains(&secret.name)
            {
                return Err(Problem::user(format!(
                    "{} has no value yet that could be kept.",
                    secret.name
                )));
            }
        }
        if secrets.iter().filter(|s| s.from == SecretFrom::Stdin).count() > 1 {
            return Err(Problem::user("Only one secret can come from standard input."));
        }
        Ok(Answers { secrets: Some(secrets), ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.secrets.clone().map(Reply::Secrets)
    }

    fn told(&self, answers: &Answers) -> String {
        let secrets = answers.secrets.as_deref().unwrap_or_default();
        let later = secrets.iter().filter(|s| s.from == SecretFrom::Later).count();
        match (secrets.len(), later) {
            (0, _) => "none".to_owned(),
            (all, 0) => all.to_string(),
            (all, later) => format!("{all}, {later} for later"),
        }
    }

    fn example(&self) -> &'static str {
        "secrets:                          # left out: the ones most others have\n  \
           ssh-signing-key: { new: ed25519 }\n  \
           github-token: { later: true }   # or file: PATH, or stdin: true (one at most); never the value\n  \
           # deploy-key: { file: ~/deploy.key, path: ~/.ssh/deploy, mode: \"0600\" }"
    }
}

/// What is in the person's file already: a file that is there gets no name more without being asked
/// for. Where there is none, the names that at least half of those who have secrets have, in the
/// order the fleet's people list them.
fn suggested(cx: &Context) -> Vec<SecretAnswer> {
    if let Some(answered) = &cx.answers.secrets {
        return answered.clone();
    }
    if cx.found.no_secrets_file.is_some() {
        return Vec::new();
    }
    let kept = cx.found.existing_secrets.iter().map(|name| secret(name, SecretFrom::Kept));
    let mut all: Vec<_> = kept.collect();
    if !all.is_empty() {
        return all;
    }
    let others = cx.others();
    let owners: Vec<_> = others.iter().filter(|u| !u.secrets.is_empty()).collect();
    let names = owners.iter().flat_map(|u| &u.secrets);
    for name in names {
        let known = all.iter().any(|s| s.name == *name);
        let having = owners.iter().filter(|u| u.secrets.contains(name)).count();
        if !known && 2 * having >= owners.len() && name_fault(name).is_none() {
            all.push(secret(name, usual(cx, name)));
        }
    }
    all
}

/// Where a value comes from when nobody says it.
fn usual(cx: &Context, name: &str) -> SecretFrom {
    match cx.subject.is_oneself() && is_ssh_signing_key(name) {
        true => SecretFrom::NewEd25519,
        false => SecretFrom::Later,
    }
}

/// Every name that somebody else of the fleet has, in the order the fleet's people list them: what
/// there is to choose from.
pub fn names_of_others(cx: &Context) -> Vec<SecretAnswer> {
    let mut all: Vec<SecretAnswer> = Vec::new();
    for name in cx.others().iter().flat_map(|user| &user.secrets) {
        if name_fault(name).is_none() && !all.iter().any(|secret| secret.name == *name) {
            all.push(secret(name, usual(cx, name)));
        }
    }
    all
}

/// User names of those who have a secret of this name.
pub fn owners<'a>(cx: &Context<'a>, name: &str) -> Vec<&'a str> {
    let others = cx.others().into_iter();
    let owners = others.filter(|user| user.secrets.iter().any(|secret| secret == name));
    owners.map(|user| user.name.as_str()).collect()
}

/// What a secret of a well-known name is for. The fleet says nothing about that.
pub fn purpose(name: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        ("github-token", "what git and gh use to act as you on GitHub"),
        ("gitlab-token", "what git and glab use to act as you on GitLab"),
        ("ssh-signing-key", "what git signs your commits with"),
        ("atuin-key", "opens your shell history on all machines"),
    ];
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, purpose)| *purpose)
}

fn secret(name: &str, from: SecretFrom) -> SecretAnswer {
    SecretAnswer { name: name.to_owned(), from, path: None, mode: None }
}

/// A key that git signs with can be made anew for anybody; another ssh key may be known to a
/// server already.
fn is_ssh_signing_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    name.contains("signing-key") && !name.contains("gpg") && !name.contains("pgp")
}

fn check(secret: &SecretAnswer) -> Result<(), Problem> {
    // Names are not encrypted.
    if private::is_in(&secret.name) {
        return Err(Problem::user("That is a private key; it was not kept or shown."));
    }
    let name = shown(&secret.name);
    if let Some(fault) = name_fault(&secret.name) {
        return Err(Problem::user(fault));
    }
    if let Some(path) = &secret.path {
        let path = one_line(path.clone())?;
        let absolute = path.starts_with("~/") || path.starts_with('/');
        if !absolute || path.split('/').any(|part| part == "..") {
            return Err(Problem::user(format!(
                "The path of {name} starts with ~/ or /, and has no .. in it."
            )));
        }
    }
    match &secret.mode {
        Some(mode) if !is_mode(mode) => Err(Problem::user(format!(
            "The mode of {name} is four digits from 0 to 7, such as 0600."
        ))),
        _ => Ok(()),
    }
}

fn is_mode(mode: &str) -> bool {
    (3..=4).contains(&mode.len()) && mode.bytes().all(|b| (b'0'..=b'7').contains(&b))
}

/// Why a name cannot be a secret's: it becomes a key of the encrypted file and a file's name.
fn name_fault(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if !starts || !name.chars().all(allowed) || name.len() > 100 {
        return Some(format!(
            "A secret's name has letters, digits, - _ and a dot, and starts with a letter or a \
             digit: `{}` does not.",
            shown(name)
        ));
    }
    (name == "sops").then(|| "sops is the one name that an encrypted file keeps for itself.".into())
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::super::example::Example;
    use super::*;

    fn refusal(secret: SecretAnswer) -> String {
        let reply = Reply::Secrets(vec![secret]);
        Secrets.accept(&Example::raquel().cx(), reply).unwrap_err().what
    }

    #[test]
    fn what_others_have_is_suggested() {
        let mut example = Example::raquel();
        let names = |example: &Example| -> Vec<_> {
            suggested(&example.cx()).into_iter().map(|s| (s.name, s.from)).collect()
        };
        assert_eq!(
            names(&example),
            [
                ("ssh-signing-key".into(), SecretFrom::NewEd25519),
                ("github-token".into(), SecretFrom::Later),
            ]
        );
        example.found.existing_secrets = vec!["github-token".into()];
        assert_eq!(names(&example), [("github-token".into(), SecretFrom::Kept)]);
        example.found.existing_secrets.clear();
        example.subject = Subject::Somebody(Some("zoe".into()));
        assert_eq!(names(&example)[0], ("ssh-signing-key".into(), SecretFrom::Later));
    }

    #[test]
    fn what_anybody_has_can_be_chosen() {
        let mut example = Example::raquel();
        example.fleet.users[1].secrets.extend(["deploy-key".into(), "a/b".into()]);
        let names: Vec<_> =
            names_of_others(&example.cx()).into_iter().map(|secret| secret.name).collect();
        assert_eq!(names, ["ssh-signing-key", "github-token", "deploy-key"]);
        assert_eq!(owners(&example.cx(), "github-token"), ["crs58", "cameron"]);
        assert_eq!(purpose("deploy-key"), None);
    }

    #[test]
    fn nothing_is_asked_that_no_file_would_hold() {
        let mut example = Example::raquel();
        example.found.no_secrets_file = Some("The layout of this fleet is unknown.".into());
        assert!(matches!(Secrets.ask(&example.cx()), Ask::Skip { .. }));
        let none = Secrets.accept(&example.cx(), Reply::Suggested).unwrap();
        assert_eq!(none.secrets, Some(Vec::new()));
    }

    #[test]
    fn a_name_is_a_key_and_a_file_name() {
        for bad in ["", "a/b", "../x", "-x", "a b", "ä", "a\nb", ".x"] {
            assert!(refusal(secret(bad, SecretFrom::Later)).contains("name has letters"), "{bad}");
        }
        assert!(refusal(secret("sops", SecretFrom::Later)).contains("keeps for itself"));
    }

    #[test]
    fn path_and_mode_are_checked() {
        let with = |path: Option<&str>, mode: Option<&str>| SecretAnswer {
            path: path.map(Into::into),
            mode: mode.map(Into::into),
            ..secret("token", SecretFrom::Later)
        };
        insta::assert_snapshot!(refusal(with(Some("x"), None)), @"The path of token starts with ~/ or /, and has no .. in it.");
        assert!(refusal(with(Some("~/../x"), None)).contains("no .."));
        insta::assert_snapshot!(refusal(with(None, Some("0800"))), @"The mode of token is four digits from 0 to 7, such as 0600.");
        let fine = Reply::Secrets(vec![with(Some("~/.ssh/x"), Some("0600"))]);
        assert!(Secrets.accept(&Example::raquel().cx(), fine).is_ok());
    }

    #[test]
    fn twice_and_two_from_stdin_are_refused() {
        let example = Example::raquel();
        let refuse =
            |secrets| Secrets.accept(&example.cx(), Reply::Secrets(secrets)).unwrap_err().what;
        let twice = vec![secret("a", SecretFrom::Later), secret("a", SecretFrom::Later)];
        assert_eq!(refuse(twice), "a is there twice.");
        let two = vec![secret("a", SecretFrom::Stdin), secret("b", SecretFrom::Stdin)];
        assert_eq!(refuse(two), "Only one secret can come from standard input.");
        assert!(refuse(vec![secret("a", SecretFrom::Kept)]).contains("no value yet"));
    }
}
