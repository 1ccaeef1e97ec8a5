// Copies numbers if an entry of a ledger is finite.
//
// (1) result[n] = source[n], n < len, if ledger[entry].w = 0; see enter.wgsl.

struct Params {
    len: u32,
    entry: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> ledger: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> source: array<f32>;
@group(1) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    if ledger[params.entry].w != 0.0 {
        return;
    }
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        result[n] = source[n]; // (1)
    }
}
