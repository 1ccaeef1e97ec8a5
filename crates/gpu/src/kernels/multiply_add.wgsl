// A product number by number, added.
//
// (1) result[n] += a[n] · b[n].

struct Params {
    a_start: u32,
    b_start: u32,
    result_start: u32,
    len: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> a: array<f32>;
@group(1) @binding(1) var<storage, read> b: array<f32>;
@group(1) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        result[params.result_start + n] += a[params.a_start + n] * b[params.b_start + n]; // (1)
    }
}
