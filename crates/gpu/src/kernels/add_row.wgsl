// Adds a row to every row.
//
// (1) result[r, j] = source[r, j] + row[j]; source and result [rows, width], row [width].

struct Params {
    source_start: u32,
    result_start: u32,
    rows: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read> row: array<f32>;
@group(1) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.rows * params.width; n += groups.x * 64u) {
        result[params.result_start + n] = source[params.source_start + n] + row[n % params.width]; // (1)
    }
}
