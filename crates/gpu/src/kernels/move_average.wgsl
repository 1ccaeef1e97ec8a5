// A running average.
//
// (1) running += momentum · (found · factor − running).

struct Params {
    len: u32,
    momentum: f32,
    factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> found: array<f32>;
@group(1) @binding(1) var<storage, read_write> running: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        running[n] += params.momentum * (found[n] * params.factor - running[n]); // (1)
    }
}
