// Back through a whole walk of an LSTM. The numbers (2) and (3) are (5) to (7) of ops/recurrent/lstm.rs.
//
// (1) ds = da[after] · W_hh, ds_c = dc[after] ⊙ f[after], both 0 at the last step;
// (2) dh += ds, dc += ds_c + dh ⊙ o ⊙ (1 − tanh²(c));
// (3) di = dc ⊙ g ⊙ i(1 − i), df = dc ⊙ c' ⊙ f(1 − f), dg = dc ⊙ i ⊙ (1 − g²), do = dh ⊙ tanh(c) ⊙ o(1 − o).
// gates and their gradient (a, da) [N, 4H], in the order i, f, g, o; c, dh, dc [N, H]. c' is c of the step before, at first
// the second half of entry [2, B, H].
// A workgroup walks 2 rows back through all steps, with da of the step after in workgroup memory: rows do not depend on
// each other. An invocation multiplies every so many-th unit of da for a unit of both rows; then the sums are joined, in their
// order. W is laid out as lay_out_gates.wgsl says, so that neighbours read neighbours.

struct Params {
    gates_start: u32,
    cells_start: u32,
    d_hidden_start: u32,
    d_cells_start: u32,
    d_gates_start: u32,
    /// The first row of the first step.
    first: u32,
    /// Steps, and whether the rows of each lie before those of the step before it.
    steps: u32,
    is_reverse: u32,
    /// B.
    batch: u32,
    hidden_size: u32,
    /// Invocations that share a run of units: 32, 64, 128 or 256.
    lanes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
/// W
@group(1) @binding(0) var<storage, read> weight: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> entry: array<f32>;
@group(1) @binding(2) var<storage, read> gates: array<f32>;
@group(1) @binding(3) var<storage, read> cells: array<f32>;
@group(1) @binding(4) var<storage, read_write> d_hidden: array<f32>;
@group(1) @binding(5) var<storage, read_write> d_cells: array<f32>;
@group(1) @binding(6) var<storage, read_write> d_gates: array<f32>;

const INVOCATIONS: u32 = 256u;
const ROWS: u32 = 2u;
const LARGEST_HIDDEN: u32 = 256u;

/// da of the step after, [2 rows, H], the gates of a unit side by side, of the 256 units that there may be.
var<workgroup> gradient: array<vec4<f32>, 512>;
var<workgroup> sums: array<f32, 256>;

/// The hyperbolic tangent. Bounded, because some devices take it from exponentials that overflow; NaN stays.
fn squash(x: f32) -> f32 {
    let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    return select(tanh(clamp(x, -15.0, 15.0)), x, is_nan);
}

/// The first row of a step.
fn first_row(step: u32) -> u32 {
    if params.is_reverse != 0u {
        return params.first - step * params.batch;
    }
    return params.first + step * params.batch;
}

/// The gradients of the gates of a unit, from what is carried back to h.
fn finish(step: u32, row: u32, unit: u32, carried: f32) -> vec4<f32> {
    let width = params.hidden_size;
    let row_now = first_row(step) + row;
    let narrow = row_now * width + unit;
    let wide = row_now * 4u * width + unit;
    var carried_cells = 0.0;
    if step + 1u < params.steps {
        // dc was written by this invocation.
        let after = first_row(step + 1u) + row;
        let f_after = gates[params.gates_start + after * 4u * width + width + unit];
        carried_cells = d_cells[params.d_cells_start + after * width + unit] * f_after; // (1)
    }
    var previous = entry[(params.batch + row) * width + unit];
    if step > 0u {
        previous = cells[params.cells_start + (first_row(step - 1u) + row) * width + unit];
    }
    let place = params.gates_start + wide;
    let i = gates[place];
    let f = gates[place + width];
    let g = gates[place + 2u * width];
    let o = gates[place + 3u * width];
    let squashed = squash(cells[params.cells_start + narrow]);
    let d_h = d_hidden[params.d_hidden_start + narrow] + carried;
    d_hidden[params.d_hidden_start + narrow] = d_h; // (2)
    let through_output = d_h * o * (1.0 - squashed * squashed);
    let d_c = d_cells[params.d_cells_start + narrow] + carried_cells + through_output;
    d_cells[params.d_cells_start + narrow] = d_c;
    let d_input_forget = vec2(d_c * g * i * (1.0 - i), d_c * previous * f * (1.0 - f)); // (3)
    let d_a = vec4(d_input_forget, d_c * i * (1.0 - g * g), d_h * squashed * o * (1.0 - o));
    let d_place = params.d_gates_start + wide;
    d_gates[d_place] = d_a.x;
    d_gates[d_place + width] = d_a.y;
    d_gates[d_place + 2u * width] = d_a.z;
    d_gates[d_place + 3u * width] = d_a.w;
    return d_a;
}

/// Joins the sums of the slices for a row, in their order, and finishes its units; all invocations come by.
fn join(step: u32, group: u32, r: u32, sum: f32, index: u32) {
    workgroupBarrier();
    sums[index] = sum;
    workgroupBarrier();
    let unit = index % params.lanes;
    let slices = INVOCATIONS / params.lanes;
    let row = group * ROWS + r;
    if index / params.lanes == r % slices && unit < params.hidden_size && row < params.batch {
        var total = sums[unit];
        for (var slice = 1u; slice < slices; slice++) {
            total += sums[slice * params.lanes + unit];
        }
        gradient[r * LARGEST_HIDDEN + unit] = finish(step, row, unit, total);
    }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let width = params.hidden_size;
    // Behind the last step there is none.
    gradient[index] = vec4<f32>(0.0);
    gradient[LARGEST_HIDDEN + index] = vec4<f32>(0.0);
    workgroupBarrier();
    let unit = index % params.lanes;
    let slices = INVOCATIONS / params.lanes;
    for (var left = params.steps; left > 0u; left--) {
        var sum0 = 0.0;
        var sum1 = 0.0;
        if unit < width {
            for (var u = index / params.lanes; u < width; u += slices) {
                let w = weight[u * width + unit];
                sum0 += dot(gradient[u], w); // (1)
                sum1 += dot(gradient[LARGEST_HIDDEN + u], w);
            }
        }
        join(left - 1u, group.x, 0u, sum0, index);
        join(left - 1u, group.x, 1u, sum1, index);
        workgroupBarrier();
    }
}
