// Additive attention scores, backward, but for the weight's gradient.
//
// (1) δ = d_scores[b, s] · weight · (1 − tanh²(query[b] + keys[s, b])), d_keys[s, b] += δ;
// (2) d_query[b] += Σ_s δ, in the order of s.
// Source states [S, B, width], scores [B, S]. Sequences `first` to `first + count`; what lies behind the length of one
// is not read.

struct Params {
    keys_start: u32,
    query_start: u32,
    d_scores_start: u32,
    d_keys_start: u32,
    d_query_start: u32,
    steps: u32,
    batch: u32,
    width: u32,
    has_lengths: u32,
    first: u32,
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> keys: array<f32>;
@group(1) @binding(1) var<storage, read> query: array<f32>;
@group(1) @binding(2) var<storage, read> weight: array<f32>;
@group(1) @binding(3) var<storage, read> d_scores: array<f32>;
@group(1) @binding(4) var<storage, read> lengths: array<u32>;
@group(1) @binding(5) var<storage, read_write> d_keys: array<f32>;
@group(1) @binding(6) var<storage, read_write> d_query: array<f32>;

/// Steps that a sequence has.
fn length_of(sequence: u32) -> u32 {
    return select(params.steps, lengths[sequence], params.has_lengths != 0u);
}

/// The hyperbolic tangent. Bounded, because some devices take it from exponentials that overflow; NaN stays.
fn squash(x: f32) -> f32 {
    let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    return select(tanh(clamp(x, -15.0, 15.0)), x, is_nan);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.count * params.width; n += groups.x * 64u) {
        let b = params.first + n / params.width;
        let h = n % params.width;
        let at_query = b * params.width + h;
        var sum = d_query[params.d_query_start + at_query];
        for (var s = 0u; s < length_of(b); s++) {
            let at_key = (s * params.batch + b) * params.width + h;
            let u = squash(query[params.query_start + at_query] + keys[params.keys_start + at_key]);
            let d_sum = d_scores[params.d_scores_start + b * params.steps + s] * weight[h] * (1.0 - u * u);
            d_keys[params.d_keys_start + at_key] += d_sum; // (1)
            sum += d_sum;
        }
        d_query[params.d_query_start + at_query] = sum; // (2)
    }
}
