//! Reading a tape as its caller wrote it: padded, in the caller's order of sequences.

use super::{IndexVar, Packing, PackingVar, Tape, Var};
use crate::backend::{At, Backend};
use crate::{ComputeError, Real};
use ndarray::{Array2, Array3, ArrayD, ArrayView3, s};

/// Rows of a table that one digit of an index can name: exact in `f32`, and so is its square.
const DIGIT: u32 = 1 << 12;

/// A time-major tensor `[T, B, X]` seen batch-first, `[B, T, X]` (PyTorch's `batch_first=True`). Nothing
/// is copied.
#[must_use]
pub fn batch_first<R>(padded: &Array3<R>) -> ArrayView3<'_, R> {
    padded.view().permuted_axes([1, 0, 2])
}

impl<B: Backend> Tape<B> {
    /// The numbers of a tensor `[T, B, X]` in the caller's order of sequences, whether it is packed or
    /// not; 0 behind the end of a sequence.
    ///
    /// # Errors
    /// If the tensor has another rank.
    pub fn read_padded(&self, var: Var) -> Result<Array3<B::Elem>, ComputeError> {
        self.padded(var, &self.read(var))
    }

    /// The same of a tensor's gradient, valid after a backward pass.
    ///
    /// # Errors
    /// If the tensor has another rank.
    pub fn read_gradient_padded(&self, var: Var) -> Result<Array3<B::Elem>, ComputeError> {
        self.padded(var, &self.read_gradient(var))
    }

    /// The indices of an input of `batch` sequences, `[T, B]`, likewise.
    ///
    /// # Errors
    /// If there are no such sequences.
    pub fn read_indices_padded(&self, var: IndexVar, batch: usize) -> Result<Array2<u32>, ComputeError> {
        if batch == 0 {
            return Err(ComputeError::ZeroSize { what: "batch" });
        }
        let steps = var.len / batch;
        let mut padded = Array2::zeros((steps, batch));
        let places = self.layout(var.packing, [steps, batch]);
        for (place, index) in places.places().zip(self.read_indices(var)) {
            padded[place] = index;
        }
        Ok(padded)
    }

    /// The length of each of `batch` sequences: `steps`, unless they are packed.
    #[must_use]
    pub fn lengths(&self, packing: Option<PackingVar>, [steps, batch]: [usize; 2]) -> Vec<usize> {
        self.layout(packing, [steps, batch]).lengths().to_vec()
    }

    /// Whether this tape can be walked in reverse.
    #[must_use]
    pub fn has_gradients(&self) -> bool {
        !self.gradients.0.is_empty()
    }

    /// Euclidean norms of the gradient of a tensor `[T, B, X]`, one for each step; 0 for a step that no
    /// sequence reaches.
    #[must_use]
    pub fn gradient_norms_by_step(&self, var: Var) -> Vec<f64> {
        let At(gradient, start) = self.gradients.at(var);
        let norm = |(first, len)| libm::sqrt(self.backend.sum_of_squares(At(gradient, start + first), len));
        self.step_parts(var).map(norm).collect()
    }

    /// Enters the squares of the same norms in a ledger, one entry for each step; returns how many there are.
    pub(crate) fn enter_gradient_by_step(
        &self,
        var: Var,
        ledger: &mut B::Ledger,
        first_entry: usize,
    ) -> usize {
        let At(gradient, start) = self.gradients.at(var);
        let parts = self.step_parts(var);
        let steps = parts.len();
        for (step, (first, len)) in parts.enumerate() {
            self.backend.enter_squares(At(gradient, start + first), len, ledger, first_entry + step);
        }
        steps
    }

    /// Where the numbers of each step lie in a tensor `[T, B, X]`: the first, and how many.
    fn step_parts(&self, var: Var) -> impl ExactSizeIterator<Item = (usize, usize)> {
        let (steps, width) = (var.shape.dims().first().copied().unwrap_or(0), var.shape.width());
        let per_step = var.shape.len().checked_div(steps).unwrap_or(0);
        let packing = var.packing.map(|packing| self.packing(packing));
        (0..steps).map(move |step| match packing {
            Some(packing) => (packing.start(step) * width, packing.count(step) * width),
            None => (step * per_step, per_step),
        })
    }

    fn layout(&self, packing: Option<PackingVar>, [steps, batch]: [usize; 2]) -> Packing {
        packing.map_or_else(|| Packing::full(steps, batch), |packing| self.packing(packing).clone())
    }

