// What the window of a convolution sees, a row for each position.
//
// (1) rows[(n, oy, ox), (c, ky, kx)] = images[n, c, oy · stride + ky − padding, ox · stride + kx − padding], 0 outside.
// Images [N, C, H, W]; rows [lines · OW, C · KH · KW], a line for each n and oy, counted from line `first`.

struct Params {
    images_start: u32,
    image_height: u32,
    image_width: u32,
    kernel_height: u32,
    kernel_width: u32,
    stride: u32,
    padding: u32,
    out_height: u32,
    out_width: u32,
    channels: u32,
    first: u32,
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> images: array<f32>;
@group(1) @binding(1) var<storage, read_write> rows: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let kernel_size = params.kernel_height * params.kernel_width;
    let window = params.channels * kernel_size;
    for (var n = id.x; n < params.count * params.out_width * window; n += groups.x * 64u) {
        let row = n / window;
        let channel = n % window / kernel_size;
        let line = params.first + row / params.out_width;
        let y = line % params.out_height * params.stride + n % kernel_size / params.kernel_width;
        let x = row % params.out_width * params.stride + n % params.kernel_width;
        var number = 0.0;
        // Before padding is taken off, so that nothing is negative.
        let is_inside_y = y >= params.padding && y < params.padding + params.image_height;
        let is_inside_x = x >= params.padding && x < params.padding + params.image_width;
        if is_inside_y && is_inside_x {
            let image = line / params.out_height * params.channels + channel;
            let place = (image * params.image_height + y - params.padding) * params.image_width;
            number = images[params.images_start + place + x - params.padding];
        }
        rows[n] = number; // (1)
    }
}
