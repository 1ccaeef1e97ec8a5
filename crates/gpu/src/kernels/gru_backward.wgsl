// A step of a GRU, backward; the numbers of the equations are those of ops/recurrent/gru.rs.
//
// (4) dh += ds;
// (5) da_n = dh ⊙ (1 − z) ⊙ (1 − n²), da_z = dh ⊙ (s − n) ⊙ z(1 − z), da_r = da_n ⊙ b_n ⊙ r(1 − r);
// (6) da = (da_r, da_z, da_n), db = (da_r, da_z, r ⊙ da_n);
// (7) ds = z ⊙ dh, to which the product of db with the weights is added later.
// gates, recurrent and their gradients [rows, 3H], in the order r, z, n; s (previous), dh and ds (carried) [rows, H].

struct Params {
    gates_start: u32,
    recurrent_start: u32,
    previous_start: u32,
    d_hidden_start: u32,
    d_gates_start: u32,
    d_recurrent_start: u32,
    rows: u32,
    hidden_size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> gates: array<f32>;
@group(1) @binding(1) var<storage, read> recurrent: array<f32>;
@group(1) @binding(2) var<storage, read> previous: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_hidden: array<f32>;
@group(1) @binding(4) var<storage, read_write> carried: array<f32>;
@group(1) @binding(5) var<storage, read_write> d_gates: array<f32>;
@group(1) @binding(6) var<storage, read_write> d_recurrent: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let width = params.hidden_size;
    for (var u = id.x; u < params.rows * params.hidden_size; u += groups.x * 64u) {
        let offset = u / width * 3u * width + u % width;
        let place = params.gates_start + offset;
        let r = gates[place];
        let z = gates[place + width];
        let n = gates[place + 2u * width];
        let d_h = d_hidden[params.d_hidden_start + u] + carried[u];
        d_hidden[params.d_hidden_start + u] = d_h; // (4)
        let d_n = d_h * (1.0 - z) * (1.0 - n * n);
        let d_r = d_n * recurrent[params.recurrent_start + offset + 2u * width] * r * (1.0 - r);
        let d_z = d_h * (previous[params.previous_start + u] - n) * z * (1.0 - z); // (5)
        carried[u] = d_h * z; // (7)
        let d_place = params.d_gates_start + offset;
        d_gates[d_place] = d_r; // (6)
        d_gates[d_place + width] = d_z;
        d_gates[d_place + 2u * width] = d_n;
        let d_state_place = params.d_recurrent_start + offset;
        d_recurrent[d_state_place] = d_r;
        d_recurrent[d_state_place + width] = d_z;
        d_recurrent[d_state_place + 2u * width] = d_n * r;
    }
}
