use super::*;
use crate::problem::Problem;

fn failed() -> Outcome {
    Outcome::Failed { why: Problem::tool("`clan machines update` ended with exit code 1") }
}

fn summary(steps: Vec<(&'static str, Outcome)>, machines: Ends) -> Summary {
    Summary { steps, outcome: failed(), machines }
}

#[test]
fn machines_after_one_that_failed_are_as_they_were() {
    let because = "`Update slate` was not done".to_owned();
    let steps = vec![
        ("user-module", Outcome::Done),
        ("deploy:slate", failed()),
        ("deploy:marl", Outcome::NotRun { because }),
    ];
    let told = vec![("slate".to_owned(), MachineEnd::Unreachable("no way".to_owned()))];
    assert_eq!(
        ends(&summary(steps, told)),
        [
            ("slate".to_owned(), MachineEnd::Unreachable("no way".to_owned())),
            ("marl".to_owned(), MachineEnd::NotTried("Update slate was not done".to_owned())),
        ]
    );
}

#[test]
fn a_machine_that_is_switched_by_steps_ends_as_they_do() {
    let steps = vec![("deploy:slate", failed()), ("deploy:marl", Outcome::Done)];
    let why = "clan machines update ended with exit code 1".to_owned();
    assert_eq!(
        ends(&summary(steps, Vec::new())),
        [("slate".to_owned(), MachineEnd::Failed(why)), ("marl".to_owned(), MachineEnd::Updated),]
    );
    let steps = vec![("user-module", Outcome::Done)];
    assert!(ends(&summary(steps, Vec::new())).is_empty());
}

#[test]
fn what_was_stopped_is_not_known() {
    let told = ["slate", "marl"].map(|name| (name.to_owned(), MachineEnd::Failed("killed".into())));
    let steps = vec![("deploy:slate+marl", Outcome::Stopped)];
    let ends = ends(&summary(steps, told.to_vec()));
    assert!(ends.iter().all(|(_, end)| end.word() == "unknown"), "{ends:?}");
}
