// Back through a whole walk of Elman's cell. The numbers (2) and (3) are (3) to (5) of ops/recurrent/elman.rs.
//
// (1) ds = da[after] · W_hh, 0 at the last step;
// (2) dh += ds;
// (3) da = dh ⊙ (1 − h²), or dh ⊙ [h ≠ 0].
// h, dh and da [N, H].
// A workgroup walks 2 rows back through all steps, with da of the step after in workgroup memory: rows do not depend on
// each other. An invocation multiplies every so many-th run of four units of da for a unit of both rows; then the sums are joined, in their
// order. W is laid out as lay_out_gates.wgsl says, so that neighbours read neighbours.

struct Params {
    hidden_start: u32,
    d_hidden_start: u32,
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
    is_relu: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
/// W
@group(1) @binding(0) var<storage, read> weight: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> hidden: array<f32>;
@group(1) @binding(2) var<storage, read_write> d_hidden: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_gates: array<f32>;

const INVOCATIONS: u32 = 256u;
const ROWS: u32 = 2u;
const LARGEST_HIDDEN: u32 = 256u;

/// da of the step after, [2 rows, H], each row filled up with zeros to whole vectors, of the 256 units that there may be.
var<workgroup> gradient: array<f32, 512>;
var<workgroup> sums: array<f32, 256>;

/// Four numbers of da.
fn quad(place: u32) -> vec4<f32> {
    return vec4(gradient[place], gradient[place + 1u], gradient[place + 2u], gradient[place + 3u]);
}

/// The first row of a step.
fn first_row(step: u32) -> u32 {
    if params.is_reverse != 0u {
        return params.first - step * params.batch;
    }
    return params.first + step * params.batch;
}

/// The gradient of the pre-activation of a unit, from what is carried back to h.
fn finish(step: u32, row: u32, unit: u32, carried: f32) -> f32 {
    let place = (first_row(step) + row) * params.hidden_size + unit;
    let h = hidden[params.hidden_start + place];
    let d_h = d_hidden[params.d_hidden_start + place] + carried;
    d_hidden[params.d_hidden_start + place] = d_h; // (2)
    var slope = 1.0 - h * h;
    if params.is_relu != 0u {
        slope = select(1.0, 0.0, h == 0.0);
    }
    d_gates[params.d_gates_start + place] = d_h * slope; // (3)
    return d_h * slope;
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
    gradient[index] = 0.0;
    gradient[LARGEST_HIDDEN + index] = 0.0;
    workgroupBarrier();
    let unit = index % params.lanes;
    let slices = INVOCATIONS / params.lanes;
    for (var left = params.steps; left > 0u; left--) {
        var sum0 = 0.0;
        var sum1 = 0.0;
        if unit < width {
            for (var u = index / params.lanes * 4u; u < width; u += slices * 4u) {
                let w = weight[u / 4u * width + unit];
                sum0 += dot(quad(u), w); // (1)
                sum1 += dot(quad(LARGEST_HIDDEN + u), w);
            }
        }
        join(left - 1u, group.x, 0u, sum0, index);
        join(left - 1u, group.x, 1u, sum1, index);
        workgroupBarrier();
    }
}
