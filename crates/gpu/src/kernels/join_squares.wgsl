// Joins the parts of a sum of squares to an entry of a ledger.
//
// (1) ledger[entry] = Σ_g partial[g], in the order of g; their marks of what is infinite or NaN are joined bit by
//     bit. See sum_of_squares.wgsl for a part. partial [parts], ledger [entries].

struct Params {
    parts: u32,
    entry: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> partial: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read_write> ledger: array<vec4<f32>>;

@compute @workgroup_size(1)
fn main() {
    var sum = vec3(0.0);
    var lost = 0u;
    for (var g = 0u; g < params.parts; g++) {
        let part = partial[g];
        sum += part.xyz;
        lost |= u32(part.w);
    }
    ledger[params.entry] = vec4(sum, f32(lost)); // (1)
}