    fn padded(&self, var: Var, rows: &ArrayD<B::Elem>) -> Result<Array3<B::Elem>, ComputeError> {
        let [steps, batch, width] = *var.shape.dims() else {
            let (op, what) = ("padded view", "tensor");
            return Err(ComputeError::Rank { op, what, expected: 3, found: var.shape });
        };
        let mut padded = Array3::from_elem((steps, batch, width), B::Elem::ZERO);
        let layout = self.layout(var.packing, [steps, batch]);
        for ((step, sequence), row) in layout.places().zip(rows.rows()) {
            padded.slice_mut(s![step, sequence, ..]).assign(&row);
        }
        Ok(padded)
    }

    /// The indices of an input; if it is packed, those of its N rows. No backend hands indices back, but
    /// each looks up tables: one that holds the digits of its own row numbers gives them away.
    fn read_indices(&self, var: IndexVar) -> Vec<u32> {
        let digits = |row: u32| [row / DIGIT, row % DIGIT].map(|digit| B::Elem::from_f64(f64::from(digit)));
        let numbers: Vec<B::Elem> = (0..var.table_size as u32).flat_map(digits).collect();
        let rows = self.rows(var.packing, var.len);
        let mut table = self.backend.zeros(numbers.len());
        let mut found = self.backend.zeros(2 * rows);
        self.backend.write(At(&mut table, 0), &numbers);
        self.backend.gather(At(&table, 0), At(&self.indices[var.id], 0), At(&mut found, 0), rows, 2);
        let mut digits = vec![B::Elem::ZERO; 2 * rows];
        self.backend.read(At(&found, 0), &mut digits);
        let index = |pair: &[B::Elem]| (pair[0].to_f64() as u32) * DIGIT + pair[1].to_f64() as u32;
        digits.chunks_exact(2).map(index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gradients, Recorder, Reference};

    #[test]
    fn packed_tensors_are_read_in_the_callers_order() {
        let mut recorder = Recorder::<Reference<f32>>::new();
        let packing = recorder.packing(3, 3);
        let tensor = recorder.packed_input(packing, 2);
        let plain = recorder.input([2, 3, 1]);
        let ids = recorder.packed_index_input(packing, 20_000_000);
        let flat = recorder.input([4]);
        let mut tape = recorder.finish(Reference::new(), Gradients::Kept);
        tape.write_lengths(packing, &[1, 3, 2]).unwrap();
        // Rows: sequences 1, 2, 0 at step 0; 1, 2 at step 1; 1 at step 2.
        let numbers: Vec<f32> = (1..=12_u8).map(f32::from).collect();
        tape.write(tensor, &numbers).unwrap();
        tape.write_gradient(tensor, &numbers).unwrap();
        tape.write(plain, &numbers[..6]).unwrap();
        let expected = [
            [[5.0, 6.0], [1.0, 2.0], [3.0, 4.0]],
            [[0.0; 2], [7.0, 8.0], [9.0, 10.0]],
            [[0.0; 2], [11.0, 12.0], [0.0; 2]],
        ];
        let padded = tape.read_padded(tensor).unwrap();
        assert_eq!(padded, ndarray::arr3(&expected));
        assert_eq!(tape.read_gradient_padded(tensor).unwrap(), padded);
        assert_eq!(batch_first(&padded)[[1, 2, 0]], 11.0);
        assert_eq!(batch_first(&padded).dim(), (3, 3, 2));
        assert_eq!(
            tape.read_padded(plain).unwrap(),
            ndarray::arr3(&[[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]])
        );
        assert_eq!(tape.lengths(tensor.packing(), [3, 3]), [1, 3, 2]);
        let squares = |numbers: &[f64]| libm::sqrt(numbers.iter().map(|number| number * number).sum());
        let norms: [f64; 3] = [&[1., 2., 3., 4., 5., 6.][..], &[7., 8., 9., 10.], &[11., 12.]].map(squares);
        assert_eq!(tape.gradient_norms_by_step(tensor), norms);
        // Neighbours that `f32` cannot tell apart.
        tape.write_indices(ids, &[19_999_999, 19_999_998, 0, 4095, 4096, 16_777_217]).unwrap();
        let expected = [[0, 19_999_999, 19_999_998], [0, 4095, 4096], [0, 16_777_217, 0]];
        assert_eq!(tape.read_indices_padded(ids, 3).unwrap(), ndarray::arr2(&expected));
        assert!(tape.read_padded(flat).is_err());
        assert!(tape.read_indices_padded(ids, 0).is_err());
    }
}
