//! The entry of a home configuration in a fleet of no known layout: beside a neighbour's, in the
//! list of names that all are made of, as a folder of the right name, or in the outputs of a flake
//! that has none yet.
//!
//! What cannot be proved is not written: the person gets the lines to paste, with file and place.

use std::path::{Path, PathBuf};

use crate::fleet::slot::Sibling;
use crate::fleet::{CONFIGURATIONS, FOLDER, Found, Standalone};
use crate::nix::{self, Part, SetKind, Source, Span, TokenKind};
use crate::plan::{Change, Needs, Plan, Remark, Step};
use crate::problem::Problem;
use crate::splice::nix::{self as splice, Slot};
use crate::step::Context;
use crate::step::likeness::{in_the_name_of, on_system, says_word, systems_in};
use crate::step::machine_import::home::{self, NewFile};
use crate::step::machine_import::{Drafts, home_file};

/// Where flakes say what they offer.
const FLAKE: &str = "flake.nix";

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let Ok(drafts) = planned(cx) else { return Ok(None) };
    let Ok((changes, by_hand)) = drafts.made(cx) else { return Ok(None) };
    // A machine of theirs may have brought the home already.
    let planned: Vec<_> = plan.steps.iter().flat_map(|step| &step.changes).collect();
    let again = |change: &Change| planned.iter().any(|known| known.path() == change.path());
    let changes: Vec<Change> = changes
        .into_iter()
        .filter(|change| !(matches!(change, Change::Create { .. }) && again(change)))
        .collect();
    if changes.is_empty() || changes.iter().any(again) {
        return Ok(None);
    }
    Ok(Some(Step {
        id: "standalone",
        title: "Add configuration".to_owned(),
        why: format!("The home configuration {}, activated on its own.", cx.configuration()),
        needs: Needs::You,
        by_hand,
        changes,
        decided_by: Some("mode"),
    }))
}

/// What to write by hand where no place was found.
pub(super) fn remark(cx: &Context) -> Option<Remark> {
    let why = match planned(cx) {
        Ok(drafts) => drafts.made(cx).err()?.what,
        Err(why) => why,
    };
    let flake = cx.shown(Path::new(FLAKE));
    let lines = lines(cx, false);
    let text = format!(
        "No home configuration is added: {why}. These lines make one among the outputs of `{flake}`:"
    );
    let places = lines.lines().map(|line| (String::new(), line.to_owned())).collect();
    Some(Remark { warns: true, text, places })
}

/// The edit, or why there is none.
fn planned<'a>(cx: &Context<'a>) -> Result<Drafts<'a>, String> {
    let mut drafts = Drafts::new(cx.fleet);
    if cx.fleet.keeps_homes_in_folders() {
        in_a_folder(cx, &mut drafts)?;
        return Ok(drafts);
    }
    if let Some((file, list, name)) = cx.fleet.configuration_list() {
        let newcomer = nix::quote(&cx.person.username).map_err(|e| e.to_string())?;
        drafts.append(&file, list, &newcomer);
        let new = home::by_name(cx, cx.machine(), &name)?;
        draft(cx, &mut drafts, new, true)?;
        return Ok(drafts);
    }
    match like(cx) {
        Some((entry, name, found)) => beside(cx, &mut drafts, entry, &name, &found)?,
        None => in_outputs(cx, &mut drafts)?,
    }
    Ok(drafts)
}

/// Plans a folder of the right name, like that of a neighbour.
fn in_a_folder(cx: &Context, drafts: &mut Drafts) -> Result<(), String> {
    let path = PathBuf::from(cx.fill(FOLDER));
    let like = cx.fleet.standalone.iter().find_map(|entry| {
        let folder = entry.at.file.ends_with("default.nix");
        folder.then_some((entry.at.file.clone(), entry.user.clone()?))
    });
    draft(cx, drafts, Some(NewFile { path, like }), true)
}

/// The entry that is copied: one for the same machine, else for the same system, else the first.
fn like<'a>(cx: &Context<'a>) -> Option<(&'a Standalone, String, Found<'a>)> {
    let all = cx.fleet.configurations();
    let entries = cx.fleet.standalone.iter().filter_map(|entry| {
        let found = all.iter().find(|found| {
            let name = found.below(&CONFIGURATIONS).and_then(Part::name);
            let whole = found.binding.path.last().and_then(Part::name) == name;
            whole && found.place() == entry.at && name == Some(entry.name.text())
        })?;
        Some((entry, entry.user.clone()?, *found))
    });
    let entries: Vec<_> = entries.filter(|(_, name, _)| *name != cx.person.username).collect();
    let host = cx.machine().map_or(cx.host.name.as_str(), |machine| &machine.name);
    let system = cx.system();
    let code = |found: &Found<'_>| found.binding.value.of(found.source.text()).to_owned();
    entries.into_iter().min_by_key(|(entry, _, found)| {
        let same_host = says_word(&format!("{:?}", entry.name.text()), host);
        (!same_host, !systems_in(&code(found)).iter().any(|known| *known == system))
    })
}

