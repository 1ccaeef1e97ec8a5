// Softmax or its logarithm over each row.
//
// (1) result[r, j] = e^(x_j − c) / s, or (x_j − c) − ln s, x = source[r], c = max x, s = Σ_j e^(x_j − c).
// `rows` rows of `width`. A workgroup takes a row.

struct Params {
    source_start: u32,
    result_start: u32,
    rows: u32,
    width: u32,
    is_logarithm: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> result: array<f32>;

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
        let start = params.source_start + r * params.width;
        let result_start = params.result_start + r * params.width;
        var largest = source[start];
        for (var j = local.x; j < params.width; j += 64u) {
            largest = max(largest, source[start + j]);
        }
        largest = largest_of_all(largest, local.x);
        var sum = 0.0;
        for (var j = local.x; j < params.width; j += 64u) {
            sum += exp(source[start + j] - largest);
        }
        sum = sum_of_all(sum, local.x);
        let log_sum = log(sum);
        for (var j = local.x; j < params.width; j += 64u) {
            let distance = source[start + j] - largest;
            result[result_start + j] = select(exp(distance) / sum, distance - log_sum, params.is_logarithm != 0u); // (1)
        }
    }
}
