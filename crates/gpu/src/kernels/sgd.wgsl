// A step of stochastic gradient descent; optimise/sgd.rs.
//
// (1) g = gradient + decay · value;
// (2) velocity = μ · velocity + g;
// (3) value −= lr · velocity, or with Nesterov's momentum value −= lr · (g + μ · velocity).

struct Params {
    len: u32,
    is_nesterov: u32,
    learning_rate: f32,
    weight_decay: f32,
    momentum: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> value: array<f32>;
@group(1) @binding(1) var<storage, read> gradient: array<f32>;
@group(1) @binding(2) var<storage, read_write> velocity: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let g = gradient[n] + params.weight_decay * value[n];
        let v = params.momentum * velocity[n] + g;
        velocity[n] = v; // (2)
        let step = select(v, g + params.momentum * v, params.is_nesterov != 0u);
        value[n] -= params.learning_rate * step; // (3)
    }
}
