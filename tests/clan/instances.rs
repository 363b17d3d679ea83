//! The instance that a newcomer gets, in both forms of a fleet.

use doorstep::answers::Account;

use crate::scene::{ADMIN, Newcomer, groups, instance, outcome};
use crate::shown;
use crate::world::World;

#[test]
fn a_file_of_its_own_like_the_neighbours() {
    shown("files-own-file", instance("clan-files", &Newcomer::zoe(&["quartz", "slate", "marl"])));
}

#[test]
fn tags_are_kept_where_they_mean_the_same_machines() {
    shown("files-tags", instance("clan-files", &Newcomer::zoe(&["slate", "shale"])));
}

#[test]
fn tags_that_reach_further_become_machines() {
    let newcomer = Newcomer::zoe(&["shale"]).with(
        "shale",
        Account {
            groups: Some(vec!["wheel".into(), "video".into()]),
            shell: Some("fish".into()),
            uid: Some(1042),
            ..Account::default()
        },
    );
    shown("files-decided", instance("clan-files", &newcomer));
}

#[test]
fn inside_an_attribute_set() {
    shown("set-ada", instance("clan-set", &Newcomer::zoe(&["quartz", "slate"])));
    shown("set-kai", instance("clan-set", &Newcomer::zoe(&["slate", "shale"])));
}

#[test]
fn groups_of_one_machine_stay_on_it() {
    let newcomer = Newcomer::zoe(&["slate", "marl"])
        .with("slate", groups(&["video", "docker"]))
        .with("marl", groups(&["video"]));
    shown("set-groups", instance("clan-set", &newcomer));
}

#[test]
fn where_no_neighbours_can_be_followed_a_template_serves() {
    let world = World::changed("clan-files", ADMIN, |fleet| {
        let folder = fleet.join("modules/clan/inventory/services/users");
        for user in ["ada", "kai"] {
            let own = format!(
                "{{ self, ... }}:\n{{\n  clan.inventory.instances.user-{user} = {{\n    \
                 module.name = \"users\";\n    roles.default.tags.all = {{ }};\n    \
                 roles.default.extraModules = [ self.nixosModules.{user} \
                 {{ home-manager.users.{user} = {{ }}; }} ];\n  }};\n}}\n"
            );
            std::fs::write(folder.join(format!("{user}.nix")), own).unwrap();
        }
    });
    shown("template", outcome(&world, &Newcomer::zoe(&["slate"])));
}

#[test]
fn two_uids_cannot_be_had_in_one_instance() {
    let uid = |uid| Account { uid: Some(uid), ..Account::default() };
    let zoe = Newcomer::zoe(&["slate", "marl"]).with("slate", uid(1042)).with("marl", uid(1043));
    let refused = instance("clan-files", &zoe);
    assert!(
        refused.starts_with("error: one clan instance cannot have uid 1043 on marl"),
        "{refused}"
    );
    assert!(refused.contains("hint: give zoe the same on all of them"), "{refused}");
}

#[test]
fn a_tag_of_which_nobody_knows_the_machines_becomes_machines() {
    // shale may have any tag now, and with kai's tag zoe would be on it, too.
    let world = World::changed("clan-files", ADMIN, |fleet| {
        let file = fleet.join("modules/clan/inventory/machines.nix");
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.replace("tags = [ \"server\" ];", "tags = [ \"server\" ] ++ [ ];");
        std::fs::write(file, text).unwrap();
        std::fs::remove_file(fleet.join("modules/clan/inventory/services/users/ada.nix")).unwrap();
    });
    let told = outcome(&world, &Newcomer::zoe(&["slate"]));
    assert!(told.contains("machines.slate = { };") && !told.contains("tags"), "{told}");
}

#[test]
fn what_is_the_neighbours_own_is_left_out() {
    let world = World::changed("clan-files", ADMIN, |fleet| {
        let file = fleet.join("modules/clan/inventory/services/users/kai.nix");
        let text = std::fs::read_to_string(&file).unwrap();
        let own = "home-manager.users.kai.programs.git.userName = \"Kai Ferreira\";\n            \
                   home-manager.users.kai.home.packages = [ pkgs.ripgrep ];\n            \
                   home-manager.users.kai.imports";
        std::fs::write(file, text.replace("home-manager.users.kai.imports", own)).unwrap();
    });
    let told = outcome(&world, &Newcomer::zoe(&["slate", "shale"]));
    assert!(told.contains("home-manager.users.zoe.imports = ["), "{told}");
    assert!(!told.contains("Ferreira") && !told.contains("ripgrep"), "{told}");
}

#[test]
fn a_file_of_the_neighbours_own_is_not_named_for_the_newcomer() {
    let world = World::changed("clan-files", ADMIN, |fleet| {
        let folder = fleet.join("modules/clan/inventory/services/users");
        for user in ["ada", "kai"] {
            let file = folder.join(format!("{user}.nix"));
            let text = std::fs::read_to_string(&file).unwrap();
            let list = format!("[ inputs.self.modules.homeManager.\"users/{user}\"");
            std::fs::write(file, text.replace(&list, &format!("{list} ../../{user}"))).unwrap();
        }
    });
    let told = outcome(&world, &Newcomer::zoe(&["slate", "shale"]));
    assert!(told.contains("from a template of doorstep's") && !told.contains("../../"), "{told}");
}
