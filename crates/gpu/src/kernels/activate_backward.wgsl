// Activations, backward, from their values.
//
// (1) d_source[n] += d_result[n] · f′, f′ = [y > 0], 1 − y² or y · (1 − y), y = result[n]; kinds 0, 1, 2.

struct Params {
    result_start: u32,
    d_result_start: u32,
    d_source_start: u32,
    len: u32,
    kind: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> result: array<f32>;
@group(1) @binding(1) var<storage, read> d_result: array<f32>;
@group(1) @binding(2) var<storage, read_write> d_source: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.len; n += groups.x * 64u) {
        let y = result[params.result_start + n];
        let d_y = d_result[params.d_result_start + n];
        var d_x = 0.0;
        switch params.kind {
            case 0u: {
                d_x = select(d_y, 0.0, y <= 0.0);
            }
            case 1u: {
                d_x = d_y * (1.0 - y * y);
            }
            default: {
                d_x = d_y * (y * (1.0 - y));
            }
        }
        d_source[params.d_source_start + n] += d_x; // (1)
    }
}
