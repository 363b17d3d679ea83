//! Who puts the home in place: the person, or the machine's administrator with the machine.

use super::{Ask, Choice, Context, Question, Reply, Suggestion, choosing};
use crate::answers::{self, Answers};
use crate::problem::Problem;

pub(super) struct Mode;

/// Ids of the rows; an answers file knows the first two, and says other machines with `hosts`.
const STANDALONE: &str = "standalone";
const INTEGRATED: &str = "integrated";
const OTHER_MACHINES: &str = "other-machines";

const SAME: &str = "The tools and settings are the same. What differs is who applies changes.";

impl Question for Mode {
    fn id(&self) -> &'static str {
        "mode"
    }

    fn ask(&self, cx: &Context) -> Ask {
        let label = match cx.subject.is_oneself() {
            true => format!("Who puts your home in place on {}?", cx.host.name),
            false => format!("Who puts {}'s home in place?", cx.username()),
        };
        let mut options = vec![standalone(cx), integrated(cx)];
        if cx.subject.is_oneself() {
            options.push(other_machines(cx));
        }
        Ask::Pick {
            label,
            note: String::new(),
            help: format!(
                "{SAME} In the fleet's words: by yourself is standalone, together with the \
                 machine is integrated."
            ),
            suggested: Some(suggestion(cx, &options)),
            options,
        }
    }

    fn lead(&self, _cx: &Context) -> String {
        SAME.to_owned()
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let ask = self.ask(cx);
        // For somebody else every machine is another one, and there is one row for them all; in a
        // fleet of one machine the row is off, though an answer may have named that machine.
        let one_row = !cx.subject.is_oneself() || other_machines(cx).off.is_some();
        let reply = match reply {
            Reply::Named(ids) if one_row && ids == [OTHER_MACHINES] => {
                Reply::Named(vec![INTEGRATED.to_owned()])
            }
            reply => reply,
        };
        let id = choosing::one(&ask, &reply, "a way to put a home in place")?.id.as_str();
        let before = cx.answers.clone();
        let here = || Some(cx.machine().map(|m| m.name.clone()).into_iter().collect());
        Ok(match id {
            STANDALONE if cx.subject.is_oneself() => {
                Answers { mode: Some(answers::Mode::Standalone), hosts: here(), ..before }
            }
            STANDALONE => Answers { mode: Some(answers::Mode::Standalone), ..before },
            INTEGRATED if cx.subject.is_oneself() => {
                Answers { mode: Some(answers::Mode::Integrated), hosts: here(), ..before }
            }
            // The machines are still to be chosen. An empty list says so where this machine is
            // none that could stand in.
            _ => {
                let several = |h: &Vec<String>| h.len() > 1 || !cx.subject.is_oneself();
                let chosen = before.hosts.clone().filter(several);
                let closed = integrated(cx).off.is_some();
                Answers {
                    mode: Some(answers::Mode::Integrated),
                    hosts: chosen.or_else(|| closed.then(Vec::new)),
                    ..before
                }
            }
        })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        Some(Reply::Named(vec![
            match given.mode? {
                answers::Mode::Standalone => STANDALONE,
                // With machines named, this one need not be among the fleet's.
                answers::Mode::Integrated if given.hosts.is_none() => INTEGRATED,
                answers::Mode::Integrated => OTHER_MACHINES,
            }
            .to_owned(),
        ]))
    }

    fn told(&self, answers: &Answers) -> String {
        match answers.mode {
            Some(answers::Mode::Standalone) => "by yourself".to_owned(),
            Some(answers::Mode::Integrated) => "together with the machine".to_owned(),
            None => String::new(),
        }
    }

    fn example(&self) -> &'static str {
        "mode: standalone                  # standalone | integrated"
    }
}

