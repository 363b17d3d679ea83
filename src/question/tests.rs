use std::collections::BTreeSet;
use std::path::Path;

use super::example::Example;
use super::*;

#[test]
fn ids_are_unique_and_name_file_and_answer() {
    let ids: BTreeSet<_> = QUESTIONS.iter().map(|q| q.id()).collect();
    assert_eq!(ids.len(), QUESTIONS.len());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/question");
    for id in &ids {
        assert!(folder.join(format!("{id}.rs")).is_file(), "{id} has no file");
        assert_eq!(question(id).map(Question::id), Some(*id));
    }
    let answers = serde_json::to_value(Answers::default()).unwrap();
    let keys: BTreeSet<_> = answers.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ids);
}

#[test]
fn every_example_line_starts_with_its_id() {
    for question in QUESTIONS {
        assert!(question.example().starts_with(&format!("{}:", question.id())));
    }
}

#[test]
fn what_is_suggested_is_accepted_and_given_again() {
    let mut example = Example::raquel();
    example.found.git_email = Some("raquel@example.com".into());
    for question in QUESTIONS {
        let ask = question.ask(&example.cx());
        let reply = if ask.is_complete() { Reply::Suggested } else { Reply::Yes };
        example.answers = question.accept(&example.cx(), reply).unwrap();
        let given = question.given(&example.answers);
        let reply = given.unwrap_or_else(|| panic!("{} is not given", question.id()));
        assert_eq!(question.accept(&example.cx(), reply).as_ref(), Ok(&example.answers));
        assert!(!question.told(&example.answers).is_empty(), "{}", question.id());
    }
}

#[test]
fn answering_again_suggests_the_answer() {
    let mut example = Example::raquel();
    example.answers = Answers {
        name: Some("R".into()),
        mode: Some(crate::answers::Mode::Integrated),
        hosts: Some(vec!["blackphos".into()]),
        aggregates: Some(vec!["aggregate-ai".into()]),
        readers: Some(vec![]),
        key: Some(crate::answers::KeyChoice::FromSsh),
        ..Answers::default()
    };
    for id in ["name", "mode", "hosts", "aggregates", "key", "readers"] {
        let again = question(id).unwrap().accept(&example.cx(), Reply::Suggested);
        assert_eq!(again.as_ref(), Ok(&example.answers), "{id}");
    }
}

mod any_text {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// No text makes a question panic, and a refusal never repeats a private key.
        #[test]
        fn is_answered_without_panic(text in "\\PC{0,40}|[a-zA-Z0-9@./$ \\x00-\\x1f-]{0,40}", index in 0..9usize) {
            let mut example = Example::raquel();
            example.subject = Subject::Somebody(None);
            for question in QUESTIONS {
                let private = format!("AGE-SECRET-KEY-1{text}");
                let replies = [
                    Reply::Text(text.clone()),
                    Reply::Named(vec![text.clone()]),
                    Reply::Many(vec![index]),
                    Reply::Picked(index),
                    Reply::Suggested,
                    Reply::No,
                ];
                for reply in replies {
                    let _ = question.accept(&example.cx(), reply);
                }
                if ["key", "ssh_keys"].contains(&question.id())
                    && let Err(problem) = question.accept(&example.cx(), Reply::Text(private.clone()))
                {
                    prop_assert!(!problem.to_string().contains(&private));
                }
            }
        }
    }
}
