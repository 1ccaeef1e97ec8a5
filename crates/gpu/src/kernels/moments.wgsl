// Mean and variance of groups.
//
// (1) μ = Σ x / n;
// (2) v = Σ (x − μ)² / n.
// Tensors [O, G, S]: group g is [·, g, ·], of n = O · S numbers, mean μ, variance v, r = 1 / √(v + ε),
// x̂ = (x − μ) · r. Scale and shift are [G], or [S] where is_inner.
// A workgroup takes a group. The sum of what is left beside μ, which rounding makes, is taken off: otherwise a long
// group would lose digits.

struct Params {
    source_start: u32,
    outer: u32,
    groups: u32,
    inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> mean: array<f32>;
@group(1) @binding(2) var<storage, read_write> variance: array<f32>;

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

/// Where number n of a group lies.
fn place_of(n: u32, g: u32) -> u32 {
    return (n / params.inner * params.groups + g) * params.inner + n % params.inner;
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let count = params.outer * params.inner;
    for (var g = group.x; g < params.groups; g += groups.x) {
        var sum = 0.0;
        for (var n = local.x; n < count; n += 64u) {
            sum += source[params.source_start + place_of(n, g)];
        }
        let middle = sum_of_all(sum, local.x) / f32(count);
        var rest = 0.0;
        for (var n = local.x; n < count; n += 64u) {
            rest += source[params.source_start + place_of(n, g)] - middle;
        }
        let mu = middle + sum_of_all(rest, local.x) / f32(count);
        var squares = 0.0;
        for (var n = local.x; n < count; n += 64u) {
            let distance = source[params.source_start + place_of(n, g)] - mu;
            squares += distance * distance;
        }
        squares = sum_of_all(squares, local.x);
        if local.x == 0u {
            mean[g] = mu; // (1)
            variance[g] = squares / f32(count); // (2)
        }
    }
}
