//! An instance from our own template, where no neighbour's can be followed.

use serde::Serialize;

use super::copy::is_enabled;
use super::{Context, Wish, wish};
use crate::fleet::layout::AggregatesIn;
use crate::nix::{Pattern, Source};
use crate::problem::Problem;
use crate::splice::nix::outdented;
use crate::step::standalone::modules_ask_for_flake;
use crate::template;

#[derive(Serialize)]
struct Values<'a> {
    instance: &'a str,
    /// *Nix*: what stands before the instance's name.
    place: &'a str,
    user: &'a str,
    machines: Vec<Machine<'a>>,
    groups: &'a [String],
    ssh_keys: &'a [String],
    shell: &'a str,
    /// Whether the machine has to be told of the shell.
    enabled: bool,
    uid: Option<String>,
    /// Whether the home comes with the instance.
    home: bool,
    /// Whether home-manager itself does, too.
    home_manager: bool,
    /// What the person's module does not import by itself.
    aggregates: Vec<String>,
    /// Whether home modules here take an argument `flake`, which home-manager does not give.
    flake: bool,
}

#[derive(Serialize)]
struct Machine<'a> {
    name: &'a str,
    groups: &'a [String],
}

/// Whether the template binds the home: a registry's people have no module that could be named.
pub(super) fn has_home(cx: &Context) -> bool {
    cx.layout().is_ok_and(|layout| layout.places.aggregates_in != AggregatesIn::Registry)
}

/// A whole file with the instance at `place`.
pub(super) fn file(
    cx: &Context,
    wish: &Wish,
    instance: &str,
    place: &str,
) -> Result<String, Problem> {
    let in_machine = cx.layout().is_ok_and(|l| l.places.aggregates_in == AggregatesIn::Machine);
    let on_nixos = |(host, _): &(&str, _)| wish::on_nixos(cx, host);
    let shell = wish.shell.unwrap_or("zsh");
    let values = Values {
        instance,
        place,
        user: wish.user,
        machines: wish.machines.iter().map(|(name, groups)| Machine { name, groups }).collect(),
        groups: &wish.groups,
        ssh_keys: wish.ssh_keys,
        shell,
        enabled: is_enabled(shell),
        uid: wish.uid.map(|uid| uid.to_string()),
        home: has_home(cx),
        home_manager: wish.machines.iter().all(on_nixos)
            && cx.fleet.lock.inputs.iter().any(|input| input == "home-manager"),
        aggregates: if in_machine { cx.aggregates() } else { Vec::new() },
        flake: modules_ask_for_flake(cx),
    };
    template::built_in("clan/user.nix")?.render(&values)
}

/// The instance of such a file as the value of a binding, at the left margin.
pub(super) fn value(file: &str) -> Option<String> {
    let source = Source::parse(file).ok()?;
    let pattern = Pattern::new("inventory.instances.*");
    let binding = source.bindings().iter().find(|b| b.path.ends_with(&pattern))?;
    Some(outdented(&source, binding.value))
}
