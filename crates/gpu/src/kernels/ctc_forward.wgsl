// A step of CTC; the numbers of the equations are those of ops/ctc.rs.
//
// (1) ln y = x − ln Σ e^x of each row of logits [rows, V];
// (2) ln α_s = ln y_(l'_s) + ln of the α that come to s from the step before, then moved so that the largest is 0;
//     shifts [rows] says how far.
// Sequences by their place in the packing's order: `table` holds the order [B], the labels' lengths [B], the inputs'
// lengths [B] and the first row of each step [T], lengths in the caller's order. Labels [B, S]; states [rows, 2S + 1].
// ln 0 is a large negative number, because WGSL knows no infinity.
// A workgroup takes a sequence that reaches the step.

struct Params {
    logits_start: u32,
    row: u32,
    previous_row: u32,
    count: u32,
    batch: u32,
    longest: u32,
    classes: u32,
    blank: u32,
    is_first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> logits: array<f32>;
@group(1) @binding(1) var<storage, read> labels: array<u32>;
@group(1) @binding(2) var<storage, read> table: array<u32>;
@group(1) @binding(3) var<storage, read_write> log_probabilities: array<f32>;
@group(1) @binding(4) var<storage, read_write> alphas: array<f32>;
@group(1) @binding(5) var<storage, read_write> shifts: array<f32>;

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
        let row = params.row + n;
        let start = params.logits_start + row * params.classes;
        var largest = logits[start];
        for (var j = local.x; j < params.classes; j += 64u) {
            largest = max(largest, logits[start + j]);
        }
        largest = largest_of_all(largest, local.x);
        var sum = 0.0;
        for (var j = local.x; j < params.classes; j += 64u) {
            sum += exp(logits[start + j] - largest);
        }
        let log_total = largest + log(sum_of_all(sum, local.x));
        for (var j = local.x; j < params.classes; j += 64u) {
            log_probabilities[row * params.classes + j] = logits[start + j] - log_total; // (1)
        }
        let before = (params.previous_row + n) * width;
        var highest = NEVER;
        for (var s = local.x; s < states; s += 64u) {
            var arrivals = NEVER;
            if params.is_first != 0u {
                arrivals = select(NEVER, 0.0, s < 2u);
            } else {
                var one_back = NEVER;
                var two_back = NEVER;
                if s >= 1u {
                    one_back = alphas[before + s - 1u];
                }
                if is_skip(sequence, s) {
                    two_back = alphas[before + s - 2u];
                }
                arrivals = log_sum(alphas[before + s], one_back, two_back);
            }
            let alpha = logits[start + class_of(sequence, s)] - log_total + arrivals; // (2)
            alphas[row * width + s] = alpha;
            highest = max(highest, alpha);
        }
        highest = largest_of_all(highest, local.x);
        let shift = select(highest, 0.0, highest < NEVER_BOUND);
        for (var s = local.x; s < states; s += 64u) {
            alphas[row * width + s] -= shift;
        }
        if local.x == 0u {
            shifts[row] = shift;
        }
    }
}
