// A matrix product in tiles of 32 × 32, for products of few tiles.
//
// (1) C[i, j] = Σ_p A[i, p] · B[p, j], or C += it, or C = it + b[j] + b'[j], summed in the order of p.
// A [m, k] and C [m, n] row-major, B [k, n] packed: its rows filled up to whole vectors. Biases b and b' [n].
// A workgroup computes a tile of C, an invocation 4 rows of 4 columns of it. Tiles of A and B of depth 16 lie in
// workgroup memory; while one pair is multiplied, the next is on its way.

struct Params {
    a_start: u32,
    c_start: u32,
    m: u32,
    k: u32,
    n: u32,
    /// Vectors from one row of B to the next.
    b_stride: u32,
    /// Whether the rows of A begin at whole vectors.
    is_a_aligned: u32,
    /// Whether the product is added to C.
    is_added: u32,
    /// How many biases are added to it: none, b, or both.
    biases: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
/// A, twice: number by number, and in vectors.
@group(1) @binding(0) var<storage, read> a_numbers: array<f32>;
@group(1) @binding(1) var<storage, read> a_vectors: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> bias: array<f32>;
@group(1) @binding(4) var<storage, read> second_bias: array<f32>;
@group(1) @binding(5) var<storage, read_write> c: array<f32>;

const TILE: u32 = 32u;
const DEPTH: u32 = 16u;

/// [32 rows, 4 vectors along p] and [16 p, 8 vectors of columns].
var<workgroup> a_tile: array<vec4<f32>, 128>;
var<workgroup> b_tile: array<vec4<f32>, 128>;

/// A[row, k … k + 3], 0 outside.
fn load_a(row: u32, k: u32) -> vec4<f32> {
    if row >= params.m || k >= params.k {
        return vec4(0.0);
    }
    let place = params.a_start + row * params.k + k;
    if params.is_a_aligned != 0u {
        return a_vectors[place / 4u];
    }
    let left = params.k - k;
    var numbers = vec4(a_numbers[place], 0.0, 0.0, 0.0);
    if left > 1u {
        numbers.y = a_numbers[place + 1u];
    }
    if left > 2u {
        numbers.z = a_numbers[place + 2u];
    }
    if left > 3u {
        numbers.w = a_numbers[place + 3u];
    }
    return numbers;
}

/// B[k, 4 · vector … 4 · vector + 3], 0 outside.
fn load_b(k: u32, vector: u32) -> vec4<f32> {
    if k >= params.k || vector >= params.b_stride {
        return vec4(0.0);
    }
    return b[k * params.b_stride + vector];
}

/// sum + a · (b0, b1, b2, b3), added in this order.
fn added(sum: vec4<f32>, a: vec4<f32>, b0: vec4<f32>, b1: vec4<f32>, b2: vec4<f32>, b3: vec4<f32>) -> vec4<f32> {
    return fma(vec4(a.w), b3, fma(vec4(a.z), b2, fma(vec4(a.y), b1, fma(vec4(a.x), b0, sum))));
}

/// Four numbers of C, those of them that are inside.
fn store(row: u32, column: u32, product: vec4<f32>) {
    if row >= params.m {
        return;
    }
    let place = params.c_start + row * params.n + column;
    for (var j = 0u; j < 4u && column + j < params.n; j++) {
        var number = product[j];
        if params.biases > 0u {
            number += bias[column + j];
        }
        if params.biases > 1u {
            number += second_bias[column + j];
        }
        if params.is_added != 0u {
            number += c[place + j];
        }
        c[place + j] = number;
    }
}

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) tile: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let row = tile.y * TILE;
    let vector = tile.x * (TILE / 4u);
    // What this invocation fetches: two vectors of each tile.
    let a_row = index / 4u;
    let a_step = index % 4u * 4u;
    let b_row = index / 8u;
    let b_vector = index % 8u;
    var next_a0 = load_a(row + a_row, a_step);
    var next_a1 = load_a(row + a_row + 16u, a_step);
    var next_b0 = load_b(b_row, vector + b_vector);
    var next_b1 = load_b(b_row + 8u, vector + b_vector);
    var sum0 = vec4(0.0);
    var sum1 = vec4(0.0);
    var sum2 = vec4(0.0);
    var sum3 = vec4(0.0);
    for (var p = 0u; p < params.k; p += DEPTH) {
        workgroupBarrier();
        a_tile[index] = next_a0;
        a_tile[index + 64u] = next_a1;
        b_tile[index] = next_b0;
        b_tile[index + 64u] = next_b1;
        workgroupBarrier();
        let next = p + DEPTH;
        next_a0 = load_a(row + a_row, next + a_step);
        next_a1 = load_a(row + a_row + 16u, next + a_step);
        next_b0 = load_b(next + b_row, vector + b_vector);
        next_b1 = load_b(next + b_row + 8u, vector + b_vector);
        for (var step = 0u; step < 4u; step++) {
            let b0 = b_tile[step * 32u + local.x];
            let b1 = b_tile[step * 32u + 8u + local.x];
            let b2 = b_tile[step * 32u + 16u + local.x];
            let b3 = b_tile[step * 32u + 24u + local.x];
            sum0 = added(sum0, a_tile[local.y * 4u + step], b0, b1, b2, b3); // (1)
            sum1 = added(sum1, a_tile[(local.y + 8u) * 4u + step], b0, b1, b2, b3);
            sum2 = added(sum2, a_tile[(local.y + 16u) * 4u + step], b0, b1, b2, b3);
            sum3 = added(sum3, a_tile[(local.y + 24u) * 4u + step], b0, b1, b2, b3);
        }
    }
    let column = tile.x * TILE + local.x * 4u;
    store(row + local.y, column, sum0);
    store(row + local.y + 8u, column, sum1);
    store(row + local.y + 16u, column, sum2);
    store(row + local.y + 24u, column, sum3);
}
