//! Products number by number: with another tensor, or with a random mask.

use super::host::Host;
use super::{At, Memory, Write};
use crate::Real;
use crate::counter_random::{BLOCK, CounterRandom};

/// A mask of inverted dropout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DropoutMask {
    /// Where its random words come from: number n of a tensor takes word n.
    pub random: CounterRandom,
    /// A number is dropped whose word is smaller: the probability in units of 2^−32.
    pub threshold: u32,
    /// What the others are multiplied by.
    pub scale: f64,
}

/// Products number by number.
pub trait Factors: Memory {
    /// `target *= source`, `len` numbers.
    fn multiply(&self, source: At<&Self::Buffer>, target: At<&mut Self::Buffer>, len: usize);
    /// `target += a · b`, `len` numbers.
    fn multiply_add(
        &self,
        a: At<&Self::Buffer>,
        b: At<&Self::Buffer>,
        target: At<&mut Self::Buffer>,
        len: usize,
    );
    /// `target = source · m` or `target += source · m`, `len` numbers, where m is 0 for what the mask
    /// drops and its scale otherwise.
    fn mask(
        &self,
        mask: DropoutMask,
        source: At<&Self::Buffer>,
        target: At<&mut Self::Buffer>,
        len: usize,
        write: Write,
    );
}

impl<H: Host> Factors for H {
    fn multiply(&self, At(source, from): At<&H::Buffer>, At(target, to): At<&mut H::Buffer>, len: usize) {
        for (target, &factor) in target[to..to + len].iter_mut().zip(&source[from..from + len]) {
            *target = *target * factor;
        }
    }

    fn multiply_add(
        &self,
        At(a, first_a): At<&H::Buffer>,
        At(b, first_b): At<&H::Buffer>,
        At(target, to): At<&mut H::Buffer>,
        len: usize,
    ) {
        let factors = a[first_a..first_a + len].iter().zip(&b[first_b..first_b + len]);
        for (target, (&a, &b)) in target[to..to + len].iter_mut().zip(factors) {
            *target += a * b;
        }
    }

    fn mask(
        &self,
        mask: DropoutMask,
        At(source, from): At<&H::Buffer>,
        At(target, to): At<&mut H::Buffer>,
        len: usize,
        write: Write,
    ) {
        let (source, target) = (&source[from..from + len], &mut target[to..to + len]);
        match write {
            Write::Overwrite => each_masked(mask, source, target, |target, product| *target = product),
            Write::Accumulate => each_masked(mask, source, target, |target, product| *target += product),
        }
    }
}

/// Hands each number of `target` the product of the source's with the mask's.
#[inline(always)]
fn each_masked<R: Real>(mask: DropoutMask, source: &[R], target: &mut [R], write: impl Fn(&mut R, R)) {
    let (whole, rest) = source.as_chunks::<BLOCK>();
    let (whole_target, rest_target) = target.as_chunks_mut::<BLOCK>();
    for (block, (source, target)) in whole.iter().zip(whole_target).enumerate() {
        let factors: [R; BLOCK] = factors(mask, block);
        for n in 0..BLOCK {
            write(&mut target[n], source[n] * factors[n]);
        }
    }
    let factors: [R; BLOCK] = factors(mask, whole.len());
    for ((source, target), factor) in rest.iter().zip(rest_target).zip(factors) {
        write(target, *source * factor);
    }
}

/// The mask of four numbers. It multiplies rather than chooses, so that what is not a number stays so even
/// if it is dropped.
#[inline(always)]
fn factors<R: Real>(mask: DropoutMask, block: usize) -> [R; BLOCK] {
    let scale = R::from_f64(mask.scale);
    mask.random.block(block as u32).map(|word| if word < mask.threshold { R::ZERO } else { scale })
}
