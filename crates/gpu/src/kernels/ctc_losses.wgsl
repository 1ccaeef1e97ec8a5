// The losses of CTC; the numbers of the equations are those of ops/ctc.rs.
//
// (3) sequence_losses[b] = −ln p[b], 0 where p is 0: the last two states of the last step, and all that rows were moved.
// Sequences by their place in the packing's order: `table` holds the order [B], the labels' lengths [B], the inputs'
// lengths [B] and the first row of each step [T], lengths in the caller's order. Labels [B, S]; states [rows, 2S + 1].
// ln 0 is a large negative number, because WGSL knows no infinity.

struct Params {
    count: u32,
    longest: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> alphas: array<f32>;
@group(1) @binding(1) var<storage, read> shifts: array<f32>;
@group(1) @binding(2) var<storage, read> table: array<u32>;
@group(1) @binding(3) var<storage, read_write> sequence_losses: array<f32>;

/// All that is smaller stands for ln 0.
const NEVER_BOUND: f32 = -1e29;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let width = 2u * params.longest + 1u;
    for (var n = id.x; n < params.count; n += groups.x * 64u) {
        let sequence = table[n];
        let states = 2u * table[params.count + sequence] + 1u;
        let steps = table[2u * params.count + sequence];
        var moved = 0.0;
        for (var step = 0u; step < steps; step++) {
            moved += shifts[table[3u * params.count + step] + n];
        }
        let last = (table[3u * params.count + steps - 1u] + n) * width + states;
        let a = alphas[last - 1u];
        var b = a + NEVER_BOUND;
        if states > 1u {
            b = alphas[last - 2u];
        }
        let largest = max(a, b);
        let loss = -(moved + largest + log(exp(a - largest) + exp(b - largest)));
        sequence_losses[sequence] = select(loss, 0.0, largest < NEVER_BOUND); // (3)
    }
}
