// A choice for each row.
//
// (1) chosen[r] = forced[r] where coins[r] is not 0, else the place of the largest of scores[r], the first of
//     equals; what is NaN is never the largest, unless all are.

struct Params {
    scores_start: u32,
    forced_start: u32,
    coins_start: u32,
    chosen_start: u32,
    rows: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> scores: array<f32>;
@group(1) @binding(1) var<storage, read> forced: array<u32>;
@group(1) @binding(2) var<storage, read> coins: array<u32>;
@group(1) @binding(3) var<storage, read_write> chosen: array<u32>;

fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var n = id.x; n < params.rows; n += groups.x * 64u) {
        var choice = forced[params.forced_start + n];
        if coins[params.coins_start + n] == 0u {
            let start = params.scores_start + n * params.width;
            choice = 0u;
            var largest = scores[start];
            for (var j = 1u; j < params.width; j++) {
                let score = scores[start + j];
                if !is_nan(score) && (is_nan(largest) || score > largest) {
                    choice = j;
                    largest = score;
                }
            }
        }
        chosen[params.chosen_start + n] = choice; // (1)
    }
}
