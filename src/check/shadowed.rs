//! A rule for the person's own file that never wins, because one above it matches as well.

use super::finding::{Fix, Risk};
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::plan::Change;
use crate::run::Runner;
use crate::secrets::Store;
use crate::sops::config::{Config, Rule};

pub(super) struct Shadowed;

impl Check for Shadowed {
    fn id(&self) -> &'static str {
        "shadowed"
    }

    fn group(&self) -> Group {
        Group::SopsYaml
    }

    fn title(&self) -> &'static str {
        "no rule hides the one for your file"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let store = scene.store()?;
        let path = scene.ruled_path()?;
        let unsure =
            |e: &dyn std::fmt::Display| NotChecked(format!("the rules cannot be evaluated: {e}"));
        let Some(winner) = store.config.winner(&path).map_err(|e| unsure(&e))? else {
            return Ok(Vec::new());
        };
        let user = &scene.user;
        let strangers =
            [format!("not-{user}"), format!("{user}x")].map(|name| path.replace(user, &name));
        let later = store.config.rules.iter().filter(|rule| rule.index > winner.index);
        // Written for this person: it matches theirs and nobody else's.
        let is_own = |rule: &&Rule| {
            rule.path_regex.is_some()
                && rule.matches(&path) == Ok(true)
                && strangers.iter().all(|path| rule.matches(path) == Ok(false))
        };
        let Some(hidden) = later.into_iter().find(is_own) else { return Ok(Vec::new()) };
        if same_readers(hidden, winner) {
            return Ok(Vec::new());
        }
        let file = scene.host.short(&store.file);
        let pattern =
            |rule: &Rule| rule.path_regex.clone().unwrap_or_else(|| "every path".to_owned());
        let found = Finding::new(
            "rule-shadowed",
            Severity::Error,
            format!("the rule for your file (line {}) never wins: the one in line {} matches first", hidden.line, winner.line),
            "sops takes the first rule that matches. Your file would be encrypted for the readers of the other rule.",
        )
        .seen(format!("{file}:{}", winner.line), pattern(winner))
        .seen(format!("{file}:{}", hidden.line), pattern(hidden));
        let generated = scene.fleet()?.sops.as_ref().and_then(|sops| sops.generated_by.clone());
        Ok(vec![match moved(store, winner, hidden, &path).filter(|_| generated.is_none()) {
            Some(after) => found.fix(
                Fix::plan("rule-order", "Move your rule up", scene.bounds())
                    .why("The order of two rules; no reader is added or taken.")
                    .by_hand(format!(
                        "move the rule in line {} of {file} above line {}",
                        hidden.line, winner.line
                    ))
                    .changes(vec![Change::Edit {
                        path: store.file.clone(),
                        before: store.text.clone(),
                        after,
                    }]),
            ),
            None => found.by(
                Risk::ForReader,
                "Move your rule up",
                &[format!(
                    "Move the rule in line {} of .sops.yaml above line {}.",
                    hidden.line, winner.line
                )],
            ),
        }])
    }
}

fn same_readers(a: &Rule, b: &Rule) -> bool {
    let of = |rule: &Rule| {
        let mut all: Vec<String> = rule.readers().map(|reader| reader.recipient.clone()).collect();
        all.sort_unstable();
        all
    };
    a.groups.len() == b.groups.len() && of(a) == of(b)
}

/// The text with the lines of `hidden`, and comments right above it, before those of `winner`.
/// Proved: the same rules, and the person's own wins.
fn moved(store: &Store, winner: &Rule, hidden: &Rule, path: &str) -> Option<String> {
    let lines: Vec<&str> = store.text.split_inclusive('\n').collect();
    let begin = |rule: &Rule| {
        let line = usize::try_from(rule.line).ok()?.checked_sub(1)?;
        let indent = |line: &str| line.len() - line.trim_start().len();
        let own = indent(lines.get(line)?);
        // Comments that stand with it, at the same depth.
        let above = lines[..line].iter().rev();
        let comments =
            above.take_while(|l| l.trim_start().starts_with('#') && indent(l) == own).count();
        lines[line].trim_start().starts_with("- ").then_some(line - comments)
    };
    let (to, from) = (begin(winner)?, begin(hidden)?);
    let next = store.config.rules.get(hidden.index + 1);
    let end = match next {
        Some(next) => begin(next)?,
        None => {
            let depth = |l: &str| l.len() - l.trim_start().len();
            let own = depth(lines.get(usize::try_from(hidden.line).ok()? - 1)?);
            let inside = |l: &&str| l.trim().is_empty() || depth(l) > own;
            let first = usize::try_from(hidden.line).ok()?;
            first + lines[first..].iter().take_while(|l| inside(l)).count()
        }
    };
    let mut block: Vec<String> = lines[from..end].iter().map(|line| (*line).to_owned()).collect();
    if let Some(last) = block.last_mut().filter(|last| !last.ends_with('\n')) {
        last.push('\n');
    }
    let after =
        [lines[..to].concat(), block.concat(), lines[to..from].concat(), lines[end..].concat()]
            .concat();
    let config = Config::parse(&after).ok()?;
    let key = |rule: &Rule| {
        (
            rule.path_regex.clone(),
            format!("{:?}", rule.readers().map(|r| &r.recipient).collect::<Vec<_>>()),
        )
    };
    let sorted = |config: &Config| {
        let mut all: Vec<_> = config.rules.iter().map(key).collect();
        all.sort();
        all
    };
    let wins = config.winner(path).ok()??;
    (sorted(&config) == sorted(&store.config) && key(wins) == key(hidden)).then_some(after)
}
