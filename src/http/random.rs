//! Random numbers for jitter and form boundaries; not for secrets.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Random bits, from the source that seeds the standard library's hash maps.
pub(super) fn bits() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A random number of at least 0 and less than 1.
pub(super) fn fraction() -> f64 {
    (bits() >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn fractions_are_spread() {
        let tenths: BTreeSet<_> = (0..1000).map(|_| (fraction() * 10.0) as u8).collect();
        assert_eq!(tenths, (0..10).collect());
    }
}
