// A step of RMSprop; optimise/rmsprop.rs.
//
// (1) g = gradient + decay · value;
// (2) square = α · square + (1 − α) · g²;
// (3) velocity = μ · velocity + g / (√square + ε), value −= lr · velocity.

struct Params {
    len: u32,
    learning_rate: f32,
    weight_decay: f32,
    alpha: f32,
    one_minus_alpha: f32,
    epsilon: f32,
    momentum: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> value: array<f32>;
@group(1) @binding(1) var<storage, read> gradient: array<f32>;
@group(1) @binding(2) var<storage, read_write> square: array<f32>;
@group(1) @binding(3) var<storage, read_write> velocity: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let g = gradient[n] + params.weight_decay * value[n];
        let s = params.alpha * square[n] + params.one_minus_alpha * g * g;
        square[n] = s; // (2)
        let v = params.momentum * velocity[n] + g / (sqrt(s) + params.epsilon);
        velocity[n] = v;
        value[n] -= params.learning_rate * v; // (3)
    }
}
