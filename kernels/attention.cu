// Attention of new queries over the compacted cache: softmax(query . key / sqrt(D)) . value, each query head reading the
// KV head of its GQA group in place (no copy of keys for each query head), in the manner of flash decoding.
//
// The queries of a chunk of T tokens come after their own keys: query t sees all but the newest T - 1 - t slots.
// Slots hold keys after RoPE at their original positions, so the order of slots does not matter.
//
// Shapes   queries, out [batch, T, kv_heads * group, D]; keys, values [batch * kv_heads, capacity, D], one layer
//          part f32 [batch * kv_heads, T * group, splits, D + 2]: unnormalised output, maximum and sum of a range of slots
//          (maxima in units of log2; unused if splits is 1)
// Grid     attend (splits, ceil(T * group / 8), batch * kv_heads) blocks of 128 threads: eight query rows over one range of
//          slots. A tile of keys is brought to shared memory while the values of the tile before are read; scores by a
//          thread a slot; a warp keeps two rows' running maximum and sum; values by a thread sixteen bytes of a slot.
//          merge (T * group, batch * kv_heads) blocks of 64 threads
// Bytes    keys and values of the visible slots once for every eight query rows: for one token, once for a group of up to
//          eight. Rows beyond T * group are computed and dropped.
#include "elements.cuh"

#define ATTEND_THREADS 128
#define ATTEND_ROWS 8
#define LOG2_E 1.44269504088896341f

template <class T, int D>
DEVICE void attend(const T* queries, const T* keys, const T* values, float* part, T* out, int kv_heads, int group,
                   int tokens, int capacity, int held, float scale) {
    const int WIDTH = Vector<T>::WIDTH, VECTORS = D / WIDTH, BYTES = D * (int)sizeof(T);
    const int SLOTS = BYTES <= 256 ? 64 : BYTES <= 512 ? 32 : 16, STRIDE = D + WIDTH;
    const int PARTS = ATTEND_THREADS / SLOTS, MINE = ATTEND_ROWS / PARTS;  // threads a slot, rows a thread in scoring
    const int PHASES = ATTEND_THREADS / VECTORS;                           // slots at a time in summing values
    SHARED(T, tile, SLOTS * STRIDE);
    SHARED(float, query, ATTEND_ROWS * D);
    SHARED(float, weight, SLOTS * ATTEND_ROWS);
    SHARED(float, most, ATTEND_ROWS);
    SHARED(float, sum, ATTEND_ROWS);
    SHARED(float, fade, ATTEND_ROWS);
    SHARED(float, gather, PHASES * D);

    const int tid = threadIdx.x, lane = tid % 32, warp = tid / 32, splits = gridDim.x;
    const int sequence = blockIdx.z / kv_heads, head = blockIdx.z % kv_heads;
    const int rows = tokens * group, first_row = blockIdx.y * ATTEND_ROWS;
    const i64 base = (i64)blockIdx.z * capacity * D;
    // Where a query row of this head lies in queries and out.
    auto place = [&](int r) {
        return (((i64)sequence * tokens + r / group) * kv_heads * group + (i64)head * group + r % group) * D;
    };
    auto visible = [&](int r) { return held - (tokens - 1 - r / group); };
    const int last_row = first_row + ATTEND_ROWS < rows ? first_row + ATTEND_ROWS - 1 : rows - 1;
    const int share = ((held + splits - 1) / splits + SLOTS - 1) / SLOTS * SLOTS;
    const int from = blockIdx.x * share, to = from + share < visible(last_row) ? from + share : visible(last_row);

    auto stage = [&](int start) {
        for (int v = tid; v < SLOTS * VECTORS; v += ATTEND_THREADS) {
            const int s = v / VECTORS, at = v % VECTORS * WIDTH;
            copy_async(tile + s * STRIDE + at, start + s < to ? keys + base + (i64)(start + s) * D + at : nullptr);
        }
        copy_commit();
    };
    if (from < to) stage(from);
    for (int i = tid; i < ATTEND_ROWS * D; i += ATTEND_THREADS) {
        const int r = first_row + i / D;
        query[i] = r < rows ? to_float(queries[place(r) + i % D]) * (scale * LOG2_E) : 0.0f;
    }
    if (tid < ATTEND_ROWS) {
        most[tid] = NEGATIVE_INFINITY;
        sum[tid] = 0.0f;
    }
    float acc[ATTEND_ROWS][WIDTH] = {};
    const int column = tid % VECTORS * WIDTH, phase = tid / VECTORS;

    for (int start = from; start < to; start += SLOTS) {
        copy_wait<0>();
        __syncthreads();
        {
            const int s = tid % SLOTS, r0 = tid / SLOTS * MINE;
            float dot[MINE] = {};
            for (int d = 0; d < D; d += WIDTH) {
                float key[WIDTH];
                load_vector(tile + s * STRIDE + d, key);
#pragma unroll
                for (int m = 0; m < MINE; m++) {
#pragma unroll
                    for (int i = 0; i < WIDTH; i += 4) {
                        float q[4];
                        load_vector(query + (r0 + m) * D + d + i, q);
                        dot[m] = fmaf(q[0], key[i], fmaf(q[1], key[i + 1], fmaf(q[2], key[i + 2], fmaf(q[3], key[i + 3], dot[m]))));
                    }
                }
            }
            for (int m = 0; m < MINE; m++) {
                const int r = first_row + r0 + m, end = visible(r < rows ? r : last_row);
                weight[s * ATTEND_ROWS + r0 + m] = start + s < to && start + s < end ? dot[m] : NEGATIVE_INFINITY;
            }
        }
        __syncthreads();
        if (start + SLOTS < to) stage(start + SLOTS);
        for (int r = warp * 2; r < warp * 2 + 2; r++) {
            float highest = most[r];
            for (int s = lane; s < SLOTS; s += 32) highest = fmaxf(highest, weight[s * ATTEND_ROWS + r]);
            highest = warp_max(highest);
            float total = 0.0f;
            for (int s = lane; s < SLOTS; s += 32) {
                // A row may see none of these slots.
                const float w = highest == NEGATIVE_INFINITY ? 0.0f : exp2f(weight[s * ATTEND_ROWS + r] - highest);
                weight[s * ATTEND_ROWS + r] = w;
                total += w;
            }
            total = warp_sum(total);
            __syncwarp();
            if (lane == 0) {
                fade[r] = highest == NEGATIVE_INFINITY ? 1.0f : exp2f(most[r] - highest);
                sum[r] = sum[r] * fade[r] + total;
                most[r] = highest;
            }
        }
        __syncthreads();
        if (phase < PHASES) {
#pragma unroll
            for (int r = 0; r < ATTEND_ROWS; r++) {
#pragma unroll
                for (int i = 0; i < WIDTH; i++) acc[r][i] *= fade[r];
            }
            const int count = to - start < SLOTS ? to - start : SLOTS;
#pragma unroll 4
            for (int s = phase; s < count; s += PHASES) {
                float value[WIDTH], w[ATTEND_ROWS];
                load_vector(values + base + (i64)(start + s) * D + column, value);
                load_vector(weight + s * ATTEND_ROWS, w);
                load_vector(weight + s * ATTEND_ROWS + 4, w + 4);
#pragma unroll
                for (int r = 0; r < ATTEND_ROWS; r++) {
#pragma unroll
                    for (int i = 0; i < WIDTH; i++) acc[r][i] = fmaf(w[r], value[i], acc[r][i]);
                }
            }
        }
    }

    // Threads that took different slots of the same features add up, a query row at a time.
#pragma unroll
    for (int r = 0; r < ATTEND_ROWS; r++) {
        __syncthreads();
        if (phase < PHASES) {
#pragma unroll
            for (int i = 0; i < WIDTH; i++) gather[phase * D + column + i] = acc[r][i];
        }
        __syncthreads();
        const int row = first_row + r;
        if (row >= rows) continue;
        float* to_part = part + (((i64)blockIdx.z * rows + row) * splits + blockIdx.x) * (D + 2);
        for (int d = tid; d < D; d += ATTEND_THREADS) {
            float total = 0.0f;
            for (int p = 0; p < PHASES; p++) total += gather[p * D + d];
            if (splits == 1) from_float(total / sum[r], out[place(row) + d]);
            else to_part[d] = total;
        }
        if (splits > 1 && tid == 0) {
            to_part[D] = most[r];
            to_part[D + 1] = sum[r];
        }
    }
}

