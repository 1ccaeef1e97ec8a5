// A matrix product of few rows, such as a step of one sequence.
//
// (1) s[l, i, j] = Σ A[i, p] · B[p, j] over p = l, l + 16, l + 32, …, in this order;
// (2) C[i, j] = Σ_l s[l, i, j], in the order of l, or C += it, or C = it + b[j] + b'[j].
// A [m, k] and C [m, n] row-major, B [k, n] packed: its rows filled up to whole vectors. Biases b and b' [n].
// A workgroup computes 4 rows of 64 columns: 16 vectors of columns by 16 sums l. What bounds it is B, which is
// read once.

struct Params {
    a_start: u32,
    c_start: u32,
    m: u32,
    k: u32,
    n: u32,
    /// Vectors from one row of B to the next.
    b_stride: u32,
    /// Whether the product is added to C.
    is_added: u32,
    /// How many biases are added to it: none, b, or both.
    biases: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> a_numbers: array<f32>;
@group(1) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> bias: array<f32>;
@group(1) @binding(3) var<storage, read> second_bias: array<f32>;
@group(1) @binding(4) var<storage, read_write> c: array<f32>;

const ROWS: u32 = 4u;
const LANES: u32 = 16u;

var<workgroup> sums: array<vec4<f32>, 256>;

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

/// A[row, p], 0 outside.
fn load(row: u32, p: u32) -> f32 {
    if row >= params.m {
        return 0.0;
    }
    return a_numbers[params.a_start + row * params.k + p];
}

/// (2) of a row; all invocations come by.
fn join(row: u32, sum: vec4<f32>, vector: u32, local: vec3<u32>) {
    workgroupBarrier();
    sums[local.y * 16u + local.x] = sum;
    workgroupBarrier();
    if local.y == 0u {
        var total = sums[local.x];
        for (var lane = 1u; lane < LANES; lane++) {
            total += sums[lane * 16u + local.x];
        }
        store(row, vector * 4u, total);
    }
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) tile: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let row = tile.y * ROWS;
    let vector = tile.x * 16u + local.x;
    var sum0 = vec4(0.0);
    var sum1 = vec4(0.0);
    var sum2 = vec4(0.0);
    var sum3 = vec4(0.0);
    if vector < params.b_stride {
        for (var p = local.y; p < params.k; p += LANES) {
            let numbers = b[p * params.b_stride + vector];
            sum0 = fma(vec4(load(row, p)), numbers, sum0); // (1)
            sum1 = fma(vec4(load(row + 1u, p)), numbers, sum1);
            sum2 = fma(vec4(load(row + 2u, p)), numbers, sum2);
            sum3 = fma(vec4(load(row + 3u, p)), numbers, sum3);
        }
    }
    join(row, sum0, vector, local);
    join(row + 1u, sum1, vector, local);
    join(row + 2u, sum2, vector, local);
    join(row + 3u, sum3, vector, local);
}
