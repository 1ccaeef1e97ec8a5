// Softmax cross-entropy; the numbers of the equations are those of ops/softmax_cross_entropy.rs.
//
// (1) probabilities[r, j] = e^(x_j − c) / s, x = logits[r], c = max x, s = Σ_j e^(x_j − c);
// (2) row_losses[r] = ln s + (1 − ε) · (c − x_t) + ε / V · Σ_j (c − x_j), t = targets[r]; 0 if t is ignored.
// logits and probabilities [·, V], of which `rows` rows from `first` on. A workgroup takes a row.

struct Params {
    logits_start: u32,
    targets_start: u32,
    first: u32,
    rows: u32,
    width: u32,
    ignored: u32,
    has_ignored: u32,
    uniform_share: f32,
    certain_share: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> logits: array<f32>;
@group(1) @binding(1) var<storage, read> targets: array<u32>;
@group(1) @binding(2) var<storage, read_write> probabilities: array<f32>;
@group(1) @binding(3) var<storage, read_write> row_losses: array<f32>;

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

/// The largest of what the invocations of a workgroup hold; all of them come by.
fn largest_of_all(number: f32, local: u32) -> f32 {
    workgroupBarrier();
    numbers[local] = number;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if local < half {
            numbers[local] = max(numbers[local], numbers[local + half]);
        }
    }
    workgroupBarrier();
    return numbers[0];
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    for (var r = group.x; r < params.rows; r += groups.x) {
        let row = params.first + r;
        let start = params.logits_start + row * params.width;
        var largest = logits[start];
        for (var j = local.x; j < params.width; j += 64u) {
            largest = max(largest, logits[start + j]);
        }
        largest = largest_of_all(largest, local.x);
        var sum = 0.0;
        var distances = 0.0;
        for (var j = local.x; j < params.width; j += 64u) {
            let distance = largest - logits[start + j];
            sum += exp(-distance);
            distances += distance;
        }
        sum = sum_of_all(sum, local.x);
        distances = sum_of_all(distances, local.x);
        for (var j = local.x; j < params.width; j += 64u) {
            probabilities[row * params.width + j] = exp(logits[start + j] - largest) / sum; // (1)
        }
        if local.x == 0u {
            let label = targets[params.targets_start + row];
            var loss = 0.0;
            if params.has_ignored == 0u || label != params.ignored {
                loss = log(sum) + params.certain_share * (largest - logits[start + label]);
                if params.uniform_share > 0.0 {
                    loss += params.uniform_share * distances;
                }
            }
            row_losses[row] = loss; // (2)
        }
    }
}
