// The back end on a GPU, for nvcc: the CUDA runtime and nothing else.
#include "backend.h"

#include <cuda_runtime.h>

#include <map>

namespace {

std::map<std::string, backend::Entry>& kernels() {
    static std::map<std::string, backend::Entry> all;
    return all;
}
std::string message;

const char* failed(const char* what, cudaError_t error) {
    if (error == cudaSuccess) return nullptr;
    return (message = std::string(what) + ": " + cudaGetErrorString(error)).c_str();
}

}  // namespace

backend::Export::Export(const char* name, Entry entry) { kernels()[name] = entry; }

const char* rkv_device() {
    static std::string name;
    cudaDeviceProp device;
    if (const char* why = failed("cudaGetDeviceProperties", cudaGetDeviceProperties(&device, 0))) return why;
    name = std::string(device.name) + ", sm_" + std::to_string(device.major) + std::to_string(device.minor);
    return name.c_str();
}

void* rkv_alloc(size_t bytes) {
    void* memory = nullptr;
    if (cudaMalloc(&memory, bytes ? bytes : 1) != cudaSuccess) return nullptr;
    cudaMemset(memory, 0xff, bytes);
    return memory;
}
const char* rkv_free(void* memory) { return failed("cudaFree", cudaFree(memory)); }
void rkv_upload(void* to, const void* from, size_t bytes) { cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice); }
void rkv_download(void* to, const void* from, size_t bytes) { cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost); }

const char* rkv_launch(const char* kernel, unsigned x, unsigned y, unsigned z, int threads, void** arguments, int count,
                       unsigned) {
    const auto found = kernels().find(kernel);
    if (found == kernels().end()) return (message = std::string("there is no kernel ") + kernel).c_str();
    if (found->second.arguments != count) return (message = std::string(kernel) + ": wrong number of arguments").c_str();
    const cudaError_t error = cudaLaunchKernel(found->second.kernel, dim3(x, y, z), dim3(threads), arguments, 0, nullptr);
    if (const char* why = failed(kernel, error)) return why;
    return failed(kernel, cudaDeviceSynchronize());
}

// Mean microseconds of a launch over `repeats`, after two that are not counted; negative if it failed.
extern "C" double rkv_time(const char* kernel, unsigned x, unsigned y, unsigned z, int threads, void** arguments, int count,
                           int repeats) {
    const auto found = kernels().find(kernel);
    if (found == kernels().end() || found->second.arguments != count) return -1;
    cudaEvent_t from, to;
    cudaEventCreate(&from);
    cudaEventCreate(&to);
    cudaError_t error = cudaSuccess;
    for (int i = -2; i < repeats && error == cudaSuccess; i++) {
        if (i == 0) cudaEventRecord(from);
        error = cudaLaunchKernel(found->second.kernel, dim3(x, y, z), dim3(threads), arguments, 0, nullptr);
    }
    cudaEventRecord(to);
    const cudaError_t finished = cudaEventSynchronize(to);
    float milliseconds = -1;
    if (error == cudaSuccess && finished == cudaSuccess) cudaEventElapsedTime(&milliseconds, from, to);
    cudaEventDestroy(from);
    cudaEventDestroy(to);
    return milliseconds < 0 ? -1 : milliseconds * 1000.0 / repeats;
}
