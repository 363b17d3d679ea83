//! Reading a fleet: the order in which its facts rest on one another.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::plan::{Change, Content, Plan};
use crate::problem::Problem;

use super::{
    Files, Fleet, Unread, aggregates, clan, files, layout, lock, machines, people, secrets,
    standalone,
};

impl Fleet {
    /// Reads the fleet whose `flake.nix` is in `root`. Runs nothing, and reads each file once.
    ///
    /// # Errors
    /// When `root` is no folder with a `flake.nix` or cannot be read. A file inside that cannot
    /// be read or parsed is no error but an entry of [`Fleet::unread`].
    pub fn read(root: &Path) -> Result<Self, Problem> {
        let shown = root.display();
        let not_a_fleet = || Problem::fleet(format!("`{shown}` is not a fleet"));
        let root = fs::canonicalize(root).map_err(|error| not_a_fleet().cause(error))?;
        if !root.join("flake.nix").is_file() {
            return Err(not_a_fleet()
                .cause("there is no `flake.nix` in it")
                .hint("give the folder of your fleet's `flake.nix` with `--fleet DIR`"));
        }
        let (files, unread) = files::read(&root)?;
        Ok(Self::of(root, files, unread))
    }

    /// The fleet as it will be once `plan` is applied, for whoever plans on top of it.
    #[must_use]
    pub fn after(&self, plan: &Plan) -> Self {
        let mut texts = BTreeMap::new();
        for change in plan.steps.iter().flat_map(|step| &step.changes) {
            let (path, text) = match change {
                Change::Create { path, content: Content::Text(text), .. } => (path, text),
                Change::Edit { path, after, .. } => (path, after),
                _ => continue,
            };
            if let Ok(path) = path.strip_prefix(&self.root) {
                texts.insert(path.to_owned(), text.clone());
            }
        }
        let (files, unread) = self.files.with(texts);
        let mut after = Self::of(self.root.clone(), files, unread);
        after.as_after(self);
        after
    }

    /// Leaves machines to whom they were left to before a run that has made the files `made` and
    /// changed others from the texts `before`, by absolute path.
    ///
    /// Whoever a run brings to many machines would else be the one to ask about them.
    pub(crate) fn keep_roles_before(&mut self, made: &[PathBuf], before: &[(PathBuf, String)]) {
        let own = |path: &PathBuf| path.strip_prefix(&self.root).ok().map(Path::to_owned);
        let made: Vec<PathBuf> = made.iter().filter_map(own).collect();
        // What was changed twice was first what it was first changed from.
        let texts = before.iter().rev().filter_map(|(path, text)| Some((own(path)?, text.clone())));
        let (files, unread) = self.files.without(&made).with(texts.collect());
        let before = Self::of(self.root.clone(), files, unread);
        self.as_after(&before);
    }

    /// The roles of each machine as `before` has them; who is not in it is still coming.
    fn as_after(&mut self, before: &Self) {
        for user in &mut self.users {
            user.coming = before.user(&user.name).is_none_or(|user| user.coming);
        }
        for machine in &mut self.machines {
            if let Some(before) = before.machine(&machine.name) {
                machine.primary.clone_from(&before.primary);
                machine.primary_because.clone_from(&before.primary_because);
                machine.admin.clone_from(&before.admin);
                machine.admin_because.clone_from(&before.admin_because);
            }
        }
    }

    /// Everything that follows from the files.
    fn of(root: PathBuf, files: Files, mut unread: Vec<Unread>) -> Self {
        let (layouts, refused) = layout::known(&files);
        unread.extend(refused);
        let layout = layout::detect(&files, &layouts);
        let mut users = people::read(&files, layout.layout.as_ref());
        let clan = clan::read(&files);
        // An unknown layout may still keep its machines where a known one would.
        let machines = match &layout.layout {
            Some(found) => machines::read(&files, std::slice::from_ref(found), &users, &clan),
            None => machines::read(&files, &layouts, &users, &clan),
        };
        people::add_machines(&mut users, &machines);
        let aggregates = aggregates::read(&files, &users);
        let standalone = standalone::read(&files, &users, &machines);
        let sops = secrets::sops_file(&files).unwrap_or_else(|why| {
            unread.push(why);
            None
        });
        let lock = lock::read(&files).unwrap_or_else(|why| {
            unread.push(why);
            super::Lock::default()
        });
        let (secrets, refused) = secrets::encrypted(&files);
        unread.extend(refused);
        Self {
            root,
            layout,
            users,
            machines,
            aggregates,
            sops,
            secrets,
            standalone,
            clan,
            lock,
            unread,
            files,
        }
    }

    /// Whether anything is at this path relative to the root, or will be.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.files.has(path.as_ref())
    }

    /// The text of a file, by path relative to the root, with the changes that were planned so far.
    ///
    /// # Errors
    /// It cannot be read, is no text, or too large for one that people keep by hand.
    pub fn text(&self, path: impl AsRef<Path>) -> Result<String, Unread> {
        self.files.text(path.as_ref())
    }
}
