// Checks every kernel against the f64 oracle: on a CPU through cuda_on_cpu.h, or on a GPU built by nvcc. One body for both.
//
// Inputs reach several tiles a block and several blocks a row (more than 520 slots), sizes that divide nothing, rows with
// and without near duplicates, and scores with ties. Usage: check [WORD...] runs the checks whose names hold a word.
#include <chrono>

#include "launches.h"
#include "oracle.h"

static const int HEAD_DIMS[] = {32, 64, 80, 96, 128, 256};
static const Element ELEMENTS[] = {Element::F32, Element::F16, Element::BF16};

static void expect_close(const std::string& what, size_t at, double got, double want, double relative, double absolute) {
    // Written so that a NaN fails.
    if (!(std::fabs(got - want) <= absolute + relative * std::fabs(want)))
        stop(what + "[" + std::to_string(at) + "] is " + std::to_string(got) + ", not " + std::to_string(want));
}
template <class T> static void expect_same(const std::string& what, const std::vector<T>& got, const std::vector<T>& want) {
    if (got.size() != want.size()) stop(what + ": " + std::to_string(got.size()) + " entries, not " + std::to_string(want.size()));
    for (size_t i = 0; i < got.size(); i++)
        if (got[i] != want[i]) stop(what + "[" + std::to_string(i) + "] is " + std::to_string(got[i]) + ", not " + std::to_string(want[i]));
}
static Doubles part(const Doubles& all, size_t from, size_t count) { return Doubles(all.begin() + from, all.begin() + from + count); }

enum class Keys { Independent, Clustered, Dense, Duplicates };

// [rows][capacity][d]. Clustered: groups with cosines around 0.6, so that some rows have a duplicate near by, some far, some
// none. Dense: all share a direction. Duplicates: clustered, and every fifth key repeats another to the bit; one is zero.
static Doubles make_keys(Keys kind, int rows, int capacity, int d, unsigned seed) {
    Doubles keys = normal((size_t)rows * capacity * d, seed);
    std::mt19937 random(seed + 1);
    const int centres = kind == Keys::Dense ? 1 : std::max(2, capacity / 3);
    const Doubles centre = normal((size_t)rows * centres * d, seed + 2);
    for (int row = 0; row < rows; row++)
        for (int j = 0; j < capacity; j++) {
            double* key = &keys[((size_t)row * capacity + j) * d];
            const size_t c = (size_t)row * centres + random() % centres;
            const double pull = kind == Keys::Independent ? 0.0 : 0.4 + random() % 1000 / 600.0, size = 0.3 + random() % 1000 / 500.0;
            for (int i = 0; i < d; i++) key[i] = (key[i] + pull * centre[c * d + i]) * size;
        }
    if (kind == Keys::Duplicates)
        for (int row = 0; row < rows; row++) {
            for (int j = 9; j < capacity; j += 5) {
                const double* other = &keys[((size_t)row * capacity + random() % j) * d];
                std::copy(other, other + d, &keys[((size_t)row * capacity + j) * d]);
            }
            std::fill_n(&keys[((size_t)row * capacity + 5) * d], d, 0.0);
        }
    return keys;
}

struct Case {
    Element element;
    int head_dim, group, held, window, pool;
    Keys keys;
    double threshold, lambda;
    int kept;
    bool reference;
};

