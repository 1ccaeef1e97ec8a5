// A mask of inverted dropout, from the same random words as on the CPU: counter_random.rs.
//
// (1) words 4b … 4b + 3 are Philox4x32-10 of the counter (b, 0, step, 0) under the key (seed, stream);
// (2) result[n] = source[n] · m, or +=, where m is 0 if word n is below the threshold, else the scale.
// It multiplies rather than chooses, so that NaN stays even if it is dropped. An invocation takes 4 numbers.

struct Params {
    source_start: u32,
    result_start: u32,
    len: u32,
    is_added: u32,
    seed: u32,
    stream: u32,
    step: u32,
    threshold: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> result: array<f32>;

const ROUNDS: u32 = 10u;
const MULTIPLIER0: u32 = 0xD2511F53u;
const MULTIPLIER1: u32 = 0xCD9E8D57u;
const WEYL: vec2<u32> = vec2<u32>(0x9E3779B9u, 0xBB67AE85u);

/// The upper half of a product, from products of halves.
fn upper(a: u32, b: u32) -> u32 {
    let a_low = a & 0xffffu;
    let a_high = a >> 16u;
    let b_low = b & 0xffffu;
    let b_high = b >> 16u;
    let middle = a_high * b_low + ((a_low * b_low) >> 16u);
    let other = a_low * b_high + (middle & 0xffffu);
    return a_high * b_high + (middle >> 16u) + (other >> 16u);
}

fn philox(start: vec4<u32>, start_key: vec2<u32>) -> vec4<u32> {
    var c = start;
    var key = start_key;
    for (var round = 0u; round < ROUNDS; round++) {
        let high0 = upper(MULTIPLIER0, c.x);
        let high1 = upper(MULTIPLIER1, c.z);
        c = vec4(high1 ^ c.y ^ key.x, MULTIPLIER1 * c.z, high0 ^ c.w ^ key.y, MULTIPLIER0 * c.x);
        key += WEYL;
    }
    return c;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let blocks = (params.len + 3u) / 4u;
    for (var block = id.x; block < blocks; block += groups.x * 64u) {
        let words = philox(vec4(block, 0u, params.step, 0u), vec2(params.seed, params.stream)); // (1)
        for (var j = 0u; j < 4u && block * 4u + j < params.len; j++) {
            let n = block * 4u + j;
            let m = select(params.scale, 0.0, words[j] < params.threshold);
            var product = source[params.source_start + n] * m;
            if params.is_added != 0u {
                product += result[params.result_start + n];
            }
            result[params.result_start + n] = product; // (2)
        }
    }
}
