//! The devices that a test body runs on: the CPU through the kernels' shim, and a GPU in a build that has the feature.

#![expect(unsafe_code, reason = "the kernels' library has a C interface")]

use std::collections::HashSet;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use candle_core::{DType, Device, Tensor};
use libloading::Library;
use rkv_scope::kernels::cuda::{Accelerator, AcceleratorError, Argument, Kernel, Launch};

use super::kernels_on_cpu::built;
use super::skip;

/// Makes a test on each device of `fn name<A: Accelerator + 'static>(accelerator: Arc<A>)`.
macro_rules! on_each_device {
    ($($name:ident),+ $(,)?) => {
        mod on_cpu {
            $(#[test] fn $name() {
                if let Some(accelerator) = crate::accelerators::cpu() {
                    super::$name(accelerator);
                }
            })+
        }
        #[cfg(feature = "cuda")]
        mod on_gpu {
            $(#[test] fn $name() {
                if let Some(accelerator) = crate::accelerators::gpu() {
                    super::$name(accelerator);
                }
            })+
        }
    };
}
pub(super) use on_each_device;

/// The GPU, unless there is none.
#[cfg(feature = "cuda")]
pub fn gpu() -> Option<Arc<rkv_scope::kernels::cuda::gpu::Gpu>> {
    use rkv_scope::kernels::cuda::gpu::Gpu;

    static DEVICE: OnceLock<Result<Arc<Gpu>, String>> = OnceLock::new();
    let opened = || Gpu::open().map(Arc::new).map_err(|error| error.to_string());
    match DEVICE.get_or_init(opened) {
        Ok(gpu) => Some(Arc::clone(gpu)),
        Err(error) => {
            skip("REQUIRE_GPU", error);
            None
        }
    }
}

/// Whether the tensor library has bf16 on the device; before sm_80 it has not.
pub fn has_bf16<A: Accelerator>(accelerator: &A) -> bool {
    let one = Tensor::ones(1, DType::F32, accelerator.device()).unwrap();
    let rounded = one.to_dtype(DType::BF16);
    if let Err(error) = &rounded {
        println!("SKIPPED: there is no bf16 on this device: {error}");
    }
    rounded.is_ok()
}

/// The CPU as a GPU with tensor cores, unless there is no compiler.
pub fn cpu() -> Option<Arc<OnCpu>> {
    static DEVICE: OnceLock<Option<Arc<OnCpu>>> = OnceLock::new();
    let device = DEVICE.get_or_init(|| {
        let file = built(900)?.join("libkernels.so");
        // SAFETY: the library registers its kernels when it is opened, and does nothing else.
        let library = unsafe { Library::new(file) }.unwrap();
        Some(Arc::new(OnCpu {
            library: Arc::new(Mutex::new(library)),
            device: Device::Cpu,
        }))
    });
    if device.is_none() {
        skip(
            "REQUIRE_KERNELS_ON_CPU",
            "there is no C++ compiler; install g++ or set CXX",
        );
    }
    device.clone()
}

/// The kernels as fibers on the CPU. One launch at a time: fibers know of one grid only.
pub struct OnCpu {
    library: Arc<Mutex<Library>>,
    device: Device,
}

/// Memory with guarded ends.
pub struct Guarded {
    library: Arc<Mutex<Library>>,
    address: u64,
    bytes: usize,
}

type Allocate = unsafe extern "C" fn(usize) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void) -> *const c_char;
type Run = unsafe extern "C" fn(
    *const c_char,
    c_uint,
    c_uint,
    c_uint,
    c_int,
    *mut *mut c_void,
    c_int,
    c_uint,
) -> *const c_char;

fn message(text: *const c_char) -> Option<String> {
    (!text.is_null()).then(|| {
        // SAFETY: the library returns null or a string that lives until its next call.
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned()
    })
}

fn with<T: Copy, R>(library: &Mutex<Library>, name: &str, call: impl FnOnce(T) -> R) -> R {
    let library = library.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: each caller names the type that backend.h gives the function.
    call(*unsafe { library.get::<T>(name.as_bytes()) }.unwrap())
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let address = self.address as *mut c_void;
        let error = with(&self.library, "rkv_free", |free: Free| {
            // SAFETY: the address is of `rkv_alloc` and is given back once.
            message(unsafe { free(address) })
        });
        if !std::thread::panicking() {
            assert_eq!(error, None);
        }
    }
}

