//! Which feature sets (the fleet's aggregates) the home has.

use std::collections::BTreeSet;

use super::{Ask, Choice, Context, Question, Reply, choosing};
use crate::answers::Answers;
use crate::fleet::{Aggregate, Fleet, Platform, User};
use crate::problem::Problem;

pub(super) struct Aggregates;

impl Question for Aggregates {
    fn id(&self) -> &'static str {
        "aggregates"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if cx.fleet.aggregates.is_empty() {
            return Ask::Skip {
                because: "This fleet has none; your module starts empty.".to_owned(),
            };
        }
        Ask::PickMany {
            label: "Which features do you want?".to_owned(),
            note: String::new(),
            help: "A feature set is a group of tools and settings that the fleet keeps under one \
                   name; its word for it is aggregate. Ticked at the start is what most people \
                   on the fleet's machines like this one use."
                .to_owned(),
            options: options(cx),
            complete: true,
            brief: false,
        }
    }

    fn lead(&self, cx: &Context) -> String {
        match (cx.user(), usual_of(cx)) {
            (Some(_), _) => "Ticked at the start: what the module has now.".to_owned(),
            (None, Usual::Nobody) => {
                "Nothing is ticked at the start: nobody else is in this fleet.".to_owned()
            }
            (None, Usual::All(_)) => {
                "Ticked at the start: what most people of this fleet use.".to_owned()
            }
            (None, Usual::Near(_)) => {
                let machines = match cx.platform() {
                    Platform::Darwin => "Macs",
                    Platform::Nixos => "NixOS machines",
                };
                format!("Ticked at the start: what most people on the fleet's {machines} use.")
            }
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let options = options(cx);
        let chosen = choosing::many(&options, &reply, "a feature set of this fleet")?;
        let chosen = with_needed(cx.fleet, chosen.iter().map(|c| c.id.as_str()).collect());
        // In the fleet's order, however they were given.
        let names = cx.fleet.aggregates.iter().map(|a| a.name.clone());
        let aggregates = names.filter(|name| chosen.contains(name.as_str())).collect();
        Ok(Answers { aggregates: Some(aggregates), ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.aggregates.clone().map(Reply::Named)
    }

    fn told(&self, answers: &Answers) -> String {
        answers.aggregates.as_deref().unwrap_or_default().join(", ")
    }

    fn example(&self) -> &'static str {
        "aggregates: [aggregate-core, aggregate-shell, aggregate-development]"
    }
}

fn options(cx: &Context) -> Vec<Choice> {
    let ticked = match (&cx.answers.aggregates, cx.user()) {
        (Some(answered), _) => answered.iter().map(String::as_str).collect(),
        (None, Some(user)) => user.aggregates.iter().map(String::as_str).collect(),
        (None, None) => with_needed(cx.fleet, usual(cx)),
    };
    cx.fleet.aggregates.iter().map(|a| row(cx, a, &ticked)).collect()
}

fn row(cx: &Context, aggregate: &Aggregate, ticked: &BTreeSet<&str>) -> Choice {
    let people = people(cx.fleet);
    let users: Vec<&str> =
        people.iter().filter(|u| uses(u, aggregate)).map(|u| u.name.as_str()).collect();
    let verb = if users.len() == 1 { "uses" } else { "use" };
    let noun = if people.len() == 1 { "person" } else { "people" };
    let count = format!("{} of {} {noun} {verb} it", users.len(), people.len());
    let brief = match people.len() {
        all if all > 1 && all == users.len() => format!("all {all} {noun}"),
        all => format!("{} of {all} {noun}", users.len()),
    };
    let place = format!("{}:{}", aggregate.at.file.display(), aggregate.at.line);
    let keeping = cx.fleet.aggregates.iter().filter(|other| {
        ticked.contains(other.name.as_str()) && is_needed(cx.fleet, other, &aggregate.name)
    });
    let keeping: Vec<&str> = keeping.map(|other| other.name.as_str()).collect();
    let description = match &aggregate.description {
        Some(text) => format!("{}.", text.trim_end_matches('.')),
        None => "No description in the fleet.".to_owned(),
    };
    let needed: Vec<_> = needed_by(cx.fleet, aggregate).collect();
    Choice {
        id: aggregate.name.clone(),
        label: aggregate.name.clone(),
        detail: format!("{description} {count}."),
        facts: vec![
            ("is", description),
            ("count", count),
            ("people", brief),
            ("used by", users.join(", ")),
            ("defined in", place),
            // Another ticked one needs these, so their ticks stay.
            ("needed by", keeping.join(", ")),
        ],
        more: match needed.as_slice() {
            [] => String::new(),
            names => format!("needs {}, ticked too", names.join(", ")),
        },
        told: aggregate.name.clone(),
        chosen: ticked.contains(aggregate.name.as_str()),
        ..Choice::default()
    }
}

/// Whose choices are suggested.
enum Usual<'a> {
    Nobody,
    /// People on machines of this platform.
    Near(Vec<&'a User>),
    /// Nobody is bound to such a machine: all people.
    All(Vec<&'a User>),
}

fn usual_of<'a>(cx: &Context<'a>) -> Usual<'a> {
    let others = cx.others();
    let alike = |user: &&&User| {
        user.machines
            .iter()
            .any(|m| cx.fleet.machine(m).is_some_and(|machine| machine.platform == cx.platform()))
    };
    let near: Vec<_> = others.iter().filter(alike).copied().collect();
    match (others.is_empty(), near.is_empty()) {
        (true, _) => Usual::Nobody,
        (false, true) => Usual::All(others),
        (false, false) => Usual::Near(near),
    }
}

