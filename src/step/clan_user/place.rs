//! Where a new instance goes: in a file of its own where the neighbour's has one, else beside the
//! neighbour's in the same attribute set.

use std::path::{Path, PathBuf};

use super::rewrite::Rewrite;
use super::wish::on_nixos;
use super::{
    Context, Wish, bindings_of, clan, copy, fits_into, listing, model, refusal, same, template,
    text_of,
};
use crate::counted::listed;
use crate::fleet::{UsersInstance, instance_in, reach};
use crate::nix::{Binding, Part, Shape, Source, Span, TokenKind, tokens};
use crate::plan::{Change, Plan};
use crate::problem::Problem;
use crate::splice::nix::{Slot, Splice, add_binding, outdented};
use crate::step::likeness::replace_words;
use crate::step::new_file;

/// The new instance, with what makes the fleet read it, and a sentence about it.
pub(super) fn new_instance(
    cx: &Context,
    plan: &Plan,
    wish: &Wish,
) -> Result<(Vec<Change>, String), Problem> {
    let hosts: Vec<&str> = wish.machines.iter().map(|(host, _)| *host).collect();
    let on = format!("{} on {}", wish.user, listed(&hosts));
    let model = model(cx);
    if let Some(model) = model {
        let how = |text: Option<&str>| match text {
            Some(text) => copy::renamed(cx, model, wish, text),
            None => Err("it is in several pieces".to_owned()),
        };
        if let Ok(changes) = beside(cx, plan, wish, model, model.managed, &how)? {
            return Ok((changes, format!("{on}, in the way {} is.", model.user)));
        }
    }
    let readable = || clan(cx).instances.iter().find(|instance| !instance.computed);
    let Some(beside_it) = model.or_else(readable) else {
        return Err(all_computed(cx, wish));
    };
    let name = copy::name_like(beside_it, wish.user);
    let file = template::file(cx, wish, &name, "clan.inventory.instances")?;
    let value = template::value(&file).unwrap_or_default();
    let from_template = |text: Option<&str>| match text.map(Source::parse) {
        // A whole file takes the whole file, a value the value.
        Some(Ok(source)) if !bindings_of(&source, &beside_it.name).is_empty() => Ok(file.clone()),
        _ => Ok(value.clone()),
    };
    let managed = template::has_home(cx);
    let refused = |why: String| refusal::of_new(cx, &beside_it.at, &why.into(), &name, &value);
    if model.is_some_and(|model| model.managed != managed) {
        let why = "the neighbour's cannot be followed, and a template would leave the home out";
        return Err(refused(why.to_owned()));
    }
    match beside(cx, plan, wish, beside_it, managed, &from_template)? {
        Ok(changes) => Ok((changes, format!("{on}, from a template of doorstep's."))),
        Err(why) => Err(refused(why)),
    }
}

/// Nobody's instance is spelled out, and so none can be added in the way of the fleet.
fn all_computed(cx: &Context, wish: &Wish) -> Problem {
    let theirs = clan(cx).instances.first();
    let Some(at) = clan(cx).computed.first().or(theirs.map(|instance| &instance.at)) else {
        return Problem::bug("an instance was planned for a fleet without any");
    };
    let like = |theirs| copy::name_like(theirs, wish.user);
    let name = theirs.map_or_else(|| format!("user-{}", wish.user), like);
    let value = template::file(cx, wish, &name, "clan.inventory.instances")
        .map(|file| template::value(&file).unwrap_or_default());
    let why = "the instances of the people are not spelled out there";
    value
        .map_or_else(|problem| problem, |value| refusal::of_new(cx, at, &why.into(), &name, &value))
}

