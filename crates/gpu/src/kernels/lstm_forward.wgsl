// A step of an LSTM; the equations are those of ops/recurrent/lstm.rs.
//
// (1) i, f, o = σ(gates), g = tanh(gates), in place, in the order i, f, g, o;
// (2) c = f ⊙ c' + i ⊙ g, h = o ⊙ tanh(c).
// gates [rows, 4H]; c', c and h [rows, H].

struct Params {
    gates_start: u32,
    cells_start: u32,
    hidden_start: u32,
    rows: u32,
    hidden_size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> gates: array<f32>;
@group(1) @binding(1) var<storage, read> previous: array<f32>;
@group(1) @binding(2) var<storage, read_write> cells: array<f32>;
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
    for (var n = id.x; n < params.rows * params.hidden_size; n += groups.x * 64u) {
        let place = params.gates_start + n / width * 4u * width + n % width;
        let i = sigmoid(gates[place]);
        let f = sigmoid(gates[place + width]);
        let g = squash(gates[place + 2u * width]);
        let o = sigmoid(gates[place + 3u * width]);
        gates[place] = i; // (1)
        gates[place + width] = f;
        gates[place + 2u * width] = g;
        gates[place + 3u * width] = o;
        let c = f * previous[n] + i * g;
        cells[params.cells_start + n] = c; // (2)
        hidden[params.hidden_start + n] = o * squash(c);
    }
}
