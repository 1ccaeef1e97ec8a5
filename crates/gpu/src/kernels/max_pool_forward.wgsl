// The largest number of each window of an image.
//
// (1) result[plane, oy, ox] = the largest that the window covers, padding left out; NaN if one is.
// Planes [·, H, W], of which `count` from `first` on.

struct Params {
    planes_start: u32,
    result_start: u32,
    image_height: u32,
    image_width: u32,
    kernel_height: u32,
    kernel_width: u32,
    stride: u32,
    padding: u32,
    out_height: u32,
    out_width: u32,
    first: u32,
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> planes: array<f32>;
@group(1) @binding(1) var<storage, read_write> result: array<f32>;

fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

/// The place in a plane of the largest number that a window covers, the first of equals, or of the first NaN.
fn winner(plane: u32, oy: u32, ox: u32) -> u32 {
    let start = params.planes_start + plane * params.image_height * params.image_width;
    let top = max(oy * params.stride, params.padding) - params.padding;
    let left = max(ox * params.stride, params.padding) - params.padding;
    let bottom = max(oy * params.stride + params.kernel_height, params.padding) - params.padding;
    let right = max(ox * params.stride + params.kernel_width, params.padding) - params.padding;
    var place = top * params.image_width + left;
    var largest = planes[start + place];
    for (var y = top; y < min(bottom, params.image_height); y++) {
        for (var x = left; x < min(right, params.image_width); x++) {
            let number = planes[start + y * params.image_width + x];
            if !is_nan(largest) && (number > largest || is_nan(number)) {
                largest = number;
                place = y * params.image_width + x;
            }
        }
    }
    return place;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let size = params.out_height * params.out_width;
    for (var n = id.x; n < params.count * size; n += groups.x * 64u) {
        let plane = params.first + n / size;
        let place = winner(plane, n % size / params.out_width, n % params.out_width);
        let number = planes[params.planes_start + plane * params.image_height * params.image_width + place];
        result[params.result_start + params.first * size + n] = number; // (1)
    }
}
