//! Whether the person's own home configuration has the name by which it is asked for.

use super::finding::{Fix, Risk};
use super::module_name::replaced;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::fleet::{Name, Standalone};
use crate::nix;
use crate::plan::Change;
use crate::question::nearest;
use crate::run::Runner;

pub(super) struct StandaloneName;

impl Check for StandaloneName {
    fn id(&self) -> &'static str {
        "standalone-name"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "your home configuration has your name"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let user = scene.user.as_str();
        let is_own_file = |path: &std::path::Path| super::tracked::is_of(path, user);
        let mut own = fleet.standalone.iter().filter(|entry| is_own_file(&entry.at.file));
        let wanted = fleet.standalone_name(user, &scene.host.name, &scene.host.system());
        // Any that is for this person will do, unless a slip in their name has made it; a file of
        // theirs with none for them is wrong.
        let is_slip = |entry: &Standalone| {
            let name = entry.name.text();
            !name.contains(user) && nearest(name, [wanted.as_str()]).is_some()
        };
        let is_for = |entry: &Standalone| entry.user.as_deref() == Some(user) && !is_slip(entry);
        if fleet.standalone.iter().any(is_for) {
            return Ok(Vec::new());
        }
        let Some(entry) = own.next() else { return Ok(Vec::new()) };
        let Name::Literal(name) = &entry.name else { return Ok(Vec::new()) };
        let at = format!("{}:{}", entry.at.file.display(), entry.at.line);
        let source = fleet.files.nix(&entry.at.file);
        let line = source.and_then(|source| source.line(entry.at.line)).unwrap_or_default();
        let found = Finding::of("flake-attr-missing", Severity::Error)
            .said(format!("your home configuration is called {name}, not {wanted}"))
            .seen(&at, line.trim())
            .follows(&["nix-syntax-error"]);
        let after = source.and_then(|source| {
            let mut bindings = source.bindings().iter();
            let binding = bindings.find(|binding| {
                binding.line == entry.at.line
                    && binding.path.below(&["homeConfigurations"]).and_then(|p| p.name())
                        == Some(name)
            })?;
            let (old, new) = (nix::quote(name).ok()?, nix::quote(&wanted).ok()?);
            let text = source.text();
            let after = replaced(text, binding.span, &old, &new).or_else(|| {
                replaced(text, binding.span, &format!(".{name} "), &format!(".{new} "))
            })?;
            Some((text.to_owned(), after))
        });
        Ok(vec![match after {
            Some((before, after)) => found.fix(
                Fix::plan("standalone-name", "Correct the name", scene.bounds())
                    .why("One name in your own configuration.")
                    .by_hand(format!("write {wanted} for {name} at {at}"))
                    .changes(vec![Change::Edit { path: fleet.at(&entry.at.file), before, after }]),
            ),
            None => found.by(Risk::ByHand, format!("Call it {wanted}"), &[at]),
        }])
    }
}
