// A step of Elman's cell, backward; the numbers of the equations are those of ops/recurrent/elman.rs.
//
// (3) dh += ds;
// (4) da = dh ⊙ (1 − h²), or dh ⊙ [h ≠ 0].
// All of them rows · H = len numbers.

struct Params {
    hidden_start: u32,
    d_hidden_start: u32,
    d_gates_start: u32,
    len: u32,
    is_relu: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> hidden: array<f32>;
@group(1) @binding(1) var<storage, read> carried: array<f32>;
@group(1) @binding(2) var<storage, read_write> d_hidden: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_gates: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let h = hidden[params.hidden_start + n];
        let d_h = d_hidden[params.d_hidden_start + n] + carried[n];
        d_hidden[params.d_hidden_start + n] = d_h; // (3)
        var slope = 1.0 - h * h;
        if params.is_relu != 0u {
            slope = select(1.0, 0.0, h == 0.0);
        }
        d_gates[params.d_gates_start + n] = d_h * slope; // (4)
    }
}
