//! One launch of a kernel, as data.

use super::Kernel;

/// An argument, with the width that the kernel's parameter has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Argument {
    /// An address in the accelerator's memory; 0 is null.
    Address(u64),
    /// A count, or any other `int`.
    Int(i32),
    /// An unsigned number.
    Unsigned(u32),
    /// A number.
    Float(f32),
}

/// A kernel, its grid of blocks, and its arguments in the order of its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// Kernel.
    pub kernel: Kernel,
    /// Blocks.
    pub grid: [u32; 3],
    /// Threads of a block.
    pub threads: u32,
    /// Arguments.
    pub arguments: Vec<Argument>,
}

impl From<u64> for Argument {
    fn from(address: u64) -> Self {
        Self::Address(address)
    }
}

impl From<usize> for Argument {
    fn from(count: usize) -> Self {
        Self::Int(count as i32)
    }
}

impl From<i32> for Argument {
    fn from(count: i32) -> Self {
        Self::Int(count)
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::Unsigned(number)
    }
}

impl From<f32> for Argument {
    fn from(number: f32) -> Self {
        Self::Float(number)
    }
}

/// Arguments from anything that is one.
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => {
        vec![$($crate::kernels::cuda::Argument::from($argument)),*]
    };
}
pub(super) use arguments;
