// The mean over the steps of each sequence.
//
// (1) result[b, h] = Σ_t source[rows[b, t], h] / lengths[b], in the order of t; rows [B, T].

struct Params {
    source_start: u32,
    result_start: u32,
    steps: u32,
    batch: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read> rows: array<u32>;
@group(1) @binding(2) var<storage, read> lengths: array<u32>;
@group(1) @binding(3) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.batch * params.width; n += groups.x * 64u) {
        let sequence = n / params.width;
        let length = lengths[sequence];
        var sum = 0.0;
        for (var t = 0u; t < length; t++) {
            let row = rows[sequence * params.steps + t];
            sum += source[params.source_start + row * params.width + n % params.width];
        }
        result[params.result_start + n] = sum / f32(length); // (1)
    }
}
