//! Writes the person's home module from the layout's templates, with the details that make it
//! evaluate without warnings taken from a neighbour's module first, then from `flake.lock`.

use std::path::PathBuf;

use serde::Serialize;

use super::neighbour::{Neighbour, uses};
use super::{Context, new_file, sops_cli};
use crate::answers::SecretAnswer;
use crate::fleet::{GitIdentity, Platform};
use crate::nix::{self, Pattern};
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
    /// Whether the person's module says who they are: a fleet that makes everybody's home by itself
    /// may do that too.
    identity: bool,
    /// *Nix*: the home folder, by platform where one module serves both.
    home: String,
    state_version: Option<String>,
    /// Module names for the `imports` list.
    imports: Vec<String>,
    /// The file of a registry in which its people list their aggregates.
    aggregates_file: &'static str,
    /// `settings` (home-manager 25.11 and newer) or `names`.
    git: &'static str,
    /// *Nix*; `None`: a feature set says it for everybody.
    key_file: Option<String>,
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

/// Arguments that the written expressions use: of the flake's function, and of the home's.
#[derive(Debug, Serialize)]
struct Arguments {
    inputs: bool,
    home: Vec<&'static str>,
}

pub(super) fn step(cx: &Context, _: &Plan) -> Result<Option<Step>, Problem> {
    let Ok(layout) = cx.layout() else { return Ok(None) };
    let username = &cx.person.username;
    if cx.fleet.user(username).is_some() && !cx.fleet.lacks_module(username) {
        return Ok(None);
    }
    let values = values(cx)?;
    let mut changes = Vec::new();
    let mut by_hand = Vec::new();
    for place in &layout.places.user_files {
        let path = PathBuf::from(cx.fill(place));
        let text = template::of(layout, cx.fleet, template::name_of(place))?.render(&values)?;
        by_hand.push(format!("write {}", cx.shown(&path)));
        changes.push(new_file(cx, &path, text)?);
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
    let key_file = key_file(cx, neighbour.as_ref());
    let secrets_file = neighbour
        .as_ref()
        .and_then(|n| n.expression("sops.defaultSopsFile"))
        .filter(|text| text.contains(&secrets_path))
        .map_or_else(|| in_flake(&secrets_path), Ok)?;
    let secrets = cx.secrets().iter().map(|secret| secret_values(secret, neighbour.as_ref()));
    let secrets: Vec<_> = secrets.collect::<Result<_, _>>()?;
    let home = home_folder(cx, neighbour.as_ref())?;
    let imports = cx.aggregates();
    let enumerates_nobody = cx.layout()?.places.standalone_file.is_some();
    let mut values = Values {
        user: &person.username,
        name: &person.name,
        email: &person.email,
        ssh_keys: &person.ssh_keys,
        identity: enumerates_nobody || neighbour.as_ref().is_none_or(|n| n.says("home.username")),
        home,
        state_version: state_version(cx, neighbour.as_ref()),
        aggregates_file: aggregates_file(cx),
        git: match cx.fleet.git_identity() {
            GitIdentity::Settings => "settings",
            GitIdentity::UserName => "names",
        },
        sops_cli: !secrets.is_empty() && sops_cli::must_be_told(cx, &imports, key_file.as_deref()),
        imports,
        key_file,
        secrets_file,
        secrets,
        needs: Arguments { inputs: false, home: Vec::new() },
    };
    values.needs = values.arguments();
    Ok(values)
}

impl Values<'_> {
    /// A function names no argument that its text leaves alone.
    fn arguments(&self) -> Arguments {
        let mut texts: Vec<&str> = Vec::new();
        texts.extend(self.identity.then_some(self.home.as_str()));
        if !self.secrets.is_empty() {
            texts.extend(self.key_file.as_deref());
            texts.push(&self.secrets_file);
            texts.extend(self.secrets.iter().filter_map(|secret| secret.path.as_deref()));
        }
        let used = |name: &&str| match *name {
            // Git's identity is written with `lib.mkForce`.
            "lib" => true,
            "config" if self.sops_cli => true,
            name => texts.iter().any(|text| uses(text, name)),
        };
        Arguments {
            inputs: used(&"inputs"),
            home: ["config", "pkgs", "lib", "flake"].into_iter().filter(used).collect(),
        }
    }
}

/// The neighbour's words for where the key is, unless a feature set says it for everybody.
fn key_file(cx: &Context, neighbour: Option<&Neighbour>) -> Option<String> {
    if let Some(file) = neighbour.and_then(|n| n.expression("sops.age.keyFile")) {
        return Some(file);
    }
    let exported = Pattern::new("modules.homeManager.*");
    let for_all = cx.fleet.files.sources().any(|(_, source)| {
        source.find("sops.age.keyFile").any(|binding| binding.path.contains(&exported))
    });
    (!for_all).then(|| r#""${config.home.homeDirectory}/.config/sops/age/keys.txt""#.to_owned())
}

/// A registry's people list their aggregates in the file where the neighbour does.
fn aggregates_file(cx: &Context) -> &'static str {
    let default = "default.nix";
    let folder = cx.neighbour().and_then(|user| user.module.file.parent());
    let lists = |name: &str| {
        let source = folder.and_then(|folder| cx.fleet.files.nix(&folder.join(name)));
        source.is_some_and(|source| source.find("aggregates").next().is_some())
    };
    if lists(default) { default } else { "meta.nix" }
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

/// *Nix*: the home folder. One module may serve machines of both platforms: where the neighbour's
/// asks for the platform, so does this one.
fn home_folder(cx: &Context, neighbour: Option<&Neighbour>) -> Result<String, Problem> {
    let theirs = neighbour.and_then(|n| n.expression("home.homeDirectory"));
    if let Some(asked) = theirs.filter(|text| text.contains("isDarwin")) {
        let plain = asked.trim().strip_prefix("lib.mkDefault").unwrap_or(&asked).trim();
        return Ok(if plain.starts_with('(') { plain.to_owned() } else { format!("({plain})") });
    }
    let user = &cx.person.username;
    let quoted = |folder: &str| nix::quote(&format!("{folder}/{user}")).map_err(bad_name);
    let (mac, linux) = (quoted("/Users")?, quoted("/home")?);
    Ok(match (cx.serves(Platform::Darwin), cx.serves(Platform::Nixos)) {
        (true, false) => mac,
        (false, true) => linux,
        _ => format!("(if pkgs.stdenv.isDarwin then {mac} else {linux})"),
    })
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
