// A step of Elman's cell; the numbers of the equations are those of ops/recurrent/elman.rs.
//
// (2) gates = h = tanh(gates), or max(0, gates); len = rows · H numbers.

struct Params {
    gates_start: u32,
    hidden_start: u32,
    len: u32,
    is_relu: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> gates: array<f32>;
@group(1) @binding(1) var<storage, read_write> hidden: array<f32>;

/// The hyperbolic tangent. Bounded, because some devices take it from exponentials that overflow; NaN stays.
fn squash(x: f32) -> f32 {
    let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    return select(tanh(clamp(x, -15.0, 15.0)), x, is_nan);
}

/// The larger of x and 0; NaN stays.
fn rectified(x: f32) -> f32 {
    return select(x, 0.0, x < 0.0);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let x = gates[params.gates_start + n];
        var h = 0.0;
        if params.is_relu != 0u {
            h = rectified(x);
        } else {
            h = squash(x);
        }
        gates[params.gates_start + n] = h; // (2)
        hidden[params.hidden_start + n] = h;
    }
}
