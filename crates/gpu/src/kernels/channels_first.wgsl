// A convolution's rows as images, or back.
//
// (1) images[n, o, oy, ox] = rows[(n, oy, ox), o].
// Images [N, O, OH, OW]; rows [lines · OW, O], a line for each n and oy, counted from line `first`.

struct Params {
    images_start: u32,
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
    for (var n = id.x; n < params.count * params.out_width * params.channels; n += groups.x * 64u) {
        let row = n / params.channels;
        let line = params.first + row / params.out_width;
        let plane = line / params.out_height * params.channels + n % params.channels;
        let offset = (plane * params.out_height + line % params.out_height) * params.out_width + row % params.out_width;
        let place = params.images_start + offset;
        images[place] = rows[n]; // (1)
    }
}
