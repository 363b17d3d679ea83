//! An administrator adds somebody to two machines and lets them into a shared file, at a real
//! terminal.

use super::ground::Admin;
use super::pty::{Person, Seat};

/// Through the second door, up to the machines.
fn names_zoe(ada: &mut Person) {
    ada.sees("Add somebody").types("2").sees("Who is this home for?");
    ada.types("zoe<enter>Zoe<enter>zoe@example.com<enter><enter>");
    ada.sees("▸[ Continue ]").types("<enter>").sees("On which machines does zoe get a home?");
}

#[test]
fn zoe_is_added_to_two_machines_with_a_shared_file() {
    for (width, height) in [(80, 24), (120, 40)] {
        let admin = Admin::new();
        let before = admin.picture();
        let mut ada = Seat::of(width, height).runs(&admin.doorstep(&[]));
        names_zoe(&mut ada);
        // basalt, granite, mica and quartz, in this order.
        ada.types("<down><space>").sees("without wheel: no sudo. ada has wheel.");
        ada.types("<down><down><space>").sees("2 of 4 chosen");
        ada.types("<s-tab><s-tab>").sees("▸[ Continue ]").types("<enter>");
        ada.sees("Which features do you want?").sees("▸[ Continue ]").types("<enter>");
        ada.sees("1 thing left here: the public key");
        ada.pastes(admin.zoe.recipient().as_str()).types("<enter><enter>");
        ada.sees("Which shared files can zoe open as well?");
        ada.types("<tab><tab><tab>").types("<space>").sees("[x] 12 files of");
        ada.types("<s-tab><s-tab><s-tab>").sees("▸[ Continue ]").types("<enter>");
        ada.sees("Nothing has been changed yet.").sees("Encrypt shared files");
        assert_eq!(before, admin.picture(), "something was written before it was agreed to");
        ada.types("a").sees("Everything is prepared.");
        ada.types("q").ends().well().sane();
        assert_eq!(admin.open_to_zoe(), 12);
        for machine in ["nixos/granite", "darwin/quartz"] {
            let text = admin.read(&format!("modules/machines/{machine}.nix"));
            assert!(text.contains("home-manager.users.zoe"), "{text}");
        }
    }
}

#[test]
fn a_private_key_is_refused_and_does_not_stay() {
    let admin = Admin::new();
    let secret = admin.zoe.secret_text();
    let mut ada = Seat::of(80, 24).runs(&admin.doorstep(&[]));
    names_zoe(&mut ada);
    ada.types("<space><s-tab><s-tab>").sees("▸[ Continue ]").types("<enter>");
    ada.sees("▸[ Continue ]").types("<enter>").sees("1 thing left here: the public key");
    ada.pastes(&secret).sees("That is a private key; it was not kept or shown.");
    let shown = String::from_utf8_lossy(&ada.output()).into_owned();
    assert!(!shown.contains(secret.as_str()));
}
