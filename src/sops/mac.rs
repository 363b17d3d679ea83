//! The message authentication code over a whole file.
//!
//! SHA-512 over the plain bytes of every value in document order, as capital hex (`sops.go`).
//! Keys, nulls and comments are not hashed: the keys are in each value's additional data.

use std::fmt::Write as _;

use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

/// What a hash over encrypted values only starts with: SHA-256 of `sops`, so that it can never
/// equal one over all values.
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b,
    0x0b, 0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// A MAC being computed.
pub(crate) struct Mac {
    hash: Sha512,
    only_encrypted: bool,
}

impl Mac {
    pub(crate) fn new(only_encrypted: bool) -> Self {
        let mut hash = Sha512::new();
        if only_encrypted {
            hash.update(ONLY_ENCRYPTED);
        }
        Self { hash, only_encrypted }
    }

    pub(crate) fn add(&mut self, plain: &[u8], encrypted: bool) {
        if encrypted || !self.only_encrypted {
            self.hash.update(plain);
        }
    }

    pub(crate) fn finish(self) -> Zeroizing<String> {
        let mut hex = Zeroizing::new(String::with_capacity(128));
        for byte in self.hash.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02X}");
        }
        hex
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_kinds_differ_and_the_start_is_the_hash_of_sops() {
        assert_eq!(sha2::Sha256::digest(b"sops").as_slice(), ONLY_ENCRYPTED);
        assert_ne!(Mac::new(true).finish(), Mac::new(false).finish());
        let mut only = Mac::new(true);
        only.add(b"plain", false);
        assert_eq!(only.finish(), Mac::new(true).finish());
    }
}
