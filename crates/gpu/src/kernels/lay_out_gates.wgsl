// Lays out a recurrent weight for walks of all steps: what an invocation multiplies by is one vector, and invocations of
// neighbouring units read neighbours.
//
// (1) If there are several gates, those of a unit side by side: result[k, u] = (W[0, u, k], W[1, u, k], …), 0 behind the
//     last gate. If there is one, four k side by side: result[q, u] = (W[u, 4q], …, W[u, 4q + 3]), 0 behind the last k.
// (2) On the way back W is taken transposed, gate by gate: W[g, k, u] in the place of W[g, u, k].
// W [G, H, H]; result [H, H] or [⌈H / 4⌉, H] in vectors.

struct Params {
    hidden_size: u32,
    gates: u32,
    is_back: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> weight: array<f32>;
@group(1) @binding(1) var<storage, read_write> result: array<vec4<f32>>;

/// W[gate, u, k], or W[gate, k, u] on the way back.
fn number(gate: u32, u: u32, k: u32) -> f32 {
    if params.is_back != 0u {
        return weight[(gate * params.hidden_size + k) * params.hidden_size + u]; // (2)
    }
    return weight[(gate * params.hidden_size + u) * params.hidden_size + k];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let width = params.hidden_size;
    let vectors = select(width * width, (width + 3u) / 4u * width, params.gates == 1u);
    for (var n = id.x; n < vectors; n += groups.x * 64u) {
        let u = n % width;
        let line = n / width;
        var numbers = vec4(0.0);
        for (var j = 0u; j < 4u; j++) {
            if params.gates == 1u && line * 4u + j < width {
                numbers[j] = number(0u, u, line * 4u + j); // (1)
            } else if params.gates > 1u && j < params.gates {
                numbers[j] = number(j, u, line);
            }
        }
        result[n] = numbers;
    }
}
