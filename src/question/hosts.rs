//! On which machines the home is.

use super::{Ask, Choice, Context, Question, Reply, choosing};
use crate::answers::{Answers, Mode};
use crate::fleet::{Machine, Place, Platform};
use crate::problem::Problem;

pub(super) struct Hosts;

impl Question for Hosts {
    fn id(&self) -> &'static str {
        "hosts"
    }

    fn ask(&self, cx: &Context) -> Ask {
        let here = std::slice::from_ref(&cx.host.name);
        let only_here = cx.subject.is_oneself() && cx.answers.hosts.as_deref() == Some(here);
        match cx.answers.mode {
            Some(Mode::Standalone) => Ask::Skip {
                because: match cx.subject.is_oneself() {
                    true => "By yourself means: on the machine you sit at.".to_owned(),
                    false => "By themselves means: on the machine they sit at.".to_owned(),
                },
            },
            Some(Mode::Integrated) if only_here => {
                Ask::Skip { because: format!("Together with {}.", cx.host.name) }
            }
            _ => self.list(cx),
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let standalone = cx.answers.mode == Some(Mode::Standalone);
        let options = options(cx);
        let chosen: Vec<String> = match (&reply, &cx.answers.hosts) {
            (Reply::Suggested, Some(hosts)) => hosts.clone(),
            (Reply::Suggested, None) if standalone => {
                cx.machine().map(|m| m.name.clone()).into_iter().collect()
            }
            _ => choosing::many(&options, &reply, "a machine of this fleet")?
                .iter()
                .map(|c| c.id.clone())
                .collect(),
        };
        match (standalone, chosen.len()) {
            (true, 2..) => Err(Problem::user(
                "By yourself works on one machine at a time; several need mode integrated.",
            )),
            (false, 0) => Err(Problem::user("Choose at least one machine, or By yourself.")),
            _ => Ok(Answers { hosts: Some(chosen), ..cx.answers.clone() }),
        }
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        // Choosing other machines begins with none; that is no answer yet.
        let begun = |hosts: &Vec<String>| hosts.is_empty() && given.mode == Some(Mode::Integrated);
        given.hosts.clone().filter(|hosts| !begun(hosts)).map(Reply::Named)
    }

    fn told(&self, answers: &Answers) -> String {
        answers.hosts.as_deref().unwrap_or_default().join(", ")
    }

    fn missing(&self, cx: &Context) -> String {
        match cx.subject.is_oneself() {
            true => format!("is needed: {} is not a machine of this fleet", cx.host.name),
            false => "has no suggestion for somebody else".to_owned(),
        }
    }

    fn example(&self) -> &'static str {
        "hosts: [blackphos]                # machines of the fleet"
    }
}

impl Hosts {
    fn list(&self, cx: &Context) -> Ask {
        let options = options(cx);
        let label = match cx.subject.is_oneself() {
            true => "On which machines do you get a home?".to_owned(),
            false => format!("On which machines does {} get a home?", cx.username()),
        };
        Ask::PickMany {
            label,
            note: String::new(),
            help: "Each machine puts the home in place when its administrator next updates it."
                .to_owned(),
            complete: options.iter().any(|c| c.chosen),
            brief: false,
            options,
        }
    }
}

fn options(cx: &Context) -> Vec<Choice> {
    let oneself = cx.subject.is_oneself();
    let ticked = |machine: &Machine| match &cx.answers.hosts {
        Some(hosts) => hosts.contains(&machine.name),
        None => oneself && machine.name == cx.host.name,
    };
    // Standing alone changes no machine's file, so a closed one is as good as any.
    let standalone = cx.answers.mode == Some(Mode::Standalone);
    cx.fleet
        .machines
        .iter()
        .map(|machine| {
            let off = cx.found.closed_machines.get(&machine.name).filter(|_| !standalone).cloned();
            Choice {
                id: machine.name.clone(),
                label: machine.name.clone(),
                detail: describe(machine),
                facts: facts(cx, machine),
                told: machine.name.clone(),
                chosen: off.is_none() && ticked(machine),
                off,
                ..Choice::default()
            }
        })
        .collect()
}

fn platform(machine: &Machine) -> &'static str {
    match machine.platform {
        Platform::Darwin => "macOS",
        Platform::Nixos => "NixOS",
    }
}

fn people(machine: &Machine) -> Vec<&str> {
    machine.users.iter().map(|user| user.name.text()).collect()
}