// Puts the ranges' outputs together by their maxima and sums.
template <class T, int D>
DEVICE void attend_merge(const float* part, T* out, int kv_heads, int group, int tokens, int splits) {
    const int row = blockIdx.x, sequence = blockIdx.y / kv_heads, head = blockIdx.y % kv_heads;
    part += ((i64)blockIdx.y * tokens * group + row) * splits * (D + 2);
    out += (((i64)sequence * tokens + row / group) * kv_heads * group + (i64)head * group + row % group) * D;
    float highest = NEGATIVE_INFINITY, sum = 0.0f;
    for (int s = 0; s < splits; s++) highest = fmaxf(highest, part[s * (D + 2) + D]);
    for (int s = 0; s < splits; s++) sum += part[s * (D + 2) + D + 1] * exp2f(part[s * (D + 2) + D] - highest);
    for (int d = threadIdx.x; d < D; d += blockDim.x) {
        float total = 0.0f;
        for (int s = 0; s < splits; s++) total = fmaf(part[s * (D + 2) + d], exp2f(part[s * (D + 2) + D] - highest), total);
        from_float(total / sum, out[d]);
    }
}

#define KERNEL(T, NAME, D)                                                                                             \
    extern "C" __global__ void __launch_bounds__(ATTEND_THREADS) attend_##NAME##_d##D(                                 \
        const T* queries, const T* keys, const T* values, float* part, T* out, int kv_heads, int group, int tokens,    \
        int capacity, int held, float scale) {                                                                         \
        attend<T, D>(queries, keys, values, part, out, kv_heads, group, tokens, capacity, held, scale);                \
    }                                                                                                                  \
    EXPORT(attend_##NAME##_d##D)                                                                                       \
    extern "C" __global__ void __launch_bounds__(64) attend_merge_##NAME##_d##D(                                       \
        const float* part, T* out, int kv_heads, int group, int tokens, int splits) {                                  \
        attend_merge<T, D>(part, out, kv_heads, group, tokens, splits);                                                \
    }                                                                                                                  \
    EXPORT(attend_merge_##NAME##_d##D)
FOR_EACH_ELEMENT_AND_HEAD_DIM(KERNEL)
