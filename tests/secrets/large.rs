//! Much in one file: that nothing takes time that grows with the square of it. Sizes are those that
//! an unoptimised build can afford; a square would make minutes of them.

use doorstep::sops::{Creation, SecretValue, create_yaml};

use crate::world::{World, utc};

/// A file of `count` keys for Zoe alone, written without sops, which takes minutes for it.
fn many_keys(world: &World, count: usize) {
    let names: Vec<String> = (0..count).map(|n| format!("key{n}")).collect();
    let secrets: Vec<_> =
        names.iter().map(|name| (name.as_str(), SecretValue::from("hunter2"))).collect();
    let readers = [world.zoe.recipient()];
    let text = create_yaml(&secrets, &readers, &Creation::default(), utc()).unwrap();
    world.write("fleet/secrets/many.yaml", text);
}

#[test]
fn thousands_of_keys_are_changed_and_encrypted_again() {
    let world = World::new();
    many_keys(&world, 4_000);
    let before = world.read("fleet/secrets/many.yaml");
    let file = "secrets/many.yaml";
    assert!(world.set(&["secrets", "set", file, "key2000", "--stdin"], b"new").status.success());
    let set = world.read("fleet/secrets/many.yaml");
    let differing = before.lines().zip(set.lines()).filter(|(a, b)| a != b).count();
    assert_eq!(differing, 3, "the value, mac and lastmodified");
    world.done(&["secrets", "unset", file, "key2001"]);
    world.done(&["secrets", "rekey", "--yes"]);
    world.done(&["secrets", "rekey", "--yes", "--rotate", file]);
    world.done(&["secrets", "check", file]);
    for _ in 0..4 {
        world.done(&["undo"]);
    }
    assert!(world.read("fleet/secrets/many.yaml") == before, "each is taken back");
}
