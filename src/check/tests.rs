//! What holds for every check.

use std::collections::BTreeSet;

use super::*;

#[test]
fn ids_are_different_and_groups_are_in_order() {
    let ids: BTreeSet<&str> = CHECKS.iter().map(|check| check.id()).collect();
    assert_eq!(ids.len(), CHECKS.len());
    assert!(CHECKS.iter().all(|check| named(check.id()).is_some()));
    assert!(CHECKS.iter().all(|check| !check.title().is_empty()));
    assert!(Group::ALL.is_sorted());
}
