//! What an instance that is there lacks: further machines, switched on where somebody has prepared
//! them, and the home that the neighbour's instance brings.
//!
//! What comes out gives the person on a further machine what the instance gives everywhere and what
//! was decided for that machine, and nothing else, whatever a prepared line says.

use super::copy::{self, Target, entry, groups_set, is_quoted, targets};
use super::refusal::Unsafe;
use super::rewrite::Rewrite;
use super::{Context, Wish, bindings_of, fits_into, hosts, model, place, refusal, text_of, user};
use crate::fleet::{PreparedMachine, UsersInstance, instance_in, prepared_machines};
use crate::nix::{Binding, Pattern, Source, Span};
use crate::plan::{Change, Plan};
use crate::problem::Problem;
use crate::splice::nix::{Slot, Splice, add_binding};

/// The instance with `missing` machines and with the home that it lacks.
pub(super) fn completed(
    cx: &Context,
    plan: &Plan,
    instance: &UsersInstance,
    missing: &[&str],
) -> Result<Option<Change>, Problem> {
    one_shell(cx, instance, missing)?;
    let file = &instance.at.file;
    let refused = |why: Unsafe| refusal::of_machines(cx, instance, missing, &why);
    let before = text_of(cx, plan, file).ok_or_else(|| refused("it cannot be read".into()))?;
    let mut after = with_machines(cx, instance, missing, &before).map_err(refused)?;
    if lacks_home(cx, instance) {
        let refused = |why: String, modules: &str| {
            let paste = format!("roles.default.extraModules = {modules};");
            refusal::of_instance(cx, instance, &why.into(), &paste)
        };
        let modules = modules_of_neighbour(cx, plan)
            .map_err(|why| refused(why, "[ … ]; # the modules of the neighbour's instance"))?;
        after = with_modules(instance, &modules, &after).map_err(|why| refused(why, &modules))?;
    }
    let path = cx.fleet.at(file);
    Ok((after != before).then_some(Change::Edit { path, before, after }))
}

/// What an instance says of the shell holds on all of its machines.
fn one_shell(cx: &Context, instance: &UsersInstance, missing: &[&str]) -> Result<(), Problem> {
    for host in missing {
        let decided = cx.person.account(host).shell;
        let Some(shell) = decided.filter(|shell| instance.shell.as_ref() != Some(shell)) else {
            continue;
        };
        let theirs = instance.shell.as_deref().unwrap_or("nothing of a shell");
        return Err(Problem::user(format!("`{host}` alone cannot have {shell}"))
            .cause(format!(
                "`{}` says {theirs}, and what it says holds on all of its machines",
                instance.name
            ))
            .hint(format!("leave the shell of {host} out, and change it in the instance")));
    }
    Ok(())
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
    before: &str,
) -> Result<String, Unsafe> {
    if missing.is_empty() {
        return Ok(before.to_owned());
    }
    if instance.computed {
        return Err(format!("an expression makes `{}`", instance.name).into());
    }
    let mut text = before.to_owned();
    for host in missing {
        text = with_machine(cx, instance, host, &text)?;
    }
    match is_as_decided(cx, instance, missing, before, &text) {
        true => Ok(text),
        false => Err("the result would say something else than was meant".into()),
    }
}

/// Whether all that the edit does is to give the person these machines, with what was decided.
fn is_as_decided(
    cx: &Context,
    instance: &UsersInstance,
    missing: &[&str],
    before: &str,
    after: &str,
) -> bool {
    let read = |text: &str| instance_in(&Source::parse(text).ok()?, &instance.name);
    let (Some(before), Some(after)) = (read(before), read(after)) else { return false };
    let is_new = |name: &String| missing.contains(&name.as_str());
    let gives = |host: &&str| {
        let mut wished = before.groups.clone();
        wished.extend(lacking(cx, &before, host));
        let mut given = after.groups_on(host);
        (wished.sort_unstable(), given.sort_unstable());
        after.named.iter().any(|name| name == host) && given == wished
    };
    let mut rest = UsersInstance {
        at: before.at.clone(),
        prepared: before.prepared.clone(),
        admin: before.admin,
        ..after.clone()
    };
    rest.named.retain(|name| !is_new(name));
    rest.more_groups.retain(|name, _| !is_new(name));
    missing.iter().all(gives) && rest == before
}

