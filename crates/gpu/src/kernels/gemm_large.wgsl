// A matrix product in tiles of 128 × 128, for products of many tiles.
//
// (1) C[i, j] = Σ_p A[i, p] · B[p, j], or C += it, or C = it + b[j] + b'[j], summed in the order of p.
// A [m, k] and C [m, n] row-major, B [k, n] packed: its rows filled up to whole vectors. Biases b and b' [n].
// A workgroup computes a tile of C, an invocation 8 rows of 8 columns of it: every 16th row, and the vectors of
// columns x and x + 16. Tiles of A and B of depth 8 lie in workgroup memory; while one pair is multiplied, the
// next is on its way. The rows are written out, so that their sums stay in registers.

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

const TILE: u32 = 128u;
const DEPTH: u32 = 8u;

/// [128 rows, 2 vectors along p] and [8 p, 32 vectors of columns].
var<workgroup> a_tile: array<vec4<f32>, 256>;
var<workgroup> b_tile: array<vec4<f32>, 256>;

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

@compute @workgroup_size(16, 16)
fn main(
    @builtin(workgroup_id) tile: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let row = tile.y * TILE;
    let vector = tile.x * (TILE / 4u);
    // What this invocation fetches: a vector of each tile.
    let a_row = index / 2u;
    let a_step = index % 2u * 4u;
    let b_row = index / 32u;
    let b_vector = index % 32u;
    var next_a = load_a(row + a_row, a_step);
    var next_b = load_b(b_row, vector + b_vector);
    var left0 = vec4(0.0);
    var right0 = vec4(0.0);
    var left1 = vec4(0.0);
    var right1 = vec4(0.0);
    var left2 = vec4(0.0);
    var right2 = vec4(0.0);
    var left3 = vec4(0.0);
    var right3 = vec4(0.0);
    var left4 = vec4(0.0);
    var right4 = vec4(0.0);
    var left5 = vec4(0.0);
    var right5 = vec4(0.0);
    var left6 = vec4(0.0);
    var right6 = vec4(0.0);
    var left7 = vec4(0.0);
    var right7 = vec4(0.0);
    for (var p = 0u; p < params.k; p += DEPTH) {
        workgroupBarrier();
        a_tile[index] = next_a;
        b_tile[index] = next_b;
        workgroupBarrier();
        let next = p + DEPTH;
        next_a = load_a(row + a_row, next + a_step);
        next_b = load_b(next + b_row, vector + b_vector);
        for (var step = 0u; step < 2u; step++) {
            let b_place = step * 128u + local.x;
            let b0 = b_tile[b_place];
            let b1 = b_tile[b_place + 32u];
            let b2 = b_tile[b_place + 64u];
            let b3 = b_tile[b_place + 96u];
            let d0 = b_tile[b_place + 16u];
            let d1 = b_tile[b_place + 48u];
            let d2 = b_tile[b_place + 80u];
            let d3 = b_tile[b_place + 112u];
            let a_place = local.y * 2u + step;
            let a0 = a_tile[a_place + 0u];
            left0 = added(left0, a0, b0, b1, b2, b3); // (1)
            right0 = added(right0, a0, d0, d1, d2, d3);
            let a1 = a_tile[a_place + 32u];
            left1 = added(left1, a1, b0, b1, b2, b3);
            right1 = added(right1, a1, d0, d1, d2, d3);
            let a2 = a_tile[a_place + 64u];
            left2 = added(left2, a2, b0, b1, b2, b3);
            right2 = added(right2, a2, d0, d1, d2, d3);
            let a3 = a_tile[a_place + 96u];
            left3 = added(left3, a3, b0, b1, b2, b3);
            right3 = added(right3, a3, d0, d1, d2, d3);
            let a4 = a_tile[a_place + 128u];
            left4 = added(left4, a4, b0, b1, b2, b3);
            right4 = added(right4, a4, d0, d1, d2, d3);
            let a5 = a_tile[a_place + 160u];
            left5 = added(left5, a5, b0, b1, b2, b3);
            right5 = added(right5, a5, d0, d1, d2, d3);
            let a6 = a_tile[a_place + 192u];
            left6 = added(left6, a6, b0, b1, b2, b3);
            right6 = added(right6, a6, d0, d1, d2, d3);
            let a7 = a_tile[a_place + 224u];
            left7 = added(left7, a7, b0, b1, b2, b3);
            right7 = added(right7, a7, d0, d1, d2, d3);
        }
    }
    let column = tile.x * TILE + local.x * 4u;
    store(row + local.y + 0u, column, left0);
    store(row + local.y + 0u, column + 64u, right0);
    store(row + local.y + 16u, column, left1);
    store(row + local.y + 16u, column + 64u, right1);
    store(row + local.y + 32u, column, left2);
    store(row + local.y + 32u, column + 64u, right2);
    store(row + local.y + 48u, column, left3);
    store(row + local.y + 48u, column + 64u, right3);
    store(row + local.y + 64u, column, left4);
    store(row + local.y + 64u, column + 64u, right4);
    store(row + local.y + 80u, column, left5);
    store(row + local.y + 80u, column + 64u, right5);
    store(row + local.y + 96u, column, left6);
    store(row + local.y + 96u, column + 64u, right6);
    store(row + local.y + 112u, column, left7);
    store(row + local.y + 112u, column + 64u, right7);
}
