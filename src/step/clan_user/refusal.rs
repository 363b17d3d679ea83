//! What a person is told when an instance is left to people: the file, the line, the reason, and the
//! very lines to paste.

use super::{Context, Wish, copy, join};
use crate::counted::listed;
use crate::fleet::{Place, UsersInstance};
use crate::nix;
use crate::problem::Problem;

/// Why an edit is not made.
#[derive(Debug)]
pub(super) struct Unsafe {
    /// What follows "cannot be changed safely".
    pub(super) why: String,
    /// Where, if not at the instance's beginning.
    pub(super) line: Option<u32>,
    /// What can be done instead of pasting lines.
    pub(super) instead: Option<String>,
}

impl From<String> for Unsafe {
    fn from(why: String) -> Self {
        Self { why, line: None, instead: None }
    }
}

impl From<&str> for Unsafe {
    fn from(why: &str) -> Self {
        why.to_owned().into()
    }
}

/// The person's instance is not given these machines.
pub(super) fn of_machines(
    cx: &Context,
    instance: &UsersInstance,
    machines: &[&str],
    why: &Unsafe,
) -> Problem {
    let line = |host: &&str| {
        let entry = copy::entry(host, &join::lacking(cx, instance, host), false);
        format!("roles.default.machines.{}", entry.unwrap_or_default())
    };
    of_instance(cx, instance, why, &machines.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// An instance is not given `paste`, bindings of it.
pub(super) fn of_instance(
    cx: &Context,
    instance: &UsersInstance,
    why: &Unsafe,
    paste: &str,
) -> Problem {
    let problem = cannot(cx, &instance.at, why);
    if !instance.computed {
        return pasting(problem, &format!("`{}` there", instance.name), paste);
    }
    let whole = path_of(&instance.name);
    let lines: Vec<String> = paste.lines().map(|line| format!("{whole}.{line}")).collect();
    pasting(problem, "a module of the clan", &lines.join("\n"))
}

/// The newcomer gets no instance at a neighbour's place.
pub(super) fn of_new(cx: &Context, at: &Place, why: &Unsafe, name: &str, value: &str) -> Problem {
    pasting(cannot(cx, at, why), "a module of the clan", &format!("{} = {value};", path_of(name)))
}

/// One instance cannot say what was decided for several machines.
pub(super) fn torn(cx: &Context, wish: &Wish, what: &str) -> Problem {
    let hosts: Vec<&str> = wish.machines.iter().map(|(host, _)| *host).collect();
    Problem::user(format!("one clan instance cannot have {what}"))
        .cause(format!("{} have their people by clan", listed(&hosts)))
        .hint(format!("give {} the same on all of them", cx.person.username))
}

fn cannot(cx: &Context, at: &Place, why: &Unsafe) -> Problem {
    let line = why.line.unwrap_or(at.line);
    let what =
        format!("`{}` cannot be changed safely: {} (line {line})", cx.shown(&at.file), why.why);
    let problem = Problem::fleet(what);
    match &why.instead {
        Some(instead) => problem.hint(instead),
        None => problem,
    }
}

fn pasting(problem: Problem, into: &str, lines: &str) -> Problem {
    let indented = |line: &str| match line {
        "" => "\n".to_owned(),
        line => format!("\n  {line}"),
    };
    let lines: String = lines.lines().map(indented).collect();
    problem.hint(format!("write this in {into} by hand, then try again:{lines}"))
}

fn path_of(instance: &str) -> String {
    format!("clan.inventory.instances.{}", nix::attr(instance).unwrap_or_default())
}
