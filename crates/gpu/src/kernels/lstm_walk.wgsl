// A whole walk of an LSTM. The numbers of the equations are those of ops/recurrent/lstm.rs.
//
// (1) a += s · W_hhᵀ;
// (2) i, f, o = σ(a), g = tanh(a), in place of a, in the order i, f, g, o;
// (3) c = f ⊙ c' + i ⊙ g;
// (4) h = o ⊙ tanh(c).
// gates (a) [N, 4H]; h and c [N, H]; s and c' are h and c of the step before, at first entry [2, B, H]. before [N, H]
// keeps s, last [B, H] is h and c at the end.
// A workgroup walks 4 rows through all steps, with their s in workgroup memory: rows do not depend on each other. An
// invocation multiplies every so many-th k for a unit of all 4 rows; then the sums are joined, in their order. W is
// laid out as lay_out_gates.wgsl says, so that neighbours read neighbours.

struct Params {
    gates_start: u32,
    hidden_start: u32,
    cells_start: u32,
    last_hidden_start: u32,
    last_cells_start: u32,
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
    /// Whether the state before each step is kept for the way back.
    is_kept: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
/// W
@group(1) @binding(0) var<storage, read> weight: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> entry: array<f32>;
@group(1) @binding(2) var<storage, read_write> gates: array<f32>;
@group(1) @binding(3) var<storage, read_write> hidden: array<f32>;
@group(1) @binding(4) var<storage, read_write> cells: array<f32>;
@group(1) @binding(5) var<storage, read_write> before: array<f32>;
@group(1) @binding(6) var<storage, read_write> last_hidden: array<f32>;
@group(1) @binding(7) var<storage, read_write> last_cells: array<f32>;

const INVOCATIONS: u32 = 256u;
const ROWS: u32 = 4u;
const LARGEST_HIDDEN: u32 = 256u;

/// s [4 rows, H], each row of the 256 units that there may be.
var<workgroup> state: array<f32, 1024>;
var<workgroup> sums: array<vec4<f32>, 256>;

/// The hyperbolic tangent. Bounded, because some devices take it from exponentials that overflow; NaN stays.
fn squash(x: f32) -> f32 {
    let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    return select(tanh(clamp(x, -15.0, 15.0)), x, is_nan);
}

fn sigmoid(x: f32) -> f32 {
    return 1.0 / (1.0 + exp(-x));
}

/// The first row of a step.
fn first_row(step: u32) -> u32 {
    if params.is_reverse != 0u {
        return params.first - step * params.batch;
    }
    return params.first + step * params.batch;
}

/// The state of a unit after a step, from the one before it and what the product adds to the gates.
fn finish(step: u32, row: u32, unit: u32, s: f32, product: vec4<f32>) -> f32 {
    let width = params.hidden_size;
    let row_now = first_row(step) + row;
    let place = params.gates_start + row_now * 4u * width + unit;
    let i = sigmoid(gates[place] + product.x);
    let f = sigmoid(gates[place + width] + product.y);
    let g = squash(gates[place + 2u * width] + product.z);
    let o = sigmoid(gates[place + 3u * width] + product.w);
    gates[place] = i; // (2)
    gates[place + width] = f;
    gates[place + 2u * width] = g;
    gates[place + 3u * width] = o;
    var previous = entry[(params.batch + row) * width + unit];
    if step > 0u {
        // Written by this invocation.
        previous = cells[params.cells_start + (first_row(step - 1u) + row) * width + unit];
    }
    let c = f * previous + i * g;
    let h = o * squash(c);
    cells[params.cells_start + row_now * width + unit] = c; // (3)
    hidden[params.hidden_start + row_now * width + unit] = h; // (4)
    if params.is_kept != 0u {
        before[row_now * width + unit] = s;
    }
    if step + 1u == params.steps {
        last_hidden[params.last_hidden_start + row * width + unit] = h;
        last_cells[params.last_cells_start + row * width + unit] = c;
    }
    return h;
}

/// Joins the sums of the slices for a row, in their order, and finishes its units; all invocations come by.
fn join(step: u32, group: u32, r: u32, sum: vec4<f32>, index: u32) {
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
        state[r * LARGEST_HIDDEN + unit] = finish(step, row, unit, state[r * LARGEST_HIDDEN + unit], total);
    }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let width = params.hidden_size;
    for (var r = 0u; r < ROWS; r++) {
        let row = group.x * ROWS + r;
        var number = 0.0;
        if index < width && row < params.batch {
            number = entry[row * width + index];
        }
        state[r * LARGEST_HIDDEN + index] = number;
    }
    workgroupBarrier();
    let unit = index % params.lanes;
    let slices = INVOCATIONS / params.lanes;
    for (var step = 0u; step < params.steps; step++) {
        var sum0 = vec4(0.0);
        var sum1 = vec4(0.0);
        var sum2 = vec4(0.0);
        var sum3 = vec4(0.0);
        if unit < width {
            for (var k = index / params.lanes; k < width; k += slices) {
                let w = weight[k * width + unit];
                sum0 = fma(vec4(state[k]), w, sum0); // (1)
                sum1 = fma(vec4(state[LARGEST_HIDDEN + k]), w, sum1);
                sum2 = fma(vec4(state[2u * LARGEST_HIDDEN + k]), w, sum2);
                sum3 = fma(vec4(state[3u * LARGEST_HIDDEN + k]), w, sum3);
            }
        }
        join(step, group.x, 0u, sum0, index);
        join(step, group.x, 1u, sum1, index);
        join(step, group.x, 2u, sum2, index);
        join(step, group.x, 3u, sum3, index);
        workgroupBarrier();
    }
}