impl Guarded {
    fn range(&self, at: usize, bytes: usize) -> *mut u8 {
        assert!(at + bytes <= self.bytes, "{at} + {bytes} of {}", self.bytes);
        (self.address + at as u64) as *mut u8
    }
}

impl Accelerator for OnCpu {
    type Memory = Guarded;
    /// Read when it is asked for: what is overwritten or freed before then is noticed.
    type Arriving = Vec<(Guarded, usize)>;

    fn device(&self) -> &Device {
        &self.device
    }

    fn description(&self) -> String {
        "kernels on the CPU".to_owned()
    }

    fn parallel_blocks(&self) -> usize {
        6
    }

    fn allocate(&self, bytes: usize) -> Result<Guarded, AcceleratorError> {
        // SAFETY: any size may be asked for.
        let address = with(&self.library, "rkv_alloc", |allocate: Allocate| unsafe {
            allocate(bytes)
        });
        if address.is_null() {
            return Err(AcceleratorError::OutOfMemory { bytes });
        }
        Ok(Guarded {
            library: Arc::clone(&self.library),
            address: address as u64,
            bytes,
        })
    }

    fn address(&self, memory: &Guarded) -> u64 {
        memory.address
    }

    fn clear(&self, memory: &mut Guarded) -> Result<(), AcceleratorError> {
        // SAFETY: the memory is as long as it says.
        unsafe { std::ptr::write_bytes(memory.range(0, memory.bytes), 0, memory.bytes) };
        Ok(())
    }

    fn upload(
        &self,
        memory: &mut Guarded,
        at: usize,
        bytes: &[u8],
    ) -> Result<(), AcceleratorError> {
        let to = memory.range(at, bytes.len());
        // SAFETY: the range was checked.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        Ok(())
    }

    fn copy(
        &self,
        from: (&Guarded, usize),
        to: (&mut Guarded, usize),
        bytes: usize,
    ) -> Result<(), AcceleratorError> {
        let (from, to) = (from.0.range(from.1, bytes), to.0.range(to.1, bytes));
        // SAFETY: both ranges were checked, and they are of different memory.
        unsafe { std::ptr::copy_nonoverlapping(from, to, bytes) };
        Ok(())
    }

    fn download(
        &self,
        memory: &Guarded,
        at: usize,
        bytes: &mut [u8],
    ) -> Result<(), AcceleratorError> {
        let from = memory.range(at, bytes.len());
        // SAFETY: the range was checked.
        unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    fn send(&self, pieces: Vec<(Guarded, usize)>) -> Result<Self::Arriving, AcceleratorError> {
        Ok(pieces)
    }

    fn arrive(&self, arriving: Self::Arriving) -> Result<Vec<Vec<u8>>, AcceleratorError> {
        let read = |(memory, count): &(Guarded, usize)| {
            let mut bytes = vec![0; *count];
            self.download(memory, 0, &mut bytes).map(|()| bytes)
        };
        arriving.iter().map(read).collect()
    }

    fn launch(&self, launch: &Launch) -> Result<(), AcceleratorError> {
        let failed = |why: String| AcceleratorError::Failed {
            what: format!("run {}", launch.kernel.name),
            why,
        };
        let dims = "_d";
        let file = launch.kernel.module.split(dims).next().unwrap();
        if !super::files("kernels", "cu")
            .iter()
            .any(|path| path.file_stem().unwrap() == file)
        {
            let module = &launch.kernel.module;
            return Err(failed(format!("there is no module {module}")));
        }
        let name = CString::new(launch.kernel.name.as_str()).unwrap();
        let mut arguments = launch.arguments.clone();
        let mut addresses: Vec<*mut c_void> = arguments
            .iter_mut()
            .map(|argument| match argument {
                Argument::Address(address) => std::ptr::from_mut(address).cast(),
                Argument::Int(count) => std::ptr::from_mut(count).cast(),
                Argument::Unsigned(number) => std::ptr::from_mut(number).cast(),
                Argument::Float(number) => std::ptr::from_mut(number).cast(),
            })
            .collect();
        let [x, y, z] = launch.grid;
        let (threads, count) = (launch.threads as c_int, addresses.len() as c_int);
        let error = with(&self.library, "rkv_launch", |run: Run| {
            // SAFETY: the library checks the number of arguments, and guards their memory's ends.
            message(unsafe {
                run(
                    name.as_ptr(),
                    x,
                    y,
                    z,
                    threads,
                    addresses.as_mut_ptr(),
                    count,
                    7,
                )
            })
        });
        error.map_or(Ok(()), |why| Err(failed(why)))
    }
}

/// What an accelerator was asked to do that matters to a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Sent,
    Appended,
    Arrived,
}

