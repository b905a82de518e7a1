//! Element types of a cache on an accelerator.

use candle_core::{DType, Device, Result, Tensor};

/// How a number of the cache is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// 32 bits: what the CPU computes with.
    F32,
    /// IEEE half precision.
    F16,
    /// The upper half of an `f32`.
    Bf16,
}

impl Element {
    /// The name in kernels.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// candle's name.
    pub fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
        }
    }

    /// The element for candle's name, if kernels know it.
    pub fn of(dtype: DType) -> Option<Self> {
        match dtype {
            DType::F32 => Some(Self::F32),
            DType::F16 => Some(Self::F16),
            DType::BF16 => Some(Self::Bf16),
            _ => None,
        }
    }

    /// Floats as they are stored.
    ///
    /// # Errors
    /// candle cannot round them.
    pub fn encode(self, floats: &[f32]) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(floats.len() * self.bytes());
        Tensor::from_slice(floats, floats.len(), &Device::Cpu)?
            .to_dtype(self.dtype())?
            .write_bytes(&mut bytes)?;
        Ok(bytes)
    }

    /// Numbers as floats; `bytes` holds whole numbers.
    ///
    /// # Errors
    /// candle refuses the bytes.
    pub fn decode(self, bytes: &[u8]) -> Result<Vec<f32>> {
        let count = bytes.len() / self.bytes();
        Tensor::from_raw_buffer(bytes, self.dtype(), &[count], &Device::Cpu)?
            .to_dtype(DType::F32)?
            .to_vec1()
    }
}
