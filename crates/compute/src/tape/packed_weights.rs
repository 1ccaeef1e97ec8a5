//! Weights laid out for products, once for all the ops that multiply by them, and again whenever the
//! weights have changed.

use super::Gradients;
use crate::backend::{At, Backend, Layout};
use crate::{ParameterId, Parameters};

/// A weight matrix of a recording that is laid out for products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedId(usize);

/// What a laid out weight `W [rows, columns]` is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackedUse {
    /// `x · Wᵀ`, on the way forward.
    Forward,
    /// `dy · W`, on the way back.
    Backward,
}

/// A weight matrix that some op multiplies by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PackedPlan {
    weight: ParameterId,
    purpose: PackedUse,
    rows: usize,
    columns: usize,
}

impl PackedPlan {
    /// Numbers that it takes on this backend.
    pub(super) fn numbers<B: Backend>(&self, gradients: Gradients) -> u64 {
        let (_, k, n) = self.layout();
        if self.is_needed(gradients) { B::packed_numbers(k, n) } else { 0 }
    }

    fn is_needed(&self, gradients: Gradients) -> bool {
        self.purpose == PackedUse::Forward || gradients == Gradients::Kept
    }

    /// How W lies, and rows and columns of the product's right-hand side.
    fn layout(&self) -> (Layout, usize, usize) {
        match self.purpose {
            PackedUse::Forward => (Layout::Transposed, self.columns, self.rows),
            PackedUse::Backward => (Layout::Plain, self.rows, self.columns),
        }
    }
}

/// The plans of a recording: each matrix once for each purpose.
#[derive(Debug, Default)]
pub(super) struct PackedPlans(Vec<PackedPlan>);

impl PackedPlans {
    pub(super) fn add(
        &mut self,
        weight: ParameterId,
        purpose: PackedUse,
        [rows, columns]: [usize; 2],
    ) -> PackedId {
        let plan = PackedPlan { weight, purpose, rows, columns };
        let known = self.0.iter().position(|known| *known == plan);
        PackedId(known.unwrap_or_else(|| {
            self.0.push(plan);
            self.0.len() - 1
        }))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &PackedPlan> {
        self.0.iter()
    }
}

/// The laid out weights of a tape.
pub struct PackedWeights<B: Backend>(Vec<Entry<B>>);

struct Entry<B: Backend> {
    plan: PackedPlan,
    packed: Option<B::Packed>,
    /// Version of the parameters that it was packed from.
    version: Option<u64>,
}

impl<B: Backend> PackedWeights<B> {
    pub(super) fn new(backend: &B, plans: &PackedPlans, gradients: Gradients) -> Self {
        let entry = |&plan: &PackedPlan| {
            let (_, k, n) = plan.layout();
            let packed = plan.is_needed(gradients).then(|| backend.packed(k, n));
            Entry { plan, packed, version: None }
        };
        Self(plans.iter().map(entry).collect())
    }

    /// Lays out a weight anew if it has changed.
    pub fn refresh(&mut self, id: PackedId, backend: &B, parameters: &Parameters<B>) {
        let Entry { plan, packed, version } = &mut self.0[id.0];
        if *version == Some(parameters.version()) {
            return;
        }
        if let Some(packed) = packed {
            let (layout, k, n) = plan.layout();
            backend.pack(At(parameters.value(plan.weight), 0), layout, k, n, packed);
            *version = Some(parameters.version());
        }
    }

    /// A laid out weight, as it was when last refreshed.
    ///
    /// # Panics
    /// If it is for the way back and the tape has no gradients.
    #[must_use]
    pub fn get(&self, id: PackedId) -> &B::Packed {
        #[expect(clippy::expect_used, reason = "a tape without gradients is never walked back")]
        self.0[id.0].packed.as_ref().expect("laid out for a tape with gradients")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Recorder;
    use crate::{Cpu, ParameterList, ParameterRole, Reference};

    #[test]
    fn the_plan_counts_a_backends_padding() {
        fn planned<B: Backend>(gradients: Gradients) -> u64 {
            let mut list = ParameterList::default();
            let shape = [3, 17];
            let weight = list.declare("weight", shape, ParameterRole::LinearWeight);
            let mut recorder = Recorder::<B>::new();
            recorder.packed_weight(weight, shape, PackedUse::Forward);
            recorder.packed_weight(weight, shape, PackedUse::Backward);
            recorder.planned_numbers(gradients)
        }
        // Wᵀ is [17, 3], one panel of 16 columns; W is [3, 17], two.
        assert_eq!(planned::<Cpu>(Gradients::None), 17 * 16);
        assert_eq!(planned::<Cpu>(Gradients::Kept), 17 * 16 + 3 * 32);
        assert_eq!(planned::<Reference<f64>>(Gradients::Kept), 2 * 3 * 17);
    }
}
