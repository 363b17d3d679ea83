//! Whether the sops command finds a person's key by itself once their home is active.
//!
//! Without a variable that names a file it looks in one place, which on a Mac depends on
//! `XDG_CONFIG_HOME`: see [`crate::host::Host::sops_default_key_file`].

use std::path::PathBuf;

use super::Context;
use crate::fleet::Platform;
use crate::nix::{Literal, Pattern, Source};

/// Where sops looks below the folder for settings.
const DEFAULT: &str = "sops/age/keys.txt";

/// Whether a home of these aggregates must name the key file (a Nix expression; `None`: something
/// else of the home names it) in a variable.
pub(super) fn must_be_told(cx: &Context, aggregates: &[String], key_file: Option<&str>) -> bool {
    let home = Sources::of(cx, aggregates);
    if home.binds("sessionVariables.SOPS_AGE_KEY_FILE", |_, _| true) {
        return false;
    }
    let usual = key_file.is_none_or(|file| {
        [format!(".config/{DEFAULT}\""), format!("${{config.xdg.configHome}}/{DEFAULT}\"")]
            .iter()
            .any(|end| file.ends_with(end.as_str()))
    });
    // Only a plain `true` counts: what is computed may be false here.
    let xdg = || {
        home.binds("xdg.enable", |source, span| source.literal(span) == Some(Literal::Bool(true)))
    };
    !usual || (cx.serves(Platform::Darwin) && !xdg())
}

/// The texts that make up a home, each with what of it counts.
struct Sources<'a> {
    found: Vec<(&'a Source, Option<Pattern>)>,
}

impl<'a> Sources<'a> {
    /// The aggregates with those they import, and the files that these name by path.
    fn of(cx: &Context<'a>, aggregates: &[String]) -> Self {
        let fleet = cx.fleet;
        let mut names: Vec<&str> = aggregates.iter().map(String::as_str).collect();
        let mut next = 0;
        while let Some(name) = names.get(next).copied() {
            next += 1;
            for import in
                fleet.aggregates.iter().filter(|a| a.name == name).flat_map(|a| &a.imports)
            {
                if !names.contains(&import.as_str()) {
                    names.push(import);
                }
            }
        }
        let mut found = Vec::new();
        let mut by_path: Vec<PathBuf> = Vec::new();
        for (file, source) in fleet.files.sources() {
            for name in &names {
                let below = Pattern::exact(&["homeManager", name]);
                let lists = source.lists().iter().filter(|list| list.path.contains(&below));
                for item in lists.flat_map(|list| &list.items) {
                    let text = item.span.of(source.text());
                    if let (Some(rest), Some(folder)) = (text.strip_prefix("./"), file.parent()) {
                        by_path.push(folder.join(rest));
                    }
                }
                found.push((source, Some(below)));
            }
        }
        let files = by_path.iter().filter_map(|path| {
            let default = path.join("default.nix");
            let mut sources = fleet.files.sources();
            sources.find(|(file, _)| *file == path.as_path() || **file == *default)
        });
        found.extend(files.map(|(_, source)| (source, None)));
        Self { found }
    }

    fn binds(&self, path: &str, fits: impl Fn(&Source, crate::nix::Span) -> bool) -> bool {
        self.found.iter().any(|(source, below)| {
            source.find(path).any(|binding| {
                below.as_ref().is_none_or(|below| binding.path.contains(below))
                    && fits(source, binding.value)
            })
        })
    }
}
