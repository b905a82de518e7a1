// The back end without a GPU: memory with guarded ends, kernels as fibers.
#include "backend.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

namespace {

const size_t GUARD = 256;
const unsigned char GUARDED = 0xa5;

std::map<std::string, backend::Entry>& kernels() {
    static std::map<std::string, backend::Entry> all;
    return all;
}
std::map<void*, size_t>& memories() {
    static std::map<void*, size_t> all;
    return all;
}
std::string message;

}  // namespace

backend::Export::Export(const char* name, Entry entry) { kernels()[name] = std::move(entry); }

const char* rkv_device() { return "CPU (one fiber per thread)"; }

void* rkv_alloc(size_t bytes) {
    const size_t whole = (bytes + 2 * GUARD + GUARD - 1) / GUARD * GUARD;
    unsigned char* start = (unsigned char*)aligned_alloc(GUARD, whole);
    if (!start) return nullptr;
    memset(start, GUARDED, whole);
    memset(start + GUARD, 0xff, bytes);
    memories()[start + GUARD] = bytes;
    return start + GUARD;
}

const char* rkv_free(void* memory) {
    const auto found = memories().find(memory);
    if (found == memories().end()) return "memory that was not allocated";
    unsigned char* start = (unsigned char*)memory - GUARD;
    bool whole = true;
    for (size_t i = 0; i < GUARD; i++) whole = whole && start[i] == GUARDED && start[GUARD + found->second + i] == GUARDED;
    memories().erase(found);
    free(start);
    return whole ? nullptr : "a kernel wrote beyond the end of its memory";
}

void rkv_upload(void* to, const void* from, size_t bytes) { memcpy(to, from, bytes); }
void rkv_download(void* to, const void* from, size_t bytes) { memcpy(to, from, bytes); }

const char* rkv_launch(const char* kernel, unsigned x, unsigned y, unsigned z, int threads, void** arguments, int count,
                       unsigned schedule) {
    const auto found = kernels().find(kernel);
    if (found == kernels().end()) return (message = std::string("there is no kernel ") + kernel).c_str();
    if (found->second.arguments != count) {
        message = std::string(kernel) + " takes " + std::to_string(found->second.arguments) + " arguments, not " +
                  std::to_string(count);
        return message.c_str();
    }
    found->second.run({x, y, z}, threads, arguments, schedule);
    return nullptr;
}