/// Another accelerator that keeps a journal, that fails on demand, and that refuses kernels which nobody has prepared.
pub struct Watched<A> {
    inner: Arc<A>,
    prepared: Mutex<HashSet<Kernel>>,
    left: AtomicUsize,
    unplugged: AtomicBool,
    journal: Mutex<Vec<Deed>>,
}

impl<A> Watched<A> {
    pub fn new(inner: Arc<A>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            prepared: Mutex::default(),
            left: AtomicUsize::new(usize::MAX),
            unplugged: AtomicBool::new(false),
            journal: Mutex::default(),
        })
    }

    /// From now on, this many allocations succeed.
    pub fn leave(&self, allocations: usize) {
        self.left.store(allocations, Ordering::Relaxed);
    }

    /// Whether what was sent never arrives.
    pub fn unplug(&self, unplugged: bool) {
        self.unplugged.store(unplugged, Ordering::Relaxed);
    }

    pub fn journal(&self) -> Vec<Deed> {
        self.journal.lock().unwrap().clone()
    }

    fn note(&self, deed: Deed) {
        self.journal.lock().unwrap().push(deed);
    }
}

impl<A: Accelerator> Accelerator for Watched<A> {
    type Memory = A::Memory;
    type Arriving = A::Arriving;

    fn device(&self) -> &Device {
        self.inner.device()
    }

    fn description(&self) -> String {
        self.inner.description()
    }

    fn parallel_blocks(&self) -> usize {
        self.inner.parallel_blocks()
    }

    fn prepare(&self, kernels: &[Kernel]) -> Result<(), AcceleratorError> {
        self.prepared
            .lock()
            .unwrap()
            .extend(kernels.iter().cloned());
        self.inner.prepare(kernels)
    }

    fn allocate(&self, bytes: usize) -> Result<A::Memory, AcceleratorError> {
        let left = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            });
        left.map_err(|_none| AcceleratorError::OutOfMemory { bytes })?;
        self.inner.allocate(bytes)
    }

    fn address(&self, memory: &A::Memory) -> u64 {
        self.inner.address(memory)
    }

    fn clear(&self, memory: &mut A::Memory) -> Result<(), AcceleratorError> {
        self.inner.clear(memory)
    }

    fn upload(
        &self,
        memory: &mut A::Memory,
        at: usize,
        bytes: &[u8],
    ) -> Result<(), AcceleratorError> {
        self.inner.upload(memory, at, bytes)
    }

    fn copy(
        &self,
        from: (&A::Memory, usize),
        to: (&mut A::Memory, usize),
        bytes: usize,
    ) -> Result<(), AcceleratorError> {
        self.inner.copy(from, to, bytes)
    }

    fn download(
        &self,
        memory: &A::Memory,
        at: usize,
        bytes: &mut [u8],
    ) -> Result<(), AcceleratorError> {
        self.inner.download(memory, at, bytes)
    }

    fn send(&self, pieces: Vec<(A::Memory, usize)>) -> Result<A::Arriving, AcceleratorError> {
        self.note(Deed::Sent);
        self.inner.send(pieces)
    }

    fn arrive(&self, arriving: A::Arriving) -> Result<Vec<Vec<u8>>, AcceleratorError> {
        self.note(Deed::Arrived);
        if self.unplugged.load(Ordering::Relaxed) {
            return Err(AcceleratorError::Failed {
                what: "send data".to_owned(),
                why: "it was unplugged".to_owned(),
            });
        }
        self.inner.arrive(arriving)
    }

    fn launch(&self, launch: &Launch) -> Result<(), AcceleratorError> {
        let kernel = &launch.kernel;
        assert!(
            self.prepared.lock().unwrap().contains(kernel),
            "a run would wait for {kernel:?}"
        );
        if kernel.name.starts_with("append") {
            self.note(Deed::Appended);
        }
        self.inner.launch(launch)
    }
}