/// The groups that were decided for `host` and that the instance does not give everywhere.
pub(super) fn lacking(cx: &Context, instance: &UsersInstance, host: &str) -> Vec<String> {
    let mut groups = cx.person.account(host).groups.unwrap_or_default();
    groups.retain(|group| !instance.groups.contains(group));
    groups
}

fn with_machine(
    cx: &Context,
    instance: &UsersInstance,
    host: &str,
    text: &str,
) -> Result<String, Unsafe> {
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let own: Vec<Span> = bindings_of(&source, &instance.name).iter().map(|b| b.span).collect();
    let groups = lacking(cx, instance, host);
    let mut rewrite = Rewrite::of(&source);
    let mut prepared = own.iter().flat_map(|span| prepared_machines(&source, *span));
    if let Some(line) = prepared.find(|line| line.machine == host) {
        switch_on(instance, &line, groups, &mut rewrite)?;
        return Ok(rewrite.done());
    }
    let all = targets(&source, &own)?;
    let of_kind = |is_tags| all.iter().rev().find(|target| target.is_tags == is_tags);
    let quoted = all.iter().filter(|t| !t.is_tags).any(|t| is_quoted(&source, t));
    let entry = entry(host, &groups, quoted)?;
    match (of_kind(false), of_kind(true)) {
        (Some(there), _) if there.is_whole => {
            let set = there.binding.value;
            match source.bindings().iter().rfind(|b| is_entry(&source, b, set)) {
                Some(last) => rewrite.below(last, &[entry]),
                None => return into_empty(text, set, host, &groups),
            }
        }
        (Some(Target { prefix, binding, .. }), _)
        | (None, Some(Target { prefix, binding, .. })) => {
            rewrite.below(binding, &[format!("{prefix}machines.{entry}")]);
        }
        (None, None) => return Err("it names no machine".into()),
    }
    Ok(rewrite.done())
}

/// Takes the `#` from a prepared line, which must give nothing that was not decided.
fn switch_on(
    instance: &UsersInstance,
    line: &PreparedMachine,
    groups: Vec<String>,
    rewrite: &mut Rewrite<'_>,
) -> Result<(), Unsafe> {
    let host = &line.machine;
    if let Some(what) = &line.further {
        let why = format!("what is prepared there for {host} also says `{what}`");
        return Err(Unsafe { why, line: Some(line.line), instead: None });
    }
    let known = |group: &&String| groups.contains(group) || instance.groups.contains(group);
    let undecided: Vec<&str> =
        line.groups.iter().filter(|group| !known(group)).map(String::as_str).collect();
    if !undecided.is_empty() {
        let (list, user) = (undecided.join(" and "), &instance.user);
        let mut all: Vec<&str> = groups.iter().map(String::as_str).collect();
        all.extend(undecided);
        let answer = format!("accounts: {{ {host}: {{ groups: [{}] }} }}", all.join(", "));
        return Err(Unsafe {
            why: format!(
                "what is prepared there for {host} puts {user} in {list}, which nobody has decided"
            ),
            line: Some(line.line),
            instead: Some(format!("decide it: answer `{answer}`; or take it out of that line")),
        });
    }
    rewrite.replace(line.mark, String::new());
    if groups.iter().any(|group| !line.groups.contains(group)) {
        rewrite.replace(line.value, groups_set(&groups)?);
    }
    Ok(())
}

/// The first machine of a set that has none; comments in it stay.
fn into_empty(text: &str, set: Span, host: &str, groups: &[String]) -> Result<String, Unsafe> {
    match add_binding(text, Slot::In(set), &[host], &groups_set(groups)?) {
        Ok(Splice::Changed(change)) => Ok(change.text),
        Ok(Splice::AlreadySo { .. }) => Err("it is there already".into()),
        Err(refusal) => Err(refusal.reason.to_string().into()),
    }
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
    let own: Vec<Span> = bindings_of(&source, &instance.name).iter().map(|b| b.span).collect();
    let all = targets(&source, &own)?;
    let last = all.last().ok_or("it names no machine")?;
    let mut rewrite = Rewrite::of(&source);
    rewrite.below(last.binding, &[format!("{}extraModules = {modules};", last.prefix)]);
    let text = rewrite.done();
    let source = Source::parse(text.as_str()).map_err(|e| e.to_string())?;
    match instance_in(&source, &instance.name).is_some_and(|now| now.managed) {
        true => Ok(text),
        false => Err("the result would bring no home".to_owned()),
    }
}