// A whole compression: logits, similarity, scores, selection, compaction; each step against the oracle on the same input.
static void compression(const Case& c) {
    const int layers = 2, batch = 1, kv_heads = 2, rows = layers * batch * kv_heads, d = c.head_dim, n = c.held - c.window;
    const int capacity = c.held + 3, ring = 2 * c.window + 1, first = ring - (c.window + 1) / 2;  // the window wraps
    const Rows shape{c.element, rows, kv_heads, c.group, d, capacity, c.held};
    const std::string name = std::string(::name(c.element)) + " d" + std::to_string(d) + " group " + std::to_string(c.group) + " held " +
                             std::to_string(c.held) + " window " + std::to_string(c.window) + " ";
    const Numbers keys(c.element, make_keys(c.keys, rows, capacity, d, c.held + d + 1)), values(c.element, normal((size_t)rows * capacity * d, 7));
    const Numbers queries(c.element, normal((size_t)layers * batch * ring * kv_heads * c.group * d, 11));
    Array<unsigned char> device_queries(queries.stored), device_keys(keys.stored), device_values(values.stored);
    Array<float> logits((size_t)rows * c.window * n), norms((size_t)rows * c.held), column_sum((size_t)rows * c.held);
    Array<u64> unit_sum(std::vector<u64>((size_t)rows * d, 0)), spared(std::vector<u64>((size_t)rows * c.held, 0));
    Array<int> newest((size_t)rows * c.held);
    Array<float> raw((size_t)rows * n), importance((size_t)rows * n), redundancy((size_t)rows * n), score((size_t)rows * n);

    importance_logits(shape, device_queries.at(), device_keys.at(), logits.at(), norms.at(), unit_sum.at(), c.window, n, ring, first);
    newest_similar(shape, device_keys.at(), norms.at(), unit_sum.at(), column_sum.at(), spared.at(), newest.at(), (float)c.threshold);
    score_candidates(rows, logits.at(), column_sum.at(), spared.at(), raw.at(), importance.at(), redundancy.at(), score.at(), c.window,
                     c.held, n, c.pool, c.lambda);
    const std::vector<float> got_logits = logits.read(), got_importance = importance.read(), got_redundancy = redundancy.read(), got_score = score.read();
    const std::vector<int> got_newest = newest.read();

    for (int row = 0; row < rows; row++) {
        const int lane = row / kv_heads, head = row % kv_heads;
        const Doubles key = part(keys.values, (size_t)row * capacity * d, (size_t)c.held * d);
        Doubles query;
        for (int w = 0; w < c.window; w++) {
            const size_t at = (((size_t)lane * ring + (first + w) % ring) * kv_heads + head) * c.group * d;
            query.insert(query.end(), queries.values.begin() + at, queries.values.begin() + at + (size_t)c.group * d);
        }
        const Doubles want_logits = oracle::logits(query, key, c.window, c.group, d, n);
        for (size_t i = 0; i < want_logits.size(); i++)
            expect_close(name + "logits", i, got_logits[(size_t)row * c.window * n + i], want_logits[i], 2e-6, 2e-5);
        const oracle::Similarity want = oracle::similarity(key, c.held, d, c.threshold);
        if (want.margin < 1e-6) {
            printf("  %srow %d: a cosine is within %.1e of the threshold, similarity not compared\n", name.c_str(), row, want.margin);
            continue;
        }
        expect_same(name + "newest", std::vector<int>(got_newest.begin() + (size_t)row * c.held, got_newest.begin() + (size_t)(row + 1) * c.held), want.newest);
        const Doubles want_importance = oracle::importance(want_logits, c.window, n, c.pool), want_redundancy = oracle::softmax(want.column_mean);
        for (int j = 0; j < n; j++) {
            const size_t at = (size_t)row * n + j;
            expect_close(name + "importance", j, got_importance[at], want_importance[j], 6e-5, 1e-9);
            expect_close(name + "redundancy", j, got_redundancy[at], want_redundancy[j], 4e-6, 0);
            expect_close(name + "score", j, got_score[at], c.lambda * want_importance[j] - (1 - c.lambda) * want_redundancy[j], 0, 3e-7 + 6e-5 * c.lambda * want_importance[j]);
        }
    }

    // Selection and compaction on what came before, whose rounding is settled by now.
    std::vector<unsigned> positions((size_t)rows * capacity);
    for (size_t i = 0; i < positions.size(); i++) positions[i] = 3 * (unsigned)(i % capacity) + 1;
    Array<unsigned> device_positions(positions), keep((size_t)rows * c.kept);
    int size = 1;
    while (size < c.kept) size *= 2;
    Array<u64> sort_keys((size_t)rows * size);
    Array<unsigned> sort_slots((size_t)rows * size);
    select_slots(rows, score.at(), device_positions.at(), keep.at(), sort_keys.at(), sort_slots.at(), capacity, c.held, n, c.kept, 0, c.reference ? 2 : 0);
    const std::vector<unsigned> got_keep = keep.read();
    const int chunks = d * (int)bytes(c.element) / 16;
    Array<unsigned char> room((size_t)rows * c.kept * 2 * chunks * 16);
    Array<unsigned> room_positions((size_t)rows * c.kept);
    compact_slots(rows, device_keys.at(), device_values.at(), device_positions.at(), keep.at(), c.reference ? room.at() : nullptr,
                  c.reference ? room_positions.at() : nullptr, capacity, c.kept, chunks);
    const std::vector<unsigned char> got_keys = device_keys.read(), got_values = device_values.read();
    const std::vector<unsigned> got_positions = device_positions.read();
    for (int row = 0; row < rows; row++) {
        const std::vector<float> own(got_score.begin() + (size_t)row * n, got_score.begin() + (size_t)(row + 1) * n);
        const std::vector<unsigned> at(positions.begin() + (size_t)row * capacity, positions.begin() + (size_t)row * capacity + c.held);
        const std::vector<unsigned> want = oracle::select(&own, at, n, c.kept, 0, c.reference);
        expect_same(name + "keep", std::vector<unsigned>(got_keep.begin() + (size_t)row * c.kept, got_keep.begin() + (size_t)(row + 1) * c.kept), want);
        const size_t line = (size_t)d * bytes(c.element);
        for (int s = 0; s < c.kept; s++) {
            const size_t to = ((size_t)row * capacity + s) * line, from = ((size_t)row * capacity + want[s]) * line;
            if (memcmp(&got_keys[to], &keys.stored[from], line) || memcmp(&got_values[to], &values.stored[from], line) ||
                got_positions[(size_t)row * capacity + s] != at[want[s]])
                stop(name + "compaction: slot " + std::to_string(s) + " of row " + std::to_string(row));
        }
    }
}

