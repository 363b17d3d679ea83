//! Layouts as data: how to recognise one, and where it keeps things.
//!
//! A layout is a folder with a `layout.yaml`: the built-in ones in `templates/`, and those that a
//! fleet carries in `.doorstep/`, in the same format. It can name places inside the tree and
//! nothing else: there is no field for a command, and no place that anything executes.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::nix::Pattern;

use super::files::Files;
use super::{Evidence, LayoutFound, Place, Unread};

/// The folder in which a fleet carries its own layouts.
const OWN: &str = ".doorstep";

/// The built-in layouts; one that fits an own layout of the fleet comes after it.
const BUILT_IN: [(&str, &str); 3] = [
    ("registry", include_str!("../../templates/registry/layout.yaml")),
    ("host-imports", include_str!("../../templates/host-imports/layout.yaml")),
    ("guide", include_str!("../../templates/guide/layout.yaml")),
];

/// One layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The name of its folder.
    pub id: String,
    /// The folder inside the fleet that holds its templates; `None`: it is built in.
    pub folder: Option<PathBuf>,
    pub places: Places,
    order: u32,
    detect: Vec<Look>,
}

/// Where a layout keeps things. `{user}`, `{host}`, `{platform}` and `{system}` stand for names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    /// The file that exports a person's module.
    pub user_module: String,
    /// Every file that a person has of their own, in the order in which they are created.
    #[serde(default)]
    pub user_files: Vec<String>,
    /// Where a machine may be, the likeliest first.
    pub machine: Vec<String>,
    pub secrets_file: String,
    /// The name of a person's key in `.sops.yaml`.
    pub anchor: String,
    /// The name of a home configuration.
    pub standalone: String,
    /// The file of one home configuration; `None`: the fleet makes them all by itself.
    #[serde(default)]
    pub standalone_file: Option<String>,
    pub aggregates_in: AggregatesIn,
}

/// Which file lists the aggregates that a person uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AggregatesIn {
    Module,
    Machine,
    Registry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    order: Option<u32>,
    detect: Vec<Look>,
    #[serde(rename = "where")]
    places: Places,
}

/// One thing to look for; exactly one of the first three is given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    /// A run of parts anywhere in a binding's path.
    binding: Option<String>,
    /// A file; `*` stands for any characters but `/`.
    path: Option<String>,
    /// A run of parts of what a list item names, aliases followed.
    item: Option<String>,
    /// With `item`: a run of parts in the path of the list.
    under: Option<String>,
}

/// Why a `layout.yaml` is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    #[error("{0}")]
    Yaml(String),
    #[error("`{0}` is no place inside the fleet that may be written")]
    Forbidden(String),
    #[error("`{{{0}}}` stands for nothing: only user, host, platform and system do")]
    Placeholder(String),
    #[error("each entry of `detect` needs exactly one of `binding`, `path` and `item`")]
    Look,
}

impl Layout {
    /// Reads the text of a `layout.yaml`.
    ///
    /// # Errors
    /// For text that is no layout or names a place that it must not.
    pub fn parse(id: &str, text: &str) -> Result<Self, LayoutError> {
        let written: Written =
            serde_yaml::from_str(text).map_err(|e| LayoutError::Yaml(e.to_string()))?;
        let Written { order, detect, mut places } = written;
        if detect.is_empty() || !detect.iter().all(Look::is_whole) {
            return Err(LayoutError::Look);
        }
        if places.user_files.is_empty() {
            places.user_files.push(places.user_module.clone());
        }
        places.check()?;
        Ok(Self { id: id.to_owned(), folder: None, places, order: order.unwrap_or(0), detect })
    }

    /// What was found of each thing to look for, or `None` when one is missing.
    fn fits(&self, files: &Files) -> Option<Vec<Evidence>> {
        self.detect.iter().map(|look| look.find(files)).collect()
    }
}

impl Look {
    fn is_whole(&self) -> bool {
        let kinds = [&self.binding, &self.path, &self.item];
        kinds.iter().filter(|kind| kind.is_some()).count() == 1
            && (self.under.is_none() || self.item.is_some())
    }

    fn find(&self, files: &Files) -> Option<Evidence> {
        let what = self.to_string();
        let place = |file: &Path, line| Some(Place { file: file.to_owned(), line });
        if let Some(glob) = &self.path {
            let file = files.all().iter().find(|path| fits_glob(glob, path))?;
            return Some(Evidence { what, at: place(file, 1) });
        }
        if let Some(binding) = &self.binding {
            let pattern = Pattern::new(binding);
            let mut sources =
                files.sources().filter(|(_, source)| pattern.may_be_in(source.text()));
            return sources.find_map(|(file, source)| {
                let found = source.bindings().iter().find(|b| b.path.contains(&pattern))?;
                Some(Evidence { what: what.clone(), at: place(file, found.line) })
            });
        }
        let item = Pattern::new(self.item.as_deref()?);
        let under = self.under.as_deref().map(Pattern::new);
        let mut sources = files.sources().filter(|(_, source)| item.may_be_in(source.text()));
        sources.find_map(|(file, source)| {
            let lists = source.lists().iter();
            let mut lists = lists.filter(|l| under.as_ref().is_none_or(|u| l.path.contains(u)));
            let found = lists.find_map(|list| {
                list.items.iter().find(|i| i.reference.as_ref().is_some_and(|r| item.occurs_in(r)))
            })?;
            Some(Evidence { what: what.clone(), at: place(file, found.line) })
        })
    }
}

