// The sum of all rows, added to a row.
//
// (1) s[l, j] = Σ source[r, j] over the rows r = l, l + 16, l + 32, …, in this order;
// (2) result[j] += Σ_l s[l, j], in the order of l.
// source [rows, width], result [width]. A workgroup sums 16 columns, an invocation one of the 16 sums of one.

struct Params {
    source_start: u32,
    rows: u32,
    width: u32,
}

const COLUMNS: u32 = 16u;
const LANES: u32 = 16u;

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read_write> result: array<f32>;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let column = group.x * COLUMNS + local.x;
    var sum = 0.0;
    if column < params.width {
        for (var r = local.y; r < params.rows; r += LANES) {
            sum += source[params.source_start + r * params.width + column]; // (1)
        }
    }
    sums[local.y * COLUMNS + local.x] = sum;
    workgroupBarrier();
    if local.y == 0u && column < params.width {
        var total = sums[local.x];
        for (var lane = 1u; lane < LANES; lane++) {
            total += sums[lane * COLUMNS + local.x];
        }
        result[column] += total; // (2)
    }
}
