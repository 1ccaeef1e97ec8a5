//! Matrix products. Which kernel computes one depends on its size alone.

use crate::buffer::{VECTOR, packed_stride, word};
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::{Buffer, Packed};
use rnn_compute::backend::{Algebra, At, Bias, Gemm, Layout, Write};

kernels! {
    PACK(Pack { start: u32, k: u32, n: u32, stride: u32 }) = "pack" [Read, Write];
    PACK_TRANSPOSED(Pack) = "pack_transposed" [Read, Write];
    GEMM(Tiles {
        a_start: u32, c_start: u32, m: u32, k: u32, n: u32, b_stride: u32, is_a_aligned: u32, is_added: u32,
        biases: u32,
    }) = "gemm" [Read, Read, Read, Read, Read, Write];
    GEMM_LARGE(Tiles) = "gemm_large" [Read, Read, Read, Read, Read, Write];
    GEMM_FEW_ROWS(FewRows {
        a_start: u32, c_start: u32, m: u32, k: u32, n: u32, b_stride: u32, is_added: u32, biases: u32,
    }) = "gemm_few_rows" [Read, Read, Read, Read, Write];
    GEMM_TRANSPOSED(Transposed {
        a_start: u32, a_width: u32, first: u32, b_start: u32, result_start: u32, m: u32, k: u32, n: u32,
        rows_per_part: u32, is_a_aligned: u32, is_b_aligned: u32, is_parted: u32,
    }) = "gemm_transposed" [Read, Read, Read, Read, Write];
    GEMM_TRANSPOSED_LARGE(Transposed) = "gemm_transposed_large" [Read, Read, Read, Read, Write];
    SUM_PARTS(SumParts { start: u32, len: u32, parts: u32 }) = "sum_parts" [Read, Write];
}

/// Products of as many rows at most are bound by reading B.
const FEW_ROWS: usize = 8;
/// Rows and columns that a workgroup of `gemm_few_rows` computes.
const FEW_ROWS_TILE: [usize; 2] = [4, 64];
/// Rows and columns of a tile, and of a large one.
const TILE: usize = 32;
const LARGE_TILE: usize = 128;
/// Large tiles do twice the work with what they read, but there must be enough of them to keep the GPU busy.
const FEWEST_LARGE_TILES: usize = 64;
/// Tiles that keep a GPU busy: a weight gradient of fewer is summed in parts.
const BUSY_TILES: usize = 512;
/// Rows of a part at least. All parts but the last have a multiple of this.
const FEWEST_ROWS_PER_PART: usize = 256;
/// Rows and columns that a workgroup of `pack_transposed` moves.
const PACK_TILE: [usize; 2] = [16, 64];

fn tiles(rows: usize, columns: usize, tile: usize) -> usize {
    rows.div_ceil(tile) * columns.div_ceil(tile)
}

fn is_aligned(numbers: &[usize]) -> bool {
    numbers.iter().all(|number| number.is_multiple_of(VECTOR))
}

/// Rows that are summed at a time in a weight gradient of `k` rows. Depends on nothing that a caller cuts into
/// pieces, so that the pieces have the bits of the whole.
fn rows_per_part(k: usize, a_width: usize, n: usize) -> usize {
    let parts =
        (BUSY_TILES / tiles(a_width, n, TILE).max(1)).clamp(1, k.div_ceil(FEWEST_ROWS_PER_PART).max(1));
    k.div_ceil(parts).next_multiple_of(FEWEST_ROWS_PER_PART).max(FEWEST_ROWS_PER_PART)
}

impl Algebra for Gpu {
    fn pack(&self, At(matrix, start): At<&Buffer>, layout: Layout, k: usize, n: usize, packed: &mut Packed) {
        let stride = packed_stride(n);
        packed.words.start(0, k * stride);
        packed.size = [k, n];
        let start = matrix.0.start(start, k * n);
        let params = Pack { start, k: word(k), n: word(n), stride: word(stride / VECTOR) };
        let buffers = [&matrix.0, &packed.words];
        match layout {
            Layout::Plain => self.run(&PACK, params, buffers, Groups::over(k * stride / VECTOR)),
            Layout::Transposed => {
                let groups = Groups::tiles(n.div_ceil(PACK_TILE[1]), k.div_ceil(PACK_TILE[0]), 1);
                self.run(&PACK_TRANSPOSED, params, buffers, groups);
            }
        }
    }

    fn gemm(&self, gemm: Gemm, a: At<&Buffer>, b: &Packed, c: At<&mut Buffer>, write: Write) {
        self.product(gemm, a, b, None, c, write);
    }

