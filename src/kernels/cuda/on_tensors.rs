//! Kernels between two of candle's tensors: an in-place op that hands out addresses.

use std::cell::RefCell;

use super::AcceleratorError;
use candle_core::{CpuStorage, DType, InplaceOp2, Layout, Result, Tensor};

/// Hands `body` the addresses of `to`, which it writes, and of `from`, which it reads. Both are contiguous.
///
/// # Errors
/// A tensor with gaps or of a type that kernels do not know, or what `body` returns.
pub fn run_on(
    to: &Tensor,
    from: &Tensor,
    body: impl FnOnce(u64, u64) -> std::result::Result<(), AcceleratorError>,
) -> Result<()> {
    let mut body = Some(body);
    let mut run = |to: u64, from: u64| -> Result<()> {
        body.take().map_or(Ok(()), |body| Ok(body(to, from)?))
    };
    to.inplace_op2(from, &Kernels(RefCell::new(&mut run)))
}

struct Kernels<'a>(RefCell<&'a mut dyn FnMut(u64, u64) -> Result<()>>);

fn first(layout: &Layout, dtype: DType) -> Result<usize> {
    match layout.contiguous_offsets() {
        Some((first, _)) => Ok(first * dtype.size_in_bytes()),
        None => candle_core::bail!("kernels take tensors without gaps, not {layout:?}"),
    }
}

fn cpu_address(storage: &CpuStorage, layout: &Layout) -> Result<u64> {
    let start = match storage {
        CpuStorage::F32(numbers) => numbers.as_ptr() as u64,
        CpuStorage::F16(numbers) => numbers.as_ptr() as u64,
        CpuStorage::BF16(numbers) => numbers.as_ptr() as u64,
        _ => candle_core::bail!("kernels take f32, f16 or bf16"),
    };
    let dtype = candle_core::backend::BackendStorage::dtype(storage);
    Ok(start + first(layout, dtype)? as u64)
}

impl InplaceOp2 for Kernels<'_> {
    fn name(&self) -> &'static str {
        "kernels"
    }

    fn cpu_fwd(
        &self,
        to: &mut CpuStorage,
        to_layout: &Layout,
        from: &CpuStorage,
        from_layout: &Layout,
    ) -> Result<()> {
        let start = match to {
            CpuStorage::F32(numbers) => numbers.as_mut_ptr() as u64,
            CpuStorage::F16(numbers) => numbers.as_mut_ptr() as u64,
            CpuStorage::BF16(numbers) => numbers.as_mut_ptr() as u64,
            _ => candle_core::bail!("kernels take f32, f16 or bf16"),
        };
        let dtype = candle_core::backend::BackendStorage::dtype(to);
        let to = start + first(to_layout, dtype)? as u64;
        (self.0.borrow_mut())(to, cpu_address(from, from_layout)?)
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        to: &mut candle_core::CudaStorage,
        to_layout: &Layout,
        from: &candle_core::CudaStorage,
        from_layout: &Layout,
    ) -> Result<()> {
        use candle_core::backend::BackendStorage as _;
        use candle_core::cuda_backend::CudaStorageSlice as Slice;
        use cudarc::driver::{DevicePtr as _, DevicePtrMut as _};

        let stream = from.device().cuda_stream();
        let (to_first, from_first) = (
            first(to_layout, to.dtype())? as u64,
            first(from_layout, from.dtype())? as u64,
        );
        // The guards order this use with other streams' when they are dropped, after the launches.
        let (from_address, _reading) = match &from.slice {
            Slice::F32(slice) => slice.device_ptr(&stream),
            Slice::F16(slice) => slice.device_ptr(&stream),
            Slice::BF16(slice) => slice.device_ptr(&stream),
            _ => candle_core::bail!("kernels take f32, f16 or bf16"),
        };
        let (to_address, _writing) = match &mut to.slice {
            Slice::F32(slice) => slice.device_ptr_mut(&stream),
            Slice::F16(slice) => slice.device_ptr_mut(&stream),
            Slice::BF16(slice) => slice.device_ptr_mut(&stream),
            _ => candle_core::bail!("kernels take f32, f16 or bf16"),
        };
        (self.0.borrow_mut())(to_address + to_first, from_address + from_first)
    }
}
