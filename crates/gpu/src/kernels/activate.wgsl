// Activations.
//
// (1) result[n] = max(0, x), tanh(x) or 1 / (1 + e^−x), x = source[n]; kinds 0, 1, 2.

struct Params {
    source_start: u32,
    result_start: u32,
    len: u32,
    kind: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> result: array<f32>;

/// The hyperbolic tangent. Bounded, because some devices take it from exponentials that overflow; NaN stays.
fn squash(x: f32) -> f32 {
    let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    return select(tanh(clamp(x, -15.0, 15.0)), x, is_nan);
}

fn sigmoid(x: f32) -> f32 {
    return 1.0 / (1.0 + exp(-x));
}

/// The larger of x and 0; NaN stays.
fn rectified(x: f32) -> f32 {
    return select(x, 0.0, x < 0.0);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let x = source[params.source_start + n];
        var y = 0.0;
        switch params.kind {
            case 0u: {
                y = rectified(x);
            }
            case 1u: {
                y = squash(x);
            }
            default: {
                y = sigmoid(x);
            }
        }
        result[params.result_start + n] = y; // (1)
    }
}