static void check_compression() {
    for (Element e : ELEMENTS)
        for (int d : HEAD_DIMS) compression({e, d, 3, 133, 8, 7, Keys::Clustered, 0.5, 0.1, 64, d % 64 == 0});
    // Every tile: more than 520 slots, groups that are no multiple of four, windows that are no multiple of eight.
    compression({Element::BF16, 128, 4, 600, 8, 7, Keys::Clustered, 0.5, 0.1, 300, false});
    compression({Element::F16, 64, 7, 577, 12, 5, Keys::Independent, 0.5, 0.5, 128, false});
    compression({Element::F32, 64, 1, 530, 1, 1, Keys::Duplicates, 0.8, 0.0, 400, true});
    compression({Element::BF16, 80, 16, 200, 20, 13, Keys::Dense, 0.5, 1.0, 100, true});
    compression({Element::F16, 256, 2, 321, 4, 7, Keys::Duplicates, 0.3, 0.1, 256, false});
    compression({Element::F32, 128, 8, 65, 64, 7, Keys::Clustered, 0.5, 0.1, 65, false});
    // Nothing is similar: column 0 throughout. Everything is: the first tile ends the walk.
    compression({Element::BF16, 64, 2, 300, 8, 7, Keys::Independent, 0.99, 0.1, 128, false});
    compression({Element::F16, 96, 2, 300, 8, 7, Keys::Independent, -1.5, 0.1, 128, true});
}

