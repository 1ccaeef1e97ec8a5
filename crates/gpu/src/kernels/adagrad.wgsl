// A step of Adagrad; optimise/adagrad.rs.
//
// (1) g = gradient + decay · value;
// (2) sum += g², value −= lr · g / (√sum + ε).

struct Params {
    len: u32,
    learning_rate: f32,
    weight_decay: f32,
    epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> value: array<f32>;
@group(1) @binding(1) var<storage, read> gradient: array<f32>;
@group(1) @binding(2) var<storage, read_write> sum: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let g = gradient[n] + params.weight_decay * value[n];
        let s = sum[n] + g * g;
        sum[n] = s; // (2)
        value[n] -= params.learning_rate * g / (sqrt(s) + params.epsilon);
    }
}