/// Plans a copy of a neighbour's entry.
fn beside(
    cx: &Context,
    drafts: &mut Drafts,
    entry: &Standalone,
    name: &str,
    found: &Found<'_>,
) -> Result<(), String> {
    let (source, binding) = (found.source, found.binding);
    let newcomer = cx.person.username.as_str();
    let value = splice::outdented(source, binding.value);
    let value = home::without_aliases(source, binding.value, &value, name)?;
    let system = cx.system();
    packages_are_of(source, &value, &system)?;
    if ["assword", "age1", "ssh-ed25519", "ssh-rsa"].iter().any(|own| value.contains(own)) {
        return Err(format!("{name}'s holds what is only {name}'s"));
    }
    let renamed = in_the_name_of(&value, name, newcomer);
    let like = Sibling {
        name: name.to_owned(),
        literal: true,
        file: found.file.to_owned(),
        line: binding.line,
        span: binding.span,
    };
    let (renamed, new) = home::own_file(cx, cx.machine(), &like, &value, renamed)?;
    let renamed = on_host(cx, entry, &on_system(&renamed, &system, newcomer))?;
    let renamed = home::with_identity(cx, &renamed)?;
    let others = cx.fleet.standalone.iter().filter_map(|other| other.user.as_deref());
    if let Some(other) = others.filter(|o| *o != newcomer).find(|other| says_word(&renamed, other))
    {
        return Err(format!("what {name} has there is also {other}'s"));
    }
    let names = binding.written().iter().map(|part| match part.name() {
        Some(written) if written == entry.name.text() => cx.configuration(),
        _ => part.text().to_owned(),
    });
    let names = names.collect();
    let unnamed = !renamed.contains("home.username") && !renamed.contains("username =");
    drafts.bind(found.file, Slot::After(binding.span), names, renamed, &|_| true);
    draft(cx, drafts, new, unnamed)
}

/// The home file of the entry. Nobody tells a home on its own whose it is but itself: where the
/// entry does not (`unnamed`), the file says what the neighbour's does.
fn draft(
    cx: &Context,
    drafts: &mut Drafts,
    new: Option<NewFile>,
    unnamed: bool,
) -> Result<(), String> {
    let Some(new) = new else { return Ok(()) };
    let says_who = |(like, _): &(PathBuf, String)| {
        let source = cx.fleet.files.nix(like);
        source.is_some_and(|source| source.find("home.username").next().is_some())
    };
    let alone = unnamed && new.like.as_ref().is_some_and(says_who);
    let like = new.like.as_ref().map(|(path, name)| (path.as_path(), name.as_str()));
    let folder = alone.then(|| super::home_folder(cx));
    let text = home_file::text(cx, &new.path, like, folder).map_err(|problem| problem.what)?;
    drafts.create(new.path, text);
    Ok(())
}

/// The packages that a value names, by a `let`, must be those of the system.
fn packages_are_of(source: &Source, value: &str, system: &str) -> Result<(), String> {
    if !systems_in(value).is_empty() {
        return Ok(());
    }
    for token in nix::tokens(value).iter().filter(|token| token.kind == TokenKind::Code) {
        let Some(alias) = source.let_binding(token.text) else { continue };
        let systems = systems_in(alias.value.of(source.text()));
        if matches!(systems[..], [other] if other != system) {
            return Err(format!("the others there are for {}, not {system}", systems[0]));
        }
    }
    Ok(())
}

/// The value for the newcomer's machine, where the entry's name and value say one.
fn on_host(cx: &Context, entry: &Standalone, value: &str) -> Result<String, String> {
    let Some((_, old)) = entry.name.text().split_once('@') else { return Ok(value.to_owned()) };
    let host = cx.machine().map_or(cx.host.name.as_str(), |machine| &machine.name);
    if old == host
        || !says_word(value, old)
        || !systems_in(&nix::quote(old).unwrap_or_default()).is_empty()
    {
        return Ok(value.to_owned());
    }
    let moved = nix::tokens(value).iter().fold(String::new(), |out, token| match token.kind {
        TokenKind::StringPart if token.text == old => out + host,
        _ => out + token.text,
    });
    match says_word(&moved, old) {
        true => Err(format!("what is there is about {old} in a way that cannot be carried over")),
        false => Ok(moved),
    }
}

