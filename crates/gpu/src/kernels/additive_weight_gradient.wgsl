// Additive attention scores, backward: the weight's gradient.
//
// (1) d_weight[h] += Σ_b,s d_scores[b, s] · tanh(query[b, h] + keys[s, b, h]).
// Source states [S, B, width], scores [B, S]. Sequences `first` to `first + count`; what lies behind the length of one
// is not read.
// A workgroup takes a number of the weight.

struct Params {
    keys_start: u32,
    query_start: u32,
    d_scores_start: u32,
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
@group(1) @binding(2) var<storage, read> d_scores: array<f32>;
@group(1) @binding(3) var<storage, read> lengths: array<u32>;
@group(1) @binding(4) var<storage, read_write> d_weight: array<f32>;

var<workgroup> numbers: array<f32, 64>;

/// The sum of what the invocations of a workgroup hold, joined by a tree; all of them come by.
fn sum_of_all(number: f32, local: u32) -> f32 {
    workgroupBarrier();
    numbers[local] = number;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if local < half {
            numbers[local] += numbers[local + half];
        }
    }
    workgroupBarrier();
    return numbers[0];
}

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
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    for (var h = group.x; h < params.width; h += groups.x) {
        var sum = 0.0;
        for (var n = local.x; n < params.count * params.steps; n += 64u) {
            let b = params.first + n / params.steps;
            let s = n % params.steps;
            if s < length_of(b) {
                let key = keys[params.keys_start + (s * params.batch + b) * params.width + h];
                let u = squash(query[params.query_start + b * params.width + h] + key);
                sum += d_scores[params.d_scores_start + b * params.steps + s] * u;
            }
        }
        sum = sum_of_all(sum, local.x);
        if local.x == 0u {
            d_weight[h] += sum; // (1)
        }
    }
}
