//! Whether the file of the person's module exports it under their name.

use std::path::PathBuf;

use super::finding::{Fix, Risk};
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::fleet::layout::fill;
use crate::nix::{Pattern, Source, Span};
use crate::plan::Change;
use crate::run::Runner;

pub(super) struct ModuleName;

impl Check for ModuleName {
    fn id(&self) -> &'static str {
        "module-name"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "your module is exported under your name"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let Some(layout) = &fleet.layout.layout else {
            return Err(NotChecked::because("the fleet's layout is unknown to doorstep"));
        };
        let user = scene.user.as_str();
        let file = PathBuf::from(fill(&layout.places.user_module, &[("user", user)]));
        let Some(source) = fleet.files.nix(&file) else { return Ok(Vec::new()) };
        let wanted = format!("users/{user}");
        let exports: Vec<(String, Span, u32)> = exported(source);
        // A registry exports nobody by such a name.
        let others = || exports.iter().all(|(name, ..)| *name != wanted);
        let Some((name, span, line)) = exports.first().filter(|_| others()) else {
            return Ok(Vec::new());
        };
        let path = file.display();
        let found = Finding::new(
            "module-wrong-name",
            Severity::Error,
            format!("your home module is exported as {name}, not as {wanted}"),
            "Machines and home configurations ask for it by your name, and find nothing: attribute missing.",
        )
        .seen(format!("{path}:{line}"), source.line(*line).unwrap_or_default().trim());
        Ok(vec![match renamed(source.text(), *span, name, &wanted) {
            Some(after)
                if fleet
                    .user(name.trim_start_matches("users/"))
                    .is_none_or(|u| u.module.file == file) =>
            {
                let (before, path) = (source.text().to_owned(), fleet.at(&file));
                found.fix(
                    Fix::plan("module-name", "Correct the name", scene.bounds())
                        .why("One name in your own module.")
                        .by_hand(format!(
                            "write {wanted} for {name} in line {line} of {}",
                            file.display()
                        ))
                        .changes(vec![Change::Edit { path, before, after }]),
                )
            }
            _ => found.by(
                Risk::ByHand,
                format!("Write {wanted} for {name}"),
                &[format!("{path}:{line}")],
            ),
        }])
    }
}

/// `flake.modules.homeManager."users/…"` with where it is written.
fn exported(source: &Source) -> Vec<(String, Span, u32)> {
    let module = Pattern::new("modules.homeManager");
    let bindings = source.bindings().iter();
    let found = bindings.filter_map(|binding| {
        let name = binding.path.after(&module)?.name()?;
        let last = binding.path.last()?.name()?;
        (name.starts_with("users/") && last == name)
            .then(|| (name.to_owned(), binding.span, binding.line))
    });
    found.collect()
}

/// The text with the name replaced where the binding writes it; proved by parsing it again.
fn renamed(text: &str, span: Span, name: &str, wanted: &str) -> Option<String> {
    replaced(text, span, &format!("\"{name}\""), &format!("\"{wanted}\""))
}

/// The text with the first `old` of a span replaced, if what comes of it is still Nix.
pub(super) fn replaced(text: &str, span: Span, old: &str, new: &str) -> Option<String> {
    let at = span.start + span.of(text).find(old)?;
    let after = [&text[..at], new, &text[at + old.len()..]].concat();
    Source::parse(after.as_str()).is_ok().then_some(after)
}
