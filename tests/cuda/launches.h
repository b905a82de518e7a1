// How each kernel is launched: its grid and its arguments, as kernels/*.cu describe them.
#pragma once
#include "numbers.h"

typedef unsigned long long u64;
typedef unsigned char* Bytes;

inline int ceil_div(int a, int b) { return (a + b - 1) / b; }
inline std::string kernel_name(const char* base, Element e, int d) { return std::string(base) + "_" + name(e) + "_d" + std::to_string(d); }

struct Rows {
    Element element;
    int rows, kv_heads, group, head_dim, capacity, held;
};

inline void importance_logits(const Rows& r, Bytes queries, Bytes keys, float* logits, float* inverse_norm, u64* unit_sum,
                              int window, int candidates, int ring, int first) {
    launch(kernel_name("importance_logits", r.element, r.head_dim), ceil_div(r.held, 64), r.rows, 1, 128, queries, keys, logits,
           inverse_norm, unit_sum, r.kv_heads, r.group, r.capacity, r.held, candidates, window, ring, first,
           (float)(1.0 / std::sqrt((double)r.head_dim)));
}
inline void newest_similar(const Rows& r, Bytes keys, float* inverse_norm, u64* unit_sum, float* column_sum, u64* spared,
                           int* newest, float threshold) {
    launch(kernel_name("newest_similar", r.element, r.head_dim), ceil_div(r.held, 64), r.rows, 1, 128, keys, inverse_norm, unit_sum,
           column_sum, spared, newest, r.capacity, r.held, threshold);
}
inline void score_candidates(int rows, float* logits, float* column_sum, u64* spared, float* raw, float* importance,
                             float* redundancy, float* score, int window, int held, int candidates, int pool, double lambda) {
    launch("score_candidates", rows, 1, 1, 256, logits, column_sum, spared, raw, importance, redundancy, score, window, held,
           candidates, pool, (float)lambda, (float)(1.0 - lambda));
}
inline void select_slots(int rows, float* scores, unsigned* positions, unsigned* keep, u64* sort_keys, unsigned* sort_slots,
                         int capacity, int held, int candidates, int kept, unsigned protect, int sort) {
    launch("select_slots", rows, 1, 1, 256, scores, positions, keep, sort_keys, sort_slots, capacity, held, candidates, kept,
           protect, sort);
}
inline int slice_of(int chunks) { return chunks % 4 == 0 ? 4 : 2; }
inline void compact_slots(int rows, Bytes keys, Bytes values, unsigned* positions, unsigned* keep, Bytes room,
                          unsigned* room_positions, int capacity, int kept, int chunks) {
    const int slice = slice_of(chunks);
    launch("compact_slots", 2 * chunks / slice + 1, rows, 1, 256, keys, values, positions, keep, room, room_positions, capacity,
           kept, chunks, slice);
}
inline void attend(const Rows& r, int batch, Bytes queries, Bytes keys, Bytes values, float* part, Bytes out, int tokens, int splits) {
    const int rows = tokens * r.group;
    launch(kernel_name("attend", r.element, r.head_dim), splits, ceil_div(rows, 8), batch * r.kv_heads, 128, queries, keys, values,
           part, out, r.kv_heads, r.group, tokens, r.capacity, r.held, (float)(1.0 / std::sqrt((double)r.head_dim)));
    if (splits > 1) {
        launch(kernel_name("attend_merge", r.element, r.head_dim), rows, batch * r.kv_heads, 1, 64, part, out, r.kv_heads, r.group,
               tokens, splits);
    }
}
