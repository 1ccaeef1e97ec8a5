// Clips the norm of a gradient of which a buffer is a part.
//
// (1) norm = √Σ_e ledger[e] over first <= e < last, from sums of numbers that were scaled by 2^75, 1 and 2^-76
//     (see sum_of_squares.wgsl); the first are too small to count beside others;
// (2) numbers[n] *= min(1, bound / (norm + 1e-6)), n < len.
// A norm that is not finite leaves the numbers as they are: they are not used.

struct Params {
    len: u32,
    first: u32,
    last: u32,
    bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> numbers: array<f32>;
@group(1) @binding(1) var<storage, read> ledger: array<vec4<f32>>;

fn scale() -> f32 {
    var sum = vec3(0.0);
    var lost = 0u;
    for (var e = params.first; e < params.last; e++) {
        let part = ledger[e];
        sum += part.xyz;
        lost |= u32(part.w);
    }
    var norm = sqrt(sum.y); // (1)
    if sum.z > 0.0 {
        norm = sqrt(sum.z + sum.y * 0x1p-100f * 0x1p-52f) * 0x1p76f;
    } else if sum.y == 0.0 {
        norm = sqrt(sum.x) * 0x1p-75f;
    }
    return select(min(1.0, params.bound / (norm + 1e-6)), 1.0, lost != 0u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let factor = scale();
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        numbers[n] *= factor; // (2)
    }
}
