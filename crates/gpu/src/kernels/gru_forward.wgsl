// A step of a GRU; the numbers of the equations are those of ops/recurrent/gru.rs.
//
// (2) r = σ(a_r + b_r), z = σ(a_z + b_z), n = tanh(a_n + r ⊙ b_n), in place of a, in the order r, z, n;
// (3) h = (1 − z) ⊙ n + z ⊙ s.
// a (gates) and b (recurrent) [rows, 3H]; s (previous) and h [rows, H].

struct Params {
    gates_start: u32,
    recurrent_start: u32,
    hidden_start: u32,
    rows: u32,
    hidden_size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> gates: array<f32>;
@group(1) @binding(1) var<storage, read> recurrent: array<f32>;
@group(1) @binding(2) var<storage, read> previous: array<f32>;
@group(1) @binding(3) var<storage, read_write> hidden: array<f32>;

/// The hyperbolic tangent. Bounded, because some devices take it from exponentials that overflow; NaN stays.
fn squash(x: f32) -> f32 {
    let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    return select(tanh(clamp(x, -15.0, 15.0)), x, is_nan);
}

fn sigmoid(x: f32) -> f32 {
    return 1.0 / (1.0 + exp(-x));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let width = params.hidden_size;
    for (var u = id.x; u < params.rows * params.hidden_size; u += groups.x * 64u) {
        let offset = u / width * 3u * width + u % width;
        let place = params.gates_start + offset;
        let from_state = params.recurrent_start + offset;
        let r = sigmoid(gates[place] + recurrent[from_state]);
        let z = sigmoid(gates[place + width] + recurrent[from_state + width]);
        let n = squash(gates[place + 2u * width] + r * recurrent[from_state + 2u * width]);
        gates[place] = r; // (2)
        gates[place + width] = z;
        gates[place + 2u * width] = n;
        hidden[params.hidden_start + u] = (1.0 - z) * n + z * previous[u]; // (3)
    }
}
