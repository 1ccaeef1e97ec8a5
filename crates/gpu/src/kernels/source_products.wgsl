// Rows added to the states of a source, weighted.
//
// (1) source[s, b] += scale · weights[b, s] · rows[b].
// Source states [S, B, width], scores [B, S]. Sequences `first` to `first + count`; what lies behind the length of one
// is not read.

struct Params {
    weights_start: u32,
    rows_start: u32,
    source_start: u32,
    steps: u32,
    batch: u32,
    width: u32,
    has_lengths: u32,
    first: u32,
    count: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> weights: array<f32>;
@group(1) @binding(1) var<storage, read> rows: array<f32>;
@group(1) @binding(2) var<storage, read> lengths: array<u32>;
@group(1) @binding(3) var<storage, read_write> source: array<f32>;

/// Steps that a sequence has.
fn length_of(sequence: u32) -> u32 {
    return select(params.steps, lengths[sequence], params.has_lengths != 0u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.steps * params.count * params.width; n += groups.x * 64u) {
        let h = n % params.width;
        let b = params.first + n / params.width % params.count;
        let s = n / params.width / params.count;
        if s < length_of(b) {
            let weight = params.scale * weights[params.weights_start + b * params.steps + s];
            let place = params.source_start + (s * params.batch + b) * params.width + h;
            source[place] += weight * rows[params.rows_start + b * params.width + h]; // (1)
        }
    }
}
