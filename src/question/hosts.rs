//! On which machines the home is.

use super::near::did_you_mean;
use super::{Ask, Choice, Context, Question, Reply, choosing};
use crate::answers::{Answers, Mode};
use crate::fleet::{Machine, NoMachines, Platform};
use crate::problem::Problem;

pub(super) struct Hosts;

impl Question for Hosts {
    fn id(&self) -> &'static str {
        "hosts"
    }

    fn ask(&self, cx: &Context) -> Ask {
        let oneself = cx.subject.is_oneself();
        let here = std::slice::from_ref(&cx.host.name);
        let only_here = oneself && cx.answers.hosts.as_deref() == Some(here);
        match cx.answers.mode {
            Some(Mode::Standalone) if oneself => {
                Ask::Skip { because: "By yourself means: on the machine you sit at.".to_owned() }
            }
            Some(Mode::Integrated) if only_here => {
                Ask::Skip { because: format!("Together with {}.", cx.host.name) }
            }
            _ => self.list(cx),
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let standalone = cx.answers.mode == Some(Mode::Standalone);
        let options = options(cx);
        let chosen: Vec<String> = match (reply, &cx.answers.hosts) {
            (Reply::Suggested, Some(hosts)) => hosts.clone(),
            (Reply::Suggested, None) if standalone => {
                cx.machine().map(|m| m.name.clone()).into_iter().collect()
            }
            (reply, _) => choosing::many(&options, &named(cx, reply)?, "a machine of this fleet")?
                .iter()
                .map(|c| c.id.clone())
                .collect(),
        };
        match (standalone, chosen.len()) {
            (true, 2..) if cx.subject.is_oneself() => Err(Problem::user(
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
        "hosts: [blackphos]                # machines of the fleet, `all`, or those with a clan tag: tag:NAME"
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
            help: help(cx),
            complete: options.iter().any(|c| c.chosen),
            brief: false,
            options,
        }
    }
}

/// The fact that a machine's file is not changed by doorstep, with the reason.
pub const BY_HAND: &str = "by hand";

/// The start of a name that stands for the machines with a clan tag.
const TAG: &str = "tag:";

fn help(cx: &Context) -> String {
    let mut help =
        "Each machine puts the home in place when its administrator next updates it.".to_owned();
    let tags: Vec<&str> = cx.fleet.clan.used_tags().collect();
    if !tags.is_empty() {
        help.push_str(&format!(
            " The clan's tags are {}: tag:NAME is all that have it.",
            tags.join(", ")
        ));
    }
    help
}

/// The machines that names stand for: their own, `all`, or a clan tag's.
fn named(cx: &Context, reply: Reply) -> Result<Reply, Problem> {
    let Reply::Named(names) = reply else { return Ok(reply) };
    let mut machines = Vec::new();
    for name in names {
        if let Some(tag) = name.strip_prefix(TAG) {
            machines.extend(tagged(cx, tag)?);
        } else if name == "all" && cx.fleet.machine(&name).is_none() {
            machines.extend(cx.fleet.machines.iter().map(|machine| machine.name.clone()));
        } else {
            machines.push(name);
        }
    }
    Ok(Reply::Named(machines))
}

fn tagged(cx: &Context, name: &str) -> Result<Vec<String>, Problem> {
    let clan = &cx.fleet.clan;
    let what = choosing::shown(name);
    let used: Vec<&str> = clan.used_tags().collect();
    let known = || match did_you_mean(name, used.iter().copied()) {
        _ if clan.tags.is_empty() => " This fleet has no clan.".to_owned(),
        near if !near.is_empty() => near,
        _ if used.is_empty() => String::new(),
        _ => format!(" There are {}.", used.join(", ")),
    };
    let machines = clan.tagged(name).map_err(|why| {
        Problem::user(match why {
            NoMachines::Computed => format!(
                "Which machines have the tag `{what}` is computed by the fleet; name the machines."
            ),
            NoMachines::Unused => {
                format!("No machine of the clan has the tag `{what}`.{}", known())
            }
            NoMachines::Unknown => format!("`{what}` is not a tag of the clan.{}", known()),
        })
    })?;
    let known = |machine: &&String| cx.fleet.machine(machine).is_some();
    Ok(machines.iter().filter(known).cloned().collect())
}

fn options(cx: &Context) -> Vec<Choice> {
    // Standing alone changes no machine's file, so a closed one is as good as any.
    let standalone = cx.answers.mode == Some(Mode::Standalone);
    let begins_here = cx.subject.is_oneself() || standalone;
    let ticked = |machine: &Machine| match &cx.answers.hosts {
        Some(hosts) => hosts.contains(&machine.name),
        None => begins_here && machine.name == cx.host.name,
    };
    cx.fleet
        .machines
        .iter()
        .map(|machine| {
            let closed = cx.found.closed_machines.get(&machine.name).filter(|_| !standalone);
            // Whoever looks after the machine may paste the lines; the plan has them.
            let off = closed.cloned().filter(|_| cx.subject.is_oneself());
            let by_hand = closed.filter(|_| off.is_none());
            let detail = match by_hand {
                Some(why) => format!("{} Not changed by doorstep: {why}.", describe(machine)),
                None => describe(machine),
            };
            let mut facts = facts(cx, machine);
            facts.extend(by_hand.map(|why| (BY_HAND, why.clone())));
            Choice {
                id: machine.name.clone(),
                label: machine.name.clone(),
                detail,
                facts,
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
    let by_clan = |user: &&str| cx.fleet.clan.gives(user, &machine.name).is_some();
    let people = people(machine);
    let mut on_it = people.join(", ");
    if people.iter().any(by_clan) {
        on_it.push_str(", by clan");
    }
    vec![
        ("system", format!("{}{processor}", platform(machine))),
        ("people", on_it),
        ("File", format!("{}:{}", machine.at.file.display(), machine.at.line)),
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
    use crate::fleet::Tag;

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
    fn a_row_knows_its_system_and_its_people() {
        let mut example = integrated(Example::raquel());
        example.fleet.machines[2].system = Some("x86_64-linux".into());
        let row = options(&example.cx()).remove(2);
        assert_eq!(row.fact("system"), "NixOS  x86_64");
        assert_eq!(row.fact("people"), "cameron");
        assert_eq!(row.fact("File"), "modules/machines/nixos/cinnabar.nix:1");
    }

    #[test]
    fn tags_and_all_stand_for_machines() {
        let subject = Subject::Somebody(Some("raquel".into()));
        let mut example = integrated(Example { subject, ..Example::raquel() });
        let tag = |name: &str, machines: &[&str], computed| Tag {
            name: name.into(),
            machines: machines.iter().map(|m| (*m).to_owned()).collect(),
            computed,
        };
        example.fleet.clan.tags = vec![
            tag("nixos", &["cinnabar", "electrum", "elsewhere"], false),
            tag("spare", &[], false),
            tag("busy", &[], true),
        ];
        let named = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let accepted = Hosts.accept(&example.cx(), Reply::Named(names));
            accepted.map(|answers| answers.hosts.unwrap().join(" ")).map_err(|p| p.what)
        };
        assert_eq!(named(&["tag:nixos"]).unwrap(), "cinnabar electrum");
        assert_eq!(named(&["tag:nixos", "blackphos"]).unwrap(), "blackphos cinnabar electrum");
        assert_eq!(named(&["all"]).unwrap().split(' ').count(), 6);
        insta::assert_snapshot!(named(&["tag:nixo"]).unwrap_err(), @"`nixo` is not a tag of the clan. Did you mean nixos?");
        insta::assert_snapshot!(named(&["tag:phones"]).unwrap_err(), @"`phones` is not a tag of the clan. There are nixos.");
        insta::assert_snapshot!(named(&["tag:spare"]).unwrap_err(), @"No machine of the clan has the tag `spare`. There are nixos.");
        insta::assert_snapshot!(named(&["tag:busy"]).unwrap_err(), @"Which machines have the tag `busy` is computed by the fleet; name the machines.");
        example.fleet.clan.tags.clear();
        let none = Hosts.accept(&example.cx(), Reply::Named(vec!["tag:nixos".into()]));
        insta::assert_snapshot!(none.unwrap_err().what, @"`nixos` is not a tag of the clan. This fleet has no clan.");
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
