//! Names the person's key in `.sops.yaml` and gives their secrets file a rule of its own.

use std::path::Path;

use super::Context;
use crate::fleet::SopsFile;
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::sops::config::Config;
use crate::sops::config::edit::{self, Addition, Mode};
use crate::survey;

pub(super) fn step(cx: &Context, _: &Plan) -> Result<Option<Step>, Problem> {
    let Some(sops) = &cx.fleet.sops else { return Ok(None) };
    // Without a layout nothing may say where a person's secrets are; a remark does.
    if cx.secrets_path().is_err() {
        return Ok(None);
    }
    let edited = match edited(cx, sops)? {
        edit::Change::AlreadySo { .. } => return Ok(None),
        edit::Change::Edited(edited) => edited,
    };
    let (mut key, mut rule) = (0, 0);
    for splice in &edited.splices {
        let lines = splice.insert.lines().filter(|l| !l.trim().is_empty()).count();
        let counted = if splice.insert.contains('&') { &mut key } else { &mut rule };
        *counted += lines;
    }
    let lines = |n: usize| if n == 1 { "1 line".to_owned() } else { format!("{n} lines") };
    let mut why = match (key, rule) {
        (0, rule) => format!("A rule of {} above the rule for everything else.", lines(rule)),
        (key, 0) => format!("{} for your key.", lines(key)),
        (key, rule) => format!(
            "{} for your key, and a rule of {} above the rule for everything else.",
            lines(key),
            lines(rule)
        ),
    };
    for note in &edited.notes {
        why.push_str(&format!(" Note: {note}."));
    }
    let shown = cx.shown(&sops.file);
    let mut inserts: Vec<_> = edited.splices.iter().collect();
    inserts.sort_by_key(|splice| splice.range.start);
    let line = |line: &str| (!line.trim().is_empty()).then(|| format!("  {line}"));
    Ok(Some(Step {
        id: "sops-yaml",
        title: "Add you to .sops.yaml".to_owned(),
        why,
        needs: Needs::You,
        by_hand: std::iter::once(format!("write in {shown}:"))
            .chain(inserts.into_iter().flat_map(|splice| splice.insert.lines()).filter_map(line))
            .collect(),
        changes: vec![Change::Edit {
            path: cx.fleet.at(&sops.file),
            before: sops.text.clone(),
            after: edited.text,
        }],
        decided_by: Some("readers"),
    }))
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

/// The secrets file as rules see it.
fn path_in_rules(cx: &Context, sops: &SopsFile) -> Result<String, Problem> {
    Ok(survey::below(&cx.secrets_path()?, sops.file.parent().unwrap_or(Path::new(""))))
}

/// The `.sops.yaml` with the person in it. The secrets file is encrypted to the recipients of the
/// rule that wins in it.
fn edited(cx: &Context, sops: &SopsFile) -> Result<edit::Change, Problem> {
    let shown = cx.shown(&sops.file);
    let addition = addition(cx, sops)?;
    if let Some(by) = &sops.generated_by {
        let lines = edit::lines_to_paste(&addition.borrowed());
        return Err(Problem::fleet(format!(
            "`{shown}` is made by `{by}`, so doorstep does not change it"
        ))
        .hint(format!("make `{by}` write these lines, then run doorstep again:\n{lines}")));
    }
    edit::add_person(&sops.text, &addition.borrowed()).map_err(|refusal| {
        let problem = Problem::fleet(format!("`{shown}` cannot be changed safely")).cause(&refusal);
        // A second rule for the file would be dead, or would make the first one so.
        if let edit::Refusal::PathHasRule { line } = refusal {
            return problem.hint(format!(
                "add the key to the rule at line {line}; then somebody who can open the file \
                 runs `sops updatekeys` for it"
            ));
        }
        let lines = edit::lines_to_paste(&addition.borrowed());
        problem.hint(format!("write these lines there by hand, then run doorstep again:\n{lines}"))
    })
}

/// Who can open the person's secrets file, as `.sops.yaml` will say when `plan` has been carried
/// out: names with recipients.
pub(super) fn readers(cx: &Context, plan: &Plan) -> Result<Vec<(Option<String>, String)>, Problem> {
    let Some(sops) = &cx.fleet.sops else { return Ok(Vec::new()) };
    let file = cx.fleet.at(&sops.file);
    let changes = plan.steps.iter().flat_map(|step| &step.changes);
    let mut edited = changes.filter_map(|change| match change {
        Change::Edit { path, after, .. } if *path == file => Some(after),
        _ => None,
    });
    let text = edited.next_back().unwrap_or(&sops.text);
    let unreadable = |e: &dyn std::fmt::Display| {
        Problem::fleet(format!("`{}` cannot be read", cx.shown(&sops.file))).cause(e)
    };
    let config = Config::parse(text).map_err(|e| unreadable(&e))?;
    let winner = config.winner(&path_in_rules(cx, sops)?).map_err(|e| unreadable(&e))?;
    let readers = winner.into_iter().flat_map(|rule| rule.readers());
    Ok(readers.map(|reader| (reader.alias.clone(), reader.recipient.clone())).collect())
}
