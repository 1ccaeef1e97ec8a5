// A step of an LSTM: the recurrent product and the gates. The numbers of the equations are those of
// ops/recurrent/lstm.rs.
//
// (1) a += s · W_hhᵀ;
// (2) i, f, o = σ(a), g = tanh(a), in place of a, in the order i, f, g, o;
// (3) c = f ⊙ c' + i ⊙ g;
// (4) h = o ⊙ tanh(c).
// gates (a) [N, 4H]; h and c [N, H], of which the rows of the step before are s and c' of this one; sequences that
// join in have theirs in entry [2, B, H]. W [4H, H] as it is. before [N, H] keeps s, last [B, H] is h and c at the end.
// A workgroup computes 32 rows of 8 units, an invocation all four gates of a unit of 2 rows. Tiles of W and of s of
// 32 numbers along k lie in workgroup memory; while one pair is multiplied, the next is on its way.

struct Params {
    gates_start: u32,
    hidden_start: u32,
    cells_start: u32,
    last_hidden_start: u32,
    last_cells_start: u32,
    /// The first row of the step, and how many.
    first: u32,
    rows: u32,
    /// The same of the step before it; none if it is the first.
    before_first: u32,
    before_rows: u32,
    /// Rows of the step after it; none if it is the last.
    after_rows: u32,
    /// B.
    batch: u32,
    hidden_size: u32,
    /// Whether the rows of W begin at whole vectors.
    is_aligned: u32,
    /// Whether the state before the step is kept for the way back.
    is_kept: u32,
    /// Whether the walk ends here in plain order, so that the state after it is written.
    is_left: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
/// W
@group(1) @binding(0) var<storage, read> weight: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> entry: array<f32>;
@group(1) @binding(2) var<storage, read_write> gates: array<f32>;
@group(1) @binding(3) var<storage, read_write> hidden: array<f32>;
@group(1) @binding(4) var<storage, read_write> cells: array<f32>;
@group(1) @binding(5) var<storage, read_write> before: array<f32>;
@group(1) @binding(6) var<storage, read_write> last_hidden: array<f32>;
@group(1) @binding(7) var<storage, read_write> last_cells: array<f32>;

const ROWS: u32 = 32u;
const UNITS: u32 = 8u;
/// Numbers of the state that are multiplied at a time.
const DEPTH: u32 = 32u;

/// [4 blocks, 8 vectors along k, 8 units and one unused] and [32 rows, 8 vectors along k and one unused]: what
/// is read or written at once lies in different banks.
var<workgroup> weight_tile: array<vec4<f32>, 288>;
var<workgroup> state_tile: array<vec4<f32>, 288>;

/// The hyperbolic tangent. Bounded, because some devices take it from exponentials that overflow; NaN stays.
fn squash(x: f32) -> f32 {
    let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    return select(tanh(clamp(x, -15.0, 15.0)), x, is_nan);
}

fn sigmoid(x: f32) -> f32 {
    return 1.0 / (1.0 + exp(-x));
}

/// Number k of the state before the step.
fn state(row: u32, k: u32) -> f32 {
    if row < params.before_rows {
        return hidden[params.hidden_start + (params.before_first + row) * params.hidden_size + k];
    }
    return entry[row * params.hidden_size + k];
}

/// s[row, k … k + 3], 0 outside.
fn load_state(row: u32, k: u32) -> vec4<f32> {
    var numbers = vec4(0.0);
    if row < params.rows {
        for (var j = 0u; j < 4u && k + j < params.hidden_size; j++) {
            numbers[j] = state(row, k + j);
        }
    }
    return numbers;
}

/// The vector along k that is fetched as the `item`-th of a tile of W, 0 outside.
fn load_weight(item: u32, tile: u32, depth: u32) -> vec4<f32> {
    let unit = tile * UNITS + item / 8u % 8u;
    let k = depth + item % 8u * 4u;
    if unit >= params.hidden_size || k >= params.hidden_size {
        return vec4(0.0);
    }
    let place = (item / 64u * params.hidden_size + unit) * params.hidden_size + k;
    if params.is_aligned != 0u {
        return weight[place / 4u];
    }
    var numbers = vec4(0.0);
    for (var j = 0u; j < 4u && k + j < params.hidden_size; j++) {
        numbers[j] = weight[(place + j) / 4u][(place + j) % 4u];
    }
    return numbers;
}

/// Where the `item`-th lies in the tile.
fn place_of(item: u32) -> u32 {
    return (item / 64u * 8u + item % 8u) * 9u + item / 8u % 8u;
}

/// sum + s · W of the gates of a unit, four k of them.
fn added(sum: vec4<f32>, s: vec4<f32>, w0: vec4<f32>, w1: vec4<f32>, w2: vec4<f32>, w3: vec4<f32>) -> vec4<f32> {
    return sum + vec4(dot(s, w0), dot(s, w1), dot(s, w2), dot(s, w3));
}

/// The gates and the state of a unit, from what the product adds to them.
fn finish(row: u32, unit: u32, product: vec4<f32>) {
    let width = params.hidden_size;
    if row >= params.rows || unit >= width {
        return;
    }
    let place = params.gates_start + (params.first + row) * 4u * width + unit;
    let i = sigmoid(gates[place] + product.x);
    let f = sigmoid(gates[place + width] + product.y);
    let g = squash(gates[place + 2u * width] + product.z);
    let o = sigmoid(gates[place + 3u * width] + product.w);
    gates[place] = i; // (2)
    gates[place + width] = f;
    gates[place + 2u * width] = g;
    gates[place + 3u * width] = o;
    var previous = 0.0;
    if row < params.before_rows {
        previous = cells[params.cells_start + (params.before_first + row) * width + unit];
    } else {
        previous = entry[(params.batch + row) * width + unit];
    }
    let s = state(row, unit);
    let c = f * previous + i * g;
    let h = o * squash(c);
    cells[params.cells_start + (params.first + row) * width + unit] = c; // (3)
    hidden[params.hidden_start + (params.first + row) * width + unit] = h; // (4)
    if params.is_kept != 0u {
        before[(params.first + row) * width + unit] = s;
    }
    if params.is_left != 0u && row >= params.after_rows {
        last_hidden[params.last_hidden_start + row * width + unit] = h;
        last_cells[params.last_cells_start + row * width + unit] = c;
    }
}

@compute @workgroup_size(8, 16)
fn main(
    @builtin(workgroup_id) tile: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let row = tile.y * ROWS;
    // What this invocation fetches: two vectors of each tile.
    let fetched_row = row + index / 8u;
    let fetched_k = index % 8u * 4u;
    var next_w0 = load_weight(index, tile.x, 0u);
    var next_w1 = vec4(0.0);
    if index + 128u < 256u {
        next_w1 = load_weight(index + 128u, tile.x, 0u);
    }
    var next_s0 = load_state(fetched_row, fetched_k);
    var next_s1 = load_state(fetched_row + 16u, fetched_k);
    var sum0 = vec4(0.0);
    var sum1 = vec4(0.0);
    for (var depth = 0u; depth < params.hidden_size; depth += DEPTH) {
        workgroupBarrier();
        weight_tile[place_of(index)] = next_w0;
        if index + 128u < 256u {
            weight_tile[place_of(index + 128u)] = next_w1;
        }
        state_tile[index / 8u * 9u + index % 8u] = next_s0;
        state_tile[(index / 8u + 16u) * 9u + index % 8u] = next_s1;
        workgroupBarrier();
        let next = depth + DEPTH;
        next_w0 = load_weight(index, tile.x, next);
        if index + 128u < 256u {
            next_w1 = load_weight(index + 128u, tile.x, next);
        }
        next_s0 = load_state(fetched_row, next + fetched_k);
        next_s1 = load_state(fetched_row + 16u, next + fetched_k);
        for (var step = 0u; step < 8u; step++) {
            let w0 = weight_tile[(0u + step) * 9u + local.x];
            let w1 = weight_tile[(8u + step) * 9u + local.x];
            let w2 = weight_tile[(16u + step) * 9u + local.x];
            let w3 = weight_tile[(24u + step) * 9u + local.x];
            sum0 = added(sum0, state_tile[local.y * 9u + step], w0, w1, w2, w3); // (1)
            sum1 = added(sum1, state_tile[(local.y + 16u) * 9u + step], w0, w1, w2, w3);
        }
    }
    let unit = tile.x * UNITS + local.x;
    finish(row + local.y, unit, sum0);
    finish(row + local.y + 16u, unit, sum1);
}
