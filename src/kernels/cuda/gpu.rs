//! An NVIDIA GPU, on candle's device and stream.

#![expect(
    unsafe_code,
    reason = "a launch trusts its arguments; `compression` and `decode` make them from shapes that the cache checks"
)]

use std::collections::HashMap;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda_backend::CudaError;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{CudaDevice, DType, Device, Module as _, Tensor};
use cudarc::cublas::result::CublasError;
use cudarc::cublas::sys::cublasStatus_t;
use cudarc::driver::sys::{CUdevice_attribute, CUresult};
use cudarc::driver::{
    CudaFunction, CudaSlice, CudaStream, DevicePtr as _, DriverError, LaunchConfig,
    PushKernelArg as _,
};

#[cfg(late_libraries)]
use super::libraries;
use super::side_stream::{Sent, SideStream};
use super::{Accelerator, AcceleratorError, Argument, Element, Kernel, Launch, memory_pool};
use crate::panicked;

/// Name, generation and PTX of every module that `kernels/build.rs` has made.
static MODULES: &[(&str, u32, &str)] = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// From this compute capability on tensor cores multiply sixteen-bit numbers.
const TENSOR_CORES: u32 = 80;

/// Weights below which a model is small.
const SMALL_MODEL: u64 = 100_000_000;

/// A GPU.
pub struct Gpu {
    device: Device,
    cuda: CudaDevice,
    stream: Arc<CudaStream>,
    side: SideStream,
    description: String,
    generation: u32,
    multiprocessors: usize,
    functions: Mutex<HashMap<String, CudaFunction>>,
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gpu")
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

impl Gpu {
    /// Opens the first GPU.
    ///
    /// # Errors
    /// [`AcceleratorError::Unavailable`]: no driver, one that is too old, no GPU, or one that is too old or that the
    /// kernels were not built for.
    pub fn open() -> Result<Self, AcceleratorError> {
        #[cfg(late_libraries)]
        libraries::open().map_err(|why| AcceleratorError::Unavailable { why })?;
        // The bindings panic where the driver's library lacks a function.
        let opened = catch_unwind(|| CudaDevice::new_with_stream(0)).map_err(|panic| {
            let otherwise = "the driver's library could not be used";
            let why = panicked::message_or(panic.as_ref(), otherwise);
            AcceleratorError::Unavailable { why }
        })?;
        let cuda = opened.map_err(|error| AcceleratorError::Unavailable {
            why: why_unavailable(&error),
        })?;
        // SAFETY: all work, candle's and ours, is on this device's one stream, so nothing needs to wait for events; what
        // the side stream does is waited for by events that it records itself.
        unsafe { cuda.disable_event_tracking() };
        let stream = cuda.cuda_stream();
        let context = stream.context();
        let asked = |error: DriverError| AcceleratorError::Unavailable {
            why: describe(error),
        };
        let (major, minor) = context.compute_capability().map_err(asked)?;
        let capability = (major * 10 + minor) as u32;
        if capability < 75 {
            return Err(AcceleratorError::Unavailable {
                why: format!(
                    "the GPU is of generation sm_{capability}, and the kernels need sm_75 or newer"
                ),
            });
        }
        let processors = context
            .attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)
            .map_err(asked)?;
        let description = format!("CUDA, {}", context.name().map_err(asked)?);
        let gpu = Self {
            device: Device::Cuda(cuda.clone()),
            cuda,
            description,
            generation: if capability >= TENSOR_CORES {
                TENSOR_CORES
            } else {
                75
            },
            multiprocessors: processors.max(1) as usize,
            functions: Mutex::default(),
            side: SideStream::new(&stream).map_err(asked)?,
            stream,
        };
        gpu.try_kernels()
            .map_err(|why| AcceleratorError::Unavailable { why })?;
        Ok(gpu)
    }

