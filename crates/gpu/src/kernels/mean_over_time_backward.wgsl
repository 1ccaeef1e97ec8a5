// The mean over the steps of each sequence, backward.
//
// (1) d_source[rows[b, t], h] += d_result[b, h] / lengths[b]; rows [B, T].

struct Params {
    d_result_start: u32,
    d_source_start: u32,
    steps: u32,
    batch: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> d_result: array<f32>;
@group(1) @binding(1) var<storage, read> rows: array<u32>;
@group(1) @binding(2) var<storage, read> lengths: array<u32>;
@group(1) @binding(3) var<storage, read_write> d_source: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.batch * params.steps * params.width; n += groups.x * 64u) {
        let place = n / params.width;
        let sequence = place / params.steps;
        let column = n % params.width;
        if place % params.steps < lengths[sequence] {
            let share = d_result[params.d_result_start + sequence * params.width + column] / f32(lengths[sequence]);
            d_source[params.d_source_start + rows[place] * params.width + column] += share; // (1)
        }
    }
}
