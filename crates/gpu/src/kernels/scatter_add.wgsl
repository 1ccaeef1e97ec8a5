// Rows added to rows of a table by index, in order and without races.
//
// (1) table[i, j] += source[r, j], r ascending over the rows with indices[r] = i.
// source [count, width], table [·, width].
// A workgroup takes a row r. If a row before it has the same index, that one does the work; else it adds all rows
// from r on that have it, 64 columns at a time, after finding 64 rows at a time which they are.

struct Params {
    source_start: u32,
    indices_start: u32,
    table_start: u32,
    count: u32,
    width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(1) @binding(0) var<storage, read> source: array<f32>;
@group(1) @binding(1) var<storage, read> indices: array<u32>;
@group(1) @binding(2) var<storage, read_write> table: array<f32>;

var<workgroup> is_repeated: atomic<u32>;
var<workgroup> is_repeated_for_all: u32;
var<workgroup> is_match: array<u32, 64>;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    for (var row = group.x; row < params.count; row += groups.x) {
        let index = indices[params.indices_start + row];
        if local.x == 0u {
            atomicStore(&is_repeated, 0u);
        }
        workgroupBarrier();
        for (var r = local.x; r < row; r += 64u) {
            if indices[params.indices_start + r] == index {
                atomicStore(&is_repeated, 1u);
            }
        }
        workgroupBarrier();
        if local.x == 0u {
            is_repeated_for_all = atomicLoad(&is_repeated);
        }
        if workgroupUniformLoad(&is_repeated_for_all) != 0u {
            continue;
        }
        for (var first = 0u; first < params.width; first += 64u) {
            let column = first + local.x;
            let place = params.table_start + index * params.width + column;
            var sum = 0.0;
            if column < params.width {
                sum = table[place];
            }
            for (var block = row; block < params.count; block += 64u) {
                workgroupBarrier();
                var found = 0u;
                if block + local.x < params.count {
                    found = u32(indices[params.indices_start + block + local.x] == index);
                }
                is_match[local.x] = found;
                workgroupBarrier();
                for (var r = 0u; r < 64u; r++) {
                    if is_match[r] != 0u && column < params.width {
                        sum += source[params.source_start + (block + r) * params.width + column]; // (1)
                    }
                }
            }
            if column < params.width {
                table[place] = sum;
            }
        }
    }
}
