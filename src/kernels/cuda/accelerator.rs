//! What the cache needs of the device it lives on.

use candle_core::Device;

use super::{Kernel, Launch};

/// A device failed. The message names what was asked of it and what a person can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceleratorError {
    /// Not enough memory.
    #[error(
        "the GPU has no room for {bytes} more bytes; ask for a smaller budget, a smaller model or a shorter prompt, or run \
         with --device cpu"
    )]
    OutOfMemory {
        /// What was asked for.
        bytes: usize,
    },
    /// Not enough memory for a tensor of the model.
    #[error(
        "the GPU has no room left for the model; choose a smaller one, or run with --device cpu"
    )]
    NoRoom,
    /// There is no usable device.
    #[error("CUDA unavailable: {why}")]
    Unavailable {
        /// Why.
        why: String,
    },
    /// The device no longer answers, or a kernel failed.
    #[error("the GPU failed while it was to {what}: {why}; start again, or run with --device cpu")]
    Failed {
        /// What it was doing.
        what: String,
        /// What the driver says.
        why: String,
    },
    /// What was asked for reaches beyond the memory that it is about: a mistake of the caller, found before a launch.
    #[error(
        "the cache on the GPU cannot {what}: {why}; this is a mistake in rkv-scope: run with --device cpu"
    )]
    Beyond {
        /// What it was to do, after "cannot".
        what: String,
        /// What does not fit.
        why: String,
    },
}

impl AcceleratorError {
    /// What the tensor library reports, if it is about the device.
    pub fn of_tensors(error: &candle_core::Error) -> Option<Self> {
        match error {
            candle_core::Error::Cuda(inner) => inner
                .downcast_ref::<Self>()
                .cloned()
                .or_else(|| Self::of_driver(inner.as_ref())),
            candle_core::Error::WithBacktrace { inner, .. }
            | candle_core::Error::Context { inner, .. } => Self::of_tensors(inner),
            _ => None,
        }
    }

    #[cfg(feature = "cuda")]
    fn of_driver(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<Self> {
        super::gpu::of_tensor_library(error)
    }

    #[cfg(not(feature = "cuda"))]
    fn of_driver(_error: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<Self> {
        None
    }
}

impl From<AcceleratorError> for candle_core::Error {
    fn from(error: AcceleratorError) -> Self {
        Self::Cuda(Box::new(error))
    }
}

/// Memory and kernels of a device. Calls are carried out in the order they are made; only `download` and `arrive` wait.
pub trait Accelerator: Send + Sync {
    /// A piece of the device's memory, freed when dropped.
    type Memory: Send + Sync;

    /// Pieces of memory on their way to the host.
    type Arriving: Send + Sync;

    /// Where candle's tensors for it live.
    fn device(&self) -> &Device;

    /// The device in words, for people: `CUDA, NVIDIA H100 80GB HBM3`.
    fn description(&self) -> String;

    /// Blocks that it can run at once, roughly: work is cut into at least as many.
    fn parallel_blocks(&self) -> usize;

    /// Makes kernels ready to launch, where that takes time: else a run pays for it at the first compression. Asked once
    /// the weights and the cache are there.
    ///
    /// # Errors
    /// There is no such kernel, or the device failed.
    fn prepare(&self, _kernels: &[Kernel]) -> Result<(), AcceleratorError> {
        Ok(())
    }

    /// Memory with undefined contents, aligned to at least 16 bytes.
    ///
    /// # Errors
    /// [`AcceleratorError::OutOfMemory`], or the device failed.
    fn allocate(&self, bytes: usize) -> Result<Self::Memory, AcceleratorError>;

    /// The address of its first byte, for arguments of kernels.
    fn address(&self, memory: &Self::Memory) -> u64;

    /// Fills it with zeros.
    ///
    /// # Errors
    /// The device failed.
    fn clear(&self, memory: &mut Self::Memory) -> Result<(), AcceleratorError>;

    /// Writes `bytes` from the offset `at` on.
    ///
    /// # Errors
    /// The device failed.
    fn upload(
        &self,
        memory: &mut Self::Memory,
        at: usize,
        bytes: &[u8],
    ) -> Result<(), AcceleratorError>;

    /// Copies `bytes` within the device, from an offset of one piece to an offset of another.
    ///
    /// # Errors
    /// The device failed.
    fn copy(
        &self,
        from: (&Self::Memory, usize),
        to: (&mut Self::Memory, usize),
        bytes: usize,
    ) -> Result<(), AcceleratorError>;

    /// Reads `bytes` from the offset `at` on, once all earlier work is done.
    ///
    /// # Errors
    /// The device failed, now or in earlier work.
    fn download(
        &self,
        memory: &Self::Memory,
        at: usize,
        bytes: &mut [u8],
    ) -> Result<(), AcceleratorError>;

    /// Sends the first bytes of each piece to the host: after all earlier work, and while later work goes on.
    ///
    /// # Errors
    /// The device failed, or the host has no room.
    fn send(&self, pieces: Vec<(Self::Memory, usize)>) -> Result<Self::Arriving, AcceleratorError>;

    /// Waits for what was sent, and gives the bytes of each piece.
    ///
    /// # Errors
    /// The device failed, now or in the work before it was sent.
    fn arrive(&self, arriving: Self::Arriving) -> Result<Vec<Vec<u8>>, AcceleratorError>;

    /// Starts a kernel.
    ///
    /// # Errors
    /// There is no such kernel, or the device failed.
    fn launch(&self, launch: &Launch) -> Result<(), AcceleratorError>;
}
