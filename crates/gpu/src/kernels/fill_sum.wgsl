// Sets every row to the sum of two.
//
// (1) result[r, j] = first[j] + second[j]; result [rows, width], first and second [width].

struct Params {
    result_start: u32,
    rows: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> first: array<f32>;
@group(1) @binding(1) var<storage, read> second: array<f32>;
@group(1) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.rows * params.width; n += groups.x * 64u) {
        let column = n % params.width;
        result[params.result_start + n] = first[column] + second[column]; // (1)
    }
}
