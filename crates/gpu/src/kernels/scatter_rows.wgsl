// Rows to places by index, no index twice.
//
// (1) result[indices[r], j] = source[r, j], or +=; `count` rows of `width`.

struct Params {
    source_start: u32,
    result_start: u32,
    count: u32,
    width: u32,
    is_added: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read> indices: array<u32>;
@group(1) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.count * params.width; n += groups.x * 64u) {
        var number = source[params.source_start + n];
        let place = params.result_start + indices[n / params.width] * params.width + n % params.width;
        if params.is_added != 0u {
            number += result[place];
        }
        result[place] = number; // (1)
    }
}
