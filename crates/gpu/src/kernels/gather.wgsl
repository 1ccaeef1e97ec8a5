// Rows of a table by index.
//
// (1) result[r, j] = table[indices[r], j]; result [count, width], table [·, width].

struct Params {
    table_start: u32,
    indices_start: u32,
    result_start: u32,
    count: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> table: array<f32>;
@group(1) @binding(1) var<storage, read> indices: array<u32>;
@group(1) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.count * params.width; n += groups.x * 64u) {
        let row = indices[params.indices_start + n / params.width];
        result[params.result_start + n] = table[params.table_start + row * params.width + n % params.width]; // (1)
    }
}
