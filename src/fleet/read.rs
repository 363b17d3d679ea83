//! Reading a fleet: the order in which its facts rest on one another.

use std::fs;
use std::path::Path;

use crate::problem::Problem;

use super::{Fleet, aggregates, clan, files, layout, lock, machines, people, secrets, standalone};

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
        let (files, mut unread) = files::read(&root)?;
        let (layouts, refused) = layout::known(&root, &files);
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
        let sops = secrets::sops_file(&root, &files).unwrap_or_else(|why| {
            unread.push(why);
            None
        });
        let lock = lock::read(&root).unwrap_or_else(|why| {
            unread.push(why);
            super::Lock::default()
        });
        let (secrets, refused) = secrets::encrypted(&root, &files);
        unread.extend(refused);
        Ok(Self {
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
        })
    }
}
