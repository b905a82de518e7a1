// Who stays: the highest scores within the budget, and the slots that are never evicted.
//
// A row keeps `kept` slots: the window (slots candidates .. held - 1), candidates whose position is below `protect`, and of
// the open candidates those with the highest (score, position). Positions differ, so there are no ties: equal scores go
// to the newer token. A score that is not a number counts as the lowest; -0 is below +0. Without scores (null) all are
// equal and recency alone decides: StreamingLLM.
//
// Order of keep    time        by slot, which is by position if the cache is in time order (sort 0), or sorted (sort 1)
//                  reference   protected by slot, open by descending (score, position), then the window (sort 2)
//
// Shapes   scores f32 [rows, candidates]; positions u32 [rows, capacity]; keep u32 [rows, kept];
//          room to sort, if sort != 0 and kept > 2048: sort_keys u64 and sort_slots u32 [rows, next power of two of kept]
// Grid     rows blocks of 256 threads: a radix select, eight bits of the key at a time from the top, that stops as soon as
//          a digit's candidates are wanted all or not at all (three or four passes for scores that differ); then the
//          kept slots are gathered in order; then sorted by a bitonic network where asked for.
// Bytes    8 * candidates a pass, from cache; 4 * kept out.
#include "elements.cuh"

#define SELECT_THREADS 256
#define SORT_IN_SHARED 2048

