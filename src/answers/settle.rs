//! From given answers to settled ones: what is given goes through the questions' own checks,
//! what is open takes its suggestion, and everything that is wrong or missing is told at once.

use super::file::Given;
use super::{Answers, Mode, SecretAnswer};
use crate::activate::InTheWayChoice;
use crate::problem::Problem;
use crate::question::{Ask, Context, QUESTIONS, Reply};

/// Answers where every question is answered and checked. `key_copy` alone may be `None`, where
/// no key is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub answers: Answers,
    /// Ids of questions that nobody answered: their suggestions were taken.
    pub suggested: Vec<&'static str>,
}

impl Settled {
    pub fn username(&self) -> &str {
        self.answers.username.as_deref().unwrap_or_default()
    }

    pub fn mode(&self) -> Mode {
        self.answers.mode.unwrap_or(Mode::Standalone)
    }

    pub fn hosts(&self) -> &[String] {
        self.answers.hosts.as_deref().unwrap_or_default()
    }

    pub fn secrets(&self) -> &[SecretAnswer] {
        self.answers.secrets.as_deref().unwrap_or_default()
    }

    pub fn in_the_way(&self) -> InTheWayChoice {
        self.answers.in_the_way.unwrap_or_default()
    }
}

/// Settles given answers. `cx.answers` is not looked at. The problem names every answer that is
/// wrong and every one that is missing; a caller that ends with it exits with 2.
pub fn settle(cx: &Context, given: &Given) -> Result<Settled, Problem> {
    // Whether a machine may be chosen at all depends on who puts the home in place there.
    let begun = Answers { accounts: given.answers.accounts.clone(), ..Answers::default() };
    let mut settled = Settled { answers: begun, suggested: Vec::new() };
    let mut wrong: Vec<String> = Vec::new();
    let mut missing: Vec<String> = Vec::new();
    for question in QUESTIONS {
        let cx = cx.with(&settled.answers);
        let id = question.id();
        let reply = question.given(&given.answers);
        let is_given = reply.is_some();
        let ask = question.ask(&cx);
        if reply.is_none() && !ask.is_complete() {
            missing.push(format!("`{id}` {}", question.missing(&cx)));
            continue;
        }
        match question.accept(&cx, reply.unwrap_or(Reply::Suggested)) {
            Ok(answers) => {
                if !is_given && !matches!(ask, Ask::Skip { .. }) {
                    settled.suggested.push(id);
                }
                settled.answers = answers;
            }
            Err(problem) => wrong.push(match given.lines.get(id) {
                Some(line) => format!("line {line}, `{id}`: {}", problem.what),
                None => format!("`{id}`: {}", problem.what),
            }),
        }
    }
    if !wrong.is_empty() {
        return Err(refusal(given, &wrong, &missing));
    }
    if !missing.is_empty() {
        return Err(absence(given, &missing));
    }
    Ok(settled)
}

fn refusal(given: &Given, wrong: &[String], missing: &[String]) -> Problem {
    let (count, verb) = match wrong.len() {
        1 => ("1 answer".to_owned(), "is"),
        n => (format!("{n} answers"), "are"),
    };
    let place = given.file.as_ref().map(|file| format!(" in `{file}`")).unwrap_or_default();
    let mut problem = Problem::user(format!("{count}{place} {verb} refused"));
    for cause in wrong {
        problem = problem.cause(cause);
    }
    if !missing.is_empty() {
        problem = problem.cause(format!("missing as well: {}", missing.join("; ")));
    }
    problem
}

