//! Where the model and its cache live.

use crate::named::named;

/// The device that a person asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A GPU if there is one that works, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU; an error if there is none.
    Cuda,
}

named!(DeviceChoice { Auto => "auto", Cpu => "cpu", Cuda => "cuda" });