// Orders as the float does; NaN below all.
DEVICE u32 ordered(float score) {
    if (score != score) score = NEGATIVE_INFINITY;
    const u32 bits = __float_as_uint(score);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

struct SelectShared {
    u32 count[256];
    u32 digit, left, protected_count;
    u32 in_warp[SELECT_THREADS / 32];
    u64 keys[SORT_IN_SHARED];
    u32 slots[SORT_IN_SHARED];
};

// The least key among the `wanted` largest of the open candidates, 0 < wanted < their number.
template <class Key> DEVICE u64 threshold_key(SelectShared& s, int candidates, int wanted, Key key) {
    const int lane = threadIdx.x % 32;
    u64 prefix = 0, decided = 0;
    for (int shift = 56;; shift -= 8) {
        for (int i = threadIdx.x; i < 256; i += SELECT_THREADS) s.count[i] = 0;
        __syncthreads();
        for (int base = 0; base < candidates; base += SELECT_THREADS) {
            const int j = base + threadIdx.x;
            u64 k;
            const bool counts = j < candidates && key(j, k) && (k & decided) == prefix;
            const u32 digit = counts ? (u32)(k >> shift) & 255 : 256;
            // Most scores share their first digits: lanes with the same one add once.
            const u32 peers = __match_any_sync(ALL_LANES, digit);
            if (counts && lane == __ffs(peers) - 1) atomicAdd(&s.count[digit], (u32)__popc(peers));
        }
        __syncthreads();
        if (threadIdx.x < 32) {
            // Lane l has the eight digits from 255 - 8 l down; a scan finds the lane, a walk the digit.
            u32 mine = 0;
            for (int i = 0; i < 8; i++) mine += s.count[255 - 8 * lane - i];
            u32 above = mine;
            for (int o = 1; o < 32; o *= 2) {
                const u32 other = __shfl_up_sync(ALL_LANES, above, o);
                if (lane >= o) above += other;
            }
            if (above >= (u32)wanted && above - mine < (u32)wanted) {
                u32 left = wanted - (above - mine);
                int digit = 255 - 8 * lane;
                while (s.count[digit] < left) left -= s.count[digit--];
                s.digit = digit;
                s.left = left;
            }
        }
        __syncthreads();
        prefix |= (u64)s.digit << shift;
        decided |= (u64)255 << shift;
        wanted = s.left;
        const bool all = s.count[s.digit] == s.left;
        __syncthreads();
        if (all || shift == 0) return prefix;
    }
}

// Sorts `size` pairs, a power of two, by ascending key.
DEVICE void bitonic_sort(u64* keys, u32* slots, int size) {
    for (int run = 2; run <= size; run *= 2) {
        for (int apart = run / 2; apart; apart /= 2) {
            __syncthreads();
            for (int i = threadIdx.x; i < size / 2; i += SELECT_THREADS) {
                const int low = i / apart * 2 * apart + i % apart, high = low + apart;
                const bool ascending = (low & run) == 0;
                if ((keys[low] > keys[high]) == ascending) {
                    const u64 key = keys[low];
                    keys[low] = keys[high];
                    keys[high] = key;
                    const u32 slot = slots[low];
                    slots[low] = slots[high];
                    slots[high] = slot;
                }
            }
        }
    }
    __syncthreads();
}

extern "C" __global__ void __launch_bounds__(SELECT_THREADS)
    select_slots(const float* scores, const u32* positions, u32* keep, u64* sort_keys, u32* sort_slots, int capacity,
                 int held, int candidates, int kept, u32 protect, int sort) {
    SHARED(SelectShared, storage, 1);
    SelectShared& s = storage[0];
    const i64 row = blockIdx.x;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    positions += row * capacity;
    keep += row * kept;
    if (scores) scores += row * candidates;
    // The key of an open candidate; false for a protected one.
    auto key = [&](int j, u64& k) {
        k = (u64)ordered(scores ? scores[j] : 0.0f) << 32 | positions[j];
        return positions[j] >= protect;
    };

    if (threadIdx.x == 0) s.protected_count = 0;
    __syncthreads();
    u32 mine = 0;
    for (int j = threadIdx.x; j < candidates; j += SELECT_THREADS) mine += positions[j] < protect;
    if (mine) atomicAdd(&s.protected_count, mine);
    __syncthreads();
    const int chosen = kept - (held - candidates), open = candidates - (int)s.protected_count;
    const int wanted = chosen - (int)s.protected_count;
    u64 least = 0;
    if (wanted <= 0) {
        least = ~(u64)0;
    } else if (wanted < open) {
        least = threshold_key(s, candidates, wanted, key);
    }

    // The kept slots in slot order: each warp knows by a ballot who of it stays, the block adds up the warps before.
    int placed = 0;
    for (int base = 0; base < held; base += SELECT_THREADS) {
        const int j = base + threadIdx.x;
        u64 k;
        const bool stays = j < held && (j >= candidates || !key(j, k) || k >= least);
        const u32 votes = __ballot_sync(ALL_LANES, stays);
        if (lane == 0) s.in_warp[warp] = __popc(votes);
        __syncthreads();
        int to = placed + __popc(votes & ((1u << lane) - 1));
        for (int w = 0; w < SELECT_THREADS / 32; w++) {
            if (w < warp) to += s.in_warp[w];
            placed += s.in_warp[w];
        }
        if (stays && to < kept) keep[to] = j;
        __syncthreads();
    }
    if (sort == 0) return;

    const int count = sort == 1 ? kept : chosen;
    int size = 1;
    while (size < count) size *= 2;
    const bool small = size <= SORT_IN_SHARED;
    u64* keys = small ? s.keys : sort_keys + row * size;
    u32* slots = small ? s.slots : sort_slots + row * size;
    for (int i = threadIdx.x; i < size; i += SELECT_THREADS) {
        u64 k = ~(u64)0;
        u32 slot = 0;
        if (i < count) {
            slot = keep[i];
            if (sort == 1) k = positions[slot];
            // The complement sorts descending. No open candidate's has a zero upper half, so protected ones come first.
            else k = key(slot, k) ? ~k : (u64)slot;
        }
        keys[i] = k;
        slots[i] = slot;
    }
    bitonic_sort(keys, slots, size);
    for (int i = threadIdx.x; i < count; i += SELECT_THREADS) keep[i] = slots[i];
}
EXPORT(select_slots)
