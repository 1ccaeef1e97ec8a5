// Lays out a transposed matrix for being multiplied by.
//
// (1) packed[p, j] = source[j, p] for j < n, 0 up to the end of the last vector.
// source [n, k], packed [k, stride] in vectors.
// A workgroup moves 16 rows of 64 columns of the target by way of workgroup memory, so that both sides are read
// and written in runs.

struct Params {
    start: u32,
    k: u32,
    n: u32,
    /// Vectors from one row to the next.
    stride: u32,
}

const ROWS: u32 = 16u;
const COLUMNS: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> packed: array<vec4<f32>>;

/// [64 columns, 16 rows and one unused]: neighbours in a column lie in different banks.
var<workgroup> tile: array<f32, 1088>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let row = group.y * ROWS;
    let column = group.x * COLUMNS;
    for (var j = local.y; j < COLUMNS; j += 16u) {
        var number = 0.0;
        if column + j < params.n && row + local.x < params.k {
            number = source[params.start + (column + j) * params.k + row + local.x];
        }
        tile[j * 17u + local.x] = number;
    }
    workgroupBarrier();
    let p = row + local.y;
    let vector = group.x * (COLUMNS / 4u) + local.x;
    if p < params.k && vector < params.stride {
        let place = local.x * 4u * 17u + local.y;
        let numbers = vec4(tile[place], tile[place + 17u], tile[place + 34u], tile[place + 51u]);
        packed[p * params.stride + vector] = numbers; // (1)
    }
}
