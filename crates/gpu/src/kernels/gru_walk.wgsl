// A whole walk of a GRU. The numbers of the equations are those of ops/recurrent/gru.rs.
//
// (1) b = s · W_hhᵀ + b_hh;
// (2) r = σ(a_r + b_r), z = σ(a_z + b_z), n = tanh(a_n + r ⊙ b_n), in place of a, in the order r, z, n;
// (3) h = (1 − z) ⊙ n + z ⊙ s.
// gates (a) and recurrent (b) [N, 3H]; h [N, H]; s is h of the step before, at first entry [B, H]. before [N, H] keeps s,
// last [B, H] is h at the end.
// A workgroup walks 4 rows through all steps, with their s in workgroup memory: rows do not depend on each other. An
// invocation multiplies every so many-th k for a unit of all 4 rows; then the sums are joined, in their order. W is
// laid out as lay_out_gates.wgsl says, so that neighbours read neighbours.

struct Params {
    gates_start: u32,
    recurrent_start: u32,
    hidden_start: u32,
    last_hidden_start: u32,
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
/// b_hh
@group(1) @binding(1) var<storage, read> bias: array<f32>;
@group(1) @binding(2) var<storage, read> entry: array<f32>;
@group(1) @binding(3) var<storage, read_write> gates: array<f32>;
@group(1) @binding(4) var<storage, read_write> recurrent: array<f32>;
@group(1) @binding(5) var<storage, read_write> hidden: array<f32>;
@group(1) @binding(6) var<storage, read_write> before: array<f32>;
@group(1) @binding(7) var<storage, read_write> last_hidden: array<f32>;

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

/// The state of a unit after a step, from the one before it and the product.
fn finish(step: u32, row: u32, unit: u32, s: f32, product: vec4<f32>) -> f32 {
    let width = params.hidden_size;
    let row_now = first_row(step) + row;
    let offset = row_now * 3u * width + unit;
    let place = params.gates_start + offset;
    let share_place = params.recurrent_start + offset;
    let share = product.xyz + vec3(bias[unit], bias[width + unit], bias[2u * width + unit]);
    recurrent[share_place] = share.x; // (1)
    recurrent[share_place + width] = share.y;
    recurrent[share_place + 2u * width] = share.z;
    let r = sigmoid(gates[place] + share.x);
    let z = sigmoid(gates[place + width] + share.y);
    let n = squash(gates[place + 2u * width] + r * share.z);
    gates[place] = r; // (2)
    gates[place + width] = z;
    gates[place + 2u * width] = n;
    let h = (1.0 - z) * n + z * s;
    hidden[params.hidden_start + row_now * width + unit] = h; // (3)
    if params.is_kept != 0u {
        before[row_now * width + unit] = s;
    }
    if step + 1u == params.steps {
        last_hidden[params.last_hidden_start + row * width + unit] = h;
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
