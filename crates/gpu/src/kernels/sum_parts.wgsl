// The parts of a weight gradient, added to it.
//
// (1) C[start + e] += Σ_s part[s, e], in the order of s; part [parts, len].

struct Params {
    start: u32,
    len: u32,
    parts: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> parts: array<f32>;
@group(1) @binding(1) var<storage, read_write> c: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var e = id.x; e < params.len; e += groups.x * 64u) {
        var sum = parts[e];
        for (var s = 1u; s < params.parts; s++) {
            sum += parts[s * params.len + e];
        }
        c[params.start + e] += sum; // (1)
    }
}
