// Losses of numbers, backward; the equations are those of the ops of the same names.
//
// (2) d_prediction[r, f] += d_loss · weights[r] · slope: σ(x) − y; 2 (x − y); sign(x − y); x − y, or δ · sign(x − y)
//     where |x − y| > δ.
// kinds 0 to 3: binary cross-entropy of logits, squared, absolute, Huber. `rows` rows of `width` from `first` on; rows of weight 0 are left alone.

struct Params {
    prediction_start: u32,
    labels_start: u32,
    weights_start: u32,
    d_loss_start: u32,
    d_prediction_start: u32,
    first: u32,
    rows: u32,
    width: u32,
    kind: u32,
    delta: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> prediction: array<f32>;
@group(1) @binding(1) var<storage, read> labels: array<f32>;
@group(1) @binding(2) var<storage, read> weights: array<f32>;
@group(1) @binding(3) var<storage, read> d_loss: array<f32>;
@group(1) @binding(4) var<storage, read_write> d_prediction: array<f32>;

/// 1, −1, or x itself if it is 0 or NaN.
fn sign_of(x: f32) -> f32 {
    return select(select(x, -1.0, x < 0.0), 1.0, x > 0.0);
}

fn slope(x: f32, y: f32) -> f32 {
    let distance = x - y;
    switch params.kind {
        case 0u: {
            return 1.0 / (1.0 + exp(-x)) - y;
        }
        case 1u: {
            return distance + distance;
        }
        case 2u: {
            return sign_of(distance);
        }
        default: {
            return select(distance, params.delta * sign_of(distance), abs(distance) > params.delta);
        }
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.rows * params.width; n += groups.x * 64u) {
        let row = params.first + n / params.width;
        let weight = weights[params.weights_start + row];
        if weight == 0.0 {
            continue;
        }
        let place = params.first * params.width + n;
        let x = prediction[params.prediction_start + place];
        let y = labels[params.labels_start + place];
        let scale = d_loss[params.d_loss_start] * weight;
        d_prediction[params.d_prediction_start + place] += scale * slope(x, y); // (2)
    }
}
