//! An n-gram model: what counting alone achieves.
//!
//! Interpolated with Witten–Bell weights (Witten and Bell, 1991): after a context `h` seen `n(h)` times
//! with `d(h)` different followers,
//! `p(c | h) = (n(h, c) + d(h) · p(c | h′)) / (n(h) + d(h))`, where h′ is h without its first
//! character, down to the uniform distribution.

use rustc_hash::FxHashMap;

/// Contexts are packed into a `u64`, 16 bits a character.
const MAX_CONTEXT: usize = 4;

/// Counts for contexts of one length.
#[derive(Debug, Default)]
struct Order {
    contexts: FxHashMap<u64, Context>,
    /// By context and follower.
    followers: FxHashMap<(u64, u16), u32>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Context {
    total: u32,
    distinct: u32,
}

/// A character n-gram model, n = `context + 1`.
#[derive(Debug)]
pub(super) struct Ngram {
    vocabulary: usize,
    /// For each context length from 0 on.
    orders: Vec<Order>,
}

impl Ngram {
    /// A model of contexts of up to `context` characters that has counted nothing.
    pub(super) fn new(vocabulary: usize, context: usize) -> Self {
        assert!(context <= MAX_CONTEXT, "contexts of more than {MAX_CONTEXT} characters do not fit");
        Self { vocabulary, orders: (0..=context).map(|_| Order::default()).collect() }
    }

    /// Counts what follows at `position` of a text.
    pub(super) fn count(&mut self, ids: &[u16], position: usize) {
        for (length, Order { contexts, followers }) in self.orders.iter_mut().enumerate() {
            let Some(key) = key(ids, position, length) else { break };
            let seen = followers.entry((key, ids[position])).or_default();
            let context = contexts.entry(key).or_default();
            context.total += 1;
            context.distinct += u32::from(*seen == 0);
            *seen += 1;
        }
    }

    /// −log₂ of the probability of the character at `position` after those before it.
    pub(super) fn bits(&self, ids: &[u16], position: usize) -> f64 {
        let mut probability = 1.0 / self.vocabulary as f64;
        for (length, Order { contexts, followers }) in self.orders.iter().enumerate() {
            let Some(key) = key(ids, position, length) else { break };
            let Some(context) = contexts.get(&key) else { break };
            let seen = followers.get(&(key, ids[position])).copied().unwrap_or(0);
            let (total, distinct) = (f64::from(context.total), f64::from(context.distinct));
            probability = (f64::from(seen) + distinct * probability) / (total + distinct);
        }
        -probability.log2()
    }
}

/// The `length` characters before `position`, packed; `None` if there are not as many.
fn key(ids: &[u16], position: usize, length: usize) -> Option<u64> {
    let context = &ids[position.checked_sub(length)?..position];
    Some(context.iter().fold(0, |key, &id| key << 16 | u64::from(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_follow_the_counts() {
        let ids: Vec<u16> = [0, 1, 0, 1, 0, 2, 0, 1, 0].to_vec();
        let mut model = Ngram::new(4, 2);
        for position in 0..ids.len() {
            model.count(&ids, position);
        }
        let probability = |symbol| {
            let mut text = ids.clone();
            text.push(symbol);
            (-model.bits(&text, ids.len())).exp2()
        };
        let all: Vec<f64> = (0..4).map(probability).collect();
        assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{all:?}");
        // After 1 0 came 1 once and 2 once; after 0, 1 three times and 2 once.
        assert!(all[1] > all[2] && all[2] > all[0] && all[0] > all[3], "{all:?}");
        // By hand, unigram first: 5 of 9 are 0, three kinds; then after 0; then after 1 0.
        let unigram = (3.0 + 3.0 / 4.0) / 12.0;
        let bigram = (3.0 + 2.0 * unigram) / 6.0;
        assert!((all[1] - (1.0 + 2.0 * bigram) / 4.0).abs() < 1e-12);
    }
}