// Keys along axes of their own and one of zeros: every cosine is the threshold to the bit, and none is above it.
static void threshold(Element e, int d, int held) {
    const int candidates = held - 1;
    const Rows shape{e, 1, 1, 1, d, held, held};
    Doubles axes((size_t)held * d, 0.0);
    for (int j = 0; j < held; j++)
        if (j != 1) axes[(size_t)j * d + j] = j % 2 ? -0.5 : 2.0;
    const Numbers keys(e, axes), queries(e, normal(d, 11));
    Array<unsigned char> device_queries(queries.stored), device_keys(keys.stored);
    Array<float> logits(candidates), norms(held), column_sum(held);
    Array<u64> unit_sum(std::vector<u64>(d, 0)), spared(std::vector<u64>(held, 0));
    Array<int> newest(held);
    importance_logits(shape, device_queries.at(), device_keys.at(), logits.at(), norms.at(), unit_sum.at(), 1, candidates, 1, 0);
    newest_similar(shape, device_keys.at(), norms.at(), unit_sum.at(), column_sum.at(), spared.at(), newest.at(), 0.0f);
    const std::string what = std::string("threshold ") + name(e) + " d" + std::to_string(d) + " held " + std::to_string(held) + " ";
    expect_same(what + "newest", newest.read(), std::vector<int>(held, -1));
    expect_same(what + "spared", spared.read(), std::vector<u64>(held, 0));
}

static void check_threshold() {
    for (Element e : ELEMENTS) {
        for (int held : {3, 33, 71}) threshold(e, 80, held);
        threshold(e, 256, 200);
    }
}

static void check_snapkv() {
    const int rows = 3, window = 5, held = 700, n = held - window;
    std::vector<float> numbers((size_t)rows * window * n);
    const Doubles exact = normal(numbers.size(), 3, 4.0);
    std::copy(exact.begin(), exact.end(), numbers.begin());
    Array<float> logits(numbers), raw((size_t)rows * n), importance((size_t)rows * n), redundancy((size_t)rows * n), score((size_t)rows * n);
    score_candidates(rows, logits.at(), nullptr, nullptr, raw.at(), importance.at(), redundancy.at(), score.at(), window, held, n, 7, 0.1);
    const std::vector<float> got = score.read();
    for (int row = 0; row < rows; row++) {
        const Doubles want = oracle::importance(Doubles(numbers.begin() + (size_t)row * window * n, numbers.begin() + (size_t)(row + 1) * window * n), window, n, 7);
        for (int j = 0; j < n; j++) expect_close("snapkv", j, got[(size_t)row * n + j], want[j], 1e-5, 1e-12);
    }
}

enum class Scores { Distinct, FewValues, Special, Equal, None };

static void selection(int candidates, int window, int kept, unsigned protect, Scores kind, bool shuffled, int sort) {
    const int rows = 2, held = candidates + window, capacity = held + 1;
    std::mt19937 random(candidates + kept);
    std::vector<float> scores((size_t)rows * candidates);
    const float special[] = {NAN, -NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-40f, -1e-40f, 1.0f, -1.0f};
    for (float& s : scores) {
        const float draw = (float)random() / 4e9f - 0.5f;
        s = kind == Scores::Distinct ? draw : kind == Scores::FewValues ? std::floor(draw * 8) / 64 : kind == Scores::Special ? special[random() % 10] : 0.25f;
    }
    std::vector<unsigned> positions((size_t)rows * capacity);
    for (int row = 0; row < rows; row++) {
        unsigned* at = &positions[(size_t)row * capacity];
        for (int j = 0; j < held; j++) at[j] = j + j / 3 + row;
        // As the published code leaves a cache: old slots in any order, the newest last.
        if (shuffled) std::shuffle(at, at + candidates, random);
    }
    Array<float> device_scores(scores);
    Array<unsigned> device_positions(positions), keep((size_t)rows * kept);
    int size = 1;
    while (size < kept) size *= 2;
    Array<u64> sort_keys((size_t)rows * size);
    Array<unsigned> sort_slots((size_t)rows * size);
    select_slots(rows, kind == Scores::None ? nullptr : device_scores.at(), device_positions.at(), keep.at(), sort_keys.at(), sort_slots.at(), capacity, held, candidates, kept, protect, sort);
    const std::vector<unsigned> got = keep.read();
    for (int row = 0; row < rows; row++) {
        const std::vector<float> own(scores.begin() + (size_t)row * candidates, scores.begin() + (size_t)(row + 1) * candidates);
        const std::vector<unsigned> at(positions.begin() + (size_t)row * capacity, positions.begin() + (size_t)row * capacity + held);
        expect_same("selection of " + std::to_string(kept) + " of " + std::to_string(candidates) + " + " + std::to_string(window) + ", sort " + std::to_string(sort),
                    std::vector<unsigned>(got.begin() + (size_t)row * kept, got.begin() + (size_t)(row + 1) * kept),
                    oracle::select(kind == Scores::None ? nullptr : &own, at, candidates, kept, protect, sort == 2));
    }
}

