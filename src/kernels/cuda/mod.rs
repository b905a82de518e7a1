//! The kernels of `kernels/*.cu`: how each is launched, and what a machine must offer to launch it.
//!
//! A launch is data ([`Launch`]): kernel, grid and arguments as functions of shapes and addresses. An [`Accelerator`] runs
//! it. The one of the feature `cuda` is a GPU on candle's device and stream (`gpu`); the one of the tests is a CPU that
//! runs the same sources through a shim, so that grids, argument orders and all host logic are tested without a GPU.

mod accelerator;
pub mod compression;
pub mod decode;
mod element;
#[cfg(feature = "cuda")]
pub mod gpu;
mod kernel;
#[cfg(all(any(test, feature = "cuda"), late_libraries))]
mod late_library;
mod launch;
#[cfg(all(feature = "cuda", late_libraries))]
mod libraries;
#[cfg(feature = "cuda")]
mod memory_pool;
mod on_tensors;
#[cfg(feature = "cuda")]
mod side_stream;

pub use accelerator::{Accelerator, AcceleratorError};
pub use element::Element;
pub use kernel::Kernel;
pub use launch::{Argument, Launch};
pub use on_tensors::run_on;

/// Head sizes that the kernels are built for.
pub const HEAD_DIMS: [usize; 6] = [32, 64, 80, 96, 128, 256];

/// The longest observation window that the scoring kernel has room for.
pub const MOST_WINDOW: usize = 1024;
