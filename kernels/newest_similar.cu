// Each key's newest near duplicate, and the column sums of cosine similarity without an L x L matrix
// (R-KV section 3.3 in the form of the published code's cal_similarity).
//
//   cos(i, j) = key[i] . key[j] * inverse_norm[i] * inverse_norm[j];   cos(i, i) counts as 0
//   newest[row, i] = the largest j != i with cos(i, j) > threshold, or -1
//   The published code zeroes one entry of each row i: column newest, or column 0 where there is none. Summed over rows,
//     column j of what is left = unit_key[j] . unit_sum - |unit_key[j]|^2 - sum of cos(i, j) over the rows i that spare j
//   column_sum[row, j] = the first two terms; spared[row, j] = the last (fixed point, must be zero before)
//
// Shapes   keys [rows, capacity, D]; inverse_norm, column_sum f32, newest i32, spared fixed point: all [rows, held];
//          unit_sum [rows, D] from importance.cu
// Grid     (ceil(held / 64), rows) blocks of 128 threads. A block has 64 rows i. It walks the columns from the newest tile
//          to the oldest and stops once each of its rows has a duplicate: in real models, whose keys share a direction, in
//          the first tile; with independent keys, never.
// Bytes    64 keys, and a tile of keys for each step of the walk (from cache: all blocks of a row start at the same tile);
//          12 * held out. Work at most held^2 * D multiplications a row.
#include "products.cuh"

template <class T, int D>
DEVICE void newest_similar(const T* keys, const float* inverse_norm, const u64* unit_sum, float* column_sum, u64* spared,
                           int* newest, int capacity, int held, float threshold) {
    // Half as many columns where two tiles would leave room for one block only.
    const int TILES = D > 128 ? 4 : 8;
    typedef Products<T, D, TILES> P;
    SHARED(unsigned char, shared, P::SHARED_BYTES);
    SHARED(float, direction, D);
    const int row = blockIdx.y, start = blockIdx.x * PRODUCT_ROWS;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const T* my_keys = keys + (i64)row * capacity * D;
    const float* norms = inverse_norm + (i64)row * held;

    for (int d = threadIdx.x; d < D; d += PRODUCT_THREADS) direction[d] = from_fixed(unit_sum[(i64)row * D + d]);
    __syncthreads();
    for (int i = 0; i < 16; i++) {
        const int j = start + warp * 16 + i;
        if (j >= held) break;
        float along = 0.0f, squares = 0.0f;
        for (int d = lane; d < D; d += 32) {
            const float key = to_float(my_keys[(i64)j * D + d]);
            along = fmaf(key, direction[d], along);
            squares = fmaf(key, key, squares);
        }
        along = warp_sum(along);
        squares = warp_sum(squares);
        if (lane == 0) column_sum[(i64)row * held + j] = along * norms[j] - squares * norms[j] * norms[j];
    }

    int at[2], best[2] = {-1, -1};
    float scale[2], cosine[2] = {0.0f, 0.0f}, oldest[2] = {0.0f, 0.0f};
    for (int y = 0; y < 2; y++) {
        at[y] = start + warp * 16 + lane / 4 + y * 8;
        scale[y] = at[y] < held ? norms[at[y]] : 0.0f;
    }
    const int tiles = (held + P::COLUMNS - 1) / P::COLUMNS;
    P::products(
        shared, [&](int i) { return start + i < held ? my_keys + (i64)(start + i) * D : nullptr; }, tiles,
        [&](int tile, int i) {
            const int j = (tiles - 1 - tile) * P::COLUMNS + i;
            return j < held ? my_keys + (i64)j * D : nullptr;
        },
        [&](int tile, const float(&c)[TILES][4]) {
#pragma unroll
            for (int n = 0; n < TILES; n++) {
#pragma unroll
                for (int x = 0; x < 4; x++) {
                    const int y = x / 2, j = (tiles - 1 - tile) * P::COLUMNS + n * 8 + lane % 4 * 2 + x % 2;
                    if (j >= held || j == at[y]) continue;
                    const float cos = c[n][x] * scale[y] * norms[j];
                    if (j == 0) oldest[y] = cos;
                    if (cos > threshold && j > best[y]) {
                        best[y] = j;
                        cosine[y] = cos;
                    }
                }
            }
            // The four lanes of a row agree on the newest.
            bool found = true;
            for (int y = 0; y < 2; y++) {
                for (int o = 1; o < 4; o *= 2) {
                    const int other = __shfl_xor_sync(ALL_LANES, best[y], o);
                    const float its = __shfl_xor_sync(ALL_LANES, cosine[y], o);
                    if (other > best[y]) {
                        best[y] = other;
                        cosine[y] = its;
                    }
                }
                found = found && (best[y] >= 0 || at[y] >= held);
            }
            return !__syncthreads_and(found);
        });

    for (int y = 0; y < 2; y++) {
        // Column 0 belongs to the first lane of the four; its cosine is known if the walk came so far.
        if (lane % 4 || at[y] >= held) continue;
        newest[(i64)row * held + at[y]] = best[y];
        add_fixed(spared + (i64)row * held + (best[y] < 0 ? 0 : best[y]), best[y] < 0 ? oldest[y] : cosine[y]);
    }
}

#define KERNEL(T, NAME, D)                                                                                             \
    extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) newest_similar_##NAME##_d##D(                        \
        const T* keys, const float* inverse_norm, const u64* unit_sum, float* column_sum, u64* spared, int* newest,    \
        int capacity, int held, float threshold) {                                                                     \
        newest_similar<T, D>(keys, inverse_norm, unit_sum, column_sum, spared, newest, capacity, held, threshold);     \
    }                                                                                                                  \
    EXPORT(newest_similar_##NAME##_d##D)
FOR_EACH_ELEMENT_AND_HEAD_DIM(KERNEL)