fn standalone(cx: &Context) -> Choice {
    let oneself = cx.subject.is_oneself();
    Choice {
        id: STANDALONE.to_owned(),
        label: if oneself { "By yourself, today" } else { "By themselves" }.to_owned(),
        detail: "No administrator is needed.".to_owned(),
        more: "You build and activate it here, and later changes too, with one command. No \
               administrator is needed."
            .to_owned(),
        told: "by yourself".to_owned(),
        facts: vec![(
            "in the fleet",
            format!("\"standalone\", an entry of homeConfigurations for {}", cx.username()),
        )],
        ..Choice::default()
    }
}

fn integrated(cx: &Context) -> Choice {
    let here = &cx.host.name;
    let who = administrator(cx);
    let (detail, more) = match cx.is_admin() {
        true => (
            "You apply it.".to_owned(),
            format!("Your home becomes active when you next update {here}."),
        ),
        false => (
            format!("{who} has to apply it."),
            format!(
                "You prepare everything and hand {who} a note. Your home becomes active when \
                 {who} next updates {here}; later changes work the same way."
            ),
        ),
    };
    let off = match cx.machine() {
        _ if !cx.subject.is_oneself() => None,
        None => Some(format!("{here} is not a machine of this fleet")),
        Some(machine) => cx.found.closed_machines.get(&machine.name).cloned(),
    };
    Choice {
        id: INTEGRATED.to_owned(),
        label: "Together with the machine".to_owned(),
        detail,
        more,
        told: "together with the machine".to_owned(),
        facts: vec![("in the fleet", in_the_fleet(cx))],
        off,
        ..Choice::default()
    }
}

fn in_the_fleet(cx: &Context) -> String {
    let name = cx.username();
    match cx.machine() {
        Some(machine) if cx.subject.is_oneself() => {
            format!("\"integrated\", home-manager.users.{name} in {}", machine.at.file.display())
        }
        _ => format!("\"integrated\", home-manager.users.{name} in the machine's file"),
    }
}

fn other_machines(cx: &Context) -> Choice {
    let others = cx.fleet.machines.iter().filter(|m| m.name != cx.host.name).count();
    Choice {
        id: OTHER_MACHINES.to_owned(),
        label: "On other machines as well".to_owned(),
        detail: "Each one needs its administrator.".to_owned(),
        more: format!(
            "Choose among {} machines. Each one needs its administrator.",
            cx.fleet.machines.len()
        ),
        told: "on other machines as well".to_owned(),
        off: (others == 0).then(|| "this fleet has no other machines".to_owned()),
        ..Choice::default()
    }
}

fn administrator(cx: &Context) -> String {
    cx.machine().and_then(|m| m.admin.clone()).unwrap_or_else(|| "its administrator".to_owned())
}

fn suggestion(cx: &Context, options: &[Choice]) -> Suggestion<usize> {
    let here = &cx.host.name;
    let is_open = options[1].off.is_none();
    match (cx.answers.mode, cx.machine(), cx.is_admin()) {
        (Some(answers::Mode::Standalone), ..) => Suggestion::new(0, ""),
        (Some(answers::Mode::Integrated), ..) => {
            let several = cx.answers.hosts.as_ref().is_none_or(|h| h.len() > 1);
            Suggestion::new(if several && options.len() > 2 { 2 } else { 1 }, "")
        }
        // Which machines it is about, and who may change them, comes next.
        _ if !cx.subject.is_oneself() => Suggestion::new(1, ""),
        (None, None, _) => {
            Suggestion::new(0, format!("Suggested because {here} is not a machine of this fleet."))
        }
        (None, Some(_), true) if !is_open => Suggestion::new(
            0,
            format!("Suggested because the file of {here} cannot be changed safely."),
        ),
        (None, Some(machine), true) => Suggestion::new(1, reason_of_admin(machine)),
        (None, Some(_), false) => Suggestion::new(
            0,
            format!("Suggested because your account is not an administrator of {here}."),
        ),
    }
}