fn absence(given: &Given, missing: &[String]) -> Problem {
    let (count, verb, them) = match missing.len() {
        1 => ("1 answer".to_owned(), "is", "it"),
        n => (format!("{n} answers"), "are", "them"),
    };
    let example = "`doorstep answers` prints an example of every key";
    match &given.file {
        Some(file) => Problem::user(format!("{count} {verb} missing in `{file}`"))
            .cause(missing.join("; "))
            .hint(format!("add {them} to the file; {example}")),
        None => Problem::user(format!("{count} {verb} missing")).cause(missing.join("; ")).hint(
            format!("write {them} to a file and name the file with `--answers FILE`; {example}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::read;
    use super::super::{KeyChoice, KeyCopy};
    use super::*;
    use crate::question::Subject;
    use crate::question::example::{Example, RECIPIENT};

    fn settled(example: &Example, text: &str) -> Result<Settled, String> {
        let given = read(text, "raquel.yaml").unwrap().remove(0);
        settle(&example.cx(), &given).map_err(|p| p.to_string())
    }

    #[test]
    fn what_is_missing_is_told_at_once() {
        let example = Example::raquel();
        insta::assert_snapshot!(settled(&example, "name: R").unwrap_err(), @r"
        error: 2 answers are missing in `raquel.yaml`
        cause: `email` has no suggestion here (git config has none); `key_copy` is needed because `key` is `generate`
        hint: add them to the file; `doorstep answers` prints an example of every key
        ");
        let nothing = settle(&example.cx(), &Given::default()).unwrap_err();
        insta::assert_snapshot!(nothing, @r"
        error: 2 answers are missing
        cause: `email` has no suggestion here (git config has none); `key_copy` is needed because `key` is `generate`
        hint: write them to a file and name the file with `--answers FILE`; `doorstep answers` prints an example of every key
        ");
    }

    #[test]
    fn what_is_wrong_is_told_at_once_with_its_line() {
        let text = "email: raquel.example.com\nkey: age1qqqqq\naggregates: [aggregate-cor]\n";
        insta::assert_snapshot!(settled(&Example::raquel(), text).unwrap_err(), @r"
        error: 3 answers in `raquel.yaml` are refused
        cause: line 1, `email`: An email address has an @ in it, like raquel@example.com
        cause: line 3, `aggregates`: `aggregate-cor` is not a feature set of this fleet. Did you mean aggregate-core?
        cause: line 2, `key`: This key has a wrong or missing character (62 expected, 9 found). Please copy it again.
        ");
    }

    #[test]
    fn suggestions_fill_what_is_open_and_are_told() {
        let text = "email: r@example.com\nkey_copy: acknowledged\n";
        let settled = settled(&Example::raquel(), text).unwrap();
        let answers = &settled.answers;
        assert_eq!(
            settled.suggested,
            ["name", "mode", "aggregates", "key", "secrets", "readers", "in_the_way"]
        );
        assert_eq!(answers.name.as_deref(), Some("Raquel"));
        assert_eq!(answers.key, Some(KeyChoice::Generate));
        assert_eq!(answers.key_copy, Some(KeyCopy::Acknowledged));
        assert_eq!(settled.hosts(), ["blackphos"]);
        assert_eq!(settled.in_the_way(), InTheWayChoice::Stop);
        let json = serde_json::to_value(answers).unwrap();
        assert!(json.as_object().unwrap().values().all(|v| !v.is_null()));
    }

    #[test]
    fn the_whole_example_is_settled_as_it_says() {
        let text = super::super::file::example();
        let settled = settled(&Example::raquel(), &text).unwrap();
        assert!(settled.suggested.is_empty());
        assert_eq!(settled.answers, read(&text, "x").unwrap()[0].answers);
    }

    #[test]
    fn somebody_elses_key_is_asked_for() {
        let subject = Subject::Somebody(Some("zoe".into()));
        let example = Example { subject, ..Example::raquel() };
        let text = "username: zoe\nname: Zoe\nemail: zoe@example.com\nmode: integrated\n";
        insta::assert_snapshot!(settled(&example, text).unwrap_err(), @r"
        error: 2 answers are missing in `raquel.yaml`
        cause: `hosts` has no suggestion for somebody else; `key` is needed: zoe's public key
        hint: add them to the file; `doorstep answers` prints an example of every key
        ");
        let text = format!("{text}hosts: [blackphos, cinnabar]\nkey: {RECIPIENT}\n");
        let settled = settled(&example, &text).unwrap();
        assert_eq!(settled.hosts(), ["blackphos", "cinnabar"]);
        assert_eq!(settled.mode(), Mode::Integrated);
    }

    #[test]
    fn the_subject_follows_the_name() {
        let example = Example::raquel();
        let named = |name: &str| Answers { username: Some(name.into()), ..Answers::default() };
        let of = |answers: &Answers, user| Subject::of(&example.host, answers, user);
        assert_eq!(of(&named("raquel"), None), Subject::Account);
        assert_eq!(of(&Answers::default(), None), Subject::Account);
        assert_eq!(of(&named("zoe"), None), Subject::Somebody(Some("zoe".into())));
        assert_eq!(of(&named("zoe"), Some("zoe")), Subject::As("zoe".into()));
    }
}
