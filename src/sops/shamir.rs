//! Shamir's secret sharing as sops uses it, for reading files with several key groups.
//!
//! GF(2⁸) modulo x⁸+x⁴+x³+x+1; a share is the y bytes with x as its last byte; the secret is the
//! polynomial at 0 (`shamir/shamir.go`).

use zeroize::Zeroizing;

/// The secret that `shares` are of. `None`: fewer than two, unequal lengths or equal x.
pub(crate) fn combine(shares: &[Zeroizing<Vec<u8>>]) -> Option<Zeroizing<Vec<u8>>> {
    let length = shares.first()?.len();
    if shares.len() < 2 || length < 2 || shares.iter().any(|s| s.len() != length) {
        return None;
    }
    let xs: Vec<u8> = shares.iter().map(|s| s[length - 1]).collect();
    if xs.iter().enumerate().any(|(i, x)| *x == 0 || xs[..i].contains(x)) {
        return None;
    }
    let weights: Vec<u8> = (0..xs.len()).map(|i| weight(&xs, i)).collect();
    let mut secret = Zeroizing::new(vec![0; length - 1]);
    for (at, byte) in secret.iter_mut().enumerate() {
        *byte = shares.iter().zip(&weights).fold(0, |sum, (s, w)| sum ^ mul(s[at], *w));
    }
    Some(secret)
}

/// The `i`th Lagrange polynomial at 0; subtraction is exclusive or.
fn weight(xs: &[u8], i: usize) -> u8 {
    (0..xs.len())
        .filter(|j| *j != i)
        .fold(1, |product, j| mul(product, mul(xs[j], inverse(xs[i] ^ xs[j]))))
}

fn mul(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0, |sum: u8, bit| {
        let doubled = (sum << 1) ^ ((sum >> 7) * 0x1b);
        doubled ^ (((b >> bit) & 1) * a)
    })
}

/// a²⁵⁴, since every element but 0 has order dividing 255.
fn inverse(a: u8) -> u8 {
    (0..254).fold(1, |product, _| mul(product, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares of `secret` on the line secret + slope·x.
    fn shares(secret: &[u8], slope: u8, xs: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
        let share = |x: &u8| {
            let ys = secret.iter().map(|s| s ^ mul(slope, *x));
            Zeroizing::new(ys.chain([*x]).collect())
        };
        xs.iter().map(share).collect()
    }

    #[test]
    fn two_shares_of_a_line_give_the_secret() {
        for xs in [[1, 2], [7, 200], [255, 1]] {
            assert_eq!(combine(&shares(b"quartz", 0x53, &xs)).unwrap().as_slice(), b"quartz");
        }
    }

    #[test]
    fn unusable_shares_are_refused() {
        let good = shares(b"quartz", 3, &[1, 2]);
        assert!(combine(&good[..1]).is_none());
        assert!(combine(&[]).is_none());
        assert!(combine(&shares(b"q", 3, &[4, 4])).is_none());
        assert!(combine(&shares(b"q", 3, &[0, 4])).is_none());
        assert!(combine(&[good[0].clone(), Zeroizing::new(vec![1, 2])]).is_none());
    }

    #[test]
    fn every_element_but_zero_has_an_inverse() {
        assert!((1..=255).all(|a| mul(a, inverse(a)) == 1));
    }
}
