// The formulas in f64, written from the paper's text and the published code's steps and from nothing in kernels/:
// the whole L x L matrix, full sorts, no shortcuts. One KV head at a time.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

typedef std::vector<double> Doubles;

namespace oracle {

// logits[w][j] = max over members of q.k / sqrt(d); queries [window][group][d], keys [n][d].
inline Doubles logits(const Doubles& queries, const Doubles& keys, int window, int group, int d, int candidates) {
    Doubles out((size_t)window * candidates, -std::numeric_limits<double>::infinity());
    for (int w = 0; w < window; w++)
        for (int g = 0; g < group; g++)
            for (int j = 0; j < candidates; j++) {
                double dot = 0;
                for (int i = 0; i < d; i++) dot += queries[((size_t)w * group + g) * d + i] * keys[(size_t)j * d + i];
                double& most = out[(size_t)w * candidates + j];
                most = std::max(most, dot / std::sqrt((double)d));
            }
    return out;
}

inline Doubles softmax(Doubles x) {
    const double most = *std::max_element(x.begin(), x.end());
    double sum = 0;
    for (double& v : x) sum += v = std::exp(v - most);
    for (double& v : x) v /= sum;
    return x;
}

inline Doubles importance(const Doubles& logits, int window, int candidates, int pool) {
    Doubles raw(candidates, 0.0);
    for (int w = 0; w < window; w++) {
        const Doubles row = softmax(Doubles(logits.begin() + (size_t)w * candidates, logits.begin() + (size_t)(w + 1) * candidates));
        for (int j = 0; j < candidates; j++) raw[j] += row[j] / window;
    }
    Doubles pooled(candidates);
    for (int j = 0; j < candidates; j++)
        pooled[j] = *std::max_element(raw.begin() + std::max(0, j - pool / 2), raw.begin() + std::min(candidates, j + pool / 2 + 1));
    return pooled;
}

struct Similarity {
    std::vector<int> newest;  // per row, -1 for none
    Doubles column_mean;      // after zeroing
    double margin;            // least distance from the threshold of a cosine that decides
};

inline Similarity similarity(const Doubles& keys, int n, int d, double threshold) {
    Doubles unit(keys.begin(), keys.begin() + (size_t)n * d);
    for (int j = 0; j < n; j++) {
        double squares = 0;
        for (int i = 0; i < d; i++) squares += unit[(size_t)j * d + i] * unit[(size_t)j * d + i];
        for (int i = 0; i < d; i++) unit[(size_t)j * d + i] /= std::sqrt(squares) + 1e-8;
    }
    Doubles matrix((size_t)n * n, 0.0);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            double dot = 0;
            for (int k = 0; k < d; k++) dot += unit[(size_t)i * d + k] * unit[(size_t)j * d + k];
            matrix[(size_t)i * n + j] = matrix[(size_t)j * n + i] = dot;
        }
    Similarity out{std::vector<int>(n, -1), Doubles(n, 0.0), 1.0};
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            if (j != i && matrix[(size_t)i * n + j] > threshold) out.newest[i] = j;
        for (int j = std::max(out.newest[i], 0); j < n; j++)
            if (j != i) out.margin = std::min(out.margin, std::fabs(matrix[(size_t)i * n + j] - threshold));
        matrix[(size_t)i * n + std::max(out.newest[i], 0)] = 0;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) out.column_mean[j] += matrix[(size_t)i * n + j] / n;
    return out;
}

// Slots that stay, ascending by position or, in the published code's order, protected, then best first, then the window.
inline std::vector<unsigned> select(const std::vector<float>* scores, const std::vector<unsigned>& positions, int candidates, int kept,
                                    unsigned protect, bool reference) {
    std::vector<unsigned> open, stays;
    for (int j = 0; j < candidates; j++) (positions[j] < protect ? stays : open).push_back(j);
    auto worth = [&](unsigned j) {
        const float s = scores ? (*scores)[j] : 0.0f;
        return std::isnan(s) ? -std::numeric_limits<float>::infinity() : s;
    };
    std::sort(open.begin(), open.end(), [&](unsigned a, unsigned b) {
        const float x = worth(a), y = worth(b);
        if (x != y) return x > y;
        if (std::signbit(x) != std::signbit(y)) return std::signbit(y);
        return positions[a] > positions[b];
    });
    const int window = (int)positions.size() - candidates, wanted = kept - window - (int)stays.size();
    open.resize(std::max(0, std::min(wanted, (int)open.size())));
    stays.insert(stays.end(), open.begin(), open.end());
    for (int j = candidates; j < (int)positions.size(); j++) stays.push_back(j);
    if (!reference) std::sort(stays.begin(), stays.end(), [&](unsigned a, unsigned b) { return positions[a] < positions[b]; });
    return stays;
}

// One query over the visible slots.
inline Doubles attend(const double* query, const double* keys, const double* values, int visible, int d) {
    Doubles weights(visible), out(d, 0.0);
    for (int s = 0; s < visible; s++) {
        for (int i = 0; i < d; i++) weights[s] += query[i] * keys[(size_t)s * d + i];
        weights[s] /= std::sqrt((double)d);
    }
    weights = softmax(weights);
    for (int s = 0; s < visible; s++)
        for (int i = 0; i < d; i++) out[i] += weights[s] * values[(size_t)s * d + i];
    return out;
}

}  // namespace oracle
