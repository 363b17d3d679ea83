//! Fleets named by address: cloned, or refused with a reason, never with a question or a wait.

use std::fs;

use super::ground::{Ground, is_a_refusal, patiently};
use crate::world::{World, run, tool};

#[test]
fn a_file_address_is_cloned_into_the_home() {
    let ground = Ground::new();
    // What git is asked through an environment variable must not lead elsewhere.
    let address = format!("file://{}", ground.fleet("").display());
    let world = World::new();
    let args = ["fleet", "--json", "--fleet", address.trim_end_matches('/')];
    let ran = patiently(world.doorstep(&args).env("GIT_DIR", "/nowhere")).expect(0);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).expect("nothing but JSON");
    assert_eq!(told["layout"]["id"], "guide");
    assert!(world.at("real-home/fleet/.git").is_dir());
    // A second time it is in the way, and left alone.
    let again = patiently(&mut world.doorstep(&args));
    is_a_refusal(&again, 1);
    again.says(&["is not empty, so nothing is cloned into it"]);
}

#[test]
fn a_repository_that_is_not_there_or_not_reached_is_explained() {
    let world = World::new();
    let none = format!("file://{}", world.at("none.git").display());
    for (address, why) in [
        (none.as_str(), "there is no repository, or you may not see it"),
        ("ssh://localhost:1/fleet.git", "its host cannot be reached"),
        ("https://localhost:1/fleet.git", "its host cannot be reached"),
        ("https://no-such-host.invalid/fleet.git", "its host cannot be reached"),
    ] {
        let ran = patiently(&mut world.doorstep(&["onboard", "--fleet", address]));
        is_a_refusal(&ran, 1);
        ran.says(&[&format!("`{address}` cannot be cloned: {why}"), "cause: ", "hint: "]);
        assert!(!world.at("real-home/fleet").exists() && !world.at("real-home/none").exists());
    }
}

#[test]
fn a_fleet_that_one_may_not_see_is_explained() {
    let world = World::new();
    let bin = world.at("bin");
    fs::create_dir(&bin).unwrap();
    // Stands in for ssh: tells what it was called with, and refuses as a server does.
    let said = world.at("ssh-arguments");
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> '{}'\necho 'git@host: Permission denied (publickey).' >&2\nexit 255\n",
        said.display()
    );
    fs::write(bin.join("ssh"), script).unwrap();
    run(tool("chmod", ["+x"]).arg(bin.join("ssh"))).expect(0);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    for address in ["git@localhost:team/fleet.git", "ssh://git@localhost/team/fleet.git"] {
        let mut command = world.doorstep(&["onboard", "--fleet", address]);
        let ran = patiently(command.env("PATH", &path));
        is_a_refusal(&ran, 1);
        ran.says(&["cannot be cloned: you have no access", "Permission denied", "hint: ask who"]);
    }
    let said = fs::read_to_string(said).unwrap();
    assert!(said.lines().all(|line| line.contains("BatchMode=yes")), "{said}");
}

#[test]
fn addresses_that_run_programs_or_look_like_options_are_refused() {
    let world = World::new();
    let marker = world.at("ran");
    let ext = format!("ext::sh -c 'touch {}'", marker.display());
    for address in [
        ext.as_str(),
        "fd::7",
        "http://example.com/fleet.git",
        "git://example.com/fleet.git",
        "ssh://-oProxyCommand=touch/x",
        "-oProxyCommand=x@host:fleet",
        "--upload-pack=touch x://y",
        "https://zoe:hunter2@example.com/fleet.git",
    ] {
        let argument = format!("--fleet={address}");
        let ran = patiently(&mut world.doorstep(&["onboard", &argument]));
        is_a_refusal(&ran, 1);
        ran.never_says(&["hunter2"]);
    }
    assert!(!marker.exists());
    assert_eq!(fs::read_dir(world.at("real-home")).unwrap().count(), 0);
}

#[test]
fn a_repository_is_not_cloned_to_where_programs_look_for_settings() {
    let world = World::new();
    for address in ["https://localhost:1/.ssh.git", "git@localhost:.config", "file:///srv/.."] {
        let ran = patiently(&mut world.doorstep(&["onboard", "--fleet", address]));
        is_a_refusal(&ran, 1);
        ran.says(&["is no name for a fleet's folder"]);
    }
}
