// A weight gradient, the product of a transposed matrix, in tiles of 128 × 128.
//
// (1) part[s, i, j] = Σ_r A[r, first + i] · B[r, j] over the rows of part s, in their order;
// (2) if there is one part, C[first + i, j] += part[0, i, j]; else `sum_parts.wgsl` does so with all.
// A [k, a_width], B [k, n], part [parts, m, n], row-major.
// A workgroup computes a tile of a part, an invocation 8 rows of 8 columns of it: the vectors of rows y and y + 16,
// and those of columns x and x + 16. Tiles of A and B of 8 rows lie in workgroup memory; while one pair is
// multiplied, the next is on its way. The sums are written out, so that they stay in registers.

struct Params {
    a_start: u32,
    /// Columns of A.
    a_width: u32,
    /// The first column of A that counts.
    first: u32,
    b_start: u32,
    result_start: u32,
    m: u32,
    k: u32,
    n: u32,
    /// Rows that a layer of workgroups sums.
    rows_per_part: u32,
    /// Whether the columns of A and of B that are fetched together begin at whole vectors.
    is_a_aligned: u32,
    is_b_aligned: u32,
    /// Whether there are parts, which are written, or one sum, which is added.
    is_parted: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
/// A and B, twice each: number by number, and in vectors.
@group(1) @binding(0) var<storage, read> a_numbers: array<f32>;
@group(1) @binding(1) var<storage, read> a_vectors: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> b_numbers: array<f32>;
@group(1) @binding(3) var<storage, read> b_vectors: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> result: array<f32>;

const TILE: u32 = 128u;
const DEPTH: u32 = 8u;

/// [8 rows, 32 vectors of columns].
var<workgroup> a_tile: array<vec4<f32>, 256>;
var<workgroup> b_tile: array<vec4<f32>, 256>;

/// A[row, first + column … column + 3], 0 outside and from the row `end` on.
fn load_a(row: u32, column: u32, end: u32) -> vec4<f32> {
    if row >= end || column >= params.m {
        return vec4(0.0);
    }
    let place = params.a_start + row * params.a_width + params.first + column;
    if params.is_a_aligned != 0u {
        return a_vectors[place / 4u];
    }
    let left = params.m - column;
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

/// B[row, column … column + 3], 0 outside and from the row `end` on.
fn load_b(row: u32, column: u32, end: u32) -> vec4<f32> {
    if row >= end || column >= params.n {
        return vec4(0.0);
    }
    let place = params.b_start + row * params.n + column;
    if params.is_b_aligned != 0u {
        return b_vectors[place / 4u];
    }
    let left = params.n - column;
    var numbers = vec4(b_numbers[place], 0.0, 0.0, 0.0);
    if left > 1u {
        numbers.y = b_numbers[place + 1u];
    }
    if left > 2u {
        numbers.z = b_numbers[place + 2u];
    }
    if left > 3u {
        numbers.w = b_numbers[place + 3u];
    }
    return numbers;
}

/// Four numbers of the result, those of them that are inside.
fn store(part: u32, row: u32, column: u32, sum: vec4<f32>) {
    if row >= params.m {
        return;
    }
    let place = params.result_start + (part * params.m + row) * params.n + column;
    for (var j = 0u; j < 4u && column + j < params.n; j++) {
        var number = sum[j];
        if params.is_parted == 0u {
            number += result[place + j];
        }
        result[place + j] = number;
    }
}

@compute @workgroup_size(16, 16)
fn main(
    @builtin(workgroup_id) tile: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    // What this invocation fetches: a vector of each tile.
    let row = index / 32u;
    let a_column = tile.y * TILE + index % 32u * 4u;
    let b_column = tile.x * TILE + index % 32u * 4u;
    let begin = tile.z * params.rows_per_part;
    let end = min(begin + params.rows_per_part, params.k);
    var next_a = load_a(begin + row, a_column, end);
    var next_b = load_b(begin + row, b_column, end);
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
    for (var r = begin; r < end; r += DEPTH) {
        workgroupBarrier();
        a_tile[index] = next_a;
        b_tile[index] = next_b;
        workgroupBarrier();
        let next = r + DEPTH + row;
        next_a = load_a(next, a_column, end);
        next_b = load_b(next, b_column, end);
        for (var step = 0u; step < DEPTH; step++) {
            let upper = a_tile[step * 32u + local.y];
            let lower = a_tile[step * 32u + 16u + local.y];
            let left = b_tile[step * 32u + local.x];
            let right = b_tile[step * 32u + 16u + local.x];
            left0 = fma(vec4(upper.x), left, left0); // (1)
            right0 = fma(vec4(upper.x), right, right0);
            left1 = fma(vec4(upper.y), left, left1);
            right1 = fma(vec4(upper.y), right, right1);
            left2 = fma(vec4(upper.z), left, left2);
            right2 = fma(vec4(upper.z), right, right2);
            left3 = fma(vec4(upper.w), left, left3);
            right3 = fma(vec4(upper.w), right, right3);
            left4 = fma(vec4(lower.x), left, left4);
            right4 = fma(vec4(lower.x), right, right4);
            left5 = fma(vec4(lower.y), left, left5);
            right5 = fma(vec4(lower.y), right, right5);
            left6 = fma(vec4(lower.z), left, left6);
            right6 = fma(vec4(lower.z), right, right6);
            left7 = fma(vec4(lower.w), left, left7);
            right7 = fma(vec4(lower.w), right, right7);
        }
    }
    let first_row = tile.y * TILE + local.y * 4u;
    let column = tile.x * TILE + local.x * 4u;
    store(tile.z, first_row + 0u, column, left0); // (2)
    store(tile.z, first_row + 0u, column + 64u, right0);
    store(tile.z, first_row + 1u, column, left1);
    store(tile.z, first_row + 1u, column + 64u, right1);
    store(tile.z, first_row + 2u, column, left2);
    store(tile.z, first_row + 2u, column + 64u, right2);
    store(tile.z, first_row + 3u, column, left3);
    store(tile.z, first_row + 3u, column + 64u, right3);
    store(tile.z, first_row + 64u, column, left4);
    store(tile.z, first_row + 64u, column + 64u, right4);
    store(tile.z, first_row + 65u, column, left5);
    store(tile.z, first_row + 65u, column + 64u, right5);
    store(tile.z, first_row + 66u, column, left6);
    store(tile.z, first_row + 66u, column + 64u, right6);
    store(tile.z, first_row + 67u, column, left7);
    store(tile.z, first_row + 67u, column + 64u, right7);
}
