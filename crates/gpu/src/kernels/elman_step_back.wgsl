// Back through a step of Elman's cell: the recurrent product of the step after it and the gradient of the
// pre-activations. The numbers (2) and (3) are (3) to (5) of ops/recurrent/elman.rs.
//
// (1) ds = da[after] · W_hh, 0 where the step is a sequence's last;
// (2) dh += ds;
// (3) da = dh ⊙ (1 − h²), or dh ⊙ [h ≠ 0].
// h, dh and da [N, H]. W [H, H] as it is.
// A workgroup computes 32 rows of 16 units: an invocation 4 rows of 4 units, of every fourth run of 16 p; then the four
// sums of each are joined in their order. While one pair of tiles is multiplied, the next is on its way.

struct Params {
    hidden_start: u32,
    d_hidden_start: u32,
    d_gates_start: u32,
    /// The first row of the step, and how many.
    first: u32,
    rows: u32,
    /// The same of the step after it; none if it is the last.
    after_first: u32,
    after_rows: u32,
    hidden_size: u32,
    /// Whether the rows of W begin at whole vectors.
    is_aligned: u32,
    is_relu: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
/// W
@group(1) @binding(0) var<storage, read> weight: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> hidden: array<f32>;
@group(1) @binding(2) var<storage, read_write> d_hidden: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_gates: array<f32>;

const ROWS: u32 = 32u;
/// Numbers of the gradient that are multiplied at a time, 16 by each of the 4 slices of invocations.
const DEPTH: u32 = 64u;

/// [64 p, 4 vectors of units].
var<workgroup> weight_tile: array<vec4<f32>, 256>;
/// [32 rows, 16 vectors along p and one unused], so that rows lie in different banks; then the sums of the slices,
/// [4 slices, 32 rows, 4 vectors of units].
var<workgroup> gradient_tile: array<vec4<f32>, 544>;

/// The gradient of the state's share, da[row, p … p + 3], of the step after; 0 outside.
fn load_gradient(row: u32, p: u32) -> vec4<f32> {
    var numbers = vec4(0.0);
    if row < params.after_rows {
        let place = params.d_gates_start + (params.after_first + row) * params.hidden_size + p;
        for (var j = 0u; j < 4u && p + j < params.hidden_size; j++) {
            numbers[j] = d_gates[place + j];
        }
    }
    return numbers;
}

/// W[p, unit … unit + 3], 0 outside.
fn load_weight(p: u32, unit: u32) -> vec4<f32> {
    if p >= params.hidden_size || unit >= params.hidden_size {
        return vec4(0.0);
    }
    let place = p * params.hidden_size + unit;
    if params.is_aligned != 0u {
        return weight[place / 4u];
    }
    var numbers = vec4(0.0);
    for (var j = 0u; j < 4u && unit + j < params.hidden_size; j++) {
        numbers[j] = weight[(place + j) / 4u][(place + j) % 4u];
    }
    return numbers;
}

/// sum + d · (w0, w1, w2, w3), added in this order.
fn added(sum: vec4<f32>, d: vec4<f32>, w0: vec4<f32>, w1: vec4<f32>, w2: vec4<f32>, w3: vec4<f32>) -> vec4<f32> {
    return fma(vec4(d.w), w3, fma(vec4(d.z), w2, fma(vec4(d.y), w1, fma(vec4(d.x), w0, sum))));
}

/// The gradients of a unit, from what is carried back to h.
fn finish(row: u32, unit: u32, carried: f32) {
    let place = (params.first + row) * params.hidden_size + unit;
    let h = hidden[params.hidden_start + place];
    let d_h = d_hidden[params.d_hidden_start + place] + carried;
    d_hidden[params.d_hidden_start + place] = d_h; // (2)
    var slope = 1.0 - h * h;
    if params.is_relu != 0u {
        slope = select(1.0, 0.0, h == 0.0);
    }
    d_gates[params.d_gates_start + place] = d_h * slope; // (3)
}

@compute @workgroup_size(4, 8, 4)
fn main(
    @builtin(workgroup_id) tile: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let row = tile.y * ROWS;
    let unit = tile.x * 16u;
    // What this invocation fetches: two vectors of W and four of the gradient.
    let w_p = index / 4u;
    let w_unit = unit + index % 4u * 4u;
    let d_row = index / 16u;
    let d_p = index % 16u * 4u;
    let place = d_row * 17u + index % 16u;
    var next_w0 = load_weight(w_p, w_unit);
    var next_w1 = load_weight(w_p + 32u, w_unit);
    var next_d0 = load_gradient(row + d_row, d_p);
    var next_d1 = load_gradient(row + d_row + 8u, d_p);
    var next_d2 = load_gradient(row + d_row + 16u, d_p);
    var next_d3 = load_gradient(row + d_row + 24u, d_p);
    var sum0 = vec4(0.0);
    var sum1 = vec4(0.0);
    var sum2 = vec4(0.0);
    var sum3 = vec4(0.0);
    let end = select(0u, params.hidden_size, params.after_rows > 0u);
    for (var p = 0u; p < end; p += DEPTH) {
        workgroupBarrier();
        weight_tile[index] = next_w0;
        weight_tile[index + 128u] = next_w1;
        gradient_tile[place] = next_d0;
        gradient_tile[place + 136u] = next_d1;
        gradient_tile[place + 272u] = next_d2;
        gradient_tile[place + 408u] = next_d3;
        workgroupBarrier();
        let next = p + DEPTH;
        next_w0 = load_weight(next + w_p, w_unit);
        next_w1 = load_weight(next + w_p + 32u, w_unit);
        next_d0 = load_gradient(row + d_row, next + d_p);
        next_d1 = load_gradient(row + d_row + 8u, next + d_p);
        next_d2 = load_gradient(row + d_row + 16u, next + d_p);
        next_d3 = load_gradient(row + d_row + 24u, next + d_p);
        for (var step = 0u; step < 4u; step++) {
            let w_place = (local.z * 16u + step * 4u) * 4u + local.x;
            let w0 = weight_tile[w_place];
            let w1 = weight_tile[w_place + 4u];
            let w2 = weight_tile[w_place + 8u];
            let w3 = weight_tile[w_place + 12u];
            let d_place = local.y * 17u + local.z * 4u + step;
            sum0 = added(sum0, gradient_tile[d_place], w0, w1, w2, w3); // (1)
            sum1 = added(sum1, gradient_tile[d_place + 136u], w0, w1, w2, w3);
            sum2 = added(sum2, gradient_tile[d_place + 272u], w0, w1, w2, w3);
            sum3 = added(sum3, gradient_tile[d_place + 408u], w0, w1, w2, w3);
        }
    }
    workgroupBarrier();
    let sum_place = local.z * 128u + local.y * 4u + local.x;
    gradient_tile[sum_place] = sum0;
    gradient_tile[sum_place + 32u] = sum1;
    gradient_tile[sum_place + 64u] = sum2;
    gradient_tile[sum_place + 96u] = sum3;
    workgroupBarrier();
    var carried = gradient_tile[index];
    for (var slice = 1u; slice < 4u; slice++) {
        carried += gradient_tile[slice * 128u + index];
    }
    let finished_row = row + index / 4u;
    if finished_row < params.rows {
        for (var j = 0u; j < 4u && w_unit + j < params.hidden_size; j++) {
            finish(finished_row, w_unit + j, carried[j]);
        }
    }
}