static void check_selection() {
    for (int n : {1024, 1025, 1152, 8193, 32768}) {
        selection(n, 8, n / 2, 0, Scores::Distinct, false, 0);
        selection(n, 8, n / 3, 0, Scores::FewValues, false, 0);
        selection(n, 8, 1000, 4, Scores::FewValues, true, 1);
        selection(n, 8, 700, 0, Scores::Distinct, true, 2);
    }
    for (Scores kind : {Scores::Distinct, Scores::FewValues, Scores::Special, Scores::Equal, Scores::None})
        for (int sort : {0, 1, 2})
            for (unsigned protect : {0u, 40u}) selection(300, 8, 100, protect, kind, sort != 0, sort);
    // Ends: one kept, all kept, only the protected, a single candidate; sorting beyond shared memory.
    selection(50, 1, 2, 0, Scores::Equal, false, 0);
    selection(50, 1, 51, 0, Scores::Distinct, false, 0);
    selection(50, 1, 51, 10, Scores::FewValues, true, 2);
    selection(50, 4, 4 + 3, 4, Scores::Distinct, false, 0);
    selection(1, 8, 8, 0, Scores::Distinct, false, 0);
    selection(6000, 8, 5000, 100, Scores::FewValues, true, 2);
    selection(6000, 8, 2049, 0, Scores::Distinct, true, 1);
}

static void check_compaction() {
    // Lists that leave a beginning in place, that move all, and in any order; chunks for every type and head size.
    const int rows = 2, capacity = 1300;
    for (int chunks : {4, 8, 10, 12, 20, 32, 64})
        for (int kept : {1, 63, 65, 1024})
            for (int kind : {0, 1, 2}) {
                std::mt19937 random(chunks * kept + kind);
                std::vector<unsigned> slots(capacity), keep;
                std::iota(slots.begin(), slots.end(), 0u);
                for (int row = 0; row < rows; row++) {
                    std::vector<unsigned> own(slots.begin() + (kind == 0 ? 0 : 1), slots.end());
                    if (kind == 0) own.erase(own.begin() + std::min(kept / 2, (int)own.size() - kept), own.begin() + std::min(kept / 2, (int)own.size() - kept) + (own.size() - kept) / 2);
                    else std::shuffle(own.begin(), own.end(), random);
                    own.resize(kept);
                    if (kind != 2) std::sort(own.begin(), own.end());
                    keep.insert(keep.end(), own.begin(), own.end());
                }
                std::vector<unsigned char> keys((size_t)rows * capacity * chunks * 16), values(keys.size());
                for (unsigned char& b : keys) b = (unsigned char)random();
                for (unsigned char& b : values) b = (unsigned char)random();
                std::vector<unsigned> positions((size_t)rows * capacity);
                for (unsigned& p : positions) p = random();
                Array<unsigned char> device_keys(keys), device_values(values), room((size_t)rows * kept * 2 * chunks * 16);
                Array<unsigned> device_positions(positions), device_keep(keep), room_positions((size_t)rows * kept);
                compact_slots(rows, device_keys.at(), device_values.at(), device_positions.at(), device_keep.at(), kind == 2 ? room.at() : nullptr,
                              kind == 2 ? room_positions.at() : nullptr, capacity, kept, chunks);
                std::vector<unsigned char> want_keys = keys, want_values = values;
                std::vector<unsigned> want_positions = positions;
                for (int row = 0; row < rows; row++)
                    for (int s = 0; s < kept; s++) {
                        const size_t to = (size_t)row * capacity + s, from = (size_t)row * capacity + keep[(size_t)row * kept + s], line = chunks * 16;
                        memcpy(&want_keys[to * line], &keys[from * line], line);
                        memcpy(&want_values[to * line], &values[from * line], line);
                        want_positions[to] = positions[from];
                    }
                const std::string name = "compaction of " + std::to_string(chunks) + " chunks, " + std::to_string(kept) + " kept, kind " + std::to_string(kind);
                expect_same(name + ": keys", device_keys.read(), want_keys);
                expect_same(name + ": values", device_values.read(), want_values);
                expect_same(name + ": positions", device_positions.read(), want_positions);
            }
}