    /// Loads a kernel of ours and runs one of candle's, before a model is moved here in vain: the driver may be older than
    /// their PTX, and candle's are built for one generation of GPUs.
    fn try_kernels(&self) -> Result<(), String> {
        self.function(&Kernel::general("score", "score_candidates"))
            .map_err(|error| match error {
                AcceleratorError::Failed { why, .. } => why,
                other => other.to_string(),
            })?;
        let two = Tensor::ones(1, DType::F32, &self.device)
            .and_then(|one| one.affine(1.0, 1.0))
            .and_then(|two| two.to_vec1::<f32>())
            .map_err(|error| why_unavailable(&error))?;
        if two != [2.0] {
            return Err(format!("it computes 1 + 1 = {two:?}"));
        }
        self.try_quantised_products()
    }

    /// candle's products of quantised weights are machine code for one generation, and nothing of candle asks whether they
    /// ran: on another one they leave the result as it was. One row and several take different kernels.
    fn try_quantised_products(&self) -> Result<(), String> {
        const WIDTH: usize = 256;
        let product = |rows: usize| -> candle_core::Result<Vec<f32>> {
            let weights = Tensor::ones((32, WIDTH), DType::F32, &self.device)?;
            let weights = QMatMul::from_qtensor(QTensor::quantize(&weights, GgmlDType::Q8_0)?)?;
            let x = Tensor::ones((rows, WIDTH), DType::F32, &self.device)?;
            weights.forward(&x)?.flatten_all()?.to_vec1()
        };
        for rows in [1, 16] {
            let found = product(rows).map_err(|error| why_unavailable(&error))?;
            let right = |value: &f32| (value - WIDTH as f32).abs() < 0.02 * WIDTH as f32;
            if !found.iter().all(right) {
                return Err(
                    "the program's kernels are built for another generation of GPUs; build it with CUDA_COMPUTE_CAP of this one"
                        .to_owned(),
                );
            }
        }
        Ok(())
    }

    /// Whether the tensor library has bf16 on this GPU.
    pub fn has_bf16(&self) -> bool {
        self.generation >= TENSOR_CORES
    }

    /// The type for caches of a model with so many weights: f32 for small ones, whose runs then agree with the CPU's; sixteen
    /// bits for others. bf16 is the type of their dense weights too, since the GPU multiplies it fastest.
    pub fn element_for(&self, parameters: u64) -> Element {
        match parameters {
            0..SMALL_MODEL => Element::F32,
            _ if self.has_bf16() => Element::Bf16,
            _ => Element::F16,
        }
    }

    /// Bytes free and bytes in all, once the work so far is done and what it has freed is given back: only then does the
    /// driver count that.
    ///
    /// # Errors
    /// The driver does not say.
    pub fn memory(&self) -> Result<(usize, usize), AcceleratorError> {
        self.wait()?;
        let context = self.stream.context();
        memory_pool::give_back(context)
            .and_then(|()| context.mem_get_info())
            .map_err(|error| failed("tell how much memory is free", error))
    }

    /// Waits until all work so far is done.
    ///
    /// # Errors
    /// It failed.
    pub fn wait(&self) -> Result<(), AcceleratorError> {
        self.stream
            .synchronize()
            .map_err(|error| failed("finish its work", error))
    }

    fn function(&self, kernel: &Kernel) -> Result<CudaFunction, AcceleratorError> {
        let Kernel { module, name } = kernel;
        let mut functions = self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = functions.get(name) {
            return Ok(known.clone());
        }
        let missing = |why: String| AcceleratorError::Failed {
            what: format!("load the kernel {name}"),
            why,
        };
        let ptx = MODULES
            .iter()
            .find(|(known, generation, _)| known == module && *generation == self.generation)
            .map(|(_, _, ptx)| *ptx)
            .ok_or_else(|| missing(format!("there is no module {module}")))?;
        let function = self
            .cuda
            .get_or_load_custom_func(name, module, ptx)
            .map_err(|error| match AcceleratorError::of_tensors(&error) {
                Some(AcceleratorError::Failed { why, .. }) => missing(why),
                Some(other) => other,
                None => missing(error.to_string()),
            })?
            .into_cuda_function();
        functions.insert(name.clone(), function.clone());
        Ok(function)
    }
}

