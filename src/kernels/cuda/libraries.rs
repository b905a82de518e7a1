//! CUDA's libraries, opened when a GPU is asked for.
//!
//! The tensor library's bindings are linked with them, and a program with the feature would not start on a machine without
//! them: not even to compute on the CPU. The functions that the program calls are therefore defined here (see
//! [`late_library`](super::late_library)). One that is not listed still works, but brings its library back among those
//! without which the program does not start; `tests/cuda/on_gpu.sh` looks.

#![expect(
    unsafe_code,
    reason = "functions of C libraries, which the bindings and nvcc's objects declare and call"
)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::PathBuf;
use std::sync::OnceLock;

use libloading::os::unix::Library;

use super::late_library::{LateLibraryError, late_library};

/// Version of CUDA's toolkit that the program is built with, which numbers its libraries.
const MAJOR: &str = env!("RKV_CUDA_MAJOR");

extern "C" fn no_driver() -> c_int {
    34 // CUDA_ERROR_STUB_LIBRARY
}

extern "C" fn no_cublas() -> c_int {
    1 // CUBLAS_STATUS_NOT_INITIALIZED
}

extern "C" fn no_curand() -> c_int {
    203 // CURAND_STATUS_INITIALIZATION_FAILED
}

extern "C" fn no_runtime() -> c_int {
    34 // cudaErrorStubLibrary
}

extern "C" fn no_runtime_text() -> *const c_char {
    const TEXT: &CStr = c"CUDA's runtime library is missing";
    TEXT.as_ptr()
}

late_library!(
    /// Of libcuda.
    driver,
    "rkv_cuda_driver",
    no_driver,
    [
        cuCtxDestroy_v2,
        cuCtxGetCurrent,
        cuCtxSetCurrent,
        cuCtxSynchronize,
        cuDeviceGet,
        cuDeviceGetAttribute,
        cuDeviceGetDefaultMemPool,
        cuDeviceGetName,
        cuDevicePrimaryCtxRelease_v2,
        cuDevicePrimaryCtxRetain,
        cuEventCreate,
        cuEventDestroy_v2,
        cuEventRecord,
        cuEventSynchronize,
        cuGetErrorString,
        cuInit,
        cuLaunchKernel,
        cuMemAllocAsync,
        cuMemAlloc_v2,
        cuMemFreeAsync,
        cuMemFreeHost,
        cuMemFree_v2,
        cuMemGetInfo_v2,
        cuMemHostAlloc,
        cuMemPoolGetAttribute,
        cuMemPoolSetAttribute,
        cuMemPoolTrimTo,
        cuMemcpyDtoDAsync_v2,
        cuMemcpyDtoHAsync_v2,
        cuMemcpyHtoDAsync_v2,
        cuMemcpyPeerAsync,
        cuMemsetD8Async,
        cuModuleGetFunction,
        cuModuleLoad,
        cuModuleLoadData,
        cuModuleUnload,
        cuStreamCreate,
        cuStreamDestroy_v2,
        cuStreamIsCapturing,
        cuStreamSynchronize,
        cuStreamWaitEvent,
    ]
);

late_library!(
    /// Of libcublas.
    cublas,
    "rkv_cuda_cublas",
    no_cublas,
    [
        cublasCreate_v2,
        cublasDestroy_v2,
        cublasDgemmStridedBatched,
        cublasGemmStridedBatchedEx,
        cublasSetStream_v2,
    ]
);

late_library!(
    /// Of libcurand.
    curand,
    "rkv_cuda_curand",
    no_curand,
    [
        curandCreateGenerator,
        curandDestroyGenerator,
        curandGenerateNormal,
        curandGenerateNormalDouble,
        curandGenerateUniform,
        curandGenerateUniformDouble,
        curandSetPseudoRandomGeneratorSeed,
        curandSetStream,
    ]
);

late_library!(
    /// Of libcudart: what nvcc's objects call.
    runtime,
    "rkv_cuda_runtime",
    no_runtime,
    [
        __cudaPopCallConfiguration,
        __cudaPushCallConfiguration,
        __cudaRegisterFatBinaryEnd,
        __cudaRegisterFunction,
        __cudaRegisterVar,
        __cudaUnregisterFatBinary,
        cudaDeviceGetAttribute,
        cudaFree,
        cudaFreeAsync_ptsz,
        cudaFuncGetAttributes,
        cudaFuncSetAttribute,
        cudaGetDevice,
        cudaGetDeviceCount,
        cudaGetLastError,
        cudaMalloc,
        cudaMallocAsync_ptsz,
        cudaMemsetAsync_ptsz,
        cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags,
        cudaPeekAtLastError,
        cudaSetDevice,
        cudaStreamSynchronize_ptsz,
    ]
);

