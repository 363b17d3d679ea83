//! Somebody is added to fleets of which nothing is known but their machines, from Welcome to Done.

use std::fs;

use super::refused::{Place, answers, names_zoe, names_zoe_by_ear};
use super::world::{run, tool};

/// Fleets where nobody has secrets, with two machines and whose turn it is at the end.
const WITHOUT_SECRETS: [(&str, [&str; 2], &str); 3] = [
    ("literal", ["basalt", "granite"], "kai updates basalt and ada updates granite."),
    ("owner", ["gabbro", "topaz"], "rhea updates gabbro and theo updates topaz."),
    ("per-host", ["agate", "beryl"], "ada updates agate and beryl."),
];

impl Place {
    /// What git sees as changed.
    fn status(&self) -> String {
        run(tool("git", ["status", "--short"]).current_dir(self.fleet())).expect(0).stdout
    }

    /// Every file of Nix that is not as it was can be read by Nix.
    fn parses(&self) {
        for line in self.status().lines().filter(|line| line.ends_with(".nix")) {
            let parse = ["--parse", &line[3..]];
            run(tool("nix-instantiate", parse).current_dir(self.fleet())).expect(0);
        }
    }

    fn undo(&self) {
        run(&mut self.doorstep(&["undo"])).expect(0);
        assert_eq!(self.status(), "");
    }
}

#[test]
fn where_nobody_has_secrets_no_key_is_asked_for() {
    for (fleet, _, _) in WITHOUT_SECRETS {
        let place = Place::new(fleet);
        let mut ada = place.looks();
        names_zoe(&mut ada);
        ada.types("<space><down><space>").sees("2 of ").types("<s-tab><s-tab>");
        ada.sees("▸[ Continue ]").types("<enter>").sees("Nothing has been changed yet.");
        assert!(!ada.screen().join("\n").contains("Encrypt"));
        ada.types("a").sees("The home of zoe becomes active when");
        ada.types("q").ends().well().sane();
        place.parses();
        place.undo();
    }
}

#[test]
fn by_ear_and_from_a_file_no_key_is_asked_for_either() {
    for (fleet, machines, turns) in WITHOUT_SECRETS {
        let place = Place::new(fleet);
        let mut ada = place.hears();
        names_zoe_by_ear(&mut ada);
        answers(&mut ada, "On which machines does zoe get a home?", machines[0]);
        answers(&mut ada, &format!("{} is now chosen.", machines[0]), machines[1]);
        answers(&mut ada, &format!("{} is now chosen.", machines[1]), "");
        answers(&mut ada, "Which account does zoe get?", "rest");
        ada.sees("Review.");
        answers(&mut ada, "There is no suggestion here.", "apply");
        ada.sees("Everything is prepared. The home of zoe becomes active when");
        answers(&mut ada, "Enter to leave.", "note");
        ada.sees("A home for Zoe is prepared in");
        assert!(!ada.screen().join("\n").contains("Public key"));
        answers(&mut ada, &format!("Update {}.", machines[1]), "");
        ada.ends().well().sane();
        place.parses();
        place.undo();

        let file = place.world.at("zoe.yaml");
        let zoe = "username: zoe\nname: Zoe\nemail: zoe@example.com";
        fs::write(&file, format!("{zoe}\nhosts: [{}]\n", machines.join(", "))).unwrap();
        let args = ["onboard", "--yes", "--answers", file.to_str().unwrap()];
        let ran = run(&mut place.doorstep(&args)).expect(0);
        let heading = format!("The home of zoe becomes active when {turns}");
        assert!((ran.stdout.clone() + &ran.stderr).contains(&heading), "{}", ran.stdout);
        let again = run(&mut place.doorstep(&args)).expect(0);
        let said = again.stdout + &again.stderr;
        assert!(said.contains("Everything is already so. Nothing to apply."), "{said}");
        place.undo();
    }
}
