// The gradient of a scale or a shift.
//
// (1) d_affine[a] += Σ d_result · x̂, or Σ d_result, over all that share it.
// Tensors [O, G, S]: group g is [·, g, ·], of n = O · S numbers, mean μ, variance v, r = 1 / √(v + ε),
// x̂ = (x − μ) · r. Scale and shift are [G], or [S] where is_inner.
// A workgroup takes an element of the scale or the shift: those of a group, O · S numbers, or those at one place of
// every group, O · G.

struct Params {
    source_start: u32,
    d_result_start: u32,
    outer: u32,
    groups: u32,
    inner: u32,
    is_inner: u32,
    is_shift: u32,
    epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read> mean: array<f32>;
@group(1) @binding(2) var<storage, read> variance: array<f32>;
@group(1) @binding(3) var<storage, read> d_result: array<f32>;
@group(1) @binding(4) var<storage, read_write> d_affine: array<f32>;

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

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let is_inner = params.is_inner != 0u;
    let size = select(params.groups, params.inner, is_inner);
    let count = select(params.outer * params.inner, params.outer * params.groups, is_inner);
    for (var a = group.x; a < size; a += groups.x) {
        var sum = 0.0;
        for (var n = local.x; n < count; n += 64u) {
            var g = n % params.groups;
            var place = n * params.inner + a;
            if !is_inner {
                g = a;
                place = (n / params.inner * params.groups + a) * params.inner + n % params.inner;
            }
            let d_y = d_result[params.d_result_start + place];
            if params.is_shift != 0u {
                sum += d_y;
            } else {
                let r = 1.0 / sqrt(variance[g] + params.epsilon);
                sum += d_y * ((source[params.source_start + place] - mean[g]) * r);
            }
        }
        sum = sum_of_all(sum, local.x);
        if local.x == 0u {
            d_affine[a] += sum; // (1)
        }
    }
}
