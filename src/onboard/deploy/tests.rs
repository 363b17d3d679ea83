use super::*;
use crate::activate::{InTheWay, InTheWayChoice};

#[derive(Default)]
struct Screen(Vec<String>);

impl Attend for Screen {
    fn event(&mut self, event: Event) {
        if let Event::Checked(checked) = event {
            self.0.push(format!("{}: {}", checked.data["state"], checked.words));
        }
    }

    fn in_the_way(&mut self, _: &[InTheWay]) -> InTheWayChoice {
        InTheWayChoice::Stop
    }

    fn stop(&mut self) -> bool {
        false
    }
}

/// What is told of a run with these steps, in which these lines were heard.
fn told(
    lines: &[(&'static str, &str)],
    steps: Vec<(&'static str, Outcome)>,
) -> (Vec<String>, Told) {
    let mut screen = Screen::default();
    let mut said = Said::default();
    for (step, text) in lines {
        said.hear(step, text);
    }
    let told = said.tell(&Summary { steps, outcome: Outcome::Done }, &mut screen);
    (screen.0, told.unwrap_or_default())
}

fn failed() -> Outcome {
    Outcome::Failed { why: Problem::tool("`clan machines update` ended with exit code 1") }
}

const GROUP: &str = "deploy:slate+shale+marl";

#[test]
fn one_command_of_clan_ends_differently_for_each_machine() {
    let lines = [
        (GROUP, "[slate] building the system configuration..."),
        (GROUP, "[shale] ssh: connect to host shale port 22: No route to host"),
        (GROUP, "[marl] ssh: connect to host marl port 22: Connection timed out"),
        (GROUP, "[shale] failed with error: failed to upload sources"),
        (GROUP, "[onyx] failed with error: of no concern"),
    ];
    let (words, told) = told(&lines, vec![(GROUP, failed())]);
    assert_eq!(
        words,
        [
            "\"updated\": slate is updated.",
            "\"unreachable\": shale is not updated: shale cannot be reached: No route to host.",
            // Once more, and it was there.
            "\"updated\": marl is updated.",
        ]
    );
    assert_eq!(told.sentence(), "slate and marl are updated, shale is not.");
}

#[test]
fn what_clan_does_not_tell_is_not_known() {
    let lines = [(GROUP, "error: attribute 'slate' missing")];
    let (words, told) = told(&lines, vec![(GROUP, failed())]);
    assert!(
        words[0].starts_with("\"unknown\": Whether slate is updated is not known: "),
        "{words:?}"
    );
    assert_eq!(told.sentence(), "slate, shale and marl are not updated.");
}

#[test]
fn machines_after_one_that_failed_are_as_they_were() {
    let because = "`Update slate` was not done".to_owned();
    let steps = vec![
        ("user-module", Outcome::Done),
        ("deploy:slate", failed()),
        ("deploy:marl", Outcome::NotRun { because }),
    ];
    let lines = [("deploy:slate", "nixos-rebuild: error: no space left")];
    let (words, told) = told(&lines, steps);
    assert_eq!(
        words,
        [
            "\"failed\": slate is not updated: clan machines update ended with exit code 1.",
            "\"not_tried\": marl is as it was: `Update slate` was not done.",
        ]
    );
    assert_eq!(told.sentence(), "slate and marl are not updated.");
    assert!(told.updated.is_empty());
}

#[test]
fn a_run_without_updates_tells_nothing_of_machines() {
    let (words, told) = told(&[], vec![("user-module", Outcome::Done)]);
    assert_eq!((words, told), (Vec::new(), Told::default()));
}