/// What the driver's code means, and what to do.
fn describe(error: DriverError) -> String {
    match error.0 {
        CUresult::CUDA_ERROR_NO_DEVICE => "there is no NVIDIA GPU".to_owned(),
        CUresult::CUDA_ERROR_STUB_LIBRARY => "there is no NVIDIA driver".to_owned(),
        CUresult::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH
        | CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION => {
            "the NVIDIA driver is older than this program's CUDA; update the driver".to_owned()
        }
        CUresult::CUDA_ERROR_NO_BINARY_FOR_GPU | CUresult::CUDA_ERROR_INVALID_PTX => {
            "this program was built for another generation of GPUs; build it with CUDA_COMPUTE_CAP set to this GPU's"
                .to_owned()
        }
        CUresult::CUDA_ERROR_JIT_COMPILER_NOT_FOUND => {
            "the NVIDIA driver lacks its compiler (libnvidia-ptxjitcompiler); install the whole driver".to_owned()
        }
        // After these the driver answers every call of this process with the same.
        CUresult::CUDA_ERROR_ASSERT
        | CUresult::CUDA_ERROR_CONTEXT_IS_DESTROYED
        | CUresult::CUDA_ERROR_ECC_UNCORRECTABLE
        | CUresult::CUDA_ERROR_HARDWARE_STACK_ERROR
        | CUresult::CUDA_ERROR_ILLEGAL_ADDRESS
        | CUresult::CUDA_ERROR_ILLEGAL_INSTRUCTION
        | CUresult::CUDA_ERROR_INVALID_ADDRESS_SPACE
        | CUresult::CUDA_ERROR_INVALID_PC
        | CUresult::CUDA_ERROR_LAUNCH_FAILED
        | CUresult::CUDA_ERROR_LAUNCH_TIMEOUT
        | CUresult::CUDA_ERROR_MISALIGNED_ADDRESS => {
            format!("{error}; this program has the GPU again when it is started anew")
        }
        _ => error.to_string(),
    }
}

