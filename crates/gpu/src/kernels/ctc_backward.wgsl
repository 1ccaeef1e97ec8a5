// A step of CTC, backward; the numbers of the equations are those of ops/ctc.rs.
//
// (4) ln β_s = ln of the β and y that s leads to at the step after, up to a constant; at a sequence's last step 0 for its
//     last two states;
// (5) occupancy_s = α_s β_s / Σ α β;
// (6) d_logits[r, j] += d_loss · weights[b] · (y_j − Σ occupancy_s over l'_s = j).
// Sequences by their place in the packing's order: `table` holds the order [B], the labels' lengths [B], the inputs'
// lengths [B] and the first row of each step [T], lengths in the caller's order. Labels [B, S]; states [rows, 2S + 1].
// ln 0 is a large negative number, because WGSL knows no infinity.
// A workgroup takes a sequence that reaches the step. Those of weight 0, and those whose p is 0, are left alone.

struct Params {
    weights_start: u32,
    d_loss_start: u32,
    d_logits_start: u32,
    row: u32,
    next_row: u32,
    step: u32,
    count: u32,
    batch: u32,
    longest: u32,
    classes: u32,
    blank: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> log_probabilities: array<f32>;
@group(1) @binding(1) var<storage, read> labels: array<u32>;
@group(1) @binding(2) var<storage, read> table: array<u32>;
@group(1) @binding(3) var<storage, read> weights: array<f32>;
@group(1) @binding(4) var<storage, read> d_loss: array<f32>;
@group(1) @binding(5) var<storage, read> alphas: array<f32>;
@group(1) @binding(6) var<storage, read_write> betas: array<f32>;
@group(1) @binding(7) var<storage, read_write> d_logits: array<f32>;

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

const NEVER: f32 = -1e30;
/// All that is smaller stands for ln 0.
const NEVER_BOUND: f32 = -1e29;

/// ln(e^a + e^b + e^c).
fn log_sum(a: f32, b: f32, c: f32) -> f32 {
    let largest = max(a, max(b, c));
    if largest < NEVER_BOUND {
        return NEVER;
    }
    return largest + log(exp(a - largest) + exp(b - largest) + exp(c - largest));
}

/// The class of a state of the labelling with blanks.
fn class_of(sequence: u32, state: u32) -> u32 {
    return select(params.blank, labels[sequence * params.longest + state / 2u], state % 2u == 1u);
}

/// Whether a path may go from state − 2 to state: past a blank, between different labels.
fn is_skip(sequence: u32, state: u32) -> bool {
    let place = sequence * params.longest + state / 2u;
    return state % 2u == 1u && state >= 3u && labels[place] != labels[max(place, 1u) - 1u];
}

/// ln of what leads from a state to itself at the step after.
fn lead(sequence: u32, next: u32, to: u32, states: u32) -> f32 {
    let width = 2u * params.longest + 1u;
    if to >= states {
        return NEVER;
    }
    return betas[sequence * width + to] + log_probabilities[next * params.classes + class_of(sequence, to)];
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let width = 2u * params.longest + 1u;
    for (var n = group.x; n < params.count; n += groups.x) {
        let sequence = table[n];
        let states = 2u * table[params.batch + sequence] + 1u;
        let steps = table[2u * params.batch + sequence];
        let row = params.row + n;
        let last = (table[3u * params.batch + steps - 1u] + n) * width + states;
        let weight = weights[params.weights_start + sequence];
        // One label at least: there are three states or more.
        let is_possible = max(alphas[last - 1u], alphas[last - 2u]) >= NEVER_BOUND;
        var highest = NEVER;
        // Every state reads states behind it, which are written only after all have read.
        for (var first = 0u; first < width; first += 64u) {
            let s = first + local.x;
            var beta = NEVER;
            if s < states {
                if params.step + 1u == steps {
                    beta = select(NEVER, 0.0, s + 2u >= states);
                } else {
                    let next = params.next_row + n;
                    var two_on = NEVER;
                    if s + 2u < states && is_skip(sequence, s + 2u) {
                        two_on = lead(sequence, next, s + 2u, states);
                    }
                    let one_on = lead(sequence, next, s + 1u, states);
                    beta = log_sum(lead(sequence, next, s, states), one_on, two_on); // (4)
                }
            }
            storageBarrier();
            if s < states {
                betas[sequence * width + s] = beta;
                highest = max(highest, beta);
            }
            storageBarrier();
        }
        highest = largest_of_all(highest, local.x);
        let shift = select(highest, 0.0, highest < NEVER_BOUND);
        var most = NEVER;
        for (var s = local.x; s < states; s += 64u) {
            let beta = betas[sequence * width + s] - shift;
            betas[sequence * width + s] = beta;
            most = max(most, alphas[row * width + s] + beta);
        }
        most = largest_of_all(most, local.x);
        var sum = 0.0;
        for (var s = local.x; s < states; s += 64u) {
            sum += exp(alphas[row * width + s] + betas[sequence * width + s] - most);
        }
        let log_total = most + log(sum_of_all(sum, local.x));
        storageBarrier();
        if weight != 0.0 && is_possible {
            let scale = d_loss[params.d_loss_start] * weight;
            for (var j = local.x; j < params.classes; j += 64u) {
                var occupancy = 0.0;
                for (var s = 0u; s < states; s++) {
                    if class_of(sequence, s) == j {
                        occupancy += exp(alphas[row * width + s] + betas[sequence * width + s] - log_total); // (5)
                    }
                }
                let y = exp(log_probabilities[row * params.classes + j]);
                d_logits[params.d_logits_start + row * params.classes + j] += scale * (y - occupancy); // (6)
            }
        }
        storageBarrier();
    }
}
