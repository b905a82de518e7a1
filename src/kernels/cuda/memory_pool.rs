//! The driver's pool that memory comes from and goes back to.
//!
//! By default every wait for the stream hands all that is free in it back to the system, and the next step asks for it
//! anew. A reserve that stays saves that, at the price of memory that nobody else can have.

#![expect(unsafe_code, reason = "the bindings have no safe form of these calls")]

use cudarc::driver::sys::{CUmemPool_attribute, CUmemoryPool};
use cudarc::driver::{CudaContext, DriverError, result};

/// Bytes that the pool keeps beside those in use: what a decode step and a compression of one round take and give back.
const RESERVE: u64 = 512 << 20;

fn default_pool(context: &CudaContext) -> Result<CUmemoryPool, DriverError> {
    context.bind_to_thread()?;
    // SAFETY: the context's device is one that the driver has given.
    unsafe { result::device::get_default_mem_pool(context.cu_device()) }
}

/// Lets the pool keep its reserve beside what is in use now, weights and caches: the driver counts them as well. Does
/// nothing on a device without pools.
pub(super) fn keep_reserve(context: &CudaContext) -> Result<(), DriverError> {
    if !context.has_async_alloc() {
        return Ok(());
    }
    let pool = default_pool(context)?;
    let mut bytes = 0u64;
    let used = CUmemPool_attribute::CU_MEMPOOL_ATTR_USED_MEM_CURRENT;
    // SAFETY: a device's default pool lives as long as the device, and this attribute is written as 64 bits.
    unsafe { result::mem_pool::get_attribute(pool, used, (&raw mut bytes).cast())? };
    bytes = bytes.saturating_add(RESERVE);
    let threshold = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    // SAFETY: as above, and this attribute is read from 64 bits.
    unsafe { result::mem_pool::set_attribute(pool, threshold, (&raw mut bytes).cast()) }
}

/// Hands back all that is free in the pool, the reserve included: the driver counts it as taken.
pub(super) fn give_back(context: &CudaContext) -> Result<(), DriverError> {
    if !context.has_async_alloc() {
        return Ok(());
    }
    // SAFETY: a device's default pool lives as long as the device.
    unsafe { result::mem_pool::trim_to(default_pool(context)?, 0) }
}
