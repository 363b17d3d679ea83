//! Which shared files somebody may read as well: none unless it is said, rule by rule.

use super::{Ask, Choice, Context, Question, Reply, SharedRule, choosing};
use crate::answers::{Answers, KeyChoice};
use crate::problem::Problem;

pub(super) struct Shared;

/// How many files a row names.
const MOST_FILES: usize = 3;

impl Question for Shared {
    fn id(&self) -> &'static str {
        "shared"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if cx.subject.is_oneself() {
            let because = "Who reads a shared file already lets others into it.";
            return Ask::Skip { because: because.to_owned() };
        }
        let options = options(cx);
        if options.is_empty() {
            let because = "The people of this fleet share no encrypted files.";
            return Ask::Skip { because: because.to_owned() };
        }
        Ask::PickMany {
            label: format!("Which shared files can {} open as well?", cx.username()),
            note: note(cx, &options),
            help: "Each line is a rule of .sops.yaml. Whoever joins it can read every value in \
                   its files, now and later. Nothing is chosen for you."
                .to_owned(),
            complete: true,
            brief: true,
            options,
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        // A file stands for the rule that it is under.
        let reply = match reply {
            Reply::Named(names) => Reply::Named(names.iter().map(|name| meant(cx, name)).collect()),
            reply => reply,
        };
        // What a run that was stopped has done already is asked for once more.
        let asked = match &reply {
            Reply::Named(ids) => Answers { shared: Some(ids.clone()), ..cx.answers.clone() },
            _ => cx.answers.clone(),
        };
        let options = options(&cx.with(&asked));
        let chosen = choosing::many(&options, &reply, "a shared file or rule of .sops.yaml")?
            .iter()
            .map(|choice| choice.id.clone())
            .collect();
        Ok(Answers { shared: Some(chosen), ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.shared.clone().map(Reply::Named)
    }

    fn told(&self, answers: &Answers) -> String {
        match answers.shared.as_deref().unwrap_or_default() {
            [] => "no shared files".to_owned(),
            ids => ids.join(", "),
        }
    }

    fn example(&self) -> &'static str {
        "shared: []                        # shared files somebody else may read, or path_regex of rules; none unless said"
    }
}

fn meant(cx: &Context, name: &str) -> String {
    let rule = cx.found.shared.iter().find(|rule| rule.is_meant(name));
    rule.map_or(name, SharedRule::id).to_owned()
}

fn options(cx: &Context) -> Vec<Choice> {
    let chosen = cx.answers.shared.as_deref().unwrap_or_default();
    let one = |rule: &SharedRule| {
        let readers = rule.readers.join(", ");
        Choice {
            id: rule.id().to_owned(),
            label: label(rule),
            detail: detail(rule, &readers),
            more: more(rule),
            facts: vec![
                ("files", rule.files.join(", ")),
                ("read by", readers),
                ("rule", format!(".sops.yaml:{}", rule.line)),
                ("locked", rule.locked.join(", ")),
            ],
            told: label(rule),
            chosen: chosen.iter().any(|id| rule.is_meant(id)),
            off: rule.closed.clone().or_else(|| reads_already(cx, rule)),
            asks: None,
        }
    };
    cx.found.shared.iter().map(one).collect()
}

fn label(rule: &SharedRule) -> String {
    match rule.files.as_slice() {
        [one] => one.clone(),
        files => format!("{} files of {}", files.len(), rule.id()),
    }
}

fn detail(rule: &SharedRule, readers: &str) -> String {
    let files = match rule.files.as_slice() {
        [_] => String::new(),
        files if files.len() <= MOST_FILES => format!("They are {}. ", files.join(", ")),
        files => {
            let more = files.len() - MOST_FILES;
            format!("They are {} and {more} more. ", files[..MOST_FILES].join(", "))
        }
    };
    format!("{files}Read by {readers}.{}", locked(rule))
}

/// What is known of files that no key here opens as it is.
fn locked(rule: &SharedRule) -> String {
    let which = match (rule.locked.len(), rule.files.len()) {
        (0, _) => return String::new(),
        (locked, all) if locked == all => "it".to_owned(),
        (locked, all) => format!("{locked} of {all}"),
    };
    match rule.unsure.as_slice() {
        [] => format!(" Your key does not open {which}."),
        unsure => {
            format!(" Of the keys here only that of {} may open {which}.", unsure.join(" or "))
        }
    }
}

fn more(rule: &SharedRule) -> String {
    if rule.locked.is_empty() {
        return String::new();
    }
    let unless = if rule.unsure.is_empty() { "" } else { "unless a key here does, " };
    format!(
        "The rule is changed; {unless}somebody whose key opens {} encrypts it again.",
        rule.locked.join(", ")
    )
}

/// Why a rule that lists the person's key already cannot be turned off here.
fn reads_already(cx: &Context, rule: &SharedRule) -> Option<String> {
    let Some(KeyChoice::Public(key)) = &cx.answers.key else { return None };
    let asked = cx.answers.shared.iter().flatten().any(|id| rule.is_meant(id));
    let reads = rule.recipients.iter().any(|recipient| recipient == key);
    (reads && !asked).then(|| format!("{} reads it already", cx.username()))
}

fn note(cx: &Context, options: &[Choice]) -> String {
    let named = |choices: Vec<&Choice>| {
        choices.iter().map(|c| c.label.as_str()).collect::<Vec<_>>().join("; ")
    };
    let chosen: Vec<&Choice> = options.iter().filter(|c| c.chosen).collect();
    match chosen.is_empty() {
        false => format!("Now: {}.", named(chosen)),
        true => {
            let count = match options.len() {
                1 => "1 can be chosen".to_owned(),
                n => format!("{n} can be chosen"),
            };
            let others =
                if cx.answers.shared.is_some() { "Now: none." } else { "None unless you say so." };
            format!("{others} {count}.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{Example, RECIPIENT};
    use super::super::{Subject, question};
    use super::*;

    fn rule(files: &[&str], readers: &[&str]) -> SharedRule {
        SharedRule {
            pattern: Some(r"secrets/shared/.*\.yaml$".into()),
            line: 12,
            files: files.iter().map(|f| (*f).to_owned()).collect(),
            readers: readers.iter().map(|r| (*r).to_owned()).collect(),
            ..SharedRule::default()
        }
    }

    fn example() -> Example {
        let mut example =
            Example { subject: Subject::Somebody(Some("raquel".into())), ..Example::raquel() };
        let wifi = SharedRule {
            pattern: Some(r"secrets/wifi\.yaml$".into()),
            ..rule(&["secrets/wifi.yaml"], &["crs58", "cameron"])
        };
        let four = ["a", "b", "c", "d"].map(|name| format!("secrets/shared/{name}.yaml"));
        let four: Vec<&str> = four.iter().map(String::as_str).collect();
        example.found.shared = vec![wifi, rule(&four, &["crs58"])];
        example
    }

    fn shared(example: &Example, reply: Reply) -> Result<Vec<String>, String> {
        let accepted = Shared.accept(&example.cx(), reply);
        accepted.map(|answers| answers.shared.unwrap()).map_err(|problem| problem.what)
    }

    #[test]
    fn nothing_is_shared_until_it_is_chosen() {
        let example = example();
        assert_eq!(shared(&example, Reply::Suggested).unwrap(), Vec::<String>::new());
        let Ask::PickMany { note, complete, options, .. } = Shared.ask(&example.cx()) else {
            panic!("no list")
        };
        assert_eq!(note, "None unless you say so. 2 can be chosen.");
        assert!(complete && options.iter().all(|c| !c.chosen));
    }

    #[test]
    fn each_rule_says_what_becomes_readable_and_by_whom_it_is_read() {
        let options = options(&example().cx());
        assert_eq!(options[0].label, "secrets/wifi.yaml");
        assert_eq!(options[0].detail, "Read by crs58, cameron.");
        assert_eq!(options[1].label, r"4 files of secrets/shared/.*\.yaml$");
        insta::assert_snapshot!(options[1].detail, @"They are secrets/shared/a.yaml, secrets/shared/b.yaml, secrets/shared/c.yaml and 1 more. Read by crs58.");
    }

    #[test]
    fn a_file_stands_for_its_rule() {
        let example = example();
        let named = |name: &str| shared(&example, Reply::Named(vec![name.into()]));
        let four = vec![r"secrets/shared/.*\.yaml$".to_owned()];
        assert_eq!(named("secrets/shared/c.yaml"), Ok(four.clone()));
        assert_eq!(named(r"secrets/shared/.*\.yaml$"), Ok(four));
        assert_eq!(named("secrets/wifi.yaml"), Ok(vec!["secrets/wifi.yaml".to_owned()]));
        insta::assert_snapshot!(named("secrets/wify.yaml").unwrap_err(), @r"`secrets/wify.yaml` is not a shared file or rule of .sops.yaml. Did you mean secrets/wifi.yaml?");
    }

    #[test]
    fn what_the_key_here_does_not_open_is_said_beforehand() {
        let mut example = example();
        example.found.shared[0].locked = vec!["secrets/wifi.yaml".into()];
        let options = options(&example.cx());
        assert!(options[0].detail.ends_with("Your key does not open it."));
        assert!(options[0].more.contains("somebody whose key opens secrets/wifi.yaml"));
    }

    #[test]
    fn what_a_key_may_open_that_is_closed_itself_is_left_open() {
        let mut example = example();
        example.found.shared[0].locked = vec!["secrets/wifi.yaml".into()];
        example.found.shared[0].unsure = vec!["~/.ssh/id_ed25519 (it has a passphrase)".into()];
        let options = options(&example.cx());
        insta::assert_snapshot!(options[0].detail, @"Read by crs58, cameron. Of the keys here only that of ~/.ssh/id_ed25519 (it has a passphrase) may open it.");
        insta::assert_snapshot!(options[0].more, @"The rule is changed; unless a key here does, somebody whose key opens secrets/wifi.yaml encrypts it again.");
    }

    #[test]
    fn rules_that_cannot_be_joined_say_why() {
        let mut example = example();
        example.found.shared[0].closed = Some("it takes a key from each of 2 groups".into());
        let refusal = shared(&example, Reply::Many(vec![0])).unwrap_err();
        assert_eq!(refusal, "secrets/wifi.yaml is off here: it takes a key from each of 2 groups.");
    }

    #[test]
    fn a_rule_that_has_the_key_is_told_and_still_given_again() {
        let mut example = example();
        example.found.shared[0].recipients = vec![RECIPIENT.into()];
        example.answers.key = Some(KeyChoice::Public(RECIPIENT.into()));
        let ask = options(&example.cx());
        assert_eq!(ask[0].off.as_deref(), Some("raquel reads it already"));
        // The answer of a run that was stopped after it had changed the rule.
        let answers =
            Answers { shared: Some(vec!["secrets/wifi.yaml".into()]), ..Answers::default() };
        let given = question("shared").unwrap().given(&answers).unwrap();
        assert_eq!(shared(&example, given).unwrap(), ["secrets/wifi.yaml"]);
    }

    #[test]
    fn nobody_lets_themselves_in() {
        assert!(matches!(Shared.ask(&Example::raquel().cx()), Ask::Skip { .. }));
    }
}
