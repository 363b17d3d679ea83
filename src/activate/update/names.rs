//! Which home configuration is a person's: asked of the flake, never assumed. Of 28 real fleets 11
//! name them `user@host`, 5 by host, 4 by user, 2 `user@system`, 4 by profile; 17 compute them.

use crate::activate::{backend, follow, nix};
use crate::fleet::{Fleet, Name};
use crate::host::Host;
use crate::problem::{Kind, Problem};
use crate::run::Runner;

/// A configuration and where the flake keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// `homeConfigurations`, or the same below `legacyPackages.SYSTEM`.
    pub output: String,
    pub name: String,
}

/// The configuration of `user`, or the one that is `wished` for. `None`: the flake has none that
/// could be theirs.
///
/// # Errors
/// Nix cannot evaluate it; there is none of the wished name; several would fit.
pub(super) fn find(
    fleet: &Fleet,
    host: &Host,
    user: &str,
    wished: Option<&str>,
    nix_args: &[String],
    runner: &mut dyn Runner,
) -> Result<Option<Found>, Problem> {
    // Where a file writes the one name out, Nix need not be asked twice: the build will say.
    let own: Vec<_> = fleet.standalone.iter().filter(|s| s.user.as_deref() == Some(user)).collect();
    if let ([one], None) = (own.as_slice(), wished)
        && let Name::Literal(name) = &one.name
    {
        return Ok(Some(Found { output: "homeConfigurations".to_owned(), name: name.clone() }));
    }
    if let Some(asks) = backend::private_inputs(&fleet.root)
        && follow::probe(&asks, runner).may_ask
    {
        // Nobody can be asked while a plan is made; the build can ask, and says when it is wrong.
        return match wished {
            Some(name) => {
                Ok(Some(Found { output: "homeConfigurations".into(), name: name.into() }))
            }
            None => Err(Problem::user("the fleet cannot be looked into yet")
                .cause(asks.why)
                .hint("load your key with `ssh-add`, or name the configuration with `--name`")),
        };
    }
    let (output, names) = ask(fleet, host, nix_args, runner)?;
    let found = |name: &str| Found { output: output.clone(), name: name.to_owned() };
    if let Some(wished) = wished {
        return match names.iter().any(|name| name == wished) {
            true => Ok(Some(found(wished))),
            false => Err(Problem::user(format!("the fleet has no home configuration `{wished}`"))
                .of_kind(Kind::Answers)
                .cause(listed(&names))),
        };
    }
    let theirs = fitting(&names, user, host);
    match theirs.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(found(one))),
        several => Err(Problem::user(format!("several home configurations may be {user}'s"))
            .of_kind(Kind::Answers)
            .cause(listed(several))
            .hint(format!("name one: `--name {}`", crate::run::shell_word(&several[0])))),
    }
}

/// The names that may be this person's on this machine, the most telling ones alone.
fn fitting(names: &[String], user: &str, host: &Host) -> Vec<String> {
    let exact = [format!("{user}@{}", host.name), format!("{user}@{}", host.system()), user.into()];
    if let Some(best) = exact.iter().find(|name| names.contains(name)) {
        return vec![best.clone()];
    }
    let begins = |name: &&String| name.split('@').next() == Some(user);
    let theirs: Vec<String> = names.iter().filter(begins).cloned().collect();
    // A fleet of one person's machines names homes by them.
    let by_host = || names.iter().filter(|name| **name == host.name).cloned().collect();
    if theirs.is_empty() { by_host() } else { theirs }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "it has none at all".to_owned(),
        names => {
            let shown: Vec<_> = names.iter().take(20).map(|name| format!("`{name}`")).collect();
            format!("it has {}", shown.join(", "))
        }
    }
}

/// Every name, with the output that has them: one fleet of 28 keeps them under `legacyPackages`.
fn ask(
    fleet: &Fleet,
    host: &Host,
    nix_args: &[String],
    runner: &mut dyn Runner,
) -> Result<(String, Vec<String>), Problem> {
    let outputs = [
        "homeConfigurations".to_owned(),
        format!("legacyPackages.{}.homeConfigurations", host.system()),
    ];
    let mut trouble = None;
    for output in outputs {
        let command = nix()
            .args(["eval", "--json"])
            .arg(format!("{}#{output}", fleet.root.display()))
            .args(["--apply", "builtins.attrNames"])
            .args(nix_args)
            .cwd(&fleet.root);
        let answer = runner.output(&command)?;
        if answer.ok() {
            let names = serde_json::from_str(answer.stdout.trim())
                .map_err(|e| Problem::tool("the names that Nix gives cannot be read").cause(e))?;
            return Ok((output, names));
        }
        if !answer.stderr.contains("does not provide attribute") {
            return Err(Problem::fleet("the fleet's home configurations cannot be evaluated")
                .cause(reason(&answer.stderr))
                .hint(format!("see all of it with `{}`", command.typed())));
        }
        trouble = Some(answer);
    }
    // Neither output is there: that is an answer.
    trouble.map_or_else(
        || Err(Problem::bug("no output of the flake was asked for")),
        |_| Ok(("homeConfigurations".to_owned(), Vec::new())),
    )
}

/// What Nix says is wrong: its first error and the line after it.
fn reason(said: &str) -> String {
    let said = crate::activate::nix_log::plain(said);
    let from = said.find("error:").unwrap_or(0);
    let lines = said[from..].lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    lines.take(6).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
