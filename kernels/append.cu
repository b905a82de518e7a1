// New tokens enter the cache: bias, head norm where the architecture has one (Qwen3), rotary positions, and the places
// where queries, keys and values belong.
//
// RoPE turns feature i with feature i + D/2 by position * frequency[i] (half-split layout, arXiv 2104.09864). The position
// counts all tokens ever seen, never the slots. The angle is rounded to f32 before the cosine, as in the implementations
// that models were trained with.
//
// Shapes   rows [batch * T, (query_heads + 2 * kv_heads) * D]: queries, keys, values of each token, before RoPE
//          bias f32 of that width, query_norm and key_norm f32 [D]: each may be null; frequencies f32 [D / 2]
//          keys, values [batch * kv_heads, capacity, D] and positions u32 [batch * kv_heads, capacity], one layer; token t
//          goes to slot held + t
//          queries [batch, T, query_heads, D] for attention; window [batch, ring, query_heads, D], where the last `remember`
//          tokens' queries go to ring rows ring_next, ring_next + 1, ... modulo ring
// Grid     (ceil((query_heads + 2 * kv_heads) / 4), T, batch) blocks of 128 threads, a warp a head; D even, at most 256
// Bytes    each row once in, once out (queries twice)
#include "elements.cuh"

#define APPEND_THREADS 128
#define MOST_PAIRS 4  // of features a lane: D / 2 / 32

template <class A, class T>
DEVICE void append(const A* rows, const float* bias, const float* query_norm, const float* key_norm,
                   const float* frequencies, T* keys, T* values, u32* positions, T* queries, T* window, int query_heads,
                   int kv_heads, int head_dim, int capacity, int held, u32 seen, int ring, int ring_next, int remember,
                   float epsilon) {
    const int lane = threadIdx.x % 32, head = blockIdx.x * (APPEND_THREADS / 32) + threadIdx.x / 32;
    const int token = blockIdx.y, tokens = gridDim.y, sequence = blockIdx.z, half = head_dim / 2;
    const int heads = query_heads + 2 * kv_heads;
    if (head >= heads) return;
    const bool is_query = head < query_heads, is_key = !is_query && head < query_heads + kv_heads;
    const A* from = rows + (((i64)sequence * tokens + token) * heads + head) * head_dim;

    float low[MOST_PAIRS], high[MOST_PAIRS], squares = 0.0f;
#pragma unroll
    for (int p = 0; p < MOST_PAIRS; p++) {
        const int i = p * 32 + lane;
        if (i >= half) continue;
        low[p] = to_float(from[i]) + (bias ? bias[head * head_dim + i] : 0.0f);
        high[p] = to_float(from[i + half]) + (bias ? bias[head * head_dim + i + half] : 0.0f);
        squares += low[p] * low[p] + high[p] * high[p];
    }
    const float* norm = is_query ? query_norm : is_key ? key_norm : nullptr;
    // The reciprocal of the root mean square, when the head is normed.
    const float inverse = 1.0f / sqrtf(warp_sum(squares) / (float)head_dim + epsilon);

    T* to[2] = {nullptr, nullptr};
    if (is_query) {
        to[0] = queries + (((i64)sequence * tokens + token) * query_heads + head) * head_dim;
        const int first = tokens > remember ? tokens - remember : 0;
        if (token >= first) {
            const int at = (ring_next + token - first) % ring;
            to[1] = window + (((i64)sequence * ring + at) * query_heads + head) * head_dim;
        }
    } else {
        const int kv_head = (head - query_heads) % kv_heads;
        const i64 slot = ((i64)sequence * kv_heads + kv_head) * capacity + held + token;
        to[0] = (is_key ? keys : values) + slot * head_dim;
        if (is_key && lane == 0) positions[slot] = seen + token;
    }
#pragma unroll
    for (int p = 0; p < MOST_PAIRS; p++) {
        const int i = p * 32 + lane;
        if (i >= half) continue;
        float a = low[p], b = high[p];
        if (norm) {
            a *= inverse * norm[i];
            b *= inverse * norm[i + half];
        }
        if (is_query || is_key) {
            float s, c;
            sincosf((float)(seen + token) * frequencies[i], &s, &c);
            const float turned = a * c - b * s;
            b = b * c + a * s;
            a = turned;
        }
        for (int k = 0; k < 2; k++) {
            if (!to[k]) continue;
            from_float(a, to[k][i]);
            from_float(b, to[k][i + half]);
        }
    }
}

#define KERNEL(A, FROM, T, TO)                                                                                         \
    extern "C" __global__ void __launch_bounds__(APPEND_THREADS) append_##FROM##_##TO(                                 \
        const A* rows, const float* bias, const float* query_norm, const float* key_norm, const float* frequencies,    \
        T* keys, T* values, u32* positions, T* queries, T* window, int query_heads, int kv_heads, int head_dim,        \
        int capacity, int held, u32 seen, int ring, int ring_next, int remember, float epsilon) {                      \
        append(rows, bias, query_norm, key_norm, frequencies, keys, values, positions, queries, window, query_heads,   \
               kv_heads, head_dim, capacity, held, seen, ring, ring_next, remember, epsilon);                          \
    }                                                                                                                  \
    EXPORT(append_##FROM##_##TO)
KERNEL(float, f32, float, f32)
KERNEL(float, f32, f16, f16)
KERNEL(float, f32, bf16, bf16)
KERNEL(f16, f16, f16, f16)
KERNEL(bf16, bf16, bf16, bf16)