    fn gemm_transposed(
        &self,
        gemm: Gemm,
        At(a, a_start): At<&Buffer>,
        a_width: usize,
        first: usize,
        At(b, b_start): At<&Buffer>,
        c: &mut Buffer,
    ) {
        let Gemm { m, k, n } = gemm;
        assert!(first + m <= a_width, "columns {first} to {first} + {m} of {a_width}");
        let is_a_aligned = u32::from(is_aligned(&[a_start, a_width, first]));
        let is_b_aligned = u32::from(is_aligned(&[b_start, n]));
        let (a_start, b_start) = (a.0.start(a_start, k * a_width), b.0.start(b_start, k * n));
        let c_start = c.0.start(first * n, m * n);
        let rows_per_part = rows_per_part(k, a_width, n);
        let parts = k.div_ceil(rows_per_part);
        let scratch = (parts > 1).then(|| self.scratch(parts * m * n));
        let (result, result_start) = scratch.as_deref().map_or((&c.0, c_start), |parts| (parts, 0));
        let is_parted = u32::from(parts > 1);
        let [a_width, first, m_word, k, n_word, rows_per_part] =
            [a_width, first, m, k, n, rows_per_part].map(word);
        let buffers = [&a.0, &a.0, &b.0, &b.0, result];
        let params = Transposed {
            a_start,
            a_width,
            first,
            b_start,
            result_start,
            m: m_word,
            k,
            n: n_word,
            rows_per_part,
            is_a_aligned,
            is_b_aligned,
            is_parted,
        };
        let (kernel, tile) = if tiles(m, n, LARGE_TILE) * parts < FEWEST_LARGE_TILES {
            (&GEMM_TRANSPOSED, TILE)
        } else {
            (&GEMM_TRANSPOSED_LARGE, LARGE_TILE)
        };
        self.run(kernel, params, buffers, Groups::tiles(n.div_ceil(tile), m.div_ceil(tile), parts));
        if let Some(scratch) = &scratch {
            let params = SumParts { start: c_start, len: word(m * n), parts: word(parts) };
            self.run(&SUM_PARTS, params, [&**scratch, &c.0], Groups::over(m * n));
        }
    }
}

impl Gpu {
    /// `C = A · B`, with a bias or added to what is there.
    pub(super) fn product(
        &self,
        Gemm { m, k, n }: Gemm,
        At(a, a_start): At<&Buffer>,
        b: &Packed,
        bias: Option<Bias<'_, Buffer>>,
        At(c, c_start): At<&mut Buffer>,
        write: Write,
    ) {
        assert_eq!(b.size, [k, n], "the packed matrix is not the product's");
        let is_a_aligned = u32::from(is_aligned(&[a_start, k]));
        let (a_start, c_start) = (a.0.start(a_start, m * k), c.0.start(c_start, m * n));
        let is_added = u32::from(write == Write::Accumulate);
        let [m_word, k_word, n_word, b_stride] = [m, k, n, packed_stride(n) / VECTOR].map(word);
        let (biases, [first, second]) = match bias {
            None => (0, [&a.0; 2]),
            Some(Bias::Row(row)) => (1, [&row.0; 2]),
            Some(Bias::Sum(first, second)) => (2, [&first.0, &second.0]),
        };
        if biases > 0 {
            first.start(0, n);
            second.start(0, n);
        }
        if m <= FEW_ROWS {
            let params =
                FewRows { a_start, c_start, m: m_word, k: k_word, n: n_word, b_stride, is_added, biases };
            let groups = Groups::tiles(n.div_ceil(FEW_ROWS_TILE[1]), m.div_ceil(FEW_ROWS_TILE[0]), 1);
            return self.run(&GEMM_FEW_ROWS, params, [&a.0, &b.words, first, second, &c.0], groups);
        }
        let params = Tiles {
            a_start,
            c_start,
            m: m_word,
            k: k_word,
            n: n_word,
            b_stride,
            is_a_aligned,
            is_added,
            biases,
        };
        let buffers = [&a.0, &a.0, &b.words, first, second, &c.0];
        let (kernel, tile) = if tiles(m, n, LARGE_TILE) < FEWEST_LARGE_TILES {
            (&GEMM, TILE)
        } else {
            (&GEMM_LARGE, LARGE_TILE)
        };
        self.run(kernel, params, buffers, Groups::tiles(n.div_ceil(tile), m.div_ceil(tile), 1));
    }
}
