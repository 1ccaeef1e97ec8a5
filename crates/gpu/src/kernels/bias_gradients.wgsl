// The gradients of two biases, each the sum of rows.
//
// (1) s[l, j] = Σ first[r, j] over the rows r = l, l + 16, l + 32, …, in this order;
// (2) d_first[j] += Σ_l s[l, j], in the order of l; d_second likewise from the rows of second.
// first [first_rows, width], second [second_rows, width]. A workgroup sums 16 columns of the one (y = 0) or the other
// (y = 1), an invocation one of the 16 sums of one.

struct Params {
    first_start: u32,
    first_rows: u32,
    second_start: u32,
    second_rows: u32,
    width: u32,
}

const COLUMNS: u32 = 16u;
const LANES: u32 = 16u;

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> first: array<f32>;
@group(1) @binding(1) var<storage, read> second: array<f32>;
@group(1) @binding(2) var<storage, read_write> d_first: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_second: array<f32>;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let column = group.x * COLUMNS + local.x;
    let is_first = group.y == 0u;
    var sum = 0.0;
    if column < params.width && is_first {
        for (var r = local.y; r < params.first_rows; r += LANES) {
            sum += first[params.first_start + r * params.width + column]; // (1)
        }
    } else if column < params.width {
        for (var r = local.y; r < params.second_rows; r += LANES) {
            sum += second[params.second_start + r * params.width + column];
        }
    }
    sums[local.y * COLUMNS + local.x] = sum;
    workgroupBarrier();
    if local.y == 0u && column < params.width {
        var total = sums[local.x];
        for (var lane = 1u; lane < LANES; lane++) {
            total += sums[lane * COLUMNS + local.x];
        }
        if is_first {
            d_first[column] += total; // (2)
        } else {
            d_second[column] += total;
        }
    }
}