/// As a person is told what is looked for.
impl std::fmt::Display for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.path, &self.binding, &self.item, &self.under) {
            (Some(path), ..) => write!(f, "a file `{path}`"),
            (_, Some(binding), ..) => write!(f, "a binding `{binding}`"),
            (_, _, Some(item), Some(under)) => write!(f, "`{item}` listed in `{under}`"),
            (_, _, Some(item), None) => write!(f, "`{item}` in a list"),
            _ => Ok(()),
        }
    }
}

fn fits_glob(glob: &str, path: &Path) -> bool {
    path.to_str().is_some_and(|path| crate::nix::glob_fits(glob, path))
}

impl Places {
    fn check(&self) -> Result<(), LayoutError> {
        let nix = self.user_files.iter().chain([&self.user_module]).chain(&self.standalone_file);
        for place in nix.chain(&self.machine) {
            check_place(place, &["nix"])?;
        }
        check_place(&self.secrets_file, &["yaml", "yml", "json", "env", "ini", "enc"])?;
        check_placeholders(&self.anchor)?;
        check_placeholders(&self.standalone)
    }
}

/// A relative path of plain names, none hidden, ending in one of `endings`.
///
/// Hidden names are turned away as a whole: `.git`, `.github`, `.envrc` and their like are where
/// tools find what they run. The fixed endings leave no file that something executes.
fn check_place(place: &str, endings: &[&str]) -> Result<(), LayoutError> {
    let plain = place.split('/').all(|name| !name.is_empty() && !name.starts_with('.'));
    let known = place.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending));
    if !plain || !known || place.contains(['\\', '\0', '\n']) {
        return Err(LayoutError::Forbidden(place.to_owned()));
    }
    check_placeholders(place)
}

fn check_placeholders(text: &str) -> Result<(), LayoutError> {
    for piece in text.split('{').skip(1) {
        let name = piece.split('}').next().unwrap_or_default();
        if !["user", "host", "platform", "system"].contains(&name) || !piece.contains('}') {
            return Err(LayoutError::Placeholder(name.to_owned()));
        }
    }
    Ok(())
}

/// A place with its names put in: `fill("a/{user}.nix", &[("user", "zoe")])`. What is not given
/// stays as it is.
pub fn fill(place: &str, names: &[(&str, &str)]) -> String {
    names
        .iter()
        .fold(place.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The names that `path` has where `place` has placeholders, or `None` when it does not fit.
/// A placeholder stands for a part of one file or folder name, and for the same one throughout.
pub fn read_names<'p, 't>(place: &'p str, path: &'t str) -> Option<Vec<(&'p str, &'t str)>> {
    let (segments, names) = (place.split('/'), path.split('/'));
    if segments.clone().count() != names.clone().count() {
        return None;
    }
    let mut found: Vec<(&str, &str)> = Vec::new();
    for (segment, name) in segments.zip(names) {
        let Some((head, rest)) = segment.split_once('{') else {
            if segment == name { continue } else { return None }
        };
        let (key, tail) = rest.split_once('}')?;
        let value =
            name.strip_prefix(head)?.strip_suffix(tail).filter(|value| !value.is_empty())?;
        match found.iter().find(|(known, _)| *known == key) {
            Some((_, same)) if *same != value => return None,
            Some(_) => {}
            None => found.push((key, value)),
        }
    }
    Some(found)
}

/// The layouts of a fleet, the most particular first, and its own that are not used.
pub(super) fn known(files: &Files) -> (Vec<Layout>, Vec<Unread>) {
    let (mut layouts, mut unread) = (Vec::new(), Vec::new());
    for file in files.all().iter().filter(|file| fits_glob(".doorstep/*/layout.yaml", file)) {
        let folder = file.parent().unwrap_or(Path::new(OWN));
        let id = folder.file_name().unwrap_or_default().to_string_lossy();
        let parsed = files.text(file).and_then(|text| {
            Layout::parse(&id, &text).map_err(|error| Unread {
                at: Place { file: file.clone(), line: 1 },
                column: None,
                why: error.to_string(),
            })
        });
        match parsed {
            Ok(layout) => layouts.push(Layout { folder: Some(folder.to_owned()), ..layout }),
            Err(why) => unread.push(why),
        }
    }
    layouts.sort_by_key(|layout| layout.order);
    let mut built_in = built_in();
    built_in.sort_by_key(|layout| layout.order);
    layouts.extend(built_in);
    (layouts, unread)
}

/// The layouts in `templates/`.
pub fn built_in() -> Vec<Layout> {
    // A test parses each of them, so none is ever left out.
    BUILT_IN.iter().filter_map(|(id, text)| Layout::parse(id, text).ok()).collect()
}

/// The first layout that fits, or what was looked for.
pub(super) fn detect(files: &Files, layouts: &[Layout]) -> LayoutFound {
    for layout in layouts {
        if let Some(evidence) = layout.fits(files) {
            let id = Some(layout.id.clone());
            return LayoutFound { id, evidence, layout: Some(layout.clone()) };
        }
    }
    let mut evidence: Vec<Evidence> = Vec::new();
    for look in layouts.iter().flat_map(|layout| &layout.detect) {
        let what = look.to_string();
        if !evidence.iter().any(|known| known.what == what) {
            evidence.push(Evidence { what, at: None });
        }
    }
    LayoutFound { id: None, evidence, layout: None }
}

#[cfg(test)]
mod tests;
