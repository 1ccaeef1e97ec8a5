// A weight gradient, the product of a transposed matrix, in tiles of 32 × 32.
//
// (1) part[s, i, j] = Σ_r A[r, first + i] · B[r, j] over the rows of part s, in their order;
// (2) if there is one part, C[first + i, j] += part[0, i, j]; else `sum_parts.wgsl` does so with all.
// A [k, a_width], B [k, n], part [parts, m, n], row-major.
// A workgroup computes a tile of a part, an invocation 4 rows of 4 columns of it. Tiles of A and B of 16 rows lie
// in workgroup memory; while one pair is multiplied, the next is on its way.

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

const TILE: u32 = 32u;
const DEPTH: u32 = 16u;

/// [16 rows, 8 vectors of columns].
var<workgroup> a_tile: array<vec4<f32>, 128>;
var<workgroup> b_tile: array<vec4<f32>, 128>;

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

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) tile: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    // What this invocation fetches: two vectors of each tile.
    let row = index / 8u;
    let a_column = tile.y * TILE + index % 8u * 4u;
    let b_column = tile.x * TILE + index % 8u * 4u;
    let begin = tile.z * params.rows_per_part;
    let end = min(begin + params.rows_per_part, params.k);
    var next_a0 = load_a(begin + row, a_column, end);
    var next_a1 = load_a(begin + row + 8u, a_column, end);
    var next_b0 = load_b(begin + row, b_column, end);
    var next_b1 = load_b(begin + row + 8u, b_column, end);
    var sum0 = vec4(0.0);
    var sum1 = vec4(0.0);
    var sum2 = vec4(0.0);
    var sum3 = vec4(0.0);
    for (var r = begin; r < end; r += DEPTH) {
        workgroupBarrier();
        a_tile[index] = next_a0;
        a_tile[index + 64u] = next_a1;
        b_tile[index] = next_b0;
        b_tile[index + 64u] = next_b1;
        workgroupBarrier();
        let next = r + DEPTH + row;
        next_a0 = load_a(next, a_column, end);
        next_a1 = load_a(next + 8u, a_column, end);
        next_b0 = load_b(next, b_column, end);
        next_b1 = load_b(next + 8u, b_column, end);
        for (var step = 0u; step < DEPTH; step++) {
            let a = a_tile[step * 8u + local.y];
            let b = b_tile[step * 8u + local.x];
            sum0 = fma(vec4(a.x), b, sum0); // (1)
            sum1 = fma(vec4(a.y), b, sum1);
            sum2 = fma(vec4(a.z), b, sum2);
            sum3 = fma(vec4(a.w), b, sum3);
        }
    }
    let first_row = tile.y * TILE + local.y * 4u;
    let column = tile.x * TILE + local.x * 4u;
    store(tile.z, first_row, column, sum0); // (2)
    store(tile.z, first_row + 1u, column, sum1);
    store(tile.z, first_row + 2u, column, sum2);
    store(tile.z, first_row + 3u, column, sum3);
}
