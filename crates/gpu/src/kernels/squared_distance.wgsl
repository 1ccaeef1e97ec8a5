// The squared distance of numbers, in parts.
//
// Squares of large numbers overflow and those of small ones vanish. As in Blue's algorithm ("A portable
// Fortran program to find the Euclidean norm of a vector", 1978; the constants are LAPACK's) three sums are
// kept, of numbers scaled by 2^75, 1 and 2^-76; the program joins them.
// (1) partial[g] = (Σ (2^75 x)² over |x| < 2^-63, Σ x², Σ (2^-76 x)² over |x| > 2^52, lost),
//     over the x = a[n] − b[n], n < len, of workgroup g,
//     lost = 1 if one of them is infinite, 2 if one is NaN, 3 if both.
// Every invocation sums its numbers in order, then a tree joins those of a workgroup. partial [groups].

struct Params {
    len: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> a: array<f32>;
@group(1) @binding(1) var<storage, read> b: array<f32>;
@group(1) @binding(2) var<storage, read_write> partial: array<vec4<f32>>;

const SMALL: f32 = 0x1p-63f;
const LARGE: f32 = 0x1p52f;
const ENLARGE: f32 = 0x1p75f;
const REDUCE: f32 = 0x1p-76f;
const INFINITE: u32 = 0x7f800000u;

var<workgroup> sums: array<vec4<f32>, 64>;

/// 1 if the number is infinite, 2 if it is NaN.
fn lost_bits(number: f32) -> u32 {
    let magnitude = bitcast<u32>(number) & 0x7fffffffu;
    return select(0u, 1u, magnitude == INFINITE) | select(0u, 2u, magnitude > INFINITE);
}

fn joined(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    return vec4(a.xyz + b.xyz, f32(u32(a.w) | u32(b.w)));
}

@compute @workgroup_size(64)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    var sum = vec3(0.0);
    var lost = 0u;
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let x = a[n] - b[n];
        lost |= lost_bits(x);
        if abs(x) < SMALL {
            sum.x += (ENLARGE * x) * (ENLARGE * x);
        } else if abs(x) > LARGE {
            sum.z += (REDUCE * x) * (REDUCE * x);
        } else {
            sum.y += x * x;
        }
    }
    sums[local.x] = vec4(sum, f32(lost));
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if local.x < half {
            sums[local.x] = joined(sums[local.x], sums[local.x + half]);
        }
    }
    if local.x == 0u {
        partial[group.x] = sums[0]; // (1)
    }
}
