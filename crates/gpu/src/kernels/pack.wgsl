// Lays out a matrix for being multiplied by.
//
// (1) packed[p, j] = source[p, j] for j < n, 0 up to the end of the last vector.
// source [k, n], packed [k, stride] in vectors.

struct Params {
    start: u32,
    k: u32,
    n: u32,
    /// Vectors from one row to the next.
    stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> packed: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var v = id.x; v < params.k * params.stride; v += groups.x * 64u) {
        let column = v % params.stride * 4u;
        let row_start = params.start + v / params.stride * params.n;
        var numbers = vec4(0.0);
        for (var j = 0u; j < 4u && column + j < params.n; j++) {
            numbers[j] = source[row_start + column + j];
        }
        packed[v] = numbers; // (1)
    }
}
