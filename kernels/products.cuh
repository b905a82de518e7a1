// Dot products of 64 rows with many columns, a tile of 8 * TILES columns at a time, by a block of 128 threads.
//
// Both ways below give a thread the same share, which is how tensor cores lay out a product: warp w has the rows
// 16 w .. 16 w + 15, and its lane holds of each 16 x 8 tile c[0..3] = (r, k), (r, k + 1), (r + 8, k), (r + 8, k + 1)
// with r = lane / 4 and k = 2 * (lane % 4).
//
//   row(i)           address of the D elements of row i (0 .. 63), or null for zeros
//   column(tile, i)  the same for column i (0 .. 8 * TILES - 1) of a tile
//   use(tile, c)     takes float c[TILES][4]; false ends the walk, and must be the same in every thread
//
// Every thread of the block calls products() with the same arguments; row addresses are multiples of sixteen bytes.
#pragma once
#include "elements.cuh"

#define PRODUCT_ROWS 64
#define PRODUCT_THREADS 128

// Tensor cores: f16 and bf16 from sm_80 on. The rows' fragments stay in registers; columns come through two buffers in
// shared memory, the next tile while this one is multiplied.
template <class T, int D, int TILES> struct TensorProducts {
    static const int COLUMNS = 8 * TILES;
    // Sixteen bytes between rows spread them over the banks of shared memory.
    static const int STRIDE = D + 16 / (int)sizeof(T);
    static const int SHARED_BYTES = 2 * COLUMNS * STRIDE * (int)sizeof(T);
    static_assert(2 * COLUMNS >= PRODUCT_ROWS, "the rows pass through both buffers once");

    template <class Row> static DEVICE void stage(T* to, int count, Row row) {
        const int vectors = D / Vector<T>::WIDTH;
        for (int v = threadIdx.x; v < count * vectors; v += PRODUCT_THREADS) {
            const int r = v / vectors, at = v % vectors * Vector<T>::WIDTH;
            const T* from = row(r);
            copy_async(to + r * STRIDE + at, from ? from + at : nullptr);
        }
        copy_commit();
    }

    template <class Row, class Column, class Use>
    static DEVICE void products(unsigned char* shared, Row row, int tiles, Column column, Use use) {
        T* buffer = (T*)shared;
        const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, quad = lane / 4, pair = lane % 4;

        stage(buffer, PRODUCT_ROWS, row);
        copy_wait<0>();
        __syncthreads();
        u32 a[D / 16][4];
        const T* mine = buffer + (warp * 16 + quad) * STRIDE + 2 * pair;
#pragma unroll
        for (int k = 0; k < D / 16; k++) {
#pragma unroll
            for (int x = 0; x < 4; x++) a[k][x] = *(const u32*)(mine + x % 2 * 8 * STRIDE + k * 16 + x / 2 * 8);
        }
        __syncthreads();

        stage(buffer, COLUMNS, [&](int i) { return column(0, i); });
        for (int tile = 0; tile < tiles; tile++) {
            if (tile + 1 < tiles) {
                stage(buffer + (tile + 1) % 2 * COLUMNS * STRIDE, COLUMNS, [&](int i) { return column(tile + 1, i); });
                copy_wait<1>();
            } else {
                copy_wait<0>();
            }
            __syncthreads();
            float c[TILES][4];
            const T* columns = buffer + tile % 2 * COLUMNS * STRIDE + quad * STRIDE + 2 * pair;
#pragma unroll
            for (int n = 0; n < TILES; n++) {
                c[n][0] = c[n][1] = c[n][2] = c[n][3] = 0.0f;
#pragma unroll
                for (int k = 0; k < D / 16; k++) {
                    const T* at = columns + n * 8 * STRIDE + k * 16;
                    const u32 b[2] = {*(const u32*)at, *(const u32*)(at + 8)};
                    mma(T(), c[n], a[k], b);
                }
            }
            const bool on = use(tile, c);
            // The buffer just read is the next one to be filled.
            __syncthreads();
            if (!on) break;
        }
        copy_wait<0>();
        __syncthreads();
    }
};

// Fused multiply-adds in f32: f32 keys everywhere, and sixteen-bit keys before sm_80. Rows and columns pass through
// shared memory sixteen features at a time, as f32.
template <class T, int D, int TILES> struct PlainProducts {
    static const int COLUMNS = 8 * TILES;
    static const int FEATURES = 16;
    static const int STRIDE = FEATURES + 4;
    static const int SHARED_BYTES = (PRODUCT_ROWS + COLUMNS) * STRIDE * (int)sizeof(float);

    template <class Row> static DEVICE void stage(float* to, int count, int first, Row row) {
        const int vectors = FEATURES / Vector<T>::WIDTH;
        for (int v = threadIdx.x; v < count * vectors; v += PRODUCT_THREADS) {
            const int r = v / vectors, at = v % vectors * Vector<T>::WIDTH;
            const T* from = row(r);
            float numbers[Vector<T>::WIDTH] = {};
            if (from) load_vector(from + first + at, numbers);
#pragma unroll
            for (int i = 0; i < Vector<T>::WIDTH; i++) to[r * STRIDE + at + i] = numbers[i];
        }
    }

    template <class Row, class Column, class Use>
    static DEVICE void products(unsigned char* shared, Row row, int tiles, Column column, Use use) {
        float* rows = (float*)shared;
        float* columns = rows + PRODUCT_ROWS * STRIDE;
        const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, quad = lane / 4, pair = lane % 4;
        const float* mine = rows + (warp * 16 + quad) * STRIDE;
        for (int tile = 0; tile < tiles; tile++) {
            float c[TILES][4] = {};
            for (int first = 0; first < D; first += FEATURES) {
                __syncthreads();
                stage(rows, PRODUCT_ROWS, first, row);
                stage(columns, COLUMNS, first, [&](int i) { return column(tile, i); });
                __syncthreads();
#pragma unroll
                for (int f = 0; f < FEATURES; f += 4) {
                    float a[2][4];
                    load_vector(mine + f, a[0]);
                    load_vector(mine + 8 * STRIDE + f, a[1]);
#pragma unroll
                    for (int n = 0; n < TILES; n++) {
                        float b[2][4];
                        load_vector(columns + (n * 8 + 2 * pair) * STRIDE + f, b[0]);
                        load_vector(columns + (n * 8 + 2 * pair + 1) * STRIDE + f, b[1]);
#pragma unroll
                        for (int x = 0; x < 4; x++) {
#pragma unroll
                            for (int i = 0; i < 4; i++) c[n][x] = fmaf(a[x / 2][i], b[x % 2][i], c[n][x]);
                        }
                    }
                }
            }
            if (!use(tile, c)) break;
        }
        __syncthreads();
    }
};

#if __CUDA_ARCH__ >= 800
template <class T, int D, int TILES> struct Products : TensorProducts<T, D, TILES> {};
#else
template <class T, int D, int TILES> struct Products : PlainProducts<T, D, TILES> {};
#endif
template <int D, int TILES> struct Products<float, D, TILES> : PlainProducts<float, D, TILES> {};
