//! Names the person's key in `.sops.yaml`, gives their secrets file a rule of its own, and lets them
//! into the shared rules that were chosen: one edit of one file.

use std::path::Path;

use super::Context;
use crate::counted::counted;
use crate::fleet::SopsFile;
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::question::SharedRule;
use crate::sops::config::Config;
use crate::sops::config::edit::{self, Addition, Edited, Mode, Note, Refusal};
use crate::survey;

pub(super) fn step(cx: &Context, _: &Plan) -> Result<Option<Step>, Problem> {
    let Some(sops) = &cx.fleet.sops else { return Ok(None) };
    // Without a layout nothing may say where a person's secrets are; a remark does.
    if cx.secrets_path().is_err() {
        return Ok(None);
    }
    let written = written(cx, sops)?;
    if written.text == sops.text {
        return Ok(None);
    }
    let shown = cx.shown(&sops.file);
    Ok(Some(Step {
        id: "sops-yaml",
        title: match cx.surroundings.for_oneself {
            true => "Add you to .sops.yaml".to_owned(),
            false => "Add to .sops.yaml".to_owned(),
        },
        why: why(cx, &written),
        needs: Needs::You,
        by_hand: by_hand(&written, &shown),
        changes: vec![Change::Edit {
            path: cx.fleet.at(&sops.file),
            before: sops.text.clone(),
            after: written.text,
        }],
        decided_by: Some("readers"),
    }))
}

/// The whole edit.
struct Written<'a> {
    text: String,
    /// The person's key and own rule, where they were not there.
    own: Option<Edited>,
    /// Rules that they were let into.
    joined: Vec<(&'a SharedRule, Edited)>,
}

fn why(cx: &Context, written: &Written) -> String {
    let whose = if cx.surroundings.for_oneself { "your" } else { "the" };
    let mut why = written.own.as_ref().map(|own| own_words(own, whose)).unwrap_or_default();
    let join = |why: &mut String, more: &str| {
        if !why.is_empty() {
            why.push(' ');
        }
        why.push_str(more);
    };
    if !written.joined.is_empty() {
        let rules: Vec<&str> = written.joined.iter().map(|(rule, _)| rule.id()).collect();
        let user = &cx.person.username;
        let shared = match rules.as_slice() {
            [one] => format!("Lets {user} into the shared rule for {one}."),
            many => format!("Lets {user} into {} shared rules: {}.", many.len(), many.join(", ")),
        };
        join(&mut why, &shared);
    }
    let all = written.own.iter().chain(written.joined.iter().map(|(_, edited)| edited));
    // That somebody was let in is said already.
    let notes = all.flat_map(|edited| &edited.notes).filter(|n| !matches!(n, Note::Joined { .. }));
    let mut told: Vec<&Note> = Vec::new();
    for note in notes {
        if !told.contains(&note) {
            join(&mut why, &format!("Note: {note}."));
            told.push(note);
        }
    }
    why
}

/// How many lines the key and the rule take.
fn own_words(own: &Edited, whose: &str) -> String {
    let (mut key, mut rule) = (0, 0);
    for splice in &own.splices {
        let lines = splice.insert.lines().filter(|l| !l.trim().is_empty()).count();
        let of = if splice.insert.contains('&') { &mut key } else { &mut rule };
        *of += lines;
    }
    let lines = |n: usize| counted(n, "line");
    match (key, rule) {
        (0, rule) => format!("A rule of {} above the rule for everything else.", lines(rule)),
        (key, 0) => format!("{} for {whose} key.", lines(key)),
        (key, rule) => format!(
            "{} for {whose} key, and a rule of {} above the rule for everything else.",
            lines(key),
            lines(rule)
        ),
    }
}

fn by_hand(written: &Written, shown: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(own) = &written.own {
        lines.push(format!("write in {shown}:"));
        lines.extend(inserted(own));
    }
    for (rule, edited) in &written.joined {
        lines.push(format!("write in {shown}, in the rule at line {}:", rule.line));
        lines.extend(inserted(edited));
    }
    lines
}

fn inserted(edited: &Edited) -> Vec<String> {
    let mut inserts: Vec<_> = edited.splices.iter().collect();
    inserts.sort_by_key(|splice| splice.range.start);
    let lines = inserts.into_iter().flat_map(|splice| splice.insert.lines());
    lines.filter(|line| !line.trim().is_empty()).map(|line| format!("  {line}")).collect()
}

/// The names an addition is made of.
struct Owned {
    name: String,
    recipient: String,
    path: String,
    readers: Vec<String>,
}

impl Owned {
    fn borrowed(&self) -> Addition<'_> {
        Addition {
            name: &self.name,
            recipient: &self.recipient,
            path: &self.path,
            admins: Some(&self.readers),
            mode: Mode::OwnRule,
        }
    }
}

fn addition(cx: &Context, sops: &SopsFile) -> Result<Owned, Problem> {
    Ok(Owned {
        name: cx.anchor(),
        recipient: cx.person.key.recipient.clone(),
        path: path_in_rules(cx, sops)?,
        readers: cx.person.readers.clone(),
    })
}

/// What keys are called here, by the neighbour's: `{user}-user` where theirs is `kai-user`,
/// `{user}-{host}` where it is `kai-slate`. `None`: they have none that is called after them.
pub(super) fn anchor_like(cx: &Context, neighbour: &str) -> Option<String> {
    let config = Config::parse(&cx.fleet.sops.as_ref()?.text).ok()?;
    let own = edit::anchor_from(neighbour)?;
    let rests = config.keys.iter().filter_map(|key| key.name.as_deref()?.strip_prefix(&own));
    let likes = rests.filter_map(|rest| match rest.strip_prefix('-') {
        None => rest.is_empty().then(|| "{user}".to_owned()),
        Some(host) if cx.fleet.machine(host).is_some() => Some("{user}-{host}".to_owned()),
        Some(word) => Some(format!("{{user}}-{word}")),
    });
    likes.min_by_key(|like| like != "{user}-{host}")
}