static void attention(Element e, int d, int batch, int kv_heads, int group, int tokens, int held, int splits, double spread) {
    const int capacity = held + 2, query_heads = kv_heads * group;
    const Rows shape{e, batch * kv_heads, kv_heads, group, d, capacity, held};
    const Numbers queries(e, normal((size_t)batch * tokens * query_heads * d, 1, spread)), keys(e, normal((size_t)batch * kv_heads * capacity * d, 2)),
        values(e, normal((size_t)batch * kv_heads * capacity * d, 3));
    Array<unsigned char> device_queries(queries.stored), device_keys(keys.stored), device_values(values.stored), out(queries.stored.size());
    Array<float> parts((size_t)batch * kv_heads * tokens * group * splits * (d + 2));
    attend(shape, batch, device_queries.at(), device_keys.at(), device_values.at(), parts.at(), out.at(), tokens, splits);
    const Doubles got = Numbers::decode(e, out.read());
    const std::string name = std::string("attention ") + ::name(e) + " d" + std::to_string(d) + ", " + std::to_string(tokens) + " tokens, " + std::to_string(held) + " slots, " + std::to_string(splits) + " splits";
    // The output is rounded to its type; the weights' error grows with the logits.
    const double rounding = e == Element::F32 ? 0 : e == Element::F16 ? 1.0 / 2000 : 1.0 / 250, absolute = 4e-6 * std::max(1.0, spread);
    for (int b = 0; b < batch; b++)
        for (int t = 0; t < tokens; t++)
            for (int h = 0; h < query_heads; h++) {
                const size_t at = (((size_t)b * tokens + t) * query_heads + h) * d, row = ((size_t)b * kv_heads + h / group) * capacity * d;
                const Doubles want = oracle::attend(&queries.values[at], &keys.values[row], &values.values[row], held - (tokens - 1 - t), d);
                for (int i = 0; i < d; i++) expect_close(name, at + i, got[at + i], want[i], rounding, absolute);
            }
}

static void check_attention() {
    for (Element e : ELEMENTS)
        for (int d : HEAD_DIMS)
            for (int splits : {1, 3}) attention(e, d, 1, 2, 3, 1, 150, splits, 1.0);
    attention(Element::BF16, 128, 2, 2, 4, 1, 700, 5, 1.0);
    attention(Element::F16, 64, 1, 1, 9, 1, 1, 1, 1.0);
    attention(Element::F32, 64, 1, 3, 3, 33, 200, 1, 1.0);
    attention(Element::F32, 80, 2, 1, 7, 64, 64, 2, 1.0);
    // More ranges than tiles of slots: some ranges are empty, some are seen by no row or by later rows only.
    attention(Element::F32, 128, 1, 1, 2, 20, 70, 7, 1.0);
    attention(Element::BF16, 256, 1, 1, 16, 5, 90, 4, 1.0);
    attention(Element::F32, 64, 1, 1, 4, 1, 600, 3, 30.0);
    attention(Element::F32, 64, 1, 1, 4, 1, 600, 3, 1e-3);
}