/// The newcomer's instance beside `model`'s, with the text that `made` makes of the model's; of
/// nothing where the model's is in several pieces.
///
/// The inner error is a sentence: it cannot be done in this way.
fn beside(
    cx: &Context,
    plan: &Plan,
    wish: &Wish,
    model: &UsersInstance,
    managed: bool,
    made: &dyn Fn(Option<&str>) -> Result<String, String>,
) -> Result<Result<Vec<Change>, String>, Problem> {
    let file = &model.at.file;
    let Some(text) = text_of(cx, plan, file) else { return Ok(Err("it cannot be read".into())) };
    let Ok(source) = Source::parse(text.as_str()) else {
        return Ok(Err("it cannot be parsed".into()));
    };
    let bindings = bindings_of(&source, &model.name);
    let name = copy::name_like(model, wish.user);
    if clan(cx).instances.iter().any(|instance| instance.name == name) {
        return Ok(Err(format!("an instance {name} is there already, for somebody else")));
    }
    let proved = |text: &str| is_as_wished(cx, wish, &name, managed, text);
    if let Some(path) = own_path(cx, file, &source, model, &bindings, wish.user) {
        let whole = without_header(&source, &bindings);
        let made = made(Some(&whole)).and_then(|text| {
            proved(&text)?;
            leads_somewhere(cx, plan, &path, &text)?;
            Ok((text, listing::with_neighbours(cx, plan, file, &path, &model.user)?))
        });
        return match made {
            Ok((text, listed)) => {
                let mut changes = vec![new_file(cx, &path, text)?];
                changes.extend(listed);
                Ok(Ok(changes))
            }
            Err(why) => Ok(Err(why)),
        };
    }
    let added = || -> Result<String, String> {
        let last = bindings.last().ok_or("it was not found again")?;
        if last.shape != Shape::Set && bindings.len() == 1 {
            return Err("an expression makes it".to_owned());
        }
        let theirs = (bindings.len() == 1).then(|| outdented(&source, last.value));
        let value = made(theirs.as_deref())?;
        fits_into(&text, &value)?;
        leads_somewhere(cx, plan, file, &value)?;
        let written: Vec<&str> = last.written().iter().map(Part::text).collect();
        let own = written.iter().position(|part| *part == model.name).ok_or("it has no name")?;
        let names: Vec<&str> = written[..own].iter().copied().chain([&*name]).collect();
        match add_binding(&text, Slot::After(last.span), &names, &value) {
            Ok(Splice::Changed(change)) => proved(&change.text).map(|()| change.text),
            Ok(Splice::AlreadySo { line }) => Err(format!("line {line} says so already")),
            Err(refusal) => Err(refusal.to_string()),
        }
    };
    let path = cx.fleet.at(file);
    Ok(added().map(|after| vec![Change::Edit { path, before: text.clone(), after }]))
}

/// Whether every file that the text names is there, or will be: a neighbour may have files of their
/// own, which become the newcomer's by name alone.
fn leads_somewhere(cx: &Context, plan: &Plan, file: &Path, text: &str) -> Result<(), String> {
    let coming: Vec<&Path> =
        plan.steps.iter().flat_map(|step| &step.changes).filter_map(Change::path).collect();
    let is_there = |path: &Path| {
        let absolute = cx.fleet.at(path);
        cx.fleet.has(path) || coming.iter().any(|coming| coming.starts_with(&absolute))
    };
    let paths = tokens(text).into_iter().filter(|t| t.kind == TokenKind::Code);
    let mut paths = paths.filter(|token| reach::is_path(token.text) && !token.text.ends_with('/'));
    let lost =
        paths.find(|token| reach::resolved(file, token.text).is_none_or(|path| !is_there(&path)));
    match lost {
        Some(token) => Err(format!("`{}` would be a file of its own", token.text)),
        None => Ok(()),
    }
}

/// The file of a newcomer's instance, where the model's has one for itself that is called for them.
fn own_path(
    cx: &Context,
    file: &Path,
    source: &Source,
    model: &UsersInstance,
    bindings: &[&Binding],
    newcomer: &str,
) -> Option<PathBuf> {
    let around = |b: &Binding| bindings.iter().any(|own| b.span.contains(own.span));
    let inside = |b: &Binding| bindings.iter().any(|own| own.span.contains(b.span));
    let is_alone = source.bindings().iter().all(|b| around(b) || inside(b));
    let old = file.to_string_lossy();
    let path = replace_words(&old, &model.user, newcomer);
    (is_alone && path != old && !cx.fleet.has(&path)).then(|| PathBuf::from(path))
}

/// The text without the remarks around the instance: they are about whose it is.
fn without_header(source: &Source, bindings: &[&Binding]) -> String {
    let mut rewrite = Rewrite::of(source);
    let inside = |at: usize| bindings.iter().any(|b| b.span.start <= at && at < b.span.end);
    for token in tokens(source.text()) {
        if token.kind == TokenKind::Comment && !inside(token.start) {
            rewrite.remove(Span::new(token.start, token.start + token.text.len()));
        }
    }
    rewrite.done()
}

/// Whether the instance in `text` is what was meant, and nothing more.
fn is_as_wished(
    cx: &Context,
    wish: &Wish,
    name: &str,
    managed: bool,
    text: &str,
) -> Result<(), String> {
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let made = instance_in(&source, name).ok_or("the result would be no instance")?;
    let mut reached: Vec<&str> = made.named.iter().map(String::as_str).collect();
    for tag in &made.tags {
        reached
            .extend(clan(cx).tag(tag).iter().flat_map(|t| t.machines.iter().map(String::as_str)));
    }
    let mut wished: Vec<&str> = wish.machines.iter().map(|(host, _)| *host).collect();
    for names in [&mut reached, &mut wished] {
        names.sort_unstable();
        names.dedup();
    }
    let groups = wish.machines.iter().filter(|(host, _)| on_nixos(cx, host)).all(|(host, more)| {
        let decided: Vec<String> = wish.groups.iter().chain(more).cloned().collect();
        same(&made.groups_on(host), &decided)
    });
    let is_so = made.user == wish.user
        && reached == wished
        && groups
        && made.admin == wish.is_admin()
        && made.managed == managed;
    if is_so {
        Ok(())
    } else {
        Err("the result would say something else than was meant".to_owned())
    }
}
