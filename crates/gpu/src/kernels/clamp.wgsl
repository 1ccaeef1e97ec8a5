// Bounds numbers.
//
// (1) numbers[n] = bound where it is larger, −bound where it is smaller; NaN stays.

struct Params {
    len: u32,
    bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> numbers: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let x = numbers[n];
        let from_above = select(x, params.bound, x > params.bound);
        numbers[n] = select(from_above, -params.bound, x < -params.bound); // (1)
    }
}
