// What the checks need of a device: memory, and kernels by name. backend_cpu.cpp and backend_cuda.cu are the two of them;
// the functions at the end have C names, for the Rust tests.
#pragma once
#include <cstddef>
#include <functional>
#include <string>

namespace backend {

struct Grid { unsigned x, y, z; };

#ifdef __CUDACC__
struct Entry { int arguments; const void* kernel; };
#else
struct Entry { int arguments; std::function<void(Grid, int threads, void** arguments, unsigned schedule)> run; };
#endif

// A kernel that can be launched by its name; made by EXPORT in the kernels' sources.
struct Export { Export(const char* name, Entry entry); };

}  // namespace backend

extern "C" {
// The device in words.
const char* rkv_device();
// Memory filled with ones (NaN as floats). Writes beyond its ends show in rkv_free where the back end can tell.
void* rkv_alloc(size_t bytes);
// Null, or what was wrong with the memory.
const char* rkv_free(void* memory);
void rkv_upload(void* to, const void* from, size_t bytes);
void rkv_download(void* to, const void* from, size_t bytes);
// Runs a kernel to its end; `arguments` are the addresses of its parameters. Null, or why it failed. `schedule`: the order
// of threads where that can be chosen (0 forward, 1 reversed, else random with this seed).
const char* rkv_launch(const char* kernel, unsigned x, unsigned y, unsigned z, int threads, void** arguments, int count,
                       unsigned schedule);
}
