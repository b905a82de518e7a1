// Runs the kernels of kernels/*.cu on a CPU: one block at a time, one fiber per thread. Force-included before a kernel's
// source, with CUDA_ON_CPU defined as the architecture to pretend to be: 750 or 900.
//
// It knows what the kernels use and no more: barriers, warp collectives over all lanes, atomics, asynchronous copies (done
// at once, or only when waited for), mma.m16n8k16 with the GPU's fragment layout. Shared memory starts as NaN in every
// block. Threads run in a fixed, reversed or random order, and a warp goes as far as it can before the next one has its
// turn, so that a missing barrier shows. It cannot show misaligned addresses, wrong assembly, races within a warp's step, or speed.
#pragma once
#include <algorithm>
#include <csetjmp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <tuple>
#include <type_traits>
#include <ucontext.h>
#include <utility>
#include <vector>

#include "backend.h"

#define __CUDA_ARCH__ CUDA_ON_CPU
#define __global__
#define __launch_bounds__(threads)
#define DEVICE inline
#define SHARED(type, name, count)                 \
    static cpu::Shared<type, (count)> name##_memory; \
    type* const name = name##_memory.enter()
#define EXPORT(name) static const backend::Export name##_export(#name, cpu::entry(name));

struct dim3 { unsigned x, y, z; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

namespace cpu {

const size_t STACK_BYTES = 128 << 10;
const int WARP = 32;

struct Copy { void* to; const void* from; };

struct Fiber {
    ucontext_t first;
    jmp_buf resume;
    bool started, finished;
    dim3 thread;
    int index;
    // Which of two buffers the next collective uses: a fast lane may be one ahead of a slow one.
    unsigned collectives, barriers;
    std::vector<Copy> uncommitted;
    std::deque<std::vector<Copy>> under_way;
};

struct Warp {
    uint64_t slot[2][WARP];
    uint32_t fragments[2][WARP][6];
    int arrived, alive, line;
    long generation;
};

inline dim3 thread, block, block_size, grid_size;
inline std::vector<Fiber> fibers;
inline std::vector<std::unique_ptr<char[]>> stacks;
inline std::vector<Warp> warps;
inline int current, alive, arrived, vote[2];
// The source line of the barrier that threads wait at.
inline int barrier_line;
inline long generation, epoch;
// Counts what any fiber achieves; a round without any is a deadlock.
inline uint64_t progress;
inline jmp_buf scheduler;
inline const std::function<void()>* body;
// Whether asynchronous copies are done as soon as they may be, or as late as they may be.
inline bool eager_copies;

inline void copy(Copy one) {
    if (one.from) memcpy(one.to, one.from, 16);
    else memset(one.to, 0, 16);
}

inline Warp& my_warp() { return warps[fibers[current].index / WARP]; }
inline int my_lane() { return fibers[current].index % WARP; }

[[noreturn]] inline void fail(const char* what) {
    fprintf(stderr, "cuda_on_cpu: %s in block (%u, %u, %u)\n", what, block.x, block.y, block.z);
    abort();
}

// A block's shared array: NaN at its first use in each block.
template <class T, int N> struct Shared {
    alignas(16) unsigned char bytes[sizeof(T) * N];
    long filled = -1;
    T* enter() {
        if (filled != epoch) {
            memset(bytes, 0xff, sizeof bytes);
            filled = epoch;
        }
        return (T*)bytes;
    }
};

inline void fiber_main() {
    (*body)();
    Fiber& fiber = fibers[current];
    if (!fiber.uncommitted.empty() || !fiber.under_way.empty()) fail("a thread ends with copies under way");
    fiber.finished = true;
    progress++;
    // Threads that have returned no longer count for those who wait.
    Warp& warp = my_warp();
    if (--warp.alive && warp.arrived == warp.alive) { warp.arrived = 0; warp.generation++; }
    if (--alive && arrived == alive) { arrived = 0; generation++; }
    _longjmp(scheduler, 1);
}

inline void yield() {
    if (!_setjmp(fibers[current].resume)) _longjmp(scheduler, 1);
}

inline void wait_for_warp(int line) {
    Warp& warp = my_warp();
    progress++;
    if (!warp.arrived) warp.line = line;
    if (warp.line != line) fail("lanes of a warp meet in different collectives");
    if (++warp.arrived == warp.alive) { warp.arrived = 0; warp.generation++; return; }
    for (const long now = warp.generation; warp.generation == now;) yield();
}

inline void wait_for_block(int line) {
    progress++;
    if (!arrived) barrier_line = line;
    if (barrier_line != line) fail("threads wait at different barriers");
    if (++arrived == alive) { arrived = 0; generation++; return; }
    for (const long now = generation; generation == now;) yield();
}

inline void run_fiber(int index) {
    current = index;
    Fiber& fiber = fibers[index];
    thread = fiber.thread;
    if (_setjmp(scheduler)) return;
    if (fiber.started) _longjmp(fiber.resume, 1);
    fiber.started = true;
    setcontext(&fiber.first);
}

inline void run_block(const std::vector<std::vector<int>>& order) {
    const int threads = (int)fibers.size();
    arrived = 0;
    alive = threads;
    vote[0] = vote[1] = 0;
    epoch++;
    for (size_t w = 0; w < warps.size(); w++) {
        warps[w].arrived = 0;
        warps[w].alive = std::min(WARP, threads - (int)w * WARP);
    }
    for (int i = 0; i < threads; i++) {
        Fiber& fiber = fibers[i];
        fiber.started = fiber.finished = false;
        fiber.collectives = fiber.barriers = 0;
        fiber.index = i;
        fiber.thread = {i % block_size.x, i / block_size.x % block_size.y, i / block_size.x / block_size.y};
        getcontext(&fiber.first);
        fiber.first.uc_stack.ss_sp = stacks[i].get();
        fiber.first.uc_stack.ss_size = STACK_BYTES;
        fiber.first.uc_link = nullptr;
        makecontext(&fiber.first, fiber_main, 0);
    }
    while (alive) {
        const uint64_t before = progress;
        for (const auto& lanes : order) {
            for (uint64_t seen = ~progress; seen != progress;) {
                seen = progress;
                for (int i : lanes) {
                    if (!fibers[i].finished) run_fiber(i);
                }
            }
        }
        if (alive && progress == before) fail("deadlock: a barrier or warp collective that not all threads reach");
    }
}

inline void run_grid(const std::function<void()>& kernel, backend::Grid grid, int threads, unsigned schedule) {
    body = &kernel;
    eager_copies = schedule % 2 || CUDA_ON_CPU < 800;
    block_size = {(unsigned)threads, 1, 1};
    grid_size = {grid.x, grid.y, grid.z};
    fibers.resize(threads);
    warps.resize((threads + WARP - 1) / WARP);
    while ((int)stacks.size() < threads) stacks.emplace_back(new char[STACK_BYTES]);
    std::vector<std::vector<int>> order(warps.size());
    for (int i = 0; i < threads; i++) order[i / WARP].push_back(i);
    if (schedule == 1) {
        std::reverse(order.begin(), order.end());
        for (auto& lanes : order) std::reverse(lanes.begin(), lanes.end());
    } else if (schedule > 1) {
        std::mt19937 random(schedule);
        std::shuffle(order.begin(), order.end(), random);
        for (auto& lanes : order) std::shuffle(lanes.begin(), lanes.end(), random);
    }
    for (block.z = 0; block.z < grid.z; block.z++)
        for (block.y = 0; block.y < grid.y; block.y++)
            for (block.x = 0; block.x < grid.x; block.x++) run_block(order);
}

template <class... A, size_t... I> void call(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
    kernel(*(std::remove_const_t<A>*)arguments[I]...);
}
template <class... A> backend::Entry entry(void (*kernel)(A...)) {
    return {(int)sizeof...(A), [kernel](backend::Grid grid, int threads, void** arguments, unsigned schedule) {
                run_grid([&] { call(kernel, arguments, std::index_sequence_for<A...>()); }, grid, threads, schedule);
            }};
}

// Every lane gives a value and gets that of lane `from`.
template <class T> T exchange(T value, int from, int line) {
    static_assert(sizeof(T) <= 8, "one word");
    Warp& warp = my_warp();
    const int buffer = fibers[current].collectives++ & 1;
    memcpy(&warp.slot[buffer][my_lane()], &value, sizeof value);
    wait_for_warp(line);
    T result;
    memcpy(&result, &warp.slot[buffer][from & (WARP - 1)], sizeof result);
    return result;
}

inline int count_votes(bool yes, int line) {
    const int buffer = fibers[current].barriers++ & 1;
    vote[buffer] += yes;
    wait_for_block(line);
    const int count = vote[buffer];
    wait_for_block(line);
    vote[buffer] = 0;
    return count;
}

inline void check_all_lanes(uint32_t mask) {
    if (mask != 0xffffffffu) fail("a warp collective of some lanes only");
}

}  // namespace cpu

#define threadIdx cpu::thread
#define blockIdx cpu::block
#define blockDim cpu::block_size
#define gridDim cpu::grid_size

#define __syncwarp() cpu::wait_for_warp(__LINE__)
#define __syncthreads() cpu::wait_for_block(__LINE__)
#define __syncthreads_and(yes) (cpu::count_votes(!(yes), __LINE__) == 0)
#define __syncthreads_or(yes) (cpu::count_votes(yes, __LINE__) != 0)
#define __shfl_xor_sync(mask, value, distance) cpu::shuffle_xor(mask, value, distance, __LINE__)
#define __shfl_up_sync(mask, value, distance) cpu::shuffle_up(mask, value, distance, __LINE__)
#define __ballot_sync(mask, yes) cpu::lanes_where(mask, (yes) != 0, true, __LINE__)
#define __match_any_sync(mask, value) cpu::lanes_where(mask, value, value, __LINE__)

namespace cpu {
template <class T> T shuffle_xor(uint32_t mask, T value, int distance, int line) {
    check_all_lanes(mask);
    return exchange(value, my_lane() ^ distance, line);
}
template <class T> T shuffle_up(uint32_t mask, T value, int distance, int line) {
    check_all_lanes(mask);
    return exchange(value, my_lane() >= distance ? my_lane() - distance : my_lane(), line);
}
// The lanes whose value is `wanted`.
inline uint32_t lanes_where(uint32_t mask, uint32_t value, uint32_t wanted, int line) {
    check_all_lanes(mask);
    Warp& warp = my_warp();
    const int buffer = fibers[current].collectives++ & 1;
    warp.slot[buffer][my_lane()] = value;
    wait_for_warp(line);
    uint32_t lanes = 0;
    for (int i = 0; i < WARP; i++) lanes |= (uint32_t)((uint32_t)warp.slot[buffer][i] == wanted) << i;
    return lanes;
}
}  // namespace cpu

inline int __popc(uint32_t x) { return __builtin_popcount(x); }
inline int __ffs(uint32_t x) { return __builtin_ffs((int)x); }
inline uint32_t __float_as_uint(float x) { uint32_t bits; memcpy(&bits, &x, 4); return bits; }
inline float __uint_as_float(uint32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
template <class T> T atomicAdd(T* sum, T x) { const T before = *sum; *sum += x; return before; }

inline float f16_to_float(uint16_t bits) {
    const uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
    if (exponent == 31) return __uint_as_float(sign | 0x7f800000u | fraction << 13);
    if (exponent) return __uint_as_float(sign | (exponent + 112) << 23 | fraction << 13);
    const float tiny = ldexpf((float)fraction, -24);
    return sign ? -tiny : tiny;
}
inline uint16_t float_to_f16(float x) {
    const uint16_t sign = __float_as_uint(x) >> 16 & 0x8000;
    const float size = fabsf(x);
    if (x != x) return sign | 0x7e00;
    if (size >= 65520.0f) return sign | 0x7c00;
    int exponent;
    frexpf(size, &exponent);
    // Eleven bits below the leading one, fewer for subnormal numbers; nearbyint rounds to even.
    const int last = std::max(exponent - 11, -24);
    const uint32_t units = (uint32_t)nearbyintf(ldexpf(size, -last));
    if (last == -24 && units < 1024) return sign | (uint16_t)units;
    return sign | (uint16_t)(((uint32_t)(last + 24) << 10) + units);
}

inline void copy_async(void* to, const void* from) {
    if (((uintptr_t)to | (uintptr_t)from) % 16) cpu::fail("a copy whose address is no multiple of sixteen");
    if (cpu::eager_copies) cpu::copy({to, from});
    else cpu::fibers[cpu::current].uncommitted.push_back({to, from});
}
inline void copy_commit() {
    cpu::Fiber& fiber = cpu::fibers[cpu::current];
    fiber.under_way.push_back(std::move(fiber.uncommitted));
    fiber.uncommitted.clear();
}
template <int PENDING> void copy_wait() {
    auto& under_way = cpu::fibers[cpu::current].under_way;
    while ((int)under_way.size() > PENDING) {
        for (const cpu::Copy& copy : under_way.front()) cpu::copy(copy);
        under_way.pop_front();
    }
}

template <class Number> void mma_on_cpu(float c[4], const uint32_t a[4], const uint32_t b[2], Number number) {
    cpu::Warp& warp = cpu::my_warp();
    const int buffer = cpu::fibers[cpu::current].collectives++ & 1, lane = cpu::my_lane();
    memcpy(warp.fragments[buffer][lane], a, 16);
    memcpy(warp.fragments[buffer][lane] + 4, b, 8);
    cpu::wait_for_warp(-1);
    for (int x = 0; x < 4; x++) {
        const int row = lane / 4 + x / 2 * 8, column = lane % 4 * 2 + x % 2;
        for (int k = 0; k < 16; k++) {
            // PTX ISA, "Matrix fragments for mma.m16n8k16": which lane and register hold A[row][k] and B[k][column].
            const uint32_t left = warp.fragments[buffer][row % 8 * 4 + k % 8 / 2][row / 8 + k / 8 * 2];
            const uint32_t right = warp.fragments[buffer][column * 4 + k % 8 / 2][4 + k / 8];
            c[x] += number(left >> k % 2 * 16) * number(right >> k % 2 * 16);
        }
    }
}
struct f16;
struct bf16;
inline void mma(f16, float c[4], const uint32_t a[4], const uint32_t b[2]);
inline void mma(bf16, float c[4], const uint32_t a[4], const uint32_t b[2]);
#define CUDA_ON_CPU_MMA                                                                            \
    inline void mma(f16, float c[4], const u32 a[4], const u32 b[2]) {                             \
        mma_on_cpu(c, a, b, [](uint32_t bits) { return f16_to_float((uint16_t)bits); });           \
    }                                                                                              \
    inline void mma(bf16, float c[4], const u32 a[4], const u32 b[2]) {                            \
        mma_on_cpu(c, a, b, [](uint32_t bits) { return __uint_as_float(bits << 16); });            \
    }
