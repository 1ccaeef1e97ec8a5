//! Choosing among scores.

use super::host::Host;
use super::{At, Memory};
use crate::Real;

/// A choice for each row.
pub trait Choices: Memory {
    /// `chosen[r] = forced[r]` where `coins[r]` is not 0, else the index of the largest of `scores[r, :]`,
    /// the first of equals; what is not a number is never the largest.
    fn choose(
        &self,
        scores: At<&Self::Buffer>,
        forced: At<&Self::Indices>,
        coins: At<&Self::Indices>,
        chosen: At<&mut Self::Indices>,
        rows: usize,
        width: usize,
    );
}

impl<H: Host> Choices for H {
    fn choose(
        &self,
        At(scores, first_score): At<&H::Buffer>,
        At(forced, first_forced): At<&H::Indices>,
        At(coins, first_coin): At<&H::Indices>,
        At(chosen, first_chosen): At<&mut H::Indices>,
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            let scores = &scores[first_score + r * width..][..width];
            chosen[first_chosen + r] =
                if coins[first_coin + r] == 0 { largest(scores) } else { forced[first_forced + r] };
        }
    }
}

/// The index of the largest number, the first of equals; what is not a number is never the largest.
fn largest<R: Real>(numbers: &[R]) -> u32 {
    let mut best = 0;
    for (index, &number) in numbers.iter().enumerate() {
        // A best that is not a number gives way to any number.
        if number > numbers[best] || (numbers[best].to_f64().is_nan() && !number.to_f64().is_nan()) {
            best = index;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cpu;

    #[test]
    fn coins_decide_and_the_first_of_the_largest_is_chosen() {
        let nan = f32::NAN;
        let scores = vec![9.0, nan, 2.0, 2.0, -1.0, nan, 0.0, nan, nan, nan];
        let (forced, coins, mut chosen) = (vec![7, 8, 8, 6], vec![1, 0, 0, 1], vec![5; 4]);
        let (truth, coins) = (At(&forced, 1), At(&coins, 1));
        Cpu.choose(At(&scores, 1), truth, coins, At(&mut chosen, 1), 3, 3);
        assert_eq!(chosen, [5, 1, 2, 6]);
        // A row of nothing but NaN has to give something.
        Cpu.choose(At(&scores, 7), At(&forced, 0), At(&vec![0], 0), At(&mut chosen, 0), 1, 3);
        assert_eq!(chosen[0], 0);
    }
}
