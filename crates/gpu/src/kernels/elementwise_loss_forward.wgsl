// Losses of numbers, by row; the equations are those of the ops of the same names.
//
// (1) row_losses[r] = Σ_f loss(x, y), x = prediction[r, f], y = labels[r, f]:
//     max(x, 0) − x · y + ln(1 + e^−|x|); (x − y)²; |x − y|; (x − y)² / 2, or δ · (|x − y| − δ / 2) where |x − y| > δ.
// kinds 0 to 3: binary cross-entropy of logits, squared, absolute, Huber. `rows` rows of `width` from `first` on. A workgroup takes a row.

struct Params {
    prediction_start: u32,
    labels_start: u32,
    first: u32,
    rows: u32,
    width: u32,
    kind: u32,
    delta: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> prediction: array<f32>;
@group(1) @binding(1) var<storage, read> labels: array<f32>;
@group(1) @binding(2) var<storage, read_write> row_losses: array<f32>;

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

/// ln(1 + x) of a small x: the series where 1 + x rounds too much.
fn log_one_plus(x: f32) -> f32 {
    return select(log(1.0 + x), x * (1.0 - x * (0.5 - x / 3.0)), x < 0.01);
}

fn loss(x: f32, y: f32) -> f32 {
    let distance = abs(x - y);
    switch params.kind {
        case 0u: {
            return select(x, 0.0, x < 0.0) - x * y + log_one_plus(exp(-abs(x)));
        }
        case 1u: {
            return distance * distance;
        }
        case 2u: {
            return distance;
        }
        default: {
            let linear = params.delta * (distance - 0.5 * params.delta);
            return select(0.5 * distance * distance, linear, distance > params.delta);
        }
    }
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    for (var r = group.x; r < params.rows; r += groups.x) {
        let row = params.first + r;
        var sum = 0.0;
        for (var f = local.x; f < params.width; f += 64u) {
            let place = row * params.width + f;
            sum += loss(prediction[params.prediction_start + place], labels[params.labels_start + place]);
        }
        sum = sum_of_all(sum, local.x);
        if local.x == 0u {
            row_losses[row] = sum; // (1)
        }
    }
}
