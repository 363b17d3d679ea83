//! The practice fleet a month later: zoe's home is set up, and her module changes.

use std::fs;
use std::path::PathBuf;

use super::world::{Ran, World, run};

/// zoe's home a month later: set up, active, with a module of hers to change.
pub(crate) struct Later {
    pub(crate) world: World,
}

impl Later {
    pub(crate) fn new() -> Self {
        let world = World::new();
        world.practice(&[]).expect(0);
        Self { world }
    }

    /// Not active yet.
    pub(crate) fn before() -> Self {
        let world = World::new();
        world.practice(&["--no-activation"]).expect(0);
        Self { world }
    }

    pub(crate) fn activate(&self, args: &[&str]) -> Ran {
        let mut all = vec!["activate"];
        all.extend(args);
        run(&mut self.world.as_zoe(&all))
    }

    /// One more line in her module.
    pub(crate) fn adds(&self, line: &str) {
        let module = self.world.at("practice/fleet/modules/home/users/zoe/default.nix");
        let text = fs::read_to_string(&module).unwrap();
        let at = text.find("home.stateVersion").unwrap();
        fs::write(module, format!("{}{line}\n      {}", &text[..at], &text[at..])).unwrap();
    }

    /// Her home needs what this derivation makes: a real program, where practice's own homes need
    /// no builder.
    pub(crate) fn builds(&self, attributes: &str) {
        let system = format!("{}-linux", std::env::consts::ARCH);
        let text = format!(
            "{{ ... }}:\nlet\n  tool = derivation {{ name = \"zoes-tool\"; system = \"{system}\"; \
             builder = \"/bin/sh\"; {attributes} }};\nin\n{{\n  flake.homeConfigurations.\"zoe\" = {{\n    \
             activationPackage = derivation {{ name = \"home-manager-generation\"; \
             system = \"{system}\"; builder = \"/bin/sh\"; args = [ \"-c\" \": ${{tool}}\" ]; }};\n  }};\n}}\n"
        );
        let file = "practice/fleet/modules/home/configurations/zoe.nix";
        fs::write(self.world.at(file), text).unwrap();
    }

    pub(crate) fn generation(&self) -> String {
        let profile = self.world.at("practice/home/.local/state/nix/profiles/home-manager");
        fs::read_link(profile).unwrap().display().to_string()
    }

    pub(crate) fn home(&self, path: &str) -> PathBuf {
        self.world.at("practice/home").join(path)
    }
}
