// Adds numbers.
//
// (1) result[result_start + n] += source[source_start + n], n < len.

struct Params {
    source_start: u32,
    result_start: u32,
    len: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        result[params.result_start + n] += source[params.source_start + n]; // (1)
    }
}
