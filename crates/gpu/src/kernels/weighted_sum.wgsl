// A weighted sum over rows.
//
// (1) loss = Σ_r weights[r] · row_losses[r], without the rows of weight 0. One workgroup.

struct Params {
    weights_start: u32,
    row_losses_start: u32,
    loss_start: u32,
    rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> weights: array<f32>;
@group(1) @binding(1) var<storage, read> row_losses: array<f32>;
@group(1) @binding(2) var<storage, read_write> loss: array<f32>;

var<workgroup> numbers: array<f32, 64>;

/// The sum of what the invocations of a workgroup hold, joined by a tree; all of them come by.
fn sum_of_all(number: f32, local: u32) -> f32 {
    workgroupBarrier();
    numbers[local] = number;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if local < half {
            numbers[local] += numbers[local + half];
        }
    }
    workgroupBarrier();
    return numbers[0];
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_id) local: vec3<u32>) {
    var sum = 0.0;
    for (var r = local.x; r < params.rows; r += 64u) {
        let weight = weights[params.weights_start + r];
        if weight != 0.0 {
            sum += weight * row_losses[params.row_losses_start + r];
        }
    }
    sum = sum_of_all(sum, local.x);
    if local.x == 0u {
        loss[params.loss_start] = sum; // (1)
    }
}
