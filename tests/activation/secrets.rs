//! Active, and the secrets? What launchd and systemd say of them, after a real activation of a
//! generation that installs some.

use std::fs;

use doorstep::activate::backend::{Backend, Context, Goal, Home};
use doorstep::activate::package_link;
use doorstep::activate::update::What;
use doorstep::front::{End, Finish};
use doorstep::host::Os;

use super::world::World;

/// A home with one secret is activated; `installs` is what sops-nix would do meanwhile.
fn activate(world: &mut World, installs: &str) -> Finish {
    let manifest = world.at("manifest.json");
    let link = world.at("home/.config/sops-nix/secrets");
    let text = serde_json::json!({
        "secrets": [{ "name": "github-token" }], "symlinkPath": link,
    });
    fs::write(&manifest, text.to_string()).unwrap();
    let facts = format!(
        "file\t.zshrc\t{}\nsopsManifest\t{}\n",
        world.at("generation/home-files/.zshrc").display(),
        manifest.display()
    );
    fs::write(world.at("generation/manifest.nix"), facts).unwrap();
    let script = fs::read_to_string(world.at("generation/activate")).unwrap();
    world.script("generation/activate", &format!("{script}{installs}\n"));
    let generation = world.at("generation").into_os_string();
    world.env.insert("STAND_IN_BUILT".to_owned(), generation);

    let host = world.host();
    let (fleet, package) = (world.at("fleet"), package_link(&host, "zoe"));
    let home =
        Home { user: "zoe", output: "homeConfigurations", configuration: "zoe", package: &package };
    let cx = Context {
        host: &host,
        fleet: &fleet,
        goal: Goal::Home(home),
        nix: &[],
        network: false,
        is_nixos: false,
    };
    let steps = Backend::Nix.steps(&cx).unwrap();
    world.carry_out(What::Home, steps).0
}

const INSTALLS: &str = "mkdir -p \"$HOME/.config/sops-nix/secrets\"; echo x > \"$HOME/.config/sops-nix/secrets/github-token\"";

#[test]
fn secrets_that_are_there_are_a_success() {
    for os in [Os::Darwin, Os::Linux] {
        let mut world = World::new(os);
        let finish = activate(&mut world, INSTALLS);
        assert_eq!((finish.end, finish.heading.as_str()), (End::Done, "Your home is active."));
    }
}

#[test]
fn on_linux_a_unit_that_failed_is_an_end_of_its_own() {
    let mut world = World::new(Os::Linux);
    fs::write(world.at("systemd/state"), "degraded\n").unwrap();
    fs::write(world.at("systemd/show"), "ActiveState=failed\nResult=exit-code\n").unwrap();
    world.script(
        "bin/journalctl",
        "#!/bin/sh\necho 'cannot read keyfile: no such file'\necho 'sops-nix.service: Failed with result'\n",
    );
    let finish = activate(&mut world, ":");
    assert_eq!(finish.end, End::NotReadable);
    assert_eq!(finish.end.exit(), 4);
    assert_eq!(
        finish.heading,
        "Activated, but your secrets are not there yet, because sops-nix.service ended with exit-code and said: cannot read keyfile: no such file. Not readable: github-token."
    );
}

#[test]
fn on_a_mac_the_session_the_agent_and_its_log_are_looked_at() {
    let mut world = World::new(Os::Darwin);
    let finish = activate(&mut world, ":");
    assert_eq!(finish.end.exit(), 4);
    assert!(finish.heading.contains("not logged in at this Mac's screen"), "{}", finish.heading);

    let mut world = World::new(Os::Darwin);
    fs::write(world.at("launchd/gui-0"), "0").unwrap();
    let finish = activate(&mut world, ":");
    assert!(finish.heading.contains("is not loaded"), "{}", finish.heading);

    let mut world = World::new(Os::Darwin);
    fs::write(world.at("launchd/gui-0"), "0").unwrap();
    fs::write(world.at("launchd/gui-0-org.nix-community.home.sops-nix"), "1").unwrap();
    let says = "mkdir -p \"$HOME/Library/Logs/SopsNix\"; echo \"failed to decrypt 'zoe.sops.yaml'\" >> \"$HOME/Library/Logs/SopsNix/stderr\"";
    let finish = activate(&mut world, says);
    assert_eq!(finish.end.exit(), 4);
    let why = "because sops-nix ended with 1 and said: failed to decrypt 'zoe.sops.yaml'.";
    assert!(finish.heading.contains(why), "{}", finish.heading);
}
