// A step of an LSTM, backward; the equations are those of ops/recurrent/lstm.rs.
//
// (1) dh += carried dh;
// (2) dc += carried dc + dh ⊙ o ⊙ (1 − tanh²(c));
// (3) carried dc = dc ⊙ f;
// (4) di = dc ⊙ g ⊙ i(1 − i), df = dc ⊙ c' ⊙ f(1 − f), dg = dc ⊙ i ⊙ (1 − g²), do = dh ⊙ tanh(c) ⊙ o(1 − o).
// gates and their gradient [rows, 4H], in the order i, f, g, o; c', c and all else [rows, H].

struct Params {
    gates_start: u32,
    previous_start: u32,
    cells_start: u32,
    d_hidden_start: u32,
    d_cells_start: u32,
    d_gates_start: u32,
    rows: u32,
    hidden_size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> gates: array<f32>;
@group(1) @binding(1) var<storage, read> previous: array<f32>;
@group(1) @binding(2) var<storage, read> cells: array<f32>;
@group(1) @binding(3) var<storage, read> carried_hidden: array<f32>;
@group(1) @binding(4) var<storage, read_write> d_hidden: array<f32>;
@group(1) @binding(5) var<storage, read_write> d_cells: array<f32>;
@group(1) @binding(6) var<storage, read_write> carried_cells: array<f32>;
@group(1) @binding(7) var<storage, read_write> d_gates: array<f32>;

/// The hyperbolic tangent. Bounded, because some devices take it from exponentials that overflow; NaN stays.
fn squash(x: f32) -> f32 {
    let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    return select(tanh(clamp(x, -15.0, 15.0)), x, is_nan);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let width = params.hidden_size;
    for (var n = id.x; n < params.rows * params.hidden_size; n += groups.x * 64u) {
        let offset = n / width * 4u * width + n % width;
        let place = params.gates_start + offset;
        let i = gates[place];
        let f = gates[place + width];
        let g = gates[place + 2u * width];
        let o = gates[place + 3u * width];
        let squashed = squash(cells[params.cells_start + n]);
        let d_h = d_hidden[params.d_hidden_start + n] + carried_hidden[n];
        d_hidden[params.d_hidden_start + n] = d_h; // (1)
        let through_output = d_h * o * (1.0 - squashed * squashed);
        let d_c = d_cells[params.d_cells_start + n] + carried_cells[n] + through_output;
        d_cells[params.d_cells_start + n] = d_c; // (2)
        carried_cells[n] = d_c * f; // (3)
        let d_place = params.d_gates_start + offset;
        d_gates[d_place] = d_c * g * i * (1.0 - i); // (4)
        d_gates[d_place + width] = d_c * previous[params.previous_start + n] * f * (1.0 - f);
        d_gates[d_place + 2u * width] = d_c * i * (1.0 - g * g);
        d_gates[d_place + 3u * width] = d_h * squashed * o * (1.0 - o);
    }
}