#[cfg(launch_by_handle)]
late_library!(
    /// Of libcudart: how nvcc's objects launch a kernel since CUDA 13.
    runtime_launch,
    "rkv_cuda_runtime_launch",
    no_runtime,
    [
        __cudaGetKernel,
        __cudaLaunchKernel_ptsz,
    ]
);

#[cfg(not(launch_by_handle))]
late_library!(
    /// Of libcudart: how nvcc's objects launch a kernel before CUDA 13.
    runtime_launch,
    "rkv_cuda_runtime_launch",
    no_runtime,
    [cudaLaunchKernel_ptsz]
);

late_library!(
    /// Of libcudart: what gives a text.
    runtime_texts,
    "rkv_cuda_runtime_texts",
    no_runtime_text,
    [
        cudaGetErrorName,
        cudaGetErrorString,
    ]
);

/// Folders of CUDA's toolkit, which the system need not search by itself.
fn folders() -> Vec<PathBuf> {
    let homes = ["CUDA_HOME", "CUDA_PATH"]
        .into_iter()
        .filter_map(std::env::var_os)
        .chain(["/usr/local/cuda".into()]);
    homes
        .flat_map(|home| ["lib64", "lib"].map(|folder| PathBuf::from(&home).join(folder)))
        .collect()
}

/// What to do about a library of the toolkit.
fn install(why: &LateLibraryError) -> String {
    format!("{why}; install the libraries of CUDA {MAJOR}, or set CUDA_HOME to their folder")
}

/// CUDA's runtime, opened once.
fn runtime_library() -> Result<&'static Library, String> {
    static RUNTIME: OnceLock<Result<&'static Library, String>> = OnceLock::new();
    let open = || {
        // The number of its eleventh version has two parts.
        let number = if MAJOR == "11" { "11.0" } else { MAJOR };
        let (file, folders) = (format!("libcudart.so.{number}"), folders());
        let library = runtime().open(&file, &folders)?;
        runtime_launch().open(&file, &folders)?;
        runtime_texts().open(&file, &folders)?;
        Ok(library)
    };
    let opened = RUNTIME.get_or_init(|| open().map_err(|why: LateLibraryError| install(&why)));
    opened.clone()
}

/// Opens the driver and the libraries that the tensor library needs, once.
///
/// # Errors
/// Which one is missing, and what to install.
pub(super) fn open() -> Result<(), String> {
    static OPEN: OnceLock<Result<(), String>> = OnceLock::new();
    let open = || {
        let no_driver = |why: LateLibraryError| match why {
            LateLibraryError::Missing { .. } => format!("there is no NVIDIA driver ({why})"),
            LateLibraryError::Lacks { .. } => {
                format!("the NVIDIA driver is too old ({why}); update it")
            }
        };
        let no_toolkit = |why: LateLibraryError| install(&why);
        let folders = folders();
        let cublas_file = format!("libcublas.so.{MAJOR}");
        driver().open("libcuda.so.1", &[]).map_err(no_driver)?;
        runtime_library()?;
        cublas().open(&cublas_file, &folders).map_err(no_toolkit)?;
        curand()
            .open("libcurand.so.10", &folders)
            .map_err(no_toolkit)?;
        Ok(())
    };
    OPEN.get_or_init(open).clone()
}

/// What nvcc's objects call before `main` to announce their kernels, the tensor library's products of quantised weights among
/// them: for these the runtime library is opened at once. Where it is missing they are not announced, and [`open`] says why.
///
/// # Safety
/// As nvcc's objects call it: `image` is theirs.
#[unsafe(no_mangle)]
unsafe extern "C" fn __cudaRegisterFatBinary(image: *mut c_void) -> *mut c_void {
    type Register = unsafe extern "C" fn(*mut c_void) -> *mut c_void;
    let Ok(runtime) = runtime_library() else {
        return std::ptr::null_mut();
    };
    // SAFETY: the runtime's function of this name has this type.
    match unsafe { runtime.get::<Register>(b"__cudaRegisterFatBinary\0") } {
        // SAFETY: the caller's promise.
        Ok(register) => unsafe { register(image) },
        Err(_) => std::ptr::null_mut(),
    }
}
