// Back through a whole walk of a GRU. The numbers (2) and (3) are (4) to (7) of ops/recurrent/gru.rs.
//
// (1) ds = db[after] · W_hh + z[after] ⊙ dh[after], 0 at the last step;
// (2) dh += ds;
// (3) da_n = dh ⊙ (1 − z) ⊙ (1 − n²), da_z = dh ⊙ (s − n) ⊙ z(1 − z), da_r = da_n ⊙ b_n ⊙ r(1 − r),
//     db = (da_r, da_z, r ⊙ da_n).
// gates and recurrent (a, b) and their gradients [N, 3H], in the order r, z, n; s (before) and dh [N, H]. What is called da
// below is db.
// A workgroup walks 2 rows back through all steps, with da of the step after in workgroup memory: rows do not depend on
// each other. An invocation multiplies every so many-th unit of da for a unit of both rows; then the sums are joined, in their
// order. W is laid out as lay_out_gates.wgsl says, so that neighbours read neighbours.

struct Params {
    gates_start: u32,
    recurrent_start: u32,
    d_hidden_start: u32,
    d_gates_start: u32,
    d_recurrent_start: u32,
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
@group(1) @binding(1) var<storage, read> gates: array<f32>;
@group(1) @binding(2) var<storage, read> recurrent: array<f32>;
@group(1) @binding(3) var<storage, read> before: array<f32>;
@group(1) @binding(4) var<storage, read_write> d_hidden: array<f32>;
@group(1) @binding(5) var<storage, read_write> d_gates: array<f32>;
@group(1) @binding(6) var<storage, read_write> d_recurrent: array<f32>;

const INVOCATIONS: u32 = 256u;
const ROWS: u32 = 2u;
const LARGEST_HIDDEN: u32 = 256u;

/// da of the step after, [2 rows, H], the gates of a unit side by side, of the 256 units that there may be.
var<workgroup> gradient: array<vec4<f32>, 512>;
var<workgroup> sums: array<f32, 256>;


/// The first row of a step.
fn first_row(step: u32) -> u32 {
    if params.is_reverse != 0u {
        return params.first - step * params.batch;
    }
    return params.first + step * params.batch;
}

/// The gradients of the state's share of a unit, from what is carried back to h by the product.
fn finish(step: u32, row: u32, unit: u32, product: f32) -> vec4<f32> {
    let width = params.hidden_size;
    let row_now = first_row(step) + row;
    let narrow = row_now * width + unit;
    let wide = row_now * 3u * width + unit;
    var carried = product;
    if step + 1u < params.steps {
        // dh was written by this invocation.
        let after = first_row(step + 1u) + row;
        let z_after = gates[params.gates_start + after * 3u * width + width + unit];
        carried += d_hidden[params.d_hidden_start + after * width + unit] * z_after; // (1)
    }
    let place = params.gates_start + wide;
    let r = gates[place];
    let z = gates[place + width];
    let n = gates[place + 2u * width];
    let d_h = d_hidden[params.d_hidden_start + narrow] + carried;
    d_hidden[params.d_hidden_start + narrow] = d_h; // (2)
    let d_n = d_h * (1.0 - z) * (1.0 - n * n);
    let d_r = d_n * recurrent[params.recurrent_start + wide + 2u * width] * r * (1.0 - r);
    let d_z = d_h * (before[narrow] - n) * z * (1.0 - z);
    let d_place = params.d_gates_start + wide;
    d_gates[d_place] = d_r; // (3)
    d_gates[d_place + width] = d_z;
    d_gates[d_place + 2u * width] = d_n;
    let d_share_place = params.d_recurrent_start + wide;
    d_recurrent[d_share_place] = d_r;
    d_recurrent[d_share_place + width] = d_z;
    d_recurrent[d_share_place + 2u * width] = d_n * r;
    return vec4(d_r, d_z, d_n * r, 0.0);
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
