// Force-included before a kernel's source when nvcc builds it for the checks: EXPORT makes it known by its name.
#pragma once
#include <cuda_runtime.h>

#include "backend.h"

template <class... A> backend::Entry entry_on_gpu(void (*kernel)(A...)) { return {(int)sizeof...(A), (const void*)kernel}; }
#define EXPORT(name) static const backend::Export name##_export(#name, entry_on_gpu(name));
