//! Random numbers from a counter: number n is a function of n and a key, so that numbers can be drawn in
//! any order, and drawn again, without a state.
//!
//! Philox4x32-10 (Salmon, Moraes, Dror and Shaw, “Parallel random numbers: as easy as 1, 2, 3”, 2011): a
//! counter of four words goes through ten rounds with a key of two. It needs nothing but 32-bit integer
//! arithmetic (and the upper half of a 32-bit product), so every processor draws the same numbers.
//!
//! 1. Round: `(h₀, l₀) = M₀ · c₀`, `(h₁, l₁) = M₁ · c₂` as upper and lower halves, then
//!    `c = (h₁ ⊕ c₁ ⊕ k₀, l₁, h₀ ⊕ c₃ ⊕ k₁, l₀)`.
//! 2. Between two rounds: `k₀ += W₀`, `k₁ += W₁`.

const ROUNDS: usize = 10;
/// M₀ and M₁.
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// W₀ and W₁: the golden ratio and √3 − 1.
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Words of a block.
pub(crate) const BLOCK: usize = 4;

/// A sequence of 2^34 random words that seed, stream and step decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterRandom {
    /// The experiment's seed, word 0 of the key.
    pub seed: u32,
    /// What the numbers are for, word 1 of the key: two streams have nothing in common.
    pub stream: u32,
    /// The training step, word 2 of the counter.
    pub step: u32,
}

impl CounterRandom {
    /// Words `4 n … 4 n + 3` of the sequence: those of the counter `(n, 0, step, 0)`.
    #[inline]
    #[must_use]
    pub fn block(self, n: u32) -> [u32; BLOCK] {
        philox([n, 0, self.step, 0], [self.seed, self.stream])
    }
}

/// Philox4x32-10.
#[inline(always)]
fn philox(counter: [u32; BLOCK], key: [u32; 2]) -> [u32; BLOCK] {
    let ([mut c0, mut c1, mut c2, mut c3], [mut k0, mut k1]) = (counter, key);
    for _ in 0..ROUNDS {
        let [(h0, l0), (h1, l1)] = [halves(MULTIPLIERS[0], c0), halves(MULTIPLIERS[1], c2)];
        (c0, c1, c2, c3) = (h1 ^ c1 ^ k0, l1, h0 ^ c3 ^ k1, l0); // (1)
        (k0, k1) = (k0.wrapping_add(WEYL[0]), k1.wrapping_add(WEYL[1])); // (2)
    }
    [c0, c1, c2, c3]
}

/// The upper and the lower half of a product.
#[inline]
fn halves(a: u32, b: u32) -> (u32, u32) {
    let product = u64::from(a) * u64::from(b);
    ((product >> 32) as u32, product as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors publish with Random123 (`kat_vectors`, philox4x32 10).
    #[test]
    fn the_published_answers_are_found() {
        for (counter, key, answer) in [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ] {
            assert_eq!(philox(counter, key), answer);
        }
    }

    #[test]
    fn block_seed_stream_and_step_each_make_another_sequence() {
        let random = CounterRandom { seed: 7, stream: 3, step: 11 };
        assert_eq!(random.block(5), philox([5, 0, 11, 0], [7, 3]));
        let others = [
            random.block(6),
            CounterRandom { seed: 8, ..random }.block(5),
            CounterRandom { stream: 4, ..random }.block(5),
            CounterRandom { step: 12, ..random }.block(5),
        ];
        assert!(others.iter().all(|&other| other != random.block(5)));
    }
}
