// The largest number of each window of an image, backward.
//
// (1) d_planes[plane, y, x] += Σ d_result[plane, oy, ox] over the windows whose largest number is at (y, x).
// Planes [·, H, W], of which `count` from `first` on. An invocation takes a number of a plane, so that none is written
// by two, and looks through the windows that cover it: their first and last row and column follow from
// oy · stride <= y + padding < oy · stride + kernel.

struct Params {
    planes_start: u32,
    d_result_start: u32,
    d_planes_start: u32,
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
@group(1) @binding(1) var<storage, read> d_result: array<f32>;
@group(1) @binding(2) var<storage, read_write> d_planes: array<f32>;

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

/// The first of the windows along an axis that cover a place.
fn first_window(place: u32, kernel: u32) -> u32 {
    let end = place + params.padding;
    if end < kernel {
        return 0u;
    }
    return (end - kernel) / params.stride + 1u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let size = params.image_height * params.image_width;
    for (var n = id.x; n < params.count * size; n += groups.x * 64u) {
        let plane = params.first + n / size;
        let place = n % size;
        let y = place / params.image_width;
        let x = place % params.image_width;
        let end_y = min((y + params.padding) / params.stride + 1u, params.out_height);
        let end_x = min((x + params.padding) / params.stride + 1u, params.out_width);
        let d_start = params.d_result_start + plane * params.out_height * params.out_width;
        var sum = d_planes[params.d_planes_start + plane * size + place];
        for (var oy = first_window(y, params.kernel_height); oy < end_y; oy++) {
            for (var ox = first_window(x, params.kernel_width); ox < end_x; ox++) {
                if winner(plane, oy, ox) == place {
                    sum += d_result[d_start + oy * params.out_width + ox]; // (1)
                }
            }
        }
        d_planes[params.d_planes_start + plane * size + place] = sum;
    }
}
