//! Random numbers from a seed, the same on every machine.

use crate::Real;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::f64::consts::TAU;

/// Independent sequences of random numbers under one seed. What one stream draws never shifts
/// another, so that sampling text, say, leaves the training untouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The initial value of the parameter with this number.
    Parameter(u32),
    /// The symbols drawn from the model's output.
    Sampling,
    /// The coins of scheduled sampling.
    TeacherForcing,
    /// Generated data that is held out.
    HeldOut,
    /// The training batch of this number, where data is generated.
    Batch(u32),
}

impl Stream {
    fn number(self) -> u64 {
        match self {
            Self::Sampling => 0,
            Self::TeacherForcing => 1,
            Self::HeldOut => 2,
            Self::Parameter(index) => (1 << 32) | u64::from(index),
            Self::Batch(index) => (2 << 32) | u64::from(index),
        }
    }
}

/// A reproducible source of random numbers (ChaCha with 8 rounds).
#[derive(Debug, Clone)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The given stream under the given seed, from its beginning.
    #[must_use]
    pub fn new(seed: u32, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(seed));
        rng.set_stream(stream.number());
        Self(rng)
    }

    /// How far the stream has been read: what [`Random::set_position`] goes back to.
    #[must_use]
    pub fn position(&self) -> u64 {
        // In words of 32 bits: far fewer than 2⁶⁴ are ever drawn.
        self.0.get_word_pos() as u64
    }

    /// Goes to a position of this stream.
    pub fn set_position(&mut self, position: u64) {
        self.0.set_word_pos(u128::from(position));
    }

    /// Uniform in `[0, 1)`, with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub fn uniform<R: Real>(&mut self, low: f64, high: f64) -> R {
        R::from_f64(low + (high - low) * self.unit())
    }

    /// Normally distributed with mean 0 and variance 1 (Box and Muller, 1958).
    pub fn normal<R: Real>(&mut self) -> R {
        // 1 − u lies in (0, 1], where the logarithm is finite.
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        R::from_f64(radius * libm::cos(TAU * self.unit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_reproducible_and_independent() {
        let draw = |seed, stream| {
            let mut random = Random::new(seed, stream);
            std::array::from_fn::<f64, 4, _>(|_| random.unit())
        };
        assert_eq!(draw(7, Stream::Sampling), draw(7, Stream::Sampling));
        assert_ne!(draw(7, Stream::Sampling), draw(8, Stream::Sampling));
        assert_ne!(draw(7, Stream::Parameter(0)), draw(7, Stream::Parameter(1)));
    }

    #[test]
    fn a_stream_goes_on_from_a_saved_position() {
        for drawn in [0, 1, 7, 8, 33] {
            let mut random = Random::new(7, Stream::TeacherForcing);
            for _ in 0..drawn {
                random.unit();
            }
            let position = random.position();
            let expected: [f64; 9] = std::array::from_fn(|_| random.normal());
            let mut resumed = Random::new(7, Stream::TeacherForcing);
            resumed.set_position(position);
            assert_eq!(expected, std::array::from_fn(|_| resumed.normal()), "after {drawn}");
        }
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut random = Random::new(3, Stream::Sampling);
        let numbers: Vec<f64> = (0..100_000).map(|_| random.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 1e5;
        let variance = numbers.iter().map(|x| x * x).sum::<f64>() / 1e5 - mean * mean;
        // Three standard errors: 3/√n and 3·√(2/n).
        assert!(mean.abs() < 0.0095, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.0135, "variance {variance}");
    }
}
