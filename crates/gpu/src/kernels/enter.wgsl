// Adds a number to an entry of a ledger.
//
// (1) ledger[entry].y += factor · source[start];
// (2) ledger[entry].w: 1 if the sum is infinite, 2 if it is NaN, 0 otherwise. WGSL lets a compiler assume that
//     neither happens, hence the bits, and those of the number itself.
// An entry is what sum_of_squares.wgsl calls a part. ledger [entries].

struct Params {
    start: u32,
    entry: u32,
    factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> ledger: array<vec4<f32>>;

const INFINITE: u32 = 0x7f800000u;

fn lost_bits(number: f32) -> u32 {
    let magnitude = bitcast<u32>(number) & 0x7fffffffu;
    return select(0u, 1u, magnitude == INFINITE) | select(0u, 2u, magnitude > INFINITE);
}

@compute @workgroup_size(1)
fn main() {
    let number = source[params.start];
    let before = ledger[params.entry];
    let sum = before.y + params.factor * number; // (1)
    let lost = u32(before.w) | lost_bits(number) | lost_bits(sum);
    ledger[params.entry] = vec4(before.x, sum, before.z, f32(lost)); // (2)
}
