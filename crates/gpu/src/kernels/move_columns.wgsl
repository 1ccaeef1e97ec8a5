// A block of columns, copied or added.
//
// (1) result[r, j] = source[r, j], or +=; `rows` rows of `width`, in tensors with rows of their own strides.

struct Params {
    source_start: u32,
    result_start: u32,
    rows: u32,
    width: u32,
    source_stride: u32,
    result_stride: u32,
    is_added: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.rows * params.width; n += groups.x * 64u) {
        let row = n / params.width;
        let column = n % params.width;
        var number = source[params.source_start + row * params.source_stride + column];
        let place = params.result_start + row * params.result_stride + column;
        if params.is_added != 0u {
            number += result[place];
        }
        result[place] = number; // (1)
    }
}