/// What more than half of them use.
fn usual<'a>(cx: &Context<'a>) -> BTreeSet<&'a str> {
    let people = match usual_of(cx) {
        Usual::Nobody => Vec::new(),
        Usual::Near(people) | Usual::All(people) => people,
    };
    cx.fleet
        .aggregates
        .iter()
        .filter(|a| 2 * people.iter().filter(|u| uses(u, a)).count() > people.len())
        .map(|a| a.name.as_str())
        .collect()
}

/// `chosen` and what its members need, and so on.
fn with_needed<'a>(fleet: &'a Fleet, mut chosen: BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    loop {
        let before = chosen.len();
        for aggregate in &fleet.aggregates {
            if chosen.contains(aggregate.name.as_str()) {
                chosen.extend(needed_by(fleet, aggregate));
            }
        }
        if chosen.len() == before {
            return chosen;
        }
    }
}

/// The aggregates that one needs beside itself: those it names and that somebody lists together
/// with it. One that nobody lists comes along by the import alone, and would come twice if
/// listed, which the module system can refuse.
fn needed_by<'a>(fleet: &'a Fleet, aggregate: &'a Aggregate) -> impl Iterator<Item = &'a str> {
    let names = fleet.aggregates.iter().map(|a| a.name.as_str());
    names.filter(move |name| is_needed(fleet, aggregate, name))
}

fn is_needed(fleet: &Fleet, by: &Aggregate, name: &str) -> bool {
    let both = |user: &User| lists(user, &by.name) && lists(user, name);
    by.imports.iter().any(|import| import == name) && fleet.users.iter().any(both)
}

fn people(fleet: &Fleet) -> Vec<&User> {
    fleet.people().collect()
}

fn uses(user: &User, aggregate: &Aggregate) -> bool {
    aggregate.used_by.contains(&user.name) || lists(user, &aggregate.name)
}

fn lists(user: &User, aggregate: &str) -> bool {
    user.aggregates.iter().any(|a| a == aggregate)
}

#[cfg(test)]
mod tests {
    use super::super::example::Example;
    use super::*;

    fn ticked(example: &Example) -> Vec<String> {
        options(&example.cx()).into_iter().filter(|c| c.chosen).map(|c| c.id).collect()
    }

