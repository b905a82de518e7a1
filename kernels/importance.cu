// Importance logits: what the last queries attend to (R-KV section 3.2; published code r1_kv.py, compute_attention_scores).
//
//   logits[row, w, j] = max over the GQA group g of (query[w, g] . key[j]) / sqrt(D)         raw logits, before any softmax
//   inverse_norm[row, j] = 1 / (|key[j]| + 1e-8)                                             for all held slots
//   unit_sum[row, d] = sum over held slots j of key[j, d] * inverse_norm[row, j]             fixed point, must be zero before
//
// Shapes   queries [layers * batch, ring, kv_heads * group, D]: window row w is ring row (first + w) % ring
//          keys [rows, capacity, D]; logits f32 [rows, window, candidates]; inverse_norm f32 [rows, held]; unit_sum [rows, D]
// Grid     (ceil(held / 64), rows) blocks of 128 threads. A block has 64 keys. As products() goes they are its rows; its
//          columns are the queries, eight window rows of four group members a tile, so that a thread holds the same
//          (key, window row) for each member and the maximum needs no exchange.
// Bytes    each key once from memory (and once from cache for its norm); 4 * window * candidates out. Queries stay in cache.
#include "products.cuh"

#define MEMBERS 4  // group members a tile

template <class T, int D>
DEVICE void importance_logits(const T* queries, const T* keys, float* logits, float* inverse_norm, u64* unit_sum,
                              int kv_heads, int group, int capacity, int held, int candidates, int window, int ring,
                              int first, float scale) {
    typedef Products<T, D, MEMBERS> P;
    SHARED(unsigned char, shared, P::SHARED_BYTES > 16 * D ? P::SHARED_BYTES : 16 * D);
    const int row = blockIdx.y, head = row % kv_heads, start = blockIdx.x * PRODUCT_ROWS;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const T* my_keys = keys + (i64)row * capacity * D;
    const T* my_queries = queries + ((i64)(row / kv_heads) * ring * kv_heads + head) * group * D;
    const i64 ring_stride = (i64)kv_heads * group * D;

    if (start < candidates) {
        const int member_tiles = (group + MEMBERS - 1) / MEMBERS, window_tiles = (window + 7) / 8;
        float best[4];
        P::products(
            shared, [&](int i) { return start + i < held ? my_keys + (i64)(start + i) * D : nullptr; },
            window_tiles * member_tiles,
            [&](int tile, int i) -> const T* {
                const int member = tile % member_tiles * MEMBERS + i / 8, w = tile / member_tiles * 8 + i % 8;
                if (member >= group || w >= window) return nullptr;
                return my_queries + (first + w) % ring * ring_stride + (i64)member * D;
            },
            [&](int tile, const float(&c)[MEMBERS][4]) {
                const int members = tile % member_tiles;
                for (int x = 0; x < 4; x++) {
                    float most = members ? best[x] : NEGATIVE_INFINITY;
                    for (int m = 0; m < MEMBERS; m++) {
                        if (members * MEMBERS + m < group) most = fmaxf(most, c[m][x]);
                    }
                    best[x] = most;
                    const int j = start + warp * 16 + lane / 4 + x / 2 * 8;
                    const int w = tile / member_tiles * 8 + lane % 4 * 2 + x % 2;
                    if (members == member_tiles - 1 && j < candidates && w < window) {
                        logits[((i64)row * window + w) * candidates + j] = most * scale;
                    }
                }
                return true;
            });
    }

    // Norms, and this block's share of the sum of unit keys: a warp a key, sixteen keys a warp.
    const int PART = (D + 31) / 32;
    float sum[PART] = {};
    for (int i = 0; i < 16; i++) {
        const int j = start + warp * 16 + i;
        if (j >= held) break;
        float key[PART], squares = 0.0f;
#pragma unroll
        for (int p = 0; p < PART; p++) {
            const int d = p * 32 + lane;
            key[p] = d < D ? to_float(my_keys[(i64)j * D + d]) : 0.0f;
            squares = fmaf(key[p], key[p], squares);
        }
        const float inverse = 1.0f / (sqrtf(warp_sum(squares)) + 1e-8f);
        if (lane == 0) inverse_norm[(i64)row * held + j] = inverse;
#pragma unroll
        for (int p = 0; p < PART; p++) sum[p] = fmaf(key[p], inverse, sum[p]);
    }
    float* sums = (float*)shared;  // [4 warps][D]
    for (int p = 0; p < PART; p++) {
        const int d = p * 32 + lane;
        if (d < D) sums[warp * D + d] = sum[p];
    }
    __syncthreads();
    for (int d = threadIdx.x; d < D; d += PRODUCT_THREADS) {
        add_fixed(unit_sum + (i64)row * D + d, sums[d] + sums[D + d] + sums[2 * D + d] + sums[3 * D + d]);
    }
}

#define KERNEL(T, NAME, D)                                                                                             \
    extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) importance_logits_##NAME##_d##D(                     \
        const T* queries, const T* keys, float* logits, float* inverse_norm, u64* unit_sum, int kv_heads, int group,   \
        int capacity, int held, int candidates, int window, int ring, int first, float scale) {                        \
        importance_logits<T, D>(queries, keys, logits, inverse_norm, unit_sum, kv_heads, group, capacity, held,        \
                                candidates, window, ring, first, scale);                                               \
    }                                                                                                                  \
    EXPORT(importance_logits_##NAME##_d##D)
FOR_EACH_ELEMENT_AND_HEAD_DIM(KERNEL)
