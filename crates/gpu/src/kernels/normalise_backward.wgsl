// Normalisation, backward, where the moments are those of the source.
//
// (1) d_source += r · (γ − mean(γ) − x̂ · mean(γ · x̂)), γ = d_result · scale, means over the group.
// Tensors [O, G, S]: group g is [·, g, ·], of n = O · S numbers, mean μ, variance v, r = 1 / √(v + ε),
// x̂ = (x − μ) · r. Scale and shift are [G], or [S] where is_inner.
// A workgroup takes a group.

struct Params {
    source_start: u32,
    d_result_start: u32,
    d_source_start: u32,
    outer: u32,
    groups: u32,
    inner: u32,
    is_inner: u32,
    epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read> mean: array<f32>;
@group(1) @binding(2) var<storage, read> variance: array<f32>;
@group(1) @binding(3) var<storage, read> scale: array<f32>;
@group(1) @binding(4) var<storage, read> d_result: array<f32>;
@group(1) @binding(5) var<storage, read_write> d_source: array<f32>;

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

/// γ of a place.
fn slope(place: u32, g: u32) -> f32 {
    let at = select(g, place % params.inner, params.is_inner != 0u);
    return d_result[params.d_result_start + place] * scale[at];
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let count = params.outer * params.inner;
    for (var g = group.x; g < params.groups; g += groups.x) {
        let mu = mean[g];
        let r = 1.0 / sqrt(variance[g] + params.epsilon);
        var sum = 0.0;
        var product = 0.0;
        for (var n = local.x; n < count; n += 64u) {
            let place = place_of(n, g);
            let gamma = slope(place, g);
            sum += gamma;
            product += gamma * (source[params.source_start + place] - mu) * r;
        }
        sum = sum_of_all(sum, local.x) / f32(count);
        product = sum_of_all(product, local.x) / f32(count);
        for (var n = local.x; n < count; n += 64u) {
            let place = place_of(n, g);
            let normalised = (source[params.source_start + place] - mu) * r;
            d_source[params.d_source_start + place] += r * (slope(place, g) - sum - normalised * product); // (1)
        }
    }
}
