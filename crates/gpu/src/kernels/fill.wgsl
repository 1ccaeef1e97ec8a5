// Sets numbers.
//
// (1) result[start + n] = number, n < len.

struct Params {
    start: u32,
    len: u32,
    number: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        result[params.start + n] = params.number; // (1)
    }
}