/// The secrets file as rules see it.
fn path_in_rules(cx: &Context, sops: &SopsFile) -> Result<String, Problem> {
    Ok(survey::below(&cx.secrets_path()?, sops.file.parent().unwrap_or(Path::new(""))))
}

/// The `.sops.yaml` with the person in it. The secrets file is encrypted to the recipients of the
/// rule that wins in it.
fn written<'a>(cx: &Context<'a>, sops: &SopsFile) -> Result<Written<'a>, Problem> {
    let addition = addition(cx, sops)?;
    let rules = &cx.surroundings.shared.rules;
    if let Some(by) = &sops.generated_by {
        let lines = lines_to_paste(&addition, rules);
        let shown = cx.shown(&sops.file);
        return Err(Problem::fleet(format!(
            "`{shown}` is made by `{by}`, so doorstep does not change it"
        ))
        .hint(format!("make `{by}` write these lines, then run doorstep again:\n{lines}")));
    }
    let mut written = Written { text: sops.text.clone(), own: None, joined: Vec::new() };
    let mut change = |addition: &Addition| match edit::add_person(&written.text, addition)? {
        edit::Change::AlreadySo { .. } => Ok(None),
        edit::Change::Edited(edited) => {
            written.text.clone_from(&edited.text);
            Ok(Some(edited))
        }
    };
    let own = change(&addition.borrowed()).map_err(|e| refused(cx, sops, &addition, &e))?;
    let mut joined = Vec::new();
    for rule in rules {
        let Some(path) = rule.files.first() else { continue };
        let path = survey::below(path, sops.file.parent().unwrap_or(Path::new("")));
        let join = Addition { path: &path, admins: None, mode: Mode::Join, ..addition.borrowed() };
        let edited = change(&join).map_err(|e| not_joined(cx, sops, &addition, rule, &e))?;
        joined.extend(edited.map(|edited| (rule, edited)));
    }
    Ok(Written { own, joined, ..written })
}

/// What somebody writes by hand, shared rules and all.
fn lines_to_paste(addition: &Owned, rules: &[SharedRule]) -> String {
    let mut lines = edit::lines_to_paste(&addition.borrowed());
    let anchor = edit::anchor_from(&addition.name).unwrap_or_default();
    for rule in rules {
        lines.push_str(&format!("\n# in the rule at line {}:\n          - *{anchor}", rule.line));
    }
    lines
}

fn refused(cx: &Context, sops: &SopsFile, addition: &Owned, refusal: &Refusal) -> Problem {
    let problem = cannot(cx, sops, refusal);
    match refusal {
        // A second rule for the file would be dead, or would make the first one so.
        Refusal::PathHasRule { line } => problem.hint(format!(
            "add the key to the rule at line {line}; then somebody who can open the file \
             runs `sops updatekeys` for it"
        )),
        Refusal::AnchorTaken { anchor, line } => problem.hint(format!(
            "look at line {line}: if that is {}'s other key, name it otherwise there, such as \
             `&{anchor}-old`",
            cx.person.username
        )),
        _ => {
            let lines = lines_to_paste(addition, &cx.surroundings.shared.rules);
            problem
                .hint(format!("write these lines there by hand, then run doorstep again:\n{lines}"))
        }
    }
}

/// `.sops.yaml:7` where a line says why.
fn cannot(cx: &Context, sops: &SopsFile, refusal: &Refusal) -> Problem {
    let shown = cx.shown(&sops.file);
    let place = refusal.line().map(|line| format!(":{line}")).unwrap_or_default();
    Problem::fleet(format!("`{shown}{place}` cannot be changed safely")).cause(refusal)
}

/// A rule that cannot be joined does not stand in the way of the person's own.
fn not_joined(
    cx: &Context,
    sops: &SopsFile,
    addition: &Owned,
    rule: &SharedRule,
    refusal: &Refusal,
) -> Problem {
    let anchor = edit::anchor_from(&addition.name).unwrap_or_default();
    cannot(cx, sops, refusal)
        .hint(format!("write `- *{anchor}` in the rule at line {} by hand", rule.line))
        .hint(format!("or answer `shared` without `{}`", rule.id()))
}

/// The text of `.sops.yaml` when `plan` has been carried out.
pub(super) fn text_after<'p>(cx: &Context, sops: &'p SopsFile, plan: &'p Plan) -> &'p str {
    cx.edited(&sops.file, plan).unwrap_or(&sops.text)
}

/// Who can open the person's secrets file, as `.sops.yaml` will say when `plan` has been carried
/// out: names with recipients.
pub(super) fn readers(cx: &Context, plan: &Plan) -> Result<Vec<(Option<String>, String)>, Problem> {
    let Some(sops) = &cx.fleet.sops else { return Ok(Vec::new()) };
    let unreadable = |e: &dyn std::fmt::Display| {
        Problem::fleet(format!("`{}` cannot be read", cx.shown(&sops.file))).cause(e)
    };
    let config = Config::parse(text_after(cx, sops, plan)).map_err(|e| unreadable(&e))?;
    let winner = config.winner(&path_in_rules(cx, sops)?).map_err(|e| unreadable(&e))?;
    let readers = winner.into_iter().flat_map(|rule| rule.readers());
    Ok(readers.map(|reader| (reader.alias.clone(), reader.recipient.clone())).collect())
}
