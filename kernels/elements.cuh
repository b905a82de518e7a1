// Element types, sixteen-byte vectors and warp reductions that the kernels share.
//
// No CUDA header is included: NVRTC then needs nothing but libnvrtc. What a GPU does and C++ has no words for
// (assembly, shared memory) stands behind names that tests/cuda/cuda_on_cpu.h defines again,
// so that the same sources run on a CPU, one fiber per thread.
//
// Words used in every file:
//   row    one KV head of one sequence in one layer; rows = layers * batch * kv_heads, the head counting fastest
//   slot   index in the compacted cache, 0 .. held - 1; a row's keys are [capacity, D], contiguous
//   held   slots in use, equal for all rows;  candidates = held - window, the slots that may leave
#pragma once

typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

#define ALL_LANES 0xffffffffu

// An element of the cache: float, or sixteen bits that only conversions look into.
struct f16 { u16 bits; };
struct bf16 { u16 bits; };

#ifndef CUDA_ON_CPU
#define DEVICE __device__ __forceinline__
// An array in the block's shared memory.
#define SHARED(type, name, count) __shared__ __align__(16) type name[count]
#ifndef EXPORT
#define EXPORT(name)
#endif

DEVICE float f16_to_float(u16 bits) { float x; asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits)); return x; }
DEVICE u16 float_to_f16(float x) { u16 bits; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x)); return bits; }

// Starts a copy of sixteen bytes into shared memory; zeros if there is no source. Before sm_80 it is done at once.
DEVICE void copy_async(void* to, const void* from) {
#if __CUDA_ARCH__ >= 800
    if (from) {
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"((u32)__cvta_generic_to_shared(to)), "l"(from) : "memory");
    } else {
        *(uint4*)to = make_uint4(0, 0, 0, 0);
    }
#else
    *(uint4*)to = from ? *(const uint4*)from : make_uint4(0, 0, 0, 0);
#endif
}
// Ends the group of copies that this thread has started since the last commit.
DEVICE void copy_commit() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
// Waits until at most PENDING of this thread's groups are under way. Others' copies need a barrier after it.
template <int PENDING> DEVICE void copy_wait() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
#endif
}

// c[16 x 8] += a[16 x 16, row major] * b[16 x 8, column major], spread over a warp as PTX's m16n8k16 prescribes.
// Tensor cores multiply sixteen-bit numbers only from sm_80 on (products.cuh picks the other way before).
#if __CUDA_ARCH__ >= 800
#define MMA(TYPE)                                                                                                      \
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." TYPE "." TYPE ".f32 "                                        \
                 "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"                                               \
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                      \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))
DEVICE void mma(f16, float c[4], const u32 a[4], const u32 b[2]) { MMA("f16"); }
DEVICE void mma(bf16, float c[4], const u32 a[4], const u32 b[2]) { MMA("bf16"); }
#endif
#endif

#ifdef CUDA_ON_CPU_MMA
CUDA_ON_CPU_MMA
#endif

DEVICE float to_float(float x) { return x; }
DEVICE float to_float(f16 x) { return f16_to_float(x.bits); }
DEVICE float to_float(bf16 x) { return __uint_as_float((u32)x.bits << 16); }

DEVICE void from_float(float x, float& out) { out = x; }
DEVICE void from_float(float x, f16& out) { out.bits = float_to_f16(x); }
// To the nearest, ties to even; a NaN stays one.
DEVICE void from_float(float x, bf16& out) {
    const u32 bits = __float_as_uint(x);
    out.bits = x != x ? (u16)(bits >> 16 | 64) : (u16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// Sixteen bytes of elements as floats.
template <class T> struct Vector {
    static const int WIDTH = 16 / sizeof(T);
    T at[WIDTH];
};
template <class T> DEVICE void load_vector(const T* from, float out[Vector<T>::WIDTH]) {
    union { uint4 raw; Vector<T> elements; } both;
    both.raw = *(const uint4*)from;
#pragma unroll
    for (int i = 0; i < Vector<T>::WIDTH; i++) out[i] = to_float(both.elements.at[i]);
}

DEVICE float warp_sum(float x) {
#pragma unroll
    for (int o = 16; o; o >>= 1) x += __shfl_xor_sync(ALL_LANES, x, o);
    return x;
}
DEVICE float warp_max(float x) {
#pragma unroll
    for (int o = 16; o; o >>= 1) x = fmaxf(x, __shfl_xor_sync(ALL_LANES, x, o));
    return x;
}

// Sums that many blocks add to are integers in units of 2^-40: their result does not depend on the order, so a run
// can be repeated to the bit. Sums stay below 2^16 and so far from the 2^63 that would overflow.
#define FIXED_ONE 1099511627776.0f
DEVICE void add_fixed(u64* sum, float x) { atomicAdd(sum, (u64)(i64)rintf(x * FIXED_ONE)); }
DEVICE float from_fixed(u64 sum) { return (float)(i64)sum * (1.0f / FIXED_ONE); }

#define NEGATIVE_INFINITY __uint_as_float(0xff800000u)

// M(type, name, head_dim) for every element type and head size that kernels are built for; with HEAD_DIM defined, for that
// size only, so that a program loads no more than its model needs.
#define FOR_HEAD_DIM(M, T, NAME, D) M(T, NAME, D)
#ifdef HEAD_DIM
#define FOR_EACH_HEAD_DIM(M, T, NAME) FOR_HEAD_DIM(M, T, NAME, HEAD_DIM)
#else
#define FOR_EACH_HEAD_DIM(M, T, NAME)                                                                                  \
    M(T, NAME, 32) M(T, NAME, 64) M(T, NAME, 80) M(T, NAME, 96) M(T, NAME, 128) M(T, NAME, 256)
#endif
#define FOR_EACH_ELEMENT_AND_HEAD_DIM(M)                                                                               \
    FOR_EACH_HEAD_DIM(M, float, f32) FOR_EACH_HEAD_DIM(M, f16, f16) FOR_EACH_HEAD_DIM(M, bf16, bf16)
