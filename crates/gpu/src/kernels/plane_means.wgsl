// The mean of each plane.
//
// (1) means[plane] = Σ planes[plane] / size. A workgroup takes a plane.

struct Params {
    planes_start: u32,
    means_start: u32,
    count: u32,
    size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> planes: array<f32>;
@group(1) @binding(1) var<storage, read_write> means: array<f32>;

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
    for (var plane = group.x; plane < params.count; plane += groups.x) {
        var sum = 0.0;
        for (var n = local.x; n < params.size; n += 64u) {
            sum += planes[params.planes_start + plane * params.size + n];
        }
        sum = sum_of_all(sum, local.x);
        if local.x == 0u {
            means[params.means_start + plane] = sum / f32(params.size); // (1)
        }
    }
}
