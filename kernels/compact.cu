// Compaction in place: slot keep[row, s] of each row becomes slot s, for keys, values and positions.
//
// Ascending lists move within the cache: keep[s] >= s, so writes never reach a slot that a later tile reads. Any other list
// (the published code's score order) needs `room` for a copy of the slots that will be overwritten.
//
// Shapes   keys, values [rows, capacity, chunks] in chunks of sixteen bytes; positions u32 [rows, capacity];
//          keep u32 [rows, kept]; room null, or [rows, kept, 2 * chunks] chunks and room_positions u32 [rows, kept]
// Grid     (2 * chunks / SLICE + 1, rows) blocks of 256 threads: a block has SLICE neighbouring chunks of every slot of a
//          row's keys or values, the last block its positions. SLICE is 4 (64 bytes) if that divides chunks, else 2.
// Bytes    read and written: 32 * chunks a slot that moves; slots that stay in place are left alone.
#include "elements.cuh"

#define COMPACT_THREADS 256

// `data` and `room` start at the block's slice; a slot is `stride` elements, of which `slice` are the block's.
template <class E>
DEVICE void compact_slice(E* data, const u32* keep, E* room, int kept, int stride, int slice, int room_stride) {
    const int column = threadIdx.x % slice, line = threadIdx.x / slice, lines = COMPACT_THREADS / slice;
    if (room) {
        for (int s = line; s < kept; s += lines) room[(i64)s * room_stride + column] = data[(i64)s * stride + column];
        __syncthreads();
        for (int s = line; s < kept; s += lines) {
            const u32 from = keep[s];
            data[(i64)s * stride + column] =
                from < (u32)kept ? room[(i64)from * room_stride + column] : data[(i64)from * stride + column];
        }
        return;
    }
    for (int first = 0; first < kept; first += lines) {
        const int s = first + line;
        const u32 from = s < kept ? keep[s] : s;
        const bool moves = from != (u32)s;
        E moved = {};
        if (moves) moved = data[(i64)from * stride + column];
        // All of this tile is read before any of it is written; the next tile reads only beyond what this one writes.
        __syncthreads();
        if (moves) data[(i64)s * stride + column] = moved;
    }
}

extern "C" __global__ void __launch_bounds__(COMPACT_THREADS)
    compact_slots(uint4* keys, uint4* values, u32* positions, const u32* keep, uint4* room, u32* room_positions,
                  int capacity, int kept, int chunks, int slice) {
    const i64 row = blockIdx.y;
    const int slices = chunks / slice, part = blockIdx.x;
    keep += row * kept;
    if (part == 2 * slices) {
        compact_slice(positions + row * capacity, keep, room_positions ? room_positions + row * kept : nullptr, kept, 1, 1, 1);
        return;
    }
    uint4* data = part < slices ? keys : values;
    compact_slice(data + row * capacity * chunks + part % slices * slice, keep,
                  room ? room + row * kept * 2 * chunks + part * slice : nullptr, kept, chunks, slice, 2 * chunks);
}
EXPORT(compact_slots)
