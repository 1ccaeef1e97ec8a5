// The states that a walk begins from, in the order of its rows.
//
// (1) entry[0, r, u] = h[q, u], entry[1, r, u] = c[q, u], with q = sequences[r], or q = r.
// entry [states, B, H]; h and c (hidden and cells) [B, H]; there may be h alone.

struct Params {
    hidden_start: u32,
    cells_start: u32,
    /// B.
    batch: u32,
    hidden_size: u32,
    states: u32,
    is_packed: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> hidden: array<f32>;
@group(1) @binding(1) var<storage, read> cells: array<f32>;
@group(1) @binding(2) var<storage, read> sequences: array<u32>;
@group(1) @binding(3) var<storage, read_write> entry: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let len = params.batch * params.hidden_size;
    for (var n = id.x; n < len; n += groups.x * 64u) {
        var sequence = n / params.hidden_size;
        if params.is_packed != 0u {
            sequence = sequences[sequence];
        }
        let place = sequence * params.hidden_size + n % params.hidden_size;
        entry[n] = hidden[params.hidden_start + place]; // (1)
        if params.states > 1u {
            entry[len + n] = cells[params.cells_start + place];
        }
    }
}
