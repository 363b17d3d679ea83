//! Writes the person's home module from the layout's templates, with the details that make it
//! evaluate without warnings taken from a neighbour's module first, then from `flake.lock`.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use super::likeness::in_the_name_of;
use super::{Context, new_file};
use crate::answers::{Mode, SecretAnswer};
use crate::fleet::{GitIdentity, Platform, SopsBase};
use crate::nix::{self, Source, TokenKind};
use crate::plan::{Needs, Plan, Step};
use crate::problem::Problem;
use crate::template;

/// What a template is filled in with. Fields marked *Nix* are expressions, written with `|raw`.
#[derive(Debug, Serialize)]
struct Values<'a> {
    user: &'a str,
    name: &'a str,
    email: &'a str,
    ssh_keys: &'a [String],
    /// *Nix*: the home folder, by platform where one module serves both.
    home: String,
    state_version: Option<String>,
    /// Module names for the `imports` list.
    imports: Vec<String>,
    /// `settings` (home-manager 25.11 and newer) or `names`.
    git: &'static str,
    /// *Nix*
    key_file: String,
    /// *Nix*
    secrets_file: String,
    secrets: Vec<SecretValues<'a>>,
    /// Whether the sops command needs to be told where the key is.
    sops_cli: bool,
    needs: Arguments,
}

#[derive(Debug, Serialize)]
struct SecretValues<'a> {
    name: &'a str,
    /// *Nix*
    path: Option<String>,
    mode: Option<String>,
}

/// Arguments that the written expressions use beyond `config` and `lib`.
#[derive(Debug, Serialize)]
struct Arguments {
    inputs: bool,
    home: Vec<&'static str>,
}

pub(super) fn step(cx: &Context, _: &Plan) -> Result<Option<Step>, Problem> {
    let layout = cx.layout()?;
    let user = &cx.person.username;
    if cx.fleet.user(user).is_some() {
        return Ok(None);
    }
    let values = values(cx)?;
    let mut changes = Vec::new();
    let mut by_hand = Vec::new();
    for place in &layout.places.user_files {
        let path = PathBuf::from(cx.fill(place));
        let text = template::of(layout, cx.fleet, template::name_of(place))?.render(&values)?;
        by_hand.push(format!("write {}", cx.shown(&path)));
        changes.push(new_file(cx, &path, text));
    }
    let lines: usize = changes
        .iter()
        .map(|change| match change {
            crate::plan::Change::Create { content, .. } => content.shown().lines().count(),
            _ => 0,
        })
        .sum();
    let files = match changes.len() {
        1 => "One new file".to_owned(),
        n => format!("{n} new files"),
    };
    Ok(Some(Step {
        id: "user-module",
        title: "Write home module".to_owned(),
        why: format!("{files} of {lines} lines."),
        needs: Needs::You,
        by_hand,
        changes,
        decided_by: Some("aggregates"),
    }))
}

fn values<'a>(cx: &Context<'a>) -> Result<Values<'a>, Problem> {
    let person = cx.person;
    let neighbour = Neighbour::of(cx);
    let secrets_path = cx.secrets_path()?;
    let key_file =
        neighbour.as_ref().and_then(|n| n.expression("sops.age.keyFile")).unwrap_or_else(|| {
            r#""${config.home.homeDirectory}/.config/sops/age/keys.txt""#.to_owned()
        });
    let secrets_file = neighbour
        .as_ref()
        .and_then(|n| n.expression("sops.defaultSopsFile"))
        .filter(|text| text.contains(&secrets_path))
        .map_or_else(|| in_flake(&secrets_path), Ok)?;
    let secrets = person.secrets.iter().map(|secret| secret_values(secret, neighbour.as_ref()));
    let secrets: Vec<_> = secrets.collect::<Result<_, _>>()?;
    let home = home_folder(cx)?;
    let paths = secrets.iter().filter_map(|secret| secret.path.as_ref());
    let texts: Vec<&String> = [&key_file, &secrets_file, &home].into_iter().chain(paths).collect();
    let uses = |word: &str| texts.iter().any(|text| has_word(text, word));
    let needs = Arguments {
        inputs: uses("inputs") && !secrets.is_empty(),
        home: ["pkgs", "flake"].into_iter().filter(|word| uses(word)).collect(),
    };
    let mut imports = person.aggregates.clone();
    if let Some(like) = cx.neighbour() {
        // In the neighbour's order, which is the fleet's habit; what they do not have comes last.
        let rank = |name: &String| like.aggregates.iter().position(|a| a == name);
        imports.sort_by_key(|name| rank(name).unwrap_or(usize::MAX));
    }
    let base = match cx.fleet.sops_base() {
        Some(SopsBase::Aggregate(name)) if !secrets.is_empty() => Some(name),
        _ => None,
    };
    imports.extend(base.filter(|base| !person.aggregates.contains(base)));
    Ok(Values {
        user: &person.username,
        name: &person.name,
        email: &person.email,
        ssh_keys: &person.ssh_keys,
        home,
        state_version: state_version(cx, neighbour.as_ref()),
        imports,
        git: match cx.fleet.git_identity() {
            GitIdentity::Settings => "settings",
            GitIdentity::UserName => "names",
        },
        key_file,
        secrets_file,
        sops_cli: !secrets.is_empty() && serves(cx, Platform::Darwin),
        secrets,
        needs,
    })
}