static void appending(Element from, Element to, int d, int query_heads, int kv_heads, int batch, int tokens, int held, unsigned seen, int ring, int ring_next, int remember, bool bias, bool norms) {
    const int heads = query_heads + 2 * kv_heads, capacity = held + tokens + 1, half = d / 2;
    const Numbers rows(from, normal((size_t)batch * tokens * heads * d, 1)), biases(Element::F32, normal((size_t)heads * d, 2));
    const Numbers query_norm(Element::F32, normal(d, 3)), key_norm(Element::F32, normal(d, 4));
    Doubles exact(half);
    for (int i = 0; i < half; i++) exact[i] = std::pow(10000.0, -2.0 * i / d);
    const Numbers frequencies(Element::F32, exact);
    Array<unsigned char> device_rows(rows.stored), device_bias(biases.stored), device_query_norm(query_norm.stored), device_key_norm(key_norm.stored), device_frequencies(frequencies.stored);
    const size_t size = bytes(to), cache = (size_t)batch * kv_heads * capacity * d;
    // Ones as bytes: where nothing is written, they must still be there.
    Array<unsigned char> keys(cache * size), values(cache * size), queries((size_t)batch * tokens * query_heads * d * size), window((size_t)batch * ring * query_heads * d * size);
    Array<unsigned> positions((size_t)batch * kv_heads * capacity);
    const float epsilon = 0.05f;
    launch(std::string("append_") + name(from) + "_" + name(to), ceil_div(heads, 4), tokens, batch, 128, device_rows.at(), bias ? device_bias.at() : nullptr, norms ? device_query_norm.at() : nullptr,
           norms ? device_key_norm.at() : nullptr, device_frequencies.at(), keys.at(), values.at(), positions.at(), queries.at(), window.at(), query_heads, kv_heads, d, capacity, held, seen, ring, ring_next,
           remember, epsilon);
    const std::vector<unsigned char> all_keys = keys.read(), all_values = values.read(), all_queries = queries.read(), all_window = window.read();
    const std::vector<unsigned> got_positions = positions.read();
    const Doubles got_keys = Numbers::decode(to, all_keys), got_values = Numbers::decode(to, all_values), got_queries = Numbers::decode(to, all_queries), got_window = Numbers::decode(to, all_window);
    std::vector<bool> written(cache), remembered(got_window.size());
    const std::string what = std::string("append ") + name(from) + " to " + name(to) + " d" + std::to_string(d);
    const double rounding = to == Element::F32 ? 1e-6 : to == Element::F16 ? 1.0 / 2000 : 1.0 / 250;
    for (int b = 0; b < batch; b++)
        for (int t = 0; t < tokens; t++)
            for (int h = 0; h < heads; h++) {
                Doubles x(d);
                for (int i = 0; i < d; i++) x[i] = rows.values[(((size_t)b * tokens + t) * heads + h) * d + i] + (bias ? biases.values[(size_t)h * d + i] : 0.0);
                const bool is_query = h < query_heads, is_value = h >= query_heads + kv_heads;
                if (norms && !is_value) {
                    double mean = 0;
                    for (double v : x) mean += v * v / d;
                    for (int i = 0; i < d; i++) x[i] *= (is_query ? query_norm : key_norm).values[i] / std::sqrt(mean + (double)epsilon);
                }
                if (!is_value)
                    for (int i = 0; i < half; i++) {
                        const double angle = (float)(seen + t) * (float)frequencies.values[i], a = x[i], b2 = x[i + half];
                        x[i] = a * std::cos(angle) - b2 * std::sin(angle);
                        x[i + half] = b2 * std::cos(angle) + a * std::sin(angle);
                    }
                const int kv = (h - query_heads) % kv_heads;
                const size_t slot = ((size_t)b * kv_heads + kv) * capacity + held + t, query = (((size_t)b * tokens + t) * query_heads + h) * d;
                const int skipped = std::max(0, tokens - remember);
                const size_t ring_row = (((size_t)b * ring + (ring_next + t - skipped + ring) % ring) * query_heads + h) * d;
                for (int i = 0; i < d; i++) {
                    if (is_query) {
                        expect_close(what + " query", query + i, got_queries[query + i], x[i], rounding, 3e-6);
                        if (t < skipped) continue;
                        expect_close(what + " window", ring_row + i, got_window[ring_row + i], x[i], rounding, 3e-6);
                        remembered[ring_row + i] = true;
                    } else {
                        expect_close(what + (is_value ? " value" : " key"), slot * d + i, (is_value ? got_values : got_keys)[slot * d + i], x[i], rounding, 3e-6);
                        written[slot * d + i] = true;
                    }
                }
                if (!is_query && got_positions[slot] != seen + t) stop(what + ": position " + std::to_string(got_positions[slot]) + " in slot " + std::to_string(held + t));
            }
    auto untouched = [&](const std::vector<bool>& done, const std::vector<unsigned char>& all) {
        for (size_t i = 0; i < done.size() * size; i++)
            if (!done[i / size] && all[i] != 0xff) stop(what + ": something was written where nothing belongs");
    };
    untouched(written, all_keys);
    untouched(written, all_values);
    untouched(remembered, all_window);
}

