// Normalised numbers, scaled and shifted.
//
// (1) result = x̂ · scale + shift.
// Tensors [O, G, S]: group g is [·, g, ·], of n = O · S numbers, mean μ, variance v, r = 1 / √(v + ε),
// x̂ = (x − μ) · r. Scale and shift are [G], or [S] where is_inner.

struct Params {
    source_start: u32,
    result_start: u32,
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
@group(1) @binding(4) var<storage, read> shift: array<f32>;
@group(1) @binding(5) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.outer * params.groups * params.inner; n += groups.x * 64u) {
        let group = n / params.inner % params.groups;
        let at = select(group, n % params.inner, params.is_inner != 0u);
        let r = 1.0 / sqrt(variance[group] + params.epsilon);
        let normalised = (source[params.source_start + n] - mean[group]) * r;
        result[params.result_start + n] = normalised * scale[at] + shift[at]; // (1)
    }
}
