// Dot products of a row with the states of a source.
//
// (1) dots[b, s] = scale · rows[b] · source[s, b], 0 behind the length; or += within it.
// Source states [S, B, width], scores [B, S]. Sequences `first` to `first + count`; what lies behind the length of one
// is not read.
// A workgroup takes a state.

struct Params {
    rows_start: u32,
    source_start: u32,
    dots_start: u32,
    steps: u32,
    batch: u32,
    width: u32,
    has_lengths: u32,
    first: u32,
    count: u32,
    is_added: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> rows: array<f32>;
@group(1) @binding(1) var<storage, read> source: array<f32>;
@group(1) @binding(2) var<storage, read> lengths: array<u32>;
@group(1) @binding(3) var<storage, read_write> dots: array<f32>;

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

/// Steps that a sequence has.
fn length_of(sequence: u32) -> u32 {
    return select(params.steps, lengths[sequence], params.has_lengths != 0u);
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    for (var n = group.x; n < params.count * params.steps; n += groups.x) {
        let b = params.first + n / params.steps;
        let s = n % params.steps;
        let is_inside = s < length_of(b);
        var sum = 0.0;
        if is_inside {
            for (var h = local.x; h < params.width; h += 64u) {
                let state = source[params.source_start + (s * params.batch + b) * params.width + h];
                sum += rows[params.rows_start + b * params.width + h] * state;
            }
        }
        sum = params.scale * sum_of_all(sum, local.x);
        if local.x == 0u {
            let place = params.dots_start + b * params.steps + s;
            if params.is_added != 0u {
                if is_inside {
                    dots[place] += sum; // (1)
                }
            } else {
                dots[place] = sum;
            }
        }
    }
}