/// "Most people" only where it is so: most of those who are on the machine have their home bound
/// in its file.
fn reason_of_admin(machine: &crate::fleet::Machine) -> String {
    let name = &machine.name;
    let managed = machine.users.iter().filter(|u| u.managed).count();
    if 2 * managed > machine.users.len() {
        format!(
            "Suggested because most people on {name} are set up this way and you may change it."
        )
    } else {
        format!("Suggested because you are an administrator of {name}.")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::super::example::Example;
    use super::*;

    fn suggested(example: &Example) -> (String, String) {
        match Mode.ask(&example.cx()) {
            Ask::Pick { options, suggested: Some(s), .. } => (options[s.value].id.clone(), s.from),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_suggestion_follows_who_may_change_the_machine() {
        let mut example = Example::raquel();
        insta::assert_debug_snapshot!(suggested(&example), @r#"
        (
            "standalone",
            "Suggested because your account is not an administrator of blackphos.",
        )
        "#);
        example.fleet.machines[0].admin = Some("raquel".into());
        insta::assert_debug_snapshot!(suggested(&example), @r#"
        (
            "integrated",
            "Suggested because most people on blackphos are set up this way and you may change it.",
        )
        "#);
        example.host.name = "slate".into();
        insta::assert_debug_snapshot!(suggested(&example), @r#"
        (
            "standalone",
            "Suggested because slate is not a machine of this fleet.",
        )
        "#);
    }

    #[test]
    fn the_choice_settles_or_opens_the_machines() {
        let example = Example::raquel();
        let picked = |index| Mode.accept(&example.cx(), Reply::Picked(index)).unwrap();
        assert_eq!(picked(0).hosts, Some(vec!["blackphos".to_owned()]));
        assert_eq!(picked(0).mode, Some(answers::Mode::Standalone));
        assert_eq!(picked(1).hosts, Some(vec!["blackphos".to_owned()]));
        assert_eq!(picked(2).hosts, None);
        assert_eq!(picked(2).mode, Some(answers::Mode::Integrated));
    }

    #[test]
    fn other_machines_can_be_chosen_where_this_one_is_none() {
        let mut example = Example::raquel();
        example.host.name = "slate".into();
        let answers = Mode.accept(&example.cx(), Reply::Picked(2)).unwrap();
        assert_eq!(answers.hosts, Some(vec![]));
        // It comes back from the answers as what it was.
        let again = Mode.given(&answers).unwrap();
        assert_eq!(Mode.accept(&example.cx(), again), Ok(answers));
    }

    #[test]
    fn together_is_an_answer_in_a_fleet_of_one_machine() {
        let mut example = Example::raquel();
        example.fleet.machines.truncate(1);
        let answers = Mode.accept(&example.cx(), Reply::Picked(1)).unwrap();
        let again = Mode.given(&answers).unwrap();
        assert_eq!(Mode.accept(&example.cx(), again), Ok(answers));
    }

    #[test]
    fn a_closed_machine_leaves_only_by_yourself() {
        let mut example = Example::raquel();
        let why = "users come from mkSystem (line 12)";
        example.found.closed_machines.insert("blackphos".into(), why.into());
        example.fleet.machines[0].admin = Some("raquel".into());
        assert_eq!(suggested(&example).0, "standalone");
        let refusal = Mode.accept(&example.cx(), Reply::Picked(1)).unwrap_err();
        insta::assert_snapshot!(refusal.what, @"Together with the machine is off here: users come from mkSystem (line 12).");
    }

    #[test]
    fn somebody_else_is_not_offered_this_machine_first() {
        let subject = Subject::Somebody(Some("raquel".into()));
        let example = Example { subject, ..Example::raquel() };
        let Ask::Pick { label, options, .. } = Mode.ask(&example.cx()) else { panic!("no list") };
        assert_eq!(label, "Who puts raquel's home in place?");
        assert_eq!(options.len(), 2);
    }
}
