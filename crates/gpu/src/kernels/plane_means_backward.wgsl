// The mean of each plane, backward.
//
// (1) d_planes[plane, n] += d_means[plane] / size.

struct Params {
    d_means_start: u32,
    d_planes_start: u32,
    count: u32,
    size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> d_means: array<f32>;
@group(1) @binding(1) var<storage, read_write> d_planes: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.count * params.size; n += groups.x * 64u) {
        let share = d_means[params.d_means_start + n / params.size] / f32(params.size);
        d_planes[params.d_planes_start + n] += share; // (1)
    }
}