/// What candle's CUDA error says of the device.
pub(super) fn of_tensor_library(
    error: &(dyn std::error::Error + Send + Sync + 'static),
) -> Option<AcceleratorError> {
    let driver = match error.downcast_ref::<CudaError>() {
        Some(CudaError::Cuda(driver)) => *driver,
        Some(CudaError::Cublas(CublasError(cublasStatus_t::CUBLAS_STATUS_ALLOC_FAILED))) => {
            return Some(AcceleratorError::NoRoom);
        }
        Some(other) => {
            return Some(AcceleratorError::Failed {
                what: "compute".to_owned(),
                why: other.to_string(),
            });
        }
        None => *error.downcast_ref::<DriverError>()?,
    };
    Some(failed("compute", driver))
}

fn why_unavailable(error: &candle_core::Error) -> String {
    match AcceleratorError::of_tensors(error) {
        Some(AcceleratorError::Failed { why, .. }) => why,
        Some(other) => other.to_string(),
        None => error.to_string(),
    }
}

fn failed(what: &str, error: DriverError) -> AcceleratorError {
    match error.0 {
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => AcceleratorError::NoRoom,
        _ => AcceleratorError::Failed {
            what: what.to_owned(),
            why: describe(error),
        },
    }
}

/// The way back goes through memory of the computer that is locked for it, and of the GPU's takes none.
fn failed_to_send(error: DriverError) -> AcceleratorError {
    match failed("send data", error) {
        AcceleratorError::NoRoom => AcceleratorError::Failed {
            what: "send data".to_owned(),
            why: "the computer has no memory left to be locked for it".to_owned(),
        },
        other => other,
    }
}

impl Accelerator for Gpu {
    type Memory = CudaSlice<u8>;
    type Arriving = Sent;

    fn device(&self) -> &Device {
        &self.device
    }

    fn description(&self) -> String {
        self.description.clone()
    }

    fn parallel_blocks(&self) -> usize {
        2 * self.multiprocessors
    }

    fn prepare(&self, kernels: &[Kernel]) -> Result<(), AcceleratorError> {
        for kernel in kernels {
            self.function(kernel)?;
        }
        // Without a reserve steps are slower, and nothing else: no reason to refuse the GPU.
        let _refused = memory_pool::keep_reserve(self.stream.context());
        Ok(())
    }

    fn allocate(&self, bytes: usize) -> Result<CudaSlice<u8>, AcceleratorError> {
        // SAFETY: the bytes are undefined, and the caller writes them before a kernel reads them.
        unsafe { self.stream.alloc::<u8>(bytes.max(1)) }.map_err(|error| match error.0 {
            CUresult::CUDA_ERROR_OUT_OF_MEMORY => AcceleratorError::OutOfMemory { bytes },
            _ => failed("give memory", error),
        })
    }

    fn address(&self, memory: &CudaSlice<u8>) -> u64 {
        memory.device_ptr(&self.stream).0
    }

    fn clear(&self, memory: &mut CudaSlice<u8>) -> Result<(), AcceleratorError> {
        self.stream
            .memset_zeros(memory)
            .map_err(|error| failed("clear memory", error))
    }

    fn upload(
        &self,
        memory: &mut CudaSlice<u8>,
        at: usize,
        bytes: &[u8],
    ) -> Result<(), AcceleratorError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.stream
            .memcpy_htod(bytes, &mut memory.slice_mut(at..at + bytes.len()))
            .map_err(|error| failed("take data", error))
    }

    fn copy(
        &self,
        from: (&CudaSlice<u8>, usize),
        to: (&mut CudaSlice<u8>, usize),
        bytes: usize,
    ) -> Result<(), AcceleratorError> {
        if bytes == 0 {
            return Ok(());
        }
        let source = from.0.slice(from.1..from.1 + bytes);
        self.stream
            .memcpy_dtod(&source, &mut to.0.slice_mut(to.1..to.1 + bytes))
            .map_err(|error| failed("move data", error))
    }

    fn download(
        &self,
        memory: &CudaSlice<u8>,
        at: usize,
        bytes: &mut [u8],
    ) -> Result<(), AcceleratorError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.stream
            .memcpy_dtoh(&memory.slice(at..at + bytes.len()), bytes)
            .map_err(|error| failed("give data back", error))?;
        self.wait()
    }

    fn send(&self, pieces: Vec<(CudaSlice<u8>, usize)>) -> Result<Sent, AcceleratorError> {
        self.side.send(&self.stream, pieces).map_err(failed_to_send)
    }

    fn arrive(&self, arriving: Sent) -> Result<Vec<Vec<u8>>, AcceleratorError> {
        self.side.arrive(arriving).map_err(failed_to_send)
    }

    fn launch(&self, launch: &Launch) -> Result<(), AcceleratorError> {
        let function = self.function(&launch.kernel)?;
        let [x, y, z] = launch.grid;
        if x == 0 || y == 0 || z == 0 {
            return Ok(());
        }
        let mut builder = self.stream.launch_builder(&function);
        for argument in &launch.arguments {
            match argument {
                Argument::Address(address) => builder.arg(address),
                Argument::Int(count) => builder.arg(count),
                Argument::Unsigned(number) => builder.arg(number),
                Argument::Float(number) => builder.arg(number),
            };
        }
        let config = LaunchConfig {
            grid_dim: (x, y, z),
            block_dim: (launch.threads, 1, 1),
            shared_mem_bytes: 0,
        };
        // SAFETY: the arguments have the kernel's types in its order; their memory outlives the launch on the stream.
        unsafe { builder.launch(config) }
            .map(|_| ())
            .map_err(|error| failed(&format!("run {}", launch.kernel.name), error))
    }
}
