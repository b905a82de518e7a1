// Scores of the candidates: softmaxes, max-pool and the mix (R-KV sections 3.2 to 3.4; published code r1_kv.py, update_kv).
//
//   raw[j]        = mean over window rows w of softmax over candidates of logits[w, j]
//   importance[j] = max of raw over the centred pool of odd width, cut at the ends
//   redundancy[j] = softmax over all held slots of (column_sum[j] - spared[j]) / held, for the candidates
//   score[j]      = lambda * importance[j] - rest * redundancy[j]          rest = 1 - lambda, formed in f64 by the host
//
// Without column_sum (null) there is no redundancy and the score is the importance: SnapKV.
//
// Shapes   logits f32 [rows, window, candidates]; column_sum f32 and spared fixed point [rows, held];
//          raw, importance, redundancy, score f32 [rows, candidates] (raw is room to work in)
// Grid     rows blocks of 256 threads. A warp takes a window row for its maximum and sum; then a thread a candidate.
// Bytes    2 * 4 * window * candidates + 3 * 12 * held in, from cache; 16 * candidates out.
#include "block.cuh"

#define SCORE_THREADS 256
#define MOST_WINDOW 1024

extern "C" __global__ void __launch_bounds__(SCORE_THREADS)
    score_candidates(const float* logits, const float* column_sum, const u64* spared, float* raw, float* importance,
                     float* redundancy, float* score, int window, int held, int candidates, int pool, float lambda,
                     float rest) {
    SHARED(float, highest, MOST_WINDOW);
    SHARED(float, inverse, MOST_WINDOW);
    const i64 row = blockIdx.x;
    const int lane = threadIdx.x % 32;
    logits += row * window * candidates;
    raw += row * candidates;

    for (int w = threadIdx.x / 32; w < window; w += SCORE_THREADS / 32) {
        const float* line = logits + (i64)w * candidates;
        float most = NEGATIVE_INFINITY, sum = 0.0f;
        for (int j = lane; j < candidates; j += 32) most = fmaxf(most, line[j]);
        most = warp_max(most);
        for (int j = lane; j < candidates; j += 32) sum += expf(line[j] - most);
        sum = warp_sum(sum);
        if (lane == 0) {
            highest[w] = most;
            inverse[w] = 1.0f / sum;
        }
    }
    __syncthreads();
    for (int j = threadIdx.x; j < candidates; j += SCORE_THREADS) {
        float sum = 0.0f;
        for (int w = 0; w < window; w++) sum = fmaf(expf(logits[(i64)w * candidates + j] - highest[w]), inverse[w], sum);
        raw[j] = sum / (float)window;
    }
    __syncthreads();

    float most = 0.0f, total = 1.0f;
    auto mean = [&](int j) { return (column_sum[row * held + j] - from_fixed(spared[row * held + j])) / (float)held; };
    if (column_sum) {
        most = NEGATIVE_INFINITY;
        for (int j = threadIdx.x; j < held; j += SCORE_THREADS) most = fmaxf(most, mean(j));
        most = block_max(most);
        total = 0.0f;
        for (int j = threadIdx.x; j < held; j += SCORE_THREADS) total += expf(mean(j) - most);
        total = block_sum(total);
    }
    for (int j = threadIdx.x; j < candidates; j += SCORE_THREADS) {
        const int from = j > pool / 2 ? j - pool / 2 : 0, to = j + pool / 2 < candidates ? j + pool / 2 : candidates - 1;
        float pooled = raw[j];
        for (int i = from; i <= to; i++) pooled = fmaxf(pooled, raw[i]);
        importance[row * candidates + j] = pooled;
        float mixed = pooled;
        if (column_sum) {
            const float share = expf(mean(j) - most) / total;
            redundancy[row * candidates + j] = share;
            mixed = pooled * lambda - share * rest;
        }
        score[row * candidates + j] = mixed;
    }
}
EXPORT(score_candidates)
