// The maximum over the steps of each sequence.
//
// (1) result[b, h] = max_t source[rows[b, t], h], winners[b, h] is the row it is from: the first of equals. What is
//     NaN wins, the last of them. rows [B, T].

struct Params {
    source_start: u32,
    result_start: u32,
    steps: u32,
    batch: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read> rows: array<u32>;
@group(1) @binding(2) var<storage, read> lengths: array<u32>;
@group(1) @binding(3) var<storage, read_write> result: array<f32>;
@group(1) @binding(4) var<storage, read_write> winners: array<u32>;

fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.batch * params.width; n += groups.x * 64u) {
        let sequence = n / params.width;
        let column = params.source_start + n % params.width;
        var winner = rows[sequence * params.steps];
        var largest = source[column + winner * params.width];
        for (var t = 1u; t < lengths[sequence]; t++) {
            let row = rows[sequence * params.steps + t];
            let number = source[column + row * params.width];
            if number > largest || is_nan(number) {
                largest = number;
                winner = row;
            }
        }
        result[params.result_start + n] = largest; // (1)
        winners[n] = winner;
    }
}
