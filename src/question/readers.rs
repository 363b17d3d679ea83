//! Who else can open the person's secrets file.

use super::{Ask, Choice, Context, Question, Reply, choosing};
use crate::answers::Answers;
use crate::problem::Problem;

/// Whom the suggestion names.
pub const AS_OTHERS: &str = "As for the other people's files";

pub(super) struct Readers;

impl Question for Readers {
    fn id(&self) -> &'static str {
        "readers"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if let Some(because) = &cx.found.no_rule {
            return Ask::Skip { because: because.clone() };
        }
        if cx.found.anchors.is_empty() {
            let because = match &cx.fleet.sops {
                None => "This fleet has no .sops.yaml, so nobody else is named.",
                Some(_) => "The .sops.yaml names nobody else.",
            };
            return Ask::Skip { because: because.to_owned() };
        }
        let ticked = ticked(cx);
        Ask::PickMany {
            label: "Who else can open them?".to_owned(),
            note: note(cx, ticked.as_deref()),
            help: "Whoever is named here can read every value in your secrets file. A recovery \
                   key makes sure that they are not lost with your own key."
                .to_owned(),
            options: options(cx),
            complete: ticked.is_some(),
            brief: ticked.is_some(),
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let options = options(cx);
        let chosen = choosing::many(&options, &reply, "a name in .sops.yaml")?;
        let readers = chosen.iter().map(|c| c.id.clone()).collect();
        Ok(Answers { readers: Some(readers), ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.readers.clone().map(Reply::Named)
    }

    fn told(&self, answers: &Answers) -> String {
        match answers.readers.as_deref().unwrap_or_default() {
            [] => "nobody else".to_owned(),
            names => names.join(", "),
        }
    }

    fn missing(&self, _cx: &Context) -> String {
        "has no suggestion here (no other person's rule in .sops.yaml shows who should be)"
            .to_owned()
    }

    fn example(&self) -> &'static str {
        "readers: [admin]                  # names in .sops.yaml that may open the secrets as well"
    }
}

/// Those who can open the person's file besides them, as answered or suggested, each with what it
/// is: `admin (the recovery key kept by crs58)`.
pub fn readers_named(cx: &Context) -> Vec<String> {
    let named = |name: &String| match cx.found.anchor(name).and_then(|anchor| anchor.what.as_ref())
    {
        Some(what) => format!("{name} ({what})"),
        None => name.clone(),
    };
    ticked(cx).unwrap_or_default().iter().map(named).collect()
}

/// What stands at the start: the answer, else what the other people's rules have.
fn ticked(cx: &Context) -> Option<Vec<String>> {
    cx.answers.readers.clone().or_else(|| {
        let siblings = cx.found.sibling_readers.clone()?;
        Some(siblings.into_iter().filter(|name| cx.found.anchor(name).is_some()).collect())
    })
}

fn options(cx: &Context) -> Vec<Choice> {
    let ticked = ticked(cx).unwrap_or_default();
    let row = |anchor: &super::Anchor| Choice {
        id: anchor.name.clone(),
        label: anchor.name.clone(),
        detail: anchor.what.as_ref().map(|what| format!("{what}.")).unwrap_or_default(),
        more: anchor.recipient.clone(),
        told: anchor.name.clone(),
        chosen: ticked.contains(&anchor.name),
        ..Choice::default()
    };
    cx.found.anchors.iter().map(row).collect()
}

fn note(cx: &Context, ticked: Option<&[String]>) -> String {
    let Some(names) = ticked else {
        return "No other person's file shows who should be.".to_owned();
    };
    let named = |name: &String| match cx.found.anchor(name).and_then(|a| a.what.as_ref()) {
        Some(what) => format!("{name}, {what}"),
        None => name.clone(),
    };
    let list = match names {
        [] => "nobody".to_owned(),
        names => names.iter().map(named).collect::<Vec<_>>().join("; "),
    };
    match cx.answers.readers {
        Some(_) => format!("Now: {list}."),
        None => format!("{AS_OTHERS}: {list}."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::Example;
    use super::*;

    #[test]
    fn as_for_the_other_peoples_files() {
        let example = Example::raquel();
        let Ask::PickMany { note, brief, .. } = Readers.ask(&example.cx()) else {
            panic!("no list")
        };
        assert_eq!(note, "As for the other people's files: admin, the recovery key kept by crs58.");
        assert_eq!(readers_named(&example.cx()), ["admin (the recovery key kept by crs58)"]);
        assert!(brief);
        let answers = Readers.accept(&example.cx(), Reply::Suggested).unwrap();
        assert_eq!(answers.readers, Some(vec!["admin".into()]));
    }

    #[test]
    fn without_a_sibling_rule_somebody_has_to_choose() {
        let mut example = Example::raquel();
        example.found.sibling_readers = None;
        assert!(!Readers.ask(&example.cx()).is_complete());
        let none = Readers.accept(&example.cx(), Reply::Many(vec![])).unwrap();
        assert_eq!(none.readers, Some(vec![]));
    }

    #[test]
    fn a_fleet_without_recipients_asks_nothing() {
        let mut example = Example::raquel();
        example.found.anchors.clear();
        assert!(matches!(Readers.ask(&example.cx()), Ask::Skip { .. }));
        assert_eq!(Readers.accept(&example.cx(), Reply::Suggested).unwrap().readers, Some(vec![]));
    }

    #[test]
    fn unknown_readers_are_refused() {
        let example = Example::raquel();
        let refusal = Readers.accept(&example.cx(), Reply::Named(vec!["admn".into()]));
        insta::assert_snapshot!(refusal.unwrap_err().what, @"`admn` is not a name in .sops.yaml. Did you mean admin?");
    }
}
