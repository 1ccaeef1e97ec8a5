// Softmax over the steps that each sequence has, backward.
//
// (1) d_scores[b, s] += weights[b, s] · (d_weights[b, s] − Σ_k weights[b, k] · d_weights[b, k]).
// Source states [S, B, width], scores [B, S]. Sequences `first` to `first + count`; what lies behind the length of one
// is not read.
// A workgroup takes a sequence.

struct Params {
    weights_start: u32,
    d_weights_start: u32,
    d_scores_start: u32,
    steps: u32,
    batch: u32,
    width: u32,
    has_lengths: u32,
    first: u32,
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> weights: array<f32>;
@group(1) @binding(1) var<storage, read> d_weights: array<f32>;
@group(1) @binding(2) var<storage, read> lengths: array<u32>;
@group(1) @binding(3) var<storage, read_write> d_scores: array<f32>;

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

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    for (var n = group.x; n < params.count; n += groups.x) {
        let b = params.first + n;
        let len = length_of(b);
        let row = b * params.steps;
        var sum = 0.0;
        for (var s = local.x; s < len; s += 64u) {
            sum += weights[params.weights_start + row + s] * d_weights[params.d_weights_start + row + s];
        }
        sum = sum_of_all(sum, local.x);
        for (var s = local.x; s < len; s += 64u) {
            let weight = weights[params.weights_start + row + s];
            let d_weight = d_weights[params.d_weights_start + row + s];
            d_scores[params.d_scores_start + row + s] += weight * (d_weight - sum); // (1)
        }
    }
}
