// Rows added to the places of the images that `unfold.wgsl` takes them from.
//
// (1) images[n, c, y, x] += Σ_ky,kx rows[(n, oy, ox), (c, ky, kx)] over the positions within the lines that see it,
//     oy · stride + ky = y + padding and ox · stride + kx = x + padding.
// Images [N, C, H, W]; rows [lines · OW, C · KH · KW], a line for each n and oy, counted from line `first`.
// An invocation takes a number of an image, so that none is written by two.

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
@group(1) @binding(0) var<storage, read> rows: array<f32>;
@group(1) @binding(1) var<storage, read_write> images: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let plane = params.image_height * params.image_width;
    let window = params.channels * params.kernel_height * params.kernel_width;
    let first_image = params.first / params.out_height;
    let end_image = (params.first + params.count - 1u) / params.out_height + 1u;
    for (var n = id.x; n < (end_image - first_image) * params.channels * plane; n += groups.x * 64u) {
        let image = first_image + n / plane / params.channels;
        let channel = n / plane % params.channels;
        let y = n % plane / params.image_width + params.padding;
        let x = n % params.image_width + params.padding;
        var sum = 0.0;
        for (var ky = 0u; ky < params.kernel_height && ky <= y; ky++) {
            let oy = (y - ky) / params.stride;
            let line = image * params.out_height + oy;
            let is_seen = (y - ky) % params.stride == 0u && oy < params.out_height;
            if !is_seen || line < params.first || line >= params.first + params.count {
                continue;
            }
            for (var kx = 0u; kx < params.kernel_width && kx <= x; kx++) {
                let ox = (x - kx) / params.stride;
                if (x - kx) % params.stride == 0u && ox < params.out_width {
                    let row = (line - params.first) * params.out_width + ox;
                    let column = (channel * params.kernel_height + ky) * params.kernel_width + kx;
                    sum += rows[row * window + column];
                }
            }
        }
        images[params.images_start + first_image * params.channels * plane + n] += sum; // (1)
    }
}