/// Plans the first entry of a flake, which writes its outputs out.
fn in_outputs(cx: &Context, drafts: &mut Drafts) -> Result<(), String> {
    let file = Path::new(FLAKE);
    let source = cx.fleet.files.nix(file).ok_or("the fleet has no `flake.nix`")?;
    if !cx.fleet.standalone.is_empty() {
        return Err("those of the fleet are computed".to_owned());
    }
    let function = source.find("outputs").find(|binding| binding.path.parts().len() == 1);
    let function = function.ok_or("its outputs are not written out")?;
    let outputs = source.sets().iter().filter(|set| {
        let parent = set.parent.map(|parent| &source.sets()[parent]);
        set.path == function.path
            && set.kind == SetKind::Plain
            && !set.given
            && parent.is_none_or(|parent| parent.kind == SetKind::Let || parent.path != set.path)
    });
    let body =
        outputs.max_by_key(|set| set.bindings.len()).ok_or("its outputs are not written out")?;
    let known = arguments(source, function.value);
    for name in ["home-manager", "nixpkgs"] {
        let taken = known.contains(&name);
        if !taken && !declares(cx, source, name) {
            return Err(format!("the flake has no input `{name}`"));
        }
        if !taken && !known.contains(&"inputs") {
            return Err(format!("its outputs do not take `{name}`"));
        }
    }
    let new = home_file_of(cx);
    let line = lines(cx, true);
    let binding = Source::parse(format!("{{ {line} }}")).map_err(|e| e.to_string())?;
    let value = binding.bindings().first().map(|b| splice::outdented(&binding, b.value));
    let names = vec!["homeConfigurations".to_owned(), cx.configuration()];
    let last = body.bindings.iter().map(|id| &source.bindings()[*id]).rfind(|binding| {
        let head = binding.written().first().and_then(Part::name);
        head.is_some_and(|head| head.ends_with("Configurations"))
    });
    let slot = last.map_or(Slot::In(body.span), |last| Slot::After(last.span));
    drafts.bind(file, slot, names, value.unwrap_or_default(), &|_| false);
    draft(cx, drafts, new, false)
}

/// The file that a first entry names, when it is not there yet.
fn home_file_of(cx: &Context) -> Option<NewFile> {
    let path = home::home_place(cx, "");
    (!cx.fleet.has(&path)).then_some(NewFile { path, like: None })
}

/// The names that the function of the outputs binds.
fn arguments(source: &Source, function: Span) -> Vec<&str> {
    let mut depth = 0usize;
    let mut names = Vec::new();
    for token in nix::tokens(function.of(source.text())) {
        match token.text {
            ":" if depth == 0 => break,
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            text if token.kind == TokenKind::Code => names.push(text),
            _ => {}
        }
    }
    names
}

/// Whether the flake has an input of this name, by its text or its lock.
fn declares(cx: &Context, source: &Source, input: &str) -> bool {
    let named = |binding: &nix::Binding| {
        binding.path.below(&["inputs"]).and_then(Part::name) == Some(input)
    };
    source.bindings().iter().any(named) || cx.fleet.lock.inputs.iter().any(|name| name == input)
}

/// The binding of an entry that is like nobody's, with a home file or complete in itself.
fn lines(cx: &Context, with_file: bool) -> String {
    let source = cx.fleet.files.nix(Path::new(FLAKE));
    let function = source.and_then(|source| {
        let outputs = source.find("outputs").find(|binding| binding.path.parts().len() == 1)?;
        Some(arguments(source, outputs.value))
    });
    let known = function.unwrap_or_default();
    let input = |name: &str| match known.contains(&name) {
        true => name.to_owned(),
        false => format!("inputs.{name}"),
    };
    let (manager, packages) = (input("home-manager"), input("nixpkgs"));
    let quoted = |text: &str| nix::quote(text).unwrap_or_default();
    let name = nix::attr(&cx.configuration()).unwrap_or_default();
    let home = home_file::relative(Path::new(FLAKE), &home::home_place(cx, ""));
    let (user, folder) = (quoted(&cx.person.username), quoted(&super::home_folder(cx)));
    let system = cx.system();
    let version = quoted(&home_file::state_version(cx));
    let (file, version) = match with_file {
        true => (format!("    {home}\n"), String::new()),
        false => (String::new(), format!("      home.stateVersion = {version};\n")),
    };
    [
        &format!("homeConfigurations.{name} = {manager}.lib.homeManagerConfiguration {{"),
        &format!("  pkgs = {packages}.legacyPackages.{system};"),
        &format!("  modules = [\n{file}    {{"),
        &format!("      home.username = {user};"),
        &format!("      home.homeDirectory = {folder};\n{version}    }}"),
        "  ];",
        "};",
    ]
    .join("\n")
}
