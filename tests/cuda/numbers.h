// Host memory for the checks: random numbers, the three element types, and arrays that live on the device.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "backend.h"

enum class Element { F32, F16, BF16 };
inline const char* name(Element e) { return e == Element::F32 ? "f32" : e == Element::F16 ? "f16" : "bf16"; }
inline size_t bytes(Element e) { return e == Element::F32 ? 4 : 2; }

// The nearest number of the type, ties to even, and its bits.
inline double f16_value(uint16_t bits) {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double size = exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
    return bits & 0x8000 ? -size : size;
}
inline uint16_t f16_bits(double x) {
    const double size = std::fabs(x);
    // The exponent that frexp gives zero is that of a half.
    if (size == 0) return std::signbit(x) ? 0x8000 : 0;
    int exponent = 0;
    std::frexp(size, &exponent);
    exponent = std::max(exponent, -13);
    const int units = (int)std::nearbyint(std::ldexp(size, 11 - exponent));
    return (uint16_t)((x < 0 ? 0x8000 : 0) + ((exponent + 13) << 10) + units);
}
inline double bf16_value(uint16_t bits) {
    const uint32_t whole = (uint32_t)bits << 16;
    float x;
    memcpy(&x, &whole, 4);
    return x;
}
inline uint16_t bf16_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// Numbers as the device stores them, and the values that those stand for.
struct Numbers {
    Element element;
    std::vector<unsigned char> stored;
    std::vector<double> values;

    Numbers(Element element, const std::vector<double>& exact) : element(element), stored(exact.size() * ::bytes(element)) {
        for (size_t i = 0; i < exact.size(); i++) set(i, exact[i]);
        values = decode(element, stored);
    }
    static std::vector<double> decode(Element element, const std::vector<unsigned char>& stored) {
        std::vector<double> out(stored.size() / ::bytes(element));
        for (size_t i = 0; i < out.size(); i++) {
            uint16_t bits;
            float x;
            if (element == Element::F32) {
                memcpy(&x, &stored[4 * i], 4);
                out[i] = x;
            } else {
                memcpy(&bits, &stored[2 * i], 2);
                out[i] = element == Element::F16 ? f16_value(bits) : bf16_value(bits);
            }
        }
        return out;
    }

private:
    void set(size_t i, double exact) {
        const float x = (float)exact;
        const uint16_t bits = element == Element::F16 ? f16_bits(exact) : bf16_bits(x);
        if (element == Element::F32) memcpy(&stored[4 * i], &x, 4);
        else memcpy(&stored[2 * i], &bits, 2);
    }
};

inline std::vector<double> normal(size_t count, unsigned seed, double size = 1.0) {
    std::mt19937 random(seed);
    std::normal_distribution<double> draw(0.0, size);
    std::vector<double> out(count);
    for (double& x : out) x = draw(random);
    return out;
}

[[noreturn]] inline void stop(const std::string& why) {
    fprintf(stderr, "FAILED: %s\n", why.c_str());
    exit(1);
}

// An array on the device; filled with ones (NaN, -1) until it is written.
template <class T> class Array {
public:
    explicit Array(size_t count) : count(count), memory(rkv_alloc(count * sizeof(T))) {
        if (!memory) stop("no memory for " + std::to_string(count * sizeof(T)) + " bytes");
    }
    explicit Array(const std::vector<T>& from) : Array(from.size()) { rkv_upload(memory, from.data(), count * sizeof(T)); }
    Array(const Array&) = delete;
    ~Array() {
        if (const char* why = rkv_free(memory)) stop(why);
    }
    std::vector<T> read() const {
        std::vector<T> out(count);
        rkv_download(out.data(), memory, count * sizeof(T));
        return out;
    }
    T* at(size_t offset = 0) const { return (T*)memory + offset; }

private:
    size_t count;
    void* memory;
};

// Launches a kernel with arguments of exactly its parameters' types.
inline unsigned schedule = 0;
template <class... A> void launch(const std::string& kernel, unsigned x, unsigned y, unsigned z, int threads, A... arguments) {
    void* addresses[] = {&arguments...};
    if (const char* why = rkv_launch(kernel.c_str(), x, y, z, threads, addresses, sizeof...(A), schedule)) stop(kernel + ": " + why);
}
