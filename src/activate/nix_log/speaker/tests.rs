//! The table, row by row.

use super::*;

fn command(typed: &str) -> Command {
    let mut words = typed.split(' ');
    Command::new(words.next().unwrap_or_default()).args(words)
}

fn transports(typed: &str) -> String {
    let speaker = Speaker::of(&command(typed));
    let with = |text: &str| speaker.transport(Version::read(text));
    let all = [
        with("nix (Nix) 2.34.8"),
        with("nix (Determinate Nix 3.8.5) 2.30.2"),
        with("nix (Nix) 2.29.1"),
        with("nix (Lix, like Nix) 2.93.0"),
        with("who knows"),
    ];
    all.map(|t| format!("{t:?}")).join(" ")
}

#[test]
fn every_command_speaks_the_way_it_can() {
    let plain = "Plain Plain Plain Plain Plain";
    let both = "Socket Socket Stderr Stderr Plain";
    let stderr = "Stderr Stderr Stderr Stderr Plain";
    for (typed, expected) in [
        ("nix build .#x", both),
        ("/run/current-system/sw/bin/nix build .#x", both),
        ("nix run github:nix-community/home-manager#home-manager -- switch --flake .#zoe", both),
        ("nix-build -A x", stderr),
        ("home-manager switch --flake /f#zoe", both),
        ("home-manager switch", stderr),
        ("sudo -H -u root PATH=/bin darwin-rebuild switch --flake .#quartz", both),
        ("nixos-rebuild switch --flake .#onyx", both),
        ("nixos-rebuild switch --flake .#onyx --option cores 2", stderr),
        ("nixos-rebuild switch --flake .#onyx --target-host root@onyx", plain),
        ("nh home switch --no-nom -c zoe /f", both),
        ("nh home switch -c zoe /f", "Socket Socket Plain Plain Plain"),
        ("clan machines update onyx", plain),
        ("/home/zoe/.local/state/doorstep/built-zoe/activate", plain),
        ("sudo", plain),
    ] {
        assert_eq!(transports(typed), expected, "{typed}");
    }
}

#[test]
fn what_is_told_goes_where_it_is_read() {
    let told = |typed: &str, transport| {
        let command = command(typed);
        Speaker::of(&command).told(&command, transport, Path::new("/s")).typed()
    };
    assert_eq!(told("nix build .#x", Transport::Socket), "nix build .#x --option json-log-path /s");
    assert_eq!(
        told("nix build .#x", Transport::Stderr),
        "nix build .#x --log-format internal-json -v"
    );
    assert_eq!(told("nix build .#x", Transport::Plain), "nix build .#x");
    assert_eq!(
        told("nh home switch . -- --offline", Transport::Socket),
        "nh home switch . --option json-log-path /s -- --offline"
    );
    assert_eq!(
        told("nix run x#home-manager -- switch --flake f", Transport::Stderr),
        "nix run x#home-manager --log-format internal-json -- switch --flake f --log-format internal-json"
    );
}

#[test]
fn machines_are_those_of_the_command() {
    let names = |typed: &str| machines(&command(typed));
    assert_eq!(names("clan machines update --debug onyx quartz"), ["onyx", "quartz"]);
    assert_eq!(names("nix run git+https://x#clan-cli -- machines update onyx"), ["onyx"]);
    assert!(names("nix build update x").is_empty());
}
