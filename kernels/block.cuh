// Reductions over a block of at most 1024 threads; every thread gets the result.
#pragma once
#include "elements.cuh"

DEVICE float block_sum(float x) {
    SHARED(float, parts, 32);
    x = warp_sum(x);
    // A slow warp may still read the parts of the call before.
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    float total = 0.0f;
    for (int w = 0; w < (int)blockDim.x / 32; w++) total += parts[w];
    return total;
}
DEVICE float block_max(float x) {
    SHARED(float, parts, 32);
    x = warp_max(x);
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    float most = parts[0];
    for (int w = 1; w < (int)blockDim.x / 32; w++) most = fmaxf(most, parts[w]);
    return most;
}
