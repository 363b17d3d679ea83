use std::io::Cursor;

use super::*;

fn explained(text: &str) -> Explanation {
    let catalogue = Catalogue::built_in().unwrap();
    let log = read(&mut Cursor::new(text.as_bytes()), catalogue).unwrap();
    explain_elsewhere(&log, catalogue)
}

#[test]
fn the_catalogue_can_be_read() {
    let catalogue = Catalogue::built_in().unwrap();
    assert_eq!(catalogue.entries.len(), 104);
    for signal in 0..catalogue.signals.len() {
        assert!(catalogue.regex(signal).is_some(), "{}", catalogue.signals[signal]);
    }
}

#[test]
fn a_wrapped_reason_is_found_with_its_line() {
    let log = "Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1qq: FAILED\n    - | failed to create reader for decrypting sops data key with\n      | age: no identity matched any of the recipients\n";
    let explanation = explained(log);
    assert_eq!(explanation.causes[0].class, "key-not-recipient");
    assert_eq!(explanation.causes[0].shown[0].line, 6);
}
