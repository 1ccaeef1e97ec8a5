// Rows added to rows of a table by index, in order and without races.
//
// (1) table[i, j] += source[r, j], r ascending over the rows with indices[r] = i.
// source [count, width], table [symbols, width].
// A workgroup has `symbols_per_group` rows of the table and 64 of their columns to itself, an invocation a column: no
// other writes there, and it adds row after row. It looks at all indices, 64 at a time, and walks through those that
// are its own, of which bits tell. Each row of the source is thereby read once, and the indices as often as there are
// workgroups, of which there are no more for a larger table: the work grows with `count`, not with its square.

struct Params {
    source_start: u32,
    indices_start: u32,
    table_start: u32,
    count: u32,
    width: u32,
    symbols: u32,
    symbols_per_group: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read> indices: array<u32>;
@group(1) @binding(2) var<storage, read_write> table: array<f32>;

/// Of 64 rows the index, counted from the workgroup's first.
var<workgroup> block: array<u32, 64>;
/// A bit for each of them: whether its index is one of the workgroup's.
var<workgroup> is_own: array<atomic<u32>, 2>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let column = group.x * 64u + local.x;
    let first = group.y * params.symbols_per_group;
    let own = min(params.symbols_per_group, params.symbols - first);
    for (var start = 0u; start < params.count; start += 64u) {
        if local.x < 2u {
            atomicStore(&is_own[local.x], 0u);
        }
        workgroupBarrier();
        if start + local.x < params.count {
            // What is below the first wraps around and is no less outside.
            let index = indices[params.indices_start + start + local.x] - first;
            block[local.x] = index;
            if index < own {
                atomicOr(&is_own[local.x / 32u], 1u << (local.x % 32u));
            }
        }
        workgroupBarrier();
        for (var half = 0u; half < 2u; half++) {
            var rest = atomicLoad(&is_own[half]);
            while rest != 0u {
                let r = half * 32u + firstTrailingBit(rest);
                rest &= rest - 1u;
                if column < params.width {
                    let number = source[params.source_start + (start + r) * params.width + column];
                    table[params.table_start + (first + block[r]) * params.width + column] += number; // (1)
                }
            }
        }
        workgroupBarrier();
    }
}
