//! A home file of the person's own, in a fleet that keeps each home in a file and has no layout
//! that says more.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::fleet::{GitIdentity, reach};
use crate::nix::{Pattern, Source};
use crate::problem::Problem;
use crate::step::Context;
use crate::step::likeness::{replace_words, says_word};
use crate::template;

#[derive(Debug, Serialize)]
struct Values<'a> {
    user: &'a str,
    /// The home folder, where the file says whose it is: no machine does.
    alone: Option<String>,
    name: &'a str,
    email: &'a str,
    /// *Nix*: paths of what others have in their homes too.
    imports: Vec<String>,
    state_version: String,
    /// `settings` (home-manager 25.11 and newer) or `names`.
    git: &'static str,
}

/// The text of a home file at `file`, like that of a neighbour at `like`; with the home folder where
/// it is `alone` in saying whose it is.
///
/// # Errors
/// When a name cannot be written in Nix.
pub(in crate::step) fn text(
    cx: &Context,
    file: &Path,
    like: Option<(&Path, &str)>,
    alone: Option<String>,
) -> Result<String, Problem> {
    let values = Values {
        user: &cx.person.username,
        alone,
        name: &cx.person.name,
        email: &cx.person.email,
        imports: like.map(|(like, name)| shared_imports(cx, like, name, file)).unwrap_or_default(),
        state_version: like
            .and_then(|(like, _)| stated(cx.fleet.files.nix(like)?))
            .unwrap_or_else(|| state_version(cx)),
        git: match cx.fleet.git_identity() {
            GitIdentity::Settings => "settings",
            GitIdentity::UserName => "names",
        },
    };
    template::built_in("plain/home.nix")?.render(&values)
}

/// The version that some home of the fleet was made with, else that of the home-manager in use.
pub(in crate::step) fn state_version(cx: &Context) -> String {
    let stated = cx.fleet.files.sources().find_map(|(_, source)| stated(source));
    stated.or_else(|| cx.fleet.lock.release()).unwrap_or_else(|| "25.05".to_owned())
}

fn stated(source: &Source) -> Option<String> {
    let mut versions = source.find("home.stateVersion");
    versions.find_map(|b| source.literal(b.value)?.text().map(str::to_owned))
}

/// What the neighbour's home imports and is nobody's own, as it is written from `file`.
fn shared_imports(cx: &Context, like: &Path, name: &str, file: &Path) -> Vec<String> {
    let Some(source) = cx.fleet.files.nix(like) else { return Vec::new() };
    let imports = Pattern::exact(&["imports"]);
    let lists =
        source.lists().iter().filter(|l| l.path.ends_with(&imports) && l.path.parts().len() == 1);
    let items = lists.flat_map(|list| &list.items).map(|item| item.span.of(source.text()));
    let shared = items.filter(|item| reach::is_path(item)).filter_map(|item| {
        let path = reach::resolved(like, item)?;
        let module = reach::module_at(&cx.fleet.files, &path)?;
        let own = is_personal(cx, &module, name)
            || replace_words(&path.to_string_lossy(), name, "\0") != path.to_string_lossy();
        (!own).then(|| relative(file, &path))
    });
    shared.collect()
}

/// Whether a file is about one person: it names them, or says whose commits are made.
pub(in crate::step) fn is_personal(cx: &Context, file: &Path, name: &str) -> bool {
    const OWN: [&str; 6] = [
        "home.username",
        "programs.git.userName",
        "programs.git.userEmail",
        "programs.git.settings.user",
        "user.email",
        "home.homeDirectory",
    ];
    let Some(source) = cx.fleet.files.nix(file) else { return false };
    let email = cx.fleet.user(name).and_then(|user| user.email.as_deref());
    says_word(source.text(), name)
        || email.is_some_and(|email| source.text().contains(email))
        || OWN.iter().any(|path| source.find(path).next().is_some())
}

/// `path` as Nix writes it in `file`.
pub(in crate::step) fn relative(file: &Path, path: &Path) -> String {
    let from: Vec<_> = file.parent().into_iter().flat_map(Path::components).collect();
    let to: Vec<_> = path.components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(from.len() - common);
    let down: PathBuf = to[common..].iter().collect();
    match up.is_empty() {
        true => format!("./{}", down.display()),
        false => format!("{up}{}", down.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_from_where_they_stand() {
        let told = |file: &str, path: &str| relative(Path::new(file), Path::new(path));
        assert_eq!(told("home/zoe.nix", "home/shell.nix"), "./shell.nix");
        assert_eq!(told("home/zoe/quartz.nix", "features/cli"), "../../features/cli");
        assert_eq!(told("a.nix", "home/zoe.nix"), "./home/zoe.nix");
    }
}
