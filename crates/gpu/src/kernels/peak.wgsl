// What the GPU does at best: multiplications and additions that never leave the registers.
//
// (1) x_i = x_i · factor + term, in eight vectors of an invocation, 4 · rounds times, each number from another
//     start, so that no compiler finds two alike;
// (2) result[n] = Σ of all 32 numbers of invocation n, in the order written.
// Each vector waits for nothing but its own last value, so that eight of them are under way at a time. The four
// turns of a round stand one after the other because loops cost: drivers are given a bound with every one.

struct Params {
    rounds: u32,
    factor: f32,
    term: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read_write> result: array<f32>;

const INVOCATIONS: u32 = 256u;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let factor = vec4(params.factor);
    let term = vec4(params.term);
    let start = vec4(0.0, 0.25, 0.5, 0.75);
    var x0 = start;
    var x1 = vec4(1.0) + start;
    var x2 = vec4(2.0) + start;
    var x3 = vec4(3.0) + start;
    var x4 = vec4(4.0) + start;
    var x5 = vec4(5.0) + start;
    var x6 = vec4(6.0) + start;
    var x7 = vec4(7.0) + start;
    for (var round = 0u; round < params.rounds; round++) {
        x0 = fma(x0, factor, term); // (1)
        x1 = fma(x1, factor, term);
        x2 = fma(x2, factor, term);
        x3 = fma(x3, factor, term);
        x4 = fma(x4, factor, term);
        x5 = fma(x5, factor, term);
        x6 = fma(x6, factor, term);
        x7 = fma(x7, factor, term);

        x0 = fma(x0, factor, term);
        x1 = fma(x1, factor, term);
        x2 = fma(x2, factor, term);
        x3 = fma(x3, factor, term);
        x4 = fma(x4, factor, term);
        x5 = fma(x5, factor, term);
        x6 = fma(x6, factor, term);
        x7 = fma(x7, factor, term);

        x0 = fma(x0, factor, term);
        x1 = fma(x1, factor, term);
        x2 = fma(x2, factor, term);
        x3 = fma(x3, factor, term);
        x4 = fma(x4, factor, term);
        x5 = fma(x5, factor, term);
        x6 = fma(x6, factor, term);
        x7 = fma(x7, factor, term);

        x0 = fma(x0, factor, term);
        x1 = fma(x1, factor, term);
        x2 = fma(x2, factor, term);
        x3 = fma(x3, factor, term);
        x4 = fma(x4, factor, term);
        x5 = fma(x5, factor, term);
        x6 = fma(x6, factor, term);
        x7 = fma(x7, factor, term);
    }
    let sum = x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7; // (2)
    result[group.x * INVOCATIONS + local.x] = sum.x + sum.y + sum.z + sum.w;
}
