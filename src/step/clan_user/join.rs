//! What an instance that is there lacks: further machines, switched on where somebody has prepared
//! them, and the home that the neighbour's instance brings.

use super::copy::{self, Target, is_quoted, targets};
use super::rewrite::{Rewrite, list};
use super::{Context, Wish, bindings_of, fits_into, hosts, model, place, refused, text_of, user};
use crate::fleet::{UsersInstance, instance_in, prepared_machines};
use crate::nix::{self, Binding, Pattern, Source, Span};
use crate::plan::{Change, Plan};
use crate::problem::Problem;

/// The instance with `missing` machines and with the home that it lacks.
pub(super) fn completed(
    cx: &Context,
    plan: &Plan,
    instance: &UsersInstance,
    missing: &[&str],
) -> Result<Option<Change>, Problem> {
    let file = &instance.at.file;
    let paste = || {
        let line = |host: &&str| format!("roles.default.machines.{host:?} = {{ }};");
        missing.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let gone = || refused(cx, file, "it cannot be read", &paste());
    let before = text_of(cx, plan, file).ok_or_else(gone)?;
    let joined = with_machines(cx, instance, missing, &before);
    let mut after = joined.map_err(|why| refused(cx, file, why, &paste()))?;
    if lacks_home(cx, instance) {
        let modules = modules_of_neighbour(cx, plan)
            .map_err(|why| refused(cx, file, why, "the modules of the neighbour's instance"))?;
        let paste = format!("roles.default.extraModules = {modules};");
        after = with_modules(instance, &modules, &after)
            .map_err(|why| refused(cx, file, why, &paste))?;
    }
    let path = cx.fleet.at(file);
    Ok((after != before).then_some(Change::Edit { path, before, after }))
}

/// Whether the neighbour's home comes with their instance, and the person's with nothing.
pub(super) fn lacks_home(cx: &Context, instance: &UsersInstance) -> bool {
    let is_bound = |host: &&str| {
        let machine = cx.fleet.machine(host);
        machine.is_some_and(|m| m.binds(user(cx)))
    };
    let has_modules = cx.fleet.files.nix(&instance.at.file).is_some_and(|source| {
        let own = bindings_of(source, &instance.name);
        let inside = |b: &Binding| own.iter().any(|own| own.span.contains(b.span));
        source.find("roles.*.extraModules").any(inside)
    });
    !instance.managed
        && !has_modules
        && model(cx).is_some_and(|model| model.managed)
        && !hosts(cx).iter().any(is_bound)
}

fn with_machines(
    cx: &Context,
    instance: &UsersInstance,
    missing: &[&str],
    text: &str,
) -> Result<String, String> {
    let mut text = text.to_owned();
    for host in missing {
        let groups = cx.person.account(host).groups.unwrap_or_default();
        text = with_machine(instance, host, &groups, &text)?;
    }
    let source = Source::parse(text.as_str()).map_err(|e| e.to_string())?;
    let now = instance_in(&source, &instance.name);
    let has = |host: &&str| now.as_ref().is_some_and(|now| now.named.iter().any(|n| n == host));
    match missing.iter().all(has) {
        true => Ok(text),
        false => Err("the result would not have the machine".to_owned()),
    }
}

fn with_machine(
    instance: &UsersInstance,
    host: &str,
    groups: &[String],
    text: &str,
) -> Result<String, String> {
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let own = bindings_of(&source, &instance.name);
    let inside = |span: Span| own.iter().any(|own| own.span.contains(span));
    let mut rewrite = Rewrite::of(&source);
    let prepared = own.iter().flat_map(|own| prepared_machines(&source, own.span));
    if let Some(line) = prepared.into_iter().find(|line| line.machine == host) {
        rewrite.replace(line.mark, String::new());
        return Ok(rewrite.done());
    }
    let all = targets(&source)?;
    let all: Vec<&Target> = all.iter().filter(|target| inside(target.binding.span)).collect();
    let of_kind = |is_tags| all.iter().rev().find(|target| target.is_tags == is_tags).copied();
    let quoted = all.iter().filter(|t| !t.is_tags).any(|t| is_quoted(&source, t));
    let name = if quoted { nix::quote(host) } else { nix::attr(host) };
    let name = name.map_err(|e| e.to_string())?;
    let more: Result<Vec<_>, _> = groups.iter().map(|group| nix::quote(group)).collect();
    let value = match more.map_err(|e| e.to_string())? {
        none if none.is_empty() => "{ }".to_owned(),
        more => format!("{{ settings.groups = {}; }}", list(&more, None)),
    };
    match (of_kind(false), of_kind(true)) {
        (Some(there), _) if there.is_whole => {
            let set = there.binding.value;
            let last = source.bindings().iter().rfind(|b| is_entry(&source, b, set));
            match last {
                Some(last) => rewrite.below(last, &[format!("{name} = {value};")]),
                None => rewrite.replace(set, format!("{{ {name} = {value}; }}")),
            }
        }
        (Some(there), _) => {
            let line = format!("{}machines.{name} = {value};", there.prefix);
            rewrite.below(there.binding, &[line]);
        }
        (None, Some(tags)) => {
            let line = format!("{}machines.{name} = {value};", tags.prefix);
            rewrite.below(tags.binding, &[line]);
        }
        (None, None) => return Err("it names no machine".to_owned()),
    }
    Ok(rewrite.done())
}

/// Whether the binding stands in this very set.
fn is_entry(source: &Source, binding: &Binding, set: Span) -> bool {
    source.sets().get(binding.set).is_some_and(|inner| inner.span == set)
}

/// The modules of the neighbour's instance as the person's would be, at the left margin.
fn modules_of_neighbour(cx: &Context, plan: &Plan) -> Result<String, String> {
    let model = model(cx).ok_or("nobody shows how")?;
    let theirs = text_of(cx, plan, &model.at.file).ok_or("the neighbour's cannot be read")?;
    let theirs = Source::parse(theirs).map_err(|e| e.to_string())?;
    let [binding] = bindings_of(&theirs, &model.name)[..] else {
        return Err("the neighbour's is in several pieces".to_owned());
    };
    let indent = theirs.indentation(binding.span.start);
    let value = place::outdented(binding.value.of(theirs.text()), indent);
    let wish = Wish::of(cx, &hosts(cx));
    let copied = copy::renamed(cx, model, &wish, &value)?;
    let copied = Source::parse(copied).map_err(|e| e.to_string())?;
    let modules = Pattern::new("roles.*.extraModules");
    let modules = copied.bindings().iter().find(|b| b.path.ends_with(&modules));
    let modules = modules.ok_or("the neighbour's has no modules")?;
    let inner = copied.indentation(modules.span.start);
    Ok(place::outdented(modules.value.of(copied.text()), inner))
}

/// `text` with these modules in the person's instance.
fn with_modules(instance: &UsersInstance, modules: &str, text: &str) -> Result<String, String> {
    fits_into(text, modules)?;
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let own = bindings_of(&source, &instance.name);
    let all = targets(&source)?;
    let mut inside = all.iter().filter(|t| own.iter().any(|o| o.span.contains(t.binding.span)));
    let last = inside.next_back().ok_or("it names no machine")?;
    let mut rewrite = Rewrite::of(&source);
    rewrite.below(last.binding, &[format!("{}extraModules = {modules};", last.prefix)]);
    let text = rewrite.done();
    let source = Source::parse(text.as_str()).map_err(|e| e.to_string())?;
    match instance_in(&source, &instance.name).is_some_and(|now| now.managed) {
        true => Ok(text),
        false => Err("the result would bring no home".to_owned()),
    }
}
