// The maximum over the steps of each sequence, backward.
//
// (1) d_source[winners[b, h], h] += d_result[b, h].

struct Params {
    d_result_start: u32,
    d_source_start: u32,
    batch: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> d_result: array<f32>;
@group(1) @binding(1) var<storage, read> winners: array<u32>;
@group(1) @binding(2) var<storage, read_write> d_source: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.batch * params.width; n += groups.x * 64u) {
        let place = winners[n] * params.width + n % params.width;
        d_source[params.d_source_start + place] += d_result[params.d_result_start + n]; // (1)
    }
}
