// Softmax cross-entropy, backward; the numbers of the equations are those of ops/softmax_cross_entropy.rs.
//
// (3) d_logits[r, j] += d_loss · weights[r] · (probabilities[r, j] − y[r, j]), y = ε / V, and 1 − ε more at the target.
// Rows of weight 0 and rows whose target is ignored are left alone. `rows` rows from `first` on.

struct Params {
    targets_start: u32,
    weights_start: u32,
    d_loss_start: u32,
    d_logits_start: u32,
    first: u32,
    rows: u32,
    width: u32,
    ignored: u32,
    has_ignored: u32,
    uniform_share: f32,
    certain_share: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> probabilities: array<f32>;
@group(1) @binding(1) var<storage, read> targets: array<u32>;
@group(1) @binding(2) var<storage, read> weights: array<f32>;
@group(1) @binding(3) var<storage, read> d_loss: array<f32>;
@group(1) @binding(4) var<storage, read_write> d_logits: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.rows * params.width; n += groups.x * 64u) {
        let row = params.first + n / params.width;
        let column = n % params.width;
        let weight = weights[params.weights_start + row];
        let label = targets[params.targets_start + row];
        if weight == 0.0 || (params.has_ignored != 0u && label == params.ignored) {
            continue;
        }
        let y = params.uniform_share + select(0.0, params.certain_share, column == label);
        let place = row * params.width + column;
        let scale = d_loss[params.d_loss_start] * weight;
        d_logits[params.d_logits_start + place] += scale * (probabilities[place] - y); // (3)
    }
}
