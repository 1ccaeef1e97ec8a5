// A step of Adam or AdamW; optimise/adam.rs and optimise/adamw.rs.
//
// (1) g = gradient + decay · value;
// (2) mean = β₁ · mean + (1 − β₁) · g, square = β₂ · square + (1 − β₂) · g²;
// (3) value = shrink · value − step · mean / (√square / root_correction + ε),
//     step = lr / (1 − β₁ᵗ), root_correction = √(1 − β₂ᵗ), shrink = 1 − lr · decoupled decay.

struct Params {
    len: u32,
    weight_decay: f32,
    beta1: f32,
    one_minus_beta1: f32,
    beta2: f32,
    one_minus_beta2: f32,
    step: f32,
    root_correction: f32,
    shrink: f32,
    epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> value: array<f32>;
@group(1) @binding(1) var<storage, read> gradient: array<f32>;
@group(1) @binding(2) var<storage, read_write> mean: array<f32>;
@group(1) @binding(3) var<storage, read_write> square: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let g = gradient[n] + params.weight_decay * value[n];
        let m = params.beta1 * mean[n] + params.one_minus_beta1 * g;
        let s = params.beta2 * square[n] + params.one_minus_beta2 * g * g;
        mean[n] = m; // (2)
        square[n] = s;
        let step = params.step * m / (sqrt(s) / params.root_correction + params.epsilon);
        value[n] = params.shrink * value[n] - step; // (3)
    }
}
