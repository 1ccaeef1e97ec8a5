// Softmax or its logarithm, backward, from the values y.
//
// (1) d_source += y · (d_result − Σ_k d_result_k · y_k), or d_source += d_result − e^y · Σ_k d_result_k.
// `rows` rows of `width`. A workgroup takes a row.

struct Params {
    result_start: u32,
    d_result_start: u32,
    d_source_start: u32,
    rows: u32,
    width: u32,
    is_logarithm: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> result: array<f32>;
@group(1) @binding(1) var<storage, read> d_result: array<f32>;
@group(1) @binding(2) var<storage, read_write> d_source: array<f32>;

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

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let is_logarithm = params.is_logarithm != 0u;
    for (var r = group.x; r < params.rows; r += groups.x) {
        let offset = r * params.width;
        var sum = 0.0;
        for (var j = local.x; j < params.width; j += 64u) {
            let d_y = d_result[params.d_result_start + offset + j];
            sum += select(d_y * result[params.result_start + offset + j], d_y, is_logarithm);
        }
        sum = sum_of_all(sum, local.x);
        for (var j = local.x; j < params.width; j += 64u) {
            let y = result[params.result_start + offset + j];
            let d_y = d_result[params.d_result_start + offset + j];
            d_source[params.d_source_start + offset + j] += select(y * (d_y - sum), d_y - exp(y) * sum, is_logarithm); // (1)
        }
    }
}