static void check_append() {
    appending(Element::F32, Element::F32, 64, 9, 3, 1, 1, 10, 500, 16, 3, 8, false, false);
    appending(Element::F32, Element::BF16, 128, 4, 2, 2, 5, 0, 0, 16, 14, 8, true, false);
    appending(Element::F32, Element::F16, 80, 3, 1, 1, 7, 20, 100000, 8, 7, 4, false, true);
    appending(Element::F16, Element::F16, 256, 2, 1, 1, 20, 3, 3, 16, 5, 8, true, true);
    appending(Element::BF16, Element::BF16, 96, 4, 4, 3, 2, 7, 9, 6, 5, 3, false, true);
    appending(Element::F32, Element::F32, 32, 1, 1, 1, 40, 0, 0, 2, 1, 1, true, true);
}

// Every kernel once or twice, for tools that slow a program down a hundred times.
static void check_small() {
    compression({Element::BF16, 64, 3, 140, 8, 7, Keys::Clustered, 0.5, 0.1, 64, false});
    compression({Element::F32, 32, 2, 100, 4, 5, Keys::Duplicates, 0.5, 0.1, 40, true});
    selection(300, 8, 100, 40, Scores::FewValues, true, 1);
    selection(3000, 8, 2500, 0, Scores::Distinct, true, 2);
    attention(Element::BF16, 128, 1, 1, 4, 1, 150, 2, 1.0);
    attention(Element::F32, 64, 1, 1, 3, 5, 70, 1, 1.0);
    appending(Element::F32, Element::BF16, 64, 4, 2, 1, 3, 5, 9, 6, 5, 3, true, true);
}

int main(int count, char** words) {
    const struct { const char* name; void (*run)(); } checks[] = {
        {"compression", check_compression}, {"threshold", check_threshold},   {"snapkv", check_snapkv},
        {"selection", check_selection},     {"compaction", check_compaction}, {"attention", check_attention},
        {"append", check_append},           {"small", check_small}};
    printf("device: %s\n", rkv_device());
    const bool any_order = strncmp(rkv_device(), "CPU", 3) == 0;
    for (const auto& check : checks) {
        bool wanted = count < 2 && check.run != check_small;
        for (int i = 1; i < count; i++) wanted = wanted || strstr(check.name, words[i]);
        if (!wanted) continue;
        for (unsigned order : any_order ? std::vector<unsigned>{0, 1, 7} : std::vector<unsigned>{0}) {
            schedule = order;
            const auto started = std::chrono::steady_clock::now();
            check.run();
            printf("ok %s%s, %.1f s\n", check.name, !any_order ? "" : order == 0 ? " (threads forward)" : order == 1 ? " (reversed)" : " (random)",
                   std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
            fflush(stdout);
        }
    }
    return 0;
}
