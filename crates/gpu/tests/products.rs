//! Matrix products at the sizes of real layers and at the borders of tiles. Whole numbers: their products and
//! sums are exact in `f32` in any order, so that one wrong index shows.

mod common;

use common::gpu;
use rnn_compute::Cpu;
use rnn_compute::backend::{Algebra, At, Gemm, Layout, Memory, Write};

/// Whole numbers in ±3.
fn whole_numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as f32 % 7.0 - 3.0
    };
    (0..len).map(|_| next()).collect()
}

fn buffer<B: Memory<Elem = f32>>(backend: &B, numbers: &[f32]) -> B::Buffer {
    let mut buffer = backend.zeros(numbers.len());
    backend.write(At(&mut buffer, 0), numbers);
    buffer
}

fn read<B: Memory<Elem = f32>>(backend: &B, buffer: &B::Buffer, len: usize) -> Vec<f32> {
    let mut numbers = vec![0.0; len];
    backend.read(At(buffer, 0), &mut numbers);
    numbers
}

fn product<B: Algebra<Elem = f32>>(backend: &B, gemm: Gemm, layout: Layout, start: usize) -> Vec<f32> {
    let Gemm { m, k, n } = gemm;
    let a = buffer(backend, &whole_numbers(start + m * k, 1));
    let b = buffer(backend, &whole_numbers(start + k * n, 2));
    let mut c = buffer(backend, &whole_numbers(start + m * n + 3, 3));
    let mut packed = backend.packed(k, n);
    backend.pack(At(&b, start), layout, k, n, &mut packed);
    backend.gemm(gemm, At(&a, start), &packed, At(&mut c, start), Write::Accumulate);
    read(backend, &c, start + m * n + 3)
}

fn weight_gradient<B: Algebra<Elem = f32>>(backend: &B, gemm: Gemm, start: usize) -> Vec<f32> {
    let Gemm { m, k, n } = gemm;
    let (a_width, first) = (m + 2 * start, start);
    let a = buffer(backend, &whole_numbers(start + k * a_width, 4));
    let b = buffer(backend, &whole_numbers(start + k * n, 5));
    let mut c = buffer(backend, &whole_numbers(a_width * n, 6));
    backend.gemm_transposed(gemm, At(&a, start), a_width, first, At(&b, start), &mut c);
    read(backend, &c, a_width * n)
}

fn gemm(m: usize, k: usize, n: usize) -> Gemm {
    Gemm { m, k, n }
}

#[test]
fn products_are_exact_at_the_borders_of_tiles() {
    let Some(gpu) = gpu() else { return };
    let sizes = [1, 7, 8, 9, 31, 33, 64, 65, 127, 128];
    let mut count = 0;
    for m in sizes {
        for n in sizes {
            for k in [7, 16, 33, 64] {
                // Starts and rows at whole vectors, and not.
                let (gemm, start) = (gemm(m, k, n), (m + n) % 2 * 3);
                let layout = if (m + k) % 2 == 0 { Layout::Plain } else { Layout::Transposed };
                let want = product(&Cpu, gemm, layout, start);
                assert!(product(&gpu, gemm, layout, start) == want, "{gemm:?} {layout:?}, start {start}");
                let want = weight_gradient(&Cpu, gemm, start);
                assert!(weight_gradient(&gpu, gemm, start) == want, "{gemm:?} transposed, start {start}");
                count += 2;
            }
        }
    }
    println!("{count} products");
}

#[test]
fn products_are_exact_at_the_sizes_of_layers() {
    let Some(gpu) = gpu() else { return };
    for (gemm, start) in [
        // Steps of an LSTM of 512 units, and all its inputs at once.
        (gemm(64, 512, 2048), 0),
        (gemm(1, 512, 2048), 4),
        // Many tiles of 128, ragged at every edge.
        (gemm(1025, 37, 1030), 0),
        (gemm(2049, 40, 513), 3),
        (gemm(4096, 128, 128), 8),
        // Logits of a large vocabulary.
        (gemm(33, 65, 5003), 1),
    ] {
        let want = product(&Cpu, gemm, Layout::Transposed, start);
        assert!(product(&gpu, gemm, Layout::Transposed, start) == want, "{gemm:?}, start {start}");
    }
    for (gemm, start) in [
        // In many parts, in one, and in large tiles.
        (gemm(65, 4099, 127), 0),
        (gemm(128, 2048, 256), 4),
        (gemm(1030, 300, 1021), 1),
        (gemm(512, 1030, 1024), 0),
    ] {
        let want = weight_gradient(&Cpu, gemm, start);
        assert!(weight_gradient(&gpu, gemm, start) == want, "{gemm:?}, start {start}");
    }
}

#[test]
fn parts_of_a_weight_gradient_have_the_bits_of_the_whole() {
    let Some(gpu) = gpu() else { return };
    let (m, k, n) = (261, 1300, 33);
    let fraction = |seed| whole_numbers(k * 300, seed).iter().map(|x| x / 7.0).collect::<Vec<_>>();
    let (a, b) = (buffer(&gpu, &fraction(1)[..k * m]), buffer(&gpu, &fraction(2)[..k * n]));
    let gradient = |cuts: &[usize]| {
        let mut c = gpu.zeros(m * n);
        let mut first = 0;
        for &end in cuts.iter().chain([&m]) {
            gpu.gemm_transposed(gemm(end - first, k, n), At(&a, 0), m, first, At(&b, 0), &mut c);
            first = end;
        }
        read(&gpu, &c, m * n)
    };
    let whole = gradient(&[]);
    for cuts in [&[1][..], &[4, 5], &[128, 131, 256]] {
        assert!(gradient(cuts) == whole, "cut at {cuts:?}");
    }
}
