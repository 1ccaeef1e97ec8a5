// Sums of the states of a source, weighted.
//
// (1) sums[b] = scale · Σ_s weights[b, s] · source[s, b], or +=, in the order of s; sums [B, width].
// Source states [S, B, width], scores [B, S]. Sequences `first` to `first + count`; what lies behind the length of one
// is not read.

struct Params {
    weights_start: u32,
    source_start: u32,
    sums_start: u32,
    steps: u32,
    batch: u32,
    width: u32,
    has_lengths: u32,
    first: u32,
    count: u32,
    is_added: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> weights: array<f32>;
@group(1) @binding(1) var<storage, read> source: array<f32>;
@group(1) @binding(2) var<storage, read> lengths: array<u32>;
@group(1) @binding(3) var<storage, read_write> sums: array<f32>;

/// Steps that a sequence has.
fn length_of(sequence: u32) -> u32 {
    return select(params.steps, lengths[sequence], params.has_lengths != 0u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.count * params.width; n += groups.x * 64u) {
        let b = params.first + n / params.width;
        let h = n % params.width;
        let place = params.sums_start + b * params.width + h;
        var sum = 0.0;
        if params.is_added != 0u {
            sum = sums[place];
        }
        for (var s = 0u; s < length_of(b); s++) {
            let weight = params.scale * weights[params.weights_start + b * params.steps + s];
            sum += weight * source[params.source_start + (s * params.batch + b) * params.width + h];
        }
        sums[place] = sum; // (1)
    }
}
