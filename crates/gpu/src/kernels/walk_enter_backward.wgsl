// The gradients of the states after a walk, added to those of the states at each sequence's last step.
//
// (1) dh[e, u] += dh_last[b, u], dc[e, u] += dc_last[b, u], with e = exits[b], or e = exit + b.
// dh and dc (d_hidden and d_cells) [N, H]; dh_last and dc_last [B, H]; there may be h alone.

struct Params {
    last_hidden_start: u32,
    last_cells_start: u32,
    d_hidden_start: u32,
    d_cells_start: u32,
    /// The row of the first sequence, if the order is plain.
    exit: u32,
    is_packed: u32,
    /// B.
    batch: u32,
    hidden_size: u32,
    states: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> d_last_hidden: array<f32>;
@group(1) @binding(1) var<storage, read> d_last_cells: array<f32>;
@group(1) @binding(2) var<storage, read> exits: array<u32>;
@group(1) @binding(3) var<storage, read_write> d_hidden: array<f32>;
@group(1) @binding(4) var<storage, read_write> d_cells: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let width = params.hidden_size;
    for (var n = id.x; n < params.batch * params.hidden_size; n += groups.x * 64u) {
        var row = params.exit + n / width;
        if params.is_packed != 0u {
            row = exits[n / width];
        }
        let place = row * width + n % width;
        d_hidden[params.d_hidden_start + place] += d_last_hidden[params.last_hidden_start + n]; // (1)
        if params.states > 1u {
            d_cells[params.d_cells_start + place] += d_last_cells[params.last_cells_start + n];
        }
    }
}