/// The neighbour's module, as far as it is copied.
struct Neighbour<'a> {
    name: &'a str,
    newcomer: &'a str,
    source: Source,
}

impl<'a> Neighbour<'a> {
    fn of(cx: &Context<'a>) -> Option<Self> {
        let user = cx
            .fleet
            .users
            .iter()
            .find(|u| Some(u.name.as_str()) == cx.neighbour().map(|n| n.name.as_str()))?;
        let text = fs::read_to_string(cx.fleet.at(&user.module.file)).ok()?;
        let source = Source::parse(text).ok()?;
        Some(Self { name: &user.name, newcomer: &cx.person.username, source })
    }

    /// The text of the last binding that ends in `path`, when it is spelled out.
    fn literal(&self, path: &str) -> Option<String> {
        let binding = self.source.find(path).last()?;
        self.source.literal(binding.value)?.text().map(str::to_owned)
    }

    /// The value of the last binding that ends in `path`, in the newcomer's name, when it is one
    /// that can stand elsewhere: one line, naming only arguments that every home module gets.
    fn expression(&self, path: &str) -> Option<String> {
        let binding = self.source.find(path).last()?;
        let text = in_the_name_of(binding.value.of(self.source.text()), self.name, self.newcomer);
        let known = ["config", "lib", "pkgs", "inputs", "flake"];
        let stands =
            !text.contains('\n') && names(&text).iter().all(|n| known.contains(&n.as_str()));
        stands.then_some(text)
    }
}

/// The version that the neighbours' homes were made with; theirs are the ones known to work here.
fn state_version(cx: &Context, neighbour: Option<&Neighbour>) -> Option<String> {
    let own = neighbour.and_then(|n| n.literal("home.stateVersion"));
    match neighbour {
        // The neighbour's module leaves it to what imports it, so this one does too.
        Some(_) => own,
        None => cx.fleet.lock.release(),
    }
}

/// *Nix*: the home folder. One module serves machines of both platforms, as the guide's do.
fn home_folder(cx: &Context) -> Result<String, Problem> {
    let user = &cx.person.username;
    let quoted = |folder: &str| nix::quote(&format!("{folder}/{user}")).map_err(bad_name);
    let (mac, linux) = (quoted("/Users")?, quoted("/home")?);
    Ok(match (serves(cx, Platform::Darwin), serves(cx, Platform::Nixos)) {
        (true, false) => mac,
        (false, true) => linux,
        _ => format!("(if pkgs.stdenv.isDarwin then {mac} else {linux})"),
    })
}

/// Whether this module may be used on machines of `platform`.
fn serves(cx: &Context, platform: Platform) -> bool {
    let person = cx.person;
    let mut platforms: Vec<Platform> =
        person.hosts.iter().filter_map(|h| cx.fleet.machine(h)).map(|m| m.platform).collect();
    if person.mode == Mode::Standalone || platforms.is_empty() {
        platforms.push(Platform::of(cx.host.os));
    }
    platforms.contains(&platform)
}

fn in_flake(path: &str) -> Result<String, Problem> {
    let quoted = nix::quote(&format!("/{path}")).map_err(bad_name)?;
    Ok(format!("\"${{inputs.self}}{}", &quoted[1..]))
}

/// A secret is put where the neighbour's of the same name is, unless the answer says otherwise.
fn secret_values<'a>(
    secret: &'a SecretAnswer,
    neighbour: Option<&Neighbour>,
) -> Result<SecretValues<'a>, Problem> {
    let theirs = |option: &str| {
        let name = nix::attr(&secret.name).ok()?;
        Some((neighbour?, format!("sops.secrets.{}.{option}", name.trim_matches('"'))))
    };
    let path = match &secret.path {
        Some(path) => Some(in_home(path)?),
        None => theirs("path").and_then(|(neighbour, option)| neighbour.expression(&option)),
    };
    let mode = secret
        .mode
        .clone()
        .or_else(|| theirs("mode").and_then(|(neighbour, option)| neighbour.literal(&option)));
    Ok(SecretValues { name: &secret.name, path, mode })
}

/// *Nix*: `~/x` as a path below the home folder, whoever's it is.
fn in_home(path: &str) -> Result<String, Problem> {
    match path.strip_prefix("~/") {
        Some(rest) => {
            let quoted = nix::quote(&format!("/{rest}")).map_err(bad_name)?;
            Ok(format!("\"${{config.home.homeDirectory}}{}", &quoted[1..]))
        }
        None => nix::quote(path).map_err(bad_name),
    }
}

fn bad_name(e: impl std::fmt::Display) -> Problem {
    Problem::user("a name cannot be written in Nix").cause(e)
}

/// Names that an expression refers to: identifiers that do not follow a dot. Attribute names of a
/// set count too, so a set never passes for something simple.
fn names(expression: &str) -> Vec<String> {
    let code = nix::tokens(expression).into_iter().filter(|t| t.kind == TokenKind::Code);
    let mut selected = false;
    let mut names = Vec::new();
    for token in code {
        let identifier = token.text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if identifier && !selected {
            names.push(token.text.to_owned());
        }
        selected = token.text == ".";
    }
    names
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word)
}
