//! Copies to the host beside the work: from a stream of their own into page-locked memory, so that recording a compression
//! does not hold up the decode steps after it.
//!
//! Memory of the host is locked once and used again: locking it takes the driver about as long as a decode step.

#![expect(
    unsafe_code,
    reason = "locked memory is undefined until a copy has filled it"
)]

use std::sync::{Arc, Mutex, PoisonError};

use cudarc::driver::{CudaEvent, CudaSlice, CudaStream, DriverError, PinnedHostSlice};

/// Pieces of locked memory that wait to be used again: those of two compressions of one round each.
const MOST_SPARE: usize = 8;

/// The stream, and locked memory that is free.
pub(super) struct SideStream {
    stream: Arc<CudaStream>,
    spare: Mutex<Vec<PinnedHostSlice<u8>>>,
}

/// Pieces on their way. Dropped unread, they wait for their copies before any memory is freed.
pub struct Sent {
    pieces: Vec<(PinnedHostSlice<u8>, CudaSlice<u8>)>,
    /// The end of the copies. Locked memory has an event of its own, but with event tracking off nothing records it.
    copied: CudaEvent,
}

impl Drop for Sent {
    fn drop(&mut self) {
        let context = self.copied.context();
        context.record_err(self.copied.synchronize());
    }
}

impl SideStream {
    pub(super) fn new(main: &CudaStream) -> Result<Self, DriverError> {
        Ok(Self {
            stream: main.context().new_stream()?,
            spare: Mutex::default(),
        })
    }

    /// Starts the copies, behind all that `main` was given so far.
    pub(super) fn send(
        &self,
        main: &CudaStream,
        pieces: Vec<(CudaSlice<u8>, usize)>,
    ) -> Result<Sent, DriverError> {
        self.stream.wait(&main.record_event(None)?)?;
        let mut begun = Vec::with_capacity(pieces.len());
        let copied = self
            .copy(pieces, &mut begun)
            .and_then(|()| self.stream.record_event(None));
        match copied {
            Ok(copied) => Ok(Sent {
                pieces: begun,
                copied,
            }),
            Err(error) => {
                // What has begun still writes into memory that is about to be freed.
                let context = self.stream.context();
                context.record_err(self.stream.synchronize());
                Err(error)
            }
        }
    }

    fn copy(
        &self,
        pieces: Vec<(CudaSlice<u8>, usize)>,
        begun: &mut Vec<(PinnedHostSlice<u8>, CudaSlice<u8>)>,
    ) -> Result<(), DriverError> {
        for (from, bytes) in pieces {
            begun.push((self.locked(bytes)?, from));
            if let Some((to, from)) = begun.last_mut() {
                self.stream.memcpy_dtoh(&from.slice(..bytes), to)?;
            }
        }
        Ok(())
    }

    /// Waits for the copies.
    pub(super) fn arrive(&self, mut sent: Sent) -> Result<Vec<Vec<u8>>, DriverError> {
        sent.copied.synchronize()?;
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let arrived = std::mem::take(&mut sent.pieces).into_iter().map(|(to, _)| {
            let bytes = to.as_slice()?.to_vec();
            if spare.len() == MOST_SPARE {
                spare.remove(0);
            }
            spare.push(to);
            Ok(bytes)
        });
        arrived.collect()
    }

    /// Locked memory of just this size, which a copy fills: as often as not that of the compression before.
    fn locked(&self, bytes: usize) -> Result<PinnedHostSlice<u8>, DriverError> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = spare.iter().position(|piece| piece.len() == bytes) {
            return Ok(spare.swap_remove(known));
        }
        // Not write-combined, as is the default: the host reads it.
        // SAFETY: undefined bytes are read by nobody before the copy has filled them.
        unsafe { self.stream.context().alloc_pinned_with_flags(bytes, 0) }
    }
}
