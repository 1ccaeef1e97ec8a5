//! Products and masks: number by number, so the bits are those of the reference in `f32`.

use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, bits};
use crate::backend::{At, DropoutMask, Factors, Write};
#[cfg(test)]
use crate::backend::{Memory, Reference};
use crate::counter_random::CounterRandom;

const MASK: DropoutMask =
    DropoutMask { random: CounterRandom { seed: 5, stream: 1, step: 9 }, threshold: 0x6000_0000, scale: 1.6 };

/// Every product, each into a buffer of its own.
fn products<B: Factors>(backend: &B, len: usize) -> Vec<f64> {
    let [a, b] = [1, 2].map(|seed| buffer(backend, &numbers(len + 9, seed)));
    let mut targets = [3, 4, 5, 6].map(|seed| buffer(backend, &numbers(len + 9, seed)));
    backend.multiply(At(&a, 3), At(&mut targets[0], 2), len);
    backend.multiply_add(At(&a, 1), At(&b, 4), At(&mut targets[1], 5), len);
    backend.mask(MASK, At(&a, 2), At(&mut targets[2], 3), len, Write::Overwrite);
    backend.mask(MASK, At(&b, 7), At(&mut targets[3], 1), len, Write::Accumulate);
    targets.iter().flat_map(|target| host(backend, target, len + 9)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: numbers.
#[must_use]
pub fn agreement<B: Factors>(backend: &B) -> Vec<Agreement> {
    let mut agreement = Agreement::new("products and masks");
    // The states of 64 sequences last.
    for len in RAGGED.into_iter().chain([64 * 512]) {
        agreement.compare(&[len], &products(backend, len), &products(&truth(), len));
    }
    vec![agreement]
}

#[test]
fn products_have_the_bits_of_the_reference() {
    for len in RAGGED {
        assert_eq!(bits(&products(&CPU, len)), bits(&products(&Reference::<f32>::new(), len)));
    }
}

#[test]
fn number_n_is_masked_by_word_n_wherever_it_lies() {
    let words: Vec<u32> = (0..32).flat_map(|block| MASK.random.block(block)).collect();
    for len in RAGGED {
        for (start, write) in [(0, Write::Overwrite), (5, Write::Accumulate)] {
            let mut target = CPU.zeros(start + len);
            CPU.mask(MASK, At(&vec![1.0; len], 0), At(&mut target, start), len, write);
            for (&factor, &word) in target[start..].iter().zip(&words) {
                assert_eq!(factor, if word < MASK.threshold { 0.0 } else { 1.6 });
            }
        }
    }
}

#[test]
fn a_number_that_is_lost_shows_even_if_it_is_dropped() {
    let mut target = CPU.zeros(127);
    CPU.mask(MASK, At(&vec![f32::NAN; 127], 0), At(&mut target, 0), 127, Write::Overwrite);
    assert!(target.iter().all(|x| x.is_nan()));
}
