//! Where a new instance goes: in a file of its own where the neighbour's has one, else beside the
//! neighbour's in the same attribute set.

use std::path::{Path, PathBuf};

use super::rewrite::Rewrite;
use super::{
    Context, Wish, bindings_of, clan, copy, fits_into, listed, model, refused, template, text_of,
};
use crate::fleet::{UsersInstance, instance_in};
use crate::nix::{Binding, Part, Shape, Source, Span, TokenKind, tokens};
use crate::plan::{Change, Plan};
use crate::problem::Problem;
use crate::splice::nix::{Slot, Splice, add_binding};
use crate::step::likeness::replace_words;
use crate::step::new_file;

/// The new instance, and a sentence about it.
pub(super) fn new_instance(
    cx: &Context,
    plan: &Plan,
    wish: &Wish,
) -> Result<(Change, String), Problem> {
    let hosts: Vec<&str> = wish.machines.iter().map(|(host, _)| *host).collect();
    let on = format!("{} on {}", wish.user, listed(&hosts));
    if let Some(model) = model(cx) {
        let how = |text: &str| copy::renamed(cx, model, wish, text);
        if let Ok(change) = beside(cx, plan, wish, model, model.managed, &how)? {
            return Ok((change, format!("{on}, in the way {} is.", model.user)));
        }
    }
    let Some(beside_it) = model(cx).or_else(|| clan(cx).instances.first()) else {
        return Err(Problem::bug("an instance was planned for a fleet without any"));
    };
    let name = copy::name_like(beside_it, wish.user);
    let file = template::file(cx, wish, &name, "clan.inventory.instances")?;
    let value = template::value(&file).unwrap_or_default();
    let from_template = |text: &str| match Source::parse(text) {
        // A value takes the value, a whole file the whole file.
        Ok(source) if bindings_of(&source, &beside_it.name).is_empty() => Ok(value.clone()),
        _ => Ok(file.clone()),
    };
    let managed = template::has_home(cx);
    if model(cx).is_some_and(|model| model.managed != managed) {
        let why = "the neighbour's cannot be followed, and a template would leave the home out";
        return Err(refused(cx, &beside_it.at.file, why, &format!("{name} = {value};")));
    }
    match beside(cx, plan, wish, beside_it, managed, &from_template)? {
        Ok(change) => Ok((change, format!("{on}, from a template of doorstep's."))),
        Err(why) => Err(refused(cx, &beside_it.at.file, why, &format!("{name} = {value};"))),
    }
}

/// The newcomer's instance beside `model`'s, with the text that `made` makes of the model's.
///
/// The inner error is a sentence: it cannot be done in this way.
fn beside(
    cx: &Context,
    plan: &Plan,
    wish: &Wish,
    model: &UsersInstance,
    managed: bool,
    made: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Result<Change, String>, Problem> {
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
        return match made(&whole).and_then(|text| proved(&text).map(|()| text)) {
            Ok(text) => new_file(cx, &path, text).map(Ok),
            Err(why) => Ok(Err(why)),
        };
    }
    let added = || -> Result<String, String> {
        let [binding] = bindings[..] else { return Err("it is in several pieces".to_owned()) };
        if binding.shape != Shape::Set {
            return Err("an expression makes it".to_owned());
        }
        let indent = source.indentation(binding.span.start);
        let value = made(&outdented(binding.value.of(&text), indent))?;
        fits_into(&text, &value)?;
        let written = binding.written().iter().map(Part::text);
        let names: Vec<&str> = written.map(|n| if n == model.name { &*name } else { n }).collect();
        match add_binding(&text, Slot::After(binding.span), &names, &value) {
            Ok(Splice::Changed(change)) => proved(&change.text).map(|()| change.text),
            Ok(Splice::AlreadySo { line }) => Err(format!("line {line} says so already")),
            Err(refusal) => Err(refusal.to_string()),
        }
    };
    let path = cx.fleet.at(file);
    Ok(added().map(|after| Change::Edit { path, before: text.clone(), after }))
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
    let is_so = made.user == wish.user
        && reached == wished
        && made.admin == wish.is_admin()
        && made.managed == managed;
    if is_so {
        Ok(())
    } else {
        Err("the result would say something else than was meant".to_owned())
    }
}

/// `value` as it would stand at the left margin: its later lines without `indent`.
pub(super) fn outdented(value: &str, indent: &str) -> String {
    value.split_inclusive('\n').map(|line| line.strip_prefix(indent).unwrap_or(line)).collect()
}