    #[test]
    fn what_most_people_on_such_machines_use_is_ticked() {
        let mut example = Example::raquel();
        assert_eq!(ticked(&example), ["aggregate-core", "aggregate-shell"]);
        // On NixOS two others count, who both develop.
        example.host.os = crate::host::Os::Linux;
        let all = ["aggregate-core", "aggregate-shell", "aggregate-development"];
        assert_eq!(ticked(&example), all);
        // The machines that are chosen count before the one where that is done.
        example.host.os = crate::host::Os::Darwin;
        example.answers.hosts = Some(vec!["cinnabar".into()]);
        assert_eq!(ticked(&example), all);
        assert!(Aggregates.lead(&example.cx()).contains("NixOS machines"));
    }

    #[test]
    fn rows_tell_what_it_is_and_who_uses_it() {
        let details: Vec<_> =
            options(&Example::raquel().cx()).into_iter().map(|c| c.detail).collect();
        insta::assert_debug_snapshot!(details, @r#"
        [
            "XDG, SSH, fonts, basic tools. 4 of 4 people use it.",
            "zsh, fish, nushell, starship. 4 of 4 people use it.",
            "git, editors, languages. 3 of 4 people use it.",
            "MCP servers and helpers. 1 of 4 people uses it.",
        ]
        "#);
    }

    #[test]
    fn the_lead_says_whose_choices_are_ticked() {
        let mut example = Example::raquel();
        let lead = |example: &Example| Aggregates.lead(&example.cx());
        let macs = "Ticked at the start: what most people on the fleet's Macs use.";
        assert_eq!(lead(&example), macs);
        example.fleet.users.iter_mut().for_each(|user| user.machines.clear());
        let all = "Ticked at the start: what most people of this fleet use.";
        assert_eq!(lead(&example), all);
        example.fleet.users.clear();
        assert!(lead(&example).starts_with("Nothing is ticked"));
        assert!(ticked(&example).is_empty());
    }

    #[test]
    fn a_row_knows_its_people_and_who_keeps_it() {
        let mut example = Example::raquel();
        example.answers.aggregates = Some(vec!["aggregate-ai".into()]);
        example.fleet.aggregates[3].imports = vec!["aggregate-core".into()];
        let rows = options(&example.cx());
        assert_eq!(rows[2].fact("used by"), "crs58, cameron, christophersmith");
        assert_eq!(rows[0].fact("people"), "all 4 people");
        assert_eq!(rows[0].fact("needed by"), "aggregate-ai");
        assert_eq!(rows[1].fact("needed by"), "");
        assert_eq!(rows[1].fact("no such"), "");
    }

    #[test]
    fn what_is_needed_is_ticked_too_where_others_list_both() {
        let mut example = Example::raquel();
        let ai = "aggregate-ai".to_owned();
        let chosen = |example: &Example| {
            let reply = Reply::Named(vec![ai.clone()]);
            Aggregates.accept(&example.cx(), reply).unwrap().aggregates.unwrap()
        };
        assert_eq!(chosen(&example), ["aggregate-ai"]);
        example.fleet.aggregates[3].imports = vec!["aggregate-development".into()];
        assert_eq!(chosen(&example), ["aggregate-development", "aggregate-ai"]);
        // crs58 is the one who lists both; without that the import alone has to do.
        example.fleet.users[0].aggregates.retain(|a| a != "aggregate-development");
        assert_eq!(chosen(&example), ["aggregate-ai"]);
    }

    #[test]
    fn unknown_names_get_a_did_you_mean() {
        let example = Example::raquel();
        let reply = Reply::Named(vec!["aggregate-cor".into()]);
        insta::assert_snapshot!(Aggregates.accept(&example.cx(), reply).unwrap_err().what, @"`aggregate-cor` is not a feature set of this fleet. Did you mean aggregate-core?");
    }

    #[test]
    fn somebody_already_in_the_fleet_keeps_theirs() {
        let subject = super::super::Subject::As("janettesmith".into());
        let example = Example { subject, ..Example::raquel() };
        assert_eq!(ticked(&example), ["aggregate-core", "aggregate-shell"]);
    }
}
