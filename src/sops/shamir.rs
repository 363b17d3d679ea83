//! Shamir's secret sharing as sops uses it, for files with several key groups.
//!
//! GF(2⁸) modulo x⁸+x⁴+x³+x+1; a share is the y bytes with x as its last byte; the secret is the
//! polynomial at 0 (`shamir/shamir.go`).

use rand::RngCore as _;
use rand::rngs::OsRng;
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

/// `secret` in as many shares as there are groups, of which `threshold` give it back. `None`: the
/// threshold is below two, above the number of shares, or there are more than 255.
pub(crate) fn split(
    secret: &[u8],
    shares: usize,
    threshold: usize,
) -> Option<Vec<Zeroizing<Vec<u8>>>> {
    let last = u8::try_from(shares).ok()?;
    if threshold < 2 || threshold > shares {
        return None;
    }
    let room = || Zeroizing::new(Vec::with_capacity(secret.len() + 1));
    let mut split: Vec<_> = (0..shares).map(|_| room()).collect();
    // Coefficients of a polynomial whose value at 0 is the byte.
    let mut random = Zeroizing::new(vec![0; threshold - 1]);
    for byte in secret {
        OsRng.fill_bytes(&mut random);
        for (share, x) in split.iter_mut().zip(1..=last) {
            let high = random.iter().fold(0, |sum, coefficient| mul(sum ^ coefficient, x));
            share.push(high ^ byte);
        }
    }
    for (share, x) in split.iter_mut().zip(1..=last) {
        share.push(x);
    }
    Some(split)
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

    #[test]
    fn any_threshold_of_the_shares_gives_the_secret_back() {
        let secret: Vec<u8> = (0..32).collect();
        for (shares, threshold) in [(2, 2), (3, 2), (5, 3)] {
            let split = split(&secret, shares, threshold).unwrap();
            assert!(split.iter().all(|share| share.len() == 33));
            let last = &split[shares - threshold..];
            assert_eq!(*combine(last).unwrap(), secret, "{shares} {threshold}");
            if threshold > 2 {
                assert_ne!(*combine(&split[..threshold - 1]).unwrap(), secret);
            }
        }
        assert!(split(&secret, 2, 1).is_none() && split(&secret, 2, 3).is_none());
    }
}