fn facts(cx: &Context, machine: &Machine) -> Vec<(&'static str, String)> {
    let processor = machine.system.as_deref().and_then(|system| system.split('-').next());
    let processor = match processor {
        Some("aarch64") => "  arm64",
        Some("x86_64") => "  x86_64",
        _ => "",
    };
    let name = cx.username();
    let known = machine.users.iter().find(|user| user.name.text() == name);
    let place = |at: &Place| format!("{}:{}", at.file.display(), at.line);
    let account = match known {
        Some(user) => {
            let uid = user.uid.map(|uid| format!(", uid {uid}")).unwrap_or_default();
            format!("there already{uid}, {}", place(&user.at))
        }
        None => "none yet; written beside the others', where this file has them".to_owned(),
    };
    let groups = match known {
        Some(_) => "as they are",
        None => "none: rights are for the administrator to give",
    };
    let deploy = match (&machine.deploy, &machine.admin) {
        (Some(deploy), Some(admin)) => format!("{deploy}, by {admin}"),
        (Some(deploy), None) => deploy.clone(),
        (None, Some(admin)) => format!("by {admin}"),
        (None, None) => "the fleet does not say how".to_owned(),
    };
    vec![
        ("system", format!("{}{processor}", platform(machine))),
        ("people", people(machine).join(", ")),
        ("Account", account),
        ("Groups", groups.to_owned()),
        ("Deploy", deploy),
        ("File", place(&machine.at)),
    ]
}

fn describe(machine: &Machine) -> String {
    let platform = platform(machine);
    let people = people(machine);
    let people = match people.len() {
        0 => "Nobody is on it now.".to_owned(),
        _ => format!("On it now: {}.", people.join(", ")),
    };
    match &machine.deploy {
        Some(deploy) => format!("{platform}. {people} Updated by {deploy}."),
        None => format!("{platform}. {people}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::super::example::Example;
    use super::*;

    fn integrated(mut example: Example) -> Example {
        example.answers.mode = Some(Mode::Integrated);
        example
    }

    #[test]
    fn this_machine_is_ticked_at_the_start() {
        let example = integrated(Example::raquel());
        let Ask::PickMany { options, complete, .. } = Hosts.ask(&example.cx()) else {
            panic!("no list")
        };
        let ticked: Vec<_> = options.iter().filter(|c| c.chosen).map(|c| &c.id).collect();
        assert_eq!(ticked, ["blackphos"]);
        assert!(complete);
        assert_eq!(options[0].detail, "macOS. On it now: crs58. Updated by darwin-rebuild.");
    }

    #[test]
    fn a_row_knows_account_and_deployment() {
        let mut example = integrated(Example::raquel());
        example.fleet.machines[2].system = Some("x86_64-linux".into());
        let row = |example: &Example, at: usize| options(&example.cx()).remove(at);
        assert_eq!(row(&example, 2).fact("system"), "NixOS  x86_64");
        assert_eq!(row(&example, 2).fact("Deploy"), "clan, by cameron");
        assert!(row(&example, 2).fact("Account").starts_with("none yet"));
        example.subject = Subject::As("cameron".into());
        let account = "there already, modules/machines/nixos/cinnabar.nix:1";
        assert_eq!(row(&example, 2).fact("Account"), account);
    }

    #[test]
    fn choosing_begins_with_no_answer() {
        let mode = Some(Mode::Integrated);
        let begun = Answers { mode, hosts: Some(vec![]), ..Answers::default() };
        assert_eq!(Hosts.given(&begun), None);
        let alone = Answers { mode: Some(Mode::Standalone), ..begun };
        assert_eq!(Hosts.given(&alone), Some(Reply::Named(vec![])));
    }

    #[test]
    fn somebody_elses_machines_have_to_be_chosen() {
        let subject = Subject::Somebody(Some("zoe".into()));
        let example = integrated(Example { subject, ..Example::raquel() });
        assert!(!Hosts.ask(&example.cx()).is_complete());
        let refusal = Hosts.accept(&example.cx(), Reply::Many(vec![])).unwrap_err();
        assert_eq!(refusal.what, "Choose at least one machine, or By yourself.");
        let answers = Hosts.accept(&example.cx(), Reply::Many(vec![1, 0])).unwrap();
        assert_eq!(answers.hosts.unwrap(), ["blackphos", "stibnite"]);
    }

    #[test]
    fn unknown_machines_get_a_did_you_mean() {
        let example = integrated(Example::raquel());
        let refusal = Hosts.accept(&example.cx(), Reply::Named(vec!["blackfos".into()]));
        insta::assert_snapshot!(refusal.unwrap_err().what, @"`blackfos` is not a machine of this fleet. Did you mean blackphos?");
    }

    #[test]
    fn standing_alone_takes_this_machine_or_none() {
        let mut example = Example::raquel();
        example.answers.mode = Some(Mode::Standalone);
        let hosts = |example: &Example, reply| Hosts.accept(&example.cx(), reply).map(|a| a.hosts);
        assert_eq!(hosts(&example, Reply::Suggested), Ok(Some(vec!["blackphos".into()])));
        assert!(hosts(&example, Reply::Many(vec![0, 1])).is_err());
        example.host.name = "slate".into();
        assert_eq!(hosts(&example, Reply::Suggested), Ok(Some(vec![])));
    }
}
