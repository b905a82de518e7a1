//! The device of a choice: a GPU where there is one, and what to say where there is none.

#[cfg(feature = "cuda")]
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::DeviceChoice;
use crate::kernels::cuda::AcceleratorError;
#[cfg(feature = "cuda")]
use crate::kernels::cuda::gpu::Gpu;

/// A device to load a model on.
#[derive(Clone, Debug)]
pub enum OpenDevice {
    /// The CPU, and why it is not the GPU, if one was looked for in vain.
    Cpu {
        /// `CUDA unavailable: ...`.
        note: Option<String>,
    },
    /// A GPU.
    #[cfg(feature = "cuda")]
    Gpu(Arc<Gpu>),
}

/// Opens the device of a choice.
///
/// # Errors
/// [`AcceleratorError::Unavailable`] if the GPU was asked for and cannot be used.
#[cfg(feature = "cuda")]
pub fn open(choice: DeviceChoice) -> Result<OpenDevice, AcceleratorError> {
    match choice {
        DeviceChoice::Cpu => Ok(OpenDevice::Cpu { note: None }),
        DeviceChoice::Cuda => Ok(OpenDevice::Gpu(gpu()?)),
        DeviceChoice::Auto => Ok(gpu().map_or_else(
            |error| OpenDevice::Cpu {
                note: Some(error.to_string()),
            },
            OpenDevice::Gpu,
        )),
    }
}

/// The GPU, opened once: every opening leaves candle's workspaces for quantised products behind.
#[cfg(feature = "cuda")]
fn gpu() -> Result<Arc<Gpu>, AcceleratorError> {
    static OPEN: Mutex<Option<Arc<Gpu>>> = Mutex::new(None);
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    // A lost device does not answer this process again; to open it anew tells why.
    if let Some(gpu) = open.take().filter(|gpu| gpu.wait().is_ok()) {
        return Ok(Arc::clone(open.insert(gpu)));
    }
    Ok(Arc::clone(open.insert(Arc::new(Gpu::open()?))))
}

/// Opens the device of a choice.
///
/// # Errors
/// [`AcceleratorError::Unavailable`] if the GPU was asked for: this build has no back end for it.
#[cfg(not(feature = "cuda"))]
pub fn open(choice: DeviceChoice) -> Result<OpenDevice, AcceleratorError> {
    match choice {
        DeviceChoice::Auto | DeviceChoice::Cpu => Ok(OpenDevice::Cpu { note: None }),
        DeviceChoice::Cuda => Err(AcceleratorError::Unavailable {
            why: "this program was built without its CUDA back end (feature `cuda`); use --device cpu"
                .to_owned(),
        }),
    }
}

/// The CPU in words, with the reason why it is not the GPU, if there is one to tell.
pub fn describe_cpu(note: Option<&str>) -> String {
    let threads = rayon::current_num_threads();
    let plural = if threads == 1 { "" } else { "s" };
    let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
    format!("CPU, {threads} thread{plural}{note}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_gpu_that_this_build_cannot_use_is_refused_with_the_way_out() {
        let error = open(DeviceChoice::Cuda).expect_err("there is no back end");
        let text = error.to_string();
        assert!(text.starts_with("CUDA unavailable: ") && text.contains("--device cpu"));
        assert!(open(DeviceChoice::Auto).is_ok());
    }

    #[test]
    fn the_cpu_says_why_it_is_not_the_gpu() {
        let text = describe_cpu(Some("CUDA unavailable: there is no NVIDIA driver"));
        assert!(text.starts_with("CPU, "));
        assert!(text.ends_with("(CUDA unavailable: there is no NVIDIA driver)"));
    }
}
